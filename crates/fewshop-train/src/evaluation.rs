//! Asks a pack about cases and scores its answers with the referee's metrics.

use std::collections::BTreeMap;

use anyhow::Result;
use fewshop_core::metrics::{self, CaseScore};
use fewshop_core::{ItemIx, Recommendation, Session};
use fewshop_model::{RankOptions, Recommender};
use rayon::prelude::*;
use serde::Serialize;

use crate::files::Case;
use crate::progress::Progress;

/// One scored case.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    /// Shots, or visits, that it is counted under.
    pub k: u32,
    /// Its shopper.
    pub user: String,
    /// Its score.
    pub score: CaseScore,
}

/// Means over the cases of one k.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Means {
    /// Cases with wanted items.
    pub cases: usize,
    /// Mean NDCG@10.
    #[serde(rename = "ndcg@10")]
    pub ndcg_at_10: f64,
    /// Mean Recall@20.
    #[serde(rename = "recall@20")]
    pub recall_at_20: f64,
    /// Mean reciprocal rank.
    #[serde(rename = "mrr@20")]
    pub mrr_at_20: f64,
    /// Share of cases with a hit in the first 10.
    #[serde(rename = "hit@10")]
    pub hit_at_10: f64,
}

/// The top `n` for every case, in the order of the cases.
///
/// # Errors
/// When a case names a row that the pack does not have, or the backend fails.
pub fn recommend(recommender: &Recommender, cases: &[Case], n: usize, frozen: bool) -> Result<Vec<Vec<Recommendation>>> {
    let options = RankOptions { n, frozen, reasons: false, ..RankOptions::default() };
    let progress = Progress::of("Ranking", cases.len() as u64);
    let out: Result<Vec<_>> = cases
        .par_iter()
        .map(|case| {
            let mut one = recommender.clone();
            one.set_session(Session { visits: case.visits.clone(), ..Session::of_items(&case.shots) })?;
            let ranking = pollster::block_on(one.rank(&options))?;
            progress.step();
            Ok(ranking.picks)
        })
        .collect();
    let out = out?;
    progress.finish(&format!("Ranked {} cases over {} products", cases.len(), recommender.catalogue().len()));
    Ok(out)
}

/// Scores the answers; a case of which nothing is wanted has no score and is left out.
#[must_use]
pub fn score(cases: &[Case], wanted: &[Vec<ItemIx>], ranked: &[Vec<Recommendation>]) -> Vec<Evaluated> {
    let each = cases.iter().zip(wanted).zip(ranked);
    each.filter_map(|((case, wanted), picks)| {
        let items: Vec<ItemIx> = picks.iter().map(|pick| pick.item).collect();
        let score = metrics::score(&metrics::hits(&items, wanted, &case.shots), wanted.len())?;
        Some(Evaluated { k: case.k, user: case.user.clone(), score })
    })
    .collect()
}

/// Means by k.
#[must_use]
pub fn means(scored: &[Evaluated]) -> BTreeMap<u32, Means> {
    let mut out: BTreeMap<u32, Means> = BTreeMap::new();
    for one in scored {
        let m = out.entry(one.k).or_default();
        m.cases += 1;
        m.ndcg_at_10 += one.score.ndcg_at_10;
        m.recall_at_20 += one.score.recall_at_20;
        m.mrr_at_20 += one.score.mrr_at_20;
        m.hit_at_10 += one.score.hit_at_10;
    }
    for m in out.values_mut() {
        let n = m.cases as f64;
        m.ndcg_at_10 /= n;
        m.recall_at_20 /= n;
        m.mrr_at_20 /= n;
        m.hit_at_10 /= n;
    }
    out
}

/// The means as a training card holds them, rounded to four digits.
#[must_use]
pub fn card_metrics(scored: &[Evaluated]) -> BTreeMap<String, BTreeMap<u32, f64>> {
    let rounded = |x: f64| (x * 1e4).round() / 1e4;
    let mut out: BTreeMap<String, BTreeMap<u32, f64>> = BTreeMap::new();
    for (k, m) in means(scored) {
        out.entry("ndcg@10".to_owned()).or_default().insert(k, rounded(m.ndcg_at_10));
        out.entry("recall@20".to_owned()).or_default().insert(k, rounded(m.recall_at_20));
    }
    out
}

/// Share of the cases of each k whose NDCG@10 fell against the other answers to the same cases.
#[must_use]
pub fn harm(scored: &[Evaluated], against: &[Evaluated]) -> BTreeMap<u32, f64> {
    let mut out: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    for (one, other) in scored.iter().zip(against) {
        let (fell, cases) = out.entry(one.k).or_default();
        *cases += 1.0;
        // Equal rankings give equal sums; the margin is the referee's.
        *fell += f64::from(u8::from(one.score.ndcg_at_10 < other.score.ndcg_at_10 - 1e-12));
    }
    out.into_iter().map(|(k, (fell, cases))| (k, fell / cases)).collect()
}
