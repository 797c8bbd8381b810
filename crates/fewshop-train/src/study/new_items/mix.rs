//! A small learned combination of the columns: linear, with a listwise softmax over the new
//! products, trained on products that were held out as if they were new.

use rayon::prelude::*;

/// Steps of Adam over all cases; the loss has converged by then.
const STEPS: usize = 300;
const RATE: f64 = 0.05;
/// L2 on weights of standardised columns.
const L2: f64 = 1e-3;

/// Columns of the new products of one case, and the products that were taken.
pub(super) struct MixExample {
    /// `[products, columns]`.
    pub(super) columns: Vec<f32>,
    pub(super) taken: Vec<bool>,
}

/// Weights of the raw columns, which are not standardised.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mix {
    pub(super) weights: Vec<f32>,
}

impl Mix {
    /// Trains the weights; columns whose `used` is false get the weight 0.
    pub(super) fn learn(examples: &[MixExample], used: &[bool]) -> Self {
        let width = used.len();
        let spread = spread(examples, width);
        let mut w = vec![0f64; width];
        let (mut m, mut v) = (vec![0f64; width], vec![0f64; width]);
        for step in 1..=STEPS {
            let mut gradient = examples
                .par_iter()
                .map(|example| gradient(example, &w, &spread))
                .reduce(
                    || vec![0.0; width],
                    |a, b| a.iter().zip(&b).map(|(a, b)| a + b).collect(),
                );
            for (at, g) in gradient.iter_mut().enumerate() {
                *g = if used[at] {
                    *g / examples.len().max(1) as f64 + L2 * w[at]
                } else {
                    0.0
                };
                m[at] = 0.9 * m[at] + 0.1 * *g;
                v[at] = 0.999 * v[at] + 0.001 * *g * *g;
                let (m, v) = (
                    m[at] / (1.0 - 0.9f64.powi(step as i32)),
                    v[at] / (1.0 - 0.999f64.powi(step as i32)),
                );
                w[at] -= RATE * m / (v.sqrt() + 1e-8);
            }
        }
        Self {
            weights: w
                .iter()
                .zip(&spread)
                .map(|(w, inv)| (w * inv) as f32)
                .collect(),
        }
    }

    /// Scores of all rows.
    pub(super) fn score(&self, columns: &[Vec<f32>]) -> Vec<f32> {
        let mut out = vec![0f32; columns[0].len()];
        for (column, weight) in columns
            .iter()
            .zip(&self.weights)
            .filter(|(_, weight)| **weight != 0.0)
        {
            out.iter_mut()
                .zip(column)
                .for_each(|(out, x)| *out += weight * x);
        }
        out
    }
}

/// Inverse standard deviation within cases: a softmax ignores offsets that all products of a case
/// share.
fn spread(examples: &[MixExample], width: usize) -> Vec<f64> {
    let (mut sums, mut count) = (vec![0f64; width], 0f64);
    for example in examples {
        let n = example.taken.len() as f64;
        for (at, sum) in sums.iter_mut().enumerate() {
            let of = || {
                example
                    .columns
                    .iter()
                    .skip(at)
                    .step_by(width)
                    .map(|x| f64::from(*x))
            };
            let mean = of().sum::<f64>() / n;
            *sum += of().map(|x| (x - mean).powi(2)).sum::<f64>();
        }
        count += n;
    }
    sums.iter()
        .map(|sum| (sum / count.max(1.0)).sqrt())
        .map(|std| if std < 1e-6 { 0.0 } else { 1.0 / std })
        .collect()
}

fn gradient(example: &MixExample, w: &[f64], spread: &[f64]) -> Vec<f64> {
    let width = w.len();
    let scaled: Vec<f64> = w.iter().zip(spread).map(|(w, s)| w * s).collect();
    let z: Vec<f64> = example
        .columns
        .chunks_exact(width)
        .map(|row| {
            row.iter()
                .zip(&scaled)
                .map(|(x, w)| f64::from(*x) * w)
                .sum()
        })
        .collect();
    let top = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = z.iter().map(|z| (z - top).exp()).sum();
    let taken = example.taken.iter().filter(|taken| **taken).count().max(1) as f64;
    let mut out = vec![0f64; width];
    for ((row, z), &was) in example
        .columns
        .chunks_exact(width)
        .zip(&z)
        .zip(&example.taken)
    {
        let error = (z - top).exp() / total - if was { 1.0 / taken } else { 0.0 };
        for ((out, x), inv) in out.iter_mut().zip(row).zip(spread) {
            *out += error * f64::from(*x) * inv;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn informative_columns_get_weight_and_others_do_not() {
        // The first column predicts the taken products, the second is the same for all products.
        let example = |at: usize| MixExample {
            columns: (0..4)
                .flat_map(|row| [if row == at { 2.0 } else { 1.0 }, 5.0, row as f32])
                .collect(),
            taken: (0..4).map(|row| row == at).collect(),
        };
        let examples: Vec<MixExample> = (0..8).map(|n| example(n % 4)).collect();
        let mix = Mix::learn(&examples, &[true, true, false]);
        assert!(
            mix.weights[0] > 1.0 && mix.weights[1] == 0.0 && mix.weights[2] == 0.0,
            "{mix:?}"
        );
        assert_eq!(mix, Mix::learn(&examples, &[true, true, false]));
    }
}
