//! Rows of events, one by one: what the readers of a log and `fewshop check` share.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use fewshop_core::EventKind;

use super::events::{EventRow, ITEM, KIND, QUANTITY, SESSION, TIME, USER};
use super::import::{
    Before, DateOrder, NoTime, Note, Reading, Role, Rows, TimeForm, is_missing, last_second,
    read_rows, read_time,
};
use super::table::{Broken, RowPosition, TableRow};
use super::{FileError, shorten};

/// Share of rows with times before 1990 or after tomorrow above which a file is refused: a few are
/// wrong clocks, more are a unit that was not recognised.
const MOST_FAR: f64 = 0.01;
/// In a small file, this many rows or half of them.
const FEW_FAR: usize = 10;

/// How the events of a file were read.
#[derive(Debug, Default)]
pub struct EventTable {
    /// What was done, for people.
    pub notes: Vec<Note>,
    /// Names of the columns that are no field.
    pub extra: Vec<String>,
    /// Events before 1990 or after tomorrow, which were left out.
    pub far: usize,
}

/// An event with its place.
pub struct PlacedEvent<'a> {
    /// The event. A shopper or a session that the file does not name is "". An e-mail address is replaced by a pseudonym in exports that are recognised.
    pub event: EventRow<'a, f32>,
    /// Its place.
    pub at: RowPosition,
}

impl<'a> std::ops::Deref for PlacedEvent<'a> {
    type Target = EventRow<'a, f32>;

    fn deref(&self) -> &Self::Target {
        &self.event
    }
}

#[derive(Default)]
struct Counts {
    forms: BTreeMap<TimeForm, Rows>,
    /// Events that say nothing about taste, by name.
    silent: BTreeMap<String, usize>,
    /// Events that the file calls by another name.
    renamed: BTreeMap<String, EventKind>,
    far: Rows,
    rows: usize,
    no_user: Rows,
    returned: Rows,
    /// Whether the file does not say what its events are.
    has_no_kind: bool,
}

