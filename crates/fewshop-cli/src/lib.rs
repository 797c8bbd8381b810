//! The `fewshop` command.
//!
//! [`commands::Cli`] is the parsed command line; each sub-command is a module of [`commands`] with
//! its `Args` and a `run`. A sub-command reads its files, calls the library that does the work, and
//! writes the result: the work itself is in `fewshop-data`, `fewshop-train` and `fewshop-eval`.
//! Only code that no other program needs is here: [`check`] looks for mistakes in a shop's tables,
//! [`count`] counts them, and [`report`] draws an HTML page about a pack.
//!
//! ```
//! use clap::Parser;
//! use fewshop_cli::commands::Cli;
//!
//! let folder = tempfile::tempdir()?;
//! let shop = folder.path().join("shop");
//! let out = shop.to_string_lossy().into_owned();
//! Cli::try_parse_from(["fewshop", "example", "--out", &out])?.command.run()?;
//! assert!(shop.join("items.csv").exists());
//! # Ok::<(), anyhow::Error>(())
//! ```
//!
//! # Features
//!
//! - `wgpu`: `--backend wgpu` ranks on this machine's GPU. Off by default, since it doubles the build.
//!
//! # Limits
//!
//! This crate is a program first: its types follow the command line and change with it.

pub mod check;
pub mod commands;
pub mod count;
mod provenance;
pub mod report;
mod session_lengths;
