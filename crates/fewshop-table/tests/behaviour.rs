//! What a table's owner can rely on, on made-up tables.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of a test that cannot build its own table may as well panic"
)]

use fewshop_table::{
    Answer, Draw, Kind, LeftOut, MAX_COLUMNS, Outcome, Predictor, Settings, Table, TableError,
    Task, answer_draw, check_size, figures,
};

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
}

/// All warnings, a line each.
fn said(fitted: &Predictor) -> String {
    let texts: Vec<String> = fitted.warnings().iter().map(ToString::to_string).collect();
    texts.join("\n")
}

const NAMES: [&str; 7] = [
    "customer_id",
    "income",
    "city",
    "opened",
    "age",
    "currency",
    "repaid",
];

/// Rows whose target follows income, city and chance; the first `labelled` have it.
fn rows(rows: usize, labelled: usize, seed: u64) -> Vec<Vec<String>> {
    let mut numbers = Numbers(seed);
    (0..rows)
        .map(|i| {
            let income = numbers.unit();
            let city = ["Bonn", "Köln", "Trier"][(numbers.unit() * 3.0) as usize];
            let age = 20.0 + 60.0 * numbers.unit();
            let z = 6.0 * (income - 0.5) + if city == "Bonn" { 1.5 } else { -0.5 };
            let is = numbers.unit() < 1.0 / (1.0 + (-z).exp());
            vec![
                format!("C{i:05}"),
                if i % 11 == 3 {
                    String::new()
                } else {
                    format!("{:.0}", 1000.0 + 5000.0 * income)
                },
                city.to_owned(),
                format!("2024-{:02}-{:02}", 1 + i % 12, 1 + i % 28),
                format!("{age:.0}"),
                "EUR".to_owned(),
                if i >= labelled {
                    String::new()
                } else if is {
                    "yes".to_owned()
                } else {
                    "no".to_owned()
                },
            ]
        })
        .collect()
}

fn table(names: &[&str], rows: &[Vec<String>]) -> Table {
    let columns = (0..names.len())
        .map(|at| rows.iter().map(|row| row[at].clone()).collect())
        .collect();
    Table::new(names.iter().map(|&name| name.to_owned()).collect(), columns).unwrap()
}

fn fit(table: &Table) -> Predictor {
    Predictor::fit(table, "repaid", &Settings::default()).unwrap()
}

fn probability(answer: &Answer, class: usize) -> f64 {
    match &answer.outcome {
        Outcome::Classes(all) => all[class].probability,
        Outcome::Number { .. } => f64::NAN,
    }
}

#[test]
fn signal_is_found_and_columns_without_use_are_left_out() {
    let table = table(&NAMES, &rows(120, 48, 1));
    let fitted = fit(&table);
    assert!(fitted.check().is_enough(), "{:?}", fitted.check());
    let left_out: Vec<(&str, LeftOut)> = fitted
        .columns()
        .iter()
        .filter_map(|column| match column.kind {
            Kind::LeftOut(reason) => Some((column.name.as_str(), reason)),
            _ => None,
        })
        .collect();
    assert_eq!(
        left_out,
        [
            ("age", LeftOut::Protected),
            ("currency", LeftOut::Constant),
            ("customer_id", LeftOut::Identifier)
        ]
    );
    assert_eq!(fitted.questions().len(), 72);
}

#[test]
fn noise_is_not_enough_to_tell() {
    let mut rows = rows(60, 40, 2);
    let mut numbers = Numbers(5);
    for row in &mut rows[..40] {
        row[6] = if numbers.unit() < 0.5 { "yes" } else { "no" }.to_owned();
    }
    let fitted = fit(&table(&NAMES, &rows));
    assert!(!fitted.check().is_enough(), "{:?}", fitted.check());
}

