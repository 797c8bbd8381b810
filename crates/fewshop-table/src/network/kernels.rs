//! The inner loops of the network's forward pass.

use wide::{f32x4, f32x8, i32x8};

use super::NORM_EPSILON;

/// Columns of a matrix that are computed at once: they stay in registers.
const LANES: usize = 8;
/// Rows that share what is read of the matrix.
const ROWS: usize = 4;

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
    let x: [&[f32]; R] = std::array::from_fn(|row| &x[row * inputs..][..inputs]);
    for start in (0..outputs).step_by(LANES) {
        let mut sums = [f32x8::ZERO; R];
        if is_added {
            for (row, sum) in sums.iter_mut().enumerate() {
                *sum = eight(&out[row * outputs + start..]);
            }
        }
        for (input, weights) in w.chunks_exact(outputs).enumerate() {
            let weights = eight(&weights[start..]);
            for (sum, x) in sums.iter_mut().zip(x) {
                *sum += f32x8::splat(x[input]) * weights;
            }
        }
        for (row, sum) in sums.iter().enumerate() {
            out[row * outputs + start..][..LANES].copy_from_slice(&sum.to_array());
        }
    }
}

fn eight(values: &[f32]) -> f32x8 {
    f32x8::new(values.first_chunk::<8>().copied().unwrap_or_default())
}

/// RMSNorm of each row of `gains.len()` numbers.
pub(super) fn norm(x: &[f32], gains: &[f32], out: &mut [f32]) {
    let width = gains.len();
    for (x, out) in x.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
        let mut squares = f32x8::ZERO;
        for eight in x.as_chunks::<8>().0 {
            let eight = f32x8::new(*eight);
            squares += eight * eight;
        }
        let square = squares.reduce_add() / width as f32;
        let factor = (square + NORM_EPSILON).sqrt().recip();
        for ((out, value), gain) in out.iter_mut().zip(x).zip(gains) {
            *out = value * factor * gain;
        }
    }
}

/// eˣ for `x ≤ 0`, to 3 units in the last place down to e⁻⁸⁷: 2ⁿ times a polynomial of the rest (the coefficients
/// are those of Cephes' `expf`). Eight numbers at once, the same bits everywhere.
fn exp(x: f32x8) -> f32x8 {
    let x = x.fast_max(f32x8::splat(-87.0));
    let whole = (x * f32x8::splat(std::f32::consts::LOG2_E)).round_ties_even();
    let rest = (x - whole * f32x8::splat(0.693_359_4)) + whole * f32x8::splat(2.121_944_4e-4);
    let mut sum = f32x8::splat(1.987_569_1e-4);
    for coefficient in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_66, 0.5] {
        sum = sum * rest + f32x8::splat(coefficient);
    }
    let power: i32x8 = (whole.fast_trunc_int() + i32x8::splat(127)) << 23;
    let power = power
        .to_array()
        .map(|bits| f32::from_bits(bits.cast_unsigned()));
    (sum * rest * rest + rest + f32x8::ONE) * f32x8::new(power)
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
    n.next_multiple_of(LANES)
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
            let factor = f32x8::splat(value * scale);
            for (weight, key) in weights
                .as_chunks_mut::<8>()
                .0
                .iter_mut()
                .zip(keys.as_chunks().0)
            {
                *weight = (f32x8::new(*weight) + factor * f32x8::new(*key)).to_array();
            }
        }
        // What only fills up weighs nothing.
        weights[n..].fill(f32::MIN);
        let eights = weights.as_chunks_mut::<8>().0;
        let least = f32x8::splat(if is_free { 0.0 } else { f32::MIN });
        let tops = eights
            .iter()
            .fold(least, |top, eight| top.fast_max(f32x8::new(*eight)));
        let top = tops.to_array().into_iter().fold(f32::MIN, f32::max);
        let mut sums = f32x8::ZERO;
        for eight in eights {
            let powers = exp(f32x8::new(*eight) - f32x8::splat(top));
            sums += powers;
            *eight = powers.to_array();
        }
        let mut sum = sums.reduce_add();
        if is_free {
            sum += exp(f32x8::splat(-top)).to_array()[0];
        }
        let out = &mut out[start..start + size];
        for (at, out) in out.chunks_mut(16).enumerate() {
            let values = Columns {
                values,
                width,
                start: start + at * 16,
            };
            match out.len() {
                4 => values.mean::<1>(weights, sum, out),
                8 => values.mean::<2>(weights, sum, out),
                12 => values.mean::<3>(weights, sum, out),
                _ => values.mean::<4>(weights, sum, out),
            }
        }
    }
}

/// Some columns of the values.
struct Columns<'a> {
    values: &'a [f32],
    width: usize,
    start: usize,
}

impl Columns<'_> {
    /// The weighted mean of four times `C` columns. Several sums at once: each addition waits for the one
    /// before it.
    fn mean<const C: usize>(&self, weights: &[f32], sum: f32, out: &mut [f32]) {
        let mut sums = [f32x4::ZERO; C];
        for (weight, value) in weights.iter().zip(self.values.chunks_exact(self.width)) {
            let (fours, _) = value[self.start..][..4 * C].as_chunks::<4>();
            for (sum, four) in sums.iter_mut().zip(fours) {
                *sum += f32x4::splat(*weight) * f32x4::new(*four);
            }
        }
        for (out, sums) in out.chunks_exact_mut(4).zip(sums) {
            out.copy_from_slice(&(sums / f32x4::splat(sum)).to_array());
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
            let found = f64::from(exp(f32x8::splat(x)).to_array()[3]);
            assert!(
                (found - expected).abs() < 3e-7 * expected,
                "{x}: {found} {expected}"
            );
            x -= 0.0137;
        }
        assert!(exp(f32x8::splat(-1e9)).to_array()[0] < 1e-37);
    }
}
