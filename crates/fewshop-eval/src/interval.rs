//! Confidence intervals of means, by resampling shoppers.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Lower and upper end of a 95 % interval.
pub type Interval = [f64; 2];

/// Number of resamples: with 2,000, the ends of an interval vary with the seed by some thousandths
/// of its width.
const DRAWS: u64 = 2_000;
/// A fixed seed: the same cases give the same intervals, and all rankings of the same cases use the
/// same resamples.
const SEED: u64 = 0;

/// Resamples shoppers, not cases: the sessions of one shopper are similar, and so are the cases of
/// one session at several k.
#[derive(Debug, Clone)]
pub struct Bootstrap {
    shopper: Vec<usize>,
    shoppers: usize,
}

impl Bootstrap {
    /// Creates a bootstrap for rows with these shoppers, one entry for each row.
    #[must_use]
    pub fn over<U: Hash + Eq>(users: impl IntoIterator<Item = U>) -> Self {
        let mut numbers: HashMap<U, usize> = HashMap::new();
        let shopper: Vec<usize> = users
            .into_iter()
            .map(|user| {
                let next = numbers.len();
                *numbers.entry(user).or_insert(next)
            })
            .collect();
        Self {
            shopper,
            shoppers: numbers.len(),
        }
    }

    /// Number of shoppers.
    #[must_use]
    pub fn shoppers(&self) -> usize {
        self.shoppers
    }

    /// Intervals of the means of several columns, each with one value for each row; all use the
    /// same resamples.
    #[must_use]
    pub fn means(&self, columns: &[Vec<f64>]) -> Vec<Interval> {
        let ones = vec![1.0; self.shopper.len()];
        let pairs: Vec<(&[f64], &[f64])> = columns
            .iter()
            .map(|column| (column.as_slice(), ones.as_slice()))
            .collect();
        self.ratios(&pairs)
    }

    /// Intervals of sums divided by sums: numerators and denominators, one value for each row. A
    /// resample whose denominator is 0 counts as 0.
    ///
    /// # Panics
    /// When a column does not have one value for each row.
    #[must_use]
    pub fn ratios(&self, columns: &[(&[f64], &[f64])]) -> Vec<Interval> {
        if self.shoppers == 0 {
            return vec![[0.0, 0.0]; columns.len()];
        }
        let draws = self.draw(columns, DRAWS, SEED);
        let ratio = |(above, below): (f64, f64)| if below == 0.0 { 0.0 } else { above / below };
        (0..columns.len())
            .map(|at| middle(draws.iter().map(|draw| ratio(draw[at])).collect(), 0.05))
            .collect()
    }

    /// Interval of level `1 - alpha` of the mean over groups of the means within them: every group
    /// has the same weight, regardless of its number of rows. A group without rows in a resample is
    /// left out of it. A small `alpha` needs more draws, because few of them lie beyond the ends.
    ///
    /// # Panics
    /// When there is not one value and one group for each row.
    #[must_use]
    pub fn mean_over_groups(
        &self,
        values: &[f64],
        groups: &[u32],
        alpha: f64,
        draws: u64,
        seed: u64,
    ) -> Interval {
        if self.shoppers == 0 {
            return [0.0, 0.0];
        }
        assert_eq!(groups.len(), values.len(), "a row has one group");
        let mut of: BTreeMap<u32, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
        for (at, (&group, &value)) in groups.iter().zip(values).enumerate() {
            let (above, below) = of
                .entry(group)
                .or_insert_with(|| (vec![0.0; values.len()], vec![0.0; values.len()]));
            (above[at], below[at]) = (value, 1.0);
        }
        let columns: Vec<(&[f64], &[f64])> = of
            .values()
            .map(|(above, below)| (above.as_slice(), below.as_slice()))
            .collect();
        let mean = |draw: Vec<(f64, f64)>| {
            let there = || draw.iter().filter(|(_, below)| *below > 0.0);
            there().map(|(above, below)| above / below).sum::<f64>() / there().count() as f64
        };
        middle(
            self.draw(&columns, draws, seed)
                .into_iter()
                .map(mean)
                .collect(),
            alpha,
        )
    }

    /// Sums of both halves of each column over the rows of each resample.
    fn draw(&self, columns: &[(&[f64], &[f64])], draws: u64, seed: u64) -> Vec<Vec<(f64, f64)>> {
        // Sums by shopper, all columns of one shopper side by side.
        let width = columns.len();
        let mut sums = vec![(0.0, 0.0); self.shoppers * width];
        for (at, (above, below)) in columns.iter().enumerate() {
            assert!(
                above.len() == self.shopper.len() && below.len() == self.shopper.len(),
                "a column has one value a row"
            );
            for ((&shopper, a), b) in self.shopper.iter().zip(*above).zip(*below) {
                let sum = &mut sums[shopper * width + at];
                sum.0 += a;
                sum.1 += b;
            }
        }
        (0..draws)
            .into_par_iter()
            .map(|draw| {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                rng.set_stream(draw);
                let mut total = vec![(0.0, 0.0); width];
                for _ in 0..self.shoppers {
                    let shopper = rng.random_range(0..self.shoppers);
                    for (total, sum) in total
                        .iter_mut()
                        .zip(&sums[shopper * width..(shopper + 1) * width])
                    {
                        total.0 += sum.0;
                        total.1 += sum.1;
                    }
                }
                total
            })
            .collect()
    }
}

/// The interval without a share of `alpha / 2` at either end.
fn middle(mut values: Vec<f64>, alpha: f64) -> Interval {
    values.sort_by(f64::total_cmp);
    [
        percentile(&values, alpha / 2.0),
        percentile(&values, 1.0 - alpha / 2.0),
    ]
}

/// Linear interpolation between the two nearest of the sorted values.
fn percentile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    low + (high - low) * at.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_holds_the_mean_and_narrows_with_more_shoppers() {
        let interval = |shoppers: usize| {
            let names: Vec<String> = (0..shoppers).map(|n| n.to_string()).collect();
            let values: Vec<f64> = (0..shoppers).map(|n| (n % 2) as f64).collect();
            Bootstrap::over(names.iter().map(String::as_str)).means(&[values])[0]
        };
        let (small, large) = (interval(40), interval(1_000));
        assert!(small[0] < 0.5 && small[1] > 0.5 && large[0] < 0.5 && large[1] > 0.5);
        // The standard error of a mean of zeros and ones is 0.5/√n: 1.96 of them each way.
        assert!(
            (large[1] - large[0] - 2.0 * 1.96 * 0.5 / 1000f64.sqrt()).abs() < 0.006,
            "{large:?}"
        );
        assert!(small[1] - small[0] > 3.0 * (large[1] - large[0]));
    }

    #[test]
    fn cases_of_one_shopper_do_not_count_as_many() {
        let alone = Bootstrap::over(["a", "a", "a", "a"]).means(&[vec![0.0, 1.0, 0.0, 1.0]]);
        assert_eq!(alone, [[0.5, 0.5]]);
    }

    #[test]
    fn no_rows_and_empty_denominators_give_no_nan() {
        assert_eq!(
            Bootstrap::over::<&str>([]).means(&[Vec::new()]),
            [[0.0, 0.0]]
        );
        assert_eq!(
            Bootstrap::over(["a"]).ratios(&[(&[0.0], &[0.0])]),
            [[0.0, 0.0]]
        );
    }

    #[test]
    fn percentiles_are_linear_between_values() {
        assert_eq!(percentile(&[0.0, 1.0, 2.0, 3.0, 4.0], 0.5), 2.0);
        assert_eq!(percentile(&[0.0, 1.0], 0.25), 0.25);
    }
}