#[test]
fn probabilities_of_three_classes_sum_to_one() {
    let mut rows = rows(60, 30, 3);
    for (i, row) in rows[..30].iter_mut().enumerate() {
        row[6] = ["low", "mid", "high"][(i * 7) % 3].to_owned();
    }
    let table = table(&NAMES, &rows);
    let fitted = fit(&table);
    assert_eq!(fitted.classes(), ["high", "low", "mid"]);
    for answer in fitted.answers(&table) {
        let sum: f64 = (0..3).map(|class| probability(&answer, class)).sum();
        assert!((sum - 1.0).abs() < 1e-12, "{sum}");
    }
}

#[test]
fn swapped_labels_give_swapped_answers() {
    let mut rows = rows(60, 24, 4);
    let first = table(&NAMES, &rows);
    for row in &mut rows {
        row[6] = match row[6].as_str() {
            "yes" => "no",
            "no" => "yes",
            other => other,
        }
        .to_owned();
    }
    let second = table(&NAMES, &rows);
    let swapped = fit(&second).answers(&second);
    for (a, b) in fit(&first).answers(&first).iter().zip(&swapped) {
        assert!((probability(a, 1) - probability(b, 0)).abs() < 1e-6);
    }
}

#[test]
fn the_order_of_rows_and_columns_does_not_matter() {
    let rows = rows(50, 20, 6);
    let first = table(&NAMES, &rows);
    let turned: Vec<Vec<String>> = rows
        .iter()
        .rev()
        .map(|row| row.iter().rev().cloned().collect())
        .collect();
    let names: Vec<&str> = NAMES.iter().rev().copied().collect();
    let second = table(&names, &turned);
    let mut other = fit(&second).answers(&second);
    other.reverse();
    for (a, b) in fit(&first).answers(&first).iter().zip(&other) {
        assert_eq!(a.row, 49 - b.row);
        assert!((probability(a, 1) - probability(b, 1)).abs() < 1e-6);
    }
}

#[test]
fn the_same_seed_gives_the_same_answers() {
    let table = table(&NAMES, &rows(40, 16, 7));
    assert_eq!(fit(&table).answers(&table), fit(&table).answers(&table));
}

#[test]
fn reasons_add_up_and_never_propose_another_age() {
    let table = table(&NAMES, &rows(80, 40, 8));
    let settings = Settings {
        uses_protected: true,
        ..Settings::default()
    };
    let fitted = Predictor::fit(&table, "repaid", &settings).unwrap();
    let mut changes = 0;
    for row in 40..48 {
        let why = fitted.explain(&table, row).unwrap();
        let sum: f64 = why.shares.iter().map(|share| share.share).sum();
        assert!(why.is_exact);
        assert!((why.start + sum - why.level).abs() < 1e-9);
        assert!(why.shares.iter().any(|share| share.column == "age"));
        assert_eq!(why.examples.len(), 40);
        if let Some(change) = why.change {
            assert_ne!(change.column, "age");
            assert_ne!(Some(change.class), why.class);
            changes += 1;
        }
    }
    assert!(changes > 0);
}

#[test]
fn above_twelve_columns_reasons_still_add_up() {
    let mut numbers = Numbers(9);
    let names: Vec<String> = (0..15)
        .map(|i| format!("x{i}"))
        .chain(["repaid".to_owned()])
        .collect();
    let rows: Vec<Vec<String>> = (0..20)
        .map(|i| {
            let values = (0..15).map(|_| format!("{:.3}", numbers.unit()));
            values
                .chain([if i % 2 == 0 { "a" } else { "b" }.to_owned()])
                .collect()
        })
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let table = table(&names, &rows);
    let why = fit(&table).explain(&table, 3).unwrap();
    let sum: f64 = why.shares.iter().map(|share| share.share).sum();
    assert!(!why.is_exact);
    assert!((why.start + sum - why.level).abs() < 1e-9);
}

