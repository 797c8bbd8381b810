//! The shop's state as plain values and transitions: catalogue, session, cart, shelves, engine.

mod asked;
mod cart;
mod catalogue;
mod change;
mod columns;
mod departments;
mod engine;
mod facets;
mod json;
mod letters;
mod measure;
mod memory;
mod merge;
mod offers;
mod page;
mod place;
mod prefetch;
mod price;
mod profile;
mod recorded;
mod run;
mod search;
mod session;
mod shelf;
mod wire;

pub use asked::{Asked, MAX_ASKED_LETTERS, MAX_WITHOUT, Question};
pub use cart::{Cart, CartLine, MAX_QUANTITY};
pub use catalogue::{Catalogue, CatalogueFileError, Product, short_brand};
pub use change::{Change, Seen};
pub use columns::{encode_numbers, encode_rows};
pub use departments::{Category, Department, TILES, sort_few, tile_of};
pub use engine::{Answer, EngineState, Wanted};
pub use facets::{Facets, Order, PRICES, price_band_end};
pub use json::{json_object, json_text};
pub use letters::initial;
pub use measure::{Differ, HUES, Measure, Unit, differ_in, hue_of};
pub use memory::{Memory, MemoryError};
pub use page::{Page, SECOND_SHOP};
pub use place::Place;
pub use prefetch::{HeldPage, Prefetch};
pub use price::{Money, per_unit};
pub use profile::{Certainty, Correction, Corrections, Liking, Profile};
pub use recorded::{Board, Kind, Recorded, Replay, Replays};
pub use run::{RunPart, hundredths, run_parts};
pub use search::{IndexBuilder, SearchIndex};
pub use session::{
    Extra, KEEP, Learning, MAX_EVENTS, MAX_TAKEN, STORED_MAX_VISITS, SessionLog, Source, Undo,
    VISIT_GAP,
};
pub use shelf::{Pick, ShelfState, mixed, settle};
pub use wire::{MessageError, read_reply, write_question};
