//! Adds products without sales to a trained pack.
//!
//! [`Likeness`] finds the existing products that a new one resembles, by shared words, categories,
//! brand, size and price band and, if a sentence model is given, by the sentence vectors of the
//! titles. [`add`] adds the new products with a vector, popularity, repeat rate and pairs imputed
//! from these neighbours. Nothing is trained, and the existing products do not change.

mod gan;
mod imputation;
mod likeness;

pub use gan::{Examples, Gan, GanConfig};
pub use imputation::add;
pub use likeness::{Likeness, NEIGHBOURS, Weights};
