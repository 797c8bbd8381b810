//! What a new shopper sees in the committed shops after one and three views, as `fewshop study shelves`
//! measures it, with the packs' own counts in place of the log.

use fewshop_core::ItemIx;
use fewshop_eval::shelves::{ShelfRow, VIEWS, shelves};
use fewshop_model::{Model, Pack};

use crate::committed_pack::path;

/// Means over the categories that sell most, for one view and for three. The packs' own counts are
/// stricter than the log: they divide out how long the sessions are.
#[track_caller]
fn check(file: &str, fitting: f64, likelier: f64) {
    let bytes = std::fs::read(path(file)).expect("the pack is committed");
    let model = Model::new(Pack::from_bytes(&bytes).expect("the committed pack can be read"));
    let lift = |_: &[String], opened: &[ItemIx], item: ItemIx| model.lift(opened, item);
    let rows = shelves(&model, &lift, 60, [0.0, 0.1, 0.2]).expect("there are categories");
    for views in VIEWS {
        let rows: Vec<&ShelfRow> = (rows.iter())
            .filter(|row| row.opened.len() == views)
            .collect();
        let mean = |of: fn(&ShelfRow) -> usize| {
            rows.iter().map(|row| of(row)).sum::<usize>() as f64 / rows.len() as f64
        };
        let (fit, likely) = (mean(|row| row.fitting), mean(|row| row.likelier));
        assert!(fit >= fitting, "{views} views: {fit:.1} of 12 picks fit");
        assert!(
            likely >= likelier,
            "{views} views: {likely:.1} of 6 complements are likelier"
        );
        let out_of_place = mean(|row| row.out_of_place);
        assert!(out_of_place <= 0.1, "{views} views: {out_of_place:.2}");
        for row in rows {
            assert!(row.bestsellers <= 3, "{row:?}");
        }
    }
}

#[test]
fn the_supermarkets_shelves_are_about_what_was_opened() {
    check("../web/assets/shop.pack", 7.5, 4.5);
}

#[test]
fn the_gift_shops_shelves_are_about_what_was_opened() {
    check("../web/assets/gift.pack", 8.5, 4.0);
}
