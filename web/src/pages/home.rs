//! The home page: picks, products that go with the cart, bestsellers, departments.

use fewshop_core::ItemIx;
use fewshop_web::state::{Pick, ShelfState};
use fewshop_web::texts::fill;
use leptos::prelude::*;
use web_sys::Node;

use crate::components::{Shelf, View, change, department_tiles, offer_slot, steps};
use crate::shop::{Shop, use_shop};
use crate::view::{El, effect, el, group, later, memo, nothing};

/// Names in the line below the first shelf.
const NAMED: usize = 3;
/// Products on the bestsellers' shelf: one row.
const BESTSELLERS: usize = 6;
/// Products among those viewed last: one row.
const RECENT: usize = 6;

/// The line below the first shelf, by its state.
fn claim(shop: Shop, shelf: &ShelfState) -> String {
    let texts = shop.texts;
    match shelf {
        ShelfState::Cold(_) => texts.picked_cold.to_owned(),
        ShelfState::Loading(_) => texts.picked_loading.to_owned(),
        ShelfState::Failed(_) => texts.picked_failed.to_owned(),
        ShelfState::Plain(_) => texts.picked_plain.to_owned(),
        ShelfState::Paused(_) if shelf.is_own() => texts.picked_paused.to_owned(),
        ShelfState::Paused(_) => texts.picked_paused_cold.to_owned(),
        ShelfState::Warming(_) | ShelfState::Adapted(_) => {
            let (context, returns, asked) = shop.log.with(|log| {
                let asked = log.asked().iter().rev();
                (
                    log.session().context_items(),
                    !log.session().visits.is_empty(),
                    asked
                        .map(|question| fill(texts.asked_source, &[question.text()]))
                        .collect::<Vec<_>>(),
                )
            });
            let mut names: Vec<String> = context
                .iter()
                .rev()
                .map(|item| shop.title(item.item))
                .collect();
            names.dedup();
            // The latest search is named however many clicks there are.
            names.truncate(NAMED - usize::from(!asked.is_empty()));
            names.extend(asked);
            names.truncate(NAMED);
            names.extend(returns.then(|| texts.earlier_visits.to_owned()));
            match names.split_last() {
                None => texts.picked_adapted_plain.to_owned(),
                Some((only, [])) if matches!(shelf, ShelfState::Warming(_)) => {
                    fill(texts.picked_warming, &[only])
                }
                Some((only, [])) => fill(texts.picked_adapted, &[only]),
                Some((last, rest)) => {
                    let list = [&rest.join(texts.comma), texts.and, last].concat();
                    fill(texts.picked_adapted, &[&list])
                }
            }
        }
    }
}

/// The badge beside the heading, by the shelf's state.
fn badge(shop: Shop, shelf: &ShelfState) -> &'static str {
    let texts = shop.texts;
    match shelf {
        ShelfState::Cold(_) | ShelfState::Adapted(_) => "",
        ShelfState::Loading(_) => texts.badge_loading,
        ShelfState::Warming(_) => texts.badge_warming,
        ShelfState::Paused(_) => texts.badge_paused,
        ShelfState::Plain(_) => texts.badge_plain,
        ShelfState::Failed(_) => texts.badge_failed,
    }
}

