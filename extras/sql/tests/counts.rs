//! Counts by SQL, in this process and on a cluster of a scheduler and two executors, against counts
//! by hand and by plain code.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of a test that cannot write its own files may as well panic"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use fewshop_core::counts::{ItemCount, LogShape, pairs};
use fewshop_sql::node::Loopback;
use fewshop_sql::{Counter, Settings, Source, SqlError};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

const HEADER: &str = "user_id,session_id,time,item_id,event,quantity\n";

/// All counts of a log.
type Counts = (LogShape, Vec<ItemCount>, Vec<(String, String, u64)>);

fn settings(memory_bytes: usize) -> Settings {
    Settings {
        memory_bytes,
        threads: 2,
        spill: None,
    }
}

fn count(counter: &mut Counter, least: u64) -> Result<Counts, SqlError> {
    let shape = counter.shape()?;
    let items = counter.popularity(0.2)?;
    let mut pairs = Vec::new();
    let told = counter.pairs(least, |a, b, count| {
        pairs.push((a.to_owned(), b.to_owned(), count));
        Ok(())
    })?;
    assert_eq!(told, pairs.len() as u64);
    Ok((shape, items, pairs))
}

fn write(folder: &Path, items: &str, events: &str) -> Source {
    let source = Source {
        events: folder.join("events.csv"),
        items: folder.join("items.csv"),
    };
    std::fs::write(&source.items, items).unwrap();
    std::fs::write(&source.events, events).unwrap();
    source
}

fn embedded(source: &Source) -> Result<Counts, SqlError> {
    count(
        &mut Counter::embedded(source.clone(), &settings(256 << 20))?,
        1,
    )
}

#[test]
fn a_small_log_is_counted_as_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let events = "u1,s1,2024-01-01 10:00:00,milk,view,\n\
         u1,s1,2024-01-01T10:00:05Z,milk,cart,2\n\
         u1,s1,2024-01-01 10:00:09,bread,purchase,1\n\
         u1,s1,2024-01-01 10:00:10,eggs,view,1\n\
         u1,s1,2024-01-01 10:00:11,eggs,dismiss,1\n\
         u2,s1,1704110400,bread,view,0\n\
         u2,s1,1704110401,milk,dismiss,\n\
         u2,s1,1704110402.5,milk,view,\n\
         u2,s2,2024-01-03 00:00:00,eggs,dismiss,1\n\
         u3,s9,2024-01-04,honey,view,1\n\
         u3,s9,2024-01-04,\"a, b\",view,1\n";
    let source = write(
        folder.path(),
        "item_id,title\nmilk,Milk\nbread,Bread\neggs,\"Eggs,\nbrown\"\n\"a, b\",Both\n",
        &(HEADER.to_owned() + events),
    );
    let (shape, items, pairs) = embedded(&source).unwrap();
    let lengths: BTreeMap<u64, u64> = [(0, 1), (1, 1), (2, 2)].into();
    assert_eq!(
        shape,
        LogShape {
            events: 10,
            unknown: 1,
            users: 3,
            lengths
        }
    );
    // The last of three sessions is recent; the one where all was turned down is none of the three.
    let item = |item: &str, sessions, recent| ItemCount {
        item: item.to_owned(),
        sessions,
        recent,
    };
    assert_eq!(
        items,
        [item("a, b", 1, 1), item("bread", 2, 0), item("milk", 2, 0)]
    );
    assert_eq!(pairs, [("bread".to_owned(), "milk".to_owned(), 2)]);
}

