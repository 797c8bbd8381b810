//! The cart.

use fewshop_core::ItemIx;
use fewshop_web::state::{Cart, MAX_QUANTITY};
use fewshop_web::texts::{count, fill};
use leptos::prelude::*;
use web_sys::Node;

use super::lost::back_to_shop;
use crate::browser;
use crate::components::{Shelf, meta_line, picture, product_href, stepper};
use crate::shop::use_shop;
use crate::view::{El, each_item, el, group, memo, part};

/// The page.
pub(crate) fn page() -> Node {
    let shop = use_shop();
    let texts = shop.texts;
    let empty = memo(move || shop.cart.with(Cart::is_empty));
    let with_cart = memo(move || shop.with_cart(&[]));
    let heading = move || {
        if empty.get() {
            texts.cart_empty
        } else {
            texts.cart
        }
        .to_owned()
    };
    let basket = move || {
        if empty.get() {
            return el("div")
                .class("empty")
                .kid(el("p").text(texts.cart_empty_hint))
                .kid(back_to_shop())
                .into();
        }
        let lines = el("ul")
            .class("lines")
            .attr("role", "list")
            .attr("aria-labelledby", "cart");
        el("div")
            .class("basket")
            .kid(each_item(lines, move || shop.cart.with(Cart::items), line))
            .kid(summary())
            .into()
    };
    group([
        el("div")
            .class("head")
            .kid(el("h1").attr("id", "cart").live_text(heading))
            .into(),
        part(basket),
        Shelf::new("with-cart", texts.with_cart, texts.with_cart_sub, with_cart)
            .view()
            .into(),
    ])
}

fn line(ix: ItemIx) -> El {
    let shop = use_shop();
    let texts = shop.texts;
    let Some(product) = shop.catalogue().product(ix) else {
        return el("li");
    };
    let price = product.price;
    let quantity = memo(move || shop.cart.with(|cart| cart.quantity(ix)));
    let sum = move || {
        price
            .map(|price| shop.price(Some(price.times(quantity.get()))))
            .unwrap_or_default()
    };
    let each = if price.is_some() {
        fill(texts.each, &[&shop.price(price)])
    } else {
        shop.price(None)
    };
    let remove = el("button")
        .attr("type", "button")
        .class("quiet")
        .attr("aria-label", &fill(texts.remove_named, &[&product.title]))
        .text(texts.remove)
        .click(move |_| {
            shop.set_quantity(ix, 0);
            // The button goes with its line.
            browser::focus_heading();
        });
    let what = el("div")
        .class("what")
        .kid(
            el("a")
                .class("title")
                .attr("href", &product_href(&product.id))
                .title(&product.title),
        )
        .kid(el("p").class("meta").text(&meta_line(&product)))
        .kid(el("p").class("meta").text(&each));
    let tile = el("div").class(&(shop.tile_class(&product) + " small"));
    el("li")
        .live("class", move || {
            Some(
                if quantity.get() >= MAX_QUANTITY {
                    "line full"
                } else {
                    "line"
                }
                .to_owned(),
            )
        })
        .kid(tile.kid(picture(&product.picture, &product.title)))
        .kid(what)
        .kid(el("p").class("price").live_text(sum))
        .kid(
            el("div")
                .class("change")
                .kid(stepper(ix, &product.title))
                .kid(remove),
        )
}

fn summary() -> El {
    let shop = use_shop();
    let texts = shop.texts;
    let said = RwSignal::new(false);
    let total = memo(move || shop.cart.with(|cart| cart.total(&shop.catalogue())));
    let number = move || {
        shop.cart.with(|cart| {
            count(
                texts.products_one,
                texts.products_many,
                cart.count() as usize,
            )
        })
    };
    let unpriced = move || match total.get().1 {
        0 => String::new(),
        n => count(texts.unpriced_one, texts.unpriced_many, n),
    };
    let check_out = el("button")
        .attr("type", "button")
        .class("btn primary big")
        .text(texts.checkout)
        .click(move |_| {
            said.set(true);
            shop.check_out();
        });
    let sum = el("span")
        .class("price")
        .live_text(move || shop.price(Some(total.get().0)));
    el("section")
        .class("panel summary")
        .attr("aria-labelledby", "summary")
        .kid(el("h2").attr("id", "summary").text(texts.summary))
        .kid(el("p").class("sub").live_text(number))
        .kid(
            el("p")
                .class("total")
                .kid(el("span").text(texts.total))
                .kid(sum),
        )
        .kid(el("p").class("hint").live_text(unpriced))
        .kid(check_out)
        .kid(
            el("p")
                .class("hint")
                .attr("aria-live", "polite")
                .live_text(move || if said.get() { texts.checkout_note } else { "" }.to_owned()),
        )
}
