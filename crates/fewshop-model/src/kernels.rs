//! The hot loops, by hand. Each has a plain burn twin that tests hold it against.

use crate::pack::{AdapterWeights, ItemTable, ModelConfig, RankerWeights};

/// Logits of all items for one taste: `scale * (u · x_i) + bias_i`.
///
/// Rows are read as bytes and widened in registers: a quarter of the memory of an f32 table, which is what a scan costs.
///
/// # Shapes
/// - `u`: `[d]`
/// - output: `[items]`
///
/// # Panics
/// When `u` does not have the table's `d`.
#[must_use]
pub fn scan(table: &ItemTable, u: &[f32], logit_scale: f32) -> Vec<f32> {
    assert_eq!(u.len(), table.d, "the taste has the table's length");
    (0..table.len()).map(|row| logit(table, row, u, logit_scale)).collect()
}

/// The logit of one item: what [`scan`] gives for its row.
///
/// # Panics
/// When the row is past the table's end.
#[must_use]
pub fn logit(table: &ItemTable, row: usize, u: &[f32], logit_scale: f32) -> f32 {
    dot_i8(&table.q[row * table.d..(row + 1) * table.d], u) * table.scale[row] * logit_scale + table.bias[row]
}

/// Eight running sums let the compiler use whole vectors; a single sum would be a chain of dependent additions.
fn dot_i8(row: &[i8], u: &[f32]) -> f32 {
    let mut sums = [0f32; 8];
    let (rows, row_rest) = row.as_chunks::<8>();
    let (us, u_rest) = u.as_chunks::<8>();
    for (r, v) in rows.iter().zip(us) {
        for lane in 0..8 {
            sums[lane] += f32::from(r[lane]) * v[lane];
        }
    }
    let rest: f32 = row_rest.iter().zip(u_rest).map(|(&r, v)| f32::from(r) * v).sum();
    sums.iter().sum::<f32>() + rest
}

/// `a · b`.
#[must_use]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0f32; 8];
    let (xs, x_rest) = a.as_chunks::<8>();
    let (ys, y_rest) = b.as_chunks::<8>();
    for (x, y) in xs.iter().zip(ys) {
        for lane in 0..8 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    sums.iter().sum::<f32>() + x_rest.iter().zip(y_rest).map(|(x, y)| x * y).sum::<f32>()
}

/// Rows of the `k` largest scores that `allowed` lets through, best first; ties go to the lower row.
///
/// A min-heap of `k` with its root as threshold: nearly every row is turned away by one comparison.
#[must_use]
pub fn top_k(scores: &[f32], k: usize, allowed: impl Fn(usize) -> bool) -> Vec<u32> {
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    #[derive(PartialEq)]
    struct Entry(f32, Reverse<u32>);
    impl Eq for Entry {}
    impl PartialOrd for Entry {
        fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
            Some(self.cmp(other))
        }
    }
    impl Ord for Entry {
        fn cmp(&self, other: &Self) -> std::cmp::Ordering {
            self.0.total_cmp(&other.0).then(self.1.cmp(&other.1))
        }
    }

    let mut heap: BinaryHeap<Reverse<Entry>> = BinaryHeap::with_capacity(k.min(scores.len()) + 1);
    let mut threshold = f32::NEG_INFINITY;
    for (row, &score) in scores.iter().enumerate() {
        // Rows come in rising order, so an equal score never displaces an earlier row.
        if (heap.len() == k && score <= threshold) || !allowed(row) {
            continue;
        }
        if k == 0 {
            break;
        }
        heap.push(Reverse(Entry(score, Reverse(row as u32))));
        if heap.len() > k {
            heap.pop();
        }
        if heap.len() == k {
            threshold = heap.peek().map_or(threshold, |Reverse(entry)| entry.0);
        }
    }
    let mut best: Vec<Entry> = heap.into_iter().map(|Reverse(entry)| entry).collect();
    best.sort_by(|a, b| b.cmp(a));
    best.into_iter().map(|entry| entry.1.0).collect()
}

/// What the adapter learns from: all `[rows, d]` row-major, with a bias a row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AdaptRows {
    /// Shots.
    pub positives: Vec<f32>,
    /// Bias of each shot.
    pub positive_bias: Vec<f32>,
    /// Fixed negatives and dismissed products.
    pub negatives: Vec<f32>,
    /// Bias of each negative plus the logarithm of its weight.
    pub negative_bias: Vec<f32>,
}

