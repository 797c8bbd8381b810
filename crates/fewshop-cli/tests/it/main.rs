//! The `fewshop` command as a user runs it: files in, files or one line of error out.
//!
//! One binary with a module a subject, since each binary of its own would link burn once more. Every
//! test starts the command, so each training has a process of its own: burn's random source is one
//! for all trainings of a process.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of a test that cannot write its own files may as well panic"
)]

mod common;
mod compress;
#[cfg(unix)]
mod faults;
mod federated;
mod new_items;
mod prepare;
mod profile;
mod refresh;
mod select;
mod table;
#[path = "../../../fewshop-train/src/text/tiny.rs"]
mod tiny;
mod together;
mod train;
mod tutorial;
mod workbook;
