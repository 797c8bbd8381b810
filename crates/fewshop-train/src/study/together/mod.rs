//! What privacy costs: a pack refreshed by what the devices of shoppers would tell together, against
//! the same pack as trained and refreshed in the clear.
//!
//! A visit's report says which products of a watch list it took: at most `most` of them, drawn at
//! random if there are more. Reports are added up, each of two aggregators adds discrete Gaussian
//! noise in full (so that the promise holds against the other one too), and the noisy sums refresh
//! the pack ([`refresh_by_counts`]).

mod noise;
mod text;

use std::collections::{HashMap, HashSet};

use anyhow::{Result, ensure};
use fewshop_core::ItemIx;
use fewshop_data::progress::Progress;
use fewshop_eval::{Bootstrap, EvalSet};
use fewshop_model::Pack;
use fewshop_privacy::sigma_for_report;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

pub use super::judge::Quality;
use super::judge::{Column, Judge};
use crate::learner::{AddedUp, refresh, refresh_by_counts, watch_list};
use noise::discrete_gaussian;
pub use text::{grouped, table};

/// Each of the two aggregators adds the whole noise.
const AGGREGATORS: usize = 2;

/// What is simulated.
#[derive(Debug, Clone, PartialEq)]
pub struct TogetherConfig {
    /// Length of the watch list.
    pub watch: usize,
    /// Products that a visit may report.
    pub most: usize,
    /// Products that a visit must have taken to report at all; as the pack's seasonal counts demand,
    /// if not given.
    pub shortest: Option<usize>,
    /// ε of one visit.
    pub epsilons: Vec<f64>,
    /// Numbers of visits that report.
    pub visits: Vec<usize>,
    /// δ of one visit.
    pub delta: f64,
    /// Draws of visits and noise for each ε and number of visits.
    pub seeds: u64,
    /// Numbers of pairs for the rows of [`Told::Pairs`].
    pub pairs: Vec<usize>,
}

/// How a pack was refreshed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// Not at all.
    Nothing,
    /// By all sessions, as `fewshop refresh` does.
    Sessions,
    /// By all sessions, but only these of the pack's pairs, those that it counts most: what reports
    /// of so many pairs could bring at the most, without any noise.
    Pairs(usize),
    /// By the exact counts of the watch list, of all visits that would report.
    Counts,
    /// By noisy counts.
    Noisy {
        /// ε of one visit.
        epsilon: f64,
        /// σ of one aggregator's noise.
        sigma: f64,
        /// Visits that reported.
        visits: usize,
        /// Whether visits were drawn with replacement, because the log has fewer.
        resampled: bool,
    },
}

/// One refresh.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TogetherRow {
    /// How it was told.
    pub told: Told,
    /// Share of a product's deviation that the noise left, mean over draws; 1 where nothing was
    /// pulled in.
    pub kept: f64,
    /// All products.
    pub all: Quality,
    /// Without the 50 bestsellers.
    pub beyond: Quality,
    /// Before any click: what everybody is shown first.
    pub first: Quality,
}

/// All figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TogetherResult {
    /// Products of the watch list.
    pub watched: usize,
    /// Products that a visit reports at the most.
    pub most: usize,
    /// Products that a visit must have taken to report.
    pub shortest: usize,
    /// δ of one visit.
    pub delta: f64,
    /// Sessions that came after the training.
    pub sessions: usize,
    /// Visits among them that would report.
    pub available: usize,
    /// Draws of each noisy row.
    pub seeds: u64,
    /// Cases, and their shoppers.
    pub cases: [usize; 2],
    /// Not refreshed first, then in the clear, with few pairs, by exact counts, and by noisy ones.
    pub rows: Vec<TogetherRow>,
}

/// Places in the watch list of what each visit took.
fn reports(list: &[ItemIx], visits: &[&Vec<u32>]) -> Vec<Vec<usize>> {
    let place: HashMap<u32, usize> = list
        .iter()
        .enumerate()
        .map(|(at, item)| (item.0, at))
        .collect();
    let of = |visit: &&Vec<u32>| {
        let mut places: Vec<usize> = visit
            .iter()
            .filter_map(|item| place.get(item).copied())
            .collect();
        places.sort_unstable();
        places.dedup();
        places
    };
    visits.iter().map(of).collect()
}

/// Adds up reports of at most `most` products each.
fn added_up<'a>(
    list: &[ItemIx],
    reports: impl Iterator<Item = &'a Vec<usize>>,
    most: usize,
    rng: &mut ChaCha8Rng,
) -> AddedUp {
    let mut counts = vec![0; list.len()];
    let mut visits = 0;
    for report in reports {
        visits += 1;
        let mut drawn = report.clone();
        // Which ones are left out is chance, so that no product is favoured.
        let (taken, _) = drawn.partial_shuffle(rng, most);
        for &mut at in taken {
            counts[at] += 1;
        }
    }
    AddedUp {
        items: list.to_vec(),
        counts,
        visits,
        noise: 0.0,
    }
}

