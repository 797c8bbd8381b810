//! Dot products in integers: rows of bytes with a query of 16-bit numbers. Integer sums do not
//! depend on the order, so every machine and browser computes the same logits to the last bit.

/// Vectors with one byte per number: `x[i][j] = scale[i] * q[i][j]`.
#[derive(Debug, Clone, Copy)]
pub struct ByteRows<'a> {
    /// Size of a row.
    pub d: usize,
    /// `[rows, d]`, row-major.
    pub q: &'a [i8],
    /// `[rows]`.
    pub scale: &'a [f32],
    /// `[rows]`: added to the scaled dot product.
    pub bias: &'a [f32],
}

impl<'a> ByteRows<'a> {
    fn row(&self, row: usize) -> &'a [i8] {
        &self.q[row * self.d..(row + 1) * self.d]
    }
}

/// A vector rounded to 16-bit numbers: `v[i] = scale * q[i]`. The relative error of a product is
/// about 1e-5, below the rounding error of the rows' bytes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QuantisedQuery {
    q: Vec<i16>,
    scale: f32,
}

impl QuantisedQuery {
    /// Rounds a vector; all zeros stay zeros.
    #[must_use]
    pub fn of(v: &[f32]) -> Self {
        let max_abs = v.iter().fold(0f32, |max_abs, x| max_abs.max(x.abs()));
        if max_abs <= 0.0 || !max_abs.is_finite() {
            return Self {
                q: vec![0; v.len()],
                scale: 0.0,
            };
        }
        // A sum of d products with a byte must not overflow 32 bits, however long the rows are.
        let limit =
            (f64::from(i32::MAX) / (128.0 * v.len() as f64)).min(f64::from(i16::MAX)) as f32;
        let scale = max_abs / limit.floor();
        Self {
            q: v.iter().map(|x| (x / scale).round() as i16).collect(),
            scale,
        }
    }

    /// The rounded vector.
    #[must_use]
    pub fn values(&self) -> Vec<f32> {
        self.q.iter().map(|&q| f32::from(q) * self.scale).collect()
    }

    /// A row of the table, without loss: bytes fit into 16-bit numbers.
    #[must_use]
    pub fn of_row(table: ByteRows<'_>, row: usize) -> Self {
        let q = table.row(row).iter().map(|&q| i16::from(q)).collect();
        Self {
            q,
            scale: table.scale[row],
        }
    }

    /// `v · x_row`.
    ///
    /// # Panics
    /// If the row is past the table's end.
    #[must_use]
    pub fn dot(&self, table: ByteRows<'_>, row: usize) -> f32 {
        let sum = dot(table.row(row), &self.q);
        sum as f32 * (self.scale * table.scale[row])
    }
}

/// Logits of all items for one user embedding: `scale * (u · x_i) + bias_i`.
///
/// Rows are read as bytes and widened in registers: this reads a quarter of the memory of an f32
/// table, and memory dominates the cost of a scan.
///
/// # Shapes
/// - `u`: `[d]`
/// - output: `[items]`
///
/// # Panics
/// If `u` does not have the table's `d`.
#[must_use]
pub fn scan(table: ByteRows<'_>, u: &[f32], logit_scale: f32) -> Vec<f32> {
    assert_eq!(
        u.len(),
        table.d,
        "the user embedding has the table's length"
    );
    let query = QuantisedQuery::of(u);
    let mut out = vec![0f32; table.scale.len()];
    let scale = query.scale * logit_scale;
    let done = arch::scan(table, &query.q, scale, &mut out);
    for (row, out) in (done..).zip(&mut out[done..]) {
        *out = logit(table, row, &query, logit_scale);
    }
    out
}

/// The logit of one item, equal to the result of [`scan`] for its row to the last bit.
///
/// # Panics
/// If the row is past the table's end.
#[must_use]
pub fn logit(table: ByteRows<'_>, row: usize, query: &QuantisedQuery, logit_scale: f32) -> f32 {
    let sum = dot(table.row(row), &query.q);
    sum as f32 * ((query.scale * logit_scale) * table.scale[row]) + table.bias[row]
}

fn dot(row: &[i8], v: &[i16]) -> i32 {
    arch::dot(row, v)
}

