//! The counts of a log, and the text of the files that hold them. The counts are integers and the
//! text is fixed, so every counter (in memory or by SQL) writes the same bytes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

/// Name of the file with the text of [`LogShape::to_json`].
pub const SHAPE_FILE: &str = "shape.json";
/// Name of the file with [`ITEMS_HEADER`] and the lines of [`ItemCount::line`].
pub const ITEMS_FILE: &str = "popularity.csv";
/// First line of [`ITEMS_FILE`].
pub const ITEMS_HEADER: &str = "item_id,sessions,recent\n";
/// Name of the file with [`PAIRS_HEADER`] and the lines of [`pair_line`].
pub const PAIRS_FILE: &str = "pairs.csv";
/// First line of [`PAIRS_FILE`].
pub const PAIRS_HEADER: &str = "item_id,other_id,sessions\n";

/// The size of a log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogShape {
    /// Events of known products.
    pub events: u64,
    /// Events of products that are not in the catalogue; they are counted nowhere else.
    pub unknown: u64,
    /// Shoppers with at least one event.
    pub users: u64,
    /// Sessions by the number of different products taken; 0 if all of them were dismissed.
    pub lengths: BTreeMap<u64, u64>,
}

impl LogShape {
    /// All sessions.
    #[must_use]
    pub fn sessions(&self) -> u64 {
        self.lengths.values().sum()
    }

    /// Sessions in which something was taken: training uses these.
    #[must_use]
    pub fn taken_sessions(&self) -> u64 {
        self.lengths
            .iter()
            .filter(|&(&length, _)| length > 0)
            .map(|(_, &sessions)| sessions)
            .sum()
    }

    /// The text of [`SHAPE_FILE`].
    #[must_use]
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct ShapeFile<'a> {
            events: u64,
            unknown: u64,
            users: u64,
            sessions: u64,
            sessions_by_length: &'a BTreeMap<u64, u64>,
        }
        let file = ShapeFile {
            events: self.events,
            unknown: self.unknown,
            users: self.users,
            sessions: self.sessions(),
            sessions_by_length: &self.lengths,
        };
        let text = serde_json::to_string_pretty(&file).expect("numbers can always be written");
        text + "\n"
    }

    /// A sentence for people.
    #[must_use]
    pub fn summary(&self) -> String {
        format!(
            "{} events in {} sessions of {} shoppers",
            self.events,
            self.sessions(),
            self.users
        )
    }

    /// How many of the sessions in which something was taken come before the recent ones, which are
    /// the last `share` of them.
    #[must_use]
    pub fn before_recent(&self, share: f64) -> u64 {
        (self.taken_sessions() as f64 * (1.0 - share)) as u64
    }
}

/// The popularity of a product.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ItemCount {
    /// Its id.
    pub item: String,
    /// Sessions in which it was taken.
    pub sessions: u64,
    /// The same among the recent sessions.
    pub recent: u64,
}

impl ItemCount {
    /// Its line in [`ITEMS_FILE`].
    #[must_use]
    pub fn line(&self) -> String {
        format!("{},{},{}\n", field(&self.item), self.sessions, self.recent)
    }
}

/// The line of a pair in [`PAIRS_FILE`]: two products and how many sessions contain both.
#[must_use]
pub fn pair_line(item: &str, other: &str, sessions: u64) -> String {
    format!("{},{},{sessions}\n", field(item), field(other))
}

