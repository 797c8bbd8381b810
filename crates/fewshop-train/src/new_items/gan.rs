//! A generator of item vectors from content, trained against a discriminator (as GAR does, SIGIR
//! 2022).
//!
//! The generator moves the content-based prediction of a product's vector towards the distribution
//! of trained vectors. The discriminator classifies a vector, given the content, as trained or
//! generated. In addition to the adversarial loss, the generator minimises the cosine distance to
//! the trained vector.
//!
//! For stability, the labels of trained vectors are 0.9, both kinds of vectors have fading noise,
//! the discriminator learns at half the generator's rate, and the epoch whose vectors are nearest
//! to the trained ones of held-out products is kept. A gradient penalty would need second
//! derivatives, which burn's autodiff does not give.

use anyhow::{Result, ensure};
use burn::module::{Module, Param};
use burn::nn::{Initializer, Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams, decay::WeightDecayConfig};
use burn::tensor::activation::{leaky_relu, log_sigmoid};
use burn::tensor::{Device, Tensor, TensorData};
use fewshop_data::progress::Progress;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Settings of the two networks.
#[derive(Debug, Clone, PartialEq)]
pub struct GanConfig {
    /// Hidden units of each network.
    pub hidden: usize,
    /// Weight of the adversarial loss relative to the cosine; 0 gives a plain regression.
    pub adversary: f32,
    /// Maximum number of epochs.
    pub epochs: usize,
    /// Epochs without nearer vectors of held-out products before training stops and keeps the best
    /// one.
    pub patience: usize,
    /// Products per step.
    pub batch: usize,
    /// Adam's learning rate of the generator.
    pub learning_rate: f64,
    /// Share of the products that are held out from both networks.
    pub held_share: f64,
}

impl Default for GanConfig {
    fn default() -> Self {
        Self {
            hidden: 128,
            adversary: 0.1,
            epochs: 60,
            patience: 8,
            batch: 128,
            learning_rate: 1e-3,
            held_share: 0.1,
        }
    }
}

/// Label of a trained vector, instead of 1: label smoothing keeps the discriminator's gradient
/// alive.
const REAL: f32 = 0.9;
/// Standard deviation of the noise on either kind of vector in the first epoch; a number of a
/// 64-dimensional unit vector is about 0.125.
const NOISE: f64 = 0.05;

/// Content and trained vectors of existing products.
#[derive(Debug, Clone, Copy)]
pub struct Examples<'a> {
    /// Content numbers per product; the first `d` of them predict the vector.
    pub width: usize,
    /// `[items, width]`.
    pub content: &'a [f32],
    /// Size of a vector.
    pub d: usize,
    /// `[items, d]`, unit.
    pub vectors: &'a [f32],
}

impl Examples<'_> {
    fn len(&self) -> usize {
        self.vectors.len() / self.d.max(1)
    }

    fn rows(&self, rows: &[usize], device: &Device) -> (Tensor<2>, Tensor<2>) {
        let gather = |from: &[f32], width: usize| {
            let values: Vec<f32> = rows
                .iter()
                .flat_map(|&row| &from[row * width..(row + 1) * width])
                .copied()
                .collect();
            Tensor::<2>::from_data(TensorData::new(values, [rows.len(), width]), device)
        };
        (
            gather(self.content, self.width),
            gather(self.vectors, self.d),
        )
    }
}

#[derive(Module, Debug)]
struct Generator {
    hidden: Linear,
    out: Linear,
    d: usize,
}

impl Generator {
    /// # Shapes
    /// - `content`: `[items, width]`
    /// - output: `[items, d]`, unit
    fn forward(&self, content: Tensor<2>) -> Tensor<2> {
        let start = content.clone().narrow(1, 0, self.d);
        unit(
            start.add(
                self.out
                    .forward(leaky_relu(self.hidden.forward(content), 0.2)),
            ),
        )
    }
}

#[derive(Module, Debug)]
struct Discriminator {
    hidden: Linear,
    out: Linear,
}

impl Discriminator {
    /// # Shapes
    /// - `content`: `[items, width]`; `vectors`: `[items, d]`
    /// - output: `[items]`, logits of the class 'trained'
    fn forward(&self, content: Tensor<2>, vectors: Tensor<2>) -> Tensor<1> {
        let both = Tensor::cat(vec![content, vectors], 1);
        self.out
            .forward(leaky_relu(self.hidden.forward(both), 0.2))
            .squeeze_dim::<1>(1)
    }
}

