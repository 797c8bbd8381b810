//! Weights of the three small networks: session encoder, on-device adapter, ranker.

/// Attention of the session encoder: `a_j = v · tanh(W x_j + b) + kind[event] + recency * age_j`,
/// softmaxed over the context items.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EncoderWeights {
    /// Hidden units h.
    pub hidden: usize,
    /// `[d, h]`, row-major.
    pub w: Vec<f32>,
    /// `[h]`.
    pub b: Vec<f32>,
    /// `[h]`.
    pub v: Vec<f32>,
    /// `[EventKind::ALL.len()]`.
    pub kind: Vec<f32>,
    /// Weight of a context item's age (0 is the latest).
    pub recency: f32,
}

/// The ranker: `w2 · relu(w1 (f - mean) / std + b1) + b2`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RankerWeights {
    /// Hidden units h.
    pub hidden: usize,
    /// `[FEATURES]`.
    pub mean: Vec<f32>,
    /// `[FEATURES]`: inverse standard deviation.
    pub inv_std: Vec<f32>,
    /// `[FEATURES, h]`, row-major.
    pub w1: Vec<f32>,
    /// `[h]`.
    pub b1: Vec<f32>,
    /// `[h]`.
    pub w2: Vec<f32>,
    /// Scalar.
    pub b2: f32,
}

/// Few-shot fine-tuning of the user embedding on the device.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AdapterWeights {
    /// `[d]`: learning rate of each number of the user embedding (Meta-SGD, arXiv 1707.09835).
    pub learning_rate: Vec<f32>,
    /// Gates: weights of the fine-tuned user embedding by number of context items; past the end the
    /// last one applies.
    pub gate: Vec<f32>,
    /// Rows of the fixed negatives.
    pub negatives: Vec<u32>,
}
