use fewshop_core::protocol::limits::MAX_ASKED;
use proptest::prelude::*;

use super::*;

const A: ItemIx = ItemIx(1);
const B: ItemIx = ItemIx(2);

#[test]
fn a_reload_of_a_product_page_is_no_second_view() {
    let mut log = SessionLog::default();
    log.view(A);
    log.view(A);
    log.view(B);
    log.view(A);
    assert_eq!(log.session().events.len(), 3);
}

#[test]
fn a_dismissal_can_be_taken_back_until_the_next_event() {
    let mut log = SessionLog::default();
    log.view(A);
    log.dismiss(A);
    assert_eq!(log.undoable(), Some(Undo::Dismissed(A)));
    assert!(log.is_dismissed(A));
    log.undo();
    assert!(!log.is_dismissed(A));
    assert_eq!(log.session().context_items().len(), 1);
    log.dismiss(A);
    log.view(B);
    assert_eq!(log.undoable(), None);
}

#[test]
fn looking_at_a_dismissed_product_leaves_it_dismissed_and_adding_it_does_not() {
    let mut log = SessionLog::default();
    log.dismiss(A);
    log.view(B);
    log.view(A);
    assert!(log.is_dismissed(A));
    log.cart(A);
    assert!(!log.is_dismissed(A));
}

#[test]
fn a_dismissal_can_be_taken_back_later_and_leaves_the_rest() {
    let mut log = SessionLog::default();
    log.view(A);
    log.dismiss(A);
    log.view(B);
    log.retract(A);
    assert_eq!(
        log.session().events,
        [
            Event::new(A, EventKind::View),
            Event::new(B, EventKind::View)
        ]
    );
}

#[test]
fn forgetting_can_be_undone_once() {
    let mut log = SessionLog::default();
    log.view(A);
    log.cart(B);
    let before = log.session().clone();
    log.forget();
    assert!(log.is_blank());
    log.undo();
    assert_eq!(log.session(), &before);
    assert_eq!(log.undoable(), None);
    log.undo();
    assert_eq!(log.session(), &before);
}

#[test]
fn what_leaves_the_cart_no_longer_counts_as_carted() {
    let mut log = SessionLog::default();
    log.view(A);
    log.cart(A);
    log.cart(B);
    log.uncart(A);
    log.uncart(B);
    assert_eq!(
        log.session().context_items(),
        [Event::new(A, EventKind::View)]
    );
}

#[test]
fn only_the_last_events_are_kept() {
    let mut log = SessionLog::default();
    for item in 0..MAX_EVENTS as u32 + 5 {
        log.view(ItemIx(item));
    }
    assert_eq!(log.session().events.len(), MAX_EVENTS);
    assert_eq!(log.session().events[0].item, ItemIx(5));
}

/// A day in November 2024.
const NOW: u32 = 1_732_000_000;

fn items(rows: std::ops::Range<u32>) -> Vec<ItemIx> {
    rows.map(ItemIx).collect()
}

/// A log with a visit in which these were put into the cart, the last one at `last`.
fn carted(rows: std::ops::Range<u32>, last: u32) -> SessionLog {
    let mut log = SessionLog::default();
    for item in items(rows) {
        log.at(last);
        log.cart(item);
    }
    log
}

#[test]
fn a_visit_goes_on_until_nothing_was_done_for_half_an_hour() {
    let mut log = carted(1..2, NOW);
    log.at(NOW + VISIT_GAP - 1);
    log.view(B);
    log.at(NOW + 2 * VISIT_GAP - 2);
    assert!(
        log.session().visits.is_empty() && log.session().events.len() == 2,
        "an event prolongs the visit"
    );
    log.at(NOW + 3 * VISIT_GAP);
    assert_eq!(
        log.session(),
        &Session {
            visits: vec![vec![A]],
            ..Session::default()
        }
    );
    assert_eq!(log.ended(), [NOW + 2 * VISIT_GAP - 2]);
}

