//! Settings of a training run, with defaults that suit both example shops.

use fewshop_model::features::FeatureGroup;
use serde::{Deserialize, Serialize};

/// All settings. A `train.toml` may set any of them; omitted settings keep their defaults, and
/// unknown names are errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainConfig {
    /// Share of shoppers whose late sessions train the ranker and the adapter. Counts and vectors
    /// do not use these shoppers.
    pub ranker_share: f64,
    /// Share of the log, the latest part, on which ranker and adapter are trained. Counts and
    /// vectors do not use it meanwhile; the shipped counts and vectors use the whole log.
    pub late_share: f64,
    /// Sufficient number of held-out sessions for the ranker. A log with fewer is split several
    /// times, with different shoppers and days, and counts and vectors are computed for each split.
    pub held_sessions: usize,
    /// Maximum number of cuts times products: the time of a cut grows with the catalogue. There are
    /// two cuts at least, if the log has them.
    pub cut_products: usize,
    /// Feature groups to leave out.
    #[serde(rename = "off")]
    pub disabled_groups: Vec<FeatureGroup>,
    /// Share of the log, the latest part, that counts as recent.
    pub recent_share: f64,
    /// Share of the late part whose sessions refresh the counts, for ranker cases after them; 0
    /// trains for packs that are never refreshed.
    pub refresh_share: f64,
    /// Share of shoppers kept for validation if no validation cases are given.
    pub valid_share: f64,
    /// Item vectors and session encoder.
    pub tower: TowerConfig,
    /// Pair counts.
    pub pairs: PairsConfig,
    /// On-device fine-tuning.
    pub adapter: AdapterConfig,
    /// Ranker.
    pub ranker: RankerTrainConfig,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            ranker_share: 0.3,
            late_share: 0.2,
            held_sessions: 10_000,
            cut_products: 36_000,
            disabled_groups: Vec::new(),
            recent_share: 0.2,
            refresh_share: 0.5,
            valid_share: 0.1,
            tower: TowerConfig::default(),
            pairs: PairsConfig::default(),
            adapter: AdapterConfig::default(),
            ranker: RankerTrainConfig::default(),
        }
    }
}

/// Item tower and session encoder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TowerConfig {
    /// Size of an item vector.
    pub embedding_size: usize,
    /// Hidden units of the encoder's attention.
    pub attention: usize,
    /// Share of items per step whose id residual is dropped.
    pub id_dropout: f64,
    /// Temperature of the softmax.
    pub temperature: f32,
    /// Maximum number of epochs.
    pub epochs: usize,
    /// Epochs without improvement on validation before training stops and keeps the best one.
    pub patience: usize,
    /// Sessions per step.
    pub batch: usize,
    /// Products per step that the softmax samples beside the batch's own. A catalogue that is not
    /// much larger is used whole.
    pub negatives: usize,
    /// Sessions per epoch; a shop with fewer repeats them, split differently each time: as often as
    /// needed, or twice if the softmax is over a sample.
    pub sessions_an_epoch: usize,
    /// Adam's learning rate.
    pub learning_rate: f64,
    /// L2 on all weights.
    pub weight_decay: f32,
    /// Weight of a second loss on adversarially perturbed item vectors (APR, arXiv 1808.03908); 0
    /// disables it.
    pub adversarial_weight: f32,
    /// Length of this perturbation; item vectors have length 1.
    pub adversarial_epsilon: f32,
    /// Whether the tower uses the text model's vectors of titles, if a text model is given.
    pub text: bool,
}

impl Default for TowerConfig {
    fn default() -> Self {
        Self {
            embedding_size: 64,
            attention: 16,
            id_dropout: 0.3,
            temperature: 0.2,
            epochs: 16,
            patience: 2,
            batch: 256,
            negatives: 1024,
            sessions_an_epoch: 30_000,
            learning_rate: 1e-3,
            weight_decay: 1e-6,
            adversarial_weight: 0.0,
            adversarial_epsilon: 0.1,
            text: true,
        }
    }
}

