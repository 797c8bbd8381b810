//! Checks a shop's own files before training: lists all problems and warnings, and computes a data
//! card.
//!
//! The rows are read by the same code as in training ([`files`](fewshop_data::files)), but a bad
//! row does not end the reading. Anything that would make training fail is a *problem*. Other
//! findings are [`Warning`]s, one for each kind, with their count and positions. Values that look
//! like personal data are never shown, because the card may be passed on.

mod events;
mod items;
mod personal;

use std::fmt::{self, Write as _};
use std::path::Path;

use fewshop_data::files::table::{RowPosition, place_of};
use fewshop_data::files::{
    FileError, Note, Place, Reading, read_events_with, read_items_with, shorten,
};
use fewshop_train::learner::{self, TrainConfig};
use serde::Serialize;

pub use personal::Personal;

/// Version of the JSON.
pub const CHECK_VERSION: u32 = 1;

/// Number of positions in a warning.
const EXAMPLES: usize = 3;

/// The results for the two files.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Checked {
    /// [`CHECK_VERSION`].
    pub version: u32,
    /// The files' names.
    pub files: [String; 2],
    /// How the files were read.
    pub notes: Vec<String>,
    /// Kinds of problems that would make training fail; only the first ones are listed.
    pub problems: Vec<String>,
    /// The number of problems.
    pub problems_found: usize,
    /// The number of kinds of problems.
    pub kinds_found: usize,
    /// Warnings.
    pub warnings: Vec<Warning>,
    /// Whether each file could be read as a whole: figures of one that could not mean nothing.
    pub readable: [bool; 2],
    /// The products.
    pub items: ItemsCard,
    /// The events.
    pub events: EventsCard,
}

impl Checked {
    /// Whether training could start.
    #[must_use]
    pub fn can_train(&self) -> bool {
        self.problems_found == 0
    }
}

/// The products in figures.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ItemsCard {
    /// Valid rows.
    pub products: usize,
    /// First parts of the category paths.
    pub departments: usize,
    /// Number of products without a category.
    pub without_category: usize,
    /// Number of products without a price.
    pub without_price: usize,
    /// Minimum, median and maximum price above zero.
    pub prices: Option<[f64; 3]>,
    /// Additional columns.
    pub extra_columns: Vec<String>,
}

/// The log in figures.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct EventsCard {
    /// Valid rows.
    pub events: usize,
    /// Events by kind, of products in the catalogue.
    pub kinds: Vec<(String, usize)>,
    /// Rows of products that are not in the items file; training leaves them out.
    pub unknown_rows: usize,
    /// Shoppers.
    pub shoppers: usize,
    /// Shoppers with more than one session.
    pub returning: usize,
    /// Sessions with a product.
    pub sessions: usize,
    /// Sessions with two products or more, from which training learns combinations.
    pub sessions_of_two: usize,
    /// Number of products in a session: minimum, first quartile, median, third quartile, 90th
    /// percentile, maximum.
    pub quantiles: [usize; 6],
    /// Classes of session lengths and their shares.
    pub lengths: Vec<(String, f64)>,
    /// Number of products that are in no session.
    pub never_taken: usize,
    /// Share of all pairs of a shopper and a product that are not in the log.
    pub sparsity: f64,
    /// The long-tail curve: share of the most frequently taken products, and their share of all
    /// taken items.
    pub tail: Vec<(f64, f64)>,
    /// Events over time: the first day of each span, and the number of events.
    pub over_time: Vec<(String, usize)>,
    /// Days in a span.
    pub span_days: i64,
    /// Duplicate rows, without the first of each.
    pub duplicate_rows: usize,
    /// First day and last.
    pub days: Option<[String; 2]>,
    /// Additional columns.
    pub extra_columns: Vec<String>,
    /// Number of notes that the rows alone gave.
    #[serde(skip)]
    pub notes: usize,
}

