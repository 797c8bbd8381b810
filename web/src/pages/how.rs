//! 'How it works', in plain words, with the current facts.

use fewshop_web::state::EngineState;
use fewshop_web::texts::{fill, thousands};
use leptos::prelude::*;
use web_sys::Node;

use crate::browser;
use crate::components::{backend_name, one_decimal};
use crate::shop::use_shop;
use crate::view::{El, el, group};

/// A label with its value.
pub(crate) fn fact(label: &str, value: &str) -> El {
    el("div")
        .kid(el("dt").text(label))
        .kid(el("dd").text(value))
}

/// The page.
pub(crate) fn page() -> Node {
    let shop = use_shop();
    let texts = shop.texts;
    let facts = move || {
        let mut rows: Vec<(&str, String)> = match shop.engine.get() {
            EngineState::Loading { .. } => {
                vec![(texts.fact_engine, texts.status_loading.to_owned())]
            }
            EngineState::Failed { message, .. } => vec![(
                texts.fact_engine,
                format!("{} {message}", texts.engine_failed),
            )],
            EngineState::Ready(status) => vec![
                (
                    texts.fact_engine,
                    backend_name(texts, status.backend).to_owned(),
                ),
                (texts.fact_reason, status.backend_reason),
                (texts.fact_products, thousands(status.items as u64)),
                (texts.fact_clicks, status.shots.to_string()),
                (
                    texts.fact_time,
                    fill(texts.fact_ms, &[&one_decimal(status.last_run_ms)]),
                ),
                (
                    texts.fact_gate,
                    fill(
                        texts.percent,
                        &[&((status.gate * 100.0).round() as i32).to_string()],
                    ),
                ),
                (texts.fact_pack, status.pack),
            ],
        };
        rows.push((
            texts.fact_visits,
            shop.log.with(|log| log.session().visits.len()).to_string(),
        ));
        group(
            rows.iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(label, value)| fact(label, value).into()),
        )
    };
    let note = format!("{} {}", shop.catalogue().note(), texts.credit);
    let parts = [
        (texts.how_head_1, texts.how_text_1),
        (texts.how_head_2, texts.how_text_2),
        (texts.how_head_3, texts.how_text_3),
        (texts.how_head_4, texts.how_text_4),
    ];
    let paragraph = |(heading, text)| [el("h2").text(heading), el("p").text(text)];
    let (memory, reasons) = parts.split_at(3);
    let two = browser::folder().map(|_| el("p").text(texts.how_shops));
    el("article")
        .class("prose")
        .kid(el("h1").text(texts.how))
        .kids(memory.iter().copied().flat_map(paragraph))
        .kids(two)
        .kids(reasons.iter().copied().flat_map(paragraph))
        .kid(el("h2").text(texts.how_now))
        .kid(el("dl").class("facts").part(facts))
        .kid(el("h2").text(texts.how_data))
        .kid(el("p").text(&note))
        .into()
}
