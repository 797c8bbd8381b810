//! What can be wrong with a file, said so that its owner can mend it.

use std::fmt;
use std::path::PathBuf;

/// Where in a file something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Line of a text file, counted from 1 as an editor shows it; the first line of a record that
    /// spans several.
    Line(u64),
    /// Row of a Parquet file, counted from 1, or of a spreadsheet as it counts itself.
    Row(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Row(row) => write!(f, "row {row}"),
        }
    }
}

/// Why a file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The file cannot be opened or read.
    #[error("{path}: cannot be read ({source}): check the path and its permissions")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file cannot be written; what stood there before still stands.
    #[error(
        "{path}: cannot be written ({source}): check that its folder exists, may be written to and has room"
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is nothing in it.
    #[error(
        "{path}: the file is empty, expected a header with the columns {expected}: export it again"
    )]
    Empty {
        /// The file.
        path: PathBuf,
        /// The columns.
        expected: String,
    },
    /// There is a header and nothing below it.
    #[error(
        "{path}: there is a header but no row below it, expected at least one {what}: export it again"
    )]
    HeaderOnly {
        /// The file.
        path: PathBuf,
        /// What a row holds.
        what: &'static str,
    },
    /// A required column is not there.
    #[error("{path}: the column '{column}' is missing, found {found}: {advice}")]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// Its name.
        column: String,
        /// The columns that are there.
        found: String,
        /// What to do.
        advice: String,
    },
    /// One column name stands twice.
    #[error("{path}: the column '{column}' stands twice in the header: remove or rename one")]
    DuplicateColumn {
        /// The file.
        path: PathBuf,
        /// Its name.
        column: String,
    },
    /// A record has too many or too few fields.
    #[error(
        "{path}, {place}: {found} fields, expected {expected} as in the header: put a field that holds a comma into quotes, and close every quote"
    )]
    FieldCount {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Place,
        /// Fields in the record.
        found: usize,
        /// Fields in the header.
        expected: usize,
    },
    /// A field does not hold what it should.
    #[error("{path}, {place}, field '{field}': found '{found}', expected {expected}: {advice}")]
    Field {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Place,
        /// Name of the column.
        field: String,
        /// What stood there, shortened.
        found: Box<str>,
        /// What should stand there.
        expected: Box<str>,
        /// What to do.
        advice: Box<str>,
    },
    /// The text is not UTF-8.
    #[error(
        "{path}, {place}, field '{field}': found bytes that are not UTF-8 ({found}), expected text in UTF-8: save the file again as 'CSV UTF-8'"
    )]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Place,
        /// Name of the column, or its number where the header itself is broken.
        field: String,
        /// The text with what could not be read replaced.
        found: String,
    },
    /// An id that must be unique is not.
    #[error(
        "{path}, {second}, field '{field}': '{id}' stood already in {first}, expected each id once: remove one of the two"
    )]
    DuplicateId {
        /// The file.
        path: PathBuf,
        /// Name of the column.
        field: String,
        /// The id.
        id: String,
        /// Where it came first.
        first: Place,
        /// Where it came again.
        second: Place,
    },
    /// The Parquet file is broken or of a kind that is not read.
    #[error(
        "{path}: cannot be read as Parquet ({message}): write it again without nesting, or as CSV"
    )]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What was wrong.
        message: String,
    },
    /// The file is of another kind.
    #[error("{path}: looks like {found}, expected {expected}: {advice}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What it looks like.
        found: String,
        /// What can be read.
        expected: String,
        /// What to do.
        advice: String,
    },
}

/// At most 60 characters of `text` on one line, for a message.
pub fn shorten(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .take(61)
        .collect();
    if line.chars().count() > 60 {
        line.chars().take(59).chain(['…']).collect()
    } else {
        line
    }
}