/// The trained generator.
#[derive(Debug)]
pub struct Gan {
    generator: Generator,
    /// Mean cosine to the trained vectors of held-out products, before and after.
    pub cosine: [f64; 2],
    /// The epoch that was kept, from 1. The caller checks whether it is better than the start
    /// ([`Self::helps`]).
    pub epoch: usize,
}

impl Gan {
    /// Trains a generator; the same seed gives the same generator.
    ///
    /// # Errors
    /// If a loss becomes NaN or infinite, or there are too few products.
    pub fn fit(examples: Examples<'_>, config: &GanConfig, seed: u64) -> Result<Self> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let device = Device::flex().autodiff();
        let (width, d) = (examples.width, examples.d);
        let mut order: Vec<usize> = (0..examples.len()).collect();
        order.shuffle(&mut rng);
        let held_out =
            order.split_off(examples.len() - (examples.len() as f64 * config.held_share) as usize);
        ensure!(
            held_out.len() >= 2 && order.len() >= 8,
            "{} products are too few for a generator to learn from",
            examples.len()
        );
        // All random numbers come from here: burn's own generator is shared by the whole process.
        let mut layer = |from: usize, to: usize, std: f64| {
            let mut layer = LinearConfig::new(from, to)
                .with_initializer(Initializer::Zeros)
                .init(&device);
            layer.weight =
                Param::from_tensor(normal([from, to], std, &mut rng, &device).require_grad());
            layer
        };
        let root = |n: usize| (2.0 / n as f64).sqrt();
        // The generator starts at the content-based prediction.
        let mut generator = Generator {
            hidden: layer(width, config.hidden, root(width)),
            out: layer(config.hidden, d, 1e-3),
            d,
        };
        let mut discriminator = Discriminator {
            hidden: layer(width + d, config.hidden, root(width + d)),
            out: layer(config.hidden, 1, root(config.hidden)),
        };
        let adam = || {
            AdamConfig::new()
                .with_beta_1(0.5)
                .with_weight_decay(Some(WeightDecayConfig::new(1e-5)))
        };
        let (mut generator_optimiser, mut discriminator_optimiser) = (adam().init(), adam().init());
        let (held_content, held_vectors) = examples.rows(&held_out, &device);
        let nearness = |generator: &Generator| -> f64 {
            let made = generator.forward(held_content.clone());
            f64::from(
                made.mul(held_vectors.clone())
                    .sum_dim(1)
                    .mean()
                    .into_scalar::<f32>(),
            )
        };
        let before = nearness(&generator);
        let (mut best, mut kept, mut epoch_kept) = (f64::NEG_INFINITY, generator.clone(), 0);
        let what = if config.adversary > 0.0 {
            "Generator"
        } else {
            "Generator without adversary"
        };
        let progress = Progress::of(what, config.epochs as u64);
        for epoch in 1..=config.epochs {
            order.shuffle(&mut rng);
            let noise = NOISE * (1.0 - (epoch - 1) as f64 / config.epochs as f64);
            let mut sums = [0.0f64; 2];
            for batch in order.chunks(config.batch) {
                let (content, vectors) = examples.rows(batch, &device);
                let mut noisy = |x: Tensor<2>| {
                    let shape = x.dims();
                    x.add(normal(shape, noise, &mut rng, &device))
                };
                if config.adversary > 0.0 {
                    let made = generator.forward(content.clone()).detach();
                    let real = discriminator.forward(content.clone(), noisy(vectors.clone()));
                    let fake = discriminator.forward(content.clone(), noisy(made));
                    let loss = entropy(real, REAL).add(entropy(fake, 0.0));
                    sums[0] += f64::from(loss.clone().into_scalar::<f32>());
                    let gradients = GradientsParams::from_grads(loss.backward(), &discriminator);
                    discriminator = discriminator_optimiser.step(
                        0.5 * config.learning_rate,
                        discriminator,
                        gradients,
                    );
                }
                let made = generator.forward(content.clone());
                let mut loss = made
                    .clone()
                    .mul(vectors)
                    .sum_dim(1)
                    .mean()
                    .neg()
                    .add_scalar(1.0);
                if config.adversary > 0.0 {
                    loss = loss.add(
                        entropy(discriminator.forward(content, noisy(made)), 1.0)
                            .mul_scalar(config.adversary),
                    );
                }
                sums[1] += f64::from(loss.clone().into_scalar::<f32>());
                let gradients = GradientsParams::from_grads(loss.backward(), &generator);
                generator = generator_optimiser.step(config.learning_rate, generator, gradients);
            }
            let steps = order.len().div_ceil(config.batch) as f64;
            ensure!(
                sums.iter().all(|sum| sum.is_finite()),
                "a loss of the generator became NaN or infinite in epoch {epoch}"
            );
            let near = nearness(&generator);
            progress.note(&format!(
                "epoch {epoch}: discriminator {:.3}, generator {:.3}, cosine of held-out products {near:.4}",
                sums[0] / steps,
                sums[1] / steps
            ));
            progress.step();
            if near > best {
                (best, kept, epoch_kept) = (near, generator.clone(), epoch);
            } else if epoch - epoch_kept >= config.patience {
                break;
            }
        }
        progress.finish(&format!("{what}: cosine of held-out products {before:.4} from content, {best:.4} in epoch {epoch_kept}"));
        Ok(Self {
            generator: kept,
            cosine: [before, best],
            epoch: epoch_kept,
        })
    }

