//! The feature matrix: one row for each candidate of a run, and the same rows with one context item
//! left out.

use fewshop_core::Event;

use crate::features::{
    DayPromotions, Direction, FEATURES, FIRST_RANK, ItemStats, PromotedShares, RANK_READS_CONTEXT,
    RANKS, feature_table, flag, log_rate, signed_root,
};
use crate::kernels::{self, QuantisedQuery};
use crate::pack::Pack;
use crate::ranking::pair_scores::{AggregatedScores, PairScores};
use crate::ranking::shopper_history::{DismissalSignals, ShopperHistory, VisitSignals};

/// What a run learns from: the context items of the session, the shopper's history on this device,
/// and what the shop promotes that day.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evidence<'a> {
    /// Oldest first.
    pub(crate) context: &'a [Event],
    /// `[context items]`: as which part of one each counts.
    pub(crate) parts: &'a [f32],
    pub(crate) history: &'a ShopperHistory<'a>,
    pub(crate) promotions: &'a DayPromotions,
}

/// The context items that count, all of them or all but one, in summary.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ContextSummary {
    left_out: Option<usize>,
    /// How many there are, the sum of their parts.
    pub(crate) len: f32,
    /// The same and at least 1: means are taken over it.
    pub(crate) divisor: f32,
    mean_price: Option<f32>,
    /// Mean and minimum of their log-popularity; 0 without context items.
    pub(crate) mean_popularity: f32,
    pub(crate) min_popularity: f32,
}

/// Everything that the formulas of the feature table read about one candidate.
#[derive(Debug)]
pub(crate) struct CandidateInputs<'a> {
    /// Its row in the catalogue.
    pub(crate) row: usize,
    pub(crate) stats: &'a ItemStats,
    pub(crate) context: &'a ContextSummary,
    context_items: &'a [Event],
    parts: &'a [f32],
    /// From the pair table.
    pub(crate) scores: &'a AggregatedScores,
    pub(crate) logit: f32,
    /// The part of the logit that does not depend on the shopper.
    pub(crate) bias: f32,
    /// How likely a shopper who took it takes it again on the next visit.
    pub(crate) repeat_rate: f32,
    /// Mean and maximum of its cosine similarity to the context items.
    pub(crate) near_mean: f32,
    pub(crate) near_max: f32,
    /// Its cosine similarity to the last context item; 0 without one.
    pub(crate) near_last: f32,
    pub(crate) visits: VisitSignals,
    pub(crate) dismissals: DismissalSignals,
    /// On the day of the session; 0 without one.
    pub(crate) promotion: PromotedShares,
}

impl CandidateInputs<'_> {
    /// The share of the context items that have the same category, department or brand; 0 where the
    /// candidate has none.
    fn share_of_context(&self, facet: &[u32]) -> f32 {
        let own = facet[self.row];
        if own == 0 {
            return 0.0;
        }
        let same = |(at, (event, part)): (usize, (&Event, &f32))| {
            let counts = Some(at) != self.context.left_out && facet[event.item.row()] == own;
            counts.then_some(*part)
        };
        let items = self.context_items.iter().zip(self.parts).enumerate();
        // Not -0, which a sum of nothing is.
        items.filter_map(same).fold(0.0, |sum, part| sum + part) / self.context.divisor
    }

    /// Distance of its log-price to the mean of the context items; 0 where either is unknown.
    fn price_distance(&self) -> f32 {
        self.context
            .mean_price
            .zip(self.stats.columns.log_price[self.row])
            .map_or(0.0, |(mean, price)| (price - mean).abs())
    }
}

/// Everything that the ranks of the feature table read, over all candidates.
#[derive(Debug)]
pub(crate) struct RankInputs<'a> {
    /// Rows of the candidates.
    items: &'a [u32],
    pub(crate) stats: &'a ItemStats,
    /// `[items]`.
    scores: &'a [AggregatedScores],
    /// `[items]`.
    pub(crate) logits: &'a [f32],
    pub(crate) history: &'a ShopperHistory<'a>,
}

