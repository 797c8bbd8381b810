//! Trains item vectors and session encoder: a softmax with many relevant items per session, over
//! the whole catalogue or, in a large one, over the batch's own products and a sample of the others
//! (importance-weighted sampled softmax, Bengio and Senecal 2008).

use std::collections::HashMap;

use crate::modules::{ContentPath, ItemInput, TwoTower, TwoTowerConfig};
use anyhow::{Result, ensure};
use burn::optim::{AdamConfig, GradientsParams, decay::WeightDecayConfig};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use fewshop_core::Catalogue;
use fewshop_data::progress::Progress;
use fewshop_model::{EncoderWeights, ItemTable};
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::TowerConfig;
use super::content::{Vocabulary, content};
use super::sessions::TrainingCase;
use super::{Curves, rounded};
use crate::text::TextVectors;

/// Maximum number of context items of a training session: more than in a typical browser session
/// teach little and cost much.
const MAX_SHOTS: usize = 10;

/// The error for a log in which no session has two products.
pub(crate) const NO_PAIR: &str =
    "no session has two products or more: there is nothing to learn from";

/// The trained tower.
pub(crate) struct Vectors {
    pub(crate) table: ItemTable,
    pub(crate) encoder: EncoderWeights,
    pub(crate) logit_scale: f32,
    /// The rows before rounding, `[items, d]`.
    pub(crate) exact: Vec<f32>,
    /// Maps content to a vector, for products that are not in the training.
    pub(crate) content: ContentPath,
    /// The epoch of these weights, from 1.
    pub(crate) epoch: usize,
    /// Training loss by epoch, and validation loss if there are validation cases.
    pub(crate) curves: Curves,
}

/// Trains until the likelihood of the validation cases stops rising; returns the best epoch.
///
/// # Errors
/// If the loss becomes NaN or infinite.
pub(crate) fn train(
    catalogue: &Catalogue,
    text: Option<&TextVectors>,
    popularity: &[u32],
    fit: &[Vec<u32>],
    valid: &[TrainingCase],
    config: &TowerConfig,
    rng: &mut ChaCha8Rng,
) -> Result<Vectors> {
    let plain = Device::flex();
    let device = plain.clone().autodiff();
    device.seed(rng.random());
    let content = content(
        catalogue,
        &Vocabulary::of(catalogue),
        text.filter(|_| config.text),
    );
    let items = catalogue.len();
    let settings = TwoTowerConfig {
        embedding_size: config.embedding_size,
        attention: config.attention,
        id_dropout: config.id_dropout,
        temperature: config.temperature,
    };
    let logit_scale = 1.0 / config.temperature;
    let log_popularity: Vec<f32> = popularity
        .iter()
        .map(|&n| (n.max(1) as f32).ln() - 3.0)
        .collect();
    let mut model = settings.init(&content, &log_popularity, &device);
    let input = content.on(&device);
    let mut adam = AdamConfig::new()
        .with_weight_decay(Some(WeightDecayConfig::new(config.weight_decay)))
        .init();

    let usable: Vec<usize> = (0..fit.len()).filter(|&s| fit[s].len() >= 2).collect();
    ensure!(!usable.is_empty(), NO_PAIR);
    // A step's time grows with the catalogue, so a large one does not repeat a small log as often.
    let repeats = if config.negatives.saturating_mul(4) < items {
        2
    } else {
        usize::MAX
    };
    let an_epoch = config
        .sessions_an_epoch
        .min(usable.len().saturating_mul(repeats))
        .max(1);
    let steps = an_epoch.div_ceil(config.batch);
    let progress = Progress::of(
        "Item vectors and session encoder",
        (steps * config.epochs) as u64,
    );
    let mut best: Option<(f64, usize, Vectors)> = None;
    let mut curves = Curves::new();
    for epoch in 1..=config.epochs {
        // A small shop's sessions occur several times per epoch, split differently into context and
        // relevant items each time.
        let mut order = Vec::with_capacity(an_epoch + usable.len());
        while order.len() < an_epoch {
            let start = order.len();
            order.extend_from_slice(&usable);
            order[start..].shuffle(rng);
        }
        let mut loss_sum = 0.0;
        for batch in order[..an_epoch].chunks(config.batch) {
            let batch: Vec<TrainingCase> = batch.iter().map(|&s| draw(&fit[s], rng)).collect();
            let columns = Columns::draw(&batch, items, config.negatives, rng);
            let chosen = columns.rows.as_deref().map(|rows| input.select(rows));
            let part = chosen.as_ref().unwrap_or(&input);
            let vectors = model.items(part, true);
            let loss_of = |vectors| {
                loss(
                    &model,
                    vectors,
                    part,
                    &batch,
                    &columns,
                    logit_scale,
                    &device,
                )
            };
            let moved = (config.adversarial_weight > 0.0)
                .then(|| loss_of(worst(vectors.clone(), config.adversarial_epsilon, loss_of)));
            let mut loss = loss_of(vectors);
            loss_sum += f64::from(loss.clone().into_scalar::<f32>());
            if let Some(moved) = moved {
                loss = loss.add(moved.mul_scalar(config.adversarial_weight));
            }
            let gradients = GradientsParams::from_grads(loss.backward(), &model);
            // A cosine schedule: the last epochs refine the first ones' result.
            let done = (epoch - 1) as f64 / config.epochs as f64;
            let rate = config.learning_rate
                * (0.1 + 0.9 * 0.5 * (1.0 + (std::f64::consts::PI * done).cos()));
            model = adam.step(rate, model, gradients);
            progress.step();
        }
        let train_loss = loss_sum / steps as f64;
        ensure!(
            train_loss.is_finite(),
            "the loss became {train_loss} in epoch {epoch}: lower tower.learning_rate in the settings"
        );
        let valid_loss = validate(&model, &input, valid, items, logit_scale, &device);
        let checked = if valid.is_empty() {
            String::new()
        } else {
            format!(", validation {valid_loss:.4}")
        };
        progress.note(&format!("epoch {epoch}: loss {train_loss:.4}{checked}"));
        let mut mark = |name: &str, value| {
            curves
                .entry(format!("item vectors: {name}"))
                .or_default()
                .push(rounded(value))
        };
        mark("loss", train_loss);
        if !valid.is_empty() {
            mark("validation loss", valid_loss);
        }
        // Without validation cases the last epoch is used: the number of epochs was determined
        // before.
        if valid.is_empty() || best.as_ref().is_none_or(|(best, ..)| valid_loss < *best) {
            let (vectors, bias) = model.export_items(&input);
            let table = ItemTable::quantise(&vectors, config.embedding_size, bias);
            best = Some((
                valid_loss,
                epoch,
                Vectors {
                    table,
                    exact: vectors,
                    encoder: model.export_encoder(),
                    logit_scale,
                    content: model.export_content(),
                    epoch,
                    curves: Curves::new(),
                },
            ));
        } else if best
            .as_ref()
            .is_some_and(|(_, at, _)| epoch - at >= config.patience)
        {
            break;
        }
    }
    let (valid_loss, epoch, vectors) =
        best.ok_or_else(|| anyhow::anyhow!("tower.epochs is 0: set at least 1"))?;
    let size = config.embedding_size;
    progress.finish(&if valid.is_empty() {
        format!("Item vectors: {items} × {size}, {epoch} epochs")
    } else {
        format!("Item vectors: {items} × {size}, validation loss {valid_loss:.4} in epoch {epoch}")
    });
    Ok(Vectors { curves, ..vectors })
}

