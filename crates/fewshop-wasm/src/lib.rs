//! fewshop-wasm
