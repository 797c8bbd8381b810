//! 'Under the hood': the figures of the last run, beside any page.

use fewshop_core::protocol::Status;
use fewshop_web::state::{EngineState, hundredths, run_parts};
use fewshop_web::texts::{fill, thousands};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent, Node};

use super::{backend_name, meter, one_decimal, product_href};
use crate::browser;
use crate::shop::{Shop, use_shop};
use crate::view::{El, el, group, part, when};

/// Ids of the panel and of the button that opens it.
const PANEL: &str = "under";
const OPENER: &str = "under-open";

/// A label with its value.
pub(crate) fn fact(label: &str, value: &str) -> El {
    el("div")
        .kid(el("dt").text(label))
        .kid(el("dd").text(value))
}

/// The engine and its last run, as a list that changes with them.
pub(crate) fn facts() -> El {
    let shop = use_shop();
    let texts = shop.texts;
    let facts = move || {
        let (clicks, asked) = shop.log.with(|log| {
            let clicks = log.session().context_items().len();
            (clicks, log.asked().iter().len())
        });
        let mut rows: Vec<(&str, String)> = match shop.engine.get() {
            EngineState::Loading { .. } => {
                vec![(texts.fact_engine, texts.status_loading.to_owned())]
            }
            EngineState::Failed { message, .. } => vec![(
                texts.fact_engine,
                [texts.engine_failed, " ", &message].concat(),
            )],
            EngineState::Ready(status) => vec![
                (
                    texts.fact_engine,
                    backend_name(texts, status.backend).to_owned(),
                ),
                (texts.fact_reason, status.backend_reason),
                (texts.fact_products, thousands(status.items as u64)),
                (
                    texts.fact_clicks,
                    // The engine also counts the products that stand for searches.
                    status.shots.min(clicks).to_string(),
                ),
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
        if asked > 0 {
            rows.push((texts.fact_searches, asked.to_string()));
        }
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
    el("dl").class("facts").part(facts)
}

/// The time of each step, with a bar for its share.
fn times(shop: Shop, status: &Status) -> Node {
    let texts = shop.texts;
    let parts = run_parts(&status.steps_ms, status.last_run_ms);
    if parts.is_empty() {
        return el("p").class("hint").text(texts.under_none).into();
    }
    let names = [
        texts.under_adapt,
        texts.under_scan,
        texts.under_candidates,
        texts.under_ranker,
        texts.under_reasons,
        texts.under_rest,
    ];
    let rows = names.iter().zip(parts).map(|(name, part)| {
        let ms = if part.ms < 0.05 {
            fill(texts.under_less, &["0.1"])
        } else {
            fill(texts.fact_ms, &[&one_decimal(part.ms)])
        };
        el("li")
            .kid(el("span").text(name))
            .kid(el("span").class("ms").text(&ms))
            .kid(meter(part.percent as f32 / 100.0))
    });
    let title = fill(texts.under_time, &[&one_decimal(status.last_run_ms)]);
    group([
        el("h3").attr("id", "under-time").text(&title).into(),
        el("ul")
            .class("split")
            .attr("role", "list")
            .attr("aria-labelledby", "under-time")
            .kids(rows)
            .into(),
        el("p").class("hint").text(texts.under_clock).into(),
    ])
}

/// What fine-tuning did to its own loss.
fn tuning(shop: Shop, status: &Status) -> Node {
    let texts = shop.texts;
    let said: Node = match status.losses[..] {
        [before, after] => el("dl")
            .class("facts")
            .kid(fact(texts.under_before, &hundredths(f64::from(before))))
            .kid(fact(texts.under_after, &hundredths(f64::from(after))))
            .into(),
        _ if status.steps_ms.is_empty() => return group([]),
        _ => el("p").class("hint").text(texts.under_untuned).into(),
    };
    group([el("h3").text(texts.under_tuning).into(), said])
}

/// The products nearest to the user embedding.
fn nearest(shop: Shop, status: &Status) -> Node {
    let texts = shop.texts;
    let rows = status.nearest.iter().filter_map(|&(item, cosine)| {
        let product = shop.catalogue().product(item)?;
        let link = el("a")
            .attr("href", &product_href(&product.id))
            .title(&product.title);
        let value = el("span").class("ms").text(&hundredths(f64::from(cosine)));
        Some(el("li").kid(link).kid(value).kid(meter(cosine)))
    });
    let rows: Vec<El> = rows.collect();
    if rows.is_empty() {
        return group([]);
    }
    group([
        el("h3")
            .attr("id", "under-near")
            .text(texts.under_near)
            .into(),
        el("ul")
            .class("split")
            .attr("role", "list")
            .attr("aria-labelledby", "under-near")
            .kids(rows)
            .into(),
        el("p").class("hint").text(texts.under_cosine).into(),
    ])
}

/// The requests that the browser counted.
fn network(shop: Shop) -> Node {
    let texts = shop.texts;
    let requests = RwSignal::new(None::<u32>);
    browser::watch_requests(move |count| {
        let _ = requests.try_set(Some(count));
    });
    let facts = move || match requests.get() {
        None => fact(texts.under_requests, texts.under_loading).into(),
        Some(0) => group([
            fact(texts.under_requests, "0").into(),
            fact(texts.under_bytes, "0").into(),
        ]),
        Some(n) => fact(texts.under_requests, &thousands(u64::from(n))).into(),
    };
    group([
        el("h3").text(texts.under_network).into(),
        el("dl").class("facts").part(facts).into(),
        el("p").class("hint").text(texts.under_watch).into(),
    ])
}

/// Whether the panel is open. It stays so from page to page.
#[derive(Clone, Copy)]
pub(crate) struct UnderTheHood(RwSignal<bool>);

impl UnderTheHood {
    /// A closed panel, which Escape closes again wherever the focus is, unless a dialog is open or a
    /// field has the focus, whose key that is.
    pub(crate) fn new() -> Self {
        let own = Self(RwSignal::new(false));
        if let Some(root) = document().document_element() {
            El(root).on("keydown", move |event| {
                let key = event.unchecked_into::<KeyboardEvent>().key();
                let is_theirs = document()
                    .query_selector("dialog[open], input:focus, select:focus")
                    .is_ok_and(|found| found.is_some());
                if key == "Escape" && !is_theirs && own.0.get_untracked() {
                    own.close();
                }
            });
        }
        own
    }

    fn close(self) {
        self.0.set(false);
        // By itself the focus would be lost with the panel.
        if let Some(button) = document().get_element_by_id(OPENER) {
            let _ = button.unchecked_into::<HtmlElement>().focus();
        }
    }

    /// The button of the status line.
    pub(crate) fn button(self) -> El {
        let open = self.0;
        el("button")
            .attr("type", "button")
            .class("btn small")
            .attr("id", OPENER)
            .attr("aria-controls", PANEL)
            .live("aria-expanded", move || Some(open.get().to_string()))
            .text(use_shop().texts.under)
            .click(move |_| {
                if open.get_untracked() {
                    self.close();
                    return;
                }
                open.set(true);
                request_animation_frame(|| {
                    if let Ok(Some(heading)) = document().query_selector("#under h2") {
                        browser::focus(heading.unchecked_ref());
                    }
                });
            })
    }

    /// The panel.
    pub(crate) fn panel(self) -> Node {
        let shop = use_shop();
        let texts = shop.texts;
        let run = move || match shop.engine.get() {
            EngineState::Ready(status) => group([
                times(shop, &status),
                tuning(shop, &status),
                nearest(shop, &status),
            ]),
            _ => group([]),
        };
        let open = self.0;
        when(
            move || open.get(),
            move || {
                let close = el("button")
                    .attr("type", "button")
                    .class("btn small")
                    .text(texts.close)
                    .click(move |_| self.close());
                el("aside")
                    .class("under")
                    .attr("id", PANEL)
                    .attr("aria-labelledby", "under-title")
                    .kid(
                        el("div")
                            .class("under-head")
                            .kid(el("h2").attr("id", "under-title").text(texts.under))
                            .kid(close),
                    )
                    .kid(el("p").class("hint").text(texts.under_sub))
                    .kid(part(run))
                    .kid(network(shop))
                    .kid(el("h3").text(texts.how_now))
                    .kid(facts())
                    .into()
            },
        )
    }
}
