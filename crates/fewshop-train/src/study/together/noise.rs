//! Discrete Gaussian noise, for simulations.
//!
//! Algorithms 2 and 3 of Canonne, Kamath, Steinke (2020), in floating point and with a repeatable
//! generator: right for figures, not for a release. What a shop publishes takes its noise from an
//! exact sampler and from the system's random source.

use rand::{Rng, RngExt};

/// A number with a probability proportional to exp(−y² / 2σ²); 0 where σ is 0.
pub(super) fn discrete_gaussian(sigma: f64, rng: &mut impl Rng) -> i64 {
    if sigma <= 0.0 {
        return 0;
    }
    let width = sigma.floor() + 1.0;
    let variance = sigma * sigma;
    loop {
        let y = discrete_laplace(width, rng);
        let off = y.abs() as f64 - variance / width;
        if rng.random::<f64>() < (-off * off / (2.0 * variance)).exp() {
            return y;
        }
    }
}

/// A number with a probability proportional to exp(−|y| / width).
fn discrete_laplace(width: f64, rng: &mut impl Rng) -> i64 {
    loop {
        // Geometric: how often a coin that falls so with exp(−1 / width) falls so in a row.
        let uniform = 1.0 - rng.random::<f64>();
        let size = (-uniform.ln() * width).floor() as i64;
        let is_negative = rng.random::<bool>();
        // Zero has no sign and would come twice.
        if size > 0 || !is_negative {
            return if is_negative { -size } else { size };
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn the_shares_are_those_of_the_formula() {
        for sigma in [0.7, 2.0, 6.5] {
            let mut rng = ChaCha8Rng::seed_from_u64(5);
            let n = 400_000;
            let mut found = std::collections::BTreeMap::<i64, f64>::new();
            for _ in 0..n {
                *found.entry(discrete_gaussian(sigma, &mut rng)).or_default() += 1.0;
            }
            let weight = |y: i64| (-(y * y) as f64 / (2.0 * sigma * sigma)).exp();
            let reach = (12.0 * sigma) as i64;
            let all: f64 = (-reach..=reach).map(weight).sum();
            let mut chi = 0.0;
            let mut places = 0.0;
            for y in -reach..=reach {
                let expected = f64::from(n) * weight(y) / all;
                if expected > 20.0 {
                    let off = found.get(&y).copied().unwrap_or(0.0) - expected;
                    chi += off * off / expected;
                    places += 1.0;
                }
            }
            // Mean and standard deviation of χ² are its places and √(2 places).
            assert!(
                (chi - places).abs() < 5.0 * f64::sqrt(2.0 * places),
                "{sigma}: {chi} in {places} places"
            );
        }
    }

    #[test]
    fn no_noise_is_zero() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        assert_eq!(discrete_gaussian(0.0, &mut rng), 0);
    }
}
