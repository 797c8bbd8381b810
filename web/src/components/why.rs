//! 'Why?': the full reason of a pick.

use fewshop_core::{BusinessRule, ItemIx, Reason};
use fewshop_web::state::{Pick, Source};
use fewshop_web::texts::{count, fill, thousands};
use leptos::prelude::*;
use web_sys::MouseEvent;

use super::{one_decimal, source_name};
use crate::browser;
use crate::shop::{Shop, use_shop};
use crate::view::{El, el};

/// Smaller factors are not worth a sentence.
const MIN_SAID_LIFT: f32 = 1.5;
/// Larger ones are not to be taken at their word.
const MAX_SAID_LIFT: f32 = 1_000.0;

/// A bar from 0 to 1, labelled with its share for screen readers.
pub(crate) fn meter(share: f32) -> El {
    let percent = (share.clamp(0.0, 1.0) * 100.0).round() as i32;
    let label = fill(use_shop().texts.percent, &[&percent.to_string()]);
    let fill = el("span");
    browser::set_width(&fill.0, percent);
    el("span")
        .class("meter")
        .attr("role", "img")
        .attr("aria-label", &label)
        .kid(fill)
}

/// How many times as likely one pick is as another, by the model's softmax over the picks; `None`
/// if they are about equally likely.
fn times(score: f32, other: f32) -> Option<String> {
    let tenths = ((score - other).exp() * 10.0).round() as u32;
    (tenths > 10).then(|| [&(tenths / 10).to_string(), ".", &(tenths % 10).to_string()].concat())
}

/// Explains the position of a pick on its shelf.
fn place(shop: Shop, shelf: &[Pick], at: usize) -> String {
    let texts = shop.texts;
    let own = shelf[at].score;
    let place = fill(
        texts.why_place,
        &[&(at + 1).to_string(), &shelf.len().to_string()],
    );
    let rest = match shelf
        .iter()
        .map(|pick| pick.score)
        .filter(|&other| other > own)
        .count()
    {
        0 => match shelf
            .iter()
            .enumerate()
            .filter(|&(other, _)| other != at)
            .map(|(_, pick)| pick.score)
            .reduce(f32::max)
        {
            Some(next) => times(own, next).map_or_else(
                || texts.why_first_close.to_owned(),
                |times| fill(texts.why_first, &[&times]),
            ),
            None => String::new(),
        },
        n => count(texts.why_behind_one, texts.why_behind_many, n),
    };
    let mixed = if shelf.windows(2).any(|pair| pair[0].score < pair[1].score) {
        texts.why_mixed
    } else {
        ""
    };
    let rule = match shelf[at].rule {
        Some(BusinessRule::Pin) => texts.why_pinned,
        Some(BusinessRule::Boost) => texts.why_boosted,
        Some(BusinessRule::Bury) => texts.why_buried,
        None => "",
    };
    let said = [place.as_str(), rule, &rest, mixed];
    said.into_iter()
        .filter(|sentence| !sentence.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Opens the full reason of a product on a shelf.
pub(crate) fn show_why(shop: Shop, shelf: &[Pick], item: ItemIx) {
    let texts = shop.texts;
    let Some(at) = shelf.iter().position(|pick| pick.item == item) else {
        return;
    };
    let reason = shelf[at].reason.clone().unwrap_or(Reason::PopularHere);
    let (said, shots) = match &reason {
        Reason::BecauseOf { shots } if !shots.is_empty() => {
            (texts.why_because.to_owned(), shots.as_slice())
        }
        Reason::TakenBefore { visits } => (
            count(texts.why_taken_one, texts.why_taken_many, *visits as usize),
            &[][..],
        ),
        Reason::OnOffer => (texts.why_on_offer.to_owned(), &[][..]),
        _ => (texts.why_popular.to_owned(), &[][..]),
    };
    let sources = shop.log.with_untracked(|log| log.sources(shots));
    let shares = sources.iter().map(|(_, share)| share);
    let whole: f32 = shares.sum::<f32>().max(f32::MIN_POSITIVE);
    // What everybody wants is not said to be the shopper's own.
    let lift = shelf[at].lift.filter(|&lift| lift >= MIN_SAID_LIFT);
    let lift = lift.map(|lift| {
        let times = if lift < 10.0 {
            one_decimal(f64::from(lift))
        } else {
            thousands(lift.min(MAX_SAID_LIFT) as u64)
        };
        el("p").text(&fill(texts.why_lift, &[&times]))
    });
    let bars = sources.iter().map(|(source, share)| {
        let name = source_name(shop, source);
        let name = match source {
            Source::Chosen(_) => el("span").title(&name),
            // In the language of the page and in the shopper's own words.
            Source::Asked(_) => el("span").text(&name),
        };
        el("li").kid(name).kid(meter(share / whole))
    });
    let close = el("button")
        .attr("type", "button")
        .class("btn")
        .text(texts.close)
        .click(|event: MouseEvent| browser::close_dialog(&event));
    let dialog = el("dialog")
        .class("why-dialog")
        .attr("aria-labelledby", "why-title")
        .on("close", |event| browser::remove(&event))
        .kid(
            el("h2")
                .attr("id", "why-title")
                .text(&fill(texts.why_title, &[&shop.title(item)])),
        )
        .kid(el("p").text(&said))
        .maybe(lift)
        .kids((!shots.is_empty()).then(|| el("ul").class("bars").attr("role", "list").kids(bars)))
        .kid(el("h3").text(texts.why_place_title))
        .kid(el("p").text(&place(shop, shelf, at)))
        .kid(el("p").class("acts").kid(close));
    browser::open_dialog(&dialog.0);
}
