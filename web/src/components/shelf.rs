//! A shelf: heading, a line below it, and a row of products that does not jump about.

use std::time::Duration;

use fewshop_core::ItemIx;
use fewshop_web::state::{Pick, SessionLog, settle};
use leptos::html::Ul;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, FocusEvent, PointerEvent};

use super::ProductCard;
use super::card::reason_text;
use crate::browser;
use crate::shop::use_shop;

/// How long a shelf stays held after a mouse has left it, and after a finger has: long enough to tap 'plus' twice.
const AFTER_MOUSE: Duration = Duration::from_millis(350);
const AFTER_TOUCH: Duration = Duration::from_millis(2500);

/// A shelf of picks, named by its heading.
#[component]
pub(crate) fn Shelf(
    /// Id of the heading, unique on the page.
    id: &'static str,
    /// The heading.
    #[prop(into)]
    title: Signal<String>,
    /// The line below it.
    #[prop(into)]
    sub: Signal<String>,
    /// What stands on it; a shelf without anything is not shown.
    #[prop(into)]
    picks: Signal<Vec<Pick>>,
    /// Whether each product says why it is here.
    #[prop(default = true)]
    reasons: bool,
    /// Whether products can be waved away.
    #[prop(default = false)]
    dismissible: bool,
    /// Whether it is one row on every screen.
    #[prop(default = false)]
    single: bool,
) -> impl IntoView {
    let shop = use_shop();
    let list = NodeRef::<Ul>::new();
    let shown = RwSignal::new(picks.get_untracked());
    let held = RwSignal::new(false);
    let release = StoredValue::new(None::<TimeoutHandle>);

    Effect::new(move || {
        let fresh = picks.get();
        let next = shown.with_untracked(|shown| {
            shop.log.with(|log: &SessionLog| settle(shown, &fresh, held.get(), |item| log.is_dismissed(item)))
        });
        if shown.with_untracked(|shown| *shown == next) {
            return;
        }
        let before = list.get_untracked().map(|list| browser::places(list.unchecked_ref::<Element>()));
        shown.set(next);
        if let Some(before) = before {
            // The rows are moved in a microtask; the next frame finds them where they now stand.
            request_animation_frame(move || {
                if let Some(list) = list.get_untracked() {
                    browser::glide(list.unchecked_ref::<Element>(), &before);
                }
            });
        }
    });

    let cancel = move || {
        if let Some(timer) = release.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    };
    let hold = move || {
        cancel();
        held.set(true);
    };
    let let_go = move |after: Duration| {
        cancel();
        let timer = set_timeout_with_handle(
            move || {
                let _ = held.try_set(false);
            },
            after,
        );
        release.set_value(timer.ok());
    };
    on_cleanup(cancel);
    let enter = move |_: PointerEvent| hold();
    let leave = move |event: PointerEvent| let_go(if event.pointer_type() == "mouse" { AFTER_MOUSE } else { AFTER_TOUCH });
    let focus_in = move |event: FocusEvent| {
        let by_keyboard = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if by_keyboard.is_some_and(|target| target.matches(":focus-visible").unwrap_or(false)) {
            hold();
        }
    };
    let focus_out = move |_: FocusEvent| let_go(AFTER_MOUSE);

    let reason = move |item: ItemIx| {
        Signal::derive(move || {
            let of = |picks: &Vec<Pick>| {
                let pick = picks.iter().find(|pick| pick.item == item)?;
                Some(reason_text(shop, pick.reason.as_ref()?))
            };
            if reasons { shown.with(of).unwrap_or_default() } else { String::new() }
        })
    };
    view! {
        <section class="shelf" aria-labelledby=id hidden=move || shown.with(Vec::is_empty)>
            <h2 id=id>{title}</h2>
            <p class="sub">{sub}</p>
            <ul
                class="row"
                class:single=single
                role="list"
                aria-labelledby=id
                node_ref=list
                on:pointerenter=enter
                on:pointerleave=leave
                on:focusin=focus_in
                on:focusout=focus_out
            >
                <For each=move || shown.get() key=|pick| pick.item.0 let:pick>
                    {shop
                        .product(pick.item)
                        .map(|product| view! { <ProductCard product reason=reason(pick.item) dismissible /> })}
                </For>
            </ul>
        </section>
    }
}
