//! Experiments on a shop's own log. This module measures how time and memory of a training grow
//! with the log. [`new_items`] measures how well products without sales are recommended,
//! [`robustness`] the cost of noise, [`together`] that of privacy, [`federated`] the gain of ranker
//! weights averaged over groups of shoppers, and [`distil`] the gain of a larger ranker and the cost of
//! rounding.

pub mod distil;
pub mod federated;
mod judge;
pub mod new_items;
pub mod robustness;
pub mod together;

use std::fmt::Write;

use fewshop_core::ItemIx;
use fewshop_data::files::{Log, LoggedSession};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// Share of the products of a repeated session that are replaced. Exact copies of sessions would
/// contain no new pairs of products, and the pair tables would not grow.
const REPLACED: f64 = 0.1;

/// Extends the log with shoppers drawn from it, under new names, until it has `times` as many
/// events.
///
/// In each of their sessions a tenth of the products is replaced by others, drawn by popularity.
#[must_use]
pub fn resample(log: &Log, times: f64, seed: u64) -> Log {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut of_shopper: Vec<Vec<&LoggedSession>> = vec![Vec::new(); log.users.len()];
    for session in &log.sessions {
        of_shopper[session.user as usize].push(session);
    }
    of_shopper.retain(|sessions| !sessions.is_empty());
    let bought: Vec<ItemIx> = log
        .sessions
        .iter()
        .flat_map(|session| &session.items)
        .map(|item| item.item)
        .collect();
    let mut out = Log {
        events: bought.len(),
        ..log.clone()
    };
    let target_events = (bought.len() as f64 * times) as usize;
    while out.events < target_events {
        let Some(sessions) = of_shopper.choose(&mut rng) else {
            break;
        };
        let user = out.users.len() as u32;
        out.users
            .push(format!("{}~{user}", log.users[sessions[0].user as usize]));
        for session in sessions {
            let mut copy = LoggedSession {
                user,
                id: format!("{}~{user}", session.id),
                ..(*session).clone()
            };
            for nth in 0..copy.items.len() {
                let Some(&other) = bought.choose(&mut rng) else {
                    break;
                };
                if rng.random_bool(REPLACED) && copy.items.iter().all(|item| item.item != other) {
                    copy.items[nth].item = other;
                }
            }
            out.events += copy.items.len();
            out.sessions.push(copy);
        }
    }
    out
}

/// Time and memory of one training, as reported by the training itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TrainingCost {
    /// Duration of reading the files.
    pub read_s: f64,
    /// Duration of training and writing.
    pub train_s: f64,
    /// Peak memory of the process; `None` if the system does not report it.
    pub peak_mib: Option<f64>,
}

/// Peak memory of this process so far.
#[must_use]
pub fn peak_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    kib.trim()
        .strip_suffix("kB")?
        .trim()
        .parse::<f64>()
        .ok()
        .map(|kib| kib / 1_024.0)
}

/// One length of the log and the cost of training on it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Size {
    /// Multiple of the original log.
    pub times: f64,
    /// Events.
    pub events: usize,
    /// Sessions.
    pub sessions: usize,
    /// Cost of the training.
    #[serde(flatten)]
    pub took: TrainingCost,
}

impl Size {
    fn seconds(&self) -> f64 {
        self.took.read_s + self.took.train_s
    }
}

