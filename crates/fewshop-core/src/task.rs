//! Tasks: a few examples in, calibrated answers out.
//!
//! Every task answers in the same shape, so that a new one needs no message of its own: a list of
//! [`Prediction`]s, each about one target, with the probability of each outcome and its base rate.

use serde::{Deserialize, Serialize};

use crate::{AttributePrediction, ItemIx, OfferPick, OfferReason};

/// A question to a task of the pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TaskRequest {
    /// Name of the task, such as `attributes`.
    pub task: String,
    /// The largest number of predictions to return.
    pub max: u32,
}

/// What a task answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TaskAnswer {
    /// Name of the task.
    pub task: String,
    /// Predictions in the order of the task: attributes in the order of the pack, offers by
    /// expected redemption.
    pub predictions: Vec<Prediction>,
}

/// The prediction for one target: an attribute of the household, an offer, a column of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Prediction {
    /// As the shop's data calls it: the name of the attribute, the id of the offer.
    pub target: String,
    /// For people; the same as `target` if the data has no other text.
    pub title: String,
    /// The possible outcomes. `None` means 'not enough evidence to tell': in training, the prediction
    /// did not beat the base rates with this number of examples, so nothing may be shown.
    pub outcomes: Option<Vec<Outcome>>,
    /// What the prediction rests on.
    pub evidence: Evidence,
}

/// One possible outcome and how likely it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Outcome {
    /// As the shop's data calls it.
    pub value: String,
    /// Calibrated probability, 0 to 1.
    pub probability: f32,
    /// Its share in the training data, before any example.
    pub base_rate: f32,
}

/// What a prediction rests on. Empty if the task does not explain itself.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Evidence {
    /// The strongest reason, one of the task's own words; empty if it names none.
    pub reason: String,
    /// Examples that the reason counts; 0 if it counts none.
    pub examples: u32,
    /// Products that the target covers; 0 if it covers none.
    pub covers: u32,
    /// A few of them, the most likely ones first.
    pub items: Vec<ItemIx>,
}

/// The outcome of an offer that the shopper takes up.
pub const REDEEMED: &str = "redeemed";

impl From<AttributePrediction> for Prediction {
    fn from(prediction: AttributePrediction) -> Self {
        let outcomes = prediction.values.map(|values| {
            let outcome = |value: crate::ValuePrediction| Outcome {
                value: value.value,
                probability: value.probability,
                base_rate: value.everyone,
            };
            values.into_iter().map(outcome).collect()
        });
        Self {
            title: prediction.attribute.clone(),
            target: prediction.attribute,
            outcomes,
            evidence: Evidence::default(),
        }
    }
}

impl From<OfferPick> for Prediction {
    fn from(offer: OfferPick) -> Self {
        Self {
            target: offer.id,
            title: offer.title,
            outcomes: Some(vec![Outcome {
                value: REDEEMED.to_owned(),
                probability: offer.probability,
                base_rate: offer.everyone,
            }]),
            evidence: Evidence {
                reason: offer.reason.word().to_owned(),
                examples: offer.products,
                covers: offer.covers,
                items: offer.items,
            },
        }
    }
}

impl OfferReason {
    /// The word for it in messages.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Covered => "covered",
            Self::SamePart => "same_part",
            Self::Taste => "taste",
            Self::MostRedeemed => "most_redeemed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_and_offers_fit_one_shape() {
        let attribute = Prediction::from(AttributePrediction {
            attribute: "children".to_owned(),
            values: None,
        });
        assert_eq!(attribute.title, "children");
        assert_eq!(attribute.outcomes, None, "not enough evidence stays so");
        let offer = Prediction::from(OfferPick {
            id: "c1".to_owned(),
            title: "Dairy".to_owned(),
            covers: 40,
            items: vec![ItemIx(3)],
            probability: 0.25,
            everyone: 0.125,
            reason: OfferReason::SamePart,
            products: 2,
        });
        let outcomes = offer.outcomes.unwrap();
        assert_eq!(
            (outcomes[0].probability, outcomes[0].base_rate),
            (0.25, 0.125)
        );
        assert_eq!((offer.evidence.covers, offer.evidence.examples), (40, 2));
    }
}
