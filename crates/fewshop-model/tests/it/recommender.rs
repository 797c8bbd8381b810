//! Guarantees of a recommender, tested on the toy shop.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of a test on a shop that is known to be whole"
)]

use fewshop_core::{Event, EventKind, Filter, ItemIx, Reason, Session};
use fewshop_model::features::FEATURE_NAMES;
use fewshop_model::{Compute, Model, RankError, RankOptions, Ranking, Recommender, toy};
use pollster::block_on;
use proptest::prelude::*;

fn toy() -> Recommender {
    Recommender::new(toy::pack(), Compute::Kernels)
}

fn view(item: u32) -> Event {
    Event::new(ItemIx(item), EventKind::View)
}

fn rank(r: &Recommender, n: usize) -> Ranking {
    block_on(r.rank(&RankOptions {
        n,
        ..RankOptions::default()
    }))
    .unwrap()
}

fn department(r: &Recommender, item: ItemIx) -> String {
    r.catalogue()[item].department().to_owned()
}

#[test]
fn a_new_shopper_gets_popular_items_with_that_reason() {
    let ranking = rank(&toy(), 6);
    assert_eq!(ranking.context_items, 0);
    assert!(
        ranking
            .picks
            .iter()
            .all(|pick| pick.reason == Reason::PopularHere)
    );
    assert_eq!(ranking.picks[0].item, ItemIx(0));
}

#[test]
fn three_views_of_a_department_turn_the_shelf_to_it() {
    let mut r = toy();
    let before = rank(&r, 10)
        .picks
        .iter()
        .filter(|p| department(&r, p.item) == "Household")
        .count();
    for item in [45, 47, 52] {
        r.observe(view(item)).unwrap();
    }
    let ranking = rank(&r, 10);
    let after = ranking
        .picks
        .iter()
        .filter(|p| department(&r, p.item) == "Household")
        .count();
    assert!(
        after >= 8 && after > before,
        "{before} before, {after} after"
    );
    assert!(
        ranking
            .picks
            .iter()
            .any(|p| matches!(p.reason, Reason::BecauseOf { .. }))
    );
}

#[test]
fn what_was_asked_for_in_words_moves_the_picks_as_clicks_do() {
    let mut r = toy();
    let nobody = rank(&r, 10).picks;
    let asked = [45, 47].map(ItemIx);
    r.set_session(Session {
        asked: vec![asked.to_vec()],
        ..Session::default()
    })
    .unwrap();
    let ranking = rank(&r, 10);
    let household = |picks: &[fewshop_core::Recommendation]| {
        let of = |pick: &&fewshop_core::Recommendation| department(&r, pick.item) == "Household";
        picks.iter().filter(of).count()
    };
    assert_eq!(ranking.context_items, 2);
    assert!(household(&ranking.picks) >= 8 && household(&ranking.picks) > household(&nobody));
    // The best match was not chosen yet.
    let all = rank(&r, 60).picks;
    assert!((asked.iter()).all(|asked| all.iter().any(|pick| pick.item == *asked)));
    assert!(
        matches!(&ranking.picks[0].reason, Reason::BecauseOf { shots }
        if shots.iter().all(|shot| asked.contains(&shot.item)))
    );
    // What is not wanted is left out.
    let left_out = ranking.picks[0].item;
    let options = RankOptions {
        n: 10,
        filter: Filter {
            without: vec![left_out, ItemIx(u32::MAX)],
            ..Filter::ALL
        },
        ..RankOptions::default()
    };
    let without = block_on(r.rank(&options)).unwrap().picks;
    assert!(without.iter().all(|pick| pick.item != left_out));
    let unknown = r.set_session(Session {
        asked: vec![vec![ItemIx(60)]],
        ..Session::default()
    });
    assert!(matches!(
        unknown,
        Err(RankError::UnknownItem { row: 60, items: 60 })
    ));
}

