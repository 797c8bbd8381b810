//! `cargo xtask bench`: how fast the engine is, in a browser.

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
    /// Write pages for a peer benchmark: its tower by the own kernels and by plain burn, and the
    /// shop's adaptation beside TensorFlow.js
    Plug {
        /// Folder that is written
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Build plain burn on WebGPU too: takes minutes
        #[arg(long)]
        gpu: bool,
    },
    /// Measure the built shop: event to ranked picks with reasons, and what the page's own thread
    /// does meanwhile
    Web(web::Options),
}

/// Measures.
pub(crate) fn run(bench: &Bench) -> Result<()> {
    match bench {
        Bench::Plug { out, gpu } => plug::plug(out, *gpu),
        Bench::Web(options) => web::web(options),
    }
}
