//! Converts a raw shop log to the files that all other commands read.
//!
//! A [`RawLog`] is the content of a shop's own files in Fewshop's types. [`cut`] splits it into
//! training events and the events for validation cases, and [`write`] writes both. The rules are
//! the same as those of the project's external benchmark, so that item ids and events match:
//! shoppers are split into ten folds by a hash of their id. Folds 0 to 6 are for training and 7 for
//! validation; 8 and 9 stay unseen and are not written. Training ends at a date, and the cases
//! begin there. A shop's pack is refreshed, though: `since.csv` has the sessions of the training
//! shoppers up to a second date, and the `later_*` cases come after it, so that a refreshed pack is
//! never asked about a week whose sessions it has counted.

mod cases;
mod complete_journey;
mod marketing;
mod online_retail;
mod promotions;
mod wheel;
mod write;

use std::collections::HashSet;

use fewshop_core::Item;
use sha2::{Digest, Sha256};

use crate::titles::{self, RawProduct};

pub use complete_journey::complete_journey;
pub use marketing::{ATTRIBUTES, Marketing, MarketingCounts, RawOfferEvent};
pub use online_retail::online_retail;
pub use promotions::{PromotionCounts, RawPromotion};
pub use write::{Counts, write};

/// First fold that does not train.
const VALID_FOLD: u32 = 7;

/// A purchase of a raw log; the numbers are indices into [`RawLog`]'s lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawEvent {
    /// The shopper.
    pub user: u32,
    /// The visit.
    pub session: u32,
    /// Seconds since 1970.
    pub time_s: i64,
    /// The product.
    pub item: u32,
    /// How many.
    pub quantity: i64,
}

/// The notice that accompanies a shop's data wherever it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// The shop's short name.
    pub shop: &'static str,
    /// Currency of the prices.
    pub currency: &'static str,
    /// Where the data is from.
    pub source: &'static str,
    /// Its terms of use.
    pub licence: &'static str,
}

/// The usable part of a shop's raw log: known shoppers, real products, positive quantities.
#[derive(Debug, Clone, PartialEq)]
pub struct RawLog {
    /// Source and terms of use.
    pub notice: Notice,
    /// The products.
    pub products: Vec<RawProduct>,
    /// Ids of the shoppers.
    pub users: Vec<String>,
    /// Ids of the visits.
    pub sessions: Vec<String>,
    /// The purchases in file order.
    pub events: Vec<RawEvent>,
    /// End of training, in seconds since 1970.
    pub cut_s: i64,
    /// Sessions from the end of training to here are for `fewshop refresh`; later ones are asked
    /// about.
    pub refresh_until_s: i64,
    /// Minimum number of training visits for a product to stay in the catalogue.
    pub support: u32,
    /// Households and offers, if the log has them.
    pub marketing: Marketing,
    /// What was promoted, by product, first day and place; empty if the log does not say.
    pub promotions: Vec<RawPromotion>,
}

/// A split log.
#[derive(Debug, Clone)]
pub struct Cut {
    /// The log; the events below refer to it by index.
    pub raw: RawLog,
    /// The salt of the split.
    pub salt: String,
    /// Indices of the products that stay, in order.
    pub kept: Vec<u32>,
    /// Those products with readable names.
    pub items: Vec<Item>,
    /// The training events, by time, then visit, then item.
    pub train: Vec<RawEvent>,
    /// Events of training shoppers after the training, up to the second date, in the same order.
    pub since: Vec<RawEvent>,
    /// The purchases of validation shoppers after the cut, each product once in a visit.
    pub valid: Vec<RawEvent>,
}

/// The fold of a shopper, 0 to 9: SHA-256 of salt and id, as one large number, modulo 10.
#[must_use]
pub fn fold(user: &str, salt: &str) -> u32 {
    let digest = Sha256::digest(format!("{salt}-{user}").as_bytes());
    digest
        .iter()
        .fold(0, |rest, &byte| (rest * 256 + u32::from(byte)) % 10)
}

/// Splits a log into training and validation, and drops products that are rare in the training
/// data.
#[must_use]
pub fn cut(raw: RawLog, salt: &str) -> Cut {
    let folds: Vec<u32> = raw.users.iter().map(|user| fold(user, salt)).collect();
    let fold_of = |event: &RawEvent| folds[event.user as usize];
    let mut train: Vec<RawEvent> = raw
        .events
        .iter()
        .filter(|event| fold_of(event) < VALID_FOLD && event.time_s < raw.cut_s)
        .copied()
        .collect();
    let mut support = vec![0u32; raw.products.len()];
    for event in once_a_visit(train.iter().copied()) {
        support[event.item as usize] += 1;
    }
    let stays = |event: &RawEvent| support[event.item as usize] >= raw.support;
    train.retain(stays);
    let name = |event: &RawEvent| {
        (
            event.time_s,
            &raw.sessions[event.session as usize],
            &raw.products[event.item as usize].id,
        )
    };
    train.sort_by(|a, b| name(a).cmp(&name(b)));
    let mut since: Vec<RawEvent> = raw
        .events
        .iter()
        .filter(|event| {
            fold_of(event) < VALID_FOLD
                && (raw.cut_s..raw.refresh_until_s).contains(&event.time_s)
                && stays(event)
        })
        .copied()
        .collect();
    since.sort_by(|a, b| name(a).cmp(&name(b)));
    let later = raw
        .events
        .iter()
        .filter(|event| fold_of(event) == VALID_FOLD && event.time_s >= raw.cut_s && stays(event));
    let valid = once_a_visit(later.copied());
    let kept: Vec<u32> = (0..raw.products.len() as u32)
        .filter(|&item| support[item as usize] >= raw.support)
        .collect();
    let items = titles::readable(kept.iter().map(|&item| &raw.products[item as usize]));
    Cut {
        salt: salt.to_owned(),
        kept,
        items,
        train,
        since,
        valid,
        raw,
    }
}

