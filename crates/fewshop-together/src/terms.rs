//! What shoppers are told and both aggregators keep to.

use janus_messages::TaskId;
use prio::vdaf::prio3::{Prio3, Prio3MultihotCountVec, optimal_chunk_length};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::TogetherError;
use crate::privacy::Privacy;

/// Products on a watch list. The report grows with it: 16 bytes a product.
pub const MAX_WATCHED: usize = 1_000;
/// Fewest visits in a batch. Below, the noise drowns the counts in any case.
const MIN_BATCH: u64 = 10;
/// One hour: a finer time would help to recognise a visit.
const MIN_BUCKET_S: u64 = 3_600;

/// The terms as written down, not yet checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// The shop's name.
    pub shop: String,
    /// Ids of the products that are counted.
    pub items: Vec<String>,
    /// Most products that one visit reports.
    pub max_items: usize,
    /// ε of one visit.
    pub epsilon: f64,
    /// δ of one visit.
    pub delta: f64,
    /// Fewest visits that are opened together.
    pub min_batch: u64,
    /// Most visits that one device reports in 30 days.
    pub visits_per_month: usize,
    /// Seconds to which a report's time is rounded; batches begin and end at multiples.
    pub bucket_s: u64,
}

/// Terms that can be kept to.
///
/// Both aggregators and every device compute the same [`Terms::task`] from them, and every share is
/// encrypted for that task: a report made under other terms cannot be opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms(Draft);

