use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::tanh;
use burn::tensor::{Device, Tensor};

use super::ranker::values;
use fewshop_model::tasks::attributes::{AttributeHead, AttributeWeights};

/// Settings of the profile network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttributeNetConfig {
    /// Number of input features.
    pub features: usize,
    /// Units of the trunk that all heads share; 0 means no trunk, that is one logistic regression
    /// per head.
    pub hidden: usize,
    /// Number of values of all heads.
    pub outputs: usize,
}

impl AttributeNetConfig {
    /// A network with random weights.
    #[must_use]
    pub fn init(&self, device: &Device) -> AttributeNet {
        let trunk =
            (self.hidden > 0).then(|| LinearConfig::new(self.features, self.hidden).init(device));
        let read = if self.hidden > 0 {
            self.hidden
        } else {
            self.features
        };
        AttributeNet {
            trunk,
            heads: LinearConfig::new(read, self.outputs).init(device),
        }
    }
}

/// A shared trunk and the heads of all attributes side by side.
#[derive(Module, Debug)]
pub struct AttributeNet {
    trunk: Option<Linear>,
    heads: Linear,
}

impl AttributeNet {
    /// # Shapes
    /// - `features`: `[rows, F]`, standardised
    /// - output: `[rows, values]`, logits of all heads one after the other
    #[must_use]
    pub fn forward(&self, features: Tensor<2>) -> Tensor<2> {
        match &self.trunk {
            Some(trunk) => self.heads.forward(tanh(trunk.forward(features))),
            None => self.heads.forward(features),
        }
    }

    /// Sum of the squares of all weights, without the biases.
    #[must_use]
    pub fn squares(&self) -> Tensor<1> {
        let square = |layer: &Linear| layer.weight.val().powi_scalar(2).sum();
        match &self.trunk {
            Some(trunk) => square(trunk) + square(&self.heads),
            None => square(&self.heads),
        }
    }

    /// The weights in the pack's format.
    #[must_use]
    pub fn export(
        &self,
        heads: Vec<AttributeHead>,
        mean: Vec<f32>,
        inv_std: Vec<f32>,
    ) -> AttributeWeights {
        let bias = |layer: &Linear| {
            layer
                .bias
                .as_ref()
                .map(|b| values(b.val()))
                .unwrap_or_default()
        };
        AttributeWeights {
            heads,
            hidden: self
                .trunk
                .as_ref()
                .map_or(0, |trunk| trunk.weight.dims()[1]),
            mean,
            inv_std,
            w1: self
                .trunk
                .as_ref()
                .map(|trunk| values(trunk.weight.val()))
                .unwrap_or_default(),
            b1: self.trunk.as_ref().map(bias).unwrap_or_default(),
            w2: values(self.heads.weight.val()),
            b2: bias(&self.heads),
        }
    }
}
