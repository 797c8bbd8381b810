//! Pair counts: counted, and pruned to the partners that either weighting would keep.

use fewshop_core::neighbours::{CovisitConfig, NeighbourTable, covisit};
use fewshop_core::{ItemIx, metrics};
use fewshop_model::{ModelConfig, PairTable, kernels};
use rayon::prelude::*;

use super::PairsConfig;
use super::sessions::Episode;
use crate::progress::Progress;

/// In how many sessions each product stands.
pub(crate) fn popularity(sessions: &[Vec<u32>], items: usize) -> Vec<u32> {
    let mut counts = vec![0; items];
    for &item in sessions.iter().flatten() {
        counts[item as usize] += 1;
    }
    counts
}

/// The same over the last `share` of the sessions, which are in order of time.
pub(crate) fn recent(sessions: &[Vec<u32>], items: usize, share: f64) -> Vec<u32> {
    let from = (sessions.len() as f64 * (1.0 - share)) as usize;
    popularity(&sessions[from.min(sessions.len())..], items)
}

/// Pair counts of each product with its 4,000 most frequent partners: what is below that is pruned anyhow, and most of the memory.
pub(crate) fn count(sessions: &[Vec<u32>], items: usize) -> NeighbourTable {
    // With alpha 0 and shrink 0 the weight is c / n(i): times n(i) it is the count again.
    covisit(sessions, items, CovisitConfig { alpha: 0.0, shrink: 0.0, keep: 4_000 })
}

/// Weightings are compared on so many held sessions: enough to tell them apart by 0.002 NDCG@10.
const EPISODES: usize = 2_000;

/// Chooses the two weightings of the counts, each by the NDCG@10 that it reaches alone on the held sessions.
pub(crate) fn choose_weights(all: &NeighbourTable, popularity: &[u32], held: &[Episode], config: &PairsConfig) -> ModelConfig {
    let episodes: Vec<&Episode> = held.iter().filter(|e| !e.shots.is_empty()).take(EPISODES).collect();
    let n: Vec<f32> = popularity.iter().map(|&n| n as f32).collect();
    let count = |from: usize, weight: f32| weight * n[from];
    let mut model = ModelConfig::default();
    let steps = config.covisit_alpha.len() * config.covisit_shrink.len() + config.cosine_shrink.len();
    let progress = Progress::of("Weights of the pair counts", steps as u64);
    let mut best = f64::MIN;
    for (&alpha, &shrink) in config.covisit_alpha.iter().flat_map(|a| config.covisit_shrink.iter().map(move |s| (a, s))) {
        let column: Vec<f32> = n.iter().map(|n| n.max(1.0).powf(-alpha)).collect();
        let ndcg = alone(all, &episodes, |from, to, weight| count(from, weight) / (n[from] + shrink) * column[to]);
        progress.note(&format!("co-visitation alpha {alpha} shrink {shrink}: NDCG@10 {ndcg:.4}"));
        progress.step();
        if ndcg > best {
            best = ndcg;
            (model.covisit_alpha, model.covisit_shrink) = (alpha, shrink);
        }
    }
    let mut best_cosine = f64::MIN;
    for &shrink in &config.cosine_shrink {
        let root: Vec<f32> = n.iter().map(|n| 1.0 / (n + shrink).sqrt()).collect();
        let ndcg = alone(all, &episodes, |from, to, weight| count(from, weight) * root[from] * root[to]);
        progress.note(&format!("cosine shrink {shrink}: NDCG@10 {ndcg:.4}"));
        progress.step();
        if ndcg > best_cosine {
            best_cosine = ndcg;
            model.cosine_shrink = shrink;
        }
    }
    progress.finish(&format!(
        "Pair counts: co-visitation alpha {} shrink {} (NDCG@10 {best:.4} alone), cosine shrink {} ({best_cosine:.4})",
        model.covisit_alpha, model.covisit_shrink, model.cosine_shrink
    ));
    model
}

/// Mean NDCG@10 of ranking by the summed weights alone.
fn alone(all: &NeighbourTable, episodes: &[&Episode], weight: impl Fn(usize, usize, f32) -> f32 + Sync) -> f64 {
    let scores: Vec<f64> = episodes
        .par_iter()
        .map_init(
            || vec![0f32; all.len()],
            |sums, episode| {
                sums.fill(0.0);
                for &shot in &episode.shots {
                    for (to, w) in all.row(ItemIx(shot)) {
                        sums[to.row()] += weight(shot as usize, to.row(), w);
                    }
                }
                let top = kernels::top_k(sums, 20, |row| !episode.shots.contains(&(row as u32)));
                metrics::score(&metrics::hits(&top, &episode.wanted, &[]), episode.wanted.len()).map_or(0.0, |s| s.ndcg_at_10)
            },
        )
        .collect();
    scores.iter().sum::<f64>() / scores.len().max(1) as f64
}

/// Keeps of each row the strongest by co-visitation and the strongest by cosine.
pub(crate) fn prune(all: &NeighbourTable, popularity: &[u32], config: &PairsConfig, model: &ModelConfig) -> PairTable {
    let mut table = PairTable { offsets: vec![0], ..PairTable::default() };
    let n = |item: usize| popularity[item] as f32;
    for item in 0..all.len() {
        let row: Vec<(u32, f32)> =
            all.row(fewshop_core::ItemIx::from(item)).map(|(to, weight)| (to.0, (weight * n(item)).round())).collect();
        let strongest = |keep: usize, weight: &dyn Fn(u32, f32) -> f32| -> Vec<u32> {
            let mut order: Vec<(f32, u32)> = row.iter().map(|&(to, count)| (weight(to, count), to)).collect();
            order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            order.into_iter().take(keep).map(|(_, to)| to).collect()
        };
        let mut kept = strongest(config.keep_covisit, &|to, count| count / n(to as usize).max(1.0).powf(model.covisit_alpha));
        kept.extend(strongest(config.keep_cosine, &|to, count| count / (n(to as usize) + model.cosine_shrink).sqrt()));
        kept.sort_unstable();
        kept.dedup();
        for &(to, count) in row.iter().filter(|(to, _)| kept.binary_search(to).is_ok()) {
            table.items.push(to);
            table.counts.push(count);
        }
        table.offsets.push(table.items.len() as u32);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pruned_counts_are_the_counts() {
        let sessions = vec![vec![0, 1], vec![0, 1, 2], vec![0, 2], vec![1, 2]];
        let all = count(&sessions, 3);
        let table = prune(&all, &popularity(&sessions, 3), &PairsConfig::default(), &ModelConfig::default());
        let mut row: Vec<_> = table.row(0).collect();
        row.sort_by_key(|&(to, _)| to);
        assert_eq!(row, [(1, 2.0), (2, 2.0)]);
    }
}
