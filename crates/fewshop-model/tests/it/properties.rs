//! Properties of every session, on every backend and with all business rules.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of a test on sessions that it made itself"
)]

use burn::tensor::Device;
use fewshop_core::{BusinessRule, Event, EventKind, Filter, ItemIx, Reason, Session};
use fewshop_model::{
    BurnCompute, BusinessRules, Cap, Compute, Pack, Pin, RankOptions, Ranking, Recommender, Shift,
    toy,
};
use pollster::block_on;
use proptest::prelude::*;

/// f32 sums in a different order differ in the last bits; scores here are about 10.
const TOLERANCE: f32 = 1e-2;

fn session() -> impl Strategy<Value = Session> {
    let kind = prop::sample::select(EventKind::ALL.to_vec());
    let events = prop::collection::vec(
        (0u32..60, kind).prop_map(|(item, kind)| Event::new(ItemIx(item), kind)),
        0..30,
    );
    let visits = prop::collection::vec(
        prop::collection::vec((0u32..60).prop_map(ItemIx), 0..6),
        0..12,
    );
    (events, visits).prop_map(|(events, visits)| Session {
        visits,
        ..Session::of(events)
    })
}

fn recommender(pack: Pack, session: &Session) -> Recommender {
    let mut recommender = Recommender::new(pack, Compute::Kernels);
    recommender.set_session(session.clone()).unwrap();
    recommender
}

fn rank(recommender: &Recommender, n: usize) -> Ranking {
    block_on(recommender.rank(&RankOptions {
        n,
        ..RankOptions::default()
    }))
    .unwrap()
}

#[track_caller]
fn check_reasons(ranking: &Ranking, session: &Session) {
    let shots: Vec<ItemIx> = session
        .context_items()
        .iter()
        .map(|shot| shot.item)
        .collect();
    for pick in &ranking.picks {
        match &pick.reason {
            Reason::BecauseOf { shots: shares } => {
                let sum: f32 = shares.iter().map(|share| share.share).sum();
                assert!((sum - 1.0).abs() < 1e-4, "{pick:?}");
                assert!(
                    shares
                        .iter()
                        .all(|share| share.share > 0.0 && shots.contains(&share.item)),
                    "{pick:?}"
                );
                assert!(
                    shares
                        .windows(2)
                        .all(|w| w[0].share >= w[1].share && w[0].item != w[1].item),
                    "{pick:?}"
                );
            }
            Reason::TakenBefore { visits } => {
                let taken = session
                    .visits
                    .iter()
                    .filter(|visit| visit.contains(&pick.item))
                    .count();
                assert!(*visits >= 1 && *visits as usize <= taken, "{pick:?}");
            }
            Reason::PopularHere | Reason::OnOffer => {}
        }
    }
}

