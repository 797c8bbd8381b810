//! Training of the network for small tables, on made-up tables alone.
//!
//! A prior-data fitted network (Müller et al. 2022) that is trained as a correction of the ensemble
//! of `fewshop-table`: it starts from exactly the ensemble's answers. Each table is made up from a
//! seed; the target of training is the true probability of each question instead of one outcome.

mod net;
mod tables;

use std::fmt;
use std::sync::mpsc::sync_channel;

use anyhow::{Context, ensure};
use burn::grad_clipping::GradientClippingConfig;
use burn::module::ParamGroup;
use burn::optim::{AdamWConfig, AdjustLrFn, GradientsParams, ModuleOptimizer, MuonConfig};
use burn::tensor::{Device, Tensor, TensorData};
use fewshop_data::progress::Progress;
use fewshop_table::network::{INPUTS, Network, Shape};
use fewshop_table::{Episode, Settings, episode};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

pub use net::{Net, init};
use tables::{MadeUp, TARGET, made_up};

/// Questions of a table.
const QUESTIONS: usize = 24;
/// Most labelled rows of a table.
const MOST_LABELLED: usize = 128;
/// Cells of a batch, about.
const BATCH_CELLS: usize = 9_000;
/// Most tables of a batch.
const BATCH_TABLES: usize = 24;
/// Share of the tables in which the learning rate rises.
const WARMUP: f64 = 0.02;
/// Tables between two reports.
const REPORT: usize = 2_000;
/// Numbers of labelled rows that are reported together begin at these.
const RANGES: [usize; 6] = [2, 5, 11, 23, 46, 91];

/// Settings of a training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PriorConfig {
    /// Sizes of the network.
    pub shape: Shape,
    /// Number of made-up tables.
    pub tables: usize,
    /// Highest learning rate.
    pub learning_rate: f64,
    /// Start of the random numbers.
    pub seed: u64,
}

impl Default for PriorConfig {
    fn default() -> Self {
        Self {
            shape: Shape {
                width: 48,
                heads: 4,
                blocks: 3,
                hidden: 96,
            },
            tables: 100_000,
            learning_rate: 2e-3,
            seed: 7,
        }
    }
}

/// Mean log loss on the tables of a step, before the network has learned from them, against the true
/// probabilities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Losses {
    /// Tables of the step.
    pub tables: usize,
    /// Labelled rows of each.
    pub labelled: usize,
    /// The ensemble's.
    pub ensemble: f64,
    /// The network's.
    pub network: f64,
}

/// Tables of one shape.
struct Batch {
    episodes: Vec<Episode>,
    /// Probability of the class that the network calls 1, for each question of each table.
    targets: Vec<Vec<f64>>,
}

fn softplus(z: f64) -> f64 {
    z.max(0.0) + (-z.abs()).exp().ln_1p()
}

fn loss(log_odds: f64, target: f64) -> f64 {
    softplus(log_odds) - target * log_odds
}

/// Makes up the batch with this number, the same whatever was made before.
fn batch(seed: u64, number: u64) -> Batch {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(number);
    let log_uniform = |rng: &mut ChaCha8Rng, low: f64, high: f64| {
        (low * (high / low).powf(rng.random::<f64>())) as usize
    };
    let labelled = log_uniform(&mut rng, 2.0, MOST_LABELLED as f64 + 1.0);
    let columns = log_uniform(&mut rng, 2.0, 29.0);
    let cells = columns.min(20) + 4;
    let tables = (BATCH_CELLS / (cells * (labelled + QUESTIONS))).clamp(1, BATCH_TABLES);
    let seeds: Vec<u64> = (0..tables).map(|_| rng.random()).collect();
    let made: Vec<(Episode, Vec<f64>)> = seeds
        .into_par_iter()
        .map(|seed| one(seed, columns, labelled, cells))
        .collect();
    let (episodes, targets) = made.into_iter().unzip();
    Batch { episodes, targets }
}

fn one(seed: u64, columns: usize, labelled: usize, cells: usize) -> (Episode, Vec<f64>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    loop {
        let MadeUp {
            table,
            probabilities,
        } = made_up(&mut rng, columns, labelled, QUESTIONS);
        let questions: Vec<usize> = (labelled..labelled + QUESTIONS).collect();
        let settings = Settings {
            seed: rng.random(),
            ..Settings::default()
        };
        // A column may turn out to hold one value, or to look like an identifier.
        let Ok(made) = episode(&table, TARGET, &questions, &settings) else {
            continue;
        };
        if made.cells != cells {
            continue;
        }
        let targets = probabilities
            .iter()
            .map(|p| if made.is_turned { 1.0 - p } else { *p })
            .collect();
        return (made, targets);
    }
}

impl Batch {
    fn inputs(&self, device: &Device) -> (Tensor<4>, usize) {
        let first = &self.episodes[0];
        let rows = first.labelled + QUESTIONS;
        let mut out = Vec::with_capacity(self.episodes.len() * rows * first.cells * INPUTS);
        for episode in &self.episodes {
            out.extend_from_slice(&episode.context);
            out.extend_from_slice(&episode.questions);
        }
        let data = TensorData::new(out, [self.episodes.len(), rows, first.cells, INPUTS]);
        (Tensor::from_data(data, device), first.labelled)
    }

