use super::*;
use crate::state::catalogue::toy;
use crate::state::session::{KEEP, VISIT_GAP};
use crate::state::{MAX_EVENTS, STORED_MAX_VISITS};

const NOW: u32 = 1_732_000_000;

fn session() -> Session {
    let events = vec![
        Event::new(ItemIx(0), EventKind::View),
        Event::new(ItemIx(4), EventKind::Cart),
    ];
    Session {
        events,
        visits: vec![vec![ItemIx(2)], vec![ItemIx(3), ItemIx(0)]],
        ..Session::default()
    }
}

fn memory() -> Memory {
    Memory {
        log: SessionLog::of(session(), vec![NOW - 900, NOW - 9000], NOW, NOW),
        cart: Cart::of([(ItemIx(4), 2)]),
    }
}

fn text() -> String {
    Memory::write(&memory().log, &memory().cart, &toy()).unwrap()
}

fn with_checksum(json: &str) -> String {
    checksum(json) + json
}

#[test]
fn the_checksum_is_the_crc_of_zip() {
    assert_eq!(checksum("123456789"), "cbf43926");
}

#[test]
fn what_is_written_is_read_back() {
    assert_eq!(Memory::read(&text(), &toy(), NOW), Ok(memory()));
    assert!(
        text()[8..].starts_with(r#"{"version":2,"last":1732000000,"events":["view","#),
        "{}",
        text()
    );
}

#[test]
fn what_is_switched_off_stays_off_even_where_nothing_else_is_kept() {
    for extra in Extra::ALL {
        let mut log = SessionLog::default();
        log.show(extra, false);
        let text =
            Memory::write(&log, &Cart::default(), &toy()).expect("a choice is worth keeping");
        assert!(
            text.contains(&format!(r#""hidden":["{}"]"#, extra.name())),
            "{text}"
        );
        let mut back = Memory::read(&text, &toy(), log.last()).unwrap().log;
        assert_eq!(
            Extra::ALL.map(|other| back.shows(other)),
            Extra::ALL.map(|other| other != extra)
        );
        back.forget();
        assert!(!back.shows(extra), "a choice is no memory of the shopper");
        back.show(extra, true);
        assert!(back.is_default());
    }
}

fn rows(rows: &[u32]) -> Vec<ItemIx> {
    rows.iter().copied().map(ItemIx).collect()
}

fn asked() -> Memory {
    let mut memory = memory();
    for (text, items, without) in [
        ("something for a \"cat\"", &[0, 2][..], &[3, 1][..]),
        ("猫", &[4], &[]),
    ] {
        let question = Question::new(text, rows(items), rows(without));
        memory.log.ask(question.unwrap());
    }
    memory
}

#[test]
fn what_was_asked_is_kept_as_words_and_ids_until_the_visit_is_over() {
    let asked = asked();
    let text = Memory::write(&asked.log, &asked.cart, &toy()).unwrap();
    assert!(
        text.ends_with(r#","asked":[["something for a \"cat\"","2","milk","cheddar","fig","banana"],["猫","1","rye"]]}"#),
        "{text}"
    );
    assert_eq!(Memory::read(&text, &toy(), NOW).as_ref(), Ok(&asked));
    let later = Memory::read(&text, &toy(), NOW + VISIT_GAP).unwrap();
    assert!(later.log.asked().is_empty());
    assert_eq!(later.log.session().visits.len(), 3);
    // A question is worth keeping by itself.
    let mut log = SessionLog::default();
    log.at(NOW);
    log.ask(Question::new("a cat", rows(&[0]), Vec::new()).unwrap());
    let text = Memory::write(&log, &Cart::default(), &toy()).unwrap();
    assert_eq!(Memory::read(&text, &toy(), NOW).unwrap().log, log);
}

/// Words, examples and what they exclude.
type Parts = (String, Vec<ItemIx>, Vec<ItemIx>);

/// The questions of a text with this list of them.
fn questions(list: &str) -> Result<Vec<Parts>, MemoryError> {
    let json = format!(
        r#"{{"version":2,"last":{NOW},"events":[],"visits":[],"cart":[],"gifts":["fig"],"asked":{list}}}"#
    );
    let memory = Memory::read(&with_checksum(&json), &toy(), NOW)?;
    let asked = memory.log.asked().iter();
    let of = |question: &Question| {
        let (items, without) = (question.items(), question.without());
        (question.text().to_owned(), items.to_vec(), without.to_vec())
    };
    Ok(asked.map(of).collect())
}

#[test]
fn stored_questions_are_cut_to_their_bounds_or_dropped() {
    let row = ItemIx;
    assert_eq!(
        questions(r#"[["a","2","milk","gone","gone","rye"]]"#),
        Ok(vec![("a".into(), vec![row(0)], vec![row(4)])])
    );
    // Without words, without products, or with a gift for a product.
    let none = r#"[[" ","1","milk"],["a","0","milk"],["b","1","gone"],["c","1","fig"]]"#;
    assert_eq!(questions(none), Ok(Vec::new()));
    // More examples than there are ids, and the same words twice.
    assert_eq!(
        questions(r#"[["a","4000000000","milk"],[" a ","1","rye","milk"]]"#),
        Ok(vec![("a".into(), vec![row(4)], vec![row(0)])])
    );
    let long = format!(r#"[["{}","9"{}]]"#, "x".repeat(999), r#","milk""#.repeat(9));
    let long = questions(&long).unwrap();
    assert_eq!((long[0].0.len(), long[0].1.len()), (80, 5));
    let many: Vec<String> = (0..9).map(|at| format!(r#"["{at}","1","milk"]"#)).collect();
    let many = questions(&format!("[{}]", many.join(","))).unwrap();
    let texts: Vec<&str> = many.iter().map(|(text, ..)| text.as_str()).collect();
    assert_eq!(texts, ["4", "5", "6", "7", "8"]);
    for corrupt in [r#"[["a"]]"#, "[[]]", r#"["a"]"#, r#"[["a","b"]]"#, "7"] {
        let read = questions(corrupt);
        assert!(
            matches!(read, Err(MemoryError::Corrupt(_))),
            "{corrupt}: {read:?}"
        );
    }
}

#[test]
fn where_nothing_was_done_nothing_is_written() {
    assert_eq!(
        Memory::write(&SessionLog::default(), &Cart::default(), &toy()),
        None
    );
    let mut forgotten = memory().log;
    forgotten.forget();
    assert_eq!(Memory::write(&forgotten, &Cart::default(), &toy()), None);
    assert!(Memory::write(&forgotten, &memory().cart, &toy()).is_some());
}

#[test]
fn products_that_are_gone_are_left_out() {
    let json = r#"{"version":2,"last":1732000000,"events":["view","gone","view","milk"],
        "visits":[["1731999000","gone"],[],["1731990000","gone","rye"]],"cart":["3","gone","1","rye"]}"#;
    let back = Memory::read(&with_checksum(json), &toy(), NOW).unwrap();
    assert_eq!(
        back.log.session().events,
        [Event::new(ItemIx(0), EventKind::View)]
    );
    assert_eq!(
        (back.log.session().visits.as_slice(), back.log.ended()),
        (&[vec![ItemIx(4)]][..], &[1_731_990_000][..])
    );
    assert_eq!(back.cart.items(), [ItemIx(4)]);
}

#[test]
fn a_text_that_was_cut_or_changed_is_dropped_whole() {
    let (shop, text) = (toy(), text());
    for cut in 0..text.len() {
        assert_eq!(
            Memory::read(&text[..cut], &shop, NOW),
            Err(MemoryError::Checksum),
            "cut at {cut}"
        );
    }
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        let changed = String::from_utf8(bytes).unwrap();
        assert_eq!(
            Memory::read(&changed, &shop, NOW),
            Err(MemoryError::Checksum),
            "changed at {at}"
        );
    }
    assert_eq!(
        Memory::read("häßlich, aber Text", &shop, NOW),
        Err(MemoryError::Checksum)
    );
}

#[test]
fn a_good_checksum_does_not_make_nonsense_good() {
    let (shop, text) = (toy(), text());
    for (from, to) in [
        ("\"view\"", "\"lick\""),
        ("\"view\",", ""),
        ("\"2\"", "\"two\""),
        ("\"2\"", "\"-2\""),
        ("[[\"1", "[[\"x1"),
        ("1732000000", "-1"),
        ("{", "["),
    ] {
        let odd = with_checksum(&text[8..].replacen(from, to, 1));
        assert_ne!(odd, text, "{from}");
        assert!(
            matches!(Memory::read(&odd, &shop, NOW), Err(MemoryError::Corrupt(_))),
            "{odd}"
        );
    }
}

#[test]
fn another_version_is_told_apart_from_corruption() {
    let newer = with_checksum(r#"{"version":3,"new":true}"#);
    assert_eq!(
        Memory::read(&newer, &toy(), NOW),
        Err(MemoryError::Version(3))
    );
}

#[test]
fn what_version_1_remembered_is_taken_over_as_of_now() {
    let old = r#"{"version":1,"events":["view","milk","cart","rye"],"visits":[["rye"]],"cart":["2","rye"]}"#;
    let back = Memory::read(old, &toy(), NOW).unwrap();
    let events = vec![
        Event::new(ItemIx(0), EventKind::View),
        Event::new(ItemIx(4), EventKind::Cart),
    ];
    assert_eq!(
        back.log.session(),
        &Session {
            events,
            visits: vec![vec![ItemIx(4)]],
            ..Session::default()
        }
    );
    assert_eq!(
        (
            back.log.last(),
            back.log.ended(),
            back.cart.quantity(ItemIx(4))
        ),
        (NOW, &[NOW][..], 2)
    );
    for bad in [
        "{",
        r#"{"version":1,"events":["view"],"visits":[],"cart":[]}"#,
    ] {
        assert!(
            matches!(Memory::read(bad, &toy(), NOW), Err(MemoryError::Corrupt(_))),
            "{bad}"
        );
    }
}

#[test]
fn who_comes_back_after_half_an_hour_begins_a_new_visit_with_the_cart_kept() {
    let back = Memory::read(&text(), &toy(), NOW + VISIT_GAP).unwrap();
    assert!(back.log.session().events.is_empty());
    assert_eq!(
        back.log.session().visits,
        [vec![ItemIx(4)], vec![ItemIx(2)], vec![ItemIx(3), ItemIx(0)]]
    );
    assert_eq!((back.log.ended()[0], back.cart), (NOW, memory().cart));
}

#[test]
fn what_is_forgotten_in_another_tab_leaves_cart_and_settings() {
    let mut memory = memory();
    memory.log.at(NOW);
    memory.log.set_learning(Learning::Paused);
    memory.log.forgotten(NOW);
    assert!(memory.log.is_blank());
    // It can be undone where it was done.
    assert_eq!(memory.log.undoable(), None);
    let text = Memory::write(&memory.log, &memory.cart, &toy()).unwrap();
    let back = Memory::read(&text, &toy(), NOW).unwrap();
    assert_eq!(back, memory);
    assert!(!back.cart.is_empty());
    assert_eq!(back.log.learning(), Learning::Paused);
}

#[test]
fn after_thirty_days_all_is_forgotten() {
    assert_ne!(
        Memory::read(&text(), &toy(), NOW + KEEP - 1),
        Ok(Memory::default())
    );
    assert_eq!(
        Memory::read(&text(), &toy(), NOW + KEEP),
        Ok(Memory::default())
    );
}

#[test]
fn a_clock_that_was_set_back_loses_nothing() {
    let back = Memory::read(&text(), &toy(), NOW - 2 * KEEP).unwrap();
    assert_eq!((back.log.session(), back.cart), (&session(), memory().cart));
    assert_eq!(
        (back.log.last(), back.log.ended()),
        (NOW - 2 * KEEP, &[NOW - 2 * KEEP; 2][..])
    );
}

#[test]
fn no_more_comes_back_than_the_bounds_allow() {
    let shop = toy();
    let long: Vec<_> = (0..MAX_EVENTS + 50)
        .map(|n| Event::new(ItemIx((n % 5) as u32), EventKind::View))
        .collect();
    let visits = vec![format!("[\"{NOW}\",\"rye\"]"); STORED_MAX_VISITS + 5].join(",");
    let events: Vec<String> = long
        .iter()
        .map(|event| format!("\"view\",\"{}\"", shop.id(event.item)))
        .collect();
    let json = format!(
        r#"{{"version":2,"last":{NOW},"events":[{}],"visits":[{visits}],"cart":[]}}"#,
        events.join(",")
    );
    let back = Memory::read(&with_checksum(&json), &shop, NOW).unwrap();
    assert_eq!(back.log.session().events, long[50..]);
    assert_eq!(back.log.session().visits.len(), STORED_MAX_VISITS);
}

#[test]
fn what_the_shopper_chose_comes_back() {
    let catalogue = toy();
    let mut log = SessionLog::default();
    log.at(NOW);
    log.cart(ItemIx(1));
    log.unlearn(ItemIx(1), true);
    log.correct("category/Bakery", Some(Correction::Less));
    log.set_learning(Learning::Paused);
    let text = Memory::write(&log, &Cart::default(), &catalogue).unwrap();
    assert_eq!(Memory::read(&text, &catalogue, NOW).unwrap().log, log);
}