#[test]
fn another_site_helps_when_this_one_has_four_rows() {
    let source = table(&NAMES, &rows(200, 200, 10));
    let own = table(&NAMES, &rows(100, 100, 11));
    let mut asked = rows(100, 100, 11);
    let truth: Vec<bool> = asked.iter().map(|row| row[6] == "yes").collect();
    asked[4..].iter_mut().for_each(|row| row[6].clear());
    // Both classes among the four.
    asked[0][6] = own.column(6)[0].clone();
    let asked = table(&NAMES, &asked);
    let loss = |fitted: &Predictor| -> f64 {
        let answers = fitted.answers(&asked);
        let losses = answers.iter().map(|answer| {
            let p = probability(answer, 1);
            -(if truth[answer.row] { p } else { 1.0 - p }).ln()
        });
        losses.sum::<f64>() / answers.len() as f64
    };
    let with = Predictor::fit_with_source(&asked, &source, "repaid", &Settings::default()).unwrap();
    assert_eq!(with.source_weights().map(<[f64]>::len), Some(4));
    assert!(loss(&with) < loss(&fit(&asked)));
}

#[test]
fn a_number_comes_with_an_interval() {
    let mut numbers = Numbers(12);
    let rows: Vec<Vec<String>> = (0..60)
        .map(|i| {
            let x = numbers.unit();
            let y = 100.0 + 50.0 * x + 5.0 * numbers.unit();
            vec![
                format!("{x:.4}"),
                if i < 30 {
                    format!("{y:.2}")
                } else {
                    String::new()
                },
            ]
        })
        .collect();
    let table = table(&["size", "price"], &rows);
    let fitted = Predictor::fit(&table, "price", &Settings::default()).unwrap();
    assert!(fitted.check().is_enough());
    for answer in fitted.answers(&table) {
        let x: f64 = rows[answer.row][0].parse().unwrap();
        let Outcome::Number { value, low, high } = answer.outcome else {
            panic!("thirty different numbers are no classes");
        };
        assert!(low < value && value < high);
        assert!((value - (102.5 + 50.0 * x)).abs() < 12.0, "{x} {value}");
    }
}

#[test]
fn leaks_and_lonely_classes_are_warned_of() {
    let mut rows = rows(60, 30, 13);
    for (i, row) in rows.iter_mut().enumerate() {
        let is = row[6] == "yes";
        row[1] = format!("{}", if is { 5000 + i } else { 100 + i });
    }
    let warnings = said(&fit(&table(&NAMES, &rows)));
    assert!(warnings.contains("'income' alone separates"), "{warnings}");
    let labels = ["yes", "no", "no", "no"];
    for (row, label) in rows.iter_mut().zip(labels) {
        row[6] = label.to_owned();
    }
    rows[4..].iter_mut().for_each(|row| row[6].clear());
    let warnings = said(&fit(&table(&NAMES, &rows)));
    assert!(
        warnings.contains("one labelled row alone has 'yes'"),
        "{warnings}"
    );
}

#[track_caller]
fn check_error(rows: &[Vec<String>], target: &str, settings: &Settings, words: &[&str]) {
    let error = Predictor::fit(&table(&NAMES, rows), target, settings)
        .unwrap_err()
        .to_string();
    for word in words {
        assert!(error.contains(word), "{word:?} is not in {error}");
    }
}

#[test]
fn every_unusable_table_gets_its_own_words() {
    let plain = Settings::default();
    check_error(
        &rows(20, 10, 1),
        "paid",
        &plain,
        &["no column 'paid'", "income"],
    );
    check_error(&rows(20, 0, 1), "repaid", &plain, &["0 rows", "at least 2"]);
    check_error(&rows(20, 1, 1), "repaid", &plain, &["1 rows", "at least 2"]);
    let mut same = rows(20, 10, 1);
    same[..10]
        .iter_mut()
        .for_each(|row| row[6] = "no".to_owned());
    check_error(&same, "repaid", &plain, &["all 10 labelled rows have 'no'"]);
    let mut many = rows(20, 20, 1);
    for (i, row) in many.iter_mut().enumerate() {
        row[6] = format!("class {}", i % 6);
    }
    check_error(&many, "repaid", &plain, &["6 different texts", "at most 5"]);
    let numbers = Settings {
        task: Some(Task::Numbers),
        ..plain.clone()
    };
    check_error(
        &rows(20, 10, 1),
        "repaid",
        &numbers,
        &["row 1, column 'repaid'", "a number"],
    );
    let without = Settings {
        left_out: ["income", "city", "opened"].map(str::to_owned).to_vec(),
        ..plain.clone()
    };
    check_error(
        &rows(20, 10, 1),
        "repaid",
        &without,
        &[
            "no column is left",
            "'currency' has one value",
            "'age' protected attribute",
        ],
    );
    let unknown = Settings {
        left_out: vec!["salary".to_owned()],
        ..plain
    };
    check_error(
        &rows(20, 10, 1),
        "repaid",
        &unknown,
        &["no column 'salary'"],
    );
    assert!(matches!(
        check_size(100_000, MAX_COLUMNS),
        Err(TableError::TooLarge { what: "cells", .. })
    ));
    assert!(
        check_size(300_000, 2)
            .unwrap_err()
            .to_string()
            .contains("rows")
    );
    assert!(
        check_size(10, 5_000)
            .unwrap_err()
            .to_string()
            .contains("columns")
    );
}

