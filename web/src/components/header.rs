//! Header and footer of every page.

use fewshop_web::state::{Cart, Department, Page, SECOND_SHOP};
use fewshop_web::texts::{count, fill, thousands};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, Node};

use crate::browser;
use crate::nav::{href_of, use_nav};
use crate::shop::use_shop;
use crate::view::{El, effect, el, memo, nothing};

/// Id of the search field.
const FIELD: &str = "search";

const CART: &str = r#"<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M2 3h2.2l2 9.2a1.5 1.5 0 0 0 1.5 1.2h6.6a1.5 1.5 0 0 0 1.5-1.2L17 6.2H5"/><circle cx="8.4" cy="16.6" r="1.1"/><circle cx="14" cy="16.6" r="1.1"/></svg>"#;
const LENS: &str = r#"<svg viewBox="0 0 20 20" aria-hidden="true"><circle cx="8.8" cy="8.8" r="5.3"/><path d="m13 13 4 4"/></svg>"#;

/// Address of a department's page.
pub(crate) fn department_href(slug: &str) -> String {
    href_of(&Page::Department(slug.to_owned()))
}

/// A link that says whether it leads to the current page.
fn link(page: Page) -> El {
    let nav = use_nav();
    el("a")
        .attr("href", &href_of(&page))
        .current("page", move || nav.page() == page)
}

/// The same with the page's name.
fn named_link(page: Page) -> El {
    let name = page.name(use_shop().texts).unwrap_or_default();
    link(page).text(name)
}

/// Logo, search, cart and departments.
pub(crate) fn header() -> El {
    let shop = use_shop();
    let texts = shop.texts;
    let things = memo(move || shop.cart.with(Cart::count));
    let in_cart = move || match things.get() {
        0 => String::new(),
        n => count(texts.cart_one, texts.cart_many, n as usize),
    };
    let badge = move || {
        el("span")
            .class("count")
            .attr("aria-hidden", "true")
            .live_text(move || things.get().to_string())
            .into()
    };
    let nav = use_nav();
    let department = |department: &Department| {
        el("li").kid(
            link(Page::Department(department.slug.clone())).text(texts.named(&department.name)),
        )
    };
    // Scrolls the current page's entry into view within the navigation.
    let mut in_sight = nav.page_untracked() == Page::Home;
    effect(move || {
        nav.path();
        // The first entry is visible when the page opens, and asking for its position would force
        // another layout.
        if std::mem::take(&mut in_sight) {
            return;
        }
        request_animation_frame(|| browser::scroll_into_row("nav.depts [aria-current]"));
    });
    let catalogue = shop.catalogue();
    let logo = el("a").class("logo").attr("href", &href_of(&Page::Home));
    let logo = match catalogue.name() {
        Some(name) => logo.text(name),
        None => logo
            .attr("aria-label", texts.home)
            .text("few")
            .kid(el("span").text("shop")),
    };
    let cart = link(Page::Cart)
        .class("btn primary cart-link")
        .kid(el("span").class("icon").html(CART))
        .kid(el("span").class("word").text(texts.cart))
        .kid(el("span").class("hush").live_text(in_cart))
        .when(move || things.get() > 0, badge);
    let departments = el("ul")
        .attr("role", "list")
        .kid(el("li").kid(link(Page::Home).text(texts.for_you)))
        .kids(
            shop.catalogue()
                .departments()
                .iter()
                .map(department)
                .collect::<Vec<_>>(),
        );
    let all = link(Page::Departments)
        .class("all")
        .text(texts.all)
        .kid(el("span").class("hush").text(" ").text(texts.departments));
    let bar = el("div")
        .class("bar")
        .kid(logo)
        .kid(shops())
        .kid(search_field())
        .kid(language())
        .kid(cart);
    let depts = el("nav")
        .class("depts")
        .attr("aria-label", texts.departments)
        .kid(departments)
        .kid(all);
    el("header")
        .class("top")
        .kid(el("div").class("wrap").kid(bar).kid(depts))
}

