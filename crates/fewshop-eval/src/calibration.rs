//! Checks whether scores can be read as probabilities: compares the sigmoid of the ranker's score
//! with the share of relevant candidates.

use anyhow::Result;
use fewshop_core::ItemIx;
use fewshop_data::files::EvalCase;
use fewshop_data::progress::Progress;
use fewshop_model::{Model, RankOptions, kernels};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ranking::session;
use crate::{Bootstrap, Interval};

/// Edges of the bins as shares of the candidates; the upper bins, where picks come from, are
/// narrower.
const EDGES: [f64; 12] = [
    0.0, 0.2, 0.4, 0.6, 0.75, 0.85, 0.9, 0.94, 0.97, 0.985, 0.995, 1.0,
];

/// A bin of candidates with similar scores.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Bin {
    /// How many candidates.
    pub candidates: usize,
    /// Mean of the predicted probabilities.
    #[serde(rename = "said")]
    pub predicted: f64,
    /// Share of relevant candidates.
    #[serde(rename = "wanted")]
    pub relevant: f64,
    /// Its 95 % interval, over shoppers.
    #[serde(rename = "wanted 95%")]
    pub interval: Interval,
}

/// Reliability of the scores over all candidates of all cases.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Calibration {
    /// Bins from the lowest to the highest probability.
    pub bins: Vec<Bin>,
    /// Mean gap between predicted and relevant, weighted by candidates.
    pub expected_error: f64,
}

/// Gets the candidates of every case, as in ranking, and compares their scores with the relevant
/// items.
///
/// # Errors
/// When a case names a row that the pack does not have.
pub fn calibrate(
    model: &Model,
    cases: &[EvalCase],
    relevant: &[Vec<ItemIx>],
) -> Result<Calibration> {
    let progress = Progress::of("Calibration of scores", cases.len() as u64);
    let scored: Result<Vec<Vec<(f32, bool)>>> = cases
        .par_iter()
        .zip(relevant)
        .map(|(case, relevant)| {
            let session = session(case);
            let candidates = model.candidates(&session, &RankOptions::default())?;
            let scores = kernels::rank(&candidates.features, model.pack().ranker());
            progress.step();
            let right = |item: &ItemIx| relevant.contains(item);
            Ok(candidates
                .items
                .iter()
                .zip(scores)
                .map(|(item, score)| (sigmoid(score), right(item)))
                .collect())
        })
        .collect();
    let scored = scored?;
    let users: Vec<&str> = cases.iter().map(|case| case.user.as_str()).collect();
    let calibration = bins(&scored, &users);
    progress.finish(&format!(
        "Calibration: mean gap {:.4} between probability and outcome",
        calibration.expected_error
    ));
    Ok(calibration)
}

fn sigmoid(score: f32) -> f32 {
    1.0 / (1.0 + (-score).exp())
}

fn bins(scored: &[Vec<(f32, bool)>], users: &[&str]) -> Calibration {
    let mut sorted: Vec<f32> = scored
        .iter()
        .flatten()
        .map(|&(predicted, _)| predicted)
        .filter(|predicted| predicted.is_finite())
        .collect();
    if sorted.is_empty() {
        return Calibration::default();
    }
    sorted.sort_by(f32::total_cmp);
    let mut limits: Vec<f32> = EDGES[1..EDGES.len() - 1]
        .iter()
        .map(|edge| sorted[(edge * (sorted.len() - 1) as f64) as usize])
        .collect();
    limits.dedup();
    let count = limits.len() + 1;
    // By bin and case: candidates, sum of probabilities, relevant ones.
    let mut counts = vec![vec![0.0; scored.len()]; count];
    let (mut predicted, mut right) = (counts.clone(), counts.clone());
    for (case, list) in scored.iter().enumerate() {
        for &(probability, relevant) in list.iter().filter(|(predicted, _)| predicted.is_finite()) {
            let bin = limits.partition_point(|&limit| limit < probability);
            counts[bin][case] += 1.0;
            predicted[bin][case] += f64::from(probability);
            right[bin][case] += f64::from(u8::from(relevant));
        }
    }
    let columns: Vec<(&[f64], &[f64])> = right
        .iter()
        .zip(&counts)
        .map(|(r, c)| (r.as_slice(), c.as_slice()))
        .collect();
    let intervals = Bootstrap::over(users.iter().copied()).ratios(&columns);
    let bins: Vec<Bin> = (0..count)
        .map(|bin| {
            let sum = |of: &[Vec<f64>]| of[bin].iter().sum::<f64>();
            let all = sum(&counts);
            Bin {
                candidates: all as usize,
                predicted: sum(&predicted) / all.max(1.0),
                relevant: sum(&right) / all.max(1.0),
                interval: intervals[bin],
            }
        })
        .filter(|bin| bin.candidates > 0)
        .collect();
    let gap: f64 = bins
        .iter()
        .map(|bin| (bin.predicted - bin.relevant).abs() * bin.candidates as f64)
        .sum();
    Calibration {
        expected_error: gap / sorted.len() as f64,
        bins,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_that_are_probabilities_have_no_gap_and_overconfident_ones_have() {
        // 100 candidates a case at 0.1, of which 10 are relevant, and 100 at 0.5, of which 50 are.
        let rare = || (0..100).map(|n| (0.1f32, n % 10 == 0));
        let often = || (0..100).map(|n| (0.5f32, n % 2 == 0));
        let honest: Vec<Vec<(f32, bool)>> =
            (0..20).map(|_| rare().chain(often()).collect()).collect();
        let users: Vec<String> = (0..20).map(|n| n.to_string()).collect();
        let users: Vec<&str> = users.iter().map(String::as_str).collect();
        let calibration = bins(&honest, &users);
        assert!(calibration.expected_error < 1e-6, "{calibration:?}");
        assert_eq!(
            calibration
                .bins
                .iter()
                .map(|bin| bin.candidates)
                .collect::<Vec<_>>(),
            [2_000, 2_000]
        );
        let never: Vec<Vec<(f32, bool)>> = honest
            .into_iter()
            .map(|case| {
                case.into_iter()
                    .map(|(predicted, _)| (predicted, false))
                    .collect()
            })
            .collect();
        assert!((bins(&never, &users).expected_error - 0.3).abs() < 1e-6);
    }

    #[test]
    fn no_candidates_are_no_bins() {
        assert_eq!(bins(&[Vec::new()], &["a"]), Calibration::default());
    }
}
