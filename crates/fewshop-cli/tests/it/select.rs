//! Choosing settings, comparing seeds and studying growth, through the command.

use std::fmt::Write as _;

use fewshop_model::Pack;

use crate::common::Folder;

/// A made-up shop: two departments of fifteen products, shoppers who keep to one of them, 300
/// sessions in 30 days.
fn made_up_shop() -> Folder {
    let shop = Folder::new();
    let mut items = String::from("item_id,title,category,brand,size,price\n");
    for row in 0..30 {
        let department = ["Tea", "Soap"][row / 15];
        let _ = writeln!(
            items,
            "i{row},\"{department}, kind {row}\",{department},House,{} oz,{}.50",
            row % 5 + 1,
            row % 7
        );
    }
    let mut events = String::from("user_id,session_id,time,item_id,event,quantity\n");
    let (mut cases, mut truth) = (
        String::from("case_id,user_id,k,position,item_id\n"),
        String::from("case_id,item_id\n"),
    );
    for session in 0..320u32 {
        for nth in 0..5 {
            let item = session % 2 * 15 + (session * 7 + nth * (nth + 1) / 2 + session / 9) % 15;
            match nth {
                _ if session < 300 => {
                    let day = session / 10 + 1;
                    let _ = writeln!(
                        events,
                        "u{},s{session},2024-01-{day:02} 10:00:00,i{item},purchase,1",
                        session % 100
                    );
                }
                0 => {
                    let _ = writeln!(cases, "c{session},v{session},1,0,i{item}");
                }
                _ => {
                    let _ = writeln!(truth, "c{session},i{item}");
                }
            }
        }
    }
    shop.write("items.csv", &items);
    shop.write("events.csv", &events);
    shop.write("cases.csv", &cases);
    shop.write("truth.csv", &truth);
    // Fits of tenths of a second: what is chosen does not matter here, only that it goes as it
    // should.
    shop.write(
        "quick.toml",
        "[tower]\nepochs = 1\nembedding_size = 8\nsessions_an_epoch = 256\n[ranker]\nepochs = 1\ncases = 64\ncandidates = 20\n\
             [adapter]\nlearning_rates = [0.01]\nnegatives = 8\n",
    );
    shop
}

const TRAIN: &str = "train --items items.csv --events events.csv --config quick.toml";

#[test]
fn a_search_leaves_a_table_settings_that_make_the_pack_again_and_a_journal_to_go_on_from() {
    let shop = made_up_shop();
    let printed = shop.check_done(&format!("{TRAIN} --out a.pack --select --trials 3"));
    // A header, three trials, the verdict, and the pack.
    assert_eq!(printed.lines().count(), 6, "{printed}");
    assert!(printed.contains("(the initial settings)"), "{printed}");
    let journal = shop.read("a.pack.trials.jsonl");
    // The defaults on three rungs, two trials on the first, one of them on the other two; three
    // folds each.
    assert_eq!(journal.lines().count(), 1 + 3 * (3 + 2 + 1 + 1));

    // Killed in the middle of a line, the search goes on with the next fit, and ends the same.
    let kept: usize = journal.split_inclusive('\n').take(15).map(str::len).sum();
    shop.write("b.pack.trials.jsonl", &journal[..kept + 40]);
    shop.check_done(&format!("{TRAIN} --out b.pack --select --trials 3"));
    let again = shop.read("b.pack.trials.jsonl");
    assert_eq!(
        (again.lines().count(), &again[..kept]),
        (journal.lines().count(), &journal[..kept])
    );
    let scores = |text: &str| {
        text.lines()
            .map(|line| line.split("\"scores\"").nth(1).map(str::to_owned))
            .collect::<Vec<_>>()
    };
    assert_eq!(scores(&again), scores(&journal));

    // The command in the pack's card makes it again, without a search.
    let bytes = std::fs::read(shop.path("a.pack")).unwrap();
    let pack = Pack::from_bytes(&bytes).unwrap();
    assert!(
        pack.card()
            .command
            .contains("--config a.pack.toml --seed 7"),
        "{}",
        pack.card().command
    );
    let line = pack.card().command.strip_prefix("fewshop ").unwrap();
    shop.check_done(&format!("{line} --out c.pack"));
    assert!(std::fs::read(shop.path("c.pack")).unwrap() == bytes);

    // Trials of another search are refused, and nothing of theirs is lost.
    shop.check_refused(
        &format!("{TRAIN} --out a.pack --select --trials 3 --seed 8"),
        1,
        &["a.pack.trials.jsonl", "--seed", "remove it"],
    );
    shop.write(
        "events.csv",
        &shop.read("events.csv").replacen(",i5,", ",i6,", 1),
    );
    shop.check_refused(
        &format!("{TRAIN} --out a.pack --select --trials 3"),
        1,
        &["a.pack.trials.jsonl", "--events"],
    );
    assert_eq!(shop.read("a.pack.trials.jsonl"), journal);
}