#[test]
fn a_thousand_columns_and_a_hundred_thousand_rows_are_answered() {
    let mut numbers = Numbers(14);
    let names: Vec<String> = (0..1_000)
        .map(|i| format!("x{i}"))
        .chain(["repaid".to_owned()])
        .collect();
    let wide: Vec<Vec<String>> = (0..12)
        .map(|i| {
            let values = (0..1_000).map(|_| format!("{:.2}", numbers.unit()));
            values.chain([["a", "b", ""][i % 3].to_owned()]).collect()
        })
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let wide = table(&names, &wide);
    assert_eq!(fit(&wide).answers(&wide).len(), 4);
    let long = table(&NAMES, &rows(100_000, 2_000, 15));
    let fitted = fit(&long);
    assert!(fitted.labelled().len() <= 512);
    assert!(said(&fitted).starts_with("2000 labelled rows: a sample"));
    assert!(probability(&fitted.answer(&long, 99_999), 1).is_finite());
}

#[test]
fn texts_among_numbers_count_as_missing_and_are_said() {
    let mut rows = rows(100, 40, 16);
    rows[60][1] = "unknown".to_owned();
    let fitted = fit(&table(&NAMES, &rows));
    let warnings = said(&fitted);
    assert!(
        warnings.contains("'income': 1 cells are texts among numbers"),
        "{warnings}"
    );
}

/// The table with each income written in another way.
fn with_incomes(mut rows: Vec<Vec<String>>, write: impl Fn(f64) -> String) -> Table {
    for row in &mut rows {
        if let Ok(income) = row[1].parse() {
            row[1] = write(income);
        }
    }
    table(&NAMES, &rows)
}

#[test]
fn amounts_with_thousands_units_and_wide_digits_are_the_numbers_they_are() {
    let made = rows(60, 30, 17);
    let plain = table(&NAMES, &made);
    let expected = fit(&plain).answers(&plain);
    let grouped = |income: f64, group: char| {
        let (thousands, rest) = ((income / 1000.0) as u64, income as u64 % 1000);
        format!("{thousands}{group}{rest:03}")
    };
    let ways: [&dyn Fn(f64) -> String; 6] = [
        &|income| format!("{},00", grouped(income, '.')),
        &|income| format!("${}.00", grouped(income, ',')),
        &|income| format!("{} €", grouped(income, '\u{a0}')),
        &|income| format!("{income} %"),
        &|income| grouped(income, '\''),
        &|income| {
            let wide = |c: char| char::from_u32(c as u32 + 0xfee0).unwrap();
            income.to_string().chars().map(wide).collect()
        },
    ];
    for write in ways {
        let other = with_incomes(made.clone(), write);
        let answers = fit(&other).answers(&other);
        assert_eq!(answers, expected, "{}", other.column(1)[0]);
    }
}

