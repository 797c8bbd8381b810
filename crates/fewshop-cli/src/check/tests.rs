use std::path::PathBuf;

use super::*;

const NOW: i64 = 1_735_689_600;

struct Files(tempfile::TempDir);

impl Files {
    fn new(items: &str, events: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("items.csv"), items).unwrap();
        std::fs::write(dir.path().join("events.csv"), events).unwrap();
        Self(dir)
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn check(&self, max: usize) -> Checked {
        check(
            &self.path("items.csv"),
            &self.path("events.csv"),
            max,
            NOW,
            &Reading::default(),
        )
        .unwrap()
    }
}

const ITEMS: &str = "item_id,title,category,brand,size,price\n";
const EVENTS: &str = "user_id,session_id,time,item_id,event,quantity\n";

#[track_caller]
fn says(checked: &Checked, words: &[&str]) {
    let text = describe(checked);
    assert!(
        text.lines()
            .any(|line| words.iter().all(|word| line.contains(word))),
        "{words:?} are not in one line of {text}"
    );
}

#[test]
fn all_problems_of_both_files_are_said_with_their_lines() {
    let items = format!(
        "{ITEMS}a,Milk,Dairy,,,1\n,Tea,,,,2\na,Milk again,Dairy,,,1\nb,,,,,1\nc,Rye,Bread,,,-3\nd,Soap,Home\n"
    );
    let events = format!(
        "{EVENTS}u,s,2024-01-01,a,bought,1\nu,s,yesterday,a,view,1\n,s,2024-01-01,a,view,1\nu,s,2024-01-01,a,view,x\n"
    );
    let files = Files::new(&items, &events);
    let checked = files.check(20);
    assert_eq!(
        (
            checked.problems_found,
            checked.problems.len(),
            checked.can_train()
        ),
        (7, 7, false)
    );
    says(
        &checked,
        &["items.csv", "line 3", "item_id", "an id", "remove the row"],
    );
    says(&checked, &["items.csv", "line 4", "line 2", "each id once"]);
    says(&checked, &["line 5", "title"]);
    says(&checked, &["line 6", "price", "'-3'", "0 or more"]);
    says(&checked, &["line 7", "3 fields", "expected 6"]);
    says(
        &checked,
        &["events.csv", "line 2", "event", "bought", "purchase"],
    );
    says(&checked, &["events.csv", "line 3", "time", "yesterday"]);
    says(&checked, &["events.csv", "line 4", "no shopper"]);
    says(&checked, &["events.csv", "line 5", "quantity"]);
    let few = files.check(2);
    assert_eq!((few.problems_found, few.problems.len()), (7, 2));
    says(&few, &["and 5 more"]);
}

#[test]
fn a_kind_of_problem_is_one_line_with_its_count_and_first_places() {
    let mut items = format!("{ITEMS}ok,Milk,,,,1\n");
    (0..50).for_each(|n| items += &format!("i{n},Thing,,,,cheap\n"));
    items += "last,Soap\n";
    let files = Files::new(&items, &format!("{EVENTS}u,s,2024-01-01,ok,view,1\n"));
    let checked = files.check(20);
    assert_eq!((checked.problems_found, checked.problems.len()), (51, 2));
    says(
        &checked,
        &[
            "line 3",
            "cheap",
            "49 more of this kind: line 4, line 5, line 6, …",
        ],
    );
    says(&checked, &["line 53", "2 fields"]);
}

#[test]
fn a_missing_column_is_a_problem_and_the_other_file_is_still_read() {
    let files = Files::new(
        "id,title\na,b\n",
        &format!("{EVENTS}u,s,2024-01-01,a,view,1\n"),
    );
    let checked = files.check(20);
    says(
        &checked,
        &["items.csv", "'item_id', 'category'", "are missing"],
    );
    // Figures that rest on the file that could not be read are not shown.
    let text = describe(&checked);
    assert!(
        !text.contains("never taken") && !text.contains("products  "),
        "{text}"
    );
    assert_eq!((checked.problems_found, checked.events.events), (1, 1));
    std::fs::remove_file(files.path("items.csv")).unwrap();
    assert!(
        check(
            &files.path("items.csv"),
            &files.path("events.csv"),
            20,
            NOW,
            &Reading::default()
        )
        .unwrap_err()
        .to_string()
        .contains("items.csv")
    );
}

