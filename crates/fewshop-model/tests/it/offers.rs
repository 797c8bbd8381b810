//! The optional offers and the mark of new products: they survive the round trip through the file,
//! and invalid ones are refused.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of a test on bytes that it wrote itself"
)]

use fewshop_core::{ItemIx, Session};
use fewshop_model::tasks::offers::{OfferWeights, ShippedOffer};
use fewshop_model::{Compute, Pack, Recommender, toy};
use proptest::prelude::*;

fn offers() -> OfferWeights {
    let offer = |id: &str, items: &[u32]| ShippedOffer {
        id: id.to_owned(),
        title: format!("Offer {id}"),
        rates: [-5.5, -6.25],
        items: items.to_vec(),
    };
    let mut weights = [[0.25; 10]; 4];
    weights[3][9] = -4.5;
    OfferWeights {
        offers: vec![offer("a", &[0, 3, 59]), offer("b", &[20])],
        weights,
    }
}

#[track_caller]
fn check_refused(change: impl FnOnce(&mut OfferWeights), word: &str) {
    let mut offers = offers();
    change(&mut offers);
    let error = toy::pack()
        .edit(|parts| parts.offers = Some(offers))
        .unwrap_err();
    assert!(
        error.code() == "pack_field" && error.to_string().contains(word),
        "{error}"
    );
}

#[test]
fn offers_and_marks_come_back_and_packs_without_stay_as_they_were() {
    let pack = toy::pack()
        .edit(|parts| parts.offers = Some(offers()))
        .unwrap()
        .edit(|parts| parts.new_items = vec![2, 40])
        .unwrap();
    let back = Pack::from_bytes(&pack.to_bytes().unwrap()).unwrap();
    assert_eq!(
        (back.offers(), back.new_items()),
        (Some(&offers()), &[2, 40][..])
    );
    let plain = toy::pack().to_bytes().unwrap();
    assert_eq!(
        pack.edit(|parts| parts.offers = None)
            .unwrap()
            .edit(|parts| parts.new_items = Vec::new())
            .unwrap()
            .to_bytes()
            .unwrap(),
        plain
    );
}

#[test]
fn offers_that_do_not_fit_are_refused() {
    check_refused(|offers| offers.offers.clear(), "expected 1 to");
    check_refused(
        |offers| offers.offers[0].items = vec![60],
        "covers row 60, the catalogue has 60",
    );
    check_refused(
        |offers| offers.offers[0].items = vec![4, 4],
        "rows that rise",
    );
    check_refused(|offers| offers.offers[1].items.clear(), "one at least");
    check_refused(|offers| offers.offers[1].id = "a".to_owned(), "no other's");
    check_refused(
        |offers| offers.offers[1].title = " ".to_owned(),
        "id and a title",
    );
    check_refused(
        |offers| offers.offers[1].title = "a\nb".to_owned(),
        "id and a title",
    );
    check_refused(
        |offers| offers.offers[0].rates[1] = 0.5,
        "logarithms of shares",
    );
    check_refused(
        |offers| offers.offers[0].rates[0] = f32::NAN,
        "logarithms of shares",
    );
    check_refused(|offers| offers.weights[2][7] = f32::INFINITY, "weights");
    check_refused(
        |offers| offers.offers = vec![offers.offers[0].clone(); 2_001],
        "expected 1 to 2000",
    );
}

#[test]
fn marks_of_new_products_that_do_not_fit_are_refused() {
    for fresh in [vec![60], vec![3, 3], vec![5, 4]] {
        let error = toy::pack()
            .edit(|parts| parts.new_items = fresh)
            .unwrap_err();
        assert!(error.to_string().contains("fresh"), "{error}");
    }
}

proptest! {
    #[test]
    fn any_session_gets_offers_in_order_with_chances(items in prop::collection::vec(0u32..60, 0..30), split in 0usize..30, n in 0usize..4) {
        let mut shop = Recommender::new(toy::pack().edit(|parts| parts.offers = Some(offers())).unwrap(), Compute::Kernels);
        let rows: Vec<ItemIx> = items.into_iter().map(ItemIx).collect();
        let (visit, shots) = rows.split_at(split.min(rows.len()));
        shop.set_session(Session { visits: vec![visit.to_vec()], ..Session::of_items(shots) }).unwrap();
        let found = shop.offers(n);
        prop_assert_eq!(found.len(), n.min(2));
        prop_assert!(found.windows(2).all(|pair| pair[0].probability >= pair[1].probability));
        prop_assert!(found.iter().all(|offer| (0.0..=1.0).contains(&offer.probability) && !offer.items.is_empty()));
    }
}
