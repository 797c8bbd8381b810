//! A product on a shelf or in a grid.

use std::rc::Rc;

use fewshop_core::{ItemIx, Reason};
use fewshop_web::state::{Money, Page, Product, short_brand};
use fewshop_web::texts::{Texts, count, fill};

use super::stepper;
use crate::browser;
use crate::nav::href_of;
use crate::shop::{Shop, use_shop};
use crate::view::{El, Text, el, nothing, part};

/// Most names in a reason: what fits on a picture.
const NAMED: usize = 2;

/// Address of a product's page.
pub(crate) fn product_href(id: &str) -> String {
    href_of(&Page::Product(id.to_owned()))
}

/// Why a product was picked, for people.
pub(crate) fn reason_text(shop: Shop, reason: &Reason) -> String {
    let texts: &Texts = shop.texts;
    match reason {
        Reason::BecauseOf { shots } if !shots.is_empty() => {
            let mut names: Vec<String> = shots.iter().map(|share| shop.title(share.item)).collect();
            // Two sizes of one thing have one name, and are next to each other more often than not.
            names.dedup();
            names.truncate(NAMED);
            fill(texts.because, &[&names.join(texts.comma)])
        }
        Reason::TakenBefore { visits } => {
            count(texts.taken_one, texts.taken_many, *visits as usize)
        }
        Reason::BecauseOf { .. } | Reason::PopularHere => texts.popular.to_owned(),
    }
}

/// Size and brand on one line. Of a brand that is only known by its maker's number the number is
/// enough.
pub(crate) fn meta_line(product: &Product) -> String {
    let parts: Vec<&str> = [product.size.as_str(), short_brand(&product.brand)]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    // A line may break after a dot, never before one.
    parts.join("\u{a0}· ")
}

/// The picture that stands for a product. Until it has come, or where there is none, the first
/// letter of its title: `rest.js` puts the picture into the letter's place. Says nothing to a
/// screen reader: the title does.
pub(crate) fn picture(key: &str, title: &str) -> El {
    browser::picture(key).map(El).unwrap_or_else(|| {
        let initial = title
            .chars()
            .find(|c| c.is_alphanumeric())
            .map(|c| c.to_uppercase().to_string())
            .unwrap_or_default();
        el("span")
            .class("initial")
            .attr("aria-hidden", "true")
            .attr("data-picture", key)
            .text(&initial)
    })
}

/// Why a product is here: the short reason, or "" for nothing, and what tells the whole.
pub(crate) struct Why {
    /// Shown on the picture.
    pub(crate) short: Text,
    /// Opens the rest.
    pub(crate) open: Rc<dyn Fn()>,
}

/// A product as a list item: picture, title, size and brand, price, and a button that puts it into
/// the cart. `dismissible` lets it be waved away.
pub(crate) fn product_card(product: &Product, why: Option<Why>, dismissible: bool) -> El {
    let shop = use_shop();
    let ix: ItemIx = product.ix;
    let wave = dismissible.then(|| {
        el("button")
            .attr("type", "button")
            .class("wave")
            .attr(
                "aria-label",
                &fill(shop.texts.not_for_me_named, &[&product.title]),
            )
            .text(shop.texts.not_for_me)
            .click(move |event| {
                // The card goes, and the focus must not go with it.
                browser::focus_heading_above(&event);
                shop.dismiss(ix);
            })
    });
    let hint = fill(shop.texts.why_label, &[&product.title]);
    let why = why.map(|Why { short, open }| {
        part(move || match short() {
            said if said.is_empty() => nothing(),
            said => {
                let open = open.clone();
                let label = [hint.as_str(), " ", &said].concat();
                let button = el("button")
                    .attr("type", "button")
                    .class("why")
                    .attr("aria-haspopup", "dialog");
                button
                    .attr("aria-label", &label)
                    .kid(el("span").text(&said))
                    .click(move |_| open())
                    .into()
            }
        })
    });
    let tile = el("div")
        .class(&format!("tile t{}", shop.tile(product)))
        .kid(picture(&product.picture, &product.title));
    let title = el("a")
        .class("title")
        .attr("href", &product_href(&product.id))
        .text(&product.title);
    let buy = el("div")
        .class("buy")
        .kid(
            el("span")
                .class("price")
                .text(&shop.price(Money::from_price(product.price))),
        )
        .kid(stepper(ix, &product.title));
    let body = el("div")
        .class("body")
        .kid(title)
        .kid(el("p").class("meta").text(&meta_line(product)))
        .kid(buy);
    el("li")
        .class("card")
        .attr("data-ix", &ix.0.to_string())
        .kid(tile.maybe(why))
        .kid(body)
        .maybe(wave)
}
