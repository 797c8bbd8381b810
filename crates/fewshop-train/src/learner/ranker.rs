//! Trains the ranker on held-out sessions: with the candidates and features that the device
//! computes, by the same code.

use crate::modules::{Ranker, RankerConfig};
use anyhow::{Result, ensure};
use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams, decay::WeightDecayConfig};
use burn::tensor::activation::{log_sigmoid, log_softmax};
use burn::tensor::{Device, Tensor, TensorData};
use fewshop_core::metrics;
use fewshop_core::{Event, EventKind, ItemIx, Session};
use fewshop_data::progress::Progress;
use fewshop_model::features::{FEATURES, FeatureGroup, group_of};
use fewshop_model::{Model, RankOptions, RankerWeights, kernels};
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::average::Average;
use super::sessions::TrainingCase;
use super::sparse_rows::SparseRows;
use super::{Curves, RankerTrainConfig, rounded};

/// Number of products that a simulated shopper sees before dismissing any.
const SHOWN: usize = 10;

/// Number of relevant items in a case beyond which a shelf's NDCG@10 does not change.
const FULL: usize = 10;

/// One training example of the ranker.
pub(crate) struct RankerExample {
    items: Vec<u32>,
    /// `[items, FEATURES]`.
    features: SparseRows,
    /// 1 if relevant.
    pub(super) labels: Vec<f32>,
    relevant: Vec<u32>,
    /// Number of context items of a first visit without dismissals; `None` for other cases.
    pub(super) context_items: Option<usize>,
    /// A teacher's scores; empty without a teacher.
    taught: Vec<f32>,
}

#[cfg(test)]
impl RankerExample {
    /// Candidates of which the first is relevant.
    pub(super) fn for_test(features: Vec<f32>, context_items: usize) -> Self {
        let items: Vec<u32> = (0..(features.len() / FEATURES) as u32).collect();
        Self {
            labels: items
                .iter()
                .map(|&item| f32::from(u8::from(item == 0)))
                .collect(),
            items,
            features: SparseRows::of(&features),
            relevant: vec![0],
            context_items: Some(context_items),
            taught: Vec::new(),
        }
    }
}

/// How a student learns from a teacher's scores.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Soft {
    /// Both scores are divided by this temperature before the softmax.
    pub(crate) temperature: f32,
    /// Share of the teacher in the listwise loss.
    pub(crate) weight: f32,
}

/// Adds a teacher's scores to the examples.
pub(crate) fn teach(examples: &mut [RankerExample], teacher: &RankerWeights) {
    examples
        .par_iter_mut()
        .for_each(|example| example.taught = kernels::rank(&example.features.to_dense(), teacher));
}

/// Candidates and features of each case; cases without a relevant candidate are kept for validation
/// only. Dismissals are simulated: among the first ten products that `shows` ranks, the top ones
/// that are not relevant are dismissed.
pub(crate) fn examples(
    model: &Model,
    cases: &[&TrainingCase],
    shows: Option<&RankerWeights>,
    what: &str,
) -> Result<Vec<RankerExample>> {
    let progress = Progress::of(what, cases.len() as u64);
    let out: Result<Vec<RankerExample>> = cases
        .par_iter()
        .map(|case| {
            let mut session = session(case);
            if let Some(shows) = shows.filter(|_| case.dismissals > 0) {
                let options = RankOptions {
                    frozen: true,
                    ..RankOptions::default()
                };
                let shown = model.candidates(&session, &options)?;
                let scores = kernels::rank(&shown.features, shows);
                let shown = kernels::top_k(&scores, SHOWN, &|_| true)
                    .into_iter()
                    .map(|at| shown.items[at as usize]);
                let irrelevant = shown
                    .filter(|item| !case.relevant.contains(&item.0))
                    .take(case.dismissals);
                session
                    .events
                    .extend(irrelevant.map(|item| Event::new(item, EventKind::Dismiss)));
            }
            let candidates = model.candidates(&session, &RankOptions::default())?;
            let labels = candidates
                .items
                .iter()
                .map(|item| f32::from(u8::from(case.relevant.contains(&item.0))))
                .collect();
            progress.step();
            Ok(RankerExample {
                items: candidates.items.into_iter().map(|item| item.0).collect(),
                features: SparseRows::of(&candidates.features),
                labels,
                relevant: case.relevant.clone(),
                context_items: (case.visits.is_empty() && session.dismissed().is_empty())
                    .then_some(case.context.len()),
                taught: Vec::new(),
            })
        })
        .collect();
    let out = out?;
    let found: f64 = out
        .iter()
        .map(|e| f64::from(e.labels.iter().sum::<f32>()))
        .sum();
    let relevant: usize = out.iter().map(|e| e.relevant.len()).sum();
    let size = out.iter().map(|e| e.items.len()).sum::<usize>() / out.len().max(1);
    progress.finish(&format!(
        "{what}: {} cases, {size} candidates each on average, {:.0} % of the relevant items among them",
        out.len(),
        100.0 * found / relevant.max(1) as f64
    ));
    Ok(out)
}

