//! `events.csv`: what shoppers did, grouped into sessions.

use std::collections::HashMap;
use std::path::Path;

use fewshop_core::{Catalogue, EventKind, ItemIx};

use super::table::{Columns, TableRow, read_table};
use super::time::{format_time, parse_time};
use super::write::{CellValue, ColumnType, write_table};
use super::{FileError, UnknownItems, item_rows};

/// The columns of `events.csv`.
pub const COLUMNS: Columns = Columns {
    required: &[
        "user_id",
        "session_id",
        "time",
        "item_id",
        "event",
        "quantity",
    ],
    optional: &[],
    what: "event",
};
/// Number of the shopper's column in [`COLUMNS`].
pub(crate) const USER: usize = 0;
/// Number of the session's column.
pub(crate) const SESSION: usize = 1;
/// Number of the time's column.
pub(crate) const TIME: usize = 2;
/// Number of the product's column.
pub(crate) const ITEM: usize = 3;
const KIND: usize = 4;
const QUANTITY: usize = 5;

/// One shopper's events on one product in one session, merged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoggedItem {
    /// The product.
    pub item: ItemIx,
    /// The strongest kind; [`EventKind::Dismiss`] if the product was dismissed last.
    pub kind: EventKind,
    /// Quantities of all positive events added up.
    pub quantity: f32,
}

/// One visit of one shopper.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedSession {
    /// Index into [`Log::users`].
    pub user: u32,
    /// The session's id in the file.
    pub id: String,
    /// Time of its first event, in seconds since 1970.
    pub time_s: i64,
    /// Each product once, in the order of its first event: by time, then as in the file.
    pub items: Vec<LoggedItem>,
    /// Whether the times say the order of the products: no two of them have the same.
    pub is_ordered: bool,
}

/// A shop's log.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Log {
    /// Ids of the shoppers, in order of first appearance.
    pub users: Vec<String>,
    /// Ordered by time, then id.
    pub sessions: Vec<LoggedSession>,
    /// Rows that are in the sessions.
    pub events: usize,
    /// Rows that were left out because the catalogue lacks their item.
    pub unknown: UnknownItems,
}

struct RawEvent {
    session: u32,
    time_s: i64,
    item: ItemIx,
    kind: EventKind,
    quantity: f32,
}

/// Reads events from CSV or Parquet and groups them into sessions.
///
/// `time` is `2017-01-01 11:53:26`, ISO 8601 or seconds since 1970; `event` is view, cart, purchase
/// or dismiss; an empty `quantity` is 1. A session belongs to one shopper: the same session id
/// under two shoppers makes two sessions. Sessions whose items are all unknown to the catalogue are
/// left out.
///
/// # Errors
/// [`FileError`] with file, line and field.
pub fn read_events(path: &Path, catalogue: &Catalogue) -> Result<Log, FileError> {
    let rows = item_rows(catalogue);
    let mut log = Log::default();
    let mut users: HashMap<String, u32> = HashMap::new();
    let mut names: Vec<HashMap<String, u32>> = Vec::new();
    let mut sessions: Vec<LoggedSession> = Vec::new();
    let mut events: Vec<RawEvent> = Vec::new();
    read_table(path, &COLUMNS, |_, row| {
        let EventRow {
            user_id,
            session_id,
            time_s,
            item_id,
            kind,
            quantity,
        } = parse_event(row)?;
        let Some(&item) = rows.get(item_id) else {
            log.unknown.count(item_id);
            return Ok(());
        };
        let user = match users.get(user_id) {
            Some(&user) => user,
            None => {
                let user = log.users.len() as u32;
                users.insert(user_id.to_owned(), user);
                log.users.push(user_id.to_owned());
                names.push(HashMap::new());
                user
            }
        };
        let own = &mut names[user as usize];
        let session = match own.get(session_id) {
            Some(&session) => session,
            None => {
                let session = sessions.len() as u32;
                own.insert(session_id.to_owned(), session);
                sessions.push(LoggedSession {
                    user,
                    id: session_id.to_owned(),
                    time_s,
                    items: Vec::new(),
                    is_ordered: false,
                });
                session
            }
        };
        events.push(RawEvent {
            session,
            time_s,
            item,
            kind,
            quantity,
        });
        Ok(())
    })?;
    log.events = events.len();
    // Stable, so that events of one second stay in file order.
    events.sort_by_key(|event| (event.session, event.time_s));
    for group in events.chunk_by(|a, b| a.session == b.session) {
        let session = &mut sessions[group[0].session as usize];
        session.time_s = group[0].time_s;
        (session.items, session.is_ordered) = fold(group);
    }
    sessions.sort_by(|a, b| (a.time_s, &a.id, a.user).cmp(&(b.time_s, &b.id, b.user)));
    log.sessions = sessions;
    Ok(log)
}

