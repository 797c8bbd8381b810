//! Offers of a pack and the weights that rank them.

use std::collections::HashSet;

use fewshop_core::ItemIx;
use serde::{Deserialize, Serialize};

use super::EvidenceLevel;
use crate::error::PackError;

/// Names of the features, in order. The first two count what others redeemed and come from
/// training; [`OfferInputs::matches`](crate::tasks::offers::OfferInputs::matches) gives the rest.
pub const FEATURES: [&str; 9] = [
    "redeemed by others",
    "redeemed by others in its categories",
    "products covered",
    "covered products bought before",
    "category affinity",
    "department affinity",
    "sales of the products covered",
    "taste: chance of a covered product",
    "taste: best covered product",
];
/// Features that [`OfferInputs::matches`](crate::tasks::offers::OfferInputs::matches) gives.
pub const MATCH_FEATURES: usize = FEATURES.len() - 2;

/// Amounts known of a shopper that there are weights for: one or two products, five, one earlier
/// visit, three.
pub const EVIDENCE_LEVELS: [EvidenceLevel; 4] = [
    EvidenceLevel::OneItem,
    EvidenceLevel::FiveItems,
    EvidenceLevel::OneBasket,
    EvidenceLevel::ThreeBaskets,
];
/// Weights of the features, then the constant.
pub const WEIGHTS: usize = FEATURES.len() + 1;

/// Bounds on the offers of a pack, so that a hostile one cannot make the page work for long.
const MAX_OFFERS: usize = 2_000;
const MAX_COVERED: usize = 100_000;
const MAX_TEXT: usize = 120;
/// Rates are logarithms of shares; weights of standardised features are a few units.
const MAX_NUMBER: f32 = 1e4;

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
    /// For each of [`EVIDENCE_LEVELS`], weights of the raw features and the constant: log-odds of redemption.
    pub weights: [[f32; WEIGHTS]; EVIDENCE_LEVELS.len()],
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
        if self.offers.is_empty() || self.offers.len() > MAX_OFFERS || covered > MAX_COVERED {
            return wrong(format!(
                "are {} that cover {covered} products, expected 1 to {MAX_OFFERS} that cover at most {MAX_COVERED}",
                self.offers.len()
            ));
        }
        let is_text = |text: &str| {
            !text.trim().is_empty() && text.len() <= MAX_TEXT && !text.chars().any(char::is_control)
        };
        let mut ids = HashSet::new();
        for (at, offer) in self.offers.iter().enumerate() {
            if !is_text(&offer.id) || !is_text(&offer.title) || !ids.insert(offer.id.as_str()) {
                return wrong(format!(
                    "number {at} must have an id and a title of 1 to {MAX_TEXT} bytes, its id no other's"
                ));
            }
            if !offer
                .rates
                .iter()
                .all(|rate| (-MAX_NUMBER..=0.0).contains(rate))
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
            .all(|weight| weight.abs() <= MAX_NUMBER)
        {
            return wrong(format!(
                "must have weights from -{MAX_NUMBER} to {MAX_NUMBER}"
            ));
        }
        Ok(())
    }
}