#[test]
fn amounts_that_could_be_decimals_are_said_and_those_that_are_unclear_left_out() {
    let mut made = rows(60, 30, 17);
    for (i, row) in made.iter_mut().enumerate() {
        row[1] = if i % 4 == 0 {
            format!("{}", 900 + i)
        } else {
            format!("{}.{:03}", 1 + i % 7, i * 37 % 1000)
        };
    }
    let warnings = said(&fit(&table(&NAMES, &made)));
    assert!(
        warnings.contains("column 'income': '2.037' is read as 2037"),
        "{warnings}"
    );
    made[0][1] = "1,234".to_owned();
    let fitted = fit(&table(&NAMES, &made));
    let income = fitted.columns().iter().find(|c| c.name == "income");
    assert_eq!(
        income.unwrap().kind,
        Kind::LeftOut(LeftOut::UnclearNumber),
        "points and commas that could both set thousands apart"
    );
}

#[test]
fn a_mark_for_what_is_not_known_leaves_a_column_of_numbers() {
    let mut made = rows(60, 30, 18);
    for row in made.iter_mut().step_by(5) {
        row[1] = "unknown".to_owned();
    }
    made[1][1] = "-".to_owned();
    let fitted = fit(&table(&NAMES, &made));
    let income = fitted.columns().iter().find(|c| c.name == "income");
    assert_eq!(income.unwrap().kind, Kind::Number);
    let warnings = said(&fitted);
    assert!(
        warnings.contains("'income': 12 cells are texts among numbers, such as 'unknown'"),
        "{warnings}"
    );
}

#[test]
fn one_class_in_several_spellings_is_one_class_and_said() {
    let made = rows(60, 30, 19);
    let plain = table(&NAMES, &made);
    let expected = fit(&plain).answers(&plain);
    let mut mixed = made.clone();
    let (mut yes, mut no) = (0, 0);
    for row in mixed.iter_mut().take(30) {
        let (count, ways) = match row[6].as_str() {
            "yes" => (&mut yes, ["yes", "Y", "yes", " YES "]),
            _ => (&mut no, ["no", "no", "n", "Ｎｏ"]),
        };
        row[6] = ways[*count % 4].to_owned();
        *count += 1;
    }
    let mixed = table(&NAMES, &mixed);
    let fitted = fit(&mixed);
    assert_eq!(fitted.classes(), ["no", "yes"]);
    assert_eq!(fitted.answers(&mixed), expected);
    let warnings = said(&fitted);
    assert!(
        warnings.contains("YES, yes, Y count as one class, 'yes'"),
        "{warnings}"
    );
    // Letters alone are names of their own.
    let mut letters = made;
    for row in letters.iter_mut().take(30) {
        row[6] = if row[6] == "yes" { "Y" } else { "F" }.to_owned();
    }
    assert_eq!(fit(&table(&NAMES, &letters)).classes(), ["F", "Y"]);
}

#[test]
fn a_target_with_decimal_commas_is_measured_by_its_own_numbers() {
    let mut made = rows(80, 80, 20);
    let mut commas = made.clone();
    for (row, other) in made.iter_mut().zip(&mut commas) {
        let value = row[1].parse::<f64>().unwrap_or(3000.0) / 7.0;
        row[6] = format!("{value:.2}");
        other[6] = row[6].replace('.', ",");
    }
    let measured = |rows: &[Vec<String>]| {
        let table = table(&NAMES, rows);
        let draw = Draw {
            shots: (0..30).collect(),
            questions: (30..80).collect(),
        };
        let settings = Settings::default();
        let (fitted, answers) = answer_draw(&table, None, "repaid", &settings, &draw).unwrap();
        figures(&table, "repaid", &draw, &fitted, &answers).unwrap()
    };
    let expected = measured(&made);
    assert!(expected.loss < 0.5, "{expected:?}");
    assert_eq!(measured(&commas), expected);
}

#[test]
fn a_source_that_writes_numbers_in_another_way_is_refused() {
    let own = table(&NAMES, &rows(40, 10, 21));
    let mut other = rows(60, 60, 22);
    for row in &mut other {
        row[1] = format!("{} EUR", row[1]);
    }
    let error =
        Predictor::fit_with_source(&own, &table(&NAMES, &other), "repaid", &Settings::default())
            .unwrap_err()
            .to_string();
    assert!(
        error.contains("EUR' in the column 'income'") && error.contains("as in the table"),
        "{error}"
    );
}
