//! Zero-concentrated differential privacy: a bound for whatever has a length.
//!
//! Discrete Gaussian noise of parameter σ on a sum of integer vectors, one of which has a length of at
//! most Δ, is ρ-zCDP with ρ = Δ² / 2σ² (Canonne, Kamath, Steinke 2020, theorem 4 in every coordinate),
//! and the ρ of several publications add up, even where one depends on another (Bun, Steinke 2016).
//! ρ-zCDP is (ε, δ)-private with
//!
//! δ = inf over α > 1 of exp((α − 1)(αρ − ε)) / (α − 1) · (1 − 1/α)^α
//!
//! (corollary 13 of the first). Every α gives a valid δ, so a search that stops early is safe.

use crate::PrivacyError;
use crate::counts::least_epsilon;

/// ρ of a vector of this squared length. Of c reports of one shopper in one batch, each of at most T
/// ones, it is at most c²·T; in c batches, c·T.
///
/// # Errors
/// When σ is no positive number, or the length is negative.
pub fn rho(sigma: f64, squared_length: f64) -> Result<f64, PrivacyError> {
    if !(sigma > 0.0 && sigma.is_finite()) {
        return Err(PrivacyError::Sigma(sigma));
    }
    if !(squared_length >= 0.0 && squared_length.is_finite()) {
        return Err(PrivacyError::NoProducts);
    }
    Ok(squared_length / (2.0 * sigma * sigma))
}

/// The logarithm of an upper bound of δ.
fn ln_delta(rho: f64, epsilon: f64) -> f64 {
    let at = |alpha: f64| {
        (alpha - 1.0) * (alpha * rho - epsilon) - (alpha - 1.0).ln()
            + alpha * (-1.0 / alpha).ln_1p()
    };
    // The function of α is convex in the part that matters; by thirds, in the logarithm of α − 1.
    let (mut low, mut high) = (-12f64, 14f64);
    for _ in 0..200 {
        let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if at(1.0 + a.exp()) <= at(1.0 + b.exp()) {
            high = b;
        } else {
            low = a;
        }
    }
    at(1.0 + (0.5 * (low + high)).exp())
}

/// An upper bound of δ for ρ and ε.
///
/// # Errors
/// When an argument is out of range.
pub fn delta_of_rho(rho: f64, epsilon: f64) -> Result<f64, PrivacyError> {
    if !(epsilon >= 0.0 && epsilon.is_finite()) {
        return Err(PrivacyError::Epsilon(epsilon));
    }
    Ok(if rho > 0.0 {
        ln_delta(rho, epsilon).exp().min(1.0)
    } else {
        0.0
    })
}

/// An upper bound of ε for ρ and δ.
///
/// # Errors
/// When δ is no probability, or no ε up to [`crate::counts::MAX_EPSILON`] holds.
pub fn epsilon_of_rho(rho: f64, delta: f64) -> Result<f64, PrivacyError> {
    if !(delta > 0.0 && delta < 1.0) {
        return Err(PrivacyError::Delta(delta));
    }
    least_epsilon(|epsilon| delta_of_rho(rho, epsilon).is_ok_and(|found| found <= delta))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The simple conversion ε = ρ + 2√(ρ ln(1/δ)) of Bun and Steinke holds too, and is looser.
    #[test]
    fn the_conversion_is_below_the_simple_one_and_not_by_much() {
        for (rho, delta) in [(0.02, 1e-6), (0.1, 1e-5), (1.0, 1e-6), (5.0, 1e-9)] {
            let simple = rho + 2.0 * (rho * f64::ln(1.0 / delta)).sqrt();
            let found = epsilon_of_rho(rho, delta).unwrap();
            assert!(found < simple && found > 0.8 * simple, "{found} {simple}");
            assert!(delta_of_rho(rho, found).unwrap() <= delta);
        }
    }

    /// From SciPy: the same function minimised over α with `minimize_scalar`.
    #[test]
    fn the_conversion_is_what_another_program_computes() {
        for (rho, epsilon, expected) in EXPECTED {
            let found = delta_of_rho(rho, epsilon).unwrap();
            assert!((found / expected - 1.0).abs() < 1e-6, "{found} {expected}");
        }
    }

    const EXPECTED: [(f64, f64, f64); 4] = [
        (0.02, 1.0, 8.825254987221158e-08),
        (0.0279, 1.0, 4.202269421681376e-06),
        (0.1, 2.0, 4.3252108690925655e-06),
        (1.0, 8.0, 4.345341516648452e-07),
    ];

    #[test]
    fn nothing_sent_costs_nothing_and_nonsense_is_an_error() {
        assert_eq!(epsilon_of_rho(rho(3.0, 0.0).unwrap(), 1e-6), Ok(0.0));
        assert!(matches!(rho(0.0, 1.0), Err(PrivacyError::Sigma(_))));
        assert!(matches!(
            epsilon_of_rho(1.0, 0.0),
            Err(PrivacyError::Delta(_))
        ));
        assert!(matches!(
            epsilon_of_rho(1e9, 1e-6),
            Err(PrivacyError::NoPromise(_))
        ));
    }
}