/// A warning, once for all its rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Warning {
    /// The file's name.
    pub file: String,
    /// The column, if the warning concerns one.
    pub field: Option<String>,
    /// Number of rows or values.
    pub count: usize,
    /// Positions of the first few.
    pub places: Vec<String>,
    /// What was found.
    pub found: String,
    /// What was expected.
    pub expected: String,
    /// The sub-command.
    pub advice: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(field) = &self.field {
            write!(f, ", field '{field}'")?;
        }
        if self.expected.is_empty() {
            write!(f, ": {}", self.found)?;
        } else {
            write!(f, ": {} {}", self.count, self.found)?;
        }
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
        if self.expected.is_empty() {
            return Ok(());
        }
        write!(f, ", expected {}: {}", self.expected, self.advice)
    }
}

/// Counter for the rows of one warning.
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

    /// The warning, if anything was counted.
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

/// The problems of all files, one line for each kind: the first kinds are listed, the others only
/// counted.
#[derive(Debug)]
struct Problems {
    max: usize,
    found: usize,
    kinds: Vec<Kind>,
}

/// Problems of one kind.
#[derive(Debug)]
struct Kind {
    key: String,
    /// The first one; empty beyond the listed kinds.
    text: String,
    count: usize,
    /// Where the next ones are.
    places: Vec<Place>,
}

impl Problems {
    fn add(&mut self, path: &Path, error: FileError) {
        self.found += 1;
        let (kind, _) = error.kind();
        let key = format!("{} {kind}", path.display());
        match self.kinds.iter_mut().find(|kind| kind.key == key) {
            Some(kind) => {
                kind.count += 1;
                if kind.places.len() < EXAMPLES {
                    kind.places.extend(error.located().place());
                }
            }
            None => {
                let text = if self.kinds.len() < self.max {
                    error.located().to_string()
                } else {
                    String::new()
                };
                self.kinds.push(Kind {
                    key,
                    text,
                    count: 1,
                    places: Vec::new(),
                });
            }
        }
    }

    fn texts(&self) -> Vec<String> {
        self.kinds.iter().take(self.max).map(Kind::line).collect()
    }
}

impl Kind {
    fn line(&self) -> String {
        let more = self.count - 1;
        if more == 0 {
            return self.text.clone();
        }
        let places: Vec<String> = self.places.iter().map(ToString::to_string).collect();
        let etc = if more > places.len() { ", …" } else { "" };
        format!(
            "{} ({more} more of this kind: {}{etc})",
            self.text,
            places.join(", ")
        )
    }
}

/// How a file was read: what may be wrong becomes a warning, the rest is said.
fn add_notes(path: &Path, notes: &[Note], warnings: &mut Vec<Warning>, said: &mut Vec<String>) {
    for note in notes {
        if note.is_odd {
            warnings.push(Warning {
                file: file_name(path),
                field: None,
                count: note.count.max(1),
                places: note.places.clone(),
                found: note.text.clone(),
                expected: String::new(),
                advice: String::new(),
            });
        } else {
            said.push(format!("{}: {note}", file_name(path)));
        }
    }
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// Checks both files. At most `max` kinds of problems are listed; times after `now_s` are in the
/// future.
///
/// # Errors
/// When a file cannot be read at all; problems inside a file are part of the result.
pub fn check(
    items: &Path,
    events: &Path,
    max: usize,
    now_s: i64,
    reading: &Reading,
) -> Result<Checked, FileError> {
    let mut problems = Problems {
        max,
        found: 0,
        kinds: Vec::new(),
    };
    let (mut warnings, mut notes) = (Vec::new(), Vec::new());
    let looked = items::look(items, reading, &mut problems, &mut warnings, &mut notes);
    let products = unless_unreadable(items, looked, &mut problems)?;
    let looked = events::look(
        events,
        reading,
        products.as_ref(),
        now_s,
        &mut problems,
        &mut warnings,
        &mut notes,
    );
    let card = unless_unreadable(events, looked, &mut problems)?;
    let readable = [products.is_some(), card.is_some()];
    let mut card = card.unwrap_or_default();
    if problems.found == 0 {
        // The training code itself checks whether there is enough data.
        let catalogue = read_items_with(items, reading)?.catalogue;
        match read_events_with(events, &catalogue, reading) {
            Err(error) => problems.add(events, error),
            Ok(mut log) => {
                // What only the whole log shows: cut sessions, guests, ids.
                let whole: Vec<Note> = log.notes.split_off(card.notes.min(log.notes.len()));
                add_notes(events, &whole, &mut warnings, &mut notes);
                let outliers: Vec<Note> = log
                    .outliers()
                    .warnings()
                    .into_iter()
                    .map(Note::odd)
                    .collect();
                add_notes(events, &outliers, &mut warnings, &mut notes);
                if !whole.is_empty() {
                    card.follow(&log, catalogue.len());
                }
                log.cap_outliers();
                if log.sessions.is_empty() && log.unknown.rows > 0 {
                    problems.add(
                        events,
                        FileError::Mapping {
                            path: events.to_owned(),
                            problem: format!(
                                "none of {} rows is about a product of {}",
                                log.unknown.rows,
                                items.display()
                            ),
                            advice: "give the products and the events of the same shop".to_owned(),
                        },
                    );
                } else if let Err(error) =
                    learner::check(&log, catalogue.len(), &TrainConfig::default(), 7)
                {
                    problems.found += 1;
                    problems.kinds.push(Kind {
                        key: "training".to_owned(),
                        text: format!("{}: {error}", events.display()),
                        count: 1,
                        places: Vec::new(),
                    });
                }
            }
        }
    }
    Ok(Checked {
        version: CHECK_VERSION,
        files: [file_name(items), file_name(events)],
        notes,
        problems: problems.texts(),
        problems_found: problems.found,
        kinds_found: problems.kinds.len(),
        warnings,
        readable,
        items: products.map(|products| products.card).unwrap_or_default(),
        events: card,
    })
}

/// A file that exists but is wrong as a whole (a missing column, not a table) is a problem like
/// others; a file that cannot be opened is an error.
fn unless_unreadable<T>(
    path: &Path,
    result: Result<T, FileError>,
    problems: &mut Problems,
) -> Result<Option<T>, FileError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error @ FileError::Read { .. }) => Err(error),
        Err(error) => {
            problems.add(path, error);
            Ok(None)
        }
    }
}

