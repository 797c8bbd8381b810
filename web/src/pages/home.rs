//! The home page: picks, what goes with the cart, bestsellers, departments.

use fewshop_core::ItemIx;
use fewshop_web::state::{Pick, ShelfState};
use fewshop_web::texts::fill;
use leptos::prelude::*;

use crate::app::name_page;
use crate::components::{DepartmentTiles, Shelf};
use crate::shop::{Shop, use_shop};
use crate::view::{memo, text};

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
#[component]
pub(crate) fn HomePage() -> AnyView {
    let shop = use_shop();
    let texts = shop.texts;
    name_page("");
    let picked = memo(move || shop.picked());
    // The shelf of bestsellers would say twice what the first one says, until that one is the shopper's own.
    let best = Signal::derive(move || match picked.get() {
        ShelfState::Adapted(picks) => {
            let shown: Vec<ItemIx> = picks.iter().map(|pick| pick.item).collect();
            let others = shop.bestsellers(BESTSELLERS + shown.len());
            others.into_iter().filter(|pick| !shown.contains(&pick.item)).take(BESTSELLERS).collect()
        }
        _ => Vec::new(),
    });
    let with_cart = Signal::derive(move || picked.with(|shelf| shop.with_cart(shelf.picks())));
    let no_departments = shop.catalogue().departments().len() < 2;
    view! {
        <h1 class="hush">{texts.home_title}</h1>
        <Shelf
            id="picked"
            title=texts.picked.to_owned()
            sub=text(move || picked.with(|shelf| claim(shop, shelf)))
            picks=Signal::derive(move || picked.with(|shelf| shelf.picks().to_vec()))
            dismissible=true
        />
        <Shelf
            id="with-cart"
            title=texts.with_cart.to_owned()
            sub=texts.with_cart_sub.to_owned()
            picks=with_cart
            single=true
            dismissible=true
        />
        <section class="shelf" aria-labelledby="by-department" hidden=no_departments>
            <h2 id="by-department">{texts.shop_by_department}</h2>
            <DepartmentTiles labelled_by="by-department" />
        </section>
        <Shelf id="best" title=texts.bestsellers.to_owned() sub=texts.bestsellers_sub.to_owned() picks=best single=true />
    }
    .into_any()
}

/// Picks without those of `but`.
pub(crate) fn without(picks: Vec<Pick>, but: ItemIx) -> Vec<Pick> {
    picks.into_iter().filter(|pick| pick.item != but).collect()
}