impl RankInputs<'_> {
    /// The candidates' values of a list over the whole catalogue; an empty list stays empty.
    fn of_items(&self, values: &[f32]) -> Vec<f32> {
        if values.is_empty() {
            return Vec::new();
        }
        self.items.iter().map(|&row| values[row as usize]).collect()
    }

    fn of_scores(&self, score: impl Fn(&AggregatedScores) -> f32) -> Vec<f32> {
        self.scores.iter().map(score).collect()
    }
}

macro_rules! values_and_ranks {
    (
        values { $($name:ident [$($group:ident)?] = |$c:ident| $value:expr;)* }
        ranks { $($rank:ident [$($rank_group:ident)?] $reads:ident = |$r:ident| $scores:expr;)* }
    ) => {
        /// Appends the values of the feature table; the ranks stay 0.
        fn push_values(inputs: &CandidateInputs<'_>, out: &mut Vec<f32>) {
            out.extend([$({ let $c = inputs; $value }),*]);
            out.extend([0.0; RANKS]);
        }

        /// The scores that each rank is taken from, `[items]` or empty.
        fn rank_scores(inputs: &RankInputs<'_>) -> [Vec<f32>; RANKS] {
            [$({ let $r = inputs; $scores }),*]
        }
    };
}
feature_table!(values_and_ranks);

/// The candidates of one run with their features.
#[derive(Debug)]
pub(crate) struct FeatureMatrix<'a> {
    /// Rows, rising.
    items: &'a [u32],
    evidence: Evidence<'a>,
    pair_scores: &'a PairScores,
    pack: &'a Pack,
    stats: &'a ItemStats,
    /// `[items]`.
    scores: Vec<AggregatedScores>,
    /// `[items]`.
    logits: Vec<f32>,
    /// Cosine similarity of each candidate to each context item, `[items, context items]`.
    near: Vec<f32>,
    /// `[items, FEATURES]`, row-major.
    pub(crate) features: Vec<f32>,
}

impl<'a> FeatureMatrix<'a> {
    /// # Shapes
    /// - `logits`: of all items, from [`kernels::scan`]
    pub(crate) fn of(
        items: &'a [u32],
        evidence: Evidence<'a>,
        logits: &[f32],
        pair_scores: &'a PairScores,
        pack: &'a Pack,
        stats: &'a ItemStats,
    ) -> Self {
        let directions: Vec<Direction> = evidence
            .context
            .iter()
            .map(|event| stats.direction(event.item.row(), pack.item_table()))
            .collect();
        let near = items.iter().flat_map(|&row| {
            directions
                .iter()
                .map(move |direction| stats.similarity(direction, row as usize, pack.item_table()))
        });
        let scores = items.iter().map(|&row| pair_scores.of_item(row as usize));
        let mut matrix = Self {
            items,
            evidence,
            pair_scores,
            pack,
            stats,
            scores: scores.collect(),
            logits: items.iter().map(|&row| logits[row as usize]).collect(),
            near: near.collect(),
            features: Vec::new(),
        };
        let mut features = Vec::with_capacity(items.len() * FEATURES);
        let context = matrix.summary(None);
        for (at, (scores, &logit)) in matrix.scores.iter().zip(&matrix.logits).enumerate() {
            push_values(&matrix.inputs(at, scores, logit, &context), &mut features);
        }
        let mut order: Vec<u64> = Vec::with_capacity(items.len());
        let ranks = rank_scores(&matrix.rank_inputs(&matrix.scores, &matrix.logits));
        for (nth, scores) in ranks.iter().enumerate().filter(|(_, s)| !s.is_empty()) {
            order.clear();
            order.extend(
                scores
                    .iter()
                    .enumerate()
                    .map(|(at, &score)| u64::from(kernels::falling(score)) << 32 | at as u64),
            );
            kernels::sort(&mut order);
            for (rank, &at) in order.iter().enumerate() {
                features[(at as u32) as usize * FEATURES + FIRST_RANK + nth] =
                    (rank as f32).ln_1p();
            }
        }
        matrix.features = features;
        matrix
    }

