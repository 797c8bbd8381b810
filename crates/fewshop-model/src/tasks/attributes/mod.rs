//! Task `attributes`: the shopper's household from a few products.
//!
//! [`AttributeInputs`] turns products into numbers, the same ones in training and on the device;
//! [`AttributeWeights`] are the prediction heads, an optional part of a pack. A head answers only at
//! an [`EvidenceLevel`] at which it was significantly better than its prior on households that it had
//! not seen.

mod inputs;

use fewshop_core::{AttributePrediction, Prediction, Session, ValuePrediction};

pub use inputs::AttributeInputs;

use super::{Examples, Task, evidence_level};
use crate::error::PackError;
use crate::pack::Pack;
pub use crate::weights::{AttributeHead, AttributeWeights, EvidenceLevel};

/// The task, prepared.
#[derive(Debug)]
pub struct Attributes {
    inputs: AttributeInputs,
}

impl Task for Attributes {
    const NAME: &'static str = "attributes";

    fn prepare(pack: &Pack) -> Result<Option<Self>, PackError> {
        let task = || Self {
            inputs: AttributeInputs::of(pack),
        };
        Ok(pack.attributes().map(|_| task()))
    }

    fn answer(&self, pack: &Pack, examples: Examples<'_>, max: usize) -> Vec<Prediction> {
        let predictions = self.predict(pack, examples.session).into_iter();
        predictions.take(max).map(Prediction::from).collect()
    }
}

impl Attributes {
    /// A prediction for each attribute that the pack has a head for.
    #[must_use]
    pub fn predict(&self, pack: &Pack, session: &Session) -> Vec<AttributePrediction> {
        let Some(weights) = pack.attributes() else {
            return Vec::new();
        };
        let level = evidence_level(session);
        let probabilities = level.map(|level| {
            let features = (self.inputs).features(&session.visits, &session.chosen_items(), pack);
            weights.probabilities(&weights.logits(&features), level)
        });
        let mut from = 0;
        let prediction = |head: &AttributeHead| {
            let range = from..from + head.values.len();
            from = range.end;
            let is_reliable = level.is_some_and(|level| head.is_reliable[level as usize]);
            let values = probabilities.as_ref().filter(|_| is_reliable).map(|all| {
                let pairs = head.values.iter().zip(&all[range]).zip(&head.prior);
                pairs
                    .map(|((value, &probability), &everyone)| ValuePrediction {
                        value: value.clone(),
                        probability,
                        everyone,
                    })
                    .collect()
            });
            AttributePrediction {
                attribute: head.name.clone(),
                values,
            }
        };
        weights.heads.iter().map(prediction).collect()
    }
}
