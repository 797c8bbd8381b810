//! A number: the mean of ridge, process and forest, with an interval from the rows left out.

use crate::ensemble::{EnsembleSettings, Gram, Mixture, pair};
use crate::forest::Forest;
use crate::math::Matrix;

/// Variances of the noise that compete, in units of the target's variance.
const NOISES: [f64; 4] = [0.05, 0.2, 0.5, 1.0];
/// Share of the rows left out that the interval held.
pub const INTERVAL_SHARE: f64 = 0.8;

/// Fitted members for standardised numbers.
#[derive(Debug, Clone)]
pub(crate) struct Regression {
    x: Matrix,
    ridge: Mixture,
    process: Mixture,
    forest: Forest,
    /// Mean and standard deviation of the target.
    mean: f64,
    scale: f64,
    /// The mean with a row of mean 0 besides is kept to this part.
    trust: f64,
    /// Half the width of the interval.
    pub(crate) half: f64,
    /// Squared errors of rows left out over the target's variance, of model and mean.
    pub(crate) losses: Vec<f64>,
    pub(crate) base_losses: Vec<f64>,
}

impl Regression {
    pub(crate) fn fit(x: Matrix, targets: &[f64], settings: &EnsembleSettings) -> Self {
        let n = targets.len() as f64;
        let mean = crate::math::ordered_mean(targets.iter().copied());
        let variance = crate::math::ordered_mean(targets.iter().map(|y| (y - mean) * (y - mean)));
        let scale = variance.sqrt().max(f64::MIN_POSITIVE);
        let y: Vec<f64> = targets.iter().map(|y| (y - mean) / scale).collect();
        let gram = Gram::of(&x);
        let ridge = Mixture::numbers(&gram, &y, &settings.ridge, &NOISES);
        let process = Mixture::numbers(&gram, &y, &settings.process, &NOISES);
        let forest = Forest::fit(&x, &y, settings.forest);
        let raw: Vec<f64> = (0..y.len())
            .map(|i| (ridge.left_out[i] + process.left_out[i] + forest.left_out[i]) / 3.0)
            .collect();
        // The mean of the others.
        let base: Vec<f64> = y.iter().map(|y| -y / (n - 1.0)).collect();
        let (mut above, mut below) = (0.0, 0.0);
        for i in 0..y.len() {
            let gain = raw[i] - base[i];
            above += (y[i] - base[i]) * gain;
            below += gain * gain;
        }
        // Least squares with two more rows that say 0: with few rows, less is trusted.
        let trust = (above / (below * (n + 2.0) / n).max(1e-12)).clamp(0.0, 1.2);
        let left_out: Vec<f64> = (0..y.len())
            .map(|i| base[i] + trust * (raw[i] - base[i]))
            .collect();
        let mut errors: Vec<f64> = y
            .iter()
            .zip(&left_out)
            .map(|(y, m)| (y - m).abs())
            .collect();
        errors.sort_by(f64::total_cmp);
        let at = ((n + 1.0) * INTERVAL_SHARE).ceil() as usize;
        let half = match errors.get(at.saturating_sub(1)) {
            Some(half) => *half,
            // Too few rows for the quantile: the largest error, and as much again.
            None => 2.0 * errors.last().copied().unwrap_or(1.0),
        };
        let squared = |a: &[f64]| y.iter().zip(a).map(|(y, m)| (y - m) * (y - m)).collect();
        Self {
            losses: squared(&left_out),
            base_losses: squared(&base),
            half: half * scale,
            x,
            ridge,
            process,
            forest,
            mean,
            scale,
            trust,
        }
    }

    /// The expected number at a row.
    pub(crate) fn at(&self, row: &[f64]) -> f64 {
        let pairs = self.pairs(row);
        let own = pair(row, row).0;
        let ridge = self.ridge.at(&pairs, own, 0.0).1.mean;
        let process = self.process.at(&pairs, own, 0.0).1.mean;
        let z = (ridge + process + self.forest.at(row)) / 3.0;
        self.mean + self.scale * self.trust * z
    }

    fn pairs(&self, row: &[f64]) -> Vec<(f64, f64)> {
        (0..self.x.rows).map(|i| pair(self.x.row(i), row)).collect()
    }

    /// How far each labelled row pulls at this row, in units of the target.
    pub(crate) fn pulls(&self, row: &[f64]) -> Vec<f64> {
        let pairs = self.pairs(row);
        let ridge = self.ridge.pulls(&pairs);
        let process = self.process.pulls(&pairs);
        let scale = self.scale * self.trust;
        ridge
            .iter()
            .zip(process)
            .map(|(a, b)| scale * f64::midpoint(*a, b))
            .collect()
    }
}
