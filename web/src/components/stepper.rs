//! The buttons that put a product into the cart and take it out.

use fewshop_core::ItemIx;
use fewshop_web::state::MAX_QUANTITY;
use fewshop_web::texts::fill;
use leptos::prelude::*;
use web_sys::MouseEvent;

use crate::browser;
use crate::shop::use_shop;
use crate::view::{El, el, group, memo};

const MINUS: &str = r#"<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3.5 8h9"/></svg>"#;
const PLUS: &str =
    r#"<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3.5 8h9M8 3.5v9"/></svg>"#;

/// How many to put into the cart, at least one: minus, amount, plus.
pub(crate) fn amount_stepper(amount: RwSignal<usize>) -> El {
    let texts = use_shop().texts;
    let button = |label: &str, drawing: &str, step: fn(usize) -> usize| {
        el("button")
            .attr("type", "button")
            .attr("aria-label", label)
            .html(drawing)
            .click(move |_| amount.update(|n| *n = step(*n).clamp(1, MAX_QUANTITY as usize)))
    };
    el("span")
        .class("stepper big")
        .attr("role", "group")
        .attr("aria-label", texts.quantity)
        .kid(button(texts.one_less, MINUS, |n| n - 1))
        .kid(
            el("span")
                .class("amount")
                .attr("role", "status")
                .live_text(move || amount.get().to_string()),
        )
        .kid(button(texts.one_more, PLUS, |n| n + 1))
}

/// A plus that grows into minus, amount and plus once the product is in the cart. The title goes
/// into the names of the buttons.
pub(crate) fn stepper(ix: ItemIx, title: &str) -> El {
    let shop = use_shop();
    let quantity = memo(move || shop.cart.with(|cart| cart.quantity(ix)));
    let held = memo(move || quantity.get() > 0);
    let add = fill(shop.texts.add_named, &[title]);
    let take = fill(shop.texts.remove_one_named, &[title]);
    let take_one = move |event: MouseEvent| {
        shop.take_one(ix);
        // The minus goes with the last one, and in the cart the whole line; the focus must not go
        // with it.
        if quantity.get_untracked() == 0 {
            browser::focus_last_sibling(&event);
        }
        browser::rescue_focus();
    };
    let less = move || {
        let minus = el("button")
            .attr("type", "button")
            .attr("aria-label", &take)
            .html(MINUS)
            .click(take_one);
        let amount = el("span")
            .class("amount")
            .attr("role", "img")
            .live("aria-label", move || {
                Some(fill(shop.texts.in_cart, &[&quantity.get().to_string()]))
            })
            .live_text(move || quantity.get().to_string());
        group([minus.into(), amount.into()])
    };
    let plus = el("button")
        .attr("type", "button")
        .class("plus")
        .attr("aria-label", &add)
        .html(PLUS)
        .click(move |_| shop.add(ix));
    el("span")
        .live("class", move || {
            Some(
                if held.get() {
                    "stepper held"
                } else {
                    "stepper"
                }
                .to_owned(),
            )
        })
        .when(move || held.get(), less)
        .kid(plus)
}
