//! The noise that an aggregator adds to its share of the sums.
//!
//! Drawn by `prio`'s exact sampler of the discrete Gaussian, which uses whole numbers and fractions
//! only: no rounding of floating-point numbers that could betray a count.

use num_bigint::{BigInt, BigUint};
use num_rational::Ratio;
use prio::dp::distributions::DiscreteGaussian;
use prio::field::{Field128, FieldElementWithInteger};
use rand08::Rng;
use rand08::distributions::Distribution;

use crate::error::TogetherError;

/// Parts of one into which a deviation is divided. Rounded up, so that the noise is never too small.
const PARTS: u64 = 1_024;

/// Noise of a fixed deviation.
#[derive(Debug, Clone)]
pub(crate) struct Noise(DiscreteGaussian);

impl Noise {
    /// # Errors
    /// When the deviation is not a positive number of at most a billion.
    pub(crate) fn new(sigma: f64) -> Result<Self, TogetherError> {
        if !(sigma > 0.0 && sigma <= 1e9) {
            return Err(TogetherError::Noise(format!(
                "{sigma} is no deviation, expected a number above 0"
            )));
        }
        let parts = BigUint::from((sigma * PARTS as f64).ceil() as u64);
        let sigma = Ratio::new(parts, BigUint::from(PARTS));
        let gaussian = DiscreteGaussian::new(sigma);
        Ok(Self(gaussian.map_err(|error| {
            TogetherError::Noise(error.to_string())
        })?))
    }

    /// One draw.
    ///
    /// # Errors
    /// When it does not fit 128 bits, which no deviation allowed here makes happen.
    pub(crate) fn draw(&self, rng: &mut impl Rng) -> Result<i128, TogetherError> {
        let drawn: BigInt = self.0.sample(rng);
        i128::try_from(drawn).map_err(|error| TogetherError::Noise(error.to_string()))
    }

    /// Adds a draw to each sum.
    ///
    /// # Errors
    /// See [`Self::draw`].
    pub(crate) fn add_to(
        &self,
        sums: &mut [Field128],
        rng: &mut impl Rng,
    ) -> Result<(), TogetherError> {
        for sum in sums {
            let drawn = self.draw(rng)?;
            let size = Field128::from(drawn.unsigned_abs());
            if drawn < 0 {
                *sum -= size;
            } else {
                *sum += size;
            }
        }
        Ok(())
    }
}

/// A sum with noise as a number with a sign: the field's upper half are the negative numbers.
pub(crate) fn signed(sum: Field128) -> i128 {
    let (modulus, value) = (Field128::modulus(), u128::from(sum));
    if value > modulus / 2 {
        -((modulus - value) as i128)
    } else {
        value as i128
    }
}

#[cfg(test)]
mod tests {
    use rand08::SeedableRng;
    use rand08::rngs::StdRng;

    use super::*;
    use crate::privacy::Privacy;

    /// Probability of each whole number from `-max` to `max`, by the definition: in proportion to
    /// exp(−x²/2σ²).
    fn exact(sigma: f64, max: i128) -> Vec<f64> {
        let weight = |x: i128| (-((x * x) as f64) / (2.0 * sigma * sigma)).exp();
        // Beyond 40σ nothing is left in floating point.
        let far = (40.0 * sigma).ceil() as i128;
        let all: f64 = (-far..=far).map(weight).sum();
        (-max..=max).map(|x| weight(x) / all).collect()
    }

    fn draws(sigma: f64, count: usize) -> Vec<i128> {
        let noise = Noise::new(sigma).expect("a deviation");
        let mut rng = StdRng::seed_from_u64(23);
        (0..count)
            .map(|_| noise.draw(&mut rng).expect("it fits"))
            .collect()
    }

    /// Frequencies against the exact ones: Pearson's statistic over all numbers that are expected at
    /// least 20 times, the two tails as one cell each.
    #[track_caller]
    fn check_distribution(sigma: f64) {
        let count = 20_000;
        let draws = draws(sigma, count);
        let n = count as f64;
        let mean = draws.iter().sum::<i128>() as f64 / n;
        let variance = draws.iter().map(|x| (x * x) as f64).sum::<f64>() / n;
        // Five standard errors: those of a mean, σ/√n, and of a variance, σ²√(2/n).
        assert!(mean.abs() < 5.0 * sigma / n.sqrt(), "mean {mean}");
        let expected: f64 = (-200..=200)
            .zip(exact(sigma, 200))
            .map(|(x, p)| (x * x) as f64 * p)
            .sum();
        assert!(
            (variance - expected).abs() < 5.0 * expected * (2.0 / n).sqrt(),
            "variance {variance}, expected {expected}"
        );
        let max = (0..200)
            .take_while(|&x| exact(sigma, x)[0] * n >= 20.0)
            .last()
            .expect("0 is frequent");
        let p = exact(sigma, max);
        let frequency = |x: i128| draws.iter().filter(|&&drawn| drawn == x).count() as f64;
        let mut cells: Vec<(f64, f64)> = (-max..=max)
            .zip(&p)
            .map(|(x, p)| (frequency(x), p * n))
            .collect();
        let tail = (1.0 - p.iter().sum::<f64>()) / 2.0 * n;
        cells.push((draws.iter().filter(|&&x| x < -max).count() as f64, tail));
        cells.push((draws.iter().filter(|&&x| x > max).count() as f64, tail));
        let chi2: f64 = cells
            .iter()
            .filter(|(_, expected)| *expected >= 5.0)
            .map(|(found, expected)| (found - expected).powi(2) / expected)
            .sum();
        let freedom = cells.len() as f64 - 1.0;
        // Mean plus five deviations of the chi-squared distribution.
        assert!(
            chi2 < freedom + 5.0 * (2.0 * freedom).sqrt(),
            "{chi2} for {freedom} degrees of freedom"
        );
    }

    #[test]
    fn the_noise_has_the_exact_distribution() {
        check_distribution(1.0);
        check_distribution(3.75);
        check_distribution(24.0);
    }

    #[test]
    fn the_tail_is_the_exact_one() {
        let (sigma, count) = (4.0, 20_000);
        let draws = draws(sigma, count);
        for bound in [8, 12] {
            let inside: f64 = exact(sigma, bound).iter().sum();
            let expected = (1.0 - inside) * count as f64;
            let found = draws.iter().filter(|x| x.abs() > bound).count() as f64;
            assert!(
                (found - expected).abs() < 5.0 * expected.sqrt(),
                "{found} beyond {bound}, expected {expected}"
            );
        }
    }

    #[test]
    fn a_deviation_is_rounded_up() {
        let sigma = Privacy {
            epsilon: 1.0,
            delta: 1e-6,
        }
        .sigma(20);
        let text = format!("{:?}", Noise::new(sigma).expect("a deviation"));
        let parts = (sigma * 1_024.0).ceil();
        assert!(parts / 1_024.0 >= sigma && parts / 1_024.0 < sigma + 0.001);
        assert!(text.contains("DiscreteGaussian"), "{text}");
        assert!(Noise::new(0.0).is_err() && Noise::new(f64::NAN).is_err());
    }

    #[test]
    fn negative_sums_keep_their_sign() {
        let mut sums = [Field128::from(3); 400];
        let noise = Noise::new(30.0).expect("a deviation");
        let mut rng = StdRng::seed_from_u64(1);
        noise.add_to(&mut sums, &mut rng).expect("it fits");
        let read: Vec<i128> = sums.into_iter().map(signed).collect();
        assert!(read.iter().any(|&sum| sum < 0) && read.iter().all(|sum| sum.abs() < 300));
    }
}
