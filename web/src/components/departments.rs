//! The departments as large tiles.

use fewshop_web::state::Department;

use super::{department_href, picture};
use crate::shop::use_shop;
use crate::view::{El, el};

/// A list of links to the departments, each on its own colour, named by the heading with that id.
pub(crate) fn department_tiles(labelled_by: &str) -> El {
    let shop = use_shop();
    let tile = |department: &Department| {
        let name = shop.texts.named(&department.name);
        let link = el("a")
            .class(&format!("dept tile t{}", department.tile))
            .attr("href", &department_href(&department.slug))
            .kid(picture(&department.picture, name))
            .kid(el("span").text(name));
        el("li").kid(link)
    };
    let tiles = shop
        .catalogue()
        .departments()
        .iter()
        .map(tile)
        .collect::<Vec<_>>();
    el("ul")
        .class("tiles")
        .attr("role", "list")
        .attr("aria-labelledby", labelled_by)
        .kids(tiles)
}
