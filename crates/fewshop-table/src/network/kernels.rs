//! The inner loops of the network's forward pass, in a form that compilers turn into SIMD.

use super::NORM_EPSILON;

/// Columns of a matrix that are computed at once: they stay in registers.
const LANES: usize = 8;
/// Rows that share what is read of the matrix.
const ROWS: usize = 4;
/// Numbers of a SIMD register in a browser.
pub(super) const SIMD: usize = 4;

/// `out = x · w`, or `out += x · w`; `x` is `[rows, inputs]`, `w` is `[inputs, outputs]`, and
/// `outputs` a multiple of [`LANES`].
pub(super) fn multiply(x: &[f32], w: &[f32], outputs: usize, out: &mut [f32], is_added: bool) {
    let inputs = w.len() / outputs;
    let blocks = x.len() / inputs / ROWS;
    let (x, x_rest) = x.split_at(blocks * ROWS * inputs);
    let (out, out_rest) = out.split_at_mut(blocks * ROWS * outputs);
    for (x, out) in x
        .chunks_exact(ROWS * inputs)
        .zip(out.chunks_exact_mut(ROWS * outputs))
    {
        rows::<ROWS>(x, w, inputs, outputs, out, is_added);
    }
    for (x, out) in x_rest
        .chunks_exact(inputs)
        .zip(out_rest.chunks_exact_mut(outputs))
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

/// eˣ for `x ≤ 0`, to 2 units in the last place down to e⁻⁸⁷: 2ⁿ times a polynomial of the rest (the coefficients
/// are those of Cephes' `expf`). The library's function is called number by number.
pub(super) fn exp(x: f32) -> f32 {
    // The sum's last bits are then the whole part of x / ln 2.
    const SHIFT: f32 = 12_582_912.0;
    let x = x.max(-87.0);
    let shifted = x * std::f32::consts::LOG2_E + SHIFT;
    let whole = shifted - SHIFT;
    let rest = (x - whole * 0.693_359_4) + whole * 2.121_944_4e-4;
    let mut sum = 1.987_569_1e-4;
    for coefficient in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_66, 0.5] {
        sum = sum * rest + coefficient;
    }
    let power = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    (sum * rest * rest + rest + 1.0) * power
}

/// Keys of `n` rows, `[n, width]`, by head and number: `[width, stride]` with `stride` as
/// [`stride`] of `n`, filled up with 0.
pub(super) fn by_number(keys: &[f32], width: usize, out: &mut Vec<f32>) {
    let stride = stride(keys.len() / width);
    let start = out.len();
    out.resize(start + width * stride, 0.0);
    for (row, key) in keys.chunks_exact(width).enumerate() {
        for (at, value) in key.iter().enumerate() {
            out[start + at * stride + row] = *value;
        }
    }
}

/// `n`, filled up to whole registers.
pub(super) fn stride(n: usize) -> usize {
    n.next_multiple_of(SIMD)
}

/// One query reads `values`, `[n, width]` with `heads` heads side by side, by their `keys`, which
/// [`by_number`] has arranged. With `is_free` there is one more key and value, both 0, so that a query may read
/// nothing.
pub(super) fn attend(
    query: &[f32],
    keys: &[f32],
    values: &[f32],
    heads: usize,
    is_free: bool,
    weights: &mut Vec<f32>,
    out: &mut [f32],
) {
    let width = query.len();
    let size = width / heads;
    let n = values.len() / width;
    let stride = stride(n);
    let scale = (size as f32).sqrt().recip();
    for head in 0..heads {
        weights.clear();
        weights.resize(stride, 0.0);
        let start = head * size;
        for (number, value) in query[start..start + size].iter().enumerate() {
            let keys = &keys[(start + number) * stride..][..stride];
            let factor = value * scale;
            for (weight, key) in weights.iter_mut().zip(keys) {
                *weight += factor * key;
            }
        }
        let least = if is_free { 0.0 } else { f32::NEG_INFINITY };
        let top = weights[..n].iter().copied().fold(least, f32::max);
        for weight in weights.iter_mut() {
            // Numbers that only fill up may be above the top.
            *weight = exp((*weight - top).min(0.0));
        }
        let free = if is_free { exp(-top) } else { 0.0 };
        let sum = weights[..n].iter().sum::<f32>() + free;
        for (at, out) in out[start..start + size].chunks_exact_mut(SIMD).enumerate() {
            let mut sums = [0.0f32; SIMD];
            for (weight, value) in weights.iter().zip(values.chunks_exact(width)) {
                let value = &value[start + at * SIMD..][..SIMD];
                for (sum, value) in sums.iter_mut().zip(value) {
                    *sum += weight * value;
                }
            }
            for (out, read) in out.iter_mut().zip(sums) {
                *out = read / sum;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_that_of_the_library() {
        let mut x = 0.0f32;
        while x > -86.0 {
            let expected = f64::from(x).exp();
            let found = f64::from(exp(x));
            assert!(
                (found - expected).abs() < 3e-7 * expected,
                "{x}: {found} {expected}"
            );
            x -= 0.0137;
        }
        assert!(exp(-1e9) < 1e-37);
    }
}
