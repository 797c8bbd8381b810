//! How far to trust a model, by what it says of labelled rows that it has not seen.

use crate::math::{log_loss, softmax};

/// How much of the distance from the base rate is kept, and the prior weight of each. More than 1
/// because the mean of several models' log-odds is too timid (Ranjan and Gneiting 2010). Ten per cent
/// for the base rate alone cost 0.005 of log loss at four rows on the open tables, and lower what is
/// lost on a table that holds no signal, there by 0.010.
const TRUSTS: [(f64, f64); 7] = [
    (0.0, 0.1),
    (0.3, 0.03),
    (0.6, 0.03),
    (0.9, 0.1),
    (1.2, 0.35),
    (1.5, 0.3),
    (1.8, 0.09),
];

/// The trust: the mean over [`TRUSTS`], weighted by prior and left-out log loss.
///
/// `model` and `base` are log-odds of each labelled row if it is left out.
pub(crate) fn trust(model: &[f64], base: &[f64], outcomes: &[f64]) -> f64 {
    let scores: Vec<f64> = TRUSTS
        .iter()
        .map(|(trust, prior)| {
            let losses = model.iter().zip(base).zip(outcomes);
            let sum: f64 = losses
                .map(|((m, b), y)| log_loss(b + trust * (m - b), *y))
                .sum();
            prior.ln() - sum
        })
        .collect();
    let weights = softmax(&scores);
    TRUSTS.iter().zip(weights).map(|(t, w)| t.0 * w).sum()
}

/// Log-odds of the smoothed base rate (Laplace's rule) of each row's others.
pub(crate) fn base_left_out(outcomes: &[f64]) -> Vec<f64> {
    let sum: f64 = outcomes.iter().sum();
    let n = outcomes.len() as f64;
    outcomes
        .iter()
        .map(|y| ((sum - y + 1.0) / (n - sum - (1.0 - y) + 1.0)).ln())
        .collect()
}

/// Log-odds of the smoothed base rate.
pub(crate) fn base_rate(outcomes: &[f64]) -> f64 {
    let sum: f64 = outcomes.iter().sum();
    ((sum + 1.0) / (outcomes.len() as f64 - sum + 1.0)).ln()
}

/// What leaving each labelled row out says about the answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Check {
    /// Labelled rows.
    pub rows: usize,
    /// Mean loss of the model on rows left out: log loss for classes, squared error over the
    /// target's variance for numbers.
    pub loss: f64,
    /// The same of the base rate, or of the mean.
    pub base_loss: f64,
    /// Student's t of the paired difference.
    pub t: f64,
    /// The value that t has to exceed: its 95 % quantile with `rows − 1` degrees of freedom.
    pub needed: f64,
    /// Share of the rows left out whose most probable class is theirs; `None` for numbers.
    pub accuracy: Option<f64>,
    /// The same for the most frequent class of the others.
    pub base_accuracy: Option<f64>,
}

impl Check {
    pub(crate) fn of(losses: &[f64], base: &[f64], hits: Option<(f64, f64)>) -> Self {
        let n = losses.len() as f64;
        let gains: Vec<f64> = base.iter().zip(losses).map(|(b, l)| b - l).collect();
        let mean = gains.iter().sum::<f64>() / n;
        let variance = gains.iter().map(|g| (g - mean) * (g - mean)).sum::<f64>() / (n - 1.0);
        Self {
            rows: losses.len(),
            loss: losses.iter().sum::<f64>() / n,
            base_loss: base.iter().sum::<f64>() / n,
            t: mean / (variance / n).sqrt().max(1e-12),
            needed: student_95(losses.len().saturating_sub(1)),
            accuracy: hits.map(|hits| hits.0 / n),
            base_accuracy: hits.map(|hits| hits.1 / n),
        }
    }

    /// Whether the model is better than the base rate beyond chance: a one-sided paired t test at
    /// 5 %. Otherwise there is not enough to tell.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        self.rows >= 4 && self.t > self.needed
    }
}

/// The 95 % quantile of Student's t (Cornish–Fisher, within 1 % from 3 degrees of freedom on).
fn student_95(freedom: usize) -> f64 {
    let v = freedom.max(1) as f64;
    let z = 1.644_853_6_f64;
    let (z3, z5, z7) = (z.powi(3), z.powi(5), z.powi(7));
    z + (z3 + z) / (4.0 * v)
        + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * v * v)
        + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / (384.0 * v * v * v)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (freedom, expected) in [(3, 2.353), (7, 1.895), (31, 1.696), (1000, 1.646)] {
            assert!((student_95(freedom) - expected).abs() < 0.02, "{freedom}");
        }
    }

    #[test]
    fn a_model_that_is_wrong_is_not_trusted() {
        let outcomes: Vec<f64> = (0..40).map(|i| f64::from(i % 2)).collect();
        let base = base_left_out(&outcomes);
        let right: Vec<f64> = outcomes.iter().map(|y| 4.0 * y - 2.0).collect();
        let wrong: Vec<f64> = right.iter().map(|z| -z).collect();
        assert!(trust(&right, &base, &outcomes) > 1.2);
        assert!(trust(&wrong, &base, &outcomes) < 0.1);
    }
}
