//! Many products as a grid that grows on demand.

use fewshop_core::ItemIx;
use fewshop_web::texts::fill;
use leptos::prelude::*;

use super::ProductCard;
use crate::shop::use_shop;
use crate::view::{click, each_item, effect, memo, text, when};

/// Products shown at first: few enough that each letter typed into the search draws them within a frame. Rows of six, four,
/// three and two come out even.
const FIRST: usize = 24;
/// Products added at a time.
const STEP: usize = 48;

/// Products as cards, the first [`FIRST`] at once and more by a button.
#[component]
pub(crate) fn Grid(
    /// What to show, in order.
    #[prop(into)]
    items: Signal<Vec<ItemIx>>,
    /// Id of the heading that names the list.
    labelled_by: &'static str,
    /// Changes when the list is another one and should start from its top.
    #[prop(into)]
    reset: Signal<String>,
) -> AnyView {
    let shop = use_shop();
    let limit = RwSignal::new(FIRST);
    effect(move || {
        reset.track();
        limit.set(FIRST);
    });
    let shown = memo(move || items.with(|items| items.iter().copied().take(limit.get()).collect::<Vec<_>>()));
    let rest = memo(move || items.with(Vec::len).saturating_sub(limit.get()));
    let card = move |ix| match shop.catalogue().product(ix) {
        Some(product) => view! { <ProductCard product /> }.into_any(),
        None => ().into_any(),
    };
    let more = move || {
        view! {
            <p class="more">
                <button type="button" class="btn" on:click=click(move |_| limit.update(|limit| *limit += STEP))>
                    {text(move || fill(shop.texts.show_more, &[&rest.get().min(STEP).to_string()]))}
                </button>
            </p>
        }
        .into_any()
    };
    view! {
        <ul class="grid" role="list" aria-labelledby=labelled_by>
            {each_item(shown.into(), card)}
        </ul>
        {when(move || rest.get() > 0, more)}
    }
    .into_any()
}
