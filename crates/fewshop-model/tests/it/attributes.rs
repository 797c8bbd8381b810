//! The optional attribute heads: they survive the round trip, invalid heads are refused, and only
//! reliable predictions are given.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of a test on bytes that it wrote itself"
)]

use fewshop_core::{Event, EventKind, ItemIx, Session};
use fewshop_model::tasks::attributes::{
    AttributeHead, AttributeInputs, AttributeWeights, EvidenceLevel,
};
use fewshop_model::{Compute, Pack, Recommender, toy};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

/// Heads whose numbers are exact in bf16.
fn heads() -> AttributeWeights {
    let f = AttributeInputs::of(&toy::pack()).len();
    let head = |name: &str, values: &[&str], tells: [bool; 7]| AttributeHead {
        name: name.to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        prior: vec![1.0 / values.len() as f32; values.len()],
        confidence: vec![0.5; 7],
        is_reliable: tells.to_vec(),
    };
    let some = |n: usize| {
        (0..n)
            .map(|at| (at % 9) as f32 * 0.25 - 1.0)
            .collect::<Vec<f32>>()
    };
    let late = [false, false, true, true, false, true, true];
    AttributeWeights {
        heads: vec![
            head("age", &["19-34", "35-44", "55+"], late),
            head("children", &["no", "yes"], [false; 7]),
        ],
        hidden: 2,
        mean: some(f),
        inv_std: vec![0.5; f],
        w1: some(f * 2),
        b1: vec![0.25, -0.5],
        w2: some(10),
        b2: vec![0.1, 0.2, 0.3, 0.4, 0.5],
    }
}

fn pack() -> Pack {
    toy::pack()
        .edit(|parts| parts.attributes = Some(heads()))
        .unwrap()
}

/// Replaces text in the header by other text of the same length and corrects the hash, like a
/// deliberately forged file.
fn forged(from: &str, to: &str) -> Vec<u8> {
    let mut bytes = pack().to_bytes().unwrap();
    assert_eq!(from.len(), to.len());
    let at = bytes
        .windows(from.len())
        .position(|w| w == from.as_bytes())
        .expect("the header holds the text");
    bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    let end = bytes.len() - 32;
    let hash = Sha256::digest(&bytes[..end]);
    bytes[end..].copy_from_slice(&hash);
    bytes
}

#[track_caller]
fn check_refused(weights: AttributeWeights, word: &str) {
    let error = toy::pack()
        .edit(|parts| parts.attributes = Some(weights))
        .unwrap_err();
    assert!(
        error.code() == "pack_field" && error.to_string().contains(word),
        "{error}"
    );
}

#[test]
fn heads_are_read_back_and_packs_without_them_are_unchanged() {
    assert_eq!(
        Pack::from_bytes(&pack().to_bytes().unwrap())
            .unwrap()
            .attributes(),
        Some(&heads())
    );
    let without = toy::pack().to_bytes().unwrap();
    assert!(!String::from_utf8_lossy(&without).contains("profile"));
    assert_eq!(
        pack()
            .edit(|parts| parts.attributes = None)
            .unwrap()
            .to_bytes()
            .unwrap(),
        without
    );
}

#[test]
fn heads_that_do_not_fit_are_refused_by_name() {
    check_refused(
        AttributeWeights {
            w1: vec![0.0; 3],
            ..heads()
        },
        "profile.w1",
    );
    check_refused(
        AttributeWeights {
            heads: Vec::new(),
            ..heads()
        },
        "1 to 32 heads",
    );
    check_refused(
        AttributeWeights {
            b1: vec![f32::NAN, 0.0],
            ..heads()
        },
        "finite",
    );
    let with = |change: fn(&mut AttributeHead)| {
        let mut weights = heads();
        change(&mut weights.heads[1]);
        weights
    };
    check_refused(with(|head| head.prior = vec![0.9, 0.9]), "add up to 1");
    check_refused(with(|head| head.prior = vec![0.0, 1.0]), "between 0 and 1");
    check_refused(with(|head| head.confidence = vec![0.5; 6]), "7 amounts");
    check_refused(
        with(|head| head.confidence[0] = f32::INFINITY),
        "how far it is believed",
    );
    check_refused(with(|head| head.is_reliable.push(true)), "whether it tells");
    check_refused(
        with(|head| head.values[0] = "yes".to_owned()),
        "different values",
    );
    check_refused(with(|head| head.name = "age".to_owned()), "no other's");
    check_refused(
        with(|head| head.values[1] = "a\nb".to_owned()),
        "must have a name and values",
    );
}

