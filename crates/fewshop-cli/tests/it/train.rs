//! The whole path through the command: files in, a pack, rankings and figures out; and what happens
//! when the files are bad.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use fewshop_core::metrics;
use fewshop_model::Pack;

use crate::common::{Folder, made_up_shop};
use crate::tiny::Tiny;

const TRAIN: &str = "train --items items.csv --events events.csv --valid-cases cases.csv --valid-truth truth.csv --config quick.toml";

#[test]
fn a_shop_is_learned_ranked_and_scored() {
    let shop = made_up_shop();
    shop.check_done(&format!("{TRAIN} --out a.pack"));
    let pack = Pack::from_bytes(&std::fs::read(shop.path("a.pack")).unwrap()).unwrap();
    assert_eq!(
        (
            pack.catalogue().len(),
            pack.card().sessions,
            pack.card().users
        ),
        (36, 540, 150)
    );

    let inspected = shop.check_done("inspect a.pack");
    assert!(
        inspected.contains("540 sessions of 150 shoppers, until 2024-01-27"),
        "{inspected}"
    );

    shop.check_done("recommend --pack a.pack --cases cases.csv --top 5 --out recs.csv");
    let recs = std::fs::read_to_string(shop.path("recs.csv")).unwrap();
    assert_eq!(recs.lines().count(), 1 + 60 * 5);

    let figures = shop.check_done(
        "evaluate --pack a.pack --cases cases.csv --truth truth.csv --json figures.json",
    );
    assert!(figures.contains("NDCG@10"), "{figures}");
    let json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(shop.path("figures.json")).unwrap()).unwrap();
    let ndcg = json["adapted"]["2"]["ndcg@10"].as_f64().unwrap();
    let trivial = by_department_and_popularity(&shop);
    assert!(
        ndcg > trivial,
        "{ndcg} is not above {trivial}, which needs no training: {json}"
    );
}

/// NDCG@10 over the cases of the made-up shop for what anyone would try first: products of the
/// departments that the context items come from, the most bought ones before the others.
fn by_department_and_popularity(shop: &Folder) -> f64 {
    // A product's department is a third of the rows.
    const DEPARTMENT: usize = 12;
    let row = |item: &str| item[1..].parse::<usize>().unwrap();
    let field = |line: &str, column: usize| line.split(',').nth(column).unwrap().to_owned();
    let by_case = |file: &str, item: usize| {
        let mut out: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for line in shop.read(file).lines().skip(1) {
            let items = out.entry(field(line, 0)).or_default();
            items.push(row(&field(line, item)));
        }
        out
    };
    let mut bought = vec![0usize; 3 * DEPARTMENT];
    for line in shop.read("events.csv").lines().skip(1) {
        bought[row(&field(line, 3))] += 1;
    }
    let (contexts, relevant) = (by_case("cases.csv", 4), by_case("truth.csv", 1));
    let scores: Vec<f64> = contexts
        .iter()
        .map(|(case, context)| {
            let mut ranked: Vec<usize> = (0..bought.len())
                .filter(|row| !context.contains(row))
                .collect();
            ranked.sort_by_key(|&row| {
                let of_department = |other: &&usize| **other / DEPARTMENT == row / DEPARTMENT;
                Reverse((context.iter().filter(of_department).count(), bought[row]))
            });
            let relevant = &relevant[case];
            let hits = metrics::hits(&ranked, relevant, context);
            metrics::score(&hits, relevant.len()).unwrap().ndcg_at_10
        })
        .collect();
    scores.iter().sum::<f64>() / scores.len() as f64
}

/// Cases of shoppers who came before: the same sessions with one earlier visit, which took what is
/// now wanted.
fn write_return_cases(shop: &Folder) {
    let (cases, truth) = (shop.read("cases.csv"), shop.read("truth.csv"));
    let mut out = String::from("case_id,user_id,k,visit,position,item_id\n");
    for line in cases.lines().skip(1) {
        let f: Vec<&str> = line.split(',').collect();
        let _ = writeln!(out, "{},{},1,0,{},{}", f[0], f[1], f[3], f[4]);
    }
    for (nth, line) in truth.lines().skip(1).enumerate() {
        let (case, item) = line.split_once(',').unwrap();
        let _ = writeln!(out, "{case},v{},1,-1,{nth},{item}", &case[1..]);
    }
    shop.write("return_cases.csv", &out);
}

