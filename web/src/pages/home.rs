//! The home page: picks, what goes with the cart, bestsellers, departments.

use fewshop_core::ItemIx;
use fewshop_web::state::{Pick, ShelfState};
use fewshop_web::texts::fill;
use leptos::prelude::*;
use web_sys::Node;

use crate::app::name_page;
use crate::components::{Shelf, department_tiles};
use crate::shop::{Shop, use_shop};
use crate::view::{el, group, memo};

/// Names in the line below the first shelf.
const NAMED: usize = 3;
/// Products on the bestsellers' shelf: one row.
const BESTSELLERS: usize = 6;

/// What the first shelf claims, by its state.
fn claim(shop: Shop, shelf: &ShelfState) -> String {
    let texts = shop.texts;
    match shelf {
        ShelfState::Cold(_) => texts.picked_cold.to_owned(),
        ShelfState::Warming(_) => texts.picked_warming.to_owned(),
        ShelfState::Failed(_) => texts.picked_failed.to_owned(),
        ShelfState::Adapted(_) => {
            let (shots, returns) = shop.log.with(|log| (log.session().shots(), !log.session().visits.is_empty()));
            let mut names: Vec<String> = shots.iter().rev().take(NAMED).map(|shot| shop.title(shot.item)).collect();
            names.extend(returns.then(|| texts.earlier_visits.to_owned()));
            match names.split_last() {
                None => texts.picked_adapted_plain.to_owned(),
                Some((only, [])) => fill(texts.picked_adapted, &[only]),
                Some((last, rest)) => {
                    let list = format!("{}{}{last}", rest.join(texts.comma), texts.and);
                    fill(texts.picked_adapted, &[&list])
                }
            }
        }
    }
}

/// The home page.
pub(crate) fn home_page() -> Node {
    let shop = use_shop();
    let texts = shop.texts;
    name_page("");
    let picked = memo(move || shop.picked());
    // The shelf of bestsellers would say twice what the first one says, until that one is the shopper's own.
    let best = memo(move || match picked.get() {
        ShelfState::Adapted(picks) => {
            let shown: Vec<ItemIx> = picks.iter().map(|pick| pick.item).collect();
            let others = shop.bestsellers(BESTSELLERS + shown.len());
            others.into_iter().filter(|pick| !shown.contains(&pick.item)).take(BESTSELLERS).collect()
        }
        _ => Vec::new(),
    });
    let with_cart = memo(move || picked.with(|shelf| shop.with_cart(shelf.picks())));
    let first = Shelf {
        sub: Box::new(move || picked.with(|shelf| claim(shop, shelf))),
        single: false,
        ..Shelf::new("picked", texts.picked, "", memo(move || picked.with(|shelf| shelf.picks().to_vec())))
    };
    let departments = (shop.catalogue().departments().len() > 1).then(|| {
        el("section")
            .class("shelf")
            .attr("aria-labelledby", "by-department")
            .kid(el("h2").attr("id", "by-department").text(texts.shop_by_department))
            .kid(department_tiles("by-department"))
    });
    let best = Shelf { dismissible: false, ..Shelf::new("best", texts.bestsellers, texts.bestsellers_sub, best) };
    let with_cart = Shelf::new("with-cart", texts.with_cart, texts.with_cart_sub, with_cart);
    let parts = [Some(el("h1").class("hush").text(texts.home_title)), Some(first.view()), Some(with_cart.view()), departments];
    group(parts.into_iter().flatten().chain([best.view()]).map(Node::from))
}

/// Picks without those of `but`.
pub(crate) fn without(picks: Vec<Pick>, but: ItemIx) -> Vec<Pick> {
    picks.into_iter().filter(|pick| pick.item != but).collect()
}
