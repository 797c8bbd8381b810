//! `fewshop refresh`: newer sessions are added to what a pack counts, and nothing else changes.

use std::fmt::Write as _;

use fewshop_model::{Pack, RefreshConfig, toy};

use crate::common::Folder;

fn shop() -> Folder {
    let shop = Folder::new();
    std::fs::write(shop.path("shop.pack"), toy::pack().to_bytes().unwrap()).unwrap();
    let mut events = String::from("user_id,session_id,time,item_id,event,quantity\n");
    for user in 0..20 {
        let _ = writeln!(
            events,
            "u{user},s{user},2024-12-01 10:00:00,toy7,purchase,1\nu{user},s{user},2024-12-01 10:00:00,toy8,purchase,1"
        );
    }
    shop.write("events.csv", &events);
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
fn an_older_pack_gets_seasonal_counts_and_nothing_else_changes() {
    let shop = shop();
    let said = shop.check_done("refresh --pack shop.pack --events events.csv --out new.pack");
    assert!(said.contains("refreshed with 20 sessions"), "{said}");
    // Such a pack cannot know that it has counted a session before: the counts are replaced.
    shop.check_done("refresh --pack new.pack --events events.csv --out new.pack");
    let new = read(&shop, "new.pack");
    assert_eq!(new.seasonal_counts()[7..10], [20, 20, 0]);
    assert!(
        new.card()
            .command
            .ends_with("; fewshop refresh --events events.csv"),
        "{}",
        new.card().command
    );
    let card = read(&shop, "shop.pack").card().clone();
    let plain = new.edit(|parts| {
        parts.card = card;
        parts.seasonal_counts = Vec::new();
    });
    let plain = plain.unwrap();
    assert!(plain.to_bytes().unwrap() == std::fs::read(shop.path("shop.pack")).unwrap());
}

/// A pack that knows how to add sessions to its counts.
fn refreshable() -> Pack {
    let refresh = RefreshConfig {
        count_weight: 2.0,
        regression_weight: 1.0,
        length_power: 0.0,
        ridge: 1.0,
        keep: [24, 20, 20],
        counted_until: 0,
    };
    toy::pack()
        .edit(|parts| parts.config.refresh = Some(refresh))
        .unwrap()
}

#[test]
fn counts_and_pairs_grow_and_the_same_export_is_not_counted_twice() {
    let shop = shop();
    let before = refreshable();
    std::fs::write(shop.path("shop.pack"), before.to_bytes().unwrap()).unwrap();
    let said = shop.check_done("refresh --pack shop.pack --events events.csv --out new.pack");
    assert!(
        said.contains("2 products counted") && said.contains("new and"),
        "{said}"
    );
    let new = read(&shop, "new.pack");
    assert_eq!(new.popularity()[7], before.popularity()[7] + 40);
    assert_eq!(new.popularity()[9], before.popularity()[9]);
    let together = |pack: &Pack| {
        let pair = pack.pairs().row(7).find(|pair| pair.to == 8);
        pair.map_or((0.0, 0.0), |pair| (pair.count, pair.regression))
    };
    let (count, regression) = together(&new);
    let (count_before, regression_before) = together(&before);
    // Counts are rounded to a byte on a logarithmic scale.
    assert!(
        (count / (count_before + 40.0) - 1.0).abs() < 0.1 && regression > regression_before,
        "{count} {count_before} {regression} {regression_before}"
    );
    // Told twice, as every night: nothing changes, and that is no failure.
    let said = shop.check_done("refresh --pack new.pack --events events.csv --out again.pack");
    assert!(said.contains("again.pack: unchanged"), "{said}");
    assert!(
        std::fs::read(shop.path("again.pack")).unwrap()
            == std::fs::read(shop.path("new.pack")).unwrap()
    );
}

#[test]
fn held_out_users_are_left_out() {
    let shop = shop();
    let said = shop.check_done(
        "refresh --pack shop.pack --events events.csv --hold-out-users 4 --out new.pack",
    );
    let counted = read(&shop, "new.pack").seasonal_counts()[7];
    assert!(
        (1..20).contains(&counted)
            && said.contains(&format!("{} sessions of held-out users", 20 - counted)),
        "{said}"
    );
}

#[test]
fn a_refreshing_that_cannot_be_done_leaves_nothing_behind() {
    let shop = shop();
    shop.write("nothing.csv", "");
    shop.check_refused(
        "refresh --pack shop.pack --events nothing.csv --out new.pack",
        1,
        &["nothing.csv", "the file is empty"],
    );
    shop.check_refused("refresh --pack shop.pack --out new.pack", 2, &["--events"]);
}

#[test]
fn a_day_without_sessions_is_no_error() {
    let shop = shop();
    let said = shop.check_done("refresh --pack shop.pack --events nobody.csv --out new.pack");
    assert!(said.contains("new.pack: unchanged"), "{said}");
    assert!(
        read(&shop, "new.pack").to_bytes().unwrap()
            == std::fs::read(shop.path("shop.pack")).unwrap()
    );
}

/// A pack whose ranker reads promotions: the toy's.
#[test]
fn promotions_take_the_place_of_those_that_the_pack_holds() {
    let shop = shop();
    shop.write(
        "promotions.csv",
        "item_id,from,to,share,place\ntoy3,2024-12-02,2024-12-08,1,\ntoy4,2024-11-01,2024-11-07,1,display\n",
    );
    std::fs::write(shop.path("shop.pack"), refreshable().to_bytes().unwrap()).unwrap();
    let said = shop.check_done(
        "refresh --pack shop.pack --events events.csv --promotions promotions.csv --out new.pack",
    );
    assert!(said.contains("; 1 promotions until 2024-12-08"), "{said}");
    let new = read(&shop, "new.pack");
    assert_eq!(new.promotions().len(), 1, "what is over is left out");
    assert!(
        new.card()
            .command
            .ends_with("refresh --events events.csv --promotions promotions.csv"),
        "{}",
        new.card().command
    );
    // Without sessions, too.
    shop.check_done("refresh --pack shop.pack --promotions promotions.csv --out other.pack");
    assert_eq!(read(&shop, "other.pack").promotions().len(), 2);
    shop.check_refused(
        "refresh --pack shop.pack --out other.pack",
        2,
        &["--events"],
    );
}

#[test]
fn sessions_in_the_future_are_left_out() {
    let shop = shop();
    std::fs::write(shop.path("shop.pack"), refreshable().to_bytes().unwrap()).unwrap();
    let events = std::fs::read_to_string(shop.path("events.csv")).unwrap();
    shop.write(
        "late.csv",
        &format!("{events}u1,s99,2424-12-01 10:00:00,toy7,purchase,1\n"),
    );
    let said = shop.check_done("refresh --pack shop.pack --events late.csv --out new.pack");
    assert!(said.contains("refreshed with 20 sessions"), "{said}");
    assert_eq!(read(&shop, "new.pack").card().data_until, "2024-12-01");
}

/// Counts of thirty products of the toy shop, one of them taken four times as often as usual.
fn counts(pack: &Pack, noise: u32) -> String {
    let mut rows = String::from("item_id,count,visits,noise\n");
    for row in 0..30 {
        let usual = 10 * (pack.popularity()[row] + 5);
        let count = if row == 7 { 4 * usual } else { usual };
        let _ = writeln!(rows, "toy{row},{count},9000,{noise}");
    }
    rows
}

#[test]
fn added_up_counts_set_the_season_and_nothing_else() {
    let shop = shop();
    let before = read(&shop, "shop.pack");
    shop.write("counts.csv", &counts(&before, 0));
    let said = shop.check_done("refresh --pack shop.pack --counts counts.csv --out new.pack");
    assert!(
        said.contains("refreshed with counts of 9000 visits: season of 30 products"),
        "{said}"
    );
    let new = read(&shop, "new.pack");
    let factor = |row: usize| {
        (f64::from(new.seasonal_counts()[row]) + 5.0) / (f64::from(new.popularity()[row]) + 5.0)
    };
    assert!(factor(7) > 2.5 * factor(8), "{} {}", factor(7), factor(8));
    assert_eq!(new.seasonal_counts()[40], new.popularity()[40]);
    assert_eq!(new.popularity(), before.popularity());
    assert!(
        new.card()
            .command
            .ends_with("; fewshop refresh --counts counts.csv"),
        "{}",
        new.card().command
    );
    // What noise could explain changes nothing, and is said.
    shop.write("noisy.csv", &counts(&before, 100_000));
    let said = shop.check_done("refresh --pack shop.pack --counts noisy.csv --out same.pack");
    assert!(said.contains("same.pack: unchanged"), "{said}");
}

#[test]
fn counts_that_are_not_of_this_shop_are_refused() {
    let shop = shop();
    for (name, text, words) in [
        (
            "unknown.csv",
            "item_id,count,visits,noise\nother1,5,100,0\n",
            &["unknown.csv", "line 2", "other1", "a product of the pack"][..],
        ),
        (
            "column.csv",
            "item_id,count\ntoy1,5\n",
            &["column.csv", "visits"],
        ),
        (
            "twice.csv",
            "item_id,count,visits,noise\ntoy1,5,100,0\ntoy1,6,100,0\n",
            &["twice.csv", "line 3", "has not named before"],
        ),
        (
            "mixed.csv",
            "item_id,count,visits,noise\ntoy1,5,100,0\ntoy2,6,200,0\n",
            &["mixed.csv", "line 3", "one aggregation"],
        ),
        (
            "nobody.csv",
            "item_id,count,visits,noise\ntoy1,5,0,0\n",
            &["nobody.csv", "visits", "1 or more"],
        ),
    ] {
        shop.write(name, text);
        let command = format!("refresh --pack shop.pack --counts {name} --out new.pack");
        shop.check_refused(&command, 1, words);
    }
    shop.check_refused(
        "refresh --pack shop.pack --counts a.csv --events events.csv --out new.pack",
        2,
        &["--counts"],
    );
}
