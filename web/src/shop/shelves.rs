//! What stands on the shelves: the engine's answers, corrected by the shopper, and what stands in for
//! them.

use fewshop_core::{AttributeBelief, EventKind, ItemIx, OfferPick};
use fewshop_web::state::{EngineState, Pick, Profile, ShelfState, mixed};
use leptos::prelude::*;

use super::Shop;
use super::requests::{FRESH, PICKED, SHELF_CART, SHELF_FRESH, SHELF_PICKED, WITH_CART};

impl Shop {
    /// A shelf as the engine filled it last; empty where it has not, or cannot.
    pub(crate) fn ranked(self, name: &str) -> Vec<Pick> {
        if self
            .engine
            .with(|engine| matches!(engine, EngineState::Failed { .. }))
        {
            return Vec::new();
        }
        self.ranked.with(|ranked| {
            ranked
                .iter()
                .find(|(other, _)| other == name)
                .map(|(_, picks)| picks.clone())
                .unwrap_or_default()
        })
    }

    /// The most bought products that were not dismissed.
    pub(crate) fn bestsellers(self, n: usize) -> Vec<Pick> {
        let catalogue = self.catalogue();
        let wanted = catalogue
            .bestsellers()
            .iter()
            .copied()
            .filter(|&ix| !self.is_unwanted(ix));
        wanted.take(n).map(Pick::plain).collect()
    }

    /// Picks as corrected by the shopper, `n` of them, no category filling more than half.
    pub(crate) fn corrected(self, picks: Vec<Pick>, n: usize) -> Vec<Pick> {
        let catalogue = self.catalogue();
        let picks = self
            .log
            .with(|log| log.corrections().apply(&catalogue, picks));
        mixed(picks, n, |ix| catalogue.category(ix).to_vec())
    }

    /// A shelf in the engine's order as corrected by the shopper, for a list that holds everything:
    /// 'never' only ends being put first.
    pub(crate) fn by_taste(self, name: &str) -> Vec<ItemIx> {
        let (catalogue, picks) = (self.catalogue(), self.ranked(name));
        self.log
            .with(|log| log.corrections().apply(&catalogue, picks))
            .into_iter()
            .map(|pick| pick.item)
            .collect()
    }

    /// The first shelf.
    pub(crate) fn picked(self) -> ShelfState {
        let mut ranked = self.ranked(SHELF_PICKED);
        self.cart
            .with(|cart| ranked.retain(|pick| cart.quantity(pick.item) == 0));
        let ranked = self.corrected(ranked, PICKED);
        self.log.with(|log| {
            self.engine
                .with(|engine| ShelfState::of(engine, log, &ranked, self.bestsellers(PICKED)))
        })
    }

    /// What goes with the cart, without the products of `but`, which stand on the page already.
    pub(crate) fn with_cart(self, but: &[Pick]) -> Vec<Pick> {
        let others = self
            .ranked(SHELF_CART)
            .into_iter()
            .filter(|pick| !but.iter().any(|other| other.item == pick.item));
        self.corrected(others.collect(), WITH_CART)
    }

    /// Products that were put in after training, by the shopper's taste among themselves where it
    /// is known.
    pub(crate) fn fresh(self, but: &[Pick]) -> Vec<Pick> {
        let catalogue = self.catalogue();
        let ranked = self.ranked(SHELF_FRESH);
        let is_own = !ranked.is_empty() && !self.is_off();
        let all = if is_own {
            ranked
        } else {
            catalogue.fresh().iter().copied().map(Pick::plain).collect()
        };
        let new = all.into_iter().filter(|pick| {
            !self.is_unwanted(pick.item) && but.iter().all(|other| other.item != pick.item)
        });
        let new = new.collect();
        if is_own {
            self.corrected(new, FRESH)
        } else {
            new.into_iter().take(FRESH).collect()
        }
    }

    /// Products whose pages were opened on this visit, the latest first.
    pub(crate) fn recent(self, n: usize) -> Vec<Pick> {
        let mut recent: Vec<ItemIx> = Vec::new();
        self.log.with(|log| {
            for event in log
                .session()
                .events
                .iter()
                .rev()
                .filter(|event| event.kind == EventKind::View)
            {
                if recent.len() < n
                    && !recent.contains(&event.item)
                    && !log.is_dismissed(event.item)
                {
                    recent.push(event.item);
                }
            }
        });
        recent.into_iter().map(Pick::plain).collect()
    }

    /// What the shop seems to know.
    pub(crate) fn profile(self) -> Profile {
        self.log
            .with(|log| Profile::of(&self.catalogue(), log.session(), log.corrections()))
    }

    /// What the picks may say of the household: nothing of each attribute until the engine has said
    /// something of this shopper.
    pub(crate) fn household(self) -> Vec<AttributeBelief> {
        let heard = self.told.with(|(household, _)| household.clone());
        if heard.is_empty() || self.is_blank() || self.is_off() {
            self.catalogue().heads()
        } else {
            heard
        }
    }

    /// The offer to show: the best one of whose products not all are unwanted. Of a stranger, the
    /// one that others redeem most.
    pub(crate) fn offer(self) -> Option<OfferPick> {
        let heard = self.told.with(|(_, offers)| offers.clone());
        let own = !heard.is_empty() && !self.is_blank() && !self.is_off();
        let offers = if own {
            heard
        } else {
            self.catalogue().offers().to_vec()
        };
        offers
            .into_iter()
            .find(|offer| !offer.items.iter().all(|&item| self.is_unwanted(item)))
    }
}
