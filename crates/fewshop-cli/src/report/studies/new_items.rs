//! `fewshop study new-items`.

use fewshop_eval::Difference;
use fewshop_train::study::new_items::{NewItemsResult, Row};

use super::super::html::{thousands, with_interval};
use super::*;

/// The row for `fewshop add-items`.
const OURS: &str = "pack";
/// Methods that need no learned vector.
const SIMPLE: [&str; 6] = [
    "category of the context",
    "category popularity",
    "nearest by text",
    "nearest by text, best context item",
    "nearest by words",
    "nearest by words, best context item",
];
/// Rows on the page, with readable names; the list below contains all rows.
const SHOWN: [(&str, &str); 8] = [
    (OURS, "added by Fewshop"),
    ("learned mix", "all ways mixed"),
    ("nearest by words", "nearest by words"),
    ("content tower", "vector by content"),
    ("generator", "vector by GAN"),
    ("nearest by text", "nearest by text"),
    ("category of the context", "bestsellers of the category"),
    ("random", "random"),
];

pub(super) fn section(study: &NewItemsResult, id: &str) -> String {
    let intro = format!(
        "{} of {} products were removed from the log before training, as if they were new. {} queries of {} shoppers ask which of \
         them was taken.",
        thousands(study.new),
        thousands(study.products),
        thousands(study.cases),
        thousands(study.shoppers)
    );
    let mut out = super::section("New products without sales", &intro);
    let of = |name: &str| study.rows.iter().find(|row| row.name == name);
    if let Some(ours) = of(OURS) {
        let [text, category] =
            [&ours.minus_text, &ours.minus_category].map(|d| Verdict::of(d.ndcg_interval));
        let (class, word) = match (text, category) {
            (Verdict::Gain, Verdict::Gain) => ("good", "It works:"),
            (Verdict::Loss, _) | (_, Verdict::Loss) => ("bad", "No gain:"),
            _ => ("same", "Not clear:"),
        };
        let mut described = format!(
            "among the new products, those added by Fewshop are {} nearest-by-text ({}) and {} the bestsellers of the category ({}).",
            text.words(),
            signed(ours.minus_text.ndcg_at_10, ours.minus_text.ndcg_interval),
            category.words(),
            signed(
                ours.minus_category.ndcg_at_10,
                ours.minus_category.ndcg_interval
            )
        );
        let simple = study
            .rows
            .iter()
            .filter(|row| SIMPLE.contains(&row.name.as_str()));
        if let Some(best) = simple.max_by(|a, b| a.alone.ndcg_at_10.total_cmp(&b.alone.ndcg_at_10))
        {
            let _ = write!(
                described,
                " The best simple method is \u{2018}{}\u{2019} with {:.3}; Fewshop has {:.3}.",
                best.name, best.alone.ndcg_at_10, ours.alone.ndcg_at_10
            );
        }
        let better = study
            .rows
            .iter()
            .filter(|row| row.new_in_full.ndcg_at_10 > ours.new_in_full.ndcg_at_10)
            .count();
        if better > 0 {
            let _ = write!(
                described,
                " Among all products of the shop, {better} of the {} other methods rank the new ones higher: this method is meant for a shelf of new products.",
                study.rows.len() - 1
            );
        }
        out += &verdict(class, word, &described);
    }
    let shown: Vec<(&Row, &str)> = SHOWN
        .iter()
        .filter_map(|(name, plain)| Some((of(name)?, *plain)))
        .collect();
    let bars: Vec<Bar<'_>> = shown
        .iter()
        .map(|(row, plain)| Bar {
            name: plain,
            value: row.alone.ndcg_at_10,
            interval: Some(row.alone.ndcg_interval),
            class: if row.name == OURS { "good" } else { "same" },
            label: format!("{:.3}", row.alone.ndcg_at_10),
        })
        .collect();
    let described: Vec<String> = bars
        .iter()
        .map(|bar| format!("{}: {}", bar.name, bar.label))
        .collect();
    let title = format!("Ranking new products, {id}");
    let frame = Frame {
        title: &title,
        description: &described.join(", "),
        x: "NDCG@10 among the new products",
        y: "",
    };
    out += &figure(
        |width| charts::bars(&frame, &bars, width),
        "Green: `fewshop add-items`. Lines: 95 % intervals.",
        "",
    );
    let row = |(row, name): &(&Row, &str)| {
        vec![
            (*name).to_owned(),
            format!("{:.3}", row.alone.ndcg_at_10),
            format!("{:.3}", row.alone.recall_at_20),
            minus(row, "nearest by text", &row.minus_text),
            minus(row, "category of the context", &row.minus_category),
        ]
    };
    let head = [
        "",
        "NDCG@10",
        "Recall@20",
        "minus nearest by text, 95 %",
        "minus category, 95 %",
    ];
    out += &table(&head, &shown.iter().map(row).collect::<Vec<_>>());
    let row = |row: &Row| {
        vec![
            row.name.clone(),
            with_interval(row.alone.ndcg_at_10, row.alone.ndcg_interval),
            with_interval(row.alone.recall_at_20, row.alone.recall_interval),
            format!("{:.4}", row.full.ndcg_at_10),
            format!("{:.4}", row.new_in_full.ndcg_at_10),
            format!("{:.4}", row.new_in_full.recall_at_20),
        ]
    };
    let head = [
        "",
        "new alone: NDCG@10",
        "Recall@20",
        "all products: NDCG@10",
        "of the new: NDCG@10",
        "Recall@20",
    ];
    out + &details(
        "All methods, and among all products",
        &head,
        &study.rows.iter().map(row).collect::<Vec<_>>(),
    )
}

/// A difference; empty if a method is compared with itself.
fn minus(row: &Row, other: &str, difference: &Difference) -> String {
    if row.name == other {
        String::new()
    } else {
        signed(difference.ndcg_at_10, difference.ndcg_interval)
    }
}
