//! The title of the browser's tab.

use fewshop_web::texts::fill;
use leptos::prelude::*;

use crate::shop::use_shop;

/// Sets the title of the browser's tab to the page's name.
pub(crate) fn name_page(name: &str) {
    let shop = use_shop();
    let (texts, catalogue) = (shop.texts, shop.catalogue());
    document().set_title(&if name.is_empty() {
        catalogue.name().unwrap_or(texts.home_title).to_owned()
    } else {
        fill(
            texts.page_title,
            &[name, catalogue.name().unwrap_or(texts.shop)],
        )
    });
}
