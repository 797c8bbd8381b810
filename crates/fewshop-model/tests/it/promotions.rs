//! Promotions: they survive the round trip, are checked, follow their products, and affect the
//! ranking of their days alone.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of a test on a pack that it made itself"
)]

use fewshop_core::{Filter, Item, ItemIx, Place, Promotion, Reason, Session};
use fewshop_model::features::{FEATURE_NAMES, FEATURES};
use fewshop_model::{Model, NewItem, Pack, RankOptions, toy};

const MONDAY: i32 = 17_441;

fn promotion(row: u32, from_day: i32, share: f32, place: Place) -> Promotion {
    Promotion {
        item: ItemIx(row),
        from_day,
        to_day: from_day + 6,
        share,
        place,
    }
}

/// Shares of whole steps, which the file does not change.
fn promotions() -> Vec<Promotion> {
    vec![
        promotion(3, MONDAY, 1.0, Place::Leaflet),
        promotion(3, MONDAY, 0.2, Place::Display),
        promotion(15, MONDAY, 0.6, Place::Leaflet),
        promotion(15, MONDAY + 4, 0.8, Place::Leaflet),
        promotion(59, MONDAY - 364, 0.4, Place::Display),
    ]
}

fn promoted() -> Pack {
    toy::pack()
        .edit(|parts| parts.promotions = promotions())
        .unwrap()
}

#[test]
fn promotions_are_read_back_and_a_pack_without_them_is_unchanged() {
    let pack = promoted();
    let bytes = pack.to_bytes().unwrap();
    assert_eq!((bytes[8], toy::pack().to_bytes().unwrap()[8]), (7, 3));
    let back = Pack::from_bytes(&bytes).unwrap();
    assert_eq!(back.promotions(), promotions());
    assert_eq!(back.to_bytes().unwrap(), bytes);
    assert_eq!(
        back.edit(|parts| parts.promotions.clear())
            .unwrap()
            .to_bytes()
            .unwrap(),
        toy::pack().to_bytes().unwrap()
    );
}

#[test]
fn the_file_rounds_a_share_up_to_a_step() {
    let shares = [f32::MIN_POSITIVE, 0.02, 0.5, 0.999];
    let pack = toy::pack().edit(|parts| {
        parts.promotions = (0u32..)
            .zip(shares)
            .map(|(row, share)| promotion(row, MONDAY, share, Place::Leaflet))
            .collect();
    });
    let bytes = pack.unwrap().to_bytes().unwrap();
    let back = Pack::from_bytes(&bytes).unwrap();
    let read: Vec<f32> = back.promotions().iter().map(|p| p.share).collect();
    assert_eq!(read, [1.0, 6.0, 128.0, 255.0].map(|step| step / 255.0));
    assert_eq!(back.to_bytes().unwrap(), bytes, "once rounded, they stay");
}

#[test]
fn days_of_any_year_come_back() {
    let far = [
        Promotion {
            from_day: i32::MIN,
            to_day: i32::MAX,
            ..promotion(0, 0, 1.0, Place::Leaflet)
        },
        Promotion {
            from_day: i32::MAX,
            to_day: i32::MAX,
            ..promotion(0, 0, 1.0, Place::Leaflet)
        },
    ];
    let pack = toy::pack()
        .edit(|parts| parts.promotions = far.to_vec())
        .unwrap();
    let back = Pack::from_bytes(&pack.to_bytes().unwrap()).unwrap();
    assert_eq!(back.promotions(), far);
}

#[test]
fn promotions_that_do_not_fit_are_refused() {
    let good = promotion(5, MONDAY, 0.5, Place::Leaflet);
    let check = |rows: Vec<Promotion>, expected: &str| {
        let error = toy::pack()
            .edit(|parts| parts.promotions = rows)
            .unwrap_err();
        assert_eq!(error.code(), "pack_field");
        let text = error.to_string();
        assert!(
            text.contains("promotions") && text.contains(expected),
            "{expected}: {text}"
        );
    };
    let with = |change: &dyn Fn(&mut Promotion)| {
        let mut row = good;
        change(&mut row);
        vec![row]
    };
    check(with(&|row| row.item = ItemIx(60)), "names row 60");
    check(
        with(&|row| row.to_day = MONDAY - 1),
        "end before they begin",
    );
    for share in [0.0, -0.5, 1.01, f32::NAN, f32::INFINITY] {
        check(with(&|row| row.share = share), "above 0 and at most 1");
    }
    let earlier = [
        promotion(4, MONDAY, 0.5, Place::Leaflet),
        promotion(5, MONDAY - 1, 0.5, Place::Leaflet),
    ];
    for row in earlier {
        check(vec![good, row], "sorted");
    }
    let display = promotion(5, MONDAY, 0.5, Place::Display);
    check(vec![display, good], "sorted");
    check(vec![good; 2_000_001], "at most 2000000");
}

#[test]
fn promotions_follow_their_products_and_new_ones_have_none() {
    let pack = promoted();
    let backwards: Vec<usize> = (0..60).rev().collect();
    let moved = pack.reordered(&backwards).unwrap();
    let rows: Vec<u32> = moved.promotions().iter().map(|p| p.item.0).collect();
    assert_eq!(rows, [0, 44, 44, 56, 56]);
    assert_eq!(moved.promotions()[4].place, Place::Display);
    assert_eq!(moved.reordered(&backwards).unwrap(), pack);
    let new = NewItem {
        item: Item::new("new", "Something new"),
        neighbours: vec![(3, 0.5), (15, 0.5)],
        vector: None,
    };
    assert_eq!(pack.grown(&[new]).unwrap().promotions(), promotions());
}