/// The item vectors, each moved by `epsilon` in the direction in which the loss rises fastest. No
/// gradient flows through the perturbation.
fn worst(vectors: Tensor<2>, epsilon: f32, loss: impl Fn(Tensor<2>) -> Tensor<1>) -> Tensor<2> {
    let leaf = vectors.clone().detach().require_grad();
    let gradients = loss(leaf.clone()).backward();
    let Some(rise) = leaf.grad(&gradients) else {
        return vectors;
    };
    // Products that hardly affect the batch have gradients far below 1e-6; their vectors still move
    // as far as the others.
    let norm = rise
        .clone()
        .powi_scalar(2)
        .sum_dim(1)
        .sqrt()
        .clamp_min(1e-12);
    vectors.add(rise.div(norm).mul_scalar(epsilon).autodiff())
}

/// Splits a session into context and relevant items: the context has one item up to half of the
/// session, every size equally likely.
fn draw(session: &[u32], rng: &mut ChaCha8Rng) -> TrainingCase {
    let mut items = session.to_vec();
    items.shuffle(rng);
    let k = rng.random_range(1..=MAX_SHOTS.min(items.len() - 1));
    let relevant = items.split_off(k);
    TrainingCase {
        context: items,
        relevant,
        ..TrainingCase::default()
    }
}

/// The products that a step's softmax runs over.
struct Columns {
    /// Rows of the catalogue, the batch's own products first; all rows in order if there are none.
    rows: Option<Vec<i32>>,
    /// Number of products.
    len: usize,
    /// The column of each row, where rows are chosen.
    column_of: HashMap<u32, usize>,
    /// How many of the rows are the batch's own.
    own: usize,
    /// Logarithm of how many products each sampled one stands for.
    log_weight: f32,
}

impl Columns {
    fn all(items: usize) -> Self {
        Self {
            rows: None,
            len: items,
            column_of: HashMap::new(),
            own: items,
            log_weight: 0.0,
        }
    }

