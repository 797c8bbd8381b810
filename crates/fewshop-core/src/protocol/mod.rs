//! What the page and the worker say to each other.
//!
//! The page always sends the whole session, never a change to it. So a message may be lost, folded
//! into a later one or sent again to a fresh engine, and the answer is the same: the newest
//! [`SessionRequest`] wins, nothing queues up, and a worker that died is replaced without losing
//! anything.

use serde::{Deserialize, Serialize};

use crate::{AttributeBelief, Filter, ItemIx, OfferPick, Recommendation, Session};

/// Which engine module computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// WebAssembly SIMD kernels on the CPU.
    Cpu,
    /// burn on WebGPU.
    Wgpu,
}

/// From the page to the worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Request {
    /// Start: fetch the pack and the engine.
    Load {
        /// URL of the pack, relative to the worker's.
        pack: String,
        /// A backend to force; `None` lets calibration choose.
        backend: Option<Backend>,
        /// SHA-256 of the pack in hex: another file than this is refused before it is read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sha256: Option<String>,
    },
    /// Is anybody there? Answered with `Alive` as soon as the worker's loop turns.
    Ping,
    /// Rank for this session.
    Session(SessionRequest),
    /// Full reason of one product for the session ranked last.
    Explain {
        /// The product.
        item: ItemIx,
    },
}

/// The session as it stands and the shelves wanted for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionRequest {
    /// Grows with each request; the answer carries it back.
    pub seq: u32,
    /// All that the shopper did.
    pub session: Session,
    /// The shelves to fill.
    pub shelves: Vec<ShelfRequest>,
    /// Whether to say what is believed of the shopper's household. Where the shopper does not want
    /// that it is not even worked out.
    #[serde(default)]
    pub household: bool,
    /// Offers wanted, 0 for none.
    #[serde(default)]
    pub offers: u32,
}

/// One shelf that the page wants filled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShelfRequest {
    /// The page's own name for it; comes back with the answer.
    pub name: String,
    /// Picks wanted, at least 1.
    pub n: usize,
    /// Products allowed.
    #[serde(default)]
    pub filter: Filter,
    /// Rank for these products instead of the session, as for 'goes well with' on a product page or
    /// cart.
    #[serde(default)]
    pub seeds: Vec<ItemIx>,
}

/// From the worker to the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Reply {
    /// Bytes of pack and engine that have arrived.
    Loading {
        /// So far.
        received: f64,
        /// In all, where the server said so.
        total: Option<f64>,
    },
    /// A sign of life, where one was asked for, and nothing else.
    Alive,
    /// The engine ranks from now on. Comes again when the backend changes.
    Ready {
        /// What runs and why.
        status: Status,
    },
    /// The answer to the newest session.
    Picks {
        /// Of the request.
        seq: u32,
        /// In the order asked for.
        shelves: Vec<Shelf>,
        /// What is believed of the household, where that was asked for and the pack has heads.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        household: Vec<AttributeBelief>,
        /// The best offers first, where such were asked for and the pack has any.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        offers: Vec<OfferPick>,
        /// After this run.
        status: Status,
    },
    /// The answer to `Explain`.
    Explanation {
        /// The product with its score and full reason.
        pick: Recommendation,
    },
    /// The engine cannot go on; the shop can.
    Failed {
        /// A word that code may branch on: `pack_missing`, `pack_corrupt`, `engine_corrupt`,
        /// `no_wasm`, `internal`.
        code: String,
        /// For people.
        message: String,
    },
}

/// A filled shelf.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shelf {
    /// Name given in the request.
    pub name: String,
    /// Best first.
    pub picks: Vec<Recommendation>,
}

/// What the engine says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Running backend.
    pub backend: Backend,
    /// Why that one, for people.
    pub backend_reason: String,
    /// Products ranked.
    pub items: usize,
    /// Shots that the last run learned from.
    pub shots: usize,
    /// Weight of the fine-tuned taste against the frozen one in the last run: 0 is frozen.
    pub gate: f32,
    /// Wall time of the last run in milliseconds.
    pub last_run_ms: f64,
    /// First 8 bytes of the pack's SHA-256 in hex: rows mean nothing in another pack.
    pub pack: String,
}
