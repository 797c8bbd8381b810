//! Runs `fewshop-table` in a browser: a table that is labelled row by row, with answers after each
//! label.
//!
//! [`Session`] is plain Rust and tested natively. `TableSession` (wasm only) is the JavaScript class
//! around it; `crates/fewshop-wasm/package/table.js` runs it in a worker. Values cross as JSON, which
//! is written here without serde: the module stays small, and what crosses is all in `reply.rs`.
//!
//! ```
//! use fewshop_table_wasm::Session;
//!
//! let mut session = Session::read("income,repaid\n10,no\n20,no\n80,yes\n90,yes\n85,\n")?;
//! session.choose("repaid")?;
//! let json = session.answers(&[4]);
//! assert!(json.starts_with(r#"[{"row":4,"#), "{json}");
//! # Ok::<(), fewshop_table::TableError>(())
//! ```
//!
//! # Limits
//!
//! [`MAX_TAB_CELLS`] cells. No network and no storage: text comes in, answers go out.

#[cfg(target_family = "wasm")]
mod bindings;
mod csv;
mod json;
mod reply;
mod session;

#[cfg(target_family = "wasm")]
pub use bindings::TableSession;
pub use reply::error;
pub use session::{MAX_TAB_CELLS, Session};