/// The case as a session on the device.
fn session(case: &TrainingCase) -> Session {
    let rows = |list: &[u32]| list.iter().map(|&row| ItemIx(row)).collect::<Vec<ItemIx>>();
    Session {
        visits: case.visits.iter().map(|visit| rows(visit)).collect(),
        day: case.day,
        ..Session::of_items(&rows(&case.context))
    }
}

/// Trains until NDCG@10 on the validation cases stops rising; returns the best epoch with the
/// training history.
///
/// # Errors
/// If no case has a relevant candidate, or the loss becomes NaN or infinite.
pub(crate) fn train(
    examples: &[&RankerExample],
    valid: &[RankerExample],
    disabled_groups: &[FeatureGroup],
    config: &RankerTrainConfig,
    soft: Option<Soft>,
    rng: &mut ChaCha8Rng,
) -> Result<(RankerWeights, Curves)> {
    let examples: Vec<&RankerExample> = examples
        .iter()
        .copied()
        .filter(|e| e.labels.contains(&1.0))
        .collect();
    ensure!(
        !examples.is_empty(),
        "no held-out session has a relevant product among its candidates: the log is too small to train a ranker"
    );
    let (mean, mut inv_std) = moments(&examples);
    for (f, inv_std) in inv_std.iter_mut().enumerate() {
        if group_of(f).is_some_and(|part| disabled_groups.contains(&part)) {
            *inv_std = 0.0;
        }
    }
    let device = Device::flex().autodiff();
    device.seed(rng.random());
    let relevant: f32 = examples.iter().flat_map(|e| &e.labels).sum();
    let share = relevant / examples.iter().map(|e| e.labels.len()).sum::<usize>() as f32;
    let log_odds = (share / (1.0 - share).max(1e-6)).ln();
    let mut model = RankerConfig {
        hidden: config.hidden,
        dropout: config.dropout,
        log_odds,
    }
    .init(&device);
    let mut adam = AdamConfig::new()
        .with_weight_decay(Some(WeightDecayConfig::new(config.weight_decay)))
        .init();
    let steps = examples.len().div_ceil(config.batch);
    let progress = Progress::of("Ranker", (steps * config.epochs) as u64);
    let mut best: Option<(f64, usize, RankerWeights)> = None;
    let mut average = Average::new(model.valid().export(mean.clone(), inv_std.clone()));
    let mut curves = Curves::new();
    for epoch in 1..=config.epochs {
        let mut order: Vec<usize> = (0..examples.len()).collect();
        order.shuffle(rng);
        let mut loss_sum = 0.0;
        for batch in order.chunks(config.batch) {
            let batch: Vec<&RankerExample> = batch.iter().map(|&at| examples[at]).collect();
            let loss = loss(&model, &batch, &mean, &inv_std, config, soft, &device);
            loss_sum += f64::from(loss.clone().into_scalar::<f32>());
            let gradients = GradientsParams::from_grads(loss.backward(), &model);
            let done = (epoch - 1) as f64 / config.epochs as f64;
            let rate = config.learning_rate
                * (0.05 + 0.95 * 0.5 * (1.0 + (std::f64::consts::PI * done).cos()));
            model = adam.step(rate, model, gradients);
            average.add(&model.valid().export(Vec::new(), Vec::new()));
            progress.step();
        }
        ensure!(
            loss_sum.is_finite(),
            "the ranker's loss became {loss_sum} in epoch {epoch}: lower ranker.learning_rate in the settings"
        );
        let weights = average.weights.clone();
        let ndcg = ndcg(valid, &weights);
        progress.note(&format!(
            "epoch {epoch}: loss {:.4}, validation NDCG@10 {ndcg:.4}",
            loss_sum / steps as f64
        ));
        for (name, value) in [
            ("loss", loss_sum / steps as f64),
            ("validation NDCG@10", ndcg),
        ] {
            curves
                .entry(format!("ranker: {name}"))
                .or_default()
                .push(rounded(value));
        }
        if best.as_ref().is_none_or(|(best, ..)| ndcg > *best) {
            best = Some((ndcg, epoch, weights));
        } else if best
            .as_ref()
            .is_some_and(|(_, at, _)| epoch - at >= config.patience)
        {
            break;
        }
    }
    let (ndcg, epoch, weights) =
        best.ok_or_else(|| anyhow::anyhow!("ranker.epochs is 0: set at least 1"))?;
    progress.finish(&format!(
        "Ranker: validation NDCG@10 {ndcg:.4} in epoch {epoch}"
    ));
    Ok((weights, curves))
}

