use std::cell::RefCell;

use fewshop_core::{EventKind, Item, ItemIx};

use super::*;
use crate::business_rules::Pin;
use crate::toy;

thread_local! {
    /// Contents of the made-up section: a note for each item.
    static NOTES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

const NAME: &str = "notes";

/// A new section: the trait lists everything that it must do.
struct Notes;

impl section::Section for Notes {
    const NAMES: &'static [&'static str] = &[NAME];
    const SINCE: u32 = FORMAT_VERSION + 1;
    const NEEDS_CATALOGUE: bool = true;

    fn write(_: &PackParts, out: &mut Writer, _: &mut Meta) -> Result<bool, PackError> {
        NOTES.with_borrow(|notes| out.utf8(NAME, &notes.join("\n")));
        Ok(true)
    }

    fn read(file: &Container<'_>, _: &mut Meta, _: &mut PackParts) -> Result<(), PackError> {
        let lines = file.utf8(NAME)?.lines().map(str::to_owned).collect();
        NOTES.set(lines);
        Ok(())
    }

    fn check(parts: &PackParts) -> Result<(), PackError> {
        let found = NOTES.with_borrow(Vec::len);
        section::check_length(NAME, found, parts.catalogue.len())
    }

    fn reorder(_: &PackParts, order: &RowOrder, _: &mut PackParts) -> Result<(), PackError> {
        NOTES.with_borrow_mut(|notes| *notes = order.permuted(notes));
        Ok(())
    }

    fn grow(_: &PackParts, added: &[NewItem], _: &mut PackParts) -> Result<(), PackError> {
        NOTES.with_borrow_mut(|notes| {
            notes.extend(added.iter().map(|new| format!("new {}", new.item.id)));
        });
        Ok(())
    }
}

type WithNotes = (Notes, sections::All);

fn new_item(id: &str) -> NewItem {
    NewItem {
        item: Item::new(id, "Something new"),
        neighbours: vec![(3, 0.5), (4, 0.5)],
        vector: None,
    }
}

#[test]
fn a_section_in_the_list_is_written_read_checked_reordered_and_grown() {
    let pack = toy::pack();
    let n = pack.catalogue().len();
    NOTES.set((0..n).map(|row| format!("note {row}")).collect());
    let (mut out, mut meta) = (Writer::default(), Meta::default());
    let version = WithNotes::write(pack.parts(), &mut out, &mut meta).unwrap();
    assert_eq!(version, FORMAT_VERSION + 1, "the file needs a new version");
    assert!(WithNotes::knows(NAME, version) && !WithNotes::knows(NAME, FORMAT_VERSION));
    assert!(!sections::All::knows(NAME, version));
    let bytes = out.finish(FORMAT_VERSION, &meta).unwrap();
    NOTES.set(Vec::new());
    assert!(WithNotes::check(pack.parts()).is_err());
    let file = Container::parse(&bytes, None).unwrap();
    let mut parts = PackParts::default();
    WithNotes::read(&file, &mut Meta::read(&file).unwrap(), &mut parts).unwrap();
    assert_eq!(&parts, pack.parts());
    assert!(WithNotes::check(&parts).is_ok());

    let backwards: Vec<usize> = (0..n).rev().collect();
    let moved = reordered::<WithNotes>(&parts, &backwards).unwrap();
    assert!(WithNotes::check(&moved).is_ok());
    NOTES.with_borrow(|notes| assert_eq!(notes[0], format!("note {}", n - 1)));

    let more = grown::<WithNotes>(&moved, &[new_item("a"), new_item("b")]).unwrap();
    assert!(WithNotes::check(&more).is_ok());
    NOTES.with_borrow(|notes| assert_eq!(notes[n..], ["new a", "new b"]));
    assert_eq!(more.new_items, [n as u32, n as u32 + 1]);
}

