//! The three heavy steps of a run, on the kernels or on burn. The only place that knows there is a
//! choice.

#[cfg(feature = "burn")]
mod on_burn;

#[cfg(feature = "burn")]
pub use on_burn::BurnCompute;

use crate::kernels::{self, AdaptRows};
use crate::pack::Pack;

/// What the adapter is given: see [`kernels::adapt`].
pub type AdaptProblem = AdaptRows;

/// Why a backend gave no answer: a lost GPU, mostly.
#[derive(Debug, thiserror::Error)]
#[error("the {backend} backend failed: {message}")]
pub struct ComputeError {
    /// Which.
    pub backend: &'static str,
    /// What it said.
    pub message: String,
}

/// Where the heavy steps run.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum Compute {
    /// Hand-written loops on the CPU.
    #[default]
    Kernels,
    /// burn tensors on a `Device`.
    #[cfg(feature = "burn")]
    Burn(Box<BurnCompute>),
}

#[cfg_attr(
    not(feature = "burn"),
    expect(
        clippy::unused_async,
        reason = "a GPU can only be read from asynchronously"
    )
)]
impl Compute {
    /// Fine-tunes the taste: see [`kernels::adapt`].
    ///
    /// # Errors
    /// When the backend fails.
    pub async fn adapt(
        &self,
        u0: &[f32],
        rows: &AdaptProblem,
        pack: &Pack,
    ) -> Result<Vec<f32>, ComputeError> {
        match self {
            Self::Kernels => Ok(kernels::adapt(u0, rows, pack.adapter(), pack.config())),
            #[cfg(feature = "burn")]
            Self::Burn(burn) => burn.adapt(u0, rows).await,
        }
    }

    /// Logits of all items: see [`kernels::scan`].
    ///
    /// # Errors
    /// When the backend fails.
    pub async fn scan(&self, u: &[f32], pack: &Pack) -> Result<Vec<f32>, ComputeError> {
        match self {
            Self::Kernels => Ok(kernels::scan(
                pack.item_table(),
                u,
                pack.config().logit_scale,
            )),
            #[cfg(feature = "burn")]
            Self::Burn(burn) => burn.scan(u).await,
        }
    }

    /// Scores of candidates: see [`kernels::rank`].
    ///
    /// # Errors
    /// When the backend fails.
    pub async fn score(&self, features: &[f32], pack: &Pack) -> Result<Vec<f32>, ComputeError> {
        match self {
            Self::Kernels => Ok(kernels::rank(features, pack.ranker())),
            #[cfg(feature = "burn")]
            Self::Burn(burn) => burn.score(features).await,
        }
    }
}
