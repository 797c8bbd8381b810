//! Search: results follow each letter.

use std::time::Duration;

use fewshop_core::protocol::{FoundBy, ShelfRequest};
use fewshop_core::{Filter, ItemIx, Objective};
use fewshop_web::state::{Money, Order, per_unit};
use fewshop_web::texts::{count, fill};
use leptos::prelude::*;
use web_sys::Node;

use crate::components::{FacetQuery, Shelf, department_tiles, facet_bar, grid};
use crate::engine::Found;
use crate::nav::use_nav;
use crate::page_title::name_page;
use crate::shop::use_shop;
use crate::view::{effect, el, group, memo, nothing, when};
use crate::{browser, engine};

/// Name of the shelf that ranks results for the shopper.
const TASTE: &str = "taste";
/// Typing has paused after this time without a letter.
const REST: Duration = Duration::from_millis(150);
/// Bestsellers shown if nothing was found: one row.
const BESTSELLERS: usize = 6;
/// Matches that the engine ranks: the best text matches.
const RANKED: usize = 300;

/// The page.
pub(crate) fn page() -> Node {
    let shop = use_shop();
    let texts = shop.texts;
    let nav = use_nav();
    let query = memo(move || nav.query("q").trim().to_owned());
    effect(move || {
        query.with(|query| {
            name_page(&if query.is_empty() {
                texts.search.to_owned()
            } else {
                fill(texts.results_for, &[query])
            })
        });
    });
    // The engine knows what words mean. Its answer takes the place of the letters' when it comes.
    let ready = memo(move || shop.can_ask());
    effect(move || {
        let query = query.get();
        // Once more when the engine becomes ready, and when it learns what words mean.
        shop.has_words.track();
        if ready.get() && !query.is_empty() {
            engine::find(&query);
        }
    });
    let answer = memo(move || {
        let found = shop.found.get()?;
        (query.with(|query| *query == found.query) && !found.items.is_empty()).then_some(found)
    });
    let by_meaning = memo(move || {
        answer.with(|answer| (answer.as_ref()).is_some_and(|found| found.by == FoundBy::Meaning))
    });
    let typed = memo(move || query.with(|query| !query.is_empty()));
    // The engine is about to answer: within a frame or two, so what is shown stays until then, and the
    // page does not search as well.
    let waits = memo(move || {
        let is_answered = query.with(|query| {
            shop.found
                .with(|found| found.as_ref().is_some_and(|found| found.query == *query))
        });
        ready.get() && typed.get() && !is_answered
    });
    // Without the file of words the results are not the last ones yet.
    let busy = move || waits.get() || ready.get() && typed.get() && !shop.has_words.get();
    let last = StoredValue::new(None::<Vec<ItemIx>>);
    // `None` until the index is built: 'no results' would be wrong then.
    let found = memo(move || {
        if waits.get() {
            return last.get_value();
        }
        let found = match answer.get() {
            Some(found) => Some(found.items),
            None => shop
                .index
                .get()
                .map(|index| query.with(|query| index.search(query, &shop.in_order()))),
        };
        last.set_value(found.clone());
        found
    });
    let matching = memo(move || found.get().unwrap_or_default());
    let filters = memo(|| FacetQuery::read(Order::Found));
    let items = memo(move || {
        let FacetQuery { facets, order } = filters.get();
        let catalogue = shop.catalogue();
        let matching = matching.get();
        let matching = match order {
            Order::ForYou => by_taste(matching, &shop.by_taste(TASTE), catalogue.len()),
            _ => matching,
        };
        facets.apply(&catalogue, matching, order)
    });
    let none =
        memo(move || typed.get() && found.with(|found| found.as_ref().is_some_and(Vec::is_empty)));
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
        (true, Some(_)) if by_meaning.get() => texts.found_by_meaning.to_owned(),
        (true, Some(_)) => count(
            texts.products_one,
            texts.products_many,
            items.with(Vec::len),
        ),
    };
    let head = el("div")
        .class("head")
        .live("aria-busy", move || busy().then(|| "true".to_owned()))
        .kid(el("h1").attr("id", "results").live_text(heading))
        .kid(
            el("p")
                .class("sub")
                .attr("aria-live", "polite")
                .live_text(line),
        );
    let read = memo(move || answer.with(|found| found.as_ref().map_or(String::new(), understood)));
    // Not of each letter: the text stays until it is another one.
    let followed = memo(move || {
        let query = query.get();
        if shop.follows(&query) {
            query
        } else {
            String::new()
        }
    });
    let tiles = when(
        move || !typed.get() || none.get(),
        || department_tiles("results").into(),
    );
    // What everybody buys.
    let popular = when(
        move || none.get(),
        move || {
            let best = memo(move || shop.bestsellers(BESTSELLERS));
            Shelf {
                reasons: false,
                dismissible: false,
                ..Shelf::new("basics", texts.bestsellers, texts.bestsellers_sub, best)
            }
            .view()
            .into()
        },
    );
    // The filters follow when typing pauses: the results come first, within a frame of each letter.
    let rested = RwSignal::new(Vec::new());
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let stop = move || {
        if let Some(timer) = timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    };
    on_cleanup(stop);
    effect(move || {
        let found = matching.get();
        stop();
        let rest = move || {
            let _ = rested.try_set(found);
        };
        timer.set_value(set_timeout_with_handle(rest, REST).ok());
    });
    let choices = memo(move || rested.get());
    // When typing pauses, the engine ranks the best matches.
    effect(move || {
        let by_taste = filters.with(|filters| filters.order == Order::ForYou);
        let among: Vec<ItemIx> = if by_taste {
            rested.with(|found| found.iter().copied().take(RANKED).collect())
        } else {
            Vec::new()
        };
        let wanted = (!among.is_empty()).then(|| ShelfRequest {
            name: TASTE.to_owned(),
            n: among.len(),
            filter: Filter::of_items(among),
            seeds: Vec::new(),
            objective: Objective::Likely,
        });
        shop.want(wanted.into_iter().collect());
    });
    let bar = when(
        move || typed.get() && !none.get(),
        move || facet_bar(choices, true, texts.sort_match, memo(|| Order::Found)),
    );
    group([
        head.into(),
        el("p")
            .class("hint")
            .attr("aria-live", "polite")
            .live_text(move || read.get())
            .into(),
        el("div")
            .class("follows")
            .attr("aria-live", "polite")
            .part(move || {
                followed.with(|query| {
                    if query.is_empty() {
                        nothing()
                    } else {
                        follows(query)
                    }
                })
            })
            .into(),
        bar,
        grid(items, "results", query),
        tiles,
        popular,
    ])
}

