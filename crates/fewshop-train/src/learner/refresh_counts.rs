//! Folds added-up counts of a watch list into a pack: what is left of a refresh when no session may
//! be seen.
//!
//! The counts come from an aggregation that added noise of known size, so how far each can be trusted
//! is known. A count c of a product with an expected count e is compared as the factor c / e, whose
//! variance is (e + noise²) / e². Between products the true factors vary by some τ², which the counts
//! themselves tell: their spread minus the part that noise explains (empirical Bayes; Efron, Morris
//! 1973). Each factor is then pulled towards 1 by τ² / (τ² + variance), as a Wiener filter does. With
//! much noise, nothing moves.

use anyhow::{Context, Result, ensure};
use fewshop_core::ItemIx;
use fewshop_model::Pack;

/// Added-up counts of some products.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AddedUp {
    /// The products, each once.
    pub items: Vec<ItemIx>,
    /// In how many visits each was taken, with noise: may be negative.
    pub counts: Vec<i64>,
    /// Number of visits that were added up.
    pub visits: u64,
    /// Standard deviation of the noise in each count; 0 without noise.
    pub noise: f64,
}

/// What a refresh with counts changed, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Moved {
    /// Products whose count was used.
    pub products: usize,
    /// Part of a factor's deviation from 1 that is kept: the mean over products by expected count.
    pub kept: f64,
    /// Standard deviation of the true factors, as far as the counts tell.
    pub spread: f64,
}

/// Expected counts below this say nothing: such a product is left as it is.
const MIN_EXPECTED: f64 = 1.0;
/// Bounds of a factor: a season multiplies sales, it does not end them.
const FACTORS: (f64, f64) = (0.1, 10.0);
/// Sessions at the usual rate that the pack's own formula of a season adds to both sides.
const PRIOR: f64 = 5.0;

/// The products to count: the `n` most taken ones of the pack, most taken first.
#[must_use]
pub fn watch_list(pack: &Pack, n: usize) -> Vec<ItemIx> {
    let popularity = pack.popularity();
    let mut rows: Vec<usize> = (0..popularity.len())
        .filter(|&row| popularity[row] > 0)
        .collect();
    rows.sort_by_key(|&row| (std::cmp::Reverse(popularity[row]), row));
    rows.into_iter().take(n).map(ItemIx::from).collect()
}

/// The factor of each product, pulled towards 1 as far as noise demands, and what was found.
fn factors(popularity: &[f64], counts: &AddedUp) -> (Vec<f64>, Moved) {
    let noise = counts.noise * counts.noise;
    // The scale at which the counts are nearest to the pack's own, each weighed by how sure it is:
    // visits that report may be longer or shorter than those of the log.
    let visits = counts.visits as f64;
    let usual: f64 = popularity.iter().sum::<f64>().max(1.0);
    let mut scale = visits / usual;
    for _ in 0..20 {
        let (mut above, mut below) = (0.0, 0.0);
        for (&n, &c) in popularity.iter().zip(&counts.counts) {
            let weight = n / (scale * n + noise).max(1e-9);
            above += weight * c as f64;
            below += weight * n;
        }
        scale = (above / below.max(1e-9)).max(1e-9);
    }
    let each: Vec<(f64, f64)> = popularity
        .iter()
        .zip(&counts.counts)
        .map(|(&n, &c)| {
            let expected = scale * n;
            if expected < MIN_EXPECTED {
                return (0.0, f64::INFINITY);
            }
            (
                c as f64 / expected - 1.0,
                (expected + noise) / (expected * expected),
            )
        })
        .collect();
    // Moments, each product by how much it tells; a few rounds, as the weights need the answer.
    let mut spread = 0.1;
    for _ in 0..50 {
        let (mut above, mut below) = (0.0, 0.0);
        for &(off, variance) in each.iter().filter(|one| one.1.is_finite()) {
            let weight = 1.0 / ((spread + variance) * (spread + variance));
            above += weight * (off * off - variance);
            below += weight;
        }
        spread = if below > 0.0 {
            (above / below).max(0.0)
        } else {
            0.0
        };
    }
    let mut moved = Moved {
        spread: spread.sqrt(),
        ..Moved::default()
    };
    if spread == 0.0 {
        return (vec![1.0; each.len()], moved);
    }
    let mut mass = 0.0;
    let factors = each
        .iter()
        .zip(popularity)
        .map(|(&(off, variance), &n)| {
            if !variance.is_finite() {
                return 1.0;
            }
            let kept = spread / (spread + variance);
            moved.products += 1;
            moved.kept += kept * n;
            mass += n;
            (1.0 + kept * off).clamp(FACTORS.0, FACTORS.1)
        })
        .collect();
    moved.kept /= f64::max(mass, 1.0);
    (factors, moved)
}