impl Terms {
    /// Checks the terms.
    ///
    /// # Errors
    /// Names the field, what it says and what was expected.
    pub fn new(draft: Draft) -> Result<Self, TogetherError> {
        let refuse = |field, found: String, expected| {
            Err(TogetherError::Terms {
                field,
                found,
                expected,
            })
        };
        let items = draft.items.len();
        if items == 0 || items > MAX_WATCHED {
            return refuse(
                "items",
                format!("{items} products"),
                "a watch list of 1 to 1000 products",
            );
        }
        let mut sorted: Vec<&str> = draft.items.iter().map(String::as_str).collect();
        sorted.sort_unstable();
        if let Some(twice) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return refuse(
                "items",
                format!("'{}' twice", twice[0]),
                "every product once",
            );
        }
        if draft.max_items == 0 || draft.max_items > items {
            return refuse(
                "max_items",
                draft.max_items.to_string(),
                "at least 1 and no more than the watch list has",
            );
        }
        // Beyond 10 the bound says nothing: odds may change by a factor of 22,000.
        if !(draft.epsilon > 0.0 && draft.epsilon <= 10.0) {
            return refuse(
                "epsilon",
                draft.epsilon.to_string(),
                "a number above 0, at most 10",
            );
        }
        // At 1/1000 a mechanism that publishes one visit in a thousand would pass.
        if !(draft.delta > 0.0 && draft.delta <= 1e-4) {
            return refuse(
                "delta",
                draft.delta.to_string(),
                "a number above 0, at most 0.0001",
            );
        }
        if draft.min_batch < MIN_BATCH {
            return refuse("min_batch", draft.min_batch.to_string(), "at least 10");
        }
        if draft.visits_per_month == 0 {
            return refuse("visits_per_month", "0".to_owned(), "at least 1");
        }
        if draft.bucket_s < MIN_BUCKET_S {
            return refuse(
                "bucket_s",
                draft.bucket_s.to_string(),
                "at least 3600, an hour; 86400 is a day",
            );
        }
        Ok(Self(draft))
    }

    /// What is in them.
    #[must_use]
    pub fn draft(&self) -> &Draft {
        &self.0
    }

    /// Ids of the products that are counted.
    #[must_use]
    pub fn items(&self) -> &[String] {
        &self.0.items
    }

    /// What one report costs.
    #[must_use]
    pub fn privacy(&self) -> Privacy {
        Privacy {
            epsilon: self.0.epsilon,
            delta: self.0.delta,
        }
    }

    /// What all reports of 30 days cost together.
    #[must_use]
    pub fn privacy_per_month(&self) -> Privacy {
        self.privacy().of_several(self.0.visits_per_month)
    }

    /// Deviation of the noise that *each* aggregator adds to each count.
    #[must_use]
    pub fn sigma(&self) -> f64 {
        self.privacy().sigma(self.0.max_items)
    }

    /// The start of the bucket that a time lies in.
    #[must_use]
    pub fn bucket_of(&self, time_s: u64) -> u64 {
        time_s - time_s % self.0.bucket_s
    }

    /// The task's name in the protocol: a hash of all terms.
    #[must_use]
    pub fn task(&self) -> TaskId {
        let draft = &self.0;
        let mut hash = Sha256::new();
        let mut text = |text: &str| {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        };
        text("fewshop together, terms 1");
        text(&draft.shop);
        draft.items.iter().for_each(|item| text(item));
        for number in [
            draft.items.len() as u64,
            draft.max_items as u64,
            draft.epsilon.to_bits(),
            draft.delta.to_bits(),
            draft.min_batch,
            draft.visits_per_month as u64,
            draft.bucket_s,
        ] {
            hash.update(number.to_be_bytes());
        }
        TaskId::from(<[u8; TaskId::LEN]>::from(hash.finalize()))
    }

    /// The secret sharing with its proof: a list of flags of which at most `max_items` are set.
    ///
    /// # Errors
    /// None for checked terms; `prio` checks them again.
    pub(crate) fn vdaf(&self) -> Result<Prio3MultihotCountVec, TogetherError> {
        let (items, max) = (self.0.items.len(), self.0.max_items);
        // The number of flags that are set is part of what is proved, in binary.
        let length = items + max.ilog2() as usize + 1;
        let chunk = optimal_chunk_length(length);
        Ok(Prio3::new_multihot_count_vec(2, items, max, chunk)?)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn draft(items: usize) -> Draft {
        Draft {
            shop: "A shop".to_owned(),
            items: (0..items).map(|i| format!("p{i}")).collect(),
            max_items: 20.min(items),
            epsilon: 1.0,
            delta: 1e-6,
            min_batch: 10,
            visits_per_month: 4,
            bucket_s: 86_400,
        }
    }

    #[track_caller]
    fn check_refused(field: &str, change: impl FnOnce(&mut Draft)) {
        let mut changed = draft(30);
        change(&mut changed);
        let error = Terms::new(changed).expect_err("it is refused").to_string();
        assert!(
            error.starts_with(&format!("{field}: ")) && error.contains(", expected "),
            "{error}"
        );
    }

    #[test]
    fn terms_that_cannot_be_kept_are_refused_by_field() {
        check_refused("items", |d| d.items.clear());
        check_refused("items", |d| d.items[3] = "p4".to_owned());
        check_refused("items", |d| *d = draft(1_001));
        check_refused("max_items", |d| d.max_items = 0);
        check_refused("max_items", |d| d.max_items = 31);
        check_refused("epsilon", |d| d.epsilon = 0.0);
        check_refused("epsilon", |d| d.epsilon = f64::NAN);
        check_refused("delta", |d| d.delta = 0.01);
        check_refused("min_batch", |d| d.min_batch = 1);
        check_refused("visits_per_month", |d| d.visits_per_month = 0);
        check_refused("bucket_s", |d| d.bucket_s = 60);
    }

    #[test]
    fn every_term_changes_the_task() {
        let task = |change: fn(&mut Draft)| {
            let mut changed = draft(30);
            change(&mut changed);
            Terms::new(changed).expect("terms").task().to_string()
        };
        let changes: [fn(&mut Draft); 10] = [
            |_| {},
            |d| d.shop.push('!'),
            |d| d.items.swap(0, 1),
            |d| d.items.push("new".to_owned()),
            |d| d.max_items = 19,
            |d| d.epsilon = 1.5,
            |d| d.delta = 2e-6,
            |d| d.min_batch = 11,
            |d| d.visits_per_month = 5,
            |d| d.bucket_s = 7_200,
        ];
        let mut all: Vec<String> = changes.into_iter().map(task).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), changes.len());
    }
}
