//! Fine-tuning of the user embedding: closed-form gradients, fused with the step.

use wide::f32x8;

use super::{add_scaled, dot, exp};

/// The adapter's training data: all `[rows, d]` row-major, with one bias per row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AdaptRows {
    /// Rows of the context items.
    pub positives: Vec<f32>,
    /// Bias of each context item.
    pub positive_bias: Vec<f32>,
    /// Fixed negatives and dismissed products.
    pub negatives: Vec<f32>,
    /// Bias of each negative plus the logarithm of its weight.
    pub negative_bias: Vec<f32>,
}

/// How the user embedding is fine-tuned.
#[derive(Debug, Clone, Copy)]
pub struct AdapterSettings<'a> {
    /// `[d]`: learning rate of each number of the user embedding (Meta-SGD, arXiv 1707.09835).
    pub learning_rate: &'a [f32],
    /// Steps of gradient descent.
    pub steps: usize,
    /// Strength of the pull back to the user embedding before.
    pub l2: f32,
    /// Scale of the dot products.
    pub logit_scale: f32,
}

/// Fine-tunes the user embedding on the context items: steps of gradient descent on the mean over
/// the context items j of `-log softmax_j({j} ∪ negatives)` plus `l2/2 |u - u0|²`, with closed-form
/// gradients. One of the context items can be left out.
///
/// # Shapes
/// - `u0`, output: `[d]`
#[must_use]
pub fn adapt_without(
    left_out: Option<usize>,
    u0: &[f32],
    rows: &AdaptRows,
    settings: AdapterSettings<'_>,
) -> Vec<f32> {
    let d = u0.len();
    let shots = rows.positive_bias.len() - usize::from(left_out.is_some());
    let mut u = u0.to_vec();
    if shots == 0 {
        return u;
    }
    let scale = settings.logit_scale;
    let mut positive = vec![0f32; rows.positive_bias.len()];
    let mut negative = vec![0f32; rows.negative_bias.len()];
    let mut gradient = vec![0f32; d];
    for _ in 0..settings.steps {
        logits(
            &mut positive,
            &rows.positives,
            &rows.positive_bias,
            &u,
            scale,
        );
        logits(
            &mut negative,
            &rows.negatives,
            &rows.negative_bias,
            &u,
            scale,
        );
        // One common shift keeps every exponential finite and cancels in the ratios.
        let shift = positive
            .iter()
            .chain(&negative)
            .copied()
            .fold(f32::NEG_INFINITY, f32::max);
        exp(&mut positive, shift);
        exp(&mut negative, shift);
        let negative_sum: f32 = sum(&negative);
        gradient.fill(0.0);
        // The negatives are the same for every context item, so their part of the gradient is
        // weighted once by this sum.
        let mut negative_weight = 0.0;
        for (at, (row, &e)) in rows.positives.chunks_exact(d).zip(&positive).enumerate() {
            if Some(at) != left_out {
                let total = e + negative_sum;
                negative_weight += 1.0 / total;
                add_scaled(&mut gradient, row, e / total - 1.0);
            }
        }
        negative.iter_mut().for_each(|e| *e *= negative_weight);
        add_rows(&mut gradient, &rows.negatives, &negative);
        let mean = scale / shots as f32;
        for i in 0..d {
            let g = gradient[i] * mean + settings.l2 * (u[i] - u0[i]);
            u[i] -= settings.learning_rate[i] * g;
        }
    }
    u
}

/// The loss that [`adapt_without`] lowers, at the user embedding `u`.
#[must_use]
pub fn loss(u: &[f32], u0: &[f32], rows: &AdaptRows, settings: AdapterSettings<'_>) -> f32 {
    let shots = rows.positive_bias.len();
    if shots == 0 {
        return 0.0;
    }
    let scale = settings.logit_scale;
    let mut positive = vec![0f32; shots];
    let mut negative = vec![0f32; rows.negative_bias.len()];
    logits(
        &mut positive,
        &rows.positives,
        &rows.positive_bias,
        u,
        scale,
    );
    logits(
        &mut negative,
        &rows.negatives,
        &rows.negative_bias,
        u,
        scale,
    );
    let highest = negative.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mean = positive.iter().map(|&own| {
        let shift = highest.max(own);
        let others: f32 = negative.iter().map(|other| (other - shift).exp()).sum();
        shift + ((own - shift).exp() + others).ln() - own
    });
    let pull: f32 = u.iter().zip(u0).map(|(a, b)| (a - b) * (a - b)).sum();
    mean.sum::<f32>() / shots as f32 + settings.l2 / 2.0 * pull
}

/// Log-likelihood of one row against the negatives.
#[must_use]
pub fn log_likelihood(u: &[f32], row: &[f32], bias: f32, rows: &AdaptRows, scale: f32) -> f32 {
    let own = scale * dot(u, row) + bias;
    let mut others = vec![0f32; rows.negative_bias.len()];
    logits(&mut others, &rows.negatives, &rows.negative_bias, u, scale);
    let shift = others.iter().copied().fold(own, f32::max);
    exp(&mut others, shift);
    own - shift - ((own - shift).exp() + sum(&others)).ln()
}

/// `out[r] = scale * (rows[r] · u) + bias[r]`.
#[inline(never)]
fn logits(out: &mut [f32], rows: &[f32], bias: &[f32], u: &[f32], scale: f32) {
    for ((z, row), bias) in out.iter_mut().zip(rows.chunks_exact(u.len())).zip(bias) {
        *z = scale * dot(u, row) + bias;
    }
}

/// `out += Σ_r weight[r] * rows[r]`. Thirty-two columns at a time stay in registers over all rows.
fn add_rows(out: &mut [f32], rows: &[f32], weight: &[f32]) {
    let d = out.len();
    let (blocks, rest) = out.as_chunks_mut::<32>();
    for (nth, block) in blocks.iter_mut().enumerate() {
        let mut sums = [f32x8::ZERO; 4];
        for (row, &w) in rows.chunks_exact(d).zip(weight) {
            let row = &row[nth * 32..nth * 32 + 32];
            let w = f32x8::splat(w);
            for (sum, eight) in sums.iter_mut().zip(row.as_chunks::<8>().0) {
                *sum += f32x8::new(*eight) * w;
            }
        }
        for (out, sum) in block.as_chunks_mut::<8>().0.iter_mut().zip(sums) {
            *out = (f32x8::new(*out) + sum).to_array();
        }
    }
    let done = d - rest.len();
    if !rest.is_empty() {
        for (row, &w) in rows.chunks_exact(d).zip(weight) {
            add_scaled(rest, &row[done..], w);
        }
    }
}

fn sum(values: &[f32]) -> f32 {
    let (eights, rest) = values.as_chunks::<8>();
    let sums = eights
        .iter()
        .fold(f32x8::ZERO, |sum, eight| sum + f32x8::new(*eight));
    sums.to_array().iter().sum::<f32>() + rest.iter().sum::<f32>()
}
