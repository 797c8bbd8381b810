//! The contents of the shelves: the engine's answers with the shopper's corrections, or
//! bestsellers.

use fewshop_core::{EventKind, ItemIx, Prediction};
use fewshop_web::state::{
    Change, EngineState, Extra, Pick, Profile, SessionLog, ShelfState, mixed,
};
use leptos::prelude::*;

use super::Shop;
use super::requests::{
    FRESH, ON_OFFER, PICKED, SHELF_CART, SHELF_FRESH, SHELF_ON_OFFER, SHELF_PICKED, WITH_CART,
};

impl Shop {
    /// A shelf as the engine last ranked it; empty if it has not, or has failed.
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
            .shelf_of_bestsellers()
            .filter(|&ix| !self.is_unwanted(ix));
        wanted.take(n).map(Pick::plain).collect()
    }

    /// Picks as corrected by the shopper, `n` of them, no category filling more than half.
    pub(crate) fn corrected(self, mut picks: Vec<Pick>, n: usize) -> Vec<Pick> {
        let catalogue = self.catalogue();
        picks.retain(|pick| !self.is_unasked(pick.item));
        let picks = self
            .log
            .with(|log| log.corrections().apply(&catalogue, picks));
        mixed(picks, n, |ix| catalogue.category(ix).to_vec())
    }

    /// A shelf in the engine's order with the shopper's corrections, for a list of all products:
    /// 'never' only removes the product from the top.
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

    /// The first shelf shows these picks from now on.
    pub(crate) fn show_picks(self, picks: &[Pick]) {
        let revision = self.log.with_untracked(SessionLog::revision);
        let mut seen = self.seen.get_untracked();
        if seen.show(revision, picks) {
            self.seen.set(seen);
        }
    }

    /// The first shelf before the last click.
    pub(crate) fn before(self) -> Vec<Pick> {
        self.seen.with(|seen| seen.before().to_vec())
    }

    /// What the last click changed on the first shelf, as it is shown; `None` if nothing.
    pub(crate) fn change(self) -> Option<Change> {
        let catalogue = self.catalogue();
        self.seen.with(|seen| seen.change(&catalogue))
    }

    /// Products that go with the cart, without those of `but`, which the page already shows.
    pub(crate) fn with_cart(self, but: &[Pick]) -> Vec<Pick> {
        let others = self
            .ranked(SHELF_CART)
            .into_iter()
            .filter(|pick| !but.iter().any(|other| other.item == pick.item));
        self.corrected(others.collect(), WITH_CART)
    }

    /// Products of the week's leaflet, without those of `but`.
    pub(crate) fn on_offer(self, but: &[Pick]) -> Vec<Pick> {
        let others = self
            .ranked(SHELF_ON_OFFER)
            .into_iter()
            .filter(|pick| !but.iter().any(|other| other.item == pick.item));
        self.corrected(others.collect(), ON_OFFER)
    }

    /// Products added after training, ordered by the shopper's taste if it is known.
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

    /// The shopper's taste as the profile page shows it.
    pub(crate) fn profile(self) -> Profile {
        self.log
            .with(|log| Profile::of(&self.catalogue(), log.session(), log.corrections()))
    }

    /// The predictions for this shopper; none before the engine has answered, or if it may not.
    fn own_predictions(self, extra: Extra) -> Vec<Prediction> {
        if self.is_blank() || self.is_off() {
            return Vec::new();
        }
        self.predictions
            .with(|predictions| predictions[extra as usize].clone())
    }

    /// Predicted household attributes; without values until the engine has answered for this
    /// shopper.
    pub(crate) fn household(self) -> Vec<Prediction> {
        let own = self.own_predictions(Extra::Household);
        if own.is_empty() {
            self.catalogue().heads()
        } else {
            own
        }
    }

    /// The offer to show: the best one with a wanted product. For a new shopper, the one redeemed
    /// most.
    pub(crate) fn offer(self) -> Option<Prediction> {
        let mut offers = self.own_predictions(Extra::Offers);
        if offers.is_empty() {
            offers = self.catalogue().offers().to_vec();
        }
        offers.into_iter().find(|offer| {
            !offer
                .evidence
                .items
                .iter()
                .all(|&item| self.is_unwanted(item))
        })
    }
}
