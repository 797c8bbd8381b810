//! The inputs of the ranker: the table of features, and the item statistics that they read.
//!
//! [`FEATURE_NAMES`] lists the features in order. A pack stores the names with the ranker's weights,
//! so that weights never meet other features than their own. `table.rs` is the one place that
//! defines a feature: its name, its group and its formula.

mod catalogue_groups;
mod item_columns;
mod item_stats;
mod promotion_calendar;
mod table;

pub(crate) use catalogue_groups::CatalogueGroups;
pub(crate) use item_columns::ItemColumns;
pub(crate) use item_stats::{Direction, ItemCounts, ItemStats};
pub(crate) use promotion_calendar::{DayPromotions, PromotedShares, PromotionCalendar};
pub(crate) use table::{ActiveGroups, FIRST_RANK, RANK_READS_CONTEXT, RANKS, feature_table};
pub use table::{FEATURE_NAMES, FEATURES, FeatureGroup, group_of};

/// Floor under the logarithm of a co-visitation rate: a pair that pruning removed counts as this
/// rare.
const RATE_FLOOR: f32 = 1e-4;

/// Logarithm of a rate that may be 0.
pub(crate) fn log_rate(rate: f32) -> f32 {
    (RATE_FLOOR + rate).ln()
}

/// Square root that keeps the sign. Regression weights are small and crowd around 0; the root
/// spreads them.
pub(crate) fn signed_root(x: f32) -> f32 {
    x.abs().sqrt().copysign(x)
}

/// 1 where it holds, else 0.
pub(crate) fn flag(holds: bool) -> f32 {
    f32::from(u8::from(holds))
}