/// The card as text; problems and warnings come first.
#[must_use]
pub fn describe(checked: &Checked) -> String {
    let mut out = String::new();
    for note in &checked.notes {
        let _ = writeln!(out, "read: {note}");
    }
    for problem in &checked.problems {
        let _ = writeln!(out, "problem: {problem}");
    }
    if checked.kinds_found > checked.problems.len() {
        let _ = writeln!(
            out,
            "problem: and {} more kinds",
            checked.kinds_found - checked.problems.len()
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

/// The card's lines: name and figures.
#[must_use]
pub fn rows(checked: &Checked) -> Vec<(&'static str, String)> {
    let (items, events) = (&checked.items, &checked.events);
    let share = |n: usize, of: usize| format!("{:.1} %", 100.0 * n as f64 / of.max(1) as f64);
    let [has_items, has_events] = checked.readable;
    let mut out = Vec::new();
    if has_items {
        out.extend([
            (
                "products",
                format!("{} in {} departments", items.products, items.departments),
            ),
            ("without category", items.without_category.to_string()),
            ("without price", items.without_price.to_string()),
        ]);
    }
    if let Some([min, median, max]) = items.prices {
        out.push((
            "prices",
            format!("{min:.2} to {max:.2}, median {median:.2}"),
        ));
    }
    if !has_events {
        return out;
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
    if has_items {
        out.push(("unknown products", format!("{} rows", events.unknown_rows)));
    }
    out.push(("duplicate rows", events.duplicate_rows.to_string()));
    out.push((
        "shoppers",
        format!(
            "{}, {} of them with several sessions",
            events.shoppers, events.returning
        ),
    ));
    if !has_items {
        // Which products the rows are about is not known.
        out.push(("sessions", events.sessions.to_string()));
        return out;
    }
    out.push((
        "sessions",
        format!(
            "{}, {} with two products or more",
            events.sessions, events.sessions_of_two
        ),
    ));
    let [min, quarter, median, three, nine, max] = events.quantiles;
    let quantiles = format!(
        "median {median}, quartiles {quarter} and {three}, 90th percentile {nine}, from {min} to {max}"
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
            "{:.2} % of all pairs of shopper and product are not in the log",
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
                "the most frequently taken 10 % of the products have {:.0} % of all taken items",
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
