//! `fewshop together send`: reports as shoppers' devices send them, for a trial.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, ensure};
use fewshop_data::files::read_any_table;
use fewshop_together::{Reporter, Sender, public_keys};

use super::Settings;
use crate::commands::print;

/// Cells of the visits, to bound memory.
const MAX_CELLS: usize = 10_000_000;

/// Arguments of `fewshop together send`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "For trials only: a shopper's device waits a day, asks its owner before it takes part, and keeps a budget. All reports of one machine count \
                  as one client: raise limits.reports_per_address in the settings for the trial."
)]
pub struct Args {
    /// The settings of both aggregators
    #[arg(long, value_name = "FILE")]
    pub settings: PathBuf,
    /// Visits, the rows of one after another: session_id,item_id
    #[arg(long, value_name = "FILE")]
    pub visits: PathBuf,
}

/// Sends a report for each visit.
///
/// # Errors
/// When the file cannot be read, or an aggregator does not answer or refuses a report.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let settings = Settings::read(&args.settings)?;
    let terms = settings.terms(&args.settings)?;
    let visits = visits(args)?;
    let (leader, helper) = (&settings.leader.url, &settings.helper.url);
    let [leader_key, helper_key] = public_keys(&terms, leader, helper)?;
    let reporter = Reporter::new(terms.clone(), &leader_key, &helper_key)?;
    let sender = Sender::new(&terms, leader);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    for (sent, items) in visits.iter().enumerate() {
        let items: Vec<&str> = items.iter().map(String::as_str).collect();
        let report = reporter.report(&items, now)?;
        sender
            .send(&report)
            .with_context(|| format!("{sent} of {} reports were sent", visits.len()))?;
    }
    print(&format!("{leader}: {} reports sent\n", visits.len()))?;
    Ok(())
}

fn visits(args: &Args) -> anyhow::Result<Vec<Vec<String>>> {
    let path = args.visits.display();
    let table = read_any_table(&args.visits, MAX_CELLS)?;
    let column = |name: &str| {
        let found = table.names.iter().position(|known| known == name);
        found.with_context(|| {
            format!(
                "{path}: no column {name}, found {}, expected session_id and item_id",
                table.names.join(", ")
            )
        })
    };
    let (sessions, items) = (column("session_id")?, column("item_id")?);
    let mut visits: Vec<Vec<String>> = Vec::new();
    let mut last = None;
    for (session, item) in table.columns[sessions].iter().zip(&table.columns[items]) {
        if last != Some(session) {
            visits.push(Vec::new());
            last = Some(session);
        }
        if let Some(visit) = visits.last_mut() {
            visit.push(item.clone());
        }
    }
    ensure!(
        !visits.is_empty(),
        "{path}: no visit, expected at least one row"
    );
    Ok(visits)
}
