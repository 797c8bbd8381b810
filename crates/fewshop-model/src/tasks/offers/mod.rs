//! Which offer (coupon) to show: expected redemption from the few products at hand.
//!
//! [`OfferInputs`] turns offers and a shopper into numbers, the same ones in training and on the
//! device; [`OfferWeights`] are an optional part of a pack: what the offers cover, how often others
//! redeemed them, and a logistic regression for each amount that is known of a shopper.
//! [`best`] answers for one session.

mod inputs;

use fewshop_core::{ItemIx, OfferPick, OfferReason, Session};

pub use inputs::{OfferInputs, OfferMatch, OfferShopper};

use crate::kernels;
use crate::pack::Pack;
use crate::weights::EvidenceLevel;
pub use crate::weights::{
    EVIDENCE_LEVELS, MATCH_FEATURES, OFFER_FEATURES as FEATURES, OfferWeights, ShippedOffer,
    WEIGHTS,
};

/// Covered products that an answer names.
const NAMED: usize = 3;

/// The place of an amount among [`EVIDENCE_LEVELS`]: the largest that is not more.
fn known(amount: EvidenceLevel) -> usize {
    EVIDENCE_LEVELS
        .iter()
        .rposition(|known| *known <= amount)
        .unwrap_or(0)
}

/// Offers made ready for an answer.
#[derive(Debug)]
pub(crate) struct PreparedOffers {
    inputs: OfferInputs,
    /// Chance of a covered product and of the best one for a shopper without a taste: what a taste
    /// is held against.
    plain: Vec<[f64; 2]>,
}

impl PreparedOffers {
    pub(crate) fn of(pack: &Pack) -> Option<Self> {
        let offers = pack.offers()?;
        let inputs = OfferInputs::of(pack, &offers.covered());
        let stranger = inputs.shopper(&[], &[], pack);
        let taste = |offer| {
            let features = inputs.matches(offer, &stranger).features;
            [features[MATCH_FEATURES - 2], features[MATCH_FEATURES - 1]]
        };
        Some(Self {
            plain: (0..offers.offers.len()).map(taste).collect(),
            inputs,
        })
    }
}

/// The best `n` offers for the session at hand by expected redemption; empty where the pack has
/// none. Of somebody who did nothing yet nothing is expected: those that others redeem most.
#[must_use]
pub(crate) fn best(
    pack: &Pack,
    prepared: &PreparedOffers,
    session: &Session,
    n: usize,
) -> Vec<OfferPick> {
    let Some(shipped) = pack.offers() else {
        return Vec::new();
    };
    if n == 0 {
        return Vec::new();
    }
    let shots = session.context_items();
    let amount = EvidenceLevel::of(
        shots.len(),
        session
            .visits
            .iter()
            .filter(|visit| !visit.is_empty())
            .count(),
    );
    let weights = amount.map(|amount| &shipped.weights[known(amount)]);
    let shopper = prepared.inputs.shopper(&session.visits, &shots, pack);
    let judged: Vec<(OfferMatch, f64)> = (shipped.offers.iter().enumerate())
        .map(|(at, offer)| {
            let found = prepared.inputs.matches(at, &shopper);
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
            let (reason, products) = weights.map_or((OfferReason::MostRedeemed, 0), |weights| {
                reason(weights, found, prepared.plain[at])
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
            by(7, x[MATCH_FEATURES - 2] - plain[0]) + by(8, x[MATCH_FEATURES - 1] - plain[1]),
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
