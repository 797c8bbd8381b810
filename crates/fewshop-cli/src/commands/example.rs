//! `fewshop example`: makes the files of a small synthetic shop.

use std::path::PathBuf;

use clap::ValueEnum;
use fewshop_data::example::{Export, NOTICE, Plan, write_as};

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
    /// Write the products and the log as one of these systems exports them, in place of items.csv
    /// and events.csv
    #[arg(long = "as", value_name = "SYSTEM", conflicts_with = "clicks")]
    pub export: Option<System>,
}

/// Whose export is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum System {
    /// products_export.csv and orders_export.csv
    Shopify,
    /// products.csv and orders.csv
    Woocommerce,
    /// events.jsonl of Google Analytics 4, as BigQuery exports them; the products are in it
    Ga4,
    /// feed.xml for Google Merchant Center, and events.csv
    Merchant,
    /// events.csv and item_properties.csv
    Retailrocket,
    /// shop.inter and shop.item
    Recbole,
}

impl From<System> for Export {
    fn from(system: System) -> Self {
        match system {
            System::Shopify => Self::Shopify,
            System::Woocommerce => Self::Woocommerce,
            System::Ga4 => Self::Ga4,
            System::Merchant => Self::Merchant,
            System::Retailrocket => Self::Retailrocket,
            System::Recbole => Self::Recbole,
        }
    }
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
    let events = write_as(plan, args.export.map(Export::from), &args.out)?;
    print(&format!(
        "{}: {} products, {} shoppers, {events} events, cases of {} unseen users\n{NOTICE}\n",
        args.out.display(),
        args.items,
        args.shoppers,
        args.unseen_users
    ))?;
    Ok(())
}
