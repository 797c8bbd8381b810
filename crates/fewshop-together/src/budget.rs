//! What this device has told, and what it may still tell.
//!
//! The type is pure: the caller keeps it, gives the time, and stores it after every change. A visit
//! is taken out of the budget *before* its report is sent, so that a page that dies while sending
//! loses a report and never sends one twice.

use serde::{Deserialize, Serialize};

use crate::privacy::Privacy;
use crate::terms::Terms;

/// Seconds between a visit and its report. Who reports in the middle of a visit tells the server
/// which of its visitors it was.
pub const DELAY_S: u64 = 86_400;
/// The month of the budget: the 30 days before now.
pub const MONTH_S: u64 = 30 * 86_400;

/// A visit that waits for its day to pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The caller's number for the visit, for instance the second in which it began.
    pub visit: u64,
    /// From when on its report may be sent, in seconds since 1970.
    pub due_s: u64,
    /// Ids of its products, in the order in which they are counted.
    pub items: Vec<String>,
}

/// A report that was sent, or died while it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sent {
    /// The visit.
    pub visit: u64,
    /// When, in seconds since 1970.
    pub time_s: u64,
    /// What it cost.
    pub privacy: Privacy,
}

/// Why a visit will not be reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It has been.
    ToldBefore,
    /// With those sent and those waiting, the month's number is reached.
    MonthIsFull,
}

/// The reports of one device to one shop.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    waiting: Vec<Waiting>,
    sent: Vec<Sent>,
}

impl Budget {
    /// Notes a visit, whose report may be sent a day from now. A visit that waits already is
    /// replaced, since it may have gone on.
    ///
    /// # Errors
    /// When it has been reported, or this month has no report left.
    pub fn note(
        &mut self,
        terms: &Terms,
        visit: u64,
        items: &[&str],
        now_s: u64,
    ) -> Result<(), Refusal> {
        self.forget_old(now_s);
        if self.sent.iter().any(|sent| sent.visit == visit) {
            return Err(Refusal::ToldBefore);
        }
        self.waiting.retain(|waiting| waiting.visit != visit);
        if self.left(terms, now_s) <= self.waiting.len() {
            return Err(Refusal::MonthIsFull);
        }
        self.waiting.push(Waiting {
            visit,
            due_s: now_s.saturating_add(DELAY_S),
            items: items.iter().map(|&item| item.to_owned()).collect(),
        });
        Ok(())
    }

    /// Takes out a visit whose day has passed and counts its report as sent. Store the budget
    /// before sending it.
    pub fn take(&mut self, terms: &Terms, now_s: u64) -> Option<Waiting> {
        self.forget_old(now_s);
        if self.left(terms, now_s) == 0 {
            return None;
        }
        let due = self.waiting.iter().position(|w| w.due_s <= now_s)?;
        let waiting = self.waiting.remove(due);
        self.sent.push(Sent {
            visit: waiting.visit,
            time_s: now_s,
            privacy: terms.privacy(),
        });
        Some(waiting)
    }

    /// Drops the visits that wait. What was sent stays counted: it cannot be taken back.
    pub fn stop(&mut self) {
        self.waiting.clear();
    }

    /// The visits that wait.
    #[must_use]
    pub fn waiting(&self) -> &[Waiting] {
        &self.waiting
    }

    /// The reports of the last 30 days.
    pub fn sent(&self, now_s: u64) -> impl Iterator<Item = &Sent> {
        self.sent.iter().filter(move |sent| is_recent(sent, now_s))
    }

    /// How many reports this month has left.
    #[must_use]
    pub fn left(&self, terms: &Terms, now_s: u64) -> usize {
        let allowed = terms.draft().visits_per_month;
        allowed.saturating_sub(self.sent(now_s).count())
    }

    /// What the reports of the last 30 days cost together, whatever terms each was sent under and
    /// whichever of them are in one batch.
    #[must_use]
    pub fn spent(&self, now_s: u64) -> Privacy {
        self.sent(now_s)
            .fold(Privacy::NOTHING, |all, sent| all.and(sent.privacy))
    }

    fn forget_old(&mut self, now_s: u64) {
        self.sent.retain(|sent| is_recent(sent, now_s));
    }
}

