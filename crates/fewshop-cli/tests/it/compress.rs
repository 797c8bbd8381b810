//! `fewshop compress` and `fewshop study distil` on a made-up shop.

use crate::common::{Folder, made_up_shop};

const TRAIN: &str = "train --items items.csv --events events.csv --valid-cases cases.csv --valid-truth truth.csv --config quick.toml";

fn trained() -> Folder {
    let shop = made_up_shop();
    shop.check_done(&format!("{TRAIN} --out shop.pack"));
    shop
}

fn compress(budget: &str, more: &str) -> String {
    format!(
        "compress --pack shop.pack --valid-cases cases.csv --valid-truth truth.csv --budget {budget} {more}"
    )
}

#[test]
fn a_pack_becomes_smaller_and_the_one_that_came_in_stays() {
    let shop = trained();
    let before = std::fs::read(shop.path("shop.pack")).unwrap();
    let said = shop.check_done(&compress(
        "1MB",
        "--out all.pack --json found.json --plot found.svg",
    ));
    assert!(
        said.contains("<- taken") && said.contains("bytes on the wire of 1000000 allowed"),
        "{said}"
    );
    let found: serde_json::Value = serde_json::from_str(&shop.read("found.json")).unwrap();
    let tried = found["tried"].as_array().unwrap();
    let length = |one: &serde_json::Value| one["brotli_bytes"].as_u64().unwrap();
    let least = tried.iter().map(length).min().unwrap();
    assert!(least < length(&tried[0]) && tried[0]["minus_full"] == 0.0);
    let picture = shop.read("found.svg");
    assert!(
        picture.starts_with("<svg")
            && picture.contains("taken")
            && picture.contains("prefers-color-scheme")
    );

    // A budget that only the smallest meet, twice.
    let budget = (least + 30).to_string();
    shop.check_done(&compress(&budget, "--out small.pack"));
    shop.check_done(&compress(&budget, "--out again.pack"));
    let small = std::fs::read(shop.path("small.pack")).unwrap();
    assert!(small.len() < before.len());
    assert_eq!(small, std::fs::read(shop.path("again.pack")).unwrap());
    assert_eq!(before, std::fs::read(shop.path("shop.pack")).unwrap());
    shop.check_done("recommend --pack small.pack --cases cases.csv --out recs.csv");
    assert!(
        shop.check_done("inspect small.pack")
            .contains("fewshop compress --budget")
    );

    // Nothing is left behind by what is refused.
    shop.check_refused(
        &compress("2kB", "--out none.pack"),
        1,
        &["2000 bytes", "smallest found is"],
    );
    shop.check_refused(
        &compress("1MB", "--out shop.pack"),
        1,
        &["shop.pack", "another name"],
    );
    shop.check_refused(
        &compress("1MB", "--out no/small.pack"),
        1,
        &["no/small.pack"],
    );
    shop.check_refused(&compress("much", "--out small2.pack"), 2, &["1.2MB"]);
    assert_eq!(before, std::fs::read(shop.path("shop.pack")).unwrap());
}

#[test]
fn a_student_is_compared_with_its_teacher() {
    let shop = made_up_shop();
    let said = shop.check_done(
        "study distil --items items.csv --events events.csv --valid-cases cases.csv --valid-truth truth.csv --config quick.toml --hidden 96 \
         --members 2 --json found.json",
    );
    assert!(
        said.contains("teacher, 2 networks of 96 hidden units") && said.contains("not rounded"),
        "{said}"
    );
    let found: serde_json::Value = serde_json::from_str(&shop.read("found.json")).unwrap();
    assert_eq!(
        (&found["cases"], &found["study"]),
        (&60.into(), &"distil".into())
    );
    let share = |table: &str, at: usize| found[table][at]["share_of_first"].as_f64().unwrap();
    assert!((1..3).all(|at| share("rankers", at) > 0.8), "{said}");
    // Eight bits a number are as good as none missing.
    assert!((share("vectors", 1) - 1.0).abs() < 0.02, "{said}");
}
