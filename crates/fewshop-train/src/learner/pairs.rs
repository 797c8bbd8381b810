//! Pair counts and regression weights: counts them, solves for them, and prunes them to the
//! partners that any of the weightings keeps.

use fewshop_core::neighbours::{CovisitConfig, NeighbourTable, covisit};
use fewshop_core::{ItemIx, metrics};
use fewshop_data::files::Log;
use fewshop_data::progress::Progress;
use fewshop_model::{ModelConfig, Pack, PairTable, RefreshConfig, kernels};
use rayon::prelude::*;

use super::PairsConfig;
use super::regression;
use super::sessions::TrainingCase;

/// The number of sessions that contain each product.
pub fn popularity(sessions: &[impl AsRef<[u32]>], items: usize) -> Vec<u32> {
    let mut counts = vec![0; items];
    for &item in sessions.iter().flat_map(AsRef::as_ref) {
        counts[item as usize] += 1;
    }
    counts
}

/// The same over the last `share` of the sessions, which are ordered by time.
pub fn recent(sessions: &[Vec<u32>], items: usize, share: f64) -> Vec<u32> {
    let from = (sessions.len() as f64 * (1.0 - share)) as usize;
    popularity(&sessions[from.min(sessions.len())..], items)
}

/// Weighting of the counts, selected on the first round's held-out sessions and then fixed.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Weights {
    pub(crate) length_power: f32,
    pub(crate) covisit_alpha: f32,
    pub(crate) covisit_shrink: f32,
    pub(crate) cosine_shrink: f32,
    /// A multiple of the mean popularity, so that it applies to a part of the log and to the whole.
    pub(crate) ridge: f32,
}

impl Weights {
    /// The pair table of a pack.
    pub(crate) fn into(self, model: ModelConfig) -> ModelConfig {
        ModelConfig {
            covisit_alpha: self.covisit_alpha,
            covisit_shrink: self.covisit_shrink,
            cosine_shrink: self.cosine_shrink,
            ..model
        }
    }
}

impl Weights {
    /// How a refresh adds sessions, before its own weights are selected.
    pub(crate) fn refresh(self, config: &PairsConfig, log: &Log) -> RefreshConfig {
        RefreshConfig {
            count_weight: 1.0,
            regression_weight: 0.0,
            length_power: self.length_power,
            ridge: self.ridge,
            keep: [
                config.keep_covisit,
                config.keep_cosine,
                config.keep_regression,
            ],
            counted_until: log.sessions.last().map_or(0, |session| session.time_s),
        }
    }
}

/// Maximum partners per product while counting. The rest would be pruned later and takes most of
/// the memory.
const PARTNERS: usize = 4_000;

/// Pair counts of each product with its `partners` most frequent partners. With alpha 0 and shrink
/// 0 the weight is c / n(i); multiplied by n(i) it is the count.
pub(crate) fn count(
    sessions: &[Vec<u32>],
    items: usize,
    length_power: f32,
    partners: usize,
) -> NeighbourTable {
    covisit(
        sessions,
        items,
        CovisitConfig {
            alpha: 0.0,
            shrink: 0.0,
            keep: partners,
            length_power,
        },
    )
}

/// Number of held-out sessions on which weightings are compared: enough to resolve 0.002 NDCG@10.
pub(crate) const COMPARED_CASES: usize = 2_000;

