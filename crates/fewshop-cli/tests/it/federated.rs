//! `fewshop study federated`: a round of federated averaging with files in place of an engine.

use std::fmt::Write as _;

use fewshop_model::{Pack, toy};

use crate::common::Folder;

/// A folder with a pack, sessions after its training, and later cases.
fn shop() -> Folder {
    let shop = Folder::new();
    let pack = toy::pack();
    std::fs::write(shop.path("toy.pack"), pack.to_bytes().unwrap()).unwrap();
    let id = |row: u32| &pack.catalogue().items()[row as usize % 60].id.0;
    let mut events = "user_id,session_id,time,item_id,event,quantity\n".to_owned();
    let mut cases = "case_id,user_id,k,position,item_id\n".to_owned();
    let mut truth = "case_id,item_id\n".to_owned();
    for nth in 0..40_u32 {
        let (user, day) = (nth % 10, nth % 28 + 1);
        for at in 0..6 {
            let item = id(nth * 7 + at);
            let _ = writeln!(
                events,
                "u{user},s{nth},2026-02-{day:02} 10:00:00,{item},purchase,1"
            );
        }
        let _ = writeln!(cases, "c{nth},v{user},1,0,{}", id(nth));
        let _ = writeln!(truth, "c{nth},{}", id(nth + 1));
    }
    shop.write("since.csv", &events);
    shop.write("cases.csv", &cases);
    shop.write("truth.csv", &truth);
    shop
}

fn weights(shop: &Folder, file: &str) -> Vec<f32> {
    let bytes = std::fs::read(shop.path(file)).unwrap();
    let numbers = bytes.as_chunks::<4>().0.iter();
    numbers.map(|&number| f32::from_le_bytes(number)).collect()
}

#[test]
fn weights_leave_a_pack_are_trained_by_two_groups_and_come_back_as_their_mean() {
    let shop = shop();
    shop.check_done("study federated weights --pack toy.pack --out start.f32");
    for group in [0, 1] {
        let said = shop.check_done(&format!(
            "study federated train --pack toy.pack --events since.csv --weights start.f32 --group {group} --groups 2 --learning-rate 0.01 --out {group}.f32"
        ));
        assert!(said.contains("\"steps\":"), "{said}");
    }
    let [start, one, other] = ["start.f32", "0.f32", "1.f32"].map(|file| weights(&shop, file));
    assert!(one != start && other != start && one != other);
    // The same seed, the same weights.
    shop.check_done(
        "study federated train --pack toy.pack --events since.csv --group 1 --groups 2 --learning-rate 0.01 --out again.f32",
    );
    assert_eq!(weights(&shop, "again.f32"), other);
    let mean: Vec<f32> = one.iter().zip(&other).map(|(a, b)| (a + b) / 2.0).collect();
    let bytes: Vec<u8> = mean.iter().flat_map(|w| w.to_le_bytes()).collect();
    std::fs::write(shop.path("mean.f32"), bytes).unwrap();
    shop.check_done("study federated pack --pack toy.pack --weights mean.f32 --out mean.pack");
    let pack = Pack::from_bytes(&std::fs::read(shop.path("mean.pack")).unwrap()).unwrap();
    assert_eq!(pack.ranker().w1[..], mean[..pack.ranker().w1.len()]);
    assert!(
        pack.card()
            .command
            .contains("federated pack --weights mean.f32")
    );
    let said = shop.check_done(
        "study federated compare --pack toy.pack --others mean.pack,toy.pack --cases cases.csv --truth truth.csv --json figures.json",
    );
    assert!(
        said.contains("| mean | ") && said.contains("40 cases of 10 shoppers"),
        "{said}"
    );
    assert!(said.contains("+0.0000 [+0.0000, +0.0000]"), "{said}");
    assert!(shop.read("figures.json").contains("\"as trained\""));
}

#[test]
fn what_does_not_fit_is_refused() {
    let shop = shop();
    std::fs::write(shop.path("odd.f32"), [0; 7]).unwrap();
    std::fs::write(shop.path("few.f32"), [0; 8]).unwrap();
    let into = |weights: &str| {
        format!("study federated pack --pack toy.pack --weights {weights} --out new.pack")
    };
    shop.check_refused(&into("odd.f32"), 1, &["odd.f32", "7 bytes"]);
    shop.check_refused(&into("few.f32"), 1, &["few.f32", "another ranker"]);
    let train = "study federated train --pack toy.pack --events since.csv --out new.f32";
    shop.check_refused(
        &format!("{train} --group 3 --groups 3"),
        1,
        &["since.csv", "no group 3"],
    );
    shop.check_refused(&format!("{train} --clip 0"), 2, &["above 0"]);
    let counted = toy::pack()
        .edit(|parts| {
            parts.config.refresh = Some(fewshop_model::RefreshConfig {
                count_weight: 1.0,
                regression_weight: 0.0,
                length_power: 0.0,
                ridge: 1.0,
                keep: [64, 64, 64],
                counted_until: i64::MAX,
            });
        })
        .unwrap();
    std::fs::write(shop.path("toy.pack"), counted.to_bytes().unwrap()).unwrap();
    shop.check_refused(train, 1, &["counted sessions", "as it was trained"]);
}
