//! Errors of the engine, each with a code that JavaScript can branch on.

use fewshop_model::{ComputeError, PackError, RankError, TaskError};
use fewshop_words::WordsError;

/// An error of the engine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The bytes are not a valid pack.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The bytes are not the words of this pack.
    #[error(transparent)]
    Words(#[from] WordsError),
    /// The request cannot be answered.
    #[error(transparent)]
    Rank(#[from] RankError),
    /// The request asks for a task that cannot be answered.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// A value from JavaScript has the wrong form.
    #[error("the argument '{argument}' cannot be used: {problem}: pass {expected}")]
    BadArgument {
        /// The argument's name in the documentation.
        argument: &'static str,
        /// What is wrong with it.
        problem: String,
        /// What to pass.
        expected: String,
    },
    /// WebGPU was requested from the module built without it.
    #[error(
        "this module was built without WebGPU: load the one built with feature `gpu`, or ask for the backend 'cpu'"
    )]
    NoGpuInModule,
    /// The browser gives no WebGPU adapter.
    #[error("this browser gives no WebGPU adapter ({message}): ask for the backend 'cpu'")]
    NoAdapter {
        /// The browser's message.
        message: String,
    },
    /// There is a GPU, but it could not be started.
    #[error("the GPU could not be started ({message}): ask for the backend 'cpu'")]
    GpuFailed {
        /// The message of the GPU's driver or of burn.
        message: String,
    },
}

impl EngineError {
    /// The `code` of the JS `Error`: one of [`REQUEST_FAULTS`] or [`ENGINE_FAULTS`].
    ///
    /// [`REQUEST_FAULTS`]: fewshop_core::protocol::REQUEST_FAULTS
    /// [`ENGINE_FAULTS`]: fewshop_core::protocol::ENGINE_FAULTS
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Pack(err) => err.code(),
            Self::Words(_) => "no_words",
            Self::Rank(RankError::NothingRequested) => "nothing_wanted",
            Self::Rank(RankError::NoCatalogue) => "no_catalogue",
            Self::Rank(RankError::UnknownItem { .. })
            | Self::Task(TaskError::UnknownItem { .. }) => "unknown_item",
            Self::Rank(RankError::Compute(_)) | Self::GpuFailed { .. } => "backend_failed",
            Self::Task(_) | Self::BadArgument { .. } => "bad_argument",
            Self::NoGpuInModule => "no_gpu_in_module",
            Self::NoAdapter { .. } => "no_adapter",
            // The model may add errors; until a code is chosen here, only the message tells a new
            // one apart.
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
    use fewshop_core::protocol::{ENGINE_FAULTS, REQUEST_FAULTS};

    use super::*;

    #[test]
    fn every_error_has_a_code_of_the_protocol_and_says_what_to_do() {
        for (err, code, advice) in [
            (
                EngineError::from(PackError::Empty),
                "pack_empty",
                "download it again",
            ),
            (
                EngineError::from(RankError::NothingRequested),
                "nothing_wanted",
                "request at least 1",
            ),
            (
                EngineError::from(RankError::UnknownItem { row: 9, items: 3 }),
                "unknown_item",
                "rows count from 0",
            ),
            (
                EngineError::from(RankError::NoCatalogue),
                "no_catalogue",
                "answers its tasks alone",
            ),
            (
                EngineError::from(TaskError::Unknown {
                    task: "weather".to_owned(),
                    known: "attributes, offers".to_owned(),
                }),
                "bad_argument",
                "this program knows attributes",
            ),
            (
                EngineError::from(TaskError::UnknownItem { row: 9, items: 3 }),
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
                    expected: "a whole number".to_owned(),
                },
                "bad_argument",
                "pass a whole number",
            ),
        ] {
            assert_eq!(err.code(), code);
            assert!(
                REQUEST_FAULTS.contains(&code) || ENGINE_FAULTS.contains(&code),
                "{code}"
            );
            assert!(err.to_string().contains(advice), "{err}");
        }
    }
}
