//! The trained weights as plain data: numbers, their shapes, and checks that need nothing else.
//!
//! This is the lowest layer of the crate. Kernels compute with these types and the pack stores
//! them; this module depends on neither.

mod attributes;
mod category_lifts;
mod config;
mod evidence_level;
mod item_table;
mod networks;
mod offers;
mod pair_table;
mod task;
mod variants;

pub(crate) use attributes::PLAIN_FEATURES;
pub use attributes::{AttributeHead, AttributeWeights};
pub use category_lifts::{CategoryGroups, CategoryLifts};
pub use config::{Channel, ModelConfig, RefreshConfig};
pub use evidence_level::EvidenceLevel;
pub use item_table::ItemTable;
pub(crate) use item_table::MAX_SUB_VECTOR_WIDTH;
pub use networks::{AdapterWeights, EncoderWeights, RankerWeights};
pub use offers::{
    EVIDENCE_LEVELS, FEATURES as OFFER_FEATURES, MATCH_FEATURES, OfferWeights, ShippedOffer,
    WEIGHTS,
};
pub use pair_table::{Pair, PairTable};
pub use task::TaskWeights;
pub use variants::Variants;

/// Figures for reports and settings for a refresh: what a browser has no use for, it does not load
/// the code to read, and has none of.
#[cfg(target_family = "wasm")]
pub(crate) fn not_on_a_device<'de, D: serde::Deserializer<'de>, T: Default>(
    json: D,
) -> Result<T, D::Error> {
    <serde::de::IgnoredAny as serde::Deserialize>::deserialize(json).map(|_| T::default())
}