/// Calls `each` with every event, and `look` with every row.
///
/// `problem` decides whether the reading goes on behind a bad row, which is left out.
///
/// # Errors
/// When the file cannot be read as a whole, most of its times are out of range, or `problem` fails.
pub fn collect_events(
    path: &Path,
    reading: &Reading,
    mut each: impl FnMut(&PlacedEvent<'_>),
    mut look: impl FnMut(&TableRow<'_>),
    problem: &mut Broken<'_>,
) -> Result<EventTable, FileError> {
    let last_s = last_second();
    let mut counts = Counts::default();
    // What the dates of the file say about their order, once one of them needs it.
    let mut order: Option<Option<DateOrder>> = reading.dates.map(Some);
    let problem = RefCell::new(problem);
    let table = read_rows(
        path,
        Role::Events,
        reading,
        false,
        |before, row| {
            look(row);
            match parse(path, row, reading, before, last_s, &mut order, &mut counts) {
                Ok(Some(event)) => {
                    each(&PlacedEvent {
                        event,
                        at: row.at(),
                    });
                    Ok(())
                }
                Ok(None) => Ok(()),
                Err(error) => {
                    let error = RefCell::new(Some(error));
                    (problem.borrow_mut())(&|| {
                        error.borrow_mut().take().unwrap_or(FileError::HeaderOnly {
                            path: path.to_owned(),
                            what: "event",
                        })
                    })
                }
            }
        },
        &mut |error| (problem.borrow_mut())(error),
    )
    .map_err(FileError::located)?;
    let far = &counts.far;
    let is_share = far.count as f64 > MOST_FAR * counts.rows as f64;
    if is_share && (far.count >= FEW_FAR || 2 * far.count > counts.rows) {
        (problem.borrow_mut())(&|| FileError::Many {
            path: path.to_owned(),
            field: ", field 'time'",
            count: far.count,
            problem: format!(
                "of {} times are before 1990 or after tomorrow in every unit that is known",
                counts.rows
            )
            .into(),
            places: far.places(path).into(),
            advice: "write times as 2017-01-01 11:53:26 or as seconds since 1970",
        })?;
    }
    let mut notes = table.notes;
    counts.note(path, &mut notes);
    if counts.has_no_kind {
        notes.push(Note::read(
            "all events are read as view, because the file does not say what they are (--event purchase if they are orders)",
        ));
    }
    if let (None, Some(Some(found))) = (reading.dates, order) {
        let first = match found {
            DateOrder::DayFirst => "day",
            DateOrder::MonthFirst => "month",
        };
        notes.push(Note::read(format!(
            "dates such as 03/04 are read with the {first} first, as others of the column are"
        )));
    }
    if let Some(kind) = table.kind {
        notes.push(Note::read(format!(
            "all events are read as {}",
            kind.name()
        )));
    }
    Ok(EventTable {
        notes,
        extra: table.extra,
        far: counts.far.count,
    })
}

/// Parses one row; `None` for an event that is left out.
fn parse<'a>(
    path: &Path,
    row: &'a TableRow<'_>,
    reading: &Reading,
    before: &Before,
    last_s: i64,
    order: &mut Option<Option<DateOrder>>,
    counts: &mut Counts,
) -> Result<Option<EventRow<'a, f32>>, FileError> {
    counts.rows += 1;
    let name = row.text(KIND);
    let kind = match before.kind.filter(|_| !row.header().has(KIND)) {
        Some(kind) => kind,
        None if !row.header().has(KIND) => {
            counts.has_no_kind = true;
            EventKind::View
        }
        None => match EventKind::from_name(name) {
            Some(kind) if reading.event_names.is_empty() => kind,
            _ => match reading.kind_of(name) {
                Some(Some(kind)) => {
                    if name != kind.name() && !counts.renamed.contains_key(name) {
                        counts.renamed.insert(name.to_owned(), kind);
                    }
                    kind
                }
                Some(None) => {
                    if let Some(count) = counts.silent.get_mut(name) {
                        *count += 1;
                    } else {
                        counts.silent.insert(name.to_owned(), 1);
                    }
                    return Ok(None);
                }
                None => {
                    return Err(row.error(
                        KIND,
                        EventKind::LISTED,
                        "use one of these kinds, remove the row, or say what it is, such as --event-names purchase=NAME or ignore=NAME",
                    ));
                }
            },
        },
    };
    let text = row.text(TIME);
    let mut time = read_time(text, order.flatten(), last_s);
    if time == Err(NoTime::Ambiguous) && order.is_none() {
        let found = order_of(path, reading);
        *order = Some(found);
        time = read_time(text, found, last_s);
    }
    let time_s = match time {
        Ok((time_s, form)) => {
            counts.forms.entry(form).or_default().add(row.at());
            time_s
        }
        Err(NoTime::Range) => {
            counts.far.add(row.at());
            return Ok(None);
        }
        Err(NoTime::Ambiguous) => {
            return Err(row.error(
                TIME,
                "a date that says what is the day and what the month",
                "give --dates day-first or --dates month-first",
            ));
        }
        Err(NoTime::Shortened) => {
            return Err(row.error(
                TIME,
                "a whole number",
                "a spreadsheet shortened it: format the column as text or as a number without decimals, and export it again",
            ));
        }
        Err(NoTime::Form) => {
            return Err(row.error(
                TIME,
                "a time such as 2017-01-01 11:53:26",
                "write it like this, as ISO 8601, or as seconds since 1970",
            ));
        }
    };
    let quantity = match quantity_of(row)? {
        Some(quantity) => quantity,
        None => {
            counts.returned.add(row.at());
            return Ok(None);
        }
    };
    let known = |number: usize| {
        let text = row.text(number);
        if is_missing(text) { "" } else { text }
    };
    let (user_id, session_id) = (known(USER), known(SESSION));
    if user_id.is_empty() {
        counts.no_user.add(row.at());
    }
    // Without a shopper, the session alone says whose events belong together.
    if session_id.is_empty() && row.header().has(SESSION) && before.is_plain {
        row.id(SESSION)?;
        return Err(row.error(SESSION, "an id", "fill it in or remove the row"));
    }
    let item_id = row.id(ITEM)?;
    if is_missing(item_id) {
        return Err(row.error(ITEM, "an id", "fill it in or remove the row"));
    }
    Ok(Some(EventRow {
        user_id,
        session_id,
        time_s,
        item_id,
        kind,
        quantity,
    }))
}

