//! Folds newer sessions into all that a pack counts, without training.
//!
//! Popularity, recent popularity and pair counts are sums over sessions, so newer sessions are
//! added with a weight. Regression weights are moved towards the newer sessions by one ridge step
//! that starts at the old weights (recursive least squares with a diagonal approximation of the
//! old Gram matrix). Both weights are selected in training on later sessions of other shoppers
//! ([`choose`]), and 0 leaves the old values as they are.

use std::collections::HashMap;

use anyhow::{Context, Result};
use fewshop_core::ItemIx;
use fewshop_core::neighbours::NeighbourTable;
use fewshop_data::progress::Progress;
use fewshop_model::{Pack, PairTable, RefreshConfig};
use rayon::prelude::*;

use super::pairs::{self, Kept};
use super::regression::ridge_solve;
use super::sessions::TrainingCase;

/// What a refresh changed, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Refreshed {
    /// Sessions that were added to the counts.
    pub sessions: usize,
    /// Sessions that are long enough for the seasonal counts.
    pub seasonal: usize,
    /// Products that occur in them.
    pub products: usize,
    /// Pairs that the pack did not have before.
    pub new_pairs: usize,
    /// Pairs that it no longer has.
    pub dropped_pairs: usize,
}

/// Seasonal counts keep about this share of all counted sessions: if there are fewer new sessions,
/// those of an earlier refresh fill up.
const SEASON_SHARE: f64 = 0.15;

/// The pack with these newer sessions in its counts.
///
/// A pack from before the format knew about refreshing gets seasonal counts alone.
///
/// # Errors
/// If the changed parts do not fit together.
pub fn refresh(pack: &Pack, sessions: &[Vec<u32>]) -> Result<(Pack, Refreshed)> {
    let items = pack.catalogue().len();
    let min_items = pack.config().seasonal_min_items.max(1);
    let long: Vec<&Vec<u32>> = sessions
        .iter()
        .filter(|session| session.len() >= min_items)
        .collect();
    let mut done = Refreshed {
        sessions: sessions.len(),
        seasonal: long.len(),
        ..Refreshed::default()
    };
    let new = pairs::popularity(sessions, items);
    done.products = new.iter().filter(|&&n| n > 0).count();
    let seasonal = pairs::popularity(&long, items);
    let Some(config) = pack.config().refresh.clone() else {
        // Such a pack does not know which sessions it has counted, so nothing may add up.
        let pack = pack
            .clone()
            .edit(|parts| parts.seasonal_counts = seasonal)?;
        return Ok((pack, done));
    };
    let all: f64 = pack.popularity().iter().map(|&n| f64::from(n)).sum();
    let seasonal = topped_up(&seasonal, pack.seasonal_counts(), SEASON_SHARE * all);
    let weight = config.count_weight;
    let popularity: Vec<u32> = pack
        .popularity()
        .iter()
        .zip(&new)
        .map(|(&old, &new)| old.saturating_add((weight * new as f32).round() as u32))
        .collect();
    let recent_mass: f64 = pack.recent_popularity().iter().map(|&n| f64::from(n)).sum();
    let recent = if weight > 0.0 {
        topped_up(&new, pack.recent_popularity(), recent_mass)
    } else {
        pack.recent_popularity().to_vec()
    };
    let table = merged(pack, sessions, &new, &popularity, &config);
    let before = pairs_of(pack.pairs());
    let after = pairs_of(&table);
    done.new_pairs = after.difference(&before).count();
    done.dropped_pairs = before.difference(&after).count();
    let counted = weight * sessions.len() as f32;
    let pack = pack
        .clone()
        .edit(|parts| {
            parts.seasonal_counts = seasonal;
            parts.popularity = popularity;
            parts.recent_popularity = recent;
            parts.pairs = table;
            parts.config.sessions += counted;
        })
        .context("the refreshed counts do not fit the pack")?;
    Ok((pack, done))
}

fn pairs_of(table: &PairTable) -> std::collections::HashSet<(u32, u32)> {
    (0..table.offsets.len() - 1)
        .flat_map(|row| table.row(row).map(move |pair| (row as u32, pair.to as u32)))
        .collect()
}

