//! Search: results follow each letter.

use fewshop_web::texts::{count, fill};
use leptos::prelude::*;

use crate::app::name_page;
use crate::components::{DepartmentTiles, Grid};
use crate::nav::use_nav;
use crate::shop::use_shop;
use crate::view::{effect, memo, text, when};

/// The page.
#[component]
pub(crate) fn SearchPage() -> AnyView {
    let shop = use_shop();
    let texts = shop.texts;
    let nav = use_nav();
    let query = memo(move || nav.query("q").trim().to_owned());
    effect(move || {
        query
            .with(|query| name_page(&if query.is_empty() { texts.search.to_owned() } else { fill(texts.results_for, &[query]) }));
    });
    // `None` while the index is not there yet: saying 'nothing found' then would be a lie.
    let found = memo(move || shop.index.get().map(|index| query.with(|query| index.search(query))));
    let items = Signal::derive(move || found.get().unwrap_or_default());
    let typed = memo(move || query.with(|query| !query.is_empty()));
    let none = memo(move || typed.get() && found.with(|found| found.as_ref().is_some_and(Vec::is_empty)));
    let heading = memo(move || {
        let query = query.get();
        match (query.is_empty(), none.get()) {
            (true, _) => texts.search.to_owned(),
            (false, false) => fill(texts.results_for, &[&query]),
            (false, true) => fill(texts.nothing_found, &[&query]),
        }
    });
    let line = text(move || match (typed.get(), found.get()) {
        (false, _) => texts.search_empty.to_owned(),
        (true, None) => texts.search_starting.to_owned(),
        (true, Some(found)) if found.is_empty() => texts.nothing_found_hint.to_owned(),
        (true, Some(found)) => count(texts.products_one, texts.products_many, found.len()),
    });
    view! {
        <div class="head">
            <h1 id="results">{text(move || heading.get())}</h1>
            <p class="sub" aria-live="polite">
                {line}
            </p>
        </div>
        <Grid items=items labelled_by="results" reset=query />
        {when(move || !typed.get() || none.get(), || view! { <DepartmentTiles labelled_by="results" /> }.into_any())}
    }
    .into_any()
}
