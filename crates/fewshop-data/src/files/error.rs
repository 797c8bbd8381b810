//! Errors in files, worded so that the owner of the file can fix them.

use std::fmt;
use std::path::PathBuf;

/// A position in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Line of a text file, counted from 1 as in an editor; for a record of several lines, the
    /// first one.
    Line(u64),
    /// Row of a Parquet file, counted from 1, or of a spreadsheet by its own row numbers.
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
        /// The system's error.
        source: std::io::Error,
    },
    /// The file cannot be written; an earlier version of it is unchanged.
    #[error(
        "{path}: cannot be written ({source}): check that its folder exists, is writable, and that the disk has room"
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The file is empty.
    #[error(
        "{path}: the file is empty, expected a header with the columns {expected}: export it again"
    )]
    Empty {
        /// The file.
        path: PathBuf,
        /// The columns.
        expected: String,
    },
    /// The file has a header and no rows.
    #[error(
        "{path}: the file has a header but no rows, expected at least one {what}: export it again"
    )]
    HeaderOnly {
        /// The file.
        path: PathBuf,
        /// What a row holds.
        what: &'static str,
    },
    /// A required column is missing.
    #[error("{path}: the column '{column}' is missing, found {found}: {advice}")]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// Its name.
        column: String,
        /// The columns in the file.
        found: String,
        /// The remedy.
        advice: String,
    },
    /// A column name occurs twice.
    #[error("{path}: the column '{column}' occurs twice in the header: remove or rename one")]
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
    /// A field has an invalid value.
    #[error("{path}, {place}, field '{field}': found '{found}', expected {expected}: {advice}")]
    Field {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Place,
        /// Name of the column.
        field: String,
        /// The value found, shortened.
        found: Box<str>,
        /// The expected value.
        expected: Box<str>,
        /// The remedy.
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
        /// Name of the column, or its number if the header itself is broken.
        field: String,
        /// The text, with invalid bytes replaced.
        found: String,
    },
    /// An id occurs twice.
    #[error(
        "{path}, {second}, field '{field}': '{id}' is already in {first}, expected each id once: remove one of the two"
    )]
    DuplicateId {
        /// The file.
        path: PathBuf,
        /// Name of the column.
        field: String,
        /// The id.
        id: String,
        /// Its first occurrence.
        first: Place,
        /// Its second occurrence.
        second: Place,
    },
    /// The Parquet file is damaged or of an unsupported kind.
    #[error(
        "{path}: cannot be read as Parquet ({message}): write it again without nesting, or as CSV"
    )]
    Parquet {
        /// The file.
        path: PathBuf,
        /// The problem.
        message: String,
    },
    /// The file has another format.
    #[error("{path}: looks like {found}, expected {expected}: {advice}")]
    Format {
        /// The file.
        path: PathBuf,
        /// The format found.
        found: String,
        /// The formats that can be read.
        expected: String,
        /// The remedy.
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
