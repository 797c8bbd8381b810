//! Packs without a catalogue: all of it is missing, or none.

use super::*;
use crate::toy;
use crate::weights::TaskWeights;
use container::TASKS_VERSION;

fn tasks() -> BTreeMap<String, TaskWeights> {
    let weights = TaskWeights {
        settings: r#"{"rows": 3}"#.to_owned(),
        numbers: vec![0.5, -1.0],
    };
    BTreeMap::from([
        ("diagnosis".to_owned(), weights.clone()),
        (
            "credit".to_owned(),
            TaskWeights {
                numbers: vec![2.0],
                ..weights
            },
        ),
    ])
}

fn alone() -> PackParts {
    PackParts {
        card: Card {
            shop: "A clinic".to_owned(),
            ..Card::default()
        },
        tasks: tasks(),
        ..PackParts::default()
    }
}

#[track_caller]
fn check_refused(parts: PackParts, part: &str) {
    let problem = Pack::new(parts).unwrap_err().to_string();
    assert!(problem.contains(part), "{problem}");
}

#[test]
fn a_pack_of_tasks_alone_is_written_and_read() {
    let pack = Pack::new(alone()).unwrap();
    let bytes = pack.to_bytes().unwrap();
    let again = Pack::from_bytes(&bytes).unwrap();
    assert_eq!(again.parts(), &alone());
    assert!(!again.has_catalogue());
    assert_eq!(again.to_bytes().unwrap(), bytes, "the same file");
    let file = Container::parse(&bytes, None).unwrap();
    assert_eq!(file.version, TASKS_VERSION);
    assert_eq!(file.names().collect::<Vec<_>>(), ["tasks", "tasks.numbers"]);
}

#[test]
fn a_program_of_before_refuses_it_by_its_version() {
    let mut bytes = Pack::new(alone()).unwrap().to_bytes().unwrap();
    assert_eq!(bytes[8..12], TASKS_VERSION.to_le_bytes());
    // The same from the other side: this program and a file of the next version.
    bytes[8] = (FORMAT_VERSION + 1) as u8;
    let error = Pack::from_bytes(&bytes).unwrap_err();
    assert!(matches!(error, PackError::Version { .. }), "{error}");
}

#[test]
fn nothing_at_all_is_no_pack() {
    check_refused(PackParts::default(), "has no items");
}

#[test]
fn half_a_catalogue_is_refused() {
    let shop = toy::pack().parts().clone();
    // Everything of a shop but its items.
    let headless = PackParts {
        catalogue: Catalogue::default(),
        tasks: tasks(),
        ..shop.clone()
    };
    check_refused(headless, "has no items");
    let with = |change: fn(&mut PackParts)| {
        let mut parts = alone();
        change(&mut parts);
        parts
    };
    check_refused(with(|parts| parts.popularity = vec![1]), "has no items");
    check_refused(with(|parts| parts.item_table.d = 4), "has no items");
    check_refused(with(|parts| parts.ranker.b2 = 1.0), "has no items");
    check_refused(with(|parts| parts.new_items = vec![0]), "has no items");
    check_refused(
        with(|parts| parts.config.adapter_steps += 1),
        "has no items",
    );
    // Items without the rest.
    let bare = PackParts {
        catalogue: shop.catalogue,
        ..alone()
    };
    assert_eq!(Pack::new(bare).unwrap_err().code(), "pack_field");
}

#[test]
fn half_a_catalogue_in_a_file_is_refused() {
    let shop = toy::pack();
    let write = |change: &dyn Fn(&mut Writer, &mut Meta)| {
        let (mut out, mut meta) = (Writer::default(), Meta::default());
        <sections::All as Sections>::write(&alone(), &mut out, &mut meta).unwrap();
        change(&mut out, &mut meta);
        let bytes = out.finish(TASKS_VERSION, &meta).unwrap();
        Pack::from_bytes(&bytes)
            .map(|_| ())
            .unwrap_err()
            .to_string()
    };
    let vectors = write(&|out, _| out.u32("popularity", shop.popularity()));
    assert!(vectors.contains("no catalogue"), "{vectors}");
    let new_items = write(&|_, meta| meta.fresh = vec![1]);
    assert!(new_items.contains("together or not at all"), "{new_items}");
    // A catalogue is announced and not there.
    let announced = write(&|_, meta| {
        meta.items = 60;
        (meta.pair_count_min, meta.pair_count_max) = (1.0, 1.0);
        meta.features = crate::features::FEATURE_NAMES.map(str::to_owned).to_vec();
    });
    assert!(announced.contains("is missing"), "{announced}");
}

#[test]
fn an_older_version_has_neither_tasks_nor_packs_without_a_catalogue() {
    let (mut out, mut meta) = (Writer::default(), Meta::default());
    <sections::All as Sections>::write(&alone(), &mut out, &mut meta).unwrap();
    let bytes = out.finish(TASKS_VERSION - 1, &meta).unwrap();
    let error = Pack::from_bytes(&bytes).unwrap_err();
    assert!(error.to_string().contains("'tasks'"), "{error}");
}

#[test]
fn tasks_that_do_not_fit_are_refused_by_name() {
    let with = |change: fn(&mut BTreeMap<String, TaskWeights>)| {
        let mut parts = alone();
        change(&mut parts.tasks);
        parts
    };
    let named = |name: &str| {
        let mut parts = alone();
        parts.tasks.insert(name.to_owned(), TaskWeights::default());
        parts
    };
    for name in ["", "two words", "Credit", &"a".repeat(41)] {
        check_refused(named(name), "names of 1 to 40 small letters");
    }
    check_refused(
        with(|tasks| {
            let nan = TaskWeights {
                numbers: vec![f32::NAN],
                ..TaskWeights::default()
            };
            tasks.insert("nan".to_owned(), nan);
        }),
        "finite",
    );
    check_refused(
        with(|tasks| {
            let names = (b'a'..=b'p').map(|letter| char::from(letter).to_string());
            tasks.extend(names.map(|name| (name, TaskWeights::default())));
        }),
        "at most 16",
    );
    // Numbers that are announced and not there.
    let (mut out, mut meta) = (Writer::default(), Meta::default());
    meta.card = alone().card;
    out.utf8("tasks", r#"{"credit": {"settings": "", "numbers": 9}}"#);
    out.f32("tasks.numbers", &[1], &[0.5]);
    let bytes = out.finish(TASKS_VERSION, &meta).unwrap();
    let error = Pack::from_bytes(&bytes).unwrap_err();
    assert!(error.to_string().contains("tasks.numbers"), "{error}");
}