/// New counts; if they are fewer than `mass` in all, older ones fill up, scaled down.
fn topped_up(new: &[u32], old: &[u32], mass: f64) -> Vec<u32> {
    let sum = |counts: &[u32]| counts.iter().map(|&n| f64::from(n)).sum::<f64>();
    let missing = mass - sum(new);
    if old.is_empty() || missing <= 0.0 {
        return new.to_vec();
    }
    let scale = (missing / sum(old).max(1.0)).min(1.0);
    new.iter()
        .zip(old)
        .map(|(&new, &old)| new.saturating_add((f64::from(old) * scale).round() as u32))
        .collect()
}

/// Maximum partners of a product in the new sessions: more than any shop of this size has, and a
/// bound on memory for the others.
const NEW_PARTNERS: usize = 20_000;

/// The pair table with the new sessions.
fn merged(
    pack: &Pack,
    sessions: &[Vec<u32>],
    new: &[u32],
    popularity: &[u32],
    config: &RefreshConfig,
) -> PairTable {
    let items = popularity.len();
    let regression = moved(pack, sessions, new, config);
    let added = (config.count_weight > 0.0)
        .then(|| pairs::count(sessions, items, config.length_power, NEW_PARTNERS));
    let rows = (0..items).map(|item| {
        let mut row: HashMap<u32, f32> = HashMap::new();
        for pair in pack.pairs().row(item) {
            row.insert(pair.to as u32, pair.count);
        }
        if let Some(added) = &added {
            for (to, share) in added.row(ItemIx::from(item)) {
                *row.entry(to.0).or_default() += config.count_weight * share * new[item] as f32;
            }
        }
        let mut row: Vec<(u32, f32)> = row.into_iter().collect();
        row.sort_unstable_by_key(|&(to, _)| to);
        row
    });
    pairs::pruned(
        rows,
        &regression,
        popularity,
        // A row without new sessions stays as it is: to prune it again, with its partners' new
        // popularity, would lose pairs at every refresh.
        |item| {
            (new[item] > 0).then_some(Kept {
                covisit: config.keep[0],
                cosine: config.keep[1],
                regression: config.keep[2],
            })
        },
        pack.config().covisit_alpha,
        pack.config().cosine_shrink,
    )
}

/// Maximum number of regressors that a step moves: the new sessions' strongest by cosine, and the
/// pack's strongest by weight. A trained pack has no more of them than this for any target.
const NEW_REGRESSORS: usize = 60;
const OLD_REGRESSORS: usize = 256;

/// Regression weights by regressor, moved towards the new sessions.
fn moved(
    pack: &Pack,
    sessions: &[Vec<u32>],
    new: &[u32],
    config: &RefreshConfig,
) -> Vec<Vec<(u32, f32)>> {
    let items = new.len();
    let mut by_target: Vec<Vec<(u32, f32)>> = vec![Vec::new(); items];
    for from in 0..items {
        for pair in pack.pairs().row(from).filter(|pair| pair.regression != 0.0) {
            by_target[pair.to].push((from as u32, pair.regression));
        }
    }
    if config.regression_weight > 0.0 {
        let old = pack.popularity();
        let mean = old.iter().map(|&n| n as f32).sum::<f32>() / items.max(1) as f32;
        let step = RidgeStep {
            counts: pairs::count(sessions, items, 0.0, NEW_PARTNERS),
            new,
            old,
            weight: config.regression_weight,
            ridge: config.ridge * mean.max(1.0),
        };
        by_target = by_target
            .into_par_iter()
            .enumerate()
            .map_init(
                || vec![0u32; items],
                |place, (target, before)| step.moved(target, before, place),
            )
            .collect();
    }
    super::regression::by_regressor(&by_target)
}

/// One step of recursive least squares: from the old weights b to
/// `b + (v G' + diag(n) + ridge I)^-1 v (g' - G' b)`, with G' and g' of the new sessions.
struct RidgeStep<'a> {
    /// Pairs of the new sessions.
    counts: NeighbourTable,
    /// Sessions with each product, `[items]` each: the new ones, and those that the pack counts.
    new: &'a [u32],
    old: &'a [u32],
    /// v.
    weight: f32,
    ridge: f32,
}

