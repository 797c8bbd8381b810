//! The training card.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Documents the training data and the metrics of a model, for people and for reports.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The shop's name.
    pub shop: String,
    /// ISO 4217 code of the prices.
    pub currency: String,
    /// Source of the data and its terms of use.
    pub data_notice: String,
    /// Number of sessions in the training.
    pub sessions: usize,
    /// Number of shoppers in the training.
    pub users: usize,
    /// Date of the newest event, `YYYY-MM-DD`.
    pub data_until: String,
    /// Seed of every random choice.
    pub seed: u64,
    /// The command that made it.
    pub command: String,
    /// Version of the program that made it.
    pub version: String,
    /// Metrics on validation cases by k: `{"ndcg@10": {"1": 0.17, ..}, ..}`.
    #[cfg_attr(
        target_family = "wasm",
        serde(deserialize_with = "crate::weights::not_on_a_device")
    )]
    pub metrics: BTreeMap<String, BTreeMap<u32, f64>>,
    /// Training history, one value per epoch: `{"tower loss": [..], "ranker validation NDCG@10":
    /// [..], ..}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(
        target_family = "wasm",
        serde(deserialize_with = "crate::weights::not_on_a_device")
    )]
    pub curves: BTreeMap<String, Vec<f64>>,
}
