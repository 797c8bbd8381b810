//! Shelves by what they mean: personal picks, complements, alternatives.

use fewshop_core::{Catalogue, Event, EventKind, Item, ItemIx, Objective, Reason, Session};
use fewshop_model::{BusinessRules, Model, PackParts, Pin, RankOptions, Ranking, toy};

fn session(events: &[(u32, EventKind)]) -> Session {
    Session {
        events: (events.iter())
            .map(|&(row, kind)| Event::new(ItemIx(row), kind))
            .collect(),
        ..Session::default()
    }
}

fn views(rows: &[u32]) -> Session {
    session(
        &rows
            .iter()
            .map(|&row| (row, EventKind::View))
            .collect::<Vec<_>>(),
    )
}

fn rank(model: &Model, session: &Session, objective: Objective, seeds: &[u32]) -> Ranking {
    let options = RankOptions {
        n: 12,
        objective,
        seeds: seeds.iter().map(|&row| ItemIx(row)).collect(),
        ..RankOptions::default()
    };
    model
        .rank(session, &options)
        .expect("all rows are of the toy shop")
}

fn rows(ranking: &Ranking) -> Vec<u32> {
    ranking.picks.iter().map(|pick| pick.item.0).collect()
}

/// The toy shop under a discount of bestsellers.
fn discounted(percent: u8) -> Model {
    let rules = BusinessRules {
        bestseller_discount: Some(percent),
        ..BusinessRules::default()
    };
    Model::new(
        toy::pack()
            .edit(|parts| parts.rules = rules)
            .expect("a discount fits any shop"),
    )
}

#[test]
fn a_personal_shelf_without_discount_is_the_likely_one() {
    let (model, session) = (discounted(0), views(&[21, 24]));
    let likely = rows(&rank(&model, &session, Objective::Likely, &[]));
    assert_eq!(
        rows(&rank(&model, &session, Objective::Personal, &[])),
        likely
    );
}

#[test]
fn a_pin_keeps_its_place_although_titles_are_shown_once() {
    let same_titles = |parts: &mut PackParts| {
        let items = parts.catalogue.items().iter().cloned();
        let items = items.map(|item| Item {
            title: item.category[1].clone(),
            ..item
        });
        parts.catalogue = Catalogue::new(items.collect()).expect("ids stay as they are");
        parts.rules.pins = vec![Pin::from((ItemIx(59), 3))];
    };
    let model = Model::new(toy::pack().edit(same_titles).expect("the parts fit"));
    let ranking = rank(&model, &views(&[21, 24]), Objective::Personal, &[]);
    assert_eq!(rows(&ranking)[2], 59, "{:?}", rows(&ranking));
    let mut titles: Vec<&str> = (ranking.picks.iter())
        .map(|pick| model.catalogue()[pick.item].title.as_str())
        .collect();
    titles.sort_unstable();
    titles.dedup();
    // Six titles in all; the pinned product may repeat one.
    assert!(ranking.picks.len() <= titles.len() + 1);
}

#[test]
fn picks_say_how_much_likelier_they_became() {
    let ranking = rank(&discounted(50), &views(&[21, 24]), Objective::Personal, &[]);
    assert!(
        ranking
            .picks
            .iter()
            .all(|pick| pick.lift.is_some_and(|lift| lift > 0.0))
    );
    // Shoppers of the toy shop stay in their department.
    let own = ranking
        .picks
        .iter()
        .filter(|pick| (20..40).contains(&pick.item.0));
    let best = |picks: &mut dyn Iterator<Item = f32>| picks.fold(0.0, f32::max);
    let others = ranking
        .picks
        .iter()
        .filter(|pick| !(20..40).contains(&pick.item.0));
    assert!(
        best(&mut own.filter_map(|pick| pick.lift))
            > best(&mut others.filter_map(|pick| pick.lift))
    );
}

#[test]
fn nothing_known_is_nothing_to_compare() {
    let ranking = rank(
        &discounted(50),
        &Session::default(),
        Objective::Personal,
        &[],
    );
    assert_eq!(ranking.picks.len(), 12);
    assert!(ranking.picks.iter().all(|pick| pick.lift.is_none()));
}

#[test]
fn a_pick_that_is_no_likelier_than_for_a_new_shopper_is_popular_here() {
    let ranking = rank(&discounted(0), &views(&[21]), Objective::Personal, &[]);
    let everyones = ranking.picks.iter();
    let everyones = everyones.filter(|pick| pick.lift.is_some_and(|lift| lift < 1.5));
    assert!(everyones.clone().count() > 0, "{:?}", ranking.picks);
    for pick in everyones {
        assert_eq!(pick.reason, Reason::PopularHere, "{pick:?}");
    }
}

#[test]
fn complements_are_likelier_beside_the_seed_and_not_the_seed() {
    let model = Model::new(toy::pack());
    let ranking = rank(&model, &Session::default(), Objective::Complements, &[21]);
    assert!(!ranking.picks.is_empty());
    for pick in &ranking.picks {
        assert!(pick.lift.is_some_and(|lift| lift >= 1.2), "{pick:?}");
        assert!(
            (20..40).contains(&pick.item.0) && pick.item != ItemIx(21),
            "{pick:?}"
        );
        assert!(matches!(pick.reason, Reason::BecauseOf { .. }));
    }
}

#[test]
fn alternatives_are_of_the_same_category() {
    let model = Model::new(toy::pack());
    let ranking = rank(&model, &Session::default(), Objective::Similar, &[21]);
    let category = |row: u32| &model.catalogue()[ItemIx(row)].category;
    assert!(!ranking.picks.is_empty());
    assert!(
        rows(&ranking)
            .iter()
            .all(|&row| row != 21 && category(row) == category(21))
    );
}

#[test]
fn what_was_dismissed_takes_its_category_down() {
    let model = discounted(50);
    let bakery = |session: &Session| {
        let ranking = rank(&model, session, Objective::Personal, &[]);
        let category = |row: &u32| &model.catalogue()[ItemIx(*row)].category;
        let dismissed = &model.catalogue()[ItemIx(22)].category;
        rows(&ranking)
            .iter()
            .position(|row| category(row) == dismissed)
    };
    let before = bakery(&views(&[21, 0]));
    let mut events = vec![(21, EventKind::View), (0, EventKind::View)];
    events.extend([22, 24, 26].map(|row| (row, EventKind::Dismiss)));
    let after = bakery(&session(&events));
    assert!(
        after.is_none_or(|after| before.is_some_and(|before| after > before)),
        "{before:?} {after:?}"
    );
}

#[test]
fn a_product_in_the_cart_says_more_than_one_that_was_looked_at() {
    let model = discounted(50);
    let own = |kind| {
        let session = session(&[(0, EventKind::View), (21, kind)]);
        let ranking = rank(&model, &session, Objective::Personal, &[]);
        rows(&ranking)
            .iter()
            .filter(|row| (20..40).contains(*row))
            .count()
    };
    assert!(own(EventKind::Cart) >= own(EventKind::View));
    let scores = |kind| {
        let session = session(&[(0, EventKind::View), (21, kind)]);
        rank(&model, &session, Objective::Personal, &[]).picks[0].score
    };
    assert!(scores(EventKind::Cart) > scores(EventKind::View));
}
