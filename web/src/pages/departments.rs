//! All departments on one page, for those whose screen is too narrow to name them all above.

use web_sys::Node;

use crate::components::department_tiles;
use crate::page_title::name_page;
use crate::shop::use_shop;
use crate::view::{el, group};

/// The page.
pub(crate) fn departments_page() -> Node {
    let texts = use_shop().texts;
    name_page(texts.departments);
    let head = el("div")
        .class("head")
        .kid(el("h1").attr("id", "departments").text(texts.departments));
    group([head.into(), department_tiles("departments").into()])
}
