//! New products: added to a pack, and studied on a shop's log.

use std::fmt::Write as _;

use fewshop_core::{ItemIx, Recommendation, Session};
use fewshop_model::{Compute, Pack, RankOptions, Recommender, toy};

use crate::common::Folder;

/// The toy shop's pack beside a file of new products.
fn toy_shop(new: &str) -> Folder {
    let shop = Folder::new();
    std::fs::write(shop.path("in.pack"), toy::pack().to_bytes().unwrap()).unwrap();
    shop.write(
        "new.csv",
        &format!("item_id,title,category,brand,size,price\n{new}"),
    );
    shop
}

const NEW: &str = "n1,Bakery no. 3,Bakery > Bakery fancy,National brand,7 oz,1.25\nn2,Lamp,,,,\n";
const ADD: &str = "add-items --pack in.pack --items new.csv --out out.pack";

fn read(shop: &Folder) -> Pack {
    Pack::from_bytes(&std::fs::read(shop.path("out.pack")).unwrap()).unwrap()
}

fn ranked(pack: &Pack, shots: &[&str]) -> Vec<Recommendation> {
    let shots: Vec<ItemIx> = shots
        .iter()
        .map(|&id| pack.catalogue().ix(&id.into()).unwrap())
        .collect();
    let mut recommender = Recommender::new(pack.clone(), Compute::Kernels);
    recommender.set_session(Session::of_items(&shots)).unwrap();
    pollster::block_on(recommender.rank(&RankOptions {
        n: 62,
        ..RankOptions::default()
    }))
    .unwrap()
    .picks
}

#[test]
fn an_added_product_is_picked_where_its_like_is_and_the_others_keep_their_scores() {
    let shop = toy_shop(NEW);
    let printed = shop.check_done(ADD);
    assert!(printed.contains("62 products, 2 of them new"), "{printed}");
    let (before, after) = (toy::pack(), read(&shop));
    let n1 = after.catalogue().ix(&"n1".into()).unwrap();
    assert_eq!(after.catalogue()[n1].price, Some(1.25));
    for shots in [["toy20", "toy24"], ["toy0", "toy1"]] {
        let (old, new) = (ranked(&before, &shots), ranked(&after, &shots));
        let at = new.iter().position(|pick| pick.item == n1).unwrap();
        // Among bread it stands with the bread; among produce behind all of that.
        assert_eq!(at < 18, shots[0] == "toy20", "{at}");
        let id = |pack: &Pack, pick: &Recommendation| pack.catalogue()[pick.item].id.0.clone();
        let rest: Vec<&Recommendation> = new
            .iter()
            .filter(|pick| id(&after, pick).starts_with("toy"))
            .collect();
        for old in &old {
            let new = rest
                .iter()
                .find(|new| id(&after, new) == id(&before, old))
                .unwrap();
            // Ranks among the candidates are features: one more candidate before a product moves
            // its own by one, and nothing else does.
            assert!((old.score - new.score).abs() < 0.2, "{old:?} {new:?}");
        }
    }
}

#[test]
fn what_the_pack_held_is_as_it_was() {
    let shop = toy_shop(NEW);
    shop.check_done(ADD);
    let (before, after) = (toy::pack(), read(&shop));
    for (ix, item) in before.catalogue().iter() {
        let (old, new) = (ix.row(), after.catalogue().ix(&item.id).unwrap().row());
        assert_eq!(after.catalogue().items()[new], *item);
        assert_eq!(before.item_table().row(old), after.item_table().row(new));
        assert_eq!(
            (before.popularity()[old], before.recent_popularity()[old]),
            (after.popularity()[new], after.recent_popularity()[new])
        );
        let pairs = |pack: &Pack, row: usize| {
            let named = pack.pairs().row(row).map(|pair| {
                (
                    pack.catalogue().items()[pair.to].id.0.clone(),
                    pair.count,
                    pair.regression,
                )
            });
            let mut named: Vec<_> = named.filter(|(id, ..)| id.starts_with("toy")).collect();
            named.sort_by(|a, b| a.0.cmp(&b.0));
            named
        };
        assert_eq!(pairs(&before, old), pairs(&after, new), "{}", item.id);
    }
    assert_eq!(before.ranker(), after.ranker());
}

#[test]
fn the_shelf_keeps_its_order() {
    let shop = toy_shop(NEW);
    shop.check_done(ADD);
    let pack = read(&shop);
    let keys: Vec<_> = pack
        .catalogue()
        .items()
        .iter()
        .map(|item| (&item.category, &item.title, &item.brand, &item.size))
        .collect();
    assert!(keys.is_sorted());
    // What is new is marked in its new place.
    let new = pack
        .catalogue()
        .iter()
        .filter(|(_, item)| !item.id.0.starts_with("toy"))
        .map(|(ix, _)| ix.0);
    assert_eq!(pack.new_items(), new.collect::<Vec<_>>());
}