    /// Features of some of the candidates with one context item left out. The set of candidates
    /// stays the same.
    ///
    /// # Shapes
    /// - `user_embedding`: `[d]`, of the other context items
    /// - `wanted`: positions among the candidates
    /// - output: `[wanted, FEATURES]`
    pub(crate) fn without(
        &self,
        left_out: usize,
        user_embedding: &[f32],
        wanted: &[usize],
    ) -> Vec<f32> {
        let mut scores = self.scores.clone();
        for (row, rest) in self.pair_scores.without(left_out) {
            if let Ok(at) = self.items.binary_search(&row) {
                scores[at] = rest;
            }
        }
        let query = QuantisedQuery::of(user_embedding);
        let scale = self.pack.config().logit_scale;
        let logits: Vec<f32> = self
            .items
            .iter()
            .map(|&row| kernels::logit(self.pack.item_table(), row as usize, &query, scale))
            .collect();
        let context = self.summary(Some(left_out));
        let ranked = rank_scores(&self.rank_inputs(&scores, &logits));
        let mut out = Vec::with_capacity(wanted.len() * FEATURES);
        for &at in wanted {
            push_values(
                &self.inputs(at, &scores[at], logits[at], &context),
                &mut out,
            );
            let ranks = out.len() - RANKS;
            for (nth, scores) in ranked.iter().enumerate() {
                out[ranks + nth] = if RANK_READS_CONTEXT[nth] {
                    (rank_of(scores, at) as f32).ln_1p()
                } else {
                    self.features[at * FEATURES + FIRST_RANK + nth]
                };
            }
        }
        out
    }

    fn summary(&self, left_out: Option<usize>) -> ContextSummary {
        let Evidence { context, parts, .. } = self.evidence;
        let kept = context.iter().zip(parts).enumerate();
        let kept = kept.filter(|&(at, _)| Some(at) != left_out);
        let rows: Vec<(usize, f32)> = kept
            .map(|(_, (event, &part))| (event.item.row(), part))
            .collect();
        let priced = rows
            .iter()
            .filter_map(|&(row, part)| Some((self.stats.columns.log_price[row]?, part)));
        let (price, prices) = priced.fold((0.0, 0.0), |(sum, parts), (price, part)| {
            (sum + part * price, parts + part)
        });
        let popularity = |&(row, _): &(usize, f32)| self.stats.log_popularity[row];
        let len = rows.iter().fold(0.0, |sum, (_, part)| sum + part);
        let divisor = len.max(1.0);
        ContextSummary {
            left_out,
            len,
            divisor,
            mean_price: (prices > 0.0).then(|| price / prices),
            mean_popularity: rows.iter().map(|row| row.1 * popularity(row)).sum::<f32>() / divisor,
            min_popularity: rows.iter().map(popularity).reduce(f32::min).unwrap_or(0.0),
        }
    }

