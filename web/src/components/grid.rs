//! Many products as a grid that grows on demand.

use std::time::Duration;

use fewshop_core::ItemIx;
use fewshop_web::state::{Differ, differ_in};
use fewshop_web::texts::fill;
use leptos::prelude::*;
use web_sys::Node;

use super::product_card;
use crate::nav::{note_shown, shown_before};
use crate::shop::use_shop;
use crate::view::{El, each_item, effect, el, group, memo, nothing, when};

/// Products drawn at once: a screen of them, within a frame of each letter typed into the search.
/// Rows of six, four, three and two come out even.
const AT_ONCE: usize = 12;
/// Products shown at first: those drawn at once and more in a task of their own.
const FIRST: usize = 24;
/// Products added at a time.
const STEP: usize = 48;

/// Products as cards, the first [`FIRST`] at once and more by a button; products of one title stand
/// under one card, which opens to show them all. `labelled_by` is the id of the heading that names
/// the list; `reset` changes when the list is another one and should start from its top.
pub(crate) fn grid(items: Memo<Vec<ItemIx>>, labelled_by: &str, reset: Memo<String>) -> Node {
    let shop = use_shop();
    let limit = RwSignal::new(AT_ONCE);
    effect(move || {
        reset.track();
        limit.set(AT_ONCE);
        // A shopper who comes back finds as many as they left.
        let most = shown_before().max(FIRST);
        let rest = move || {
            if limit.try_get_untracked() == Some(AT_ONCE) {
                limit.set(most);
            }
        };
        set_timeout(rest, Duration::ZERO);
    });
    effect(move || note_shown(limit.get()));
    on_cleanup(|| note_shown(0));
    let titles = memo(move || items.with(|items| shop.catalogue().by_title(items)));
    let opened = RwSignal::new(Vec::<ItemIx>::new());
    let shown = memo(move || {
        opened.with(|opened| {
            titles.with(|titles| {
                let mut shown = Vec::new();
                for variants in titles.iter().take(limit.get()) {
                    let is_open = variants.iter().any(|ix| opened.contains(ix));
                    shown.extend(&variants[..if is_open { variants.len() } else { 1 }]);
                }
                shown
            })
        })
    });
    let rest = memo(move || titles.with(Vec::len).saturating_sub(limit.get()));
    let card = move |ix| {
        let Some(product) = shop.catalogue().product(ix) else {
            return el("li");
        };
        // How many stand under this card, and what they differ in; 0 if they do not.
        let under = memo(move || {
            titles.with(|titles| {
                let variants = titles.iter().find(|variants| variants[0] == ix);
                let variants = variants.filter(|variants| variants.len() > 1);
                variants.map(|variants| (variants.len(), differ_in(&shop.catalogue(), variants)))
            })
        });
        let name = product.title.clone();
        product_card(&product, None, false).part(move || match under.get() {
            None => nothing(),
            Some((number, differ)) => variants_button(opened, ix, number, differ, &name).into(),
        })
    };
    let more = move || {
        let button = el("button")
            .attr("type", "button")
            .class("btn")
            .live_text(move || fill(shop.texts.show_more, &[&rest.get().min(STEP).to_string()]))
            .click(move |_| limit.update(|limit| *limit += STEP));
        el("p").class("more").kid(button).into()
    };
    let list = el("ul")
        .class("grid")
        .attr("role", "list")
        .attr("aria-labelledby", labelled_by);
    group([
        each_item(list, move || shown.get(), card).into(),
        when(move || rest.get() > 0, more),
    ])
}

/// The button that shows the other products of a card's title after it, and hides them again.
fn variants_button(
    opened: RwSignal<Vec<ItemIx>>,
    ix: ItemIx,
    number: usize,
    differ: Differ,
    title: &str,
) -> El {
    let texts = use_shop().texts;
    let text = match differ {
        Differ::Size => texts.variants_sizes,
        Differ::Brand => texts.variants_brands,
        Differ::Other => texts.variants_other,
    };
    let text = fill(text, &[&number.to_string()]);
    let is_open = move || opened.with(|opened| opened.contains(&ix));
    el("button")
        .attr("type", "button")
        .class("variants")
        .attr("aria-label", &[title, texts.comma, &text].concat())
        .live("aria-expanded", move || Some(is_open().to_string()))
        .text(&text)
        .click(move |_| {
            opened.update(
                |opened| match opened.iter().position(|&other| other == ix) {
                    Some(at) => {
                        opened.remove(at);
                    }
                    None => opened.push(ix),
                },
            );
        })
}
