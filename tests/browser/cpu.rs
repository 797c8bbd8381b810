//! Tests the class's behaviour on the CPU engine.

use fewshop_core::protocol::limits::PROTOCOL_VERSION;
use fewshop_core::protocol::{Backend, Reply, Request, Status};
use fewshop_core::{
    BusinessRule, Event, EventKind, Filter, ItemIx, Reason, Recommendation, Session,
};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::shop::{
    check_error, event, field, js, load_on, pack, picks, request, rows, rows_of, rust, session,
    shelf,
};

#[wasm_bindgen_test]
async fn seen_items_never_reappear_and_picks_lean_to_their_department() {
    let recommender = load_on("cpu").await;
    // A different department than the bestsellers'.
    let seen = [43, 44, 45];
    for item in seen {
        recommender.observe(event(item, EventKind::View)).unwrap();
    }
    let picked = picks(&recommender, 10).await;
    assert_eq!(picked.len(), 10);
    assert!(
        picked.iter().all(|pick| !seen.contains(&pick.item.0)),
        "{picked:?}"
    );
    assert!(picked.is_sorted_by(|a, b| a.score >= b.score), "{picked:?}");
    let pack = pack();
    let catalogue = pack.catalogue();
    let department = catalogue[ItemIx(43)].department();
    let same = picked
        .iter()
        .filter(|pick| catalogue[pick.item].department() == department)
        .count();
    assert!(same >= 8, "{same} of 10 are from {department}");
}

#[wasm_bindgen_test]
async fn a_filter_lets_only_its_category_through() {
    let recommender = load_on("cpu").await;
    let filter = js(&Filter::of_category(vec!["Bakery".to_owned()]));
    let picked: Vec<Recommendation> = rust(recommender.rank(50.into(), filter).await.unwrap());
    let pack = pack();
    let catalogue = pack.catalogue();
    assert_eq!(picked.len(), 20);
    assert!(
        picked
            .iter()
            .all(|pick| catalogue[pick.item].department() == "Bakery")
    );
}

#[wasm_bindgen_test]
async fn undo_and_forget_leave_nothing_behind() {
    let recommender = load_on("cpu").await;
    let fresh = picks(&recommender, 10).await;
    recommender.observe(event(3, EventKind::Cart)).unwrap();
    let one = picks(&recommender, 10).await;
    recommender.observe(event(25, EventKind::Dismiss)).unwrap();
    assert_ne!(picks(&recommender, 10).await, one);
    assert_eq!(
        rust::<Option<Event>>(recommender.undo().unwrap()),
        Some(Event::new(ItemIx(25), EventKind::Dismiss))
    );
    assert_eq!(picks(&recommender, 10).await, one);
    recommender.forget();
    assert_eq!(picks(&recommender, 10).await, fresh);
    assert!(recommender.undo().unwrap().is_null());
}

#[wasm_bindgen_test]
async fn shares_of_a_reason_add_up_and_name_only_context_items() {
    let recommender = load_on("cpu").await;
    recommender
        .set_session(js(&session(&[21, 22, 23])))
        .unwrap();
    let picked = picks(&recommender, 10).await;
    let explained: Recommendation =
        rust(recommender.explain(picked[0].item.0.into()).await.unwrap());
    assert_eq!(explained.item, picked[0].item);
    let mut because_of_shots = 0;
    for pick in picked.iter().chain([&explained]) {
        if let Reason::BecauseOf { shots } = &pick.reason {
            because_of_shots += 1;
            let sum: f32 = shots.iter().map(|share| share.share).sum();
            assert!((sum - 1.0).abs() < 1e-5, "{pick:?}");
            assert!(
                shots
                    .iter()
                    .all(|share| [21, 22, 23].contains(&share.item.0)),
                "{pick:?}"
            );
        }
    }
    assert!(
        because_of_shots > 0,
        "no pick depends on the seen items: {picked:?}"
    );
}

#[wasm_bindgen_test]
async fn without_a_session_the_reason_is_popularity() {
    let recommender = load_on("cpu").await;
    assert!(
        picks(&recommender, 5)
            .await
            .iter()
            .all(|pick| pick.reason == Reason::PopularHere)
    );
}

#[wasm_bindgen_test]
async fn one_request_fills_all_its_shelves() {
    let recommender = load_on("cpu").await;
    let mut with = shelf("goes well with", 4);
    with.seeds = vec![ItemIx(50)];
    let answer = recommender
        .answer(request(7, session(&[1, 2]), vec![shelf("picked", 6), with]))
        .await
        .unwrap();
    // JavaScript branches on the tag; the rest must deserialise into the same type.
    assert_eq!(field(&answer, "type").as_string().as_deref(), Some("picks"));
    let Reply::Picks {
        seq,
        shelves,
        status,
        ..
    } = rust(answer)
    else {
        panic!("another reply")
    };
    assert_eq!(seq, 7);
    assert_eq!(
        shelves
            .iter()
            .map(|s| (s.name.as_str(), s.picks.len()))
            .collect::<Vec<_>>(),
        [("picked", 6), ("goes well with", 4)]
    );
    assert!(rows_of(&shelves[0]).iter().all(|row| ![1, 2].contains(row)));
    assert!(
        rows_of(&shelves[1])
            .iter()
            .all(|row| ![1, 2, 50].contains(row))
    );
    assert_eq!(
        (status.backend, status.items, status.shots),
        (Backend::Cpu, 60, 2)
    );
    assert_eq!(status, rust::<Status>(recommender.status().unwrap()));
    // The session of the request is the current one now.
    assert_eq!(rows(&picks(&recommender, 6).await), rows_of(&shelves[0]));
}

