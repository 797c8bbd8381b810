//! The page for unknown addresses, products and departments.

use fewshop_web::state::Page;
use web_sys::Node;

use crate::nav::href_of;
use crate::page_title::name_page;
use crate::shop::use_shop;
use crate::view::{El, el};

/// A heading that names what is missing, and a link home.
pub(crate) fn lost(title: &str) -> Node {
    let texts = use_shop().texts;
    name_page(title);
    el("section")
        .class("empty")
        .kid(el("h1").text(title))
        .kid(el("p").text(texts.lost_hint))
        .kid(back_to_shop())
        .into()
}

/// A link to the home page.
pub(crate) fn back_to_shop() -> El {
    let link = el("a")
        .class("btn primary")
        .attr("href", &href_of(&Page::Home))
        .text(use_shop().texts.back_to_shop);
    el("p").kid(link)
}
