//! Lift: how many times as often two products are taken together as their sales alone would explain.
//!
//! Most pairs of products are never seen together, so a pair's lift is shrunk towards that of its two
//! categories: a gamma-Poisson estimate with a fixed prior, as in `DuMouchel` 1999, 'Bayesian data
//! mining in large frequency tables'.

use crate::pack::Pack;
use crate::weights::CategoryGroups;

/// Pair count, in units of expected counts, at which a pair's own count weighs as much as its
/// categories.
const PRIOR: f32 = 2.5;
/// Pairs of this many bestsellers, which pruning never touches, say what a pair count is worth in a
/// pack without lifts of categories.
const BESTSELLERS: usize = 40;

/// Lifts of pairs of products.
#[derive(Debug, Default)]
pub(crate) struct LiftTable {
    /// Sales of each product in such units that the product of two is the expected pair count,
    /// `[items]`; empty in a pack without pairs.
    rate: Vec<f32>,
    /// `[items]`: the number of each product's category, 0 for none; empty without lifts of
    /// categories.
    category: Vec<u32>,
    /// Categories; 0 where nothing is known about them.
    categories: usize,
}

impl LiftTable {
    /// # Shapes
    /// - `by_popularity`: `[items]`, rows by falling popularity
    pub(crate) fn of(pack: &Pack, by_popularity: &[u32]) -> Self {
        if pack.pairs().items.is_empty() {
            return Self::default();
        }
        let (unit, categories, category) = match &pack.parts().category_lifts {
            Some(lifts) => {
                let groups = CategoryGroups::of(pack.catalogue());
                (lifts.unit, groups.paths.len(), groups.of_item)
            }
            None => (unit(pack, by_popularity), 0, Vec::new()),
        };
        let rate = (pack.popularity().iter()).map(|&n| n as f32 * unit.sqrt());
        Self {
            rate: rate.collect(),
            category,
            categories,
        }
    }

    /// Adds to `sums` the lift of every product beside one: `[items]`.
    pub(crate) fn add_row(&self, seed: usize, pack: &Pack, sums: &mut [f32]) {
        for (row, sum) in sums.iter_mut().enumerate() {
            *sum += self.shrunk(seed, row, 0.0, pack);
        }
        for pair in pack.pairs().row(seed) {
            sums[pair.to] += self.shrunk(seed, pair.to, pair.count, pack)
                - self.shrunk(seed, pair.to, 0.0, pack);
        }
    }

    /// The lift of one product beside another.
    pub(crate) fn lift(&self, seed: usize, row: usize, pack: &Pack) -> f32 {
        let pair = pack.pairs().row(seed).find(|pair| pair.to == row);
        self.shrunk(seed, row, pair.map_or(0.0, |pair| pair.count), pack)
    }

    fn shrunk(&self, seed: usize, row: usize, count: f32, pack: &Pack) -> f32 {
        if self.rate.is_empty() {
            return 1.0;
        }
        let prior = match &pack.parts().category_lifts {
            None => 1.0,
            Some(lifts) => match (self.category[seed] as usize, self.category[row] as usize) {
                (0, _) | (_, 0) => 1.0,
                (a, b) => lifts.lifts[(a - 1) * self.categories + b - 1],
            },
        };
        (count + PRIOR * prior) / (self.rate[seed] * self.rate[row] + PRIOR)
    }
}

/// Pair count per product of two sales.
fn unit(pack: &Pack, by_popularity: &[u32]) -> f32 {
    let popularity = pack.popularity();
    let top = &by_popularity[..by_popularity.len().min(BESTSELLERS)];
    let (mut counts, mut products) = (0f32, 0f32);
    for &from in top {
        for pair in pack.pairs().row(from as usize) {
            if top.contains(&(pair.to as u32)) {
                counts += pair.count;
                products += popularity[from as usize] as f32 * popularity[pair.to] as f32;
            }
        }
    }
    if products > 0.0 {
        counts / products
    } else {
        0.0
    }
}
