//! Counts event logs by SQL: logs that do not fit into memory, or onto one machine.
//!
//! [`sql`] contains the SQL, the same for both engines: DataFusion in this process (feature
//! `engine`), which respects a memory limit and spills to disk, and a Ballista cluster (feature
//! `cluster`). [`Counter`] runs it on a [`Source`], the events and items that `fewshop train`
//! reads, and returns the types of [`fewshop_core::counts`]: integers, identical to the ones that
//! `fewshop train` counts. The program `fewshop-count` writes them to files; `fewshop-node`
//! (feature `node`) is a scheduler or an executor of such a cluster.
//!
//! Some input that the trainer accepts is refused here with a message: blanks around a cell, times
//! without seconds, and a product that was taken and dismissed in the same second, whose order only
//! the lines of the file show.
//!
//! Without features only the SQL text is compiled: DataFusion takes longer to build than the whole
//! main workspace.

#[cfg(feature = "engine")]
mod columns;
#[cfg(feature = "engine")]
mod counter;
mod error;
#[cfg(feature = "node")]
pub mod node;
pub mod sql;

#[cfg(feature = "engine")]
pub use counter::{Counter, Settings, Source};
pub use error::SqlError;
