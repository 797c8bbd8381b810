//! The training card.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What the model was trained on and how good it is; for people and for reports.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The shop's name.
    pub shop: String,
    /// ISO 4217 code of the prices.
    pub currency: String,
    /// Where the data comes from and what may be done with it.
    pub data_notice: String,
    /// Sessions trained on.
    pub sessions: usize,
    /// Shoppers trained on.
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
    pub metrics: BTreeMap<String, BTreeMap<u32, f64>>,
    /// What training watched, one value an epoch:
    /// `{"tower loss": [..], "ranker validation NDCG@10": [..], ..}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub curves: BTreeMap<String, Vec<f64>>,
}
