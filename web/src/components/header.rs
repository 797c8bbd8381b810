//! Header and footer of every page.

use fewshop_web::state::{Cart, Department, Page, thousands};
use fewshop_web::texts::{count, fill};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use crate::browser;
use crate::nav::use_nav;
use crate::shop::use_shop;
use crate::view::{current, effect, memo, text, when};

/// Id of the search field.
const FIELD: &str = "search";

const CART: &str = r#"<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M2 3h2.2l2 9.2a1.5 1.5 0 0 0 1.5 1.2h6.6a1.5 1.5 0 0 0 1.5-1.2L17 6.2H5"/><circle cx="8.4" cy="16.6" r="1.1"/><circle cx="14" cy="16.6" r="1.1"/></svg>"#;
const LENS: &str =
    r#"<svg viewBox="0 0 20 20" aria-hidden="true"><circle cx="8.8" cy="8.8" r="5.3"/><path d="m13 13 4 4"/></svg>"#;

/// Address of a department's page.
pub(crate) fn department_href(slug: &str) -> String {
    browser::href(&format!("/department/{}", browser::encode(slug)))
}

/// Logo, search, cart and departments.
#[component]
pub(crate) fn Header() -> AnyView {
    let shop = use_shop();
    let texts = shop.texts;
    let things = memo(move || shop.cart.with(Cart::count));
    let cart_label = text(move || match things.get() {
        0 => texts.cart.to_owned(),
        n => texts.cart.to_owned() + &count(texts.cart_one, texts.cart_many, n as usize),
    });
    let badge = move || {
        view! {
            <span class="count" aria-hidden="true">
                {text(move || things.get().to_string())}
            </span>
        }
        .into_any()
    };
    let nav = use_nav();
    let here = move |href: String| current("page", move || nav.path().trim_end_matches('/') == href.trim_end_matches('/'));
    let link = |department: &Department| {
        let href = department_href(&department.slug);
        view! {
            <li>
                <a href=href.clone() aria-current=here(href)>
                    {department.name.clone()}
                </a>
            </li>
        }
    };
    let departments = shop.catalogue().departments().iter().map(link).collect_view();
    // Brings the entry of the page at hand into the part of the navigation that can be seen.
    effect(move || {
        nav.path();
        request_animation_frame(|| browser::scroll_into_row("nav.depts [aria-current]"));
    });
    let (home, cart, all) = (browser::href("/"), browser::href("/cart"), browser::href("/departments"));
    view! {
        <header class="top">
            <div class="wrap">
                <div class="bar">
                    <a class="logo" href=home.clone() aria-label=texts.home>
                        "few"
                        <span>"shop"</span>
                    </a>
                    <SearchField />
                    <a class="btn primary cart-link" href=cart.clone() aria-current=here(cart) aria-label=cart_label>
                        <span class="icon" inner_html=CART></span>
                        <span class="word">{texts.cart}</span>
                        {when(move || { things.get() > 0 }, badge)}
                    </a>
                </div>
                <nav class="depts" aria-label=texts.departments>
                    <ul role="list">
                        <li>
                            <a href=home.clone() aria-current=here(home)>
                                {texts.for_you}
                            </a>
                        </li>
                        {departments}
                    </ul>
                    <a class="all" href=all.clone() aria-current=here(all)>
                        {texts.all}
                        <span class="hush">" " {texts.departments}</span>
                    </a>
                </nav>
            </div>
        </header>
    }
    .into_any()
}

/// The search field: results follow each letter.
#[component]
fn SearchField() -> AnyView {
    let shop = use_shop();
    let texts = shop.texts;
    let field = || Some(document().get_element_by_id(FIELD)?.unchecked_into::<HtmlInputElement>());
    let nav = use_nav();
    let search = browser::href("/search");
    let go = move |query: &str| {
        let to = if query.is_empty() { search.clone() } else { format!("{search}?q={}", browser::encode(query)) };
        // The first letter opens the page, each further one only renews its address: 'back' leaves the search.
        nav.go(&to, nav.page_untracked() == Page::Search);
    };
    let input = {
        let go = go.clone();
        move |event| go(event_target_value(&event).trim_start())
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if let Some(field) = field() {
            go(&field.value());
            // On a phone this puts the keyboard away, so that the results can be seen.
            let _ = field.blur();
        }
    };
    // The field follows the address, but never while the shopper types into it.
    effect(move || {
        let asked = if nav.page() == Page::Search { nav.query("q") } else { String::new() };
        if let Some(field) = field() {
            let typing = document().active_element().is_some_and(|active| active.is_same_node(Some(&field)));
            if !typing && field.value() != asked {
                field.set_value(&asked);
            }
        }
    });
    // On a phone a long hint would be cut in the middle of a word.
    let narrow = browser::is_narrow();
    let hint =
        if narrow { texts.search.to_owned() } else { fill(texts.search_hint, &[&thousands(shop.catalogue().len() as u64)]) };
    view! {
        <form class="search" role="search" on:submit=submit>
            <span class="icon" inner_html=LENS></span>
            <input
                type="search"
                name="q"
                autocomplete="off"
                enterkeyhint="search"
                aria-label=texts.search_label
                placeholder=hint
                id=FIELD
                on:input=input
            />
        </form>
    }
    .into_any()
}

/// Where the data and the pictures come from.
#[component]
pub(crate) fn Footer() -> AnyView {
    let shop = use_shop();
    let texts = shop.texts;
    let note = format!("{} {}", shop.catalogue().note(), texts.credit);
    view! {
        <footer class="foot">
            <div class="wrap">
                <a href=browser::href("/how-it-works")>{texts.how}</a>
                <p>{note}</p>
            </div>
        </footer>
    }
    .into_any()
}