#[test]
fn what_was_only_viewed_makes_no_visit_and_what_was_taken_out_was_not_taken() {
    let mut log = SessionLog::default();
    log.at(NOW);
    log.view(A);
    log.cart(B);
    log.uncart(B);
    log.at(NOW + VISIT_GAP);
    assert!(log.is_blank());
}

#[test]
fn a_check_out_ends_the_visit_and_a_second_one_adds_none() {
    let mut log = carted(1..3, NOW);
    log.view(ItemIx(7));
    log.check_out();
    log.check_out();
    assert_eq!(
        log.session(),
        &Session {
            visits: vec![vec![A, B]],
            ..Session::default()
        }
    );
    log.at(NOW + 60);
    log.cart(B);
    log.check_out();
    assert_eq!(
        log.session().visits,
        [vec![B], vec![A, B]],
        "the latest visit comes first"
    );
}

#[test]
fn not_for_me_outlives_the_visit() {
    let mut log = carted(2..3, NOW);
    log.dismiss(A);
    log.check_out();
    assert!(log.is_dismissed(A));
    assert_eq!(
        log.undoable(),
        None,
        "what would come back is the visit that is over"
    );
    log.at(NOW + VISIT_GAP);
    log.at(NOW + 9 * VISIT_GAP);
    assert_eq!(log.session().dismissed(), [A]);
    assert_eq!(log.session().visits.len(), 1);
}

#[test]
fn visits_and_what_was_taken_on_them_are_bounded() {
    let mut log = SessionLog::default();
    for visit in 0..STORED_MAX_VISITS as u32 + 3 {
        log.at(NOW + visit);
        items(visit..visit + MAX_TAKEN as u32 + 5)
            .into_iter()
            .for_each(|item| log.cart(item));
        log.check_out();
    }
    assert_eq!(
        (log.session().visits.len(), log.ended().len()),
        (STORED_MAX_VISITS, STORED_MAX_VISITS)
    );
    let newest = STORED_MAX_VISITS as u32 + 2;
    assert_eq!(
        log.session().visits[0],
        items(newest + 5..newest + 5 + MAX_TAKEN as u32),
        "those taken last are kept"
    );
    assert_eq!(log.ended()[0], NOW + newest);
    let over = vec![vec![A]; STORED_MAX_VISITS + 1];
    let log = SessionLog::of(
        Session {
            visits: over,
            ..Session::default()
        },
        vec![NOW; STORED_MAX_VISITS + 1],
        NOW,
        NOW,
    );
    assert_eq!(log.session().visits.len(), STORED_MAX_VISITS);
}

#[test]
fn a_visit_is_forgotten_after_thirty_days() {
    let mut log = carted(1..2, NOW);
    log.at(NOW + KEEP / 2);
    log.cart(B);
    log.at(NOW + KEEP - 1);
    assert_eq!(log.session().visits, [[B], [A]]);
    log.at(NOW + KEEP + VISIT_GAP);
    assert_eq!(log.session().visits, [[B]]);
    assert_eq!(log.ended(), [NOW + KEEP / 2]);
    log.at(NOW + 2 * KEEP);
    assert!(log.is_blank());
}

#[test]
fn a_clock_that_is_set_back_ends_nothing_and_holds_nothing_up() {
    let mut log = carted(1..2, NOW);
    log.at(NOW - 90 * 24 * 60 * 60);
    log.cart(B);
    assert_eq!(log.session().context_items().len(), 2);
    log.at(NOW - 90 * 24 * 60 * 60 + VISIT_GAP);
    assert_eq!(
        log.session().visits,
        [[A, B]],
        "the new time is the one that counts"
    );
    // The same between two loads: times that lie ahead count as now.
    let old = Session {
        events: vec![Event::new(A, EventKind::Cart)],
        visits: vec![vec![B]],
        ..Session::default()
    };
    let mut log = SessionLog::of(old.clone(), vec![NOW + KEEP], NOW + KEEP, NOW);
    assert_eq!(
        (log.session(), log.ended(), log.last()),
        (&old, &[NOW][..], NOW)
    );
    log.at(NOW + VISIT_GAP);
    assert_eq!(log.session().visits, [[A], [B]]);
}