/// Pair counts and item-item regression: values to search on held-out sessions, and numbers of
/// pairs to keep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PairsConfig {
    /// Partners kept per product by co-visitation weight.
    pub keep_covisit: usize,
    /// Partners kept per product by cosine weight.
    pub keep_cosine: usize,
    /// Partners kept per product by regression weight.
    pub keep_regression: usize,
    /// A session of l products has the weight l to the power of minus this.
    pub length_power: Vec<f32>,
    /// Exponent on the partner's popularity; see `ModelConfig`.
    pub covisit_alpha: Vec<f32>,
    /// Added to the product's own count.
    pub covisit_shrink: Vec<f32>,
    /// Added to both counts of the cosine.
    pub cosine_shrink: Vec<f32>,
    /// Ridge of the regression, as a multiple of the products' mean popularity.
    pub ridge: Vec<f32>,
    /// Products that each product is regressed on.
    pub regressors: usize,
}

impl Default for PairsConfig {
    fn default() -> Self {
        Self {
            keep_covisit: 24,
            keep_cosine: 20,
            keep_regression: 20,
            length_power: vec![0.0, 0.5, 1.0],
            covisit_alpha: vec![0.1, 0.2, 0.3, 0.5],
            covisit_shrink: vec![20.0, 50.0],
            cosine_shrink: vec![10.0, 50.0, 150.0],
            ridge: vec![1.0, 4.0, 16.0, 64.0],
            regressors: 150,
        }
    }
}

/// On-device fine-tuning: values to search on held-out sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdapterConfig {
    /// If false, the user embedding stays frozen.
    pub on: bool,
    /// Gradient steps.
    pub steps: usize,
    /// Learning rates to try.
    pub learning_rates: Vec<f32>,
    /// L2 pull towards the frozen user embedding.
    pub l2: f32,
    /// Number of fixed negatives.
    pub negatives: usize,
    /// Gates to try for each number of context items.
    pub gates: Vec<f32>,
}

impl Default for AdapterConfig {
    fn default() -> Self {
        Self {
            on: true,
            steps: 5,
            learning_rates: vec![0.003, 0.01, 0.03, 0.1],
            l2: 0.1,
            negatives: 128,
            gates: vec![0.0, 0.25, 0.5, 1.0],
        }
    }
}

/// The ranker network and its training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RankerTrainConfig {
    /// Hidden units.
    pub hidden: usize,
    /// Share of hidden units dropped.
    pub dropout: f64,
    /// Maximum number of training cases.
    pub cases: usize,
    /// Candidates from each channel.
    pub candidates: usize,
    /// Maximum number of epochs.
    pub epochs: usize,
    /// Epochs without improvement on validation before training stops and keeps the best one.
    pub patience: usize,
    /// Cases per step.
    pub batch: usize,
    /// Adam's learning rate.
    pub learning_rate: f64,
    /// L2 on all weights.
    pub weight_decay: f32,
    /// A case with w relevant items has the weight (min(w, 10) / 10) to this power: a shelf of ten
    /// is judged by how many of the ten are relevant.
    pub wanted_power: f32,
    /// Weight of the binary cross-entropy (a mean over candidates) relative to the listwise softmax
    /// (a mean over cases).
    pub binary_weight: f32,
}

impl Default for RankerTrainConfig {
    fn default() -> Self {
        Self {
            hidden: 64,
            dropout: 0.1,
            cases: 40_000,
            candidates: 100,
            epochs: 10,
            patience: 4,
            batch: 32,
            learning_rate: 1e-3,
            weight_decay: 1e-5,
            wanted_power: 1.0,
            binary_weight: 3.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn omitted_settings_keep_their_defaults_and_a_misspelt_name_is_an_error() {
        let config: TrainConfig = toml::from_str("[tower]\nepochs = 3\n").unwrap();
        assert_eq!(config.tower.epochs, 3);
        assert_eq!(config.ranker, RankerTrainConfig::default());
        assert!(
            toml::from_str::<TrainConfig>("[tower]\nepoch = 3\n")
                .unwrap_err()
                .to_string()
                .contains("epoch")
        );
    }
}
