//! Packs of one shop on one set of cases, each against the pack as trained.

use std::collections::{BTreeMap, HashSet};

use anyhow::Result;
use fewshop_core::{ItemIx, Recommendation};
use fewshop_data::files::EvalCase;
use fewshop_eval::{Bootstrap, EvalSet, Interval, PICKS, recommend, score};
use fewshop_model::{Model, Pack};
use serde::{Deserialize, Serialize};

use crate::learner::watch_list;

/// Products that everyone buys: left out of the second figure.
const BESTSELLERS: usize = 50;
/// Resamples of an interval, as everywhere.
const DRAWS: u64 = 2_000;

/// NDCG@10 of one pack, means over its draws.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Quality {
    /// Mean by number of known products.
    pub by_k: BTreeMap<u32, f64>,
    /// Mean over those.
    pub mean: f64,
    /// Minus the pack as trained.
    pub gain: f64,
    /// 95 % interval of the gain over shoppers.
    pub interval: Interval,
    /// Gains of the worst and the best draw.
    pub draws: [f64; 2],
}

impl Quality {
    /// Whether it is better than no refresh beyond chance: the interval excludes 0, and no draw of
    /// noise and visits did worse.
    #[must_use]
    pub fn helps(&self) -> bool {
        self.interval[0] > 0.0 && self.draws[0] > 0.0
    }
}

/// NDCG@10 of each case that has something to find.
pub(super) type Column = Vec<f64>;

/// Scores packs on one set of cases.
pub(super) struct Judge {
    bestsellers: HashSet<ItemIx>,
    /// The cases, the same without the bestsellers, and their sessions before any click.
    sets: [EvalSet; 3],
}

impl Judge {
    /// The bestsellers are those of `pack`.
    pub(super) fn new(eval_set: &EvalSet, pack: &Pack) -> Self {
        let bestsellers: HashSet<ItemIx> = watch_list(pack, BESTSELLERS).into_iter().collect();
        let beyond = eval_set.relevant.iter().map(|items| {
            let rest = items.iter().filter(|item| !bestsellers.contains(item));
            rest.copied().collect()
        });
        let beyond = EvalSet {
            queries: eval_set.queries.clone(),
            relevant: beyond.collect(),
        };
        // A session has one case for each k: those of the smallest name each session once.
        let smallest = eval_set.queries.iter().map(|case| case.k).min();
        let cases = eval_set.queries.iter().zip(&eval_set.relevant);
        let first = cases
            .filter(|(case, _)| Some(case.k) == smallest && case.visits.is_empty())
            .map(|(case, relevant)| {
                let before = EvalCase {
                    k: 0,
                    context: Vec::new(),
                    ..case.clone()
                };
                (before, [case.context.clone(), relevant.clone()].concat())
            });
        let (queries, relevant) = first.unzip();
        Self {
            sets: [eval_set.clone(), beyond, EvalSet { queries, relevant }],
            bestsellers,
        }
    }

    pub(super) fn columns(&self, pack: &Pack) -> Result<[Column; 3]> {
        let model = Model::new(pack.clone());
        let [cases, beyond, first] = &self.sets;
        let all = recommend(&model, &cases.queries, PICKS + BESTSELLERS, false)?;
        let rest: Vec<Vec<Recommendation>> = all
            .iter()
            .map(|picks| {
                let rest = picks
                    .iter()
                    .filter(|pick| !self.bestsellers.contains(&pick.item));
                rest.cloned().collect()
            })
            .collect();
        let before = recommend(&model, &first.queries, PICKS, false)?;
        let column = |set: &EvalSet, ranked: &[Vec<Recommendation>]| {
            let scored = score(&set.queries, &set.relevant, ranked);
            scored.iter().map(|one| one.score.ndcg_at_10).collect()
        };
        Ok([
            column(cases, &all),
            column(beyond, &rest),
            column(first, &before),
        ])
    }

    /// k and shopper of each entry of a column.
    pub(super) fn cases(&self, of: usize) -> (Vec<u32>, Vec<&str>) {
        let set = &self.sets[of];
        let scored = set.queries.iter().zip(&set.relevant);
        scored
            .filter(|(_, relevant)| !relevant.is_empty())
            .map(|(case, _)| (case.k, case.user.as_str()))
            .unzip()
    }

    pub(super) fn quality(&self, of: usize, draws: &[Column], trained: &[f64]) -> Quality {
        let (ks, users) = self.cases(of);
        let minus: Vec<Column> = draws
            .iter()
            .map(|draw| draw.iter().zip(trained).map(|(a, b)| a - b).collect())
            .collect();
        let gains: Vec<f64> = minus.iter().map(|draw| mean(&by_k(&ks, draw))).collect();
        let average = |columns: &[Column]| -> Column {
            (0..trained.len())
                .map(|at| {
                    columns.iter().map(|column| column[at]).sum::<f64>() / columns.len() as f64
                })
                .collect()
        };
        let by_k = by_k(&ks, &average(draws));
        Quality {
            mean: mean(&by_k),
            by_k,
            gain: gains.iter().sum::<f64>() / gains.len().max(1) as f64,
            interval: Bootstrap::over(users).mean_over_groups(
                &average(&minus),
                &ks,
                0.05,
                DRAWS,
                0,
            ),
            draws: [
                gains.iter().copied().fold(f64::INFINITY, f64::min),
                gains.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            ],
        }
    }
}

fn by_k(ks: &[u32], values: &[f64]) -> BTreeMap<u32, f64> {
    let mut sums: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    for (&k, value) in ks.iter().zip(values) {
        let sum = sums.entry(k).or_default();
        *sum = (sum.0 + value, sum.1 + 1.0);
    }
    sums.into_iter().map(|(k, (sum, n))| (k, sum / n)).collect()
}

fn mean(by_k: &BTreeMap<u32, f64>) -> f64 {
    by_k.values().sum::<f64>() / by_k.len().max(1) as f64
}
