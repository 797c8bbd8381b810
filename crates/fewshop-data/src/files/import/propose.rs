//! Proposes how to read a file, after looking at it.

use std::fmt::Write as _;
use std::path::Path;

use super::formats::{Role, Shape, kind_of};
use super::layout::{self, proposal};
use super::options::Reading;
use super::source;
use super::times::read_time;
use crate::files::FileError;
use crate::files::error::shorten;
use crate::files::table::{Header, Reader, Start, TableRow, read_source};
use crate::files::{events, items};

/// Rows that are looked at.
const ROWS: usize = 2_000;
/// Values that are shown for a column.
const SHOWN: usize = 3;

/// What a file seems to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What its rows are.
    pub role: Role,
    /// The export that it was recognised as, which needs no mapping.
    pub recognised: Option<&'static str>,
    /// Field, column ("" for none), and what it holds.
    pub columns: Vec<(&'static str, String, String)>,
    /// Names of events that mean nothing here, each with the kind that it may be, or `ignore`.
    pub unknown_events: Vec<(String, &'static str)>,
    /// What was done to read it.
    pub notes: Vec<String>,
}

struct Seen {
    names: Vec<String>,
    /// The first values of each column that are not empty.
    values: Vec<Vec<String>>,
    rows: usize,
    cells: Vec<String>,
}

/// Looks at a file.
///
/// # Errors
/// When it cannot be read.
pub fn propose(path: &Path) -> Result<Proposal, FileError> {
    let opened = source::open(path, "the names of columns")?;
    let notes = match &opened {
        source::Source::Text(text) => text.notes.clone(),
        source::Source::Parquet(_) => Vec::new(),
    };
    let mut first: Vec<String> = Vec::new();
    let seen = std::cell::RefCell::new(Seen {
        names: Vec::new(),
        values: Vec::new(),
        rows: 0,
        cells: Vec::new(),
    });
    let done = || FileError::Mapping {
        path: path.to_owned(),
        problem: DONE.to_owned(),
        advice: String::new(),
    };
    let mut start = |names: Vec<String>, cells: &[&str]| {
        first = cells.iter().map(|cell| (*cell).to_owned()).collect();
        let mut seen = seen.borrow_mut();
        seen.values = vec![Vec::new(); names.len()];
        seen.names.clone_from(&names);
        let extra = names.iter().cloned().zip(0..).collect();
        Ok(Start {
            header: Header::new(Vec::new(), extra, names),
            first_is_row: false,
        })
    };
    let mut each = |_: &Header, row: &TableRow<'_>| {
        let mut seen = seen.borrow_mut();
        seen.rows += 1;
        if seen.rows > ROWS {
            return Err(done());
        }
        for at in 0..seen.names.len() {
            let value = row.extra(at).trim();
            if !value.is_empty() && !seen.values[at].iter().any(|other| other == value) {
                seen.values[at].push(value.to_owned());
            }
        }
        Ok(())
    };
    let read = read_source(
        path,
        opened,
        &mut Reader {
            start: &mut start,
            each: &mut each,
            broken: &mut |_| Ok(()),
            expected: "the names of columns",
            what: "row",
            with_extra: true,
        },
    );
    match read {
        Ok(_) => {}
        Err(FileError::Mapping { problem, .. }) if problem == DONE => {}
        Err(error) => return Err(error.located()),
    }
    let seen = seen.into_inner();
    seen.propose(path, &first, notes)
}

/// Marks the end of the rows that are looked at.
const DONE: &str = "enough rows";

