//! The three members and their mean: ridge regression, Gaussian process, forest.

use crate::forest::{Forest, ForestSettings};
use crate::math::{Matrix, dot, logit, sigmoid, softmax, squared_distance};
use crate::process::{JITTER, Moments, Process};

/// Members' probabilities stay this far from 0 and 1, so that none overrules the others.
const CLIP: f64 = 0.01;
/// Prior variance of the intercept: that of the log-odds of a uniformly distributed share.
const INTERCEPT: f64 = std::f64::consts::PI * std::f64::consts::PI / 3.0;
/// Models of a grid with less than this share of the weight are dropped after the fit: they cost
/// time for each question and change nothing.
const DROPPED: f64 = 0.02;

/// A kernel: intercept, linear part and radial part. Distances and products are divided by the
/// number of encoded columns, so that one setting fits narrow and wide tables.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Kernel {
    pub(crate) intercept: f64,
    pub(crate) linear: f64,
    pub(crate) radial: f64,
    pub(crate) length: f64,
}

impl Kernel {
    /// The kernel of two rows with this product and squared distance, divided by their width.
    fn of(self, product: f64, distance: f64) -> f64 {
        let mut out = self.intercept + self.linear * product;
        if self.radial > 0.0 {
            out += self.radial * (-0.5 * distance / (self.length * self.length)).exp();
        }
        out
    }
}

/// Products and squared distances of labelled rows.
#[derive(Debug, Clone)]
pub(crate) struct Gram {
    products: Matrix,
    distances: Matrix,
}

impl Gram {
    pub(crate) fn of(x: &Matrix) -> Self {
        let n = x.rows;
        let mut out = Self {
            products: Matrix::zeros(n, n),
            distances: Matrix::zeros(n, n),
        };
        for i in 0..n {
            for j in 0..=i {
                let (product, distance) = pair(x.row(i), x.row(j));
                out.products.set(i, j, product);
                out.products.set(j, i, product);
                out.distances.set(i, j, distance);
                out.distances.set(j, i, distance);
            }
        }
        out
    }

    pub(crate) fn kernel(&self, kernel: Kernel) -> Matrix {
        let n = self.products.rows;
        let mut out = Matrix::zeros(n, n);
        for i in 0..n {
            for j in 0..n {
                let value = kernel.of(self.products.at(i, j), self.distances.at(i, j));
                out.set(i, j, if i == j { value + JITTER } else { value });
            }
        }
        out
    }
}

/// Product and squared distance of two rows, divided by their width.
pub(crate) fn pair(a: &[f64], b: &[f64]) -> (f64, f64) {
    let width = a.len().max(1) as f64;
    (dot(a, b) / width, squared_distance(a, b) / width)
}

/// Several processes over the same rows, weighted by their evidence.
#[derive(Debug, Clone)]
pub(crate) struct Mixture {
    parts: Vec<(f64, Kernel, Process)>,
    /// Log-odds of each labelled row if it is left out.
    pub(crate) left_out: Vec<f64>,
}

/// Weights by evidence, small ones dropped.
fn weighted(fitted: Vec<(Kernel, Process)>) -> Vec<(f64, Kernel, Process)> {
    let evidence: Vec<f64> = fitted.iter().map(|(_, process)| process.evidence).collect();
    let mut parts: Vec<(f64, Kernel, Process)> = softmax(&evidence)
        .into_iter()
        .zip(fitted)
        .map(|(weight, (kernel, process))| (weight, kernel, process))
        .filter(|part| part.0 >= DROPPED)
        .collect();
    let sum: f64 = parts.iter().map(|part| part.0).sum();
    for part in &mut parts {
        part.0 /= sum;
    }
    parts
}

