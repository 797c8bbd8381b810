//! `fewshop count`: counts a log, even if it is larger than memory.

use std::path::PathBuf;
use std::process::Command;

use anyhow::bail;
use clap::ValueEnum;
use fewshop_data::progress::Progress;

use crate::count::{CountSettings, Counter};

/// Arguments of `fewshop count`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Writes shape.json (events, shoppers, sessions by length), popularity.csv (item_id,sessions,recent) and pairs.csv \
                        (item_id,other_id,sessions). The counts are integers, and the same for every engine.\n\n\
                        --engine sql and --cluster start the separate program `fewshop-count` from this program's folder or from PATH. Build it with \
                        `cargo build --release --manifest-path extras/sql/Cargo.toml --features cluster --target-dir target`. It refuses some inputs that training accepts: blanks around a cell, times \
                        without seconds, a product taken and turned down in the same second."
)]
pub struct Args {
    /// The products: item_id and other columns
    #[arg(long, value_name = "FILE")]
    pub items: PathBuf,
    /// The events: user_id,session_id,time,item_id,event,quantity
    #[arg(long, value_name = "FILE")]
    pub events: PathBuf,
    /// Folder for the counts
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The engine that counts
    #[arg(long, value_enum, default_value_t)]
    pub engine: EngineArg,
    /// Count on the Ballista cluster with this scheduler address; its executors must find the files
    /// at the same paths
    #[arg(long, value_name = "df://HOST:PORT")]
    pub cluster: Option<String>,
    /// Memory of --engine sql for groups and sorting, such as 500MB or 2GB; larger work spills to
    /// disk
    #[arg(long, value_name = "SIZE", default_value = "1GB")]
    pub memory: String,
    /// Folder for data spilled to disk [default: the system's temporary folder]
    #[arg(long, value_name = "DIR")]
    pub spill: Option<PathBuf>,
    /// Threads of --engine sql, or partitions of --cluster [default: the number of cores]
    #[arg(long, value_name = "N", value_parser = super::at_least_one)]
    pub threads: Option<usize>,
    /// Share of the latest sessions that count as recent
    #[arg(long, value_name = "SHARE", default_value_t = 0.2, value_parser = share)]
    pub recent_share: f64,
    /// Leave out pairs in fewer sessions than this
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = super::at_least_one)]
    pub min_sessions: usize,
}

/// The engine that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum EngineArg {
    /// The code of training, with the whole log in memory
    #[default]
    Memory,
    /// DataFusion, within the memory that --memory names
    Sql,
}

fn share(text: &str) -> Result<f64, String> {
    let share = text
        .parse::<f64>()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "expected a number between 0 and 1".to_owned())
}

/// Counts.
///
/// # Errors
/// When a file cannot be read or written, or the engine fails.
pub fn run(args: &Args) -> anyhow::Result<()> {
    if args.cluster.is_some() || args.engine == EngineArg::Sql {
        return by_sql(args);
    }
    let progress = Progress::start("Reading the log into memory");
    let counter = Counter::read(&args.items, &args.events)?;
    progress.finish(&format!("{}: read", args.events.display()));
    counter.write(&CountSettings {
        recent_share: args.recent_share,
        min_sessions: args.min_sessions as u64,
        out: args.out.clone(),
    })?;
    Ok(())
}

/// The program in this one's folder, or on PATH.
fn program() -> PathBuf {
    let name = format!("fewshop-count{}", std::env::consts::EXE_SUFFIX);
    let beside = std::env::current_exe()
        .ok()
        .map(|own| own.with_file_name(&name));
    beside
        .filter(|path| path.is_file())
        .unwrap_or_else(|| name.into())
}

fn by_sql(args: &Args) -> anyhow::Result<()> {
    let mut command = Command::new(program());
    for (option, path) in [
        ("--items", &args.items),
        ("--events", &args.events),
        ("--out", &args.out),
    ] {
        command.arg(option).arg(path);
    }
    command.args([
        "--memory",
        &args.memory,
        "--recent-share",
        &args.recent_share.to_string(),
        "--least",
        &args.min_sessions.to_string(),
    ]);
    if let Some(url) = &args.cluster {
        command.arg(format!("--cluster={url}"));
    }
    if let Some(folder) = &args.spill {
        command.arg("--spill").arg(folder);
    }
    if let Some(threads) = args.threads {
        command.args(["--threads", &threads.to_string()]);
    }
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        // It has printed its error on stderr, in one line in the same format.
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => bail!(
            "`fewshop-count` is neither in this program's folder nor on PATH: build it with `cargo build --release --manifest-path extras/sql/Cargo.toml \
             --features cluster --target-dir target`, or use --engine memory"
        ),
        Err(error) => bail!("`fewshop-count` cannot be started ({error}): check its permissions"),
    }
}