#[test]
fn forgetting_takes_earlier_visits_along_and_undoing_it_brings_them_back() {
    let mut log = carted(1..2, NOW);
    log.check_out();
    log.view(B);
    let before = log.clone();
    log.forget();
    assert!(log.is_blank() && log.ended().is_empty());
    log.undo();
    assert_eq!(log, before);
}

#[test]
fn what_is_paused_or_off_is_not_learned_and_what_was_learned_stays() {
    for learning in [Learning::Paused, Learning::Off] {
        let mut log = carted(1..2, NOW);
        log.set_learning(learning);
        log.view(B);
        log.cart(B);
        assert_eq!(log.session().events, [Event::new(A, EventKind::Cart)]);
        log.dismiss(B);
        assert!(log.is_dismissed(B), "a wish is heard at any time");
        log.set_learning(Learning::On);
        log.view(ItemIx(9));
        assert_eq!(log.session().context_items().len(), 2);
    }
}

#[test]
fn what_is_not_to_be_learned_from_is_gone_from_all_visits_and_can_come_back() {
    let mut log = carted(1..3, NOW);
    log.check_out();
    log.cart(A);
    let before = log.clone();
    log.unlearn(A, false);
    assert_eq!(
        log.session(),
        &Session {
            visits: vec![vec![B]],
            ..Session::default()
        }
    );
    assert_eq!(log.undoable(), Some(Undo::Unlearned(A)));
    log.undo();
    assert_eq!(log, before);
    log.unlearn(A, false);
    log.cart(A);
    assert_eq!(
        log.session().context_items().len(),
        1,
        "only what was done is forgotten"
    );
}

#[test]
fn a_gift_says_nothing_now_or_later() {
    let mut log = carted(1..2, NOW);
    log.unlearn(A, true);
    log.cart(A);
    log.view(A);
    assert!(log.is_blank() && !log.is_default());
    assert_eq!(log.gifts(), [A]);
    log.forget();
    assert!(log.is_default());
}

fn question(text: &str, items: &[u32], without: &[u32]) -> Question {
    let rows = |rows: &[u32]| rows.iter().copied().map(ItemIx).collect();
    Question::new(text, rows(items), rows(without)).expect("it has words and products")
}

fn texts(log: &SessionLog) -> Vec<&str> {
    log.asked().iter().map(Question::text).collect()
}

#[test]
fn what_was_asked_is_no_click_and_the_engine_learns_from_it() {
    let mut log = SessionLog::default();
    log.view(A);
    let before = log.revision();
    log.ask(question("a cat", &[7, 8], &[3]));
    assert_ne!(log.revision(), before);
    assert!(!log.is_blank() && log.session().context_items().len() == 1);
    assert_eq!(log.session_to_rank().asked, [[ItemIx(7), ItemIx(8)]]);
    assert_eq!(log.session_to_rank().events, log.session().events);
    assert_eq!(log.without(), [ItemIx(3)]);
    assert!(log.excludes(ItemIx(3)) && !log.excludes(ItemIx(7)));
    log.unask("a cat");
    assert_eq!(log.revision(), before);
    log.set_learning(Learning::Off);
    assert_eq!(log.session_to_rank(), Session::default());
}

#[test]
fn what_a_question_excludes_is_part_of_the_revision() {
    let revision = |question| {
        let mut log = SessionLog::default();
        log.ask(question);
        log.revision()
    };
    let all = [
        question("a", &[1, 2], &[]),
        question("a", &[2, 1], &[]),
        question("a", &[1], &[2]),
        question("a", &[1, 2], &[3]),
    ]
    .map(revision);
    for (at, one) in all.iter().enumerate() {
        assert!(!all[at + 1..].contains(one), "{at}: {all:?}");
    }
}

