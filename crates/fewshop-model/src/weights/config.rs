//! Settings of the model that its arrays do not determine.

use serde::{Deserialize, Serialize};

/// Settings that the arrays do not determine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
    /// Scale of the dot product of user embedding and item vector.
    pub logit_scale: f32,
    /// Gradient steps of the adapter.
    pub adapter_steps: usize,
    /// L2 pull of the adapter towards the frozen user embedding.
    pub adapter_l2: f32,
    /// Weight of a dismissed product relative to a fixed negative.
    pub dismiss_weight: f32,
    /// Co-visitation weight `c / (n_i + shrink) / n_j^alpha`.
    pub covisit_alpha: f32,
    /// See `covisit_alpha`.
    pub covisit_shrink: f32,
    /// Cosine weight `c / sqrt((n_i + shrink) (n_j + shrink))`.
    pub cosine_shrink: f32,
    /// Number of sessions that `popularity` counts, which makes counts of a part and of the whole
    /// shop comparable.
    pub sessions: f32,
    /// Candidates from each channel.
    pub candidates: usize,
    /// Sessions with fewer products are not counted into the seasonal counts, because the ranker
    /// was trained without them.
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