#[track_caller]
fn check_refused(items: &str, events: &str, words: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let source = write(folder.path(), items, events);
    let error = embedded(&source).unwrap_err().to_string();
    for word in words {
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn what_is_wrong_is_named_with_its_file_and_field() {
    let items = "item_id\nmilk\n";
    let with = |row: &str| format!("{HEADER}u,s,5,milk,view,1\n{row}\n");
    check_refused(
        items,
        &with("u,s,yesterday,milk,view,1"),
        &["events.csv", "'time'", "yesterday", "2017-01-01"],
    );
    check_refused(
        items,
        &with("u,s,1483271606000,milk,view,1"),
        &["'time'", "1483271606000"],
    );
    check_refused(
        items,
        &with("u,s,5,milk,bought,1"),
        &["'event'", "bought", "purchase"],
    );
    check_refused(items, &with("u,s,5,milk,view,-1"), &["'quantity'", "-1"]);
    check_refused(
        items,
        &with("u,s,5,milk,view,many"),
        &["'quantity'", "many"],
    );
    check_refused(items, &with("u,s,5,milk,view,NaN"), &["'quantity'", "NaN"]);
    check_refused(items, &with(",s,5,milk,view,1"), &["'user_id'", "1 rows"]);
    check_refused(
        items,
        &with("u, s,5,milk,view,1"),
        &["'session_id'", "blanks"],
    );
    check_refused(
        items,
        "user_id,session_id,item_id,event,quantity\nu,s,milk,view,1\n",
        &["'time' is missing", "session_id"],
    );
    check_refused(items, HEADER, &["events.csv", "no row"]);
    check_refused(
        "item_id\nmilk\nmilk\n",
        &with("u,s,6,milk,view,1"),
        &["items.csv", "each id once"],
    );
    check_refused(
        "title\nmilk\n",
        &with("u,s,6,milk,view,1"),
        &["items.csv", "'item_id' is missing"],
    );
    check_refused(
        items,
        &with("u,s,5,milk,dismiss,1"),
        &["events.csv", "same second", "--engine memory"],
    );
    let twins = "u1,s,5,milk,view,1\nu2,s,5,milk,view,1\n";
    check_refused(
        items,
        &format!("{HEADER}{twins}"),
        &["two sessions 's'", "--engine memory"],
    );
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let source = Source {
        events: "no-such-events.csv".into(),
        items: "no-such-items.csv".into(),
    };
    let error = embedded(&source).unwrap_err().to_string();
    assert!(
        error.contains("no-such-events.csv: cannot be read"),
        "{error}"
    );
}

/// A log drawn by chance, and its counts by plain code.
fn drawn(folder: &Path, sessions: usize, items: usize) -> (Source, Counts) {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut below = |n: usize| ((u128::from(rng.next_u64()) * n as u128) >> 64) as usize;
    let ids: Vec<String> = (0..items).map(|nth| format!("p{nth}")).collect();
    let mut ordered: Vec<&String> = ids.iter().collect();
    ordered.sort();
    let rank: BTreeMap<&String, u32> = ordered
        .iter()
        .zip(0..)
        .map(|(id, rank)| (*id, rank))
        .collect();
    let mut text = HEADER.to_owned();
    let mut shape = LogShape::default();
    let mut logged: Vec<(u64, String, Vec<u32>)> = Vec::new();
    let mut users = BTreeSet::new();
    for nth in 0..sessions {
        let (user, time, session) = (
            below(sessions / 3 + 1),
            1_700_000_000 + below(40_000_000) as u64,
            format!("s{}", nth / 2),
        );
        let mut taken = BTreeSet::new();
        for step in 0..1 + below(12) {
            let item = below(items).min(below(items));
            let is_dismissed = below(10) == 0;
            let (kind, time) = (
                if is_dismissed { "dismiss" } else { "view" },
                time + step as u64,
            );
            // Users differ within each two sessions of one id.
            let _ = writeln!(
                text,
                "u{user}-{},{session},{time},{},{kind},1",
                nth % 2,
                ids[item]
            );
            if is_dismissed {
                taken.remove(&rank[&ids[item]])
            } else {
                taken.insert(rank[&ids[item]])
            };
            shape.events += 1;
        }
        users.insert((user, nth % 2));
        *shape.lengths.entry(taken.len() as u64).or_default() += 1;
        if !taken.is_empty() {
            logged.push((time, session, taken.into_iter().collect()));
        }
    }
    shape.users = users.len() as u64;
    logged.sort();
    let from = shape.before_recent(0.2) as usize;
    let logged: Vec<Vec<u32>> = logged.into_iter().map(|(_, _, taken)| taken).collect();
    let mut popularity = vec![(0, 0); items];
    for (nth, session) in logged.iter().enumerate() {
        for &item in session {
            popularity[item as usize].0 += 1;
            popularity[item as usize].1 += u64::from(nth >= from);
        }
    }
    let counted = ordered
        .iter()
        .zip(&popularity)
        .filter(|(_, count)| count.0 > 0);
    let counted = counted
        .map(|(id, &(sessions, recent))| ItemCount {
            item: (*id).clone(),
            sessions,
            recent,
        })
        .collect();
    let mut together = Vec::new();
    let told = pairs(&logged, items, 1, |a, b, count| {
        together.push((
            ordered[a as usize].clone(),
            ordered[b as usize].clone(),
            count,
        ));
        Ok::<(), ()>(())
    });
    assert_eq!(told, Ok(()));
    let catalogue = ids.iter().fold("item_id,title\n".to_owned(), |text, id| {
        format!("{text}{id},A thing\n")
    });
    (write(folder, &catalogue, &text), (shape, counted, together))
}

fn node() -> PathBuf {
    env!("CARGO_BIN_EXE_fewshop-node").into()
}

#[test]
fn engine_cluster_and_plain_code_count_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (source, expected) = drawn(folder.path(), 4_000, 300);
    assert!(
        expected.2.len() > 10_000 && expected.0.lengths.contains_key(&0),
        "a log with something to count"
    );
    assert!(
        embedded(&source).unwrap() == expected,
        "DataFusion counts what plain code counts"
    );
    let cluster = Loopback::start(&node(), 2, 256 << 20, folder.path()).unwrap();
    let counted = count(
        &mut Counter::cluster(source.clone(), &cluster.url(), 4).unwrap(),
        1,
    )
    .unwrap();
    assert!(
        counted == expected,
        "the cluster counts what plain code counts"
    );
    let (_, _, often) =
        count(&mut Counter::cluster(source, &cluster.url(), 4).unwrap(), 5).unwrap();
    assert!(
        often
            .iter()
            .eq(expected.2.iter().filter(|pair| pair.2 >= 5))
    );
    // Both executors had work: what they hand on lies in their folders.
    for nth in 0..2 {
        let left = std::fs::read_dir(folder.path().join(format!("executor-{nth}")))
            .unwrap()
            .count();
        assert!(left > 0, "executor {nth} did nothing");
    }
}

fn run(program: &Path, args: &[&str], folder: &Path) {
    let output = Command::new(program)
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// `fewshop` belongs to the main workspace, which knows no SQL. It writes an example shop and counts
/// it in memory; then both engines count the same files.
#[test]
fn the_files_are_those_of_the_trainer_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let trainer = [
        "run",
        "--quiet",
        "--package",
        "fewshop-cli",
        "--bin",
        "fewshop",
        "--",
    ];
    let fewshop = |args: &[&str]| run(Path::new(env!("CARGO")), &[&trainer, args].concat(), &root);
    fewshop(&["example", "--out", place, "--seed", "7"]);
    let (items, events) = (format!("{place}/items.csv"), format!("{place}/events.csv"));
    let log = ["--items", &items, "--events", &events, "--least", "2"];
    let out = |name: &str| format!("{place}/{name}");
    fewshop(&[&["count", "--out", &out("memory")], &log[..]].concat());
    let count = Path::new(env!("CARGO_BIN_EXE_fewshop-count"));
    run(
        count,
        &[&["--out", &out("sql")], &log[..]].concat(),
        folder.path(),
    );
    let cluster = Loopback::start(&node(), 2, 256 << 20, folder.path()).unwrap();
    run(
        count,
        &[
            &["--out", &out("cluster"), "--cluster", &cluster.url()],
            &log[..],
        ]
        .concat(),
        folder.path(),
    );
    for name in ["shape.json", "popularity.csv", "pairs.csv"] {
        let read = |engine: &str| std::fs::read(folder.path().join(engine).join(name)).unwrap();
        let expected = read("memory");
        assert!(expected.len() > 100, "{name} holds something");
        assert!(read("sql") == expected, "{name} by DataFusion");
        assert!(read("cluster") == expected, "{name} by Ballista");
    }
}

#[test]
fn little_memory_is_enough() {
    let folder = tempfile::tempdir().unwrap();
    let (source, expected) = drawn(folder.path(), 20_000, 2_000);
    let spilled = |memory| {
        let mut counter = Counter::embedded(source.clone(), &settings(memory)).unwrap();
        assert!(count(&mut counter, 1).unwrap() == expected);
        counter.spilled_bytes()
    };
    assert_eq!(spilled(1 << 30), 0);
    let little = spilled(32 << 20);
    assert!(
        little > 1 << 20,
        "the rest went to the disk: {little} bytes"
    );
}

#[test]
fn a_cluster_that_is_not_there_is_named() {
    let source = Source {
        events: "events.csv".into(),
        items: "items.csv".into(),
    };
    for (url, word) in [
        ("df://127.0.0.1:1", "no scheduler answers at 127.0.0.1:1"),
        ("127.0.0.1", "df://host:port"),
        ("df://:5", "df://host"),
    ] {
        let error = Counter::cluster(source.clone(), url, 2)
            .unwrap_err()
            .to_string();
        assert!(error.contains(word), "{error}");
    }
}
