//! `fewshop table train-prior`: trains the network that corrects the ensemble.

use std::io::Write;
use std::path::PathBuf;

use fewshop_data::files::write_atomically;
use fewshop_table::network::Shape;
use fewshop_train::prior::{PriorConfig, train};

use crate::commands::at_least_one;

/// Arguments of `fewshop table train-prior`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The tables are made up from the seed; no real table is read. Same seed, same file, on one machine. 100,000 tables took \
                  50 minutes on two busy cores."
)]
pub struct Args {
    /// The file to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Number of made-up tables
    #[arg(long, default_value_t = PriorConfig::default().tables, value_parser = at_least_one)]
    pub tables: usize,
    /// Highest learning rate
    #[arg(long, default_value_t = PriorConfig::default().learning_rate)]
    pub learning_rate: f64,
    /// Width of a cell inside the network, a multiple of 8
    #[arg(long, default_value_t = PriorConfig::default().shape.width, value_parser = at_least_one)]
    pub width: usize,
    /// Number of blocks
    #[arg(long, default_value_t = PriorConfig::default().shape.blocks, value_parser = at_least_one)]
    pub blocks: usize,
    /// Start of the random numbers
    #[arg(long, default_value_t = PriorConfig::default().seed)]
    pub seed: u64,
}

/// Runs the command.
///
/// # Errors
/// When the file cannot be written or the training diverges.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let config = PriorConfig {
        shape: Shape {
            width: args.width,
            hidden: 2 * args.width,
            blocks: args.blocks,
            ..PriorConfig::default().shape
        },
        tables: args.tables,
        learning_rate: args.learning_rate,
        seed: args.seed,
    };
    let network = train(&config, |_| ())?;
    let bytes = network.to_bytes();
    Ok(write_atomically(&args.out, |file| file.write_all(&bytes))?)
}
