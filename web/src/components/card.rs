//! A product on a shelf or in a grid.

use fewshop_core::{ItemIx, Reason};
use fewshop_web::state::{Money, Product};
use fewshop_web::texts::{Texts, count, fill};
use leptos::prelude::*;

use super::Stepper;
use crate::browser;
use crate::shop::{Shop, use_shop};
use crate::view::{click, part};

/// Most names in a reason: what fits on a picture.
const NAMED: usize = 2;

/// Address of a product's page.
pub(crate) fn product_href(id: &str) -> String {
    browser::href(&format!("/product/{}", browser::encode(id)))
}

/// Why a product was picked, for people.
pub(crate) fn reason_text(shop: Shop, reason: &Reason) -> String {
    let texts: &Texts = shop.texts;
    match reason {
        Reason::BecauseOf { shots } if !shots.is_empty() => {
            let names: Vec<String> = shots.iter().take(NAMED).map(|share| shop.title(share.item)).collect();
            fill(texts.because, &[&names.join(texts.comma)])
        }
        Reason::TakenBefore { visits } => count(texts.taken_one, texts.taken_many, *visits as usize),
        Reason::BecauseOf { .. } | Reason::PopularHere => texts.popular.to_owned(),
    }
}

/// Size and brand on one line.
pub(crate) fn meta_line(product: &Product) -> String {
    let parts: Vec<&str> = [product.size.as_str(), product.brand.as_str()].into_iter().filter(|part| !part.is_empty()).collect();
    // A line may break after a dot, never before one.
    parts.join(" · ").replace(" · ", "\u{a0}· ")
}

/// The picture that stands for a product, on the tile of its department. Says nothing to a screen reader: the title does.
#[component]
pub(crate) fn Picture(
    /// Key of the picture.
    key: String,
    /// Stands in where there is no picture.
    title: String,
) -> AnyView {
    let missing = RwSignal::new(key.is_empty());
    let src = browser::href(&format!("/assets/pictures/{key}.webp"));
    let initial: String = title.chars().find(|c| c.is_alphanumeric()).map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    part(move || {
        if missing.get() {
            view! {
                <span class="initial" aria-hidden="true">
                    {initial.clone()}
                </span>
            }
            .into_any()
        } else {
            view! {
                <img
                    src=src.clone()
                    alt=""
                    width="160"
                    height="160"
                    loading="lazy"
                    decoding="async"
                    on:error=move |_| missing.set(true)
                />
            }
            .into_any()
        }
    })
    .into_any()
}

/// A product as a list item: picture, title, size and brand, price, and a button that puts it into the cart.
#[component]
pub(crate) fn ProductCard(
    /// The product.
    product: Product,
    /// Why it is here; "" says nothing.
    #[prop(into, default = Signal::stored(String::new()))]
    reason: Signal<String>,
    /// Whether it can be waved away here.
    #[prop(default = false)]
    dismissible: bool,
) -> AnyView {
    let shop = use_shop();
    let ix: ItemIx = product.ix;
    let price = shop.price(Money::from_price(product.price));
    let tile = format!("tile t{}", shop.tile(&product));
    let meta = meta_line(&product);
    let title = product.title.clone();
    let wave = dismissible.then(|| {
        let label = fill(shop.texts.not_for_me_named, &[&title]);
        let wave = click(move |event| {
            // The card goes, and the focus must not go with it.
            browser::focus_heading_above(&event);
            shop.dismiss(ix);
        });
        view! {
            <button type="button" class="wave" aria-label=label on:click=wave>
                {shop.texts.not_for_me}
            </button>
        }
    });
    let why = part(move || {
        let reason = reason.get();
        if reason.is_empty() { ().into_any() } else { view! { <span class="why">{reason}</span> }.into_any() }
    });
    view! {
        <li class="card" data-ix=ix.0>
            <div class=tile>
                <Picture key=product.picture.clone() title=title.clone() />
                {why}
            </div>
            <div class="body">
                <a class="title" href=product_href(&product.id)>
                    {product.title.clone()}
                </a>
                <p class="meta">{meta}</p>
                <div class="buy">
                    <span class="price">{price}</span>
                    <Stepper ix=ix title=product.title.clone() />
                </div>
            </div>
            {wave}
        </li>
    }
    .into_any()
}