/// The pack with these counts in the place of its season; popularity, pairs and all products that
/// were not counted stay as they are. Where noise hides all changes, it is the same pack and
/// [`Moved::products`] is 0.
///
/// # Errors
/// When products and counts do not fit together, or no visit was added up.
pub fn refresh_by_counts(pack: &Pack, counts: &AddedUp) -> Result<(Pack, Moved)> {
    let popularity = pack.popularity();
    ensure!(
        counts.items.len() == counts.counts.len(),
        "{} products but {} counts",
        counts.items.len(),
        counts.counts.len()
    );
    ensure!(counts.visits > 0, "no visit was added up");
    let mut seen = vec![false; popularity.len()];
    for item in &counts.items {
        let seen = seen
            .get_mut(item.row())
            .with_context(|| format!("the pack has no row {}", item.row()))?;
        ensure!(!*seen, "row {} is counted twice", item.row());
        *seen = true;
    }
    let of_list: Vec<f64> = counts
        .items
        .iter()
        .map(|item| f64::from(popularity[item.row()]))
        .collect();
    let (mut factors, moved) = factors(&of_list, counts);
    if moved.products == 0 {
        return Ok((pack.clone(), moved));
    }
    // What is counted sells, taken together, as before: the counts say nothing about the rest.
    let total = |factors: &[f64]| -> f64 {
        let each = factors.iter().zip(&of_list);
        each.map(|(factor, n)| factor * (n + PRIOR)).sum()
    };
    let usual = total(&vec![1.0; factors.len()]);
    let level = usual / total(&factors).max(1e-9);
    factors.iter_mut().for_each(|factor| *factor *= level);
    let mut seasonal = popularity.to_vec();
    for (item, factor) in counts.items.iter().zip(&factors) {
        let n = f64::from(popularity[item.row()]);
        // The pack's formula of a season, solved for the count.
        seasonal[item.row()] = ((n + PRIOR) * factor - PRIOR).round().max(0.0) as u32;
    }
    let pack = pack
        .clone()
        .edit(|parts| parts.seasonal_counts = seasonal)
        .context("the counts do not fit the pack")?;
    Ok((pack, moved))
}

#[cfg(test)]
mod tests {
    use fewshop_model::toy;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn counts(pack: &Pack, n: usize, factor: impl Fn(usize) -> f64, noise: f64) -> AddedUp {
        let items = watch_list(pack, n);
        let counts = items.iter().enumerate().map(|(at, item)| {
            (f64::from(pack.popularity()[item.row()]) * factor(at)).round() as i64
        });
        AddedUp {
            counts: counts.collect(),
            items,
            visits: 10_000,
            noise,
        }
    }

    /// A toy shop whose products are taken often enough to be counted.
    fn pack() -> Pack {
        let sold = |parts: &mut fewshop_model::PackParts| {
            for n in &mut parts.popularity {
                *n = *n * 50 + 100;
            }
        };
        toy::pack().edit(sold).unwrap()
    }

    fn factor(pack: &Pack, item: ItemIx) -> f64 {
        let seasonal = pack.seasonal_counts()[item.row()];
        (f64::from(seasonal) + PRIOR) / (f64::from(pack.popularity()[item.row()]) + PRIOR)
    }

