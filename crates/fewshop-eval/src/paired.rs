//! Compares two rankings by one figure: the mean over k.

use std::collections::BTreeMap;

use crate::{Bootstrap, Interval, ScoredCase};

/// The same as for all other intervals.
const DRAWS: u64 = 2_000;

/// NDCG@10: the mean over k of the means over the cases of that k.
#[must_use]
pub fn mean_over_k(scored: &[ScoredCase]) -> f64 {
    let mut by_k: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    for one in scored {
        let sum = by_k.entry(one.k).or_default();
        *sum = (sum.0 + one.score.ndcg_at_10, sum.1 + 1.0);
    }
    by_k.values().map(|(sum, n)| sum / n).sum::<f64>() / by_k.len().max(1) as f64
}

/// [`mean_over_k`] of the first minus that of the second, which answered the same cases, and its 95
/// % interval: it resamples shoppers and keeps pairs together.
#[must_use]
pub fn paired(one: &[ScoredCase], other: &[ScoredCase]) -> (f64, Interval) {
    let minus: Vec<f64> = one
        .iter()
        .zip(other)
        .map(|(one, other)| one.score.ndcg_at_10 - other.score.ndcg_at_10)
        .collect();
    let groups: Vec<u32> = other.iter().map(|one| one.k).collect();
    let bootstrap = Bootstrap::over(other.iter().map(|one| one.user.as_str()));
    (
        mean_over_k(one) - mean_over_k(other),
        bootstrap.mean_over_groups(&minus, &groups, 0.05, DRAWS, 0),
    )
}
