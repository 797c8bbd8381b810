//! What spans crates and needs no browser.
#![cfg(not(target_family = "wasm"))]

mod committed_pack;
mod golden_answers;
mod supply;
mod walls;
