//! Many products as a grid that grows on demand.

use fewshop_core::ItemIx;
use fewshop_web::texts::fill;
use leptos::prelude::*;

use super::ProductCard;
use crate::shop::use_shop;

/// Products shown at first and added at a time: rows of six, four, three and two come out even.
const STEP: usize = 48;

/// Products as cards, the first [`STEP`] at once and more by a button.
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
) -> impl IntoView {
    let shop = use_shop();
    let limit = RwSignal::new(STEP);
    Effect::new(move |before: Option<String>| {
        let now = reset.get();
        if before.is_some_and(|before| before != now) {
            limit.set(STEP);
        }
        now
    });
    let shown = Memo::new(move |_| items.with(|items| items.iter().copied().take(limit.get()).collect::<Vec<_>>()));
    let more = Memo::new(move |_| items.with(Vec::len).saturating_sub(limit.get()));
    view! {
        <ul class="grid" role="list" aria-labelledby=labelled_by>
            <For each=move || shown.get() key=|ix| ix.0 let:ix>
                {shop.product(ix).map(|product| view! { <ProductCard product /> })}
            </For>
        </ul>
        <Show when=move || { more.get() > 0 }>
            <p class="more">
                <button type="button" class="btn" on:click=move |_| limit.update(|limit| *limit += STEP)>
                    {move || fill(shop.texts.show_more, &[&more.get().min(STEP).to_string()])}
                </button>
            </p>
        </Show>
    }
}
