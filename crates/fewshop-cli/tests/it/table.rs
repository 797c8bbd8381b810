//! Answers for any table.

use std::fmt::Write as _;

use crate::common::Folder;
use crate::workbook;

/// Eighty rows whose answer follows the amount; all but the first `labelled` are questions.
fn made_up(labelled: u32) -> String {
    let mut text = "id,amount,purpose,sex,good\n".to_owned();
    for i in 0..80u32 {
        let amount = i * 37 % 80;
        let answer = match (i < labelled, amount + i * 13 % 17 < 48) {
            (false, _) => "",
            (true, true) => "yes",
            (true, false) => "no",
        };
        let purpose = ["car", "house", "other"][(i % 3) as usize];
        let _ = writeln!(
            text,
            "K{i:03},{amount},{purpose},{},{answer}",
            ["f", "m"][(i % 2) as usize]
        );
    }
    text
}

#[test]
fn a_table_is_answered_measured_and_explained() {
    let folder = Folder::new();
    folder.write("t.csv", &made_up(60));
    let said = folder.check_done("table predict --table t.csv --target good --out p.csv");
    assert!(
        said.contains("left out: sex (protected attribute)"),
        "{said}"
    );
    assert!(said.contains("enough to tell"), "{said}");
    let answers = folder.read("p.csv");
    let lines: Vec<&str> = answers.lines().collect();
    assert_eq!(
        lines[0],
        "row,id,answer,probability,low,high,enough,unlike,p(no),p(yes)"
    );
    assert_eq!(lines.len(), 21);
    assert!(lines[1].starts_with("61,K060,"), "{}", lines[1]);
    folder.check_done("table predict --table t.csv --target good --out p.parquet");
    folder.check_done("table predict --table t.csv --target good --out again.csv");
    assert_eq!(folder.read("again.csv"), answers);
    let said = folder
        .check_done("table evaluate --table t.csv --target good --k 8,16 --draws 3 --json f.json");
    assert!(
        said.contains("base rate") && folder.read("f.json").contains("\"answered\""),
        "{said}"
    );
    let said = folder.check_done("table explain --table t.csv --target good --row 61");
    assert!(
        said.contains("shares (exact)") && said.contains("examples that pull most"),
        "{said}"
    );
    let said =
        folder.check_done("table predict --table t.csv --target good --source t.csv --out s.csv");
    assert!(said.contains("columns: amount, purpose"), "{said}");
    for (line, words) in [
        (
            "table predict --table t.csv --target bad --out q.csv",
            "no column 'bad'",
        ),
        (
            "table explain --table t.csv --target good --row 90",
            "there is no row 90",
        ),
        (
            "table predict --table none.csv --target good --out q.csv",
            "none.csv: cannot be read",
        ),
    ] {
        let output = folder.run(line);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains(words), "{stderr}");
        assert!(!folder.path("q.csv").exists());
    }
}

#[test]
fn a_network_of_ones_own_is_trained_and_used() {
    let folder = Folder::new();
    folder.write("t.csv", &made_up(24));
    folder.check_done("table train-prior --out own.pack --tables 60 --width 16 --blocks 1");
    let answers = |flags: &str| {
        folder.check_done(&format!(
            "table predict --table t.csv --target good --out p.csv{flags}"
        ));
        folder.read("p.csv")
    };
    let all = [
        answers(""),
        answers(" --pack own.pack"),
        answers(" --without-network"),
    ];
    assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2]);
    // With more labelled rows than it reads, the ensemble answers alone.
    folder.write("t.csv", &made_up(60));
    assert_eq!(answers(""), answers(" --without-network"));

    folder.write("bad.pack", "not a network");
    let output =
        folder.run("table predict --table t.csv --target good --out q.csv --pack bad.pack");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        stderr.contains("bad.pack") && stderr.contains("train-prior"),
        "{stderr}"
    );
    assert!(!folder.path("q.csv").exists());
    let output = folder.run("table train-prior --out none.pack --tables 60 --width 12");
    assert_eq!(output.status.code(), Some(1));
    assert!(!folder.path("none.pack").exists());
}

#[test]
fn proposed_rows_are_compared_with_random_ones() {
    let folder = Folder::new();
    folder.write("t.csv", &made_up(60));
    let line = "table labelling --table t.csv --target good --k 6,8 --draws 3 --questions 20";
    let said = folder.check_done(&format!("{line} --json f.json"));
    assert!(said.contains("proposed"), "{said}");
    assert!(folder.read("f.json").contains("\"random_loss\""));
    let output = folder.run("table labelling --table t.csv --target good --k 200 --draws 3");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(stderr.contains("lower --k"), "{stderr}");
}

/// A table as a workbook: numbers as numbers, everything else as text.
fn sheet(table: &str) -> String {
    let cell = |cell: &str| match cell.parse::<f64>() {
        Ok(_) => format!("<c><v>{cell}</v></c>"),
        Err(_) if cell.is_empty() => "<c/>".to_owned(),
        Err(_) => workbook::text(cell),
    };
    let row = |line: &str| line.split(',').map(cell).collect::<String>();
    table
        .lines()
        .map(|line| format!("<row>{}</row>", row(line)))
        .collect()
}

#[test]
fn a_workbook_is_read_as_its_csv_and_the_sheet_is_said() {
    let folder = Folder::new();
    folder.write("t.csv", &made_up(60));
    folder.check_done("table predict --table t.csv --target good --out csv.csv");
    let notes = "<row/>".to_owned();
    let sheets = [("Notes", notes), ("Loans", sheet(&made_up(60)))];
    workbook::write(&folder.path("t.xlsx"), &sheets);
    folder.check_done("table predict --table t.xlsx --target good --out xlsx.csv");
    assert_eq!(folder.read("xlsx.csv"), folder.read("csv.csv"));
    let sheets = [
        ("Loans", sheet(&made_up(60))),
        ("Old loans", sheet(&made_up(40))),
    ];
    workbook::write(&folder.path("two.xlsx"), &sheets);
    let output = folder.run("table predict --table two.xlsx --target good --out two.csv");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        stderr.contains("two.xlsx: the sheet 'Loans' is read, not Old loans"),
        "{stderr}"
    );
    folder.write("broken.xlsx", "PK\u{3}\u{4} and no more");
    let output = folder.run("table predict --table broken.xlsx --target good --out q.csv");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        stderr.contains("broken.xlsx: ") && stderr.contains("CSV UTF-8"),
        "{stderr}"
    );
}

#[test]
fn how_a_file_was_read_is_said() {
    let folder = Folder::new();
    let german = made_up(60).replace(',', ";").replace("house", "Häuser");
    let bytes: Vec<u8> = german.chars().map(|c| c as u8).collect();
    std::fs::write(folder.path("old.csv"), bytes).unwrap();
    let output = folder.run("table predict --table old.csv --target good --out p.csv");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success() && stderr.contains("old.csv: decoded from Windows-1252"),
        "{stderr}"
    );
    folder.write("empty.csv", "");
    let output = folder.run("table predict --table empty.csv --target good --out p.csv");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        stderr.contains("is empty, expected a header: export"),
        "{stderr}"
    );
}