impl Mixture {
    pub(crate) fn fit(gram: &Gram, outcomes: &[f64], offset: &[f64], kernels: &[Kernel]) -> Self {
        let fitted: Vec<(Kernel, Process)> = kernels
            .iter()
            .filter_map(|&kernel| {
                Some((
                    kernel,
                    Process::classes(&gram.kernel(kernel), outcomes, offset)?,
                ))
            })
            .collect();
        let parts = weighted(fitted);
        let left_out = (0..outcomes.len())
            .map(|i| {
                let p: f64 = parts
                    .iter()
                    .map(|(weight, _, process)| weight * sigmoid(process.left_out[i].log_odds()))
                    .sum();
                logit(p)
            })
            .collect();
        Self { parts, left_out }
    }

    /// The same for standardised numbers; `noises` are variances. `left_out` holds means.
    pub(crate) fn numbers(
        gram: &Gram,
        targets: &[f64],
        kernels: &[Kernel],
        noises: &[f64],
    ) -> Self {
        let fitted: Vec<(Kernel, Process)> = kernels
            .iter()
            .flat_map(|kernel| noises.iter().map(move |noise| (*kernel, *noise)))
            .filter_map(|(kernel, noise)| {
                let process = Process::numbers(&gram.kernel(kernel), targets, noise)?;
                Some((kernel, process))
            })
            .collect();
        let parts = weighted(fitted);
        let left_out = (0..targets.len())
            .map(|i| {
                parts
                    .iter()
                    .map(|part| part.0 * part.2.left_out[i].mean)
                    .sum()
            })
            .collect();
        Self { parts, left_out }
    }

    /// Log-odds at a row, whose products and distances with the labelled rows are given, and its
    /// product with itself; also mean and variance of the latent value.
    pub(crate) fn at(&self, pairs: &[(f64, f64)], own: f64, offset: f64) -> (f64, Moments) {
        let mut p = 0.0;
        let mut mean = 0.0;
        let mut square = 0.0;
        for (weight, kernel, process) in &self.parts {
            let cross: Vec<f64> = pairs.iter().map(|&(k, d)| kernel.of(k, d)).collect();
            let mut moments = process.at(&cross, kernel.of(own, 0.0));
            moments.mean += offset;
            p += weight * sigmoid(moments.log_odds());
            mean += weight * moments.mean;
            square += weight * (moments.variance + moments.mean * moments.mean);
        }
        let variance = (square - mean * mean).max(0.0);
        (logit(p), Moments { mean, variance })
    }

    /// How far each labelled row moves the latent value at this row, apart from the intercept.
    pub(crate) fn pulls(&self, pairs: &[(f64, f64)]) -> Vec<f64> {
        let mut out = vec![0.0; pairs.len()];
        for (weight, kernel, process) in &self.parts {
            for (out, (&(k, d), pull)) in out.iter_mut().zip(pairs.iter().zip(&process.pull)) {
                *out += weight * pull * (kernel.of(k, d) - kernel.intercept);
            }
        }
        out
    }
}

/// Which members there are and how they are set. One setting for all tables.
#[derive(Debug, Clone)]
pub(crate) struct EnsembleSettings {
    pub(crate) ridge: Vec<Kernel>,
    pub(crate) process: Vec<Kernel>,
    pub(crate) forest: ForestSettings,
    pub(crate) weights: [f64; 3],
}

impl EnsembleSettings {
    pub(crate) fn new(seed: u64) -> Self {
        let linear = |linear| Kernel {
            intercept: INTERCEPT,
            linear,
            radial: 0.0,
            length: 1.0,
        };
        let mut process = Vec::new();
        for length in [1.0, 2.0] {
            for radial in [1.0, 4.0] {
                for linear in [0.5, 2.0] {
                    process.push(Kernel {
                        intercept: INTERCEPT,
                        linear,
                        radial,
                        length,
                    });
                }
            }
        }
        Self {
            ridge: [0.5, 2.0, 8.0].map(linear).to_vec(),
            process,
            forest: ForestSettings {
                trees: 100,
                smoothing: 0.2,
                is_extra: false,
                seed,
            },
            weights: [1.0; 3],
        }
    }
}

