//! The shop without a document: what it knows ([`state`]) and what it says ([`texts`]).
//!
//! Nothing here touches the browser, so all of it is tested natively. The page itself (components,
//! pages, the worker's door) is the binary of this crate and is built for `wasm32` only.

pub mod state;
pub mod texts;