    #[test]
    fn exact_counts_set_the_season_of_the_counted_products_alone() {
        let pack = pack();
        let told = counts(&pack, 10, |at| if at < 5 { 3.0 } else { 1.0 }, 0.0);
        let (after, moved) = refresh_by_counts(&pack, &told).unwrap();
        assert_eq!(moved.products, 10);
        assert!(moved.kept > 0.9, "{moved:?}");
        let [up, down] = [0, 9].map(|at| factor(&after, told.items[at]));
        assert!((up / down - 3.0).abs() < 0.3 && down < 1.0, "{up} {down}");
        for row in 0..after.popularity().len() {
            if !told.items.contains(&ItemIx::from(row)) {
                assert_eq!(after.seasonal_counts()[row], after.popularity()[row]);
            }
        }
        assert_eq!(after.popularity(), pack.popularity());
        assert_eq!(after.pairs(), pack.pairs());
    }

    #[test]
    fn the_watch_list_sells_as_before_taken_together() {
        let pack = pack();
        // All of it twice as often: visits that report are longer, which is no season.
        let (after, _) = refresh_by_counts(
            &pack,
            &counts(&pack, 20, |at| if at % 2 == 0 { 3.0 } else { 1.0 }, 0.0),
        )
        .unwrap();
        let sum = |counts: &[u32]| counts.iter().map(|&n| f64::from(n)).sum::<f64>();
        let ratio = sum(after.seasonal_counts()) / sum(after.popularity());
        assert!((ratio - 1.0).abs() < 0.01, "{ratio}");
    }

    #[test]
    fn what_noise_could_explain_moves_nothing() {
        let pack = pack();
        let told = counts(&pack, 20, |at| if at % 2 == 0 { 1.02 } else { 0.98 }, 500.0);
        let (after, moved) = refresh_by_counts(&pack, &told).unwrap();
        assert_eq!((moved.products, moved.kept), (0, 0.0));
        assert_eq!(after.seasonal_counts(), pack.seasonal_counts());
    }

    /// Pulled in, noisy factors are nearer to the true ones than as they come, and nearer than 1.
    #[test]
    fn pulling_in_beats_the_raw_counts_and_no_counts() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut normal = || (0..12).map(|_| rng.random_range(-0.5..0.5)).sum::<f64>();
        let popularity: Vec<f64> = (0..400).map(|n| 4_000.0 / f64::from(n + 8)).collect();
        let truth: Vec<f64> = popularity
            .iter()
            .map(|_| f64::exp(0.5 * normal()))
            .collect();
        let noise = 25.0;
        let each = popularity.iter().zip(&truth);
        let told = AddedUp {
            items: Vec::new(),
            counts: each
                .map(|(n, factor)| {
                    let mean = n * factor;
                    (mean + mean.sqrt() * normal() + noise * normal()).round() as i64
                })
                .collect(),
            visits: 10_000,
            noise,
        };
        let (found, moved) = factors(&popularity, &told);
        let error = |guess: &dyn Fn(usize) -> f64| -> f64 {
            let squares = (0..truth.len()).map(|at| (guess(at) - truth[at]).powi(2));
            squares.sum::<f64>() / truth.len() as f64
        };
        let pulled = error(&|at| found[at]);
        let raw = error(&|at| told.counts[at] as f64 / popularity[at]);
        let nothing = error(&|_| 1.0);
        assert!(
            pulled < 0.5 * raw && pulled < 0.9 * nothing,
            "{pulled} {raw} {nothing}"
        );
        assert!((0.4..0.8).contains(&moved.spread), "{moved:?}");
    }

    #[test]
    fn counts_that_do_not_fit_are_errors() {
        let pack = pack();
        let one = |items: Vec<ItemIx>, counts, visits| AddedUp {
            items,
            counts,
            visits,
            noise: 0.0,
        };
        for (told, word) in [
            (one(vec![ItemIx(1)], vec![], 1), "0 counts"),
            (one(vec![ItemIx(1)], vec![5], 0), "no visit"),
            (one(vec![ItemIx(1), ItemIx(1)], vec![5, 5], 1), "twice"),
            (one(vec![ItemIx(999)], vec![5], 1), "no row 999"),
        ] {
            let error = refresh_by_counts(&pack, &told).unwrap_err();
            assert!(error.to_string().contains(word), "{error}");
        }
    }
}