#[test]
fn products_that_are_there_already_are_skipped_and_counted() {
    let shop = toy_shop("n1,Bun,,,,\ntoy7,Bread,,,,\n");
    let said = shop.check_done(ADD);
    assert!(
        said.contains("61 products, 1 of them new, 1 were in the pack already"),
        "{said}"
    );
    let first = std::fs::read(shop.path("out.pack")).unwrap();
    let said = shop.check_done("add-items --pack out.pack --items new.csv --out out.pack");
    assert!(
        said.contains("no new products, 2 were in the pack already"),
        "{said}"
    );
    assert!(std::fs::read(shop.path("out.pack")).unwrap() == first);
    shop.write("none.csv", "item_id,title,category,brand,size,price\n");
    let said = shop.check_done("add-items --pack out.pack --items none.csv --out out.pack");
    assert!(
        said.contains("no new products, the file has none"),
        "{said}"
    );
}

#[test]
fn an_update_changes_prices_titles_and_stock_and_is_the_same_twice() {
    let shop = toy_shop("");
    shop.write(
        "now.csv",
        "item_id,title,price,availability\ntoy1,Sourdough,\"3,95 €\",in stock\ntoy2,,,out of stock\nelse,New,1,\n",
    );
    let update = "update --pack in.pack --items now.csv --exclude toy5,gone --out out.pack";
    let said = shop.check_done(update);
    for words in [
        "1 titles changed",
        "1 prices changed",
        "1 products went out of stock",
        "1 of the file are not in the pack",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let pack = read(&shop);
    let row = |id: &str| pack.catalogue().ix(&id.into()).unwrap();
    let item = &pack.catalogue()[row("toy1")];
    assert_eq!((item.title.as_str(), item.price), ("Sourdough", Some(3.95)));
    assert_eq!(pack.rules().out_of_stock, [row("toy2")]);
    assert_eq!(pack.rules().exclude, [row("toy5")]);
    let picked = ranked(&pack, &["toy0", "toy3"]);
    assert!(
        picked
            .iter()
            .all(|pick| pick.item != row("toy2") && pick.item != row("toy5"))
    );
    let first = std::fs::read(shop.path("out.pack")).unwrap();
    let said =
        shop.check_done("update --pack out.pack --items now.csv --exclude toy5 --out out.pack");
    assert!(said.contains("nothing changed"), "{said}");
    assert!(std::fs::read(shop.path("out.pack")).unwrap() == first);
    shop.write("other.csv", "item_id,price\nx,1\n");
    shop.check_refused(
        "update --pack in.pack --items other.csv --out no.pack",
        1,
        &["other.csv", "another shop"],
    );
}

#[test]
fn a_bad_price_is_refused_by_line_and_field() {
    let shop = toy_shop("n1,Bun,,,,cheap\n");
    shop.check_refused(ADD, 1, &["new.csv", "line 2", "price"]);
}

/// Three departments of thirty products; shoppers keep to one of them and to its left or right
/// half.
fn log() -> Folder {
    let shop = Folder::new();
    let mut items = String::from("item_id,title,category,brand,size,price\n");
    for row in 0..90 {
        let department = ["Tea", "Bread", "Soap"][row / 30];
        let _ = writeln!(
            items,
            "i{row},{department} {},{department} > {department} {},House,,1.50",
            ["left", "right"][row % 2],
            row % 2
        );
    }
    shop.write("items.csv", &items);
    let mut events = String::from("user_id,session_id,time,item_id,event,quantity\n");
    let mut state = 7u32;
    let mut below = |n: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % n
    };
    for session in 0..900u32 {
        let (department, half) = (below(3), below(2));
        let mut basket: Vec<u32> = Vec::new();
        while basket.len() < 6 {
            let item = department * 30 + below(15) * 2 + half;
            if !basket.contains(&item) {
                basket.push(item);
            }
        }
        let day = session / 40 + 1;
        for item in basket {
            let _ = writeln!(
                events,
                "u{},s{session},2024-01-{day:02} 10:00:00,i{item},purchase,1",
                session % 200
            );
        }
    }
    shop.write("events.csv", &events);
    shop.write("quick.toml", "held_sessions = 200\n[tower]\nepochs = 4\nsessions_an_epoch = 3000\nembedding_size = 16\n[ranker]\nepochs = 2\ncases = 300\n");
    shop
}

#[test]
fn the_study_asks_about_products_that_were_never_sold() {
    let shop = log();
    let printed = shop.check_done("study new-items --items items.csv --events events.csv --config quick.toml --json found.json");
    for word in [
        "never sold",
        "content tower",
        "generator",
        "learned mix",
        "nearest by text",
        "category popularity",
        "random",
    ] {
        assert!(printed.contains(word), "{word} is not in {printed}");
    }
    let found: serde_json::Value = serde_json::from_str(&shop.read("found.json")).unwrap();
    let ndcg = |name: &str| {
        let row = found["rows"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["name"] == name)
            .unwrap();
        row["alone"]["ndcg@10"].as_f64().unwrap()
    };
    // Halves of departments are what shoppers keep to, and content tells them.
    assert!(ndcg("content tower") > ndcg("random") + 0.2, "{printed}");
    assert!(ndcg("pack") > ndcg("random") + 0.2, "{printed}");
    assert!(ndcg("learned mix") > ndcg("random") + 0.2, "{printed}");
}

#[test]
fn a_log_that_never_takes_a_new_product_is_refused() {
    let shop = log();
    let few: String = shop
        .read("events.csv")
        .lines()
        .take(20)
        .fold(String::new(), |text, line| text + line + "\n");
    shop.write("events.csv", &few);
    shop.check_refused(
        "study new-items --items items.csv --events events.csv --config quick.toml",
        1,
        &["new"],
    );
}
