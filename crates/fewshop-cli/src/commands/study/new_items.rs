//! `fewshop study new-items`: new products without sales.

use std::path::PathBuf;

use fewshop_train::study::new_items::{run as study, table};

use crate::commands::shop_files::{OpenShop, ShopFiles};
use crate::commands::{print, write_study};
use crate::report::Study;

/// Arguments of `fewshop study new-items`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A product is new if its id is in the first of ten folds: all of its events are held out of training. Sessions of 30 % of \
                  the shoppers, who are held out of training, among the latest 20 %, become queries with 1, 3, 5 and 10 given products, if they continue \
                  with a new one. A second tenth of the products is treated as new in a separate training, to learn the mix."
)]
pub struct Args {
    /// The shop
    #[command(flatten)]
    pub shop: ShopFiles,
    /// Random seed, which also determines the new products
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Also write the figures to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Runs the experiment.
///
/// # Errors
/// When a file cannot be read or written, or training fails.
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
