//! The whole path through the command: files in, a pack, rankings and figures out; and what happens when the files are bad.

#![expect(clippy::unwrap_used, reason = "helpers of a test that cannot write its own files may as well panic")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fewshop_model::Pack;
use tiny::Tiny;

mod tiny;

/// A made-up shop: three departments of twelve products, shoppers who keep to one of them, a few favourites that all take.
struct Shop {
    folder: tempfile::TempDir,
}

impl Shop {
    fn new() -> Self {
        let shop = Self { folder: tempfile::tempdir().unwrap() };
        let mut items = String::from("item_id,title,category,brand,size,price\n");
        for row in 0..36 {
            let department = ["Tea", "Bread", "Soap"][row / 12];
            let _ = writeln!(
                items,
                "i{row},\"{department}, kind {}\",{department} > {department} {},House,{} oz,{}.50",
                row % 12,
                row % 2,
                row % 5 + 1,
                row % 7
            );
        }
        shop.write("items.csv", &items);
        let mut events = String::from("user_id,session_id,time,item_id,event,quantity\n");
        let mut cases = String::from("case_id,user_id,k,position,item_id\n");
        let mut truth = String::from("case_id,item_id\n");
        // A small linear congruential generator: the shop must be the same everywhere.
        let mut state = 7u32;
        let mut below = |n: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) % n
        };
        for session in 0..600u32 {
            let department = session % 3;
            let mut basket: Vec<u32> = Vec::new();
            while basket.len() < 6 {
                let item = if below(4) == 0 { below(3) * 12 } else { department * 12 + below(12) };
                if !basket.contains(&item) {
                    basket.push(item);
                }
            }
            for (nth, item) in basket.iter().enumerate() {
                if session < 540 {
                    let _ = writeln!(
                        events,
                        "u{},s{session},2024-01-{:02} 10:00:00,i{item},purchase,1",
                        session % 150,
                        session / 20 + 1
                    );
                } else if nth < 2 {
                    let _ = writeln!(cases, "c{session},v{session},2,{nth},i{item}");
                } else {
                    let _ = writeln!(truth, "c{session},i{item}");
                }
            }
        }
        shop.write("events.csv", &events);
        shop.write("cases.csv", &cases);
        shop.write("truth.csv", &truth);
        shop.write("quick.toml", "[tower]\nepochs = 2\nembedding_size = 16\n[ranker]\nepochs = 2\ncases = 300\n");
        shop
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.path(file), text).unwrap();
    }

    fn run(&self, line: &str) -> Output {
        let command = Command::new(env!("CARGO_BIN_EXE_fewshop")).args(line.split(' ')).current_dir(self.folder.path()).output();
        command.unwrap()
    }

    #[track_caller]
    fn check_done(&self, line: &str) -> String {
        let output = self.run(line);
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// One line that begins with `error:` and names what is wrong, the given exit code, and no new file.
    #[track_caller]
    fn check_refused(&self, line: &str, code: i32, words: &[&str]) {
        let before = listing(self.folder.path());
        let output = self.run(line);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{line}: {stderr}");
        assert!(stderr.lines().any(|l| l.starts_with("error:")), "{line}: {stderr}");
        for word in words {
            assert!(stderr.contains(word), "{line}: {word:?} is not in {stderr}");
        }
        assert_eq!(listing(self.folder.path()), before, "{line} left something behind");
    }
}

fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

const TRAIN: &str =
    "train --items items.csv --events events.csv --valid-cases cases.csv --valid-truth truth.csv --config quick.toml";

#[test]
fn a_shop_is_learned_ranked_and_scored() {
    let shop = Shop::new();
    shop.check_done(&format!("{TRAIN} --out a.pack"));
    let pack = Pack::from_bytes(&std::fs::read(shop.path("a.pack")).unwrap()).unwrap();
    assert_eq!((pack.catalogue.len(), pack.card.sessions, pack.card.users), (36, 540, 150));

    let inspected = shop.check_done("inspect a.pack");
    assert!(inspected.contains("540 sessions of 150 shoppers, until 2024-01-27"), "{inspected}");

    shop.check_done("recommend --pack a.pack --cases cases.csv --top 5 --out recs.csv");
    let recs = std::fs::read_to_string(shop.path("recs.csv")).unwrap();
    assert_eq!(recs.lines().count(), 1 + 60 * 5);

    let figures = shop.check_done("evaluate --pack a.pack --cases cases.csv --truth truth.csv --json figures.json");
    assert!(figures.contains("NDCG@10"), "{figures}");
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(shop.path("figures.json")).unwrap()).unwrap();
    let ndcg = json["adapted"]["2"]["ndcg@10"].as_f64().unwrap();
    // Four of 34 open products are wanted: chance is near 0.15, and a ranking by department alone near 0.45.
    assert!(ndcg > 0.35, "{json}");
}

#[test]
fn the_same_seed_gives_the_same_pack_to_the_bit_and_another_gives_another() {
    let shop = Shop::new();
    for (name, seed) in [("a", 7), ("b", 7), ("c", 8)] {
        shop.check_done(&format!("{TRAIN} --seed {seed} --out {name}.pack"));
    }
    let bytes = |name: &str| std::fs::read(shop.path(name)).unwrap();
    assert!(bytes("a.pack") == bytes("b.pack"));
    assert!(bytes("a.pack") != bytes("c.pack"));
}

