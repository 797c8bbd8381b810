//! The seed baseline: the classic small network over pairs of a session and a candidate.
//!
//! Five inputs: logarithm of the candidate's popularity; shares of the context items in its
//! category and of its brand; distance of its price from the context items' mean (of logarithms);
//! logarithm of the mean share of the context items' sessions that contain it. A product taken in
//! the session is a positive, and products drawn from the whole catalogue are negatives. The
//! session itself is removed from all counts in the inputs of its own pairs. Otherwise the network
//! would learn to look up its answer.

use anyhow::{Result, ensure};
use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::activation::{log_sigmoid, relu};
use burn::tensor::{Device, Tensor, TensorData};
use fewshop_core::{Catalogue, Item, ItemIx, number_texts};
use fewshop_data::progress::Progress;
use fewshop_model::{RankerWeights, kernels};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::ClassicConfig;
use super::count_scorer::CountScorer;
use super::index::Index;
use super::personal_mlp;

const INPUTS: usize = 5;
/// Numbers of context items in training pairs.
const SHOTS: [usize; 4] = [1, 3, 5, 10];
/// Maximum number of positives from one session: with more, a few long baskets would dominate.
const POSITIVES: usize = 5;
/// Floor under the logarithm of a share.
const RATE_FLOOR: f32 = 1e-4;

/// Product data for the inputs.
struct ItemInputs {
    popularity: Vec<u32>,
    category: Vec<u32>,
    brand: Vec<u32>,
    log_price: Vec<Option<f32>>,
}

impl ItemInputs {
    fn of(catalogue: &Catalogue, index: &Index) -> Self {
        let items = catalogue.items();
        Self {
            popularity: index.popularity().to_vec(),
            category: numbered(items, |item| item.category.join("\t")),
            brand: numbered(items, |item| item.brand.clone()),
            log_price: items
                .iter()
                .map(|item| item.price.map(|p| (p + 0.01).ln()))
                .collect(),
        }
    }

    /// Inputs of one candidate; `together` is the mean share of the context items' sessions that
    /// contain it.
    fn inputs(
        &self,
        row: usize,
        popularity: u32,
        together: f32,
        context: &[ItemIx],
        mean_price: Option<f32>,
    ) -> [f32; INPUTS] {
        let share = |of: &[u32]| {
            let alike = context
                .iter()
                .filter(|item| of[row] != 0 && of[item.row()] == of[row])
                .count();
            alike as f32 / context.len().max(1) as f32
        };
        [
            (popularity as f32).ln_1p(),
            share(&self.category),
            share(&self.brand),
            mean_price
                .zip(self.log_price[row])
                .map_or(0.0, |(mean, price)| (price - mean).abs()),
            (RATE_FLOOR + together).ln(),
        ]
    }

    fn mean_price(&self, context: &[ItemIx]) -> Option<f32> {
        let prices: Vec<f32> = context
            .iter()
            .filter_map(|item| self.log_price[item.row()])
            .collect();
        (!prices.is_empty()).then(|| prices.iter().sum::<f32>() / prices.len() as f32)
    }
}

/// A number for each item's text; 0 for the empty text.
fn numbered(items: &[Item], text: impl Fn(&Item) -> String) -> Vec<u32> {
    let empty_first = std::iter::once(String::new()).chain(items.iter().map(text));
    let mut numbers = number_texts(empty_first);
    numbers.remove(0);
    numbers
}

#[derive(Module, Debug)]
struct Network {
    hidden: Linear,
    dropout: Dropout,
    output: Linear,
}

impl Network {
    /// Logits of rows of inputs.
    ///
    /// # Shapes
    /// - `inputs`: `[rows, INPUTS]`
    /// - output: `[rows]`
    fn forward(&self, inputs: Tensor<2>) -> Tensor<1> {
        self.output
            .forward(self.dropout.forward(relu(self.hidden.forward(inputs))))
            .squeeze_dim::<1>(1)
    }
}

/// One pair: inputs and whether it was taken.
type Pair = ([f32; INPUTS], f32);

/// The trained network.
pub(super) struct Classic {
    items: ItemInputs,
    weights: RankerWeights,
}

