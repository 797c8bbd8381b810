//! A product on a shelf or in a grid.

use std::rc::Rc;

use fewshop_core::{ItemIx, Reason};
use fewshop_web::state::{Page, Product, Source, initial, short_brand};
use fewshop_web::texts::{Texts, count, fill};
use leptos::prelude::*;
use web_sys::Node;

use super::stepper;
use crate::browser;
use crate::nav::href_of;
use crate::shop::{Shop, use_shop};
use crate::view::{El, Text, el, nothing, part};

/// Maximum number of names in a reason: more do not fit on a picture.
const NAMED: usize = 2;

/// Maximum number of letters of a size on a picture.
const MARK: usize = 12;

/// Address of a product's page.
pub(crate) fn product_href(id: &str) -> String {
    href_of(&Page::Product(id.to_owned()))
}

/// What the shopper chose, or asked for, by its name.
pub(crate) fn source_name(shop: Shop, source: &Source) -> String {
    match source {
        Source::Chosen(item) => shop.title(*item),
        Source::Asked(words) => fill(shop.texts.asked_source, &[words]),
    }
}

/// The reason of a pick as text.
pub(crate) fn reason_text(shop: Shop, reason: &Reason) -> String {
    let texts: &Texts = shop.texts;
    match reason {
        Reason::BecauseOf { shots } if !shots.is_empty() => {
            // Not tracked: the reason is that of the last answer, and the next answer brings its own.
            let sources = shop.log.with_untracked(|log| log.sources(shots));
            // Words are longer than titles: of searches alone only the first is named.
            let is_asked = |(source, _): &(Source, f32)| matches!(source, Source::Asked(_));
            if let Some((Source::Asked(words), _)) = sources.first()
                && sources.iter().take(NAMED).all(is_asked)
            {
                return fill(texts.because_asked, &[words.as_str()]);
            }
            let mut names: Vec<String> = sources
                .iter()
                .map(|(source, _)| source_name(shop, source))
                .collect();
            // Two sizes of a product share a title, and are usually neighbours.
            names.dedup();
            names.truncate(NAMED);
            fill(texts.because, &[&names.join(texts.comma)])
        }
        Reason::TakenBefore { visits } => {
            count(texts.taken_one, texts.taken_many, *visits as usize)
        }
        Reason::OnOffer => texts.on_offer.to_owned(),
        Reason::BecauseOf { .. } | Reason::PopularHere => texts.popular.to_owned(),
    }
}

/// Size and brand on one line. A brand known only by its maker's number is shortened to that.
pub(crate) fn meta_line(product: &Product) -> String {
    let parts: Vec<&str> = [product.size.as_str(), short_brand(&product.brand)]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    // A line may break after a dot, never before one.
    parts.join("\u{a0}· ")
}

/// A product's picture. Until it arrives, or without one, the first letter of the title, which
/// `rest.js` replaces with the picture. Hidden from screen readers, which read the title.
pub(crate) fn picture(key: &str, title: &str) -> El {
    browser::picture(key).map(El).unwrap_or_else(|| {
        el("span")
            .class("initial")
            .attr("aria-hidden", "true")
            .attr("data-picture", key)
            .text(initial(title))
    })
}

/// Whether a size is short enough for a mark on the picture.
fn is_mark(size: &str) -> bool {
    !size.is_empty() && size.chars().count() <= MARK
}

/// The size on the picture, if it is short enough.
fn size_mark(size: &str) -> Option<El> {
    is_mark(size).then(|| el("span").class("mark").text(size))
}

/// The reason of a product on a shelf, short and in full.
pub(crate) struct Why {
    /// Shown on the picture; may be "".
    pub(crate) short: Text,
    /// Opens the full reason.
    pub(crate) open: Rc<dyn Fn()>,
}

/// A product as a list item: picture, title, size and brand, price, and a button that puts it into
/// the cart. `dismissible` adds 'Not for me', `under` what stands under size and brand.
pub(crate) fn product_card(
    product: &Product,
    why: Option<Why>,
    dismissible: bool,
    under: Option<Node>,
) -> El {
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
                // The card disappears; the focus must not disappear with it.
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
        .class(&shop.tile_class(product))
        .kid(picture(&product.picture, &product.title))
        .maybe(size_mark(&product.size));
    let title = el("a")
        .class("title")
        .attr("href", &product_href(&product.id))
        .title(&product.title);
    let unit = shop
        .unit_price(product)
        .map(|price| el("span").class("unit").text(&price));
    let buy = el("div")
        .class("buy")
        .kid(
            el("span")
                .class("price")
                .text(&shop.price(product.price))
                .maybe(unit),
        )
        .kid(stepper(ix, &product.title));
    let body = el("div")
        .class("body")
        .kid(title)
        .kid(el("p").class("meta").text(&if is_mark(&product.size) {
            short_brand(&product.brand).to_owned()
        } else {
            meta_line(product)
        }))
        .maybe(under)
        .kid(buy);
    el("li")
        .class("card")
        .attr("data-ix", &ix.0.to_string())
        .kid(tile.maybe(why))
        .kid(body)
        .maybe(wave)
}
