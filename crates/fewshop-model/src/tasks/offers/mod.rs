//! Task `offers`: which offer (coupon) to show, by expected redemption from a few products.
//!
//! [`OfferInputs`] turns offers and a shopper into numbers, the same ones in training and on the
//! device; [`OfferWeights`] are an optional part of a pack: what the offers cover, how often others
//! redeemed them, and a logistic regression for each of [`EVIDENCE_LEVELS`].

mod inputs;

use fewshop_core::{ItemIx, OfferPick, OfferReason, Prediction, Session, order};

pub use inputs::{OfferInputs, OfferMatch, OfferShopper};

use super::{Examples, Task, evidence_level};
use crate::error::PackError;
use crate::kernels;
use crate::pack::Pack;
use crate::weights::EvidenceLevel;
pub use crate::weights::{
    EVIDENCE_LEVELS, MATCH_FEATURES, OFFER_FEATURES as FEATURES, OfferWeights, ShippedOffer,
    WEIGHTS,
};

/// Covered products that an answer names.
const NAMED: usize = 3;

/// The place of a level among [`EVIDENCE_LEVELS`]: the largest that is not higher.
fn nearest_level(level: EvidenceLevel) -> usize {
    EVIDENCE_LEVELS
        .iter()
        .rposition(|own| *own <= level)
        .unwrap_or(0)
}

/// The task, prepared.
#[derive(Debug)]
pub struct Offers {
    inputs: OfferInputs,
    /// Probability of a covered product and of the best one for a shopper without a user embedding:
    /// what a user embedding is compared with.
    plain: Vec<[f64; 2]>,
}

impl Task for Offers {
    const NAME: &'static str = "offers";

    fn prepare(pack: &Pack) -> Result<Option<Self>, PackError> {
        let Some(offers) = pack.offers() else {
            return Ok(None);
        };
        let inputs = OfferInputs::of(pack, &offers.covered());
        let nobody = inputs.shopper(&[], &[], pack);
        let plain = |offer| {
            let features = inputs.matches(offer, &nobody).features;
            [features[MATCH_FEATURES - 2], features[MATCH_FEATURES - 1]]
        };
        Ok(Some(Self {
            plain: (0..offers.offers.len()).map(plain).collect(),
            inputs,
        }))
    }

    fn answer(&self, pack: &Pack, examples: Examples<'_>, max: usize) -> Vec<Prediction> {
        let best = self.best(pack, examples.session, max).into_iter();
        best.map(Prediction::from).collect()
    }
}

impl Offers {
    /// The best `n` offers by expected redemption. Before the first event these are the offers that
    /// others redeem most.
    #[must_use]
    pub fn best(&self, pack: &Pack, session: &Session, n: usize) -> Vec<OfferPick> {
        let Some(shipped) = pack.offers() else {
            return Vec::new();
        };
        if n == 0 {
            return Vec::new();
        }
        let level = evidence_level(session);
        let weights = level.map(|level| &shipped.weights[nearest_level(level)]);
        let shopper = self
            .inputs
            .shopper(&session.visits, &session.chosen_items(), pack);
        let judged: Vec<(OfferMatch, f64)> = (shipped.offers.iter().enumerate())
            .map(|(at, offer)| {
                let found = self.inputs.matches(at, &shopper);
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
        let best = kernels::top_k(&scores, n, &|_| true);
        best.into_iter()
            .map(|at| {
                let (at, offer) = (at as usize, &shipped.offers[at as usize]);
                let (found, score) = &judged[at];
                let everyone = offer.rates[0].exp();
                let (reason, products) = weights
                    .map_or((OfferReason::MostRedeemed, 0), |weights| {
                        reason(weights, found, self.plain[at])
                    });
                let mut items: Vec<ItemIx> = offer.items.iter().map(|&row| ItemIx(row)).collect();
                order::sort_by(&mut items, |a, b| {
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
                    probability: if level.is_some() {
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

/// The part of the shopper that adds most to the log-odds, against a shopper without products and
/// user embedding. A part that lowers them is not named.
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
