//! Scores of single queries, and their means for a training card.

use std::collections::BTreeMap;

use fewshop_core::metrics::{self, CaseScore};
use fewshop_core::{ItemIx, Recommendation};
use fewshop_data::files::EvalCase;

/// One scored case.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredCase {
    /// Its number of context items, or of earlier visits.
    pub k: u32,
    /// Its shopper.
    pub user: String,
    /// Its score.
    pub score: CaseScore,
}

/// Scores the rankings; a query without relevant items has no score and is left out.
#[must_use]
pub fn score(
    cases: &[EvalCase],
    relevant: &[Vec<ItemIx>],
    ranked: &[Vec<Recommendation>],
) -> Vec<ScoredCase> {
    let each = cases.iter().zip(relevant).zip(ranked);
    each.filter_map(|((case, relevant), picks)| {
        let items: Vec<ItemIx> = picks.iter().map(|pick| pick.item).collect();
        let score = metrics::score(
            &metrics::hits(&items, relevant, &case.context),
            relevant.len(),
        )?;
        Some(ScoredCase {
            k: case.k,
            user: case.user.clone(),
            score,
        })
    })
    .collect()
}

/// The means in the form of a training card, rounded to four digits.
#[must_use]
pub fn card_metrics(scored: &[ScoredCase]) -> BTreeMap<String, BTreeMap<u32, f64>> {
    let rounded = |x: f64| (x * 1e4).round() / 1e4;
    let mut sums: BTreeMap<u32, (f64, f64, f64)> = BTreeMap::new();
    for one in scored {
        let sum = sums.entry(one.k).or_default();
        sum.0 += 1.0;
        sum.1 += one.score.ndcg_at_10;
        sum.2 += one.score.recall_at_20;
    }
    let mut out: BTreeMap<String, BTreeMap<u32, f64>> = BTreeMap::new();
    for (k, (cases, ndcg, recall)) in sums {
        out.entry("ndcg@10".to_owned())
            .or_default()
            .insert(k, rounded(ndcg / cases));
        out.entry("recall@20".to_owned())
            .or_default()
            .insert(k, rounded(recall / cases));
    }
    out
}
