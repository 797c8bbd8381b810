//! The status line: what was learned, how fast, and that no data leaves the device.

use fewshop_core::protocol::{Backend, Status};
use fewshop_web::state::{EngineState, Learning, Page, Undo};
use fewshop_web::texts::{Texts, count, fill, thousands};
use leptos::prelude::*;
use web_sys::{MouseEvent, Node};

use super::UnderTheHood;
use crate::browser;
use crate::engine;
use crate::nav::href_of;
use crate::shop::{Shop, use_shop};
use crate::view::{El, el, group, memo, part, when};

/// Between the parts of the line; bound to the part before it, so that no line begins with a dot.
const SEPARATOR: &str = "\u{a0}· ";

/// The backend's name for people.
pub(crate) fn backend_name(texts: &Texts, backend: Backend) -> &'static str {
    match backend {
        Backend::Cpu => texts.backend_cpu,
        Backend::Wgpu => texts.backend_wgpu,
    }
}

/// A number with one decimal; never "0.0", which for a duration would be a boast.
pub(crate) fn one_decimal(value: f64) -> String {
    let tenths = (value * 10.0).round().max(1.0) as u64;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// The parts of the line; the first one is emphasised.
fn parts(shop: Shop) -> (String, Vec<String>) {
    let texts = shop.texts;
    // No promise to whoever lets reports leave the device.
    let stays = if browser::has_told() {
        Vec::new()
    } else {
        vec![texts.stays.to_owned()]
    };
    let (clicks, dismissed, visits, asked) = shop.log.with(|log| {
        let session = log.session();
        (
            session.context_items().len(),
            session.dismissed().len(),
            session.visits.len(),
            log.asked().iter().len(),
        )
    });
    let asked_for = (asked > 0).then(|| count(texts.searches_one, texts.searches_many, asked));
    let visits = (visits > 0).then(|| count(texts.visits_one, texts.visits_many, visits));
    // At most what the engine has learned from and what is still remembered.
    let learned = |status: &Status| status.shots.min(clicks) + dismissed;
    let learning = shop.log.with(|log| log.learning());
    match (shop.log.with(|log| log.undoable()), shop.engine.get()) {
        (None, _) if learning == Learning::Off => (texts.status_off.to_owned(), stays),
        (None, _) if learning == Learning::Paused => (texts.status_paused.to_owned(), stays),
        (Some(Undo::Unlearned(item)), _) => (fill(texts.unlearned, &[&shop.title(item)]), stays),
        (Some(Undo::Forgot), _) => (texts.forgotten.to_owned(), Vec::new()),
        (Some(Undo::Dismissed(item)), _) => (fill(texts.dismissed, &[&shop.title(item)]), stays),
        (None, EngineState::Loading { .. }) => (texts.status_loading.to_owned(), stays),
        (Some(Undo::Unasked), _) => (texts.unasked.to_owned(), stays),
        (None, EngineState::Failed { .. }) => (
            (visits.or(asked_for)).unwrap_or_else(|| texts.status_blank.to_owned()),
            stays,
        ),
        (None, EngineState::Ready(status)) => {
            let learned = learned(&status);
            // Somebody who comes back has been learned about; the first answer is under way.
            if learned == 0 && clicks > 0 || status.shots == 0 && asked > 0 && dismissed == 0 {
                return (texts.status_loading.to_owned(), stays);
            }
            let first =
                (learned > 0).then(|| count(texts.learned_one, texts.learned_many, learned));
            let known = [first, asked_for, visits].into_iter().flatten();
            let mut parts: Vec<String> = known.collect();
            let items = thousands(status.items as u64);
            let backend = backend_name(texts, status.backend);
            let took = match status.last_run_ms {
                // A clock that ticks too slowly, as Firefox has against fingerprinting.
                0.0 if learned + asked > 0 => Some("<1".to_owned()),
                0.0 => None,
                ms => Some(one_decimal(ms)),
            };
            parts.push(match took.filter(|_| !parts.is_empty()) {
                Some(took) => fill(texts.ranked, &[&items, &took, backend]),
                None => fill(texts.status_ready, &[&items, backend]),
            });
            let first = if parts.len() > 1 {
                parts.remove(0)
            } else {
                texts.status_blank.to_owned()
            };
            parts.extend(stays);
            (first, parts)
        }
    }
}

/// The status line with its buttons, and a notice if the engine failed.
pub(crate) fn status_line() -> Node {
    let shop = use_shop();
    let texts = shop.texts;
    let parts = memo(move || parts(shop));
    let working = memo(move || {
        shop.engine
            .with(|engine| matches!(engine, EngineState::Loading { .. }))
    });
    let line = move || {
        let (first, rest) = parts.get();
        // On a phone the line leaves out the duration, which 'How it works' shows.
        let fine = if rest.len() > 1 && !shop.is_blank() {
            rest.len() - 2
        } else {
            rest.len()
        };
        let rest = rest.iter().enumerate().map(|(at, part)| {
            el("span")
                .class(if at == fine { "part fine" } else { "part" })
                .text(SEPARATOR)
                .text(part)
                .into()
        });
        group(
            [Node::from(el("strong").text(&first))]
                .into_iter()
                .chain(rest),
        )
    };
    // What a new shopper reads once the engine is ready, unseen: it keeps the room for it, so that
    // nothing below moves then.
    let new = move || working.get() && shop.is_blank() && !shop.is_off();
    let room = move || {
        let items = thousands(shop.catalogue().len() as u64);
        let able = fill(texts.status_ready, &[&items, texts.backend_cpu]);
        el("span")
            .class("room")
            .attr("aria-hidden", "true")
            .kid(el("span").class("dot"))
            .kid(el("strong").text(texts.status_blank))
            .text(&[SEPARATOR, &able, SEPARATOR, texts.stays].concat())
            .into()
    };
    let dot = el("span")
        .live("class", move || {
            Some(if working.get() { "dot working" } else { "dot" }.to_owned())
        })
        .attr("aria-hidden", "true");
    let undo = move || button(texts.undo, "", move |_| shop.undo()).into();
    let forget = move || button(texts.forget, texts.forget_label, move |_| shop.forget()).into();
    let pause = move || {
        let learning = shop.log.with(|log| log.learning());
        let (word, next) = if learning == Learning::On {
            (texts.pause, Learning::Paused)
        } else {
            (texts.resume, Learning::On)
        };
        button(word, "", move |_| shop.set_learning(next)).into()
    };
    let profile = el("a")
        .class("btn small")
        .attr("href", &href_of(&Page::Profile))
        .text(texts.profile);
    let under = UnderTheHood::new();
    let end = el("span")
        .class("end")
        .kid(profile)
        .when(
            move || !shop.is_blank() || shop.log.with(|log| log.learning() != Learning::On),
            move || part(pause),
        )
        .when(move || shop.log.with(|log| log.undoable().is_some()), undo)
        .when(move || !shop.is_blank(), forget)
        .kid(under.button());
    let strip = el("div")
        .class("strip")
        .kid(
            el("p")
                .attr("role", "status")
                .attr("aria-live", "polite")
                .class("roomy")
                .kid(el("span").kid(dot).part(line))
                .when(new, room),
        )
        .kid(end);
    let engine_failed = move || {
        let why = move || {
            shop.engine.with(|engine| match engine {
                EngineState::Failed { message, .. } => message.clone(),
                _ => String::new(),
            })
        };
        let said = el("p")
            .kid(el("strong").text(texts.engine_failed))
            .text(" ")
            .kid(el("span").class("why-failed").live_text(why));
        let again = button(texts.try_again, "", |_| engine::retry());
        el("div")
            .class("notice")
            .attr("role", "alert")
            .kid(said)
            .kid(again)
            .into()
    };
    group([
        strip.into(),
        when(
            move || {
                shop.engine
                    .with(|engine| matches!(engine, EngineState::Failed { .. }))
            },
            engine_failed,
        ),
        // Shown by the style sheet once memory.js says so.
        el("p").class("notice unkept").text(texts.unkept).into(),
        under.panel(),
    ])
}

/// A small button of the status line; `hint` is its tooltip, or "".
fn button(word: &str, hint: &str, act: impl Fn(MouseEvent) + 'static) -> El {
    let button = el("button")
        .attr("type", "button")
        .class("btn small")
        .text(word)
        .click(act);
    if hint.is_empty() {
        button
    } else {
        button.attr("title", hint)
    }
}
