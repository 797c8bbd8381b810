//! The shopper's actions.

use fewshop_core::ItemIx;
use fewshop_web::state::{Correction, Extra, Learning, Memory, Seen, SessionLog};
use leptos::prelude::*;

use super::Shop;
use super::requests::is_own_shelf;
use crate::browser;

impl Shop {
    /// Records an action, which begins a new visit if the last one is over.
    pub(super) fn step(self, act: &dyn Fn(&mut SessionLog)) {
        self.log.update(|log| {
            log.at(browser::now());
            act(log);
        });
    }

    /// Looks at a product without opening its page.
    pub(crate) fn look(self, ix: ItemIx) {
        self.step(&|log| log.view(ix));
    }

    /// Adds one of a product to the cart.
    pub(crate) fn add(self, ix: ItemIx) {
        self.add_some(ix, 1);
    }

    /// Adds some of a product to the cart at once: one action, however many.
    pub(crate) fn add_some(self, ix: ItemIx, quantity: u32) {
        self.cart
            .update(|cart| cart.set(ix, cart.quantity(ix) + quantity));
        self.step(&|log| log.cart(ix));
    }

    /// Removes one of a product from the cart.
    pub(crate) fn take_one(self, ix: ItemIx) {
        let left = self
            .cart
            .with_untracked(|cart| cart.quantity(ix))
            .saturating_sub(1);
        self.set_quantity(ix, left);
    }

    /// Sets the quantity of a product in the cart; 0 removes it.
    pub(crate) fn set_quantity(self, ix: ItemIx, quantity: u32) {
        self.cart.update(|cart| cart.set(ix, quantity));
        if quantity == 0 {
            self.step(&|log| log.uncart(ix));
        }
    }

    /// Dismisses a product: 'not for me'.
    pub(crate) fn dismiss(self, ix: ItemIx) {
        self.step(&|log| log.dismiss(ix));
    }

    /// Withdraws a dismissal.
    pub(crate) fn retract(self, ix: ItemIx) {
        self.step(&|log| log.retract(ix));
    }

    /// Checks out. Nothing is sold here, so the cart stays as it is.
    pub(crate) fn check_out(self) {
        self.step(&SessionLog::check_out);
    }

    /// Forgets everything.
    pub(crate) fn forget(self) {
        self.ranked
            .update(|ranked| ranked.retain(|(name, _)| !is_own_shelf(name)));
        self.predictions.set(Default::default());
        self.seen.set(Seen::default());
        self.step(&SessionLog::forget);
        browser::forgotten();
    }

    /// A product no longer counts; a `gift` never will.
    pub(crate) fn unlearn(self, ix: ItemIx, gift: bool) {
        self.step(&|log| log.unlearn(ix, gift));
    }

    /// Corrects the shopper's taste; the same correction twice withdraws it.
    pub(crate) fn correct(self, key: &str, correction: Correction) {
        self.step(&|log| {
            let correction = (log.corrections().get(key) != Some(correction)).then_some(correction);
            log.correct(key, correction);
        });
    }

    /// Sets whether the shop learns.
    pub(crate) fn set_learning(self, learning: Learning) {
        // An action like others: a choice without a time would count as old and be forgotten.
        self.step(&|log| log.set_learning(learning));
    }

    /// Switches an extra on or off.
    pub(crate) fn show(self, extra: Extra, shows: bool) {
        self.step(&|log| log.show(extra, shows));
    }

    /// The memory as one text, which [`Shop::import`] reads.
    pub(crate) fn export(self) -> String {
        let catalogue = self.catalogue();
        self.log
            .with(|log| self.cart.with(|cart| Memory::write(log, cart, &catalogue)))
            .unwrap_or_default()
    }

    /// Replaces the memory by a text from [`Shop::export`]; returns what is wrong with any other
    /// text.
    pub(crate) fn import(self, text: &str) -> Result<(), String> {
        let memory = Memory::read(text.trim(), &self.catalogue(), browser::now())
            .map_err(|why| why.to_string())?;
        self.log.set(memory.log);
        self.cart.set(memory.cart);
        Ok(())
    }

    /// Undoes the last action.
    pub(crate) fn undo(self) {
        self.log.update(SessionLog::undo);
    }
}
