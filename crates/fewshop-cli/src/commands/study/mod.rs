//! `fewshop study`: experiments on a shop's own log.
//!
//! A sub-command rather than a task of `xtask`, so that anyone with a log and this program can run
//! it without the source tree.

pub mod clicks;
pub mod distil;
pub mod federated;
pub mod new_items;
pub mod robustness;
pub mod shelves;
pub mod together;
pub mod words;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use clap::Subcommand;
use fewshop_data::files::{EventRow, Log, read_events, read_items, write_events};
use fewshop_data::progress::Progress;
use fewshop_model::Pack;
use fewshop_train::learner::TrainConfig;
use fewshop_train::study::{Size, TrainingCost, resample, table};
use tempfile::TempDir;

use crate::commands::shop_files::ShopFiles;
use crate::commands::{print, read_toml, warn_unknown, write_json};

/// Arguments of `fewshop study`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The experiment
    #[command(subcommand)]
    pub study: Study,
}

/// The experiments.
#[derive(Debug, Subcommand)]
pub enum Study {
    /// Train on the log at 1×, 2× and 4× its length, and print time and peak memory of each
    Scaling(Scaling),
    /// The same as `fewshop task study attributes`
    #[command(hide = true)]
    Profile(crate::commands::task::attributes::StudyArgs),
    /// The same as `fewshop task study offers`
    #[command(hide = true)]
    Offers(crate::commands::task::offers::StudyArgs),
    /// Rank the same sessions with none, one, two, … twenty products known
    Clicks(clicks::Args),
    /// Look at the shelves as a new shopper does, after one and three views of each category
    Shelves(shelves::Args),
    /// Hold a tenth of the products out of training and measure how well they are recommended
    NewItems(new_items::Args),
    /// Disturb the item table and the context items, and measure the loss of ranking quality
    Robustness(robustness::Args),
    /// Distil a larger ranker into one of the shipped size; round the item vectors step by step
    Distil(distil::Args),
    /// What privacy costs: refresh by noisy counts of many visits, against sessions in the clear
    Together(together::Args),
    /// Train the ranker further for groups of shoppers, average elsewhere, and measure the gain
    Federated(federated::Args),
    /// Search by words: queries with what a person expects, against letters alone, BM25 and the
    /// whole sentence model
    Words(words::Args),
}

