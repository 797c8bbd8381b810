use super::*;
use crate::state::catalogue::toy;
use crate::texts::NAMES;

#[track_caller]
fn check_search(query: &str, expected: &[u32]) {
    let found: Vec<u32> = SearchIndex::build(&toy())
        .search(query, &toy())
        .into_iter()
        .map(|ix| ix.0)
        .collect();
    assert_eq!(found, expected, "{query}");
}

#[test]
fn the_beginning_of_a_word_is_enough() {
    check_search("ban", &[1]);
    check_search("  Whole MI", &[0]);
    check_search("", &[]);
    check_search("?!", &[]);
}

#[test]
fn every_word_must_be_met() {
    check_search("milk whole", &[0]);
    check_search("milk bread", &[]);
    check_search("milk gal", &[0]);
    check_search("milk milk", &[0]);
}

#[test]
fn a_title_counts_more_than_a_category_or_a_brand() {
    // 'b' begins Bananas and Bread in titles, 'brand' in two brands.
    check_search("b", &[1, 4, 0, 2]);
    check_search("dairy", &[0, 2]);
}

#[test]
fn a_plural_finds_the_singular() {
    check_search("milks", &[0]);
    check_search("breads", &[4]);
}

#[test]
fn built_in_steps_it_is_the_same_index() {
    let shop = toy();
    let mut builder = IndexBuilder::default();
    let mut steps = 1;
    while builder.add(&shop, &EN, 2) {
        steps += 1;
    }
    assert_eq!(steps, 3);
    let index = builder.finish();
    assert_eq!(index, SearchIndex::build(&shop));
    assert_eq!(index.search("rye", &shop), [ItemIx(4)]);
}

#[test]
fn a_category_is_found_by_its_name_in_the_shoppers_language() {
    let zh = vec!["字"; NAMES.len()].join("\n") + "\n\nDairy & eggs\t牛奶与鸡蛋";
    let zh = Texts::of_lines("zh-Hans", zh.leak()).unwrap();
    let shop = toy();
    let mut builder = IndexBuilder::default();
    builder.add(&shop, &zh, usize::MAX / 2);
    let index = builder.finish();
    for typed in ["鸡蛋", "牛奶", "dairy"] {
        assert_eq!(
            index.search(typed, &shop),
            [ItemIx(0), ItemIx(2)],
            "{typed}"
        );
    }
    assert_eq!(index.search("鸭蛋", &shop), []);
}

#[test]
fn accents_and_capitals_do_not_matter() {
    check_search("mílk", &[0]);
    check_search("miLK", &[0]);
    check_search("zzzz", &[]);
}
