//! What the readers make of files as shops really write them.

use std::path::{Path, PathBuf};

use fewshop_core::{Catalogue, EventKind, Item, ItemIx};
use proptest::prelude::*;

use super::import::is_missing;
use super::*;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

const HEADER: &str = "item_id,title,category,brand,size,price\n";
const EVENTS: &str = "user_id,session_id,time,item_id,event,quantity\n";

fn shop() -> Catalogue {
    Catalogue::new(
        ["a", "b", "c"]
            .map(|id| Item::new(id, &format!("The {id}")))
            .to_vec(),
    )
    .unwrap()
}

/// The message of reading `bytes` as items holds all of `parts`.
#[track_caller]
fn check_items_error(bytes: impl AsRef<[u8]>, parts: &[&str]) {
    let folder = Folder::new();
    let message = read_items(&folder.file("items.csv", bytes))
        .unwrap_err()
        .to_string();
    for part in ["items.csv"].iter().chain(parts) {
        assert!(message.contains(part), "'{part}' is not in: {message}");
    }
    assert!(!message.contains('\n'), "more than one line: {message}");
}

#[track_caller]
fn check_events_error(rows: &str, parts: &[&str]) {
    let folder = Folder::new();
    let message = read_events(
        &folder.file("events.csv", format!("{EVENTS}{rows}")),
        &shop(),
    )
    .unwrap_err()
    .to_string();
    for part in ["events.csv"].iter().chain(parts) {
        assert!(message.contains(part), "'{part}' is not in: {message}");
    }
}

#[test]
fn a_missing_column_is_named_with_what_was_found() {
    check_items_error(
        "item_id,title,category,brand,size\na,A,,,\n",
        &["'price' is missing", "found item_id, title", "add it"],
    );
    check_items_error(
        "Item ID,title,category,brand,size,price\na,A,,,,\n",
        &["'item_id' is missing", "--columns \"item_id=Item ID\""],
    );
    // All of them at once, with what is like them.
    check_items_error(
        "SKU,Name,Preis\na,A,1\n",
        &[
            "'item_id', 'title', 'category', 'brand', 'size', 'price'",
            "item_id=SKU,title=Name,category=,brand=,size=,price=Preis",
        ],
    );
}

#[test]
fn a_log_needs_a_product_a_time_and_a_shopper_or_a_session() {
    let folder = Folder::new();
    let path = folder.file("e.csv", "user_id,time,item_id,event\nu,1700000000,a,view\nu,1700000060,b,view\nu,1700090000,c,view\n");
    let log = read_events(&path, &shop()).unwrap();
    assert_eq!((log.sessions.len(), log.events), (2, 3));
    let path = folder.file("e.csv", "session_id,time,item_id,event\ns,1700000000,a,view\ns,1700000060,b,view\nt,1700090000,c,view\n");
    let log = read_events(&path, &shop()).unwrap();
    assert_eq!((log.sessions.len(), log.users.len()), (2, 2));
    let path = folder.file("e.csv", "session_id,time,item_id\ns,1700000000,a\n");
    let error = read_events(&path, &shop()).unwrap_err().to_string();
    assert!(
        error.contains("'event' is missing") && error.contains("--event view"),
        "{error}"
    );
    let reading = Reading {
        event: Some(EventKind::Purchase),
        ..Reading::default()
    };
    let log = read_events_with(&path, &shop(), &reading).unwrap();
    assert_eq!(log.sessions[0].items[0].kind, EventKind::Purchase);
    let error = read_items(&folder.file("i.csv", format!("{EVENTS}u,s,1,a,view,1\n")));
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("give it with --events")
    );
}

#[test]
fn what_an_error_proposes_is_taken() {
    let folder = Folder::new();
    let path = folder.file("items.csv", "SKU,Name,Preis\na,A,\"1,50\"\n");
    let mut reading = Reading::default();
    for pair in "item_id=SKU,title=Name,category=,brand=,size=,price=Preis".split(',') {
        reading.add_column(pair).unwrap();
    }
    let file = read_items_with(&path, &reading).unwrap();
    assert_eq!(file.catalogue[ItemIx(0)].price, Some(1.5));
    reading.add_column("title=Titel").unwrap();
    let error = read_items_with(&path, &reading).unwrap_err().to_string();
    assert!(error.contains("no column 'Titel' for title"), "{error}");
    assert!(
        reading
            .add_column("titel=x")
            .unwrap_err()
            .contains("no field")
    );
}

