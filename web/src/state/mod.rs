//! What the shop knows: catalogue, session, cart, shelves and the engine's state, as plain values and transitions.

mod cart;
mod catalogue;
mod departments;
mod engine;
mod memory;
mod page;
mod price;
mod search;
mod session;
mod shelf;
mod wire;

pub use cart::{Cart, CartLine, MAX_QUANTITY};
pub use catalogue::{Catalogue, CatalogueFileError, Product};
pub use departments::{Category, Department, TILES, tile_of};
pub use engine::{EngineState, Link, Outcome};
pub use memory::{Memory, MemoryError};
pub use page::Page;
pub use price::{Money, thousands};
pub use search::{IndexBuilder, SearchIndex};
pub use session::{KEEP, MAX_EVENTS, MAX_TAKEN, MAX_VISITS, SessionLog, Undo, VISIT_GAP};
pub use shelf::{Pick, ShelfState, keeps_order, settle};
pub use wire::RawReply;