/// Formats the sizes as a table. The last two columns matter: the cost of each added million
/// events. They stay constant or fall if growth is linear or slower.
#[must_use]
pub fn table(sizes: &[Size]) -> String {
    let mut out = format!(
        "{:>6} {:>11} {:>9} {:>8} {:>8} {:>9} | {:>17} {:>19} | {:>17} {:>19}\n",
        "size",
        "events",
        "sessions",
        "read s",
        "train s",
        "peak MiB",
        "s a million",
        "MiB a million",
        "s a million more",
        "MiB a million more"
    );
    let number =
        |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1}"));
    for (nth, size) in sizes.iter().enumerate() {
        let millions = size.events as f64 / 1e6;
        let before = nth.checked_sub(1).map(|before| &sizes[before]);
        let more = before
            .map(|before| millions - before.events as f64 / 1e6)
            .filter(|&more| more > 0.0);
        let more_s = before
            .zip(more)
            .map(|(before, more)| (size.seconds() - before.seconds()) / more);
        let more_mib = before
            .zip(more)
            .and_then(|(before, more)| Some((size.took.peak_mib? - before.took.peak_mib?) / more));
        let _ = writeln!(
            out,
            "{:>6} {:>11} {:>9} {:>8.1} {:>8.1} {:>9} | {:>17.1} {:>19} | {:>17} {:>19}",
            format!("{}×", size.times),
            size.events,
            size.sessions,
            size.took.read_s,
            size.took.train_s,
            number(size.took.peak_mib),
            size.seconds() / millions,
            number(size.took.peak_mib.map(|mib| mib / millions)),
            number(more_s),
            number(more_mib),
        );
    }
    if let (Some(first), Some(last)) = (sizes.first(), sizes.last())
        && sizes.len() > 1
    {
        let memory = last
            .took
            .peak_mib
            .zip(first.took.peak_mib)
            .map(|(last, first)| format!(", memory ×{:.2}", last / first));
        let _ = writeln!(
            out,
            "From {}× to {}×: events ×{:.2}, time ×{:.2}{}.",
            first.times,
            last.times,
            last.events as f64 / first.events as f64,
            last.seconds() / first.seconds(),
            memory.unwrap_or_default()
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use fewshop_core::EventKind;
    use fewshop_data::files::LoggedItem;

    use super::*;

    fn log() -> Log {
        let item = |row| LoggedItem {
            item: ItemIx(row),
            kind: EventKind::Purchase,
            quantity: 1.0,
        };
        let session = |nth: u32| LoggedSession {
            user: nth % 10,
            id: format!("s{nth}"),
            time_s: i64::from(nth) * 1_000,
            items: (0..5).map(|at| item((nth * 3 + at) % 40)).collect(),
            is_ordered: false,
        };
        let users = (0..10).map(|user| format!("u{user}")).collect();
        Log {
            users,
            sessions: (0..40).map(session).collect(),
            events: 200,
            ..Log::default()
        }
    }

    #[test]
    fn a_longer_log_begins_with_the_log_and_continues_with_new_shoppers() {
        let (once, log) = (resample(&log(), 1.0, 7), log());
        assert_eq!(once, log);
        let thrice = resample(&log, 3.0, 7);
        assert_eq!(thrice.sessions[..40], log.sessions[..]);
        assert!((600..620).contains(&thrice.events), "{}", thrice.events);
        assert_eq!(
            thrice.events,
            thrice
                .sessions
                .iter()
                .map(|session| session.items.len())
                .sum::<usize>()
        );
        let names: BTreeSet<&String> = thrice.users.iter().collect();
        let ids: BTreeSet<&String> = thrice.sessions.iter().map(|session| &session.id).collect();
        assert_eq!(
            (names.len(), ids.len()),
            (thrice.users.len(), thrice.sessions.len())
        );
        for session in &thrice.sessions {
            let items: BTreeSet<ItemIx> = session.items.iter().map(|item| item.item).collect();
            assert_eq!(items.len(), session.items.len());
        }
        assert_eq!(resample(&log, 3.0, 7), thrice);
        assert_ne!(resample(&log, 3.0, 8), thrice);
    }

    #[test]
    fn a_longer_log_brings_new_pairs_of_products() {
        let log = log();
        let pairs = |log: &Log| {
            let of = |s: &LoggedSession| {
                s.items
                    .iter()
                    .flat_map(|a| s.items.iter().map(|b| (a.item, b.item)))
                    .collect::<Vec<_>>()
            };
            log.sessions
                .iter()
                .flat_map(of)
                .collect::<BTreeSet<_>>()
                .len()
        };
        assert!(pairs(&resample(&log, 4.0, 7)) > pairs(&log));
    }

    #[test]
    fn the_table_shows_the_cost_of_an_added_million() {
        let size = |times: f64, events, train_s, mib| Size {
            times,
            events,
            sessions: 10,
            took: TrainingCost {
                read_s: 1.0,
                train_s,
                peak_mib: Some(mib),
            },
        };
        let text = table(&[
            size(1.0, 1_000_000, 9.0, 100.0),
            size(2.0, 2_000_000, 11.0, 130.0),
        ]);
        let last: Vec<&str> = text.lines().nth(2).unwrap().split_whitespace().collect();
        assert_eq!(last[last.len() - 2..], ["2.0", "30.0"]);
        assert!(
            text.contains("events ×2.00, time ×1.20, memory ×1.30"),
            "{text}"
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_peak_of_this_process_is_known() {
        assert!(peak_mib().is_some_and(|mib| mib > 1.0));
    }
}
