//! `fewshop task fit offers` and `fewshop task study offers`: which offer to show a household that is
//! known by few purchases.

use std::path::PathBuf;

use fewshop_data::files::{Offer, OfferEvent, read_offer_events, read_offers};
use fewshop_model::{Pack, PackParts};
use fewshop_train::tasks::offers::{Shipped, Shop, compare, current, expected, ship, shop, table};

use super::{FitOutput, Source, StudyOutput};
use crate::commands::{at_least_one, warn_unknown};
use crate::provenance::Provenance;
use crate::report::Study;

/// Arguments of `fewshop task fit offers`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The pack is not trained again. Expected redemption is a logistic regression on what others redeemed and on how an offer matches \
                  a few products; `fewshop task study offers` measures how well it predicts."
)]
pub struct Args {
    /// What the model learns from
    #[command(flatten)]
    pub data: Data,
    /// Put in the offers of campaigns that began within so many days before the last event
    #[arg(long, default_value = "90", value_parser = at_least_one)]
    pub days: usize,
    /// The same pack with offers
    #[command(flatten)]
    pub output: FitOutput,
}

/// Arguments of `fewshop task study offers`.
#[derive(Debug, clap::Args)]
pub struct StudyArgs {
    /// What the model learns from
    #[command(flatten)]
    pub data: Data,
    /// Where the figures go
    #[command(flatten)]
    pub output: StudyOutput,
}

/// Pack, log and offers.
#[derive(Debug, clap::Args)]
pub struct Data {
    /// Pack and log
    #[command(flatten)]
    pub source: Source,
    /// What each offer covers: campaign_id,offer_id,item_id and perhaps title
    #[arg(long, value_name = "FILE")]
    pub offers: PathBuf,
    /// Who was shown and who redeemed what: user_id,campaign_id,time,event,offer_id
    #[arg(long, value_name = "FILE")]
    pub offer_events: PathBuf,
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
        let (pack, log) = self.source.read()?;
        let (offers, unknown) = read_offers(&self.offers, pack.catalogue())?;
        warn_unknown(&unknown, &self.offers);
        let events = read_offer_events(&self.offer_events)?;
        let shop = shop(&log, &offers, &events, self.source.seed)?;
        let times = log.sessions.iter().map(|session| session.time_s);
        Ok(Read {
            end_s: times.max().unwrap_or(0),
            pack,
            shop,
            offers,
            events,
        })
    }
}

/// Writes a pack with offers.
///
/// # Errors
/// When a file cannot be read or written, or does not hold enough.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let read = args.data.read()?;
    let days = u32::try_from(args.days).unwrap_or(u32::MAX);
    let chosen = current(&read.offers, &read.events, read.end_s, days)?;
    let Shipped {
        weights,
        calibration,
    } = ship(
        &read.pack,
        &read.shop,
        &read.offers,
        &chosen,
        args.data.source.seed,
    )?;
    let covered: usize = weights.offers.iter().map(|offer| offer.items.len()).sum();
    let mut summary = format!(
        "{} offers that cover {covered} products\n",
        weights.offers.len()
    );
    summary += &expected(&calibration);
    let step = Provenance::of("offers")
        .file("--events", args.data.source.events.as_path())
        .file("--offers", args.data.offers.as_path())
        .file("--offer-events", args.data.offer_events.as_path())
        .value("--days", args.days)
        .value("--seed", args.data.source.seed);
    let add = |parts: &mut PackParts| parts.offers = Some(weights);
    args.output.write(read.pack, &step, add, &summary)
}

/// Compares the model with simpler rankings.
///
/// # Errors
/// When a file cannot be read or written, or does not hold enough.
pub fn study(args: &StudyArgs) -> anyhow::Result<()> {
    let Read { pack, shop, .. } = args.data.read()?;
    let comparison = compare(&pack, &shop, args.data.source.seed);
    let text = table(&comparison);
    args.output.write(&Study::Offers(comparison), &text)
}