/// Leaflet and display share of a product, as the ranker sees them.
fn features(model: &Model, session: &Session, row: u32) -> (f32, f32) {
    let candidates = model.candidates(session, &RankOptions::default()).unwrap();
    let at = candidates
        .items
        .iter()
        .position(|&item| item == ItemIx(row))
        .expect("the toy's popular products are candidates");
    let own = &candidates.features[at * FEATURES..(at + 1) * FEATURES];
    let value = |name| {
        own[FEATURE_NAMES
            .iter()
            .position(|other| *other == name)
            .unwrap()]
    };
    (value("promoted"), value("displayed"))
}

fn on(day: Option<i32>) -> Session {
    Session {
        day,
        ..Session::of_items(&[ItemIx(1), ItemIx(2)])
    }
}

#[test]
fn the_features_are_the_shares_on_the_day_of_the_session() {
    let model = Model::new(promoted());
    assert_eq!(features(&model, &on(None), 3), (0.0, 0.0));
    assert_eq!(features(&model, &on(Some(MONDAY - 1)), 3), (0.0, 0.0));
    assert_eq!(features(&model, &on(Some(MONDAY)), 3), (1.0, 0.2));
    assert_eq!(features(&model, &on(Some(MONDAY + 6)), 3), (1.0, 0.2));
    assert_eq!(features(&model, &on(Some(MONDAY + 7)), 3), (0.0, 0.0));
    assert_eq!(features(&model, &on(Some(MONDAY)), 4), (0.0, 0.0));
    assert_eq!(
        features(&Model::new(toy::pack()), &on(Some(MONDAY)), 3),
        (0.0, 0.0)
    );
}

#[test]
fn where_promotions_overlap_the_largest_share_counts() {
    let model = Model::new(promoted());
    let leaflet = |day| features(&model, &on(Some(MONDAY + day)), 15).0;
    assert_eq!([0, 4, 6, 7].map(leaflet), [0.6, 0.8, 0.8, 0.8]);
    assert_eq!(leaflet(11), 0.0);
}

#[test]
fn a_promoted_product_rises_on_its_days_alone() {
    let model = Model::new(promoted());
    let answer = |model: &Model, day| {
        let options = RankOptions {
            n: 58,
            ..RankOptions::default()
        };
        model.rank(&on(day), &options).unwrap()
    };
    let plain = answer(&Model::new(toy::pack()), Some(MONDAY));
    assert_eq!(answer(&model, None).picks, plain.picks);
    assert_eq!(answer(&model, Some(MONDAY + 30)).picks, plain.picks);
    let score = |picks: &[fewshop_core::Recommendation]| {
        let pick = picks.iter().find(|pick| pick.item == ItemIx(3));
        pick.expect("all products are asked for").score
    };
    let promoted = answer(&model, Some(MONDAY));
    assert!(score(&promoted.picks) > score(&plain.picks) + 0.1);
}

/// A promotion is no context item: leaving one out does not change what it adds.
#[test]
fn reasons_do_not_change_with_a_promotion() {
    let explain = |pack, day| {
        let model = Model::new(pack);
        model.explain(&on(day), ItemIx(3)).unwrap()
    };
    let (with, without) = (explain(promoted(), Some(MONDAY)), explain(promoted(), None));
    assert_ne!(with.score, without.score);
    let shares = |reason| match reason {
        fewshop_core::Reason::BecauseOf { shots } => shots,
        other => panic!("the context is the reason, not {other:?}"),
    };
    for (with, without) in shares(with.reason).iter().zip(shares(without.reason)) {
        assert_eq!(with.item, without.item);
        assert!((with.share - without.share).abs() < 1e-3);
    }
}

#[test]
fn only_the_leaflet_can_be_asked_for_and_its_picks_are_marked() {
    let model = Model::new(promoted());
    let picks = |day, promoted| {
        let options = RankOptions {
            n: 58,
            filter: Filter {
                promoted,
                ..Filter::ALL
            },
            ..RankOptions::default()
        };
        let picks = model.rank(&on(day), &options).unwrap().picks;
        picks.into_iter().map(|pick| (pick.item.0, pick.promoted))
    };
    let mut leaflet: Vec<_> = picks(Some(MONDAY), true).collect();
    leaflet.sort_unstable();
    assert_eq!(leaflet, [(3, true), (15, true)]);
    assert_eq!(picks(None, true).count(), 0);
    let marked =
        picks(Some(MONDAY), false).filter(|&(row, promoted)| promoted == (row == 3 || row == 15));
    assert_eq!(marked.count(), 58);
}

#[test]
fn a_promotion_is_the_reason_where_it_carries_more_than_the_context() {
    let model = Model::new(promoted());
    let reason = |day, row| {
        let nobody = Session {
            day,
            ..Session::default()
        };
        model.explain(&nobody, ItemIx(row)).unwrap().reason
    };
    assert_eq!(reason(Some(MONDAY), 3), Reason::OnOffer);
    assert_eq!(reason(Some(MONDAY), 4), Reason::PopularHere);
    assert_eq!(reason(Some(MONDAY + 7), 3), Reason::PopularHere);
    assert_eq!(reason(None, 3), Reason::PopularHere);
}
