//! The committed files of words: they belong to the committed packs, and the search finds what
//! people expect.

use std::collections::BTreeMap;

use fewshop_core::protocol::FoundBy;
use fewshop_eval::words::{
    Bm25, QUERIES, Query, WordFigures, category_queries, figures, read_queries,
};
use fewshop_model::Pack;
use fewshop_words::{Texts, WordSearch, Words};

use crate::committed_pack::path;

fn shop(name: &str) -> (Pack, WordSearch) {
    let read = |ending: &str| {
        let file = path(&format!("../web/assets/{name}.{ending}"));
        std::fs::read(file).expect("the file is committed")
    };
    let pack = Pack::from_bytes(&read("pack")).expect("the committed pack can be read");
    let texts = Texts::of(pack.catalogue());
    let words =
        Words::from_bytes(&read("words"), &texts).expect("the words belong to the committed pack");
    let popularity = &pack.parts().popularity;
    let search = WordSearch::new(pack.catalogue(), texts, popularity, words);
    (pack, search)
}

fn test_half(shop: &str) -> Vec<Query> {
    let all = read_queries("the committed queries", QUERIES).expect("they are sound");
    let of_shop = all.into_iter().filter(|query| query.shop == shop);
    of_shop.filter(|query| !query.is_for_tuning()).collect()
}

fn ours(pack: &Pack, search: &WordSearch, queries: &[Query]) -> BTreeMap<String, WordFigures> {
    figures(queries, pack.catalogue(), |query| search.texts(&query.text))
}

#[test]
fn every_query_has_an_answer_and_the_search_beats_words_alone() {
    for (name, queries, measured) in [("shop", "market", 0.783), ("gift", "gift", 0.884)] {
        let (pack, search) = shop(name);
        let queries = test_half(queries);
        let found = ours(&pack, &search, &queries)["all"];
        let bm25 = Bm25::of(pack.catalogue());
        let words = figures(&queries, pack.catalogue(), |query| bm25.rank(&query.text))["all"];
        assert_eq!(found.no_result, 0.0, "{name}");
        // As measured when the files were committed.
        assert!(
            found.ndcg_at_10 > measured - 0.005,
            "{name}: {found:?}, it was {measured}"
        );
        assert!(
            found.ndcg_at_10 > words.ndcg_at_10 + 0.15,
            "{name}: {found:?} against {words:?}"
        );
    }
}

#[test]
fn the_name_of_a_category_finds_its_products() {
    for name in ["shop", "gift"] {
        let (pack, search) = shop(name);
        let queries = category_queries(name, pack.catalogue(), "categories", |category| {
            Some(category.to_owned())
        });
        let found = ours(&pack, &search, &queries)["all"];
        assert!(found.success_at_1 > 0.85, "{name}: {found:?}");
    }
}

#[test]
fn other_languages_and_names_are_letters_and_nonsense_is_nothing() {
    let (pack, search) = shop("shop");
    let title = |query: &str| {
        let found = search.search(query);
        let first = found
            .items
            .first()
            .map(|ix| pack.catalogue()[*ix].title.as_str());
        (first.unwrap_or_default(), found.by)
    };
    let (milk, by) = title("牛奶");
    assert!(milk.ends_with(" milk") && by == FoundBy::Letters, "{milk}");
    assert_eq!(title("coffee").0, "Ground coffee");
    assert_eq!(search.search("🎂🎂").by, FoundBy::Nothing);
}
