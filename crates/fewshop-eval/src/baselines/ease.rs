//! Item-item regression: each product predicted from all others by ridge regression, in closed form
//! (EASE, arXiv 1905.03375).

use burn::tensor::{Device, Tensor, TensorData};
use fewshop_core::ItemIx;
use fewshop_data::progress::Progress;

use super::index::Index;

/// Columns swept at once: the inner loops are matrix products of this depth.
const BLOCK: usize = 256;
/// Rows of the update held at once in addition to the matrix.
const ROWS: usize = 1024;

/// Weights `[items, items]`, row-major, zeros on the diagonal.
pub(super) struct Ease {
    items: usize,
    weights: Vec<f32>,
}

impl Ease {
    /// `B = I - P / diag(P)` with `P = (XᵀX + ridge I)⁻¹` for the sessions X.
    pub(super) fn fit(index: &Index, ridge: f32) -> Self {
        let items = index.items();
        let mut gram = vec![0f32; items * items];
        for (item, row) in gram.chunks_exact_mut(items).enumerate() {
            // The sweep reads only the lower half.
            index.beside(item, |session| {
                for &other in session {
                    if other as usize <= item {
                        row[other as usize] += 1.0;
                    }
                }
            });
            row[item] += ridge;
        }
        let progress = Progress::of(
            "Baseline item regression: fitting",
            items.div_ceil(BLOCK) as u64,
        );
        sweep(&mut gram, items, || progress.step());
        progress.finish(&format!(
            "Baseline item regression: {items} × {items} fitted, ridge {ridge}"
        ));
        // The matrix is now -P.
        let diagonal: Vec<f32> = (0..items).map(|row| gram[row * items + row]).collect();
        for (row, line) in gram.chunks_exact_mut(items).enumerate() {
            for (weight, own) in line.iter_mut().zip(&diagonal) {
                *weight /= -own;
            }
            line[row] = 0.0;
        }
        Self {
            items,
            weights: gram,
        }
    }

    /// Adds the context items' rows.
    pub(super) fn score(&self, context: &[ItemIx], out: &mut [f32]) {
        for item in context {
            for (score, weight) in out
                .iter_mut()
                .zip(&self.weights[item.row() * self.items..][..self.items])
            {
                *score += weight;
            }
        }
    }
}

/// Replaces a symmetric positive definite `[n, n]` matrix by minus its inverse. Only the lower half
/// is read.
///
/// The sweep operator, a block of columns at a time: with `P = A_kk⁻¹`, `A_ij -= A_ik P A_kj`,
/// `A_kj = P A_kj`, `A_kk = -P`. It takes half the work of a full inversion because the matrix
/// stays symmetric: `n³` operations in matrix products, which burn spreads over the cores, and the
/// memory of one matrix. Positive definite matrices need no pivots.
fn sweep(a: &mut [f32], n: usize, mut step: impl FnMut()) {
    let device = Device::flex();
    let matrix = |values: Vec<f32>, rows: usize, columns: usize| {
        Tensor::<2>::from_data(TensorData::new(values, [rows, columns]), &device)
    };
    for from in (0..n).step_by(BLOCK) {
        let to = (from + BLOCK).min(n);
        let b = to - from;
        // Complete rows of the block; the part right of the diagonal comes from its columns.
        let mut old = vec![0f32; b * n];
        for r in 0..b {
            old[r * n..r * n + from + r + 1].copy_from_slice(&a[(from + r) * n..][..from + r + 1]);
        }
        for j in from + 1..n {
            for r in 0..b.min(j - from) {
                old[r * n + j] = a[j * n + from + r];
            }
        }
        let corner: Vec<f64> = (0..b * b)
            .map(|at| f64::from(old[at / b * n + from + at % b]))
            .collect();
        let inverse: Vec<f32> = invert(corner, b).into_iter().map(|v| v as f32).collect();
        let old = matrix(old, b, n);
        let swept = matrix(inverse.clone(), b, b).matmul(old.clone());
        for top in (0..n).step_by(ROWS) {
            let bottom = (top + ROWS).min(n);
            // Only left of the diagonal: columns up to the last of these rows.
            let left = old.clone().narrow(1, top, bottom - top).transpose();
            let update = values(left.matmul(swept.clone().narrow(1, 0, bottom)));
            for (line, update) in a[top * n..bottom * n]
                .chunks_exact_mut(n)
                .zip(update.chunks_exact(bottom))
            {
                for (value, u) in line.iter_mut().zip(update) {
                    *value -= u;
                }
            }
        }
        let swept = values(swept);
        let new = |r: usize, j: usize| {
            if (from..to).contains(&j) {
                -inverse[r * b + j - from]
            } else {
                swept[r * n + j]
            }
        };
        for r in 0..b {
            for j in 0..=from + r {
                a[(from + r) * n + j] = new(r, j);
            }
        }
        for j in from + 1..n {
            for r in 0..b.min(j - from) {
                a[j * n + from + r] = new(r, j);
            }
        }
        step();
    }
    for i in 0..n {
        for j in 0..i {
            a[j * n + i] = a[i * n + j];
        }
    }
}

