//! (ε, δ) of added-up counts with discrete Gaussian noise, without the slack of general theorems.
//!
//! **Setting.** x is the sum of all reports but one, v ∈ {0, 1}ᵐ the one with ‖v‖₁ ≤ T, and Y has
//! independent entries of the discrete Gaussian N_Z(0, σ²), whose probability of y is proportional to
//! exp(−y² / 2σ²) on the integers (Canonne, Kamath, Steinke 2020, "The Discrete Gaussian for
//! Differential Privacy"). Published is x + v + Y; with the empty report it would be x + Y.
//!
//! **Loss.** At the outcome x + v + y the logarithm of the two probabilities' ratio is
//! L = (‖v + y‖² − ‖y‖²) / 2σ² = (t + 2s) / 2σ², with t = ‖v‖₁ = ‖v‖² and s = ⟨v, y⟩: the sum of t
//! independent discrete Gaussians decides alone. (The reversed ratio has the same distribution, as Y
//! is symmetric.)
//!
//! **δ.** The least δ for ε is the hockey-stick divergence (Balle, Wang 2018, theorem 5)
//!
//! δ(ε) = Σ_s P(S = s) · max(0, 1 − exp(ε − L(s))).
//!
//! **The sum of t.** S is a discrete Gaussian of variance tσ² up to a factor within 1 ± τ at every
//! integer, τ = 10 Σ_{k=1}^{t−1} exp(−2π²σ² k/(k+1)) (Kairouz, Liu, Steinke 2021, "The Distributed
//! Discrete Gaussian Mechanism", for σ ≥ 1/2). At σ = 2 and t = 20 it is 10⁻¹⁵; questions where it
//! matters are refused. Its normaliser is at least √(2πtσ²) by Poisson's sum, so to divide by that is
//! safe too.
//!
//! **Why t = T.** A report of t < T ones is the report of T ones after a step that needs no secret:
//! keep t of its T places and put fresh noise in the others. So δ grows with t.
//!
//! **Many reports.** N reports in N batches are one report of at most N·T ones, by the same argument
//! place by place. It also holds if a report depends on what earlier batches published: whoever
//! simulates the batches from the N·T places chooses, one batch after another, where the next T of
//! them go.
//!
//! The continuous ("analytic") Gaussian of Balle and Wang is near, but not an upper bound: at
//! σ = 4.25, T = 1, ε = 1 it says δ = 8.84·10⁻⁷ where the discrete noise has 9.26·10⁻⁷.

use std::f64::consts::PI;

use crate::PrivacyError;

/// Larger ε promise nothing: e¹⁰⁰ is no factor that anybody could mean.
pub const MAX_EPSILON: f64 = 100.0;

/// σ is a multiple of one over this: a short fraction that samplers of exact arithmetic take as it is.
pub const SIGMA_STEPS: u32 = 64;

/// Relative allowance for rounding in sums of some 10⁵ positive terms, each with an exponent of at
/// most 745 and so with a relative error below 10⁻¹²: a thousand times what it can be.
const ROUNDING: f64 = 1e-9;

/// The largest τ that is added to δ rather than refused.
const MAX_TAU: f64 = 1e-9;

fn check(sigma: f64, ones: u64) -> Result<(), PrivacyError> {
    if !(sigma > 0.0 && sigma.is_finite()) {
        return Err(PrivacyError::Sigma(sigma));
    }
    if ones == 0 {
        return Err(PrivacyError::NoProducts);
    }
    if tau(sigma, ones) > MAX_TAU {
        return Err(PrivacyError::SmallNoise(sigma));
    }
    Ok(())
}

fn check_delta(delta: f64) -> Result<(), PrivacyError> {
    if delta > 0.0 && delta < 1.0 {
        Ok(())
    } else {
        Err(PrivacyError::Delta(delta))
    }
}

/// How far the sum of so many discrete Gaussians can be from a discrete Gaussian, as a factor.
fn tau(sigma: f64, ones: u64) -> f64 {
    // The factor k/(k+1) is at least 1/2; this bounds all terms by the largest.
    10.0 * (ones - 1) as f64 * (-PI * PI * sigma * sigma).exp()
}