/// The remainder after the vectors of eight or sixteen.
fn dot_rest(row: &[i8], v: &[i16]) -> i32 {
    row.iter()
        .zip(v)
        .map(|(&a, &b)| i32::from(a) * i32::from(b))
        .sum()
}

/// WebAssembly has instructions that widen bytes, and that multiply pairs of 16-bit numbers and add
/// them up.
#[cfg(target_family = "wasm")]
mod arch {
    use core::arch::wasm32::{
        f32x4_add, f32x4_convert_i32x4, f32x4_mul, f32x4_splat, i16x8_extend_high_i8x16,
        i16x8_extend_low_i8x16, i32x4_add, i32x4_dot_i16x8, i32x4_extract_lane, i32x4_shuffle,
        i32x4_splat, i64x2_shuffle, v128, v128_load, v128_store,
    };

    use super::ByteRows;

    /// The row length that the scan is optimised for; other lengths are computed row by row.
    const D: usize = 64;

    fn bytes(row: &[i8; 16]) -> v128 {
        // SAFETY: sixteen bytes are there, and WebAssembly loads from any address.
        unsafe { v128_load(row.as_ptr().cast()) }
    }

    fn eight(v: &[i16; 8]) -> v128 {
        // SAFETY: eight numbers of two bytes are there, and WebAssembly loads from any address.
        unsafe { v128_load(v.as_ptr().cast()) }
    }

    fn four(v: &[f32; 4]) -> v128 {
        // SAFETY: four numbers of four bytes are there, and WebAssembly loads from any address.
        unsafe { v128_load(v.as_ptr().cast()) }
    }

    /// Adds sixteen products to four running sums.
    fn add_products(sums: v128, row: &[i8; 16], low: v128, high: v128) -> v128 {
        let row = bytes(row);
        let low = i32x4_dot_i16x8(i16x8_extend_low_i8x16(row), low);
        i32x4_add(
            i32x4_add(sums, low),
            i32x4_dot_i16x8(i16x8_extend_high_i8x16(row), high),
        )
    }

    pub(super) fn dot(row: &[i8], v: &[i16]) -> i32 {
        let (rows, row_rest) = row.as_chunks::<16>();
        let (vs, _) = v.as_chunks::<8>();
        let mut sums = i32x4_splat(0);
        for (row, v) in rows.iter().zip(vs.as_chunks::<2>().0) {
            sums = add_products(sums, row, eight(&v[0]), eight(&v[1]));
        }
        let rest = &v[rows.len() * 16..];
        i32x4_extract_lane::<0>(sums)
            + i32x4_extract_lane::<1>(sums)
            + i32x4_extract_lane::<2>(sums)
            + i32x4_extract_lane::<3>(sums)
            + super::dot_rest(row_rest, rest)
    }

    /// Computes the logits of whole groups of four rows and returns the number of these rows.
    pub(super) fn scan(table: ByteRows<'_>, v: &[i16], scale: f32, out: &mut [f32]) -> usize {
        let Ok(v) = <&[i16; D]>::try_from(v) else {
            return 0;
        };
        // The query stays in eight registers over all rows.
        let query: [v128; D / 8] = std::array::from_fn(|at| eight(&v.as_chunks().0[at]));
        let scale = f32x4_splat(scale);
        let groups = table.q.as_chunks::<16>().0.as_chunks::<{ 4 * D / 16 }>().0;
        let values = table
            .scale
            .as_chunks::<4>()
            .0
            .iter()
            .zip(table.bias.as_chunks::<4>().0);
        let outs = out.as_chunks_mut::<4>().0;
        let groups = groups.iter().zip(values).zip(outs);
        let mut done = 0;
        for ((rows, (scales, biases)), out) in groups {
            let [a, b, c, e] = std::array::from_fn(|row| {
                let mut sums = i32x4_splat(0);
                for part in 0..D / 16 {
                    sums = add_products(
                        sums,
                        &rows[row * (D / 16) + part],
                        query[2 * part],
                        query[2 * part + 1],
                    );
                }
                sums
            });
            // The sums of four rows side by side: transpose and add.
            let ab = i32x4_add(
                i32x4_shuffle::<0, 4, 1, 5>(a, b),
                i32x4_shuffle::<2, 6, 3, 7>(a, b),
            );
            let ce = i32x4_add(
                i32x4_shuffle::<0, 4, 1, 5>(c, e),
                i32x4_shuffle::<2, 6, 3, 7>(c, e),
            );
            let sums = i32x4_add(i64x2_shuffle::<0, 2>(ab, ce), i64x2_shuffle::<1, 3>(ab, ce));
            let logits = f32x4_mul(f32x4_convert_i32x4(sums), f32x4_mul(scale, four(scales)));
            // SAFETY: four numbers of four bytes have room there, and WebAssembly stores to any
            // address.
            unsafe { v128_store(out.as_mut_ptr().cast(), f32x4_add(logits, four(biases))) };
            done += 4;
        }
        done
    }
}