/// Inverse of a small symmetric positive definite matrix by Gauss-Jordan, in f64.
fn invert(mut a: Vec<f64>, n: usize) -> Vec<f64> {
    for k in 0..n {
        let pivot = 1.0 / a[k * n + k];
        let row: Vec<f64> = a[k * n..(k + 1) * n].iter().map(|v| v * pivot).collect();
        for i in (0..n).filter(|&i| i != k) {
            let factor = a[i * n + k];
            if factor != 0.0 {
                for (value, r) in a[i * n..(i + 1) * n].iter_mut().zip(&row) {
                    *value -= factor * r;
                }
                a[i * n + k] = -factor * pivot;
            }
        }
        a[k * n..(k + 1) * n].copy_from_slice(&row);
        a[k * n + k] = pivot;
    }
    a
}

fn values(tensor: Tensor<2>) -> Vec<f32> {
    tensor
        .into_data()
        .try_to_vec::<f32>()
        .expect("a product on the CPU is f32 and can be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A made-up symmetric positive definite matrix.
    fn spd(n: usize) -> Vec<f32> {
        let mut state = 1u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as f32 / 65_536.0 - 0.5
        };
        let mut a = vec![0f32; n * n];
        for i in 0..n {
            for j in 0..i {
                let value = next();
                a[i * n + j] = value;
                a[j * n + i] = value;
            }
            a[i * n + i] = n as f32 / 4.0 + 1.0;
        }
        a
    }

    #[test]
    fn sweeping_gives_minus_the_inverse_across_blocks() {
        // Two whole blocks and a bit.
        let n = 2 * BLOCK + 37;
        let a = spd(n);
        let mut swept = a.clone();
        // Only the lower half may be read.
        for i in 0..n {
            for j in i + 1..n {
                swept[i * n + j] = f32::NAN;
            }
        }
        sweep(&mut swept, n, || {});
        for i in (0..n).step_by(61) {
            for j in (0..n).step_by(53) {
                let product: f64 = (0..n)
                    .map(|k| f64::from(a[i * n + k]) * f64::from(-swept[k * n + j]))
                    .sum();
                assert!(
                    (product - f64::from(u8::from(i == j))).abs() < 1e-4,
                    "{i} {j}: {product}"
                );
            }
        }
    }

    #[test]
    fn what_always_comes_together_foretells_each_other() {
        let sessions = (0..40)
            .map(|n| if n % 2 == 0 { vec![0, 1] } else { vec![2, 3] })
            .collect();
        let ease = Ease::fit(&Index::from_sessions(sessions, 4), 1.0);
        let mut out = vec![0.0; 4];
        ease.score(&[ItemIx(0)], &mut out);
        // Ridge regression of one product on its twin: 20 / (20 + 1).
        assert!(
            (out[1] - 20.0 / 21.0).abs() < 1e-5 && out[0] == 0.0 && out[2].abs() < 1e-6,
            "{out:?}"
        );
    }
}
