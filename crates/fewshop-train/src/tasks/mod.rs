//! Tasks: what a pack answers besides rankings, fitted without training it again.

pub mod attributes;
mod common;
pub mod offers;
