//! What can be wrong with a counting, said so that it can be mended.

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
        /// What the system or the engine said.
        reason: String,
    },
    /// A path that the engine would take for a pattern.
    #[error(
        "{path}: the path holds one of * ? [ and would be read as a pattern of many files: rename it"
    )]
    Pattern {
        /// The file.
        path: PathBuf,
    },
    /// A column is not there.
    #[error(
        "{path}: the column '{column}' is missing, found {found}: rename the one that is meant, or add it"
    )]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// Its name.
        column: &'static str,
        /// The columns that are there.
        found: String,
    },
    /// A column of a type that says something else.
    #[error(
        "{path}, field '{column}': found a column of {found}, expected {expected}: write the column that way"
    )]
    ColumnType {
        /// The file.
        path: PathBuf,
        /// Its name.
        column: &'static str,
        /// The type that is there.
        found: String,
        /// The types that will do.
        expected: &'static str,
    },
    /// Rows that do not hold what they should.
    #[error(
        "{path}, field '{column}': {rows} rows such as '{found}', expected {expected}: correct or remove them; `fewshop check` names their lines"
    )]
    Field {
        /// The file.
        path: PathBuf,
        /// Name of the column.
        column: &'static str,
        /// How many rows.
        rows: u64,
        /// What stands in one of them.
        found: String,
        /// What should stand there.
        expected: &'static str,
    },
    /// There is no row.
    #[error("{path}: there is no row, expected at least one {what}: export it again")]
    NoRow {
        /// The file.
        path: PathBuf,
        /// What a row holds.
        what: &'static str,
    },
    /// An order that only the lines of the file would tell.
    #[error(
        "{path}: {what}: SQL does not know the order of the lines, give them different times or count with `--engine memory`"
    )]
    Order {
        /// The file.
        path: PathBuf,
        /// What cannot be told.
        what: String,
    },
    /// The memory limit is too low for the work.
    #[error(
        "{step}: the memory that was given does not suffice ({reason}): give more with --memory"
    )]
    Memory {
        /// What was being done.
        step: &'static str,
        /// What the engine said.
        reason: String,
    },
    /// The cluster's address.
    #[error(
        "--cluster: found '{found}', expected df://host:port, the address of a Ballista scheduler"
    )]
    Address {
        /// What was given.
        found: String,
    },
    /// Nobody answers there.
    #[error(
        "no scheduler answers at {address} ({reason}): start one with its executors (`fewshop-node scheduler`, `fewshop-node executor`), or check --cluster"
    )]
    NoScheduler {
        /// The address.
        address: String,
        /// What the system said.
        reason: String,
    },
    /// The engine failed.
    #[error("{step}: {reason}")]
    Engine {
        /// What was being done.
        step: &'static str,
        /// What the engine said.
        reason: String,
    },
    /// Nothing can be written there.
    #[error(
        "{path}: cannot be written ({reason}): check that the folder may be written to and has room"
    )]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// Whoever takes the counts could not.
    #[error("the counts cannot be passed on ({0}): check that their folder has room")]
    Taker(#[from] std::io::Error),
    /// The program lacks the cluster's client.
    #[error(
        "this program was built without Ballista: build it with `--features cluster`, or leave --cluster out"
    )]
    NoClient,
}
