//! Whether one method is better than another: the mean difference of two lists of losses, and its
//! interval over groups.

use fewshop_eval::{Bootstrap, Interval};

/// Weighted mean of `from - to` and its 95 % interval, groups resampled. The lists are parallel.
pub(in crate::tasks) fn gain(
    groups: &[usize],
    weights: &[f64],
    from: &[f64],
    to: &[f64],
) -> (f64, Interval) {
    let bootstrap = Bootstrap::over(groups.iter().copied());
    let gains: Vec<f64> = from
        .iter()
        .zip(to)
        .zip(weights)
        .map(|((from, to), weight)| weight * (from - to))
        .collect();
    let mean = gains.iter().sum::<f64>() / weights.iter().sum::<f64>();
    (mean, bootstrap.ratios(&[(gains.as_slice(), weights)])[0])
}
