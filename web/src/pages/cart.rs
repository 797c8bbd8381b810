//! The cart.

use fewshop_core::ItemIx;
use fewshop_web::state::{Cart, MAX_QUANTITY, Money};
use fewshop_web::texts::{count, fill};
use leptos::prelude::*;

use crate::app::name_page;
use crate::browser;
use crate::components::{Picture, Shelf, Stepper, meta_line, product_href};
use crate::shop::use_shop;
use crate::view::{click, each_item, memo, part, text};

/// The page.
#[component]
pub(crate) fn CartPage() -> AnyView {
    let shop = use_shop();
    let texts = shop.texts;
    name_page(texts.cart);
    let empty = memo(move || shop.cart.with(Cart::is_empty));
    let items = memo(move || shop.cart.with(Cart::items));
    let with_cart = Signal::derive(move || shop.with_cart(&[]));
    let heading = text(move || if empty.get() { texts.cart_empty } else { texts.cart }.to_owned());
    let nothing = move || {
        view! {
            <div class="empty">
                <p>{texts.cart_empty_hint}</p>
                <p>
                    <a class="btn primary" href=browser::href("/")>
                        {texts.back_to_shop}
                    </a>
                </p>
            </div>
        }
        .into_any()
    };
    let basket = move || {
        view! {
            <div class="basket">
                <ul class="lines" role="list" aria-labelledby="cart">
                    {each_item(items.into(), |ix| view! { <Line ix /> }.into_any())}
                </ul>
                <Summary />
            </div>
        }
        .into_any()
    };
    view! {
        <div class="head">
            <h1 id="cart">{heading}</h1>
        </div>
        {part(move || if empty.get() { nothing() } else { basket() })}
        <Shelf
            id="with-cart"
            title=texts.with_cart.to_owned()
            sub=texts.with_cart_sub.to_owned()
            picks=with_cart
            single=true
            dismissible=true
        />
    }
    .into_any()
}

#[component]
fn Line(ix: ItemIx) -> AnyView {
    let shop = use_shop();
    let texts = shop.texts;
    let Some(product) = shop.catalogue().product(ix) else { return ().into_any() };
    let price = Money::from_price(product.price);
    let quantity = memo(move || shop.cart.with(|cart| cart.quantity(ix)));
    let sum = text(move || price.map(|price| shop.price(Some(price.times(quantity.get())))).unwrap_or_default());
    let each = if price.is_some() { fill(texts.each, &[&shop.price(price)]) } else { shop.price(None) };
    let remove = click(move |_| {
        shop.set_quantity(ix, 0);
        // The button goes with its line.
        browser::focus_heading();
    });
    let class = text(move || if quantity.get() >= MAX_QUANTITY { "line full" } else { "line" }.to_owned());
    view! {
        <li class=class>
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
    }
    .into_any()
}

#[component]
fn Summary() -> AnyView {
    let shop = use_shop();
    let texts = shop.texts;
    let said = RwSignal::new(false);
    let total = memo(move || shop.cart.with(|cart| cart.total(&shop.catalogue())));
    let number = text(move || shop.cart.with(|cart| count(texts.products_one, texts.products_many, cart.count() as usize)));
    let unpriced = text(move || match total.get().1 {
        0 => String::new(),
        n => count(texts.unpriced_one, texts.unpriced_many, n),
    });
    let sum = text(move || shop.price(Some(total.get().0)));
    let check_out = click(move |_| {
        said.set(true);
        shop.check_out();
    });
    let note = text(move || if said.get() { texts.checkout_note } else { "" }.to_owned());
    view! {
        <section class="panel summary" aria-labelledby="summary">
            <h2 id="summary">{texts.summary}</h2>
            <p class="sub">{number}</p>
            <p class="total">
                <span>{texts.total}</span>
                <span class="price">{sum}</span>
            </p>
            <p class="hint">{unpriced}</p>
            <button type="button" class="btn primary big" on:click=check_out>
                {texts.checkout}
            </button>
            <p class="hint" aria-live="polite">
                {note}
            </p>
        </section>
    }
    .into_any()
}
