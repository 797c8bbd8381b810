//! `fewshop study offers`: whether redemption can be foreseen for a household that is known by few purchases.

use std::io::Write as _;
use std::path::PathBuf;

use super::{print, read_pack, warn_unknown};
use crate::files::{read_events, read_offer_events, read_offers, write_atomically};
use crate::offers::{compare, shop, table};

/// Arguments of `fewshop study offers`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The trained shop
    #[arg(long, value_name = "PACK")]
    pub pack: PathBuf,
    /// What shoppers did: user_id,session_id,time,item_id,event,quantity
    #[arg(long, value_name = "FILE")]
    pub events: PathBuf,
    /// What each offer covers: campaign_id,offer_id,item_id
    #[arg(long, value_name = "FILE")]
    pub offers: PathBuf,
    /// Who was shown and who redeemed what: user_id,campaign_id,time,event,offer_id
    #[arg(long, value_name = "FILE")]
    pub offer_events: PathBuf,
    /// Start of the random numbers
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Write the figures here as well
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Compares.
///
/// # Errors
/// When a file cannot be read or written, or does not hold enough.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let pack = read_pack(&args.pack)?;
    let log = read_events(&args.events, &pack.catalogue)?;
    warn_unknown(&log.unknown, &args.events);
    let (offers, unknown) = read_offers(&args.offers, &pack.catalogue)?;
    warn_unknown(&unknown, &args.offers);
    let shop = shop(&log, &offers, &read_offer_events(&args.offer_events)?, args.seed)?;
    let comparison = compare(&pack, &shop, args.seed);
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&comparison)?;
        write_atomically(path, |out| out.write_all(text.as_bytes()))?;
    }
    print(&table(&comparison))?;
    Ok(())
}
