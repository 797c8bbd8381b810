//! The tables of a shop: products, events, evaluation cases, offers and households.
//!
//! [`files`] reads and writes them as CSV or Parquet. A reader turns the ids of a file into rows of
//! a [`Catalogue`](fewshop_core::Catalogue), so the code behind it works with row numbers only. A
//! [`Log`](files::Log) is a list of [`LoggedSession`](files::LoggedSession)s; an
//! [`EvalCase`](files::EvalCase) is the part of a session that a recommender may see, and
//! [`Truth`](files::Truth) lists the items that it should find. Every error names the file, the
//! line and the column, the value found, the value expected, and the remedy.
//!
//! The other modules produce such tables. [`prepare`] converts the raw logs of known shops, with
//! readable product names from [`titles`] and a picture for each product from [`pictures`].
//! [`example`] generates a small synthetic shop. [`progress`] shows the progress of long tasks.
//!
//! ```
//! use fewshop_core::Item;
//! use fewshop_data::files::{read_events, read_items, write_items};
//!
//! let folder = tempfile::tempdir()?;
//! let (items, events) = (folder.path().join("items.csv"), folder.path().join("events.csv"));
//! write_items(&items, &[Item::new("milk", "Whole milk"), Item::new("rye", "Rye bread")], &[])?;
//! std::fs::write(
//!     &events,
//!     "user_id,session_id,time,item_id,event,quantity\n\
//!      ann,s1,2024-01-05 10:00:00,rye,purchase,2\n\
//!      ann,s1,2024-01-05 10:00:00,oats,purchase,1\n",
//! )?;
//!
//! let catalogue = read_items(&items)?.catalogue;
//! let log = read_events(&events, &catalogue)?;
//! assert_eq!(log.sessions.len(), 1);
//! assert_eq!(catalogue[log.sessions[0].items[0].item].title, "Rye bread");
//! // The catalogue has no oats: the row is left out, and counted for a warning.
//! assert_eq!(log.unknown.rows, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Limits
//!
//! A log is held in memory. This crate depends on neither the model nor burn, so a program that
//! only reads tables builds without them. Parquet files with nested columns are refused.

pub mod example;
pub mod files;
pub mod pictures;
pub mod prepare;
pub mod progress;
pub mod titles;
