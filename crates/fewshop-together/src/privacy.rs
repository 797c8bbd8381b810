//! What a report costs, as a number: (ε, δ), and the noise that keeps it.
//!
//! The noise is the discrete Gaussian of [Canonne, Kamath and Steinke
//! (2020)](https://arxiv.org/abs/2004.00010). By their theorem 14, noise of deviation σ in each
//! coordinate is ρ-zCDP with ρ = Δ² / (2σ²), where Δ is the Euclidean length by which one report
//! can change the counts; and ρ-zCDP is (ρ + 2√(ρ ln(1/δ)), δ)-DP for every δ ([Bun and Steinke
//! (2016)](https://arxiv.org/abs/1605.02065), proposition 1.3). Both hold exactly for the noise that
//! is drawn, not only for its continuous relative; the second is not tight, so σ is a little larger
//! than it would have to be.
//!
//! Neighbours are two batches that differ in what *one* report says, against an empty report in its
//! place: how many reports a batch has is public. A report says at most T products once each, so
//! Δ = √T.

use serde::{Deserialize, Serialize};

/// A bound on what anybody can learn: odds change by at most the factor e^ε, except with
/// probability δ.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Privacy {
    /// ε.
    pub epsilon: f64,
    /// δ.
    pub delta: f64,
}

impl Privacy {
    /// Of `reports` reports together, by basic composition: the sums. It holds whatever the reports
    /// have in common, and is the loosest of the known bounds.
    #[must_use]
    pub fn of_several(self, reports: usize) -> Self {
        Self {
            epsilon: self.epsilon * reports as f64,
            delta: (self.delta * reports as f64).min(1.0),
        }
    }

    /// The deviation of the noise that keeps this bound for reports of at most `max_items` products.
    #[must_use]
    pub fn sigma(self, max_items: usize) -> f64 {
        // ρ + 2√(ρ L) = ε, solved for √ρ. Written as a fraction, so that a small ε loses no digits.
        let log = (1.0 / self.delta).ln();
        let root_rho = self.epsilon / ((log + self.epsilon).sqrt() + log.sqrt());
        (max_items as f64).sqrt() / (std::f64::consts::SQRT_2 * root_rho)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_sigma(epsilon: f64, delta: f64, max_items: usize, expected: f64) {
        let sigma = Privacy { epsilon, delta }.sigma(max_items);
        assert!((sigma - expected).abs() < 1e-3, "{sigma}");
        // Back from σ to ε, by the formulas in the module's documentation.
        let rho = max_items as f64 / (2.0 * sigma * sigma);
        let back = rho + 2.0 * (rho * (1.0 / delta).ln()).sqrt();
        assert!((back - epsilon).abs() < 1e-9, "{back}");
    }

    #[test]
    fn the_noise_follows_from_epsilon_and_delta() {
        // By hand: ln(1/δ) = 13.81551, √ρ = √14.81551 − √13.81551 = 0.1321678.
        check_sigma(1.0, 1e-6, 20, 23.9258);
        check_sigma(8.0, 1e-6, 20, 3.3155);
        check_sigma(1.0, 1e-6, 1, 5.3501);
    }

    #[test]
    fn several_reports_cost_their_sum() {
        let one = Privacy {
            epsilon: 0.5,
            delta: 1e-6,
        };
        assert_eq!(one.of_several(4).epsilon, 2.0);
        assert!((one.of_several(4).delta - 4e-6).abs() < 1e-18);
        assert_eq!(one.of_several(0).epsilon, 0.0);
    }
}
