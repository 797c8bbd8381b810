//! `cargo xtask bench`: the speed of the engine in a browser.

mod grow;
mod plug;
mod user;
mod web;

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;

/// What to measure.
#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// Write pages for a peer benchmark: its item tower on our kernels and on plain burn, and the
    /// shop's adaptation beside TensorFlow.js
    Plug {
        /// Output folder
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Also build plain burn on WebGPU, which takes minutes
        #[arg(long, conflicts_with = "own")]
        gpu: bool,
        /// Only our own kernels, which takes seconds
        #[arg(long)]
        own: bool,
    },
    /// Measure the built shop: the time from an event to ranked picks with reasons, and the load of
    /// the page's own thread meanwhile
    Web(web::Options),
}

/// Runs the measurement.
pub(crate) fn run(bench: &Bench) -> Result<()> {
    match bench {
        Bench::Plug { out, gpu, own } => plug::plug(out, *gpu, *own),
        Bench::Web(options) => web::web(options),
    }
}
