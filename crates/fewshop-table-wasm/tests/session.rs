//! What the page can rely on, and the answers that the module has to give in a browser as well.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of a test that cannot build its own table may as well panic"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use fewshop_table::TableError;
use fewshop_table_wasm::{Session, error};
use serde_json::{Value, json};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(name)
}

fn example(name: &str) -> String {
    std::fs::read_to_string(file("web/tables/examples").join(name)).unwrap()
}

fn read(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

/// Compares with a committed file; with `FEWSHOP_WRITE=1` writes it.
#[track_caller]
fn check_file(name: &str, made: &str) {
    let path = file(name);
    if std::env::var_os("FEWSHOP_WRITE").is_some() {
        std::fs::write(&path, made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == made,
        "{name} differs: after an intended change, FEWSHOP_WRITE=1 cargo test -p fewshop-table-wasm writes it"
    );
}

/// Numbers as far as two builds of the same arithmetic agree.
fn rounded(value: &mut Value) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(rounded),
        Value::Object(all) => all.values_mut().for_each(rounded),
        Value::Number(number) if number.is_f64() => {
            *value = json!((number.as_f64().unwrap() * 1e6).round() / 1e6);
        }
        _ => {}
    }
}

#[test]
fn the_examples_are_answered_as_committed() {
    let mut credit = Session::read(&example("credit.csv")).unwrap();
    credit.choose("repaid").unwrap();
    let mut heart = Session::read(&example("heart.csv")).unwrap();
    heart
        .set_source(Some(&example("heart-source.csv")))
        .unwrap();
    heart.choose("ill").unwrap();
    // Without a source, and with no more labelled rows than the network reads.
    let mut alone = Session::read(&example("heart.csv")).unwrap();
    alone.choose("ill").unwrap();
    let mut school = Session::read(&example("school.csv")).unwrap();
    school.choose("passed").unwrap();
    let mut made = Vec::new();
    for (name, mut session) in [
        ("credit", credit),
        ("heart", heart),
        ("heart alone", alone),
        ("school", school),
    ] {
        let fitted = read(&session.fit().unwrap());
        let rows = [100, 101, 102, 103, 104, 105];
        made.push(json!({
            "example": name,
            "check": fitted["check"],
            "answers": read(&session.answers(&rows)),
            "why": read(&session.explain(100).unwrap()),
            "next": session.next_row(),
        }));
    }
    let mut made = Value::Array(made);
    rounded(&mut made);
    check_file(
        "tests/goldens/table_answers.json",
        &(serde_json::to_string_pretty(&made).unwrap() + "\n"),
    );
}

/// Numbers that look random, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn unit(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// About normal.
    fn bell(&mut self) -> f64 {
        (0..6).map(|_| self.unit()).sum::<f64>() - 3.0
    }
}

/// The school of the third example. No pupil exists: this is where the rows come from.
#[test]
fn the_made_up_school_is_made_here() {
    let mut numbers = Numbers(19);
    let mut out = "pupil,gender,attendance %,homework handed in,first test,second test,hours online a week,minutes to school,support lessons,group,passed\n".to_owned();
    for i in 0..140 {
        let diligence = numbers.bell();
        let skill = 0.5 * diligence + numbers.bell();
        let gender = if numbers.unit() < 0.5 { "f" } else { "m" };
        let attendance = (92.0 + 5.0 * diligence + 3.0 * numbers.bell()).clamp(40.0, 100.0);
        let homework = (7.0 + 2.0 * diligence + numbers.bell()).clamp(0.0, 10.0);
        let tests = [0.0, 3.0].map(|harder| {
            let points = 60.0 - harder + 13.0 * skill + 8.0 * numbers.bell();
            (numbers.unit() > 0.06).then(|| points.clamp(0.0, 100.0))
        });
        let online = (6.0 + 2.0 * numbers.bell()).max(0.0);
        let way = (22.0 + 12.0 * numbers.bell()).max(3.0);
        let has_support = numbers.unit() < 0.25;
        let group = ["A", "B", "C"][(3.0 * numbers.unit()) as usize];
        let z = 0.6 + 2.4 * skill + 1.2 * diligence + if has_support { 0.6 } else { 0.0 };
        let passed = numbers.unit() < 1.0 / (1.0 + (-z).exp());
        let test =
            |at: usize| tests[at].map_or(String::new(), |points: f64| format!("{points:.0}"));
        let _ = writeln!(
            out,
            "P{:03},{gender},{attendance:.0},{homework:.0},{},{},{online:.1},{way:.0},{},{group},{}",
            i + 1,
            test(0),
            test(1),
            if has_support { "yes" } else { "no" },
            if i >= 48 {
                ""
            } else if passed {
                "yes"
            } else {
                "no"
            }
        );
    }
    check_file("web/tables/examples/school.csv", &out);
}

