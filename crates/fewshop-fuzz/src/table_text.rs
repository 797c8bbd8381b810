//! The reader of tables in a browser: any text is a table or an error, and a table is answered or
//! refused.

use std::sync::LazyLock;

use fewshop_table_wasm::{Session, error};

use crate::program::Program;
use crate::tables;

static SEEDS: LazyLock<[Vec<u8>; 3]> = LazyLock::new(|| {
    let table = |delimiter: &str, quote: &str| {
        let mut rows = vec![["id", "sum", "city, \"old\"", "opened", "paid"].map(str::to_owned)];
        for i in 0..14 {
            rows.push([
                format!("A{i}"),
                format!("{}{}5", i % 5, if delimiter == ";" { ',' } else { '.' }),
                ["Bonn", "Trier", ""][i % 3].to_owned(),
                format!("{:02}/{:02}/2024", 1 + i % 12, 10 + i),
                ["no", "yes", ""][i % 3].to_owned(),
            ]);
        }
        let line = |row: [String; 5]| {
            row.map(|cell| format!("{quote}{}{quote}", cell.replace('"', "\"\"")))
                .join(delimiter)
        };
        let lines: Vec<String> = rows.into_iter().map(line).collect();
        lines.join("\r\n").into_bytes()
    };
    [table(",", "\""), table(";", "\""), table("\t", "")]
});

/// Reads a damaged table, and now and then answers one of its first columns.
pub(crate) fn run(input: &[u8]) -> usize {
    let mut program = Program::new(input);
    let seed = &SEEDS[program.below(SEEDS.len())];
    // A fit takes as long as a thousand readings.
    let (fits, target) = (program.byte().is_multiple_of(8), program.below(6));
    let bytes = tables::text(&mut program, seed);
    let read = String::from_utf8_lossy(&bytes);
    match Session::read(&read) {
        Ok(mut session) => {
            let about: serde_json::Value =
                serde_json::from_str(&session.about()).expect("what is written is JSON");
            let rows = about["rows"].as_u64().expect("it is a number") as usize;
            assert!(rows > 0);
            let names: Vec<&str> = about["columns"]
                .as_array()
                .expect("it is a list")
                .iter()
                .filter_map(|column| column["name"].as_str())
                .collect();
            if let Some(name) = names.get(target).filter(|_| fits) {
                session.choose(name).expect("it is a column");
                let all: Vec<usize> = (0..rows.min(40)).collect();
                let answers = session.answers(&all);
                serde_json::from_str::<serde_json::Value>(&answers)
                    .expect("what is written is JSON");
                if let Err(refused) = session.fit() {
                    check_words(&error(&refused));
                }
            }
        }
        Err(refused) => check_words(&error(&refused)),
    }
    bytes.len()
}

/// An error is JSON with a code and a message.
fn check_words(json: &str) {
    let error: serde_json::Value = serde_json::from_str(json).expect("what is written is JSON");
    assert!(error["code"].is_string() && !error["message"].as_str().unwrap_or("").is_empty());
}
