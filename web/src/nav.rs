//! Navigation: the address as signals, links without reloads, and 'back'.
//!
//! The storefront has a dozen pages, none of them nested. leptos_router would add 14 kB (brotli) to
//! every first visit and two dozen crates to every build, for features that are not used here.

use std::cell::Cell;

use fewshop_web::state::Page;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlAnchorElement, MouseEvent, UrlSearchParams};

use crate::browser;

/// What a click on a link does.
pub(crate) enum Hold {
    /// The page opens at once.
    Open,
    /// The receiver of the click opens the page in a moment.
    Wait,
}

/// The current address, below the shop's origin.
#[derive(Clone, Copy)]
pub(crate) struct Nav {
    /// Its path.
    path: RwSignal<String>,
    /// Its query with the question mark, or "".
    search: RwSignal<String>,
    /// Runs before another page opens.
    on_move: fn(),
}

thread_local! {
    static NAV: Cell<Option<Nav>> = const { Cell::new(None) };
}

/// The current address.
pub(crate) fn use_nav() -> Nav {
    NAV.get()
        .expect("navigation starts before the page is built")
}

/// The address of a page.
pub(crate) fn href_of(page: &Page) -> String {
    browser::href(&page.path(browser::encode))
}

/// The page of a path.
fn page_of(path: &str) -> Page {
    Page::of(path, &browser::base(), browser::decode)
}

impl Nav {
    /// Follows the address from now on: clicks on links of the shop, and the browser's own 'back'
    /// and 'forward'. `on_link` decides about each click by the link's page and address, `on_move`
    /// runs whenever the address changes.
    pub(crate) fn start(on_link: fn(&Page, &str) -> Hold, on_move: fn()) {
        let nav = Self {
            path: RwSignal::default(),
            search: RwSignal::default(),
            on_move,
        };
        nav.read();
        // Both live as long as the page, so nothing removes them.
        let _ = window_event_listener(leptos::ev::popstate, move |_| {
            // A shopper who goes back with a dialog open, for example by a phone's gesture, must
            // not find it on top of another page.
            browser::close_open_dialog();
            nav.read();
        });
        let _ = window_event_listener(leptos::ev::click, move |event| {
            let Some((href, page)) = link_of(&event) else {
                return;
            };
            event.prevent_default();
            if let Hold::Open = on_link(&page, &href) {
                nav.go(&href, false);
            }
        });
        NAV.set(Some(nav));
    }

    /// The path, tracked.
    pub(crate) fn path(self) -> String {
        self.path.get()
    }

    /// The page, tracked.
    pub(crate) fn page(self) -> Page {
        self.path.with(|path| page_of(path))
    }

    /// The page, not tracked.
    pub(crate) fn page_untracked(self) -> Page {
        self.path.with_untracked(|path| page_of(path))
    }

    /// A value of the query, tracked; "" if there is none.
    pub(crate) fn query(self, name: &str) -> String {
        let params = self
            .search
            .with(|search| UrlSearchParams::new_with_str(search));
        params
            .ok()
            .and_then(|params| params.get(name))
            .unwrap_or_default()
    }

    /// Opens an address of the shop; `replace` replaces the current one, so that 'back' skips it.
    pub(crate) fn go(self, href: &str, replace: bool) {
        let Ok(history) = window().history() else {
            return;
        };
        let done = if replace {
            history.replace_state_with_url(&JsValue::NULL, "", Some(href))
        } else {
            history.push_state_with_url(&JsValue::NULL, "", Some(href))
        };
        match done {
            Ok(()) => {
                self.read();
                window().scroll_to_with_x_and_y(0.0, 0.0);
            }
            // A browser that refuses to change the address (some do after a hundred changes in a
            // short time) can still load it.
            Err(_) => {
                let _ = window().location().set_href(href);
            }
        }
    }

    /// Sets a value of the query as a new address; "" removes it.
    pub(crate) fn set_query(self, name: &str, value: &str) {
        let Ok(params) = self
            .search
            .with_untracked(|search| UrlSearchParams::new_with_str(search))
        else {
            return;
        };
        if value.is_empty() {
            params.delete(name);
        } else {
            params.set(name, value);
        }
        let query: String = params.to_string().into();
        let question = if query.is_empty() { "" } else { "?" };
        // The list changes, and the scroll position stays.
        let place = window().scroll_y().unwrap_or_default();
        self.go(
            &[&self.path.get_untracked(), question, &query].concat(),
            false,
        );
        window().scroll_to_with_x_and_y(0.0, place);
    }

    fn read(self) {
        (self.on_move)();
        let location = window().location();
        set(self.search, location.search().unwrap_or_default());
        set(self.path, location.pathname().unwrap_or_default());
    }
}

fn set(signal: RwSignal<String>, value: String) {
    if signal.with_untracked(|old| *old != value) {
        signal.set(value);
    }
}

/// The address and page of a plainly clicked link, if it leads to a page of the shop.
fn link_of(event: &MouseEvent) -> Option<(String, Page)> {
    if event.default_prevented()
        || event.button() != 0
        || event.meta_key()
        || event.alt_key()
        || event.ctrl_key()
        || event.shift_key()
    {
        return None;
    }
    let target = event.target()?.dyn_into::<Element>().ok()?;
    let link = target
        .closest("a[href]")
        .ok()??
        .dyn_into::<HtmlAnchorElement>()
        .ok()?;
    let elsewhere = !link.target().is_empty()
        || link.has_attribute("download")
        || link.origin() != window().location().origin().ok()?;
    let page = page_of(&link.pathname());
    (!elsewhere && page != Page::Lost).then(|| (link.href(), page))
}
