//! What each column holds, and why some are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::error::shorten;
use crate::numbers::{DateOrder, date_order, parse_date};
use crate::protected::is_protected;
use crate::settings::{Asked, Settings};
use crate::table::{Table, is_missing};
use crate::writing::{Reading, Writing};

/// Share of the cells that must be numbers for a column of numbers; the others count as missing,
/// and are said.
const NUMBER_SHARE: f64 = 0.98;
/// The same for a column of more numbers than a category has levels, where the rest is at most
/// [`MARKS`] texts: these stand for what is not known.
const MARKED_NUMBER_SHARE: f64 = 0.5;
/// Different texts that may stand for what is not known.
const MARKS: usize = 2;
/// From this many rows on, a text that differs in every row is an identifier.
const IDENTIFIER_ROWS: usize = 8;
/// Levels of a category that are told apart, the most frequent ones.
pub(crate) const LEVELS: usize = 12;

/// What a column holds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// Numbers.
    Number,
    /// Dates, as days.
    Date,
    /// Texts, the most frequent ones first.
    Category(Vec<String>),
    /// Not used.
    LeftOut(LeftOut),
}

/// Why a column is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LeftOut {
    /// It names rows.
    Identifier,
    /// It has one value.
    Constant,
    /// It has no value.
    Empty,
    /// It describes a protected attribute.
    Protected,
    /// It was named to be left out.
    Asked,
    /// Day, month or a year of two digits could change places.
    UnclearDate,
    /// A comma could set decimals or thousands apart.
    UnclearNumber,
}

impl LeftOut {
    /// The reason in a few words.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Identifier => "identifies rows",
            Self::Constant => "has one value",
            Self::Empty => "has no value",
            Self::Protected => "protected attribute",
            Self::Asked => "left out as asked",
            Self::UnclearDate => "dates could be read in two ways: write 2020-12-31",
            Self::UnclearNumber => {
                "numbers like 1,234 could be 1234 or 1.234: write them in one way, without thousands set apart"
            }
        }
    }
}

/// A reservation about a column.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// This many cells are texts among numbers, and count as missing; the first of them.
    Texts(usize, String),
    /// A number that is read with thousands set apart, though it could be a decimal.
    Thousands(String),
    /// It has this many different texts, of which the most frequent are told apart.
    Levels(usize),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Texts(cells, first) => write!(
                f,
                "{cells} cells are texts among numbers, such as '{first}', and count as missing"
            ),
            Self::Thousands(example) => write!(
                f,
                "'{example}' is read as {}: if it is a decimal, write decimals with one digit more",
                example.replace(['.', ','], "")
            ),
            Self::Levels(texts) => write!(
                f,
                "{texts} different texts: the {LEVELS} most frequent are told apart"
            ),
        }
    }
}

/// A column with its kind.
#[derive(Debug, Clone, PartialEq)]
pub struct TypedColumn {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Whether its name says that it describes a protected attribute, or the owner named it.
    pub is_protected: bool,
    /// Something to know about how it was read.
    pub note: Option<Note>,
    pub(crate) format: Format,
}

/// How a cell is read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Format {
    Number(Writing),
    Date(DateOrder),
    Text,
}

impl Format {
    #[inline(never)]
    pub(crate) fn value(&self, cell: &str) -> Option<f64> {
        match self {
            Self::Number(writing) => writing.value(cell),
            Self::Date(order) => parse_date(cell, *order),
            Self::Text => None,
        }
    }
}

/// Whether the name says that the column names rows. `number` and its kin count at the end of a name
/// only: "number of visits" is a number to learn from.
fn is_id_name(name: &str) -> bool {
    let lower = name.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let strong = [
        "id",
        "ids",
        "uuid",
        "guid",
        "iban",
        "ssn",
        "email",
        "kundennummer",
        "kundennr",
        "patientid",
        "customerid",
        "userid",
        "phone",
        "telephone",
        "telefon",
        "tel",
        "mobile",
        "rowid",
        "unnamed",
    ];
    let last = [
        "nr", "no", "number", "nummer", "key", "index", "idx", "row", "zeile", "name",
    ];
    words.iter().any(|word| strong.contains(word))
        || words.last().is_some_and(|word| last.contains(word))
        || [
            "编号",
            "序号",
            "编码",
            "身份证",
            "姓名",
            "手机",
            "电话",
            "電話",
            "番号",
            "学号",
            "病历号",
        ]
        .iter()
        .any(|part| lower.contains(part))
}

/// Whether the values count the rows of the file, up or down. In any other order they may be a rank,
/// which is something to learn from.
fn is_running_number(values: &[f64]) -> bool {
    let counts_by = |step: f64| values.windows(2).all(|two| two[1] - two[0] == step);
    counts_by(1.0) || counts_by(-1.0)
}

/// Whether the cell is nothing but a dash.
fn is_dash(cell: &str) -> bool {
    ["-", "–", "—", "--"].contains(&cell)
}

/// How many different numbers there are.
#[inline(never)]
fn different(values: &[f64]) -> usize {
    let all: BTreeSet<u64> = values.iter().map(|value| (value + 0.0).to_bits()).collect();
    all.len()
}

/// Whether beside the numbers there are [`MARKS`] different texts or fewer.
#[inline(never)]
fn are_marked(cells: &[&str], writing: &Writing) -> bool {
    let mut marks: Vec<&str> = Vec::new();
    for cell in cells {
        if !marks.contains(cell) && writing.value(cell).is_none() {
            marks.push(cell);
        }
        if marks.len() > MARKS {
            return false;
        }
    }
    true
}

