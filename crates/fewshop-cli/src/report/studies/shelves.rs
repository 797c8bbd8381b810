//! `fewshop study shelves`: what the discount of bestsellers does.

use fewshop_eval::shelves::{DiscountCurve, DiscountRow};

use super::*;
use crate::report::charts::Series;

pub(super) fn section(study: &DiscountCurve, id: &str) -> String {
    let mut out = super::section(
        "Picked for you, beyond the bestsellers",
        "A personal shelf takes a part of a product's general popularity away from it, and leaves bestsellers that are no likelier for this \
         shopper to a shelf of their own. Ranking figures count everything that shoppers took, bestsellers included; the picks that fit are \
         what a shopper sees after one click.",
    );
    let near = |row: &&DiscountRow| (f64::from(row.percent) - study.shipped).abs();
    let shipped = (study.rows.iter()).min_by(|a, b| near(a).total_cmp(&near(b)));
    if let Some(row) = shipped {
        let text = format!(
            "with the shipped discount of {:.0} %, {:.1} of 12 picks fit a single view, and {:.1} are what everybody is shown.",
            study.shipped, row.fitting, row.bestsellers
        );
        out += &verdict("good", "On the shelf:", &text);
    }
    let points = |nth: usize| {
        let point = |row: &DiscountRow| (f64::from(row.percent), row.ndcg_at_10[nth], None);
        study.rows.iter().map(point).collect()
    };
    let series = ["all products", "beyond 50"].into_iter().enumerate();
    let series: Vec<Series<'_>> = series
        .map(|(nth, name)| Series {
            name,
            style: nth,
            emphasis: nth == 1,
            points: points(nth),
        })
        .collect();
    let xs: Vec<f64> = (study.rows.iter())
        .map(|row| f64::from(row.percent))
        .collect();
    let described: Vec<String> = (study.rows.iter())
        .map(|row| format!("{} %: {:.3}", row.percent, row.ndcg_at_10[1]))
        .collect();
    let title = format!("Discount of bestsellers, {id}");
    let frame = Frame {
        title: &title,
        description: &described.join(", "),
        x: "discount, %",
        y: "NDCG@10",
    };
    let [all, beyond] = study.likely;
    let note = format!(
        "{} cases. Ranked by likelihood alone: {all:.4}, beyond 50 {beyond:.4}.",
        study.cases
    );
    out += &figure(
        |width| charts::lines(&frame, &xs, &series, width),
        &note,
        "",
    );
    let row = |row: &DiscountRow| {
        vec![
            format!("{} %", row.percent),
            format!("{:.4}", row.ndcg_at_10[0]),
            format!("{:.4}", row.ndcg_at_10[1]),
            format!("{:.1}", row.fitting),
            format!("{:.1}", row.bestsellers),
        ]
    };
    let head = [
        "discount",
        "NDCG@10",
        "beyond 50",
        "of 12 picks fit one view",
        "of them everybody's",
    ];
    out += &table(&head, &study.rows.iter().map(row).collect::<Vec<_>>());
    out
}
