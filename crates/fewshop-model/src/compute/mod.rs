//! The three expensive steps of a run, on the kernels or on burn. Only this module depends on the
//! choice.

#[cfg(feature = "burn")]
mod burn;

#[cfg(feature = "burn")]
pub use self::burn::BurnCompute;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::kernels::{self, AdaptRows};
use crate::pack::Pack;

/// A backend failed; usually the GPU was lost.
#[derive(Debug, thiserror::Error)]
#[error("the {backend} backend failed: {message}")]
pub struct ComputeError {
    /// Its name.
    pub backend: &'static str,
    /// Its own message.
    pub message: String,
}

/// The backend of the expensive steps.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum Compute {
    /// Hand-written kernels on the CPU.
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
    /// Fine-tunes the user embedding: see [`kernels::adapt`].
    ///
    /// # Errors
    /// If the backend fails.
    pub async fn adapt(
        &self,
        u0: &[f32],
        rows: &AdaptRows,
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
    /// If the backend fails.
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
    /// If the backend fails.
    pub async fn score(&self, features: &[f32], pack: &Pack) -> Result<Vec<f32>, ComputeError> {
        match self {
            Self::Kernels => Ok(kernels::rank(features, pack.ranker())),
            #[cfg(feature = "burn")]
            Self::Burn(burn) => burn.score(features).await,
        }
    }
}

/// Runs a future that only uses [`Compute::Kernels`]. Such a future never waits, so one poll
/// finishes it and native callers need no executor.
pub(crate) fn on_kernels<T>(future: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("the kernels compute at once"),
    }
}
