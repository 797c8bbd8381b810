use fewshop_core::Item;
use fewshop_core::protocol::FoundBy;

use super::*;

fn shop() -> Catalogue {
    let item = |id: &str, title: &str, category: &[&str]| {
        let mut item = Item::new(id, title);
        item.category = category.iter().map(|&name| name.to_owned()).collect();
        item
    };
    Catalogue::new(vec![
        item(
            "a",
            "Coffee creamer, chilled",
            &["Dairy", "Milk & creamers"],
        ),
        item("b", "Ground coffee", &["Drinks", "Coffee"]),
        item("c", "White milk", &["Dairy", "Milk & creamers"]),
        item("d", "Diapers", &["Baby"]),
        item("e", "Ground coffee", &["Drinks", "Coffee"]),
    ])
    .expect("the ids differ")
}

fn meanings() -> BTreeMap<String, Meaning> {
    // Texts by category and title: Diapers, Coffee creamer, White milk, Ground coffee.
    let near = |near: &[(u32, u8)]| Meaning {
        base: 20,
        best: 200,
        near: near.to_vec(),
    };
    BTreeMap::from([
        ("espresso".to_owned(), near(&[(1, 3), (3, 7)])),
        ("infant".to_owned(), near(&[(0, 7), (2, 1)])),
    ])
}

fn words() -> Words {
    let aliases = [
        ("nappies", "diapers"),
        ("牛奶", "milk"),
        ("wee one", "baby"),
    ];
    let aliases = aliases.map(|(name, other)| (name.to_owned(), other.to_owned()));
    Words::new(&Texts::of(&shop()), meanings(), aliases.into()).expect("it fits")
}

fn searching(popularity: &[u32], words: Words) -> WordSearch {
    let shop = shop();
    WordSearch::new(&shop, Texts::of(&shop), popularity, words)
}

#[track_caller]
fn check_found(query: &str, expected: &[u32], by: FoundBy) {
    let search = searching(&[1, 5, 4, 3, 9], words());
    let found = search.search(query);
    let rows: Vec<u32> = found.items.iter().map(|ix| ix.0).collect();
    assert_eq!((rows.as_slice(), found.by), (expected, by), "{query}");
}

#[test]
fn the_head_of_a_title_says_what_it_is() {
    check_found("coffee", &[4, 1, 0], FoundBy::Letters);
    check_found("cofee", &[4, 1, 0], FoundBy::Letters);
    check_found("coff", &[4, 1, 0], FoundBy::Letters);
}

#[test]
fn a_word_that_no_product_has_finds_what_is_near_in_meaning() {
    // The creamer is less than half as near.
    check_found("espresso", &[4, 1], FoundBy::Meaning);
    check_found("something for an infant", &[3], FoundBy::Meaning);
    check_found("espreso", &[4, 1], FoundBy::Meaning);
}

#[test]
fn other_names_count_as_the_words_themselves() {
    check_found("nappies", &[3], FoundBy::Letters);
    check_found("Wee one", &[3], FoundBy::Letters);
    check_found("低脂牛奶", &[2, 0], FoundBy::Letters);
}

#[test]
fn anything_typed_has_an_answer() {
    for query in ["", " ", "🎂", "\u{202e}\0\u{7f}", "the", "咖", "?!", "qzx"] {
        check_found(query, &[], FoundBy::Nothing);
    }
    let search = searching(&[], words());
    for query in [
        "a".repeat(10_000),
        "咖".repeat(10_000),
        "coffee ".repeat(10_000),
        "'; DROP TABLE items;--".to_owned(),
        "قهوة".to_owned(),
    ] {
        let _ = search.search(&query);
    }
    let long = search.search(&"coffee ".repeat(10_000));
    assert_eq!(long.items[0], fewshop_core::ItemIx(1));
}