#[test]
fn a_bad_price_is_named_by_line_and_field() {
    check_items_error(
        format!("{HEADER}a,A,,,,1.5\nb,B,,,,two\n"),
        &[
            "line 3",
            "'price'",
            "'two'",
            "0 or more",
            "perhaps with a currency",
        ],
    );
    for price in ["-1", "inf", "1e99", "3,5x", "1,234"] {
        check_items_error(
            format!("{HEADER}a,A,,,,\"{price}\"\n"),
            &["line 2", "'price'", price],
        );
    }
}

#[test]
fn an_id_that_stands_twice_is_named_with_both_lines() {
    check_items_error(
        format!("{HEADER}a,A,,,,\n\n\"b\",\"two\nlines\",,,,\na,C,,,,\n"),
        &["line 6", "'a'", "already in line 2"],
    );
}

#[test]
fn an_empty_file_and_a_lone_header_are_told_apart() {
    check_items_error("", &["the file is empty", "item_id, title"]);
    check_items_error("\u{feff}", &["the file is empty"]);
    check_items_error("\n\n", &["the file is empty"]);
    check_items_error(HEADER, &["a header but no rows", "at least one item"]);
}

#[test]
fn an_empty_id_is_an_error_and_a_product_without_a_title_is_named_by_its_id() {
    check_items_error(format!("{HEADER},A,,,,\n"), &["line 2", "'item_id'"]);
    let folder = Folder::new();
    let file = read_items(&folder.file("items.csv", format!("{HEADER}a,  ,,,,1\nb,B,,,,2\n")));
    let file = file.unwrap();
    assert_eq!(file.catalogue[ItemIx(0)].title, "a");
    assert!(
        file.warnings[0].contains("1 of 2 items have no title"),
        "{:?}",
        file.warnings
    );
}

#[test]
fn a_wrong_number_of_fields_is_named_by_line() {
    check_items_error(
        format!("{HEADER}a,A,,,,\nb,B, with a comma,,,,\n"),
        &["line 3", "7 fields, expected 6", "quotes"],
    );
    check_items_error(format!("{HEADER}a,A\n"), &["line 2", "2 fields"]);
}

#[test]
fn bytes_that_are_not_utf8_are_named_by_line_and_field() {
    // Other accents are UTF-8, so this byte is damage.
    let damaged = [
        HEADER.as_bytes(),
        "a,Thé,,,,\n".as_bytes(),
        b"b,Cr\xe8me,,,,\n",
    ]
    .concat();
    check_items_error(damaged, &["line 3", "'title'", "Cr\u{fffd}me", "CSV UTF-8"]);
    let folder = Folder::new();
    let latin1 = [HEADER.as_bytes(), b"a,A,,,,\nb,Cr\xe8me \x96 5 \x80,,,,\n"].concat();
    let file = read_items(&folder.file("items.csv", latin1)).unwrap();
    assert_eq!(file.catalogue[ItemIx(1)].title, "Crème – 5 €");
    assert!(
        file.notes[0].text.contains("Windows-1252"),
        "{:?}",
        file.notes
    );
    // Chinese in two bytes a character, of which some happen to be UTF-8 or undefined in Windows-1252.
    let chinese = "a,模型玩具 鑫鸿,,,,\n";
    let (gb, _, _) = encoding_rs::GB18030.encode(chinese);
    let file = read_items(&folder.file("items.csv", [HEADER.as_bytes(), &gb].concat())).unwrap();
    assert_eq!(file.catalogue[ItemIx(0)].title, "模型玩具 鑫鸿");
    assert!(file.notes[0].text.contains("GB 18030"), "{:?}", file.notes);
    // Half a character at the end of one field and the other half in the next are two errors, not
    // one character.
    check_items_error(
        [
            HEADER.as_bytes(),
            "x,Thé,,,,\n".as_bytes(),
            b"a,A\xc3,\xa8,,,\n",
        ]
        .concat(),
        &["line 3", "'title'"],
    );
    check_items_error(
        [
            &b"item_id,t\xeftle,category,brand,size,price\n"[..],
            "a,Thé,,,,\n".as_bytes(),
        ]
        .concat(),
        &["line 1", "column 2"],
    );
}

