//! Tasks: household attributes and offers.

pub mod attributes;
pub mod offers;
