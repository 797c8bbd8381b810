//! Trains heads in burn: one softmax an attribute over a shared trunk, or over the features alone.

use crate::modules::{AttributeNet, AttributeNetConfig};
use anyhow::{Result, ensure};
use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData};
use fewshop_model::tasks::attributes::{AttributeHead, AttributeWeights};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::Rows;
use crate::tasks::common::calibration::cross_entropy;

/// Most rows a step; a small shop gets at least sixteen steps an epoch all the same.
const BATCH: usize = 256;
const LEARNING_RATE: f64 = 3e-3;
/// Epochs without a better inner fold before training ends.
const PATIENCE: usize = 4;
/// Added to a feature's variance: a category that one household in a thousand buys must not be
/// blown up to the size of the others.
const MIN_VARIANCE: f32 = 0.02;

/// What is trained on what.
#[derive(Clone, Copy)]
pub(super) struct Task<'a> {
    pub(super) rows: &'a Rows,
    /// `[rows, width]`: all features or some of them.
    pub(super) features: &'a [f32],
    pub(super) width: usize,
    /// Attributes that are learned together.
    pub(super) attributes: &'a [usize],
    pub(super) teach: &'a [usize],
    /// Early stopping; empty to train for all epochs.
    pub(super) inner: &'a [usize],
    pub(super) epochs: usize,
    pub(super) seed: u64,
}

/// A setting that the inner fold chooses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Choice {
    pub(super) hidden: usize,
    pub(super) l2: f64,
}

/// A trained network.
pub(super) struct Fit {
    pub(super) weights: AttributeWeights,
    pub(super) choice: Choice,
    /// Epochs that it took.
    pub(super) epochs: usize,
    /// Of the inner fold, summed over the attributes.
    pub(super) inner_loss: f64,
}

