//! Household attributes from few products: heads over what the pack already knows, and what simpler
//! methods make of the same rows.
//!
//! [`Rows`] are drawn from the log: the first 1, 3, 5 and 10 products of a visit, and one to three
//! whole visits, as the device would see them. [`compare`] lets heads and baselines answer for
//! households that they did not learn from; [`ship`] trains the heads on all households and says at
//! which [`EvidenceLevel`](fewshop_model::tasks::attributes::EvidenceLevel) each may speak. The pack's vectors were learned
//! from the sessions of most of these households, though from no label of theirs: what is measured
//! is transfer without labels.

mod boosting;
mod compare;
mod net;
mod rows;
mod ship;
mod table;
#[cfg(test)]
mod tests;

pub use compare::{Cell, Comparison, Figure, METHODS, compare};
pub use rows::{Attribute, Described, Rows, describe};
pub use ship::{Shipped, ship};
pub use table::table;

/// Settings of heads and baselines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AttributeSettings {
    /// Rows of each household at each amount.
    pub rows: usize,
    /// Most epochs of a network.
    pub epochs: usize,
    /// Most rounds of boosting.
    pub rounds: usize,
    /// Start of the random numbers.
    pub seed: u64,
}

impl Default for AttributeSettings {
    fn default() -> Self {
        Self {
            rows: 4,
            epochs: 40,
            rounds: 120,
            seed: 7,
        }
    }
}
