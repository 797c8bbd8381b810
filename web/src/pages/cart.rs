//! The cart.

use fewshop_core::ItemIx;
use fewshop_web::state::{Cart, MAX_QUANTITY, Money};
use fewshop_web::texts::{count, fill};
use leptos::prelude::*;

use crate::app::name_page;
use crate::browser;
use crate::components::{Picture, Shelf, Stepper, meta_line, product_href};
use crate::shop::{Range, SHELF_CART, use_shop};

/// The page.
#[component]
pub(crate) fn CartPage() -> impl IntoView {
    let shop = use_shop();
    let texts = shop.texts;
    shop.want(None);
    name_page(move || texts.cart.to_owned());
    let empty = Memo::new(move |_| shop.cart.with(Cart::is_empty));
    let waiting = Memo::new(move |_| shop.range.with(|range| matches!(range, Range::Loading)));
    let items = Memo::new(move |_| shop.cart.with(Cart::items));
    let with_cart = Signal::derive(move || shop.ranked(SHELF_CART));
    view! {
        <div class="head">
            <h1 id="cart">{move || if empty.get() && !waiting.get() { texts.cart_empty } else { texts.cart }}</h1>
        </div>
        <Show
            when=move || !empty.get()
            fallback=move || {
                view! {
                    <div class="empty">
                        <p>{if waiting.get() { texts.catalogue_loading } else { texts.cart_empty_hint }}</p>
                        <p>
                            <a class="btn primary" href=browser::href("/")>
                                {texts.back_to_shop}
                            </a>
                        </p>
                    </div>
                }
            }
        >
            <div class="basket">
                <ul class="lines" role="list" aria-labelledby="cart">
                    <For each=move || items.get() key=|ix| ix.0 let:ix>
                        <Line ix />
                    </For>
                </ul>
                <Summary />
            </div>
        </Show>
        <Shelf
            id="with-cart"
            title=texts.with_cart.to_owned()
            sub=texts.with_cart_sub.to_owned()
            picks=with_cart
            single=true
            dismissible=true
        />
    }
}

#[component]
fn Line(ix: ItemIx) -> impl IntoView {
    let shop = use_shop();
    let texts = shop.texts;
    let product = shop.product(ix)?;
    let price = Money::from_price(product.price);
    let quantity = Memo::new(move |_| shop.cart.with(|cart| cart.quantity(ix)));
    let sum = move || price.map(|price| price.times(quantity.get()).show(&shop.currency()));
    let each = move || match price {
        None => texts.no_price.to_owned(),
        Some(price) => fill(texts.each, &[&price.show(&shop.currency())]),
    };
    let remove = move |_| {
        shop.set_quantity(ix, 0);
        // The button goes with its line.
        browser::focus_heading();
    };
    let full = move || quantity.get() >= MAX_QUANTITY;
    Some(view! {
        <li class="line" class:full=full>
            <div class=format!("tile small t{}", shop.tile(&product))>
                <Picture key=product.picture.clone() title=product.title.clone() />
            </div>
            <div class="what">
                <a class="title" href=product_href(&product.id)>
                    {product.title.clone()}
                </a>
                <p class="meta">{meta_line(&product)}</p>
                <p class="meta">{each}</p>
            </div>
            <p class="price">{sum}</p>
            <div class="change">
                <Stepper ix title=product.title.clone() />
                <button type="button" class="quiet" aria-label=fill(texts.remove_named, &[&product.title]) on:click=remove>
                    {texts.remove}
                </button>
            </div>
        </li>
    })
}

#[component]
fn Summary() -> impl IntoView {
    let shop = use_shop();
    let texts = shop.texts;
    let said = RwSignal::new(false);
    let total =
        Memo::new(move |_| shop.catalogue().map(|catalogue| shop.cart.with(|cart| cart.total(&catalogue))).unwrap_or_default());
    let number = move || shop.cart.with(|cart| count(texts.products_one, texts.products_many, cart.count() as usize));
    let unpriced = move || match total.get().1 {
        0 => String::new(),
        n => count(texts.unpriced_one, texts.unpriced_many, n),
    };
    view! {
        <section class="panel summary" aria-labelledby="summary">
            <h2 id="summary">{texts.summary}</h2>
            <p class="sub">{number}</p>
            <p class="total">
                <span>{texts.total}</span>
                <span class="price">{move || total.get().0.show(&shop.currency())}</span>
            </p>
            <p class="hint">{unpriced}</p>
            <button type="button" class="btn primary big" on:click=move |_| said.set(true)>
                {texts.checkout}
            </button>
            <p class="hint" aria-live="polite">
                {move || if said.get() { texts.checkout_note } else { "" }}
            </p>
        </section>
    }
}
