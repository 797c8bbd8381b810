//! Gaussian processes for two classes by Laplace's approximation, and for numbers exactly.
//!
//! Notation of Rasmussen and Williams 2006, algorithms 3.1 and 3.2; the leave-one-out predictions
//! are those of Vehtari et al. 2016 (the cavity of the Laplace approximation), which cost nothing
//! beyond the fit.

use crate::math::{Matrix, cholesky, dot, sigmoid, softplus, solve_lower, solve_upper};

/// Newton steps until the mode; with a concave likelihood five to ten are enough.
const STEPS: usize = 40;
/// Added to the diagonal of every kernel, so that two equal rows do not make it singular.
pub(crate) const JITTER: f64 = 1e-6;

/// A fitted process over `n` labelled rows.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    /// What each row contributes: the mean at a new row is the kernel times this.
    pub(crate) pull: Vec<f64>,
    /// Log of the marginal likelihood.
    pub(crate) evidence: f64,
    /// Mean and variance at each labelled row if that row is left out.
    pub(crate) left_out: Vec<Moments>,
    /// Square roots of the likelihood's precisions.
    precision: Vec<f64>,
    factor: Matrix,
}

/// Mean and variance of a latent value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Moments {
    pub(crate) mean: f64,
    pub(crate) variance: f64,
}

impl Moments {
    /// Log-odds of the probability averaged over the latent value (MacKay 1992).
    pub(crate) fn log_odds(self) -> f64 {
        self.mean / (1.0 + std::f64::consts::PI * self.variance.max(0.0) / 8.0).sqrt()
    }
}

impl Process {
    /// Fits two classes. `kernel` is `n × n`, `outcomes` are 0 or 1, `offset` is the prior mean of
    /// the log-odds at each row. `None` if the kernel is not positive definite.
    pub(crate) fn classes(kernel: &Matrix, outcomes: &[f64], offset: &[f64]) -> Option<Self> {
        let n = outcomes.len();
        let mut latent = vec![0.0; n];
        let mut pull = vec![0.0; n];
        let objective = |latent: &[f64], pull: &[f64]| {
            let fit: f64 = (0..n)
                .map(|i| {
                    let f = latent[i] + offset[i];
                    outcomes[i] * f - softplus(f)
                })
                .sum();
            fit - 0.5 * dot(latent, pull)
        };
        let mut value = objective(&latent, &pull);
        for _ in 0..STEPS {
            let (root, factor, residual) = state(kernel, outcomes, offset, &latent)?;
            let b: Vec<f64> = (0..n)
                .map(|i| root[i] * root[i] * latent[i] + residual[i])
                .collect();
            let mut inner: Vec<f64> = (0..n).map(|i| root[i] * dot(kernel.row(i), &b)).collect();
            solve_lower(&factor, &mut inner);
            solve_upper(&factor, &mut inner);
            let full: Vec<f64> = (0..n).map(|i| b[i] - root[i] * inner[i]).collect();
            let mut step = 1.0;
            let mut gain = 0.0;
            // Half steps: far from the mode a whole Newton step may overshoot.
            while step > 1e-4 {
                let next: Vec<f64> = (0..n)
                    .map(|i| pull[i] + step * (full[i] - pull[i]))
                    .collect();
                let moved: Vec<f64> = (0..n).map(|i| dot(kernel.row(i), &next)).collect();
                let found = objective(&moved, &next);
                if found > value - 1e-12 {
                    gain = found - value;
                    (latent, pull, value) = (moved, next, found);
                    break;
                }
                step /= 2.0;
            }
            if gain < 1e-9 {
                break;
            }
        }
        let (root, factor, residual) = state(kernel, outcomes, offset, &latent)?;
        let log_det: f64 = (0..n).map(|i| factor.at(i, i).ln()).sum();
        let left_out = (0..n)
            .map(|i| {
                let variance = kernel.at(i, i) - shrunk(kernel.row(i), &root, &factor);
                let cavity = 1.0 / variance.max(1e-12) - root[i] * root[i];
                let cavity = 1.0 / cavity.max(1e-9);
                Moments {
                    mean: latent[i] + offset[i] - residual[i] * cavity,
                    variance: cavity,
                }
            })
            .collect();
        Some(Self {
            pull,
            evidence: value - log_det,
            left_out,
            precision: root,
            factor,
        })
    }

    /// Fits numbers with mean 0 and this variance of the noise.
    pub(crate) fn numbers(kernel: &Matrix, targets: &[f64], noise: f64) -> Option<Self> {
        let n = targets.len();
        let root = vec![noise.sqrt().recip(); n];
        let factor = factor_of(kernel, &root)?;
        let solve = |b: &[f64]| {
            let mut inner: Vec<f64> = (0..n).map(|i| root[i] * b[i]).collect();
            solve_lower(&factor, &mut inner);
            solve_upper(&factor, &mut inner);
            for (value, root) in inner.iter_mut().zip(&root) {
                *value *= root;
            }
            inner
        };
        let pull = solve(targets);
        let log_det: f64 = (0..n).map(|i| factor.at(i, i).ln()).sum();
        let left_out = (0..n)
            .map(|i| {
                let mut unit = vec![0.0; n];
                unit[i] = 1.0;
                let inverse = solve(&unit)[i].max(1e-12);
                Moments {
                    mean: targets[i] - pull[i] / inverse,
                    variance: 1.0 / inverse,
                }
            })
            .collect();
        Some(Self {
            evidence: -0.5 * dot(targets, &pull)
                - log_det
                - 0.5 * n as f64 * (2.0 * std::f64::consts::PI * noise).ln(),
            pull,
            left_out,
            precision: root,
            factor,
        })
    }

    /// Mean (without offset) and variance at a new row: `cross` is its kernel with each labelled
    /// row, `own` that with itself.
    pub(crate) fn at(&self, cross: &[f64], own: f64) -> Moments {
        Moments {
            mean: dot(cross, &self.pull),
            variance: (own - shrunk(cross, &self.precision, &self.factor)).max(0.0),
        }
    }
}

/// What the labelled rows take from the variance at a row with this kernel.
fn shrunk(cross: &[f64], root: &[f64], factor: &Matrix) -> f64 {
    let mut v: Vec<f64> = cross.iter().zip(root).map(|(k, r)| k * r).collect();
    solve_lower(factor, &mut v);
    dot(&v, &v)
}

/// The factor of `I + W½ K W½`.
fn factor_of(kernel: &Matrix, root: &[f64]) -> Option<Matrix> {
    let n = root.len();
    let mut b = Matrix::zeros(n, n);
    for i in 0..n {
        for j in 0..=i {
            let value = root[i] * kernel.at(i, j) * root[j];
            b.set(i, j, if i == j { 1.0 + value } else { value });
        }
    }
    cholesky(&b)
}

/// Square roots of the precisions, factor and residuals at these latent values.
fn state(
    kernel: &Matrix,
    outcomes: &[f64],
    offset: &[f64],
    latent: &[f64],
) -> Option<(Vec<f64>, Matrix, Vec<f64>)> {
    let p: Vec<f64> = latent
        .iter()
        .zip(offset)
        .map(|(f, o)| sigmoid(f + o))
        .collect();
    let root: Vec<f64> = p
        .iter()
        .map(|p| (p * (1.0 - p)).max(1e-10).sqrt())
        .collect();
    let factor = factor_of(kernel, &root)?;
    let residual = outcomes.iter().zip(&p).map(|(y, p)| y - p).collect();
    Some((root, factor, residual))
}
