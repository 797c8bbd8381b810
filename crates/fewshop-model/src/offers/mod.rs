//! Which offer (coupon) to show: expected redemption from the few products at hand.
//!
//! [`OfferFacts`] turns offers and a shopper into numbers, the same ones in training and on the
//! device; [`OfferWeights`] are an optional part of a pack: what the offers cover, how often others
//! redeemed them, and a logistic regression for each amount that is known of a shopper.
//! [`Recommender::offers`] answers for the session at hand.

mod facts;

use std::collections::HashSet;

use fewshop_core::{ItemIx, OfferPick, OfferReason};
use serde::{Deserialize, Serialize};

pub use facts::{FEATURES, MATCHES, OfferFacts, OfferMatch, OfferShopper};

use crate::kernels;
use crate::pack::PackError;
use crate::profile::Amount;
use crate::recommender::Recommender;

/// Amounts known of a shopper that there are weights for: one or two products, five, one earlier
/// visit, three.
pub const KNOWN: [Amount; 4] = [
    Amount::OneItem,
    Amount::FiveItems,
    Amount::OneBasket,
    Amount::ThreeBaskets,
];
/// Weights of the features, then the constant.
pub const WEIGHTS: usize = FEATURES.len() + 1;

/// Bounds of a pack's offers: more is no list of offers but work for the page.
const MOST_OFFERS: usize = 2_000;
const MOST_COVERED: usize = 100_000;
const MOST_TEXT: usize = 120;
/// Rates are logarithms of shares; weights of standardised features are a few units.
const MOST_NUMBER: f32 = 1e4;
/// Covered products that an answer names.
const NAMED: usize = 3;

/// One offer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShippedOffer {
    /// The shop's own name for it.
    pub id: String,
    /// What it is on, for people.
    pub title: String,
    /// Logarithms of how often it, and offers of its category, were redeemed where they were shown.
    pub rates: [f32; 2],
    /// Products that it covers, as rows, rising.
    pub items: Vec<u32>,
}

/// All that is needed to rank offers on the device.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferWeights {
    /// The offers.
    pub offers: Vec<ShippedOffer>,
    /// For each of [`KNOWN`], weights of the raw features and the constant: log-odds of redemption.
    pub weights: [[f32; WEIGHTS]; KNOWN.len()],
}

/// The place of an amount among [`KNOWN`]: the largest that is not more.
fn known(amount: Amount) -> usize {
    KNOWN
        .iter()
        .rposition(|known| *known <= amount)
        .unwrap_or(0)
}

impl OfferWeights {
    /// What the offers cover.
    #[must_use]
    pub fn covered(&self) -> Vec<Vec<ItemIx>> {
        self.offers
            .iter()
            .map(|offer| offer.items.iter().map(|&row| ItemIx(row)).collect())
            .collect()
    }

    /// Checks the offers against the number of products.
    ///
    /// # Errors
    /// [`PackError::Field`] names what does not fit.
    pub(crate) fn check(&self, items: usize) -> Result<(), PackError> {
        let wrong = |problem: String| Err(PackError::field("offers", problem));
        let covered: usize = self.offers.iter().map(|offer| offer.items.len()).sum();
        if self.offers.is_empty() || self.offers.len() > MOST_OFFERS || covered > MOST_COVERED {
            return wrong(format!(
                "are {} that cover {covered} products, expected 1 to {MOST_OFFERS} that cover at most {MOST_COVERED}",
                self.offers.len()
            ));
        }
        let is_text = |text: &str| {
            !text.trim().is_empty()
                && text.len() <= MOST_TEXT
                && !text.chars().any(char::is_control)
        };
        let mut ids = HashSet::new();
        for (at, offer) in self.offers.iter().enumerate() {
            if !is_text(&offer.id) || !is_text(&offer.title) || !ids.insert(offer.id.as_str()) {
                return wrong(format!(
                    "number {at} must have an id and a title of 1 to {MOST_TEXT} bytes, its id no other's"
                ));
            }
            if !offer
                .rates
                .iter()
                .all(|rate| (-MOST_NUMBER..=0.0).contains(rate))
            {
                return wrong(format!(
                    "'{}' must have two rates that are logarithms of shares",
                    offer.id
                ));
            }
            if offer.items.is_empty() || !offer.items.windows(2).all(|pair| pair[0] < pair[1]) {
                return wrong(format!(
                    "'{}' must cover rows that rise, one at least",
                    offer.id
                ));
            }
            if let Some(row) = offer.items.last().filter(|&&row| row as usize >= items) {
                return wrong(format!(
                    "'{}' covers row {row}, the catalogue has {items}",
                    offer.id
                ));
            }
        }
        if !self
            .weights
            .as_flattened()
            .iter()
            .all(|weight| weight.abs() <= MOST_NUMBER)
        {
            return wrong(format!(
                "must have weights from -{MOST_NUMBER} to {MOST_NUMBER}"
            ));
        }
        Ok(())
    }
}

