//! Search: results follow each letter.

use fewshop_web::texts::{count, fill};
use leptos::prelude::*;
use web_sys::Node;

use crate::app::name_page;
use crate::components::{department_tiles, grid};
use crate::nav::use_nav;
use crate::shop::use_shop;
use crate::view::{effect, el, group, memo, when};

/// The page.
pub(crate) fn search_page() -> Node {
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
    let items = memo(move || found.get().unwrap_or_default());
    let typed = memo(move || query.with(|query| !query.is_empty()));
    let none = memo(move || typed.get() && found.with(|found| found.as_ref().is_some_and(Vec::is_empty)));
    let heading = move || {
        let query = query.get();
        match (query.is_empty(), none.get()) {
            (true, _) => texts.search.to_owned(),
            (false, false) => fill(texts.results_for, &[&query]),
            (false, true) => fill(texts.nothing_found, &[&query]),
        }
    };
    let line = move || match (typed.get(), found.get()) {
        (false, _) => texts.search_empty.to_owned(),
        (true, None) => texts.search_starting.to_owned(),
        (true, Some(found)) if found.is_empty() => texts.nothing_found_hint.to_owned(),
        (true, Some(found)) => count(texts.products_one, texts.products_many, found.len()),
    };
    let head = el("div")
        .class("head")
        .kid(el("h1").attr("id", "results").live_text(heading))
        .kid(el("p").class("sub").attr("aria-live", "polite").live_text(line));
    let tiles = when(move || !typed.get() || none.get(), || department_tiles("results").into());
    group([head.into(), grid(items, "results", query), tiles])
}
