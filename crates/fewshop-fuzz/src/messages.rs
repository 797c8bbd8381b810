//! The messages between page and worker, as JSON of the protocol's types: the JavaScript values
//! that are sent have the same representation.

use std::collections::HashSet;
use std::sync::LazyLock;

use fewshop_core::protocol::{Request, SessionRequest};
use fewshop_core::{EventKind, Filter};
use fewshop_model::{Compute, toy};
use fewshop_wasm::Engine;
use fewshop_web::state::read_reply;
use fewshop_words::{Texts, WordSearch, Words};
use serde_json::{Value, json};

use crate::program::Program;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(toy::pack(), Compute::Kernels));

static SEARCH: LazyLock<WordSearch> = LazyLock::new(|| {
    let pack = toy::pack();
    let popularity = &pack.parts().popularity;
    let texts = Texts::of(pack.catalogue());
    WordSearch::new(pack.catalogue(), texts, popularity, Words::default())
});

const REQUESTS: [&str; 4] = [
    r#"{"type":"load","pack":"shop.pack","backend":"cpu"}"#,
    r#"{"type":"session","seq":7,"session":{"events":[{"item":3,"kind":"view"},{"item":22,"kind":"cart"},{"item":4,"kind":"dismiss"}],
"visits":[[1,2],[50]]},"shelves":[{"name":"picked","n":5},{"name":"with","n":3,"filter":{"category":["Bakery"]},"seeds":[3]}],"tasks":[{"task":"attributes","max":9},{"task":"offers","max":3}]}"#,
    r#"{"type":"explain","session":{"events":[{"item":3,"kind":"cart"}]},"item":12}"#,
    r#"{"type":"find","query":"Sweet bananas 牛奶","n":9}"#,
];

const REPLIES: [&str; 5] = [
    r#"{"type":"loading","received":10.5,"total":null}"#,
    r#"{"type":"picks","seq":1,"shelves":[{"name":"picked","picks":[{"item":4,"score":0.5,"reason":{"kind":"taken_before","visits":2}},
{"item":5,"score":0.25,"reason":{"kind":"because_of","shots":[{"item":1,"share":1.0}]}}]}],"status":{"backend":"cpu",
"backend_reason":"faster","items":60,"shots":1,"gate":0.5,"last_run_ms":1.5,"pack":"aa"},
"tasks":[{"task":"attributes","predictions":[{"target":"age","title":"age","outcomes":[{"value":"55+","probability":0.25,"base_rate":0.5}],
"evidence":{"reason":"","examples":0,"covers":0,"items":[]}},{"target":"children","title":"children","outcomes":null,"evidence":{"reason":"","examples":0,"covers":0,"items":[]}}]},
{"task":"offers","predictions":[{"target":"o","title":"Tea","outcomes":[{"value":"redeemed","probability":0.5,"base_rate":0.25}],
"evidence":{"reason":"same_part","examples":1,"covers":2,"items":[3]}}]}]}"#,
    r#"{"type":"failed","code":"no_wasm","message":"m"}"#,
    r#"{"type":"found","query":"milk","items":[4,5],"by":"letters","example":[4],"without":[7],"max_price":4.5}"#,
    r#"{"type":"ready","status":{"backend":"wgpu","backend_reason":"","items":60,"shots":0,"gate":0,"last_run_ms":0,"pack":"aa"}}"#,
];

/// The target.
pub(crate) fn run(input: &[u8]) -> usize {
    let mut program = Program::new(input);
    let way = program.byte();
    if (192..240).contains(&way) {
        let text = session(&mut program);
        request(&text);
        return text.len();
    }
    let list: &[&str] = if way.is_multiple_of(4) {
        &REPLIES
    } else {
        &REQUESTS
    };
    let mut bytes = program.one_of(list).as_bytes().to_vec();
    if way >= 240 {
        bytes = program.rest().to_vec();
    } else {
        program.damage(&mut bytes);
    }
    let text = String::from_utf8_lossy(&bytes);
    if way.is_multiple_of(4) {
        reply(&text)
    } else {
        request(&text)
    }
    bytes.len()
}

