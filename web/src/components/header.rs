//! Header and footer of every page.

use fewshop_web::state::{Cart, thousands};
use fewshop_web::texts::{count, fill};
use leptos::html::Input;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};

use crate::browser;
use crate::shop::{Range, use_shop};

/// Address of a department's page.
pub(crate) fn department_href(slug: &str) -> String {
    browser::href(&format!("/department/{}", browser::encode(slug)))
}

/// Logo, search, cart and departments.
#[component]
pub(crate) fn Header() -> impl IntoView {
    let shop = use_shop();
    let texts = shop.texts;
    let things = move || shop.cart.with(Cart::count);
    let cart_more = move || match things() {
        0 => String::new(),
        n => count(texts.cart_one, texts.cart_many, n as usize),
    };
    let pathname = use_location().pathname;
    let here = move |href: &str| pathname.with(|path| path.trim_end_matches('/') == href.trim_end_matches('/'));
    let home = browser::href("/");
    let departments = move || {
        let catalogue = shop.catalogue()?;
        let link = |department: &fewshop_web::state::Department| {
            let href = department_href(&department.slug);
            let current = {
                let href = href.clone();
                move || here(&href).then_some("page")
            };
            view! {
                <li>
                    <a href=href aria-current=current>
                        {department.name.clone()}
                    </a>
                </li>
            }
        };
        Some(catalogue.departments().iter().map(link).collect_view())
    };
    let home_current = {
        let home = home.clone();
        move || here(&home).then_some("page")
    };
    let cart_href = browser::href("/cart");
    let cart_current = {
        let href = cart_href.clone();
        move || here(&href).then_some("page")
    };
    view! {
        <header class="top">
            <div class="wrap">
                <div class="bar">
                    <a class="logo" href=home.clone() aria-label=texts.home>
                        "few"
                        <span>"shop"</span>
                    </a>
                    <SearchField />
                    <a class="btn primary cart-link" href=cart_href aria-current=cart_current>
                        <svg viewBox="0 0 20 20" aria-hidden="true">
                            <path d="M2 3h2.2l2 9.2a1.5 1.5 0 0 0 1.5 1.2h6.6a1.5 1.5 0 0 0 1.5-1.2L17 6.2H5" />
                            <circle cx="8.4" cy="16.6" r="1.1" />
                            <circle cx="14" cy="16.6" r="1.1" />
                        </svg>
                        <span class="word">{texts.cart}</span>
                        <Show when=move || { things() > 0 }>
                            <span class="count" aria-hidden="true">
                                {things}
                            </span>
                        </Show>
                        <span class="hush">{cart_more}</span>
                    </a>
                </div>
                <nav class="depts" aria-label=texts.departments>
                    <ul role="list">
                        <li>
                            <a href=home.clone() aria-current=home_current>
                                {texts.for_you}
                            </a>
                        </li>
                        {departments}
                    </ul>
                </nav>
            </div>
        </header>
    }
}

/// The search field: results follow each letter.
#[component]
fn SearchField() -> impl IntoView {
    let shop = use_shop();
    let texts = shop.texts;
    let field = NodeRef::<Input>::new();
    let location = use_location();
    let navigate = use_navigate();
    let search = browser::href("/search");
    let searching = {
        let search = search.clone();
        move || location.pathname.with_untracked(|path| *path == search)
    };
    let go = move |query: &str, replace: bool| {
        let to = if query.is_empty() { search.clone() } else { format!("{search}?q={}", browser::encode(query)) };
        let options = NavigateOptions { replace, resolve: false, ..NavigateOptions::default() };
        navigate(&to, options);
    };
    let input = {
        let (go, searching) = (go.clone(), searching.clone());
        move |event| {
            let query = event_target_value(&event);
            // The first letter opens the page, each further one only renews its address: 'back' leaves the search.
            go(query.trim_start(), searching());
        }
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if let Some(field) = field.get_untracked() {
            go(&field.value(), searching());
            // On a phone this puts the keyboard away, so that the results can be seen.
            let _ = field.blur();
        }
    };
    // The field follows the address, but never while the shopper types into it.
    let location = use_location();
    let results = browser::href("/search");
    Effect::new(move || {
        let query = location.query.with(|query| query.get("q")).filter(|_| location.pathname.with(|path| *path == results));
        let query = query.unwrap_or_default();
        if let Some(field) = field.get() {
            let typing = document().active_element().is_some_and(|active| active.is_same_node(Some(&field)));
            if !typing && field.value() != query {
                field.set_value(&query);
            }
        }
    });
    let hint = move || match shop.total() {
        0 => texts.search_label.to_owned(),
        n => fill(texts.search_hint, &[&thousands(n as u64)]),
    };
    view! {
        <form class="search" role="search" action=browser::href("/search") on:submit=submit>
            <svg viewBox="0 0 20 20" aria-hidden="true">
                <circle cx="8.8" cy="8.8" r="5.3" />
                <path d="m13 13 4 4" />
            </svg>
            <input
                type="search"
                name="q"
                autocomplete="off"
                enterkeyhint="search"
                aria-label=texts.search_label
                placeholder=hint
                node_ref=field
                on:input=input
            />
        </form>
    }
}

/// Where the data and the pictures come from.
#[component]
pub(crate) fn Footer() -> impl IntoView {
    let shop = use_shop();
    let texts = shop.texts;
    let note = move || {
        shop.range.with(|range| match range {
            Range::Ready(catalogue) => catalogue.note().to_owned(),
            Range::Loading | Range::Failed => String::new(),
        })
    };
    view! {
        <footer class="foot">
            <div class="wrap">
                <a href=browser::href("/how-it-works")>{texts.how}</a>
                <p>{note} " " {texts.credit}</p>
            </div>
        </footer>
    }
}
