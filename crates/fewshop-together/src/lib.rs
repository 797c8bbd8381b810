//! Learning across shoppers without seeing one of them.
//!
//! A device tells which products of a watch list were in a visit, once, a day later, as a *report*:
//! the flags are split into two secret shares with a proof that they are flags and few
//! ([`Reporter`]). Two *aggregators*, run by two parties, each receive one share, verify the proof
//! together without learning the flags, add up, add noise, and give their half of the sums to the
//! *collector*, who alone can put the halves together. What the shopper is told, [`Terms`], fixes
//! everything that both aggregators keep to; [`Published`] is the file in which the shop's page finds
//! them; [`Record`] is what the device has agreed to and sent, within its [`Budget`].
//!
//! Nothing here is cryptography of our own: shares and proofs are Prio3 (crate `prio`,
//! draft-irtf-cfrg-vdaf-08), messages are those of the Distributed Aggregation Protocol (crate
//! `janus_messages`, draft-ietf-ppm-dap-09), encryption is HPKE (crate `hpke`, RFC 9180), noise is
//! `prio`'s exact sampler.
//!
//! ```
//! use fewshop_together::{Draft, Terms};
//!
//! let terms = Terms::new(Draft {
//!     shop: "A shop".to_owned(),
//!     items: (0..250).map(|i| format!("p{i}")).collect(),
//!     max_items: 20,
//!     epsilon: 1.0,
//!     delta: 1e-6,
//!     min_batch: 500,
//!     visits_per_month: 4,
//!     bucket_s: 86_400,
//! })?;
//! assert_eq!(terms.privacy_per_month().epsilon, 4.0);
//! assert!(fewshop_together::report_bytes(&terms)? < 20_000);
//! # Ok::<(), fewshop_together::TogetherError>(())
//! ```
//!
//! # Features
//!
//! - `aggregator`: the aggregators and the collector, with threads, clock, files and sockets. Off by
//!   default: a browser needs the report's side only.
//!
//! # Limits
//!
//! If both aggregators work together, they can read every report. The helper must belong to
//! somebody else than the shop: `docs/together-protocol.md`.

mod budget;
mod device;
mod error;
mod hpke;
mod privacy;
mod published;
mod report;
mod terms;

#[cfg(feature = "aggregator")]
mod collect;
#[cfg(feature = "aggregator")]
mod desk;
#[cfg(feature = "aggregator")]
mod helper;
#[cfg(feature = "aggregator")]
mod http;
#[cfg(feature = "aggregator")]
mod keys;
#[cfg(feature = "aggregator")]
mod leader;
#[cfg(feature = "aggregator")]
mod limit;
#[cfg(feature = "aggregator")]
mod noise;
#[cfg(feature = "aggregator")]
mod peer;
#[cfg(feature = "aggregator")]
mod serve;
#[cfg(feature = "aggregator")]
mod store;

pub use budget::{Budget, DELAY_S, MONTH_S, Refusal, Sent};
pub use device::{Outcome, Record, Told, Visit};
pub use error::TogetherError;
pub use privacy::Privacy;
pub use published::{Address, Published};
pub use report::{REPORT_MEDIA_TYPE, Reporter, key_path, report_bytes, report_path};
pub use terms::{Draft, MAX_WATCHED, Terms};

#[cfg(feature = "aggregator")]
pub use collect::{Counts, Sender, collect, public_keys};
#[cfg(feature = "aggregator")]
pub use helper::Helper;
#[cfg(feature = "aggregator")]
pub use keys::{
    CollectorKeys, HelperKeys, KeyPair, LeaderKeys, PublicKey, Secret, Shared, helper_keys,
    shop_keys,
};
#[cfg(feature = "aggregator")]
pub use leader::{Allowed, Leader, Worked};
#[cfg(feature = "aggregator")]
pub use serve::{Place, Server};
