//! Reasons by leaving out: how far the score of a pick falls without each context item, everything
//! else unchanged.

use fewshop_core::{Event, Reason, Share};

use crate::kernels;
use crate::ranking::feature_matrix::FeatureMatrix;
use crate::ranking::model::Model;
use crate::ranking::run::{LearnedSession, finite};

/// Smaller falls are noise: the scores of a shelf spread over several units.
const MIN_FALL: f32 = 0.02;

impl Model {
    /// The reason of each pick. Always on the kernels, whatever the backend: it takes some tens of
    /// microseconds for each context item.
    ///
    /// # Shapes
    /// - `picks`, `scores`: positions among the candidates `items`, and the scores that the ranker
    ///   gave them
    pub(crate) fn reasons(
        &self,
        learned: &LearnedSession<'_>,
        matrix: &FeatureMatrix<'_>,
        items: &[u32],
        picks: &[usize],
        scores: &[f32],
    ) -> Vec<Reason> {
        let mut falls = vec![Vec::with_capacity(learned.context.len()); picks.len()];
        for (left_out, embedding) in learned.embeddings_without.iter().enumerate() {
            let features = matrix.without(left_out, embedding, picks);
            let without = kernels::rank(&features, self.pack().ranker());
            for (falls, (score, without)) in falls.iter_mut().zip(scores.iter().zip(without)) {
                falls.push(score - finite(without));
            }
        }
        picks
            .iter()
            .zip(falls)
            .map(|(&at, falls)| {
                let visits = learned.history.times_taken(items[at]);
                reason(&learned.context, &falls, visits)
            })
            .collect()
    }
}

fn reason(context: &[Event], falls: &[f32], visits: u32) -> Reason {
    let sum: f32 = falls.iter().filter(|&&fall| fall > MIN_FALL).sum();
    if sum <= 0.0 {
        return if visits > 0 {
            Reason::TakenBefore { visits }
        } else {
            Reason::PopularHere
        };
    }
    let mut shares: Vec<Share> = context
        .iter()
        .zip(falls)
        .filter(|&(_, &fall)| fall > MIN_FALL)
        .map(|(event, fall)| Share {
            item: event.item,
            share: fall / sum,
        })
        .collect();
    shares.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.item.cmp(&b.item)));
    Reason::BecauseOf { shots: shares }
}
