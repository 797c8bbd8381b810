//! All departments on one page, for screens too narrow to list them in the header.

use web_sys::Node;

use crate::components::department_tiles;
use crate::shop::use_shop;
use crate::view::{el, group};

/// The page.
pub(crate) fn page() -> Node {
    let texts = use_shop().texts;
    let head = el("div")
        .class("head")
        .kid(el("h1").attr("id", "departments").text(texts.departments));
    group([head.into(), department_tiles("departments").into()])
}
