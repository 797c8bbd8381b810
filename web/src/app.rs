//! The frame of all pages: header, main part, footer, and which address shows which page.

use fewshop_web::state::Bestsellers;
use fewshop_web::texts::fill;
use leptos::prelude::*;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::hooks::use_location;
use leptos_router::path;

use crate::browser;
use crate::components::{Footer, Header, StatusLine};
use crate::pages::{CartPage, DepartmentPage, DepartmentsPage, HomePage, HowPage, LostPage, ProductPage, SearchPage};
use crate::shop::{Shop, use_shop};
use crate::view::{click, effect};

/// Id of what `index.html` shows until the shop is there.
const SHELL: &str = "shell";
/// Id of the inline JSON with the first shelf.
const FIRST_SHELF: &str = "fewshop-bestsellers";

/// Puts the shop in the place of what `index.html` shows until then.
pub(crate) fn mount() {
    let first = document().get_element_by_id(FIRST_SHELF).and_then(|inline| inline.text_content());
    let first = first.and_then(|json| Bestsellers::parse(&json));
    if let Some(shell) = document().get_element_by_id(SHELL) {
        shell.remove();
    }
    mount_to_body(move || {
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
    });
}

#[component]
fn Frame() -> AnyView {
    let texts = use_shop().texts;
    let skip = click(|event| {
        // By hand: with a <base>, '#main' would mean the home page.
        event.prevent_default();
        browser::focus_heading();
    });
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
                <Route path=path!("/departments") view=DepartmentsPage />
                <Route path=path!("/search") view=SearchPage />
                <Route path=path!("/cart") view=CartPage />
                <Route path=path!("/how-it-works") view=HowPage />
            </FlatRoutes>
        </main>
        <Footer />
    }
    .into_any()
}

/// Tells a screen reader of a new page by moving the focus to its heading; not on the first page, which it reads anyway, and
/// not while the shopper types into the search field.
fn announce_pages() {
    let pathname = use_location().pathname;
    let mut shown = None;
    effect(move || {
        let before = shown.replace(pathname.get());
        if before.is_some() && before != shown {
            request_animation_frame(|| {
                let typing = document().active_element().is_some_and(|element| element.tag_name() == "INPUT");
                if !typing {
                    browser::focus_heading();
                }
            });
        }
    });
}

/// Sets the title of the browser's tab to the page's name.
pub(crate) fn name_page(name: impl Fn() -> String + 'static) {
    let texts = use_shop().texts;
    effect(move || {
        let name = name();
        document().set_title(&if name.is_empty() {
            texts.home_title.to_owned()
        } else {
            fill(texts.page_title, &[&name, texts.shop])
        });
    });
}
