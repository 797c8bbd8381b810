//! The shared model of Fewshop: what the trainer writes, the browser reads and both compute with.
//!
//! # Overview
//!
//! - A [`Pack`] is everything that training ships: weights, settings and catalogue, one file.
//! - A [`Model`] is a pack made ready for ranking. It holds no shopper: [`Model::rank`] takes a
//!   [`Session`](fewshop_core::Session) and returns a [`Ranking`].
//! - A [`Recommender`] is a model with the session of one shopper, for a page: it receives events one
//!   by one, aggregates earlier visits once, and runs on any backend.
//! - A [`Task`] is what a pack answers besides a ranking: [`Model::answer`] takes its name and a
//!   session and returns calibrated predictions. [`tasks`] holds one folder for each.
//! - [`Compute`] is the backend: hand-written CPU kernels, or burn tensors on any burn `Device`. Both
//!   give the same picks.
//!
//! One run encodes the context items into a user embedding, fine-tunes it ([`kernels::adapt`]), scans
//! the item table ([`kernels::scan`]), adds candidates from pair counts and popularity, and orders all
//! of them with a small network ([`kernels::rank`]) over the [`features`].
//!
//! # Example
//!
#![cfg_attr(feature = "toy", doc = "```")]
#![cfg_attr(not(feature = "toy"), doc = "```ignore")]
//! use fewshop_core::{Event, EventKind, ItemId, Reason, Session};
//! use fewshop_model::{Model, Pack, RankOptions, toy};
//!
//! // A shop's own pack is read with `Pack::from_bytes`.
//! let model = Model::new(toy::pack());
//!
//! let viewed = model.catalogue().ix(&ItemId::from("toy45")).expect("the toy shop sells it");
//! let mut session = Session::default();
//! session.events.push(Event::new(viewed, EventKind::View));
//!
//! let ranking = model.rank(&session, &RankOptions { n: 5, ..RankOptions::default() })?;
//! assert_eq!(ranking.picks.len(), 5);
//! let best = &ranking.picks[0];
//! assert_eq!(model.catalogue()[best.item].department(), "Household");
//!
//! // Each pick names the context items that carry it.
//! assert!(matches!(&best.reason, Reason::BecauseOf { shots } if shots[0].item == viewed));
//! assert_eq!(&model.explain(&session, best.item)?, best);
//!
//! let alike = model.similar_items(viewed, 3)?;
//! assert!(alike.iter().all(|pick| pick.item != viewed));
//! # Ok::<(), fewshop_model::RankError>(())
//! ```
//!
//! # Features
//!
//! None is enabled by default; the kernels alone are a third of burn's size.
//!
//! - `burn`: `BurnCompute`, the three heavy steps as burn tensors.
//! - `flex`: burn on the CPU, the reference implementation that tests compare the kernels with.
//! - `wgpu`: burn on WebGPU.
//! - `toy`: a small made-up shop for tests and examples.
//!
//! # Limits
//!
//! - No IO, no clock: bytes in, values out, and the same answer every time.
//! - A run learns from the last [`MAX_CONTEXT_ITEMS`] context items and [`MODEL_MAX_VISITS`] visits.
//! - Scores are comparable within one answer only.

mod business_rules;
mod compute;
mod error;
pub mod features;
pub mod kernels;
mod pack;
mod ranking;
mod recommender;
pub mod tasks;
#[cfg(feature = "toy")]
pub mod toy;
mod weights;

pub use business_rules::{BusinessRules, Cap, Pin, Shift};
#[cfg(feature = "burn")]
pub use compute::BurnCompute;
pub use compute::{Compute, ComputeError};
pub use error::PackError;
pub use pack::{Card, FORMAT_VERSION, NewItem, Pack, PackParts};
pub use ranking::{
    Candidates, MAX_CONTEXT_ITEMS, MODEL_MAX_VISITS, Model, RankError, RankOptions, Ranking, Step,
    channel_scores,
};
pub use recommender::Recommender;
pub use tasks::{Examples, Task, TaskError};
pub use weights::{
    AdapterWeights, CategoryGroups, CategoryLifts, Channel, EncoderWeights, ItemTable, ModelConfig,
    Pair, PairTable, RankerWeights, RefreshConfig, TaskWeights, Variants,
};