/// Fine-tunes the taste on the shots: `steps` of gradient descent on the mean over the shots j of
/// `-log softmax_j({j} ∪ negatives)` plus `l2/2 |u - u0|²`, gradients in closed form.
///
/// # Shapes
/// - `u0`, output: `[d]`
#[must_use]
pub fn adapt(u0: &[f32], rows: &AdaptRows, weights: &AdapterWeights, config: &ModelConfig) -> Vec<f32> {
    let d = u0.len();
    let shots = rows.positive_bias.len();
    let mut u = u0.to_vec();
    if shots == 0 {
        return u;
    }
    let scale = config.logit_scale;
    let logit = |u: &[f32], row: &[f32], bias: f32| scale * dot(u, row) + bias;
    let mut negative = vec![0f32; rows.negative_bias.len()];
    let mut gradient = vec![0f32; d];
    for _ in 0..config.adapter_steps {
        let positive: Vec<f32> =
            rows.positives.chunks_exact(d).zip(&rows.positive_bias).map(|(row, &bias)| logit(&u, row, bias)).collect();
        for ((z, row), &bias) in negative.iter_mut().zip(rows.negatives.chunks_exact(d)).zip(&rows.negative_bias) {
            *z = logit(&u, row, bias);
        }
        // One shift for all keeps every exponential finite; ratios do not see it.
        let shift = positive.iter().chain(&negative).copied().fold(f32::NEG_INFINITY, f32::max);
        let negative_sum: f32 = negative.iter().map(|z| (z - shift).exp()).sum();
        gradient.fill(0.0);
        // The negatives are the same for every shot, so their part of the gradient is weighted once by this sum.
        let mut negative_weight = 0.0;
        for (row, z) in rows.positives.chunks_exact(d).zip(&positive) {
            let e = (z - shift).exp();
            let total = e + negative_sum;
            negative_weight += 1.0 / total;
            add_scaled(&mut gradient, row, e / total - 1.0);
        }
        for (row, z) in rows.negatives.chunks_exact(d).zip(&negative) {
            add_scaled(&mut gradient, row, (z - shift).exp() * negative_weight);
        }
        let mean = scale / shots as f32;
        for i in 0..d {
            let g = gradient[i] * mean + config.adapter_l2 * (u[i] - u0[i]);
            u[i] -= weights.learning_rate[i] * g;
        }
    }
    u
}

fn add_scaled(out: &mut [f32], row: &[f32], weight: f32) {
    for (o, r) in out.iter_mut().zip(row) {
        *o += weight * r;
    }
}

/// Scores of the ranker for rows of features.
///
/// # Shapes
/// - `features`: `[rows, FEATURES]`, row-major
/// - output: `[rows]`
#[must_use]
pub fn rank(features: &[f32], weights: &RankerWeights) -> Vec<f32> {
    let inputs = weights.mean.len();
    let mut hidden = vec![0f32; weights.hidden];
    features
        .chunks_exact(inputs)
        .map(|row| {
            hidden.copy_from_slice(&weights.b1);
            for (i, &value) in row.iter().enumerate() {
                let x = (value - weights.mean[i]) * weights.inv_std[i];
                add_scaled(&mut hidden, &weights.w1[i * weights.hidden..(i + 1) * weights.hidden], x);
            }
            hidden.iter().zip(&weights.w2).map(|(h, w)| h.max(0.0) * w).sum::<f32>() + weights.b2
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn top_k_is_best_first_with_ties_by_row() {
        assert_eq!(top_k(&[1.0, 3.0, 3.0, 2.0], 3, |_| true), [1, 2, 3]);
        assert_eq!(top_k(&[1.0, 3.0, 3.0, 2.0], 2, |row| row != 1), [2, 3]);
        assert!(top_k(&[1.0], 0, |_| true).is_empty());
        assert_eq!(top_k(&[1.0], usize::MAX, |_| true), [0]);
    }

    proptest! {
        #[test]
        fn top_k_agrees_with_sorting(scores in prop::collection::vec(-3i8..3, 0..60), k in 0usize..20) {
            let scores: Vec<f32> = scores.into_iter().map(f32::from).collect();
            let mut rows: Vec<u32> = (0..scores.len() as u32).collect();
            rows.sort_by(|&a, &b| scores[b as usize].total_cmp(&scores[a as usize]).then(a.cmp(&b)));
            rows.truncate(k);
            prop_assert_eq!(top_k(&scores, k, |_| true), rows);
        }

        #[test]
        fn scan_is_the_dot_product_of_dequantised_rows(rows in prop::collection::vec(-2f32..2.0, 20), u in prop::collection::vec(-2f32..2.0, 10)) {
            let table = ItemTable::quantise(&rows, 10, vec![0.25, -0.5]);
            for (row, score) in scan(&table, &u, 3.0).into_iter().enumerate() {
                let plain: f32 = table.row(row).iter().zip(&u).map(|(a, b)| a * b).sum();
                prop_assert!((score - (3.0 * plain + table.bias[row])).abs() < 1e-3);
            }
        }
    }
}
