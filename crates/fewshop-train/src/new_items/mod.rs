//! Products that nobody has bought yet: where they belong among those that a pack knows.
//!
//! [`Likeness`] finds the known products that a new one resembles, by the words, categories, brand,
//! size and price band that it shares with them and, where a sentence model is given, by what that
//! reads in the titles. [`add`] puts the new ones into the pack with what those neighbours' sales
//! foretell: vector, popularity, repeat rate and pairs. Nothing is trained, and what the pack knew
//! stays as it was.

mod gan;
mod imputation;
mod likeness;

pub use gan::{Examples, Gan, GanConfig};
pub use imputation::add;
pub use likeness::{Likeness, NEIGHBOURS, Weights};
