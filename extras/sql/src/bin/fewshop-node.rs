//! `fewshop-node`: a scheduler or an executor of a Ballista cluster, for `fewshop count --cluster`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use fewshop_sql::node::{Executor, executor, scheduler, stop_with_stdin};

/// A part of a Ballista cluster, for `fewshop count --cluster`
#[derive(Debug, Parser)]
#[command(
    name = "fewshop-node",
    version,
    after_help = "There is no authentication: keep these ports within a network that you trust."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Stop when stdin closes, that is when the parent process is gone
    #[arg(long, global = true)]
    with_stdin: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Accept queries and distribute their parts to executors; prints its address
    Scheduler {
        /// Address to listen on; port 0 picks a free one
        #[arg(long, default_value = "127.0.0.1:50050", value_name = "HOST:PORT")]
        listen: String,
    },
    /// Execute parts of queries
    Executor {
        /// Host and port of the scheduler
        #[arg(long, default_value = "127.0.0.1:50050", value_name = "HOST:PORT")]
        scheduler: String,
        /// Host to listen on, by which the other executors reach this one
        #[arg(long, default_value = "127.0.0.1", value_name = "HOST")]
        host: String,
        /// Port for data between executors; the next one is for the scheduler
        #[arg(long, default_value_t = 50051, value_name = "PORT")]
        port: u16,
        /// Partitions to work on at once; 0 means one per core
        #[arg(long, default_value_t = 0, value_name = "N")]
        threads: usize,
        /// Bytes for groups and sorting; beyond them it spills to disk
        #[arg(long, default_value_t = 1 << 30, value_name = "BYTES")]
        memory: u64,
        /// Folder for spilled data
        #[arg(long, value_name = "DIR")]
        work: PathBuf,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    if cli.with_stdin {
        stop_with_stdin();
    }
    let done = match cli.command {
        Command::Scheduler { listen } => scheduler(&listen),
        Command::Executor {
            scheduler,
            host,
            port,
            threads,
            memory,
            work,
        } => executor(&Executor {
            scheduler,
            host,
            port,
            threads,
            memory_bytes: memory,
            work,
        }),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
