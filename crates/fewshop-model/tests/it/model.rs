//! The pure model: the same answers as a recommender that holds the session, and no state.

use fewshop_core::{Event, EventKind, ItemIx, Session};
use fewshop_model::{Compute, Model, RankError, RankOptions, Recommender, toy};
use pollster::block_on;

fn session() -> Session {
    let event = |(row, kind)| Event::new(ItemIx(row), kind);
    Session {
        events: [
            (3, EventKind::View),
            (27, EventKind::Cart),
            (5, EventKind::Dismiss),
            (44, EventKind::Purchase),
        ]
        .map(event)
        .to_vec(),
        visits: vec![vec![ItemIx(50), ItemIx(8)], Vec::new(), vec![ItemIx(50)]],
        asked: vec![vec![ItemIx(12), ItemIx(13)]],
        day: None,
    }
}

#[test]
fn a_model_answers_as_a_recommender_with_the_session_does() {
    let model = Model::new(toy::pack());
    let mut recommender = Recommender::new(toy::pack(), Compute::Kernels);
    recommender.set_session(session()).unwrap();
    let options = RankOptions::default();
    assert_eq!(
        model.rank(&session(), &options).unwrap(),
        block_on(recommender.rank(&options)).unwrap()
    );
    assert_eq!(
        model.candidates(&session(), &options).unwrap(),
        block_on(recommender.candidates(&options)).unwrap()
    );
    assert_eq!(
        model.explain(&session(), ItemIx(9)).unwrap(),
        block_on(recommender.explain(ItemIx(9))).unwrap()
    );
}

#[test]
fn similar_items_are_of_the_same_department_and_not_the_item_itself() {
    let model = Model::new(toy::pack());
    let alike = model.similar_items(ItemIx(30), 5).unwrap();
    assert_eq!(alike.len(), 5);
    for pick in alike {
        assert_ne!(pick.item, ItemIx(30));
        assert_eq!(model.catalogue()[pick.item].department(), "Bakery");
    }
}

#[test]
fn rows_past_the_end_are_refused_in_every_argument() {
    let model = Model::new(toy::pack());
    let visits = Session {
        visits: vec![vec![ItemIx(60)]],
        ..Session::default()
    };
    let options = RankOptions::default();
    for session in [visits, Session::of_items(&[ItemIx(60)])] {
        assert!(matches!(
            model.rank(&session, &options),
            Err(RankError::UnknownItem { row: 60, items: 60 })
        ));
    }
    assert!(matches!(
        model.similar_items(ItemIx(60), 3),
        Err(RankError::UnknownItem { row: 60, items: 60 })
    ));
}