#[test]
fn other_kinds_of_file_are_recognised() {
    check_items_error(b"PK\x03\x04rest", &["spreadsheet", "CSV UTF-8"]);
    check_items_error(b"\x1f\x8b\x08rest", &["gzip"]);
    check_items_error(b"\x1f\x8b\x08rest", &["gzip", "damaged or incomplete"]);
    check_items_error(b"\x28\xb5\x2f\xfdrest", &["zstd", "damaged or incomplete"]);
    check_items_error(b"BZh9rest", &["bzip2", "bunzip2"]);
    check_items_error(b"\xff\xfei\0t\0", &["'item_id'", "found it"]);
    check_items_error("{\"a\": 1\n", &["line 2", "JSON"]);
    check_items_error("<rss><channel/></rss>", &["XML without products"]);
    check_items_error(b"PAR1 and then nothing of the kind", &["Parquet"]);
    let folder = Folder::new();
    let message = read_items(&folder.file("items.parquet", HEADER))
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("a file without Parquet's magic bytes"),
        "{message}"
    );
}

#[test]
fn windows_line_ends_a_bom_and_quotes_are_read() {
    let folder = Folder::new();
    let text = "\u{feff}item_id,title,category,brand,size,price\r\na,\"Salt, \"\"fine\"\"\r\nand white\",Pantry >  Spices ,,1 lb,1.50\r\n\r\nb,B,,,,\r\n";
    let file = read_items(&folder.file("items.csv", text)).unwrap();
    let [a, b] = file.catalogue.items() else {
        panic!("two items")
    };
    assert_eq!(a.title, "Salt, \"fine\"\r\nand white");
    assert_eq!(a.category, ["Pantry", "Spices"]);
    assert_eq!(a.price, Some(1.5));
    assert_eq!(b.price, None);
    assert!(
        file.warnings[0].contains("1 of 2 items have no price"),
        "{:?}",
        file.warnings
    );
    // Lines are an editor's lines: the title above spans two, the blank line counts, and so does
    // the BOM's line.
    check_items_error(format!("{text}c,C,,,,x\r\n"), &["line 6", "'x'"]);
    check_items_error(
        "item_id,title,category,brand,size,price\ra,A,,,,\rb,B,,,,x\r",
        &["line 3", "'x'"],
    );
}

#[test]
fn columns_may_stand_in_any_order_and_others_are_kept() {
    let folder = Folder::new();
    let file = read_items(&folder.file(
        "i.csv",
        "price,colour,title,item_id,size,brand,category,picture,\n1,red,A,a,,,,1f34c,x\n",
    ))
    .unwrap();
    assert_eq!(file.extra, [("colour".to_owned(), vec!["red".to_owned()])]);
    assert_eq!(file.catalogue[ItemIx(0)].picture, "1f34c");
    check_items_error(
        "item_id,title,title,category,brand,size,price\n",
        &["'title' occurs twice"],
    );
}

#[test]
fn a_missing_file_and_a_folder_are_named() {
    let folder = Folder::new();
    let message = read_items(&folder.path("no.csv")).unwrap_err().to_string();
    assert!(
        message.contains("no.csv") && message.contains("check the path"),
        "{message}"
    );
    let message = read_items(folder.0.path()).unwrap_err().to_string();
    assert!(message.contains("it is a folder"), "{message}");
}

