//! Households and offers through the command: files in, a pack with heads and figures out, or one
//! line of error.

use std::fmt::Write as _;

use fewshop_model::{Pack, toy};

use crate::common::Folder;

/// The toy shop with sixty households; those with children buy from its second department.
fn shop() -> Folder {
    let shop = Folder::new();
    std::fs::write(shop.path("shop.pack"), toy::pack().to_bytes().unwrap()).unwrap();
    let mut events = String::from("user_id,session_id,time,item_id,event,quantity\n");
    let mut households = String::from("user_id,children\n");
    let mut offers = String::from("campaign_id,offer_id,item_id\n");
    let mut offer_events = String::from("user_id,campaign_id,time,event,offer_id\n");
    for user in 0..60 {
        let department = user % 2;
        for visit in 0..4 {
            for nth in 0..10 {
                let row = department * 20 + (user + 3 * visit + 2 * nth) % 20;
                let _ = writeln!(
                    events,
                    "u{user},s{user}-{visit},2024-01-0{} 10:00:00,toy{row},purchase,1",
                    visit + 1
                );
            }
        }
        let _ = writeln!(households, "u{user},{}", ["no", "yes"][department]);
        for (campaign, day) in [("a", 10), ("b", 20)] {
            let _ = writeln!(
                offer_events,
                "u{user},{campaign},2024-01-{day} 00:00:00,shown,"
            );
            let _ = writeln!(
                offer_events,
                "u{user},{campaign},2024-01-{} 00:00:00,redeemed,o{department}",
                day + 1
            );
        }
    }
    for campaign in ["a", "b"] {
        for offer in 0..3 {
            let _ = writeln!(
                offers,
                "{campaign},o{offer},toy{}\n{campaign},o{offer},toy{}",
                offer * 20,
                offer * 20 + 1
            );
        }
    }
    shop.write("events.csv", &events);
    shop.write("households.csv", &households);
    shop.write("offers.csv", &offers);
    shop.write("offer_events.csv", &offer_events);
    shop
}

const DATA: &str = "--pack shop.pack --events events.csv --households households.csv --rows 2";

#[test]
fn heads_are_added_to_a_pack_and_nothing_else_of_it_changes() {
    let shop = shop();
    let said = shop.check_done(&format!("task fit attributes {DATA} --out with.pack"));
    assert!(
        said.contains("children") && said.contains("tells"),
        "{said}"
    );
    let read = |name: &str| Pack::from_bytes(&std::fs::read(shop.path(name)).unwrap()).unwrap();
    let with = read("with.pack");
    // In processes of their own: burn's random source is one for all trainings of a process. The
    // older name of the command gives the same bytes.
    shop.check_done(&format!("profile {DATA} --out again.pack"));
    assert!(
        std::fs::read(shop.path("with.pack")).unwrap()
            == std::fs::read(shop.path("again.pack")).unwrap()
    );
    assert_eq!(with.attributes().unwrap().heads[0].values, ["no", "yes"]);
    // The card says how the pack came about, so its command is longer by a step.
    let without = with.edit(|parts| parts.attributes = None).unwrap();
    assert!(
        without.card().command.ends_with(
            "; fewshop profile --events events.csv --households households.csv --seed 7"
        )
    );
    let command = read("shop.pack").card().command.clone();
    let without = without.edit(|parts| parts.card.command = command).unwrap();
    assert!(without.to_bytes().unwrap() == std::fs::read(shop.path("shop.pack")).unwrap());
    assert!(
        shop.check_done("inspect with.pack")
            .contains("heads for children")
    );
    shop.check_done(&format!("profile {DATA} --out again.pack"));
    assert_eq!(
        std::fs::read(shop.path("again.pack")).unwrap(),
        std::fs::read(shop.path("with.pack")).unwrap()
    );
}

#[test]
fn heads_are_compared_and_the_figures_are_the_same_twice() {
    let shop = shop();
    for file in ["a.json", "b.json"] {
        shop.check_done(&format!("study profile {DATA} --json {file}"));
    }
    assert_eq!(shop.read("a.json"), shop.read("b.json"));
}

#[test]
fn offers_are_compared_and_the_figures_written() {
    let shop = shop();
    let line = "study offers --pack shop.pack --events events.csv --offers offers.csv --offer-events offer_events.csv --json o.json";
    let said = shop.check_done(line);
    assert!(
        said.contains("most redeemed") && said.contains("offer model"),
        "{said}"
    );
    let json: serde_json::Value = serde_json::from_str(&shop.read("o.json")).unwrap();
    assert_eq!(json["rows"].as_array().unwrap().len(), 32);
    // Two splits at four amounts known.
    assert_eq!(
        (
            json["calibration"].as_array().unwrap().len(),
            &json["study"]
        ),
        (8, &"offers".into())
    );
    assert!(
        said.contains("in later campaigns than those that taught"),
        "{said}"
    );
    shop.write(
        "offer_events.csv",
        "user_id,campaign_id,time,event,offer_id\nu1,a,2024-01-10 00:00:00,shown,\n",
    );
    shop.check_refused(
        line,
        1,
        &["0 shoppers of the events redeemed", "20 at least"],
    );
}

#[test]
fn households_of_another_shop_are_refused() {
    let shop = shop();
    shop.write("households.csv", "user_id,children\nx1,yes\nx2,no\n");
    let line = format!("profile {DATA} --out with.pack");
    shop.check_refused(
        &line,
        1,
        &[
            "households.csv",
            "0 of 2 households stand in the events",
            "check that the ids are the same",
        ],
    );
}