/// A well-formed session with odd numbers, which damage to a text would hardly produce.
fn session(program: &mut Program<'_>) -> String {
    let row = |program: &mut Program<'_>| match program.byte() {
        0..=7 => program.odd(),
        _ => program.below(60) as u64,
    };
    let rows = |program: &mut Program<'_>, max: usize| {
        (0..program.below(max))
            .map(|_| row(program))
            .collect::<Vec<u64>>()
    };
    let events = (0..program.below(24)).map(|_| {
        let kind = program.one_of(&EventKind::ALL).name();
        json!({"item": row(program), "kind": kind})
    });
    let events: Vec<Value> = events.collect();
    let visits: Vec<Vec<u64>> = (0..program.below(12)).map(|_| rows(program, 5)).collect();
    let asked: Vec<Vec<u64>> = (0..program.below(3)).map(|_| rows(program, 4)).collect();
    let shelves = (0..program.below(4)).map(|_| {
        let n = if program.byte() < 200 { program.below(9) as u64 } else { program.odd() };
        let category: &[&str] = program.one_of(&[&[][..], &["Bakery"], &["Bakery", "Bakery fancy"], &["none"], &[""]]);
        json!({"name": "s", "n": n, "filter": {"category": category, "among": rows(program, 3)}, "seeds": rows(program, 3)})
    });
    let shelves: Vec<Value> = shelves.collect();
    json!({"type": "session", "seq": program.odd() as u32, "session": {"events": events, "visits": visits, "asked": asked}, "shelves": shelves})
        .to_string()
}

fn request(text: &str) {
    // One engine for all messages, as in a worker: its state carries over from one message to the
    // next.
    let mut engine = ENGINE.clone();
    match serde_json::from_str(text) {
        Ok(Request::Session(SessionRequest {
            session, shelves, ..
        })) => {
            let before = engine.clone();
            if engine.set_session(session.clone()).is_err() {
                // Refused as a whole: no part of it is kept.
                let picks = |engine: &Engine| {
                    pollster::block_on(engine.rank(3, Filter::ALL))
                        .expect("kernels do not fail")
                        .0
                };
                assert_eq!(picks(&engine), picks(&before));
                return;
            }
            let Ok((filled, _)) = pollster::block_on(engine.fill(&shelves, &mut |_| {})) else {
                return;
            };
            assert_eq!(filled.len(), shelves.len());
            let seen: HashSet<_> = session.events.iter().map(|event| event.item).collect();
            for (shelf, asked) in filled.iter().zip(&shelves) {
                assert!(shelf.name == asked.name && shelf.picks.len() <= asked.n);
                let mut once = HashSet::new();
                for pick in &shelf.picks {
                    assert!(
                        pick.score.is_finite()
                            && !seen.contains(&pick.item)
                            && once.insert(pick.item),
                        "{pick:?}"
                    );
                }
            }
        }
        Ok(Request::Explain { session, item }) => {
            if engine.set_session(session).is_err() {
                return;
            }
            if let Ok(pick) = pollster::block_on(engine.explain(item)) {
                assert!(pick.item == item && pick.score.is_finite());
            }
        }
        Ok(Request::Find { query, .. }) => {
            let _ = SEARCH.search(&query);
        }
        Ok(Request::Load { .. } | Request::Ping | Request::Catalogue | Request::Words { .. })
        | Err(_) => {}
    }
}

/// A reply that the page reads can be written and read again.
fn reply(text: &str) {
    let Ok(reply) = read_reply(text) else {
        return;
    };
    let written = serde_json::to_string(&reply).expect("a reply can be written");
    // A score beyond the numbers of the machine is written as null.
    assert!(
        read_reply(&written).is_ok() || written.contains("null"),
        "{written}"
    );
}
