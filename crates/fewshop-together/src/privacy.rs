//! What a report costs, as a number: (ε, δ), and the noise that keeps it.
//!
//! The noise is the discrete Gaussian of [Canonne, Kamath and Steinke
//! (2020)](https://arxiv.org/abs/2004.00010); its deviation is the least one that keeps the bound, by the
//! exact curve that [`fewshop_privacy`] derives.
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
    /// Nothing told, nothing spent.
    pub const NOTHING: Self = Self {
        epsilon: 0.0,
        delta: 0.0,
    };

    /// Of two reports of one device, which may be in *one* batch under one noise (group privacy): let M be
    /// what is published. Emptying the first report and then the second,
    /// `P(M) ≤ e^ε₁ P(M₁) + δ₁ ≤ e^(ε₁ + ε₂) P(M₁₂) + δ₁ + e^ε₁ δ₂`, and the other way round with the indices
    /// changed; the larger δ holds for both. In two batches the bound is looser than it would have to be.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let after = |first: Self, second: Self| first.delta + first.epsilon.exp() * second.delta;
        Self {
            epsilon: self.epsilon + other.epsilon,
            delta: after(self, other).max(after(other, self)).min(1.0),
        }
    }

    /// Of `reports` reports of one device, in whatever batches.
    #[must_use]
    pub fn of_several(self, reports: usize) -> Self {
        (0..reports).fold(Self::NOTHING, |all, _| all.and(self))
    }

    /// The deviation of the noise that keeps this bound for reports of at most `max_items` products.
    /// [`Terms`](crate::Terms) admit only values for which the exact curve has an answer; for others
    /// the looser bound by zCDP stands in, which asks for more noise.
    #[must_use]
    pub fn sigma(self, max_items: usize) -> f64 {
        fewshop_privacy::sigma_for_report(self.epsilon, self.delta, max_items as u64)
            .unwrap_or_else(|_| self.sigma_by_zcdp(max_items))
    }

    /// By theorem 14 of Canonne, Kamath and Steinke, noise of deviation σ is ρ-zCDP with ρ = T / (2σ²), and
    /// that is (ρ + 2√(ρ ln(1/δ)), δ)-DP ([Bun and Steinke (2016)](https://arxiv.org/abs/1605.02065),
    /// proposition 1.3).
    fn sigma_by_zcdp(self, max_items: usize) -> f64 {
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
    fn check_sigma(epsilon: f64, expected: f64, by_zcdp: f64) {
        let privacy = Privacy {
            epsilon,
            delta: 1e-6,
        };
        let sigma = privacy.sigma(20);
        assert!((sigma - expected).abs() < 0.02, "{sigma}");
        assert!(fewshop_privacy::delta_of_report(epsilon, sigma, 20).unwrap() <= 1e-6);
        // A second derivation, looser: the noise is less than it asks for, and not by far.
        let other = privacy.sigma_by_zcdp(20);
        assert!((other - by_zcdp).abs() < 1e-3, "{other}");
        assert!((0.7..1.0).contains(&(sigma / other)), "{sigma} {other}");
    }

    #[test]
    fn the_noise_follows_from_epsilon_and_delta() {
        // √20 times the deviations of the analytic Gaussian mechanism (Balle and Wang 2018).
        check_sigma(1.0, 18.9, 23.9258);
        check_sigma(8.0, 2.92, 3.3155);
    }

    #[test]
    fn several_reports_of_one_batch_cost_more_than_their_sum() {
        let one = Privacy {
            epsilon: 0.5,
            delta: 1e-6,
        };
        let four = one.of_several(4);
        assert_eq!(four.epsilon, 2.0);
        // δ (e^(4ε) − 1) / (e^ε − 1)
        let expected = 1e-6 * 2f64.exp_m1() / 0.5f64.exp_m1();
        assert!((four.delta - expected).abs() < 1e-12, "{}", four.delta);
        assert_eq!(one.of_several(1), one);
        assert_eq!(one.of_several(0), Privacy::NOTHING);
    }

    /// The exact δ of two reports of one product each, both in one batch, is within the bound and above
    /// twice that of one: basic composition would promise too much.
    #[test]
    fn two_reports_of_one_batch_keep_what_is_said_of_them() {
        let sigma: f64 = 4.5;
        // The count is changed by `shift`: the hockey-stick divergence of the noise and itself shifted.
        let delta = |epsilon: f64, shift: i64| -> f64 {
            let weight = |x: i64| (-((x * x) as f64) / (2.0 * sigma * sigma)).exp();
            let all: f64 = (-400..=400).map(weight).sum();
            (-400..=400)
                .map(|x| (weight(x - shift) - epsilon.exp() * weight(x)).max(0.0) / all)
                .sum()
        };
        let one = Privacy {
            epsilon: 1.0,
            delta: delta(1.0, 1),
        };
        let exact = delta(2.0, 2);
        assert!(exact <= one.of_several(2).delta);
        assert!(exact > 2.0 * one.delta, "{exact:e} {:e}", one.delta);
    }
}
