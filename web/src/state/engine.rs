//! What the shop knows of the engine, and what it asks.

use fewshop_core::protocol::{SessionRequest, Shelf, ShelfRequest, Status};
use fewshop_core::{Session, TaskAnswer, TaskRequest};

use super::{Extra, write_question};

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
        ///
        /// [`Reply::Failed`]: fewshop_core::protocol::Reply::Failed
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

impl Wanted {
    /// The request for this as JSON text; "" if nothing is asked, as after *Forget*.
    #[must_use]
    pub fn question(self, session: Session) -> String {
        let Self { shelves, extra } = self;
        if shelves.is_empty() {
            return String::new();
        }
        let request = |extra: Extra| {
            let (task, max) = extra.task();
            TaskRequest {
                task: task.to_owned(),
                max,
            }
        };
        write_question(&SessionRequest {
            // The client numbers what it posts.
            seq: 0,
            session,
            shelves,
            tasks: extra.map(request).into_iter().collect(),
        })
    }
}

/// An answer to the newest session.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// In the order asked for.
    pub shelves: Vec<Shelf>,
    /// In the order asked for.
    pub tasks: Vec<TaskAnswer>,
}

#[cfg(test)]
mod tests {
    use fewshop_core::{Filter, ItemIx, Objective};

    use super::*;

    #[test]
    fn a_question_has_the_session_the_shelves_and_the_task_of_the_extra() {
        let shelf = ShelfRequest {
            name: "picked".into(),
            n: 3,
            filter: Filter::ALL,
            seeds: Vec::new(),
            objective: Objective::Personal,
        };
        let session = Session::of_items(&[ItemIx(4)]);
        let wanted = Wanted {
            shelves: vec![shelf.clone()],
            extra: Some(Extra::Offers),
        };
        let asked: SessionRequest =
            serde_json::from_str(&wanted.question(session.clone())).unwrap();
        let offers = TaskRequest {
            task: "offers".into(),
            max: 3,
        };
        let expected = SessionRequest {
            seq: 0,
            session,
            shelves: vec![shelf],
            tasks: vec![offers],
        };
        assert_eq!(asked, expected);
    }

    #[test]
    fn where_no_shelf_is_wanted_nothing_is_asked() {
        let wanted = Wanted {
            extra: Some(Extra::Offers),
            ..Wanted::default()
        };
        assert_eq!(wanted.question(Session::of_items(&[ItemIx(4)])), "");
    }
}