/// The home page: shelves of recommendations (the picks; products that go with the cart;
/// bestsellers, once the first shelf is personal; the week's leaflet and new products if there are
/// any) and one offer.
pub(crate) fn page() -> Node {
    let shop = use_shop();
    let texts = shop.texts;
    let picked = memo(move || shop.picked());
    let with_cart = memo(move || picked.with(|shelf| shop.with_cart(shelf.picks())));
    // Until the first shelf is personal, it shows the bestsellers itself.
    let best = memo(move || {
        if !picked.with(ShelfState::is_own) {
            return Vec::new();
        }
        let shown: Vec<ItemIx> =
            picked.with(|shelf| shelf.picks().iter().map(|pick| pick.item).collect());
        let others = shop.bestsellers(BESTSELLERS + shown.len());
        others
            .into_iter()
            .filter(|pick| !shown.contains(&pick.item))
            .take(BESTSELLERS)
            .collect()
    });
    let fresh = memo(move || picked.with(|shelf| shop.fresh(shelf.picks())));
    let on_offer = memo(move || picked.with(|shelf| shop.on_offer(shelf.picks())));
    // Before the last click, and everyone's, are one press away; a new answer shows itself.
    let view = RwSignal::new(View::Now);
    let own = memo(move || picked.with(|shelf| shelf.picks().to_vec()));
    let is_own = memo(move || picked.with(ShelfState::is_own));
    let shown = memo(move || match view.get() {
        View::Before => shop.before(),
        View::Everyone => shop.bestsellers(own.with(Vec::len)),
        View::Now => own.get(),
    });
    effect(move || {
        own.track();
        view.set(View::Now);
    });
    let came = memo(move || {
        let change = shop.change().filter(|_| view.get() == View::Now);
        change.map_or_else(Vec::new, |change| change.came)
    });
    let first = Shelf {
        came,
        shows: Box::new(move |picks| {
            if view.get_untracked() == View::Now {
                shop.show_picks(picks);
            }
        }),
        below: Some(change(view, is_own)),
        sub: Box::new(move || match view.get() {
            View::Now => picked.with(|shelf| claim(shop, shelf)),
            View::Before => texts.before_sub.to_owned(),
            View::Everyone => texts.bestsellers_sub.to_owned(),
        }),
        single: false,
        state: Box::new(move || picked.with(|shelf| (shelf.name(), badge(shop, shelf)))),
        ..Shelf::new("picked", texts.picked, "", shown)
    };
    let above = later(move || {
        let best = Shelf {
            dismissible: false,
            ..Shelf::new("best", texts.bestsellers, texts.bestsellers_sub, best)
        };
        let with_cart = Shelf::new("with-cart", texts.with_cart, texts.with_cart_sub, with_cart);
        let on_offer = Shelf::new("on-offer", texts.on_offer, texts.on_offer_sub, on_offer);
        let shelves = [
            with_cart.view(),
            recently_viewed(None),
            best.view(),
            on_offer.view(),
        ];
        group(shelves.map(Node::from))
    });
    let departments = later(move || {
        if shop.catalogue().departments().len() < 2 {
            return nothing();
        }
        el("section")
            .class("shelf")
            .attr("aria-labelledby", "by-department")
            .kid(
                el("h2")
                    .attr("id", "by-department")
                    .text(texts.shop_by_department),
            )
            .kid(department_tiles("by-department"))
            .into()
    });
    let below = later(move || {
        let fresh = Shelf::new("fresh", texts.fresh, texts.fresh_sub, fresh);
        group([offer_slot(), fresh.view().into()])
    });
    group([
        el("h1")
            .class("hush")
            .text(shop.catalogue().name().unwrap_or(texts.home_title))
            .into(),
        steps(),
        first.view().into(),
        above,
        departments,
        below,
    ])
}

/// Products opened on this visit, without the current one.
pub(crate) fn recently_viewed(but: Option<ItemIx>) -> El {
    let shop = use_shop();
    let texts = shop.texts;
    let recent = memo(move || {
        if shop.is_off() {
            Vec::new()
        } else {
            shop.recent(RECENT + 1)
                .into_iter()
                .filter(|pick| Some(pick.item) != but)
                .take(RECENT)
                .collect()
        }
    });
    Shelf {
        dismissible: false,
        reasons: false,
        ..Shelf::new("recent", texts.recent, texts.recent_sub, recent)
    }
    .view()
}

/// Picks without those of `but`.
pub(crate) fn without(picks: Vec<Pick>, but: ItemIx) -> Vec<Pick> {
    picks.into_iter().filter(|pick| pick.item != but).collect()
}
