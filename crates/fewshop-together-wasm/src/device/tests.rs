use fewshop_together::{Address, Draft, KeyPair};
use serde_json::Value;

use super::*;

const DAY: u64 = 86_400;
const NOW: u64 = 1_800_000_000;

fn published() -> Published {
    let key = || KeyPair::generate().unwrap().public_list();
    Published {
        terms: Draft {
            shop: "A shop".to_owned(),
            items: (0..30).map(|i| format!("p{i}")).collect(),
            max_items: 5,
            epsilon: 1.0,
            delta: 1e-6,
            min_batch: 10,
            visits_per_month: 2,
            bucket_s: DAY,
        },
        min_items: 2,
        leader: Address::new("https://leader.example", &key()),
        helper: Address::new("https://helper.example", &key()),
    }
}

fn device_of(published: &Published) -> Device {
    Device::new(&serde_json::to_string(published).unwrap()).unwrap()
}

fn visits() -> String {
    format!(r#"[["{NOW}","p3","p1","x"],["{}","p2"]]"#, NOW + 9)
}

#[track_caller]
fn shown(device: &Device, record: &str, now_s: u64) -> Value {
    serde_json::from_str(&device.shown(record, &visits(), now_s).unwrap()).unwrap()
}

#[test]
fn a_device_that_was_never_asked_takes_no_part() {
    let device = device_of(&published());
    let shown = shown(&device, "", NOW);
    assert_eq!(shown["is_on"], false);
    assert_eq!(shown["next"], serde_json::json!([]));
    let record = device.report("", &visits(), NOW + 9 * DAY).unwrap();
    assert_eq!(device.waiting(&record), Ok(None));
}

#[test]
fn what_is_shown_before_is_what_is_sent() {
    let device = device_of(&published());
    let record = device.agree("", NOW).unwrap();
    let before = shown(&device, &record, NOW + DAY);
    assert_eq!(before["next"][0]["due_s"], NOW + DAY);
    assert_eq!(before["next"][0]["items"], serde_json::json!(["p1", "p3"]));
    assert_eq!(before["next"][1]["is_short"], true);
    let record = device.report(&record, &visits(), NOW + DAY).unwrap();
    let parcel = device.waiting(&record).unwrap().expect("it is due");
    let asked: Value = serde_json::from_str(&device.asked()).unwrap();
    assert_eq!(asked["bytes"], parcel.bytes.len());
    let after = shown(&device, &record, NOW + DAY);
    assert_eq!(after["told"][0]["items"], before["next"][0]["items"]);
    assert_eq!(after["left"], 1);
}

#[track_caller]
fn check_answer(status: u16, expected: &str) {
    let device = device_of(&published());
    let record = device.agree("", NOW).unwrap();
    let record = device.report(&record, &visits(), NOW + DAY).unwrap();
    let record = device.answered(&record, NOW, status, NOW + DAY).unwrap();
    let shown = shown(&device, &record, NOW + DAY);
    assert_eq!(shown["told"][0]["outcome"], expected, "{status}");
    let waits = device.waiting(&record).unwrap().is_some();
    assert_eq!(waits, expected == "waits");
}

#[test]
fn only_an_answer_about_the_report_ends_its_waiting() {
    check_answer(201, "accepted");
    check_answer(400, "refused");
    check_answer(429, "waits");
    check_answer(503, "waits");
}

#[test]
fn a_shop_that_changes_its_terms_asks_again() {
    let mut published = published();
    let record = device_of(&published).agree("", NOW).unwrap();
    let record = device_of(&published)
        .report(&record, &visits(), NOW + DAY)
        .unwrap();
    published.terms.epsilon = 8.0;
    let changed = device_of(&published);
    assert_eq!(changed.waiting(&record), Ok(None), "it was of other terms");
    let shown = shown(&changed, &record, NOW + DAY);
    assert_eq!(
        (&shown["is_on"], &shown["has_changed"]),
        (&false.into(), &true.into())
    );
    let same = changed.report(&record, &visits(), NOW + 2 * DAY).unwrap();
    assert_eq!(same, record, "nothing is made under terms nobody agreed to");
}

#[test]
fn what_cannot_be_read_is_named() {
    let device = device_of(&published());
    let error = device.shown("{", "[]", NOW).unwrap_err();
    assert!(
        error.starts_with("the record of learning together cannot be read"),
        "{error}"
    );
    let error = Device::new("{}").unwrap_err();
    assert!(error.contains("the shop's file"), "{error}");
}
