//! Files as shops have them, each with one kind of trouble (`cases/`): forty products, eighty
//! sessions, four hundred events. Each is read right, or refused with what to do.

use std::path::PathBuf;

use fewshop_core::{EventKind, ItemIx};
use fewshop_data::files::import::IdForm;
use fewshop_data::files::{
    ItemsFile, Log, Note, Reading, read_events, read_events_with, read_items,
};

fn case(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cases")
        .join(name)
}

fn base() -> ItemsFile {
    read_items(&case("00-base/items.csv")).expect("the base can be read")
}

#[track_caller]
fn says(notes: &[Note], words: &[&str]) {
    let texts: Vec<String> = notes.iter().map(ToString::to_string).collect();
    assert!(
        texts
            .iter()
            .any(|text| words.iter().all(|word| text.contains(word))),
        "{words:?} are not in one of {texts:#?}"
    );
}

/// The sessions are those of the base, whatever their ids.
#[track_caller]
fn check_log(log: &Log) {
    assert_eq!(
        (log.sessions.len(), log.events, log.unknown.rows),
        (80, 400, 0)
    );
    let expected =
        read_events(&case("00-base/events.csv"), &base().catalogue).expect("its events too");
    let items = |log: &Log| -> Vec<Vec<ItemIx>> {
        let mut all: Vec<Vec<ItemIx>> = log
            .sessions
            .iter()
            .map(|session| session.items.iter().map(|item| item.item).collect())
            .collect();
        all.sort();
        all
    };
    assert_eq!(items(log), items(&expected));
}

#[track_caller]
fn check_items(file: &ItemsFile) {
    let base = base();
    assert_eq!(file.catalogue.len(), 40);
    for (item, expected) in file.catalogue.items().iter().zip(base.catalogue.items()) {
        assert_eq!(
            (&item.id, &item.category),
            (&expected.id, &expected.category)
        );
        assert_eq!(item.price, expected.price);
    }
}

#[test]
fn base_is_read_without_a_word() {
    let items = base();
    assert_eq!((items.catalogue.len(), items.notes.len()), (40, 0));
    let log = read_events(&case("00-base/events.csv"), &items.catalogue).unwrap();
    check_log(&log);
    assert_eq!(log.notes, []);
}

#[test]
fn milliseconds_without_sessions_are_recognised_and_cut() {
    let log = read_events(
        &case("01-milliseconds-no-sessions/events.csv"),
        &base().catalogue,
    )
    .unwrap();
    check_log(&log);
    assert_eq!(log.users.len(), 50);
    says(&log.notes, &["RetailRocket"]);
    says(&log.notes, &["milliseconds"]);
    says(&log.notes, &["80 sessions were cut", "30 minutes"]);
}

#[test]
fn ids_that_differ_by_a_zero_are_offered_and_never_dropped() {
    let items = read_items(&case("02-ids-as-floats/items.csv")).unwrap();
    let events = case("00-base/events.csv");
    let error = read_events(&events, &items.catalogue)
        .unwrap_err()
        .to_string();
    for word in [
        "all 40 unknown ids",
        "400 rows",
        "without '.0'",
        "--match-ids decimals",
    ] {
        assert!(error.contains(word), "{word} is not in {error}");
    }
    let mut reading = Reading {
        match_ids: vec![IdForm::Decimals],
        ..Reading::default()
    };
    let log = read_events_with(&events, &items.catalogue, &reading).unwrap();
    assert_eq!((log.sessions.len(), log.events), (80, 400));
    says(&log.notes, &["400 rows", "without '.0'"]);
    // The other way round.
    let back = read_events_with(
        &case("00-base/events.csv"),
        &items.catalogue,
        &Reading {
            match_exactly: true,
            ..Reading::default()
        },
    );
    assert_eq!(back.unwrap().unknown.rows, 400);
    reading.match_ids.clear();
    assert!(read_events_with(&events, &items.catalogue, &reading).is_err());
}

#[test]
fn categories_with_slashes_and_entities_are_the_same_departments() {
    let slashes = read_items(&case("03-categories-with-slashes/items.csv")).unwrap();
    check_items(&slashes);
    says(&slashes.notes, &["separated by '/'"]);
    let escaped = read_items(&case("03-categories-with-slashes/items-escaped.csv")).unwrap();
    check_items(&escaped);
    says(&escaped.notes, &["40 categories", "&gt;"]);
}

#[test]
fn the_first_of_several_categories_is_used_and_the_others_are_said() {
    let items = read_items(&case("04-several-categories/items.csv")).unwrap();
    check_items(&items);
    says(
        &items.notes,
        &["40 products have several categories", "left out"],
    );
}

