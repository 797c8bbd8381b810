//! The conversation with the worker as a state machine: what to post, what an answer changes, what
//! to do when none comes.
//!
//! At most one ranking is under way. A session that changes meanwhile waits, and only the newest
//! one does; so nothing queues up however fast the shopper clicks.

use fewshop_core::protocol::limits::PROTOCOL_VERSION;
use fewshop_core::protocol::{
    Backend, Reply, Request, SessionRequest, Shelf, ShelfRequest, Status,
};
use fewshop_core::{Session, TaskAnswer, TaskRequest};

use super::Extra;

/// What the shop knows of the engine.
#[derive(Debug, Clone, PartialEq)]
pub enum EngineState {
    /// Pack and engine are on their way.
    Loading {
        /// Bytes so far.
        received: f64,
        /// Bytes in all, where known.
        total: Option<f64>,
    },
    /// It ranks.
    Ready(Status),
    /// It cannot go on; the shop does.
    Failed {
        /// A word that code may branch on, as in [`Reply::Failed`], or `worker_lost`, `wrong_pack`.
        code: String,
        /// For people.
        message: String,
    },
}

/// What the page wants to know for a session.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Wanted {
    /// Shelves to fill; where there are none, nothing is asked.
    pub shelves: Vec<ShelfRequest>,
    /// What to ask besides shelves.
    pub extra: Option<Extra>,
}

/// An answer to the newest session.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// In the order asked for.
    pub shelves: Vec<Shelf>,
    /// In the order asked for.
    pub tasks: Vec<TaskAnswer>,
}

/// What the page must do after something happened.
#[derive(Debug, PartialEq, Default)]
pub struct Outcome {
    /// The engine's new state, if it changed.
    pub state: Option<EngineState>,
    /// Of the newest session.
    pub answer: Option<Answer>,
    /// Throw the worker away and start a fresh one, then post [`Link::load`].
    pub restart: bool,
    /// Post this.
    pub post: Option<Request>,
}

/// The page's end of the line to the worker.
#[derive(Debug)]
pub struct Link {
    pack_url: String,
    backend: Option<Backend>,
    /// The pack that the page's own catalogue was written from.
    pack: String,
    /// SHA-256 of its file.
    sha256: Option<String>,
    seq: u32,
    ready: bool,
    failed: bool,
    restarted: bool,
    in_flight: bool,
    /// The newest session that no answer was asked for yet.
    waiting: Option<(Session, Wanted)>,
    /// The session last asked about, kept for a worker that dies over it.
    asked: Option<(Session, Wanted)>,
}

impl Link {
    /// A line that has yet to load its engine. `pack` is the pack's name in `catalogue.json`,
    /// `sha256` of its file.
    #[must_use]
    pub fn new(pack_url: &str, backend: Option<Backend>, pack: &str, sha256: Option<&str>) -> Self {
        Self {
            pack_url: pack_url.to_owned(),
            backend,
            pack: pack.to_owned(),
            sha256: sha256.map(str::to_owned),
            seq: 0,
            ready: false,
            failed: false,
            restarted: false,
            in_flight: false,
            waiting: None,
            asked: None,
        }
    }

    /// The first message to a fresh worker.
    #[must_use]
    pub fn load(&self) -> Request {
        Request::Load {
            protocol: Some(PROTOCOL_VERSION),
            pack: self.pack_url.clone(),
            backend: self.backend,
            sha256: self.sha256.clone(),
        }
    }

