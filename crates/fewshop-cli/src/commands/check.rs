//! `fewshop check`: checks a shop's own files before training.

use std::io::Write;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use fewshop_data::files::{parse_time, write_atomically};

use super::reading::ReadingArgs;
use super::{at_least_one, print, write_json};
use crate::check::{check, describe};
use crate::report::data_page;

/// Arguments of `fewshop check`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exits with 1 if training would fail, otherwise with 0, regardless of warnings."
)]
pub struct Args {
    /// The products: item_id,title,category,brand,size,price, or an export that is recognised. Without it they are those of the events, as far as
    /// these say
    #[arg(long, value_name = "FILE")]
    pub items: Option<PathBuf>,
    /// The events: user_id,session_id,time,item_id,event,quantity, or an export that is recognised
    #[arg(long, value_name = "FILE")]
    pub events: PathBuf,
    /// Also write the data card to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Draw the data card as a page to this file: session lengths, long tail, events over time
    #[arg(long, value_name = "HTML")]
    pub html: Option<PathBuf>,
    /// Number of kinds of problems to list; the others are only counted
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = at_least_one)]
    pub most: usize,
    /// The current time, such as 2024-05-31: later times are in the future [default: the clock's
    /// time]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub now: Option<i64>,
    /// How to read the files.
    #[command(flatten)]
    pub reading: ReadingArgs,
}

fn time(text: &str) -> Result<i64, String> {
    parse_time(text)
        .ok_or_else(|| "expected a time such as 2024-05-31 or 2024-05-31 12:00:00".to_owned())
}

/// Checks.
///
/// # Errors
/// When a file cannot be read or written, or training would fail.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let clock = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |time| time.as_secs() as i64)
    };
    let checked = check(
        args.items.as_deref().unwrap_or(&args.events),
        &args.events,
        args.most,
        args.now.unwrap_or_else(clock),
        &args.reading.reading()?,
    )?;
    write_json(args.json.as_deref(), &checked)?;
    if let Some(path) = &args.html {
        let page = data_page(&checked);
        write_atomically(path, |out| out.write_all(page.as_bytes()))?;
    }
    print(&describe(&checked))?;
    if !checked.can_train() {
        let count = checked.problems_found;
        anyhow::bail!(
            "{} would make training fail: fix them and check again",
            if count == 1 {
                "1 problem".to_owned()
            } else {
                format!("{count} problems")
            }
        );
    }
    Ok(())
}
