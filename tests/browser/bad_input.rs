//! Bad input from JavaScript: the result is an `Error` with a code and advice, and the engine keeps
//! working.

use js_sys::{Array, JSON, Object, Reflect, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::shop::{check_error, js, load_on, pack_bytes, picks, request, session, shelf};
use fewshop_wasm::Recommender;

fn json(text: &str) -> JsValue {
    JSON::parse(text).unwrap()
}

async fn load(bytes: &[u8]) -> Result<Recommender, JsValue> {
    Recommender::load(Uint8Array::from(bytes).into(), JsValue::UNDEFINED).await
}

#[wasm_bindgen_test]
async fn broken_packs_have_distinct_errors() {
    let good = pack_bytes();
    check_error(load(&[]).await, "pack_empty", "download it again");
    check_error(
        load(b"<!doctype html><title>Not found</title>").await,
        "pack_not_a_pack",
        "fewshop train",
    );
    check_error(
        load(&good[..good.len() / 2]).await,
        "pack_truncated",
        "cut off",
    );
    check_error(load(&good[..20]).await, "pack_truncated", "cut off");
    let mut newer = good.clone();
    newer[8] = 200;
    check_error(load(&newer).await, "pack_version", "train it again");
    let mut longer = good.clone();
    longer.extend([0; 8]);
    assert!(load(&longer).await.is_err());
    assert!(load(&good).await.is_ok());
}

#[wasm_bindgen_test]
async fn every_flipped_bit_is_detected() {
    let good = pack_bytes();
    for at in (8..good.len()).step_by(good.len() / 61) {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        assert!(load(&bad).await.is_err(), "byte {at}");
    }
    let mut last = good.clone();
    *last.last_mut().unwrap() ^= 1;
    check_error(load(&last).await, "pack_checksum", "the whole file");
}

#[wasm_bindgen_test]
async fn a_hash_that_is_known_already_is_held_against_the_packs_own() {
    let pack = pack_bytes();
    let load_with = async |digest: JsValue| {
        let options = Object::new();
        let _ = Reflect::set(&options, &"digest".into(), &digest);
        Recommender::load(Uint8Array::from(&pack[..]).into(), options.into()).await
    };
    let own: String = (pack[pack.len() - 32..]
        .iter()
        .map(|byte| format!("{byte:02x}")))
    .collect();
    assert!(load_with((&*own).into()).await.is_ok());
    for other in ["", &own[1..], &"0".repeat(64)] {
        check_error(
            load_with(other.into()).await,
            "pack_checksum",
            "the whole file",
        );
    }
    check_error(load_with(7.into()).await, "bad_argument", "digest");
}

#[wasm_bindgen_test]
async fn a_value_that_is_not_a_pack_is_a_bad_argument() {
    for value in [
        JsValue::NULL,
        JsValue::UNDEFINED,
        "pack".into(),
        7.into(),
        Object::new().into(),
        Array::new().into(),
    ] {
        check_error(
            Recommender::load(value, JsValue::UNDEFINED).await,
            "bad_argument",
            "Uint8Array",
        );
    }
    let bytes = || Uint8Array::from(&pack_bytes()[..]);
    assert!(
        Recommender::load(bytes().buffer().into(), JsValue::NULL)
            .await
            .is_ok(),
        "an ArrayBuffer will do"
    );
    for options in [r#"{"backend":"tpu"}"#, r#"{"backend":3}"#, r#""cpu""#] {
        check_error(
            Recommender::load(bytes().into(), json(options)).await,
            "bad_argument",
            "backend",
        );
    }
}

#[wasm_bindgen_test]
async fn the_cpu_module_says_where_webgpu_is() {
    let options = json(r#"{"backend":"wgpu"}"#);
    check_error(
        Recommender::load(Uint8Array::from(&pack_bytes()[..]).into(), options).await,
        "no_gpu_in_module",
        "feature `gpu`",
    );
}

#[wasm_bindgen_test]
async fn bad_events_are_refused_and_change_nothing() {
    let recommender = load_on("cpu").await;
    let before = picks(&recommender, 10).await;
    check_error(
        recommender.observe(json(r#"{"item":60,"kind":"view"}"#)),
        "unknown_item",
        "catalogue of 60",
    );
    check_error(
        recommender.observe(json(r#"{"item":4294967295,"kind":"view"}"#)),
        "unknown_item",
        "4294967295",
    );
    for event in [
        "null",
        "3",
        "[]",
        "{}",
        r#""view""#,
        r#"{"item":1}"#,
        r#"{"kind":"view"}"#,
        r#"{"item":-1,"kind":"view"}"#,
        r#"{"item":1.5,"kind":"view"}"#,
        r#"{"item":4294967296,"kind":"view"}"#,
        r#"{"item":1e300,"kind":"view"}"#,
        r#"{"item":"1","kind":"view"}"#,
        r#"{"item":1,"kind":"VIEW"}"#,
        r#"{"item":1,"kind":null}"#,
    ] {
        check_error(
            recommender.observe(json(event)),
            "bad_argument",
            "kind: 'view'",
        );
    }
    let nan = js_sys::eval("({item: NaN, kind: 'view'})").unwrap();
    check_error(recommender.observe(nan), "bad_argument", "event");
    let function = js_sys::eval("() => 1").unwrap();
    check_error(recommender.observe(function), "bad_argument", "event");
    assert_eq!(picks(&recommender, 10).await, before);
}

#[wasm_bindgen_test]
async fn a_session_with_a_bad_row_keeps_the_old_one() {
    let recommender = load_on("cpu").await;
    recommender.set_session(js(&session(&[1, 2]))).unwrap();
    let before = picks(&recommender, 10).await;
    check_error(
        recommender.set_session(js(&session(&[3, 99]))),
        "unknown_item",
        "row 99",
    );
    check_error(
        recommender.set_session(json(r#"{"events":[],"visits":[[0],[77]]}"#)),
        "unknown_item",
        "row 77",
    );
    for bad in [
        "null",
        "[]",
        r#"{"events":3}"#,
        r#"{"events":[],"visits":[3]}"#,
    ] {
        check_error(recommender.set_session(json(bad)), "bad_argument", "events");
    }
    assert_eq!(picks(&recommender, 10).await, before);
}

#[wasm_bindgen_test]
async fn the_number_of_picks_is_an_integer() {
    let recommender = load_on("cpu").await;
    check_error(
        recommender.rank(0.into(), JsValue::UNDEFINED).await,
        "nothing_wanted",
        "request at least 1",
    );
    for n in [f64::NAN, -1.0, 2.5, f64::INFINITY] {
        check_error(
            recommender.rank(n.into(), JsValue::UNDEFINED).await,
            "bad_argument",
            "whole number",
        );
    }
    for n in [
        JsValue::UNDEFINED,
        JsValue::NULL,
        "5".into(),
        Object::new().into(),
        JsValue::TRUE,
    ] {
        check_error(
            recommender.rank(n, JsValue::UNDEFINED).await,
            "bad_argument",
            "whole number",
        );
    }
    // Asking for more than there are gives all.
    assert_eq!(picks(&recommender, 1_000_000).await.len(), 60);
    assert!(
        recommender
            .rank(1e300.into(), JsValue::UNDEFINED)
            .await
            .is_ok()
    );
}

#[wasm_bindgen_test]
async fn a_filter_is_a_category_path() {
    let recommender = load_on("cpu").await;
    for filter in [
        "3",
        r#""Bakery""#,
        r#"{"category":"Bakery"}"#,
        r#"{"category":[1]}"#,
    ] {
        check_error(
            recommender.rank(5.into(), json(filter)).await,
            "bad_argument",
            "category",
        );
    }
    let none = recommender
        .rank(5.into(), json(r#"{"category":["No such department"]}"#))
        .await
        .unwrap();
    assert_eq!(Array::from(&none).length(), 0);
    let all = recommender.rank(5.into(), json("{}")).await.unwrap();
    assert_eq!(Array::from(&all).length(), 5);
}

#[wasm_bindgen_test]
async fn bad_requests_and_explanations_are_refused() {
    let recommender = load_on("cpu").await;
    check_error(
        recommender
            .answer(request(1, session(&[1]), vec![shelf("a", 0)]))
            .await,
        "nothing_wanted",
        "request at least 1",
    );
    check_error(
        recommender
            .answer(request(1, session(&[60]), vec![shelf("a", 1)]))
            .await,
        "unknown_item",
        "row 60",
    );
    for bad in [
        "null",
        "{}",
        r#"{"seq":-1,"session":{"events":[]},"shelves":[]}"#,
        r#"{"seq":1,"session":{"events":[]},"shelves":[{"name":"a","n":-5}]}"#,
        r#"{"seq":1,"session":{"events":[]},"shelves":[{"name":"a","n":1e20}]}"#,
        r#"{"seq":1,"session":{"events":[]},"shelves":[{"name":"a","n":5,"seeds":[1.5]}]}"#,
    ] {
        check_error(
            recommender.answer(json(bad)).await,
            "bad_argument",
            "session",
        );
    }
    check_error(
        recommender.explain(60.into()).await,
        "unknown_item",
        "row 60",
    );
    for item in [
        JsValue::from(-1),
        f64::NAN.into(),
        "3".into(),
        JsValue::UNDEFINED,
    ] {
        check_error(
            recommender.explain(item).await,
            "bad_argument",
            "row of a product",
        );
    }
    check_error(recommender.item_row(3.into()), "bad_argument", "a string");
    assert_eq!(picks(&recommender, 5).await.len(), 5);
}