/// Selects the weightings of the counts and the ridge, each by its own NDCG@10 on the held-out
/// sessions.
pub(crate) fn choose_weights(
    sessions: &[Vec<u32>],
    popularity: &[u32],
    cases: &[TrainingCase],
    config: &PairsConfig,
) -> Weights {
    let items = popularity.len();
    let first = cases
        .iter()
        .filter(|e| !e.context.is_empty() && e.visits.is_empty());
    let cases: Vec<&TrainingCase> = first.take(COMPARED_CASES).collect();
    let n: Vec<f32> = popularity.iter().map(|&n| n as f32).collect();
    let (alphas, shrinks) = (&config.covisit_alpha, &config.covisit_shrink);
    let steps = config.length_power.len()
        * (alphas.len() * shrinks.len() + config.cosine_shrink.len())
        + config.ridge.len();
    let progress = Progress::of("Weights of the pair counts", steps as u64);
    let mut best = (f64::MIN, [0.0; 2], Weights::default());
    for &length_power in &config.length_power {
        let counts = count(sessions, items, length_power, PARTNERS);
        let mut weights = Weights {
            length_power,
            ..Weights::default()
        };
        let mut covisits = f64::MIN;
        for (&alpha, &shrink) in alphas
            .iter()
            .flat_map(|a| shrinks.iter().map(move |s| (a, s)))
        {
            let column: Vec<f32> = n.iter().map(|n| n.max(1.0).powf(-alpha)).collect();
            let ndcg = alone(items, &cases, |from, add| {
                counts.row(ItemIx(from)).for_each(|(to, w)| {
                    let own = n[from as usize];
                    add(to.row(), w * own / (own + shrink) * column[to.row()]);
                });
            });
            progress.note(&format!("length^-{length_power}, co-visitation alpha {alpha} shrink {shrink}: NDCG@10 {ndcg:.4}"));
            progress.step();
            if ndcg > covisits {
                covisits = ndcg;
                (weights.covisit_alpha, weights.covisit_shrink) = (alpha, shrink);
            }
        }
        let mut cosines = f64::MIN;
        for &shrink in &config.cosine_shrink {
            let root: Vec<f32> = n.iter().map(|n| 1.0 / (n + shrink).sqrt()).collect();
            let ndcg = alone(items, &cases, |from, add| {
                counts.row(ItemIx(from)).for_each(|(to, w)| {
                    add(
                        to.row(),
                        w * n[from as usize] * root[from as usize] * root[to.row()],
                    );
                });
            });
            progress.note(&format!(
                "length^-{length_power}, cosine shrink {shrink}: NDCG@10 {ndcg:.4}"
            ));
            progress.step();
            if ndcg > cosines {
                cosines = ndcg;
                weights.cosine_shrink = shrink;
            }
        }
        if covisits + cosines > best.0 {
            best = (covisits + cosines, [covisits, cosines], weights);
        }
    }
    let (_, [covisits, cosines], mut weights) = best;
    let mut regressions = f64::MIN;
    let counts = count(sessions, items, 0.0, PARTNERS);
    let mean = mean(&n);
    let ridges: Vec<f32> = config.ridge.iter().map(|ridge| ridge * mean).collect();
    let solved = regression::fit(&counts, popularity, &ridges, config.regressors);
    for (&ridge, targets) in config.ridge.iter().zip(&solved) {
        let spoken = regression::by_regressor(targets);
        let ndcg = alone(items, &cases, |from, add| {
            spoken[from as usize]
                .iter()
                .for_each(|&(to, weight)| add(to as usize, weight));
        });
        progress.note(&format!(
            "regression ridge {ridge} × {mean:.0}: NDCG@10 {ndcg:.4}"
        ));
        progress.step();
        if ndcg > regressions {
            regressions = ndcg;
            weights.ridge = ridge;
        }
    }
    progress.finish(&format!(
        "Pair counts: length^-{}, co-visitation alpha {} shrink {} (NDCG@10 {covisits:.4} alone), cosine shrink {} ({cosines:.4}), \
         regression ridge {} × {mean:.0} ({regressions:.4})",
        weights.length_power, weights.covisit_alpha, weights.covisit_shrink, weights.cosine_shrink, weights.ridge
    ));
    weights
}

/// Mean NDCG@10 of ranking by summed weights alone; `add_scores` adds one context item's weights to
/// each product's score.
fn alone(
    items: usize,
    cases: &[&TrainingCase],
    add_scores: impl Fn(u32, &mut dyn FnMut(usize, f32)) + Sync,
) -> f64 {
    let scores: Vec<f64> = cases
        .par_iter()
        .map_init(
            || vec![0f32; items],
            |sums, case| {
                sums.fill(0.0);
                for &item in &case.context {
                    add_scores(item, &mut |to, weight| sums[to] += weight);
                }
                let top = kernels::top_k(sums, 20, &|row| !case.context.contains(&(row as u32)));
                metrics::score(
                    &metrics::hits(&top, &case.relevant, &[]),
                    case.relevant.len(),
                )
                .map_or(0.0, |s| s.ndcg_at_10)
            },
        )
        .collect();
    scores.iter().sum::<f64>() / scores.len().max(1) as f64
}

fn mean(n: &[f32]) -> f32 {
    (n.iter().sum::<f32>() / n.len().max(1) as f32).max(1.0)
}

/// Counts, solves, and keeps the strongest partners of each row by each weighting.
pub(crate) fn table(
    sessions: &[Vec<u32>],
    popularity: &[u32],
    config: &PairsConfig,
    weights: Weights,
) -> PairTable {
    let items = popularity.len();
    let n: Vec<f32> = popularity.iter().map(|&n| n as f32).collect();
    let raw = count(sessions, items, 0.0, PARTNERS);
    let solved = regression::fit(
        &raw,
        popularity,
        &[weights.ridge * mean(&n)],
        config.regressors,
    );
    let spoken = regression::by_regressor(&solved[0]);
    drop(solved);
    let counts = if weights.length_power == 0.0 {
        raw
    } else {
        count(sessions, items, weights.length_power, PARTNERS)
    };
    let rows = (0..items).map(|item| {
        counts
            .row(ItemIx::from(item))
            .map(|(to, weight)| (to.0, weight * n[item]))
            .collect()
    });
    pruned(
        rows,
        &spoken,
        popularity,
        |_| {
            Some(Kept {
                covisit: config.keep_covisit,
                cosine: config.keep_cosine,
                regression: config.keep_regression,
            })
        },
        weights.covisit_alpha,
        weights.cosine_shrink,
    )
}

