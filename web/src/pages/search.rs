//! Search: results follow each letter.

use fewshop_web::texts::{count, fill};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::home::Departments;
use crate::app::name_page;
use crate::components::Grid;
use crate::shop::{Range, use_shop};

/// The page.
#[component]
pub(crate) fn SearchPage() -> impl IntoView {
    let shop = use_shop();
    let texts = shop.texts;
    shop.want(None);
    let query = use_query_map();
    let query = Memo::new(move |_| query.with(|query| query.get("q")).unwrap_or_default().trim().to_owned());
    name_page(move || {
        query.with(|query| if query.is_empty() { texts.search.to_owned() } else { fill(texts.results_for, &[query]) })
    });
    // `None` while the index is not there yet: saying 'nothing found' then would be a lie.
    let found = Memo::new(move |_| shop.index.get().map(|index| query.with(|query| index.search(query))));
    let items = Signal::derive(move || found.get().unwrap_or_default());
    let typed = Memo::new(move |_| query.with(|query| !query.is_empty()));
    let none = Memo::new(move |_| typed.get() && found.with(|found| found.as_ref().is_some_and(Vec::is_empty)));
    let heading = move || match (typed.get(), none.get()) {
        (false, _) => texts.search.to_owned(),
        (true, false) => fill(texts.results_for, &[&query.get()]),
        (true, true) => fill(texts.nothing_found, &[&query.get()]),
    };
    let line = move || match (typed.get(), found.get()) {
        (false, _) => texts.search_empty.to_owned(),
        (true, None) if shop.range.with(|range| matches!(range, Range::Failed)) => String::new(),
        (true, None) => texts.catalogue_loading.to_owned(),
        (true, Some(found)) if found.is_empty() => texts.nothing_found_hint.to_owned(),
        (true, Some(found)) => count(texts.products_one, texts.products_many, found.len()),
    };
    view! {
        <div class="head">
            <h1 id="results">{heading}</h1>
            <p class="sub" aria-live="polite">
                {line}
            </p>
        </div>
        <Grid items=items labelled_by="results" reset=query />
        <Show when=move || !typed.get() || none.get()>
            <Departments />
        </Show>
    }
}