/// Arguments of `fewshop study scaling`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The log is extended with shoppers drawn from it under new names, with a tenth of their products replaced. Each size is \
                  trained in its own process. Early stopping is off, so that each size trains for the same number of epochs. Peak \
                  memory is available on Linux only."
)]
pub struct Scaling {
    /// The shop
    #[command(flatten)]
    pub shop: ShopFiles,
    /// Lengths, as multiples of the log
    #[arg(long, value_delimiter = ',', default_value = "1,2,4", value_parser = multiple)]
    pub sizes: Vec<f64>,
    /// Random seed
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Also write the figures to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

fn multiple(text: &str) -> Result<f64, String> {
    let number = text
        .trim()
        .parse()
        .ok()
        .filter(|number: &f64| (1.0..=1_000.0).contains(number));
    number.ok_or_else(|| "expected a number from 1 to 1000, such as 2".to_owned())
}

/// Runs the experiment.
///
/// # Errors
/// When a file cannot be read or written, or training fails.
pub fn run(args: Args) -> anyhow::Result<()> {
    match args.study {
        Study::Profile(args) => crate::commands::task::attributes::study(&args),
        Study::Offers(args) => crate::commands::task::offers::study(&args),
        Study::Scaling(args) => scaling(&args),
        Study::Clicks(args) => clicks::run(&args),
        Study::Shelves(args) => shelves::run(&args),
        Study::NewItems(args) => new_items::run(&args),
        Study::Robustness(args) => robustness::run(&args),
        Study::Distil(args) => distil::run(&args),
        Study::Together(args) => together::run(&args),
        Study::Federated(args) => federated::run(&args),
        Study::Words(args) => words::run(&args),
    }
}

fn scaling(args: &Scaling) -> anyhow::Result<()> {
    let mut config: TrainConfig = read_toml(args.shop.config.as_deref())?;
    (config.tower.patience, config.ranker.patience) = (NEVER, NEVER);
    let catalogue = read_items(&args.shop.items)?.catalogue;
    let log = read_events(&args.shop.events, &catalogue)?;
    warn_unknown(&log.unknown, &args.shop.events);
    let folder = TempDir::new().context("failed to make a temporary folder for the longer logs")?;
    let settings = folder.path().join("train.toml");
    std::fs::write(&settings, toml::to_string(&config)?)
        .context("failed to write the settings to a temporary file")?;
    let mut sizes = Vec::new();
    let progress = Progress::of("Trainings", args.sizes.len() as u64);
    for &times in &args.sizes {
        progress.note(&format!("training at {times}×"));
        let longer = resample(&log, times, args.seed);
        let events = folder.path().join("events.csv");
        write_log(&events, &longer, |row| &catalogue.items()[row].id.0)?;
        let (events_n, sessions) = (longer.events, longer.sessions.len());
        // This process must not hold memory that the training needs.
        drop(longer);
        let took = train(args, &events, &settings, &folder)?;
        sizes.push(Size {
            times,
            events: events_n,
            sessions,
            took,
        });
        progress.step();
    }
    progress.finish(&format!("Trained at {} sizes", sizes.len()));
    write_json(args.json.as_deref(), &sizes)?;
    print(&table(&sizes))?;
    Ok(())
}

/// More epochs than any training has, so that early stopping never applies.
const NEVER: usize = 1_000_000;

fn write_log<'a>(path: &Path, log: &'a Log, id: impl Fn(usize) -> &'a str) -> anyhow::Result<()> {
    let rows = log
        .sessions
        .iter()
        .flat_map(|session| session.items.iter().map(move |item| (session, item)));
    let rows = rows.map(|(session, item)| EventRow {
        user_id: &log.users[session.user as usize],
        session_id: &session.id,
        time_s: session.time_s,
        item_id: id(item.item.row()),
        kind: item.kind,
        quantity: item.quantity.round() as i64,
    });
    Ok(write_events(path, rows)?)
}

/// In its own process: the memory of an earlier size must not count for this one.
fn train(
    args: &Scaling,
    events: &Path,
    settings: &Path,
    folder: &TempDir,
) -> anyhow::Result<TrainingCost> {
    let took = folder.path().join("took.json");
    let program = std::env::current_exe().context("failed to find this program's own file")?;
    let text_model = args
        .shop
        .text_model
        .iter()
        .flat_map(|path| ["--text-model".as_ref(), path.as_os_str()]);
    let output = Command::new(program)
        .arg("train")
        .args(text_model)
        .args([
            "--items".as_ref(),
            args.shop.items.as_os_str(),
            "--events".as_ref(),
            events.as_os_str(),
        ])
        .args([
            "--config".as_ref(),
            settings.as_os_str(),
            "--took".as_ref(),
            took.as_os_str(),
        ])
        .args([
            "--out".as_ref(),
            folder.path().join("shop.pack").as_os_str(),
        ])
        .args(["--seed", &args.seed.to_string()])
        .output()
        .context("failed to start the training")?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let line = stderr
            .lines()
            .rev()
            .find_map(|line| line.strip_prefix("error: "));
        bail!(
            "the training failed ({}): {}",
            output.status,
            line.unwrap_or("it printed no error; it may have run out of memory")
        );
    }
    let text = std::fs::read(&took).context("the training did not report its time and memory")?;
    serde_json::from_slice(&text).context("the training did not report its time and memory")
}

/// Sessions since a pack's training, which it must not have counted.
fn read_later_events(pack: &Pack, pack_file: &Path, events: &Path) -> anyhow::Result<Log> {
    let log = read_events(events, pack.catalogue())?;
    warn_unknown(&log.unknown, events);
    if let Some(refresh) = &pack.config().refresh {
        let first = log.sessions.iter().map(|session| session.time_s).min();
        ensure!(
            first.is_none_or(|first| first > refresh.counted_until),
            "{}: the pack has counted sessions of {} already: give the pack as it was trained",
            pack_file.display(),
            events.display()
        );
    }
    Ok(log)
}
