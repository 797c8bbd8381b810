//! `fewshop-model` for JavaScript: the engine that runs in the shop's worker, and the npm package.
//!
//! In a browser the class `Recommender` holds one pack and one session:
//! `await Recommender.load(bytes)`, `observe`, `undo`, `forget`, `rank`, `explain`, `status`; and
//! `answer`, which fills all shelves of one request of [`fewshop_core::protocol`] and is all that
//! the worker needs. Values cross as plain objects with TypeScript types. Every failure is a JS
//! `Error` whose `code` a program may branch on and whose message says what to do.
//!
//! Below the class lies [`Engine`], which knows no JavaScript and is tested natively. Two modules
//! come of this crate: the CPU engine, on the hand-written kernels alone, and with feature `gpu`
//! the WebGPU engine, which can do both.
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
//! Limits: one shopper at a time; no network (bytes come in, answers go out).

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