#[test]
fn a_pack_stands_beside_baselines_and_a_report_says_so() {
    let shop = made_up_shop();
    shop.check_done(&format!("{TRAIN} --out a.pack"));
    write_return_cases(&shop);
    shop.write(
        "quick_baselines.toml",
        "[classic]\npairs = 2000\nepochs = 2\n",
    );

    let asked = "--pack a.pack --events events.csv --cases cases.csv --truth truth.csv --baselines quick_baselines.toml";
    let printed = shop.check_done(&format!(
        "evaluate {asked} --baseline mlp --json figures.json"
    ));
    for word in [
        "mlp alone",
        "mlp with transfer",
        "pre-trained start minus random start",
    ] {
        assert!(printed.contains(word), "{word} is not in {printed}");
    }
    for word in [
        "95 %",
        "coverage",
        "popular",
        "adapted minus frozen",
        "minus full",
        "co-visitation",
        "item regression",
        "harm",
    ] {
        assert!(printed.contains(word), "{word} is not in {printed}");
    }
    let figures: serde_json::Value = serde_json::from_str(&shop.read("figures.json")).unwrap();
    let adapted = &figures["adapted"]["2"];
    let [low, mean, high] = [
        &adapted["ndcg@10 95%"][0],
        &adapted["ndcg@10"],
        &adapted["ndcg@10 95%"][1],
    ]
    .map(|v| v.as_f64().unwrap());
    assert!(low < mean && mean < high, "{low} {mean} {high}");
    assert!(
        figures["calibration"]["bins"]
            .as_array()
            .is_some_and(|bins| !bins.is_empty()),
        "{figures}"
    );
    let ndcg = |figures: &serde_json::Value, name: &str| {
        let all = figures["contenders"].as_array().unwrap();
        all.iter()
            .find(|one| one["name"] == name)
            .map(|one| one["all"]["ndcg@10"].as_f64().unwrap())
    };
    // The shop keeps to departments, so counts know more than popularity does; nobody came before.
    assert!(ndcg(&figures, "co-visitation") > ndcg(&figures, "popularity"));
    assert!(
        ndcg(&figures, "classic network").is_some() && ndcg(&figures, "bought before").is_none()
    );

    let report = format!("report {asked} --return-cases return_cases.csv --return-truth truth.csv");
    shop.check_done(&format!("{report} --out a.html --json a.json"));
    let page = shop.read("a.html");
    assert!(
        page.contains("Returning shoppers")
            && page.contains("540 of 150 shoppers")
            && !page.contains("NaN")
    );
    let all: serde_json::Value = serde_json::from_str(&shop.read("a.json")).unwrap();
    // What is wanted is what was bought before: it counts for 0.75 where the best co-visitation
    // score is 1, so most of it is on top.
    let (before, counts) = (
        ndcg(&all["returning"], "bought before"),
        ndcg(&all["returning"], "co-visitation"),
    );
    assert!(
        before > Some(0.9) && before > counts,
        "{before:?} {counts:?}"
    );
    shop.check_done("report --from a.json --out b.html");
    assert!(
        page == shop.read("b.html"),
        "the page drawn from the figures is the same page"
    );

    // A study's figures stand on the page too, and stay in the report's own figures.
    let line = |name: &str| {
        format!(
            "{{\"name\":\"{name}\",\"ndcg@10\":0.2,\"minus_first\":0,\"minus_first 95%\":[0,0],\"share_of_first\":1}}"
        )
    };
    let lines = format!("[{},{}]", line("teacher"), line("student"));
    let study = format!(
        "{{\"study\":\"distil\",\"version\":1,\"cases\":9,\"rankers\":{lines},\"vectors\":{lines},\"distilled_minus_plain\":0,\
         \"distilled_minus_plain 95%\":[-0.1,0.1]}}"
    );
    shop.write("distil.json", &study);
    shop.check_done("report --from a.json --study distil.json --out c.html");
    assert!(
        shop.read("c.html").contains("Would a larger model help?")
            && !page.contains("Would a larger model help?")
    );
    shop.write("broken.json", &study.replacen(":9", ":\"nine\"", 1));
    shop.check_refused(
        "report --from a.json --study broken.json --out d.html",
        1,
        &["broken.json", "\"cases\"", "expected usize"],
    );
    shop.write("odd.json", &study.replacen("distil", "tea", 1));
    shop.check_refused(
        "report --from a.json --study odd.json --out d.html",
        1,
        &["odd.json", "\"study\" is \"tea\"", "new-items"],
    );
    assert!(!shop.path("d.html").exists());

    shop.write("other.json", "{}");
    shop.check_refused(
        "report --from other.json --out c.html",
        1,
        &["other.json", "report --json"],
    );
    shop.write(
        "later.json",
        &shop
            .read("a.json")
            .replacen("\"version\": 1", "\"version\": 9", 1),
    );
    shop.check_refused(
        "report --from later.json --out c.html",
        1,
        &["later.json", "version 9"],
    );
    shop.write("typo.toml", "covisit_alpa = 1\n");
    shop.check_refused(
        "evaluate --pack a.pack --cases cases.csv --truth truth.csv --events events.csv --baselines typo.toml",
        1,
        &["typo.toml", "covisit_alpa"],
    );
    shop.write("no_truth.csv", "case_id,item_id\n");
    shop.check_refused(
        "evaluate --pack a.pack --cases cases.csv --truth no_truth.csv",
        1,
        &["no_truth.csv"],
    );
}

