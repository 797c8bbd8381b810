//! The sub-commands of `fewshop`, one module each: its arguments and what it does.

pub mod add_items;
pub mod check;
pub mod compress;
pub mod count;
pub mod evaluate;
pub mod example;
pub mod inspect;
pub mod map;
pub mod prepare;
pub mod reading;
pub mod recommend;
pub mod reference;
pub mod refresh;
pub mod report;
pub mod rules;
mod shop_files;
pub mod study;
pub mod table;
pub mod task;
pub mod together;
pub mod train;
pub mod update;
pub mod words;

use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, ensure};
use clap::{Parser, Subcommand, ValueEnum};
use fewshop_core::{Catalogue, Promotion};
use fewshop_data::files::{Promotions, UnknownItems, read_promotions, write_atomically};
use fewshop_data::progress::say;
use fewshop_model::{Compute, Pack};

use crate::report::Study;

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "fewshop",
    version,
    about = "Recommendations for a new shopper from a few clicks: prepare a shop's log, train, rank, evaluate",
    after_help = "Files are CSV, JSON lines, XML or Parquet, also packed with gzip or zstd, and exports of shop systems: docs/exports.md. Exit codes: 0 done (also where \
                  there was nothing to do, which is said), 2 wrong usage, 1 any other error; with 1 and 2 no output file has changed.",
    arg_required_else_help = true
)]
pub struct Cli {
    /// The sub-command.
    #[command(subcommand)]
    pub command: Command,
}

/// The sub-commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make the files of a small synthetic shop, for trying out Fewshop
    Example(example::Args),
    /// Check a shop's own files: list problems and warnings, and write a data card
    Check(check::Args),
    /// Look at a file of a shop and propose how to read it
    Map(map::Args),
    /// Count a log of any size: sessions, products, pairs of products; in memory, with SQL, or on a
    /// cluster
    Count(count::Args),
    /// Convert a raw shop log to items.csv, events.csv and validation cases
    Prepare(prepare::Args),
    /// Train a pack from items and events
    Train(Box<train::Args>),
    /// Fit a task into a pack, or study it: predictions besides rankings
    Task(Box<task::Args>),
    /// The same as `fewshop task fit attributes`: its name in the first packs
    #[command(hide = true)]
    Profile(task::attributes::Args),
    /// The same as `fewshop task fit offers`: its name in the first packs
    #[command(hide = true)]
    Offers(task::offers::Args),
    /// Add the sessions since a pack's training to all that it counts, without training it again
    Refresh(refresh::Args),
    /// Rank the whole catalogue for each case
    Recommend(recommend::Args),
    /// Evaluate a pack on cases with known relevant items
    Evaluate(evaluate::Args),
    /// Make a page about a pack's quality, for the shop's owners
    Report(report::Args),
    /// Put business rules (pin, boost, bury, exclude, cap) into a pack, or preview their effect
    Rules(rules::Args),
    /// Show the contents of a pack
    Inspect(inspect::Args),
    /// Add new products to a pack without training it again
    AddItems(add_items::Args),
    /// Change titles, prices and stock of products in a pack, without training it again
    Update(update::Args),
    /// Compress a pack to a budget of bytes, with the best ranking
    Compress(compress::Args),
    /// Make the file with which a shop's search finds products by meaning, without training
    Words(words::Args),
    /// Experiments on a shop's own log: scaling of training, new products, robustness,
    /// distillation
    Study(study::Args),
    /// Answers for any table from a few labelled rows: probabilities, "not enough to tell", reasons
    Table(table::Args),
    /// Learn across shoppers without seeing one of them: two aggregators, keys, counts with noise
    Together(together::Args),
    /// Print the help of every command as one Markdown page
    #[command(hide = true)]
    Reference,
}

