//! Tests whether a difference is significant: a paired bootstrap over shoppers.

use std::collections::BTreeMap;

use fewshop_eval::Bootstrap;

/// Bootstrap draws: twice as many as in an evaluation, since the level is stricter when several
/// trials are compared.
const DRAWS: u64 = 4_000;

/// A mean difference with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The mean over k of the mean differences.
    pub mean: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Mean over k of the mean of `(shopper, k, value)`: every k has the same weight, regardless of its
/// number of cases. 0 if there are no cases.
#[must_use]
pub fn mean_over_k(cases: &[(u32, u32, f64)]) -> f64 {
    let mut sums: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    for &(_, k, value) in cases {
        let sum = sums.entry(k).or_default();
        *sum = (sum.0 + value, sum.1 + 1.0);
    }
    sums.values().map(|(sum, count)| sum / count).sum::<f64>() / sums.len().max(1) as f64
}

/// Interval at level `1 - alpha` for [`mean_over_k`] of the differences, from `(shopper, k,
/// difference)` of each case.
///
/// Whole shoppers are drawn, because the cases of one shopper are not independent. `None` if there
/// are no cases.
#[must_use]
pub fn paired(differences: &[(u32, u32, f64)], alpha: f64, seed: u64) -> Option<Interval> {
    if differences.is_empty() {
        return None;
    }
    let bootstrap = Bootstrap::over(differences.iter().map(|&(shopper, ..)| shopper));
    let (ks, values): (Vec<u32>, Vec<f64>) =
        differences.iter().map(|&(_, k, value)| (k, value)).unzip();
    let [low, high] = bootstrap.mean_over_groups(&values, &ks, alpha, DRAWS, seed);
    Some(Interval {
        mean: mean_over_k(differences),
        low,
        high,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_that_all_shoppers_share_is_certain() {
        let cases: Vec<(u32, u32, f64)> = (0..40).map(|n| (n / 2, n % 2, 0.25)).collect();
        assert_eq!(
            paired(&cases, 0.05, 7),
            Some(Interval {
                mean: 0.25,
                low: 0.25,
                high: 0.25
            })
        );
        assert_eq!(paired(&[], 0.05, 7), None);
    }

    #[test]
    fn every_k_has_the_same_weight_regardless_of_its_cases() {
        let cases = [(0, 1, 1.0), (1, 1, 1.0), (2, 1, 1.0), (3, 3, 0.0)];
        assert_eq!(
            paired(&cases, 0.05, 7).map(|interval| interval.mean),
            Some(0.5)
        );
    }

    #[test]
    fn one_shopper_with_many_cases_proves_little_and_a_stricter_level_is_wider() {
        // One shopper gains in 90 cases, nine lose a little in one case each: counted by cases,
        // this is a clear gain.
        let mut cases: Vec<(u32, u32, f64)> = (0..90).map(|_| (0, 1, 0.1)).collect();
        cases.extend((1..10).map(|shopper| (shopper, 1, -0.01)));
        let interval = paired(&cases, 0.05, 7).unwrap();
        assert!(interval.mean > 0.08 && interval.low < 0.0, "{interval:?}");
        let spread: Vec<(u32, u32, f64)> = (0..50)
            .map(|shopper| (shopper, 1, f64::from(shopper % 7) - 3.0))
            .collect();
        let (wide, narrow) = (
            paired(&spread, 0.01, 7).unwrap(),
            paired(&spread, 0.1, 7).unwrap(),
        );
        assert!(wide.low < narrow.low && wide.high > narrow.high);
    }
}