fn small() -> Session {
    let mut text = "x,age,y\n".to_owned();
    for i in 0..40 {
        let label = if i >= 20 {
            ""
        } else if i % 2 == 0 {
            "no"
        } else {
            "yes"
        };
        let _ = writeln!(text, "{}.5,{},{label}", i % 2 * 10 + i % 7, 20 + i % 9);
    }
    Session::read(&text).unwrap()
}

#[test]
fn each_label_changes_the_answers_and_can_be_taken_back() {
    let mut session = small();
    session.choose("y").unwrap();
    let before = session.answers(&[30]);
    session.label(31, "no").unwrap();
    assert_ne!(session.answers(&[30]), before);
    assert_eq!(read(&session.fit().unwrap())["labelled"], 21);
    session.label(31, " ").unwrap();
    assert_eq!(session.answers(&[30]), before);
    assert!(session.next_row().is_some_and(|row| row >= 20));
    assert!(session.label(40, "no").is_err());
}

#[test]
fn columns_are_corrected_and_protected_ones_used_only_when_asked() {
    let mut session = small();
    session.choose("y").unwrap();
    let age = |session: &Session| read(&session.columns().unwrap())[0].clone();
    assert_eq!(
        age(&session),
        json!({"name": "age", "kind": "left_out", "protected": true, "why": "protected"})
    );
    session.correct("age", "use").unwrap();
    assert_eq!(age(&session)["kind"], "number");
    session.correct("age", "category").unwrap();
    assert_eq!(age(&session)["kind"], "category");
    session.correct("age", "auto").unwrap();
    assert_eq!(age(&session)["why"], "protected");
    session.correct("x", "left_out").unwrap();
    assert!(matches!(session.fit(), Err(TableError::NoColumns { .. })));
    assert_eq!(session.answers(&[30]), "[]");
    assert!(session.correct("x", "colour").is_err() && session.correct("z", "use").is_err());
}

#[test]
fn errors_have_a_code_and_words() {
    let of = |text: &str| read(&error(&Session::read(text).unwrap_err()));
    assert_eq!(of("")["code"], "no_rows");
    let line = of("a,b\n1,2,3\n");
    assert_eq!(
        (&line["code"], &line["line"], &line["expected"]),
        (&json!("line"), &json!("2"), &json!("2"))
    );
    let mut none = small();
    assert_eq!(read(&error(&none.fit().unwrap_err()))["code"], "no_target");
    let mut few = Session::read("x,y\n1,\n2,\n").unwrap();
    few.choose("y").unwrap();
    assert_eq!(
        read(&error(&few.fit().unwrap_err()))["code"],
        "too_few_rows"
    );
    few.label(0, "a").unwrap();
    few.label(1, "a").unwrap();
    assert_eq!(read(&error(&few.fit().unwrap_err()))["code"], "one_class");
}

#[test]
fn the_file_of_answers_has_reasons_and_stamps() {
    let mut session = small();
    session.choose("y").unwrap();
    let stamps = |text: &str| vec![text.to_owned()];
    assert_eq!(
        session.csv_head(&stamps("date")).unwrap(),
        "row,answer,probability,low,high,enough,unlike,p(no),p(yes),reason 1,reason 2,reason 3,reason 4,date\r\n"
    );
    let rows = session
        .csv_rows(18, 5, true, &stamps("2026-01-01"))
        .unwrap();
    let lines: Vec<&str> = rows.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(
        lines[0].starts_with("39,no,") && lines[0].ends_with(",,2026-01-01"),
        "{rows}"
    );
    assert!(lines[0].contains(",x = "), "{rows}");
    assert_eq!(session.csv_rows(20, 5, true, &stamps("")).unwrap(), "");
    assert_ne!(session.fingerprint(), {
        let mut other = session.clone();
        other.label(30, "no").unwrap();
        other.fingerprint()
    });
}

#[test]
fn groups_and_the_learning_curve_are_of_this_tables_own_labels() {
    let mut session = small();
    session.choose("y").unwrap();
    let groups = read(&session.groups("age", 1).unwrap());
    let count = |name: &str| -> u64 {
        let all = groups.as_array().unwrap().iter();
        all.map(|group| group[name].as_u64().unwrap()).sum()
    };
    assert_eq!((count("labelled"), count("questions")), (20, 20));
    let point = read(&session.curve_point(8, 1).unwrap());
    assert!(
        point["loss"].as_f64().unwrap() < point["base_loss"].as_f64().unwrap(),
        "{point}"
    );
    assert!(session.curve_point(19, 0).is_err());
}
