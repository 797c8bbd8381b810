//! Which offers to show a household that is known by few purchases: a model of redemption, and what
//! it must beat.
//!
//! A [`Question`] is a household that was shown a campaign, with what it bought before; the offers
//! of the campaign are to be ranked by expected redemption. [`compare`] asks it of households that
//! taught nothing, under two splits: others' redemptions of the same campaign are known
//! ([`Split::Households`]), or those of earlier campaigns alone ([`Split::Time`]).

mod calibration;
mod compare;
mod features;
mod questions;
mod ship;
#[cfg(test)]
mod tests;

pub use calibration::{Calibration, calibrate, expected};
pub use compare::{Comparison, METHODS, Row, Split, compare, table};
pub use questions::{Question, Shop, shop};
pub use ship::{Shipped, current, ship};

/// Purchases that a household is known by, in the order of the figures.
pub use fewshop_model::tasks::offers::EVIDENCE_LEVELS;