/// The first event of each product in each visit.
fn once_a_visit(events: impl Iterator<Item = RawEvent>) -> Vec<RawEvent> {
    let mut seen = HashSet::new();
    events
        .filter(|event| seen.insert((event.session, event.item)))
        .collect()
}

/// The median by the external benchmark's rule: the mean of the two middle values, rounded to
/// cents, half to even.
fn median_cents(prices: &mut [f64]) -> Option<f64> {
    prices.sort_by(f64::total_cmp);
    let middle = prices.len() / 2;
    let median = match prices.len() {
        0 => return None,
        even if even % 2 == 0 => f64::midpoint(prices[middle - 1], prices[middle]),
        _ => prices[middle],
    };
    Some((median * 100.0).round_ties_even() / 100.0)
}

/// Numbers texts in order of first appearance.
#[derive(Default)]
struct NumberedNames {
    by_name: std::collections::HashMap<String, u32>,
    names: Vec<String>,
}

impl NumberedNames {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.by_name.get(name) {
            return number;
        }
        let number = self.names.len() as u32;
        self.by_name.insert(name.to_owned(), number);
        self.names.push(name.to_owned());
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::titles::RawLabel;

    #[test]
    fn the_folds_are_the_referees() {
        // From split.py: [fold(u, 'arbiter') for u in ('h900', 'h1228', 'h1000', 'h1025',
        // 'c13047')].
        let folds = ["h900", "h1228", "h1000", "h1025", "c13047"].map(|user| fold(user, "arbiter"));
        assert_eq!(folds, [4, 4, 8, 7, 5]);
        assert_ne!(
            folds,
            ["h900", "h1228", "h1000", "h1025", "c13047"].map(|user| fold(user, "another"))
        );
    }

    #[test]
    fn a_median_is_rounded_to_cents() {
        assert_eq!(median_cents(&mut [3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median_cents(&mut [1.0, 1.29]), Some(1.14));
        assert_eq!(median_cents(&mut []), None);
    }

    #[test]
    fn products_without_support_test_shoppers_and_late_training_visits_stay_out() {
        let users: Vec<String> = (0..200).map(|n| format!("h{n}")).collect();
        let of_fold = |fold_number: u32| {
            users
                .iter()
                .position(|user| fold(user, "arbiter") == fold_number)
                .unwrap() as u32
        };
        let (trainer, validator, unseen) = (of_fold(0), of_fold(7), of_fold(8));
        let event = |user, session, time_s, item| RawEvent {
            user,
            session,
            time_s,
            item,
            quantity: 1,
        };
        let product = |id: &str| RawProduct {
            id: id.to_owned(),
            label: RawLabel::Gift {
                description: id.to_owned(),
            },
            price: None,
        };
        let raw = RawLog {
            notice: Notice {
                shop: "toy",
                currency: "USD",
                source: "",
                licence: "",
            },
            products: vec![product("often"), product("seldom")],
            sessions: (0..6).map(|n| format!("s{n}")).collect(),
            events: vec![
                event(trainer, 1, 20, 0),
                event(trainer, 1, 20, 0),
                event(trainer, 0, 10, 0),
                event(trainer, 0, 10, 1),
                event(trainer, 2, 99, 0),
                event(trainer, 2, 100, 0),
                event(validator, 3, 99, 0),
                event(validator, 3, 99, 0),
                event(validator, 3, 99, 1),
                event(validator, 4, 10, 1),
                event(unseen, 5, 10, 1),
                event(unseen, 5, 99, 0),
            ],
            users,
            cut_s: 50,
            refresh_until_s: 100,
            support: 2,
            marketing: Marketing::default(),
            promotions: Vec::new(),
        };
        let cut = cut(raw, "arbiter");
        assert_eq!(cut.kept, [0]);
        assert_eq!(
            cut.train,
            [
                event(trainer, 0, 10, 0),
                event(trainer, 1, 20, 0),
                event(trainer, 1, 20, 0)
            ]
        );
        assert_eq!(cut.since, [event(trainer, 2, 99, 0)]);
        assert_eq!(cut.valid, [event(validator, 3, 99, 0)]);
    }
}
