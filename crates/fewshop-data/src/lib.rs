//! A shop's tables: reading them, writing them, and making them from raw shop logs.
//!
//! [`files`] reads and writes products, events, cases, offers and households, as CSV or Parquet.
//! [`prepare`] turns a raw log into those tables. [`titles`] makes a till's product names readable
//! and [`pictures`] picks a picture for each product. [`example`] makes up a small shop to try
//! everything with. [`progress`] reports how far long work has come.

pub mod example;
pub mod files;
pub mod pictures;
pub mod prepare;
pub mod progress;
pub mod titles;
