//! How sure a mean is: 95 % intervals by resampling shoppers.

use std::collections::HashMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Lower and upper end of a 95 % interval.
pub type Interval = [f64; 2];

/// Resamples: with 2,000 an end of an interval moves by some thousandths of its width from seed to seed.
const DRAWS: u64 = 2_000;
/// One fixed seed: the same cases give the same intervals, and all rankings of the same cases meet the same resamples.
const SEED: u64 = 0;

/// Resamples shoppers, not cases: the sessions of one shopper are alike, and so are the same session's cases at several k.
#[derive(Debug, Clone)]
pub struct Bootstrap {
    shopper: Vec<usize>,
    shoppers: usize,
}

impl Bootstrap {
    /// For rows that belong to these shoppers, one entry a row.
    #[must_use]
    pub fn over<'a>(users: impl IntoIterator<Item = &'a str>) -> Self {
        let mut known: HashMap<&str, usize> = HashMap::new();
        let shopper: Vec<usize> = users
            .into_iter()
            .map(|user| {
                let next = known.len();
                *known.entry(user).or_insert(next)
            })
            .collect();
        Self { shopper, shoppers: known.len() }
    }

    /// How many shoppers there are.
    #[must_use]
    pub fn shoppers(&self) -> usize {
        self.shoppers
    }

    /// Intervals of the means of several columns, each with one value a row; all see the same resamples.
    #[must_use]
    pub fn means(&self, columns: &[Vec<f64>]) -> Vec<Interval> {
        let ones = vec![1.0; self.shopper.len()];
        let pairs: Vec<(&[f64], &[f64])> = columns.iter().map(|column| (column.as_slice(), ones.as_slice())).collect();
        self.ratios(&pairs)
    }

    /// Intervals of sums divided by sums: numerators and denominators, one value a row. A resample whose denominator is 0 counts as 0.
    ///
    /// # Panics
    /// When a column does not have one value a row.
    #[must_use]
    pub fn ratios(&self, columns: &[(&[f64], &[f64])]) -> Vec<Interval> {
        if self.shoppers == 0 {
            return vec![[0.0, 0.0]; columns.len()];
        }
        // Sums by shopper, all columns of one shopper side by side.
        let width = columns.len();
        let mut sums = vec![(0.0, 0.0); self.shoppers * width];
        for (at, (above, below)) in columns.iter().enumerate() {
            assert!(above.len() == self.shopper.len() && below.len() == self.shopper.len(), "a column has one value a row");
            for ((&shopper, a), b) in self.shopper.iter().zip(*above).zip(*below) {
                let sum = &mut sums[shopper * width + at];
                sum.0 += a;
                sum.1 += b;
            }
        }
        let draws: Vec<Vec<f64>> = (0..DRAWS)
            .into_par_iter()
            .map(|draw| {
                let mut rng = ChaCha8Rng::seed_from_u64(SEED);
                rng.set_stream(draw);
                let mut total = vec![(0.0, 0.0); width];
                for _ in 0..self.shoppers {
                    let shopper = rng.random_range(0..self.shoppers);
                    for (total, sum) in total.iter_mut().zip(&sums[shopper * width..(shopper + 1) * width]) {
                        total.0 += sum.0;
                        total.1 += sum.1;
                    }
                }
                total.into_iter().map(|(above, below)| if below == 0.0 { 0.0 } else { above / below }).collect()
            })
            .collect();
        (0..width)
            .map(|at| {
                let mut values: Vec<f64> = draws.iter().map(|draw| draw[at]).collect();
                values.sort_by(f64::total_cmp);
                [percentile(&values, 0.025), percentile(&values, 0.975)]
            })
            .collect()
    }
}

/// Linear between the two nearest of the sorted values.
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
        let (few, many) = (interval(40), interval(1_000));
        assert!(few[0] < 0.5 && few[1] > 0.5 && many[0] < 0.5 && many[1] > 0.5);
        // The standard error of a mean of zeros and ones is 0.5/√n: 1.96 of them each way.
        assert!((many[1] - many[0] - 2.0 * 1.96 * 0.5 / 1000f64.sqrt()).abs() < 0.006, "{many:?}");
        assert!(few[1] - few[0] > 3.0 * (many[1] - many[0]));
    }

    #[test]
    fn cases_of_one_shopper_do_not_count_as_many() {
        let alone = Bootstrap::over(["a", "a", "a", "a"]).means(&[vec![0.0, 1.0, 0.0, 1.0]]);
        assert_eq!(alone, [[0.5, 0.5]]);
    }

    #[test]
    fn no_rows_and_empty_denominators_give_no_nan() {
        assert_eq!(Bootstrap::over([]).means(&[Vec::new()]), [[0.0, 0.0]]);
        assert_eq!(Bootstrap::over(["a"]).ratios(&[(&[0.0], &[0.0])]), [[0.0, 0.0]]);
    }

    #[test]
    fn percentiles_are_linear_between_values() {
        assert_eq!(percentile(&[0.0, 1.0, 2.0, 3.0, 4.0], 0.5), 2.0);
        assert_eq!(percentile(&[0.0, 1.0], 0.25), 0.25);
    }
}
