//! The events file: checks every row, warns about times, sessions and ids, and computes the log's
//! figures.

use std::collections::hash_map::{DefaultHasher, Entry};
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::path::Path;

use fewshop_core::EventKind;
use fewshop_data::files::event_rows::collect_events;
use fewshop_data::files::events::EventRow;
use fewshop_data::files::table::RowPosition;
use fewshop_data::files::{FileError, Log, Reading, format_time, shorten};

use super::items::Products;
use super::personal::Scan;
use super::{EventsCard, Problems, Tally, Warning, add_notes};
use crate::session_lengths::{LENGTHS, class_names};

const DAY_S: i64 = 86_400;
/// Events that no visit of a person has.
const MANY_EVENTS: u32 = 1_000;
/// Maximum number of bars in the chart of events over time.
const SPANS: i64 = 60;
/// Shares of the products at which the long-tail curve is computed.
const TAIL: [f64; 12] = [
    0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0,
];

/// A session under construction.
struct Session {
    user: u32,
    first_s: i64,
    last_s: i64,
    /// Time of the previous row.
    before_s: i64,
    at: RowPosition,
    out_of_order: bool,
    events: u32,
}

#[derive(Default)]
struct Oddities {
    unknown: Tally,
    unknown_ids: HashSet<String>,
    duplicate: Tally,
    future: Tally,
    zero: Tally,
}

#[derive(Default)]
struct EventStats {
    users: HashMap<String, u32>,
    names: Vec<HashMap<String, u32>>,
    /// Number of shoppers with the same session id.
    session_ids: HashMap<String, u32>,
    sessions: Vec<Session>,
    /// Session and product of each positive event of a product in the catalogue.
    taken: Vec<(u32, u32)>,
    seen: HashSet<u64>,
    days: HashMap<i64, usize>,
    kinds: [usize; EventKind::ALL.len()],
    events: usize,
    oddities: Oddities,
}

/// Without `products` (if their file could not be read) ids are not checked.
pub(super) fn look(
    path: &Path,
    reading: &Reading,
    products: Option<&Products>,
    now_s: i64,
    problems: &mut Problems,
    warnings: &mut Vec<Warning>,
    notes: &mut Vec<String>,
) -> Result<EventsCard, FileError> {
    let mut log = EventStats::default();
    let mut ids = [Scan::of("user_id"), Scan::of("session_id")];
    let mut extra: Vec<(Scan, usize)> = Vec::new();
    let table = collect_events(
        path,
        reading,
        |event| {
            let item = products.map(|products| products.row(reading, event.item_id));
            log.add(event, event.at, item, now_s, &mut ids);
        },
        |row| {
            let header = row.header();
            if extra.is_empty() && !header.extra.is_empty() {
                extra = header
                    .extra
                    .iter()
                    .map(|(name, index)| (Scan::of(name), *index))
                    .collect();
            }
            for (scan, index) in &mut extra {
                scan.look(row.extra(*index), row.at());
            }
        },
        &mut |error| {
            problems.add(path, error());
            Ok(())
        },
    )?;
    add_notes(path, &table.notes, warnings, notes);
    log.warn(path, warnings);
    for scan in ids.iter().chain(extra.iter().map(|(scan, _)| scan)) {
        scan.warn(path, warnings);
    }
    let mut card = log.card(products.map(|products| products.rows.len()));
    card.extra_columns = table.extra;
    card.notes = table.notes.len();
    Ok(card)
}

impl EventsCard {
    /// Takes sessions and shoppers from the log as training reads it: cut into sessions, with
    /// guests told apart.
    pub(super) fn follow(&mut self, log: &Log, products: usize) {
        let mut stats = EventStats::default();
        for (nth, session) in (0u32..).zip(&log.sessions) {
            stats.sessions.push(Session {
                user: session.user,
                first_s: session.time_s,
                last_s: session.time_s,
                before_s: session.time_s,
                at: RowPosition::Row(0),
                out_of_order: false,
                events: 0,
            });
            let taken = session.items.iter().filter(|item| item.kind.is_positive());
            stats.taken.extend(taken.map(|item| (nth, item.item.0)));
        }
        stats.users = log.users.iter().cloned().zip(0..).collect();
        let card = stats.card(Some(products));
        self.shoppers = card.shoppers;
        self.returning = card.returning;
        self.sessions = card.sessions;
        self.sessions_of_two = card.sessions_of_two;
        self.quantiles = card.quantiles;
        self.lengths = card.lengths;
        self.never_taken = card.never_taken;
        self.sparsity = card.sparsity;
        self.tail = card.tail;
    }
}