impl RidgeStep<'_> {
    /// The weights of one target, by regressor.
    ///
    /// # Shapes
    /// - `place`: `[items]` zeros, and zeros again afterwards
    fn moved(
        &self,
        target: usize,
        mut before: Vec<(u32, f32)>,
        place: &mut [u32],
    ) -> Vec<(u32, f32)> {
        if self.new[target] == 0 {
            return before;
        }
        before.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
        let rest = before.split_off(before.len().min(OLD_REGRESSORS));
        let set = self.regressors(target, &before);
        let m = set.len();
        for (at, &item) in set.iter().enumerate() {
            place[item as usize] = at as u32 + 1;
        }
        let mut weights = vec![0f32; m];
        for &(item, weight) in &before {
            weights[place[item as usize] as usize - 1] = weight;
        }
        let mut gram = vec![0f32; m * m];
        for (at, &item) in set.iter().enumerate() {
            let row = &mut gram[at * m..(at + 1) * m];
            self.together(item as usize, place, row);
            row[at] = self.new[item as usize] as f32;
        }
        let mut right = vec![0f32; m];
        self.together(target, place, &mut right);
        for at in 0..m {
            let predicted: f32 = (0..m).map(|b| gram[at * m + b] * weights[b]).sum();
            right[at] = self.weight * (right[at] - predicted);
        }
        gram.iter_mut().for_each(|value| *value *= self.weight);
        for (at, &item) in set.iter().enumerate() {
            gram[at * m + at] += self.old[item as usize] as f32;
            place[item as usize] = 0;
        }
        let change = ridge_solve(&gram, &right, self.ridge);
        set.iter()
            .zip(weights.iter().zip(change))
            .map(|(&item, (old, change))| (item, old + change))
            .chain(rest.into_iter().filter(|(item, _)| !set.contains(item)))
            .collect()
    }

    /// The regressors that move: the strongest of the new sessions, and those of the pack. Rising.
    fn regressors(&self, target: usize, before: &[(u32, f32)]) -> Vec<u32> {
        let cosine =
            |(to, share): (ItemIx, f32)| (share / (self.new[to.row()].max(1) as f32).sqrt(), to.0);
        let row = self.counts.row(ItemIx::from(target));
        let mut order: Vec<(f32, u32)> = row.map(cosine).collect();
        order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        order.truncate(NEW_REGRESSORS);
        let old = before.iter().map(|&(item, _)| item);
        let mut set: Vec<u32> = order.iter().map(|&(_, item)| item).chain(old).collect();
        set.sort_unstable();
        set.dedup();
        set
    }

    /// Writes how many new sessions hold a product together with each placed one.
    fn together(&self, item: usize, place: &[u32], out: &mut [f32]) {
        for (to, share) in self.counts.row(ItemIx::from(item)) {
            if let Some(at) = place[to.row()].checked_sub(1) {
                out[at as usize] = share * self.new[item] as f32;
            }
        }
    }
}

/// Weights to try, of new sessions relative to old ones.
const COUNT_WEIGHTS: [f32; 4] = [0.0, 1.0, 2.0, 4.0];
const REGRESSION_WEIGHTS: [f32; 5] = [0.0, 0.5, 1.0, 2.0, 4.0];

