//! The classic network trained on one shopper's few samples, alone or from a pre-trained start.
//!
//! Dense 64 with ReLU, Dropout 0.5, Dense 1 with sigmoid; Adam 1e-3, binary cross-entropy, ten
//! epochs of batches of 32, as in every beginner's example. The loops are written by hand, because
//! there is one training for each case: thousands on all cores, each with its own random numbers,
//! whereas a burn device has a single stream of them. A test compares the gradient with finite
//! differences.

use fewshop_model::RankerWeights;
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::ClassicConfig;

/// Weights in one vector: first layer, its biases, second layer, its bias.
struct Flat {
    inputs: usize,
    hidden: usize,
    values: Vec<f32>,
}

impl Flat {
    fn of(weights: &RankerWeights) -> Self {
        let parts = [
            weights.w1.as_slice(),
            &weights.b1,
            &weights.w2,
            &[weights.b2],
        ];
        Self {
            inputs: weights.mean.len(),
            hidden: weights.hidden,
            values: parts.concat(),
        }
    }

    fn into(self, like: &RankerWeights) -> RankerWeights {
        let (first, rest) = self.values.split_at(self.inputs * self.hidden);
        let (b1, rest) = rest.split_at(self.hidden);
        let (w2, b2) = rest.split_at(self.hidden);
        RankerWeights {
            w1: first.to_vec(),
            b1: b1.to_vec(),
            w2: w2.to_vec(),
            b2: b2[0],
            ..like.clone()
        }
    }

    /// Adds the gradient of one sample's cross-entropy to `out` and returns the cross-entropy.
    /// `keep` holds the dropout factor of each hidden unit.
    fn gradient(&self, x: &[f32], label: f32, keep: &[f32], out: &mut [f32]) -> f32 {
        let (inputs, hidden) = (self.inputs, self.hidden);
        let (b1, w2) = (inputs * hidden, inputs * hidden + hidden);
        let b2 = w2 + hidden;
        let mut h = self.values[b1..w2].to_vec();
        for (x, row) in x.iter().zip(self.values[..b1].chunks_exact(hidden)) {
            h.iter_mut().zip(row).for_each(|(h, w)| *h += x * w);
        }
        h.iter_mut()
            .zip(keep)
            .for_each(|(h, keep)| *h = h.max(0.0) * keep);
        let z = self.values[b2]
            + h.iter()
                .zip(&self.values[w2..b2])
                .map(|(h, w)| h * w)
                .sum::<f32>();
        let error = 1.0 / (1.0 + (-z).exp()) - label;
        out[b2] += error;
        for unit in 0..hidden {
            out[w2 + unit] += error * h[unit];
            if h[unit] > 0.0 {
                let back = error * self.values[w2 + unit] * keep[unit];
                out[b1 + unit] += back;
                x.iter()
                    .enumerate()
                    .for_each(|(i, x)| out[i * hidden + unit] += back * x);
            }
        }
        z.max(0.0) - z * label + (-z.abs()).exp().ln_1p()
    }
}

/// Keras' initialisation: Glorot's uniform weights and biases of 0; inputs are standardised as in
/// `like`.
pub(super) fn random_start(like: &RankerWeights, rng: &mut ChaCha8Rng) -> RankerWeights {
    let (inputs, hidden) = (like.mean.len(), like.hidden);
    let mut uniform = |n: usize, from: usize, to: usize| -> Vec<f32> {
        let limit = (6.0 / (from + to) as f32).sqrt();
        (0..n).map(|_| rng.random_range(-limit..limit)).collect()
    };
    let (w1, w2) = (
        uniform(inputs * hidden, inputs, hidden),
        uniform(hidden, hidden, 1),
    );
    RankerWeights {
        w1,
        w2,
        b1: vec![0.0; hidden],
        b2: 0.0,
        ..like.clone()
    }
}

