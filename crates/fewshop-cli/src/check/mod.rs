//! Looks a shop's own files over before anything is learned from them: all that is wrong, what is
//! odd, and a data card.
//!
//! The rows are read by the same code as for a training ([`files`](fewshop_data::files)), but a bad row
//! does not end the reading. What would stop a training is a *problem*; what is odd but no
//! hindrance is a [`Warning`], one for each kind, with how often and where. The values themselves
//! of what looks like personal data are never shown: the card may be passed on.

mod events;
mod items;
mod personal;

use std::fmt::{self, Write as _};
use std::path::Path;

use fewshop_data::files::table::{RowPosition, TableRow, place_of};
use fewshop_data::files::{FileError, read_events, read_items, shorten};
use fewshop_train::learner::{self, TrainConfig};
use serde::Serialize;

pub use personal::Personal;

/// Version of the JSON.
pub const CHECK_VERSION: u32 = 1;

/// Places that a warning names.
const EXAMPLES: usize = 3;

/// What was found in the two files.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Checked {
    /// [`CHECK_VERSION`].
    pub version: u32,
    /// The files' names.
    pub files: [String; 2],
    /// What would stop a training, the first of them in full.
    pub problems: Vec<String>,
    /// How many there are.
    pub problems_found: usize,
    /// What is odd.
    pub warnings: Vec<Warning>,
    /// The products.
    pub items: ItemsCard,
    /// What shoppers did with them.
    pub events: EventsCard,
}

impl Checked {
    /// Whether a training could begin.
    #[must_use]
    pub fn can_train(&self) -> bool {
        self.problems_found == 0
    }
}

/// The products in figures.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ItemsCard {
    /// Rows that are products.
    pub products: usize,
    /// First parts of the category paths.
    pub departments: usize,
    /// Products without a category.
    pub without_category: usize,
    /// Products without a price.
    pub without_price: usize,
    /// Least, median and highest price above zero.
    pub prices: Option<[f64; 3]>,
    /// Columns that Fewshop has no name for.
    pub extra_columns: Vec<String>,
}

/// The log in figures.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct EventsCard {
    /// Rows that are events.
    pub events: usize,
    /// Events by kind, of products that the shop has.
    pub kinds: Vec<(String, usize)>,
    /// Rows of products that the items file does not have; training leaves them out.
    pub unknown_rows: usize,
    /// Shoppers.
    pub shoppers: usize,
    /// Shoppers with more than one session.
    pub returning: usize,
    /// Sessions with a product.
    pub sessions: usize,
    /// Sessions with two products or more: those that teach what goes together.
    pub sessions_of_two: usize,
    /// Products of a session: shortest, quarter, median, three quarters, nine tenths, longest.
    pub quantiles: [usize; 6],
    /// Classes of session lengths and their shares.
    pub lengths: Vec<(String, f64)>,
    /// Products that no session holds.
    pub never_taken: usize,
    /// Share of all pairs of a shopper and a product that the log does not hold.
    pub sparsity: f64,
    /// What share of what is taken the most taken products have: share of products, share of what
    /// is taken.
    pub tail: Vec<(f64, f64)>,
    /// Events over time: the first day of each span, and how many.
    pub over_time: Vec<(String, usize)>,
    /// Days of a span.
    pub span_days: i64,
    /// Rows that stand there more than once, without the first of each.
    pub duplicate_rows: usize,
    /// First day and last.
    pub days: Option<[String; 2]>,
    /// Columns that Fewshop has no name for.
    pub extra_columns: Vec<String>,
}

/// Something odd, said once for all its rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Warning {
    /// The file's name.
    pub file: String,
    /// The column, where it is of one.
    pub field: Option<String>,
    /// How many rows or values.
    pub count: usize,
    /// Where the first few stand.
    pub places: Vec<String>,
    /// What was found.
    pub found: String,
    /// What was expected.
    pub expected: String,
    /// What to do.
    pub advice: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(field) = &self.field {
            write!(f, ", field '{field}'")?;
        }
        write!(f, ": {} {}", self.count, self.found)?;
        if !self.places.is_empty() {
            write!(
                f,
                " ({}{})",
                self.places.join(", "),
                if self.count > self.places.len() {
                    ", …"
                } else {
                    ""
                }
            )?;
        }
        write!(f, ", expected {}: {}", self.expected, self.advice)
    }
}

/// Rows of one oddity while they are counted.
#[derive(Debug, Default)]
struct Tally {
    count: usize,
    first: Vec<RowPosition>,
}

impl Tally {
    fn add(&mut self, at: RowPosition) {
        self.count += 1;
        if self.first.len() < EXAMPLES {
            self.first.push(at);
        }
    }

    /// The warning, where anything was counted.
    fn warn(
        &self,
        path: &Path,
        field: Option<&str>,
        found: &str,
        expected: &str,
        advice: &str,
    ) -> Option<Warning> {
        (self.count > 0).then(|| Warning {
            file: file_name(path),
            field: field.map(shorten),
            count: self.count,
            places: self
                .first
                .iter()
                .map(|&at| place_of(path, at).to_string())
                .collect(),
            found: found.to_owned(),
            expected: expected.to_owned(),
            advice: advice.to_owned(),
        })
    }
}

/// The problems of all files: the first `max` in full, the others counted.
#[derive(Debug)]
struct Problems {
    max: usize,
    found: usize,
    texts: Vec<String>,
}

impl Problems {
    fn add(&mut self, error: impl FnOnce() -> FileError) {
        self.found += 1;
        if self.has_room() {
            self.texts.push(error().to_string());
        }
    }

