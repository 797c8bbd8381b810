//! A few more training steps of a pack's ranker, on sessions that came after its training: what a
//! device or a group of devices would do in federated learning, by the code of the training.

use anyhow::{Result, ensure};
use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::Device;
use fewshop_data::files::Log;
use fewshop_model::features::FEATURES;
use fewshop_model::{Model, Pack, RankerWeights};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::RankerTrainConfig;
use super::ranker::{self, RankerExample};
use super::sessions::{self, MIN_ITEMS};
use crate::modules::Ranker;

/// Settings of the steps.
#[derive(Debug, Clone, PartialEq)]
pub struct FurtherConfig {
    /// Cases drawn from each session, each with other known products.
    pub draws: usize,
    /// Times that the cases are gone through.
    pub epochs: usize,
    /// Cases per step.
    pub batch: usize,
    /// Adam's learning rate.
    pub learning_rate: f64,
    /// Maximum length of the change of all weights together; a longer one is shortened.
    pub clip: Option<f64>,
}

impl Default for FurtherConfig {
    fn default() -> Self {
        Self {
            draws: 4,
            epochs: 1,
            batch: RankerTrainConfig::default().batch,
            learning_rate: 1e-4,
            clip: None,
        }
    }
}

/// A ranker after more steps.
#[derive(Debug, Clone, PartialEq)]
pub struct FurtherTrained {
    /// The new weights.
    pub ranker: RankerWeights,
    /// Sessions that were long enough.
    pub sessions: usize,
    /// Cases with a relevant candidate.
    pub cases: usize,
    /// Gradient steps.
    pub steps: usize,
    /// Mean loss of the first and of the last epoch.
    pub loss: [f64; 2],
    /// Length of the change of all weights together, before it was clipped.
    pub change: f64,
}

/// The trainable weights as one list: `w1` (`[FEATURES, hidden]`, row-major), `b1`, `w2`, `b2`.
///
/// Means and deviations of the features stay as they are in the pack: they were measured, not
/// trained.
#[must_use]
pub fn as_numbers(weights: &RankerWeights) -> Vec<f32> {
    [
        weights.w1.as_slice(),
        &weights.b1,
        &weights.w2,
        &[weights.b2],
    ]
    .concat()
}

/// The ranker with these trainable weights, in the order of [`as_numbers`].
///
/// # Errors
/// If there are more or fewer of them than the ranker has, or one is NaN or infinite.
pub fn with_numbers(ranker: &RankerWeights, numbers: &[f32]) -> Result<RankerWeights> {
    let hidden = ranker.hidden;
    ensure!(
        hidden > 0,
        "the pack has no trained ranker: give a pack of `fewshop train`"
    );
    let expected = FEATURES * hidden + 2 * hidden + 1;
    ensure!(
        numbers.len() == expected,
        "expected {expected} weights ({FEATURES} features, {hidden} hidden units), found {}: they are of another ranker",
        numbers.len()
    );
    if let Some(at) = numbers.iter().position(|number| !number.is_finite()) {
        anyhow::bail!(
            "weight {at} is {}: the steps or the noise were too large",
            numbers[at]
        );
    }
    let (w1, rest) = numbers.split_at(FEATURES * hidden);
    let (b1, rest) = rest.split_at(hidden);
    let (w2, b2) = rest.split_at(hidden);
    Ok(RankerWeights {
        w1: w1.to_vec(),
        b1: b1.to_vec(),
        w2: w2.to_vec(),
        b2: b2[0],
        ..ranker.clone()
    })
}

/// Takes some steps from the pack's ranker on the sessions of `log`, which the pack must not have
/// counted: a ranker that learns from counted sessions relies on the counts too much.
///
/// # Errors
/// If no session makes a case, or the loss becomes NaN or infinite.
pub fn train_further(
    pack: &Pack,
    log: &Log,
    config: &FurtherConfig,
    seed: u64,
) -> Result<FurtherTrained> {
    let start = pack.ranker();
    ensure!(
        start.hidden > 0,
        "the pack has no trained ranker: give a pack of `fewshop train`"
    );
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let sessions = sessions::uncounted(log);
    let long = sessions
        .iter()
        .filter(|session| session.items.len() >= MIN_ITEMS)
        .count();
    ensure!(
        long > 0,
        "none of {} sessions has {MIN_ITEMS} products or more: more sessions are needed",
        sessions.len()
    );
    let cases = sessions::training_cases(&sessions, long * config.draws, &mut rng);
    let cases: Vec<_> = cases.iter().collect();
    let model = Model::new(pack.clone());
    let examples = ranker::examples(&model, &cases, Some(start), "Candidates of new sessions")?;
    let examples: Vec<&RankerExample> = examples
        .iter()
        .filter(|example| example.labels.contains(&1.0))
        .collect();
    ensure!(
        !examples.is_empty(),
        "none of {} cases has a relevant product among its candidates: more sessions are needed",
        cases.len()
    );
    let settings = RankerTrainConfig::default();
    let device = Device::flex().autodiff();
    device.seed(rng.random());
    let mut network = Ranker::of(start, settings.dropout, &device);
    // Without the weight decay of the training: Adam would make full steps of it on the weights of
    // features that the pack does not read, and the change would be longer for nothing.
    let mut adam = AdamConfig::new().init();
    let (mut steps, mut losses) = (0, Vec::new());
    for _ in 0..config.epochs {
        let mut order = examples.clone();
        order.shuffle(&mut rng);
        let (mut sum, mut batches) = (0.0, 0_usize);
        for batch in order.chunks(config.batch) {
            let loss = ranker::loss(
                &network,
                batch,
                &start.mean,
                &start.inv_std,
                &settings,
                None,
                &device,
            );
            sum += f64::from(loss.clone().into_scalar::<f32>());
            let gradients = GradientsParams::from_grads(loss.backward(), &network);
            network = adam.step(config.learning_rate, network, gradients);
            batches += 1;
        }
        ensure!(
            sum.is_finite(),
            "the loss became {sum}: a smaller learning rate may help"
        );
        steps += batches;
        losses.push(sum / batches as f64);
    }
    let trained = network
        .valid()
        .export(start.mean.clone(), start.inv_std.clone());
    let (from, to) = (as_numbers(start), as_numbers(&trained));
    let change = distance(&from, &to);
    let ranker = match config.clip {
        Some(clip) if change > clip => {
            let share = (clip / change) as f32;
            let clipped: Vec<f32> = from
                .iter()
                .zip(&to)
                .map(|(from, to)| from + share * (to - from))
                .collect();
            with_numbers(start, &clipped)?
        }
        _ => trained,
    };
    Ok(FurtherTrained {
        ranker,
        sessions: long,
        cases: examples.len(),
        steps,
        loss: [
            losses.first().copied().unwrap_or_default(),
            losses.last().copied().unwrap_or_default(),
        ],
        change,
    })
}