/// The quantity; `None` for a return in an export of orders.
fn quantity_of(row: &TableRow<'_>) -> Result<Option<f32>, FileError> {
    let text = row.text(QUANTITY);
    if text.is_empty() || is_missing(text) {
        return Ok(Some(1.0));
    }
    let quantity: Option<f32> = text
        .parse()
        .ok()
        .or_else(|| text.replacen(',', ".", 1).parse().ok())
        .filter(|quantity: &f32| quantity.is_finite() && *quantity >= 0.0);
    quantity.map(Some).ok_or_else(|| {
        row.error(
            QUANTITY,
            "a number of 0 or more",
            "correct it, or remove the row if it is a return",
        )
    })
}

/// Reads all times of a file for one that says what is the day and what the month.
fn order_of(path: &Path, reading: &Reading) -> Option<DateOrder> {
    let (mut day_first, mut month_first) = (0usize, 0usize);
    let _ = read_rows(
        path,
        Role::Events,
        reading,
        false,
        |_, row| {
            let mut parts = row.text(TIME).split(['/', '-', ' ']);
            let mut number = || parts.next().and_then(|part| part.parse::<u32>().ok());
            if let (Some(a), Some(b)) = (number(), number()) {
                day_first += usize::from(a > 12 && b <= 12);
                month_first += usize::from(b > 12 && a <= 12);
            }
            Ok(())
        },
        &mut |_| Ok(()),
    );
    match (day_first, month_first) {
        (1.., 0) => Some(DateOrder::DayFirst),
        (0, 1..) => Some(DateOrder::MonthFirst),
        _ => None,
    }
}

impl Counts {
    fn note(&self, path: &Path, notes: &mut Vec<Note>) {
        let plain = |form: &TimeForm| matches!(form, TimeForm::Text | TimeForm::Seconds);
        let all: usize = self.forms.values().map(|rows| rows.count).sum();
        if self.forms.len() > 1 && !self.forms.keys().all(plain) {
            let mut forms: Vec<(&TimeForm, &Rows)> = self.forms.iter().collect();
            forms.sort_by_key(|(_, rows)| std::cmp::Reverse(rows.count));
            let list: Vec<String> = forms
                .iter()
                .map(|(form, rows)| format!("{} {}", rows.count, form.name()))
                .collect();
            let rare = forms[forms.len() - 1].1;
            let text = format!("times are of several kinds: {}", list.join(", "));
            notes.push(Note::odd(text).of(path, rare));
        } else if let Some((form, _)) = self.forms.iter().find(|(form, _)| !plain(form)) {
            let order = if form.is_day() {
                ": they have no time of day, so sessions keep the file's order"
            } else {
                ""
            };
            notes.push(Note::read(format!("times are {}{order}", form.name())));
        }
        if self.far.count > 0 {
            let text = format!(
                "{} times are before 1990 or after tomorrow: the rows were left out",
                self.far.count
            );
            notes.push(Note::odd(text).of(path, &self.far));
        }
        if !self.renamed.is_empty() {
            let list: Vec<String> = self
                .renamed
                .iter()
                .map(|(name, kind)| format!("'{}' as {}", shorten(name), kind.name()))
                .collect();
            notes.push(Note::read(format!("events are read: {}", list.join(", "))));
        }
        if !self.silent.is_empty() {
            let count: usize = self.silent.values().sum();
            let list: Vec<String> = self
                .silent
                .keys()
                .take(5)
                .map(|name| shorten(name))
                .collect();
            notes.push(Note::read(format!(
                "{count} events that say nothing about taste were left out: {}{}",
                list.join(", "),
                if self.silent.len() > 5 { ", …" } else { "" }
            )));
        }
        if self.no_user.count > 0 && all > self.no_user.count {
            let text = format!(
                "{} rows have no shopper: each of their sessions is one of a shopper of its own",
                self.no_user.count
            );
            notes.push(Note::read(text).of(path, &self.no_user));
        }
        if self.returned.count > 0 {
            let text = format!("{} returns were left out", self.returned.count);
            notes.push(Note::read(text).of(path, &self.returned));
        }
    }
}