/// Parses one row.
///
/// # Errors
/// [`FileError::Field`].
pub fn parse_event<'a>(row: &'a TableRow<'_>) -> Result<EventRow<'a, f32>, FileError> {
    let kind = EventKind::from_name(row.text(KIND)).ok_or_else(|| {
        row.error(
            KIND,
            EventKind::LISTED,
            "use one of these kinds, or remove the row",
        )
    })?;
    let time_s = parse_time(row.text(TIME)).ok_or_else(|| {
        row.error(
            TIME,
            "a time such as 2017-01-01 11:53:26",
            "write it like this, as ISO 8601, or as seconds since 1970",
        )
    })?;
    let quantity = read_quantity(row)?;
    let (user_id, session_id, item_id) = (row.id(USER)?, row.id(SESSION)?, row.id(ITEM)?);
    Ok(EventRow {
        user_id,
        session_id,
        time_s,
        item_id,
        kind,
        quantity,
    })
}

fn read_quantity(row: &TableRow<'_>) -> Result<f32, FileError> {
    let text = row.text(QUANTITY);
    if text.is_empty() {
        return Ok(1.0);
    }
    let quantity: Option<f32> = text
        .parse()
        .ok()
        .filter(|quantity: &f32| quantity.is_finite() && *quantity >= 0.0);
    quantity.ok_or_else(|| {
        row.error(
            QUANTITY,
            "a number of 0 or more",
            "correct it, or remove the row if it is a return",
        )
    })
}

/// Merges one session's events, oldest first, into one entry for each product, by the rule of
/// [`fewshop_core::Session::context_items`]; and whether the products came one after the other.
fn fold(events: &[RawEvent]) -> (Vec<LoggedItem>, bool) {
    let mut last_s = None;
    let mut is_ordered = true;
    let mut items: Vec<LoggedItem> = Vec::new();
    let mut at: HashMap<ItemIx, usize> = HashMap::with_capacity(events.len());
    for event in events {
        let slot = *at.entry(event.item).or_insert_with(|| {
            is_ordered &= last_s.replace(event.time_s) != Some(event.time_s);
            items.push(LoggedItem {
                item: event.item,
                kind: event.kind,
                quantity: 0.0,
            });
            items.len() - 1
        });
        let entry = &mut items[slot];
        let restart = !event.kind.is_positive() || !entry.kind.is_positive();
        entry.kind = if restart {
            event.kind
        } else {
            entry.kind.stronger(event.kind)
        };
        if event.kind.is_positive() {
            // The sum of two of the largest numbers would be infinite.
            entry.quantity = (entry.quantity + event.quantity).min(f32::MAX);
        }
    }
    (items, is_ordered)
}

/// One row of an events file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EventRow<'a, Quantity = i64> {
    /// The shopper.
    pub user_id: &'a str,
    /// The session.
    pub session_id: &'a str,
    /// Seconds since 1970.
    pub time_s: i64,
    /// The product.
    pub item_id: &'a str,
    /// What was done.
    pub kind: EventKind,
    /// The quantity; files are written with integers.
    pub quantity: Quantity,
}

/// Writes events as [`read_events`] reads them, in the order given.
///
/// # Errors
/// [`FileError::Write`].
pub fn write_events<'a>(
    path: &Path,
    events: impl IntoIterator<Item = EventRow<'a>>,
) -> Result<(), FileError> {
    let mut columns: Vec<(&str, ColumnType)> = COLUMNS
        .required
        .iter()
        .map(|name| (*name, ColumnType::Text))
        .collect();
    columns[QUANTITY].1 = ColumnType::Whole;
    write_table(path, &columns, |row| {
        for event in events {
            row(&[
                CellValue::Text(event.user_id),
                CellValue::Text(event.session_id),
                CellValue::Text(&format_time(event.time_s)),
                CellValue::Text(event.item_id),
                CellValue::Text(event.kind.name()),
                CellValue::Whole(event.quantity),
            ])?;
        }
        Ok(())
    })
}