#[test]
fn nothing_is_asked_while_learning_is_paused_or_off_and_what_was_asked_stays() {
    for learning in [Learning::Paused, Learning::Off] {
        let mut log = SessionLog::default();
        log.ask(question("a cat", &[7], &[3]));
        log.set_learning(learning);
        log.ask(question("a dog", &[9], &[]));
        assert_eq!(texts(&log), ["a cat"]);
        let is_used = learning == Learning::Paused;
        assert_eq!(log.session_to_rank().asked.len(), usize::from(is_used));
        assert_eq!(log.without().len(), usize::from(is_used));
        assert_eq!(log.excludes(ItemIx(3)), is_used);
    }
}

#[test]
fn what_was_asked_ends_with_the_visit() {
    let mut log = carted(1..2, NOW);
    log.ask(question("a cat", &[7], &[]));
    log.at(NOW + VISIT_GAP - 1);
    assert_eq!(texts(&log), ["a cat"]);
    let mut out = log.clone();
    out.check_out();
    log.at(NOW + 2 * VISIT_GAP);
    for log in [log, out] {
        assert!(log.asked().is_empty());
        assert_eq!(log.session().visits, [[A]], "it was not taken");
    }
}

#[test]
fn forgetting_forgets_the_questions_and_undoing_it_brings_them_back() {
    let mut log = SessionLog::default();
    log.ask(question("a cat", &[7], &[3]));
    let before = log.clone();
    log.forget();
    assert!(log.is_blank() && log.asked().is_empty() && log.without().is_empty());
    log.undo();
    assert_eq!(log, before);
}

#[test]
fn a_question_can_be_taken_back_and_that_undone() {
    let mut log = SessionLog::default();
    log.ask(question("a cat", &[7], &[]));
    log.ask(question("a dog", &[9], &[]));
    let before = log.clone();
    log.unask("a cat");
    assert_eq!(
        (texts(&log), log.undoable()),
        (vec!["a dog"], Some(Undo::Unasked))
    );
    // The newest question once more says nothing new; another one ends the undo.
    log.ask(question("a dog", &[9], &[]));
    assert!(log.undoable().is_some());
    log.undo();
    assert_eq!(log, before);
    log.unask("a dog");
    log.ask(question("a cat", &[7], &[]));
    assert_eq!(log.undoable(), Some(Undo::Unasked), "it was the newest one");
    log.ask(question("a bird", &[6], &[]));
    assert_eq!(log.undoable(), None);
}

#[test]
fn what_is_not_to_be_learned_from_stands_for_no_question() {
    let mut log = SessionLog::default();
    log.ask(question("a cat", &[1, 7], &[]));
    log.unlearn(A, true);
    assert_eq!(log.session_to_rank().asked, [[ItemIx(7)]]);
    log.ask(question("a toy", &[1], &[]));
    assert_eq!(texts(&log), ["a cat"]);
    log.unlearn(ItemIx(7), false);
    assert!(log.is_blank());
}

#[test]
fn a_reason_names_the_words_for_products_that_the_shopper_never_chose() {
    let mut log = carted(5..6, NOW);
    log.check_out();
    log.ask(question("a cat", &[7, 8, 1], &[]));
    log.ask(question("a pet", &[8, 9, 5], &[]));
    log.view(A);
    let share = |item, share| Share {
        item: ItemIx(item),
        share,
    };
    let shots = [
        share(1, 0.25),
        share(7, 0.125),
        share(5, 0.1875),
        share(8, 0.5),
        share(9, 0.25),
    ];
    assert_eq!(
        log.sources(&shots),
        [
            (Source::Asked("a pet".into()), 0.75),
            (Source::Chosen(A), 0.25),
            (Source::Chosen(ItemIx(5)), 0.1875),
            (Source::Asked("a cat".into()), 0.125),
        ]
    );
}

