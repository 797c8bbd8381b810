//! The status line: what was learned, how fast, and that it stays here.

use fewshop_core::protocol::{Backend, Status};
use fewshop_web::state::{EngineState, Undo, thousands};
use fewshop_web::texts::{Texts, count, fill};
use leptos::prelude::*;

use crate::engine;
use crate::shop::{Range, Shop, use_shop};

/// The backend's name for people.
pub(crate) fn backend_name(texts: &Texts, backend: Backend) -> &'static str {
    match backend {
        Backend::Cpu => texts.backend_cpu,
        Backend::Wgpu => texts.backend_wgpu,
    }
}

/// Milliseconds with one digit after the point; never "0.0", which would be a boast.
pub(crate) fn milliseconds(ms: f64) -> String {
    format!("{:.1}", ms.max(0.1))
}

/// What the line says: the first part stands out.
fn parts(shop: Shop) -> (String, Vec<String>) {
    let texts = shop.texts;
    let stays = texts.stays.to_owned();
    let (blank, dismissed) = shop.log.with(|log| (log.is_blank(), log.session().dismissed().len()));
    match (shop.log.with(|log| log.undoable()), shop.engine.get()) {
        (Some(Undo::Forgot), _) => (texts.forgotten.to_owned(), Vec::new()),
        (Some(Undo::Dismissed(item)), _) => (fill(texts.dismissed, &[&shop.title(item)]), vec![stays]),
        (None, EngineState::Loading { .. }) => (texts.status_loading.to_owned(), vec![stays]),
        (None, EngineState::Failed { .. }) => (texts.status_blank.to_owned(), vec![stays]),
        (None, EngineState::Ready(status)) if blank => {
            let items = thousands(status.items as u64);
            let ready = fill(texts.status_ready, &[&items, backend_name(texts, status.backend)]);
            (texts.status_blank.to_owned(), vec![ready, stays])
        }
        (None, EngineState::Ready(status)) => {
            let learned = count(texts.learned_one, texts.learned_many, status.shots + dismissed);
            (learned, vec![ranked(texts, &status), stays])
        }
    }
}

fn ranked(texts: &Texts, status: &Status) -> String {
    let items = thousands(status.items as u64);
    fill(texts.ranked, &[&items, &milliseconds(status.last_run_ms), backend_name(texts, status.backend)])
}

/// The status line with its buttons, and a notice where something failed.
#[component]
pub(crate) fn StatusLine() -> impl IntoView {
    let shop = use_shop();
    let texts = shop.texts;
    let parts = Memo::new(move |_| parts(shop));
    let undoable = Memo::new(move |_| shop.log.with(|log| log.undoable().is_some()));
    let blank = Memo::new(move |_| shop.is_blank());
    let working = Memo::new(move |_| {
        shop.engine.with(|engine| matches!(engine, EngineState::Loading { .. }))
            && shop.range.with(|range| !matches!(range, Range::Failed))
    });
    let failed = Memo::new(move |_| shop.engine.with(|engine| matches!(engine, EngineState::Failed { .. })));
    let why = move || {
        shop.engine.with(|engine| match engine {
            EngineState::Failed { message, .. } => message.clone(),
            _ => String::new(),
        })
    };
    view! {
        <div class="strip">
            <p role="status" aria-live="polite">
                <span class="dot" class:working=working aria-hidden="true"></span>
                <strong>{move || parts.get().0}</strong>
                {move || parts.get().1.into_iter().map(|part| view! { <span class="part">" · " {part}</span> }).collect_view()}
            </p>
            <span class="end">
                <Show when=move || undoable.get()>
                    <button type="button" class="btn small" on:click=move |_| shop.undo()>
                        {texts.undo}
                    </button>
                </Show>
                <Show when=move || !blank.get()>
                    <button type="button" class="btn small" title=texts.forget_label on:click=move |_| shop.forget()>
                        {texts.forget}
                    </button>
                </Show>
            </span>
        </div>
        <Show when=move || failed.get()>
            <div class="notice" role="alert">
                <p>
                    <strong>{texts.engine_failed}</strong>
                    " "
                    <span class="why-failed">{why}</span>
                </p>
                <button type="button" class="btn small" on:click=move |_| engine::retry()>
                    {texts.try_again}
                </button>
            </div>
        </Show>
        <Show when=move || shop.range.with(|range| matches!(range, Range::Failed))>
            <div class="notice" role="alert">
                <p>{texts.catalogue_failed}</p>
            </div>
        </Show>
    }
}