#[test]
fn a_forged_file_is_refused() {
    assert!(Pack::from_bytes(&forged("\"hidden\":2,\"heads\"", "\"hidden\":2,\"heads\"")).is_ok());
    for (from, to) in [
        ("\"hidden\":2,\"heads\"", "\"hidden\":9,\"heads\""),
        ("\"hidden\":2,\"heads\"", "\"hidden\":0,\"heads\""),
        ("\"profile.b2\"", "\"profile.b9\""),
        ("\"profile\":{", "\"proFile\":{"),
        ("\"values\":[\"no\",\"yes\"]", "\"values\":[\"no\",\"no\"] "),
    ] {
        let error = Pack::from_bytes(&forged(from, to)).unwrap_err();
        assert_eq!(error.code(), "pack_field", "{from}: {error}");
    }
}

#[test]
fn a_head_gives_no_prediction_unless_it_beat_its_prior_in_training() {
    let mut shop = Recommender::new(pack(), Compute::Kernels);
    let mut told = |items: u32, visits: usize| {
        let visit: Vec<ItemIx> = (0..3).map(ItemIx).collect();
        let session = Session {
            visits: vec![visit; visits],
            ..Session::of_items(&(0..items).map(ItemIx).collect::<Vec<_>>())
        };
        shop.set_session(session).unwrap();
        let profile = shop.profile();
        assert_eq!(
            profile
                .iter()
                .map(|prediction| prediction.attribute.as_str())
                .collect::<Vec<_>>(),
            ["age", "children"]
        );
        assert_eq!(profile[1].values, None);
        profile[0].values.as_ref().map(|values| {
            values
                .iter()
                .map(|value| value.probability)
                .collect::<Vec<f32>>()
        })
    };
    assert_eq!((told(0, 0), told(4, 0), told(3, 1)), (None, None, None));
    for (items, visits) in [(5, 0), (12, 0), (0, 2), (1, 9)] {
        let probabilities = told(items, visits).unwrap();
        assert!(
            (probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5,
            "{probabilities:?}"
        );
    }
    assert!(
        Recommender::new(toy::pack(), Compute::Kernels)
            .profile()
            .is_empty()
    );
}

#[test]
fn a_dismissed_product_does_not_affect_the_attributes() {
    let mut shop = Recommender::new(pack(), Compute::Kernels);
    shop.set_session(Session::of_items(&(0..5).map(ItemIx).collect::<Vec<_>>()))
        .unwrap();
    let before = shop.profile();
    shop.observe(Event::new(ItemIx(40), EventKind::Dismiss))
        .unwrap();
    assert_eq!(shop.profile(), before);
    shop.observe(Event::new(ItemIx(40), EventKind::Cart))
        .unwrap();
    assert_ne!(shop.profile(), before);
}

#[test]
fn what_was_only_asked_for_does_not_affect_the_attributes() {
    let mut shop = Recommender::new(pack(), Compute::Kernels);
    let clicks = Session::of_items(&(0..5).map(ItemIx).collect::<Vec<_>>());
    for session in [Session::default(), clicks] {
        shop.set_session(session.clone()).unwrap();
        let before = shop.profile();
        let asked = vec![vec![ItemIx(40), ItemIx(41)]];
        shop.set_session(Session { asked, ..session }).unwrap();
        assert_eq!(shop.profile(), before);
    }
}

#[test]
fn evidence_levels_have_no_gap() {
    assert_eq!(EvidenceLevel::of(0, 0), None);
    for amount in EvidenceLevel::ALL {
        assert_eq!(
            EvidenceLevel::of(amount.items().unwrap_or(0), amount.visits()),
            Some(amount)
        );
    }
}

proptest! {
    #[test]
    fn any_products_give_finite_features(items in prop::collection::vec(0u32..60, 0..40), split in 0usize..40) {
        let pack = toy::pack();
        let rows: Vec<ItemIx> = items.into_iter().map(ItemIx).collect();
        let (visit, shots) = rows.split_at(split.min(rows.len()));
        let inputs = AttributeInputs::of(&pack);
        let features = inputs.features(&[visit.to_vec()], &Session::of_items(shots).context_items(), &pack);
        prop_assert_eq!(features.len(), inputs.len());
        prop_assert!(features.iter().all(|x| x.is_finite()));
    }
}
