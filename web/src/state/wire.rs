//! What the worker says, read without serde's detour for tagged enums.
//!
//! `fewshop_core::protocol` tags its enums inside ("type", "kind"). serde reads such an enum by
//! buffering any value first, which is 40 kB of wasm that every shopper would fetch. A flat record
//! with all fields optional holds the same messages; the tests hold the two readings together.

use fewshop_core::protocol::{Reply, Shelf, Status};
use fewshop_core::{
    AttributePrediction, ItemIx, MerchantRule, OfferPick, Reason, Recommendation, Share,
};
use serde::Deserialize;

/// Any [`Reply`], field by field.
#[derive(Debug, Deserialize)]
pub struct RawReply {
    r#type: String,
    received: Option<f64>,
    total: Option<f64>,
    status: Option<Status>,
    seq: Option<u32>,
    shelves: Option<Vec<RawShelf>>,
    #[serde(default)]
    household: Vec<AttributePrediction>,
    #[serde(default)]
    offers: Vec<OfferPick>,
    code: Option<String>,
    message: Option<String>,
}

#[derive(Debug, Deserialize)]
struct RawShelf {
    name: String,
    picks: Vec<RawPick>,
}

#[derive(Debug, Deserialize)]
struct RawPick {
    item: ItemIx,
    score: f32,
    reason: RawReason,
    rule: Option<MerchantRule>,
}

#[derive(Debug, Deserialize)]
struct RawReason {
    kind: String,
    shots: Option<Vec<Share>>,
    visits: Option<u32>,
}

impl RawReply {
    /// The message; `None` for one that the page does not know or that lacks a field.
    #[must_use]
    pub fn into_reply(self) -> Option<Reply> {
        Some(match self.r#type.as_str() {
            "loading" => Reply::Loading {
                received: self.received?,
                total: self.total,
            },
            "alive" => Reply::Alive,
            "ready" => Reply::Ready {
                status: self.status?,
            },
            "picks" => {
                let shelves = self
                    .shelves?
                    .into_iter()
                    .map(RawShelf::into_shelf)
                    .collect::<Option<_>>()?;
                Reply::Picks {
                    seq: self.seq?,
                    shelves,
                    household: self.household,
                    offers: self.offers,
                    status: self.status?,
                }
            }
            "failed" => Reply::Failed {
                code: self.code?,
                message: self.message?,
            },
            _ => return None,
        })
    }
}

impl RawShelf {
    fn into_shelf(self) -> Option<Shelf> {
        let picks = self
            .picks
            .into_iter()
            .map(RawPick::into_pick)
            .collect::<Option<_>>()?;
        Some(Shelf {
            name: self.name,
            picks,
        })
    }
}

impl RawPick {
    fn into_pick(self) -> Option<Recommendation> {
        let reason = match self.reason.kind.as_str() {
            "because_of" => Reason::BecauseOf {
                shots: self.reason.shots?,
            },
            "taken_before" => Reason::TakenBefore {
                visits: self.reason.visits?,
            },
            "popular_here" => Reason::PopularHere,
            _ => return None,
        };
        Some(Recommendation {
            item: self.item,
            score: self.score,
            reason,
            rule: self.rule,
        })
    }
}

#[cfg(test)]
mod tests {
    use fewshop_core::protocol::Backend;
    use fewshop_core::{OfferReason, ValuePrediction};

    use super::*;

    #[track_caller]
    fn check_same(reply: &Reply) {
        let json = serde_json::to_string(reply).unwrap();
        let raw: RawReply = serde_json::from_str(&json).unwrap();
        assert_eq!(raw.into_reply().as_ref(), Some(reply), "{json}");
    }

    fn status() -> Status {
        Status {
            backend: Backend::Wgpu,
            backend_reason: "faster".into(),
            items: 5,
            shots: 2,
            gate: 0.5,
            last_run_ms: 1.25,
            pack: "aa".into(),
        }
    }

    #[test]
    fn every_message_reads_as_the_protocol_reads_it() {
        let because = Reason::BecauseOf {
            shots: vec![Share {
                item: ItemIx(1),
                share: 0.5,
            }],
        };
        let pick = |item, reason| Recommendation {
            item: ItemIx(item),
            score: 0.25,
            reason,
            rule: None,
        };
        let pinned = Recommendation {
            rule: Some(MerchantRule::Pin),
            ..pick(5, Reason::PopularHere)
        };
        let shelf = Shelf {
            name: "picked".into(),
            picks: vec![
                pick(3, because),
                pick(4, Reason::PopularHere),
                pick(2, Reason::TakenBefore { visits: 3 }),
                pinned,
            ],
        };
        check_same(&Reply::Loading {
            received: 10.0,
            total: None,
        });
        check_same(&Reply::Loading {
            received: 10.0,
            total: Some(20.0),
        });
        check_same(&Reply::Alive);
        check_same(&Reply::Ready { status: status() });
        let value = ValuePrediction {
            value: "35-44".into(),
            probability: 0.25,
            everyone: 0.5,
        };
        let household = vec![
            AttributePrediction {
                attribute: "age".into(),
                values: Some(vec![value]),
            },
            AttributePrediction {
                attribute: "children".into(),
                values: None,
            },
        ];
        let offer = OfferPick {
            id: "o1".into(),
            title: "Tea".into(),
            covers: 4,
            items: vec![ItemIx(3)],
            probability: 0.5,
            everyone: 0.25,
            reason: OfferReason::Covered,
            products: 2,
        };
        let none = Reply::Picks {
            seq: 7,
            shelves: vec![shelf.clone()],
            household: vec![],
            offers: vec![],
            status: status(),
        };
        check_same(&none);
        check_same(&Reply::Picks {
            seq: 7,
            shelves: vec![shelf],
            household,
            offers: vec![offer],
            status: status(),
        });
        check_same(&Reply::Failed {
            code: "no_wasm".into(),
            message: "m".into(),
        });
    }

    #[test]
    fn a_message_that_is_unknown_or_short_is_none() {
        for json in [
            r#"{"type":"song"}"#,
            r#"{"type":"ready"}"#,
            r#"{"type":"picks","seq":1,"shelves":[]}"#,
        ] {
            assert_eq!(
                serde_json::from_str::<RawReply>(json).unwrap().into_reply(),
                None,
                "{json}"
            );
        }
    }
}
