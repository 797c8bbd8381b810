//! `fewshop task fit attributes` and `fewshop task study attributes`: heads for household attributes.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Context;
use fewshop_data::files::read_households;
use fewshop_train::tasks::attributes::{AttributeSettings, Rows, compare, describe, ship, table};

use super::{FitOutput, Source, StudyOutput};
use crate::commands::{at_least_one, warn};
use crate::provenance::Provenance;
use crate::report::Study;

/// Arguments of `fewshop task fit attributes`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The pack is not trained again: the heads read what it already knows. A head answers only at the numbers of products at which \
                  it is significantly better than the plain shares of all households, on households that it had not seen."
)]
pub struct Args {
    /// What the heads learn from
    #[command(flatten)]
    pub data: Data,
    /// The same pack with heads
    #[command(flatten)]
    pub output: FitOutput,
}

/// Arguments of `fewshop task study attributes`.
#[derive(Debug, clap::Args)]
pub struct StudyArgs {
    /// What the heads learn from
    #[command(flatten)]
    pub data: Data,
    /// Where the figures go
    #[command(flatten)]
    pub output: StudyOutput,
}

/// Pack, log and households.
#[derive(Debug, clap::Args)]
pub struct Data {
    /// Pack and log
    #[command(flatten)]
    pub source: Source,
    /// Who some of them are: user_id and a column for each attribute
    #[arg(long, value_name = "FILE")]
    pub households: PathBuf,
    /// Rows of each household at each number of products
    #[arg(long, default_value_t = AttributeSettings::default().rows, value_parser = at_least_one)]
    pub rows: usize,
}

fn rows(data: &Data) -> anyhow::Result<(fewshop_model::Pack, Rows, AttributeSettings)> {
    let (pack, log) = data.source.read()?;
    let described = describe(&log, &read_households(&data.households)?)
        .with_context(|| data.households.display().to_string())?;
    described.warnings.iter().for_each(|warning| warn(warning));
    let settings = AttributeSettings {
        rows: data.rows,
        seed: data.source.seed,
        ..AttributeSettings::default()
    };
    let rows = Rows::draw(&pack, &log, &described, &settings)
        .with_context(|| data.source.events.display().to_string())?;
    Ok((pack, rows, settings))
}

/// Compares heads with what simpler methods make of the same rows.
///
/// # Errors
/// When a file cannot be read or written, or a training fails.
pub fn study(args: &StudyArgs) -> anyhow::Result<()> {
    let (_, rows, settings) = rows(&args.data)?;
    let comparison = compare(&rows, &settings)?;
    let text = table(&comparison);
    args.output.write(&Study::Profile(comparison), &text)
}

/// Writes a pack with heads.
///
/// # Errors
/// When a file cannot be read or written, or a training fails.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let (pack, rows, settings) = rows(&args.data)?;
    let shipped = ship(&rows, &settings)?;
    let mut summary = "log loss below the prior's [95 %], households not seen\n".to_owned();
    for (attribute, level, gain, [low, high]) in &shipped.gains {
        let mut heads = shipped.weights.heads.iter();
        let head = heads.find(|head| head.name == *attribute);
        let verdict = match head.is_some_and(|head| head.is_reliable[*level as usize]) {
            true => "tells",
            false => "not enough to tell",
        };
        let _ = writeln!(
            summary,
            "{attribute:<16} {:<10} {gain:+.4} [{low:+.4}, {high:+.4}]  {verdict}",
            level.name()
        );
    }
    // The name of the step in the card is that of the first version of this command: packs that
    // were made with it and packs made now stay the same bytes.
    let step = Provenance::of("profile")
        .file("--events", args.data.source.events.as_path())
        .file("--households", args.data.households.as_path())
        .value("--seed", args.data.source.seed);
    let add = |parts: &mut fewshop_model::PackParts| parts.attributes = Some(shipped.weights);
    args.output.write(pack, &step, add, &summary)
}
