//! The `fewshop` command. Everything it does is in the library; this file turns an error into one
//! line and an exit code.

use std::process::ExitCode;

use clap::Parser;
use fewshop_cli::commands::{Cli, is_closed_pipe, one_line};
use fewshop_data::progress::say;

fn main() -> ExitCode {
    match Cli::parse().command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {}", one_line(&error)));
            ExitCode::FAILURE
        }
    }
}