/// The pack refreshed in the clear, but with the new values of the `n` most counted pairs alone.
fn with_pairs(pack: &Pack, clear: &Pack, n: usize) -> Result<Pack> {
    let mut all: Vec<(f32, u32, u32)> = Vec::new();
    for row in 0..pack.catalogue().len() {
        let pairs = pack.pairs().row(row).filter(|pair| row < pair.to);
        all.extend(pairs.map(|pair| (pair.count, row as u32, pair.to as u32)));
    }
    all.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let watched: HashSet<(u32, u32)> = all.iter().take(n).map(|one| (one.1, one.2)).collect();
    let mut table = pack.pairs().clone();
    for row in 0..pack.catalogue().len() {
        for at in table.offsets[row] as usize..table.offsets[row + 1] as usize {
            let (from, to) = (row as u32, table.items[at]);
            if !watched.contains(&(from.min(to), from.max(to))) {
                continue;
            }
            let mut now = clear.pairs().row(row);
            if let Some(new) = now.find(|pair| pair.to == to as usize) {
                (table.counts[at], table.regression[at]) = (new.count, new.regression);
            }
        }
    }
    Ok(clear.clone().edit(|parts| parts.pairs = table)?)
}

/// Simulates. `sessions` are the products of each session between the training and the first case;
/// the cases use the rows of the pack.
///
/// # Errors
/// When no visit is long enough to report, a setting makes no sense, or a case names a row that the
/// pack does not have.
pub fn run(
    pack: &Pack,
    sessions: &[Vec<u32>],
    eval_set: &EvalSet,
    config: &TogetherConfig,
    seed: u64,
) -> Result<TogetherResult> {
    let shortest = config
        .shortest
        .unwrap_or(pack.config().seasonal_min_items)
        .max(1);
    let visits: Vec<&Vec<u32>> = sessions
        .iter()
        .filter(|one| one.len() >= shortest)
        .collect();
    ensure!(
        !visits.is_empty(),
        "none of the {} sessions has {shortest} products: a smaller --shortest lets more of them report",
        sessions.len()
    );
    if let Some(most) = config.visits.iter().max() {
        ensure!(
            config.delta * (*most as f64) < 1.0,
            "δ is {}: with {most} visits it must be below {}, or it may mean the whole visit of one of them",
            config.delta,
            1.0 / *most as f64
        );
    }
    let list = watch_list(pack, config.watch);
    let reports = reports(&list, &visits);
    let judge = Judge::new(eval_set, pack);
    let trained = judge.columns(pack)?;
    let row = |told: Told, kept: f64, draws: &[[Column; 3]]| {
        let of = |at: usize| {
            let columns: Vec<Column> = draws.iter().map(|draw| draw[at].clone()).collect();
            judge.quality(at, &columns, &trained[at])
        };
        TogetherRow {
            told,
            kept,
            all: of(0),
            beyond: of(1),
            first: of(2),
        }
    };
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut rows = vec![row(Told::Nothing, 1.0, std::slice::from_ref(&trained))];
    let (clear, _) = refresh(pack, sessions)?;
    rows.push(row(Told::Sessions, 1.0, &[judge.columns(&clear)?]));
    for &n in &config.pairs {
        let few = with_pairs(pack, &clear, n)?;
        rows.push(row(Told::Pairs(n), 1.0, &[judge.columns(&few)?]));
    }
    let exact = added_up(&list, reports.iter(), usize::MAX, &mut rng);
    let (counted, moved) = refresh_by_counts(pack, &exact)?;
    rows.push(row(Told::Counts, moved.kept, &[judge.columns(&counted)?]));
    let progress = Progress::of(
        "Noisy refreshes",
        (config.epsilons.len() * config.visits.len()) as u64 * config.seeds,
    );
    for &epsilon in &config.epsilons {
        let sigma = sigma_for_report(epsilon, config.delta, config.most as u64)?;
        for &n in &config.visits {
            let resampled = n > reports.len();
            let (mut draws, mut kept) = (Vec::new(), 0.0);
            for _ in 0..config.seeds {
                let reports: Vec<&Vec<usize>> = if resampled {
                    let at = |_| &reports[rng.random_range(0..reports.len())];
                    (0..n).map(at).collect()
                } else {
                    let mut order: Vec<&Vec<usize>> = reports.iter().collect();
                    order.partial_shuffle(&mut rng, n).0.to_vec()
                };
                let mut sums = added_up(&list, reports.into_iter(), config.most, &mut rng);
                for count in &mut sums.counts {
                    for _ in 0..AGGREGATORS {
                        *count += discrete_gaussian(sigma, &mut rng);
                    }
                }
                sums.noise = sigma * (AGGREGATORS as f64).sqrt();
                let (told, moved) = refresh_by_counts(pack, &sums)?;
                kept += moved.kept / config.seeds as f64;
                draws.push(judge.columns(&told)?);
                progress.step();
            }
            let told = Told::Noisy {
                epsilon,
                sigma,
                visits: n,
                resampled,
            };
            rows.push(row(told, kept, &draws));
        }
    }
    progress.finish(&format!("Refreshed {} times", rows.len()));
    let (_, users) = judge.cases(0);
    Ok(TogetherResult {
        watched: list.len(),
        most: config.most,
        shortest,
        delta: config.delta,
        sessions: sessions.len(),
        available: visits.len(),
        seeds: config.seeds,
        cases: [users.len(), Bootstrap::over(users).shoppers()],
        rows,
    })
}

#[cfg(test)]
mod tests;
