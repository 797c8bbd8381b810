//! Item-item regression (EASE, arXiv 1905.03375) in blocks: each product is regressed on its own
//! few candidates.
//!
//! Full EASE inverts an `items × items` matrix, which needs too much memory and time for a large
//! shop. Here each product has its own ridge regression on the products that it occurs with most.
//! Memory and time then grow linearly with the number of products, and the weights equal those of
//! EASE on these few products alone.

use fewshop_core::ItemIx;
use fewshop_core::neighbours::NeighbourTable;
use rayon::prelude::*;

/// For each product (the target) its regressors with their weights, for each ridge.
///
/// # Shapes
/// - output: `[ridges][items]` lists of `(regressor, weight)`
pub(crate) fn fit(
    counts: &NeighbourTable,
    popularity: &[u32],
    ridges: &[f32],
    size: usize,
) -> Vec<Vec<Vec<(u32, f32)>>> {
    let items = counts.len();
    let solved: Vec<Vec<Vec<(u32, f32)>>> = (0..items)
        .into_par_iter()
        .map_init(
            || Scratch::new(items),
            |scratch, target| scratch.solve(target, counts, popularity, ridges, size),
        )
        .collect();
    let mut out: Vec<Vec<Vec<(u32, f32)>>> =
        ridges.iter().map(|_| Vec::with_capacity(items)).collect();
    for one in solved {
        for (list, weights) in out.iter_mut().zip(one) {
            list.push(weights);
        }
    }
    out
}

/// Turns lists by target into lists by regressor: the products that a context item suggests.
pub(crate) fn by_regressor(targets: &[Vec<(u32, f32)>]) -> Vec<Vec<(u32, f32)>> {
    let mut out = vec![Vec::new(); targets.len()];
    for (target, list) in targets.iter().enumerate() {
        for &(regressor, weight) in list {
            out[regressor as usize].push((target as u32, weight));
        }
    }
    out
}

struct Scratch {
    /// Index of a product among the regressors plus 1; 0 for all others.
    place: Vec<u32>,
}

impl Scratch {
    fn new(items: usize) -> Self {
        Self {
            place: vec![0; items],
        }
    }

    fn solve(
        &mut self,
        target: usize,
        counts: &NeighbourTable,
        popularity: &[u32],
        ridges: &[f32],
        size: usize,
    ) -> Vec<Vec<(u32, f32)>> {
        let together = |from: usize| {
            let n = popularity[from] as f32;
            counts
                .row(ItemIx::from(from))
                .map(move |(to, weight)| (to.row(), weight * n))
        };
        // The cosine finds products that explain the target, regardless of their popularity.
        let mut order: Vec<(f32, u32, f32)> = together(target)
            .map(|(to, count)| {
                (
                    count / (popularity[to].max(1) as f32).sqrt(),
                    to as u32,
                    count,
                )
            })
            .collect();
        order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        order.truncate(size);
        let m = order.len();
        for (at, &(_, item, _)) in order.iter().enumerate() {
            self.place[item as usize] = at as u32 + 1;
        }
        let mut gram = vec![0f32; m * m];
        for (at, &(_, item, _)) in order.iter().enumerate() {
            for (to, count) in together(item as usize) {
                let place = self.place[to] as usize;
                if place > 0 {
                    gram[at * m + place - 1] = count;
                }
            }
            gram[at * m + at] = popularity[item as usize] as f32;
        }
        for &(_, item, _) in &order {
            self.place[item as usize] = 0;
        }
        let right: Vec<f32> = order.iter().map(|&(.., count)| count).collect();
        ridges
            .iter()
            .map(|&ridge| {
                let weights = ridge_solve(&gram, &right, ridge);
                order
                    .iter()
                    .zip(weights)
                    .map(|(&(_, item, _), weight)| (item, weight))
                    .collect()
            })
            .collect()
    }
}

/// `(A + ridge I)^-1 b` by Cholesky; `A` is a Gram matrix, so any ridge above 0 makes it definite.
pub(crate) fn ridge_solve(a: &[f32], b: &[f32], ridge: f32) -> Vec<f32> {
    let m = b.len();
    let mut l = vec![0f32; m * m];
    for row in 0..m {
        for column in 0..=row {
            let (before_row, before_column) = (
                &l[row * m..row * m + column],
                &l[column * m..column * m + column],
            );
            let rest = a[row * m + column] - fewshop_model::kernels::dot(before_row, before_column);
            l[row * m + column] = if row == column {
                (rest + ridge).max(1e-3).sqrt()
            } else {
                rest / l[column * m + column]
            };
        }
    }
    let mut x = b.to_vec();
    for row in 0..m {
        let sum = fewshop_model::kernels::dot(&l[row * m..row * m + row], &x[..row]);
        x[row] = (x[row] - sum) / l[row * m + row];
    }
    for row in (0..m).rev() {
        let sum: f32 = (row + 1..m)
            .map(|below| l[below * m + row] * x[below])
            .sum();
        x[row] = (x[row] - sum) / l[row * m + row];
    }
    x
}

#[cfg(test)]
mod tests {
    use fewshop_core::neighbours::{CovisitConfig, covisit};

    use super::*;

    #[test]
    fn the_solution_solves() {
        let (a, b) = (
            [4.0, 1.0, 0.5, 1.0, 3.0, 0.2, 0.5, 0.2, 2.0],
            [1.0, 2.0, 3.0],
        );
        let x = ridge_solve(&a, &b, 0.5);
        for row in 0..3 {
            let sum: f32 = (0..3)
                .map(|i| (a[row * 3 + i] + if i == row { 0.5 } else { 0.0 }) * x[i])
                .sum();
            assert!((sum - b[row]).abs() < 1e-4, "{sum} {}", b[row]);
        }
    }

    #[test]
    fn a_product_that_explains_another_gets_weight_and_a_bystander_does_not() {
        // Product 1 always occurs with 0; product 2 occurs with everything.
        let sessions: Vec<Vec<u32>> = (0..60)
            .map(|n| {
                if n % 3 == 0 {
                    vec![0, 1, 2]
                } else {
                    vec![2, 3]
                }
            })
            .collect();
        let popularity = [20, 20, 60, 40];
        let counts = covisit(
            &sessions,
            4,
            CovisitConfig {
                alpha: 0.0,
                shrink: 0.0,
                keep: 10,
                length_power: 0.0,
            },
        );
        let spoken = by_regressor(&fit(&counts, &popularity, &[2.0], 3)[0]);
        let of = |from: usize, to: u32| {
            spoken[from]
                .iter()
                .find(|&&(target, _)| target == to)
                .map_or(0.0, |&(_, weight)| weight)
        };
        assert!(
            of(0, 1) > 0.6 && of(2, 1).abs() < 0.2,
            "{} {}",
            of(0, 1),
            of(2, 1)
        );
    }
}