#[cfg(not(target_family = "wasm"))]
mod arch {
    use wide::{i8x16, i16x16, i32x8};

    use super::ByteRows;

    pub(super) fn dot(row: &[i8], v: &[i16]) -> i32 {
        let (rows, row_rest) = row.as_chunks::<16>();
        let (vs, v_rest) = v.as_chunks::<16>();
        let mut sums = i32x8::splat(0);
        for (row, v) in rows.iter().zip(vs) {
            sums += i16x16::from_i8x16(i8x16::new(*row)).dot(i16x16::new(*v));
        }
        sums.to_array().iter().sum::<i32>() + super::dot_rest(row_rest, v_rest)
    }

    /// Leaves all rows to the row-by-row code: x86 and Arm lose little by it.
    pub(super) fn scan(_: ByteRows<'_>, _: &[i16], _: f32, _: &mut [f32]) -> usize {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn scan_is_the_dot_product_of_the_rows(
            d in 1usize..70,
            q in prop::collection::vec(any::<i8>(), 70 * 9),
            u in prop::collection::vec(-2f32..2.0, 70),
        ) {
            let (q, u) = (&q[..9 * d], &u[..d]);
            let scale: Vec<f32> = (1..10).map(|row| row as f32 / 900.0).collect();
            let bias: Vec<f32> = (0..9).map(|row| row as f32 / 4.0 - 1.0).collect();
            let rows = ByteRows { d, q, scale: &scale, bias: &bias };
            // The query as the scan reads it: each number is rounded by half a step at most (and by
            // the floats around it), and beyond that the scan adds no error but that of the floats.
            let query = QuantisedQuery::of(u);
            let read = query.values();
            for (read, own) in read.iter().zip(u) {
                prop_assert!((read - own).abs() <= 0.51 * query.scale, "{read} {own}");
            }
            for (row, score) in scan(rows, u, 3.0).into_iter().enumerate() {
                let numbers = rows.row(row).iter().map(|&q| scale[row] * f32::from(q));
                let plain: f32 = numbers.zip(&read).map(|(a, b)| a * b).sum();
                prop_assert!((score - (3.0 * plain + bias[row])).abs() < 1e-3, "{score} {plain}");
                prop_assert_eq!(score, logit(rows, row, &query, 3.0));
            }
        }

        #[test]
        fn integer_sums_are_exact(d in 1usize..200, row in prop::collection::vec(any::<i8>(), 200), v in prop::collection::vec(any::<i16>(), 200)) {
            let plain: i64 = row[..d].iter().zip(&v[..d]).map(|(&a, &b)| i64::from(a) * i64::from(b)).sum();
            prop_assert_eq!(i64::from(dot(&row[..d], &v[..d])), plain);
        }
    }

    #[test]
    fn the_longest_rows_do_not_overflow() {
        let rows = ByteRows {
            d: 1024,
            q: &[-127; 1024],
            scale: &[1.0],
            bias: &[0.0],
        };
        let score = scan(rows, &[1.0; 1024], 1.0)[0];
        assert!((score + 127.0 * 1024.0).abs() < 10.0, "{score}");
    }

    #[test]
    fn a_zero_query_gives_zero_products() {
        assert_eq!(
            QuantisedQuery::of(&[0.0; 3]),
            QuantisedQuery {
                q: vec![0; 3],
                scale: 0.0
            }
        );
    }
}
