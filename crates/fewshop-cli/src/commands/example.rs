//! `fewshop example`: makes the files of a small synthetic shop.

use std::path::PathBuf;

use fewshop_data::example::{NOTICE, Plan, write};

use super::{at_least_one, print};

/// Arguments of `fewshop example`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder for items.csv, events.csv, valid_cases.csv and valid_truth.csv; created if missing
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// Random seed: the same seed and sizes give the same shop
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Number of products
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = at_least_one)]
    pub items: usize,
    /// Number of shoppers in the log
    #[arg(long, value_name = "N", default_value_t = 800, value_parser = at_least_one)]
    pub shoppers: usize,
    /// Number of shoppers who are not in the log, with one session each, for the cases
    #[arg(long, alias = "strangers", value_name = "N", default_value_t = 200)]
    pub unseen_users: usize,
    /// Make a log of clicks on products that are ids and nothing else, in which each click depends
    /// on the one before it
    #[arg(long)]
    pub clicks: bool,
}

/// Makes the shop.
///
/// # Errors
/// When the folder cannot be made or written to.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let plan = Plan {
        items: args.items,
        shoppers: args.shoppers,
        unseen_users: args.unseen_users,
        seed: args.seed,
        clicks: args.clicks,
    };
    let events = write(plan, &args.out)?;
    print(&format!(
        "{}: {} products, {} shoppers, {events} events, cases of {} unseen users\n{NOTICE}\n",
        args.out.display(),
        args.items,
        args.shoppers,
        args.unseen_users
    ))?;
    Ok(())
}