#[test]
fn what_is_odd_is_counted_and_stops_nothing() {
    let mut items = ITEMS.replace('\n', ",supplier_email\n");
    for n in 0..8 {
        items += &format!("i{n},Thing {n},Home > Things,,,{},\n", 2 + n % 2);
    }
    items += "i8,Dear thing,Home > Things,,,350,ann@example.org\ni9,Free thing,Home > Things,,,0,\nn,Call +44 20 7946 0958,Else,,,1,\n";
    // Enough for a training: 200 shoppers with two sessions of four each, over 100 days.
    let mut events = EVENTS.to_owned();
    for n in 0..400 {
        let time = NOW - (400 - n) * 21_600;
        for item in 0..4 {
            events += &format!(
                "u{},s{n},{},i{},purchase,1\n",
                n % 200,
                time + item,
                (n + item) % 9
            );
        }
    }
    events += &format!("u0,s0,{},i1,purchase,1\n", NOW - 400 * 21_600 + 1);
    events += &format!(
        "u1,x,{},i1,view,0\nu1,x,{},zzz,view,1\nu1,x,100,i2,dismiss,1\nu1,x,{},i2,dismiss,1\n",
        NOW + 5,
        NOW - 5,
        NOW - 200_000
    );
    let checked = Files::new(&items, &events).check(20);
    assert!(checked.can_train(), "{:?}", checked.problems);
    says(&checked, &["items.csv", "price", "1 of 0", "line 11"]);
    says(
        &checked,
        &[
            "items.csv",
            "price",
            "1 a hundred times",
            "line 10",
            "decimal",
        ],
    );
    says(
        &checked,
        &[
            "'supplier_email'",
            "1 values that look like e-mail",
            "line 10",
        ],
    );
    says(
        &checked,
        &["'supplier_email'", "name indicates personal data"],
    );
    says(
        &checked,
        &["'title'", "telephone", "line 12", "every visitor"],
    );
    says(&checked, &["events.csv", "1 duplicate rows", "line 1602"]);
    says(&checked, &["1 in the future", "line 1603"]);
    says(&checked, &["1 times are before 1990", "line 1605"]);
    says(&checked, &["1 of 0", "quantity", "line 1603"]);
    says(&checked, &["1 rows of products", "zzz", "line 1604"]);
    says(&checked, &["not in order of time"]);
    says(&checked, &["longer than a day"]);
    assert!(
        !describe(&checked).contains("ann@"),
        "values that look personal are not shown"
    );
    let events = &checked.events;
    assert_eq!(
        (
            events.events,
            events.shoppers,
            events.sessions,
            events.returning
        ),
        (1_604, 200, 401, 200)
    );
    assert_eq!(
        events.kinds.iter().map(|(_, n)| *n).collect::<Vec<_>>(),
        [1, 0, 1_601, 1]
    );
    assert_eq!(
        (
            events.quantiles[0],
            events.quantiles[2],
            events.quantiles[5]
        ),
        (1, 4, 4)
    );
    assert_eq!(events.never_taken, 2);
    assert!((events.lengths.iter().map(|(_, share)| share).sum::<f64>() - 1.0).abs() < 1e-9);
    assert_eq!(
        events.over_time.iter().map(|(_, n)| n).sum::<usize>(),
        1_603
    );
    assert!(
        events.tail[0].1 == 0.0 && (events.tail[11].1 - 1.0).abs() < 1e-9,
        "{:?}",
        events.tail
    );
    assert_eq!(checked.items.prices, Some([1.0, 3.0, 350.0].map(f64::from)));
}

#[test]
fn a_log_that_no_training_can_learn_from_is_a_problem() {
    let files = Files::new(
        &format!("{ITEMS}a,Milk,,,,1\nb,Tea,,,,1\n"),
        &format!("{EVENTS}u,s,2024-01-01,a,view,1\n"),
    );
    let checked = files.check(20);
    assert!(!checked.can_train());
    says(
        &checked,
        &["events.csv", "1 sessions are too few", "some hundred"],
    );
}

#[test]
fn the_same_files_give_the_same_card() {
    let mut events = EVENTS.to_owned();
    (0..200).for_each(|n| {
        events += &format!(
            "u{},s{},{},{},view,1\n",
            n % 7,
            n % 9,
            NOW - n * 500_000,
            ["a", "x", "y", "z"][n as usize % 4]
        )
    });
    let files = Files::new(&format!("{ITEMS}a,Milk,,,,1\n"), &events);
    assert_eq!(files.check(5), files.check(5));
}
