//! Where training found the ranker no better than one of its channels, that channel ranks.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of a test on a pack that it made itself"
)]

use fewshop_core::{ItemIx, Session};
use fewshop_model::{Channel, Model, Pack, RankOptions, toy};

fn with(fallback: &[Option<Channel>]) -> Pack {
    toy::pack()
        .edit(|parts| parts.config.fallback = fallback.to_vec())
        .unwrap()
}

fn picks(pack: Pack, session: &Session) -> Vec<ItemIx> {
    let options = RankOptions {
        n: 20,
        ..RankOptions::default()
    };
    let ranking = Model::new(pack).rank(session, &options).unwrap();
    ranking.picks.into_iter().map(|pick| pick.item).collect()
}

fn known(rows: &[u32]) -> Session {
    Session::of_items(&rows.iter().copied().map(ItemIx).collect::<Vec<_>>())
}

#[test]
fn a_channel_ranks_the_numbers_of_items_that_it_stands_for() {
    let pack = with(&[Some(Channel::Popularity), None]);
    let by_popularity: Vec<u32> = {
        let popularity = pack.popularity();
        let mut rows: Vec<u32> = (0..60).filter(|&row| row != 45).collect();
        rows.sort_by_key(|&row| (std::cmp::Reverse(popularity[row as usize]), row));
        rows
    };
    let of = |session: &Session| picks(pack.clone(), session);
    let rows: Vec<u32> = of(&known(&[45])).iter().map(|item| item.0).collect();
    assert_eq!(rows, by_popularity[..20]);
    // Nobody, two items and more: the ranker.
    for session in [known(&[]), known(&[45, 46]), known(&[1, 2, 3])] {
        assert_eq!(of(&session), picks(toy::pack(), &session));
    }
}

#[test]
fn the_last_entry_stands_for_all_larger_numbers() {
    let pack = with(&[None, Some(Channel::Covisit)]);
    for rows in [&[1, 2][..], &[1, 2, 3], &[1, 2, 3, 4, 5]] {
        assert_ne!(
            picks(pack.clone(), &known(rows)),
            picks(toy::pack(), &known(rows))
        );
    }
}

/// A channel knows nothing of either.
#[test]
fn earlier_visits_and_dismissals_are_for_the_ranker() {
    let pack = with(&[Some(Channel::Popularity)]);
    let visited = Session {
        visits: vec![vec![ItemIx(50), ItemIx(51)]],
        ..known(&[45])
    };
    assert_eq!(picks(pack.clone(), &visited), picks(toy::pack(), &visited));
}

#[test]
fn a_reason_is_measured_on_the_scores_of_the_channel() {
    let model = Model::new(with(&[Some(Channel::Cosine)]));
    let session = known(&[0, 1]);
    let ranking = model.rank(&session, &RankOptions::default()).unwrap();
    for pick in &ranking.picks {
        let explained = model.explain(&session, pick.item).unwrap();
        assert_eq!(
            (explained.score, &explained.reason),
            (pick.score, &pick.reason)
        );
    }
}

#[test]
fn a_fallback_for_more_items_than_a_run_reads_is_refused() {
    let error = toy::pack()
        .edit(|parts| parts.config.fallback = vec![None; 65])
        .unwrap_err();
    assert!(error.to_string().contains("config.fallback"), "{error}");
}
