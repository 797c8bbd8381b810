//! Seasonal counts: they survive the round trip, are checked, and affect the ranking.

use fewshop_core::ItemIx;
use fewshop_model::{Compute, Pack, RankOptions, Recommender, toy};
use pollster::block_on;

fn counts(of: impl Fn(u32) -> u32) -> Vec<u32> {
    (0..toy::pack().catalogue().len() as u32).map(of).collect()
}

#[test]
fn seasonal_counts_are_read_back_and_a_pack_without_them_is_unchanged() {
    let seasonal = counts(|row| row * 3 % 11);
    let pack = toy::pack()
        .edit(|parts| parts.seasonal_counts = seasonal.clone())
        .unwrap();
    let back = Pack::from_bytes(&pack.to_bytes().unwrap()).unwrap();
    assert_eq!(back.seasonal_counts(), seasonal);
    assert_eq!(
        back.edit(|parts| parts.seasonal_counts = Vec::new())
            .unwrap()
            .to_bytes()
            .unwrap(),
        toy::pack().to_bytes().unwrap()
    );
}

#[test]
fn seasonal_counts_of_another_catalogue_are_refused() {
    let error = toy::pack()
        .edit(|parts| parts.seasonal_counts = vec![1; 3])
        .unwrap_err();
    assert!(
        error.code() == "pack_field" && error.to_string().contains("season"),
        "{error}"
    );
}

#[test]
fn items_in_season_rise_and_others_stay() {
    let place = |pack: Pack, row: u32| {
        let recommender = Recommender::new(pack, Compute::Kernels);
        let picks = block_on(recommender.rank(&RankOptions {
            n: 60,
            ..RankOptions::default()
        }))
        .unwrap()
        .picks;
        picks
            .iter()
            .position(|pick| pick.item == ItemIx(row))
            .unwrap()
    };
    let popularity = toy::pack().popularity().to_vec();
    let unchanged = toy::pack()
        .edit(|parts| parts.seasonal_counts = popularity.clone())
        .unwrap();
    let mut in_season = popularity;
    in_season[15] *= 6;
    let in_season = toy::pack()
        .edit(|parts| parts.seasonal_counts = in_season)
        .unwrap();
    assert_eq!(place(unchanged, 15), place(toy::pack(), 15));
    assert!(place(in_season, 15) + 5 < place(toy::pack(), 15));
}
