//! Evaluates one pack with and without learning on the device.

use std::collections::BTreeMap;

use anyhow::Result;
use fewshop_model::Model;
use serde::{Deserialize, Serialize};

use crate::{
    Calibration, Contender, Difference, Dismissals, EvalSet, Figures, RankingScorer, Unit,
    calibrate, picks,
};

/// All results on one set of cases.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Evaluation {
    /// The unit of k.
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
    /// Share of the cases that got worse by learning on the device, by k; also in
    /// `adapted_minus_frozen`.
    pub harm: BTreeMap<u32, f64>,
    /// Whether the scores of candidates can be read as probabilities.
    pub calibration: Calibration,
    /// The pack, its parts and the baselines; empty if only the pack was evaluated.
    #[serde(default)]
    pub contenders: Vec<Contender>,
    /// The same cases with products turned down, if requested.
    #[serde(default)]
    pub dismissals: Vec<Dismissals>,
    /// A network trained on each shopper's few samples: with a pre-trained start minus with a
    /// random start, if requested.
    #[serde(default)]
    pub transfer: BTreeMap<u32, Difference>,
}

/// Evaluates a pack on these cases, both as it ships and frozen. Contenders and dismissals stay
/// empty.
///
/// # Errors
/// See [`recommend`].
pub fn evaluate(model: &Model, eval_set: &EvalSet) -> Result<Evaluation> {
    let scorer = RankingScorer::of(eval_set, model.pack().popularity());
    let adapted = scorer.score(picks(model, &eval_set.queries, false)?);
    let frozen = scorer.score(picks(model, &eval_set.queries, true)?);
    let adapted_minus_frozen = scorer.minus(&adapted, &frozen);
    Ok(Evaluation {
        unit: eval_set.unit(),
        without_truth: eval_set
            .relevant
            .iter()
            .filter(|relevant| relevant.is_empty())
            .count(),
        shoppers: scorer.shoppers(),
        adapted: scorer.by_k(&adapted),
        frozen: scorer.by_k(&frozen),
        harm: adapted_minus_frozen
            .iter()
            .map(|(&k, difference)| (k, difference.harm))
            .collect(),
        adapted_minus_frozen,
        calibration: calibrate(model, &eval_set.queries, &eval_set.relevant)?,
        contenders: Vec::new(),
        dismissals: Vec::new(),
        transfer: BTreeMap::new(),
    })
}