/// A time in the future, after the clock was set back, counts: otherwise setting the clock would
/// empty the budget.
fn is_recent(sent: &Sent, now_s: u64) -> bool {
    sent.time_s.saturating_add(MONTH_S) > now_s
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::tests::draft;

    const DAY: u64 = 86_400;

    /// At most two reports a month.
    fn terms() -> Terms {
        let mut draft = draft(30);
        draft.visits_per_month = 2;
        Terms::new(draft).expect("terms")
    }

    #[test]
    fn a_report_waits_a_day() {
        let (terms, mut budget) = (terms(), Budget::default());
        budget.note(&terms, 1, &["p1"], 100).expect("allowed");
        assert_eq!(budget.take(&terms, 100 + DAY - 1), None);
        let taken = budget.take(&terms, 100 + DAY).expect("its day has passed");
        assert_eq!(taken.items, ["p1"]);
    }

    #[test]
    fn a_visit_is_told_at_most_once() {
        let (terms, mut budget) = (terms(), Budget::default());
        budget.note(&terms, 1, &["p1"], 0).expect("allowed");
        budget
            .note(&terms, 1, &["p1", "p2"], 50)
            .expect("it went on");
        assert_eq!(budget.waiting().len(), 1);
        assert_eq!(budget.take(&terms, DAY), None, "it went on until 50");
        assert_eq!(
            budget.take(&terms, 50 + DAY).map(|taken| taken.items.len()),
            Some(2)
        );
        assert_eq!(budget.take(&terms, 9 * DAY), None);
        assert_eq!(
            budget.note(&terms, 1, &["p1"], 2 * DAY),
            Err(Refusal::ToldBefore)
        );
    }

    #[test]
    fn a_month_has_no_more_reports_than_the_terms_say() {
        let (terms, mut budget) = (terms(), Budget::default());
        budget.note(&terms, 1, &[], 0).expect("allowed");
        budget.note(&terms, 2, &[], 0).expect("allowed");
        assert_eq!(
            budget.note(&terms, 3, &[], 0),
            Err(Refusal::MonthIsFull),
            "those that wait count"
        );
        assert!(budget.take(&terms, DAY).is_some() && budget.take(&terms, DAY).is_some());
        assert_eq!(budget.left(&terms, DAY), 0);
        assert_eq!(
            budget.note(&terms, 3, &[], DAY + MONTH_S - 1),
            Err(Refusal::MonthIsFull)
        );
        budget
            .note(&terms, 3, &[], DAY + MONTH_S)
            .expect("30 days later");
    }

    #[test]
    fn any_window_of_30_days_keeps_the_bound() {
        let (terms, mut budget) = (terms(), Budget::default());
        let mut times = Vec::new();
        for hour in 0..24 * 200 {
            let now = hour * 3_600;
            let _ = budget.note(&terms, hour, &["p1"], now);
            if budget.take(&terms, now).is_some() {
                times.push(now);
            }
        }
        assert!(times.len() > 8, "{times:?}");
        for window in times.windows(3) {
            assert!(window[2] - window[0] >= MONTH_S, "{window:?}");
        }
    }

    #[test]
    fn setting_the_clock_back_gives_no_new_reports() {
        let (terms, mut budget) = (terms(), Budget::default());
        let year = 365 * DAY;
        for visit in [1, 2] {
            budget.note(&terms, visit, &[], year).expect("allowed");
            budget.take(&terms, year + DAY).expect("due");
        }
        assert_eq!(budget.left(&terms, 0), 0);
    }

    #[test]
    fn what_was_spent_is_the_sum_and_stopping_does_not_lower_it() {
        let (terms, mut budget) = (terms(), Budget::default());
        for visit in [1, 2] {
            budget.note(&terms, visit, &[], 0).expect("allowed");
        }
        budget.take(&terms, DAY).expect("due");
        budget.stop();
        assert!(budget.waiting().is_empty());
        assert_eq!(budget.spent(DAY), terms.privacy());
        assert_eq!(budget.spent(DAY + MONTH_S).epsilon, 0.0);
    }

    #[test]
    fn it_can_be_stored() {
        let (terms, mut budget) = (terms(), Budget::default());
        budget.note(&terms, 1, &["p1"], 0).expect("allowed");
        budget.take(&terms, DAY).expect("due");
        budget.note(&terms, 2, &["p2"], DAY).expect("allowed");
        let text = serde_json::to_string(&budget).expect("plain data");
        let back: Budget = serde_json::from_str(&text).expect("the same data");
        assert_eq!(back, budget);
    }
}