#[test]
fn events_become_sessions_with_each_product_once() {
    let folder = Folder::new();
    let rows = "u2,s2,2017-01-02 10:00:00,b,purchase,2\nu1,s1,2017-01-01T10:00:05Z,a,cart,1\nu1,s1,1483264800,b,view,\nu1,s1,2017-01-01 10:00:07,a,view,1\n\
                u1,s2,2017-01-02 10:00:00,zzz,view,1\nu1,s2,2017-01-02 10:00:00,c,view,1\nu1,s2,2017-01-02 10:00:01,c,dismiss,1\nu1,s3,2017-01-03,zzz,view,1\n";
    let log = read_events(&folder.file("e.csv", format!("{EVENTS}{rows}")), &shop()).unwrap();
    assert_eq!(log.users, ["u2", "u1"]);
    assert_eq!(log.events, 6);
    assert_eq!(
        log.unknown,
        UnknownItems {
            rows: 2,
            examples: vec!["zzz".to_owned()]
        }
    );
    assert!(
        log.unknown
            .warning(Path::new("e.csv"))
            .unwrap()
            .starts_with("e.csv: 2 rows left out")
    );
    let ids: Vec<_> = log
        .sessions
        .iter()
        .map(|s| (s.user, s.id.as_str(), s.time_s))
        .collect();
    assert_eq!(
        ids,
        [
            (1, "s1", 1_483_264_800),
            (0, "s2", 1_483_351_200),
            (1, "s2", 1_483_351_200)
        ]
    );
    let item = |item, kind, quantity| LoggedItem {
        item: ItemIx(item),
        kind,
        quantity,
    };
    assert_eq!(
        log.sessions[0].items,
        [item(1, EventKind::View, 1.0), item(0, EventKind::Cart, 2.0)]
    );
    assert_eq!(log.sessions[2].items, [item(2, EventKind::Dismiss, 1.0)]);
}

#[test]
fn a_bad_event_is_named_by_line_and_field() {
    check_events_error(
        "u,s,2017-01-01,a,view,1\nu,s,2017-01-01,a,bought,1\n",
        &[
            "line 3",
            "'event'",
            "'bought'",
            "view, cart, purchase or dismiss",
        ],
    );
    check_events_error(
        "u,s,01/02/2017,a,view,1\n",
        &["line 2", "'time'", "'01/02/2017'", "--dates day-first"],
    );
    check_events_error(
        "u,s,1.7E+12,a,view,1\n",
        &["line 2", "'time'", "a spreadsheet shortened it"],
    );
    check_events_error(
        "u,s,100,a,view,1\nu,s,101,a,view,1\n",
        &["2 of 2 times", "before 1990", "line 2, line 3"],
    );
    check_events_error(
        "u,s,2017-01-01,a,purchase,-1\n",
        &["line 2", "'quantity'", "'-1'", "0 or more"],
    );
    check_events_error(
        "u,s,2017-01-01,a,purchase,many\n",
        &["line 2", "'quantity'", "'many'"],
    );
    check_events_error("u,,2017-01-01,a,purchase,1\n", &["line 2", "'session_id'"]);
    check_events_error("", &["a header but no rows"]);
}

#[test]
fn cases_keep_shots_by_position_and_visits_latest_first() {
    let folder = Folder::new();
    let text = "case_id,user_id,k,visit,position,item_id\nx,u,2,0,1,b\nx,u,2,-3,0,a\nx,u,2,0,0,a\nx,u,2,-1,0,c\nx,u,2,-1,1,nope\ny,v,0,0,0,a\n";
    let cases = read_cases(&folder.file("c.csv", text), &shop()).unwrap();
    assert_eq!(cases.unknown.rows, 1);
    let [x, y] = &cases.cases[..] else {
        panic!("two cases")
    };
    assert_eq!(x.context, [ItemIx(0), ItemIx(1)]);
    assert_eq!(x.visits, [vec![ItemIx(2)], vec![], vec![ItemIx(0)]]);
    assert_eq!(
        (y.id.as_str(), y.user.as_str(), y.k, y.visits.len()),
        ("y", "v", 0, 0)
    );
    let truth = read_truth(
        &folder.file("t.csv", "case_id,item_id\nx,c\nx,nope\n"),
        &shop(),
        &cases,
    )
    .unwrap();
    assert_eq!(truth.relevant, [vec![ItemIx(2)], vec![]]);
    assert_eq!(truth.unknown.rows, 1);
    let message = read_truth(
        &folder.file("t.csv", "case_id,item_id\nx,c\nz,c\n"),
        &shop(),
        &cases,
    )
    .unwrap_err()
    .to_string();
    assert!(
        message.contains("t.csv, line 3, field 'case_id'") && message.contains("'z'"),
        "{message}"
    );
}

