//! `fewshop task`: what a pack answers besides rankings. `fit` adds a task to a pack without training
//! it again, `study` measures the task first. One module a task; [`Source`], [`FitOutput`] and
//! [`StudyOutput`] are the arguments that all of them share.

pub mod attributes;
pub mod offers;

use std::path::PathBuf;

use clap::Subcommand;
use fewshop_data::files::{Log, read_events};
use fewshop_model::{Pack, PackParts};

use crate::commands::{print, read_pack, warn_unknown, write_pack, write_study};
use crate::provenance::Provenance;
use crate::report::Study;

/// Arguments of `fewshop task`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to do
    #[command(subcommand)]
    pub action: Action,
}

/// What is done with a task.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Add a task to a pack, without training it again
    Fit(Fit),
    /// Compare a task with simpler methods, on shoppers that it was not fitted on
    Study(Compare),
}

/// Arguments of `fewshop task fit`.
#[derive(Debug, clap::Args)]
pub struct Fit {
    /// The task
    #[command(subcommand)]
    pub task: FitTask,
}

/// The tasks that can be fitted.
#[derive(Debug, Subcommand)]
pub enum FitTask {
    /// Household attributes, such as age group or children, from a few products
    Attributes(attributes::Args),
    /// Offers (coupons), by expected redemption
    Offers(offers::Args),
}

/// Arguments of `fewshop task study`.
#[derive(Debug, clap::Args)]
pub struct Compare {
    /// The task
    #[command(subcommand)]
    pub task: StudyTask,
}

/// The tasks that can be studied.
#[derive(Debug, Subcommand)]
pub enum StudyTask {
    /// Heads for household attributes against simpler methods, by cross-validation over households
    Attributes(attributes::StudyArgs),
    /// A model of redemption against simpler rankings of the offers, by household and by time
    Offers(offers::StudyArgs),
}

/// What every task of a shop is fitted on.
#[derive(Debug, clap::Args)]
pub struct Source {
    /// The trained shop
    #[arg(long, value_name = "PACK")]
    pub pack: PathBuf,
    /// What shoppers did: user_id,session_id,time,item_id,event,quantity
    #[arg(long, value_name = "FILE")]
    pub events: PathBuf,
    /// Start of the random numbers
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
}

/// Where a fit goes.
#[derive(Debug, clap::Args)]
pub struct FitOutput {
    /// The same pack with the task
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Where a study goes besides the terminal.
#[derive(Debug, clap::Args)]
pub struct StudyOutput {
    /// Write the figures here as well
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

impl Source {
    /// Reads the pack and the log.
    fn read(&self) -> anyhow::Result<(Pack, Log)> {
        let pack = read_pack(&self.pack)?;
        let log = read_events(&self.events, pack.catalogue())?;
        warn_unknown(&log.unknown, &self.events);
        Ok((pack, log))
    }
}

impl FitOutput {
    /// Writes the pack with the task and the step that made it, then the summary for the terminal.
    fn write(
        &self,
        pack: Pack,
        step: &Provenance,
        add: impl FnOnce(&mut PackParts),
        summary: &str,
    ) -> anyhow::Result<()> {
        let pack = pack.edit(|parts| {
            step.replace_in(&mut parts.card);
            add(parts);
        })?;
        write_pack(&self.out, &pack)?;
        Ok(print(summary)?)
    }
}

impl StudyOutput {
    /// Writes the figures, then the table for the terminal.
    fn write(&self, study: &Study, table: &str) -> anyhow::Result<()> {
        write_study(self.json.as_deref(), study)?;
        Ok(print(table)?)
    }
}

/// Fits or studies a task.
///
/// # Errors
/// When a file cannot be read or written, or does not hold enough.
pub fn run(args: &Args) -> anyhow::Result<()> {
    match &args.action {
        Action::Fit(Fit { task }) => match task {
            FitTask::Attributes(args) => attributes::run(args),
            FitTask::Offers(args) => offers::run(args),
        },
        Action::Study(Compare { task }) => match task {
            StudyTask::Attributes(args) => attributes::study(args),
            StudyTask::Offers(args) => offers::study(args),
        },
    }
}
