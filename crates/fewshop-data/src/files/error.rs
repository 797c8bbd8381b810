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
    /// Byte of a text file, until [`FileError::located`] has counted the lines before it.
    Byte(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Row(row) => write!(f, "row {row}"),
            Self::Byte(byte) => write!(f, "byte {byte}"),
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
        "{path}: the file is empty, expected a header{columns}: export it again",
        columns = with_columns(expected)
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
    #[error("{path}: {} missing, found {found}: {advice}", columns_are(.column))]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// Its name; several names have quotes between them.
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
    /// A quote is open over several lines.
    #[error(
        "{path}, {place}: a quote is opened in this line and {until}: close it in the same line, or write a quote inside a quoted field twice"
    )]
    OpenQuote {
        /// The file.
        path: PathBuf,
        /// Where it is opened.
        place: Place,
        /// Where it ends.
        until: String,
    },
    /// The first line holds data, not the names of columns.
    #[error(
        "{path}, line 1: the file has no header: its first line is data ({found}): write a line with the names of the columns above it, {advice}"
    )]
    NoHeader {
        /// The file.
        path: PathBuf,
        /// The first fields.
        found: String,
        /// The header that fits, as far as the fields say.
        advice: String,
    },
    /// The file is for another argument.
    #[error("{path}: these are {found}, expected {expected}: {advice}")]
    OtherRole {
        /// The file.
        path: PathBuf,
        /// What it holds.
        found: String,
        /// What was expected.
        expected: String,
        /// The remedy.
        advice: String,
    },
    /// Many rows have a problem of one kind.
    #[error("{path}{field}: {count} {problem} ({places}): {advice}")]
    Many {
        /// The file.
        path: PathBuf,
        /// `, field 'x'`, or nothing.
        field: &'static str,
        /// How many.
        count: usize,
        /// What they have.
        problem: Box<str>,
        /// The first ones.
        places: Box<str>,
        /// The remedy.
        advice: &'static str,
    },
    /// A mapping names something that is not there.
    #[error("{path}: {problem}: {advice}")]
    Mapping {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
        /// The remedy.
        advice: String,
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

impl FileError {
    /// The same error with lines in place of bytes. Counting lines reads the file again, so an
    /// error that is only counted never does it.
    #[must_use]
    pub fn located(mut self) -> Self {
        let line = |path: &PathBuf, place: &mut Place| {
            if let Place::Byte(byte) = *place {
                *place = super::table::place_of(path, super::table::RowPosition::Byte(byte));
            }
        };
        match &mut self {
            Self::FieldCount { path, place, .. }
            | Self::Field { path, place, .. }
            | Self::NotUtf8 { path, place, .. }
            | Self::OpenQuote { path, place, .. } => line(path, place),
            Self::DuplicateId {
                path,
                first,
                second,
                ..
            } => {
                line(path, first);
                line(path, second);
            }
            _ => {}
        }
        self
    }

    /// What errors of one kind have in common, and the place of this one.
    #[must_use]
    pub fn kind(&self) -> (String, Option<Place>) {
        match self {
            Self::FieldCount { expected, .. } => (format!("fields {expected}"), self.place()),
            Self::Field {
                field, expected, ..
            } => (format!("{field} {expected}"), self.place()),
            Self::NotUtf8 { .. } => ("encoding".to_owned(), self.place()),
            Self::DuplicateId { field, .. } => (format!("twice {field}"), self.place()),
            other => (other.to_string(), None),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::FieldCount { place, .. }
            | Self::Field { place, .. }
            | Self::NotUtf8 { place, .. }
            | Self::OpenQuote { place, .. } => Some(*place),
            Self::DuplicateId { second, .. } => Some(*second),
            _ => None,
        }
    }
}

/// " with the columns a, b", or nothing where any will do.
fn with_columns(names: &str) -> String {
    match names {
        "" => String::new(),
        names => format!(" with the columns {names}"),
    }
}

/// "the column 'a' is" or "the columns 'a', 'b' are".
fn columns_are(names: &str) -> String {
    if names.contains("', '") {
        format!("the columns '{names}' are")
    } else {
        format!("the column '{names}' is")
    }
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
