//! The readers of CSV and Parquet, through files as in the commands.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use fewshop_core::{Catalogue, EventKind, Item, Place};
use fewshop_data::files::{
    CaseRow, EventRow, PromotionRow, read_cases, read_events, read_items, read_promotions,
    read_truth, write_events, write_items, write_promotions, write_return_cases,
};

use crate::program::Program;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let items = ["milk", "rye", "tea", "fig"].map(|id| {
        let mut item = Item::new(id, &format!("A thing called {id}"));
        item.category = vec!["Food".to_owned(), id.to_owned()];
        item.price = Some(1.25);
        item
    });
    Catalogue::new(items.into()).expect("ids differ")
});

struct Seeds {
    items: Vec<u8>,
    events: Vec<u8>,
    cases: Vec<u8>,
    promotions: Vec<u8>,
    parquet: [Vec<u8>; 3],
}

static SEEDS: LazyLock<Seeds> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let written = |name: &str, write: &dyn Fn(&Path)| {
        let path = folder.path().join(name);
        write(&path);
        std::fs::read(&path).expect("it was just written")
    };
    let extra = [(
        "shelf".to_owned(),
        ["a", "b,c", "\"d\"", ""].map(str::to_owned).to_vec(),
    )];
    let items =
        |path: &Path| write_items(path, CATALOGUE.items(), &extra).expect("items can be written");
    let events = |path: &Path| {
        let rows = (0..6).map(|n| EventRow {
            user_id: ["u1", "u2"][n % 2],
            session_id: ["s1", "s2", "s3"][n % 3],
            time_s: 1_700_000_000 + n as i64 * 60,
            item_id: ["milk", "rye", "tea", "none"][n % 4],
            kind: EventKind::ALL[n % 4],
            quantity: 1,
        });
        write_events(path, rows).expect("events can be written");
    };
    let cases = |path: &Path| {
        let rows = (0..6).map(|n| CaseRow {
            case_id: ["c1", "c2"][n / 3],
            user_id: "u1",
            k: 2,
            visit: -(n as i32 % 3),
            position: n as u32,
            item_id: ["milk", "rye", "tea"][n % 3],
            time_s: Some(1_700_000_000 - (n as i64 % 3) * 86_400),
        });
        write_return_cases(path, rows).expect("cases can be written");
    };
    let promotions = |path: &Path| {
        let rows = (0..4).map(|n| PromotionRow {
            item_id: ["milk", "rye", "tea", "none"][n % 4],
            from_day: 19_000 + n as i32,
            to_day: 19_006,
            share: 0.25,
            place: Place::ALL[n % 2],
        });
        write_promotions(path, rows).expect("promotions can be written");
    };
    Seeds {
        items: written("items.csv", &items),
        events: written("events.csv", &events),
        cases: written("cases.csv", &cases),
        promotions: written("promotions.csv", &promotions),
        parquet: [
            written("a.parquet", &items),
            written("b.parquet", &events),
            written("c.parquet", &cases),
        ],
    }
});

thread_local! {
    /// One file for each thread, overwritten each time, on the memory file system if there is one.
    static FILE: RefCell<Option<(tempfile::TempDir, PathBuf)>> = const { RefCell::new(None) };
}

pub(crate) fn with_file(bytes: &[u8], read: impl FnOnce(&Path)) {
    FILE.with_borrow_mut(|slot| {
        let (_, path) = slot.get_or_insert_with(|| {
            let memory = Path::new("/dev/shm");
            let folder = if memory.is_dir() {
                tempfile::tempdir_in(memory)
            } else {
                tempfile::tempdir()
            };
            let folder = folder.expect("there is a folder for temporary files");
            let path = folder.path().join("input");
            (folder, path)
        });
        std::fs::write(&*path, bytes).expect("the temporary file can be written");
        read(path);
    });
}

/// Words of the format, inserted anywhere.
const WORDS: [&str; 40] = [
    ",",
    "\n",
    "\r\n",
    "\r",
    "\"",
    "\"\"",
    ">",
    "\u{feff}",
    "\0",
    "é",
    "-1",
    "1e40",
    "NaN",
    "inf",
    "9999-12-31 23:59:60",
    "-292277022657-01-27",
    "2017-02-30T25:61:61Z",
    "99999999999999999999",
    "-10000",
    "-100",
    "visit",
    "item_id",
    "dismiss",
    "PAR1",
    ";",
    "\t",
    "sep=;\n",
    "nan",
    "N/A",
    "1.234,56 €",
    "1700000000000",
    "20231114",
    "45244.5",
    "03/04/2023",
    "&amp;gt;",
    "<b>",
    "1.7E+12",
    "{\"items\":[{}]}",
    "<item>",
    "]]>",
];

