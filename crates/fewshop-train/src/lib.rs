//! What the `fewshop` command is made of: files in and out, raw shop logs made ready, training,
//! evaluation.
//!
//! [`files`] reads and writes the tables, [`prepare`] turns a raw log into them, [`titles`] makes a
//! till's product names readable, [`check`] looks a shop's own tables over, [`count`] counts them,
//! [`example`] makes some up, [`text`] reads them with a pre-trained sentence model, [`learner`]
//! trains, [`select`] chooses its settings, [`profile`] tells households apart, [`offers`] asks
//! what they redeem, [`compress`] makes a pack smaller, [`seeds`] and [`study`] say how far its
//! figures spread and its costs grow, [`commands`] holds one module a sub-command. All reading,
//! writing, threads and progress bars of the workspace live here.

pub mod baselines;
pub mod check;
pub mod commands;
pub mod compress;
pub mod count;
pub mod evaluation;
pub mod example;
pub mod files;
pub mod learner;
mod memory;
pub mod merchant;
pub mod modules;
pub mod newcomers;
pub mod offers;
pub mod pictures;
pub mod prepare;
pub mod profile;
pub mod progress;
pub mod report;
pub mod seeds;
pub mod select;
pub mod study;
pub mod text;
pub mod titles;
