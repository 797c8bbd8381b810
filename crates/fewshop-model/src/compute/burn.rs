//! The reference implementation of the kernels, as burn tensors. Tests compare the kernels with it,
//! and it runs on WebGPU.

use burn::tensor::activation::{relu, softmax};
use burn::tensor::{Device, Tensor, TensorData};

use super::ComputeError;
use crate::kernels::{AdaptRows, QuantisedQuery};
use crate::pack::Pack;

/// Item table and ranker weights on a device.
#[derive(Debug, Clone)]
pub struct BurnCompute {
    device: Device,
    /// `[items, d]`, times the logit scale.
    table: Tensor<2>,
    /// `[items]`.
    bias: Tensor<1>,
    learning_rate: Tensor<1>,
    steps: usize,
    l2: f32,
    scale: f32,
    mean: Tensor<2>,
    inv_std: Tensor<2>,
    w1: Tensor<2>,
    b1: Tensor<2>,
    w2: Tensor<2>,
    b2: f32,
}

impl BurnCompute {
    /// Uploads what the three steps need.
    #[must_use]
    pub fn new(pack: &Pack, device: Device) -> Self {
        let (n, d) = (pack.item_table().len(), pack.item_table().d);
        let r = pack.ranker();
        let inputs = r.mean.len();
        let table: Vec<f32> = (0..n).flat_map(|row| pack.item_table().row(row)).collect();
        Self {
            table: matrix(table, n, d, &device).mul_scalar(pack.config().logit_scale),
            bias: vector(&pack.item_table().bias, &device),
            learning_rate: vector(&pack.adapter().learning_rate, &device),
            steps: pack.config().adapter_steps,
            l2: pack.config().adapter_l2,
            scale: pack.config().logit_scale,
            mean: matrix(r.mean.clone(), 1, inputs, &device),
            inv_std: matrix(r.inv_std.clone(), 1, inputs, &device),
            w1: matrix(r.w1.clone(), inputs, r.hidden, &device),
            b1: matrix(r.b1.clone(), 1, r.hidden, &device),
            w2: matrix(r.w2.clone(), r.hidden, 1, &device),
            b2: r.b2,
            device,
        }
    }

    /// See [`kernels::adapt`](crate::kernels::adapt). The gradient is written out instead of
    /// taken from autodiff: a third of the launches, and the browser module needs no autodiff. A test
    /// compares the two.
    pub(super) async fn adapt(
        &self,
        u0: &[f32],
        rows: &AdaptRows,
    ) -> Result<Vec<f32>, ComputeError> {
        let (d, positives, negatives) =
            (u0.len(), rows.positive_bias.len(), rows.negative_bias.len());
        if positives == 0 {
            return Ok(u0.to_vec());
        }
        let device = &self.device;
        let own = matrix(rows.positives.clone(), positives, d, device);
        let positive_bias = vector(&rows.positive_bias, device).unsqueeze_dim::<2>(1);
        let start = vector(u0, device);
        let mut u = start.clone();
        if negatives == 0 {
            // A softmax over one item is 1 for every user embedding: only the pull to u0 is left, and
            // u is u0.
            return read(u).await;
        }
        let others = matrix(rows.negatives.clone(), negatives, d, device);
        let other_bias = vector(&rows.negative_bias, device).unsqueeze_dim::<2>(0);
        for _ in 0..self.steps {
            let column = u.clone().unsqueeze_dim::<2>(1);
            let positive = own
                .clone()
                .matmul(column.clone())
                .mul_scalar(self.scale)
                .add(positive_bias.clone());
            let other = others
                .clone()
                .matmul(column)
                .mul_scalar(self.scale)
                .swap_dims(0, 1)
                .add(other_bias.clone());
            // One row for each positive: itself first, then the negatives, which all rows share.
            let p = softmax(
                Tensor::cat(vec![positive, other.repeat_dim(0, positives)], 1),
                1,
            );
            let excess = p.clone().narrow(1, 0, 1).sub_scalar(1.0);
            let rest = p.narrow(1, 1, negatives).sum_dim(0);
            let gradient = excess
                .swap_dims(0, 1)
                .matmul(own.clone())
                .add(rest.matmul(others.clone()));
            let gradient = gradient
                .mul_scalar(self.scale / positives as f32)
                .squeeze_dim::<1>(0);
            let gradient = gradient.add(u.clone().sub(start.clone()).mul_scalar(self.l2));
            u = u.sub(gradient.mul(self.learning_rate.clone()));
        }
        read(u).await
    }

    pub(super) async fn scan(&self, u: &[f32]) -> Result<Vec<f32>, ComputeError> {
        // Rounded as the kernels round it. Otherwise two products with nearly equal logits could change
        // places, and ranks are features.
        let u = QuantisedQuery::of(u).values();
        let column = vector(&u, &self.device).unsqueeze_dim::<2>(1);
        read(
            self.table
                .clone()
                .matmul(column)
                .squeeze_dim::<1>(1)
                .add(self.bias.clone()),
        )
        .await
    }

    pub(super) async fn score(&self, features: &[f32]) -> Result<Vec<f32>, ComputeError> {
        let inputs = self.mean.dims()[1];
        let rows = features.len() / inputs;
        if rows == 0 {
            return Ok(Vec::new());
        }
        let x = matrix(features.to_vec(), rows, inputs, &self.device)
            .sub(self.mean.clone())
            .mul(self.inv_std.clone());
        let hidden = relu(x.matmul(self.w1.clone()).add(self.b1.clone()));
        read(
            hidden
                .matmul(self.w2.clone())
                .add_scalar(self.b2)
                .squeeze_dim::<1>(1),
        )
        .await
    }
}

fn matrix(values: Vec<f32>, rows: usize, columns: usize, device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values, [rows, columns]), device)
}

fn vector(values: &[f32], device: &Device) -> Tensor<1> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), device)
}

/// Asynchronous, because a browser offers no other way to read from a GPU.
async fn read(tensor: Tensor<1>) -> Result<Vec<f32>, ComputeError> {
    let failed = |message: String| ComputeError {
        backend: "burn",
        message,
    };
    let data = tensor
        .into_data_async()
        .await
        .map_err(|err| failed(format!("{err:?}")))?;
    data.try_to_vec::<f32>()
        .map_err(|err| failed(format!("{err:?}")))
}
