//! The frame of all pages: header, main part, footer, and which address shows which page.

use fewshop_web::state::Bestsellers;
use fewshop_web::texts::fill;
use leptos::prelude::*;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::hooks::use_location;
use leptos_router::path;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::browser;
use crate::components::{Footer, Header, StatusLine};
use crate::pages::{CartPage, DepartmentPage, HomePage, HowPage, LostPage, ProductPage, SearchPage};
use crate::shop::{Shop, use_shop};

/// Puts the shop in the place of what `index.html` shows until then.
pub(crate) fn mount() {
    let first = document().get_element_by_id("bestsellers").and_then(|inline| inline.text_content());
    let first = first.and_then(|json| Bestsellers::parse(&json));
    let root: HtmlElement = match document().get_element_by_id("app") {
        Some(root) => {
            root.set_text_content(None);
            root.unchecked_into()
        }
        None => document().body().expect("a page has a body once its scripts run"),
    };
    mount_to(root, move || {
        let shop = Shop::new(first);
        provide_context(shop);
        shop.open();
        let base = browser::base();
        // The router takes a missing base and an empty one for two different things.
        if base.is_empty() {
            view! { <Router><Frame /></Router> }.into_any()
        } else {
            view! { <Router base=base><Frame /></Router> }.into_any()
        }
    })
    .forget();
}

#[component]
fn Frame() -> impl IntoView {
    let texts = use_shop().texts;
    let skip = move |event: web_sys::MouseEvent| {
        // By hand: with a <base>, '#main' would mean the home page.
        event.prevent_default();
        browser::focus_heading();
    };
    announce_pages();
    view! {
        <a class="skip" href="#main" on:click=skip>
            {texts.skip}
        </a>
        <Header />
        <main id="main" class="wrap">
            <StatusLine />
            <FlatRoutes fallback=|| view! { <LostPage /> }>
                <Route path=path!("/") view=HomePage />
                <Route path=path!("/index.html") view=HomePage />
                <Route path=path!("/department/:slug") view=DepartmentPage />
                <Route path=path!("/product/:id") view=ProductPage />
                <Route path=path!("/search") view=SearchPage />
                <Route path=path!("/cart") view=CartPage />
                <Route path=path!("/how-it-works") view=HowPage />
            </FlatRoutes>
        </main>
        <Footer />
    }
}

/// Tells a screen reader of a new page by moving the focus to its heading; not on the first page, which it reads anyway, and
/// not while the shopper types into the search field.
fn announce_pages() {
    let pathname = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let now = pathname.get();
        if before.is_some_and(|before| before != now) {
            request_animation_frame(|| {
                let typing = document().active_element().is_some_and(|element| element.tag_name() == "INPUT");
                if !typing {
                    browser::focus_heading();
                }
            });
        }
        now
    });
}

/// Sets the title of the browser's tab to the page's name.
pub(crate) fn name_page(name: impl Fn() -> String + 'static) {
    let texts = use_shop().texts;
    Effect::new(move || {
        let name = name();
        document().set_title(&if name.is_empty() {
            texts.home_title.to_owned()
        } else {
            fill(texts.page_title, &[&name, texts.shop])
        });
    });
}
