//! 'How it works', in plain words, with the facts of the moment.

use fewshop_web::state::{EngineState, thousands};
use fewshop_web::texts::fill;
use leptos::prelude::*;

use crate::app::name_page;
use crate::components::{backend_name, milliseconds};
use crate::shop::use_shop;
use crate::view::part;

/// The page.
#[component]
pub(crate) fn HowPage() -> AnyView {
    let shop = use_shop();
    let texts = shop.texts;
    name_page(texts.how);
    let facts = part(move || {
        let mut rows: Vec<(&str, String)> = match shop.engine.get() {
            EngineState::Loading { .. } => vec![(texts.fact_engine, texts.status_loading.to_owned())],
            EngineState::Failed { message, .. } => vec![(texts.fact_engine, format!("{} {message}", texts.engine_failed))],
            EngineState::Ready(status) => vec![
                (texts.fact_engine, backend_name(texts, status.backend).to_owned()),
                (texts.fact_reason, status.backend_reason),
                (texts.fact_products, thousands(status.items as u64)),
                (texts.fact_shots, status.shots.to_string()),
                (texts.fact_time, fill(texts.fact_ms, &[&milliseconds(status.last_run_ms)])),
                (texts.fact_gate, fill(texts.percent, &[&((status.gate * 100.0).round() as i32).to_string()])),
                (texts.fact_pack, status.pack),
            ],
        };
        rows.push((texts.fact_visits, shop.log.with(|log| log.session().visits.len()).to_string()));
        rows.into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(label, value)| {
                view! {
                    <div>
                        <dt>{label}</dt>
                        <dd>{value}</dd>
                    </div>
                }
            })
            .collect_view()
            .into_any()
    });
    let note = format!("{} {}", shop.catalogue().note(), texts.credit);
    view! {
        <article class="prose">
            <h1>{texts.how}</h1>
            {texts
                .how_parts
                .iter()
                .map(|&(heading, text)| {
                    view! {
                        <h2>{heading}</h2>
                        <p>{text}</p>
                    }
                })
                .collect_view()} <h2>{texts.how_now}</h2> <dl class="facts">{facts}</dl> <h2>{texts.how_data}</h2> <p>{note}</p>
        </article>
    }
    .into_any()
}
