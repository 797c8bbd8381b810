//! Pair statistics of products: co-occurrence counts and item-item regression.

/// The number of sessions that contain two products, pruned to the partners that matter.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PairTable {
    /// `[items + 1]`: row i's pairs are `offsets[i]..offsets[i + 1]`.
    pub offsets: Vec<u32>,
    /// The other product.
    pub items: Vec<u32>,
    /// Number of sessions that contain both, with less weight for long sessions; positive, within 7
    /// % after the round trip through the file.
    pub counts: Vec<f32>,
    /// Weight from the row's product to the other in item-item regression (EASE, arXiv 1905.03375),
    /// of either sign; rounded to one byte in the file.
    pub regression: Vec<f32>,
    /// Whether the file stores each pair of products once, which takes a quarter less of it. The
    /// numbers are the same either way.
    pub joined: bool,
}

/// Two products that occur together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// The other product's row.
    pub to: usize,
    /// See [`PairTable::counts`].
    pub count: f32,
    /// See [`PairTable::regression`].
    pub regression: f32,
}

impl PairTable {
    /// The pairs of one product.
    pub fn row(&self, item: usize) -> impl Iterator<Item = Pair> {
        let range = self.offsets[item] as usize..self.offsets[item + 1] as usize;
        let values = self.counts[range.clone()]
            .iter()
            .zip(&self.regression[range.clone()]);
        self.items[range]
            .iter()
            .zip(values)
            .map(|(&to, (&count, &regression))| Pair {
                to: to as usize,
                count,
                regression,
            })
    }
}
