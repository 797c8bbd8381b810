//! The words that all of Fewshop shares: plain data and rules, no tensors, no IO.
//!
//! A [`Catalogue`] is a list of [`Item`]s; outside it an item is named by its [`ItemId`], inside it
//! by its row, an [`ItemIx`], and the change from one to the other happens once, at the edge. A
//! [`Session`] is what one shopper did, as [`Event`]s. An answer to a session is a list of
//! [`Recommendation`]s, each with its [`Reason`]. [`protocol`] holds what the page and the worker
//! say to each other, [`metrics`] how a ranking is judged, [`split`] who may be trained on,
//! [`counts`] what a log comes to, and [`neighbours`] the pruned item-item tables that counts are
//! shipped as.
//!
//! ```
//! use fewshop_core::{Catalogue, Item, ItemId};
//! let catalogue = Catalogue::new(vec![Item::new("milk", "Whole milk"), Item::new("bread", "Rye bread")])?;
//! let milk = catalogue.ix(&ItemId::from("milk")).expect("it was just put in");
//! assert_eq!(catalogue[milk].title, "Whole milk");
//! # Ok::<(), fewshop_core::CatalogueError>(())
//! ```

mod attribute_prediction;
mod catalogue;
pub mod counts;
mod event;
pub mod metrics;
pub mod neighbours;
mod offer;
pub mod protocol;
mod recommendation;
pub mod split;

pub use attribute_prediction::{AttributePrediction, ValuePrediction};
pub use catalogue::{Catalogue, CatalogueError, Item, ItemId, ItemIx, number_texts};
pub use event::{Event, EventKind, Session};
pub use offer::{OfferPick, OfferReason};
pub use recommendation::{Filter, MerchantRule, Reason, Recommendation, Share};
