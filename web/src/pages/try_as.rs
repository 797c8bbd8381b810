//! Replays sessions of shoppers the model has never seen, step by step, beside two lists that are
//! not fine-tuned.

use fewshop_core::ItemIx;
use fewshop_web::state::Recorded;
use fewshop_web::texts::{count, fill};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::Node;

use crate::browser;
use crate::components::product_href;
use crate::shop::use_shop;
use crate::view::{El, el, group, part};

/// The page.
pub(crate) fn page() -> Node {
    let shop = use_shop();
    let texts = shop.texts;
    let recorded = RwSignal::new(None::<Result<Vec<Recorded>, String>>);
    spawn_local(async move {
        let read = browser::text_after_load("try.json")
            .await
            .and_then(|text| Recorded::read(&text, &shop.catalogue()));
        let _ = recorded.try_set(Some(read));
    });
    let body = move || match recorded.get() {
        None => el("p").class("waiting").text(texts.search_starting).into(),
        Some(Err(why)) => el("p")
            .class("notice")
            .attr("role", "alert")
            .text(&[texts.try_failed, " ", &why].concat())
            .into(),
        Some(Ok(sessions)) => untrack(|| replay(sessions)),
    };
    let head = el("div").class("head").kid(el("h1").text(texts.try_as));
    group([
        head.into(),
        el("p").class("sub").text(texts.try_sub).into(),
        part(body),
    ])
}

fn replay(sessions: Vec<Recorded>) -> Node {
    let shop = use_shop();
    let texts = shop.texts;
    let who = RwSignal::new(0usize);
    let step = RwSignal::new(0usize);
    let names = [texts.try_best, texts.try_middle, texts.try_worst];
    let tabs = names
        .into_iter()
        .enumerate()
        .take(sessions.len())
        .map(|(at, name)| {
            el("button")
                .attr("type", "button")
                .class("chip")
                .live("aria-pressed", move || Some((who.get() == at).to_string()))
                .text(name)
                .click(move |_| {
                    who.set(at);
                    step.set(0);
                })
        });
    let tabs = el("div")
        .class("chips-row")
        .attr("role", "group")
        .attr("aria-label", texts.try_who)
        .kids(tabs);
    let all = StoredValue::new(sessions);
    let last = move || all.with_value(|all| all[who.get()].context.len());
    let next = el("button")
        .attr("type", "button")
        .class("btn primary")
        .live_text(move || {
            let (at, last) = (step.get(), last());
            if at < last {
                texts.try_next
            } else if at == last {
                texts.try_reveal
            } else {
                texts.try_again_from_start
            }
            .to_owned()
        })
        .click(move |_| {
            step.update(|step| *step = if *step > untrack(last) { 0 } else { *step + 1 })
        });
    let view = move || {
        let (at, step) = (who.get(), step.get());
        all.with_value(|all| lists(&all[at], step))
    };
    group([
        tabs.into(),
        el("p").class("acts").kid(next).into(),
        el("div").attr("aria-live", "polite").part(view).into(),
    ])
}

/// The three lists after `step` products; one step past the last reveals what the shopper bought.
fn lists(session: &Recorded, step: usize) -> Node {
    let shop = use_shop();
    let texts = shop.texts;
    let clicks = session.context.len();
    let revealed = step > clicks;
    let at = step.min(clicks);
    let said = match at {
        0 => texts.try_nothing.to_owned(),
        n => {
            let names: Vec<String> = session.context[..n]
                .iter()
                .map(|&item| shop.title(item))
                .collect();
            fill(texts.try_knows, &[&names.join(texts.comma)])
        }
    };
    let list = |id: &str, title: &str, items: &[ItemIx]| -> El {
        let hits = items
            .iter()
            .filter(|item| session.truth.contains(item))
            .count();
        let rows = items.iter().map(|&item| {
            let hit = revealed && session.truth.contains(&item);
            let product = shop.catalogue().product(item);
            let link = product.map(|product| {
                el("a")
                    .attr("href", &product_href(&product.id))
                    .title(&product.title)
            });
            let row = el("li").maybe(link);
            if hit {
                row.class("hit")
                    .kid(el("strong").text([" ✓ ", texts.try_hit].concat().as_str()))
            } else {
                row
            }
        });
        let said = revealed.then(|| {
            el("p")
                .class("hint")
                .text(&count(texts.try_hits_one, texts.try_hits_many, hits))
        });
        el("section")
            .class("panel")
            .attr("aria-labelledby", id)
            .kid(el("h2").attr("id", id).text(title))
            .maybe(said)
            .kid(el("ol").kids(rows))
    };
    let boards = el("div")
        .class("boards")
        .kid(list("try-learned", texts.try_learned, &session.learned[at]))
        .kid(list("try-frozen", texts.try_frozen, &session.frozen[at]))
        .kid(list("try-popular", texts.try_popular, &session.popular));
    let truth = revealed.then(|| {
        let names: Vec<String> = session.truth.iter().map(|&item| shop.title(item)).collect();
        el("p").text(&fill(texts.try_truth, &[&names.join(texts.comma)]))
    });
    let same = (at > 0 && session.learned[at] == session.frozen[at])
        .then(|| el("p").class("hint").text(texts.try_same));
    group(
        [el("p").class("sub").text(&said), boards]
            .into_iter()
            .chain(same)
            .chain(truth)
            .map(Node::from),
    )
}
