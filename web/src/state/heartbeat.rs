//! Whether a worker that owes an answer is still alive. Times are milliseconds of a monotonic
//! clock.
//!
//! There are two limits: a short one for a heartbeat, which a worker gives on request unless its
//! loop hangs, and a long one for progress on the pending request. Time during which the page was
//! frozen, with its worker, does not count.

use fewshop_core::protocol::limits;

/// Silence after which a heartbeat is requested, in ms. An answer takes milliseconds.
const QUIET: f64 = limits::QUIET_MS as f64;
/// Time for that heartbeat, in ms.
const GRACE: f64 = limits::GRACE_MS as f64;
/// A check that is this much late, in ms, follows a sleep.
const SLEPT: f64 = 1_500.0;

/// What to do after a check of the clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Look {
    /// Check again in this many ms.
    Later(f64),
    /// Request a heartbeat, and check again in this many ms.
    Ask(f64),
    /// It is dead: no heartbeat or no progress for this many seconds.
    Dead(u32),
}

/// The watch over one worker.
#[derive(Debug, Clone, PartialEq)]
pub struct Heartbeat {
    /// Limit for progress on the pending request.
    patience: f64,
    /// Whether heartbeats are requested. Compiling an engine may block the loop for longer.
    asks: bool,
    /// When the last request or progress was seen.
    word: f64,
    /// When the last heartbeat was seen.
    sign: f64,
    asked: bool,
    /// When the next check is due.
    due: f64,
}

impl Heartbeat {
    /// A watch that starts `now`, with a request or progress.
    #[must_use]
    pub fn new(patience: f64, asks: bool, now: f64) -> Self {
        let mut heartbeat = Self {
            patience,
            asks,
            word: now,
            sign: now,
            asked: false,
            due: now,
        };
        heartbeat.due = now + heartbeat.first();
        heartbeat
    }

    /// Time until the first check.
    #[must_use]
    pub fn first(&self) -> f64 {
        if self.asks {
            QUIET.min(self.patience)
        } else {
            self.patience
        }
    }

    /// The worker gave a heartbeat.
    pub fn sign(&mut self, now: f64) {
        self.sign = now;
        self.asked = false;
    }

    /// Checks the clock.
    pub fn look(&mut self, now: f64) -> Look {
        let look = if now - self.due > SLEPT {
            (self.word, self.sign, self.asked) = (now, now, true);
            Look::Ask(GRACE)
        } else if now - self.word >= self.patience {
            Look::Dead(seconds(now - self.word))
        } else if !self.asks {
            Look::Later(self.patience - (now - self.word))
        } else if self.asked {
            Look::Dead(seconds(now - self.sign))
        } else if now - self.sign >= QUIET {
            self.asked = true;
            Look::Ask(GRACE)
        } else {
            Look::Later(QUIET - (now - self.sign))
        };
        if let Look::Later(wait) | Look::Ask(wait) = look {
            self.due = now + wait;
        }
        look
    }
}

fn seconds(ms: f64) -> u32 {
    (ms / 1000.0).round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heartbeat() -> Heartbeat {
        Heartbeat::new(20_000.0, true, 0.0)
    }

    #[test]
    fn a_worker_that_gives_no_sign_when_asked_is_dead() {
        let mut heartbeat = heartbeat();
        assert_eq!(heartbeat.first(), 1_000.0);
        assert_eq!(heartbeat.look(1_000.0), Look::Ask(4_000.0));
        assert_eq!(heartbeat.look(5_000.0), Look::Dead(5));
    }

    #[test]
    fn a_worker_that_gives_signs_but_never_an_answer_is_dead_in_the_end() {
        let mut heartbeat = heartbeat();
        let mut now = heartbeat.first();
        let dead = loop {
            match heartbeat.look(now) {
                Look::Ask(wait) => {
                    heartbeat.sign(now + 10.0);
                    now += wait;
                }
                Look::Later(wait) => now += wait,
                Look::Dead(seconds) => break seconds,
            }
        };
        assert!((20..=24).contains(&dead), "{dead}");
    }

    #[test]
    fn a_page_that_slept_asks_before_it_judges() {
        let mut heartbeat = heartbeat();
        assert_eq!(heartbeat.look(3_600_000.0), Look::Ask(4_000.0));
        heartbeat.sign(3_600_100.0);
        assert_eq!(heartbeat.look(3_604_000.0), Look::Ask(4_000.0));
        heartbeat.sign(3_604_001.0);
        // Asleep again, with a heartbeat pending.
        assert_eq!(heartbeat.look(9_000_000.0), Look::Ask(4_000.0));
        assert_eq!(heartbeat.look(9_004_000.0), Look::Dead(4));
    }

    #[test]
    fn an_engine_that_compiles_is_not_asked() {
        let mut heartbeat = Heartbeat::new(180_000.0, false, 0.0);
        assert_eq!(heartbeat.first(), 180_000.0);
        assert_eq!(heartbeat.look(100_000.0), Look::Later(80_000.0));
        assert_eq!(heartbeat.look(180_000.0), Look::Dead(180));
    }
}