    fn has_room(&self) -> bool {
        self.texts.len() < self.max
    }

    /// The row, which looks for its line only if its error will be written out.
    fn row<'a>(&self, row: TableRow<'a>) -> TableRow<'a> {
        if self.has_room() {
            row
        } else {
            row.placeless()
        }
    }
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// Looks both files over. At most `max` problems are written out; times after `now_s` lie in the
/// future.
///
/// # Errors
/// Where a file cannot be read at all; what is wrong inside is no error here but in the answer.
pub fn check(items: &Path, events: &Path, max: usize, now_s: i64) -> Result<Checked, FileError> {
    let mut problems = Problems {
        max,
        found: 0,
        texts: Vec::new(),
    };
    let mut warnings = Vec::new();
    let products = unless_unreadable(
        items::look(items, &mut problems, &mut warnings),
        &mut problems,
    )?;
    let log = events::look(
        events,
        products.as_ref(),
        now_s,
        &mut problems,
        &mut warnings,
    );
    let events_card = unless_unreadable(log, &mut problems)?.unwrap_or_default();
    if problems.found == 0 {
        // The very code of a training says whether there is enough.
        let catalogue = read_items(items)?.catalogue;
        if let Err(error) = learner::check(
            &read_events(events, &catalogue)?,
            &TrainConfig::default(),
            7,
        ) {
            problems.found += 1;
            problems
                .texts
                .push(format!("{}: {error}", events.display()));
        }
    }
    Ok(Checked {
        version: CHECK_VERSION,
        files: [file_name(items), file_name(events)],
        problems: problems.texts,
        problems_found: problems.found,
        warnings,
        items: products.map(|products| products.card).unwrap_or_default(),
        events: events_card,
    })
}

/// A file that is there but wrong as a whole (no such column, not a table) is a problem like
/// others; one that cannot be opened ends it.
fn unless_unreadable<T>(
    result: Result<T, FileError>,
    problems: &mut Problems,
) -> Result<Option<T>, FileError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error @ FileError::Read { .. }) => Err(error),
        Err(error) => {
            problems.add(|| error);
            Ok(None)
        }
    }
}

/// The card as text, problems and warnings first.
#[must_use]
pub fn describe(checked: &Checked) -> String {
    let mut out = String::new();
    for problem in &checked.problems {
        let _ = writeln!(out, "problem: {problem}");
    }
    if checked.problems_found > checked.problems.len() {
        let _ = writeln!(
            out,
            "problem: and {} more",
            checked.problems_found - checked.problems.len()
        );
    }
    for warning in &checked.warnings {
        let _ = writeln!(out, "odd: {warning}");
    }
    if !out.is_empty() {
        out.push('\n');
    }
    for (name, value) in rows(checked) {
        let _ = writeln!(out, "{name:<20}{value}");
    }
    out
}

/// The card's lines: what, and the figures.
#[must_use]
pub fn rows(checked: &Checked) -> Vec<(&'static str, String)> {
    let (items, events) = (&checked.items, &checked.events);
    let share = |n: usize, of: usize| format!("{:.1} %", 100.0 * n as f64 / of.max(1) as f64);
    let mut out = vec![
        (
            "products",
            format!("{} in {} departments", items.products, items.departments),
        ),
        ("without category", items.without_category.to_string()),
        ("without price", items.without_price.to_string()),
    ];
    if let Some([min, median, max]) = items.prices {
        out.push((
            "prices",
            format!("{min:.2} to {max:.2}, median {median:.2}"),
        ));
    }
    if let Some([from, until]) = &events.days {
        out.push(("days", format!("{from} to {until}")));
    }
    let kinds: Vec<String> = events
        .kinds
        .iter()
        .map(|(kind, n)| format!("{n} {kind}"))
        .collect();
    out.push((
        "events",
        format!("{} ({})", events.events, kinds.join(", ")),
    ));
    out.push(("unknown products", format!("{} rows", events.unknown_rows)));
    out.push(("duplicate rows", events.duplicate_rows.to_string()));
    out.push((
        "shoppers",
        format!(
            "{}, {} of them with several sessions",
            events.shoppers, events.returning
        ),
    ));
    out.push((
        "sessions",
        format!(
            "{}, {} with two products or more",
            events.sessions, events.sessions_of_two
        ),
    ));
    let [min, quarter, median, three, nine, max] = events.quantiles;
    let quantiles = format!(
        "median {median}, half between {quarter} and {three}, a tenth above {nine}, from {min} to {max}"
    );
    out.push(("session lengths", quantiles));
    let never = format!(
        "{} products ({})",
        events.never_taken,
        share(events.never_taken, items.products)
    );
    out.push(("never taken", never));
    out.push((
        "sparsity",
        format!(
            "{:.2} % of shopper and product pairs never met",
            100.0 * events.sparsity
        ),
    ));
    if let Some(tenth) = events
        .tail
        .iter()
        .find(|(products, _)| (products - 0.1).abs() < 1e-9)
    {
        out.push((
            "long tail",
            format!(
                "the tenth most taken has {:.0} % of all that is taken",
                100.0 * tenth.1
            ),
        ));
    }
    let extra: Vec<String> = items
        .extra_columns
        .iter()
        .chain(&events.extra_columns)
        .map(|name| shorten(name))
        .collect();
    if !extra.is_empty() {
        out.push(("other columns", extra.join(", ")));
    }
    out
}

#[cfg(test)]
mod tests;
