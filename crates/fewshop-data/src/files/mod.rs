//! The files that go in and out: items, events, cases, truth and recommendations, as CSV or
//! Parquet.
//!
//! Every reader takes both: a file is Parquet when it begins with Parquet's magic bytes, else CSV.
//! Every writer writes Parquet when the name ends in `.parquet`, else CSV, and goes through
//! [`write_atomically`]. Ids become rows of a [`Catalogue`](fewshop_core::Catalogue) here and
//! nowhere else. An error says which file, line and field, what stood there, what was expected and
//! what to do.

mod atomic;
mod cases;
pub(crate) mod columns;
mod error;
pub mod events;
mod guard;
mod households;
pub mod items;
mod offers;
mod pages;
pub(crate) mod sheet;
pub mod table;
#[cfg(test)]
mod tests;
mod thrift;
mod time;
mod write;

use std::collections::HashMap;

use fewshop_core::{Catalogue, ItemIx};

pub use atomic::{check_writable, write_atomically};
pub use cases::{
    CaseRow, Cases, EvalCase, RecRow, Truth, read_cases, read_truth, write_cases, write_recs,
    write_return_cases, write_truth,
};
pub use error::{FileError, Place, shorten};
pub use events::{EventRow, Log, LoggedItem, LoggedSession, read_events, write_events};
pub use households::{Household, Households, read_households, write_households};
pub use items::{ItemsFile, read_items, write_items};
pub use offers::{
    Offer, OfferEvent, OfferEventRow, read_offer_events, read_offers, write_offer_events,
    write_offers,
};
pub use time::{format_time, parse_time};

/// How many ids a warning names.
const EXAMPLES: usize = 3;

/// Rows that were left out since the catalogue lacks their item.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnknownItems {
    /// How many rows.
    pub rows: usize,
    /// The first few ids.
    pub examples: Vec<String>,
}

impl UnknownItems {
    fn count(&mut self, id: &str) {
        self.rows += 1;
        if self.examples.len() < EXAMPLES && !self.examples.iter().any(|other| other == id) {
            self.examples.push(id.to_owned());
        }
    }

    /// A sentence for people, `None` where every item was known. `path` is the file that the rows
    /// stand in.
    #[must_use]
    pub fn warning(&self, path: &std::path::Path) -> Option<String> {
        (self.rows > 0).then(|| {
            let ids = self
                .examples
                .iter()
                .map(|id| shorten(id))
                .collect::<Vec<_>>()
                .join(", ");
            format!(
                "{}: {} rows left out since the catalogue does not have their items ({ids}, …)",
                path.display(),
                self.rows
            )
        })
    }
}

/// Rows by id, borrowed: the catalogue's own map would want an owned id for each look-up.
fn item_rows(catalogue: &Catalogue) -> HashMap<&str, ItemIx> {
    catalogue
        .iter()
        .map(|(ix, item)| (item.id.0.as_str(), ix))
        .collect()
}
