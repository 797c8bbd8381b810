//! `fewshop study robustness`.

use fewshop_train::study::robustness::{Disturbance, Robust, RobustnessResult};

use super::*;

pub(super) fn section(study: &RobustnessResult, id: &str) -> String {
    let mut out = super::section(
        "Robustness to random clicks and disturbed vectors",
        "The same queries with one of five known products replaced at random, and with every product's vector moved in a random direction.",
    );
    let first = study.rows.first().map_or("", |row| row.pack.as_str());
    let of = |kind: Disturbance, pack: &str| {
        study
            .rows
            .iter()
            .find(|row| row.disturbance == kind && row.pack == pack)
    };
    if let Some(noise) = of(Disturbance::NoiseClicks, first) {
        let kind = Verdict::of(noise.loss.ndcg_interval);
        let text = format!(
            "with one of five known products replaced at random, the picks change by {} NDCG@10, from {:.4} to {:.4}.",
            signed(noise.loss.ndcg_at_10, noise.loss.ndcg_interval),
            noise.all.ndcg_at_10 - noise.loss.ndcg_at_10,
            noise.all.ndcg_at_10
        );
        out += &verdict(
            kind.class(),
            if kind == Verdict::Loss {
                "Noise costs:"
            } else {
                "It holds:"
            },
            &text,
        );
    }
    let mut packs: Vec<&str> = Vec::new();
    for row in study.rows.iter().filter(|row| row.pack != first) {
        if !packs.contains(&row.pack.as_str()) {
            packs.push(&row.pack);
        }
    }
    for pack in packs {
        let all: Vec<Verdict> = study
            .rows
            .iter()
            .filter(|row| row.pack == pack)
            .map(|row| Verdict::of(row.minus_first.ndcg_interval))
            .collect();
        let count = |kind| all.iter().filter(|one| **one == kind).count();
        let text = format!(
            "compared with {}: clearly ahead in {}, clearly behind in {}, too close to call in {} of {} comparisons.",
            plain(first),
            count(Verdict::Gain),
            count(Verdict::Loss),
            count(Verdict::Same),
            all.len()
        );
        let class = if count(Verdict::Gain) > 0 && count(Verdict::Loss) == 0 {
            "good"
        } else {
            "same"
        };
        out += &verdict(class, plain(pack), &text);
    }
    let disturbed: Vec<(String, &Robust)> = (study.rows.iter())
        .filter(|row| row.pack == first && row.disturbance != Disturbance::None)
        .map(|row| (row.disturbance.name(), row))
        .collect();
    let bars: Vec<Bar<'_>> = disturbed
        .iter()
        .map(|(name, row)| Bar {
            name,
            value: row.loss.ndcg_at_10,
            interval: Some(row.loss.ndcg_interval),
            class: Verdict::of(row.loss.ndcg_interval).class(),
            label: plus(row.loss.ndcg_at_10, 4),
        })
        .collect();
    let described: Vec<String> = bars
        .iter()
        .map(|bar| format!("{}: {}", bar.name, bar.label))
        .collect();
    let title = format!("Loss from noise, {id}");
    let frame = Frame {
        title: &title,
        description: &described.join(", "),
        x: "NDCG@10 minus NDCG@10 without noise",
        y: "",
    };
    out += &figure(
        |width| charts::bars(&frame, &bars, width),
        "Red: clearly worse. Grey: no clear difference. Lines: 95 % intervals.",
        "",
    );
    let row = |row: &Robust| {
        let first = if row.pack == first {
            String::new()
        } else {
            signed(row.minus_first.ndcg_at_10, row.minus_first.ndcg_interval)
        };
        let loss = if row.disturbance == Disturbance::None {
            String::new()
        } else {
            signed(row.loss.ndcg_at_10, row.loss.ndcg_interval)
        };
        let vectors = format!("{:.4}", row.vectors.ndcg_at_10);
        vec![
            row.disturbance.name(),
            plain(&row.pack).to_owned(),
            format!("{:.4}", row.all.ndcg_at_10),
            loss,
            first,
            vectors,
        ]
    };
    let head = [
        "",
        "pack",
        "NDCG@10",
        "minus undisturbed, 95 %",
        "minus the first pack, 95 %",
        "vectors alone",
    ];
    out + &table(&head, &study.rows.iter().map(row).collect::<Vec<_>>())
}

/// A pack's name without its folder, because the page is published.
fn plain(pack: &str) -> &str {
    pack.rsplit(['/', '\\']).next().unwrap_or(pack)
}
