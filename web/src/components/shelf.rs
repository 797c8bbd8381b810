//! A shelf: heading, a line below it, and a row of products that does not jump about.

use std::rc::Rc;
use std::time::Duration;

use fewshop_core::ItemIx;
use fewshop_web::state::{Pick, SessionLog, settle};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, PointerEvent};

use super::card::{Why, product_card, reason_text};
use super::why::show_why;
use crate::browser;
use crate::shop::use_shop;
use crate::view::{El, Text, each_item, effect, el, memo, nothing};

/// How long a shelf stays still after a mouse, or a finger, has left it: long enough to tap 'plus'
/// twice.
const AFTER_MOUSE: Duration = Duration::from_millis(350);
const AFTER_TOUCH: Duration = Duration::from_millis(2500);

/// Is told the picks that a shelf shows.
pub(crate) type Shows = Box<dyn Fn(&[Pick])>;

/// A shelf of picks, named by its heading.
pub(crate) struct Shelf {
    /// Id of the heading, unique on the page.
    pub(crate) id: &'static str,
    /// The heading.
    pub(crate) title: Text,
    /// The line below it.
    pub(crate) sub: Text,
    /// Its products; an empty shelf is hidden.
    pub(crate) picks: Memo<Vec<Pick>>,
    /// Whether each product shows its reason.
    pub(crate) reasons: bool,
    /// Whether products can be dismissed.
    pub(crate) dismissible: bool,
    /// Products that came with the last click, to be marked.
    pub(crate) came: Memo<Vec<ItemIx>>,
    /// Is told what the shelf shows.
    pub(crate) shows: Shows,
    /// Below the line, or nothing.
    pub(crate) below: Option<El>,
    /// Whether it is one row on every screen.
    pub(crate) single: bool,
    /// The name of its state, for styles, and a badge beside the heading; both may be "".
    pub(crate) state: Box<dyn Fn() -> (&'static str, &'static str)>,
}

impl Shelf {
    /// One row of products that show their reasons and can be dismissed.
    pub(crate) fn new(
        id: &'static str,
        title: &'static str,
        sub: &'static str,
        picks: Memo<Vec<Pick>>,
    ) -> Self {
        let (title, sub): (Text, Text) =
            (Box::new(|| title.to_owned()), Box::new(|| sub.to_owned()));
        Self {
            id,
            title,
            sub,
            picks,
            reasons: true,
            dismissible: true,
            came: memo(Vec::new),
            shows: Box::new(|_| {}),
            below: None,
            single: true,
            state: Box::new(|| ("", "")),
        }
    }

    /// The shelf on the page.
    pub(crate) fn view(self) -> El {
        let Self {
            id,
            title,
            sub,
            picks,
            reasons,
            dismissible,
            came,
            shows,
            below,
            single,
            state,
        } = self;
        let shop = use_shop();
        // By its id and not by a node reference: an animation frame may run after the shelf has
        // left the page.
        let list_id = move || format!("{id}-list");
        let list = move || document().get_element_by_id(&list_id());
        let shown = RwSignal::new(picks.get_untracked());
        let pointed = RwSignal::new(false);
        let keyed = RwSignal::new(false);
        let release = StoredValue::new(None::<TimeoutHandle>);

        effect(move || {
            let fresh = picks.get();
            let held = pointed.get() || keyed.get();
            let next = shown.with_untracked(|shown| {
                shop.log.with(|log: &SessionLog| {
                    settle(shown, &fresh, held, |item| log.is_dismissed(item))
                })
            });
            shows(&next);
            if shown.with_untracked(|shown| *shown == next) {
                return;
            }
            let before = list().map(|list| (browser::places(&list), list.scroll_left()));
            shown.set(next);
            if let Some((places, scrolled)) = before {
                // The cards move in a microtask; the next frame finds them in their new places.
                request_animation_frame(move || {
                    if let Some(list) = list() {
                        // A snapping row would follow the card that it had snapped to.
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
        // A shelf that leaves the page under the pointer or with the focus in it still receives
        // these events after its signals are gone, hence `try_` in all of them.
        let enter = move |_: Event| {
            cancel();
            let _ = pointed.try_set(true);
        };
        let leave = move |event: Event| {
            cancel();
            let mouse = event.unchecked_ref::<PointerEvent>().pointer_type() == "mouse";
            let go = move || {
                let _ = pointed.try_set(false);
            };
            let _ = release.try_set_value(
                set_timeout_with_handle(go, if mouse { AFTER_MOUSE } else { AFTER_TOUCH }).ok(),
            );
        };
        let focus_in = move |event: Event| {
            let target = event
                .target()
                .map(|target| target.unchecked_into::<Element>());
            let _ = keyed.try_set(
                target.is_some_and(|target| target.matches(":focus-visible").unwrap_or(false)),
            );
        };
        let focus_out = move |_: Event| {
            let _ = keyed.try_set(false);
        };

        let items = memo(move || {
            shown.with(|shown| shown.iter().map(|pick| pick.item).collect::<Vec<_>>())
        });
        let card = move |item: ItemIx| {
            let Some(product) = shop.catalogue().product(item) else {
                return el("li");
            };
            let reason: Text = Box::new(move || {
                let of = |picks: &Vec<Pick>| {
                    let pick = picks.iter().find(|pick| pick.item == item)?;
                    Some(reason_text(shop, pick.reason.as_ref()?))
                };
                shown.with(of).unwrap_or_default()
            });
            let badge = move || {
                let is_promoted =
                    shown.with(|shown| shown.iter().any(|pick| pick.item == item && pick.promoted));
                if is_promoted {
                    el("span")
                        .class("promoted")
                        .text(shop.texts.on_offer)
                        .into()
                } else {
                    nothing()
                }
            };
            let open = Rc::new(move || shown.with_untracked(|shown| show_why(shop, shown, item)));
            product_card(
                &product,
                reasons.then_some(Why {
                    short: reason,
                    open,
                }),
                dismissible,
                None,
            )
            .part(badge)
            .part(move || {
                if came.with(|came| came.contains(&item)) {
                    el("span").class("came").text(shop.texts.new).into()
                } else {
                    nothing()
                }
            })
        };
        let row = el("ul")
            .class(if single { "row single" } else { "row" })
            .attr("role", "list")
            .attr("aria-labelledby", id)
            .attr("id", &list_id())
            .on("pointerenter", enter)
            .on("pointerleave", leave)
            .on("focusin", focus_in)
            .on("focusout", focus_out);
        let state = Rc::new(state);
        let badge = state.clone();
        let badge = move || match badge().1 {
            "" => nothing(),
            said => el("span").class("badge").text(said).into(),
        };
        el("section")
            .class("shelf")
            .attr("aria-labelledby", id)
            .live("data-state", move || Some(state().0.to_owned()))
            .flag("hidden", move || shown.with(Vec::is_empty))
            .kid(
                el("div")
                    .class("shelf-head")
                    .kid(el("h2").attr("id", id).live_text(title))
                    .part(badge),
            )
            .kid(el("p").class("sub").live_text(sub))
            .maybe(below)
            .kid(each_item(row, move || items.get(), card))
    }
}
