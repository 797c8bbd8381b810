//! Area under the ROC curve, one value against all others, mean over the values.

use fewshop_core::metrics::area_under_curve;
use fewshop_eval::Interval;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

const DRAWS: u64 = 400;

/// One row as the curve sees it.
pub(in crate::tasks) struct Scored<'a> {
    pub(in crate::tasks) group: usize,
    pub(in crate::tasks) weight: f64,
    pub(in crate::tasks) label: usize,
    pub(in crate::tasks) scores: &'a [f32],
}

/// The mean over values of the probability that a row with the value scores higher for it than one
/// without (ties count half), and its interval by resampling groups. `None` where fewer than
/// two values occur.
pub(in crate::tasks) fn one_against_rest(rows: &[Scored<'_>]) -> Option<(f64, Interval)> {
    let values = rows.first()?.scores.len();
    let groups = rows.iter().map(|row| row.group).max()? + 1;
    let orders: Vec<Vec<usize>> = (0..values)
        .map(|value| {
            let mut order: Vec<usize> = (0..rows.len()).collect();
            order.sort_by(|&a, &b| rows[a].scores[value].total_cmp(&rows[b].scores[value]));
            order
        })
        .collect();
    let mean = |times: &[f64]| {
        let areas: Vec<f64> = (0..values)
            .filter_map(|value| area(rows, &orders[value], value, times))
            .collect();
        (areas.len() > 1).then(|| areas.iter().sum::<f64>() / areas.len() as f64)
    };
    let all = mean(&vec![1.0; groups])?;
    let mut present: Vec<usize> = rows.iter().map(|row| row.group).collect();
    present.sort_unstable();
    present.dedup();
    let mut draws: Vec<f64> = (0..DRAWS)
        .into_par_iter()
        .filter_map(|draw| {
            let mut rng = ChaCha8Rng::seed_from_u64(0);
            rng.set_stream(draw);
            let mut times = vec![0.0; groups];
            for _ in 0..present.len() {
                times[present[rng.random_range(0..present.len())]] += 1.0;
            }
            mean(&times)
        })
        .collect();
    draws.sort_by(f64::total_cmp);
    let end = |share: f64| draws[((draws.len() - 1) as f64 * share).round() as usize];
    Some((
        all,
        if draws.is_empty() {
            [all, all]
        } else {
            [end(0.025), end(0.975)]
        },
    ))
}

fn area(rows: &[Scored<'_>], order: &[usize], value: usize, times: &[f64]) -> Option<f64> {
    let one = |&at: &usize| {
        let row = &rows[at];
        (
            row.scores[value],
            row.weight * times[row.group],
            row.label == value,
        )
    };
    area_under_curve(order.iter().map(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_makes_the_area_and_ties_count_half() {
        let scores = [[0.9f32, 0.1], [0.8, 0.2], [0.3, 0.7], [0.3, 0.7]];
        let rows = |labels: [usize; 4]| -> Vec<Scored<'_>> {
            let one = |at: usize| Scored {
                group: at,
                weight: 1.0,
                label: labels[at],
                scores: &scores[at],
            };
            (0..4).map(one).collect()
        };
        assert_eq!(one_against_rest(&rows([0, 0, 1, 1])).unwrap().0, 1.0);
        assert_eq!(one_against_rest(&rows([1, 1, 0, 0])).unwrap().0, 0.0);
        // One row with value 0 against three others: behind two of them, level with the third.
        let area = one_against_rest(&rows([1, 1, 1, 0])).unwrap().0;
        assert!((area - 0.5 / 3.0).abs() < 1e-9, "{area}");
        assert!(one_against_rest(&rows([1, 1, 1, 1])).is_none());
    }
}