#[test]
fn a_case_that_contradicts_itself_is_an_error() {
    let folder = Folder::new();
    let check = |rows: &str, parts: &[&str]| {
        let path = folder.file(
            "c.csv",
            format!("case_id,user_id,k,visit,position,item_id\n{rows}"),
        );
        let message = read_cases(&path, &shop()).unwrap_err().to_string();
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
    };
    check("x,u,2,0,0,a\nx,u,3,0,1,b\n", &["line 3", "'k'", "2 as in"]);
    check("x,u,2,0,0,a\nx,w,2,0,1,b\n", &["line 3", "'user_id'"]);
    check("x,u,2,1,0,a\n", &["line 2", "'visit'", "-1, -2"]);
    check("x,u,2,-2000000000,0,a\n", &["line 2", "'visit'"]);
    check("x,u,-2,0,0,a\n", &["line 2", "'k'"]);
    check("x,u,2,0,first,a\n", &["line 2", "'position'", "'first'"]);
}

#[test]
fn every_table_comes_back_from_csv_and_from_parquet() {
    let folder = Folder::new();
    for extension in ["csv", "parquet"] {
        let path = |name: &str| folder.path(&format!("{name}.{extension}"));
        let events = ["a", "b"].map(|item_id| EventRow {
            user_id: "u",
            session_id: "s",
            time_s: 1_483_271_606,
            item_id,
            kind: EventKind::Purchase,
            quantity: 3,
        });
        write_events(&path("events"), events).unwrap();
        let log = read_events(&path("events"), &shop()).unwrap();
        assert_eq!(
            (
                log.events,
                log.sessions[0].time_s,
                log.sessions[0].items[1].quantity
            ),
            (2, 1_483_271_606, 3.0)
        );
        let case = |case_id, position, item_id| CaseRow {
            case_id,
            user_id: "u",
            k: 2,
            visit: 0,
            position,
            item_id,
            time_s: None,
        };
        write_cases(&path("cases"), [case("x", 0, "b"), case("x", 1, "a")]).unwrap();
        let cases = read_cases(&path("cases"), &shop()).unwrap();
        assert_eq!(cases.cases[0].context, [ItemIx(1), ItemIx(0)]);
        let earlier = CaseRow {
            visit: -2,
            ..case("x", 0, "c")
        };
        write_return_cases(&path("returning"), [case("x", 0, "b"), earlier]).unwrap();
        let returning = read_cases(&path("returning"), &shop()).unwrap();
        assert_eq!(returning.cases[0].visits, [vec![], vec![ItemIx(2)]]);
        let timed = |row| CaseRow {
            time_s: Some(1_483_271_606),
            ..row
        };
        let rows = [timed(case("x", 0, "b")), timed(earlier)];
        write_return_cases(&path("timed"), rows).unwrap();
        let timed = read_cases(&path("timed"), &shop()).unwrap();
        assert_eq!(timed.cases[0].day, Some(17_167));
        assert_eq!(timed.cases[0].visits, returning.cases[0].visits);
        write_truth(&path("truth"), [("x", "c")]).unwrap();
        assert_eq!(
            read_truth(&path("truth"), &shop(), &cases)
                .unwrap()
                .relevant,
            [[ItemIx(2)]]
        );
    }
    write_recs(
        &folder.path("r.csv"),
        [RecRow {
            case_id: "x",
            rank: 1,
            item_id: &"c".into(),
            score: 0.25,
        }],
    )
    .unwrap();
    assert_eq!(
        std::fs::read_to_string(folder.path("r.csv")).unwrap(),
        "case_id,rank,item_id,score\nx,1,c,0.25\n"
    );
}

