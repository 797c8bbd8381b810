//! `events.csv`: what shoppers did, grouped into sessions.

use std::collections::HashMap;
use std::path::Path;

use fewshop_core::{Catalogue, EventKind, ItemIx};

use super::event_rows::collect_events;
use super::import::{IdForm, Note, Reading, form_of, offer, pseudonym, rows_without};
use super::table::Columns;
use super::time::format_time;
use super::write::{CellValue, ColumnType, write_table};
use super::{FileError, UnknownItems, item_rows, shorten};

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
/// Number of the column of the kind of event.
pub(crate) const KIND: usize = 4;
/// Number of the quantity's column.
pub(crate) const QUANTITY: usize = 5;

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
    /// How the file was read.
    pub notes: Vec<Note>,
}

struct RawEvent {
    user: u32,
    /// [`NO_SESSION`] until the shopper's events are cut into sessions.
    session: u32,
    time_s: i64,
    item: ItemIx,
    kind: EventKind,
    quantity: f32,
}

const NO_SESSION: u32 = u32::MAX;

/// Reads events from CSV or Parquet and groups them into sessions.
///
/// See [`read_events_with`]; nothing is said about the columns.
///
/// # Errors
/// As [`read_events_with`].
pub fn read_events(path: &Path, catalogue: &Catalogue) -> Result<Log, FileError> {
    read_events_with(path, catalogue, &Reading::default())
}

/// Reads events from a table or an export that is recognised, and groups them into sessions.
///
/// In a plain table `time` is `2017-01-01 11:53:26`, ISO 8601 or a number in any of the usual
/// units; `event` is view, cart, purchase or dismiss; an empty `quantity` is 1. A session belongs
/// to one shopper: the same session id under two shoppers makes two sessions. Sessions whose items
/// are all unknown to the catalogue are left out. A file without sessions is cut into them where a
/// shopper is quiet for [`Reading::session_gap_s`].
///
/// # Errors
/// [`FileError`] with file, line and field; also when many unknown ids would be known if they were
/// written in another way.
pub fn read_events_with(
    path: &Path,
    catalogue: &Catalogue,
    reading: &Reading,
) -> Result<Log, FileError> {
    let rows = item_rows(catalogue);
    let loose = if reading.match_ids.is_empty() {
        HashMap::new()
    } else {
        rows_without(catalogue, &reading.match_ids)
    };
    let mut log = Log::default();
    let mut users: HashMap<String, u32> = HashMap::new();
    let mut names: Vec<HashMap<String, u32>> = Vec::new();
    let mut sessions: Vec<LoggedSession> = Vec::new();
    let mut events: Vec<RawEvent> = Vec::new();
    let mut unknown: HashMap<String, usize> = HashMap::new();
    let (mut matched, mut homeless) = (0usize, 0usize);
    let table = collect_events(
        path,
        reading,
        |event| {
            let EventRow {
                user_id,
                session_id,
                time_s,
                item_id,
                kind,
                quantity,
            } = event.event;
            let known = rows.get(item_id).copied().or_else(|| {
                let row = loose.get(&form_of(&reading.match_ids, item_id)).copied();
                matched += usize::from(row.is_some());
                row
            });
            let Some(item) = known else {
                log.unknown.count(item_id);
                if let Some(count) = unknown.get_mut(item_id) {
                    *count += 1;
                } else if unknown.len() < MOST_UNKNOWN {
                    unknown.insert(item_id.to_owned(), 1);
                }
                return;
            };
            if user_id.is_empty() && session_id.is_empty() {
                homeless += 1;
                return;
            }
            // A shopper without an id is known by the session, and an e-mail address goes no
            // further than this.
            let name;
            let key = if user_id.is_empty() {
                name = guest_name(session_id);
                name.as_str()
            } else if user_id.contains('@') {
                name = pseudonym(&user_id.to_lowercase());
                name.as_str()
            } else {
                user_id
            };
            let user = match users.get(key) {
                Some(&user) => user,
                None => {
                    let user = log.users.len() as u32;
                    users.insert(key.to_owned(), user);
                    log.users.push(key.to_owned());
                    names.push(HashMap::new());
                    user
                }
            };
            let own = &mut names[user as usize];
            let session = match own.get(session_id) {
                _ if session_id.is_empty() => NO_SESSION,
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
                user,
                session,
                time_s,
                item,
                kind,
                quantity,
            });
        },
        |_| (),
        &mut |error| Err(error()),
    )?;
    drop((users, names, loose));
    log.notes = table.notes;
    refuse_other_ids(path, catalogue, reading, &unknown, &mut log.notes)?;
    if matched > 0 {
        let said: Vec<&str> = reading.match_ids.iter().map(|form| form.said()).collect();
        log.notes.push(Note::read(format!(
            "{matched} rows have ids that match {}",
            said.join(" and ")
        )));
    }
    let cut = cut_sessions(
        &mut events,
        &mut sessions,
        &log.users,
        reading.session_gap_s,
    );
    if cut > 0 {
        log.notes.push(Note::read(format!(
            "{cut} sessions were cut where a shopper is quiet for {} minutes or more",
            reading.session_gap_s / 60
        )));
    }
    if homeless > 0 {
        log.notes.push(Note::odd(format!(
            "{homeless} rows have neither a shopper nor a session and were left out"
        )));
    }
    separate_guests(&mut log, &mut events, &mut sessions, cut > 0);
    log.events = events.len();
    // Stable, so that events of one second stay in file order.
    events.sort_by_key(|event| (event.session, event.time_s));
    for group in events.chunk_by(|a, b| a.session == b.session) {
        let session = &mut sessions[group[0].session as usize];
        session.time_s = group[0].time_s;
        (session.items, session.is_ordered) = fold(group);
    }
    sessions.retain(|session| !session.items.is_empty());
    sessions.sort_by(|a, b| (a.time_s, &a.id, a.user).cmp(&(b.time_s, &b.id, b.user)));
    log.sessions = sessions;
    Ok(log)
}

