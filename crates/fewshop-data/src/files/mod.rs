//! The input and output files: items, events, promotions, cases, truth and recommendations, as CSV or Parquet.
//!
//! Every reader takes both: a file that begins with Parquet's magic bytes is Parquet, any other is
//! CSV. Every writer writes Parquet if the name ends in `.parquet`, otherwise CSV, and goes through
//! [`write_atomically`]. Ids become rows of a [`Catalogue`](fewshop_core::Catalogue) only here. An
//! error names the file, the line and the field, the value found, the expected value, and the
//! remedy.

mod atomic;
mod cases;
pub(crate) mod columns;
mod counts;
mod error;
pub mod event_rows;
pub mod events;
mod guard;
mod households;
pub mod import;
pub mod items;
mod nested;
mod offers;
pub mod outliers;
mod pages;
mod promotions;
mod rows;
pub(crate) mod sheet;
pub mod table;
#[cfg(test)]
mod tests;
mod thrift;
mod time;
pub(crate) mod write;

use std::collections::HashMap;

use fewshop_core::{Catalogue, ItemIx};

pub use atomic::{check_writable, write_atomically};
pub use cases::{
    CaseRow, Cases, EvalCase, RecRow, Truth, read_cases, read_truth, write_cases, write_recs,
    write_return_cases, write_truth,
};
pub use counts::{Counts, read_counts, write_counts};
pub use error::{FileError, Place, shorten};
pub use events::{
    EventRow, Log, LoggedItem, LoggedSession, read_events, read_events_with, write_events,
};
pub use households::{Household, Households, read_households, write_households};
pub use import::{Note, Reading};
pub use items::{ItemsFile, read_items, read_items_with, write_items};
pub use offers::{
    Offer, OfferEvent, OfferEventRow, read_offer_events, read_offers, write_offer_events,
    write_offers,
};
pub use promotions::{PromotionRow, Promotions, read_promotions, write_promotions};
pub use rows::{AnyCell, AnyTable, AnyType, read_any_table, write_any_table};
pub use time::{day_of, format_day, format_time, parse_time};

/// Number of ids that a warning names.
const EXAMPLES: usize = 3;

/// Rows that were left out because the catalogue lacks their item.
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

    /// A warning for people; `None` if every item was known. `path` is the file that contains the
    /// rows.
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
                "{}: {} rows left out because their items are not in the catalogue ({ids}, …)",
                path.display(),
                self.rows
            )
        })
    }
}

/// Rows by id, borrowed: the catalogue's own map would need an owned id for each look-up.
fn item_rows(catalogue: &Catalogue) -> HashMap<&str, ItemIx> {
    catalogue
        .iter()
        .map(|(ix, item)| (item.id.0.as_str(), ix))
        .collect()
}