#[test]
fn simulated_shoppers_turn_down_what_they_were_shown_and_did_not_take() {
    let shop = made_up_shop();
    shop.check_done(&format!("{TRAIN} --out a.pack"));
    let asked = "evaluate --pack a.pack --cases cases.csv --truth truth.csv";
    let printed = shop.check_done(&format!(
        "{asked} --simulate-dismissals 1,10 --json figures.json"
    ));
    assert!(
        printed.contains("Simulated dismissals") && printed.contains("learned minus removed"),
        "{printed}"
    );
    let figures: serde_json::Value = serde_json::from_str(&shop.read("figures.json")).unwrap();
    let [one, all] = figures["dismissals"].as_array().unwrap().as_slice() else {
        panic!("{figures}")
    };
    let mean = |of: &serde_json::Value, what: &str| of[what]["2"]["ndcg@10"].as_f64().unwrap();
    // Both start from the frozen pack; who turns down more of ten wrong picks sees more of the
    // right ones.
    assert_eq!(
        mean(one, "frozen"),
        figures["frozen"]["2"]["ndcg@10"].as_f64().unwrap()
    );
    assert!(
        mean(one, "frozen") < mean(one, "removed") && mean(one, "removed") < mean(all, "removed"),
        "{figures}"
    );
    let difference = mean(all, "learned") - mean(all, "removed");
    let said = all["learned_minus_removed"]["2"]["ndcg@10 diff"]
        .as_f64()
        .unwrap();
    assert!((difference - said).abs() < 1e-9, "{difference} {said}");
    let four = shop.check_done(&format!("{asked} --simulate-dismissals"));
    assert_eq!(
        four.lines()
            .filter(|line| line.split_whitespace().nth(1) == Some("all"))
            .count(),
        4,
        "{four}"
    );
    assert!(!shop.check_done(asked).contains("dismissals"));
    shop.check_refused(
        &format!("{asked} --simulate-dismissals 11"),
        2,
        &["from 1 to 10"],
    );
}

#[test]
fn a_shop_without_a_log_gets_a_pack_from_titles_and_is_told_what_it_lacks() {
    let shop = Folder::new();
    shop.write(
        "items.csv",
        "item_id,title,category,brand,size,price\n1,Red wine,Drinks,,,9\n2,Cat food,Pets,,,2\n3,White wine,Drinks,,,8\n4,Cat litter,Pets,,,5\n",
    );
    shop.check_done("train --items items.csv --out a.pack");
    let pack = Pack::from_bytes(&std::fs::read(shop.path("a.pack")).unwrap()).unwrap();
    assert_eq!((pack.catalogue().len(), pack.card().sessions), (4, 0));
    assert_eq!(
        pack.card().command,
        "fewshop train --items items.csv --seed 7"
    );
    let inspected = shop.check_done("inspect a.pack");
    assert!(inspected.contains("there was no log"), "{inspected}");
    shop.write(
        "cases.csv",
        "case_id,user_id,k,position,item_id\nc,u,1,1,4\n",
    );
    shop.check_done("recommend --pack a.pack --cases cases.csv --top 1 --out recs.csv");
    let recs = std::fs::read_to_string(shop.path("recs.csv")).unwrap();
    assert!(recs.contains("\nc,1,2,"), "{recs}");
    shop.check_refused(
        "train --items items.csv --select --out b.pack",
        1,
        &["also give --events"],
    );
    assert!(!shop.path("b.pack").exists());
}