impl Seen {
    fn propose(
        self,
        path: &Path,
        cells: &[String],
        notes: Vec<String>,
    ) -> Result<Proposal, FileError> {
        let _ = &self.cells;
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        let reading = Reading::default();
        let resolved = |role: Role| {
            let columns = match role {
                Role::Items => &items::COLUMNS,
                Role::Events => &events::COLUMNS,
            };
            layout::resolve(path, role, columns, self.names.clone(), &cells, &reading)
        };
        // Events first: what has products in its events is read for them.
        let (of_events, of_items) = (resolved(Role::Events), resolved(Role::Items));
        let (role, layout) = match (of_events, of_items) {
            (Ok(layout), _) => (Role::Events, Some(layout)),
            (Err(_), Ok(layout)) => (Role::Items, Some(layout)),
            (Err(no_header @ FileError::NoHeader { .. }), _) => return Err(no_header),
            _ => (self.likelier(), None),
        };
        let recognised = layout.as_ref().and_then(|layout| layout.format);
        let shaped = recognised.is_some_and(|format| format.shape != Shape::Rows);
        let columns = if shaped {
            Vec::new()
        } else {
            let pairs: Vec<(&'static str, Option<usize>)> = match &layout {
                Some(layout) => role
                    .fields()
                    .iter()
                    .enumerate()
                    .map(|(number, field)| {
                        let name = layout.header.name_of(number);
                        let at = name.and_then(|name| {
                            layout.header.names().iter().position(|other| other == name)
                        });
                        (*field, at)
                    })
                    .collect(),
                None => proposal(role, &self.names),
            };
            pairs
                .into_iter()
                .filter(|(field, at)| at.is_some() || !is_optional(role, field))
                .map(|(field, at)| {
                    let name = at.and_then(|at| self.names.get(at)).cloned();
                    (field, name.unwrap_or_default(), self.describe(field, at))
                })
                .collect()
        };
        let unknown_events = self.unknown_events(&columns);
        Ok(Proposal {
            role,
            recognised: recognised.map(|format| format.said),
            columns,
            unknown_events,
            notes,
        })
    }

    /// Products or events: whichever has more of its own fields.
    fn likelier(&self) -> Role {
        let own = |role: Role, fields: &[&str]| {
            proposal(role, &self.names)
                .iter()
                .filter(|(field, at)| at.is_some() && fields.contains(field))
                .count()
        };
        let events = own(Role::Events, &["user_id", "session_id", "time", "event"]);
        let items = own(Role::Items, &["title", "category", "brand", "price"]);
        let has_time = proposal(Role::Events, &self.names)
            .iter()
            .any(|(field, at)| *field == "time" && at.is_some());
        if has_time && events >= 2 || events > items {
            Role::Events
        } else {
            Role::Items
        }
    }

    fn values(&self, at: Option<usize>) -> &[String] {
        at.and_then(|at| self.values.get(at))
            .map_or(&[], Vec::as_slice)
    }

    fn describe(&self, field: &str, at: Option<usize>) -> String {
        let values = self.values(at);
        if at.is_none() {
            return "the file has no such column".to_owned();
        }
        // Personal data is not shown.
        let shown: Vec<String> = values
            .iter()
            .filter(|value| !value.contains('@'))
            .take(SHOWN)
            .map(|value| shorten(value))
            .collect();
        let mut text = shown.join(", ");
        if field == "time"
            && let Some(Ok((_, form))) =
                values.first().map(|value| read_time(value, None, i64::MAX))
        {
            let _ = write!(text, ": {}", form.name());
        }
        text
    }

    fn unknown_events(
        &self,
        columns: &[(&'static str, String, String)],
    ) -> Vec<(String, &'static str)> {
        let Some((_, name, _)) = columns.iter().find(|(field, _, _)| *field == "event") else {
            return Vec::new();
        };
        let at = self.names.iter().position(|other| other == name);
        self.values(at)
            .iter()
            .filter(|value| kind_of(value).is_none())
            .take(20)
            .map(|value| (value.clone(), guessed_kind(value)))
            .collect()
    }
}

/// The kind of event that a name may mean, by its parts.
fn guessed_kind(name: &str) -> &'static str {
    let name = name.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if has(&["remove", "delete", "return", "refund", "cancel"]) {
        "ignore"
    } else if has(&["cart", "basket", "bag", "warenkorb", "panier"]) {
        "cart"
    } else if has(&[
        "sold", "buy", "bought", "purchas", "order", "sale", "kauf", "achat", "paid",
    ]) {
        "purchase"
    } else if has(&[
        "view", "click", "visit", "detail", "seen", "open", "ansicht", "vue",
    ]) {
        "view"
    } else {
        "ignore"
    }
}

fn is_optional(role: Role, field: &str) -> bool {
    role == Role::Items && matches!(field, "picture" | "group" | "availability")
}
