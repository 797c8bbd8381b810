//! Reads what shops export: from bytes to rows of products or events.
//!
//! One way for all commands: the bytes are unpacked and decoded ([`source`]), the columns are
//! recognised or taken from a mapping ([`layout`]), and rows that share cells are completed
//! ([`expand`]). Values are read by [`times`], [`prices`], [`categories`] and [`words`], where each
//! form says itself which one it is; what does not is refused. What was done to a file becomes
//! [`Note`]s.

mod categories;
mod expand;
mod formats;
mod ids;
pub(crate) mod json;
mod layout;
mod options;
mod prices;
pub(crate) mod propose;
mod quotes;
pub(crate) mod source;
mod times;
mod words;
pub(crate) mod xml;

use std::path::Path;

use fewshop_core::EventKind;

pub(crate) use categories::read_categories;
pub(crate) use expand::pseudonym;
pub use formats::Role;
pub use ids::IdForm;
pub(crate) use ids::{form_of, offer, rows_without};
pub use options::{
    MappingFile, Reading, SESSION_GAP_S, dates_named, decimal_named, form_named, kind_named,
};
pub use prices::Decimal;
pub(crate) use prices::{NoPrice, evidence, read_price};
pub use propose::{Proposal, propose};
pub use times::{DateOrder, NoTime, TimeForm, last_second, read_time};
pub use words::{is_missing, plain, unescaped};

use super::table::{Broken, Header, Reader, RowPosition, Start, TableRow, place_of, read_source};
use super::{FileError, events, items};
use expand::Expand;
use formats::Shape;
use source::Source;

/// Number of positions in a note.
pub const EXAMPLES: usize = 3;

/// Something about a file that its owner should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What was found and done.
    pub text: String,
    /// How many rows, where rows are counted.
    pub count: usize,
    /// The places of the first few rows.
    pub places: Vec<String>,
    /// Whether something may be wrong, rather than merely read in another form.
    pub is_odd: bool,
}

impl Note {
    /// How a file was read.
    #[must_use]
    pub fn read(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            count: 0,
            places: Vec::new(),
            is_odd: false,
        }
    }

    /// Rows in which something may be wrong.
    #[must_use]
    pub fn odd(text: impl Into<String>) -> Self {
        Self {
            is_odd: true,
            ..Self::read(text)
        }
    }

    pub(crate) fn of(mut self, path: &Path, rows: &Rows) -> Self {
        self.count = rows.count;
        self.places = rows
            .first
            .iter()
            .map(|&at| place_of(path, at).to_string())
            .collect();
        self
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)?;
        if !self.places.is_empty() {
            let more = if self.count > self.places.len() {
                ", …"
            } else {
                ""
            };
            write!(f, " ({}{more})", self.places.join(", "))?;
        }
        Ok(())
    }
}

/// Rows of one kind: how many, and the first few.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    pub(crate) count: usize,
    pub(crate) first: Vec<RowPosition>,
}

impl Rows {
    pub(crate) fn add(&mut self, at: RowPosition) {
        self.count += 1;
        if self.first.len() < EXAMPLES {
            self.first.push(at);
        }
    }

    /// The places, for a message.
    pub(crate) fn places(&self, path: &Path) -> String {
        let places: Vec<String> = self
            .first
            .iter()
            .map(|&at| place_of(path, at).to_string())
            .collect();
        let more = if self.count > places.len() {
            ", …"
        } else {
            ""
        };
        format!("{}{more}", places.join(", "))
    }
}

/// How the rows of a file were read.
#[derive(Debug, Default)]
pub struct Table {
    /// What was done, for people.
    pub notes: Vec<Note>,
    /// Names of the columns that are no field.
    pub extra: Vec<String>,
    /// What all of its events are, if it does not say.
    pub kind: Option<EventKind>,
    /// Whether commas separate the paths of a category.
    pub comma_paths: bool,
    /// Whether a product may have several rows, of which the first counts.
    pub repeats: bool,
}

/// What is known of a file before its first row.
#[derive(Debug, Clone, Copy, Default)]
pub struct Before {
    /// What all of its events are, if it does not say.
    pub kind: Option<EventKind>,
    /// Whether a product may have several rows, of which the first counts.
    pub repeats: bool,
    /// Whether it has all columns under their own names.
    pub is_plain: bool,
}

/// Calls `each` with every row of a file of products or events, in the fields' order of
/// [`Role::fields`].
///
/// # Errors
/// When the file cannot be read, its columns are not those of such a file, or a callback fails.
pub fn read_rows(
    path: &Path,
    role: Role,
    reading: &Reading,
    with_extra: bool,
    mut each: impl FnMut(&Before, &TableRow<'_>) -> Result<(), FileError>,
    broken: &mut Broken<'_>,
) -> Result<Table, FileError> {
    let columns = match role {
        Role::Items => &items::COLUMNS,
        Role::Events => &events::COLUMNS,
    };
    let expected = columns.required.join(", ");
    let opened = source::open(path, &expected)?;
    let mut table = Table::default();
    if let Source::Text(text) = &opened {
        table.notes.extend(text.notes.iter().map(Note::read));
        if text.stray_quotes.count > 0 {
            let stray = &text.stray_quotes;
            table.notes.push(Note {
                text: format!("{} fields go on after their closing quote", stray.count),
                count: stray.count,
                places: stray
                    .lines
                    .iter()
                    .map(|line| format!("line {line}"))
                    .collect(),
                is_odd: true,
            });
        }
    }
    let before = std::cell::Cell::new(Before::default());
    // The first line decides whether rows are taken as they are.
    let expand: std::cell::RefCell<Option<(Expand, Header)>> = std::cell::RefCell::new(None);
    let shared = std::cell::RefCell::new(&mut table);
    let mut start = |names: Vec<String>, cells: &[&str]| {
        let layout = layout::resolve(path, role, columns, names, cells, reading)?;
        let mut table = shared.borrow_mut();
        table.notes.extend(layout.note.as_ref().map(Note::read));
        let format = layout.format;
        before.set(Before {
            kind: layout.kind,
            repeats: format.is_some_and(|format| format.repeats),
            is_plain: layout.is_plain,
        });
        table.kind = layout.kind;
        table.comma_paths = format.is_some_and(|format| format.comma_paths);
        table.repeats = before.get().repeats;
        if layout.shape() != Shape::Rows {
            let made = Expand::new(layout.shape(), role, layout.header.names());
            let header = Header::new(made.fields(), Vec::new(), made.names());
            *expand.borrow_mut() = Some((made, header));
        }
        Ok(Start {
            header: layout.header,
            first_is_row: layout.first_is_row,
        })
    };
    let mut row = |_: &Header, row: &TableRow<'_>| {
        let mut expand = expand.borrow_mut();
        match expand.as_mut() {
            None => each(&before.get(), row),
            Some((expand, header)) => expand.row(row, &mut |cells, at| {
                each(&before.get(), &TableRow::made(path, header, cells, at))
            }),
        }
    };
    let header = read_source(
        path,
        opened,
        &mut Reader {
            start: &mut start,
            each: &mut row,
            broken,
            expected: &expected,
            what: columns.what,
            with_extra,
        },
    )
    .map_err(FileError::located)?;
    if let Some((mut expand, header)) = expand.into_inner() {
        expand
            .end(&mut |cells, at| each(&before.get(), &TableRow::made(path, &header, cells, at)))?;
        table
            .notes
            .extend(expand.notes().into_iter().map(Note::read));
    }
    table.extra = header.extra.into_iter().map(|(name, _)| name).collect();
    Ok(table)
}