pub(crate) fn text(program: &mut Program<'_>, seed: &[u8]) -> Vec<u8> {
    if program.byte().is_multiple_of(8) {
        return program.rest().to_vec();
    }
    let mut bytes = seed.to_vec();
    for _ in 0..program.below(4) {
        let at = program.below(bytes.len() + 1);
        let word = program.one_of(&WORDS).as_bytes();
        let over = if program.byte().is_multiple_of(2) {
            word.len()
        } else {
            0
        };
        let end = (at + over).min(bytes.len());
        bytes.splice(at..end, word.iter().copied());
    }
    program.damage(&mut bytes);
    bytes
}

/// An error is a valid result if it is one line of limited length that names the file.
fn check_error<T>(read: Result<T, fewshop_data::files::FileError>) -> Option<T> {
    match read {
        Ok(value) => Some(value),
        Err(error) => {
            let text = error.to_string();
            assert!(
                text.contains("input") && text.len() < 4_000 && !text.contains('\n'),
                "{text:?}"
            );
            None
        }
    }
}

pub(crate) fn read_as_items(path: &Path) {
    if let Some(file) = check_error(read_items(path)) {
        assert!(!file.catalogue.is_empty());
        assert!(file.catalogue.items().iter().all(|item| {
            item.price
                .is_none_or(|price| price.is_finite() && price >= 0.0)
        }));
        assert!(
            file.extra
                .iter()
                .all(|(_, values)| values.len() == file.catalogue.len())
        );
    }
}

pub(crate) fn read_as_events(path: &Path) {
    if let Some(log) = check_error(read_events(path, &CATALOGUE)) {
        let items = || log.sessions.iter().flat_map(|session| &session.items);
        assert!(items().all(|item| item.item.row() < CATALOGUE.len()
            && item.quantity.is_finite()
            && item.quantity >= 0.0));
        assert!(log.sessions.windows(2).all(|w| w[0].time_s <= w[1].time_s));
        assert!(
            log.sessions
                .iter()
                .all(|session| (session.user as usize) < log.users.len()
                    && !session.items.is_empty())
        );
        assert!(items().count() <= log.events);
    }
}

fn read_as_cases(path: &Path) {
    if let Some(cases) = check_error(read_cases(path, &CATALOGUE)) {
        let rows = cases
            .cases
            .iter()
            .flat_map(|case| case.context.iter().chain(case.visits.iter().flatten()));
        assert!(rows.into_iter().all(|item| item.row() < CATALOGUE.len()));
        check_error(read_truth(path, &CATALOGUE, &cases));
    }
}

pub(crate) fn items(input: &[u8]) -> usize {
    let bytes = text(&mut Program::new(input), &SEEDS.items);
    with_file(&bytes, read_as_items);
    bytes.len()
}

pub(crate) fn events(input: &[u8]) -> usize {
    let bytes = text(&mut Program::new(input), &SEEDS.events);
    with_file(&bytes, read_as_events);
    bytes.len()
}

pub(crate) fn cases(input: &[u8]) -> usize {
    let bytes = text(&mut Program::new(input), &SEEDS.cases);
    with_file(&bytes, read_as_cases);
    bytes.len()
}

fn read_as_promotions(path: &Path) {
    if let Some(promotions) = check_error(read_promotions(path, &CATALOGUE)) {
        for row in promotions.rows {
            assert!(row.item.row() < CATALOGUE.len() && row.from_day <= row.to_day);
            assert!(row.share > 0.0 && row.share <= 1.0);
        }
    }
}

pub(crate) fn promotions(input: &[u8]) -> usize {
    let bytes = text(&mut Program::new(input), &SEEDS.promotions);
    with_file(&bytes, read_as_promotions);
    bytes.len()
}

pub(crate) fn parquet(input: &[u8]) -> usize {
    let mut program = Program::new(input);
    let which = program.below(SEEDS.parquet.len());
    let mut bytes = SEEDS.parquet[which].clone();
    if program.byte().is_multiple_of(16) {
        bytes = program.rest().to_vec();
        bytes.splice(0..0, *b"PAR1");
    } else if program.byte().is_multiple_of(2) {
        // The footer alone, because it controls all other reading.
        let len = u32::from_le_bytes(
            *bytes[..bytes.len() - 4]
                .last_chunk::<4>()
                .expect("a Parquet file has a footer"),
        ) as usize;
        let start = bytes.len() - 8 - len;
        let mut footer = bytes[start..bytes.len() - 8].to_vec();
        program.damage(&mut footer);
        bytes.truncate(start);
        bytes.extend_from_slice(&footer);
        bytes.extend_from_slice(&(footer.len() as u32).to_le_bytes());
        bytes.extend_from_slice(b"PAR1");
    } else {
        program.damage(&mut bytes);
    }
    with_file(
        &bytes,
        [read_as_items, read_as_events, read_as_cases][which],
    );
    bytes.len()
}
