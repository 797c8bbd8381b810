//! `fewshop study new-items`: products that nobody has bought yet.

use std::path::PathBuf;

use super::train::{open_text_model, read_config};
use super::{print, warn_unknown};
use crate::files::{read_events, read_items, write_atomically};
use crate::study::new_items::{run as study, table};
use crate::text::TextVectors;

/// Arguments of `fewshop study new-items`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A product is new where its id falls into the first of ten folds: all its events are held out of training. Sessions of 30 % of \
                  the shoppers, who are not trained on, among the latest 20 % are asked with 1, 3, 5 and 10 known products, where they go on \
                  to take a new one. A second tenth plays new in a training of its own and teaches the learned mix."
)]
pub struct Args {
    /// The products: item_id,title,category,brand,size,price
    #[arg(long, value_name = "FILE")]
    pub items: PathBuf,
    /// What shoppers did: user_id,session_id,time,item_id,event,quantity
    #[arg(long, value_name = "FILE")]
    pub events: PathBuf,
    /// Settings that differ from the defaults
    #[arg(long, value_name = "TOML")]
    pub config: Option<PathBuf>,
    /// Sentence model that reads the titles: its wheel, or the folder that holds its model.safetensors
    #[arg(long, value_name = "FILE_OR_FOLDER")]
    pub text_model: Option<PathBuf>,
    /// Start of the random numbers, and which products are new
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Write the figures here as well
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Does the experiment.
///
/// # Errors
/// When a file cannot be read or written, or a training fails.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let config = read_config(args.config.as_deref())?;
    let model = open_text_model(args.text_model.as_deref(), &config)?;
    let catalogue = read_items(&args.items)?.catalogue;
    let log = read_events(&args.events, &catalogue)?;
    warn_unknown(&log.unknown, &args.events);
    let text = model.map(|model| TextVectors::of(&catalogue, &model));
    let found = study(&catalogue, text.as_ref(), &log, &config, args.seed)?;
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&found)?;
        write_atomically(path, |out| std::io::Write::write_all(out, text.as_bytes()))?;
    }
    print(&table(&found))?;
    Ok(())
}
