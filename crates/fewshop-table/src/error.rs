//! Why a table gives no answers.

/// An error about a table, worded so that its owner can act on it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The target is no column.
    #[error(
        "the table has no column '{target}', found {found}: name the column that is to be predicted; names are read from the first row"
    )]
    NoTarget {
        /// The name asked for.
        target: String,
        /// The columns there are.
        found: String,
    },
    /// Rows of different lengths, or two columns with one name.
    #[error("{found}, expected {expected}: correct the table")]
    Shape {
        /// What is wrong.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// A text without a row below the names.
    #[error("the table has no rows: expected a row of names, then a row for each case")]
    NoRows,
    /// A row of the text with more or fewer cells than the first.
    #[error(
        "line {line} has {found} cells, expected {expected} as in the first row: correct the line, or put cells that contain the separator into quotes"
    )]
    Line {
        /// Line of the text, from 1.
        line: usize,
        /// Its cells.
        found: usize,
        /// Cells of the first row.
        expected: usize,
    },
    /// A quote that does not end.
    #[error("line {line} has a quote that does not end: close it, or remove it")]
    OpenQuote {
        /// Line of the text, from 1, in which the row begins.
        line: usize,
    },
    /// Fewer labelled rows than an answer needs.
    #[error(
        "{found} rows have a value in '{target}', expected at least 2: fill in '{target}' for a few rows, and leave it empty in the others"
    )]
    TooFewRows {
        /// The target.
        target: String,
        /// Labelled rows.
        found: usize,
    },
    /// All labelled rows have the same value.
    #[error(
        "all {rows} labelled rows have '{value}' in '{target}', expected at least two different values: label a row of another kind"
    )]
    OneClass {
        /// The target.
        target: String,
        /// The value.
        value: String,
        /// Labelled rows.
        rows: usize,
    },
    /// More classes than can be told apart from a few rows.
    #[error(
        "'{target}' has {found} different texts ({texts}), expected at most {most}: merge rare classes, or choose another column"
    )]
    TooManyClasses {
        /// The target.
        target: String,
        /// Different texts.
        found: usize,
        /// The limit.
        most: usize,
        /// The texts.
        texts: String,
    },
    /// A target whose numbers could be read in two ways.
    #[error(
        "column '{column}': '{found}' could be in thousands or a decimal: write all its numbers in one way, without thousands set apart"
    )]
    UnclearNumber {
        /// The column.
        column: String,
        /// A cell.
        found: String,
    },
    /// A network that cannot be used.
    #[error("the network cannot be used: {0}")]
    Network(String),
    /// A target of numbers with a text in it.
    #[error(
        "row {row}, column '{column}': found '{found}', expected a number as in the other rows: correct the cell, or leave it empty"
    )]
    NotANumber {
        /// Row of the table, counted from 1.
        row: usize,
        /// The column.
        column: String,
        /// The cell.
        found: String,
    },
    /// No column is left to predict from.
    #[error("no column is left to predict from ({reasons}): add columns that differ between rows")]
    NoColumns {
        /// Why each was left out.
        reasons: String,
    },
    /// A table larger than one answer may cost.
    #[error("the table has {found} {what}, expected at most {most}: {advice}")]
    TooLarge {
        /// Rows, columns or cells.
        what: &'static str,
        /// How many.
        found: usize,
        /// The limit.
        most: usize,
        /// The remedy.
        advice: &'static str,
    },
    /// The source table does not fit.
    #[error("the source table {problem}: {advice}")]
    Source {
        /// What is wrong.
        problem: String,
        /// The remedy.
        advice: String,
    },
    /// A setting is out of range.
    #[error("{0}")]
    Setting(String),
}

/// Up to twelve names, for a message.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names = names.into_iter();
    let mut out: Vec<String> = names.by_ref().take(12).map(shorten).collect();
    if names.next().is_some() {
        out.push("…".to_owned());
    }
    out.join(", ")
}

/// At most 60 characters.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