impl Classic {
    /// Trains the network; `None` if no session has three products to learn from.
    ///
    /// # Errors
    /// When the loss is not a finite number.
    pub(super) fn fit(
        catalogue: &Catalogue,
        index: &Index,
        config: &ClassicConfig,
        seed: u64,
    ) -> Result<Option<Self>> {
        let items = ItemInputs::of(catalogue, index);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let pairs = pairs(&items, index, config, &mut rng);
        if pairs.is_empty() {
            return Ok(None);
        }
        let weights = train(&pairs, config, &mut rng)?;
        Ok(Some(Self { items, weights }))
    }

    /// Writes the logits of all products.
    pub(super) fn score(&self, context: &[ItemIx], scorer: &mut CountScorer<'_>, out: &mut [f32]) {
        self.score_by(&self.weights, context, scorer, out);
    }

    /// The same with a network that is trained on these context items alone, starting at random or
    /// from the network trained on the whole log. Each context item is a positive with the others
    /// as its context, and negatives are drawn from all other products.
    pub(super) fn score_few_shot(
        &self,
        transfer: bool,
        context: &[ItemIx],
        config: &ClassicConfig,
        rng: &mut ChaCha8Rng,
        scorer: &mut CountScorer<'_>,
        out: &mut [f32],
    ) {
        let start = if transfer {
            self.weights.clone()
        } else {
            personal_mlp::random_start(&self.weights, rng)
        };
        let mut samples: Vec<Pair> = Vec::with_capacity(context.len() * (1 + config.negatives));
        for (nth, item) in context.iter().enumerate() {
            let others: Vec<ItemIx> = context
                .iter()
                .enumerate()
                .filter(|&(at, _)| at != nth)
                .map(|(_, &item)| item)
                .collect();
            let together = self.together(&others, scorer, out.len());
            let price = self.items.mean_price(&others);
            let inputs = |row: usize| {
                self.items.inputs(
                    row,
                    self.items.popularity[row],
                    together[row],
                    &others,
                    price,
                )
            };
            samples.push((inputs(item.row()), 1.0));
            for _ in 0..config.negatives {
                let row = rng.random_range(0..out.len());
                if !context.contains(&ItemIx::from(row)) {
                    samples.push((inputs(row), 0.0));
                }
            }
        }
        self.score_by(
            &personal_mlp::train(&start, &samples, config, rng),
            context,
            scorer,
            out,
        );
    }

    fn score_by(
        &self,
        weights: &RankerWeights,
        context: &[ItemIx],
        scorer: &mut CountScorer<'_>,
        out: &mut [f32],
    ) {
        let items = &self.items;
        let together = self.together(context, scorer, out.len());
        let mean_price = items.mean_price(context);
        let inputs: Vec<f32> = together
            .iter()
            .enumerate()
            .flat_map(|(row, &together)| {
                items.inputs(row, items.popularity[row], together, context, mean_price)
            })
            .collect();
        out.copy_from_slice(&kernels::rank(&inputs, weights));
    }

    /// Mean share of the context items' sessions that contain each product.
    fn together(&self, context: &[ItemIx], scorer: &mut CountScorer<'_>, items: usize) -> Vec<f32> {
        let mut together = vec![0f32; items];
        for item in context {
            let each = 1.0 / self.items.popularity[item.row()].max(1) as f32 / context.len() as f32;
            scorer.each_beside(item.row(), |other, count| together[other] += count * each);
        }
        together
    }
}