#[wasm_bindgen_test]
async fn offers_and_attributes_need_no_shelf_but_an_empty_request_is_refused() {
    let recommender = load_on("cpu").await;
    let wanted = js_sys::JSON::parse(
        r#"{"seq":2,"session":{"events":[]},"shelves":[],"tasks":[{"task":"attributes","max":9},{"task":"offers","max":3}]}"#,
    );
    let Reply::Picks { seq, shelves, .. } =
        rust(recommender.answer(wanted.unwrap()).await.unwrap())
    else {
        panic!("another reply")
    };
    assert_eq!((seq, shelves.len()), (2, 0));
    check_error(
        recommender.answer(request(3, session(&[]), vec![])).await,
        "nothing_wanted",
        "request at least 1",
    );
}

#[wasm_bindgen_test]
async fn the_same_session_gives_the_same_answer_to_the_last_bit() {
    let (one, two) = (load_on("cpu").await, load_on("cpu").await);
    for recommender in [&one, &two] {
        recommender
            .set_session(js(&session(&[5, 30, 12, 31, 32])))
            .unwrap();
    }
    assert_eq!(picks(&one, 20).await, picks(&two, 20).await);
}

#[wasm_bindgen_test]
async fn the_status_names_the_pack_and_the_last_run() {
    let recommender = load_on("cpu").await;
    let status: Status = rust(recommender.status().unwrap());
    assert_eq!(status.pack, pack().fingerprint());
    assert_eq!(
        (status.backend, status.shots, status.last_run_ms),
        (Backend::Cpu, 0, 0.0)
    );
    recommender.observe(event(0, EventKind::Purchase)).unwrap();
    let _ = picks(&recommender, 3).await;
    assert_eq!(rust::<Status>(recommender.status().unwrap()).shots, 1);
}

#[wasm_bindgen_test]
async fn ids_map_to_rows() {
    let recommender = load_on("cpu").await;
    assert_eq!(recommender.item_row("toy17".into()).unwrap(), Some(17));
    assert_eq!(recommender.item_row("nothing".into()).unwrap(), None);
}

#[wasm_bindgen_test]
fn every_message_survives_the_way_through_javascript() {
    let status = Status {
        backend: Backend::Wgpu,
        backend_reason: "why".to_owned(),
        items: 60,
        shots: 2,
        gate: 0.5,
        last_run_ms: 1.25,
        steps_ms: vec![0.5, 0.25],
        losses: vec![2.5, 1.5],
        nearest: vec![(ItemIx(3), 0.5)],
        pack: "00ff".to_owned(),
    };
    let pick = Recommendation {
        item: ItemIx(3),
        score: -1.5,
        reason: Reason::PopularHere,
        rule: Some(BusinessRule::Pin),
        promoted: true,
        lift: Some(2.5),
    };
    let before = Recommendation {
        item: ItemIx(4),
        score: 0.5,
        reason: Reason::TakenBefore { visits: 2 },
        rule: None,
        promoted: false,
        lift: None,
    };
    for (reply, tag) in [
        (
            Reply::Loading {
                received: 5.0,
                total: None,
            },
            "loading",
        ),
        (
            Reply::Loading {
                received: 5.5,
                total: Some(7.0),
            },
            "loading",
        ),
        (Reply::Alive, "alive"),
        (
            Reply::Ready {
                status: status.clone(),
            },
            "ready",
        ),
        (
            Reply::Picks {
                seq: 1,
                shelves: Vec::new(),
                tasks: Vec::new(),
                status,
            },
            "picks",
        ),
        (Reply::Explanation { pick }, "explanation"),
        (Reply::Explanation { pick: before }, "explanation"),
        (
            Reply::Failed {
                code: "no_wasm".to_owned(),
                message: "none".to_owned(),
                about: None,
            },
            "failed",
        ),
    ] {
        let value = js(&reply);
        assert_eq!(field(&value, "type").as_string().as_deref(), Some(tag));
        assert_eq!(rust::<Reply>(value), reply);
    }
    for (request, tag) in [
        (
            Request::Load {
                protocol: None,
                pack: "p".to_owned(),
                backend: None,
                sha256: None,
            },
            "load",
        ),
        (
            Request::Load {
                protocol: Some(PROTOCOL_VERSION),
                pack: "p".to_owned(),
                backend: Some(Backend::Cpu),
                sha256: Some("ab".to_owned()),
            },
            "load",
        ),
        (Request::Ping, "ping"),
        (Request::Catalogue, "catalogue"),
        (
            Request::Explain {
                session: session(&[1]),
                item: ItemIx(9),
            },
            "explain",
        ),
    ] {
        let value = js(&request);
        assert_eq!(field(&value, "type").as_string().as_deref(), Some(tag));
        assert_eq!(rust::<Request>(value), request);
    }
    // Fields that are optional for a page.
    let sparse = js_sys::JSON::parse(
        r#"{"type":"session","seq":3,"session":{"events":[{"item":1,"kind":"view"}]},
        "shelves":[{"name":"a","n":5}]}"#,
    );
    let Request::Session(request) = rust(sparse.unwrap()) else {
        panic!("another request")
    };
    assert_eq!(
        request.session,
        Session::of(vec![Event::new(ItemIx(1), EventKind::View)])
    );
    assert_eq!(request.shelves, [shelf("a", 5)]);
}
