//! Navigation: the address as signals, links without reloads, and 'back'.
//!
//! The storefront has a dozen pages, none of them nested. leptos_router would add 14 kB (brotli) to
//! every first visit and two dozen crates to every build, for features that are not used here.

use std::cell::Cell;
use std::time::Duration;

use fewshop_web::state::{Page, Place};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlAnchorElement, MouseEvent, ScrollRestoration, UrlSearchParams};

use crate::browser;
use crate::view::is_opening;

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

/// The place is noted when scrolling has rested for this time: browsers limit how often a history
/// entry may change.
const REST: Duration = Duration::from_millis(150);
/// Frames within which a page is as long as it was; after that it has changed.
const PATIENCE: u32 = 60;

thread_local! {
    static NAV: Cell<Option<Nav>> = const { Cell::new(None) };
    /// Where the current entry of the history was left, as long as the page has not returned there.
    static LEFT: Cell<Place> = const { Cell::new(Place { top: 0, shown: 0 }) };
    /// How many entries of the page's list are shown.
    static SHOWN: Cell<usize> = const { Cell::new(0) };
    /// Path of the page that the shopper came back from.
    static CAME_FROM: Cell<Option<String>> = const { Cell::new(None) };
    /// Until the page has returned to its place, scrolling is not the shopper's.
    static RETURNING: Cell<bool> = const { Cell::new(false) };
}

/// How many entries the page's list showed when the shopper left it; 0 on a new page.
pub(crate) fn shown_before() -> usize {
    LEFT.get().shown
}

/// The page's list shows this many entries now; 0 if the page has none.
pub(crate) fn note_shown(shown: usize) {
    SHOWN.set(shown);
}

/// Writes the place into the current entry of the history.
fn note_place() {
    // Not before the page is where it was left. On a page that has no such place, a shopper may scroll and leave
    // before it has opened.
    if RETURNING.get() && LEFT.get().top > 0 {
        return;
    }
    let place = Place {
        top: window().scroll_y().unwrap_or_default() as u32,
        shown: SHOWN.get(),
    };
    if let Ok(history) = window().history() {
        let _ = history.replace_state(&place.write().into(), "");
    }
}

/// Reads the place of the current entry of the history, and scrolls there as soon as the page is long
/// enough.
fn return_to_place() {
    let state = window().history().and_then(|history| history.state());
    let place = state
        .ok()
        .and_then(|state| state.as_string())
        .map_or(Place::default(), |text| Place::read(&text));
    LEFT.set(place);
    RETURNING.set(true);
    scroll_back(PATIENCE);
}

fn scroll_back(frames: u32) {
    request_animation_frame(move || {
        if !RETURNING.get() {
            return;
        }
        let top = f64::from(LEFT.get().top);
        // The browser lays the page out to tell its height: not for its top, which any page has.
        let reaches = || {
            let height = document()
                .document_element()
                .map_or(0, |root| root.scroll_height());
            let view = window()
                .inner_height()
                .ok()
                .and_then(|view| view.as_f64())
                .unwrap_or_default();
            f64::from(height) - view >= top
        };
        // While the page opens its list still grows, however slow the device is; and the browser would
        // take the place along with what stands below the list.
        let is_long_enough = !is_opening() && (top == 0.0 || reaches());
        if is_long_enough || frames == 0 {
            window().scroll_to_with_x_and_y(0.0, top);
            // Who uses the keyboard or a screen reader goes on where they were, too.
            if let Some(path) = CAME_FROM.take() {
                browser::focus_card(&path);
            }
            // The event of this scrolling comes with the next frame.
            request_animation_frame(|| RETURNING.set(false));
        } else {
            scroll_back(frames - u32::from(!is_opening()));
        }
    });
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
        // The browser would return to the place before the page is drawn.
        if let Ok(history) = window().history() {
            let _ = history.set_scroll_restoration(ScrollRestoration::Manual);
        }
        return_to_place();
        let timer = std::rc::Rc::new(Cell::new(None::<TimeoutHandle>));
        let rest = timer.clone();
        // All live as long as the page, so nothing removes them.
        browser::on_scroll(move || {
            rest.take().inspect(TimeoutHandle::clear);
            rest.set(set_timeout_with_handle(note_place, REST).ok());
        });
        let _ = window_event_listener(leptos::ev::popstate, move |_| {
            // A shopper who goes back with a dialog open, for example by a phone's gesture, must
            // not find it on top of another page.
            browser::close_open_dialog();
            timer.take().inspect(TimeoutHandle::clear);
            CAME_FROM.set(Some(nav.path.get_untracked()));
            return_to_place();
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
        if !replace {
            note_place();
        }
        RETURNING.set(false);
        LEFT.set(Place::default());
        CAME_FROM.set(None);
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