/// Mean and inverse standard deviation of each feature.
fn moments(examples: &[&RankerExample]) -> (Vec<f32>, Vec<f32>) {
    let mut sum = [0f64; FEATURES];
    let mut squares = [0f64; FEATURES];
    let mut rows = 0.0;
    for row in examples.iter().flat_map(|e| e.features.iter()) {
        for (i, &x) in row.iter().enumerate() {
            sum[i] += f64::from(x);
            squares[i] += f64::from(x) * f64::from(x);
        }
        rows += 1.0;
    }
    let mean: Vec<f64> = sum.iter().map(|s| s / rows).collect();
    // A feature that never varies (a shop without categories) must not be divided by zero.
    let inv_std = (0..FEATURES).map(|i| {
        let std = (squares[i] / rows - mean[i] * mean[i]).max(0.0).sqrt();
        if std < 1e-4 { 0.0 } else { (1.0 / std) as f32 }
    });
    (mean.iter().map(|&m| m as f32).collect(), inv_std.collect())
}

/// Listwise softmax over the candidates plus binary cross-entropy.
pub(super) fn loss(
    model: &Ranker,
    batch: &[&RankerExample],
    mean: &[f32],
    inv_std: &[f32],
    config: &RankerTrainConfig,
    soft: Option<Soft>,
    device: &Device,
) -> Tensor<1> {
    let (size, width) = (
        batch.len(),
        batch.iter().map(|e| e.items.len()).max().unwrap_or(1),
    );
    let mut features = vec![0f32; size * width * FEATURES];
    let mut labels = vec![0f32; size * width];
    let mut mask = vec![0f32; size * width];
    let mut share = vec![0f32; size * width];
    let mut weights = vec![0f32; size * width];
    let mut taught = vec![0f32; size * width];
    let weight = |example: &RankerExample| {
        (example.relevant.len().clamp(1, FULL) as f32 / FULL as f32).powf(config.wanted_power)
    };
    let mean_weight = batch.iter().map(|example| weight(example)).sum::<f32>() / size as f32;
    for (at, example) in batch.iter().enumerate() {
        let own = weight(example) / mean_weight;
        let found: f32 = example.labels.iter().sum();
        for (nth, row) in example.features.iter().enumerate() {
            let to = at * width + nth;
            for (i, &x) in row.iter().enumerate() {
                features[to * FEATURES + i] = (x - mean[i]) * inv_std[i];
            }
            labels[to] = example.labels[nth];
            share[to] = own * example.labels[nth] / found;
            weights[to] = own;
            mask[to] = 1.0;
        }
        if let Some(soft) = soft {
            let from = at * width;
            softmax(
                &example.taught,
                soft.temperature,
                &mut taught[from..from + example.taught.len()],
            );
        }
    }
    let tensor =
        |values: Vec<f32>| Tensor::<2>::from_data(TensorData::new(values, [size, width]), device);
    let features =
        Tensor::<3>::from_data(TensorData::new(features, [size, width, FEATURES]), device);
    let (labels, mask, share) = (tensor(labels), tensor(mask), tensor(share));
    let scores = model.forward(features);
    let listed = scores
        .clone()
        .add(mask.clone().sub_scalar(1.0).mul_scalar(1e4));
    let mean_of = |scores: Tensor<2>, share: Tensor<2>| {
        log_softmax(scores, 1)
            .mul(share)
            .sum()
            .div_scalar(-(size as f32))
    };
    let mut listwise = mean_of(listed.clone(), share);
    if let Some(Soft {
        temperature,
        weight,
    }) = soft
    {
        // Gradients of softened scores shrink with the square of the temperature.
        let distilled = mean_of(listed.div_scalar(temperature), tensor(taught))
            .mul_scalar(temperature * temperature);
        listwise = listwise
            .mul_scalar(1.0 - weight)
            .add(distilled.mul_scalar(weight));
    }
    let positive = log_sigmoid(scores.clone()).mul(labels.clone());
    let negative = log_sigmoid(scores.neg()).mul(mask.clone().sub(labels));
    let binary = positive
        .add(negative)
        .mul(tensor(weights))
        .sum()
        .div(mask.sum())
        .neg();
    listwise.add(binary.mul_scalar(config.binary_weight))
}

