//! What the shopper can do.

use fewshop_core::ItemIx;
use fewshop_web::state::{Correction, Extra, Learning, Memory, SessionLog};
use leptos::prelude::*;

use super::Shop;
use super::requests::is_own_shelf;
use crate::browser;

impl Shop {
    /// The shopper did something, which begins a new visit where the last one is over.
    fn step(self, act: &dyn Fn(&mut SessionLog)) {
        self.log.update(|log| {
            log.at(browser::now());
            act(log);
        });
    }

    /// The shopper put one more of a product into the cart.
    pub(crate) fn add(self, ix: ItemIx) {
        self.cart.update(|cart| cart.set(ix, cart.quantity(ix) + 1));
        self.step(&|log| log.cart(ix));
    }

    /// The shopper took one of a product out of the cart.
    pub(crate) fn take_one(self, ix: ItemIx) {
        let left = self
            .cart
            .with_untracked(|cart| cart.quantity(ix))
            .saturating_sub(1);
        self.set_quantity(ix, left);
    }

    /// The shopper wants so many of a product, or none any more.
    pub(crate) fn set_quantity(self, ix: ItemIx, quantity: u32) {
        self.cart.update(|cart| cart.set(ix, quantity));
        if quantity == 0 {
            self.step(&|log| log.uncart(ix));
        }
    }

    /// The shopper said 'not for me'.
    pub(crate) fn dismiss(self, ix: ItemIx) {
        self.step(&|log| log.dismiss(ix));
    }

    /// The shopper takes 'not for me' back.
    pub(crate) fn retract(self, ix: ItemIx) {
        self.step(&|log| log.retract(ix));
    }

    /// The shopper checked out. Nothing is sold here, so the cart stays as it is.
    pub(crate) fn check_out(self) {
        self.step(&SessionLog::check_out);
    }

    /// The shopper wants all forgotten.
    pub(crate) fn forget(self) {
        self.ranked
            .update(|ranked| ranked.retain(|(name, _)| !is_own_shelf(name)));
        self.told.set(Default::default());
        self.step(&SessionLog::forget);
        browser::forgotten();
    }

    /// The shopper does not want a product to say anything about them; a `gift` never does.
    pub(crate) fn unlearn(self, ix: ItemIx, gift: bool) {
        self.step(&|log| log.unlearn(ix, gift));
    }

    /// The shopper corrects what the shop thinks; the same correction twice takes it back.
    pub(crate) fn correct(self, key: &str, correction: Correction) {
        self.step(&|log| {
            let correction = (log.corrections().get(key) != Some(correction)).then_some(correction);
            log.correct(key, correction);
        });
    }

    /// The shopper chooses whether the shop learns.
    pub(crate) fn set_learning(self, learning: Learning) {
        // A step like others: a choice without a time would be taken for an old one, and forgotten.
        self.step(&|log| log.set_learning(learning));
    }

    /// The shopper switches an extra on or off.
    pub(crate) fn show(self, extra: Extra, shows: bool) {
        self.step(&|log| log.show(extra, shows));
    }

    /// What is remembered, as one text that [`Shop::import`] reads.
    pub(crate) fn export(self) -> String {
        let catalogue = self.catalogue();
        self.log
            .with(|log| self.cart.with(|cart| Memory::write(log, cart, &catalogue)))
            .unwrap_or_default()
    }

    /// Takes a text from [`Shop::export`] for what is remembered; says what is wrong with it
    /// otherwise.
    pub(crate) fn import(self, text: &str) -> Result<(), String> {
        let memory = Memory::read(text.trim(), &self.catalogue(), browser::now())
            .map_err(|why| why.to_string())?;
        self.log.set(memory.log);
        self.cart.set(memory.cart);
        Ok(())
    }

    /// The shopper takes the last step back.
    pub(crate) fn undo(self) {
        self.log.update(SessionLog::undo);
    }
}
