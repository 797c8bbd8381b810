//! The buttons that put a product into the cart and take it out.

use fewshop_core::ItemIx;
use fewshop_web::texts::fill;
use leptos::prelude::*;
use web_sys::MouseEvent;

use crate::browser;
use crate::shop::use_shop;
use crate::view::{click, memo, text, when};

const MINUS: &str = r#"<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3.5 8h9"/></svg>"#;
const PLUS: &str = r#"<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3.5 8h9M8 3.5v9"/></svg>"#;

/// A plus that grows into minus, amount and plus once the product is in the cart.
#[component]
pub(crate) fn Stepper(
    /// The product.
    ix: ItemIx,
    /// Its title, for the names of the buttons.
    title: String,
) -> AnyView {
    let shop = use_shop();
    let quantity = memo(move || shop.cart.with(|cart| cart.quantity(ix)));
    let held = memo(move || quantity.get() > 0);
    let add = fill(shop.texts.add_named, &[&title]);
    let take = fill(shop.texts.remove_one_named, &[&title]);
    let take_one = move |event: MouseEvent| {
        shop.take_one(ix);
        // The minus goes with the last one, and in the cart the whole line; the focus must not go with it.
        if quantity.get_untracked() == 0 {
            browser::focus_last_sibling(&event);
        }
        browser::rescue_focus();
    };
    let less = move || {
        let amount = text(move || quantity.get().to_string());
        let label = text(move || fill(shop.texts.in_cart, &[&quantity.get().to_string()]));
        view! {
            <button type="button" aria-label=take.clone() on:click=click(take_one) inner_html=MINUS></button>
            <span class="amount" role="img" aria-label=label>
                {amount}
            </span>
        }
        .into_any()
    };
    view! {
        <span class=text(move || if held.get() { "stepper held" } else { "stepper" }.to_owned())>
            {when(move || held.get(), less)}
            <button
                type="button"
                class="plus"
                aria-label=add
                on:click=click(move |_| shop.add(ix))
                inner_html=PLUS
            ></button>
        </span>
    }
    .into_any()
}
