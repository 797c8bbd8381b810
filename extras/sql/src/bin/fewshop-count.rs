//! `fewshop-count`, the program that `fewshop count --engine sql` and `--cluster` start.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use fewshop_core::counts::{
    ITEMS_FILE, ITEMS_HEADER, PAIRS_FILE, PAIRS_HEADER, SHAPE_FILE, pair_line,
};
use fewshop_sql::{Counter, Settings, Source, SqlError};
use indicatif::{ProgressBar, ProgressStyle};

/// Count a log of any size by SQL: on this machine, or on a Ballista cluster
#[derive(Debug, Parser)]
#[command(
    name = "fewshop-count",
    version,
    after_help = "Writes what `fewshop count` writes, byte for byte. Exit codes: 0 done, 2 wrong usage, 1 any other error."
)]
struct Cli {
    /// The products: item_id and what else a catalogue has
    #[arg(long, value_name = "FILE")]
    items: PathBuf,
    /// What shoppers did: user_id,session_id,time,item_id,event,quantity
    #[arg(long, value_name = "FILE")]
    events: PathBuf,
    /// Folder for the counts
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Let a Ballista cluster count, by the address of its scheduler; its executors must find the
    /// files by the same paths
    #[arg(long, value_name = "df://HOST:PORT")]
    cluster: Option<String>,
    /// What may be taken for groups and sorting, as 500MB or 2GB; past it the work goes to the disk
    #[arg(long, value_name = "SIZE", default_value = "1GB", value_parser = bytes)]
    memory: usize,
    /// Folder for what goes to the disk; the system's own for temporary files where it is left out
    #[arg(long, value_name = "DIR")]
    spill: Option<PathBuf>,
    /// Threads, or parts that --cluster is given; the cores of this machine where it is left out
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    threads: Option<usize>,
    /// The last share of the sessions counts as recent
    #[arg(long, value_name = "SHARE", default_value_t = 0.2, value_parser = share)]
    recent_share: f64,
    /// Leave out pairs that fewer sessions hold
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = at_least_one)]
    least: usize,
}

/// The smallest memory with which sorting works.
const MIN_BYTES: usize = 24_000_000;

fn bytes(text: &str) -> Result<usize, String> {
    let wrong = || "expected a size of at least 24MB, such as 500MB or 2GB".to_owned();
    let (digits, unit) = text.split_at(
        text.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len()),
    );
    let unit = match unit.trim().to_ascii_uppercase().as_str() {
        "" | "B" => 1,
        "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return Err(wrong()),
    };
    let size = digits
        .parse::<usize>()
        .ok()
        .and_then(|count| count.checked_mul(unit));
    size.filter(|&size| size >= MIN_BYTES).ok_or_else(wrong)
}

fn share(text: &str) -> Result<f64, String> {
    let share = text
        .parse::<f64>()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "expected a number between 0 and 1".to_owned())
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|&count| count > 0)
        .ok_or_else(|| "expected a whole number of at least 1".to_owned())
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), SqlError> {
    let out = cli.out;
    let unwritable = |error: std::io::Error| SqlError::Write {
        path: out.clone(),
        reason: error.to_string(),
    };
    std::fs::create_dir_all(&out).map_err(unwritable)?;
    let progress = Steps::start("Looking the files over");
    let source = Source {
        events: cli.events,
        items: cli.items,
    };
    let threads = cli
        .threads
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let mut counter = match &cli.cluster {
        Some(url) => on_cluster(source, url, threads)?,
        None => Counter::embedded(
            source,
            &Settings {
                memory_bytes: cli.memory,
                threads,
                spill: cli.spill,
            },
        )?,
    };
    progress.next(&format!(
        "Counting {} rows: sessions and shoppers",
        counter.rows()
    ));
    let shape = counter.shape()?;
    write(&out.join(SHAPE_FILE), |file| {
        Ok(file.write_all(shape.to_json().as_bytes())?)
    })?;
    progress.next("Counting products");
    let items = counter.popularity(cli.recent_share)?;
    write(&out.join(ITEMS_FILE), |file| {
        file.write_all(ITEMS_HEADER.as_bytes())?;
        Ok(items
            .iter()
            .try_for_each(|item| file.write_all(item.line().as_bytes()))?)
    })?;
    progress.next("Counting pairs of products");
    let pairs = write(&out.join(PAIRS_FILE), |file| {
        file.write_all(PAIRS_HEADER.as_bytes())?;
        counter.pairs(cli.least as u64, |item, other, sessions| {
            file.write_all(pair_line(item, other, sessions).as_bytes())
        })
    })?;
    let spilled = counter.spilled_bytes() / 1_000_000;
    let spilled = if spilled > 0 {
        format!("; {spilled} MB went to the disk")
    } else {
        String::new()
    };
    progress.finish(&format!(
        "{}, {pairs} pairs of products{spilled}",
        shape.summary()
    ));
    Ok(())
}

#[cfg(feature = "cluster")]
fn on_cluster(source: Source, url: &str, parts: usize) -> Result<Counter, SqlError> {
    Counter::cluster(source, url, parts)
}

#[cfg(not(feature = "cluster"))]
fn on_cluster(_: Source, _: &str, _: usize) -> Result<Counter, SqlError> {
    Err(SqlError::NoClient)
}

/// Writes a file that appears completely or not at all.
fn write<T>(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> Result<T, SqlError>,
) -> Result<T, SqlError> {
    let unwritable = |error: std::io::Error| SqlError::Write {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let unfinished = path.with_extension("part");
    let mut file = BufWriter::new(File::create(&unfinished).map_err(unwritable)?);
    let done = fill(&mut file).and_then(|value| {
        let file = file
            .into_inner()
            .map_err(|error| unwritable(error.into_error()))?;
        file.sync_all()
            .and_then(|()| std::fs::rename(&unfinished, path))
            .map_err(unwritable)?;
        Ok(value)
    });
    if done.is_err() {
        let _ = std::fs::remove_file(&unfinished);
    }
    done
}

/// Progress on stderr: a spinner on a terminal, otherwise lines.
struct Steps(ProgressBar);

impl Steps {
    fn start(what: &str) -> Self {
        let bar = ProgressBar::new_spinner();
        bar.set_style(
            ProgressStyle::with_template("{spinner} {msg} {elapsed:.dim}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner()),
        );
        bar.enable_steady_tick(Duration::from_millis(120));
        let steps = Self(bar);
        steps.next(what);
        steps
    }

    fn next(&self, what: &str) {
        self.0.set_message(what.to_owned());
        if self.0.is_hidden() {
            let _ = writeln!(std::io::stderr(), "{what} …");
        }
    }

    fn finish(self, summary: &str) {
        self.0.finish_and_clear();
        let _ = writeln!(std::io::stderr(), "{summary}");
    }
}
