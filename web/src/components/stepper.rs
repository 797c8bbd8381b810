//! The buttons that put a product into the cart and take it out.

use fewshop_core::ItemIx;
use fewshop_web::texts::fill;
use leptos::prelude::*;

use crate::shop::use_shop;

/// A plus that grows into minus, amount and plus once the product is in the cart.
#[component]
pub(crate) fn Stepper(
    /// The product.
    ix: ItemIx,
    /// Its title, for the names of the buttons.
    title: String,
) -> impl IntoView {
    let shop = use_shop();
    let quantity = Memo::new(move |_| shop.cart.with(|cart| cart.quantity(ix)));
    let held = Memo::new(move |_| quantity.get() > 0);
    let add = fill(shop.texts.add_named, &[&title]);
    let take = StoredValue::new(fill(shop.texts.remove_one_named, &[&title]));
    let plus = NodeRef::<leptos::html::Button>::new();
    let take_one = move |_| {
        shop.take_one(ix);
        // The minus goes with the last one; the focus must not go with it.
        if quantity.get_untracked() == 0
            && let Some(plus) = plus.get_untracked()
        {
            let _ = plus.focus();
        }
    };
    view! {
        <span class="stepper" class:held=held>
            <Show when=move || held.get()>
                <button type="button" aria-label=take.get_value() on:click=take_one>
                    <svg viewBox="0 0 16 16" aria-hidden="true">
                        <path d="M3.5 8h9" />
                    </svg>
                </button>
                <span class="amount" role="img" aria-label=move || fill(shop.texts.in_cart, &[&quantity.get().to_string()])>
                    {quantity}
                </span>
            </Show>
            <button type="button" class="plus" node_ref=plus aria-label=add on:click=move |_| shop.add(ix)>
                <svg viewBox="0 0 16 16" aria-hidden="true">
                    <path d="M3.5 8h9M8 3.5v9" />
                </svg>
            </button>
        </span>
    }
}