/// The fitted members for an outcome of 0 or 1.
#[derive(Debug, Clone)]
pub(crate) struct Ensemble {
    /// The labelled rows.
    pub(crate) x: Matrix,
    ridge: Mixture,
    process: Mixture,
    forest: Forest,
    weights: [f64; 3],
    /// Log-odds of each labelled row if it is left out.
    pub(crate) left_out: Vec<f64>,
    /// The same by each member.
    pub(crate) members_left_out: Vec<[f64; 3]>,
}

/// What the members say of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opinion {
    /// Log-odds by ridge, process and forest.
    pub(crate) members: [f64; 3],
    /// Their mean.
    pub(crate) log_odds: f64,
    /// Standard deviation of the latent value.
    pub(crate) spread: f64,
}

fn clipped(log_odds: f64) -> f64 {
    let limit = logit(1.0 - CLIP);
    log_odds.clamp(-limit, limit)
}

fn mean_of(members: [f64; 3], weights: [f64; 3]) -> f64 {
    let sum: f64 = weights.iter().sum();
    members
        .iter()
        .zip(weights)
        .map(|(member, weight)| clipped(*member) * weight)
        .sum::<f64>()
        / sum
}

/// Log-odds of a forest's mean, which is between −1 and 1.
fn forest_log_odds(mean: f64) -> f64 {
    clipped(logit(f64::midpoint(1.0, mean).clamp(1e-9, 1.0 - 1e-9)))
}

impl Ensemble {
    pub(crate) fn fit(x: Matrix, outcomes: &[f64], settings: &EnsembleSettings) -> Self {
        let gram = Gram::of(&x);
        let none = vec![0.0; outcomes.len()];
        let ridge = Mixture::fit(&gram, outcomes, &none, &settings.ridge);
        let process = Mixture::fit(&gram, outcomes, &none, &settings.process);
        let signs: Vec<f64> = outcomes.iter().map(|y| 2.0 * y - 1.0).collect();
        let forest = Forest::fit(&x, &signs, settings.forest);
        let members_left_out: Vec<[f64; 3]> = (0..outcomes.len())
            .map(|i| {
                [
                    ridge.left_out[i],
                    process.left_out[i],
                    forest_log_odds(forest.left_out[i]),
                ]
                .map(clipped)
            })
            .collect();
        let left_out = members_left_out
            .iter()
            .map(|members| mean_of(*members, settings.weights))
            .collect();
        Self {
            x,
            ridge,
            process,
            forest,
            weights: settings.weights,
            left_out,
            members_left_out,
        }
    }

    /// Products and distances with the labelled rows.
    pub(crate) fn pairs(&self, row: &[f64]) -> Vec<(f64, f64)> {
        (0..self.x.rows).map(|i| pair(self.x.row(i), row)).collect()
    }

    pub(crate) fn at(&self, row: &[f64]) -> Opinion {
        let pairs = self.pairs(row);
        let own = pair(row, row).0;
        let (ridge, a) = self.ridge.at(&pairs, own, 0.0);
        let (process, b) = self.process.at(&pairs, own, 0.0);
        let members = [ridge, process, forest_log_odds(self.forest.at(row))];
        Opinion {
            members: members.map(clipped),
            log_odds: mean_of(members, self.weights),
            spread: f64::midpoint(a.variance, b.variance).sqrt(),
        }
    }

    /// How far each labelled row pulls at this row, by the kernels of ridge and process.
    pub(crate) fn pulls(&self, row: &[f64]) -> Vec<f64> {
        let pairs = self.pairs(row);
        let ridge = self.ridge.pulls(&pairs);
        let process = self.process.pulls(&pairs);
        ridge
            .iter()
            .zip(process)
            .map(|(a, b)| f64::midpoint(*a, b))
            .collect()
    }
}