/// An upper bound of the least δ for which one report of at most `ones` ones is (ε, δ)-private.
///
/// # Errors
/// When an argument is out of range, or the noise is too small for the formula.
pub fn delta_of_report(epsilon: f64, sigma: f64, ones: u64) -> Result<f64, PrivacyError> {
    check(sigma, ones)?;
    if !(epsilon >= 0.0 && epsilon.is_finite()) {
        return Err(PrivacyError::Epsilon(epsilon));
    }
    Ok(delta(epsilon, sigma, ones))
}

fn delta(epsilon: f64, sigma: f64, ones: u64) -> f64 {
    let (t, variance) = (ones as f64, ones as f64 * sigma * sigma);
    let loss = |s: f64| (t + 2.0 * s) / (2.0 * sigma * sigma);
    // Below the first the loss is less than ε and the term 0, below the second the weight is.
    let mut s = (sigma * sigma * epsilon - t / 2.0)
        .max(-39.0 * variance.sqrt())
        .floor();
    let mut sum = 0.0;
    loop {
        let weight = (-s * s / (2.0 * variance)).exp();
        let over = epsilon - loss(s);
        if over < 0.0 {
            sum += weight * -over.exp_m1();
        }
        // Past the centre the weights only fall; below the smallest number they add nothing.
        if s > 0.0 && weight == 0.0 {
            break;
        }
        s += 1.0;
    }
    let bound = sum / (2.0 * PI * variance).sqrt();
    // A sum of weights that are all too small for a number is not nothing.
    (bound * (1.0 + tau(sigma, ones)) * (1.0 + ROUNDING)).clamp(f64::MIN_POSITIVE, 1.0)
}

/// The ε of one report of at most `ones` ones: an upper bound, at most 10⁻⁹ above the least.
///
/// # Errors
/// When an argument is out of range, or no ε up to [`MAX_EPSILON`] holds.
pub fn epsilon_of_report(sigma: f64, ones: u64, delta: f64) -> Result<f64, PrivacyError> {
    check(sigma, ones)?;
    check_delta(delta)?;
    let holds = |epsilon: f64| self::delta(epsilon, sigma, ones) <= delta;
    // Half of all losses are above this; said before a sum that would take for ever.
    if ones as f64 / (2.0 * sigma * sigma) > MAX_EPSILON {
        return Err(PrivacyError::NoPromise(MAX_EPSILON));
    }
    least_epsilon(holds)
}

