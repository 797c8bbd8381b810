//! What a new shopper sees in the committed shops after one and three views, as `fewshop study shelves`
//! measures it, with the packs' own counts in place of the log.

use fewshop_core::ItemIx;
use fewshop_eval::shelves::{ShelfRow, VIEWS, shelves};
use fewshop_model::{Model, Pack};

use crate::committed_pack::path;

/// Share of the categories whose shelves a shopper would believe, and mean picks that fit, for each
/// number of views.
#[track_caller]
fn check(file: &str, categories: usize, believable: f64, fitting: f64) {
    let bytes = std::fs::read(path(file)).expect("the pack is committed");
    let model = Model::new(Pack::from_bytes(&bytes).expect("the committed pack can be read"));
    let lift = |_: &[String], opened: &[ItemIx], item: ItemIx| model.lift(opened, item);
    let rows = shelves(&model, &lift, categories, [0.0, 0.1, 0.2]).expect("there are categories");
    for views in VIEWS {
        let rows: Vec<&ShelfRow> = (rows.iter())
            .filter(|row| row.opened.len() == views)
            .collect();
        let share = |holds: fn(&ShelfRow) -> bool| {
            rows.iter().filter(|row| holds(row)).count() as f64 / rows.len() as f64
        };
        let mean = rows.iter().map(|row| row.fitting).sum::<usize>() as f64 / rows.len() as f64;
        let believed = share(ShelfRow::is_believable);
        assert!(mean >= fitting, "{views} views: {mean:.1} picks fit");
        assert!(
            believed >= believable,
            "{views} views: {believed:.2} believed"
        );
        assert!(share(|row| row.bestsellers <= 2) >= 0.95, "{views} views");
        assert!(share(|row| row.out_of_place == 0) >= 0.95, "{views} views");
    }
}

#[test]
fn the_supermarkets_shelves_are_about_what_was_opened() {
    check("../web/assets/shop.pack", 60, 0.8, 9.5);
}

#[test]
fn the_gift_shops_shelves_are_about_what_was_opened() {
    check("../web/assets/gift.pack", 60, 0.6, 8.0);
}
