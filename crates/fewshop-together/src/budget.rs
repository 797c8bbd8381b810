//! What this device has told, and what it may still tell.
//!
//! The type is pure: the caller keeps it, gives the time, and stores it after every change. A visit
//! is paid for *before* its report is sent.

use serde::{Deserialize, Serialize};

use crate::privacy::Privacy;
use crate::terms::Terms;

/// Seconds between a visit and its report. Who reports in the middle of a visit tells the server
/// which of its visitors it was.
pub const DELAY_S: u64 = 86_400;
/// The month of the budget: the 30 days before now.
pub const MONTH_S: u64 = 30 * 86_400;

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
    /// The month's number is reached.
    MonthIsFull,
}

/// The reports of one device to one shop.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    sent: Vec<Sent>,
}

impl Budget {
    /// Counts the report of a visit as sent. Store the budget before sending it.
    ///
    /// # Errors
    /// When the visit has been reported, or this month has no report left.
    pub fn spend(&mut self, terms: &Terms, visit: u64, now_s: u64) -> Result<(), Refusal> {
        self.sent.retain(|sent| is_recent(sent, now_s));
        if self.sent.iter().any(|sent| sent.visit == visit) {
            return Err(Refusal::ToldBefore);
        }
        if self.left(terms, now_s) == 0 {
            return Err(Refusal::MonthIsFull);
        }
        self.sent.push(Sent {
            visit,
            time_s: now_s,
            privacy: terms.privacy(),
        });
        Ok(())
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
    fn a_visit_is_told_at_most_once() {
        let (terms, mut budget) = (terms(), Budget::default());
        assert_eq!(budget.spend(&terms, 1, 0), Ok(()));
        assert_eq!(budget.spend(&terms, 1, 2 * DAY), Err(Refusal::ToldBefore));
        assert_eq!(budget.left(&terms, 2 * DAY), 1);
    }

    #[test]
    fn a_month_has_no_more_reports_than_the_terms_say() {
        let (terms, mut budget) = (terms(), Budget::default());
        assert_eq!(budget.spend(&terms, 1, 0), Ok(()));
        assert_eq!(budget.spend(&terms, 2, 9), Ok(()));
        assert_eq!(budget.left(&terms, DAY), 0);
        let full = Err(Refusal::MonthIsFull);
        assert_eq!(budget.spend(&terms, 3, MONTH_S - 1), full);
        assert_eq!(budget.spend(&terms, 3, MONTH_S), Ok(()), "30 days later");
    }

    #[test]
    fn any_window_of_30_days_keeps_the_bound() {
        let (terms, mut budget) = (terms(), Budget::default());
        let mut times = Vec::new();
        for hour in 0..24 * 200 {
            let now = hour * 3_600;
            if budget.spend(&terms, hour, now).is_ok() {
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
            budget.spend(&terms, visit, year).expect("allowed");
        }
        assert_eq!(budget.left(&terms, 0), 0);
        assert_eq!(budget.spend(&terms, 3, 0), Err(Refusal::MonthIsFull));
    }

    #[test]
    fn what_was_spent_is_stated_for_one_batch() {
        let (terms, mut budget) = (terms(), Budget::default());
        budget.spend(&terms, 1, 0).expect("allowed");
        assert_eq!(budget.spent(DAY), terms.privacy());
        budget.spend(&terms, 2, DAY).expect("allowed");
        assert_eq!(budget.spent(DAY), terms.privacy_per_month());
        assert_eq!(budget.spent(DAY + MONTH_S), Privacy::NOTHING);
    }
}