#[test]
fn a_text_model_changes_the_vectors_and_is_named_on_the_card() {
    let shop = Shop::new();
    Tiny::new().wheel(&shop.path("tiny.whl"));
    let folder = Tiny::new().folder();
    let unpacked = format!(" --text-model {}", folder.path().display());
    shop.write("off.toml", "[tower]\nepochs = 2\nembedding_size = 16\ntext = false\n[ranker]\nepochs = 2\ncases = 300\n");
    for (name, more) in [("without", ""), ("with", " --text-model tiny.whl"), ("unpacked", &unpacked)] {
        shop.check_done(&format!("{TRAIN}{more} --out {name}.pack"));
    }
    let off = shop.run(&format!("{} --text-model tiny.whl --out off.pack", TRAIN.replace("quick", "off")));
    let stderr = String::from_utf8_lossy(&off.stderr);
    assert!(off.status.success() && stderr.contains("tower.text = false"), "{stderr}");
    let bytes = |name: &str| std::fs::read(shop.path(&format!("{name}.pack"))).unwrap();
    let pack = |name: &str| Pack::from_bytes(&bytes(name)).unwrap();
    assert!(pack("with").table != pack("without").table);
    assert!(pack("with").table == pack("unpacked").table);
    assert!(pack("off").table == pack("without").table);
    let commands = (pack("with").card.command, pack("without").card.command);
    assert!(commands.0.contains(" --text-model tiny.whl") && !commands.1.contains("text-model"), "{commands:?}");
}

#[test]
fn a_text_model_that_is_none_stops_the_training_before_it_begins() {
    let shop = Shop::new();
    shop.write("bad.whl", "not a wheel");
    let train = |model: &str| format!("{TRAIN} --text-model {model} --out a.pack");
    shop.check_refused(&train("bad.whl"), 1, &["bad.whl", "cannot be read as a wheel", "model.safetensors"]);
    shop.check_refused(&train("missing.whl"), 1, &["missing.whl"]);
    shop.check_refused(&train("."), 1, &["holds no model.safetensors"]);
}

#[test]
fn bad_files_are_named_with_line_and_field_and_nothing_is_left_behind() {
    let shop = Shop::new();
    let items = std::fs::read_to_string(shop.path("items.csv")).unwrap();
    let train = |items: &str| format!("train --items {items} --events events.csv --out a.pack --config quick.toml");
    shop.write(
        "no_price.csv",
        &items.replace("item_id,title,category,brand,size,price", "item_id,title,category,brand,size,cost"),
    );
    shop.check_refused(&train("no_price.csv"), 1, &["no_price.csv", "price"]);
    shop.write("bad_price.csv", &items.replacen("0.50", "cheap", 1));
    shop.check_refused(&train("bad_price.csv"), 1, &["bad_price.csv", "line 2", "price", "cheap"]);
    shop.write("twice.csv", &items.replacen("\ni1,", "\ni0,", 1));
    shop.check_refused(&train("twice.csv"), 1, &["twice.csv", "i0", "2", "3"]);
    shop.write("empty.csv", "");
    shop.check_refused(&train("empty.csv"), 1, &["empty.csv", "empty"]);
    std::fs::write(shop.path("latin.csv"), b"item_id,title,category,brand,size,price\nx,Caf\xe9,,,,1\n").unwrap();
    shop.check_refused(&train("latin.csv"), 1, &["latin.csv", "line 2", "UTF-8"]);
    shop.check_refused(&train("missing.csv"), 1, &["missing.csv"]);
    shop.write("typo.toml", "[tower]\nepoch = 1\n");
    shop.check_refused("train --items items.csv --events events.csv --out a.pack --config typo.toml", 1, &["typo.toml", "epoch"]);
    shop.write("few.csv", "user_id,session_id,time,item_id,event,quantity\nu,s,2024-01-01 10:00:00,i1,purchase,1\n");
    shop.check_refused("train --items items.csv --events few.csv --out a.pack", 1, &["too few"]);
}

#[test]
fn an_event_of_an_unknown_product_is_left_out_with_a_warning() {
    let shop = Shop::new();
    let events = std::fs::read_to_string(shop.path("events.csv")).unwrap();
    shop.write("events.csv", &events.replacen(",i5,", ",nobody,", 1));
    let output = shop.run(&format!("{TRAIN} --out a.pack"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.contains("warning") && stderr.contains("nobody"), "{stderr}");
}

#[test]
fn a_bad_pack_or_wrong_usage_is_refused_and_an_old_file_stays() {
    let shop = Shop::new();
    shop.write("empty.pack", "");
    shop.check_refused("inspect empty.pack", 1, &["empty.pack", "empty"]);
    shop.write("text.pack", "this is a text");
    shop.check_refused("recommend --pack text.pack --cases cases.csv --out recs.csv", 1, &["text.pack", "no Fewshop pack"]);
    shop.check_refused("recommend --pack text.pack --cases cases.csv --out recs.csv --top 0", 2, &["at least 1"]);
    shop.check_refused("trian", 2, &["trian"]);
    shop.write("old.pack", "something that the user had");
    shop.check_refused("train --items missing.csv --events events.csv --out old.pack", 1, &["missing.csv"]);
    assert_eq!(std::fs::read_to_string(shop.path("old.pack")).unwrap(), "something that the user had");
}
