//! Many products as a grid that grows on demand.

use std::time::Duration;

use fewshop_core::ItemIx;
use fewshop_web::texts::fill;
use leptos::prelude::*;
use web_sys::Node;

use super::product_card;
use crate::shop::use_shop;
use crate::view::{each_item, effect, el, group, memo, when};

/// Products drawn at once: a screen of them, within a frame of each letter typed into the search.
/// Rows of six, four, three and two come out even.
const AT_ONCE: usize = 12;
/// Products shown at first: those drawn at once and more in a task of their own.
const FIRST: usize = 24;
/// Products added at a time.
const STEP: usize = 48;

/// Products as cards, the first [`FIRST`] at once and more by a button. `labelled_by` is the id of
/// the heading that names the list; `reset` changes when the list is another one and should start
/// from its top.
pub(crate) fn grid(items: Memo<Vec<ItemIx>>, labelled_by: &str, reset: Memo<String>) -> Node {
    let shop = use_shop();
    let limit = RwSignal::new(AT_ONCE);
    effect(move || {
        reset.track();
        limit.set(AT_ONCE);
        let rest = move || {
            if limit.try_get_untracked() == Some(AT_ONCE) {
                limit.set(FIRST);
            }
        };
        set_timeout(rest, Duration::ZERO);
    });
    let shown = memo(move || {
        items.with(|items| items.iter().copied().take(limit.get()).collect::<Vec<_>>())
    });
    let rest = memo(move || items.with(Vec::len).saturating_sub(limit.get()));
    let card = move |ix| match shop.catalogue().product(ix) {
        Some(product) => product_card(&product, None, false),
        None => el("li"),
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