/// The least ε at which a promise holds, at most 10⁻⁹ too high: the end at which it was seen to hold.
pub(crate) fn least_epsilon(holds: impl Fn(f64) -> bool) -> Result<f64, PrivacyError> {
    if holds(0.0) {
        return Ok(0.0);
    }
    if !holds(MAX_EPSILON) {
        return Err(PrivacyError::NoPromise(MAX_EPSILON));
    }
    let (mut low, mut high) = (0.0, MAX_EPSILON);
    while high - low > 1e-9 {
        let middle = 0.5 * (low + high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(high)
}

/// The ε of all that a shopper sent: `reports` of them, in as many batches, each of at most `ones`
/// ones under noise of its own. No report costs nothing.
///
/// Two reports of one shopper in *one* batch are not covered: see [`crate::zcdp::rho`].
///
/// # Errors
/// See [`epsilon_of_report`].
pub fn epsilon_after(reports: u64, sigma: f64, ones: u64, delta: f64) -> Result<f64, PrivacyError> {
    if reports == 0 {
        check(sigma, ones)?;
        check_delta(delta)?;
        return Ok(0.0);
    }
    epsilon_of_report(sigma, reports.saturating_mul(ones), delta)
}

/// The least σ, in steps of one over [`SIGMA_STEPS`], under which one report of at most `ones` ones
/// is (ε, δ)-private.
///
/// # Errors
/// When an argument is out of range.
pub fn sigma_for_report(epsilon: f64, delta: f64, ones: u64) -> Result<f64, PrivacyError> {
    if !(epsilon > 0.0 && epsilon.is_finite()) {
        return Err(PrivacyError::Epsilon(epsilon));
    }
    check_delta(delta)?;
    if ones == 0 {
        return Err(PrivacyError::NoProducts);
    }
    let of = |steps: u64| steps as f64 / f64::from(SIGMA_STEPS);
    let holds = |steps: u64| {
        check(of(steps), ones).is_ok() && self::delta(epsilon, of(steps), ones) <= delta
    };
    let mut high = 1u64;
    while !holds(high) {
        high *= 2;
    }
    let mut low = high / 2;
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    // δ of a lattice does not fall evenly with σ, so a smaller step may hold as well; this one was
    // seen to hold.
    Ok(of(high))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The distribution of the sum of `t` discrete Gaussians by adding one after another, from
    /// −reach to reach.
    fn summed(sigma: f64, t: usize) -> (Vec<f64>, i64) {
        let reach = (14.0 * sigma) as i64;
        let one: Vec<f64> = (-reach..=reach)
            .map(|y| (-(y * y) as f64 / (2.0 * sigma * sigma)).exp())
            .collect();
        let all: f64 = one.iter().sum();
        let mut sum = vec![1.0];
        for _ in 0..t {
            let mut next = vec![0.0; sum.len() + one.len() - 1];
            for (a, x) in sum.iter().enumerate() {
                for (b, y) in one.iter().enumerate() {
                    next[a + b] += x * y / all;
                }
            }
            sum = next;
        }
        (sum, reach * t as i64)
    }

    /// δ as the divergence of two tables of probabilities.
    fn tabulated(epsilon: f64, sigma: f64, t: usize) -> f64 {
        let (sum, reach) = summed(sigma, t);
        let terms = sum.iter().zip(-reach..).map(|(p, s)| {
            let loss = (t as f64 + 2.0 * s as f64) / (2.0 * sigma * sigma);
            p * (1.0 - (epsilon - loss).exp()).max(0.0)
        });
        terms.sum()
    }

    #[test]
    fn delta_is_that_of_the_summed_tables_and_never_below() {
        for (epsilon, sigma, t) in [
            (1.0, 4.25, 1),
            (0.5, 3.0, 1),
            (1.0, 2.0, 4),
            (2.0, 2.0, 4),
            (1.0, 10.0, 5),
            (8.0, 3.5, 20),
            (3.0, 6.5, 20),
        ] {
            let bound = delta_of_report(epsilon, sigma, t as u64).unwrap();
            let exact = tabulated(epsilon, sigma, t);
            let over = bound / exact - 1.0;
            assert!((0.0..1e-8).contains(&over), "{epsilon} {sigma} {t}: {over}");
        }
    }

    /// From NumPy: the same tables with `numpy.convolve` and `math.fsum`.
    #[test]
    fn delta_is_what_another_program_computes() {
        for (epsilon, sigma, ones, expected) in [
            (1.0, 4.25, 1, 9.258907318185037e-07),
            (0.5, 3.0, 1, 0.011915654391177512),
            (1.0, 10.0, 5, 2.9208319503216624e-07),
            (1.0, 18.875, 20, 1.0202155351691056e-06),
            (8.0, 3.5, 20, 1.6500633207739146e-09),
            (2.0, 19.0, 7 * 20, 0.00028786809080254093),
        ] {
            let delta = delta_of_report(epsilon, sigma, ones).unwrap();
            assert!((delta / expected - 1.0).abs() < 1e-8, "{delta} {expected}");
        }
    }

    /// σ/√T of the continuous mechanism for ε = 1 and δ = 10⁻⁵ is 3.7306 (the published code of Balle
    /// and Wang), for δ = 10⁻⁶ 4.2247. With much noise the lattice no longer shows.
    #[test]
    fn much_noise_needs_as_much_as_the_analytic_gaussian() {
        for (epsilon, delta, published) in [
            (1.0, 1e-5, 3.730632),
            (1.0, 1e-6, 4.224679),
            (2.0, 1e-6, 2.230476),
        ] {
            let ones: u64 = 400;
            let sigma = sigma_for_report(epsilon, delta, ones).unwrap();
            let over = sigma / (ones as f64).sqrt() - published;
            assert!((-1e-4..2e-3).contains(&over), "{epsilon} {delta}: {over}");
        }
    }

    #[test]
    fn sigma_keeps_its_promise_and_a_step_less_does_not() {
        for (epsilon, delta, ones) in [
            (1.0, 1e-6, 20),
            (2.0, 1e-6, 10),
            (4.0, 1e-7, 5),
            (8.0, 1e-6, 20),
            (0.25, 1e-9, 3),
        ] {
            let sigma = sigma_for_report(epsilon, delta, ones).unwrap();
            assert!(delta_of_report(epsilon, sigma, ones).unwrap() <= delta);
            let less = sigma - 1.0 / f64::from(SIGMA_STEPS);
            assert!(delta_of_report(epsilon, less, ones).unwrap() > delta);
            assert_eq!((sigma * f64::from(SIGMA_STEPS)).fract(), 0.0);
            let back = epsilon_of_report(sigma, ones, delta).unwrap();
            assert!(back <= epsilon && back > 0.97 * epsilon, "{back}");
        }
    }

    #[test]
    fn fewer_ones_more_noise_and_more_epsilon_never_cost_more() {
        let delta = |epsilon, sigma, ones| delta_of_report(epsilon, sigma, ones).unwrap();
        for ones in 1..40 {
            assert!(delta(1.0, 6.0, ones) <= delta(1.0, 6.0, ones + 1));
        }
        for nth in 0..40 {
            let epsilon = f64::from(nth) * 0.1;
            assert!(delta(epsilon + 0.1, 6.0, 20) <= delta(epsilon, 6.0, 20));
        }
        assert!(delta(1.0, 24.0, 20) < delta(1.0, 12.0, 20));
    }

    #[test]
    fn reports_add_up_slower_than_their_number_and_below_the_general_theorem() {
        let sigma = sigma_for_report(1.0, 1e-6, 20).unwrap();
        let one = epsilon_after(1, sigma, 20, 1e-6).unwrap();
        assert_eq!(epsilon_after(0, sigma, 20, 1e-6), Ok(0.0));
        let mut before = 0.0;
        for reports in [1u64, 2, 4, 12, 52] {
            let all = epsilon_after(reports, sigma, 20, 1e-6).unwrap();
            assert!(all > before && all <= one * reports as f64);
            let rho = crate::zcdp::rho(sigma, 20.0 * reports as f64).unwrap();
            let general = crate::zcdp::epsilon_of_rho(rho, 1e-6).unwrap();
            // Exact accounting may not promise more than a theorem that holds for all.
            assert!(all <= general && general < 1.25 * all, "{all} {general}");
            before = all;
        }
    }

    /// Draws the loss itself: how often it is above ε, and by how much.
    #[test]
    fn drawn_losses_agree() {
        let (sigma, t, epsilon) = (2.0f64, 4usize, 1.0);
        let (sum, reach) = summed(sigma, 1);
        let cumulated: Vec<f64> = sum
            .iter()
            .scan(0.0, |all, p| {
                *all += p;
                Some(*all)
            })
            .collect();
        // Marsaglia's xorshift: a test needs no more.
        let mut state = 88_172_645_463_325_252u64;
        let mut uniform = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        let draws = 200_000;
        let mut delta = 0.0;
        for _ in 0..draws {
            let s: i64 = (0..t)
                .map(|_| {
                    let at = uniform();
                    cumulated.partition_point(|&p| p < at) as i64 - reach
                })
                .sum();
            let loss = (t as f64 + 2.0 * s as f64) / (2.0 * sigma * sigma);
            delta += (1.0 - (epsilon - loss).exp()).max(0.0);
        }
        let (drawn, exact) = (
            delta / f64::from(draws),
            delta_of_report(epsilon, sigma, t as u64).unwrap(),
        );
        // A standard error is below 0.0006.
        assert!((drawn - exact).abs() < 0.0025, "{drawn} {exact}");
    }

    #[test]
    fn what_makes_no_sense_is_an_error() {
        assert_eq!(
            sigma_for_report(0.0, 1e-6, 20),
            Err(PrivacyError::Epsilon(0.0))
        );
        assert_eq!(
            sigma_for_report(1.0, 1.0, 20),
            Err(PrivacyError::Delta(1.0))
        );
        assert_eq!(
            sigma_for_report(1.0, 1e-6, 0),
            Err(PrivacyError::NoProducts)
        );
        assert!(matches!(
            delta_of_report(1.0, f64::NAN, 20),
            Err(PrivacyError::Sigma(_))
        ));
        assert_eq!(
            delta_of_report(1.0, 1.0, 20),
            Err(PrivacyError::SmallNoise(1.0))
        );
        // One product needs no sum, so any noise has an answer.
        assert!(delta_of_report(1.0, 0.3, 1).unwrap() > 0.9);
        assert!(epsilon_after(u64::MAX, 2.0, 20, 1e-6).is_err());
        assert_eq!(
            epsilon_after(1_000_000_000, 19.0, 20, 1e-6),
            Err(PrivacyError::NoPromise(MAX_EPSILON))
        );
    }
}
