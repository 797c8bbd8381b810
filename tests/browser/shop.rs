//! The toy shop and JavaScript helpers, for all tests.

use fewshop_core::protocol::{SessionRequest, Shelf, ShelfRequest};
use fewshop_core::{Event, EventKind, Filter, ItemIx, Objective, Recommendation, Session};
use fewshop_model::{Pack, toy};
use fewshop_wasm::Recommender;
use js_sys::{Error, Reflect, Uint8Array};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};

pub(crate) fn pack() -> Pack {
    toy::pack()
}

pub(crate) fn pack_bytes() -> Vec<u8> {
    toy::pack().to_bytes().unwrap()
}

pub(crate) async fn load_on(backend: &str) -> Recommender {
    let options = js(&[("backend", backend)]
        .into_iter()
        .collect::<std::collections::BTreeMap<_, _>>());
    let loaded = Recommender::load(Uint8Array::from(&pack_bytes()[..]).into(), options).await;
    loaded.unwrap_or_else(|err| panic!("{backend}: {}", message(&err)))
}

/// A plain object, as a page would write it.
pub(crate) fn js<T: Serialize>(value: &T) -> JsValue {
    value
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .unwrap()
}

pub(crate) fn rust<T: DeserializeOwned>(value: JsValue) -> T {
    serde_wasm_bindgen::from_value(value).unwrap()
}

pub(crate) fn event(item: u32, kind: EventKind) -> JsValue {
    js(&Event::new(ItemIx(item), kind))
}

pub(crate) fn session(items: &[u32]) -> Session {
    Session::of(
        items
            .iter()
            .map(|&item| Event::new(ItemIx(item), EventKind::View))
            .collect(),
    )
}

pub(crate) fn request(seq: u32, session: Session, shelves: Vec<ShelfRequest>) -> JsValue {
    js(&SessionRequest {
        seq,
        session,
        shelves,
        tasks: Vec::new(),
    })
}

pub(crate) fn shelf(name: &str, n: usize) -> ShelfRequest {
    ShelfRequest {
        name: name.to_owned(),
        n,
        filter: Filter::ALL,
        seeds: Vec::new(),
        objective: Objective::Likely,
    }
}

pub(crate) fn field(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap()
}

pub(crate) async fn picks(recommender: &Recommender, n: usize) -> Vec<Recommendation> {
    let ranked = recommender
        .rank(JsValue::from_f64(n as f64), JsValue::UNDEFINED)
        .await;
    rust(ranked.unwrap_or_else(|err| panic!("{}", message(&err))))
}

pub(crate) fn rows(picks: &[Recommendation]) -> Vec<u32> {
    picks.iter().map(|pick| pick.item.0).collect()
}

pub(crate) fn rows_of(shelf: &Shelf) -> Vec<u32> {
    rows(&shelf.picks)
}

pub(crate) fn message(err: &JsValue) -> String {
    err.dyn_ref::<Error>()
        .map_or_else(|| format!("{err:?}"), |err| String::from(err.message()))
}

/// Checks that it is a real `Error` with this code and these words in its message.
#[track_caller]
pub(crate) fn check_error<T>(result: Result<T, JsValue>, code: &str, words: &str) {
    let Err(err) = result else {
        panic!("expected the error {code}, got an answer")
    };
    assert!(err.is_instance_of::<Error>(), "{err:?} is not an Error");
    assert_eq!(
        field(&err, "code").as_string().as_deref(),
        Some(code),
        "{}",
        message(&err)
    );
    assert!(
        message(&err).contains(words),
        "'{}' does not contain '{words}'",
        message(&err)
    );
}
