//! Why the engine gives no answer, in words that JavaScript can branch on.

use fewshop_model::{ComputeError, PackError, RankError};

/// Why the engine gives no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The bytes are no pack.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The question cannot be answered.
    #[error(transparent)]
    Rank(#[from] RankError),
    /// A value from JavaScript does not have the form that it must have.
    #[error("the argument '{argument}' cannot be used: {problem}: pass {expected}")]
    BadArgument {
        /// Its name in the documentation.
        argument: &'static str,
        /// What is wrong with it.
        problem: String,
        /// What to pass.
        expected: &'static str,
    },
    /// WebGPU was asked of the module that has none.
    #[error(
        "this module was built without WebGPU: load the one built with feature `gpu`, or ask for the backend 'cpu'"
    )]
    NoGpuInModule,
    /// The browser gives no WebGPU adapter.
    #[error("this browser gives no WebGPU adapter ({message}): ask for the backend 'cpu'")]
    NoAdapter {
        /// What was said.
        message: String,
    },
    /// The GPU was there and could not be used.
    #[error("the GPU could not be started ({message}): ask for the backend 'cpu'")]
    GpuFailed {
        /// What was said.
        message: String,
    },
}

impl EngineError {
    /// A word that code may branch on: the `code` of the JS `Error`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Pack(err) => err.code(),
            Self::Rank(RankError::NothingRequested) => "nothing_wanted",
            Self::Rank(RankError::UnknownItem { .. }) => "unknown_item",
            Self::Rank(RankError::Compute(_)) | Self::GpuFailed { .. } => "backend_failed",
            Self::BadArgument { .. } => "bad_argument",
            Self::NoGpuInModule => "no_gpu_in_module",
            Self::NoAdapter { .. } => "no_adapter",
            // The model's errors may grow; until a word is chosen here, a new one is told apart by
            // its message.
            Self::Rank(_) => "internal",
        }
    }
}

impl From<ComputeError> for EngineError {
    fn from(err: ComputeError) -> Self {
        Self::Rank(RankError::Compute(err))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_a_word_to_branch_on_and_says_what_to_do() {
        for (err, code, advice) in [
            (
                EngineError::from(PackError::Empty),
                "pack_empty",
                "download it again",
            ),
            (
                EngineError::from(RankError::NothingRequested),
                "nothing_wanted",
                "ask for 1",
            ),
            (
                EngineError::from(RankError::UnknownItem { row: 9, items: 3 }),
                "unknown_item",
                "rows count from 0",
            ),
            (
                EngineError::NoGpuInModule,
                "no_gpu_in_module",
                "feature `gpu`",
            ),
            (
                EngineError::BadArgument {
                    argument: "n",
                    problem: "it is NaN".to_owned(),
                    expected: "a whole number",
                },
                "bad_argument",
                "pass a whole number",
            ),
        ] {
            assert_eq!(err.code(), code);
            assert!(err.to_string().contains(advice), "{err}");
        }
    }
}