/// Offers made ready for an answer.
#[derive(Debug)]
pub(crate) struct Shelf {
    facts: OfferFacts,
    /// Chance of a covered product and of the best one for a shopper without a taste: what a taste
    /// is held against.
    plain: Vec<[f64; 2]>,
}

impl Shelf {
    pub(crate) fn of(pack: &crate::Pack) -> Option<Self> {
        let offers = pack.offers.as_ref()?;
        let facts = OfferFacts::of(pack, &offers.covered());
        let stranger = facts.shopper(&[], &[], pack);
        let taste = |offer| {
            let features = facts.matches(offer, &stranger).features;
            [features[MATCHES - 2], features[MATCHES - 1]]
        };
        Some(Self {
            plain: (0..offers.offers.len()).map(taste).collect(),
            facts,
        })
    }
}

impl Recommender {
    /// The best `n` offers for the session at hand by expected redemption; empty where the pack has
    /// none. Of somebody who did nothing yet nothing is expected: those that others redeem most.
    #[must_use]
    pub fn offers(&self, n: usize) -> Vec<OfferPick> {
        let (Some(shipped), Some(shelf)) = (&self.pack().offers, self.offer_shelf()) else {
            return Vec::new();
        };
        if n == 0 {
            return Vec::new();
        }
        let session = self.session();
        let shots = session.context_items();
        let amount = Amount::of(
            shots.len(),
            session
                .visits
                .iter()
                .filter(|visit| !visit.is_empty())
                .count(),
        );
        let weights = amount.map(|amount| &shipped.weights[known(amount)]);
        let shopper = shelf.facts.shopper(&session.visits, &shots, self.pack());
        let judged: Vec<(OfferMatch, f64)> = (shipped.offers.iter().enumerate())
            .map(|(at, offer)| {
                let found = shelf.facts.matches(at, &shopper);
                let score = match weights {
                    None => f64::from(offer.rates[0]),
                    Some(weights) => {
                        let features = offer
                            .rates
                            .iter()
                            .map(|&rate| f64::from(rate))
                            .chain(found.features);
                        features
                            .zip(weights)
                            .map(|(x, &weight)| x * f64::from(weight))
                            .sum::<f64>()
                            + f64::from(weights[WEIGHTS - 1])
                    }
                };
                // A hostile pack's numbers may overflow on the way.
                (
                    found,
                    if score.is_finite() {
                        score
                    } else {
                        f64::from(offer.rates[0])
                    },
                )
            })
            .collect();
        let scores: Vec<f32> = judged.iter().map(|(_, score)| *score as f32).collect();
        let best = kernels::top_k(&scores, n, |_| true);
        best.into_iter()
            .map(|at| {
                let (at, offer) = (at as usize, &shipped.offers[at as usize]);
                let (found, score) = &judged[at];
                let everyone = offer.rates[0].exp();
                let (reason, products) = weights
                    .map_or((OfferReason::MostRedeemed, 0), |weights| {
                        reason(weights, found, shelf.plain[at])
                    });
                let mut items: Vec<ItemIx> = offer.items.iter().map(|&row| ItemIx(row)).collect();
                items.sort_by(|a, b| {
                    shopper
                        .logit(*b)
                        .total_cmp(&shopper.logit(*a))
                        .then(a.cmp(b))
                });
                items.truncate(NAMED);
                OfferPick {
                    id: offer.id.clone(),
                    title: offer.title.clone(),
                    covers: offer.items.len() as u32,
                    items,
                    probability: if amount.is_some() {
                        (1.0 / (1.0 + (-score).exp())) as f32
                    } else {
                        everyone
                    },
                    everyone,
                    reason,
                    products: products as u32,
                }
            })
            .collect()
    }
}

/// What of the shopper adds most to the log-odds, against a shopper without products and taste.
/// Nothing that takes away is named.
fn reason(weights: &[f32; WEIGHTS], found: &OfferMatch, plain: [f64; 2]) -> (OfferReason, usize) {
    let by = |feature: usize, value: f64| f64::from(weights[feature]) * value;
    let x = &found.features;
    let parts = [
        (by(3, x[1]), OfferReason::Covered, found.covered),
        (
            by(4, x[2]) + by(5, x[3]),
            OfferReason::SamePart,
            found.same_part,
        ),
        (
            by(7, x[MATCHES - 2] - plain[0]) + by(8, x[MATCHES - 1] - plain[1]),
            OfferReason::Taste,
            0,
        ),
    ];
    let best = parts
        .into_iter()
        .filter(|(gain, ..)| *gain > 0.0)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    best.map_or((OfferReason::MostRedeemed, 0), |(_, reason, products)| {
        (reason, products)
    })
}