#[test]
fn the_time_of_a_case_is_optional_and_the_same_in_all_rows_of_a_visit() {
    let folder = Folder::new();
    let path = folder.path("cases.csv");
    let case = |time_s| CaseRow {
        case_id: "x",
        user_id: "u",
        k: 1,
        visit: 0,
        position: 0,
        item_id: "b",
        time_s,
    };
    write_cases(&path, [case(None)]).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, "case_id,user_id,k,position,item_id\nx,u,1,0,b\n");
    assert_eq!(read_cases(&path, &shop()).unwrap().cases[0].day, None);
    write_cases(&path, [case(Some(1_483_271_606))]).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        text,
        "case_id,user_id,k,position,item_id,time\nx,u,1,0,b,2017-01-01 11:53:26\n"
    );
    assert_eq!(
        read_cases(&path, &shop()).unwrap().cases[0].day,
        Some(17_167)
    );
    for (second, expected) in [
        (
            "2017-01-02",
            "2017-01-01 11:53:26 as in the rows of this visit of case",
        ),
        (
            "",
            "2017-01-01 11:53:26 as in the rows of this visit of case",
        ),
        ("noon", "a time such as"),
    ] {
        std::fs::write(&path, format!("{text}x,u,1,1,a,{second}\n")).unwrap();
        let error = read_cases(&path, &shop()).unwrap_err().to_string();
        for part in ["line 3", "'time'", expected] {
            assert!(error.contains(part), "{second}: {error}");
        }
    }
}

/// Text that tries to break out of its field: separators, quotes, line ends, a BOM, blanks at the
/// ends.
fn hostile() -> impl Strategy<Value = String> {
    proptest::collection::vec(prop_oneof!["[,;\"'\n\r\t >|\u{feff}]", "\\PC"], 0..12)
        .prop_map(|parts| parts.concat())
}

fn any_item() -> impl Strategy<Value = Item> {
    let path = proptest::collection::vec("[a-z&,\"]{1,6}( [a-z]{1,3})?", 0..4);
    // Tags, entities and what stands for a missing value (`\N`) are taken out on purpose.
    let hostile = || {
        let text = hostile().prop_map(|text| text.replace(['<', '&'], ""));
        text.prop_filter("a missing value", |text| !is_missing(text.trim()))
    };
    let price = proptest::option::of(0f32..1e9);
    (
        hostile(),
        path,
        hostile(),
        hostile(),
        price,
        "[0-9a-f-]{0,9}",
    )
        .prop_map(|(title, category, brand, size, price, picture)| {
            let mut item = Item::new("id", &title);
            (
                item.category,
                item.brand,
                item.size,
                item.price,
                item.picture,
            ) = (category, brand, size, price, picture);
            item
        })
}

proptest! {
    #[test]
    fn items_come_back_whatever_their_titles(mut items in proptest::collection::vec(any_item(), 1..9), note in hostile()) {
        for (at, item) in items.iter_mut().enumerate() {
            item.id.0 = format!("i{at}");
            if item.title.trim().is_empty() {
                item.title.push('x');
            }
        }
        let folder = Folder::new();
        let extra = vec![("a \"note\", kept".to_owned(), vec![note; items.len()])];
        for name in ["items.csv", "items.parquet"] {
            write_items(&folder.path(name), &items, &extra).unwrap();
            let file = read_items(&folder.path(name)).unwrap();
            prop_assert_eq!(file.catalogue.items(), &items[..]);
            prop_assert_eq!(&file.extra, &extra);
        }
    }

    #[test]
    fn a_damaged_parquet_file_is_read_or_refused(at in 0usize..4_000, mask in 1u8..) {
        let folder = Folder::new();
        let path = folder.path("items.parquet");
        write_items(&path, shop().items(), &[]).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        let at = at % bytes.len();
        bytes[at] ^= mask;
        std::fs::write(&path, bytes).unwrap();
        let _ = read_items(&path);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), parquet in any::<bool>()) {
        let folder = Folder::new();
        let bytes = if parquet { [b"PAR1", &bytes[..], b"PAR1"].concat() } else { bytes };
        let path = folder.file("items.csv", bytes);
        prop_assert!(read_items(&path).is_err());
        prop_assert!(read_events(&path, &shop()).is_err());
        prop_assert!(read_cases(&path, &shop()).is_err());
    }
}