#[test]
fn what_is_not_wanted_or_too_dear_is_not_found_and_is_said() {
    let mut items = shop().items().to_vec();
    for (item, price) in items.iter_mut().zip([2.0, 6.0, 1.5, 9.0, 4.0]) {
        item.price = Some(price);
    }
    let mut free = Item::new("f", "Milk free creamer");
    free.category = vec!["Dairy".to_owned()];
    items.push(free);
    let shop = Catalogue::new(items).expect("the ids differ");
    let words = Words::new(&Texts::of(&shop), BTreeMap::new(), BTreeMap::new()).expect("it fits");
    let search = WordSearch::new(&shop, Texts::of(&shop), &[1, 5, 4, 3, 9, 2], words);
    let rows = |items: &[fewshop_core::ItemIx]| items.iter().map(|ix| ix.0).collect::<Vec<_>>();
    // A category that has the word counts, too; what is free of it stays.
    let found = search.search("creamer, no milk");
    assert_eq!(rows(&found.items), [5]);
    assert_eq!(found.limits.unwanted, ["milk"]);
    assert_eq!(rows(&found.limits.without), [0, 2]);
    let found = search.search("coffee under $5");
    assert_eq!(
        (rows(&found.items), found.limits.max_price),
        (vec![4, 0], Some(5.0))
    );
    assert_eq!(rows(&found.example), [4]);
    // 'milk free' is what a product is called here.
    assert_eq!(rows(&search.search("milk free").items)[0], 5);
    assert_eq!(
        search.search("coffee, no plutonium").limits,
        Limits::default()
    );
    // Words that no product has together are no name.
    let found = search.search("no diapers coffee");
    assert_eq!(rows(&found.items), [4, 1, 0]);
    assert_eq!(found.limits.unwanted, ["diapers"]);
    // Nothing but limits: what sells best within them.
    assert_eq!(rows(&search.search("no milk").items), [4, 1, 3, 5]);
    assert_eq!(search.search("no milk").example, []);
}

#[test]
fn two_words_written_as_one_are_two() {
    check_found("groundcoffee", &[4, 1], FoundBy::Letters);
    check_found("coffeecreamers", &[0, 4, 1], FoundBy::Letters);
    // The beginning of a word, a slip in one, and a word with a meaning are none.
    check_found("creame", &[0, 2], FoundBy::Letters);
    check_found("diapres", &[3], FoundBy::Letters);
}

#[test]
fn the_bestseller_of_the_best_texts_stands_for_a_query() {
    let search = searching(&[1, 5, 4, 3, 9], words());
    let example = |query: &str, most| {
        let example = search.search_with(query, most).example;
        example.iter().map(|ix| ix.0).collect::<Vec<_>>()
    };
    assert_eq!(example("coffee", 5), [4]);
    assert_eq!(example("milk", 5), [2]);
    assert_eq!(example("milk", 0), [0; 0]);
    assert_eq!(example("?!", 5), [0; 0]);
}

#[test]
fn without_meaning_letters_find_the_same() {
    let search = searching(&[], Words::default());
    assert_eq!(search.search("milk").by, FoundBy::Letters);
    assert_eq!(search.search("espresso").by, FoundBy::Nothing);
}

#[test]
fn a_file_is_read_back() {
    let texts = Texts::of(&shop());
    let bytes = words().to_bytes();
    assert_eq!(Words::from_bytes(&bytes, &texts), Ok(words()));
}

#[test]
fn a_damaged_file_or_another_shops_is_refused() {
    let texts = Texts::of(&shop());
    let bytes = words().to_bytes();
    let read = |bytes: &[u8]| Words::from_bytes(bytes, &texts).unwrap_err();
    assert_eq!(read(b""), WordsError::NotWords);
    assert_eq!(read(b"FEWSHOP\0"), WordsError::NotWords);
    assert!(matches!(read(&bytes[..30]), WordsError::Length { .. }));
    assert!(matches!(
        read(&bytes[..bytes.len() - 1]),
        WordsError::Length { .. }
    ));
    let mut newer = bytes.clone();
    newer[8] = 9;
    assert_eq!(read(&newer), WordsError::Version { found: 9 });
    for at in 52..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 4;
        assert_eq!(read(&damaged), WordsError::Checksum, "{at}");
    }
    let fewer = Catalogue::new(shop().items()[..3].to_vec()).expect("the ids differ");
    assert_eq!(
        Words::from_bytes(&bytes, &Texts::of(&fewer)),
        Err(WordsError::OtherCatalogue)
    );
}

#[test]
fn a_meaning_names_texts_that_exist() {
    let mut meanings = meanings();
    meanings.insert(
        "x".to_owned(),
        Meaning {
            near: vec![(4, 1)],
            ..Meaning::default()
        },
    );
    let words = Words::new(&Texts::of(&shop()), meanings, BTreeMap::new());
    assert!(matches!(
        words,
        Err(WordsError::Field { field: "near", .. })
    ));
}
