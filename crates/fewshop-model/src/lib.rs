//! The shared model of Fewshop: what the trainer writes, the browser reads and both compute with.
//!
//! A [`Pack`] is all that training ships. A [`Recommender`] holds one with the
//! [`Session`](fewshop_core::Session) at hand and answers [`Recommender::rank`]: encode the shots
//! into a taste vector, fine-tune it on them ([`Compute::adapt`]), scan the item table
//! ([`Compute::scan`]), join the best with what the pair counts and popularity propose, and let the
//! small ranker order the candidates ([`Compute::score`]). [`Compute`] runs these three on
//! hand-written kernels, or as burn tensors on any burn `Device`; both give the same picks.
//!
//! No IO, no clock, no randomness: bytes in, values out, the same ones every time.
//!
//! Limits: one shopper at a time; the last [`MAX_SHOTS`] shots of a session are learned from.

mod business_rules;
mod compute;
pub mod features;
pub mod kernels;
#[cfg(feature = "train")]
pub mod modules;
pub mod offers;
mod pack;
pub mod profile;
mod ranking;
mod recommender;
#[cfg(feature = "toy")]
pub mod toy;

pub use business_rules::{BusinessRules, Cap, Pin, Shift};
#[cfg(feature = "burn")]
pub use compute::BurnCompute;
pub use compute::{Compute, ComputeError};
pub use pack::{
    AdapterWeights, Card, EncoderWeights, FORMAT_VERSION, ItemTable, ModelConfig, Pack, PackError,
    Pair, PairTable, RankerWeights,
};
pub use ranking::{
    Candidates, MAX_CONTEXT_ITEMS, MODEL_MAX_VISITS, Model, RankError, RankOptions, Ranking, Step,
};
pub use recommender::Recommender;