impl Command {
    /// Runs the sub-command.
    ///
    /// # Errors
    /// Any error, with the file and the reason.
    pub fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Example(args) => example::run(&args),
            Self::Check(args) => check::run(&args),
            Self::Map(args) => map::run(&args),
            Self::Count(args) => count::run(&args),
            Self::Prepare(args) => prepare::run(args),
            Self::Train(args) => train::run(&args),
            Self::Task(args) => task::run(&args),
            Self::Profile(args) => task::attributes::run(&args),
            Self::Offers(args) => task::offers::run(&args),
            Self::Refresh(args) => refresh::run(&args),
            Self::Recommend(args) => recommend::run(args),
            Self::Evaluate(args) => evaluate::run(args),
            Self::Report(args) => report::run(args),
            Self::Rules(args) => rules::run(args),
            Self::Inspect(args) => inspect::run(args),
            Self::AddItems(args) => add_items::run(&args),
            Self::Update(args) => update::run(&args),
            Self::Compress(args) => compress::run(&args),
            Self::Words(args) => words::run(&args),
            Self::Study(args) => study::run(args),
            Self::Table(args) => table::run(&args),
            Self::Together(args) => together::run(&args),
            Self::Reference => reference::run(),
        }
    }
}

/// The backend that ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum BackendArg {
    /// The CPU
    #[default]
    Cpu,
    /// A GPU through burn's WebGPU backend
    Wgpu,
}

/// Reads promotions, in the order in which a pack holds them.
///
/// # Errors
/// With file, line and field.
pub(crate) fn promotions_of(path: &Path, catalogue: &Catalogue) -> anyhow::Result<Vec<Promotion>> {
    let Promotions { mut rows, unknown } = read_promotions(path, catalogue)?;
    warn_unknown(&unknown, path);
    rows.sort_by_key(Promotion::key);
    Ok(rows)
}

/// Reads the pack of a shop.
///
/// # Errors
/// With the file's name: when it cannot be read, is no pack, or has no catalogue.
pub(crate) fn read_pack(path: &Path) -> anyhow::Result<Pack> {
    let pack = read_any_pack(path)?;
    ensure!(
        pack.has_catalogue(),
        "{}: the pack has no catalogue, and this command is about products: `fewshop inspect` shows its tasks",
        path.display()
    );
    Ok(pack)
}

/// Reads a pack that may hold tasks alone.
///
/// # Errors
/// With the file's name, when it cannot be read or is not a pack.
pub(crate) fn read_any_pack(path: &Path) -> anyhow::Result<Pack> {
    let bytes =
        std::fs::read(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    Pack::from_bytes(&bytes).with_context(|| path.display().to_string())
}

/// Writes a pack and returns its size in bytes. An invalid pack does not replace a valid one.
///
/// # Errors
/// With the file's name: when the pack cannot be read back, or the file cannot be written.
pub(crate) fn write_pack(path: &Path, pack: &Pack) -> anyhow::Result<usize> {
    write_pack_bytes(path, &pack.to_bytes()?)
}

/// Like [`write_pack`], for a pack that is already serialised.
///
/// # Errors
/// See [`write_pack`].
pub(crate) fn write_pack_bytes(path: &Path, bytes: &[u8]) -> anyhow::Result<usize> {
    Pack::from_bytes(bytes)
        .with_context(|| format!("{}: the new pack cannot be read back", path.display()))?;
    write_atomically(path, |out| out.write_all(bytes))?;
    Ok(bytes.len())
}

/// Reads settings; without a file they are the defaults.
///
/// # Errors
/// With the file's name: when it cannot be read or has an unknown setting.
pub(crate) fn read_toml<T: Default + serde::de::DeserializeOwned>(
    path: Option<&Path>,
) -> anyhow::Result<T> {
    let Some(path) = path else {
        return Ok(T::default());
    };
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{}: cannot be read", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{}: invalid settings", path.display()))
}

