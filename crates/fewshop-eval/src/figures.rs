//! Figures of a ranking method: means with intervals by k, and paired differences.

use serde::{Deserialize, Serialize};

use crate::Interval;

/// Share of the products, the most frequently taken ones, that count as popular.
pub const POPULAR_SHARE: f64 = 0.01;

/// Means over cases, each with its 95 % interval.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Figures {
    /// Queries with relevant items.
    pub cases: usize,
    /// Mean NDCG@10.
    #[serde(rename = "ndcg@10")]
    pub ndcg_at_10: f64,
    /// Its interval.
    #[serde(rename = "ndcg@10 95%")]
    pub ndcg_interval: Interval,
    /// Mean Recall@20.
    #[serde(rename = "recall@20")]
    pub recall_at_20: f64,
    /// Its interval.
    #[serde(rename = "recall@20 95%")]
    pub recall_interval: Interval,
    /// Mean reciprocal rank.
    #[serde(rename = "mrr@20")]
    pub mrr_at_20: f64,
    /// Its interval.
    #[serde(rename = "mrr@20 95%")]
    pub mrr_interval: Interval,
    /// Share of cases with a hit in the first 10.
    #[serde(rename = "hit@10")]
    pub hit_at_10: f64,
    /// Its interval.
    #[serde(rename = "hit@10 95%")]
    pub hit_interval: Interval,
    /// Distinct products among the first 20 of all cases.
    #[serde(rename = "coverage@20")]
    pub coverage_at_20: usize,
    /// Share of the first 20 picks that are among the most popular 1 % of the products.
    #[serde(rename = "popular@20")]
    pub popular_at_20: f64,
}

/// One ranking method minus another, on the same cases.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Difference {
    /// Mean difference of NDCG@10.
    #[serde(rename = "ndcg@10 diff")]
    pub ndcg_at_10: f64,
    /// Its interval.
    #[serde(rename = "ndcg@10 diff 95%")]
    pub ndcg_interval: Interval,
    /// Mean difference of Recall@20.
    #[serde(rename = "recall@20 diff")]
    pub recall_at_20: f64,
    /// Its interval.
    #[serde(rename = "recall@20 diff 95%")]
    pub recall_interval: Interval,
    /// Share of the cases whose NDCG@10 rose.
    pub helped: f64,
    /// Share of the cases whose NDCG@10 fell.
    pub harm: f64,
}

/// The unit of k in a set of cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Context items: the given items of the current session.
    #[default]
    ContextItems,
    /// Earlier visits that the device remembers.
    Visits,
}
