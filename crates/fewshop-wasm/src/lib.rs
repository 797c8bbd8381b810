//! Runs `fewshop-model` in a browser: the engine of the shop's worker, and the npm package.
//!
//! # The parts
//!
//! - [`Engine`] ranks for one shopper. It is plain Rust and is tested natively.
//! - `Recommender` (wasm only) is the JavaScript class around it: `await Recommender.load(bytes)`,
//!   `observe`, `undo`, `forget`, `rank`, `explain`, `status`, and `answer`, which takes a whole
//!   request of [`fewshop_core::protocol`]. Values cross as plain objects.
//! - `js/worker.js` loads the engine in a worker and speaks that protocol with the page. It moves
//!   to WebGPU if that is faster, and back if the GPU fails.
//! - `package/` is the npm package: `index.js` (the class `Fewshop`, which keeps the session),
//!   `picks.js` (the element `<fewshop-picks>`) and `client.js` (asks the worker and replaces a dead
//!   one), which the storefront uses as well.
//! - `js/protocol.d.ts` and `package/protocol.js` are generated from the protocol; the test
//!   `protocol` compares them.
//!
//! Every failure is a JS `Error` with a `code` for programs and a message that says what to do:
//! [`EngineError`].
//!
//! # Example
//!
//! ```
//! use fewshop_core::{Event, EventKind, Filter, ItemIx};
//! use fewshop_model::Compute;
//! use fewshop_wasm::Engine;
//!
//! # pollster::block_on(async {
//! let mut engine = Engine::new(fewshop_model::toy::pack(), Compute::Kernels);
//! engine.observe(Event::new(ItemIx(3), EventKind::View))?;
//! let (picks, _) = engine.rank(5, Filter::ALL).await?;
//! assert_eq!(picks.len(), 5);
//! # Ok::<(), fewshop_wasm::EngineError>(())
//! # }).expect("the toy shop ranks");
//! ```
//!
//! # Features
//!
//! Without features this is the CPU engine, which contains the hand-written kernels alone. `gpu`
//! adds burn on WebGPU and makes the second, larger module, which can do both.
//!
//! # Limits
//!
//! One shopper at a time. No network and no storage: bytes come in, answers go out.

#[cfg(target_family = "wasm")]
mod arguments;
#[cfg(target_family = "wasm")]
mod bindings;
mod engine;
mod error;
#[cfg(all(target_family = "wasm", feature = "gpu"))]
mod gpu;
#[cfg(target_family = "wasm")]
mod typescript;

#[cfg(target_family = "wasm")]
pub use bindings::Recommender;
pub use engine::{Engine, Run};
pub use error::EngineError;