/// Types one column.
fn type_column(name: &str, cells: &[String], asked: Option<Asked>) -> (Kind, Format, Option<Note>) {
    let known = cells
        .iter()
        .map(String::as_str)
        .filter(|cell| !is_missing(cell));
    let known: Vec<&str> = known.collect();
    let rows = known.len();
    if rows == 0 {
        return (Kind::LeftOut(LeftOut::Empty), Format::Text, None);
    }
    // In a column of numbers a dash is an empty cell.
    let mut numbers = known.clone();
    numbers.retain(|cell| !is_dash(cell));
    let (writing, note) = match Writing::of(&numbers) {
        Reading::Sure(writing) => (writing, None),
        Reading::Likely(writing, example) => (writing, Some(Note::Thousands(shorten(&example)))),
        Reading::Unclear(_, count) => {
            if asked != Some(Asked::Category) && count as f64 >= NUMBER_SHARE * numbers.len() as f64
            {
                let kind = Kind::LeftOut(LeftOut::UnclearNumber);
                return (kind, Format::Text, None);
            }
            (Writing::plain(), None)
        }
    };
    let values: Vec<f64> = numbers
        .iter()
        .filter_map(|cell| writing.value(cell))
        .collect();
    let distinct = different(&values);
    let is_numbers = match asked {
        Some(Asked::Number) => !values.is_empty(),
        Some(Asked::Category | Asked::Date) => false,
        Some(Asked::Use) | None => {
            let share = values.len() as f64 / numbers.len().max(1) as f64;
            share >= NUMBER_SHARE
                || share >= MARKED_NUMBER_SHARE
                    && distinct > LEVELS
                    && are_marked(&numbers, &writing)
        }
    };
    if is_numbers {
        let first = numbers.iter().find(|cell| writing.value(cell).is_none());
        let texts = first.map(|first| Note::Texts(numbers.len() - values.len(), shorten(first)));
        let format = Format::Number(writing);
        let note = texts.or(note);
        let differs = distinct == values.len() && values.len() >= IDENTIFIER_ROWS;
        let is_whole = values.iter().all(|value| value.fract() == 0.0);
        let kind = if distinct == 1 && rows == cells.len() {
            Kind::LeftOut(LeftOut::Constant)
        } else if differs
            && is_whole
            && asked.is_none()
            && (is_id_name(name) || is_running_number(&values))
        {
            Kind::LeftOut(LeftOut::Identifier)
        } else {
            Kind::Number
        };
        return (kind, format, note);
    }
    let order = match asked {
        Some(Asked::Category) => None,
        _ => date_order(known.iter().copied()),
    };
    match order {
        Some(Ok(order)) => {
            let kind = if rows == cells.len() && known.iter().all(|cell| *cell == known[0]) {
                Kind::LeftOut(LeftOut::Constant)
            } else {
                Kind::Date
            };
            return (kind, Format::Date(order), None);
        }
        Some(Err(())) => return (Kind::LeftOut(LeftOut::UnclearDate), Format::Text, None),
        None => {}
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for cell in known {
        *counts.entry(cell).or_default() += 1;
    }
    let kind = if counts.len() == 1 && rows == cells.len() {
        Kind::LeftOut(LeftOut::Constant)
    } else if asked.is_none()
        && rows >= IDENTIFIER_ROWS
        && (counts.len() == rows || (is_id_name(name) && counts.len() * 10 >= rows * 9))
    {
        Kind::LeftOut(LeftOut::Identifier)
    } else {
        let mut levels: Vec<(&str, usize)> = counts.iter().map(|(&text, &n)| (text, n)).collect();
        levels.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        Kind::Category(
            levels
                .iter()
                .take(LEVELS)
                .map(|level| level.0.to_owned())
                .collect(),
        )
    };
    let note = (counts.len() > LEVELS && matches!(kind, Kind::Category(_)))
        .then_some(Note::Levels(counts.len()));
    (kind, Format::Text, note)
}

/// Types every column but the target. Protected columns are left out unless `uses_protected` or asked for;
/// the other lists of `settings` are what the owner says of single columns.
#[must_use]
pub fn type_columns(table: &Table, target: usize, settings: &Settings) -> Vec<TypedColumn> {
    let names = table.names().iter().enumerate();
    let mut out: Vec<TypedColumn> = names
        .filter(|(at, _)| *at != target)
        .map(|(at, name)| {
            let asked = settings.asked.get(name).copied();
            let (mut kind, format, note) = type_column(name, table.column(at), asked);
            let is_protected = is_protected(name) || settings.protected.contains(name);
            let is_allowed = settings.uses_protected || asked.is_some();
            if settings.left_out.contains(name) {
                kind = Kind::LeftOut(LeftOut::Asked);
            } else if is_protected && !is_allowed && !matches!(kind, Kind::LeftOut(_)) {
                kind = Kind::LeftOut(LeftOut::Protected);
            }
            TypedColumn {
                name: name.clone(),
                kind,
                is_protected,
                note,
                format,
            }
        })
        .collect();
    // Answers must not depend on the order in which somebody arranged the columns.
    out.sort_by(|a, b| a.name.cmp(&b.name));
    out
}
