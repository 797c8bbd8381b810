//! Tests that span crates and need no browser.
#![cfg(not(target_family = "wasm"))]

mod committed_pack;
mod dependency_rules;
mod documents;
mod gift_pack;
mod golden_answers;
mod imports;
mod shelves;
mod supply;
mod tasks;
mod words;