/// Starts the requested backend.
///
/// # Errors
/// When this program was built without it, or the machine has no adapter.
pub(crate) fn compute(backend: BackendArg, pack: &Pack) -> anyhow::Result<Compute> {
    match backend {
        BackendArg::Cpu => Ok(Compute::Kernels),
        #[cfg(feature = "wgpu")]
        BackendArg::Wgpu => {
            use burn::tensor::Device;
            let device =
                pollster::block_on(Device::wgpu_options().init_async()).map_err(|err| {
                    anyhow::anyhow!("no WebGPU adapter answers ({err:?}): use --backend cpu")
                })?;
            Ok(Compute::Burn(Box::new(fewshop_model::BurnCompute::new(
                pack, device,
            ))))
        }
        #[cfg(not(feature = "wgpu"))]
        BackendArg::Wgpu => {
            let _ = pack;
            anyhow::bail!(
                "this program was built without WebGPU: build it with `--features wgpu`, or use --backend cpu"
            )
        }
    }
}

/// Parses a count that must be at least 1.
pub(crate) fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be at least 1".to_owned()),
        Ok(count) => Ok(count),
        Err(_) => Err("expected a whole number of at least 1".to_owned()),
    }
}

/// Writes text for the user to stdout. A closed pipe (`fewshop inspect shop.pack | head`) is an
/// error that [`is_closed_pipe`] recognises.
///
/// # Errors
/// When stdout cannot be written to.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Writes figures as JSON, if requested.
///
/// # Errors
/// When the file cannot be written.
fn write_json(path: Option<&Path>, figures: &impl serde::Serialize) -> anyhow::Result<()> {
    let Some(path) = path else { return Ok(()) };
    let text =
        serde_json::to_string_pretty(figures).context("failed to write the figures as JSON")?;
    Ok(write_atomically(path, |out| {
        out.write_all(text.as_bytes())
    })?)
}

/// Writes a study's figures for `fewshop report --study`, if requested.
///
/// # Errors
/// When the file cannot be written.
fn write_study(path: Option<&Path>, study: &Study) -> anyhow::Result<()> {
    let Some(path) = path else { return Ok(()) };
    let text = study.to_json()?;
    Ok(write_atomically(path, |out| {
        out.write_all(text.as_bytes())
    })?)
}

/// Prints a warning on stderr.
pub fn warn(text: &str) {
    say(&format!("warning: {text}"));
}

/// Warns about rows that were left out, if there are any.
pub fn warn_unknown(unknown: &UnknownItems, path: &Path) {
    if let Some(text) = unknown.warning(path) {
        warn(&text);
    }
}

/// Whether the error is a closed stdout, which is the reader's decision and not a failure.
#[must_use]
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

/// The error and its causes on one line. A cause that its parent's text already includes is not
/// repeated.
#[must_use]
pub fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if line.is_empty() {
            line = text;
        } else if !line.contains(&text) {
            line = format!("{line}: {text}");
        }
    }
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, anyhow};
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_error_is_one_line_and_says_nothing_twice() {
        let error = Err::<(), _>(anyhow!("the disk\nis full"))
            .context("pack.bin: the disk\nis full")
            .context("training")
            .unwrap_err();
        assert_eq!(one_line(&error), "training: pack.bin: the disk is full");
    }

    #[test]
    fn a_closed_pipe_is_seen_through_its_context() {
        let error =
            anyhow::Error::from(io::Error::from(io::ErrorKind::BrokenPipe)).context("printing");
        assert!(is_closed_pipe(&error));
        assert!(!is_closed_pipe(&anyhow!("no")));
    }

    #[test]
    fn a_top_of_zero_is_wrong_usage() {
        let args = [
            "fewshop",
            "recommend",
            "--pack",
            "p",
            "--cases",
            "c",
            "--out",
            "o",
            "--top",
            "0",
        ];
        let error = Cli::try_parse_from(args).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("at least 1"), "{error}");
    }

    #[test]
    fn an_unknown_sub_command_is_wrong_usage() {
        assert_eq!(
            Cli::try_parse_from(["fewshop", "trian"])
                .unwrap_err()
                .exit_code(),
            2
        );
    }
}