fn softmax(scores: &[f32], temperature: f32, out: &mut [f32]) {
    let max = scores
        .iter()
        .fold(f32::NEG_INFINITY, |max, &score| max.max(score));
    let sum: f32 = scores
        .iter()
        .map(|score| ((score - max) / temperature).exp())
        .sum();
    out.iter_mut()
        .zip(scores)
        .for_each(|(out, score)| *out = ((score - max) / temperature).exp() / sum);
}

/// The same ranker without a feature group: it ranks as if all features of the group were 0,
/// whatever their values.
pub(crate) fn without(weights: &RankerWeights, part: FeatureGroup) -> RankerWeights {
    let mut out = weights.clone();
    for f in (0..FEATURES).filter(|&f| group_of(f) == Some(part)) {
        let zero = -weights.mean[f] * weights.inv_std[f];
        let row = &weights.w1[f * weights.hidden..(f + 1) * weights.hidden];
        out.b1
            .iter_mut()
            .zip(row)
            .for_each(|(bias, weight)| *bias += zero * weight);
        out.inv_std[f] = 0.0;
    }
    out
}

/// Mean NDCG@10 of the validation cases under these weights.
pub(crate) fn ndcg(valid: &[RankerExample], weights: &RankerWeights) -> f64 {
    let valid: Vec<&RankerExample> = valid.iter().collect();
    mean_ndcg(&valid, |features| kernels::rank(features, weights))
}

