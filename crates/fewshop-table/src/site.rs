//! A new site: what other sites know, repaired by a few rows of this one.
//!
//! The source model is a ridge regression over all rows of the other sites. On the labelled rows of
//! the new site four kinds of answer compete: the source alone, the source with its base rate
//! repaired, the source as prior mean of a regression (MAP), and the new site's own ensemble.

use crate::ensemble::{Gram, Kernel, Mixture, pair};
use crate::math::{Matrix, cholesky, dot, log_loss, sigmoid, softmax, solve_lower, solve_upper};

/// Prior weights of source, repaired base rate, MAP, own ensemble. The source comes first: at four
/// labelled rows a repair does more harm than good.
const PRIORS: [f64; 4] = [0.4, 0.3, 0.25, 0.05];

/// A logistic regression with an L2 weight of half the width (a free intercept), as in the
/// ensemble's ridge.
#[derive(Debug, Clone)]
pub(crate) struct SourceModel {
    weights: Vec<f64>,
    intercept: f64,
}

impl SourceModel {
    /// Fits to outcomes of 0 or 1; `None` if the matrix is singular.
    pub(crate) fn fit(x: &Matrix, outcomes: &[f64]) -> Option<Self> {
        let d = x.columns;
        let penalty = (d as f64 / 2.0).max(1.0);
        let mut b = vec![0.0; d + 1];
        for _ in 0..50 {
            let mut hessian = Matrix::zeros(d + 1, d + 1);
            let mut gradient: Vec<f64> = b.iter().map(|b| b * penalty).collect();
            gradient[d] = 1e-4 * b[d];
            let mut row = vec![1.0; d + 1];
            for (i, outcome) in outcomes.iter().enumerate() {
                row[..d].copy_from_slice(x.row(i));
                let p = sigmoid(dot(&row, &b));
                let weight = p * (1.0 - p) + 1e-9;
                for (j, (gradient, value)) in gradient.iter_mut().zip(&row).enumerate() {
                    *gradient += (p - outcome) * value;
                    let scaled = weight * value;
                    for (to, other) in hessian.row_mut(j)[..=j].iter_mut().zip(&row) {
                        *to += scaled * other;
                    }
                }
            }
            for j in 0..=d {
                let own = hessian.at(j, j) + if j < d { penalty } else { 1e-4 };
                hessian.set(j, j, own);
            }
            let factor = cholesky(&hessian)?;
            solve_lower(&factor, &mut gradient);
            solve_upper(&factor, &mut gradient);
            let largest = gradient.iter().fold(0.0f64, |top, g| top.max(g.abs()));
            let step = if largest > 3.0 { 3.0 / largest } else { 1.0 };
            for (b, g) in b.iter_mut().zip(&gradient) {
                *b -= step * g;
            }
            if largest < 1e-6 {
                break;
            }
        }
        let intercept = b.pop().unwrap_or(0.0);
        Some(Self {
            weights: b,
            intercept,
        })
    }

    /// Log-odds at a row.
    pub(crate) fn at(&self, row: &[f64]) -> f64 {
        dot(&self.weights, row) + self.intercept
    }
}

/// The competition on the labelled rows.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    repaired: Mixture,
    map: Mixture,
    /// Weights of source, repaired, MAP and own.
    pub(crate) weights: Vec<f64>,
    pub(crate) left_out: Vec<f64>,
}

fn kernels(intercepts: &[f64], linears: &[f64]) -> Vec<Kernel> {
    intercepts
        .iter()
        .flat_map(|&intercept| linears.iter().map(move |&linear| (intercept, linear)))
        .map(|(intercept, linear)| Kernel {
            intercept,
            linear,
            radial: 0.0,
            length: 1.0,
        })
        .collect()
}

impl Source {
    /// `scores` are the source model's log-odds of the labelled rows, `own` the ensemble's of each
    /// row left out.
    pub(crate) fn fit(x: &Matrix, outcomes: &[f64], scores: &[f64], own: &[f64]) -> Self {
        let gram = Gram::of(x);
        let repaired = Mixture::fit(&gram, outcomes, scores, &kernels(&[0.05, 0.3, 1.0], &[0.0]));
        let map = Mixture::fit(
            &gram,
            outcomes,
            scores,
            &kernels(&[0.1, 1.0], &[0.1, 0.5, 2.0]),
        );
        let left_out = [scores, &repaired.left_out, &map.left_out, own];
        let evidence: Vec<f64> = left_out
            .iter()
            .zip(PRIORS)
            .map(|(scores, prior)| {
                let losses = scores.iter().zip(outcomes).map(|(z, y)| log_loss(*z, *y));
                prior.ln() - losses.sum::<f64>()
            })
            .collect();
        let weights = softmax(&evidence);
        let mixed = (0..outcomes.len())
            .map(|i| left_out.iter().zip(&weights).map(|(z, w)| z[i] * w).sum())
            .collect();
        Self {
            repaired,
            map,
            weights,
            left_out: mixed,
        }
    }

    pub(crate) fn at(
        &self,
        pairs: &[(f64, f64)],
        row: &[f64],
        score: f64,
        own: (f64, f64),
    ) -> (f64, f64) {
        let product = pair(row, row).0;
        let (repaired, a) = self.repaired.at(pairs, product, score);
        let (map, b) = self.map.at(pairs, product, score);
        let values = [score, repaired, map, own.0];
        let spreads = [0.0, a.variance.sqrt(), b.variance.sqrt(), own.1];
        (dot(&values, &self.weights), dot(&spreads, &self.weights))
    }
}