    /// The batch's own products and a sample of the others, unless that would be most of the
    /// catalogue.
    fn draw(batch: &[TrainingCase], items: usize, negatives: usize, rng: &mut ChaCha8Rng) -> Self {
        let mut own: Vec<u32> = batch
            .iter()
            .flat_map(|case| case.context.iter().chain(&case.relevant))
            .copied()
            .collect();
        own.sort_unstable();
        own.dedup();
        if own.len().saturating_add(negatives).saturating_mul(4) > items.saturating_mul(3) {
            return Self::all(items);
        }
        let others: Vec<u32> = (0..items as u32)
            .filter(|row| own.binary_search(row).is_err())
            .collect();
        let sample = rand::seq::index::sample(rng, others.len(), negatives);
        let mut rows = own.clone();
        rows.extend(sample.into_iter().map(|at| others[at]));
        Self {
            len: rows.len(),
            column_of: own.iter().copied().zip(0..).collect(),
            own: own.len(),
            log_weight: (others.len() as f32 / negatives.max(1) as f32).ln(),
            rows: Some(rows.into_iter().map(|row| row as i32).collect()),
        }
    }

    fn of(&self, item: u32) -> usize {
        self.column_of.get(&item).copied().unwrap_or(item as usize)
    }
}

/// Mean over the sessions of the mean negative log-likelihood of their relevant items.
fn loss(
    model: &TwoTower,
    vectors: Tensor<2>,
    input: &ItemInput,
    batch: &[TrainingCase],
    columns: &Columns,
    logit_scale: f32,
    device: &Device,
) -> Tensor<1> {
    let (size, width) = (
        batch.len(),
        batch.iter().map(|e| e.context.len()).max().unwrap_or(1),
    );
    let mut context = vec![0i32; size * width];
    let mut mask = vec![0f32; size * width];
    let items = columns.len;
    let mut relevant = vec![0f32; size * items];
    for (at, case) in batch.iter().enumerate() {
        for (nth, &item) in case.context.iter().enumerate() {
            context[at * width + nth] = columns.of(item) as i32;
            mask[at * width + nth] = 1.0;
        }
        for &item in &case.relevant {
            relevant[at * items + columns.of(item)] = 1.0 / case.relevant.len() as f32;
        }
    }
    let context = Tensor::<2, Int>::from_data(TensorData::new(context, [size, width]), device);
    let mask = Tensor::<2>::from_data(TensorData::new(mask, [size, width]), device);
    let relevant = Tensor::<2>::from_data(TensorData::new(relevant, [size, items]), device);
    let user_embeddings = model.user_embeddings(vectors.clone(), context, mask);
    let mut logits = model.logits(user_embeddings, vectors, input, logit_scale);
    if columns.own < items {
        let weights = (0..items)
            .map(|at| {
                if at < columns.own {
                    0.0
                } else {
                    columns.log_weight
                }
            })
            .collect();
        logits = logits.add(Tensor::<2>::from_data(
            TensorData::new::<f32, _>(weights, [1, items]),
            device,
        ));
    }
    log_softmax(logits, 1)
        .mul(relevant)
        .sum()
        .div_scalar(-(size as f32))
}

fn validate(
    model: &TwoTower,
    input: &ItemInput,
    valid: &[TrainingCase],
    items: usize,
    logit_scale: f32,
    device: &Device,
) -> f64 {
    let with_context: Vec<TrainingCase> = valid
        .iter()
        .filter(|e| !e.context.is_empty() && !e.relevant.is_empty())
        .cloned()
        .collect();
    let vectors = model.items(input, false);
    let columns = Columns::all(items);
    let mut sum = 0.0;
    for batch in with_context.chunks(256) {
        let loss = loss(
            model,
            vectors.clone().detach(),
            input,
            batch,
            &columns,
            logit_scale,
            device,
        );
        sum += f64::from(loss.into_scalar::<f32>()) * batch.len() as f64;
    }
    sum / with_context.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_move_by_epsilon_and_uphill() {
        let device = Device::flex().autodiff();
        let vectors = Tensor::<2>::from_data([[1.0, 0.0], [0.0, 1.0]], &device).require_grad();
        let target = Tensor::<2>::from_data([[0.6, 0.8], [0.8, 0.6]], &device);
        let loss = |x: Tensor<2>| x.sub(target.clone()).powi_scalar(2).sum();
        let before = loss(vectors.clone()).into_scalar::<f32>();
        let moved = worst(vectors.clone(), 0.1, loss);
        assert!(loss(moved.clone()).into_scalar::<f32>() > before);
        let far: Vec<f32> = moved
            .sub(vectors)
            .powi_scalar(2)
            .sum_dim(1)
            .sqrt()
            .into_data()
            .try_to_vec()
            .unwrap();
        assert!(far.iter().all(|far| (far - 0.1).abs() < 1e-5), "{far:?}");
    }
}
