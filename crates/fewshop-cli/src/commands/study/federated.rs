//! `fewshop study federated`: steps of the ranker for one group of shoppers, for an engine that
//! averages them, and what the averaged weights are worth.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::Subcommand;
use fewshop_data::files::{check_writable, write_atomically};
use fewshop_model::Pack;
use fewshop_train::learner::{FurtherConfig, as_numbers, train_further, with_numbers};
use fewshop_train::study::federated::{compare as study, group, table};

use crate::commands::evaluate::read_eval_set;
use crate::commands::study::read_later_events;
use crate::commands::{at_least_one, print, read_pack, write_json, write_pack};
use crate::provenance::Provenance;

/// Arguments of `fewshop study federated`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A file of weights holds 32-bit floats, least significant byte first: w1 (features × hidden units, row by row), b1, w2, b2. \
                  extras/flower calls these commands from Flower."
)]
pub struct Args {
    /// What to do
    #[command(subcommand)]
    pub step: Step,
}

/// The steps.
#[derive(Debug, Subcommand)]
pub enum Step {
    /// Write the weights of a pack's ranker to a file
    Weights(Weights),
    /// Train the ranker further on new sessions of one group of shoppers, and write its weights
    Train(Train),
    /// Put weights into a pack
    Pack(IntoPack),
    /// NDCG@10 of packs on the same later cases, against the pack as trained
    Compare(Compare),
}

