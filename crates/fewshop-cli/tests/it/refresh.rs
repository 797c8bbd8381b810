//! `fewshop refresh`: a pack is told of later sessions, and nothing else of it changes.

use std::fmt::Write as _;

use fewshop_model::{Pack, toy};

use crate::common::Folder;

fn shop() -> Folder {
    let shop = Folder::new();
    std::fs::write(shop.path("shop.pack"), toy::pack().to_bytes().unwrap()).unwrap();
    let mut events = String::from("user_id,session_id,time,item_id,event,quantity\n");
    let mut cases = String::from("case_id,user_id,k,position,item_id\n");
    let mut truth = String::from("case_id,item_id\n");
    for user in 0..20 {
        let _ = writeln!(
            events,
            "u{user},s{user},2024-12-01 10:00:00,toy7,purchase,1\nu{user},s{user},2024-12-01 10:00:00,toy8,purchase,1"
        );
        for k in [1, 2] {
            for position in 0..k {
                let _ = writeln!(cases, "c{user}-{k},u{user},{k},{position},toy{position}");
            }
            for item in k..3 {
                let _ = writeln!(truth, "c{user}-{k},toy{item}");
            }
        }
    }
    shop.write("events.csv", &events);
    shop.write("cases.csv", &cases);
    shop.write("truth.csv", &truth);
    shop.write(
        "nobody.csv",
        "user_id,session_id,time,item_id,event,quantity\n",
    );
    shop
}

fn read(shop: &Folder, name: &str) -> Pack {
    Pack::from_bytes(&std::fs::read(shop.path(name)).unwrap()).unwrap()
}

#[test]
fn later_sessions_are_counted_and_nothing_else_changes() {
    let shop = shop();
    let said = shop.check_done("refresh --pack shop.pack --events events.csv --out new.pack");
    assert!(said.contains("refreshed with 20 sessions"), "{said}");
    let new = read(&shop, "new.pack");
    assert_eq!(new.seasonal_counts()[7..10], [20, 20, 0]);
    assert!(
        new.card()
            .command
            .ends_with("; fewshop refresh --events events.csv"),
        "{}",
        new.card().command
    );
    let command = read(&shop, "shop.pack").card().command.clone();
    let plain = new.edit(|parts| {
        parts.card.command = command;
        parts.seasonal_counts = Vec::new();
    });
    let plain = plain.unwrap();
    assert!(plain.to_bytes().unwrap() == std::fs::read(shop.path("shop.pack")).unwrap());
}

#[test]
fn a_session_that_is_asked_about_twice_is_counted_once_and_strangers_stay_strangers() {
    let shop = shop();
    let line = "refresh --pack shop.pack --cases cases.csv --truth truth.csv --keep-strangers 4 --strangers left --out new.pack";
    shop.check_done(line);
    let new = read(&shop, "new.pack");
    let strangers: std::collections::BTreeSet<String> = shop
        .read("left/cases.csv")
        .lines()
        .skip(1)
        .map(|row| row.split(',').nth(1).unwrap().to_owned())
        .collect();
    assert!(
        !strangers.is_empty() && strangers.len() < 20,
        "{strangers:?}"
    );
    assert_eq!(
        new.seasonal_counts()[..4],
        [
            20 - strangers.len() as u32,
            20 - strangers.len() as u32,
            20 - strangers.len() as u32,
            0
        ]
    );
    assert_eq!(
        shop.read("left/truth.csv").lines().count(),
        1 + 3 * strangers.len()
    );
}

#[test]
fn a_refreshing_that_cannot_be_done_leaves_nothing_behind() {
    let shop = shop();
    shop.check_refused(
        "refresh --pack shop.pack --events nobody.csv --out new.pack",
        1,
        &["nobody.csv", "at least one event"],
    );
    shop.check_refused(
        "refresh --pack shop.pack --cases cases.csv --out new.pack",
        2,
        &["--truth"],
    );
    shop.check_refused("refresh --pack shop.pack --out new.pack", 2, &["--events"]);
}
