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

mod adaptation;
mod answer;
mod board;
mod catalogue_groups;
mod channels;
mod compute;
mod encoder;
mod error;
pub mod features;
pub mod kernels;
mod known;
pub mod offers;
mod pack;
pub mod profile;
mod recommender;
mod rules;
#[cfg(feature = "toy")]
pub mod toy;
mod weights;

pub use answer::{Candidates, RankError, RankOptions, Ranking, Step};
#[cfg(feature = "burn")]
pub use compute::BurnCompute;
pub use compute::{AdaptProblem, Compute, ComputeError};
pub use encoder::MAX_SHOTS;
pub use error::PackError;
pub use known::MAX_VISITS;
pub use pack::{Card, FORMAT_VERSION, NewItem, Pack, PackParts};
pub use recommender::Recommender;
pub use rules::{Cap, MerchantRules};
pub use weights::{
    AdapterWeights, EncoderWeights, ItemTable, ModelConfig, Pair, PairTable, RankerWeights,
};
