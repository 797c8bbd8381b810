//! `fewshop table`: answers for any table from a few labelled rows, without a shop and without a
//! pack.

pub mod evaluate;
pub mod explain;
pub mod labelling;
pub mod predict;
pub mod train_prior;

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Subcommand, ValueEnum};
use fewshop_data::files::read_any_table;
use fewshop_table::network::Network;
use fewshop_table::{Check, Kind, MAX_CELLS, Predictor, Settings, Table, Task};

use super::warn;

/// Arguments of `fewshop table`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Rows with a value in the target column are the examples, rows without one the questions. Two to 128 examples are \
                  what this is made for. Meant to study and prepare a decision, not to decide on a person; no medical device. Columns \
                  that describe sex, age, origin, religion, family or disability are recognised by their names and left out."
)]
pub struct Args {
    /// What to do
    #[command(subcommand)]
    pub action: Action,
}

/// What is done with a table.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Answer the rows whose target is empty
    Predict(predict::Args),
    /// Measure the answers on rows whose target is known
    Evaluate(evaluate::Args),
    /// Say why one row has its answer
    Explain(explain::Args),
    /// Measure what labelling the proposed row next is worth, against a random one
    Labelling(labelling::Args),
    /// Train the network on made-up tables
    TrainPrior(train_prior::Args),
}

/// The table and what is known about its columns.
#[derive(Debug, clap::Args)]
pub struct Input {
    /// The table, CSV, Parquet or a workbook (xlsx), with any columns
    #[arg(long, value_name = "FILE")]
    pub table: PathBuf,
    /// The column that is predicted
    #[arg(long, value_name = "COLUMN")]
    pub target: String,
    /// Columns that are not used
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    pub without: Vec<String>,
    /// Further columns that describe protected attributes, besides those recognised by name
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    pub protected: Vec<String>,
    /// Use protected columns too
    #[arg(long)]
    pub use_protected: bool,
    /// A network of your own, from 'fewshop table train-prior', instead of the one inside
    #[arg(long, value_name = "FILE")]
    pub pack: Option<PathBuf>,
    /// Answer by the ensemble alone
    #[arg(long, conflicts_with = "pack")]
    pub without_network: bool,
    /// What kind of answer [default: numbers if the target has more than five different ones]
    #[arg(long, value_enum)]
    pub task: Option<TaskArg>,
    /// Start of the random numbers
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
}

/// Rows of other sites.
#[derive(Debug, clap::Args)]
pub struct SourceArg {
    /// Labelled rows of other sites, with the same columns: answers start from what they know
    #[arg(long, value_name = "FILE")]
    pub source: Option<PathBuf>,
}

/// What kind of answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TaskArg {
    /// One of at most five classes
    Classes,
    /// A number
    Numbers,
}

impl Input {
    fn network(&self) -> anyhow::Result<Option<Network>> {
        if self.without_network {
            return Ok(None);
        }
        let Some(path) = &self.pack else {
            return Ok(Some(Network::shipped()));
        };
        let place = || path.display().to_string();
        let bytes = std::fs::read(path).with_context(place)?;
        Ok(Some(Network::from_bytes(&bytes).with_context(place)?))
    }

    fn read(&self) -> anyhow::Result<(Table, Settings)> {
        let settings = Settings {
            seed: self.seed,
            uses_protected: self.use_protected,
            protected: self.protected.clone(),
            left_out: self.without.clone(),
            asked: std::collections::BTreeMap::new(),
            task: self.task.map(|task| match task {
                TaskArg::Classes => Task::Classes,
                TaskArg::Numbers => Task::Numbers,
            }),
            network: self.network()?,
        };
        Ok((read(&self.table)?, settings))
    }

    fn fit(
        &self,
        table: &Table,
        settings: &Settings,
        source: &SourceArg,
    ) -> anyhow::Result<Predictor> {
        let place = || self.table.display().to_string();
        let fitted = match &source.source {
            None => Predictor::fit(table, &self.target, settings).with_context(place)?,
            Some(path) => Predictor::fit_with_source(table, &read(path)?, &self.target, settings)
                .with_context(|| format!("{} with {}", place(), path.display()))?,
        };
        for warning in fitted.warnings() {
            warn(&format!("{}: {warning}", place()));
        }
        Ok(fitted)
    }
}

fn read(path: &Path) -> anyhow::Result<Table> {
    let read = read_any_table(path, MAX_CELLS)?;
    for note in &read.notes {
        warn(&format!("{}: {note}", path.display()));
    }
    Table::new(read.names, read.columns).with_context(|| path.display().to_string())
}

/// Which columns are used, and why others are not.
fn columns_text(fitted: &Predictor) -> String {
    let mut used = Vec::new();
    let mut out = String::new();
    for column in fitted.columns() {
        match &column.kind {
            Kind::LeftOut(reason) => {
                out.push_str(&format!(
                    "left out: {} ({})\n",
                    column.name,
                    reason.reason()
                ));
            }
            _ => used.push(column.name.as_str()),
        }
    }
    format!("columns: {}\n{out}", used.join(", "))
}

/// The verdict of the rows left out, one line.
fn check_text(check: &Check) -> String {
    let verdict = if check.is_enough() {
        "enough to tell"
    } else {
        "not enough to tell"
    };
    format!(
        "{verdict}: each of {} examples left out in turn, loss {:.3}, base rate {:.3} (t = {:.2}, needs {:.2})\n",
        check.rows, check.loss, check.base_loss, check.t, check.needed
    )
}

/// Runs the action.
///
/// # Errors
/// When a file cannot be read or written, or the table has nothing to learn from.
pub fn run(args: &Args) -> anyhow::Result<()> {
    match &args.action {
        Action::Predict(args) => predict::run(args),
        Action::Evaluate(args) => evaluate::run(args),
        Action::Explain(args) => explain::run(args),
        Action::Labelling(args) => labelling::run(args),
        Action::TrainPrior(args) => train_prior::run(args),
    }
}
