//! The same products as a shopper sees them of whom nothing is known, and what the difference is
//! worth: the discount of bestsellers, and how many times likelier a pick became.

use crate::features::{DayPromotions, FEATURES};
use crate::kernels::{self, QuantisedQuery};
use crate::ranking::feature_matrix::{Evidence, FeatureMatrix};
use crate::ranking::model::Model;
use crate::ranking::pair_scores::PairScores;
use crate::ranking::run::{LearnedSession, finite};
use crate::ranking::session_encoder::EncodedSession;
use crate::ranking::shopper_history::ShopperHistory;

/// Bestsellers come into a personal shelf from this lift on. They are the products that a
/// new shopper is shown in any case.
const MIN_BESTSELLER_LIFT: f32 = 2.0;
/// How many of them there are.
const BESTSELLERS: usize = 50;
/// What keeps the other bestsellers behind everything else: more than scores of one answer differ
/// by, and little enough to keep their order.
const BEHIND: f32 = 1e3;
/// Weight of what goes well with the cart: a product that was put there says more than one that was
/// looked at.
const CART_WEIGHT: f32 = 0.35;
/// What one dismissal takes from the other products of its category, as a logarithm of odds.
const DISMISSAL_WEIGHT: f32 = 0.7;
/// Dismissals of one category that count.
const MAX_DISMISSALS: f32 = 3.0;

/// Two scores of each candidate, as log-probabilities among the candidates.
#[derive(Debug)]
pub(crate) struct Comparison {
    own: Vec<f32>,
    new_shopper: Vec<f32>,
}

impl Comparison {
    /// How many times as likely as for a new shopper.
    pub(crate) fn lift(&self, at: usize) -> f32 {
        finite((self.own[at] - self.new_shopper[at]).exp())
    }
}

impl Model {
    /// Compares scores of the ranker with those of a new shopper on the same day; `None` where the two
    /// are the same by definition.
    ///
    /// # Shapes
    /// - `items`, `scores`: rows of the candidates and what the ranker gave them
    pub(crate) fn compare(
        &self,
        learned: &LearnedSession<'_>,
        items: &[u32],
        scores: &[f32],
    ) -> Option<Comparison> {
        if learned.context.is_empty() && learned.history.is_empty() {
            return None;
        }
        let new_shopper = self.new_shopper_scores(learned.promotions, items);
        Some(Comparison {
            own: log_probabilities(scores),
            new_shopper: log_probabilities(&new_shopper),
        })
    }

    fn new_shopper_scores(&self, promotions: &DayPromotions, items: &[u32]) -> Vec<f32> {
        let pack = self.pack();
        let embedding = EncodedSession::of(&[], pack.item_table(), pack.encoder());
        let query = QuantisedQuery::of(&embedding.user_embedding(None));
        let mut logits = vec![0.0; pack.catalogue().len()];
        for &row in items {
            let scale = pack.config().logit_scale;
            logits[row as usize] = kernels::logit(pack.item_table(), row as usize, &query, scale);
        }
        let pair_scores = PairScores::of(&[], &[], pack, &self.stats, false);
        let history = ShopperHistory::default();
        let evidence = Evidence {
            context: &[],
            parts: &[],
            history: &history,
            promotions,
        };
        let matrix = FeatureMatrix::of(items, evidence, &logits, &pair_scores, pack, &self.stats);
        debug_assert_eq!(matrix.features.len(), items.len() * FEATURES);
        let scores = kernels::rank(&matrix.features, pack.ranker());
        scores.into_iter().map(finite).collect()
    }

    /// Scores for a personal shelf: log-probability, less a part of that of a new shopper, with the
    /// bestsellers that are no likelier here behind all others; what goes with the cart counts more,
    /// what is like a dismissed product less.
    ///
    /// # Shapes
    /// - `items`: rows of the candidates
    /// - output: `[items]`
    pub(crate) fn personal_scores(
        &self,
        learned: &LearnedSession<'_>,
        items: &[u32],
        comparison: &Comparison,
    ) -> Vec<f32> {
        let discount = self.discount();
        let mut scores: Vec<f32> = (comparison.own.iter().zip(&comparison.new_shopper))
            .map(|(own, new_shopper)| own - discount * new_shopper)
            .collect();
        let bestsellers = kernels::top_k(&comparison.new_shopper, BESTSELLERS, &|_| true);
        if discount > 0.0 {
            for at in bestsellers.into_iter().map(|at| at as usize) {
                if comparison.lift(at) < MIN_BESTSELLER_LIFT {
                    scores[at] -= BEHIND;
                }
            }
        }
        let cart: Vec<u32> = (learned.context.iter())
            .filter(|event| event.kind.is_taken())
            .map(|event| event.item.0)
            .collect();
        if !cart.is_empty() {
            let lifts = self.mean_lifts(&cart);
            for (score, &row) in scores.iter_mut().zip(items) {
                *score += CART_WEIGHT * lifts[row as usize].max(1.0).ln();
            }
        }
        self.damp(learned, items, &mut scores);
        scores
    }

    /// Takes from the products of dismissed categories, less where the shopper chose more of them.
    fn damp(&self, learned: &LearnedSession<'_>, items: &[u32], scores: &mut [f32]) {
        let category = &self.stats.columns.category;
        let of = |row: usize| Some(category[row]).filter(|&category| category != 0);
        for (score, &row) in scores.iter_mut().zip(items) {
            let Some(own) = of(row as usize) else {
                continue;
            };
            let dismissed = learned.history.dismissed.iter();
            let dismissed = dismissed.filter(|item| of(item.row()) == Some(own)).count() as f32;
            if dismissed > 0.0 {
                let chosen = learned.context.iter();
                let chosen = chosen.filter(|event| of(event.item.row()) == Some(own));
                let part = dismissed / (dismissed + chosen.count() as f32);
                *score -= DISMISSAL_WEIGHT * part * dismissed.min(MAX_DISMISSALS);
            }
        }
    }

    /// How much of everyone's log-probability a personal shelf takes away: what the merchant set,
    /// or what training chose.
    fn discount(&self) -> f32 {
        let pack = self.pack();
        match pack.rules().bestseller_discount {
            Some(percent) => f32::from(percent) / 100.0,
            None => pack.config().bestseller_discount,
        }
    }
}

/// Log of the softmax.
fn log_probabilities(scores: &[f32]) -> Vec<f32> {
    let max = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = scores.iter().map(|score| (score - max).exp()).sum();
    let norm = max + sum.ln();
    scores.iter().map(|score| score - norm).collect()
}
