//! `fewshop count`: what a log comes to, also one that is larger than the memory.

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
                        (item_id,other_id,sessions). The counts are whole numbers, the same whoever counts.\n\n\
                        --engine sql and --cluster start `fewshop-count`, a program of its own, from this program's folder or from PATH. Build it with \
                        `cargo build --release --manifest-path extras/sql/Cargo.toml --features cluster --target-dir target`. What training reads more leniently is refused there: blanks around a cell, times \
                        without seconds, a product taken and turned down in the same second."
)]
pub struct Args {
    /// The products: item_id and what else a catalogue has
    #[arg(long, value_name = "FILE")]
    pub items: PathBuf,
    /// What shoppers did: user_id,session_id,time,item_id,event,quantity
    #[arg(long, value_name = "FILE")]
    pub events: PathBuf,
    /// Folder for the counts
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Who counts
    #[arg(long, value_enum, default_value_t)]
    pub engine: EngineArg,
    /// Let a Ballista cluster count, by the address of its scheduler; its executors must find the
    /// files by the same paths
    #[arg(long, value_name = "df://HOST:PORT")]
    pub cluster: Option<String>,
    /// What --engine sql may take for groups and sorting, as 500MB or 2GB; past it the work goes to
    /// the disk
    #[arg(long, value_name = "SIZE", default_value = "1GB")]
    pub memory: String,
    /// Folder for what goes to the disk; the system's own for temporary files where it is left out
    #[arg(long, value_name = "DIR")]
    pub spill: Option<PathBuf>,
    /// Threads of --engine sql, parts that --cluster is given; the cores of this machine where it
    /// is left out
    #[arg(long, value_name = "N", value_parser = super::at_least_one)]
    pub threads: Option<usize>,
    /// The last share of the sessions counts as recent
    #[arg(long, value_name = "SHARE", default_value_t = 0.2, value_parser = share)]
    pub recent_share: f64,
    /// Leave out pairs that fewer sessions hold
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = super::at_least_one)]
    pub min_sessions: usize,
}

/// Who counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum EngineArg {
    /// The code that training counts with, the whole log in memory
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

/// The program beside this one, or on PATH.
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
        // It has said on stderr what is wrong, in one line that begins as ours do.
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => bail!(
            "there is no `fewshop-count` beside this program or on PATH: build it with `cargo build --release --manifest-path extras/sql/Cargo.toml \
             --features cluster --target-dir target`, or use --engine memory"
        ),
        Err(error) => bail!("`fewshop-count` cannot be started ({error}): check its permissions"),
    }
}
