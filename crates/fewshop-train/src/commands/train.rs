//! `fewshop train`: items and events in, one pack out.

use std::path::{Path, PathBuf};

use anyhow::Context;
use fewshop_model::Card;

use super::{print, warn, warn_unknown};
use crate::files::{Log, format_time, read_cases, read_events, read_items, read_truth, write_atomically};
use crate::learner::{self, TrainConfig, Validation};
use crate::progress::say;
use crate::text::{TextModel, TextVectors};

/// Arguments of `fewshop train`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The products: item_id,title,category,brand,size,price
    #[arg(long, value_name = "FILE")]
    pub items: PathBuf,
    /// What shoppers did: user_id,session_id,time,item_id,event,quantity
    #[arg(long, value_name = "FILE")]
    pub events: PathBuf,
    /// Where the pack goes; an old one there is replaced when the new one is whole
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Cases to stop early by: case_id,user_id,k,position,item_id
    #[arg(long, value_name = "FILE", requires = "valid_truth")]
    pub valid_cases: Option<PathBuf>,
    /// What those cases' shoppers also took: case_id,item_id
    #[arg(long, value_name = "FILE", requires = "valid_cases")]
    pub valid_truth: Option<PathBuf>,
    /// Settings that differ from the defaults
    #[arg(long, value_name = "TOML")]
    pub config: Option<PathBuf>,
    /// Sentence model that reads the titles: its wheel, or the folder that holds its model.safetensors
    #[arg(long, value_name = "FILE_OR_FOLDER")]
    pub text_model: Option<PathBuf>,
    /// Start of the random numbers: the same seed and files give the same pack
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// The shop's name, for the page
    #[arg(long, default_value = "Fewshop")]
    pub shop: String,
    /// ISO 4217 code of the prices
    #[arg(long, default_value = "USD")]
    pub currency: String,
    /// Where the data comes from and what may be done with it; the shop's page shows it
    #[arg(long, default_value = "")]
    pub data_notice: String,
}

/// Trains.
///
/// # Errors
/// When a file cannot be read or does not hold what it should, or the pack cannot be written.
pub fn run(args: Args) -> anyhow::Result<()> {
    // Settings first: a slip in them should not cost the minutes of reading.
    let config = read_config(args.config.as_deref())?;
    let text_model = open_text_model(args.text_model.as_deref(), &config)?;
    let items = read_items(&args.items)?;
    for warning in &items.warnings {
        warn(warning);
    }
    let log = read_events(&args.events, &items.catalogue)?;
    warn_unknown(&log.unknown, &args.events);
    let validation = match (&args.valid_cases, &args.valid_truth) {
        (Some(cases), Some(truth)) => {
            let read = read_cases(cases, &items.catalogue)?;
            warn_unknown(&read.unknown, cases);
            let wanted = read_truth(truth, &items.catalogue, &read)?;
            warn_unknown(&wanted.unknown, truth);
            Some(Validation { cases: read.cases, wanted: wanted.wanted })
        }
        _ => None,
    };
    let text = text_model.map(|model| TextVectors::of(&items.catalogue, &model));
    let pack = learner::train(&items.catalogue, text.as_ref(), &log, validation.as_ref(), &config, args.seed, card(&args, &log))?;
    let bytes = pack.to_bytes()?;
    write_atomically(&args.out, |out| std::io::Write::write_all(out, &bytes))?;
    print(&format!("{}: {} products, {:.2} MB\n", args.out.display(), pack.catalogue.len(), bytes.len() as f64 / 1e6))?;
    Ok(())
}

fn read_config(path: Option<&Path>) -> anyhow::Result<TrainConfig> {
    let Some(path) = path else { return Ok(TrainConfig::default()) };
    let text = std::fs::read_to_string(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{}: not settings that `fewshop train` knows", path.display()))
}

/// The text model, or a line that says that training does without.
fn open_text_model(path: Option<&Path>, config: &TrainConfig) -> anyhow::Result<Option<TextModel>> {
    match path {
        Some(path) if config.tower.text => TextModel::open(path).map(Some),
        Some(path) => {
            say(&format!("The settings say tower.text = false: {} is left unread", path.display()));
            Ok(None)
        }
        None => {
            say("No --text-model: titles are learned from their words alone");
            Ok(None)
        }
    }
}

fn card(args: &Args, log: &Log) -> Card {
    let newest = log.sessions.iter().map(|session| session.time_s).max().unwrap_or(0);
    let mut command = format!("fewshop train --items {} --events {}", file_name(&args.items), file_name(&args.events));
    if let (Some(cases), Some(truth)) = (&args.valid_cases, &args.valid_truth) {
        command += &format!(" --valid-cases {} --valid-truth {}", file_name(cases), file_name(truth));
    }
    if let Some(config) = &args.config {
        command += &format!(" --config {}", file_name(config));
    }
    if let Some(model) = &args.text_model {
        command += &format!(" --text-model {}", file_name(model));
    }
    Card {
        shop: args.shop.clone(),
        currency: args.currency.clone(),
        data_notice: args.data_notice.clone(),
        sessions: log.sessions.len(),
        users: log.users.len(),
        data_until: format_time(newest).chars().take(10).collect(),
        seed: args.seed,
        command: format!("{command} --seed {}", args.seed),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..Card::default()
    }
}

/// The pack goes to other people: what folders its maker keeps is no part of it.
fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
