//! What is said about a way of ranking: means with intervals by k, and paired differences.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Interval;

/// Share of the products, the most taken ones, that count as popular.
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
    /// Share of the first 20 that is among the most popular 1 % of the products.
    #[serde(rename = "popular@20")]
    pub popular_at_20: f64,
}

/// One way of ranking minus another, on the same cases.
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

/// What a contender is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The pack as it ships.
    Full,
    /// The pack without learning on the device.
    Frozen,
    /// A pack that was trained without one part.
    Ablated,
    /// A part of the pack ranking alone.
    Channel,
    /// A simple method that knows nothing of the pack.
    Baseline,
}

/// One way of ranking with all that is said about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contender {
    /// Its name in tables.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// One sentence for people.
    pub about: String,
    /// Figures by k.
    pub by_k: BTreeMap<u32, Figures>,
    /// Figures over the cases of all k together.
    pub all: Figures,
    /// This one minus the full pack, by k; empty for the full pack itself. An ablated pack is
    /// compared with the whole that was trained beside it.
    pub minus_full: BTreeMap<u32, Difference>,
    /// The same over the cases of all k together.
    pub all_minus_full: Difference,
}

/// What k counts in a set of cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Products known of the session at hand.
    #[default]
    Shots,
    /// Earlier visits that the device remembers.
    Visits,
}

/// All that was found out on one set of cases.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Evaluation {
    /// What k counts.
    pub unit: Unit,
    /// Queries without a relevant item, which have no score and are left out.
    pub without_truth: usize,
    /// Shoppers of the scored cases.
    pub shoppers: usize,
    /// The pack as it ships, by k.
    pub adapted: BTreeMap<u32, Figures>,
    /// The pack without learning on the device.
    pub frozen: BTreeMap<u32, Figures>,
    /// The first minus the second.
    pub adapted_minus_frozen: BTreeMap<u32, Difference>,
    /// Share of the cases that fell through learning on the device, by k; stands in
    /// `adapted_minus_frozen` as well.
    pub harm: BTreeMap<u32, f64>,
    /// Whether the scores of candidates can be read as probabilities.
    pub calibration: crate::Calibration,
    /// The pack, its parts and the baselines; empty where only the pack was asked for.
    #[serde(default)]
    pub contenders: Vec<Contender>,
    /// The same cases with products turned down, where that was asked for.
    #[serde(default)]
    pub dismissals: Vec<crate::Dismissals>,
    /// A network trained on each shopper's few samples: with a pre-trained start minus from a
    /// random one, where that was asked for.
    #[serde(default)]
    pub transfer: BTreeMap<u32, Difference>,
}