/// Anything that a shopper may do, by number.
fn step(log: &mut SessionLog, now: &mut u32, (what, item, wait): (u8, u32, u32)) {
    *now += wait;
    log.at(*now);
    let item = ItemIx(item);
    match what {
        0 | 1 => log.view(item),
        2 => log.cart(item),
        3 => log.uncart(item),
        4 => log.dismiss(item),
        5 => log.retract(item),
        6 => log.unlearn(item, false),
        7 => log.unlearn(item, true),
        8 => log.check_out(),
        9 => log.correct("Tea", Some(Correction::Never)),
        10 => log.set_learning([Learning::On, Learning::Paused, Learning::Off][item.row() % 3]),
        11 => log.forget(),
        12 | 13 => log.ask(question(
            ["a", "b", "c", "d", "e", "f"][item.row() % 6],
            &[item.0, item.0 + 1],
            &[item.0 + 2],
        )),
        14 => log.unask(["a", "b"][item.row() % 2]),
        _ => log.undo(),
    }
}

fn steps() -> impl Strategy<Value = Vec<(u8, u32, u32)>> {
    prop::collection::vec(
        (
            0u8..16,
            0u32..6,
            prop::sample::select(vec![0, 1, 60, VISIT_GAP, KEEP]),
        ),
        0..40,
    )
}

proptest! {
    #[test]
    fn undo_is_exact_whatever_came_before(steps in steps(), last in 0u8..4, item in 0u32..6) {
        let (mut log, mut now) = (SessionLog::default(), 1_000_000);
        steps.into_iter().for_each(|one| step(&mut log, &mut now, one));
        let before = (log.kept.clone(), log.learning());
        match last {
            0 => log.dismiss(ItemIx(item)),
            1 => log.unlearn(ItemIx(item), item % 2 == 0),
            2 => log.unask("a"),
            _ => log.forget(),
        }
        prop_assert!(log.undoable().is_some());
        log.undo();
        prop_assert_eq!(&(log.kept.clone(), log.learning()), &before);
        prop_assert_eq!(log.undoable(), None);
    }

    #[test]
    fn forget_equals_fresh_whatever_came_before_and_after(steps in steps(), after in steps()) {
        let (mut log, mut now) = (SessionLog::default(), 1_000_000);
        steps.into_iter().for_each(|one| step(&mut log, &mut now, one));
        log.set_learning(Learning::On);
        log.forget();
        prop_assert!(log.is_default());
        // The next thing done makes the forgetting final; from then on both logs are the same for
        // ever.
        let mut fresh = SessionLog::default();
        for log in [&mut log, &mut fresh] {
            log.at(now);
            log.view(A);
        }
        let mut other = now;
        for one in after {
            step(&mut log, &mut now, one);
            step(&mut fresh, &mut other, one);
            prop_assert_eq!(&log, &fresh);
        }
    }

    #[test]
    fn the_log_stays_within_its_bounds(steps in steps()) {
        let (mut log, mut now) = (SessionLog::default(), 1_000_000);
        for one in steps {
            step(&mut log, &mut now, one);
            prop_assert!(log.session().events.len() <= MAX_EVENTS && log.session().visits.len() <= STORED_MAX_VISITS);
            prop_assert_eq!(log.session().visits.len(), log.ended().len());
            prop_assert!(log.asked().iter().len() <= MAX_ASKED);
            let gifts = log.gifts().to_vec();
            prop_assert!(log.asked().iter().all(|asked| !asked.items().is_empty() && asked.items().iter().all(|item| !gifts.contains(item))));
            prop_assert!(log.session().events.iter().all(|e| e.kind == EventKind::Dismiss || !gifts.contains(&e.item)));
        }
    }
}
