//! The requests to the engine.

use fewshop_core::protocol::ShelfRequest;
use fewshop_core::{Filter, ItemIx, Objective};
use fewshop_web::state::{Cart, Extra, Learning, SessionLog, Wanted};
use leptos::prelude::*;

use super::Shop;
use crate::{browser, engine};

/// Picks on the first shelf: two rows of six.
pub(super) const PICKED: usize = 12;
/// Picks on the cart's shelf: one row.
pub(super) const WITH_CART: usize = 6;
/// Products on the shelf 'New here': one row.
pub(super) const FRESH: usize = 6;
/// Picks requested for each one shown: products in the cart, unwanted products and too many of one
/// category are left out.
const SPARE: usize = 3;
/// Products of the cart that its shelf is ranked for: the latest matter most for the current
/// basket.
const CART_SEEDS: usize = 20;
/// Name of the first shelf in requests.
pub(super) const SHELF_PICKED: &str = "picked";
/// Name of the shelf 'New here' in requests.
pub(super) const SHELF_FRESH: &str = "fresh";
/// Products on the shelf 'On offer this week': one row.
pub(super) const ON_OFFER: usize = 6;
/// Its name in requests.
pub(super) const SHELF_ON_OFFER: &str = "on_offer";
const DAY_S: u32 = 86_400;
/// Name of the cart's shelf in requests.
pub(super) const SHELF_CART: &str = "with_cart";
/// Products on a product's shelf: one row.
pub(crate) const WITH_ITEM: usize = 6;

/// The shelves of a product's page: what goes well with it, and what could stand in its place.
pub(crate) fn with_item(ix: ItemIx) -> Vec<ShelfRequest> {
    let shelf = |name: String, objective| ShelfRequest {
        name,
        n: WITH_ITEM * SPARE,
        filter: Filter::ALL,
        seeds: vec![ix],
        objective,
    };
    vec![
        shelf(with_item_name(ix), Objective::Complements),
        shelf(similar_name(ix), Objective::Similar),
    ]
}

/// Name of the shelf 'Goes well with' of a product.
pub(crate) fn with_item_name(ix: ItemIx) -> String {
    format!("with_item/{}", ix.0)
}

/// Name of the shelf 'Similar' of a product.
pub(crate) fn similar_name(ix: ItemIx) -> String {
    format!("similar/{}", ix.0)
}

/// Whether a shelf depends on the session, which may be forgotten.
pub(super) fn is_own_shelf(name: &str) -> bool {
    name == SHELF_PICKED || name == SHELF_FRESH
}

impl Shop {
    /// Requests all shelves for this log, the page's `own`, and the extra that the page
    /// shows.
    pub(super) fn ask(self, log: &SessionLog, own: Vec<ShelfRequest>, shown: Option<Extra>) {
        // Without personalisation the engine learns nothing about the shopper either.
        let mut session = log.session_to_rank();
        // For the promotions of the day.
        let today = browser::now() / DAY_S;
        session.day = Some(self.catalogue().day(today) as i32);
        engine::ask(session, self.wanted(log, own, shown));
    }

    /// The shelves and the extra to request.
    fn wanted(self, log: &SessionLog, own: Vec<ShelfRequest>, shown: Option<Extra>) -> Wanted {
        let mut wanted = Vec::new();
        let is_own = !log.is_blank() && log.learning() != Learning::Off;
        if is_own {
            // Products in the cart from an earlier visit may be picked and are then left out.
            let n = PICKED * SPARE + self.cart.with(|cart| cart.lines().len());
            wanted.push(ShelfRequest {
                name: SHELF_PICKED.to_owned(),
                n,
                filter: Filter::ALL,
                seeds: Vec::new(),
                objective: Objective::Personal,
            });
            let catalogue = self.catalogue();
            if !catalogue.fresh().is_empty() {
                let filter = Filter {
                    among: catalogue.fresh().to_vec(),
                    ..Filter::ALL
                };
                wanted.push(ShelfRequest {
                    name: SHELF_FRESH.to_owned(),
                    n: FRESH * SPARE + PICKED,
                    filter,
                    seeds: Vec::new(),
                    objective: Objective::Likely,
                });
            }
        }
        // For everybody: without personalisation the session is empty. Only the home page shows it,
        // and it costs as much as the picks.
        if self.catalogue().has_promotions() && shown == Some(Extra::Offers) {
            wanted.push(ShelfRequest {
                name: SHELF_ON_OFFER.to_owned(),
                // Those among the picks are left out.
                n: ON_OFFER + PICKED,
                filter: Filter {
                    promoted: true,
                    ..Filter::ALL
                },
                seeds: Vec::new(),
                objective: Objective::Likely,
            });
        }
        let mut seeds = self.cart.with(Cart::items);
        if !seeds.is_empty() {
            seeds.drain(..seeds.len().saturating_sub(CART_SEEDS));
            wanted.push(ShelfRequest {
                name: SHELF_CART.to_owned(),
                n: WITH_CART * SPARE + PICKED,
                filter: Filter::ALL,
                seeds,
                objective: Objective::Complements,
            });
        }
        let mut own = own;
        own.retain(|shelf| !shelf.seeds.is_empty() || is_own);
        wanted.append(&mut own);
        // Who asked for no nuts is not shown nuts; but beside a product with nuts, which the shopper
        // opened nevertheless, stands what is like it.
        let without = log.without();
        for shelf in &mut wanted {
            let is_like = shelf.objective == Objective::Similar
                && shelf.seeds.iter().any(|seed| without.contains(seed));
            if !is_like {
                shelf.filter.without.clone_from(&without);
            }
        }
        Wanted {
            shelves: wanted,
            extra: shown.filter(|&extra| is_own && log.shows(extra)),
        }
    }

    /// The current page shows these shelves as well.
    pub(crate) fn want(self, own: Vec<ShelfRequest>) {
        if self.own_shelves.with_untracked(|old| *old != own) {
            self.own_shelves.set(own);
        }
    }
}