#[test]
fn an_ablation_stands_in_the_same_table() {
    let shop = made_up_shop();
    shop.check_done(&format!("{TRAIN} --out a.pack"));
    shop.write(
        "quick_baselines.toml",
        "[classic]\npairs = 500\nepochs = 1\n",
    );
    let asked = "evaluate --ablation --pack a.pack --items items.csv --events events.csv --cases cases.csv --truth truth.csv \
                 --valid-cases cases.csv --valid-truth truth.csv --config quick.toml --baselines quick_baselines.toml --json figures.json";
    let printed = shop.check_done(asked);
    assert!(printed.contains("full, retrained"), "{printed}");
    let figures: serde_json::Value = serde_json::from_str(&shop.read("figures.json")).unwrap();
    let all = figures["contenders"].as_array().unwrap();
    let ablated: Vec<&str> = all
        .iter()
        .filter(|one| one["kind"] == "ablated")
        .filter_map(|one| one["name"].as_str())
        .collect();
    assert!(
        ablated.len() > 3 && ablated[1..].iter().all(|name| name.starts_with("minus ")),
        "{ablated:?}"
    );
    // The same settings, seed and files as the pack's own: the complete pack, retrained, is the pack
    // again.
    let anew = all
        .iter()
        .find(|one| one["name"] == "full, retrained")
        .unwrap();
    assert_eq!(anew["all_minus_full"]["ndcg@10 diff"], 0.0);
}

#[test]
fn options_that_need_each_other_are_asked_for() {
    let shop = made_up_shop();
    let evaluate = "evaluate --pack a.pack --cases cases.csv --truth truth.csv";
    shop.check_refused(
        &format!("{evaluate} --ablation"),
        2,
        &["--items", "--events"],
    );
    shop.check_refused(&format!("{evaluate} --baselines x.toml"), 2, &["--events"]);
    shop.check_refused("report --out a.html", 2, &["--pack"]);
    shop.check_refused(
        "report --pack a.pack --out a.html",
        2,
        &["--events", "--cases", "--truth"],
    );
    shop.check_refused(
        "report --from a.json --pack a.pack --out a.html",
        2,
        &["--from"],
    );
}

#[test]
fn a_text_model_changes_the_vectors_and_is_named_on_the_card() {
    let shop = made_up_shop();
    Tiny::new().wheel(&shop.path("tiny.whl"));
    let folder = Tiny::new().folder();
    let unpacked = format!(" --text-model {}", folder.path().display());
    shop.write("off.toml", "[tower]\nepochs = 2\nembedding_size = 16\ntext = false\n[ranker]\nepochs = 2\ncases = 300\n");
    for (name, more) in [
        ("without", ""),
        ("with", " --text-model tiny.whl"),
        ("unpacked", &unpacked),
    ] {
        shop.check_done(&format!("{TRAIN}{more} --out {name}.pack"));
    }
    let off = shop.run(&format!(
        "{} --text-model tiny.whl --out off.pack",
        TRAIN.replace("quick", "off")
    ));
    let stderr = String::from_utf8_lossy(&off.stderr);
    assert!(
        off.status.success() && stderr.contains("tower.text = false"),
        "{stderr}"
    );
    let bytes = |name: &str| std::fs::read(shop.path(&format!("{name}.pack"))).unwrap();
    let pack = |name: &str| Pack::from_bytes(&bytes(name)).unwrap();
    assert!(pack("with").item_table() != pack("without").item_table());
    assert!(pack("with").item_table() == pack("unpacked").item_table());
    assert!(pack("off").item_table() == pack("without").item_table());
    let command = |name: &str| pack(name).card().command.clone();
    let commands = (command("with"), command("without"));
    assert!(
        commands.0.contains(" --text-model tiny.whl") && !commands.1.contains("text-model"),
        "{commands:?}"
    );
}

#[test]
fn a_text_model_that_is_none_stops_the_training_before_it_begins() {
    let shop = made_up_shop();
    shop.write("bad.whl", "not a wheel");
    let train = |model: &str| format!("{TRAIN} --text-model {model} --out a.pack");
    shop.check_refused(
        &train("bad.whl"),
        1,
        &["bad.whl", "cannot be read as a wheel", "model.safetensors"],
    );
    shop.check_refused(&train("missing.whl"), 1, &["missing.whl"]);
    shop.check_refused(&train("."), 1, &["holds no model.safetensors"]);
}

