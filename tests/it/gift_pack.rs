//! The gift shop's pack: readable titles, departments to browse by, pictures, and a ranking that
//! learns.

use std::collections::{BTreeMap, BTreeSet};

use fewshop_core::{Item, ItemIx};
use fewshop_model::{Compute, Pack, Recommender};

use crate::committed_pack::{by_popularity, ndcg, path, picks, sessions_in};

fn gift() -> Pack {
    let bytes = std::fs::read(path("../web/assets/gift.pack")).expect("the pack is committed");
    Pack::from_bytes(&bytes).expect("the committed pack can be read")
}

fn check_each(items: &[Item], what: &str, holds: impl Fn(&Item) -> bool) {
    let bad: Vec<&str> = items
        .iter()
        .filter(|item| !holds(item))
        .map(|item| item.title.as_str())
        .collect();
    assert!(bad.is_empty(), "{what}: {bad:?}");
}

#[test]
fn its_titles_read_like_a_shops() {
    let pack = gift();
    let items = pack.catalogue().items();
    check_each(items, "all in capitals", |item| {
        item.title.chars().any(char::is_lowercase)
    });
    check_each(items, "small at the beginning", |item| {
        !item.title.starts_with(char::is_lowercase)
    });
    check_each(items, "noise", |item| {
        !item.title.contains(['*', '/', '+', '…', '?'])
            || item.title.contains("Love/Hate")
            || item.title.contains("Open / Closed")
    });
    check_each(items, "abbreviated", |item| {
        let words: BTreeSet<String> = item.title.split(' ').map(str::to_lowercase).collect();
        [
            "asst", "asstd", "w", "hldr", "t-light", "dec", "des", "polkadot",
        ]
        .iter()
        .all(|&short| !words.contains(short))
    });
    let titles: BTreeSet<&str> = items.iter().map(|item| item.title.as_str()).collect();
    assert_eq!(titles.len(), items.len(), "two products have one title");
}

#[test]
fn its_departments_are_few_and_filled() {
    let pack = gift();
    let mut departments: BTreeMap<&str, usize> = BTreeMap::new();
    let mut kinds: BTreeMap<&[String], BTreeMap<&str, usize>> = BTreeMap::new();
    for item in pack.catalogue().items() {
        assert_eq!(item.category.len(), 2, "{}", item.title);
        *departments.entry(&item.category[0]).or_default() += 1;
        *kinds
            .entry(&item.category)
            .or_default()
            .entry(&item.picture)
            .or_default() += 1;
    }
    assert!((12..=16).contains(&departments.len()), "{departments:?}");
    assert!((40..=80).contains(&kinds.len()), "{}", kinds.len());
    assert!(departments.values().all(|&n| n >= 40), "{departments:?}");
    // A kind whose products all look the same is no shelf to browse.
    for (kind, pictures) in &kinds {
        let n: usize = pictures.values().sum();
        assert!(n < 8 || pictures.len() >= 3, "{kind:?}: {pictures:?}");
    }
}

/// Sessions of validation shoppers after the last one that the pack has counted.
#[test]
fn its_picks_are_ahead_of_the_bestsellers() {
    let pack = gift();
    let sessions = sessions_in("gift_sessions.csv", &pack);
    let popular = by_popularity(&pack);
    let recommender = Recommender::new(pack, Compute::Kernels);
    for k in [1, 5] {
        let ours = ndcg(&sessions, k, |context| picks(&recommender, context));
        let bestsellers = ndcg(&sessions, k, |context: &[ItemIx]| {
            let others = popular.iter().filter(|item| !context.contains(item));
            others.take(20).copied().collect()
        });
        assert!(
            ours > 2.0 * bestsellers,
            "k={k}: {ours:.4}, bestsellers {bestsellers:.4}"
        );
    }
}