#[test]
fn a_budget_of_no_time_keeps_the_settings_and_says_so() {
    let shop = made_up_shop();
    let printed = shop.check_done(&format!("{TRAIN} --out a.pack --select --budget 0s"));
    assert!(
        printed.contains("Kept the initial settings") && printed.contains("longer --budget"),
        "{printed}"
    );
    shop.check_refused(
        &format!("{TRAIN} --out a.pack --select --budget 30"),
        2,
        &["30m"],
    );
    shop.check_refused(
        &format!("{TRAIN} --out a.pack --select --trials 1"),
        2,
        &["at least 2"],
    );
    shop.check_refused(
        &format!("{TRAIN} --out a.pack --trials 3"),
        2,
        &["--select"],
    );
    shop.check_refused(
        &format!("{TRAIN} --out a.pack --select --trials 3 --budget 1m"),
        2,
        &["--budget"],
    );
}

#[test]
fn several_seeds_print_their_spread_and_the_first_is_written() {
    let shop = made_up_shop();
    let with = format!("{TRAIN} --valid-cases cases.csv --valid-truth truth.csv");
    let printed = shop.check_done(&format!("{with} --seed 3 --seeds 2 --out a.pack"));
    for word in ["seed 3", "seed 4", "mean", "min to max", "sd"] {
        assert!(printed.contains(word), "{word} is not in {printed}");
    }
    shop.check_done(&format!("{with} --seed 3 --out b.pack"));
    assert!(
        std::fs::read(shop.path("a.pack")).unwrap() == std::fs::read(shop.path("b.pack")).unwrap()
    );
    shop.check_refused(
        &format!("{TRAIN} --seeds 2 --out c.pack"),
        1,
        &["--valid-cases"],
    );
}

#[test]
fn the_scaling_study_trains_every_size_in_a_process_of_its_own() {
    let shop = made_up_shop();
    let study =
        "study scaling --items items.csv --events events.csv --config quick.toml --sizes 1,2";
    let printed = shop.check_done(&format!("{study} --json figures.json"));
    assert!(printed.contains("From 1× to 2×: events ×2.0"), "{printed}");
    let figures: serde_json::Value = serde_json::from_str(&shop.read("figures.json")).unwrap();
    assert_eq!(figures[0]["events"], 1_500);
    assert!(figures[1]["events"].as_u64().unwrap() >= 3_000);
    if cfg!(target_os = "linux") {
        assert!(figures[1]["peak_mib"].as_f64().unwrap() > 1.0);
    }
    shop.check_refused(
        "study scaling --items items.csv --events events.csv --sizes 0",
        2,
        &["from 1 to 1000"],
    );
    shop.write(
        "few.csv",
        "user_id,session_id,time,item_id,event,quantity\nu,s,2024-01-01 10:00:00,i1,purchase,1\n",
    );
    shop.check_refused(
        "study scaling --items items.csv --events few.csv",
        1,
        &["training failed", "too few"],
    );
}
