//! `fewshop check`: looks a shop's own files over before a training.

use std::io::Write;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use fewshop_data::files::{parse_time, write_atomically};

use super::{at_least_one, print, write_json};
use crate::check::{check, describe};
use crate::report::data_page;

/// Arguments of `fewshop check`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exits with 1 where a training would fail, with 0 where it would not, however odd the files are."
)]
pub struct Args {
    /// The products: item_id,title,category,brand,size,price
    #[arg(long, value_name = "FILE")]
    pub items: PathBuf,
    /// What shoppers did: user_id,session_id,time,item_id,event,quantity
    #[arg(long, value_name = "FILE")]
    pub events: PathBuf,
    /// Write the data card here as well, as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Draw the data card as one page: session lengths, long tail, events over time
    #[arg(long, value_name = "HTML")]
    pub html: Option<PathBuf>,
    /// How many problems are written out; the others are counted
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = at_least_one)]
    pub most: usize,
    /// What counts as now, as 2024-05-31: later times lie in the future; the clock's time where it
    /// is left out
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub now: Option<i64>,
}

fn time(text: &str) -> Result<i64, String> {
    parse_time(text)
        .ok_or_else(|| "expected a time such as 2024-05-31 or 2024-05-31 12:00:00".to_owned())
}

/// Checks.
///
/// # Errors
/// When a file cannot be read or written, or a training would fail.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let clock = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |time| time.as_secs() as i64)
    };
    let checked = check(
        &args.items,
        &args.events,
        args.most,
        args.now.unwrap_or_else(clock),
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
            "{} would stop a training: mend them and check again",
            if count == 1 {
                "1 problem".to_owned()
            } else {
                format!("{count} problems")
            }
        );
    }
    Ok(())
}
