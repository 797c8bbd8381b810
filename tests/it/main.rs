//! What spans crates and needs no browser.
#![cfg(not(target_family = "wasm"))]

mod committed_pack;
mod documents;
mod supply;
mod walls;