impl Task<'_> {
    fn row(&self, row: usize) -> &[f32] {
        &self.features[row * self.width..(row + 1) * self.width]
    }

    fn outputs(&self) -> usize {
        self.attributes
            .iter()
            .map(|&a| self.rows.attributes[a].values.len())
            .sum()
    }

    /// The best of several settings on the inner fold.
    pub(super) fn best(&self, choices: &[Choice]) -> Result<Fit> {
        let mut best: Option<Fit> = None;
        for &choice in choices {
            let fit = self.fit(choice)?;
            if best
                .as_ref()
                .is_none_or(|best| fit.inner_loss < best.inner_loss)
            {
                best = Some(fit);
            }
        }
        best.ok_or_else(|| anyhow::anyhow!("no setting to choose from"))
    }

    /// Trains with one setting.
    pub(super) fn fit(&self, choice: Choice) -> Result<Fit> {
        let (mean, inv_std) = self.moments();
        let standard: Vec<f32> = self
            .teach
            .par_iter()
            .flat_map_iter(|&row| {
                self.row(row)
                    .iter()
                    .zip(&mean)
                    .zip(&inv_std)
                    .map(|((x, mean), inv)| (x - mean) * inv)
            })
            .collect();
        let outputs = self.outputs();
        let targets = self.targets();
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let device = Device::flex().autodiff();
        device.seed(rng.random());
        let mut model = AttributeNetConfig {
            features: self.width,
            hidden: choice.hidden,
            outputs,
        }
        .init(&device);
        let mut adam = AdamConfig::new().init();
        let mut best: Option<Fit> = None;
        let mut order: Vec<usize> = (0..self.teach.len()).collect();
        for epoch in 1..=self.epochs.max(1) {
            order.shuffle(&mut rng);
            for batch in order.chunks((self.teach.len() / 16).clamp(16, BATCH)) {
                let x = gather(&standard, self.width, batch, &device);
                let y = gather(&targets, outputs, batch, &device);
                let loss = self.loss(model.forward(x), y) + model.squares().mul_scalar(choice.l2);
                let gradients = GradientsParams::from_grads(loss.backward(), &model);
                model = adam.step(LEARNING_RATE, model, gradients);
            }
            let stops = self.inner.is_empty();
            if stops && epoch < self.epochs {
                continue;
            }
            let weights = self.export(&model, &mean, &inv_std);
            let inner_loss = self.mean_loss(&weights, self.inner);
            ensure!(
                inner_loss.is_finite(),
                "the loss of the profile heads became {inner_loss} in epoch {epoch}"
            );
            if best
                .as_ref()
                .is_none_or(|best| inner_loss < best.inner_loss || stops)
            {
                best = Some(Fit {
                    weights,
                    choice,
                    epochs: epoch,
                    inner_loss,
                });
            } else if best
                .as_ref()
                .is_some_and(|best| epoch - best.epochs >= PATIENCE)
            {
                break;
            }
        }
        best.ok_or_else(|| anyhow::anyhow!("no epoch was trained"))
    }

    fn export(&self, model: &AttributeNet, mean: &[f32], inv_std: &[f32]) -> AttributeWeights {
        let head = |&a: &usize| {
            let attribute = &self.rows.attributes[a];
            AttributeHead {
                name: attribute.name.clone(),
                values: attribute.values.clone(),
                prior: Vec::new(),
                confidence: Vec::new(),
                is_reliable: Vec::new(),
            }
        };
        model.valid().export(
            self.attributes.iter().map(head).collect(),
            mean.to_vec(),
            inv_std.to_vec(),
        )
    }

    fn moments(&self) -> (Vec<f32>, Vec<f32>) {
        let (mut sum, mut squares) = (vec![0f64; self.width], vec![0f64; self.width]);
        for &row in self.teach {
            for ((x, sum), squares) in self.row(row).iter().zip(&mut sum).zip(&mut squares) {
                *sum += f64::from(*x);
                *squares += f64::from(*x) * f64::from(*x);
            }
        }
        let n = self.teach.len().max(1) as f64;
        let mean: Vec<f32> = sum.iter().map(|s| (s / n) as f32).collect();
        let inv = |(s, mean): (&f64, &f32)| {
            1.0 / ((s / n) as f32 - mean * mean + MIN_VARIANCE)
                .max(MIN_VARIANCE)
                .sqrt()
        };
        let inv_std = squares.iter().zip(&mean).map(inv).collect();
        (mean, inv_std)
    }

    /// The row's weight where its value is, 0 elsewhere; on average a row weighs 1.
    fn targets(&self) -> Vec<f32> {
        let outputs = self.outputs();
        let mean = self
            .teach
            .iter()
            .map(|&row| self.rows.weight[row])
            .sum::<f64>()
            / self.teach.len().max(1) as f64;
        let mut out = vec![0f32; self.teach.len() * outputs];
        for (&row, out) in self.teach.iter().zip(out.chunks_exact_mut(outputs)) {
            let mut from = 0;
            for &a in self.attributes {
                if let Some(label) = self.rows.label(row, a) {
                    out[from + label] = (self.rows.weight[row] / mean) as f32;
                }
                from += self.rows.attributes[a].values.len();
            }
        }
        out
    }

    /// Cross-entropy summed over the attributes, a mean over the rows.
    fn loss(&self, logits: Tensor<2>, targets: Tensor<2>) -> Tensor<1> {
        let [rows, _] = logits.dims();
        let mut from = 0;
        let parts = self.attributes.iter().map(|&a| {
            let to = from + self.rows.attributes[a].values.len();
            let part = log_softmax(logits.clone().slice([0..rows, from..to]), 1);
            from = to;
            part
        });
        Tensor::cat(parts.collect(), 1)
            .mul(targets)
            .sum()
            .div_scalar(-(rows as f32))
    }

    /// Logits of these rows.
    pub(super) fn logits(&self, weights: &AttributeWeights, rows: &[usize]) -> Vec<Vec<f32>> {
        rows.par_iter()
            .map(|&row| weights.logits(self.row(row)))
            .collect()
    }

    fn mean_loss(&self, weights: &AttributeWeights, rows: &[usize]) -> f64 {
        let logits = self.logits(weights, rows);
        let (mut sum, mut n) = (0.0, 0.0);
        for (&row, logits) in rows.iter().zip(&logits) {
            let mut from = 0;
            for &a in self.attributes {
                let to = from + self.rows.attributes[a].values.len();
                if let Some(label) = self.rows.label(row, a) {
                    sum += self.rows.weight[row] * cross_entropy(&logits[from..to], label);
                }
                from = to;
            }
            n += self.rows.weight[row];
        }
        if n > 0.0 { sum / n } else { 0.0 }
    }
}

fn gather(values: &[f32], width: usize, rows: &[usize], device: &Device) -> Tensor<2> {
    let data: Vec<f32> = rows
        .iter()
        .flat_map(|&row| values[row * width..(row + 1) * width].iter().copied())
        .collect();
    Tensor::from_data(TensorData::new(data, [rows.len(), width]), device)
}