#[test]
fn searches_ablations_and_studies_read_titles_by_the_same_model() {
    let shop = made_up_shop();
    Tiny::new().wheel(&shop.path("tiny.whl"));
    let mut other = Tiny::new();
    other.tensors[0].2.reverse();
    other.wheel(&shop.path("other.whl"));
    shop.write(
        "quick.toml",
        "[tower]\nepochs = 1\nembedding_size = 8\nsessions_an_epoch = 256\n[ranker]\nepochs = 1\ncases = 64\ncandidates = 20\n",
    );
    let logs = "--items items.csv --events events.csv --config quick.toml";

    shop.check_done(&format!(
        "train {logs} --text-model tiny.whl --out a.pack --select --trials 2"
    ));
    for more in [" --text-model other.whl", ""] {
        let line = format!("train {logs}{more} --out a.pack --select --trials 2");
        shop.check_refused(&line, 1, &["a.pack.trials.jsonl", "--text-model"]);
    }
    // The same model by another name is no other model.
    std::fs::rename(shop.path("tiny.whl"), shop.path("same.whl")).unwrap();
    shop.check_done(&format!(
        "train {logs} --text-model same.whl --out a.pack --select --trials 2"
    ));

    let evaluate =
        format!("evaluate --pack a.pack --cases cases.csv --truth truth.csv {logs} --ablation");
    let printed = shop.check_done(&format!("{evaluate} --text-model same.whl"));
    assert!(printed.contains("minus sentence model"), "{printed}");
    assert!(!shop.check_done(&evaluate).contains("minus sentence model"));

    shop.check_done(&format!(
        "study scaling {logs} --text-model same.whl --sizes 1"
    ));
    shop.check_refused(
        &format!("study scaling {logs} --text-model none.whl --sizes 1"),
        1,
        &["training failed", "none.whl"],
    );
}

#[test]
fn bad_files_are_named_with_line_and_field_and_nothing_is_left_behind() {
    let shop = made_up_shop();
    let items = std::fs::read_to_string(shop.path("items.csv")).unwrap();
    let train = |items: &str| {
        format!("train --items {items} --events events.csv --out a.pack --config quick.toml")
    };
    shop.write(
        "no_price.csv",
        &items.replace(
            "item_id,title,category,brand,size,price",
            "item_id,title,category,brand,size,cost",
        ),
    );
    shop.check_refused(&train("no_price.csv"), 1, &["no_price.csv", "price"]);
    shop.write("bad_price.csv", &items.replacen("0.50", "cheap", 1));
    shop.check_refused(
        &train("bad_price.csv"),
        1,
        &["bad_price.csv", "line 2", "price", "cheap"],
    );
    shop.write("twice.csv", &items.replacen("\ni1,", "\ni0,", 1));
    shop.check_refused(&train("twice.csv"), 1, &["twice.csv", "i0", "2", "3"]);
    shop.write("empty.csv", "");
    shop.check_refused(&train("empty.csv"), 1, &["empty.csv", "empty"]);
    std::fs::write(
        shop.path("latin.csv"),
        b"item_id,title,category,brand,size,price\nx,Caf\xe9,,,,1\n",
    )
    .unwrap();
    // Read, and said so; one product alone is no shop.
    shop.check_refused(
        &train("latin.csv"),
        1,
        &["latin.csv", "Windows-1252", "0 sessions"],
    );
    shop.check_refused(&train("missing.csv"), 1, &["missing.csv"]);
    shop.write("typo.toml", "[tower]\nepoch = 1\n");
    shop.check_refused(
        "train --items items.csv --events events.csv --out a.pack --config typo.toml",
        1,
        &["typo.toml", "epoch"],
    );
    shop.write(
        "few.csv",
        "user_id,session_id,time,item_id,event,quantity\nu,s,2024-01-01 10:00:00,i1,purchase,1\n",
    );
    shop.check_refused(
        "train --items items.csv --events few.csv --out a.pack",
        1,
        &["too few"],
    );
}

