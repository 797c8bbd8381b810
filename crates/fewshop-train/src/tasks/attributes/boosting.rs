//! A small histogram booster (gradient boosted trees with second-order leaves, as XGBoost, arXiv
//! 1603.02754), for category counts: nearly all of them are 0, so only the others are looked at.
//!
//! Written here rather than taken from a crate: two hundred lines, and the published crates either
//! bind to C++ or are not maintained.

use super::Rows;
use crate::tasks::common::calibration::cross_entropy;

const DEPTH: usize = 3;
const LEARNING_RATE: f64 = 0.1;
const L2: f64 = 1.0;
/// Least sum of second derivatives in a leaf.
const MIN_HESSIAN: f64 = 5.0;
const BINS: usize = 16;
/// Rounds without a better inner fold before it ends.
const PATIENCE: usize = 10;

/// Columns in bins; bin 0 is the value 0 and is not stored.
struct Binned {
    /// For each row, column and bin of what is not 0.
    rows: Vec<Vec<(u32, u8)>>,
    columns: usize,
}

impl Binned {
    fn of(features: &[f32], width: usize) -> Self {
        let n = features.len() / width.max(1);
        let cuts: Vec<Vec<f32>> = (0..width)
            .map(|column| {
                let mut values: Vec<f32> = (0..n)
                    .map(|row| features[row * width + column])
                    .filter(|x| *x != 0.0)
                    .collect();
                values.sort_by(f32::total_cmp);
                let mut cuts: Vec<f32> = (0..BINS - 1)
                    .filter_map(|at| values.get(at * values.len() / (BINS - 1)).copied())
                    .collect();
                cuts.dedup();
                cuts
            })
            .collect();
        let row = |row: usize| {
            let there = features[row * width..(row + 1) * width]
                .iter()
                .enumerate()
                .filter(|(_, x)| **x != 0.0);
            there
                .map(|(column, x)| {
                    (
                        column as u32,
                        cuts[column].partition_point(|cut| cut <= x).max(1) as u8,
                    )
                })
                .collect()
        };
        Self {
            rows: (0..n).map(row).collect(),
            columns: width,
        }
    }

    fn bin(&self, row: usize, column: u32) -> u8 {
        self.rows[row]
            .binary_search_by_key(&column, |(column, _)| *column)
            .map_or(0, |at| self.rows[row][at].1)
    }
}

#[derive(Clone, Copy)]
struct Node {
    /// Column and the first bin that goes right; `None` for a leaf.
    split: Option<(u32, u8)>,
    value: f64,
}

/// Nodes of a full binary tree: the children of `at` are `2 at + 1` and `2 at + 2`.
struct Tree(Vec<Node>);

impl Tree {
    fn value(&self, binned: &Binned, row: usize) -> f64 {
        let mut at = 0;
        while let Some((column, bin)) = self.0[at].split {
            at = 2 * at + if binned.bin(row, column) < bin { 1 } else { 2 };
        }
        self.0[at].value
    }

    fn grow(binned: &Binned, rows: &[usize], gradients: &[(f64, f64)]) -> Self {
        let mut nodes = vec![
            Node {
                split: None,
                value: 0.0
            };
            (1 << (DEPTH + 1)) - 1
        ];
        let mut work = vec![(0usize, rows.to_vec())];
        while let Some((at, rows)) = work.pop() {
            let total = rows.iter().fold((0.0, 0.0), |sum, &row| {
                (sum.0 + gradients[row].0, sum.1 + gradients[row].1)
            });
            nodes[at].value = LEARNING_RATE * total.0 / (total.1 + L2);
            if 2 * at + 2 >= nodes.len() {
                continue;
            }
            let Some((column, bin)) = best_split(binned, &rows, gradients, total) else {
                continue;
            };
            nodes[at].split = Some((column, bin));
            let (left, right) = rows
                .into_iter()
                .partition(|&row| binned.bin(row, column) < bin);
            work.push((2 * at + 1, left));
            work.push((2 * at + 2, right));
        }
        Self(nodes)
    }
}

