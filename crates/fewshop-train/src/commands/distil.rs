//! `fewshop study distil`: a larger ranker as a teacher, and what rounding costs.

use std::path::PathBuf;

use super::evaluate::read_questions;
use super::train::{open_text_model, read_config};
use super::{at_least_one, print, warn_unknown};
use crate::evaluation::Questions;
use crate::files::{check_writable, read_events, read_items, write_atomically};
use crate::learner::{DistilConfig, Validation};
use crate::study::distil::{run as study, table};
use crate::text::TextVectors;

/// Arguments of `fewshop study distil`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Counts, vectors and candidates are made once. Over them are trained: the teacher, several wide networks whose scores are \
                  averaged; as many students of the shipped size on the log alone; and students of the same seeds on the teacher's softened \
                  scores as well. All stop early by the validation cases, on which the figures then are. The second table asks the first plain \
                  student with its item vectors rounded more and more; vectors that are not rounded are eight bytes a number, whose mean is \
                  exact to eleven bits."
)]
pub struct Args {
    /// The products: item_id,title,category,brand,size,price
    #[arg(long, value_name = "FILE")]
    pub items: PathBuf,
    /// What shoppers did: user_id,session_id,time,item_id,event,quantity
    #[arg(long, value_name = "FILE")]
    pub events: PathBuf,
    /// Cases to stop early by and to ask: case_id,user_id,k,position,item_id
    #[arg(long, value_name = "FILE")]
    pub valid_cases: PathBuf,
    /// What those cases' shoppers also took: case_id,item_id
    #[arg(long, value_name = "FILE")]
    pub valid_truth: PathBuf,
    /// Settings that differ from the defaults
    #[arg(long, value_name = "TOML")]
    pub config: Option<PathBuf>,
    /// Sentence model that reads the titles: its wheel, or the folder that holds its model.safetensors
    #[arg(long, value_name = "FILE_OR_FOLDER")]
    pub text_model: Option<PathBuf>,
    /// Hidden units of each of the teacher's networks
    #[arg(long, default_value_t = DistilConfig::default().hidden, value_parser = at_least_one)]
    pub hidden: usize,
    /// Networks of the teacher, and students of either kind
    #[arg(long, default_value_t = DistilConfig::default().members, value_parser = at_least_one)]
    pub members: usize,
    /// What scores are divided by before the softmax
    #[arg(long, default_value_t = DistilConfig::default().temperature, value_parser = temperature)]
    pub temperature: f32,
    /// Share of the teacher in the listwise loss, 0 to 1
    #[arg(long, default_value_t = DistilConfig::default().weight, value_parser = share)]
    pub weight: f32,
    /// Start of the random numbers
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Write the figures here as well
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

fn temperature(text: &str) -> Result<f32, String> {
    let number = text.trim().parse().ok().filter(|number: &f32| (0.1..=100.0).contains(number));
    number.ok_or_else(|| "expected a number from 0.1 to 100, such as 2".to_owned())
}

fn share(text: &str) -> Result<f32, String> {
    let number = text.trim().parse().ok().filter(|number: &f32| (0.0..=1.0).contains(number));
    number.ok_or_else(|| "expected a number from 0 to 1, such as 0.5".to_owned())
}

/// Does the experiment.
///
/// # Errors
/// When a file cannot be read or written, or a training fails.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let config = read_config(args.config.as_deref())?;
    args.json.as_deref().map(check_writable).transpose()?;
    let model = open_text_model(args.text_model.as_deref(), &config)?;
    let catalogue = read_items(&args.items)?.catalogue;
    let log = read_events(&args.events, &catalogue)?;
    warn_unknown(&log.unknown, &args.events);
    let Questions { cases, wanted } = read_questions(&args.valid_cases, &args.valid_truth, &catalogue)?;
    let text = model.map(|model| TextVectors::of(&catalogue, &model));
    let settings =
        DistilConfig { hidden: args.hidden, members: args.members, temperature: args.temperature, weight: args.weight };
    let validation = Validation { cases, wanted };
    let found = study(&catalogue, text.as_ref(), &log, &validation, &config, args.seed, &settings)?;
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&found)?;
        write_atomically(path, |out| std::io::Write::write_all(out, text.as_bytes()))?;
    }
    print(&table(&found))?;
    Ok(())
}
