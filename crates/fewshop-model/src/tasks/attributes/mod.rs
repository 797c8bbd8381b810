//! Who the shopper may be: household attributes from the few products at hand, where training has
//! shown that they can be told.
//!
//! [`AttributeInputs`] turns products into numbers, the same ones in training and on the device;
//! [`AttributeWeights`] are the heads, an optional part of a pack; [`predict`] answers for one
//! session. A head speaks only at an [`EvidenceLevel`] at which it was better than its
//! prior on households that it had not seen, beyond chance.

mod inputs;

use fewshop_core::{AttributePrediction, Session, ValuePrediction};

pub use inputs::AttributeInputs;

use crate::pack::Pack;
pub use crate::weights::{AttributeHead, AttributeWeights, EvidenceLevel};

/// What is believed of the shopper's household, an entry for each attribute that the pack has a
/// head for; empty where it has none.
#[must_use]
pub fn predict(
    pack: &Pack,
    inputs: &AttributeInputs,
    session: &Session,
) -> Vec<AttributePrediction> {
    let Some(weights) = pack.attributes() else {
        return Vec::new();
    };
    let shots = session.context_items();
    let amount = EvidenceLevel::of(
        shots.len(),
        session
            .visits
            .iter()
            .filter(|visit| !visit.is_empty())
            .count(),
    );
    let probabilities = amount.map(|amount| {
        let features = inputs.features(&session.visits, &shots, pack);
        weights.probabilities(&weights.logits(&features), amount)
    });
    let mut from = 0;
    let prediction = |head: &AttributeHead| {
        let range = from..from + head.values.len();
        from = range.end;
        let is_reliable = amount.is_some_and(|amount| head.is_reliable[amount as usize]);
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
