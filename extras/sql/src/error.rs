//! The errors of counting, with advice.

use std::path::PathBuf;

/// Why a log could not be counted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqlError {
    /// The file cannot be opened or read.
    #[error("{path}: cannot be read ({reason}): check the path and its permissions")]
    Read {
        /// The file.
        path: PathBuf,
        /// The message of the system or the engine.
        reason: String,
    },
    /// The engine would take the path for a pattern.
    #[error(
        "{path}: the path holds one of * ? [ and would be read as a pattern of many files: rename it"
    )]
    Pattern {
        /// The file.
        path: PathBuf,
    },
    /// A column is missing.
    #[error(
        "{path}: the column '{column}' is missing, found {found}: rename the one that is meant, or add it"
    )]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// Its name.
        column: &'static str,
        /// The existing columns.
        found: String,
    },
    /// A column has the wrong type.
    #[error(
        "{path}, field '{column}': found a column of {found}, expected {expected}: write the column that way"
    )]
    ColumnType {
        /// The file.
        path: PathBuf,
        /// Its name.
        column: &'static str,
        /// Its type.
        found: String,
        /// The accepted types.
        expected: &'static str,
    },
    /// Rows have invalid values.
    #[error(
        "{path}, field '{column}': {rows} rows such as '{found}', expected {expected}: correct or remove them; `fewshop check` names their lines"
    )]
    Field {
        /// The file.
        path: PathBuf,
        /// Name of the column.
        column: &'static str,
        /// Number of such rows.
        rows: u64,
        /// The value in one of them.
        found: String,
        /// The expected value.
        expected: &'static str,
    },
    /// The file has no rows.
    #[error("{path}: there is no row, expected at least one {what}: export it again")]
    NoRow {
        /// The file.
        path: PathBuf,
        /// The contents of a row.
        what: &'static str,
    },
    /// The order of two events or sessions, which only the lines of the file would show.
    #[error(
        "{path}: {what}: SQL does not know the order of the lines, give them different times or count with `--engine memory`"
    )]
    Order {
        /// The file.
        path: PathBuf,
        /// What is undecidable.
        what: String,
    },
    /// The memory limit is too low for the work.
    #[error(
        "{step}: the memory that was given does not suffice ({reason}): give more with --memory"
    )]
    Memory {
        /// The step that failed.
        step: &'static str,
        /// The message of the engine.
        reason: String,
    },
    /// The cluster's address is malformed.
    #[error(
        "--cluster: found '{found}', expected df://host:port, the address of a Ballista scheduler"
    )]
    Address {
        /// The given value.
        found: String,
    },
    /// No scheduler answers.
    #[error(
        "no scheduler answers at {address} ({reason}): start one with its executors (`fewshop-node scheduler`, `fewshop-node executor`), or check --cluster"
    )]
    NoScheduler {
        /// The address.
        address: String,
        /// The message of the system.
        reason: String,
    },
    /// The engine failed.
    #[error("{step}: {reason}")]
    Engine {
        /// The step that failed.
        step: &'static str,
        /// The message of the engine.
        reason: String,
    },
    /// A file or folder cannot be written.
    #[error(
        "{path}: cannot be written ({reason}): check that the folder may be written to and has room"
    )]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The message of the system.
        reason: String,
    },
    /// The receiver of the counts failed.
    #[error("the counts cannot be passed on ({0}): check that their folder has room")]
    Taker(#[from] std::io::Error),
    /// The program was built without the cluster's client.
    #[error(
        "this program was built without Ballista: build it with `--features cluster`, or leave --cluster out"
    )]
    NoClient,
}
