//! `fewshop study offers`.

use fewshop_train::tasks::offers::{Calibration, Comparison, METHODS, Row, Split};

use super::*;

pub(super) fn section(found: &Comparison, id: &str) -> String {
    let late: Vec<&Row> = found
        .rows
        .iter()
        .filter(|row| row.split == Split::Time)
        .collect();
    let asked = late
        .first()
        .or(found.rows.first().as_ref())
        .map_or((0, 0), |row| (row.questions, row.households));
    let intro = format!(
        "The latest campaigns, ranked for {} households ({} times a campaign was shown and something redeemed) by what was learned from \
         earlier campaigns and other households alone.",
        asked.1, asked.0
    );
    let mut out = super::section("Which offer to show", &intro);
    let ours: Vec<&&Row> = late
        .iter()
        .filter(|row| row.method == METHODS[METHODS.len() - 1])
        .collect();
    let span = ours
        .iter()
        .map(|row| row.ndcg_gain.0)
        .fold((f64::MAX, f64::MIN), |(low, high), gain| {
            (low.min(gain), high.max(gain))
        });
    out += &if found.better && !ours.is_empty() {
        let text = format!(
            "it finds the redeemed offers better than the most redeemed ones do, however few products are known: {} to {} NDCG@10.",
            plus(span.0, 3),
            plus(span.1, 3)
        );
        verdict("good", "It works:", &text)
    } else {
        verdict(
            "same",
            "Off:",
            "it is not clearly better than showing the most redeemed offer at every number of products known.",
        )
    };
    let named: Vec<(String, &Row)> = ours
        .iter()
        .map(|row| (format!("{} known", row.known), **row))
        .collect();
    let bars: Vec<Bar<'_>> = named
        .iter()
        .map(|(name, row)| Bar {
            name,
            value: row.ndcg_gain.0,
            interval: Some(row.ndcg_gain.1),
            class: Verdict::of(row.ndcg_gain.1).class(),
            label: plus(row.ndcg_gain.0, 3),
        })
        .collect();
    let said: Vec<String> = bars
        .iter()
        .map(|bar| format!("{}: {}", bar.name, bar.label))
        .collect();
    let title = format!("Offers, {id}");
    let frame = Frame {
        title: &title,
        description: &said.join(", "),
        x: "NDCG@10 above the most redeemed offers",
        y: "",
    };
    out += &figure(
        |width| charts::bars(&frame, &bars, width),
        "Green: clearly better. Lines: 95 % intervals over households.",
        "",
    );
    let row = |row: &&Row| {
        let gain = if row.method == METHODS[0] {
            String::new()
        } else {
            signed(row.ndcg_gain.0, row.ndcg_gain.1)
        };
        vec![
            row.known.clone(),
            row.method.clone(),
            format!("{:.3}", row.ndcg.0),
            format!("{:.3}", row.auc.0),
            gain,
        ]
    };
    let head = [
        "known",
        "",
        "NDCG@10",
        "AUC",
        "NDCG@10 above the first, 95 %",
    ];
    out += &table(&head, &late.iter().map(row).collect::<Vec<_>>());
    let same: Vec<&Row> = found
        .rows
        .iter()
        .filter(|row| row.split == Split::Households)
        .collect();
    if !same.is_empty() {
        out += &details(
            "While others' redemptions of the same campaign are known",
            &head,
            &same.iter().map(row).collect::<Vec<_>>(),
        );
    }
    out + &expected(&found.calibration)
}

/// Whether what is expected comes true.
fn expected(found: &[Calibration]) -> String {
    let later: Vec<&Calibration> = found
        .iter()
        .filter(|one| one.split == Split::Time)
        .collect();
    if later.is_empty() {
        return String::new();
    }
    let mut out = "<h3>Does what it expects come true?</h3>\n".to_owned();
    let off = later.iter().filter(|one| one.off()).count();
    let (class, word, text) = if off == 0 {
        (
            "good",
            "As far as can be told:",
            "in later campaigns the first offer was redeemed as often as expected, within chance."
                .to_owned(),
        )
    } else {
        let text = format!(
            "in later campaigns the first offer was redeemed clearly more or less often than expected at {off} of {} amounts known: read \
             it as an order, not as a promise. The shop's page shows no number.",
            later.len()
        );
        ("bad", "Not exactly:", text)
    };
    out += &verdict(class, word, &text);
    let row = |one: &Calibration| {
        let who = match one.split {
            Split::Households => "other households",
            Split::Time => "later campaigns",
        };
        let [low, high] = one.first_ratio_interval;
        let ratio = one.first[1] / one.first[0].max(1e-9);
        vec![
            format!("{who}, {}", one.known),
            format!("{:.0}", one.first[0]),
            format!("{:.0}", one.first[1]),
            format!("{ratio:.2} [{low:.2}, {high:.2}]"),
            format!("{:.0}", one.most_redeemed),
        ]
    };
    let head = [
        "the first offer shown",
        "expected",
        "redeemed",
        "redeemed by expected, 95 %",
        "most redeemed instead",
    ];
    out + &table(&head, &found.iter().map(row).collect::<Vec<_>>())
}
