//! See it learn: three steps for a first visit, and what the last click changed.

use fewshop_core::ItemIx;
use fewshop_web::state::Change;
use fewshop_web::texts::fill;
use leptos::prelude::*;
use web_sys::Node;

use super::{picture, product_href};
use crate::shop::{Shop, use_shop};
use crate::view::{El, el, memo, nothing, part};

/// Clicks and searches after which the steps are done.
const STEPS: usize = 3;
/// Products to begin with.
const STARTERS: usize = 8;
/// Bestsellers that are no beginning.
const BASICS: usize = 24;
/// Names in the line about what changed.
const NAMED: usize = 3;

/// Which picks the first shelf shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// The shopper's own.
    Now,
    /// Those before the last click.
    Before,
    /// Everyone's.
    Everyone,
}

/// The best-selling product of each department that is not everybody's, the smallest departments
/// first: what they sell says most about a shopper.
fn starters(shop: Shop) -> Vec<ItemIx> {
    let catalogue = shop.catalogue();
    let mut of = vec![None; catalogue.departments().len()];
    for &ix in catalogue.ranked().iter().skip(BASICS) {
        if let Some(first) = catalogue.department_of(ix).map(|at| &mut of[at]) {
            first.get_or_insert(ix);
        }
        if !of.contains(&None) {
            break;
        }
    }
    of.into_iter().rev().flatten().take(STARTERS).collect()
}

/// The three steps, until the shopper has taken them or waved them away.
pub(crate) fn steps() -> Node {
    let shop = use_shop();
    let texts = shop.texts;
    // The shop learns from a search as from a click.
    let lessons = memo(move || {
        shop.log
            .with(|log| log.session().context_items().len() + log.asked().iter().len())
    });
    let heading = move || {
        shop.log.with(|log| match log.asked().iter().next_back() {
            Some(question) => fill(texts.steps_asked, &[question.text()]),
            None => texts.steps.to_owned(),
        })
    };
    let returns = memo(move || shop.log.with(|log| !log.session().visits.is_empty()));
    let done = RwSignal::new(lessons.get_untracked() >= STEPS);
    let off = memo(move || shop.is_off());
    // Not built anew with each click: the clicked one would lose the focus.
    part(move || {
        if done.get() || returns.get() || off.get() {
            return nothing();
        }
        let step = |at: usize, said: &str| {
            let item = el("li").text(said);
            let item = item.flag("data-done", move || lessons.get() > at);
            item.current("step", move || lessons.get().min(2) == at)
        };
        let chips = starters(shop).into_iter().filter_map(|ix| {
            let product = shop.catalogue().product(ix)?;
            let link = el("a")
                .class("chip")
                .attr("href", &product_href(&product.id))
                .kid(picture(&product.picture, &product.title))
                .text(&product.title);
            // In place, so that the shelf below is seen to move.
            let link = link.click(move |event| {
                event.prevent_default();
                shop.look(ix);
            });
            Some(el("li").kid(link))
        });
        let close = el("button")
            .attr("type", "button")
            .class("btn small")
            .live_text(move || {
                if lessons.get() < STEPS {
                    texts.steps_skip
                } else {
                    texts.steps_done
                }
                .to_owned()
            })
            .click(move |_| done.set(true));
        el("section")
            .class("steps")
            .attr("aria-labelledby", "steps")
            .kid(el("h2").attr("id", "steps").live_text(heading))
            .kid(
                el("ol")
                    .kid(step(0, texts.step_open))
                    .kid(step(1, texts.step_look))
                    .kid(step(2, texts.step_more)),
            )
            .kid(el("ul").class("chips").attr("role", "list").kids(chips))
            .kid(close)
            .into()
    })
}

/// What the last click changed on the first shelf, in words, with the shelf before it and everyone's
/// one press away.
pub(crate) fn change(view: RwSignal<View>, is_own: Memo<bool>) -> El {
    let shop = use_shop();
    let texts = shop.texts;
    let names = move |items: &[ItemIx]| {
        let mut names: Vec<String> = items.iter().map(|&item| shop.title(item)).collect();
        names.dedup();
        let more = names.len().saturating_sub(NAMED);
        names.truncate(NAMED);
        if more > 0 {
            names.push(fill(texts.and_more, &[&more.to_string()]));
        }
        names.join(texts.comma)
    };
    let line = move || {
        let Some(change) = shop.change().filter(|_| view.get() == View::Now) else {
            return String::new();
        };
        let Change {
            mut came,
            rose,
            mut left,
            more,
            less,
        } = change;
        // Another size or brand of the same thing is no news.
        let titles = |items: &[ItemIx]| -> Vec<String> {
            items.iter().map(|&item| shop.title(item)).collect()
        };
        let (new, gone) = (titles(&came), titles(&left));
        came.retain(|&item| !gone.contains(&shop.title(item)));
        left.retain(|&item| !new.contains(&shop.title(item)));
        let mut said = Vec::new();
        match (more, less) {
            (Some(more), Some(less)) => {
                let names = [texts.named(&more), texts.named(&less)];
                said.push(fill(texts.more_less, &names));
            }
            (Some(more), None) => said.push(fill(texts.more_of, &[texts.named(&more)])),
            _ => {}
        }
        for (text, items) in [(texts.came, came), (texts.rose, rose), (texts.left, left)] {
            if !items.is_empty() {
                said.push(fill(text, &[&names(&items)]));
            }
        }
        said.join(" ")
    };
    let button = move |own: View, text: &'static str| {
        el("button")
            .attr("type", "button")
            .class("btn small")
            .live("aria-pressed", move || {
                Some((view.get() == own).to_string())
            })
            .text(text)
            .click(move |_| view.set(own))
    };
    el("div")
        .class("change")
        .flag("hidden", move || !is_own.get())
        .kid(
            el("div")
                .class("views")
                .attr("role", "group")
                .attr("aria-label", texts.views)
                .kid(button(View::Now, texts.view_now))
                .kid(button(View::Before, texts.view_before))
                .kid(button(View::Everyone, texts.view_everyone)),
        )
        .kid(el("p").attr("aria-live", "polite").live_text(line))
}
