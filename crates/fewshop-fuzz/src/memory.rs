//! The page's own readers: the device's memory and the catalogue file.

use std::sync::LazyLock;

use fewshop_core::checksum::crc32;
use fewshop_core::protocol::limits::{MAX_ASKED, MAX_ASKED_ITEMS};
use fewshop_core::{Event, EventKind, ItemIx, Session};
use fewshop_web::state::{
    Cart, Catalogue, MAX_ASKED_LETTERS, MAX_EVENTS, MAX_QUANTITY, MAX_WITHOUT, Memory, Question,
    STORED_MAX_VISITS, SessionLog,
};

use crate::program::Program;

const NOW: u32 = 1_732_000_000;

const SHOP: &str = r##"{"pack":"00000000000000aa","currency":"USD","items":{
    "id":["milk","banana","cheddar","fig","rye"],
    "title":{"words":["Whole milk","Bananas","Shredded cheddar","Fig newtons","Rye bread"],"of":"!!!!!"},
    "category":"!!!$!",
    "brand":{"words":["House brand","","National brand"],"of":"!!!$%"},
    "size":{"words":["1 gal","per lb","8 oz","","20 oz"],"of":"!!!!!"},
    "price":{"words":[269,59,167,null,129],"of":"!!!!!"},
    "picture":{"words":["1f95b","1f34c","1f9c0","","1f35e"],"of":"!!!!!"}},
    "categories":[["Dairy & eggs","Milk"],["Produce","Fruit"],["Dairy & eggs","Cheese"],["Bakery","Bread"],["Empty"],[]],
    "popularity":[1,0],"note":"toy"}"##;

static CATALOGUE: LazyLock<Catalogue> =
    LazyLock::new(|| Catalogue::parse(SHOP).expect("the shop is written above"));

static SEED: LazyLock<String> = LazyLock::new(|| {
    let events = [
        (0, EventKind::View),
        (4, EventKind::Cart),
        (1, EventKind::Dismiss),
    ];
    let events = events
        .map(|(item, kind)| Event::new(ItemIx(item), kind))
        .into();
    let session = Session {
        events,
        visits: vec![vec![ItemIx(2)], vec![ItemIx(3), ItemIx(0)]],
        ..Session::default()
    };
    let mut log = SessionLog::of(session, vec![NOW - 900, NOW - 9000], NOW, NOW);
    log.unlearn(ItemIx(1), true);
    for (text, without) in [
        ("something for a cat, no \"figs\"", vec![ItemIx(3)]),
        ("猫", vec![]),
    ] {
        let items = vec![ItemIx(0), ItemIx(2), ItemIx(4)];
        log.ask(Question::new(text, items, without).expect("it has words and products"));
    }
    Memory::write(&log, &Cart::of([(ItemIx(4), 2)]), &CATALOGUE)
        .expect("there is an entry to remember")
});

/// The target.
pub(crate) fn run(input: &[u8]) -> usize {
    let mut program = Program::new(input);
    match program.byte() % 8 {
        0 => {
            let mut bytes = SHOP.as_bytes().to_vec();
            program.damage(&mut bytes);
            let text = String::from_utf8_lossy(&bytes);
            if let Ok(shop) = Catalogue::parse(&text) {
                // For every valid file, all of its products can be looked up and remembered.
                assert!((0..shop.len()).all(|row| shop.product(ItemIx::from(row)).is_some()));
                check(&SEED, &shop, NOW);
            }
            bytes.len()
        }
        1 => read(program.rest().to_vec(), NOW),
        how => {
            let mut json = SEED.as_bytes()[8..].to_vec();
            program.damage(&mut json);
            let now = program.one_of(&[NOW, NOW, 0, u32::MAX, NOW + 1_800, NOW + 2_592_000]);
            if how < 7 {
                json.splice(0..0, format!("{:08x}", crc32(&json)).into_bytes());
            }
            read(json, now)
        }
    }
}

fn read(bytes: Vec<u8>, now: u32) -> usize {
    // The browser passes a string, so invalid UTF-8 cannot occur.
    let text = String::from_utf8_lossy(&bytes);
    check(&text, &CATALOGUE, now);
    bytes.len()
}

fn check(text: &str, shop: &Catalogue, now: u32) {
    let Ok(memory) = Memory::read(text, shop, now) else {
        return;
    };
    let (session, rows) = (memory.log.session(), shop.len());
    let asked = memory.log.asked();
    let all = session
        .events
        .iter()
        .map(|event| event.item)
        .chain(session.visits.iter().flatten().copied())
        .chain(asked.iter().flat_map(Question::items).copied())
        .chain(asked.iter().flat_map(Question::without).copied());
    assert!(all.chain(memory.cart.items()).all(|item| item.row() < rows));
    assert!(session.events.len() <= MAX_EVENTS && session.visits.len() <= STORED_MAX_VISITS);
    assert!(asked.iter().len() <= MAX_ASKED);
    assert!(asked.iter().all(|question| {
        let letters = question.text().chars().count();
        (1..=MAX_ASKED_LETTERS).contains(&letters)
            && (1..=MAX_ASKED_ITEMS).contains(&question.items().len())
            && question.without().len() <= MAX_WITHOUT
    }));
    assert!(
        session.visits.len() == memory.log.ended().len()
            && memory.log.ended().iter().all(|&ended| ended <= now)
    );
    assert!(
        memory
            .cart
            .lines()
            .iter()
            .all(|line| (1..=MAX_QUANTITY).contains(&line.quantity))
    );
    // A memory that was read can be written and read again without a change.
    if let Some(again) = Memory::write(&memory.log, &memory.cart, shop) {
        assert_eq!(
            Memory::read(&again, shop, now).as_ref(),
            Ok(&memory),
            "{again}"
        );
    }
}