#[test]
fn what_stands_for_one_question_counts_as_one_whatever_else_is_known_of_it() {
    let shots = FEATURE_NAMES
        .iter()
        .position(|name| *name == "shots")
        .unwrap();
    let known = |asked: &[&[u32]], events: Vec<Event>| {
        let rows = |rows: &&[u32]| rows.iter().copied().map(ItemIx).collect();
        let session = Session {
            asked: asked.iter().map(rows).collect(),
            ..Session::of(events)
        };
        let model = Model::new(toy::pack());
        let all = model.candidates(&session, &RankOptions::default()).unwrap();
        all.features[shots].exp() - 1.0
    };
    let dismiss = Event::new(ItemIx(46), EventKind::Dismiss);
    for (asked, events, items) in [
        (&[&[45, 46, 47][..]][..], vec![], 1.0),
        (&[&[45, 46, 47]], vec![dismiss], 1.0),
        (&[&[45, 46, 47]], vec![view(46)], 2.0),
        (&[&[45, 46, 47], &[45, 3]], vec![view(9)], 3.0),
        (&[&[45, 46], &[45, 46]], vec![], 1.0),
    ] {
        let counted = known(asked, events.clone());
        assert!(
            (counted - items).abs() < 1e-5,
            "{asked:?} {events:?}: {counted}"
        );
    }
}

#[test]
fn a_filtered_shelf_is_still_filled() {
    let mut r = toy();
    r.observe(view(3)).unwrap();
    let options = RankOptions {
        n: 19,
        filter: Filter::of_category(vec!["Bakery".into()]),
        ..RankOptions::default()
    };
    let picks = block_on(r.rank(&options)).unwrap().picks;
    assert_eq!(picks.len(), 19);
    assert!(picks.iter().all(|p| department(&r, p.item) == "Bakery"));
}

#[test]
fn some_products_can_be_ranked_among_themselves() {
    let mut r = toy();
    r.observe(view(3)).unwrap();
    let among = vec![ItemIx(57), ItemIx(4), ItemIx(3), ItemIx(21), ItemIx(900)];
    let options = RankOptions {
        n: 10,
        filter: Filter::of_items(among),
        ..RankOptions::default()
    };
    let picks = block_on(r.rank(&options)).unwrap().picks;
    let mut items: Vec<u32> = picks.iter().map(|pick| pick.item.0).collect();
    let whole = block_on(r.rank(&RankOptions {
        n: 60,
        ..RankOptions::default()
    }))
    .unwrap()
    .picks;
    let order: Vec<u32> = whole
        .iter()
        .map(|pick| pick.item.0)
        .filter(|row| items.contains(row))
        .collect();
    assert_eq!(items, order, "in the same order as among all products");
    items.sort_unstable();
    assert_eq!(
        items,
        [4, 21, 57],
        "seen items and unknown rows are left out"
    );
}

/// The toy's ranker has no weight on the features of dismissals, so only fine-tuning lowers similar
/// products, with the dismissed product as a heavy negative.
#[test]
fn a_dismissed_product_disappears_and_similar_ones_score_lower() {
    let mut r = toy();
    for item in [1, 22, 43] {
        r.observe(view(item)).unwrap();
    }
    let before = rank(&r, 60);
    r.observe(Event::new(ItemIx(44), EventKind::Dismiss))
        .unwrap();
    let after = rank(&r, 60);
    assert!(after.picks.iter().all(|pick| pick.item != ItemIx(44)));
    let mean = |ranking: &Ranking, of: &str| {
        let of_department = ranking
            .picks
            .iter()
            .filter(|pick| pick.item != ItemIx(44) && department(&r, pick.item) == of)
            .map(|pick| pick.score);
        let scores: Vec<f32> = of_department.collect();
        scores.iter().sum::<f32>() / scores.len() as f32
    };
    let fall = |of: &str| mean(&before, of) - mean(&after, of);
    assert!(
        fall("Household") > 0.0 && fall("Household") > fall("Produce"),
        "Household fell by {}, Produce by {}",
        fall("Household"),
        fall("Produce")
    );
}