#[test]
fn an_event_of_an_unknown_product_is_left_out_with_a_warning() {
    let shop = made_up_shop();
    let events = std::fs::read_to_string(shop.path("events.csv")).unwrap();
    shop.write("events.csv", &events.replacen(",i5,", ",nobody,", 1));
    let output = shop.run(&format!("{TRAIN} --out a.pack"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && stderr.contains("warning") && stderr.contains("nobody"),
        "{stderr}"
    );
}

#[test]
fn a_bad_pack_or_wrong_usage_is_refused_and_an_old_file_stays() {
    let shop = made_up_shop();
    shop.write("empty.pack", "");
    shop.check_refused("inspect empty.pack", 1, &["empty.pack", "empty"]);
    shop.write("text.pack", "this is a text");
    shop.check_refused(
        "recommend --pack text.pack --cases cases.csv --out recs.csv",
        1,
        &["text.pack", "no Fewshop pack"],
    );
    shop.check_refused(
        "recommend --pack text.pack --cases cases.csv --out recs.csv --top 0",
        2,
        &["at least 1"],
    );
    shop.check_refused("trian", 2, &["trian"]);
    shop.write("old.pack", "something that the user had");
    shop.check_refused(
        "train --items missing.csv --events events.csv --out old.pack",
        1,
        &["missing.csv"],
    );
    assert_eq!(
        std::fs::read_to_string(shop.path("old.pack")).unwrap(),
        "something that the user had"
    );
}

#[test]
fn a_merchants_rules_go_into_the_pack_are_obeyed_shown_and_taken_out_again() {
    let shop = made_up_shop();
    shop.write(
        "rules.toml",
        "[[pin]]\nitem = \"i35\"\nplace = 1\n[[exclude]]\ncategory = \"Tea\"\n[stock]\nout = [\"i12\"]\n[[cap]]\ncategory = \"*\"\nmost = 4\n",
    );
    shop.check_done(&format!("{TRAIN} --out plain.pack"));
    let said = shop.check_done("rules --pack plain.pack --rules rules.toml --out ruled.pack");
    assert!(
        said.contains("1 pinned, 12 excluded, 1 out of stock, 3 categories capped"),
        "{said}"
    );
    assert!(
        shop.check_done("inspect ruled.pack")
            .contains("12 excluded")
    );
    shop.check_done("recommend --pack ruled.pack --cases cases.csv --top 20 --out recs.csv");
    let recs = shop.read("recs.csv");
    let cases = shop.read("cases.csv");
    let rows = recs
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect::<Vec<_>>());
    for row in rows {
        let item: u32 = row[2][1..].parse().unwrap();
        assert!(item >= 13, "{row:?}");
        // The pin stands first with all who have not seen it.
        assert!(
            row[1] != "1"
                || item == 35
                || cases
                    .lines()
                    .any(|line| line.starts_with(row[0]) && line.ends_with(",i35")),
            "{row:?}"
        );
    }
    let shown = shop.check_done(
        "rules --pack plain.pack --rules rules.toml --preview cases.csv --shoppers 2 --top 5",
    );
    assert!(
        shown.contains("without rules")
            && shown.contains("pin")
            && shown.matches("case ").count() == 2,
        "{shown}"
    );

    // Rows are the pack's own, whenever the rules come in; and without rules it is the pack that it
    // was.
    shop.check_done(&format!("{TRAIN} --rules rules.toml --out trained.pack"));
    let pack = |name: &str| Pack::from_bytes(&std::fs::read(shop.path(name)).unwrap()).unwrap();
    assert!(
        pack("trained.pack").rules() == pack("ruled.pack").rules()
            && pack("trained.pack")
                .card()
                .command
                .contains("--rules rules.toml")
    );
    shop.write("none.toml", "");
    shop.check_done("rules --pack ruled.pack --rules none.toml --out again.pack");
    assert!(
        std::fs::read(shop.path("again.pack")).unwrap()
            == std::fs::read(shop.path("plain.pack")).unwrap()
    );
}

#[test]
fn rules_for_products_that_the_shop_does_not_have_are_warned_of_with_their_line() {
    let shop = made_up_shop();
    shop.check_done(&format!("{TRAIN} --out a.pack"));
    shop.write(
        "rules.toml",
        "[[boost]]\nplaces = 3\nitems = [\"i1\", \"i99\"]\n",
    );
    for line in [
        "rules --pack a.pack --rules rules.toml --out b.pack",
        "rules --pack a.pack --rules rules.toml --exclude i2,i98 --out b.pack",
    ] {
        let output = shop.run(line);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.success() && said.contains("1 entries of the rules"),
            "{said}"
        );
        assert!(said.contains("line 3, 'i99'"), "{said}");
        assert_eq!(said.contains("i98"), line.contains("i98"), "{said}");
    }
    shop.check_refused("rules --pack a.pack", 2, &["--out"]);
    shop.check_refused("rules --pack a.pack --preview cases.csv", 1, &["no rules"]);
    shop.write("typo.toml", "[[pins]]\n");
    shop.check_refused(
        "rules --pack a.pack --rules typo.toml --out b.pack",
        1,
        &["typo.toml, line 1", "pins"],
    );
}