    /// The inputs of one candidate's formulas.
    #[inline]
    fn inputs<'b>(
        &'b self,
        at: usize,
        scores: &'b AggregatedScores,
        logit: f32,
        context: &'b ContextSummary,
    ) -> CandidateInputs<'b> {
        let (pack, stats) = (self.pack, self.stats);
        let Evidence {
            context: context_items,
            parts,
            history,
            promotions,
        } = self.evidence;
        let row = self.items[at] as usize;
        let near = &self.near[at * context_items.len()..(at + 1) * context_items.len()];
        let (mut near_mean, mut near_max) = (0f32, if context.len == 0.0 { 0f32 } else { -1.0 });
        let mut near_last = 0.0;
        for (_, (&near, &part)) in near
            .iter()
            .zip(parts)
            .enumerate()
            .filter(|&(at, _)| Some(at) != context.left_out)
        {
            near_mean += part * near / context.divisor;
            near_max = near_max.max(near);
            near_last = near;
        }
        CandidateInputs {
            row,
            stats,
            context,
            context_items,
            parts,
            scores,
            logit,
            bias: pack.item_table().bias[row],
            repeat_rate: pack.repeat_rates()[row],
            near_mean,
            near_max,
            near_last,
            visits: history.visit_signals(row, pack, stats),
            dismissals: history.dismissal_signals(row, pack, stats),
            promotion: promotions.shares(row),
        }
    }

    fn rank_inputs<'b>(
        &'b self,
        scores: &'b [AggregatedScores],
        logits: &'b [f32],
    ) -> RankInputs<'b> {
        RankInputs {
            items: self.items,
            stats: self.stats,
            scores,
            logits,
            history: self.evidence.history,
        }
    }
}

/// How many scores come before the one at `at`: larger ones, and equal ones with a smaller index.
fn rank_of(scores: &[f32], at: usize) -> u32 {
    let Some(&own) = scores.get(at) else { return 0 };
    let before: u32 = scores[..at]
        .iter()
        .map(|&score| u32::from(score >= own))
        .sum();
    let after: u32 = scores[at..]
        .iter()
        .map(|&score| u32::from(score > own))
        .sum();
    before + after
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::ItemCounts;
    use crate::toy;
    use fewshop_core::{EventKind, ItemIx};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// The definition of a reason: the same candidates, as if the context item had never been.
        #[test]
        fn leaving_an_item_out_is_a_run_without_it(
            rows in prop::collection::btree_set(0u32..60, 1..8),
            embedding in prop::collection::vec(-1f32..1.0, 8),
        ) {
            let pack = toy::pack();
            let stats = toy_stats(&pack);
            let history = ShopperHistory::of(None, vec![ItemIx(59)], &pack, &stats);
            let promotions = DayPromotions::default();
            let context: Vec<Event> =
                rows.iter().map(|&row| Event::new(ItemIx(row), EventKind::View)).collect();
            // Some of them stand for words and count as a third of one.
            let parts: Vec<f32> =
                rows.iter().map(|row| if row % 4 == 0 { 1.0 / 3.0 } else { 1.0 }).collect();
            let items: Vec<u32> = (0..60).filter(|row| !rows.contains(row)).collect();
            let logits = kernels::scan(pack.item_table(), &embedding, pack.config().logit_scale);
            let scores = PairScores::of(&context, &parts, &pack, &stats, true);
            let evidence = Evidence { context: &context, parts: &parts, history: &history, promotions: &promotions };
            let matrix = FeatureMatrix::of(&items, evidence, &logits, &scores, &pack, &stats);
            let wanted: Vec<usize> = (0..items.len()).step_by(3).collect();
            for left_out in 0..context.len() {
                let mut rest = context.clone();
                rest.remove(left_out);
                let mut rest_parts = parts.clone();
                rest_parts.remove(left_out);
                let scores = PairScores::of(&rest, &rest_parts, &pack, &stats, true);
                let evidence = Evidence { context: &rest, parts: &rest_parts, history: &history, promotions: &promotions };
                let fresh = FeatureMatrix::of(&items, evidence, &logits, &scores, &pack, &stats);
                let fresh: Vec<f32> = wanted
                    .iter()
                    .flat_map(|at| &fresh.features[at * FEATURES..(at + 1) * FEATURES])
                    .copied()
                    .collect();
                prop_assert_eq!(matrix.without(left_out, &embedding, &wanted), fresh);
            }
        }
    }

    fn toy_stats(pack: &Pack) -> ItemStats {
        let counts = ItemCounts {
            popularity: pack.popularity(),
            recent: pack.recent_popularity(),
            seasonal: pack.seasonal_counts(),
        };
        ItemStats::of(pack.catalogue(), counts, pack.item_table(), pack.config())
    }
}