/// Links to the two shops of the site, or nothing if it has one. A click loads the other page: the
/// shops share no memory, so there is nothing to carry over.
fn shops() -> Node {
    let texts = use_shop().texts;
    let Some(here) = browser::folder() else {
        return nothing();
    };
    let shop = |folder: &str, path: &str, name| {
        let link = el("a")
            .attr("href", &[&browser::site(), path].concat())
            .text(name);
        if folder == here {
            link.attr("aria-current", "true")
        } else {
            link
        }
    };
    el("nav")
        .class("shops")
        .attr("aria-label", texts.shops)
        .kid(shop("", "/", texts.shop_groceries))
        .kid(shop(
            SECOND_SHOP,
            &["/", SECOND_SHOP, "/"].concat(),
            texts.shop_gifts,
        ))
        .into()
}

/// A button for the other language, in the header or, if that has no room, in the footer.
fn language() -> El {
    let (other, tag) = if use_shop().texts.lang == "en" {
        ("中文", "zh-Hans")
    } else {
        ("English", "en")
    };
    let button = el("button")
        .attr("type", "button")
        .class("btn language")
        .attr("lang", tag)
        .text(other);
    button.click(move |_| browser::speak(&tag[..2]))
}

/// The search field: results follow each letter.
fn search_field() -> El {
    let shop = use_shop();
    let texts = shop.texts;
    let field = || {
        Some(
            document()
                .get_element_by_id(FIELD)?
                .unchecked_into::<HtmlInputElement>(),
        )
    };
    let nav = use_nav();
    let go = move |query: &str| {
        let search = href_of(&Page::Search);
        let to = if query.is_empty() {
            search
        } else {
            format!("{search}?q={}", browser::encode(query))
        };
        // The first letter opens the page, each further one replaces its address, so 'back' leaves
        // the search.
        nav.go(&to, nav.page_untracked() == Page::Search);
    };
    let input = move |_| {
        if let Some(field) = field() {
            shop.type_on();
            go(field.value().trim_start());
        }
    };
    let submit = move |event: web_sys::Event| {
        event.prevent_default();
        if let Some(field) = field() {
            go(&field.value());
            shop.submit_search(&field.value());
            // On a phone this closes the keyboard and uncovers the results.
            let _ = field.blur();
        }
    };
    // The field follows the address, but never while the shopper types into it.
    effect(move || {
        let asked = if nav.page() == Page::Search {
            nav.query("q")
        } else {
            String::new()
        };
        if let Some(field) = field() {
            let typing = document()
                .active_element()
                .is_some_and(|active| active.is_same_node(Some(&field)));
            if !typing && field.value() != asked {
                field.set_value(&asked);
            }
        }
    });
    // A phone would cut a long hint in the middle of a word.
    let narrow = browser::is_narrow();
    let hint = if narrow {
        texts.search.to_owned()
    } else {
        fill(
            texts.search_hint,
            &[&thousands(shop.catalogue().len() as u64)],
        )
    };
    let input = el("input")
        .attr("type", "search")
        .attr("name", "q")
        .attr("autocomplete", "off")
        .attr("enterkeyhint", "search")
        .attr("aria-label", texts.search_label)
        .attr("placeholder", &hint)
        .attr("id", FIELD)
        .on("input", input);
    el("form")
        .class("search")
        .attr("role", "search")
        .on("submit", submit)
        .kid(el("span").class("icon").html(LENS))
        .kid(input)
}

/// Links to the other pages, and the sources of data and pictures.
pub(crate) fn footer() -> El {
    let shop = use_shop();
    let texts = shop.texts;
    let note = format!("{} {}", shop.catalogue().note(), texts.credit);
    let links = el("nav")
        .class("links")
        .attr("aria-label", texts.about)
        .kids([Page::How, Page::Profile, Page::Map, Page::Try].map(named_link))
        // A page of the demo site, with a program of its own; somebody's own shop has no use for it.
        .kids(browser::folder().map(|_| {
            el("a")
                .attr("href", &[&browser::site(), "/tables/"].concat())
                .text(texts.tables)
        }))
        .kid(language());
    el("footer")
        .class("foot")
        .kid(el("div").class("wrap").kid(links).kid(el("p").text(&note)))
}