/// What the engine read in the words besides the products, in words: what is left out, and the
/// highest price.
fn understood(found: &Found) -> String {
    let shop = use_shop();
    let texts = shop.texts;
    let mut said = Vec::new();
    if !found.unwanted.is_empty() {
        let words = found.unwanted.join(texts.comma);
        said.push(fill(texts.without_words, &[&words]));
    }
    if let Some(price) = found.max_price {
        let unit = f64::from(per_unit(shop.catalogue().currency()));
        let price = Money((f64::from(price) * unit).round() as u64);
        said.push(fill(texts.up_to, &[&shop.price(Some(price))]));
    }
    said.join(" ")
}

/// Says that the picks learn from a search, with a button that takes it back.
fn follows(query: &str) -> Node {
    let shop = use_shop();
    let taken_back = query.to_owned();
    let button = el("button")
        .attr("type", "button")
        .class("btn small")
        .text(shop.texts.asked_undo)
        .click(move |_| {
            shop.take_search_back(&taken_back);
            browser::rescue_focus();
        });
    el("p")
        .kid(el("span").text(shop.texts.asked_now))
        .text(" ")
        .kid(button)
        .into()
}

/// The found products: those that the engine ranked first, in its order, then the rest as found.
fn by_taste(found: Vec<ItemIx>, ranked: &[ItemIx], products: usize) -> Vec<ItemIx> {
    let mut is_found = vec![false; products];
    for item in &found {
        is_found[item.row()] = true;
    }
    let mut first: Vec<ItemIx> = Vec::new();
    for &item in ranked {
        // Once: it is taken out of the mask as it is taken in.
        if is_found.get_mut(item.row()).is_some_and(std::mem::take) {
            first.push(item);
        }
    }
    first
        .into_iter()
        .chain(found.into_iter().filter(|item| is_found[item.row()]))
        .collect()
}
