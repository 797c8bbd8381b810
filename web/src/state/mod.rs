//! What the shop knows: catalogue, session, cart, shelves and the engine's state, as plain values
//! and transitions.

mod cart;
mod catalogue;
mod departments;
mod engine;
mod facets;
mod memory;
mod offers;
mod page;
mod price;
mod profile;
mod pulse;
mod recorded;
mod search;
mod session;
mod shelf;

pub use cart::{Cart, CartLine, MAX_QUANTITY};
pub use catalogue::{Catalogue, CatalogueFileError, Product, short_brand};
pub use departments::{Category, Department, TILES, sort_few, tile_of};
pub use engine::{Answer, EngineState, Link, Outcome, Wanted};
pub use facets::{Facets, Order, PRICES};
pub use memory::{Memory, MemoryError};
pub use page::Page;
pub use price::{Money, thousands};
pub use profile::{Certainty, Liking, Profile, Rules, Taste};
pub use pulse::{Look, Pulse};
pub use recorded::Recorded;
pub use search::{IndexBuilder, SearchIndex};
pub use session::{
    Extra, KEEP, Learning, MAX_EVENTS, MAX_TAKEN, MAX_VISITS, SessionLog, Undo, VISIT_GAP,
};
pub use shelf::{Pick, ShelfState, mixed, settle};