#[test]
fn earlier_visits_are_learned_from_unless_frozen_and_named_as_the_reason() {
    let mut r = toy();
    let visits = vec![vec![ItemIx(50), ItemIx(51)], vec![ItemIx(50)]];
    r.set_session(Session {
        visits,
        ..Session::default()
    })
    .unwrap();
    let features = |frozen| {
        // All products are candidates, so that this one is included even without its visits.
        let options = RankOptions {
            n: 60,
            frozen,
            ..RankOptions::default()
        };
        let found = block_on(r.candidates(&options)).unwrap();
        let taken = fewshop_model::features::FEATURE_NAMES
            .iter()
            .position(|&name| name == "taken_share")
            .unwrap();
        let at = found
            .items
            .iter()
            .position(|&item| item == ItemIx(50))
            .unwrap();
        found.features[at * fewshop_model::features::FEATURES + taken]
    };
    assert!((features(false) - 1.0).abs() < 1e-6 && features(true) == 0.0);
    let picks = rank(&r, 60).picks;
    let reason = |item| {
        picks
            .iter()
            .find(|pick| pick.item == ItemIx(item))
            .map(|pick| pick.reason.clone())
    };
    assert_eq!(reason(50), Some(Reason::TakenBefore { visits: 2 }));
    assert_eq!(reason(51), Some(Reason::TakenBefore { visits: 1 }));
    assert_eq!(reason(0), Some(Reason::PopularHere));
}

#[test]
fn invalid_input_is_refused_and_changes_nothing() {
    let mut r = toy();
    assert!(matches!(
        r.observe(view(60)),
        Err(RankError::UnknownItem { row: 60, items: 60 })
    ));
    assert!(r.session().events.is_empty());
    assert!(matches!(
        block_on(r.rank(&RankOptions {
            n: 0,
            ..RankOptions::default()
        })),
        Err(RankError::NothingRequested)
    ));
    assert!(matches!(
        block_on(r.explain(ItemIx(u32::MAX))),
        Err(RankError::UnknownItem { .. })
    ));
}

#[test]
fn asking_for_too_many_gives_all_that_are_allowed() {
    let mut r = toy();
    r.observe(view(3)).unwrap();
    assert_eq!(rank(&r, usize::MAX).picks.len(), 59);
}

#[test]
fn explain_agrees_with_the_shelf() {
    let mut r = toy();
    for item in [2, 5, 30] {
        r.observe(view(item)).unwrap();
    }
    for pick in rank(&r, 5).picks {
        assert_eq!(block_on(r.explain(pick.item)).unwrap(), pick);
    }
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let kind = prop::sample::select(EventKind::ALL.to_vec());
    prop::collection::vec(
        (0u32..60, kind).prop_map(|(item, kind)| Event::new(ItemIx(item), kind)),
        0..30,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_seen_item_returns_and_scores_are_finite_and_fall(events in events(), n in 1usize..70) {
        let mut r = toy();
        r.set_session(Session::of(events)).unwrap();
        let picks = rank(&r, n).picks;
        let seen = r.session().seen();
        prop_assert!(picks.iter().all(|p| p.score.is_finite() && !seen.contains(&p.item)));
        prop_assert!(picks.windows(2).all(|w| w[0].score >= w[1].score && w[0].item != w[1].item));
    }

    #[test]
    fn reasons_add_up(events in events()) {
        let mut r = toy();
        r.set_session(Session::of(events)).unwrap();
        let shots: Vec<ItemIx> = r.session().context_items().iter().map(|shot| shot.item).collect();
        for pick in rank(&r, 10).picks {
            if let Reason::BecauseOf { shots: shares } = pick.reason {
                prop_assert!((shares.iter().map(|s| s.share).sum::<f32>() - 1.0).abs() < 1e-4);
                prop_assert!(shares.iter().all(|s| shots.contains(&s.item)));
            }
        }
    }

    #[test]
    fn one_by_one_or_all_at_once_undo_and_forget_are_exact(events in events(), extra in 0u32..60) {
        let mut one_by_one = toy();
        for &event in &events {
            one_by_one.observe(event).unwrap();
        }
        let mut at_once = toy();
        at_once.set_session(Session::of(events)).unwrap();
        let before = rank(&at_once, 10);
        prop_assert_eq!(&rank(&one_by_one, 10), &before);
        at_once.observe(view(extra)).unwrap();
        prop_assert_eq!(at_once.undo(), Some(view(extra)));
        prop_assert_eq!(&rank(&at_once, 10), &before);
        at_once.forget();
        prop_assert_eq!(rank(&at_once, 10), rank(&toy(), 10));
    }
}