#[test]
fn an_open_quote_is_an_error_with_its_line() {
    let error = read_items(&case("05-open-quotes/items.csv"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("line 9") && error.contains("quote"),
        "{error}"
    );
}

#[test]
fn semicolons_decimal_commas_and_windows_text_are_read_and_said() {
    let items = read_items(&case("06-semicolons-decimal-comma/items.csv")).unwrap();
    check_items(&items);
    says(&items.notes, &["sep=;"]);
    says(&items.notes, &["semicolons"]);
    says(&items.notes, &["decimal comma"]);
}

#[test]
fn utf16_is_read_and_said() {
    let items = read_items(&case("07-utf16/items.csv")).unwrap();
    check_items(&items);
    assert_eq!(items.catalogue[ItemIx(0)].title, "Thé no. 0");
    says(&items.notes, &["UTF-16"]);
}

#[test]
fn gzip_is_read() {
    let items = read_items(&case("08-gzip/items.csv.gz")).unwrap();
    check_items(&items);
    let log = read_events(&case("08-gzip/events.csv.gz"), &items.catalogue).unwrap();
    check_log(&log);
    says(&log.notes, &["gzip"]);
}

#[test]
fn shopify_orders_are_read_by_name_without_addresses_and_variants_are_grouped() {
    let items = read_items(&case("09-shopify-orders/products.csv")).unwrap();
    says(&items.notes, &["Shopify"]);
    says(&items.notes, &["80 products are variants in 40 groups"]);
    assert_eq!(items.catalogue.len(), 80);
    let (small, large) = (&items.catalogue[ItemIx(0)], &items.catalogue[ItemIx(1)]);
    assert_eq!(
        (small.title.as_str(), large.title.as_str()),
        ("Tea no. 0", "Tea no. 0")
    );
    assert_eq!((large.id.0.as_str(), large.size.as_str()), ("1000-L", "L"));
    assert_eq!(
        (large.brand.as_str(), large.category.as_slice()),
        ("Own", ["Tea".to_owned()].as_slice())
    );
    let log = read_events(&case("09-shopify-orders/orders.csv"), &items.catalogue).unwrap();
    assert_eq!(
        (log.sessions.len(), log.events, log.users.len()),
        (80, 400, 50)
    );
    assert!(
        log.sessions
            .iter()
            .flat_map(|session| &session.items)
            .all(|item| item.kind == EventKind::Purchase)
    );
    assert!(
        !format!("{log:?}").contains('@'),
        "an address is in the log"
    );
    says(&log.notes, &["orders as Shopify"]);
}

#[test]
fn recbole_is_read_by_name() {
    let log = read_events(&case("10-recbole-inter/shop.inter"), &base().catalogue).unwrap();
    check_log(&log);
    says(&log.notes, &["RecBole"]);
}

#[test]
fn day_numbers_are_days_and_sessions_keep_the_order_of_the_file() {
    let log = read_events(&case("11-day-numbers/events.csv"), &base().catalogue).unwrap();
    check_log(&log);
    assert_eq!(log.sessions[0].time_s, 1_699_920_000);
    let ids: Vec<&str> = log.sessions[0]
        .items
        .iter()
        .map(|item| base_id(item.item))
        .collect();
    assert_eq!(ids[..3], ["1021", "1001", "1026"]);
    says(&log.notes, &["days as numbers", "order"]);
}

fn base_id(item: ItemIx) -> &'static str {
    Box::leak(format!("{}", 1_000 + item.row()).into_boxed_str())
}

#[test]
fn html_in_titles_is_removed_and_counted() {
    let items = read_items(&case("12-html-titles/items.csv")).unwrap();
    check_items(&items);
    assert_eq!(items.catalogue[ItemIx(0)].title, "Tea no. 0 & more");
    says(&items.notes, &["40 titles", "HTML"]);
}

#[test]
fn a_missing_header_is_said() {
    let error = read_events(&case("13-no-header/events.csv"), &base().catalogue)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("no header") && error.contains("user_id,session_id,time"),
        "{error}"
    );
}

#[test]
fn a_merchant_feed_is_read_by_name() {
    let items = read_items(&case("14-merchant-feed/feed.tsv")).unwrap();
    check_items(&items);
    assert_eq!(items.currency, Some("EUR"));
    says(&items.notes, &["Google Merchant"]);
    says(&items.notes, &["40 products are variants in 4 groups"]);
}

#[test]
fn currencies_are_read_and_words_for_nothing_are_named() {
    let items = read_items(&case("15-currency-nan/items.csv")).unwrap();
    assert_eq!((items.catalogue.len(), items.currency), (40, Some("EUR")));
    assert_eq!(items.catalogue[ItemIx(1)].price, Some(2.5));
    assert_eq!(items.catalogue[ItemIx(0)].price, None);
    says(&items.notes, &["1 prices", "missing", "line 2"]);
    says(&items.notes, &["titles", "'nan'", "line 11"]);
}