fn pairs(
    items: &ItemInputs,
    index: &Index,
    config: &ClassicConfig,
    rng: &mut ChaCha8Rng,
) -> Vec<Pair> {
    let usable: Vec<usize> = (0..index.len())
        .filter(|&s| index.sessions()[s].len() >= 3)
        .collect();
    if usable.is_empty() {
        return Vec::new();
    }
    // Drawn before the work is split among threads, so that the pairs do not depend on their
    // timing.
    let mut drawn = Vec::new();
    let mut total = 0;
    while total < config.pairs {
        let mut session = index.sessions()[usable[rng.random_range(0..usable.len())]].clone();
        session.shuffle(rng);
        let fitting = SHOTS.iter().filter(|&&k| k < session.len()).count();
        let k = SHOTS[rng.random_range(0..fitting)];
        let taken = &session[k..(k + POSITIVES).min(session.len())];
        let mut candidates: Vec<(u32, bool)> = taken.iter().map(|&item| (item, true)).collect();
        for _ in 0..taken.len() * config.negatives {
            let item = rng.random_range(0..index.items() as u32);
            if !session.contains(&item) {
                candidates.push((item, false));
            }
        }
        total += candidates.len();
        let context: Vec<ItemIx> = session[..k].iter().map(|&row| ItemIx(row)).collect();
        drawn.push((context, candidates));
    }
    let progress = Progress::of("Baseline classic network: pairs", drawn.len() as u64);
    let pairs: Vec<Pair> = drawn
        .par_iter()
        .map_init(
            || (CountScorer::new(index), vec![0f32; index.items()]),
            |(scorer, together), (context, candidates)| {
                let mut shares = vec![0f32; candidates.len()];
                for item in context {
                    together.fill(0.0);
                    scorer.each_beside(item.row(), |other, count| together[other] = count);
                    // The session itself contains the context item.
                    let others = items.popularity[item.row()].saturating_sub(1).max(1) as f32;
                    for (share, &(item, taken)) in shares.iter_mut().zip(candidates) {
                        let count = together[item as usize] - f32::from(u8::from(taken));
                        *share += count / others / context.len() as f32;
                    }
                }
                progress.step();
                let mean_price = items.mean_price(context);
                let each = candidates.iter().zip(shares);
                each.map(|(&(item, taken), share)| {
                    let popularity = items.popularity[item as usize] - u32::from(taken);
                    (
                        items.inputs(item as usize, popularity, share, context, mean_price),
                        f32::from(u8::from(taken)),
                    )
                })
                .collect::<Vec<Pair>>()
            },
        )
        .flatten()
        .collect();
    progress.finish(&format!(
        "Baseline classic network: {} pairs from {} sessions",
        pairs.len(),
        drawn.len()
    ));
    pairs
}

fn train(pairs: &[Pair], config: &ClassicConfig, rng: &mut ChaCha8Rng) -> Result<RankerWeights> {
    let (mean, inv_std) = moments(pairs);
    let device = Device::flex().autodiff();
    device.seed(rng.random());
    let mut model = Network {
        hidden: LinearConfig::new(INPUTS, config.hidden).init(&device),
        dropout: DropoutConfig::new(config.dropout).init(),
        output: LinearConfig::new(config.hidden, 1).init(&device),
    };
    let mut adam = AdamConfig::new().init();
    let progress = Progress::of(
        "Baseline classic network: training",
        (config.epochs * pairs.len().div_ceil(config.batch)) as u64,
    );
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    for epoch in 1..=config.epochs {
        order.shuffle(rng);
        let mut sum = 0.0;
        for (nth, batch) in order.chunks(config.batch).enumerate() {
            let mut inputs = Vec::with_capacity(batch.len() * INPUTS);
            let mut labels = Vec::with_capacity(batch.len());
            for &at in batch {
                inputs.extend((0..INPUTS).map(|i| (pairs[at].0[i] - mean[i]) * inv_std[i]));
                labels.push(pairs[at].1);
            }
            let inputs =
                Tensor::<2>::from_data(TensorData::new(inputs, [batch.len(), INPUTS]), &device);
            let labels = Tensor::<1>::from_data(TensorData::new(labels, [batch.len()]), &device);
            let logits = model.forward(inputs);
            // log σ(z) where taken, log σ(-z) = log σ(z) - z elsewhere.
            let loss = log_sigmoid(logits.clone())
                .sub(logits.mul(labels.neg().add_scalar(1.0)))
                .mean()
                .neg();
            // Reading the loss waits for the step; one in a hundred is enough to notice a failure.
            if nth % 100 == 0 {
                sum = f64::from(loss.clone().into_scalar::<f32>());
                ensure!(
                    sum.is_finite(),
                    "the classic network's loss became {sum}: lower classic.learning_rate"
                );
            }
            let gradients = GradientsParams::from_grads(loss.backward(), &model);
            model = adam.step(config.learning_rate, model, gradients);
            progress.step();
        }
        if epoch == config.epochs {
            progress.note(&format!(
                "Baseline classic network: binary cross-entropy {sum:.3} in epoch {epoch}"
            ));
        }
    }
    progress.finish("Baseline classic network: trained");
    let plain = |tensor: Tensor<2>| {
        tensor
            .into_data()
            .try_to_vec::<f32>()
            .expect("weights on the CPU are f32 and can be read")
    };
    let bias = |layer: &Linear| {
        let of = layer
            .bias
            .as_ref()
            .map(|bias| bias.val().into_data().try_to_vec::<f32>());
        of.transpose().ok().flatten().unwrap_or_default()
    };
    Ok(RankerWeights {
        hidden: config.hidden,
        mean: mean.to_vec(),
        inv_std: inv_std.to_vec(),
        w1: plain(model.hidden.weight.val()),
        b1: bias(&model.hidden),
        w2: plain(model.output.weight.val()),
        b2: bias(&model.output).first().copied().unwrap_or(0.0),
    })
}

