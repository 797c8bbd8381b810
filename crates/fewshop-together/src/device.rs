//! What a device keeps about taking part: whether its owner agreed and to what, what was sent when, and
//! what may still be sent.
//!
//! The type is pure, like [`Budget`]: the caller gives the time and the visits that the shop's own
//! memory holds, and stores the record after every change. A report is *stored before it is sent* and
//! sent again byte for byte until it is answered; the leader counts the same report once. So neither
//! a page that is closed while it sends nor a lost answer counts a visit twice.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::budget::{Budget, DELAY_S};
use crate::error::TogetherError;
use crate::privacy::Privacy;
use crate::report::Reporter;
use crate::terms::Terms;

/// Lines of the record; older ones are dropped.
const MAX_TOLD: usize = 50;

/// A visit as the shop's memory has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// When it ended, in seconds since 1970, which is also its name.
    pub ended_s: u64,
    /// Ids of the products that were taken.
    pub items: Vec<String>,
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is sent, or sent again.
    Waits,
    /// The leader has it.
    Accepted,
    /// The leader refused it for good.
    Refused,
    /// The shopper stopped before it had arrived for certain.
    Stopped,
}

/// A line of the record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// The visit.
    pub visit: u64,
    /// When the report was made, in seconds since 1970.
    pub made_s: u64,
    /// When the leader answered.
    pub answered_s: Option<u64>,
    /// What became of it.
    pub outcome: Outcome,
    /// Ids of the products that it counts; none in an empty report.
    pub items: Vec<String>,
    /// What it cost.
    pub privacy: Privacy,
    /// The report while it waits, in base64.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub report: String,
}

impl Told {
    /// The report's bytes, while it waits.
    #[must_use]
    pub fn bytes(&self) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(&self.report).ok()?;
        (self.outcome == Outcome::Waits && !bytes.is_empty()).then_some(bytes)
    }
}

/// One device's part in one shop. The default is that it takes none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What its owner agreed to: [`Published::agreement`](crate::Published::agreement). `None`: to nothing.
    agreed: Option<String>,
    /// Since when, in seconds since 1970. Visits that ended before are nobody's business.
    since_s: u64,
    budget: Budget,
    /// Visits that the shopper keeps out.
    skipped: Vec<u64>,
    told: Vec<Told>,
}

impl Record {
    /// The owner agrees. Nothing changes for who has agreed to the same before.
    pub fn agree(&mut self, agreement: &str, now_s: u64) {
        if !self.has_agreed(agreement) {
            // What waits was made under other terms.
            self.stop();
            self.agreed = Some(agreement.to_owned());
            self.since_s = now_s;
        }
    }

    /// Whether the owner agreed to this.
    #[must_use]
    pub fn has_agreed(&self, agreement: &str) -> bool {
        self.agreed.as_deref() == Some(agreement)
    }

    /// Whether the owner agreed to anything, for instance to terms that the shop has changed since.
    #[must_use]
    pub fn has_agreed_once(&self) -> bool {
        self.agreed.is_some()
    }

    /// The owner takes no part any more. What was sent stays counted: it cannot be taken back, and
    /// whoever agrees again goes on with the same budget.
    pub fn stop(&mut self) {
        self.agreed = None;
        for told in self
            .told
            .iter_mut()
            .filter(|told| told.outcome == Outcome::Waits)
        {
            told.outcome = Outcome::Stopped;
            told.report.clear();
        }
    }

    /// A visit is never reported.
    pub fn skip(&mut self, visit: u64) {
        if !self.skipped.contains(&visit) {
            self.skipped.push(visit);
            let surplus = self.skipped.len().saturating_sub(MAX_TOLD);
            self.skipped.drain(..surplus);
        }
    }

    /// From when on a visit may be reported; `None` if it never is: it ended before the owner agreed,
    /// has been reported, or is kept out.
    #[must_use]
    pub fn due_s(&self, visit: &Visit) -> Option<u64> {
        let ended = visit.ended_s;
        let is_done = self.skipped.contains(&ended)
            || self.told.iter().any(|told| told.visit == ended)
            || self.agreed.is_none();
        (!is_done && ended >= self.since_s).then(|| ended.saturating_add(DELAY_S))
    }

    /// Makes and notes the report of the oldest visit whose day has passed, if this month has one
    /// left and none waits. A visit of fewer than `min_items` products makes the empty one. Store the
    /// record before the report is sent.
    ///
    /// # Errors
    /// When there are no random numbers, or a key cannot be used. Nothing is noted then.
    pub fn report(
        &mut self,
        reporter: &Reporter,
        min_items: usize,
        visits: &[Visit],
        now_s: u64,
    ) -> Result<(), TogetherError> {
        let terms = reporter.terms();
        let is_due = |visit: &&Visit| self.due_s(visit).is_some_and(|due| due <= now_s);
        let due = visits.iter().filter(is_due).min_by_key(|v| v.ended_s);
        let Some(visit) = due.filter(|_| self.waiting().is_none()) else {
            return Ok(());
        };
        let mut budget = self.budget.clone();
        if budget.spend(terms, visit.ended_s, now_s).is_err() {
            return Ok(());
        }
        let items = counted(reporter, min_items, &visit.items)?;
        let bytes = reporter.report(&items, now_s)?;
        self.budget = budget;
        self.told.push(Told {
            visit: visit.ended_s,
            made_s: now_s,
            answered_s: None,
            outcome: Outcome::Waits,
            items: items.into_iter().map(str::to_owned).collect(),
            privacy: terms.privacy(),
            report: URL_SAFE_NO_PAD.encode(bytes),
        });
        let surplus = self.told.len().saturating_sub(MAX_TOLD);
        self.told.drain(..surplus);
        Ok(())
    }

    /// The report that waits to be sent.
    #[must_use]
    pub fn waiting(&self) -> Option<&Told> {
        self.told.iter().find(|told| told.outcome == Outcome::Waits)
    }

    /// The leader has answered about a report that waits.
    pub fn answered(&mut self, visit: u64, outcome: Outcome, now_s: u64) {
        let waits = |told: &&mut Told| told.visit == visit && told.outcome == Outcome::Waits;
        if let Some(told) = self.told.iter_mut().find(waits) {
            told.outcome = outcome;
            told.answered_s = Some(now_s);
            told.report.clear();
        }
    }

    /// What was sent, the oldest first.
    #[must_use]
    pub fn told(&self) -> &[Told] {
        &self.told
    }

    /// How many reports the 30 days before now have left.
    #[must_use]
    pub fn left(&self, terms: &Terms, now_s: u64) -> usize {
        self.budget.left(terms, now_s)
    }

    /// What the reports of the last 30 days cost together.
    #[must_use]
    pub fn spent(&self, now_s: u64) -> Privacy {
        self.budget.spent(now_s)
    }
}

/// What the report of a visit counts: nothing if the visit is too short.
///
/// # Errors
/// When there are no random numbers.
fn counted<'a>(
    reporter: &Reporter,
    min_items: usize,
    items: &'a [String],
) -> Result<Vec<&'a str>, TogetherError> {
    let mut taken: Vec<&str> = items.iter().map(String::as_str).collect();
    taken.sort_unstable();
    taken.dedup();
    if taken.len() < min_items {
        return Ok(Vec::new());
    }
    reporter.counted(&taken)
}

#[cfg(all(test, feature = "aggregator"))]
mod tests;
