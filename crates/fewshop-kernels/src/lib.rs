//! The hot loops of ranking, hand-written, over plain slices. `fewshop-model` hands them its weights
//! and holds each against a reference implementation in burn.
//!
//! f32 loops use vectors of eight from the crate `wide`: two registers in WebAssembly, one or two
//! natively. In the browser this crate is compiled for speed and everything around it for size, so
//! nothing here may be generic over what a caller passes: generic code is compiled with the caller.

mod adapt;
mod int8;
mod rank;
mod top_k;

use wide::{f32x8, i32x8};

pub use adapt::{AdaptRows, AdapterSettings, adapt_without, log_likelihood, loss};
pub use int8::{ByteRows, QuantisedQuery, logit, scan};
pub use rank::{Network, rank};
pub use top_k::{falling, positions_by_key, sort, sort_rows, top_k, top_k_of};

/// `a · b`.
#[must_use]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (xs, x_rest) = a.as_chunks::<16>();
    let (ys, y_rest) = b.as_chunks::<16>();
    let mut sums = [f32x8::ZERO; 2];
    for (x, y) in xs.iter().zip(ys) {
        for (half, sum) in sums.iter_mut().enumerate() {
            *sum += f32x8::new(x.as_chunks().0[half]) * f32x8::new(y.as_chunks().0[half]);
        }
    }
    (sums[0] + sums[1]).reduce_add() + x_rest.iter().zip(y_rest).map(|(x, y)| x * y).sum::<f32>()
}

/// `out += weight * row`.
pub fn add_scaled(out: &mut [f32], row: &[f32], weight: f32) {
    for (o, r) in out.iter_mut().zip(row) {
        *o += weight * r;
    }
}

/// `values = exp(values - shift)`, for a shift not less than any of the values: the numerators of a
/// softmax.
// Three callers: a copy in each is two kilobytes of WebAssembly and no faster.
#[inline(never)]
pub fn exp(values: &mut [f32], shift: f32) {
    let (eights, rest) = values.as_chunks_mut::<8>();
    for eight in eights {
        *eight = exp8(f32x8::new(*eight) - f32x8::splat(shift)).to_array();
    }
    for value in rest {
        *value = exp8(f32x8::splat(*value - shift)).to_array()[0];
    }
}

/// e^x of eight numbers of at most 0, to 2 units in the last place (Cephes' polynomial), clamped to
/// -87 from below. Calling the library's function for each number took half of the adapter's time.
fn exp8(x: f32x8) -> f32x8 {
    let x = x.fast_max(f32x8::splat(-87.0));
    let n = (x * f32x8::splat(std::f32::consts::LOG2_E)).round_ties_even();
    let r = x - n * f32x8::splat(0.693_359_4) + n * f32x8::splat(2.121_944_4e-4);
    let mut p = f32x8::splat(1.987_569_1e-4);
    for c in [
        1.398_199_9e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        1.666_666_5e-1,
        0.5,
    ] {
        p = p * r + f32x8::splat(c);
    }
    let p = p * r * r + r + f32x8::ONE;
    let bits: i32x8 = (n.fast_trunc_int() + i32x8::splat(127)) << 23;
    p * f32x8::new(
        bits.to_array()
            .map(|bits| f32::from_bits(bits.cast_unsigned())),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn exponentials_match_the_library(mut values in prop::collection::vec(-90f32..0.0, 0..40)) {
            let expected: Vec<f32> = values.iter().map(|x| x.exp()).collect();
            exp(&mut values, 0.0);
            for (a, b) in values.iter().zip(&expected) {
                prop_assert!((a - b).abs() <= 3e-7 * b + 2e-38, "{} {}", a, b);
            }
        }

        #[test]
        fn dot_is_the_sum_of_products(d in 0usize..80, a in prop::collection::vec(-1f32..1.0, 80), b in prop::collection::vec(-1f32..1.0, 80)) {
            let plain: f64 = a[..d].iter().zip(&b[..d]).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
            prop_assert!((f64::from(dot(&a[..d], &b[..d])) - plain).abs() < 1e-5);
        }
    }
}