fn moments(pairs: &[Pair]) -> ([f32; INPUTS], [f32; INPUTS]) {
    let n = pairs.len() as f64;
    let of = |i: usize| pairs.iter().map(move |pair| f64::from(pair.0[i]));
    let mean: [f64; INPUTS] = std::array::from_fn(|i| of(i).sum::<f64>() / n);
    let inv_std = std::array::from_fn(|i| {
        let std = (of(i).map(|x| (x - mean[i]).powi(2)).sum::<f64>() / n).sqrt();
        // An input that never varies stays 0, such as in a shop without brands.
        if std < 1e-4 { 0.0 } else { (1.0 / std) as f32 }
    });
    (mean.map(|m| m as f32), inv_std)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop() -> (Catalogue, Index) {
        let items = (0..12).map(|row| {
            let mut item = Item::new(&format!("i{row}"), &format!("Thing {row}"));
            item.category = vec![["Tea", "Soap"][row / 6].to_owned()];
            item.price = Some(1.0 + row as f32);
            item
        });
        let sessions = (0..200u32)
            .map(|n| (0..4).map(|i| n % 2 * 6 + (n / 2 + i) % 6).collect())
            .collect();
        (
            Catalogue::new(items.collect()).unwrap(),
            Index::from_sessions(sessions, 12),
        )
    }

    #[test]
    fn it_learns_that_a_session_keeps_to_its_category_and_the_same_seed_gives_the_same_network() {
        let (catalogue, index) = shop();
        let config = ClassicConfig {
            pairs: 4_000,
            epochs: 3,
            ..ClassicConfig::default()
        };
        let fit = || {
            Classic::fit(&catalogue, &index, &config, 7)
                .unwrap()
                .unwrap()
        };
        let classic = fit();
        let mut out = vec![0.0; 12];
        classic.score(&[ItemIx(0)], &mut CountScorer::new(&index), &mut out);
        let (same, other) = (&out[1..6], &out[6..]);
        assert!(same.iter().all(|s| other.iter().all(|o| s > o)), "{out:?}");
        assert_eq!(classic.weights, fit().weights);
    }

    #[test]
    fn a_session_does_not_count_for_itself() {
        // Every product but the first in one session alone: without that session nothing was ever
        // taken together.
        let items = (0..4)
            .map(|row| Item::new(&format!("i{row}"), "Thing"))
            .collect();
        let index = Index::from_sessions(vec![vec![0, 1, 2, 3]], 4);
        let items = ItemInputs::of(&Catalogue::new(items).unwrap(), &index);
        let config = ClassicConfig {
            pairs: 20,
            ..ClassicConfig::default()
        };
        let pairs = pairs(&items, &index, &config, &mut ChaCha8Rng::seed_from_u64(1));
        assert!(
            pairs.iter().all(|(x, taken)| *taken == 1.0
                && x[0] == 0.0
                && (x[4] - RATE_FLOOR.ln()).abs() < 1e-6),
            "{pairs:?}"
        );
    }

    #[test]
    fn a_log_of_single_products_teaches_nothing() {
        let catalogue = Catalogue::new(vec![Item::new("a", "A"), Item::new("b", "B")]).unwrap();
        let index = Index::from_sessions(vec![vec![0], vec![1]], 2);
        assert!(
            Classic::fit(&catalogue, &index, &ClassicConfig::default(), 7)
                .unwrap()
                .is_none()
        );
    }
}