/// An id as a CSV field, in quotes if it needs them.
fn field(id: &str) -> Cow<'_, str> {
    if id.contains(['"', ',', '\n', '\r']) {
        Cow::Owned(format!("\"{}\"", id.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(id)
    }
}

/// Calls `each` for every pair of products that at least `min` sessions contain, with the number of
/// these sessions, in the order of the rows. `sessions` contain distinct rows below `items`.
///
/// Time is the sum of squared session lengths; memory is the log and one row.
///
/// # Errors
/// The first one of `each`.
pub fn pairs<E>(
    sessions: &[Vec<u32>],
    items: usize,
    min: u64,
    mut each: impl FnMut(u32, u32, u64) -> Result<(), E>,
) -> Result<(), E> {
    let mut holding: Vec<Vec<u32>> = vec![Vec::new(); items];
    for (nth, session) in sessions.iter().enumerate() {
        for &item in session {
            holding[item as usize].push(nth as u32);
        }
    }
    let mut together = vec![0u64; items];
    let mut partners: Vec<u32> = Vec::new();
    for (item, holding) in (0u32..).zip(&holding) {
        for &other in holding
            .iter()
            .flat_map(|&nth| &sessions[nth as usize])
            .filter(|&&other| other > item)
        {
            if together[other as usize] == 0 {
                partners.push(other);
            }
            together[other as usize] += 1;
        }
        partners.sort_unstable();
        for other in partners.drain(..) {
            let count = std::mem::take(&mut together[other as usize]);
            if count >= min {
                each(item, other, count)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ItemIx;
    use crate::neighbours::{CovisitConfig, covisit};

    fn all(sessions: &[Vec<u32>], items: usize, least: u64) -> Vec<(u32, u32, u64)> {
        let mut out = Vec::new();
        let told = pairs(sessions, items, least, |a, b, count| {
            out.push((a, b, count));
            Ok::<(), ()>(())
        });
        assert_eq!(told, Ok(()));
        out
    }

    #[test]
    fn each_pair_is_told_once_in_order() {
        let sessions = [vec![2, 0], vec![0, 1, 2], vec![1], vec![]];
        assert_eq!(all(&sessions, 3, 1), [(0, 1, 1), (0, 2, 2), (1, 2, 1)]);
        assert_eq!(all(&sessions, 3, 2), [(0, 2, 2)]);
    }

    #[test]
    fn the_counts_are_those_of_the_neighbour_table() {
        let sessions: Vec<Vec<u32>> = (0..200u32)
            .map(|nth| {
                (0..12)
                    .filter(|item| (nth * 7 + item * item) % 5 < 2)
                    .collect()
            })
            .collect();
        let config = CovisitConfig {
            alpha: 0.0,
            shrink: 0.0,
            keep: usize::MAX,
            length_power: 0.0,
        };
        let table = covisit(&sessions, 12, config);
        let mut from_table = Vec::new();
        for item in 0..12 {
            let holding = sessions
                .iter()
                .filter(|session| session.contains(&item))
                .count() as f32;
            let row = table.row(ItemIx(item)).filter(|&(other, _)| other.0 > item);
            from_table.extend(
                row.map(|(other, weight)| (item, other.0, (weight * holding).round() as u64)),
            );
        }
        from_table.sort_unstable();
        assert_eq!(all(&sessions, 12, 1), from_table);
    }

    #[test]
    fn the_files_can_be_read_whatever_an_id_holds() {
        assert_eq!(pair_line("a", "b, \"c\"", 3), "a,\"b, \"\"c\"\"\",3\n");
        assert_eq!(
            ItemCount {
                item: "milk".to_owned(),
                sessions: 5,
                recent: 2
            }
            .line(),
            "milk,5,2\n"
        );
        let shape = LogShape {
            events: 9,
            unknown: 1,
            users: 2,
            lengths: [(0, 1), (3, 2)].into(),
        };
        let text = "{\n  \"events\": 9,\n  \"unknown\": 1,\n  \"users\": 2,\n  \"sessions\": 3,\n  \"sessions_by_length\": {\n    \"0\": 1,\n    \"3\": 2\n  }\n}\n";
        assert_eq!(shape.to_json(), text);
        assert_eq!(shape.summary(), "9 events in 3 sessions of 2 shoppers");
    }

    #[test]
    fn recent_sessions_are_the_last_share_of_those_with_something_taken() {
        let shape = LogShape {
            lengths: [(0, 5), (1, 6), (3, 4)].into(),
            ..LogShape::default()
        };
        assert_eq!((shape.sessions(), shape.taken_sessions()), (15, 10));
        assert_eq!(
            [0.0, 0.2, 1.0].map(|share| shape.before_recent(share)),
            [10, 8, 0]
        );
    }
}
