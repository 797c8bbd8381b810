//! What the `fewshop` command is made of: one module a sub-command in [`commands`], and what only
//! the command needs. [`check`] looks a shop's own tables over, [`count`] counts them, [`report`]
//! draws a page about a pack.

pub mod check;
pub mod commands;
pub mod count;
mod provenance;
pub mod report;
