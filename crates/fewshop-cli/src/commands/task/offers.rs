//! `fewshop offers` and `fewshop study offers`: which offer to show a household that is known by
//! few purchases.

use std::path::PathBuf;

use fewshop_data::files::{Offer, OfferEvent, read_events, read_offer_events, read_offers};
use fewshop_model::Pack;
use fewshop_train::tasks::offers::{Shipped, Shop, compare, current, expected, ship, shop, table};

use crate::commands::{print, read_pack, warn_unknown, write_pack, write_study};
use crate::provenance::Provenance;
use crate::report::Study;

/// Arguments of `fewshop offers`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The pack is not trained again. Expected redemption is a logistic regression on what others redeemed and on how an offer matches \
                  the few products at hand; `fewshop study offers` says how well that foresees."
)]
pub struct Args {
    /// What the model learns from
    #[command(flatten)]
    pub data: Data,
    /// Put in the offers of campaigns that began within so many days before the last event
    #[arg(long, default_value = "90", value_parser = crate::commands::at_least_one)]
    pub days: usize,
    /// The same pack with offers
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Arguments of `fewshop study offers`.
#[derive(Debug, clap::Args)]
pub struct StudyArgs {
    /// What the model learns from
    #[command(flatten)]
    pub data: Data,
    /// Write the figures here as well
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Pack, log and offers.
#[derive(Debug, clap::Args)]
pub struct Data {
    /// The trained shop
    #[arg(long, value_name = "PACK")]
    pub pack: PathBuf,
    /// What shoppers did: user_id,session_id,time,item_id,event,quantity
    #[arg(long, value_name = "FILE")]
    pub events: PathBuf,
    /// What each offer covers: campaign_id,offer_id,item_id and perhaps title
    #[arg(long, value_name = "FILE")]
    pub offers: PathBuf,
    /// Who was shown and who redeemed what: user_id,campaign_id,time,event,offer_id
    #[arg(long, value_name = "FILE")]
    pub offer_events: PathBuf,
    /// Start of the random numbers
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
}

/// What the files hold.
struct Read {
    pack: Pack,
    shop: Shop,
    offers: Vec<Offer>,
    events: Vec<OfferEvent>,
    /// When the log ends.
    end_s: i64,
}

impl Data {
    fn read(&self) -> anyhow::Result<Read> {
        let pack = read_pack(&self.pack)?;
        let log = read_events(&self.events, pack.catalogue())?;
        warn_unknown(&log.unknown, &self.events);
        let (offers, unknown) = read_offers(&self.offers, pack.catalogue())?;
        warn_unknown(&unknown, &self.offers);
        let events = read_offer_events(&self.offer_events)?;
        let shop = shop(&log, &offers, &events, self.seed)?;
        let end_s = log
            .sessions
            .iter()
            .map(|session| session.time_s)
            .max()
            .unwrap_or(0);
        Ok(Read {
            pack,
            shop,
            offers,
            events,
            end_s,
        })
    }
}

/// Writes a pack with offers.
///
/// # Errors
/// When a file cannot be read or written, or does not hold enough.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let Read {
        pack,
        shop,
        offers,
        events,
        end_s,
    } = args.data.read()?;
    let chosen = current(
        &offers,
        &events,
        end_s,
        u32::try_from(args.days).unwrap_or(u32::MAX),
    )?;
    let Shipped {
        weights,
        calibration,
    } = ship(&pack, &shop, &offers, &chosen, args.data.seed)?;
    let covered: usize = weights.offers.iter().map(|offer| offer.items.len()).sum();
    let mut said = format!(
        "{} offers that cover {covered} products\n",
        weights.offers.len()
    );
    said += &expected(&calibration);
    let Data {
        events,
        offers,
        offer_events,
        seed,
        ..
    } = &args.data;
    let command = Provenance::of("offers")
        .file("--events", events.as_path())
        .file("--offers", offers.as_path())
        .file("--offer-events", offer_events.as_path())
        .value("--days", args.days)
        .value("--seed", seed);
    let pack = pack.edit(|parts| {
        command.replace_in(&mut parts.card);
        parts.offers = Some(weights);
    })?;
    write_pack(&args.out, &pack)?;
    print(&said)?;
    Ok(())
}

/// Compares.
///
/// # Errors
/// When a file cannot be read or written, or does not hold enough.
pub fn study(args: &StudyArgs) -> anyhow::Result<()> {
    let Read { pack, shop, .. } = args.data.read()?;
    let comparison = compare(&pack, &shop, args.data.seed);
    write_study(args.json.as_deref(), &Study::Offers(comparison.clone()))?;
    print(&table(&comparison))?;
    Ok(())
}