fn best_split(
    binned: &Binned,
    rows: &[usize],
    gradients: &[(f64, f64)],
    total: (f64, f64),
) -> Option<(u32, u8)> {
    let mut sums = vec![[(0.0, 0.0); BINS]; binned.columns];
    for &row in rows {
        let (g, h) = gradients[row];
        for &(column, bin) in &binned.rows[row] {
            let sum = &mut sums[column as usize][bin as usize];
            *sum = (sum.0 + g, sum.1 + h);
        }
    }
    let worth = |g: f64, h: f64| g * g / (h + L2);
    let mut best: Option<(f64, u32, u8)> = None;
    for (column, bins) in sums.iter().enumerate() {
        // From the highest bin down, so that the zeros, which were not added up, are always on the
        // left.
        let mut right = (0.0, 0.0);
        for bin in (1..BINS).rev() {
            right = (right.0 + bins[bin].0, right.1 + bins[bin].1);
            let left = (total.0 - right.0, total.1 - right.1);
            if right.1 < MIN_HESSIAN || left.1 < MIN_HESSIAN {
                continue;
            }
            let gain = worth(left.0, left.1) + worth(right.0, right.1) - worth(total.0, total.1);
            if gain > 1e-6 && best.is_none_or(|(most, ..)| gain > most) {
                best = Some((gain, column as u32, bin as u8));
            }
        }
    }
    best.map(|(_, column, bin)| (column, bin))
}

/// Logits of all rows for one attribute, of the round that is best on the inner fold.
pub(super) fn boost(
    rows: &Rows,
    features: &[f32],
    width: usize,
    attribute: usize,
    (teach, inner): (&[usize], &[usize]),
    prior: &[f32],
    rounds: usize,
) -> Vec<Vec<f32>> {
    let binned = Binned::of(features, width);
    let teach: Vec<usize> = teach
        .iter()
        .copied()
        .filter(|&row| rows.label(row, attribute).is_some())
        .collect();
    let mean = teach.iter().map(|&row| rows.weight[row]).sum::<f64>() / teach.len().max(1) as f64;
    let start: Vec<f32> = prior.iter().map(|p| p.ln()).collect();
    let mut logits = vec![start; rows.len()];
    let loss = |logits: &[Vec<f32>]| -> f64 {
        let of = |&row: &usize| {
            rows.label(row, attribute).map_or(0.0, |label| {
                rows.weight[row] * cross_entropy(&logits[row], label)
            })
        };
        inner.iter().map(of).sum()
    };
    let mut best = (loss(&logits), 0, logits.clone());
    let mut gradients = vec![(0.0, 0.0); rows.len()];
    for round in 1..=rounds {
        let before = logits.clone();
        for value in 0..prior.len() {
            for &row in &teach {
                let p = (-cross_entropy(&before[row], value)).exp();
                let wanted = f64::from(u8::from(rows.label(row, attribute) == Some(value)));
                let weight = rows.weight[row] / mean;
                gradients[row] = (weight * (wanted - p), weight * (p * (1.0 - p)).max(1e-6));
            }
            let tree = Tree::grow(&binned, &teach, &gradients);
            for (row, logits) in logits.iter_mut().enumerate() {
                logits[value] += tree.value(&binned, row) as f32;
            }
        }
        let now = loss(&logits);
        if now < best.0 {
            best = (now, round, logits.clone());
        } else if round - best.1 >= PATIENCE {
            break;
        }
    }
    best.2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_finds_the_column_that_parts_the_rows() {
        // Column 1 says it all, column 0 is the same everywhere, column 2 is noise.
        let features: Vec<f32> = (0..40)
            .flat_map(|row| [1.0, if row % 2 == 0 { 0.0 } else { 2.0 }, (row % 3) as f32])
            .collect();
        let binned = Binned::of(&features, 3);
        let gradients: Vec<(f64, f64)> = (0..40)
            .map(|row| (if row % 2 == 0 { -1.0 } else { 1.0 }, 1.0))
            .collect();
        let tree = Tree::grow(&binned, &(0..40).collect::<Vec<_>>(), &gradients);
        assert_eq!(tree.0[0].split.map(|(column, _)| column), Some(1));
        assert!(tree.value(&binned, 0) < 0.0 && tree.value(&binned, 1) > 0.0);
    }
}
