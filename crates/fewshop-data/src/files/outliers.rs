//! What one visitor, one session or one polled page may weigh in a log.
//!
//! Time and memory of a training grow with the square of a session's length, because it counts
//! pairs. A robot, a test account or a page that reloads itself would tilt the counts of a whole
//! shop. The limits are far above what shoppers do, and relative to it, so that they say nothing in
//! an ordinary log.

use super::Log;

/// A session may have this many products, or [`TIMES`] as many as 99 of 100 sessions have.
const SESSION_PRODUCTS: usize = 200;
/// A shopper may have this many sessions, or [`TIMES`] as many as 99 of 100 shoppers have.
const SHOPPER_SESSIONS: usize = 200;
const TIMES: usize = 10;

/// The limits of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Products of a session.
    pub products: usize,
    /// Sessions of a shopper.
    pub sessions: usize,
}

/// What was capped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capped {
    /// The limits.
    pub limits: Limits,
    /// Sessions with more products, and the most that one has.
    pub sessions: (usize, usize),
    /// Shoppers with more sessions, and the most that one has.
    pub shoppers: (usize, usize),
}

impl Capped {
    /// What was capped and by which rule, for people.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut out = Vec::new();
        let (count, most) = self.sessions;
        if count > 0 {
            out.push(format!(
                "{count} sessions have more than {0} products (up to {most}): only their first {0} count, so that they do not tilt the shop",
                self.limits.products
            ));
        }
        let (count, most) = self.shoppers;
        if count > 0 {
            out.push(format!(
                "{count} shoppers have more than {0} sessions (up to {most}): only their latest {0} count",
                self.limits.sessions
            ));
        }
        out
    }
}

/// The limit for counts: far above what almost all have.
fn limit(mut counts: Vec<usize>, at_least: usize) -> usize {
    counts.sort_unstable();
    let at = (counts.len().saturating_sub(1)) * 99 / 100;
    let usual = counts.get(at).copied().unwrap_or(0);
    at_least.max(usual.saturating_mul(TIMES))
}

impl Log {
    /// Number of sessions of each shopper.
    fn sessions_of_users(&self) -> Vec<usize> {
        let mut counts = vec![0; self.users.len()];
        for session in &self.sessions {
            counts[session.user as usize] += 1;
        }
        counts
    }

    /// What [`cap_outliers`](Self::cap_outliers) would cap.
    #[must_use]
    pub fn outliers(&self) -> Capped {
        let lengths: Vec<usize> = self.sessions.iter().map(|one| one.items.len()).collect();
        let visits = self.sessions_of_users();
        let over = |counts: &[usize], limit: usize| {
            let over: Vec<usize> = counts.iter().copied().filter(|&n| n > limit).collect();
            (over.len(), over.iter().copied().max().unwrap_or(0))
        };
        let limits = Limits {
            products: limit(lengths.clone(), SESSION_PRODUCTS),
            sessions: limit(visits.clone(), SHOPPER_SESSIONS),
        };
        Capped {
            limits,
            sessions: over(&lengths, limits.products),
            shoppers: over(&visits, limits.sessions),
        }
    }

    /// Keeps the first products of sessions that are far longer than others, and the latest
    /// sessions of shoppers who have far more than others.
    pub fn cap_outliers(&mut self) -> Capped {
        let capped = self.outliers();
        if capped.sessions.0 > 0 {
            for session in &mut self.sessions {
                session.items.truncate(capped.limits.products);
            }
        }
        if capped.shoppers.0 > 0 {
            // The sessions are in order of time.
            let mut left = self.sessions_of_users();
            self.sessions.retain(|session| {
                let left = &mut left[session.user as usize];
                *left -= 1;
                *left < capped.limits.sessions
            });
        }
        capped
    }
}

#[cfg(test)]
mod tests {
    use fewshop_core::{EventKind, ItemIx};

    use super::*;
    use crate::files::{LoggedItem, LoggedSession};

    fn session(user: u32, time_s: i64, products: u32) -> LoggedSession {
        LoggedSession {
            user,
            id: format!("s{time_s}"),
            time_s,
            items: (0..products)
                .map(|item| LoggedItem {
                    item: ItemIx(item),
                    kind: EventKind::View,
                    quantity: 1.0,
                })
                .collect(),
            is_ordered: true,
        }
    }

    #[test]
    fn one_endless_session_and_one_robot_are_capped_and_nobody_else() {
        let mut log = Log {
            users: (0..1_001).map(|user| format!("u{user}")).collect(),
            ..Log::default()
        };
        log.sessions = (0..1_000).map(|n| session(n, i64::from(n), 5)).collect();
        let plain = log.clone();
        assert_eq!(log.cap_outliers().warnings(), Vec::<String>::new());
        assert_eq!(log, plain);
        log.sessions.push(session(3, 1_000, 10_000));
        log.sessions
            .extend((0..900).map(|n| session(1_000, 2_000 + n, 1)));
        let capped = log.cap_outliers();
        assert_eq!((capped.sessions, capped.shoppers), ((1, 10_000), (1, 900)));
        assert_eq!(log.sessions[1_000].items.len(), 200);
        assert_eq!(log.sessions.len(), 1_201);
        assert_eq!(log.sessions[1_001].time_s, 2_700);
        assert_eq!(log.cap_outliers().warnings(), Vec::<String>::new());
    }

    #[test]
    fn a_shop_of_long_baskets_is_left_alone() {
        let mut log = Log {
            users: vec!["u".to_owned()],
            ..Log::default()
        };
        log.sessions = (0..100).map(|n| session(0, n, 150)).collect();
        log.sessions.push(session(0, 100, 1_114));
        assert_eq!(log.cap_outliers().warnings(), Vec::<String>::new());
    }
}
