//! Reading replies without serde's buffer for tagged enums; see [`Reply`].
//!
//! The tagged enum is read from a record with every field optional, and then checked.

use serde::Deserialize;

use super::{Reply, Shelf, Status};
use crate::{Recommendation, TaskAnswer};

/// The message has an unknown tag, or lacks a field of its kind.
const UNKNOWN: &str = "unknown or incomplete message";

/// Any [`Reply`] that Rust reads, field by field.
#[derive(Debug, Deserialize)]
pub(super) struct FlatReply {
    r#type: String,
    received: Option<f64>,
    total: Option<f64>,
    status: Option<Status>,
    seq: Option<u32>,
    shelves: Option<Vec<Shelf>>,
    #[serde(default)]
    tasks: Vec<TaskAnswer>,
    pick: Option<Recommendation>,
    code: Option<String>,
    message: Option<String>,
}

impl TryFrom<FlatReply> for Reply {
    type Error = &'static str;

    fn try_from(flat: FlatReply) -> Result<Self, Self::Error> {
        flat.into_reply().ok_or(UNKNOWN)
    }
}

impl FlatReply {
    fn into_reply(self) -> Option<Reply> {
        Some(match self.r#type.as_str() {
            "loading" => Reply::Loading {
                received: self.received?,
                total: self.total,
            },
            "alive" => Reply::Alive,
            "ready" => Reply::Ready {
                status: self.status?,
            },
            "picks" => Reply::Picks {
                seq: self.seq?,
                shelves: self.shelves?,
                tasks: self.tasks,
                status: self.status?,
            },
            "explanation" => Reply::Explanation { pick: self.pick? },
            "failed" => Reply::Failed {
                code: self.code?,
                message: self.message?,
            },
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::protocol::{Backend, Products};
    use crate::{BusinessRule, Evidence, ItemIx, Outcome, Prediction, Reason, Share};

    #[track_caller]
    fn check_round_trip(reply: &Reply) {
        let json = serde_json::to_string(reply).unwrap();
        assert_eq!(
            &serde_json::from_str::<Reply>(&json).unwrap(),
            reply,
            "{json}"
        );
    }

    fn status() -> Status {
        Status {
            backend: Backend::Wgpu,
            backend_reason: "faster".into(),
            items: 5,
            shots: 2,
            gate: 0.5,
            last_run_ms: 1.25,
            steps_ms: vec![0.5, 0.25],
            losses: vec![2.5, 1.5],
            pack: "aa".into(),
        }
    }

    fn pick(item: u32, reason: Reason) -> Recommendation {
        Recommendation {
            item: ItemIx(item),
            score: 0.25,
            reason,
            rule: None,
            promoted: item == 5,
            lift: (item == 4).then_some(2.5),
        }
    }

    #[test]
    fn every_reply_reads_back_as_it_was_written() {
        let because = Reason::BecauseOf {
            shots: vec![Share {
                item: ItemIx(1),
                share: 0.5,
            }],
        };
        let pinned = Recommendation {
            rule: Some(BusinessRule::Pin),
            ..pick(5, Reason::PopularHere)
        };
        let shelf = Shelf {
            name: "picked".into(),
            picks: vec![
                pick(3, because),
                pick(4, Reason::PopularHere),
                pick(2, Reason::TakenBefore { visits: 3 }),
                pick(6, Reason::OnOffer),
                pinned.clone(),
            ],
        };
        let outcome = Outcome {
            value: "35-44".into(),
            probability: 0.25,
            base_rate: 0.5,
        };
        let prediction = |target: &str, outcomes, evidence| Prediction {
            target: target.into(),
            title: target.into(),
            outcomes,
            evidence,
        };
        let evidence = Evidence {
            reason: "covered".into(),
            examples: 2,
            covers: 4,
            items: vec![ItemIx(3)],
        };
        let answer = TaskAnswer {
            task: "any".into(),
            predictions: vec![
                prediction("age", Some(vec![outcome]), evidence),
                prediction("children", None, Evidence::default()),
            ],
        };
        for tasks in [vec![], vec![answer]] {
            check_round_trip(&Reply::Picks {
                seq: 7,
                shelves: vec![shelf.clone()],
                tasks,
                status: status(),
            });
        }
        for total in [None, Some(20.0)] {
            check_round_trip(&Reply::Loading {
                received: 10.0,
                total,
            });
        }
        check_round_trip(&Reply::Alive);
        check_round_trip(&Reply::Ready { status: status() });
        check_round_trip(&Reply::Explanation { pick: pinned });
        check_round_trip(&Reply::Failed {
            code: "no_wasm".into(),
            message: "m".into(),
        });
    }

    #[test]
    fn an_unknown_or_incomplete_reply_is_an_error() {
        for json in [
            r#"{"type":"song"}"#,
            r#"{"type":"ready"}"#,
            r#"{"type":"picks","seq":1,"shelves":[]}"#,
            r#"{"type":"explanation","pick":{"item":1,"score":0.5,"reason":{"kind":"taken_before"}}}"#,
        ] {
            let read = serde_json::from_str::<Reply>(json);
            assert!(
                read.is_err_and(|err| err.to_string().contains("unknown or incomplete")),
                "{json}"
            );
        }
    }

    #[test]
    fn the_catalogue_is_written_for_javascript_alone() {
        let reply = Reply::Catalogue {
            catalogue: Products {
                currency: "EUR".into(),
                items: Cow::Owned(vec![crate::Item::new("milk", "Whole milk")]),
            },
        };
        let json = serde_json::to_string(&reply).unwrap();
        assert!(
            json.starts_with(
                r#"{"type":"catalogue","catalogue":{"currency":"EUR","items":[{"id":"milk""#
            ),
            "{json}"
        );
        assert!(serde_json::from_str::<Reply>(&json).is_err());
    }
}
