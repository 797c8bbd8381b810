//! The vocabulary that all of Fewshop shares: plain data and rules, no tensors, no IO.
//!
//! # Overview
//!
//! - A [`Catalogue`] is the list of a shop's [`Item`]s. Outside it a product has an [`ItemId`], the
//!   shop's own text; inside it a row, an [`ItemIx`]. Ids become rows once, at the edge.
//! - A [`Session`] holds the [`Event`]s of one visit and the products taken on earlier visits. Its
//!   [context items](Session::context_items) are what a model learns from.
//! - The answer to a session is a list of [`Recommendation`]s, each with its [`Reason`].
//! - A [`Promotion`] says on which days a product stands in the leaflet or on display.
//! - A task of the pack answers with [`Prediction`]s: household attributes, offers.
//! - [`protocol`] defines the messages between page and worker.
//! - [`metrics`] defines the ranking metrics, [`split`] which shoppers may be trained on, [`counts`]
//!   the counts of a log, and [`neighbours`] the pruned item-item tables.
//!
//! # Example
//!
//! ```
//! use fewshop_core::{Catalogue, Event, EventKind, Item, ItemId, Session};
//!
//! let items = vec![Item::new("milk", "Whole milk"), Item::new("bread", "Rye bread")];
//! let catalogue = Catalogue::new(items)?;
//! let milk = catalogue.ix(&ItemId::from("milk")).expect("it was just added");
//! assert_eq!(catalogue[milk].title, "Whole milk");
//!
//! // A view and a purchase of one product are one context item, with the stronger kind.
//! let session = Session::of(vec![
//!     Event::new(milk, EventKind::View),
//!     Event::new(milk, EventKind::Purchase),
//! ]);
//! assert_eq!(session.context_items(), [Event::new(milk, EventKind::Purchase)]);
//! # Ok::<(), fewshop_core::CatalogueError>(())
//! ```
//!
//! # Features and limits
//!
//! The crate has no features. It knows neither burn nor a browser and reads no files; a catalogue has
//! fewer than 2^32 products.

mod attribute_prediction;
mod catalogue;
pub mod checksum;
pub mod counts;
mod event;
pub mod metrics;
pub mod neighbours;
mod offer;
pub mod order;
mod promotion;
pub mod protocol;
mod recommendation;
pub mod split;
mod task;

pub use attribute_prediction::{AttributePrediction, ValuePrediction};
pub use catalogue::{Catalogue, CatalogueError, Item, ItemId, ItemIx, number_texts};
pub use event::{Event, EventKind, Session};
pub use offer::{OfferPick, OfferReason};
pub use promotion::{Place, Promotion};
pub use recommendation::{BusinessRule, Filter, Objective, Reason, Recommendation, Share};
pub use task::{Evidence, Outcome, Prediction, REDEEMED, TaskAnswer, TaskRequest};
