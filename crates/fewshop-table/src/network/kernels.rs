//! The inner loops of the network's forward pass.

use super::NORM_EPSILON;

/// Columns of a matrix that are computed at once: they stay in registers.
const LANES: usize = 8;

/// `out = x · w`, or `out += x · w`; `x` is `[rows, inputs]`, `w` is `[inputs, outputs]`, and
/// `outputs` a multiple of [`LANES`].
pub(super) fn multiply(x: &[f32], w: &[f32], outputs: usize, out: &mut [f32], is_added: bool) {
    let inputs = w.len() / outputs;
    for (x, out) in x
        .chunks_exact(inputs * 2)
        .zip(out.chunks_exact_mut(outputs * 2))
    {
        rows::<2>(x, w, inputs, outputs, out, is_added);
    }
    let done = x.len() / inputs / 2 * 2;
    for (x, out) in x[done * inputs..]
        .chunks_exact(inputs)
        .zip(out[done * outputs..].chunks_exact_mut(outputs))
    {
        rows::<1>(x, w, inputs, outputs, out, is_added);
    }
}

/// Some rows at once share what is read of the matrix.
fn rows<const R: usize>(
    x: &[f32],
    w: &[f32],
    inputs: usize,
    outputs: usize,
    out: &mut [f32],
    is_added: bool,
) {
    for start in (0..outputs).step_by(LANES) {
        let mut sums = [[0.0f32; LANES]; R];
        if is_added {
            for (row, sums) in sums.iter_mut().enumerate() {
                sums.copy_from_slice(&out[row * outputs + start..][..LANES]);
            }
        }
        for input in 0..inputs {
            let weights: &[f32; LANES] = w[input * outputs + start..][..LANES]
                .try_into()
                .expect("LANES of them");
            for (row, sums) in sums.iter_mut().enumerate() {
                let value = x[row * inputs + input];
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum += value * weight;
                }
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            out[row * outputs + start..][..LANES].copy_from_slice(sums);
        }
    }
}

/// RMSNorm of each row of `gains.len()` numbers.
pub(super) fn norm(x: &[f32], gains: &[f32], out: &mut [f32]) {
    let width = gains.len();
    for (x, out) in x.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
        let square = x.iter().map(|value| value * value).sum::<f32>() / width as f32;
        let factor = (square + NORM_EPSILON).sqrt().recip();
        for ((out, value), gain) in out.iter_mut().zip(x).zip(gains) {
            *out = value * factor * gain;
        }
    }
}

/// One query reads `keys` and `values`, `[n, width]` with `heads` heads side by side. With `is_free`
/// there is one more key and value, both 0, so that a query may read nothing.
pub(super) fn attend(
    query: &[f32],
    keys: &[f32],
    values: &[f32],
    heads: usize,
    is_free: bool,
    scores: &mut Vec<f32>,
    out: &mut [f32],
) {
    let width = query.len();
    let size = width / heads;
    let scale = (size as f32).sqrt().recip();
    for head in 0..heads {
        let part = head * size..(head + 1) * size;
        let own = &query[part.clone()];
        scores.clear();
        scores.extend(keys.chunks_exact(width).map(|key| {
            let pairs = own.iter().zip(&key[part.clone()]);
            pairs.map(|(a, b)| a * b).sum::<f32>() * scale
        }));
        let start = if is_free { 0.0 } else { f32::NEG_INFINITY };
        let top = scores.iter().copied().fold(start, f32::max);
        let mut sum = if is_free { (-top).exp() } else { 0.0 };
        let out = &mut out[part.clone()];
        out.fill(0.0);
        for (score, value) in scores.iter().zip(values.chunks_exact(width)) {
            let weight = (score - top).exp();
            sum += weight;
            for (out, value) in out.iter_mut().zip(&value[part.clone()]) {
                *out += weight * value;
            }
        }
        for value in out {
            *value /= sum;
        }
    }
}
