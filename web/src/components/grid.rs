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
use crate::view::{El, each_item, effect, el, group, memo, nothing, part, when};

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
    // The cards that are open, which show their variants after them.
    let opened = RwSignal::new(Vec::<ItemIx>::new());
    let first = move |titles: &[ItemIx], at: usize| {
        at == 0 || !shop.catalogue().is_variant(titles[at - 1], titles[at])
    };
    let shown = memo(move || {
        let (catalogue, limit) = (shop.catalogue(), limit.get());
        opened.with(|opened| {
            titles.with(|titles| {
                let (mut cards, mut shown) = (0, Vec::new());
                for at in 0..titles.len() {
                    let is_first = first(titles, at);
                    cards += usize::from(is_first);
                    if cards > limit {
                        break;
                    }
                    let is_open = |of: &ItemIx| catalogue.is_variant(*of, titles[at]);
                    if is_first || opened.iter().any(is_open) {
                        shown.push(titles[at]);
                    }
                }
                shown
            })
        })
    });
    let rest = memo(move || {
        let cards = titles.with(|titles| (0..titles.len()).filter(|&at| first(titles, at)).count());
        cards.saturating_sub(limit.get())
    });
    let card = move |ix| {
        let catalogue = shop.catalogue();
        let Some(product) = catalogue.product(ix) else {
            return el("li");
        };
        // How many stand under this card; nothing if it is alone or stands under another one.
        let under = memo(move || {
            titles.with(|titles| {
                let at = titles.iter().position(|&other| other == ix);
                let at = at.filter(|&at| first(titles, at)).unwrap_or(titles.len());
                let variants = titles[at..].iter();
                let variants =
                    variants.take_while(|&&other| shop.catalogue().is_variant(ix, other));
                let variants: Vec<ItemIx> = variants.copied().collect();
                if variants.len() < 2 {
                    return String::new();
                }
                let text = match differ_in(&shop.catalogue(), &variants) {
                    Differ::Size => shop.texts.variants_sizes,
                    Differ::Brand => shop.texts.variants_brands,
                    Differ::Other => shop.texts.variants_other,
                };
                fill(text, &[&variants.len().to_string()])
            })
        });
        let name = product.title.clone();
        let under = part(move || match under.get() {
            none if none.is_empty() => nothing(),
            said => variants_button(opened, ix, &said, &name).into(),
        });
        product_card(&product, None, false, Some(under))
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

/// The button that shows a product's variants after it, and hides them again.
fn variants_button(opened: RwSignal<Vec<ItemIx>>, ix: ItemIx, said: &str, title: &str) -> El {
    let is_open = move || opened.with(|opened| opened.contains(&ix));
    el("button")
        .attr("type", "button")
        .class("variants")
        .attr(
            "aria-label",
            &[title, use_shop().texts.comma, said].concat(),
        )
        .live("aria-expanded", move || Some(is_open().to_string()))
        .text(said)
        .click(move |_| {
            opened.update(|opened| {
                let before = opened.len();
                opened.retain(|&other| other != ix);
                if opened.len() == before {
                    opened.push(ix);
                }
            });
        })
}
