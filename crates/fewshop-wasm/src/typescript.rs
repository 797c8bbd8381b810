//! The TypeScript types of the values that cross to JavaScript, generated from the Rust types of
//! `fewshop_core::protocol` (see `tests/protocol.rs`).

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(typescript_custom_section)]
const PROTOCOL: &str = include_str!("../js/protocol.d.ts");

#[wasm_bindgen(typescript_custom_section)]
const NAMES: &str = r#"
/** The answer to a session. */
export type PicksReply = Extract<Reply, { type: "picks" }>;

/** The answer to a search. */
export type FoundReply = Extract<Reply, { type: "found" }>;

/** What the class `Recommender` throws: an `Error` with a code to branch on. */
export interface FewshopError extends Error { code: ErrorCode; }
"#;