/// Selects the weights of the sessions `since` the pack's, each by the NDCG@10 of the scores that it
/// changes, on later sessions of other shoppers.
///
/// Without such sessions new ones count like old ones, and the regression stays as it is.
pub(crate) fn choose(
    pack: &Pack,
    since: &[Vec<u32>],
    cases: &[TrainingCase],
    mut config: RefreshConfig,
) -> Result<RefreshConfig> {
    let first: Vec<&TrainingCase> = cases
        .iter()
        .filter(|case| !case.context.is_empty() && case.visits.is_empty())
        .take(pairs::COMPARED_CASES)
        .collect();
    if since.is_empty() || first.is_empty() {
        (config.count_weight, config.regression_weight) = (1.0, 0.0);
        return Ok(config);
    }
    let progress = Progress::of(
        "Weights of newer sessions",
        (COUNT_WEIGHTS.len() + REGRESSION_WEIGHTS.len()) as u64,
    );
    let measure = |config: &RefreshConfig| -> Result<[f64; 3]> {
        let pack = pack
            .clone()
            .edit(|parts| parts.config.refresh = Some(config.clone()))?;
        let (pack, _) = refresh(&pack, since)?;
        progress.step();
        Ok(pairs::channels(&pack, &first))
    };
    let mut notes = Vec::new();
    let mut best = f64::MIN;
    let mut chosen = 0.0;
    for weight in COUNT_WEIGHTS {
        config.count_weight = weight;
        config.regression_weight = 0.0;
        let [covisit, cosine, _] = measure(&config)?;
        notes.push(format!("counts {weight}: {covisit:.4} {cosine:.4}"));
        if covisit + cosine > best {
            (best, chosen) = (covisit + cosine, weight);
        }
    }
    config.count_weight = chosen;
    let (mut best, mut chosen) = (f64::MIN, 0.0);
    for weight in REGRESSION_WEIGHTS {
        config.regression_weight = weight;
        let [.., regression] = measure(&config)?;
        notes.push(format!("regression {weight}: {regression:.4}"));
        if regression > best {
            (best, chosen) = (regression, weight);
        }
    }
    config.regression_weight = chosen;
    for note in notes {
        progress.note(&note);
    }
    progress.finish(&format!(
        "Newer sessions: counted {} times in counts, {} times in the regression",
        config.count_weight, config.regression_weight
    ));
    Ok(config)
}

#[cfg(test)]
mod tests {
    use fewshop_model::toy;

    use super::*;

    fn refreshable(config: RefreshConfig) -> Pack {
        toy::pack()
            .edit(|parts| parts.config.refresh = Some(config))
            .unwrap()
    }

    fn config(count_weight: f32, regression_weight: f32) -> RefreshConfig {
        RefreshConfig {
            count_weight,
            regression_weight,
            length_power: 0.0,
            ridge: 1.0,
            keep: [64, 64, 64],
            counted_until: 0,
        }
    }

    fn pair(pack: &Pack, from: usize, to: usize) -> (f32, f32) {
        let pair = pack.pairs().row(from).find(|pair| pair.to == to);
        pair.map_or((0.0, 0.0), |pair| (pair.count, pair.regression))
    }

    #[test]
    fn new_sessions_count_with_their_weight() {
        let before = refreshable(config(2.0, 0.0));
        let sessions = vec![vec![7, 8], vec![7, 8], vec![7]];
        let (after, done) = refresh(&before, &sessions).unwrap();
        assert_eq!((done.sessions, done.products), (3, 2));
        assert_eq!(after.popularity()[7], before.popularity()[7] + 6);
        let (count, regression) = pair(&after, 7, 8);
        let (count_before, regression_before) = pair(&before, 7, 8);
        assert!((count - count_before - 4.0).abs() < 1e-3);
        assert_eq!(regression, regression_before);
        assert_eq!(after.config().sessions, before.config().sessions + 6.0);
        // Nothing of the other products changes.
        for row in (0..60).filter(|row| ![7, 8].contains(row)) {
            let rows = |pack: &Pack| pack.pairs().row(row).collect::<Vec<_>>();
            assert_eq!(rows(&after), rows(&before), "{row}");
        }
    }

    #[test]
    fn regression_moves_towards_what_the_new_sessions_show() {
        let before = refreshable(config(0.0, 1.0));
        // 7 comes with 8 and never with 9, which is as frequent.
        let sessions: Vec<Vec<u32>> = (0..80)
            .map(|n| if n % 2 == 0 { vec![7, 8] } else { vec![9, 10] })
            .collect();
        let (after, _) = refresh(&before, &sessions).unwrap();
        assert!(pair(&after, 7, 8).1 > pair(&before, 7, 8).1 + 0.05);
        assert!(pair(&after, 7, 9).1 <= pair(&before, 7, 9).1 + 1e-3);
        assert_eq!(after.popularity(), before.popularity());
    }

    #[test]
    fn a_few_new_sessions_do_not_push_the_earlier_season_out() {
        assert_eq!(topped_up(&[5, 0], &[40, 60], 0.0), [5, 0]);
        assert_eq!(topped_up(&[5, 0], &[40, 60], 55.0), [25, 30]);
        assert_eq!(topped_up(&[5, 0], &[], 55.0), [5, 0]);
        assert_eq!(topped_up(&[5, 0], &[4, 6], 1_000.0), [9, 6]);
    }
}
