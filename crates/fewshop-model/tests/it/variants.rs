//! Variants: one pick a group, and another size of what is known is no other product.

use fewshop_core::{ItemIx, Objective, Session};
use fewshop_model::Variants;
use fewshop_model::{Model, RankOptions, toy};

/// The toy shop, in which every three neighbouring products are one thing.
fn model() -> (Model, Vec<u32>) {
    let n = toy::pack().catalogue().len();
    let names: Vec<String> = (0..n).map(|row| format!("thing {}", row / 3)).collect();
    let pack = toy::pack().edit(|parts| parts.variants = Variants::of(&names));
    let groups = (0..n as u32).map(|row| row / 3).collect();
    (Model::new(pack.expect("the parts make a pack")), groups)
}

#[test]
fn every_shelf_has_one_of_each_group_and_none_of_what_is_known() {
    let (model, groups) = model();
    let known = [ItemIx(4), ItemIx(20)];
    let session = Session::of_items(&known);
    for objective in [
        Objective::Likely,
        Objective::Personal,
        Objective::Complements,
        Objective::Similar,
    ] {
        let options = RankOptions {
            n: 10,
            objective,
            seeds: match objective {
                Objective::Complements | Objective::Similar => vec![known[0]],
                _ => Vec::new(),
            },
            ..RankOptions::default()
        };
        let picks = model.rank(&session, &options).unwrap().picks;
        let mut shown: Vec<u32> = picks.iter().map(|pick| groups[pick.item.row()]).collect();
        for item in known {
            assert!(
                !shown.contains(&groups[item.row()]),
                "{objective:?}: {picks:?}"
            );
        }
        let all = shown.len();
        assert!(all > 0, "{objective:?}");
        shown.sort_unstable();
        shown.dedup();
        assert_eq!(shown.len(), all, "{objective:?}");
        if matches!(objective, Objective::Likely) {
            assert_eq!(all, 10);
        }
    }
}
