//! Reasons by leaving out: how far the score of a pick falls without each context item, everything
//! else unchanged.

use fewshop_core::{Event, Reason, Share, order};

use crate::features::{FEATURES, FeatureGroup, group_of};
use crate::ranking::feature_matrix::FeatureMatrix;
use crate::ranking::model::Model;
use crate::ranking::run::{LearnedSession, finite};

/// Smaller falls are noise: the scores of a shelf spread over several units.
const MIN_FALL: f32 = 0.02;
/// A pick that is not even this many times as likely as for a new shopper is explained by what is
/// popular: the context may carry a bestseller a little, but it is not why it is there.
const MIN_LIFT: f32 = 1.5;

impl Model {
    /// The reason of each pick. Always on the kernels, whatever the backend: it takes some tens of
    /// microseconds for each context item.
    ///
    /// # Shapes
    /// - `picks`, `scores`: positions among the candidates `items`, and the scores that the ranker
    ///   gave them
    /// - `lifts`: how many times as likely as for a new shopper, where that is known
    pub(crate) fn reasons(
        &self,
        learned: &LearnedSession<'_>,
        matrix: &FeatureMatrix<'_>,
        items: &[u32],
        picks: &[usize],
        scores: &[f32],
        lifts: &[Option<f32>],
    ) -> Vec<Reason> {
        let mut falls = vec![Vec::with_capacity(learned.context.len()); picks.len()];
        for (left_out, embedding) in learned.embeddings_without.iter().enumerate() {
            let features = matrix.without(left_out, embedding, picks);
            let without = self.scores(learned, &features);
            for (falls, (score, without)) in falls.iter_mut().zip(scores.iter().zip(without)) {
                falls.push(score - finite(without));
            }
        }
        let promoted = self.promotion_falls(learned, matrix, picks, scores);
        picks
            .iter()
            .zip(lifts)
            .zip(falls.iter().zip(promoted))
            .map(|((&at, lift), (falls, promoted))| {
                let visits = learned.history.times_taken(items[at]);
                let is_own = lift.is_none_or(|lift| lift >= MIN_LIFT);
                reason(&learned.context, falls, is_own, promoted, visits)
            })
            .collect()
    }

    /// How far each pick's score falls without the promotions of the day; 0 for what is not promoted.
    fn promotion_falls(
        &self,
        learned: &LearnedSession<'_>,
        matrix: &FeatureMatrix<'_>,
        picks: &[usize],
        scores: &[f32],
    ) -> Vec<f32> {
        if !self.groups.contains(FeatureGroup::Promotions) {
            return vec![0.0; picks.len()];
        }
        let rows = picks
            .iter()
            .map(|&at| &matrix.features[at * FEATURES..(at + 1) * FEATURES]);
        let mut features: Vec<f32> = rows.flatten().copied().collect();
        let mut is_promoted = vec![false; picks.len()];
        for (row, is_promoted) in features.chunks_exact_mut(FEATURES).zip(&mut is_promoted) {
            for (f, value) in row.iter_mut().enumerate() {
                if group_of(f) == Some(FeatureGroup::Promotions) {
                    *is_promoted |= *value != 0.0;
                    *value = 0.0;
                }
            }
        }
        let without = self.scores(learned, &features);
        let falls = scores.iter().zip(without).zip(is_promoted);
        falls
            .map(|((score, without), is_promoted)| {
                if is_promoted {
                    score - finite(without)
                } else {
                    0.0
                }
            })
            .collect()
    }
}

fn reason(context: &[Event], falls: &[f32], is_own: bool, promoted: f32, visits: u32) -> Reason {
    let sum: f32 = falls.iter().filter(|&&fall| fall > MIN_FALL).sum();
    if promoted > sum.max(MIN_FALL) {
        return Reason::OnOffer;
    }
    if sum <= 0.0 || !is_own {
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
    order::sort_by(&mut shares, |a, b| {
        b.share.total_cmp(&a.share).then(a.item.cmp(&b.item))
    });
    Reason::BecauseOf { shots: shares }
}
