//! `fewshop together collect`: opens a batch.

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::ensure;
use fewshop_data::files::{check_writable, format_day, parse_time, write_atomically};
use fewshop_together::{CollectorKeys, Counts, Terms, collect};

use super::{DAY_S, Settings, read_required_toml};
use crate::commands::print;

/// Arguments of `fewshop together collect`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A batch is opened once: its days accept no further report, and no other batch may contain them. Asking for the same days again gives the \
                  same file. Counts have noise and can be negative; those below three times sigma say little. The first line of the file is a comment \
                  with the number of visits, sigma of the noise, and epsilon and delta of one visit."
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
    /// Output file: item_id,count
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
    write_atomically(&args.out, |out| write(out, &terms, &counts))?;
    print(&format!(
        "{}: {} visits, {} products, sigma {:.2}\n",
        args.out.display(),
        counts.visits,
        counts.counts.len(),
        counts.sigma
    ))?;
    Ok(())
}

fn write(out: &mut impl Write, terms: &Terms, counts: &Counts) -> std::io::Result<()> {
    let day = |seconds: u64| format_day((seconds / DAY_S) as i32);
    let draft = terms.draft();
    writeln!(
        out,
        "# visits={} sigma={} epsilon={} delta={} from={} until={}",
        counts.visits,
        counts.sigma,
        draft.epsilon,
        draft.delta,
        day(counts.from_s),
        day(counts.until_s - DAY_S)
    )?;
    writeln!(out, "item_id,count")?;
    for (item, count) in draft.items.iter().zip(&counts.counts) {
        writeln!(out, "{},{count}", quoted(item))?;
    }
    Ok(())
}

/// An id as a cell of CSV.
fn quoted(id: &str) -> String {
    if id.contains(['"', ',', '\n', '\r']) || id.starts_with('#') {
        format!("\"{}\"", id.replace('"', "\"\""))
    } else {
        id.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fewshop_together::Draft;

    #[test]
    fn the_file_says_what_the_counts_are_worth() {
        let terms = Terms::new(Draft {
            shop: "A shop".to_owned(),
            items: vec!["a".to_owned(), "b, \"c\"".to_owned()],
            max_items: 1,
            epsilon: 0.5,
            delta: 1e-6,
            min_batch: 10,
            visits_per_month: 4,
            bucket_s: DAY_S,
        });
        let counts = Counts {
            visits: 12,
            counts: vec![-3, 7],
            sigma: 15.25,
            from_s: DAY_S,
            until_s: 3 * DAY_S,
        };
        let mut out = Vec::new();
        write(&mut out, &terms.unwrap(), &counts).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "# visits=12 sigma=15.25 epsilon=0.5 delta=0.000001 from=1970-01-02 until=1970-01-03\n\
             item_id,count\na,-3\n\"b, \"\"c\"\"\",7\n"
        );
    }

    #[test]
    fn a_day_is_a_date_without_a_time() {
        assert_eq!(day("1970-01-02"), Ok(DAY_S));
        for text in ["1970-01-02 10:00:00", "1960-01-01", "yesterday"] {
            assert!(day(text).is_err(), "{text}");
        }
    }
}
