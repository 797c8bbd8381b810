//! What a peer benchmark asks of an engine, by the model's own kernels and by plain burn: fine-tune
//! a small tower on one user's few items, then scan a catalogue for the best.
//! `cargo xtask bench plug` builds it for the browser and writes the page around it.
//!
//! The shop itself needs no such tower: what it learns on the device is the taste alone
//! ([`fewshop_model::kernels::adapt`]), and the benchmark runs that too, as a workload of its own.

#[cfg(feature = "burn")]
pub mod plain;
pub mod tower;

#[cfg(target_family = "wasm")]
mod bindings;

/// A few-shot task: which rows of the catalogue are wanted and which are not, and where the tower
/// begins.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Rows of the wanted items.
    pub positives: Vec<u32>,
    /// Rows of the others.
    pub negatives: Vec<u32>,
    /// Start of the tower, in the layout of [`tower::Tower`].
    pub start: Vec<f32>,
    /// Adam steps.
    pub steps: usize,
    /// Adam's rate.
    pub rate: f32,
    /// Adam's decay of the mean.
    pub beta1: f32,
    /// Adam's decay of the squares.
    pub beta2: f32,
    /// Adam's epsilon, outside of the root.
    pub epsilon: f32,
    /// Weight of the squares of all parameters in the loss.
    pub l2: f32,
}
