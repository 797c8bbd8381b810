//! `fewshop together collect`: opens a batch.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, ensure};
use fewshop_data::files::{check_writable, format_day, parse_time, write_counts};
use fewshop_together::{CollectorKeys, collect};

use super::{DAY_S, Settings, read_required_toml};
use crate::commands::print;

/// Arguments of `fewshop together collect`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A batch is opened once: its days accept no further report, and no other batch may contain them. Asking for the same days again gives the \
                  same file. Counts have noise and can be negative; those below three times the noise say little. 'fewshop refresh --counts' \
                  folds the file into a pack."
)]
pub struct Args {
    /// The settings of both aggregators
    #[arg(long, value_name = "FILE")]
    pub settings: PathBuf,
    /// The collector's keys: collector.toml
    #[arg(long, value_name = "FILE")]
    pub keys: PathBuf,
    /// First day of the batch, in UTC, for instance 2026-11-01
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub from: u64,
    /// Last day of the batch [default: yesterday]
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub until: Option<u64>,
    /// Seconds to wait for reports that are being verified
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub wait: u64,
    /// Output file: item_id,count,visits,noise
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// A date as its first second.
fn day(text: &str) -> Result<u64, String> {
    let seconds = parse_time(text).and_then(|seconds| u64::try_from(seconds).ok());
    let whole = seconds.filter(|seconds| seconds % DAY_S == 0);
    whole.ok_or_else(|| "expected a date such as 2026-11-01".to_owned())
}

/// Opens a batch.
///
/// # Errors
/// When the leader does not answer or refuses, or a file cannot be read or written.
pub fn run(args: &Args) -> anyhow::Result<()> {
    check_writable(&args.out)?;
    let settings = Settings::read(&args.settings)?;
    let terms = settings.terms(&args.settings)?;
    let keys: CollectorKeys = read_required_toml(&args.keys, "the collector's keys")?;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let until = args.until.map_or(now - now % DAY_S, |last| last + DAY_S);
    let day = |seconds: u64| format_day((seconds / DAY_S) as i32);
    ensure!(
        args.from < until,
        "--from: {}, expected a day no later than the last one, {}: give an earlier day, or --until",
        day(args.from),
        day(until.saturating_sub(DAY_S))
    );
    let counts = collect(
        &terms,
        &keys,
        &settings.leader.url,
        (args.from, until),
        Duration::from_secs(args.wait),
    )?;
    let draft = terms.draft();
    let ids = draft.items.iter().map(String::as_str);
    let sums: Result<Vec<i64>, _> = counts
        .counts
        .iter()
        .map(|sum| i64::try_from(*sum))
        .collect();
    let sums =
        sums.context("a sum is larger than any number of visits: are these the right keys?")?;
    write_counts(&args.out, ids.zip(sums), counts.visits, counts.sigma)?;
    print(&format!(
        "{}: {} visits from {} to {}, {} products, noise {:.2}, epsilon {} and delta {} a visit\n",
        args.out.display(),
        counts.visits,
        day(counts.from_s),
        day(counts.until_s - DAY_S),
        counts.counts.len(),
        counts.sigma,
        draft.epsilon,
        draft.delta
    ))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_a_date_without_a_time() {
        assert_eq!(day("1970-01-02"), Ok(DAY_S));
        for text in ["1970-01-02 10:00:00", "1960-01-01", "yesterday"] {
            assert!(day(text).is_err(), "{text}");
        }
    }
}