fn rules() -> impl Strategy<Value = BusinessRules> {
    let items = || prop::collection::btree_set((0u32..60).prop_map(ItemIx), 0..6);
    let pins = prop::collection::btree_map((0u32..60).prop_map(ItemIx), 1u32..12, 0..4);
    let shifts = prop::collection::btree_map(
        (0u32..60).prop_map(ItemIx),
        prop::sample::select(vec![-40, -3, -1, 1, 2, 50]),
        0..8,
    );
    let cap = prop::collection::vec(
        (
            prop::sample::select(vec!["Produce", "Bakery", "Household"]),
            0u32..5,
        ),
        0..3,
    );
    (pins, shifts, items(), items(), cap).prop_map(|(pins, shifts, exclude, stock, caps)| {
        let mut places = std::collections::BTreeSet::new();
        BusinessRules {
            pins: pins
                .into_iter()
                .filter(|&(_, place)| places.insert(place))
                .map(Pin::from)
                .collect(),
            shifts: shifts.into_iter().map(Shift::from).collect(),
            exclude: exclude.into_iter().collect(),
            out_of_stock: stock.into_iter().collect(),
            caps: caps
                .into_iter()
                .map(|(name, max)| Cap {
                    category: vec![name.to_owned()],
                    max,
                })
                .collect(),
            bestseller_discount: None,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The page may send the whole session at any moment; an engine may have received any part of
    /// it before, with requests in between.
    #[test]
    fn ranking_does_not_depend_on_how_events_arrived(session in session(), cuts in prop::collection::vec(0usize..31, 0..5), undone in 0u32..60) {
        let whole = rank(&recommender(toy::pack(), &session), 12);
        let mut piecewise = Recommender::new(toy::pack(), Compute::Kernels);
        let mut cuts = cuts;
        cuts.sort_unstable();
        for cut in cuts {
            let part = Session { events: session.events[..cut.min(session.events.len())].to_vec(), ..session.clone() };
            piecewise.set_session(part).unwrap();
            rank(&piecewise, 3);
            piecewise.observe(Event::new(ItemIx(undone), EventKind::Dismiss)).unwrap();
            rank(&piecewise, 3);
            prop_assert_eq!(piecewise.undo(), Some(Event::new(ItemIx(undone), EventKind::Dismiss)));
        }
        let known = piecewise.session().events.len();
        if known == 0 {
            piecewise.set_session(Session { events: Vec::new(), ..session.clone() }).unwrap();
        }
        for &event in &session.events[known..] {
            piecewise.observe(event).unwrap();
        }
        prop_assert_eq!(&rank(&piecewise, 12), &whole);
    }

    #[test]
    fn an_engine_that_forgot_equals_a_new_one(before in session(), after in session()) {
        let mut forgetful = recommender(toy::pack(), &before);
        rank(&forgetful, 5);
        forgetful.forget();
        prop_assert_eq!(rank(&forgetful, 12), rank(&recommender(toy::pack(), &Session::default()), 12));
        forgetful.set_session(after.clone()).unwrap();
        prop_assert_eq!(rank(&forgetful, 12), rank(&recommender(toy::pack(), &after), 12));
    }

    #[test]
    fn shelves_are_valid_for_every_session(session in session(), n in 1usize..70) {
        let ranking = rank(&recommender(toy::pack(), &session), n);
        let seen = session.seen();
        prop_assert!(ranking.picks.len() == n.min(60 - seen.len()));
        prop_assert!(ranking.picks.iter().all(|pick| pick.score.is_finite() && !seen.contains(&pick.item) && pick.rule.is_none()));
        prop_assert!(ranking.picks.windows(2).all(|w| w[0].score >= w[1].score));
        check_reasons(&ranking, &session);
    }

    #[test]
    fn rules_hold_and_seen_items_do_not_return(session in session(), rules in rules(), n in 1usize..30) {
        let pack = toy::pack().edit(|parts| parts.rules = rules.clone()).unwrap();
        let pack = Pack::from_bytes(&pack.to_bytes().unwrap()).unwrap();
        prop_assert_eq!(pack.rules(), &rules);
        let recommender = recommender(pack, &session);
        let ranking = rank(&recommender, n);
        check_reasons(&ranking, &session);
        let seen = session.seen();
        let items: Vec<ItemIx> = ranking.picks.iter().map(|pick| pick.item).collect();
        prop_assert!(ranking.picks.len() <= n && ranking.picks.iter().all(|pick| pick.score.is_finite() && !seen.contains(&pick.item)));
        prop_assert_eq!(items.iter().collect::<std::collections::HashSet<_>>().len(), items.len());
        let excluded = |item: &ItemIx| rules.exclude.contains(item) || rules.out_of_stock.contains(item);
        prop_assert!(!items.iter().any(excluded));
        let applies = |pin: &&Pin| !seen.contains(&pin.item) && !excluded(&pin.item) && pin.place as usize <= n;
        for pin in rules.pins.iter().filter(applies) {
            let at = items.iter().position(|item| *item == pin.item);
            prop_assert!(at.is_some_and(|at| at < pin.place as usize), "{pin:?} is at {at:?}");
            prop_assert_eq!(ranking.picks[at.unwrap_or(0)].rule, Some(BusinessRule::Pin));
        }
        let is_pinned = |item: ItemIx| rules.pins.iter().any(|pin| pin.item == item);
        for cap in &rules.caps {
            let of = |item: &&ItemIx| recommender.catalogue()[**item].category.starts_with(&cap.category);
            let pinned = items.iter().filter(of).filter(|item| is_pinned(**item)).count();
            prop_assert!(items.iter().filter(of).count() <= pinned.max(cap.max as usize));
        }
        for pick in &ranking.picks {
            let by = rules.shifts.iter().find(|shift| shift.item == pick.item).map_or(0, |shift| shift.places);
            match pick.rule {
                Some(BusinessRule::Boost) => prop_assert!(by > 0),
                Some(BusinessRule::Bury) => prop_assert!(by < 0),
                Some(BusinessRule::Pin) => prop_assert!(is_pinned(pick.item)),
                None => {}
            }
        }
        // A shelf for given seeds does not depend on the session, so it has no pins.
        let with = RankOptions { n, seeds: vec![ItemIx(3)], ..RankOptions::default() };
        let picks = block_on(recommender.rank(&with)).unwrap().picks;
        prop_assert!(picks.iter().all(|pick| pick.rule != Some(BusinessRule::Pin)));
        // A shelf of one department follows the rules as well.
        let bakery = RankOptions { n, filter: Filter::of_category(vec!["Bakery".into()]), ..RankOptions::default() };
        let picks = block_on(recommender.rank(&bakery)).unwrap().picks;
        prop_assert!(picks.iter().all(|pick| recommender.catalogue()[pick.item].department() == "Bakery"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Compares the score of every product and not the order, which may change if two scores differ
    /// only in the last bits.
    #[test]
    fn kernels_and_burn_agree_on_every_product(session in session()) {
        let kernels = recommender(toy::pack(), &session);
        let mut burn = Recommender::new(toy::pack(), Compute::Burn(Box::new(BurnCompute::new(&toy::pack(), Device::flex()))));
        burn.set_session(session).unwrap();
        let by_item = |ranking: Ranking| {
            let mut picks: Vec<(ItemIx, f32)> = ranking.picks.iter().map(|pick| (pick.item, pick.score)).collect();
            picks.sort_by_key(|pick| pick.0);
            picks
        };
        let (a, b) = (by_item(rank(&kernels, 60)), by_item(rank(&burn, 60)));
        prop_assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(&b) {
            prop_assert!(a.0 == b.0 && (a.1 - b.1).abs() <= TOLERANCE * (1.0 + a.1.abs()), "{:?} against {:?}", a, b);
        }
    }
}

#[test]
fn a_pack_without_rules_keeps_the_old_version() {
    let plain = toy::pack().to_bytes().unwrap();
    assert_eq!(plain[8], 3);
    let rules = BusinessRules {
        pins: vec![Pin::from((ItemIx(7), 1))],
        ..BusinessRules::default()
    };
    let ruled = toy::pack()
        .edit(|parts| parts.rules = rules)
        .unwrap()
        .to_bytes()
        .unwrap();
    assert_eq!(ruled[8], 4);
    let again = Pack::from_bytes(&ruled).unwrap();
    assert_ne!(again.fingerprint(), toy::pack().fingerprint());
    assert_eq!(
        again
            .edit(|parts| parts.rules = BusinessRules::default())
            .unwrap()
            .to_bytes()
            .unwrap(),
        plain
    );
}

#[test]
fn picks_and_explanations_name_the_rule_that_moved_them() {
    let rules = BusinessRules {
        pins: vec![Pin::from((ItemIx(59), 2))],
        shifts: vec![Shift::from((ItemIx(0), -5))],
        ..BusinessRules::default()
    };
    let recommender = recommender(
        toy::pack().edit(|parts| parts.rules = rules).unwrap(),
        &Session::default(),
    );
    let picks = rank(&recommender, 10).picks;
    assert_eq!(
        (picks[1].item, picks[1].rule),
        (ItemIx(59), Some(BusinessRule::Pin))
    );
    assert_eq!(
        picks
            .iter()
            .find(|pick| pick.item == ItemIx(0))
            .and_then(|pick| pick.rule),
        Some(BusinessRule::Bury)
    );
    assert_eq!(picks.iter().filter(|pick| pick.rule.is_some()).count(), 2);
    for pick in [&picks[1], &picks[5]] {
        assert_eq!(&block_on(recommender.explain(pick.item)).unwrap(), pick);
    }
}