/// Number of unknown ids that are kept to look for what they resemble.
const MOST_UNKNOWN: usize = 200_000;
/// From this number of rows, or share of them, on, ids that would match in another form are not
/// left out.
const MANY_UNKNOWN: usize = 10;

/// Refuses a log of which many unknown ids would be known in another form.
fn refuse_other_ids(
    path: &Path,
    catalogue: &Catalogue,
    reading: &Reading,
    unknown: &HashMap<String, usize>,
    notes: &mut Vec<Note>,
) -> Result<(), FileError> {
    if unknown.is_empty() || reading.match_exactly {
        return Ok(());
    }
    let Some(found) = offer(catalogue, unknown) else {
        return Ok(());
    };
    let said: Vec<&str> = found.forms.iter().map(|form| form.said()).collect();
    let mut forms: Vec<IdForm> = reading.match_ids.clone();
    forms.extend(&found.forms);
    forms.sort_unstable();
    forms.dedup();
    let names: Vec<&str> = forms.into_iter().map(IdForm::name).collect();
    let ids = if found.ids == unknown.len() {
        format!("all {} unknown ids", found.ids)
    } else {
        format!("{} of {} unknown ids", found.ids, unknown.len())
    };
    let problem = format!(
        "{ids} in {} rows match ids of the catalogue {} (such as '{}' and '{}')",
        found.rows,
        said.join(" and "),
        shorten(&found.example[0]),
        shorten(&found.example[1])
    );
    let advice = format!(
        "give --match-ids {} if they are the same products, or --match-ids exact if not",
        names.join(",")
    );
    if found.rows < MANY_UNKNOWN {
        notes.push(Note::odd(format!("{problem}: {advice}")));
        return Ok(());
    }
    Err(FileError::Mapping {
        path: path.to_owned(),
        problem,
        advice,
    })
}

fn guest_name(session: &str) -> String {
    format!("guest of {session}")
}

