//! The messages between a page and its worker: one definition for the storefront and the npm
//! package.
//!
//! The page always sends the whole session, never a change to it. A message may therefore be lost,
//! merged into a later one, or sent again to a fresh engine, and the answer is the same. The newest
//! [`SessionRequest`] wins, nothing queues up, and a worker that died is replaced without loss.
//!
//! [`limits`] holds the numbers that both sides keep to. The TypeScript types and the JavaScript
//! constants of `crates/fewshop-wasm/package` are generated from this module (feature
//! `typescript`), and a test fails when the committed files differ.

pub mod limits;
#[cfg(feature = "typescript")]
pub mod typescript;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{Filter, Item, ItemIx, Objective, Recommendation, Session, TaskAnswer, TaskRequest};

/// Codes of [`Reply::Failed`] that blame one request: the next request may succeed. After any
/// other code the worker answers nothing more.
pub const REQUEST_FAULTS: [&str; 5] = [
    "bad_argument",
    "no_catalogue",
    "no_words",
    "nothing_wanted",
    "unknown_item",
];

/// Codes of [`Reply::Failed`] that end a worker's service.
pub const WORKER_FAULTS: [&str; 6] = [
    "pack_missing",
    "pack_corrupt",
    "engine_corrupt",
    "no_wasm",
    "wrong_protocol",
    "internal",
];

/// Codes of the errors that the class `Recommender` throws, besides [`REQUEST_FAULTS`].
pub const ENGINE_FAULTS: [&str; 10] = [
    "pack_empty",
    "pack_not_a_pack",
    "pack_version",
    "pack_truncated",
    "pack_checksum",
    "pack_field",
    "no_adapter",
    "no_gpu_in_module",
    "backend_failed",
    "internal",
];

/// The engine module that computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// WebAssembly SIMD kernels on the CPU.
    Cpu,
    /// burn on WebGPU.
    Wgpu,
}

impl Backend {
    /// All backends.
    pub const ALL: [Self; 2] = [Self::Cpu, Self::Wgpu];

    /// The backend's name in messages and addresses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Wgpu => "wgpu",
        }
    }
}

/// From the page to the worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Request {
    /// Fetch the pack and the engine, and start.
    Load {
        /// Version of the protocol that the page speaks, [`limits::PROTOCOL_VERSION`]. A worker of
        /// another version fails with `wrong_protocol`; one that is not told assumes its own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        protocol: Option<u32>,
        /// URL of the pack, relative to the worker's.
        pack: String,
        /// A backend to force; `None` lets calibration choose.
        backend: Option<Backend>,
        /// SHA-256 of the pack in hex; any other file is refused before it is read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sha256: Option<String>,
    },
    /// Asks for a sign of life. The worker answers `Alive` as soon as its loop turns.
    Ping,
    /// Rank for this session.
    Session(SessionRequest),
    /// Send all products. The npm package asks; the storefront has its own copy.
    Catalogue,
    /// Score and full reason of one product, picked or not, for this session.
    Explain {
        /// The session to explain for.
        session: Session,
        /// The product.
        item: ItemIx,
    },
    /// The file of words that the search answers from, as `fewshop words` made it for this pack.
    /// Without bytes, or before this message, it answers from letters alone.
    Words {
        /// The file.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(type = "ArrayBuffer"))]
        bytes: Vec<u8>,
    },
    /// Find products by words. The newest query wins.
    Find {
        /// As typed.
        query: String,
        /// Maximum number of products.
        n: usize,
    },
}

/// A session and what the page wants for it: shelves and tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SessionRequest {
    /// Grows with each request; the answer returns it.
    pub seq: u32,
    /// Everything the shopper did.
    pub session: Session,
    /// The shelves to fill. May be empty if tasks are wanted.
    pub shelves: Vec<ShelfRequest>,
    /// The tasks to answer. A task is not computed unless it is wanted.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Vec<TaskRequest>>"))]
    pub tasks: Vec<TaskRequest>,
}

/// One shelf that the page wants filled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ShelfRequest {
    /// The page's own name for the shelf; the answer returns it.
    pub name: String,
    /// Number of picks wanted, at least 1.
    pub n: usize,
    /// Products allowed.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Filter>"))]
    pub filter: Filter,
    /// Rank for these products instead of the session, as for 'goes well with' on a product page
    /// or in the cart.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Vec<ItemIx>>"))]
    pub seeds: Vec<ItemIx>,
    /// What to rank by.
    #[serde(default, skip_serializing_if = "Objective::is_likely")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Objective>"))]
    pub objective: Objective,
}

