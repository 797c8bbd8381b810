//! One offer: the products it covers, why it is shown, and a button that hides offers.

use fewshop_core::Prediction;
use fewshop_web::state::Extra;
use fewshop_web::texts::{count, fill};
use leptos::prelude::*;
use web_sys::Node;

use super::one_decimal;
use super::product_href;
use crate::browser;
use crate::shop::{Shop, use_shop};
use crate::view::{El, el, memo, nothing, when};

/// The offer, if the shop has any and the shopper wants to see them.
pub(crate) fn offer_slot() -> Node {
    let shop = use_shop();
    if shop.catalogue().offers().is_empty() {
        return nothing();
    }
    when(move || shop.shows(Extra::Offers), move || slot(shop).into())
}

fn slot(shop: Shop) -> El {
    let texts = shop.texts;
    let offer = memo(move || shop.offer());
    let off = el("button")
        .attr("type", "button")
        .class("btn small")
        .text(texts.offer_off)
        .click(move |_| {
            shop.show(Extra::Offers, false);
            browser::rescue_focus();
        });
    let said = move || {
        offer
            .get()
            .map_or_else(nothing, |offer| says(shop, &offer).into())
    };
    el("section")
        .class("panel offer")
        .attr("aria-labelledby", "offer")
        .kid(
            el("div")
                .class("shelf-head")
                .kid(el("h2").attr("id", "offer").text(texts.offer))
                .kid(off),
        )
        .part(said)
        .kid(el("p").class("hint").text(texts.offer_note))
}

/// Per thousand; with one decimal below ten.
fn per_mille(share: f32) -> String {
    let n = share * 1000.0;
    if n < 10.0 {
        one_decimal(n.into())
    } else {
        (n.round() as u32).to_string()
    }
}

fn says(shop: Shop, offer: &Prediction) -> El {
    let texts = shop.texts;
    let evidence = &offer.evidence;
    let n = evidence.examples as usize;
    let [probability, everyone] = (offer.outcomes.as_deref().unwrap_or_default().first())
        .map_or([0.0; 2], |outcome| [outcome.probability, outcome.base_rate]);
    let why = match &*evidence.reason {
        "covered" => count(texts.offer_covered_one, texts.offer_covered_many, n),
        "same_part" => count(texts.offer_part_one, texts.offer_part_many, n),
        "taste" => texts.offer_taste.to_owned(),
        // For a new shopper the probability is everyone's.
        _ if probability == everyone => texts.offer_most.to_owned(),
        _ => texts.offer_others.to_owned(),
    };
    // The shopper's own probability orders the offers but is not shown: in campaigns after those
    // used for training it did not hold (`docs/decisions.md`).
    let chance = fill(texts.offer_chance_all, &[&per_mille(everyone)]);
    let mut covers = el("p")
        .text(&count(
            texts.offer_covers_one,
            texts.offer_covers_many,
            evidence.covers as usize,
        ))
        .text(" ");
    for (nth, product) in evidence
        .items
        .iter()
        .filter_map(|&item| shop.catalogue().product(item))
        .enumerate()
    {
        let link = el("a")
            .attr("href", &product_href(&product.id))
            .title(&product.title);
        covers = covers
            .text(if nth == 0 { "" } else { texts.comma })
            .kid(link);
    }
    el("div")
        .kid(el("p").class("offer-title").title(&offer.title))
        .kid(el("p").class("offer-why").text(&why))
        .kid(covers)
        .kid(el("p").class("hint").text(&chance))
}
