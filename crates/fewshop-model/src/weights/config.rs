//! Settings of the model that the arrays do not show.

use serde::{Deserialize, Serialize};

/// Settings that the arrays do not show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
    /// Multiplies the product of taste and item vector.
    pub logit_scale: f32,
    /// Gradient steps of the adapter.
    pub adapter_steps: usize,
    /// L2 pull of the adapter towards the frozen taste.
    pub adapter_l2: f32,
    /// How much a dismissed product counts beside a fixed negative.
    pub dismiss_weight: f32,
    /// Co-visitation weight `c / (n_i + shrink) / n_j^alpha`.
    pub covisit_alpha: f32,
    /// See `covisit_alpha`.
    pub covisit_shrink: f32,
    /// Cosine weight `c / sqrt((n_i + shrink) (n_j + shrink))`.
    pub cosine_shrink: f32,
    /// Sessions that `popularity` counts: what makes counts comparable between a shop's part and
    /// the whole.
    pub sessions: f32,
    /// Candidates from each channel.
    pub candidates: usize,
    /// Sessions of fewer products are not counted into `season`: the ranker was taught to read it
    /// without them.
    #[serde(default)]
    pub season_least: usize,
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self {
            logit_scale: 1.0,
            adapter_steps: 5,
            adapter_l2: 0.1,
            dismiss_weight: 20.0,
            covisit_alpha: 0.1,
            covisit_shrink: 50.0,
            cosine_shrink: 100.0,
            sessions: 1.0,
            candidates: 120,
            season_least: 0,
        }
    }
}
