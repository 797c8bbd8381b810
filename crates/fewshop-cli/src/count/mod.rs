//! Counts a log with the same code as training and the whole log in memory. `fewshop-count` counts
//! larger logs with SQL and writes the same files, byte for byte.

#[cfg(test)]
mod tests;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use fewshop_core::Catalogue;
use fewshop_core::counts::{
    ITEMS_FILE, ITEMS_HEADER, ItemCount, LogShape, PAIRS_FILE, PAIRS_HEADER, SHAPE_FILE, pair_line,
    pairs,
};
use fewshop_data::files::{read_events, read_items, write_atomically};
use fewshop_data::progress::Progress;
use fewshop_train::learner::{popularity, recent, taken};

/// A log in memory.
#[derive(Debug)]
pub struct Counter {
    shape: LogShape,
    /// Ids in byte order; sessions refer to products by their position here.
    ids: Vec<String>,
    /// The products taken in each non-empty session, in the order of training.
    sessions: Vec<Vec<u32>>,
}

/// Settings of the written counts.
#[derive(Debug, Clone, PartialEq)]
pub struct CountSettings {
    /// Share of the latest sessions that count as recent.
    pub recent_share: f64,
    /// Minimum number of sessions for a pair; others are left out.
    pub min_sessions: u64,
    /// Folder for the files.
    pub out: PathBuf,
}

impl Counter {
    /// Reads the log.
    ///
    /// # Errors
    /// Errors in the files.
    pub fn read(items: &Path, events: &Path) -> anyhow::Result<Self> {
        let catalogue = read_items(items)?.catalogue;
        let log = read_events(events, &catalogue)?;
        let (ids, rank) = ranks(&catalogue);
        let (events, unknown, users) = (
            log.events as u64,
            log.unknown.rows as u64,
            log.users.len() as u64,
        );
        let mut shape = LogShape {
            events,
            unknown,
            users,
            ..LogShape::default()
        };
        let mut sessions = taken(&log);
        for session in &sessions {
            *shape.lengths.entry(session.len() as u64).or_default() += 1;
        }
        sessions.retain(|session| !session.is_empty());
        for item in sessions.iter_mut().flatten() {
            *item = rank[*item as usize];
        }
        Ok(Self {
            shape,
            ids,
            sessions,
        })
    }

    /// The log's size.
    #[must_use]
    pub fn shape(&self) -> &LogShape {
        &self.shape
    }

    /// The popularity of each product that was taken, in the byte order of the ids. The last
    /// `recent_share` of the sessions count as recent.
    #[must_use]
    pub fn popularity(&self, recent_share: f64) -> Vec<ItemCount> {
        let (all, late) = (
            popularity(&self.sessions, self.ids.len()),
            recent(&self.sessions, self.ids.len(), recent_share),
        );
        let counts = self
            .ids
            .iter()
            .zip(all.into_iter().zip(late))
            .filter(|(_, (all, _))| *all > 0);
        let count = |(id, (all, late)): (&String, (u32, u32))| ItemCount {
            item: id.clone(),
            sessions: u64::from(all),
            recent: u64::from(late),
        };
        counts.map(count).collect()
    }

    /// Writes `shape.json`, `popularity.csv` and `pairs.csv` into the folder, which is created if
    /// needed. Returns the number of pairs.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, settings: &CountSettings) -> anyhow::Result<u64> {
        let CountSettings {
            recent_share,
            min_sessions,
            ref out,
        } = *settings;
        std::fs::create_dir_all(out).with_context(|| {
            format!(
                "{}: the folder cannot be created: check the path",
                out.display()
            )
        })?;
        let progress = Progress::of("Counting products", 2);
        write_atomically(&out.join(SHAPE_FILE), |file| {
            file.write_all(self.shape.to_json().as_bytes())
        })?;
        write_atomically(&out.join(ITEMS_FILE), |file| {
            file.write_all(ITEMS_HEADER.as_bytes())?;
            self.popularity(recent_share)
                .iter()
                .try_for_each(|item| file.write_all(item.line().as_bytes()))
        })?;
        progress.step();
        progress.next("Counting pairs of products");
        let mut written = 0;
        write_atomically(&out.join(PAIRS_FILE), |file| {
            file.write_all(PAIRS_HEADER.as_bytes())?;
            pairs(
                &self.sessions,
                self.ids.len(),
                min_sessions,
                |a, b, sessions| {
                    written += 1;
                    file.write_all(
                        pair_line(&self.ids[a as usize], &self.ids[b as usize], sessions)
                            .as_bytes(),
                    )
                },
            )
        })?;
        progress.finish(&format!(
            "{}, {written} pairs of products",
            self.shape.summary()
        ));
        Ok(written)
    }
}

/// The ids in byte order, and the position of each row among them.
fn ranks(catalogue: &Catalogue) -> (Vec<String>, Vec<u32>) {
    let mut rows: Vec<usize> = (0..catalogue.len()).collect();
    rows.sort_by(|&a, &b| catalogue.items()[a].id.0.cmp(&catalogue.items()[b].id.0));
    let mut rank = vec![0; rows.len()];
    for (place, &row) in (0u32..).zip(&rows) {
        rank[row] = place;
    }
    (
        rows.into_iter()
            .map(|row| catalogue.items()[row].id.0.clone())
            .collect(),
        rank,
    )
}
