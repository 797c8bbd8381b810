//! The ranker network over the features of candidates.

use wide::f32x8;

/// A network with one hidden layer: `w2 · relu(w1 (x - mean) * inv_std + b1) + b2`.
#[derive(Debug, Clone, Copy)]
pub struct Network<'a> {
    /// Hidden units h.
    pub hidden: usize,
    /// `[inputs]`.
    pub mean: &'a [f32],
    /// `[inputs]`: inverse standard deviation.
    pub inv_std: &'a [f32],
    /// `[inputs, h]`, row-major.
    pub w1: &'a [f32],
    /// `[h]`.
    pub b1: &'a [f32],
    /// `[h]`.
    pub w2: &'a [f32],
    /// Scalar.
    pub b2: f32,
}

/// Rows per block: each weight is read once for all of them.
const TOGETHER: usize = 4;
/// Hidden units per block.
const UNITS: usize = 16;

/// Scores of the ranker for rows of features.
///
/// # Shapes
/// - `features`: `[rows, inputs]`, row-major
/// - output: `[rows]`
#[must_use]
pub fn rank(features: &[f32], weights: Network<'_>) -> Vec<f32> {
    let inputs = weights.mean.len();
    let rows = features.len() / inputs;
    let mut out = vec![weights.b2; rows];
    let mut x = vec![0f32; TOGETHER * inputs];
    let whole = weights.hidden / UNITS * UNITS;
    // A constant feature is 0 here and adds nothing: a pack without promotions or visits does not
    // pay for their features.
    let active: Vec<usize> = (0..inputs).filter(|&i| weights.inv_std[i] != 0.0).collect();
    for (nth, some) in features.chunks(TOGETHER * inputs).enumerate() {
        // Groups of four columns, so that the rows of one group are adjacent.
        for (row, values) in some.chunks_exact(inputs).enumerate() {
            for (i, &value) in values.iter().enumerate() {
                x[i * TOGETHER + row] = (value - weights.mean[i]) * weights.inv_std[i];
            }
        }
        let scores = &mut out[nth * TOGETHER..(nth * TOGETHER + some.len() / inputs)];
        for first in (0..whole).step_by(UNITS) {
            let [b0, b1] = [0, 8].map(|at| eight(&weights.b1[first + at..]));
            let mut hidden = [[b0, b1]; TOGETHER];
            let columns = x.as_chunks::<TOGETHER>().0;
            for &i in &active {
                let xs = &columns[i];
                let [w0, w1] =
                    [0, 8].map(|at| eight(&weights.w1[i * weights.hidden + first + at..]));
                for (hidden, &x) in hidden.iter_mut().zip(xs) {
                    let x = f32x8::splat(x);
                    hidden[0] += w0 * x;
                    hidden[1] += w1 * x;
                }
            }
            let [v0, v1] = [0, 8].map(|at| eight(&weights.w2[first + at..]));
            for (score, hidden) in scores.iter_mut().zip(hidden) {
                *score += (hidden[0].fast_max(f32x8::ZERO) * v0
                    + hidden[1].fast_max(f32x8::ZERO) * v1)
                    .reduce_add();
            }
        }
        for (row, score) in scores.iter_mut().enumerate() {
            for unit in whole..weights.hidden {
                let pre: f32 = (0..inputs)
                    .map(|i| x[i * TOGETHER + row] * weights.w1[i * weights.hidden + unit])
                    .sum();
                *score += (pre + weights.b1[unit]).max(0.0) * weights.w2[unit];
            }
        }
    }
    out
}

fn eight(values: &[f32]) -> f32x8 {
    f32x8::new(values.first_chunk::<8>().copied().unwrap_or_default())
}

/// The network by its definition, as the test's reference.
#[cfg(test)]
fn plain(features: &[f32], weights: Network<'_>) -> Vec<f32> {
    use super::add_scaled;
    let inputs = weights.mean.len();
    let one = |row: &[f32]| {
        let mut hidden = weights.b1.to_vec();
        for (i, &value) in row.iter().enumerate() {
            let x = (value - weights.mean[i]) * weights.inv_std[i];
            add_scaled(
                &mut hidden,
                &weights.w1[i * weights.hidden..(i + 1) * weights.hidden],
                x,
            );
        }
        hidden
            .iter()
            .zip(weights.w2)
            .map(|(h, w)| h.max(0.0) * w)
            .sum::<f32>()
            + weights.b2
    };
    features.chunks_exact(inputs).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn blocks_of_rows_and_units_do_not_change_the_scores(
            rows in 0usize..11, inputs in 1usize..9, hidden in 0usize..40, seed in prop::collection::vec(-1f32..1.0, 800),
        ) {
            let take = |from: usize, n: usize| seed.iter().cycle().skip(from).take(n).copied().collect::<Vec<f32>>();
            let weights = Network {
                hidden,
                mean: &take(1, inputs),
                inv_std: &take(2, inputs),
                w1: &take(3, inputs * hidden),
                b1: &take(4, hidden),
                w2: &take(5, hidden),
                b2: 0.25,
            };
            let features = take(6, rows * inputs);
            let (fast, plain) = (rank(&features, weights), plain(&features, weights));
            prop_assert_eq!(fast.len(), rows);
            for (a, b) in fast.iter().zip(&plain) {
                prop_assert!((a - b).abs() < 1e-4, "{} {}", a, b);
            }
        }
    }
}
