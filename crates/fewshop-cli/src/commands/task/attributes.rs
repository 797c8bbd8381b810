//! `fewshop profile` and `fewshop study profile`: heads for household attributes.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Context;
use fewshop_data::files::{read_events, read_households};
use fewshop_train::tasks::attributes::{AttributeSettings, Rows, compare, describe, ship, table};

use crate::commands::{print, read_pack, warn, warn_unknown, write_pack, write_study};
use crate::provenance::Provenance;
use crate::report::Study;

/// Arguments of `fewshop profile`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The pack is not trained again: the heads read what it already knows. A head speaks only at the numbers of products at which \
                  it beats the plain shares of all households beyond chance, on households that it had not seen."
)]
pub struct Args {
    /// What the heads learn from
    #[command(flatten)]
    pub data: Data,
    /// The same pack with heads
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Arguments of `fewshop study profile`.
#[derive(Debug, clap::Args)]
pub struct StudyArgs {
    /// What the heads learn from
    #[command(flatten)]
    pub data: Data,
    /// Write the figures here as well
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Pack, log and households.
#[derive(Debug, clap::Args)]
pub struct Data {
    /// The trained shop
    #[arg(long, value_name = "PACK")]
    pub pack: PathBuf,
    /// What shoppers did: user_id,session_id,time,item_id,event,quantity
    #[arg(long, value_name = "FILE")]
    pub events: PathBuf,
    /// Who some of them are: user_id and a column for each attribute
    #[arg(long, value_name = "FILE")]
    pub households: PathBuf,
    /// Rows of each household at each number of products
    #[arg(long, default_value_t = AttributeSettings::default().rows, value_parser = crate::commands::at_least_one)]
    pub rows: usize,
    /// Start of the random numbers
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
}

fn rows(data: &Data) -> anyhow::Result<(fewshop_model::Pack, Rows, AttributeSettings)> {
    let pack = read_pack(&data.pack)?;
    let log = read_events(&data.events, pack.catalogue())?;
    warn_unknown(&log.unknown, &data.events);
    let described = describe(&log, &read_households(&data.households)?)
        .with_context(|| data.households.display().to_string())?;
    described.warnings.iter().for_each(|warning| warn(warning));
    let settings = AttributeSettings {
        rows: data.rows,
        seed: data.seed,
        ..AttributeSettings::default()
    };
    let rows = Rows::draw(&pack, &log, &described, &settings)
        .with_context(|| data.events.display().to_string())?;
    Ok((pack, rows, settings))
}

/// Compares heads with what simpler methods make of the same rows.
///
/// # Errors
/// When a file cannot be read or written, or a training fails.
pub fn study(args: &StudyArgs) -> anyhow::Result<()> {
    let (_, rows, settings) = rows(&args.data)?;
    let comparison = compare(&rows, &settings)?;
    write_study(args.json.as_deref(), &Study::Profile(comparison.clone()))?;
    print(&table(&comparison))?;
    Ok(())
}

/// Writes a pack with heads.
///
/// # Errors
/// When a file cannot be read or written, or a training fails.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let (pack, rows, settings) = rows(&args.data)?;
    let shipped = ship(&rows, &settings)?;
    let mut said = String::new();
    for (head, (attribute, amount, gain, [low, high])) in shipped.gains.iter().map(|gain| {
        (
            shipped
                .weights
                .heads
                .iter()
                .find(|head| head.name == gain.0),
            gain,
        )
    }) {
        let tells = head.is_some_and(|head| head.is_reliable[*amount as usize]);
        let verdict = if tells { "tells" } else { "not enough to tell" };
        let _ = writeln!(
            said,
            "{attribute:<16} {:<10} {gain:+.4} [{low:+.4}, {high:+.4}]  {verdict}",
            amount.name()
        );
    }
    let Data {
        events,
        households,
        seed,
        ..
    } = &args.data;
    let command = Provenance::of("profile")
        .file("--events", events.as_path())
        .file("--households", households.as_path())
        .value("--seed", seed);
    let pack = pack.edit(|parts| {
        command.replace_in(&mut parts.card);
        parts.attributes = Some(shipped.weights);
    })?;
    write_pack(&args.out, &pack)?;
    print(&format!(
        "log loss below the prior's [95 %], households not seen\n{said}"
    ))?;
    Ok(())
}
