//! `fewshop study new-items`: products that nobody has bought yet.

use std::path::PathBuf;

use fewshop_train::study::new_items::{run as study, table};

use crate::commands::shop_files::{OpenShop, ShopFiles};
use crate::commands::{print, write_study};
use crate::report::Study;

/// Arguments of `fewshop study new-items`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A product is new where its id falls into the first of ten folds: all its events are held out of training. Sessions of 30 % of \
                  the shoppers, who are not trained on, among the latest 20 % are asked with 1, 3, 5 and 10 known products, where they go on \
                  to take a new one. A second tenth plays new in a training of its own and teaches the learned mix."
)]
pub struct Args {
    /// The shop
    #[command(flatten)]
    pub shop: ShopFiles,
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
    let OpenShop {
        config,
        catalogue,
        log,
        text,
    } = args.shop.open()?;
    let result = study(&catalogue, text.as_ref(), &log, &config, args.seed)?;
    write_study(args.json.as_deref(), &Study::NewItems(result.clone()))?;
    print(&table(&result))?;
    Ok(())
}
