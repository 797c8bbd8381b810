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
    #[serde(default, rename = "season_least")]
    pub seasonal_min_items: usize,
    /// How `fewshop refresh` adds newer sessions to the counts; none in a pack that was trained
    /// before this was known, which gets seasonal counts alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        target_family = "wasm",
        serde(deserialize_with = "super::not_on_a_device")
    )]
    pub refresh: Option<RefreshConfig>,
    /// What ranks a first visit with 1, 2, … context items in place of the ranker: training found
    /// the ranker no better there than this channel alone. The last entry holds for all larger
    /// numbers; empty where the ranker ranks everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<Option<Channel>>,
    /// Part of everyone's log-probability that a personal shelf takes from each product: 0 ranks by
    /// likelihood, 1 by lift alone.
    #[serde(default = "bestseller_discount")]
    pub bestseller_discount: f32,
}

/// Chosen on the validation cases of both shops; see `docs/decisions.md`.
fn bestseller_discount() -> f32 {
    0.4
}

/// A score that ranks on its own, without the ranker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// How often a product is taken.
    Popularity,
    /// Mean co-visitation with the context items.
    Covisit,
    /// Mean cosine of the pair counts.
    Cosine,
    /// Mean item-item regression weight.
    Regression,
}

impl Channel {
    /// All channels.
    pub const ALL: [Self; 4] = [
        Self::Popularity,
        Self::Covisit,
        Self::Cosine,
        Self::Regression,
    ];

    /// The feature that holds its score.
    #[must_use]
    pub fn feature(self) -> &'static str {
        match self {
            Self::Popularity => "popularity",
            Self::Covisit => "covisit_mean",
            Self::Cosine => "cosine_mean",
            Self::Regression => "regression_mean",
        }
    }
}

/// How newer sessions are added to the counts of a pack. Training selects the weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefreshConfig {
    /// How often a new session counts in popularity and pair counts; 0 leaves them as they are.
    pub count_weight: f32,
    /// The same for the step of the regression weights.
    pub regression_weight: f32,
    /// A session of l products has the weight l to the power of minus this in the pair counts.
    pub length_power: f32,
    /// Ridge of the regression, as a multiple of the products' mean popularity.
    pub ridge: f32,
    /// Partners kept per product by co-visitation, cosine and regression.
    pub keep: [usize; 3],
    /// Time of the last session counted, in seconds since 1970: a refresh skips sessions that are no
    /// later.
    pub counted_until: i64,
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
            seasonal_min_items: 0,
            refresh: None,
            fallback: Vec::new(),
            bestseller_discount: bestseller_discount(),
        }
    }
}