impl EventStats {
    fn add(
        &mut self,
        event: &EventRow<'_, f32>,
        at: RowPosition,
        product: Option<Option<u32>>,
        now_s: i64,
        ids: &mut [Scan; 2],
    ) {
        self.events += 1;
        let mut hasher = DefaultHasher::new();
        (
            event.user_id,
            event.session_id,
            event.time_s,
            event.item_id,
            event.kind.name(),
        )
            .hash(&mut hasher);
        event.quantity.to_bits().hash(&mut hasher);
        if !self.seen.insert(hasher.finish()) {
            self.oddities.duplicate.add(at);
        }
        if event.time_s > now_s {
            self.oddities.future.add(at);
        }
        if event.quantity == 0.0 {
            self.oddities.zero.add(at);
        }
        let item = match product {
            Some(product) => match product {
                Some(item) => item,
                None => {
                    self.oddities.unknown.add(at);
                    if self.oddities.unknown_ids.len() < 1_000
                        && !self.oddities.unknown_ids.contains(event.item_id)
                    {
                        self.oddities.unknown_ids.insert(event.item_id.to_owned());
                    }
                    return;
                }
            },
            None => 0,
        };
        let number = self.users.len() as u32;
        let guest;
        let user_id = if event.user_id.is_empty() {
            guest = format!("guest of {}", event.session_id);
            guest.as_str()
        } else {
            event.user_id
        };
        let user = match self.users.get(user_id) {
            Some(&user) => user,
            None => {
                ids[0].look(event.user_id, at);
                self.names.push(HashMap::new());
                self.users.insert(user_id.to_owned(), number);
                number
            }
        };
        let number = self.sessions.len() as u32;
        let session = match self.names[user as usize].entry(event.session_id.to_owned()) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                ids[1].look(event.session_id, at);
                entry.insert(number);
                *self
                    .session_ids
                    .entry(event.session_id.to_owned())
                    .or_default() += 1;
                let time_s = event.time_s;
                self.sessions.push(Session {
                    user,
                    first_s: time_s,
                    last_s: time_s,
                    before_s: time_s,
                    at,
                    out_of_order: false,
                    events: 0,
                });
                number
            }
        };
        let one = &mut self.sessions[session as usize];
        if event.session_id.is_empty() {
            // As yet all visits of a shopper in one: nothing to say about a visit.
            one.first_s = event.time_s;
            one.last_s = event.time_s;
            one.before_s = event.time_s;
        }
        one.events += 1;
        one.out_of_order |= event.time_s < one.before_s;
        one.before_s = event.time_s;
        one.first_s = one.first_s.min(event.time_s);
        one.last_s = one.last_s.max(event.time_s);
        *self.days.entry(event.time_s.div_euclid(DAY_S)).or_default() += 1;
        if let Some(kind) = EventKind::ALL.iter().position(|kind| *kind == event.kind) {
            self.kinds[kind] += 1;
        }
        if event.kind.is_positive() {
            self.taken.push((session, item));
        }
    }

    fn warn(&self, path: &Path, warnings: &mut Vec<Warning>) {
        let oddities = &self.oddities;
        let mut some: Vec<&str> = oddities.unknown_ids.iter().map(String::as_str).collect();
        some.sort_unstable();
        let some: Vec<String> = some
            .into_iter()
            .take(super::EXAMPLES)
            .map(shorten)
            .collect();
        let found = format!(
            "rows of products that are not in the items file, such as {}",
            some.join(", ")
        );
        let of_sessions = |which: &dyn Fn(&Session) -> bool| {
            let mut tally = Tally::default();
            self.sessions
                .iter()
                .filter(|session| which(session))
                .for_each(|session| tally.add(session.at));
            tally
        };
        let shared = Tally {
            count: self
                .session_ids
                .iter()
                .filter(|(id, users)| !id.is_empty() && **users > 1)
                .count(),
            first: Vec::new(),
        };
        let all = [
            oddities.unknown.warn(
                path,
                Some("item_id"),
                &found,
                "ids from the items file",
                "add those products, or ignore this: training leaves the rows out",
            ),
            oddities.duplicate.warn(
                path,
                None,
                "duplicate rows",
                "each event once",
                "add up the quantities, or remove the duplicates",
            ),
            oddities.future.warn(path, Some("time"), "in the future", "times up to now", "look for a wrong clock or time zone"),
            oddities.zero.warn(path, Some("quantity"), "of 0", "1 or more", "remove returned items"),
            of_sessions(&|session| session.events > MANY_EVENTS).warn(
                path,
                Some("session_id"),
                "sessions of more than 1000 events",
                "visits of people",
                "look for a robot, a test account, or a page that reloads itself: training counts each product of a session once, and caps the products",
            ),
            of_sessions(&|session| session.out_of_order).warn(
                path,
                Some("time"),
                "sessions whose rows are not in order of time",
                "earlier rows first",
                "nothing, if the times are right: training sorts the rows and learns from their order",
            ),
            of_sessions(&|session| session.last_s - session.first_s > DAY_S).warn(
                path,
                Some("session_id"),
                "sessions that last longer than a day",
                "one visit each",
                "start a new session after 30 minutes without an event",
            ),
            shared.warn(
                path,
                Some("session_id"),
                "ids shared by several shoppers",
                "one id for each visit of one shopper",
                "nothing, if visits are numbered for each shopper: training treats them as separate",
            ),
        ];
        warnings.extend(all.into_iter().flatten());
    }

    fn card(mut self, products: Option<usize>) -> EventsCard {
        self.taken.sort_unstable();
        self.taken.dedup();
        let mut lengths: Vec<usize> = self
            .taken
            .chunk_by(|a, b| a.0 == b.0)
            .map(<[_]>::len)
            .collect();
        lengths.sort_unstable();
        let mut sold = vec![0usize; products.unwrap_or(1)];
        let mut pairs: Vec<(u32, u32)> = Vec::with_capacity(self.taken.len());
        for &(session, item) in &self.taken {
            sold[item as usize] += 1;
            pairs.push((self.sessions[session as usize].user, item));
        }
        pairs.sort_unstable();
        pairs.dedup();
        let at = |share: f64| {
            lengths
                .get(((lengths.len() as f64 - 1.0) * share).round() as usize)
                .copied()
                .unwrap_or(0)
        };
        let mut classes = [0usize; LENGTHS.len() + 1];
        lengths
            .iter()
            .for_each(|&length| classes[LENGTHS.partition_point(|&end| end < length)] += 1);
        let (span_days, over_time) = over_time(&self.days);
        let never_taken = sold.iter().filter(|n| **n == 0).count();
        sold.sort_unstable_by(|a, b| b.cmp(a));
        let mut visits = vec![0u32; self.users.len()];
        self.sessions
            .iter()
            .for_each(|session| visits[session.user as usize] += 1);
        let day = |day: &i64| {
            format_time(day * DAY_S)
                .chars()
                .take(10)
                .collect::<String>()
        };
        let has_products = products.is_some();
        EventsCard {
            events: self.events,
            kinds: EventKind::ALL
                .iter()
                .zip(self.kinds)
                .map(|(kind, n)| (kind.name().to_owned(), n))
                .collect(),
            unknown_rows: self.oddities.unknown.count,
            shoppers: self.users.len(),
            returning: visits.iter().filter(|n| **n > 1).count(),
            sessions: lengths.len(),
            sessions_of_two: lengths.iter().filter(|n| **n >= 2).count(),
            quantiles: [0.0, 0.25, 0.5, 0.75, 0.9, 1.0].map(at),
            lengths: class_names()
                .into_iter()
                .zip(
                    classes
                        .iter()
                        .map(|&n| n as f64 / lengths.len().max(1) as f64),
                )
                .collect(),
            never_taken: if has_products { never_taken } else { 0 },
            sparsity: if has_products {
                1.0 - pairs.len() as f64 / (self.users.len() * sold.len()).max(1) as f64
            } else {
                0.0
            },
            tail: if has_products {
                tail(&sold)
            } else {
                Vec::new()
            },
            days: self
                .days
                .keys()
                .min()
                .zip(self.days.keys().max())
                .map(|(from, until)| [day(from), day(until)]),
            over_time,
            span_days,
            duplicate_rows: self.oddities.duplicate.count,
            extra_columns: Vec::new(),
            notes: 0,
        }
    }
}