    fn of_questions(
        values: impl Iterator<Item = f64>,
        tables: usize,
        device: &Device,
    ) -> Tensor<2> {
        let values: Vec<f32> = values.map(|value| value as f32).collect();
        Tensor::from_data(TensorData::new(values, [tables, QUESTIONS]), device)
    }
}

/// Trains a network; `report` is told of the losses of each step.
///
/// # Errors
/// When sizes do not fit together, or the loss is no longer a number.
pub fn train(config: &PriorConfig, mut report: impl FnMut(Losses)) -> anyhow::Result<Network> {
    config.shape.check()?;
    let device = Device::flex().autodiff();
    device.seed(config.seed);
    let mut net = init(config.shape, &device);
    let mut optimizer = optimizer(&net);
    let progress = Progress::of("Tables", config.tables as u64);
    let mut since = Since::default();
    let mut done = 0;
    let net = std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(2);
        let seed = config.seed;
        scope.spawn(move || {
            (0..)
                .take_while(|number| sender.send(batch(seed, *number)).is_ok())
                .count()
        });
        while done < config.tables {
            let batch = receiver.recv().context("no further tables were made")?;
            let tables = batch.episodes.len();
            let (inputs, labelled) = batch.inputs(&device);
            let offsets = batch.episodes.iter().flat_map(|episode| &episode.log_odds);
            let offset = Batch::of_questions(offsets.clone().copied(), tables, &device);
            let targets = batch.targets.iter().flatten();
            let target = Batch::of_questions(targets.clone().copied(), tables, &device);
            let ensemble: f64 = offsets.zip(targets).map(|(z, p)| loss(*z, *p)).sum::<f64>()
                / (tables * QUESTIONS) as f64;

            let z = net.forward(inputs, labelled).add(offset);
            // ln(1 + eᶻ) − p·z, without overflow.
            let losses = z
                .clone()
                .clamp_min(0.0)
                .add(z.clone().abs().neg().exp().log1p())
                .sub(target.mul(z));
            let loss = losses.mean();
            let network = f64::from(loss.clone().into_scalar::<f32>());
            ensure!(
                network.is_finite(),
                "the loss became {network} after {done} tables: lower the learning rate"
            );
            let gradients = GradientsParams::from_grads(loss.backward(), &net);
            let rate = config.learning_rate * schedule(done as f64 / config.tables as f64);
            net = optimizer.step(rate, net, gradients);

            let losses = Losses {
                tables,
                labelled,
                ensemble,
                network,
            };
            report(losses);
            since.add(losses);
            done += tables;
            progress.advance(tables as u64);
            if since.tables >= REPORT || done >= config.tables {
                progress.note(&format!("{done} tables: {since}"));
                since = Since::default();
            }
        }
        Ok(net)
    })?;
    progress.finish(&format!("{done} tables"));
    Ok(net.export())
}

/// Sums of losses since the last note.
#[derive(Default)]
struct Since {
    tables: usize,
    /// By number of labelled rows: the ensemble's losses, the network's, tables.
    ranges: [(f64, f64, usize); RANGES.len()],
}

impl Since {
    fn add(&mut self, losses: Losses) {
        let at = RANGES.partition_point(|start| *start <= losses.labelled) - 1;
        let range = &mut self.ranges[at];
        range.0 += losses.ensemble * losses.tables as f64;
        range.1 += losses.network * losses.tables as f64;
        range.2 += losses.tables;
        self.tables += losses.tables;
    }
}

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |part: fn(&(f64, f64, usize)) -> f64| {
            self.ranges.iter().map(part).sum::<f64>() / self.tables.max(1) as f64
        };
        write!(
            f,
            "log loss {:.4}, ensemble {:.4}",
            of(|r| r.1),
            of(|r| r.0)
        )?;
        f.write_str("; labelled rows from")?;
        for ((ensemble, network, tables), start) in self.ranges.iter().zip(RANGES) {
            if *tables > 0 {
                let gain = (network - ensemble) / *tables as f64;
                write!(f, " {start}: {gain:+.4}")?;
            }
        }
        Ok(())
    }
}

/// Muon for the matrices of the blocks, AdamW for the others.
fn optimizer(net: &Net) -> ModuleOptimizer {
    let clip = GradientClippingConfig::Norm(1.0);
    AdamWConfig::new()
        .with_beta_2(0.98)
        .with_weight_decay(0.01)
        .with_grad_clipping(Some(clip.clone()))
        .init()
        .with_group(
            ParamGroup::from_ids(net.matrices()),
            MuonConfig::new()
                .with_adjust_lr_fn(AdjustLrFn::MatchRmsAdamW)
                .build(),
            Some(clip.init()),
        )
}

/// The learning rate's share of the highest: a short rise, then a cosine to 0, which does what an
/// average of late weights would.
fn schedule(done: f64) -> f64 {
    if done < WARMUP {
        return (done + 1e-4) / WARMUP;
    }
    0.5 * (1.0 + (std::f64::consts::PI * (done - WARMUP) / (1.0 - WARMUP)).cos())
}

#[cfg(test)]
mod tests;