#[test]
fn reordering_and_reordering_back_gives_the_same_pack() {
    let pack = toy::pack().edit(|parts| {
        parts.seasonal_counts = (0..60).collect();
        parts.rules.pins = vec![Pin::from((ItemIx(7), 1))];
        parts.rules.exclude = vec![ItemIx(50), ItemIx(2)];
        parts.new_items = vec![1, 58];
    });
    let pack = pack.unwrap();
    let order: Vec<usize> = (0..60).map(|row| row * 7 % 60).collect();
    let mut back = vec![0; 60];
    order
        .iter()
        .enumerate()
        .for_each(|(new, &old)| back[old] = new);
    let moved = pack.reordered(&order).unwrap();
    assert_ne!(moved.parts(), pack.parts());
    let rule = moved.rules().pins[0].item.row();
    assert_eq!(
        moved.catalogue().items()[rule].id,
        pack.catalogue().items()[7].id
    );
    let again = moved.reordered(&back).unwrap();
    // Pairs of a row have no order of their own: the file sorts them, and so does the first move.
    assert_eq!(
        again.to_bytes().unwrap(),
        pack.to_bytes().unwrap(),
        "the same file"
    );
    for wrong in [&order[1..], &[0; 60][..], &[]] {
        assert_eq!(pack.reordered(wrong).unwrap_err().code(), "pack_field");
    }
}

#[test]
fn a_pack_from_a_program_with_fewer_kinds_of_events_is_read() {
    let whole = toy::pack();
    let file_of = |kinds: Vec<f32>| {
        let mut parts = whole.parts().clone();
        parts.encoder.kind = kinds;
        let (mut out, mut meta) = (Writer::default(), Meta::default());
        let version = sections::All::write(&parts, &mut out, &mut meta).unwrap();
        out.finish(version, &meta).unwrap()
    };
    let kinds = &whole.encoder().kind;
    let pack = Pack::from_bytes(&file_of(kinds[..3].to_vec())).unwrap();
    assert_eq!(pack.encoder().kind[..3], kinds[..3]);
    assert_eq!(
        pack.encoder().kind[3],
        kinds[EventKind::View as usize],
        "a kind unknown to the training weighs as much as a view"
    );
    let mut more = kinds.clone();
    more.push(0.5);
    for wrong in [more, Vec::new()] {
        let problem = Pack::from_bytes(&file_of(wrong)).unwrap_err().to_string();
        assert!(problem.contains("kinds of events"), "{problem}");
    }
}

#[test]
fn a_changed_pack_loses_its_fingerprint() {
    let zeros = "0".repeat(16);
    type Change = (&'static str, fn(&mut PackParts));
    let changes: [Change; 9] = [
        ("card", |parts| parts.card.shop.push('!')),
        ("config", |parts| parts.config.adapter_steps += 1),
        ("popularity", |parts| parts.popularity[0] += 1),
        ("item_table", |parts| parts.item_table.bias[0] += 1.0),
        ("ranker", |parts| parts.ranker.b2 += 1.0),
        ("rules", |parts| parts.rules.exclude = vec![ItemIx(1)]),
        ("attributes", |parts| parts.attributes = None),
        ("new_items", |parts| parts.new_items = vec![2]),
        ("seasonal_counts", |parts| {
            parts.seasonal_counts = vec![1; 60]
        }),
    ];
    for (part, change) in changes {
        let pack = toy::pack();
        assert_ne!(pack.fingerprint(), zeros);
        let changed = pack.edit(change).unwrap();
        assert_eq!(changed.fingerprint(), zeros, "{part}");
    }
    let order: Vec<usize> = (0..60).collect();
    assert_eq!(toy::pack().reordered(&order).unwrap().fingerprint(), zeros);
    let grown = toy::pack().grown(&[new_item("x")]).unwrap();
    assert_eq!(grown.fingerprint(), zeros);
}

#[test]
fn a_change_that_does_not_fit_is_refused() {
    let shorter = toy::pack().edit(|parts| parts.popularity.truncate(3));
    assert_eq!(shorter.unwrap_err().code(), "pack_field");
    let mut far = new_item("x");
    far.neighbours = vec![(60, 1.0)];
    assert_eq!(toy::pack().grown(&[far]).unwrap_err().code(), "pack_field");
    let twice = toy::pack().grown(&[new_item("toy3")]);
    assert_eq!(twice.unwrap_err().code(), "pack_field");
}

#[test]
fn a_refresh_with_odd_weights_is_refused() {
    for (count_weight, keep) in [
        (-1.0, 24),
        (f32::NAN, 24),
        (f32::INFINITY, 24),
        (1e9, 24),
        (1.0, 0),
        (1.0, 70_000),
    ] {
        let refresh = crate::RefreshConfig {
            count_weight,
            regression_weight: 1.0,
            length_power: 0.5,
            ridge: 4.0,
            keep: [keep, 20, 20],
            counted_until: 0,
        };
        let refused = toy::pack().edit(|parts| parts.config.refresh = Some(refresh));
        let text = refused.unwrap_err().to_string();
        assert!(text.contains("config.refresh"), "{text}");
    }
}
