//! What a task ships that has no section of its own in the pack.

use serde::{Deserialize, Serialize};

/// Weights of one task, as plain data: settings and numbers. The pack checks that they are text and
/// finite; what they mean the task checks when a model is prepared.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskWeights {
    /// JSON that the task alone reads.
    pub settings: String,
    /// Its weights, in the order that the task defines. They must not name rows of the catalogue:
    /// nothing rewrites them when the rows move.
    #[serde(skip)]
    pub numbers: Vec<f32>,
}
