//! A shelf: heading, a line below it, and a row of products that does not jump about.

use std::time::Duration;

use fewshop_core::ItemIx;
use fewshop_web::state::{Pick, SessionLog, settle};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, FocusEvent, PointerEvent};

use super::ProductCard;
use super::card::reason_text;
use crate::browser;
use crate::shop::use_shop;
use crate::view::{each_item, effect, flag, memo, text};

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
) -> AnyView {
    let shop = use_shop();
    // By its id and not by a node reference: a frame that was asked for may come when the shelf and all it holds are gone.
    let list_id = move || format!("{id}-list");
    let list = move || document().get_element_by_id(&list_id());
    let shown = RwSignal::new(picks.get_untracked());
    let pointed = RwSignal::new(false);
    let keyed = RwSignal::new(false);
    let release = StoredValue::new(None::<TimeoutHandle>);

    effect(move || {
        let fresh = picks.get();
        let held = pointed.get() || keyed.get();
        let next = shown
            .with_untracked(|shown| shop.log.with(|log: &SessionLog| settle(shown, &fresh, held, |item| log.is_dismissed(item))));
        if shown.with_untracked(|shown| *shown == next) {
            return;
        }
        let before = list().map(|list| (browser::places(&list), list.scroll_left()));
        shown.set(next);
        if let Some((places, scrolled)) = before {
            // The rows are moved in a microtask; the next frame finds them where they now stand.
            request_animation_frame(move || {
                if let Some(list) = list() {
                    // A row that snaps would follow the card that it had snapped to wherever that goes.
                    list.set_scroll_left(scrolled);
                    browser::glide(&list, &places);
                }
            });
        }
    });

    let cancel = move || {
        if let Some(timer) = release.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    };
    on_cleanup(cancel);
    // A shelf that leaves the page under the pointer or with the focus in it still hears of it, after its signals are gone: hence
    // `try_` in all of these.
    let enter = move |_: PointerEvent| {
        cancel();
        let _ = pointed.try_set(true);
    };
    let leave = move |event: PointerEvent| {
        cancel();
        let after = if event.pointer_type() == "mouse" { AFTER_MOUSE } else { AFTER_TOUCH };
        let go = move || {
            let _ = pointed.try_set(false);
        };
        let _ = release.try_set_value(set_timeout_with_handle(go, after).ok());
    };
    let focus_in = move |event: FocusEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let _ = keyed.try_set(target.is_some_and(|target| target.matches(":focus-visible").unwrap_or(false)));
    };
    let focus_out = move |_: FocusEvent| {
        let _ = keyed.try_set(false);
    };

    let items = memo(move || shown.with(|shown| shown.iter().map(|pick| pick.item).collect::<Vec<_>>()));
    let card = move |item: ItemIx| {
        let Some(product) = shop.catalogue().product(item) else { return ().into_any() };
        let reason = text(move || {
            let of = |picks: &Vec<Pick>| {
                let pick = picks.iter().find(|pick| pick.item == item)?;
                Some(reason_text(shop, pick.reason.as_ref()?))
            };
            if reasons { shown.with(of).unwrap_or_default() } else { String::new() }
        });
        view! { <ProductCard product reason dismissible /> }.into_any()
    };
    view! {
        <section class="shelf" aria-labelledby=id hidden=flag(move || shown.with(Vec::is_empty))>
            <h2 id=id>{title}</h2>
            <p class="sub">{sub}</p>
            <ul
                class=if single { "row single" } else { "row" }
                role="list"
                aria-labelledby=id
                id=list_id()
                on:pointerenter=enter
                on:pointerleave=leave
                on:focusin=focus_in
                on:focusout=focus_out
            >
                {each_item(items.into(), card)}
            </ul>
        </section>
    }
    .into_any()
}