/// Numbers of partners that each weighting keeps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    pub(crate) covisit: usize,
    pub(crate) cosine: usize,
    pub(crate) regression: usize,
}

/// Keeps the strongest partners of each row by each weighting; all of a row for which `keep` is
/// `None`.
///
/// # Shapes
/// - `rows`: `[items]` lists of `(partner, count)`
/// - `regression`: `[items]` lists of `(partner, weight)`
pub(crate) fn pruned(
    rows: impl Iterator<Item = Vec<(u32, f32)>>,
    regression: &[Vec<(u32, f32)>],
    popularity: &[u32],
    keep: impl Fn(usize) -> Option<Kept>,
    covisit_alpha: f32,
    cosine_shrink: f32,
) -> PairTable {
    let items = popularity.len();
    let n: Vec<f32> = popularity.iter().map(|&n| n as f32).collect();
    let mut table = PairTable {
        offsets: vec![0],
        joined: true,
        ..PairTable::default()
    };
    let mut solved_row = vec![0f32; items];
    for (item, row) in rows.enumerate() {
        let strongest = |keep: usize, weight: &dyn Fn(u32, f32) -> f32| -> Vec<u32> {
            let mut order: Vec<(f32, u32)> = row
                .iter()
                .map(|&(to, count)| (weight(to, count), to))
                .collect();
            order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            order.into_iter().take(keep).map(|(_, to)| to).collect()
        };
        for &(to, weight) in &regression[item] {
            solved_row[to as usize] = weight;
        }
        let mut kept = match keep(item) {
            None => row.iter().map(|&(to, _)| to).collect(),
            Some(keep) => {
                let mut kept = strongest(keep.covisit, &|to, count| {
                    count / n[to as usize].max(1.0).powf(covisit_alpha)
                });
                kept.extend(strongest(keep.cosine, &|to, count| {
                    count / (n[to as usize] + cosine_shrink).sqrt()
                }));
                kept.extend(strongest(keep.regression, &|to, _| solved_row[to as usize]));
                kept
            }
        };
        kept.sort_unstable();
        kept.dedup();
        for &(to, count) in row.iter().filter(|(to, _)| kept.binary_search(to).is_ok()) {
            table.items.push(to);
            table.counts.push(count);
            table.regression.push(solved_row[to as usize]);
        }
        for &(to, _) in &regression[item] {
            solved_row[to as usize] = 0.0;
        }
        table.offsets.push(table.items.len() as u32);
    }
    table
}

/// NDCG@10 of ranking by each of a pack's pair scores alone: co-visitation, cosine, regression.
pub(crate) fn channels(pack: &Pack, cases: &[&TrainingCase]) -> [f64; 3] {
    let (items, config) = (pack.catalogue().len(), pack.config());
    let n: Vec<f32> = pack.popularity().iter().map(|&n| n as f32).collect();
    let column: Vec<f32> = n
        .iter()
        .map(|n| n.max(1.0).powf(-config.covisit_alpha))
        .collect();
    let root: Vec<f32> = n
        .iter()
        .map(|n| 1.0 / (n + config.cosine_shrink).max(1.0).sqrt())
        .collect();
    let own = |from: u32| 1.0 / (n[from as usize] + config.covisit_shrink).max(1.0);
    let of = |weight: &(dyn Fn(u32, fewshop_model::Pair) -> f32 + Sync)| {
        alone(items, cases, |from, add| {
            for pair in pack.pairs().row(from as usize) {
                add(pair.to, weight(from, pair));
            }
        })
    };
    [
        of(&|from, pair| pair.count * own(from) * column[pair.to]),
        of(&|from, pair| pair.count * root[from as usize] * root[pair.to]),
        of(&|_, pair| pair.regression),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pruned_counts_are_the_counts() {
        let sessions = vec![vec![0, 1], vec![0, 1, 2], vec![0, 2], vec![1, 2]];
        let weights = Weights {
            ridge: 1.0,
            ..Weights::default()
        };
        let table = table(
            &sessions,
            &popularity(&sessions, 3),
            &PairsConfig::default(),
            weights,
        );
        let mut row: Vec<_> = table
            .row(0)
            .map(|pair| (pair.to, pair.count.round()))
            .collect();
        row.sort_by_key(|&(to, _)| to);
        assert_eq!(row, [(1, 2.0), (2, 2.0)]);
    }
}