/// Length of the difference of two lists.
fn distance(one: &[f32], other: &[f32]) -> f64 {
    one.iter()
        .zip(other)
        .map(|(a, b)| f64::from(b - a).powi(2))
        .sum::<f64>()
        .sqrt()
}

#[cfg(test)]
mod tests {
    use fewshop_core::{EventKind, ItemIx};
    use fewshop_data::files::{LoggedItem, LoggedSession};
    use fewshop_model::toy;

    use super::*;

    /// Sessions of neighbouring products.
    fn log(products: u32) -> Log {
        let item = |row: u32| LoggedItem {
            item: ItemIx(row % 60),
            kind: EventKind::Purchase,
            quantity: 1.0,
        };
        let session = |nth: u32| LoggedSession {
            user: nth % 12,
            id: format!("s{nth}"),
            time_s: i64::from(nth) * 90_000,
            items: (0..products).map(|at| item(nth * 5 + at)).collect(),
            is_ordered: false,
        };
        Log {
            users: (0..12).map(|user| format!("u{user}")).collect(),
            sessions: (0..48).map(session).collect(),
            events: 48 * products as usize,
            ..Log::default()
        }
    }

    fn config() -> FurtherConfig {
        FurtherConfig {
            epochs: 6,
            learning_rate: 3e-3,
            ..FurtherConfig::default()
        }
    }

    #[test]
    fn numbers_come_back_where_they_were() {
        let ranker = toy::pack().ranker().clone();
        let mut numbers = as_numbers(&ranker);
        assert_eq!(with_numbers(&ranker, &numbers).unwrap(), ranker);
        let last = numbers.len() - 1;
        (numbers[1], numbers[last]) = (41.0, 42.0);
        let changed = with_numbers(&ranker, &numbers).unwrap();
        assert_eq!((changed.w1[1], changed.b2), (41.0, 42.0));
        assert_eq!(changed.mean, ranker.mean);
    }

    #[test]
    fn weights_of_another_ranker_and_infinite_ones_are_refused() {
        let ranker = toy::pack().ranker().clone();
        let mut numbers = as_numbers(&ranker);
        let error = with_numbers(&ranker, &numbers[1..]).unwrap_err();
        assert!(error.to_string().contains("another ranker"), "{error}");
        numbers[3] = f32::NAN;
        let error = with_numbers(&ranker, &numbers).unwrap_err();
        assert!(error.to_string().contains("weight 3"), "{error}");
    }

    #[test]
    fn steps_start_at_the_packs_ranker_and_lower_the_loss() {
        let pack = toy::pack();
        // With steps of nearly nothing the network is the pack's.
        let still = FurtherConfig {
            epochs: 1,
            learning_rate: 1e-12,
            ..config()
        };
        let same = train_further(&pack, &log(8), &still, 7).unwrap();
        let moved = distance(&as_numbers(pack.ranker()), &as_numbers(&same.ranker));
        assert!(moved < 1e-5, "{moved}");
        let done = train_further(&pack, &log(8), &config(), 7).unwrap();
        assert!(done.loss[1] < done.loss[0], "{done:?}");
        assert_eq!(
            (done.sessions, done.steps),
            (48, done.cases.div_ceil(32) * 6)
        );
    }

    #[test]
    fn a_clipped_change_has_the_length_asked_for() {
        let pack = toy::pack();
        let free = train_further(&pack, &log(8), &config(), 7).unwrap();
        let clip = free.change / 4.0;
        let clipped = FurtherConfig {
            clip: Some(clip),
            ..config()
        };
        let done = train_further(&pack, &log(8), &clipped, 7).unwrap();
        let length = distance(&as_numbers(pack.ranker()), &as_numbers(&done.ranker));
        assert!((length / clip - 1.0).abs() < 1e-3, "{length} {clip}");
    }

    #[test]
    fn sessions_that_are_too_short_are_named() {
        let error = train_further(&toy::pack(), &log(2), &config(), 7).unwrap_err();
        assert!(error.to_string().contains("4 products"), "{error}");
    }
}
