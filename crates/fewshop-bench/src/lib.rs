//! The tasks of a comparative benchmark, with the model's own kernels and with plain burn:
//! fine-tune a small tower on one user's few items, then scan a catalogue for the best. `cargo
//! xtask bench plug` builds it for the browser and writes the page around it.
//!
//! `TableNetwork` runs the network for tables on the cells of one table, beside ONNX Runtime Web (`tests/e2e/bench/onnx.mjs`).
//!
//! The shop itself does not need such a tower: on the device it learns only the user embedding
//! ([`fewshop_model::kernels::adapt`]), and the benchmark runs that too, as a workload of its own.

#[cfg(feature = "burn")]
pub mod plain;
pub mod tower;

#[cfg(target_family = "wasm")]
mod bindings;

/// A few-shot task: rows of positive and negative items, and the initial tower.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Rows of the positive items.
    pub positives: Vec<u32>,
    /// Rows of the negative items.
    pub negatives: Vec<u32>,
    /// Initial parameters of the tower, in the layout of [`tower::Tower`].
    pub start: Vec<f32>,
    /// Adam steps.
    pub steps: usize,
    /// Adam's learning rate.
    pub rate: f32,
    /// Adam's decay of the first moment.
    pub beta1: f32,
    /// Adam's decay of the second moment.
    pub beta2: f32,
    /// Adam's epsilon, outside the square root.
    pub epsilon: f32,
    /// Weight of the squares of all parameters in the loss.
    pub l2: f32,
}