/// From the worker to the page.
///
/// Written with an internal tag (`type`), the form that JavaScript reads most easily. The storefront
/// reads it by hand (`web/src/state/wire.rs`), because serde's reader would be 15 kB of the page.
/// [`Reply::Catalogue`] is for JavaScript only and cannot be read back: the storefront has its own
/// copy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Reply {
    /// Bytes of pack and engine that have arrived.
    Loading {
        /// Bytes so far.
        received: f64,
        /// Bytes in total, if the server sent a length.
        total: Option<f64>,
    },
    /// The answer to `Ping`, and nothing more.
    Alive,
    /// The engine ranks from now on. Sent again when the backend changes.
    Ready {
        /// The running backend, and why it was chosen.
        status: Status,
    },
    /// The answer to the newest session.
    Picks {
        /// Of the request.
        seq: u32,
        /// In the order of the request.
        shelves: Vec<Shelf>,
        /// In the order of the request; a task that the pack does not hold has no predictions.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tasks: Vec<TaskAnswer>,
        /// After this run.
        status: Status,
    },
    /// The answer to `Catalogue`.
    #[serde(skip_deserializing)]
    Catalogue {
        /// All products.
        catalogue: Products<'static>,
    },
    /// The answer to `Explain`.
    Explanation {
        /// The product with its score and full reason.
        pick: Recommendation,
    },
    /// The answer to `Find`.
    Found {
        /// The query.
        query: String,
        /// Best first.
        items: Vec<ItemIx>,
        /// Why these.
        by: FoundBy,
        /// The products that stand for the query as an example, for [`Session::asked`]; empty if
        /// nothing of the shop is near it.
        #[serde(default)]
        example: Vec<ItemIx>,
        /// Words that the shopper does not want (*no nuts*), as typed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Vec<String>>"))]
        unwanted: Vec<String>,
        /// The products with these words, which are not among `items`; for [`Filter::without`].
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Vec<ItemIx>>"))]
        without: Vec<ItemIx>,
        /// The highest price that the shopper named, in the currency of the catalogue; dearer products
        /// are not among `items`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "typescript", ts(optional))]
        max_price: Option<f32>,
    },
    /// A request was refused, or the engine cannot go on; the shop can.
    Failed {
        /// One of [`REQUEST_FAULTS`] or [`WORKER_FAULTS`], for programs.
        #[cfg_attr(feature = "typescript", ts(type = "FailureCode"))]
        code: String,
        /// For people.
        message: String,
        /// The type of the request that was refused; none if the engine cannot go on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "typescript", ts(optional))]
        about: Option<String>,
    },
}

/// Why a search found its products.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum FoundBy {
    /// The first product has all typed words, or what they are another name or spelling of.
    Letters,
    /// No product has these words; the nearest in meaning.
    Meaning,
    /// Nothing typed can be read as a word of this shop; there are no products.
    Nothing,
}

impl FoundBy {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Letters, Self::Meaning, Self::Nothing];

    /// The name in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Letters => "letters",
            Self::Meaning => "meaning",
            Self::Nothing => "nothing",
        }
    }
}

/// A filled shelf.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Shelf {
    /// Name given in the request.
    pub name: String,
    /// Best first.
    pub picks: Vec<Recommendation>,
}

/// The state of the engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Status {
    /// Running backend.
    pub backend: Backend,
    /// Why that one, for people.
    pub backend_reason: String,
    /// Number of products ranked.
    pub items: usize,
    /// Number of context items that the last run learned from.
    pub shots: usize,
    /// Blend weight of the fine-tuned user embedding in the last run: 0 uses the frozen one alone.
    pub gate: f32,
    /// Wall time of the last run in milliseconds.
    pub last_run_ms: f64,
    /// Milliseconds of the last run by step: encoding and fine-tuning, scan, candidates, ranker,
    /// reasons. Empty before the first run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Vec<f64>>"))]
    pub steps_ms: Vec<f64>,
    /// The loss of fine-tuning in the last run, before its first gradient step and after its last;
    /// empty if the gate was shut.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Vec<f32>>"))]
    pub losses: Vec<f32>,
    /// The products nearest to the user embedding of the last run, with their cosine, nearest first
    /// and without the context items; empty before the first click.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(
        feature = "typescript",
        ts(optional, as = "Option<Vec<(ItemIx, f32)>>")
    )]
    pub nearest: Vec<(ItemIx, f32)>,
    /// First 8 bytes of the pack's SHA-256 in hex. Rows mean nothing in another pack.
    pub pack: String,
}

/// All products by row, and the currency of their prices.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "Catalogue"))]
pub struct Products<'a> {
    /// ISO code; may be empty.
    pub currency: Cow<'a, str>,
    /// In the order of their rows.
    pub items: Cow<'a, [Item]>,
}

/// How to start an engine.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LoadOptions {
    /// The backend to use, the CPU by default. `wgpu` needs the module that was built with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend: Option<Backend>,
    /// SHA-256 of all but the last 32 bytes of the pack in hex, if it is known already. The pack is
    /// refused where it differs from those 32.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}