/// Arguments of `fewshop study federated weights`.
#[derive(Debug, clap::Args)]
pub struct Weights {
    /// The pack
    #[arg(long, value_name = "FILE")]
    pub pack: PathBuf,
    /// Output file for the weights
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Arguments of `fewshop study federated train`.
#[derive(Debug, clap::Args)]
pub struct Train {
    /// The pack, as trained
    #[arg(long, value_name = "FILE")]
    pub pack: PathBuf,
    /// Sessions since its training: user_id,session_id,time,item_id,event,quantity
    #[arg(long, value_name = "FILE")]
    pub events: PathBuf,
    /// Start from these weights [default: those of the pack]
    #[arg(long, value_name = "FILE")]
    pub weights: Option<PathBuf>,
    /// The group of shoppers, from 0; a hash of their ids makes the groups
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub group: u64,
    /// Number of groups
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub groups: u64,
    /// Cases drawn from each session
    #[arg(long, value_name = "N", default_value_t = FurtherConfig::default().draws, value_parser = at_least_one)]
    pub draws: usize,
    /// Times that the cases are gone through
    #[arg(long, value_name = "N", default_value_t = FurtherConfig::default().epochs, value_parser = at_least_one)]
    pub epochs: usize,
    /// Cases per step
    #[arg(long, value_name = "N", default_value_t = FurtherConfig::default().batch, value_parser = at_least_one)]
    pub batch: usize,
    /// Adam's learning rate
    #[arg(long, value_name = "RATE", default_value_t = FurtherConfig::default().learning_rate, value_parser = positive)]
    pub learning_rate: f64,
    /// Shorten a change of the weights that is longer than this
    #[arg(long, value_name = "LENGTH", value_parser = positive)]
    pub clip: Option<f64>,
    /// Random seed
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Output file for the new weights
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Arguments of `fewshop study federated pack`.
#[derive(Debug, clap::Args)]
pub struct IntoPack {
    /// The pack that the weights are for
    #[arg(long, value_name = "FILE")]
    pub pack: PathBuf,
    /// The weights
    #[arg(long, value_name = "FILE")]
    pub weights: PathBuf,
    /// Output file for the pack
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Arguments of `fewshop study federated compare`.
#[derive(Debug, clap::Args)]
pub struct Compare {
    /// The pack, as trained
    #[arg(long, value_name = "FILE")]
    pub pack: PathBuf,
    /// The packs to compare with it; a row is named after its file
    #[arg(long, value_name = "FILE,…", value_delimiter = ',', required = true)]
    pub others: Vec<PathBuf>,
    /// The queries: case_id,user_id,k,position,item_id
    #[arg(long, value_name = "FILE")]
    pub cases: PathBuf,
    /// Relevant items of those cases: case_id,item_id
    #[arg(long, value_name = "FILE")]
    pub truth: PathBuf,
    /// Also write the figures to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

fn positive(text: &str) -> Result<f64, String> {
    let number = text.trim().parse().ok();
    number
        .filter(|number: &f64| *number > 0.0 && number.is_finite())
        .ok_or_else(|| "expected a number above 0, such as 0.0001".to_owned())
}

/// Runs one step.
///
/// # Errors
/// When a file cannot be read or written, weights do not fit the pack, or there is nothing to learn
/// from.
pub fn run(args: &Args) -> anyhow::Result<()> {
    match &args.step {
        Step::Weights(args) => {
            write_weights(&args.out, &as_numbers(read_pack(&args.pack)?.ranker()))
        }
        Step::Train(args) => train(args),
        Step::Pack(args) => into_pack(args),
        Step::Compare(args) => compare(args),
    }
}

fn write_weights(path: &Path, weights: &[f32]) -> anyhow::Result<()> {
    let bytes: Vec<u8> = weights.iter().flat_map(|w| w.to_le_bytes()).collect();
    Ok(write_atomically(path, |out| out.write_all(&bytes))?)
}

/// The pack with the weights of a file.
fn with_weights(pack: Pack, path: &Path) -> anyhow::Result<Pack> {
    let bytes =
        std::fs::read(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    let (numbers, rest) = bytes.as_chunks::<4>();
    ensure!(
        rest.is_empty(),
        "{}: {} bytes, expected 32-bit floats, four bytes each",
        path.display(),
        bytes.len()
    );
    let numbers: Vec<f32> = numbers.iter().map(|&n| f32::from_le_bytes(n)).collect();
    let ranker =
        with_numbers(pack.ranker(), &numbers).with_context(|| path.display().to_string())?;
    Ok(pack.edit(|parts| parts.ranker = ranker)?)
}

fn train(args: &Train) -> anyhow::Result<()> {
    check_writable(&args.out)?;
    let mut pack = read_pack(&args.pack)?;
    if let Some(weights) = &args.weights {
        pack = with_weights(pack, weights)?;
    }
    // A ranker that learns from sessions that its features have counted relies on the counts too much.
    let log = read_later_events(&pack, &args.pack, &args.events)?;
    let log =
        group(&log, args.group, args.groups).with_context(|| args.events.display().to_string())?;
    let config = FurtherConfig {
        draws: args.draws,
        epochs: args.epochs,
        batch: args.batch,
        learning_rate: args.learning_rate,
        clip: args.clip,
    };
    let done = train_further(&pack, &log, &config, args.seed)
        .with_context(|| args.events.display().to_string())?;
    write_weights(&args.out, &as_numbers(&done.ranker))?;
    // One line that a program reads as well.
    print(&format!(
        "{}\n",
        serde_json::json!({
            "sessions": done.sessions,
            "cases": done.cases,
            "steps": done.steps,
            "first_loss": done.loss[0],
            "last_loss": done.loss[1],
            "change": done.change,
        })
    ))?;
    Ok(())
}

fn into_pack(args: &IntoPack) -> anyhow::Result<()> {
    let pack = with_weights(read_pack(&args.pack)?, &args.weights)?;
    let command = Provenance::of("study federated pack").file("--weights", args.weights.as_path());
    let pack = pack.edit(|parts| command.replace_in(&mut parts.card))?;
    write_pack(&args.out, &pack)?;
    print(&format!("{}: new ranker\n", args.out.display()))?;
    Ok(())
}

fn compare(args: &Compare) -> anyhow::Result<()> {
    args.json.as_deref().map(check_writable).transpose()?;
    let pack = read_pack(&args.pack)?;
    let eval_set = read_eval_set(&args.cases, &args.truth, pack.catalogue())?;
    let others = args
        .others
        .iter()
        .map(|path| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            Ok((name.into_owned(), read_pack(path)?))
        })
        .collect::<anyhow::Result<Vec<(String, Pack)>>>()?;
    let result = study(&pack, &others, &eval_set)?;
    write_json(args.json.as_deref(), &result)?;
    print(&table(&result))?;
    Ok(())
}
