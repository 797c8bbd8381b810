//! `fewshop study clicks`.

use fewshop_eval::clicks::{Gain, KnownClicks, KnownRow};

use super::*;
use crate::report::charts::Series;

pub(super) fn section(study: &KnownClicks, id: &str) -> String {
    let mut out = super::section(
        "What a few clicks are worth",
        "The same sessions with none, one, two, … of their products known. The products in question are the same in every row, and what \
         may be known is struck from every list.",
    );
    let three = study.rows.iter().find(|row| row.known == 3);
    if let Some(row) = three {
        let none = row.all.ndcg_at_10 - row.all.gain;
        let beyond = row.beyond.ndcg_at_10 - row.beyond.gain;
        let text = format!(
            "three known products change NDCG@10 by {} %, and by {} % beyond the 50 bestsellers.",
            plus(100.0 * row.all.gain / none.max(1e-9), 0),
            plus(100.0 * row.beyond.gain / beyond.max(1e-9), 0)
        );
        let kind = Verdict::of(row.all.interval);
        out += &verdict(
            kind.class(),
            if kind == Verdict::Gain {
                "Clicks pay:"
            } else {
                "Too close to call:"
            },
            &text,
        );
    }
    out += &verdict(
        tuning_class(&study.rows),
        "Fine-tuning:",
        &tuning(&study.rows),
    );
    let points = |of: fn(&KnownRow) -> &Gain| {
        let point = |row: &KnownRow| (row.known as f64, of(row).ndcg_at_10, None);
        study.rows.iter().map(point).collect()
    };
    let series = [
        Series {
            name: "all products",
            style: 0,
            emphasis: true,
            points: points(|row| &row.all),
        },
        Series {
            name: "beyond 50",
            style: 1,
            emphasis: false,
            points: points(|row| &row.beyond),
        },
    ];
    let xs: Vec<f64> = study.rows.iter().map(|row| row.known as f64).collect();
    let described: Vec<String> = study
        .rows
        .iter()
        .map(|row| format!("{} known: {:.3}", row.known, row.all.ndcg_at_10))
        .collect();
    let title = format!("Clicks and ranking quality, {id}");
    let frame = Frame {
        title: &title,
        description: &described.join(", "),
        x: "known products",
        y: "NDCG@10",
    };
    let note = format!(
        "{} sessions of {} shoppers who are not in the log.",
        study.sessions, study.shoppers
    );
    out += &figure(
        |width| charts::lines(&frame, &xs, &series, width),
        &note,
        "",
    );
    let cell = |gain: &Gain| signed(gain.gain, gain.interval);
    let row = |row: &KnownRow| {
        vec![
            row.known.to_string(),
            format!("{:.4}", row.all.ndcg_at_10),
            cell(&row.all),
            format!("{:.4}", row.beyond.ndcg_at_10),
            cell(&row.beyond),
            cell(&row.context),
            cell(&row.fine_tuning),
            format!("{:.0} %", 100.0 * row.harmed),
        ]
    };
    let head = [
        "known products",
        "NDCG@10",
        "minus none, 95 %",
        "beyond 50",
        "minus none, 95 %",
        "from reading them in context",
        "from fine-tuning",
        "sessions worse with fine-tuning",
    ];
    out += &table(&head, &study.rows.iter().map(row).collect::<Vec<_>>());
    if !study.visits.is_empty() {
        let rows: Vec<Vec<String>> = study
            .visits
            .iter()
            .map(|row| {
                vec![
                    row.visits.to_string(),
                    format!("{:.4}", row.memory.ndcg_at_10),
                    cell(&row.memory),
                ]
            })
            .collect();
        out += &table(
            &[
                "earlier visits remembered",
                "NDCG@10",
                "minus the same cases without them, 95 %",
            ],
            &rows,
        );
    }
    out
}

fn tuning_class(rows: &[KnownRow]) -> &'static str {
    let verdicts = || rows.iter().map(|row| Verdict::of(row.fine_tuning.interval));
    if verdicts().any(|verdict| verdict == Verdict::Loss) {
        "bad"
    } else if verdicts().any(|verdict| verdict == Verdict::Gain) {
        "good"
    } else {
        "same"
    }
}

/// What the gradient steps add to reading the clicks in context, in one sentence.
pub(crate) fn tuning(rows: &[KnownRow]) -> String {
    let clear: Vec<String> = rows
        .iter()
        .filter(|row| Verdict::of(row.fine_tuning.interval) != Verdict::Same)
        .map(|row| format!("{} at {}", plus(row.fine_tuning.gain, 4), row.known))
        .collect();
    if clear.is_empty() {
        "gradient steps within a session change nothing beyond chance; the trained network, which reads the clicks in context, does the \
         learning."
            .to_owned()
    } else {
        format!(
            "gradient steps change NDCG@10 beyond chance ({} known products).",
            clear.join(", ")
        )
    }
}
