//! Counting of event logs by SQL, for logs that do not fit into the memory of a training, or onto
//! one machine.
//!
//! [`sql`] holds the text, the same for both engines: DataFusion in this process (feature
//! `engine`), which keeps to a limit of memory and spills to the disk past it, and a Ballista
//! cluster (feature `cluster`). [`Counter`] asks it of a [`Source`], the events and items that
//! `fewshop train` reads, and answers in the words of [`fewshop_core::counts`]: whole numbers, the
//! very ones that `fewshop train` counts. The program `fewshop-count` writes them as files;
//! `fewshop-node` (feature `node`) is a scheduler or an executor of such a cluster.
//!
//! What the trainer reads more leniently is refused here with a message: blanks around a cell,
//! times without seconds, and a product that was taken and turned down in the same second, which
//! only the order of the lines could settle.
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