/// Shares of all taken items that the most frequently taken products have; `sold` is in descending
/// order.
fn tail(sold: &[usize]) -> Vec<(f64, f64)> {
    let all: usize = sold.iter().sum();
    let share = |share: f64| {
        let count = (sold.len() as f64 * share).round() as usize;
        sold[..count.min(sold.len())].iter().sum::<usize>() as f64 / all.max(1) as f64
    };
    TAIL.map(|at| (at, share(at))).into()
}

/// Events by spans of equal length, including empty ones: days, weeks, or longer.
fn over_time(days: &HashMap<i64, usize>) -> (i64, Vec<(String, usize)>) {
    let (Some(&from), Some(&until)) = (days.keys().min(), days.keys().max()) else {
        return (1, Vec::new());
    };
    let all = until - from + 1;
    let span = [1, 7, 28, 91, 364]
        .into_iter()
        .find(|span| all <= span * SPANS)
        .unwrap_or(all.div_euclid(SPANS) + 1);
    let mut counts = vec![0usize; (all - 1).div_euclid(span) as usize + 1];
    let mut sorted: Vec<(i64, usize)> = days.iter().map(|(day, n)| (*day, *n)).collect();
    sorted.sort_unstable();
    for (day, n) in sorted {
        counts[((day - from) / span) as usize] += n;
    }
    let name = |nth: usize| {
        format_time((from + nth as i64 * span) * DAY_S)
            .chars()
            .take(10)
            .collect()
    };
    (
        span,
        counts
            .into_iter()
            .enumerate()
            .map(|(nth, n)| (name(nth), n))
            .collect(),
    )
}
