use burn::module::{Module, Param};
use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};

use fewshop_model::RankerWeights;
use fewshop_model::features::FEATURES;

/// Settings of the ranker network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankerConfig {
    /// Hidden units.
    pub hidden: usize,
    /// Share of hidden units dropped in training.
    pub dropout: f64,
    /// Initial output bias: the log-odds that a candidate is relevant. From 0, the first steps
    /// would only learn that nearly all candidates are irrelevant, along an arbitrary direction of
    /// the features.
    pub log_odds: f32,
}

impl Default for RankerConfig {
    fn default() -> Self {
        Self {
            hidden: 64,
            dropout: 0.1,
            log_odds: 0.0,
        }
    }
}

impl RankerConfig {
    /// A network with random weights.
    #[must_use]
    pub fn init(&self, device: &Device) -> Ranker {
        let mut output = LinearConfig::new(self.hidden, 1).init(device);
        output.bias = Some(Param::from_tensor(Tensor::full([1], self.log_odds, device)));
        Ranker {
            hidden: LinearConfig::new(FEATURES, self.hidden).init(device),
            output,
            dropout: DropoutConfig::new(self.dropout).init(),
        }
    }
}

/// One hidden layer over standardised candidate features.
#[derive(Module, Debug)]
pub struct Ranker {
    hidden: Linear,
    output: Linear,
    dropout: Dropout,
}

impl Ranker {
    /// A network with the weights of a pack, to train them further.
    #[must_use]
    pub fn of(weights: &RankerWeights, dropout: f64, device: &Device) -> Self {
        let mut network = RankerConfig {
            hidden: weights.hidden,
            dropout,
            log_odds: weights.b2,
        }
        .init(device);
        let matrix = |values: &[f32], rows: usize| {
            let shape = [rows, values.len() / rows.max(1)];
            Param::from_tensor(Tensor::from_data(
                TensorData::new(values.to_vec(), shape),
                device,
            ))
        };
        network.hidden.weight = matrix(&weights.w1, FEATURES);
        network.hidden.bias = Some(Param::from_tensor(Tensor::from_data(
            TensorData::new(weights.b1.clone(), [weights.hidden]),
            device,
        )));
        network.output.weight = matrix(&weights.w2, weights.hidden);
        network
    }

    /// Scores, comparable within a case only.
    ///
    /// # Shapes
    /// - `features`: `[cases, candidates, FEATURES]`, standardised
    /// - output: `[cases, candidates]`
    #[must_use]
    pub fn forward(&self, features: Tensor<3>) -> Tensor<2> {
        let hidden = self.dropout.forward(relu(self.hidden.forward(features)));
        self.output.forward(hidden).squeeze_dim::<2>(2)
    }

    /// The weights in the pack's format.
    ///
    /// # Panics
    /// If the device cannot be read; the CPU always can.
    #[must_use]
    pub fn export(&self, mean: Vec<f32>, inv_std: Vec<f32>) -> RankerWeights {
        let bias = |layer: &Linear| {
            layer
                .bias
                .as_ref()
                .map(|b| values(b.val()))
                .unwrap_or_default()
        };
        RankerWeights {
            hidden: self.hidden.weight.dims()[1],
            mean,
            inv_std,
            w1: values(self.hidden.weight.val()),
            b1: bias(&self.hidden),
            w2: values(self.output.weight.val()),
            b2: bias(&self.output).first().copied().unwrap_or(0.0),
        }
    }
}

pub(super) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor
        .into_data()
        .try_to_vec::<f32>()
        .expect("weights on the CPU are f32 and can be read")
}