/// Cuts the events that have no session: a shopper's next session begins after a quiet time.
/// Returns the number of sessions.
fn cut_sessions(
    events: &mut [RawEvent],
    sessions: &mut Vec<LoggedSession>,
    users: &[String],
    gap_s: i64,
) -> usize {
    let mut loose: Vec<usize> = (0..events.len())
        .filter(|&at| events[at].session == NO_SESSION)
        .collect();
    // Stable, so that events of one second stay in file order.
    loose.sort_by_key(|&at| (events[at].user, events[at].time_s));
    let (mut before, mut nth, first) = (None::<(u32, i64)>, 0usize, sessions.len());
    for at in loose {
        let (user, time_s) = (events[at].user, events[at].time_s);
        let goes_on =
            before.is_some_and(|(other, last_s)| other == user && time_s - last_s < gap_s);
        if !goes_on {
            nth = match before {
                Some((other, _)) if other == user => nth + 1,
                _ => 1,
            };
            sessions.push(LoggedSession {
                user,
                id: format!("{}-{nth}", users[user as usize]),
                time_s,
                items: Vec::new(),
                is_ordered: false,
            });
        }
        events[at].session = sessions.len() as u32 - 1;
        before = Some((user, time_s));
    }
    sessions.len() - first
}

/// Ids that shop systems give to all guests.
const GUESTS: [&str; 10] = [
    "0",
    "-1",
    "guest",
    "anonymous",
    "anon",
    "unknown",
    "none",
    "nobody",
    "(none)",
    "visitor",
];
/// From this share of all sessions on, one id is taken for the guests: of a name that means so, and
/// of any other.
const GUEST_SHARE: [f64; 2] = [0.1, 0.4];
/// Fewer sessions than this say nothing.
const GUEST_SESSIONS: usize = 40;

/// Finds ids under which a shop logs all its guests, and makes each of their sessions the session
/// of a shopper of its own. Without sessions, what they did cannot be told apart, and is left out.
fn separate_guests(
    log: &mut Log,
    events: &mut Vec<RawEvent>,
    sessions: &mut [LoggedSession],
    were_cut: bool,
) {
    let mut of_user = vec![0usize; log.users.len()];
    if were_cut {
        // Sessions of many guests at once run together; their events do not.
        events
            .iter()
            .for_each(|event| of_user[event.user as usize] += 1);
    } else {
        sessions
            .iter()
            .for_each(|session| of_user[session.user as usize] += 1);
    }
    let all: usize = of_user.iter().sum();
    if all < GUEST_SESSIONS || log.users.len() < 3 {
        return;
    }
    let is_guest: Vec<bool> = log
        .users
        .iter()
        .zip(&of_user)
        .map(|(name, &count)| {
            let named = GUESTS.contains(&name.to_lowercase().as_str());
            let share = GUEST_SHARE[usize::from(!named)];
            count as f64 >= share * all as f64
        })
        .collect();
    for (user, _) in is_guest.iter().enumerate().filter(|(_, guest)| **guest) {
        let name = shorten(&log.users[user]);
        let share = 100.0 * of_user[user] as f64 / all as f64;
        let what = if were_cut { "events" } else { "sessions" };
        let done = if were_cut {
            "taken for guests, whose visits cannot be told apart without sessions, and left out"
        } else {
            "taken for guests: each of its sessions is one of a shopper of its own"
        };
        log.notes.push(Note::odd(format!(
            "one shopper ('{name}') has {share:.0} % of all {what}: {done}"
        )));
    }
    if !is_guest.contains(&true) {
        return;
    }
    if were_cut {
        events.retain(|event| !is_guest[event.user as usize]);
    } else {
        for session in sessions.iter_mut() {
            if is_guest[session.user as usize] {
                session.user = log.users.len() as u32;
                log.users.push(guest_name(&session.id));
            }
        }
    }
    // The guests' own id has no sessions any more.
    let mut numbers = vec![u32::MAX; log.users.len()];
    let mut kept = Vec::new();
    for (user, name) in std::mem::take(&mut log.users).into_iter().enumerate() {
        if !is_guest.get(user).copied().unwrap_or(false) {
            numbers[user] = kept.len() as u32;
            kept.push(name);
        }
    }
    log.users = kept;
    sessions
        .iter_mut()
        .for_each(|session| session.user = numbers[session.user as usize]);
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