/// Mean NDCG@10 of the cases, whose candidates `score` scores by their features.
pub(super) fn mean_ndcg(
    valid: &[&RankerExample],
    score: impl Fn(&[f32]) -> Vec<f32> + Sync,
) -> f64 {
    let scores: Vec<f64> = valid
        .par_iter()
        .filter_map(|example| {
            let scores = score(&example.features.to_dense());
            let top: Vec<u32> = kernels::top_k(&scores, 20, &|_| true)
                .iter()
                .map(|&at| example.items[at as usize])
                .collect();
            metrics::score(
                &metrics::hits(&top, &example.relevant, &[]),
                example.relevant.len(),
            )
            .map(|s| s.ndcg_at_10)
        })
        .collect();
    scores.iter().sum::<f64>() / scores.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With a weight of 0 the teacher has no effect; for a student with its teacher's scores, the
    /// loss is the entropy of the scores alone.
    #[test]
    fn a_teachers_effect_depends_on_its_weight() {
        let device = Device::flex().autodiff();
        device.seed(7);
        let model = RankerConfig {
            hidden: 4,
            ..RankerConfig::default()
        }
        .init(&device);
        let features: Vec<f32> = (0..3 * FEATURES)
            .map(|at| ((at * 7 + 3) % 11) as f32 * 0.1)
            .collect();
        let example = |taught: Vec<f32>| RankerExample {
            items: vec![0, 1, 2],
            features: SparseRows::of(&features),
            labels: vec![0.0, 1.0, 0.0],
            relevant: vec![1],
            context_items: Some(1),
            taught,
        };
        let (mean, inv_std) = (vec![0.0; FEATURES], vec![1.0; FEATURES]);
        let of = |example: &RankerExample, soft| {
            let config = RankerTrainConfig {
                binary_weight: 0.0,
                ..RankerTrainConfig::default()
            };
            loss(
                &model.valid(),
                &[example],
                &mean,
                &inv_std,
                &config,
                soft,
                &Device::flex(),
            )
            .into_scalar::<f32>()
        };
        let own = kernels::rank(
            &features,
            &model.valid().export(mean.clone(), inv_std.clone()),
        );
        let soft = |weight| {
            Some(Soft {
                temperature: 2.0,
                weight,
            })
        };
        let hard = of(&example(Vec::new()), None);
        assert!((of(&example(vec![3.0, 0.0, 1.0]), soft(0.0)) - hard).abs() < 1e-5);
        let mut shares = [0.0; 3];
        softmax(&own, 2.0, &mut shares);
        let entropy: f32 = shares.iter().map(|p| -p * p.ln()).sum();
        assert!((of(&example(own), soft(1.0)) - 4.0 * entropy).abs() < 1e-4);
    }

    #[test]
    fn a_silenced_group_acts_as_if_its_features_were_0() {
        let hidden = 3;
        let some = |n: usize, by: f32| {
            (0..n)
                .map(|at| ((at * 7 + 3) % 11) as f32 * by - 0.4)
                .collect::<Vec<f32>>()
        };
        let weights = RankerWeights {
            hidden,
            mean: some(FEATURES, 0.1),
            inv_std: some(FEATURES, 0.2).iter().map(|x| x.abs() + 0.1).collect(),
            w1: some(FEATURES * hidden, 0.05),
            b1: some(hidden, 0.3),
            w2: vec![0.7, -0.9, 1.1],
            b2: 0.2,
        };
        let features = some(FEATURES, 0.17);
        let mut silent = features.clone();
        for f in (0..FEATURES).filter(|&f| group_of(f) == Some(FeatureGroup::Dismissals)) {
            assert_ne!(silent[f], 0.0);
            silent[f] = 0.0;
        }
        let rank = |features: &[f32], weights: &RankerWeights| kernels::rank(features, weights)[0];
        let deaf = without(&weights, FeatureGroup::Dismissals);
        assert!((rank(&features, &deaf) - rank(&silent, &weights)).abs() < 1e-4);
        assert!((rank(&silent, &deaf) - rank(&silent, &weights)).abs() < 1e-4);
        assert!(
            (rank(&features, &weights) - rank(&silent, &weights)).abs() > 0.01,
            "nothing to silence"
        );
    }
}
