//! From a click on a product to its page: carries out what [`Prefetch`] decides.
//!
//! 1. [`Shop::follow`] asks the engine about the page and holds it back.
//! 2. The answer ([`Shop::on_outcome`]) or the end of [`HOLD`] opens it, whichever comes first.
//! 3. [`Shop::enter`] records the view, and the page shows its shelf.
//!
//! A shopper who goes elsewhere meanwhile has not seen the product: [`Shop::leave`] asks the engine
//! about the page that opened instead.

use std::cell::Cell;
use std::time::Duration;

use fewshop_core::ItemIx;
use fewshop_web::state::{HeldPage, Page, Prefetch, SessionLog};
use leptos::prelude::*;

use super::{Shop, with_item, with_item_name};
use crate::engine::Found;
use crate::nav::{Hold, use_nav};
use crate::{browser, engine};

/// How long a product's page waits for the engine's answer at most: less than a frame. A page drawn
/// meanwhile would take the processor from the answer, and would be drawn again once that comes.
const HOLD: Duration = Duration::from_millis(12);

thread_local! {
    static PREFETCH: Cell<Prefetch> = const { Cell::new(Prefetch::Idle) };
}

/// Runs `act` on the state of the prefetch.
fn with_prefetch<T>(act: impl FnOnce(&mut Prefetch) -> T) -> T {
    let mut prefetch = PREFETCH.take();
    let out = act(&mut prefetch);
    PREFETCH.set(prefetch);
    out
}

impl Shop {
    /// The shopper clicked on a link. A product's page waits for the engine if that can answer at
    /// once.
    pub(crate) fn follow(self, page: &Page, href: &str) -> Hold {
        let Page::Product(id) = page else {
            return Hold::Open;
        };
        let Some(ix) = self.catalogue().find(id) else {
            return Hold::Open;
        };
        self.opened_from.set(self.search_behind(ix));
        if !engine::is_ready() {
            return Hold::Open;
        }
        self.ask(&self.viewed(ix), with_item(ix), None);
        with_prefetch(|prefetch| prefetch.hold(href, ix));
        set_timeout(
            move || self.unhold(with_prefetch(|prefetch| prefetch.expired(ix))),
            HOLD,
        );
        Hold::Wait
    }

    /// The engine answered with shelves of these names.
    pub(super) fn answered(self, has_shelf: &dyn Fn(&str) -> bool) {
        let is_about = |ix| has_shelf(&with_item_name(ix));
        self.unhold(with_prefetch(|prefetch| prefetch.answered(is_about)));
    }

    /// The shopper went to another page.
    pub(crate) fn leave(self) {
        if with_prefetch(Prefetch::left) {
            self.opened_from.set(String::new());
            self.own_shelves.notify();
        }
    }

    /// Opens a page that waited.
    fn unhold(self, page: Option<HeldPage>) {
        if let Some(HeldPage { href, item }) = page {
            use_nav().go(&href, false);
            self.enter(item);
        }
    }

    /// The shopper is on a product's page, which wants its shelf.
    pub(crate) fn enter(self, ix: ItemIx) {
        self.want(with_item(ix));
        let log = self.viewed(ix);
        self.opened_from.set(String::new());
        let is_news =
            |old: &SessionLog| old.session() != log.session() || old.asked() != log.asked();
        if self.log.with_untracked(is_news) {
            self.log.set(log);
        }
    }

    /// The log as it is once a product's page is open: the search that led to it comes before.
    fn viewed(self, ix: ItemIx) -> SessionLog {
        let mut log = self.log.get_untracked();
        log.at(browser::now());
        let query = self.opened_from.get_untracked();
        let question = self.found.with_untracked(|found| {
            (found.as_ref().filter(|found| found.query == query)).and_then(Found::question)
        });
        if let Some(question) = question {
            log.ask(question);
        }
        log.view(ix);
        log
    }
}