    /// Whether the engine has said that it ranks, and still does.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.ready
    }

    /// Whether an answer is due: the engine is loading or ranking.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        !self.failed && (!self.ready || self.in_flight)
    }

    /// The shopper did something, or the page wants other shelves. What was asked last is not asked
    /// again: its answer is there, or coming.
    #[must_use]
    pub fn ask(&mut self, session: Session, wanted: Wanted) -> Option<Request> {
        let question = Some((session, wanted));
        if self.ready && self.asked == question {
            self.waiting = None;
            return None;
        }
        self.waiting = question;
        self.next()
    }

    /// The worker said something.
    #[must_use]
    pub fn reply(&mut self, reply: Reply) -> Outcome {
        if self.failed {
            return Outcome::default();
        }
        match reply {
            Reply::Loading { received, total } => {
                // Bytes of a module that loads while another already ranks must not take the shelf
                // away.
                let state = (!self.ready).then_some(EngineState::Loading { received, total });
                Outcome {
                    state,
                    ..Outcome::default()
                }
            }
            Reply::Ready { status } if status.pack != self.pack => {
                let message = format!(
                    "the engine loaded pack {}, the catalogue was written from pack {}",
                    status.pack, self.pack
                );
                self.fail("wrong_pack", message)
            }
            Reply::Ready { status } => {
                self.ready = true;
                Outcome {
                    state: Some(EngineState::Ready(status)),
                    post: self.next(),
                    ..Outcome::default()
                }
            }
            // Only the answer to the newest request counts.
            Reply::Picks { seq, .. } if seq != self.seq => Outcome::default(),
            Reply::Picks {
                shelves,
                tasks,
                status,
                ..
            } => {
                self.in_flight = false;
                // This worker works: if it dies later, it may be replaced again.
                self.restarted = false;
                let answer = Some(Answer { shelves, tasks });
                Outcome {
                    state: Some(EngineState::Ready(status)),
                    answer,
                    post: self.next(),
                    ..Outcome::default()
                }
            }
            // The storefront asks for neither a catalogue nor an explanation.
            Reply::Alive
            | Reply::Catalogue { .. }
            | Reply::Explanation { .. }
            | Reply::Found { .. } => Outcome::default(),
            // The search goes on with letters.
            Reply::Failed { code, .. } if code == "no_words" => Outcome::default(),
            Reply::Failed { code, message } if code == "internal" => self.lost(&code, message),
            Reply::Failed { code, message } => self.fail(&code, message),
        }
    }

    /// The worker died, or no answer came in time: it is replaced, and if the next one dies before
    /// it has answered anything, the shop goes on without.
    #[must_use]
    pub fn died(&mut self, message: &str) -> Outcome {
        self.lost("worker_lost", message.to_owned())
    }

    /// The shopper asks to try again after a failure.
    #[must_use]
    pub fn revive(&mut self) -> Outcome {
        self.restarted = false;
        self.failed = false;
        let outcome = self.lost("worker_lost", String::new());
        self.restarted = false;
        outcome
    }

    fn lost(&mut self, code: &str, message: String) -> Outcome {
        if self.failed {
            return Outcome::default();
        }
        if self.restarted {
            return self.fail(code, message);
        }
        self.restarted = true;
        self.ready = false;
        self.in_flight = false;
        self.waiting = self.waiting.take().or_else(|| self.asked.take());
        let state = Some(EngineState::Loading {
            received: 0.0,
            total: None,
        });
        Outcome {
            state,
            restart: true,
            ..Outcome::default()
        }
    }

    fn fail(&mut self, code: &str, message: String) -> Outcome {
        self.failed = true;
        self.ready = false;
        self.in_flight = false;
        self.waiting = self.waiting.take().or_else(|| self.asked.take());
        Outcome {
            state: Some(EngineState::Failed {
                code: code.to_owned(),
                message,
            }),
            ..Outcome::default()
        }
    }

    fn next(&mut self) -> Option<Request> {
        if self.failed || !self.ready || self.in_flight {
            return None;
        }
        let (session, wanted) = self.waiting.take()?;
        if wanted.shelves.is_empty() {
            // Nothing is requested after 'Forget', and the page discards earlier answers.
            self.asked = None;
            return None;
        }
        self.seq = self.seq.wrapping_add(1);
        self.in_flight = true;
        self.asked = Some((session.clone(), wanted.clone()));
        let Wanted { shelves, extra } = wanted;
        let request = |extra: Extra| {
            let (task, max) = extra.task();
            TaskRequest {
                task: task.to_owned(),
                max,
            }
        };
        Some(Request::Session(SessionRequest {
            seq: self.seq,
            session,
            shelves,
            tasks: extra.map(request).into_iter().collect(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use fewshop_core::{Filter, ItemIx, Objective};

    use super::*;

    fn status() -> Status {
        Status {
            backend: Backend::Cpu,
            backend_reason: String::new(),
            items: 5,
            shots: 0,
            gate: 0.0,
            last_run_ms: 1.0,
            steps_ms: Vec::new(),
            losses: Vec::new(),
            nearest: Vec::new(),
            pack: "aa".into(),
        }
    }

    fn shelves() -> Wanted {
        let shelf = ShelfRequest {
            name: "picked".into(),
            n: 3,
            filter: Filter::ALL,
            seeds: Vec::new(),
            objective: Objective::Personal,
        };
        Wanted {
            shelves: vec![shelf],
            extra: Some(Extra::Offers),
        }
    }

    fn session(item: u32) -> Session {
        Session::of_items(&[ItemIx(item)])
    }

    fn link() -> Link {
        Link::new("../assets/shop.pack", None, "aa", None)
    }

    fn ready() -> Link {
        let mut link = link();
        let _ = link.reply(Reply::Ready { status: status() });
        link
    }

    #[track_caller]
    fn check_asks(request: Option<Request>, seq: u32, item: u32) {
        let offers = TaskRequest {
            task: "offers".into(),
            max: 3,
        };
        let expected = SessionRequest {
            seq,
            session: session(item),
            shelves: shelves().shelves,
            tasks: vec![offers],
        };
        assert_eq!(request, Some(Request::Session(expected)));
    }

    fn picks(seq: u32) -> Reply {
        let shelves = vec![Shelf {
            name: "picked".into(),
            picks: Vec::new(),
        }];
        Reply::Picks {
            seq,
            shelves,
            tasks: Vec::new(),
            status: status(),
        }
    }

    #[test]
    fn a_session_waits_until_the_engine_is_ready() {
        let mut link = link();
        assert_eq!(link.ask(session(1), shelves()), None);
        assert_eq!(link.ask(session(2), shelves()), None);
        check_asks(link.reply(Reply::Ready { status: status() }).post, 1, 2);
    }

    #[test]
    fn while_one_ranking_is_under_way_only_the_newest_session_waits() {
        let mut link = ready();
        check_asks(link.ask(session(1), shelves()), 1, 1);
        assert_eq!(link.ask(session(2), shelves()), None);
        assert_eq!(link.ask(session(3), shelves()), None);
        let outcome = link.reply(picks(1));
        assert_eq!(outcome.answer.map(|answer| answer.shelves.len()), Some(1));
        check_asks(outcome.post, 2, 3);
        assert_eq!(
            link.reply(picks(1)),
            Outcome::default(),
            "an old answer is dropped"
        );
        assert_eq!(link.reply(picks(2)).post, None);
        assert!(!link.is_waiting());
    }

    #[test]
    fn what_was_asked_last_is_not_asked_again() {
        let mut link = ready();
        check_asks(link.ask(session(1), shelves()), 1, 1);
        assert_eq!(link.ask(session(2), shelves()), None);
        assert_eq!(
            link.ask(session(1), shelves()),
            None,
            "its answer is on its way"
        );
        assert_eq!(
            link.reply(picks(1)).post,
            None,
            "and the one between is of no use any more"
        );
        assert_eq!(link.ask(session(1), shelves()), None, "its answer is there");
        assert_eq!(link.ask(Session::default(), Wanted::default()), None);
        check_asks(link.ask(session(1), shelves()), 2, 1);
    }

    #[test]
    fn what_was_asked_of_a_dead_worker_is_asked_again() {
        let mut link = ready();
        check_asks(link.ask(session(1), shelves()), 1, 1);
        let _ = link.died("gone");
        assert_eq!(link.ask(session(1), shelves()), None);
        check_asks(link.reply(Reply::Ready { status: status() }).post, 2, 1);
    }

    #[test]
    fn a_worker_that_dies_is_replaced_once_and_asked_again() {
        let mut link = ready();
        check_asks(link.ask(session(1), shelves()), 1, 1);
        assert!(link.died("gone").restart);
        check_asks(link.reply(Reply::Ready { status: status() }).post, 2, 1);
        let outcome = link.died("gone again");
        assert!(!outcome.restart);
        assert_eq!(
            outcome.state,
            Some(EngineState::Failed {
                code: "worker_lost".into(),
                message: "gone again".into()
            })
        );
        assert_eq!(link.ask(session(2), shelves()), None);
        assert!(!link.is_waiting());
    }

    #[test]
    fn a_worker_that_answered_before_it_died_is_replaced_however_often() {
        let mut link = ready();
        for item in 1..=5 {
            let seq = 2 * item - 1;
            check_asks(link.ask(session(item), shelves()), seq, item);
            let _ = link.reply(picks(seq));
            assert!(link.died("gone").restart, "{item}");
            check_asks(
                link.reply(Reply::Ready { status: status() }).post,
                seq + 1,
                item,
            );
            let _ = link.reply(picks(seq + 1));
        }
    }

    #[test]
    fn the_pack_that_the_catalogue_was_written_from_is_asked_for_by_its_hash() {
        let link = Link::new("p", None, "bb", Some("bb01"));
        assert!(
            matches!(link.load(), Request::Load { sha256: Some(sha256), .. } if sha256 == "bb01")
        );
    }

    #[test]
    fn a_broken_pack_is_final_at_once() {
        let mut link = link();
        let outcome = link.reply(Reply::Failed {
            code: "pack_corrupt".into(),
            message: "checksum".into(),
        });
        assert!(!outcome.restart && matches!(outcome.state, Some(EngineState::Failed { .. })));
        assert_eq!(
            link.reply(Reply::Ready { status: status() }),
            Outcome::default()
        );
    }

    #[test]
    fn an_internal_failure_is_worth_one_fresh_worker() {
        let mut link = ready();
        let failed = || Reply::Failed {
            code: "internal".into(),
            message: "panicked".into(),
        };
        assert!(link.reply(failed()).restart);
        assert!(!link.reply(failed()).restart);
    }

    #[test]
    fn an_engine_with_another_pack_may_not_name_rows_of_this_catalogue() {
        let mut link = Link::new("p", None, "bb", None);
        let outcome = link.reply(Reply::Ready { status: status() });
        assert!(
            matches!(outcome.state, Some(EngineState::Failed { code, .. }) if code == "wrong_pack")
        );
    }

    #[test]
    fn after_a_failure_the_shopper_may_try_again_with_the_session_kept() {
        let mut link = ready();
        check_asks(link.ask(session(1), shelves()), 1, 1);
        let _ = link.died("one");
        let _ = link.died("two");
        let _ = link.ask(session(4), shelves());
        assert!(link.revive().restart);
        check_asks(link.reply(Reply::Ready { status: status() }).post, 2, 4);
    }

    #[test]
    fn a_second_module_that_loads_does_not_hide_the_one_that_ranks() {
        let mut link = ready();
        assert_eq!(
            link.reply(Reply::Loading {
                received: 1.0,
                total: None
            })
            .state,
            None
        );
    }
}
