use fewshop_core::{Event, EventKind, Objective};

use super::*;

#[track_caller]
fn check_reply(reply: &Reply) {
    // A new kind of reply is read above and checked below, if the storefront hears of it.
    match reply {
        Reply::Loading { .. }
        | Reply::Alive
        | Reply::Ready { .. }
        | Reply::Picks { .. }
        | Reply::Catalogue { .. }
        | Reply::Explanation { .. }
        | Reply::Found { .. }
        | Reply::Failed { .. } => {}
    }
    let json = serde_json::to_string(reply).unwrap();
    assert_eq!(read_reply(&json).as_ref(), Ok(reply), "{json}");
}

#[track_caller]
fn check_question(request: &SessionRequest) {
    let json = write_question(request);
    assert_eq!(
        &serde_json::from_str::<SessionRequest>(&json).unwrap(),
        request,
        "{json}"
    );
}

fn status() -> Status {
    Status {
        backend: Backend::Wgpu,
        backend_reason: "faster".into(),
        items: 5,
        shots: 2,
        gate: 0.3,
        last_run_ms: 1.7,
        steps_ms: vec![0.1, 1e-7],
        losses: vec![2.3, 1.9],
        nearest: vec![(ItemIx(3), 0.93), (ItemIx(1), -0.5)],
        pack: "aa".into(),
    }
}

fn pick(reason: Reason, rule: Option<BusinessRule>) -> Recommendation {
    Recommendation {
        item: ItemIx(7),
        score: -0.123_456_7,
        reason,
        promoted: rule.is_some(),
        lift: rule.map(|_| 2.5),
        rule,
    }
}

#[test]
fn every_reply_is_read_as_the_worker_wrote_it() {
    let because = Reason::BecauseOf {
        shots: vec![Share {
            item: ItemIx(1),
            share: 0.3,
        }],
    };
    let picks = vec![
        pick(because, None),
        pick(Reason::TakenBefore { visits: 3 }, Some(BusinessRule::Pin)),
        pick(Reason::OnOffer, Some(BusinessRule::Boost)),
        pick(Reason::PopularHere, Some(BusinessRule::Bury)),
    ];
    let outcome = Outcome {
        value: "35-44".into(),
        probability: 0.1,
        base_rate: 1e-7,
    };
    let evidence = Evidence {
        reason: "covered".into(),
        examples: 2,
        covers: 4,
        items: vec![ItemIx(3)],
    };
    let prediction = |outcomes, evidence| Prediction {
        target: "age".into(),
        title: "Age \"of\" whom".into(),
        outcomes,
        evidence,
    };
    let answer = TaskAnswer {
        task: "attributes".into(),
        predictions: vec![
            prediction(Some(vec![outcome]), evidence),
            prediction(None, Evidence::default()),
        ],
    };
    for tasks in [vec![], vec![answer]] {
        check_reply(&Reply::Picks {
            seq: 7,
            shelves: vec![Shelf {
                name: "picked".into(),
                picks: picks.clone(),
            }],
            tasks,
            status: status(),
        });
    }
    for total in [None, Some(2e9)] {
        check_reply(&Reply::Loading {
            received: 1e9,
            total,
        });
    }
    check_reply(&Reply::Ready { status: status() });
    check_reply(&Reply::Ready {
        status: Status {
            steps_ms: Vec::new(),
            losses: Vec::new(),
            nearest: Vec::new(),
            ..status()
        },
    });
    for by in FoundBy::ALL {
        check_reply(&Reply::Found {
            query: "全脂 \"milk\"".into(),
            items: vec![ItemIx(3), ItemIx(0)],
            by,
            example: vec![ItemIx(3)],
            unwanted: vec!["nuts".into(), "\"lactose\"".into()],
            without: vec![ItemIx(8), ItemIx(9)],
            max_price: Some(4.99),
        });
    }
    // A worker that understands no more than letters.
    let by = FoundBy::ALL[0];
    let bare = [
        r#"{"type":"found","query":"milk","items":[3],"by":""#,
        by.name(),
        "\"}",
    ]
    .concat();
    let expected = Reply::Found {
        query: "milk".into(),
        items: vec![ItemIx(3)],
        by,
        example: Vec::new(),
        unwanted: Vec::new(),
        without: Vec::new(),
        max_price: None,
    };
    assert_eq!(read_reply(&bare).as_ref(), Ok(&expected));
    check_reply(&expected);
    check_reply(&Reply::Failed {
        code: "no_wasm".into(),
        message: "m\n".into(),
        about: None,
    });
}

#[test]
fn an_unknown_or_incomplete_reply_is_an_error() {
    for (json, expected) in [
        ("", "a value at byte 0"),
        ("{}", "a value in the field 'type'"),
        (r#"{"type":"song"}"#, "a known word in the field 'type'"),
        (r#"{"type":"ready"}"#, "a value in the field 'backend'"),
        (
            r#"{"type":"picks","seq":1,"shelves":[]}"#,
            "a value in the field 'backend'",
        ),
        (r#"{"type":"alive"}"#, "a known word in the field 'type'"),
        (
            r#"{"type":"picks","seq":1,"shelves":[{"name":"s","picks":[{"item":1,"score":0.5,"reason":{"kind":"taken_before"}}]}]}"#,
            "a value in the field 'visits'",
        ),
    ] {
        let error = read_reply(json).unwrap_err().to_string();
        assert_eq!(error, format!("expected {expected}"), "{json}");
    }
}

#[test]
fn every_question_is_read_by_the_worker_as_it_was_meant() {
    for full in [false, true] {
        let session = Session {
            events: (EventKind::ALL.into_iter().take(if full { 99 } else { 0 }))
                .map(|kind| Event::new(ItemIx(4), kind))
                .collect(),
            visits: vec![vec![ItemIx(1), ItemIx(2)]; if full { 2 } else { 0 }],
            asked: vec![vec![ItemIx(6), ItemIx(3)]; if full { 2 } else { 0 }],
            day: full.then_some(-1),
        };
        let filter = Filter {
            category: vec!["Dairy & \"eggs\"".into(), "Milk".into()],
            among: vec![ItemIx(1), ItemIx(2)],
            without: vec![ItemIx(9), ItemIx(4)],
            promoted: true,
        };
        let shelf = ShelfRequest {
            name: "picked".into(),
            n: 12,
            filter: if full { filter } else { Filter::ALL },
            seeds: vec![ItemIx(5); usize::from(full)],
            objective: Objective::Similar,
        };
        let task = TaskRequest {
            task: "offers".into(),
            max: 3,
        };
        check_question(&SessionRequest {
            seq: u32::MAX,
            session,
            shelves: vec![shelf; 1 + usize::from(full)],
            tasks: vec![task; usize::from(full)],
        });
    }
}