    /// Whether its vectors of held-out products are nearer to the trained ones than the initial
    /// content-based prediction.
    #[must_use]
    pub fn helps(&self) -> bool {
        self.cosine[1] > self.cosine[0]
    }

    /// The vector of a product from its content, `[d]`.
    #[must_use]
    pub fn vector(&self, content: &[f32]) -> Vec<f32> {
        let device = Device::flex().autodiff();
        let content = Tensor::<2>::from_data(
            TensorData::new(content.to_vec(), [1, content.len()]),
            &device,
        );
        self.generator
            .forward(content)
            .into_data()
            .try_to_vec::<f32>()
            .expect("vectors on the CPU are f32 and can be read")
    }
}

/// Mean binary cross-entropy of logits that share one label.
fn entropy(logits: Tensor<1>, label: f32) -> Tensor<1> {
    log_sigmoid(logits.clone())
        .sub(logits.mul_scalar(1.0 - label))
        .mean()
        .neg()
}

/// Normal random numbers with mean 0 from `rng`.
fn normal(shape: [usize; 2], std: f64, rng: &mut ChaCha8Rng, device: &Device) -> Tensor<2> {
    // Box-Muller transform, using one of the two numbers.
    let values = (0..shape[0] * shape[1]).map(|_| {
        let (radius, turn): (f64, f64) = (
            rng.random_range(f64::MIN_POSITIVE..1.0),
            rng.random_range(0.0..std::f64::consts::TAU),
        );
        (std * (-2.0 * radius.ln()).sqrt() * turn.cos()) as f32
    });
    Tensor::from_data(TensorData::new(values.collect::<Vec<f32>>(), shape), device)
}

fn unit(x: Tensor<2>) -> Tensor<2> {
    let norm = x.clone().powi_scalar(2).sum_dim(1).sqrt().clamp_min(1e-6);
    x.div(norm)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors are the content rotated by a right angle in each pair of numbers, so content alone
    /// has a cosine of 0.
    fn examples() -> (Vec<f32>, Vec<f32>) {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let (mut content, mut vectors) = (Vec::new(), Vec::new());
        for _ in 0..200 {
            let angle: f32 = rng.random_range(0.0..std::f32::consts::TAU);
            content.extend([angle.cos(), angle.sin(), 0.3, -0.1]);
            vectors.extend([-angle.sin(), angle.cos()]);
        }
        (content, vectors)
    }

    #[test]
    fn it_learns_the_trained_vectors_and_is_reproducible() {
        let (content, vectors) = examples();
        let examples = Examples {
            width: 4,
            content: &content,
            d: 2,
            vectors: &vectors,
        };
        let config = GanConfig {
            hidden: 16,
            epochs: 40,
            batch: 32,
            learning_rate: 1e-2,
            ..GanConfig::default()
        };
        let gan = Gan::fit(examples, &config, 7).unwrap();
        assert!(
            gan.helps() && gan.cosine[0].abs() < 0.3 && gan.cosine[1] > 0.9,
            "{:?}",
            gan.cosine
        );
        let again = Gan::fit(examples, &config, 7).unwrap();
        assert_eq!(gan.vector(&content[..4]), again.vector(&content[..4]));
    }

    #[test]
    fn too_few_products_are_refused() {
        let examples = Examples {
            width: 2,
            content: &[0.0; 8],
            d: 2,
            vectors: &[0.5; 8],
        };
        assert!(
            Gan::fit(examples, &GanConfig::default(), 7)
                .unwrap_err()
                .to_string()
                .contains("too few")
        );
    }
}