/// Trains on samples of inputs and labels, starting from the given weights.
pub(super) fn train<const N: usize>(
    start: &RankerWeights,
    samples: &[([f32; N], f32)],
    config: &ClassicConfig,
    rng: &mut ChaCha8Rng,
) -> RankerWeights {
    let mut flat = Flat::of(start);
    let standard = |x: &[f32; N]| -> Vec<f32> {
        (0..N)
            .map(|i| (x[i] - start.mean[i]) * start.inv_std[i])
            .collect()
    };
    let inputs: Vec<Vec<f32>> = samples.iter().map(|(x, _)| standard(x)).collect();
    let n = flat.values.len();
    let (mut m, mut v, mut step) = (vec![0f32; n], vec![0f32; n], 0);
    let mut order: Vec<usize> = (0..samples.len()).collect();
    let kept = 1.0 - config.dropout;
    for _ in 0..config.epochs {
        order.shuffle(rng);
        for batch in order.chunks(config.batch) {
            let mut gradient = vec![0f32; n];
            for &at in batch {
                let keep: Vec<f32> = (0..flat.hidden)
                    .map(|_| {
                        if rng.random_bool(kept) {
                            1.0 / kept as f32
                        } else {
                            0.0
                        }
                    })
                    .collect();
                flat.gradient(&inputs[at], samples[at].1, &keep, &mut gradient);
            }
            step += 1;
            let (fade_m, fade_v) = (1.0 - 0.9f32.powi(step), 1.0 - 0.999f32.powi(step));
            for (((value, g), m), v) in flat.values.iter_mut().zip(gradient).zip(&mut m).zip(&mut v)
            {
                let g = g / batch.len() as f32;
                *m = 0.9 * *m + 0.1 * g;
                *v = 0.999 * *v + 0.001 * g * g;
                *value -=
                    config.learning_rate as f32 * (*m / fade_m) / ((*v / fade_v).sqrt() + 1e-7);
            }
        }
    }
    flat.into(start)
}

#[cfg(test)]
mod tests {
    use fewshop_model::kernels;
    use rand::SeedableRng;

    use super::*;

    fn like() -> RankerWeights {
        RankerWeights {
            hidden: 6,
            mean: vec![0.0; 2],
            inv_std: vec![1.0; 2],
            ..RankerWeights::default()
        }
    }

    #[test]
    fn the_gradient_is_the_slope() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut flat = Flat::of(&random_start(&like(), &mut rng));
        let keep = [2.0, 0.0, 2.0, 2.0, 0.0, 2.0];
        let mut gradient = vec![0.0; flat.values.len()];
        flat.gradient(&[0.7, -0.4], 1.0, &keep, &mut gradient);
        for at in 0..flat.values.len() {
            let mut loss = |move_by: f32| {
                flat.values[at] += move_by;
                let loss = flat.gradient(&[0.7, -0.4], 1.0, &keep, &mut vec![0.0; gradient.len()]);
                flat.values[at] -= move_by;
                loss
            };
            let slope = (loss(1e-2) - loss(-1e-2)) / 2e-2;
            assert!(
                (slope - gradient[at]).abs() < 1e-3,
                "{at}: {slope} {}",
                gradient[at]
            );
        }
    }

    #[test]
    fn samples_teach_and_the_same_numbers_give_the_same_network() {
        let samples: Vec<([f32; 2], f32)> = (0..64)
            .map(|n| {
                (
                    [if n % 2 == 0 { 1.0 } else { -1.0 }, (n % 5) as f32 * 0.1],
                    f32::from(u8::from(n % 2 == 0)),
                )
            })
            .collect();
        let config = ClassicConfig {
            epochs: 100,
            learning_rate: 1e-2,
            ..ClassicConfig::default()
        };
        let fit = || {
            let mut rng = ChaCha8Rng::seed_from_u64(1);
            train(
                &random_start(&like(), &mut rng),
                &samples,
                &config,
                &mut rng,
            )
        };
        let logits = kernels::rank(&[1.0, 0.2, -1.0, 0.2], &fit());
        assert!(logits[0] > 1.0 && logits[1] < -1.0, "{logits:?}");
        assert_eq!(fit(), fit());
    }
}
