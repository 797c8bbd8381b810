//! The storefront: a shop whose shelves adapt to the shopper, in the shopper's browser.
//!
//! The crate has two halves. This library is the shop without a document: its state ([`state`]) and
//! its texts ([`texts`]), plain values and transitions that are tested natively. The binary beside it
//! draws the page, talks to the engine, and is built for `wasm32` only. It uses leptos for its
//! reactive graph (signals, memos, effects) and nothing else: `view.rs` makes elements with plain DOM
//! calls and `nav.rs` follows links, because leptos' views and router would cost every shopper tens
//! of kilobytes.
//!
//! # The nouns
//!
//! - A [`Catalogue`](state::Catalogue) holds all products, read once from `catalogue.json`.
//! - A [`SessionLog`](state::SessionLog) records the shopper's clicks on this visit and what earlier
//!   visits put in the cart, with one step of undo; [`Memory`](state::Memory) stores it on this device
//!   together with the [`Cart`](state::Cart).
//! - A [`Pick`](state::Pick) is a product on a shelf with the reason why it is there;
//!   [`ShelfState`](state::ShelfState) is the first shelf and what it may claim.
//! - A [`Page`](state::Page) is a row of the table [`pages!`]: its address, its file and its name.
//! - An [`EngineState`](state::EngineState) is what the shop knows of the engine, and
//!   [`Wanted`](state::Wanted) what it asks; [`Prefetch`](state::Prefetch) decides whether a page waits
//!   for an answer.
//!
//! # From a click to a pick
//!
//! 1. `nav.rs` catches a click on a product's link and reports it to the shop.
//! 2. `shop/prefetch.rs` asks the engine about the session as it will be once the product is open,
//!    and holds the page back for at most 12 ms.
//! 3. `engine.rs` hands the request to the client of the worker, `assets/engine.js`, which the npm
//!    package shares; the worker ranks and replies.
//! 4. The shop stores the answer's shelves as signals, opens the page and records the view in the
//!    [`SessionLog`](state::SessionLog).
//! 5. Effects store the log on this device and redraw only those cards that changed.
//!
//! # Layers
//!
//! A module imports only modules to its left; `tests/it/dependency_rules.rs` checks it. The library
//! is `texts`, `state`; the binary follows:
//!
//! `texts`, `state`, `browser`, `view`, `nav`, `engine`, `shop`, `page_title`, `components`, `pages`,
//! `app`.
//!
//! # To add
//!
//! - **a page**: a row in `state/page.rs`, a text, a file in `pages/`;
//! - **a text**: `texts/en.rs` and `web/texts/zh.txt`;
//! - **an action of the shopper**: a transition in `state/session.rs`, a method in `shop/actions.rs`.
//!
//! # Limits
//!
//! The page loads at most 300,000 compressed bytes before it can rank; `cargo xtask size` checks it.

pub mod state;
pub mod texts;
