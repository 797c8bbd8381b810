//! The sections of the page that follow the quality of the picks.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use fewshop_eval::{Contender, ContenderKind, Evaluation, Figures, Interval, SHOWN, Unit};

use super::Report;
use super::charts::{self, Bar, Frame, Series, Whole};
use super::html::{details, figure, percent, section, signed, thousands, with_interval};
use super::page::{middle, unit};
use super::svg::escape;

pub(super) fn learning(report: &Report) -> String {
    let mut out = section(
        "Effect of learning on the device",
        "The same pack ranks twice: frozen, and with learning on the device from this one shopper. A case is better or worse if the first \
         ten picks fit better or worse than without learning; harm is the share that got worse.",
    );
    for evaluation in [Some(&report.unseen_users), report.returning.as_ref()]
        .into_iter()
        .flatten()
    {
        let heading = if evaluation.unit == Unit::Visits {
            "Returning shoppers"
        } else {
            "New shoppers"
        };
        let wholes: Vec<Whole<'_>> = evaluation
            .adapted_minus_frozen
            .iter()
            .map(|(&k, d)| Whole {
                name: format!("{k} {}", unit(evaluation.unit, k).replace(" known", "")),
                parts: vec![
                    ("good", "better", d.helped),
                    ("same", "same", 1.0 - d.helped - d.harm),
                    ("bad", "worse", d.harm),
                ],
            })
            .collect();
        let described: Vec<String> = wholes
            .iter()
            .map(|w| {
                let parts: Vec<String> = w
                    .parts
                    .iter()
                    .map(|(_, name, share)| format!("{} {name}", percent(*share)))
                    .collect();
                format!("{}: {}", w.name, parts.join(", "))
            })
            .collect();
        let title = format!("Learning on the device: {heading}");
        let frame = Frame {
            title: &title,
            description: &described.join(". "),
            x: "",
            y: "",
        };
        let _ = writeln!(out, "<h3>{heading}</h3>");
        out += &figure(
            |width| charts::shares(&frame, &wholes, width),
            "Left to right: better, same, worse.",
            "",
        );
        let rows: Vec<Vec<String>> = evaluation
            .adapted_minus_frozen
            .iter()
            .map(|(k, d)| {
                vec![
                    k.to_string(),
                    evaluation.frozen.get(k).map_or_else(String::new, |f| {
                        with_interval(f.ndcg_at_10, f.ndcg_interval)
                    }),
                    signed(d.ndcg_at_10, d.ndcg_interval),
                    percent(d.helped),
                    percent(d.harm),
                ]
            })
            .collect();
        out += &details(
            "Figures",
            &[
                "k",
                "frozen NDCG@10",
                "adapted minus frozen",
                "better",
                "harm",
            ],
            &rows,
        );
    }
    out + "</section>\n"
}

pub(super) fn dismissals(report: &Report) -> String {
    let mut out = String::new();
    for evaluation in [Some(&report.unseen_users), report.returning.as_ref()]
        .into_iter()
        .flatten()
    {
        if evaluation.dismissals.is_empty() {
            continue;
        }
        let who = if evaluation.unit == Unit::Visits {
            "returning shoppers"
        } else {
            "new shoppers"
        };
        let _ = writeln!(out, "<h3>For {who}</h3>");
        let names: Vec<String> = evaluation
            .dismissals
            .iter()
            .map(|one| {
                if one.max_dismissed == 1 {
                    "1 product".to_owned()
                } else {
                    format!("{} products", one.max_dismissed)
                }
            })
            .collect();
        let bars: Vec<Bar<'_>> = names
            .iter()
            .zip(&evaluation.dismissals)
            .map(|(name, one)| {
                let d = &one.all_learned_minus_removed;
                let [low, high] = d.ndcg_interval;
                Bar {
                    name,
                    value: d.ndcg_at_10,
                    interval: Some(d.ndcg_interval),
                    class: if low > 0.0 {
                        "good"
                    } else if high < 0.0 {
                        "bad"
                    } else {
                        "same"
                    },
                    label: format!("{:+.4}", d.ndcg_at_10).replace('-', "\u{2212}"),
                }
            })
            .collect();
        let described: Vec<String> = bars
            .iter()
            .map(|bar| format!("{} turned down: {}", bar.name, bar.label))
            .collect();
        let title = format!("Learning from dismissals: {who}");
        let frame = Frame {
            title: &title,
            description: &described.join(", "),
            x: "NDCG@10 minus NDCG@10 of the frozen pack",
            y: "",
        };
        out += &figure(
            |width| charts::bars(&frame, &bars, width),
            "Green: clearly better. Grey: no clear difference. Red: clearly worse.",
            "",
        );
        let figures = |of: &BTreeMap<u32, Figures>, k: &u32| {
            of.get(k)
                .map_or_else(String::new, |f| format!("{:.4}", f.ndcg_at_10))
        };
        let rows: Vec<Vec<String>> = evaluation
            .dismissals
            .iter()
            .flat_map(|one| {
                one.learned_minus_removed
                    .iter()
                    .map(move |(k, d)| (one, k, d))
            })
            .map(|(one, k, d)| {
                vec![
                    one.max_dismissed.to_string(),
                    k.to_string(),
                    figures(&one.frozen, k),
                    figures(&one.removed, k),
                    figures(&one.learned, k),
                    signed(d.ndcg_at_10, d.ndcg_interval),
                    percent(d.helped),
                    percent(d.harm),
                ]
            })
            .collect();
        let head = [
            "turned down",
            "k",
            "frozen",
            "frozen, without them",
            "learned",
            "learned minus that",
            "better",
            "harm",
        ];
        out += &details("Figures: mean NDCG@10", &head, &rows);
    }
    if out.is_empty() {
        return out;
    }
    let intro = format!(
        "The shopper sees {SHOWN} picks, and turns down the first of them that were not taken in that visit (simulated: the log does not \
         contain the shown products). Neither list shows them again; the difference is their effect on other products."
    );
    section("Learning from 'not for me'", &intro) + &out + "</section>\n"
}

pub(super) fn ablation(report: &Report) -> String {
    let mut out = String::new();
    for evaluation in [Some(&report.unseen_users), report.returning.as_ref()]
        .into_iter()
        .flatten()
    {
        let rivals: Vec<&Contender> = evaluation
            .contenders
            .iter()
            .filter(|one| one.kind != ContenderKind::Full)
            .collect();
        if rivals.is_empty() {
            continue;
        }
        let who = if evaluation.unit == Unit::Visits {
            "returning shoppers"
        } else {
            "new shoppers"
        };
        let _ = writeln!(out, "<h3>For {who}</h3>");
        let title = format!("Contribution of each part: {who}");
        let bars: Vec<Bar<'_>> = rivals
            .iter()
            .map(|one| {
                let d = &one.all_minus_full;
                let class = if d.ndcg_interval[1] < 0.0 {
                    "c2"
                } else if d.ndcg_interval[0] > 0.0 {
                    "bad"
                } else {
                    "same"
                };
                Bar {
                    name: &one.name,
                    value: d.ndcg_at_10,
                    interval: Some(d.ndcg_interval),
                    class,
                    label: format!("{:+.4}", d.ndcg_at_10).replace('-', "\u{2212}"),
                }
            })
            .collect();
        let described: Vec<String> = bars
            .iter()
            .map(|bar| format!("{} {}", bar.name, bar.label))
            .collect();
        let frame = Frame {
            title: &title,
            description: &described.join(", "),
            x: "NDCG@10 minus NDCG@10 of the full pack",
            y: "",
        };
        out += &figure(
            |width| charts::bars(&frame, &bars, width),
            "Blue: clearly worse than the full pack. Grey: no clear difference. Red: clearly better than the full pack.",
            "",
        );
        let rows: Vec<Vec<String>> = evaluation
            .contenders
            .iter()
            .map(|one| {
                let minus = if one.kind == ContenderKind::Full {
                    String::new()
                } else {
                    signed(
                        one.all_minus_full.ndcg_at_10,
                        one.all_minus_full.ndcg_interval,
                    )
                };
                vec![
                    one.name.clone(),
                    with_interval(one.all.ndcg_at_10, one.all.ndcg_interval),
                    minus,
                    one.about.clone(),
                ]
            })
            .collect();
        out += &details(
            "Figures, with descriptions",
            &["", "NDCG@10, all k", "minus full", ""],
            &rows,
        );
    }
    if out.is_empty() {
        return out;
    }
    let trained = report
        .unseen_users
        .contenders
        .iter()
        .any(|one| one.kind == ContenderKind::Ablated);
    let more = if trained {
        " 'minus' is the same training without that part, compared with a full pack of the same run."
    } else {
        ""
    };
    let intro = format!(
        "The loss without each part, and the quality of single methods alone, over the cases of all k. A bar to the left is worse than the \
         full pack; the thin line is the 95 % interval of the paired difference.{more}"
    );
    section("Contribution of each part", &intro) + &out + "</section>\n"
}

pub(super) fn variety(evaluation: &Evaluation) -> String {
    let middle = middle(evaluation).map(|(_, figures)| figures);
    let mut named: Vec<(&str, &Figures)> = Vec::new();
    if evaluation.contenders.is_empty() {
        named.extend(middle.map(|figures| ("Fewshop", figures)));
    } else {
        for one in evaluation.contenders.iter().filter(|one| {
            matches!(
                one.kind,
                ContenderKind::Full | ContenderKind::Channel | ContenderKind::Baseline
            )
        }) {
            named.push((
                if one.kind == ContenderKind::Full {
                    "Fewshop"
                } else {
                    &one.name
                },
                &one.all,
            ));
        }
    }
    let class = |name: &str| if name == "Fewshop" { "c0" } else { "same" };
    let shown: Vec<Bar<'_>> = named
        .iter()
        .map(|(name, f)| Bar {
            name,
            value: f.coverage_at_20 as f64,
            interval: None,
            class: class(name),
            label: thousands(f.coverage_at_20),
        })
        .collect();
    let popular: Vec<Bar<'_>> = named
        .iter()
        .map(|(name, f)| Bar {
            name,
            value: 100.0 * f.popular_at_20,
            interval: None,
            class: class(name),
            label: percent(f.popular_at_20),
        })
        .collect();
    let describe = |bars: &[Bar<'_>]| {
        bars.iter()
            .map(|b| format!("{}: {}", b.name, b.label))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let (first, second) = (describe(&shown), describe(&popular));
    let one = Frame {
        title: "Different products shown",
        description: &first,
        x: "different products",
        y: "",
    };
    let two = Frame {
        title: "Share of bestsellers among the picks",
        description: &second,
        x: "% of picks",
        y: "",
    };
    let mut out = section(
        "Variety of the picks",
        "First: the number of different products among the first twenty picks of all cases. Second: the share of these picks among the \
         most popular 1 % of the products. A list of bestsellers is easy to make, but hides the rest of the shop.",
    );
    out += "<div class=\"two\">";
    out += &figure(
        |_| charts::bars(&one, &shown, 380.0),
        "Different products shown",
        "one",
    );
    out += &figure(
        |_| charts::bars(&two, &popular, 380.0),
        "Picks among the most popular 1 %",
        "one",
    );
    out + "</div>\n</section>\n"
}

pub(super) fn calibration(evaluation: &Evaluation) -> String {
    let bins = &evaluation.calibration.bins;
    if bins.is_empty() {
        return String::new();
    }
    let points: Vec<(f64, f64, Interval)> = bins
        .iter()
        .map(|bin| (bin.predicted, bin.relevant, bin.interval))
        .collect();
    let described: Vec<String> = bins
        .iter()
        .map(|bin| {
            format!(
                "predicted {:.2} %, observed {:.2} %",
                100.0 * bin.predicted,
                100.0 * bin.relevant
            )
        })
        .collect();
    let frame = Frame {
        title: "Calibration of scores",
        description: &described.join("; "),
        x: "predicted probability",
        y: "share taken",
    };
    let mut out = section(
        "Calibration of the scores",
        "Of the products with a predicted probability of 10 %, one in ten should be taken: then the points are on the dashed line. Below it the model predicts \
         too much, above it too little. Picks are ranked by the score, so the order matters more than the calibration.",
    );
    out += &figure(
        |width| charts::reliability(&frame, &points, width.min(520.0)),
        &format!(
            "Mean gap, weighted by candidates: {:.2} percentage points.",
            100.0 * evaluation.calibration.expected_error
        ),
        "small",
    );
    let rows: Vec<Vec<String>> = bins
        .iter()
        .map(|bin| {
            let [low, high] = bin.interval;
            vec![
                thousands(bin.candidates),
                format!("{:.2} %", 100.0 * bin.predicted),
                format!(
                    "{:.2} % [{:.2}, {:.2}]",
                    100.0 * bin.relevant,
                    100.0 * low,
                    100.0 * high
                ),
            ]
        })
        .collect();
    out += &details("Figures", &["candidates", "said", "taken"], &rows);
    out + "</section>\n"
}

pub(super) fn curves(curves: &BTreeMap<String, Vec<f64>>) -> String {
    let drawn: Vec<(&String, &Vec<f64>)> = curves
        .iter()
        .filter(|(_, values)| values.iter().filter(|v| v.is_finite()).count() > 1)
        .collect();
    if drawn.is_empty() {
        return String::new();
    }
    let mut out = section(
        "Training curves",
        "One value for each pass over the data. A loss should fall and then level off; a validation figure that gets worse again shows where more \
         training would overfit.",
    );
    out += "<div class=\"two\">";
    for (name, values) in drawn {
        let last = values
            .iter()
            .rev()
            .copied()
            .find(|v| v.is_finite())
            .unwrap_or_default();
        let description = format!(
            "{name} over {} epochs, {:.4} at the end",
            values.len(),
            last
        );
        let title = format!("Training curve {name}");
        let frame = Frame {
            title: &title,
            description: &description,
            x: "epoch",
            y: "",
        };
        let every = (values.len() / 6).max(1);
        let xs: Vec<f64> = (1..=values.len())
            .filter(|n| *n == 1 || n % every == 0)
            .map(|n| n as f64)
            .collect();
        let points = values
            .iter()
            .enumerate()
            .map(|(n, &value)| (n as f64 + 1.0, value, None))
            .collect();
        let label = format!("{last:.3}");
        let series = [Series {
            name: &label,
            style: 0,
            emphasis: true,
            points,
        }];
        out += &figure(|_| charts::lines(&frame, &xs, &series, 380.0), name, "one");
    }
    out + "</div>\n</section>\n"
}

pub(super) fn data(report: &Report) -> String {
    let card = &report.card;
    let mut out = section("Training data", "The shop's log used for training.");
    let frame = Frame {
        title: "Session lengths",
        description: &card
            .lengths
            .iter()
            .map(|(name, share)| format!("{name}: {}", percent(*share)))
            .collect::<Vec<_>>()
            .join(", "),
        x: "products in a session",
        y: "",
    };
    out += &figure(
        |width| charts::columns(&frame, &card.lengths, width),
        "Share of the sessions by length.",
        "",
    );
    let cases = |evaluation: &Evaluation| {
        let cases: usize = evaluation.adapted.values().map(|f| f.cases).sum();
        let left_out = if evaluation.without_truth > 0 {
            format!(
                " ({} without a relevant product left out)",
                evaluation.without_truth
            )
        } else {
            String::new()
        };
        format!(
            "{} cases of {} shoppers{left_out}",
            thousands(cases),
            thousands(evaluation.shoppers)
        )
    };
    let departments = if card.departments > 0 {
        format!(" in {} departments", thousands(card.departments))
    } else {
        String::new()
    };
    let rows = [
        (
            "Products",
            format!(
                "{}{departments}; {} never taken",
                thousands(card.products),
                percent(card.never_taken)
            ),
        ),
        (
            "Sessions",
            format!(
                "{} of {} shoppers, {} products taken",
                thousands(card.sessions),
                thousands(card.shoppers),
                thousands(card.taken)
            ),
        ),
        ("Dates", format!("{} to {}", card.from, card.until)),
        (
            "Sparsity",
            format!(
                "{:.2} % of all pairs of shopper and product are not in the log",
                100.0 * card.sparsity
            ),
        ),
        ("Asked, new", cases(&report.unseen_users)),
        (
            "Asked, returning",
            report.returning.as_ref().map_or_else(String::new, cases),
        ),
        ("Source and terms of use", card.notice.clone()),
        ("Pack", card.pack.clone()),
        ("Seed", card.seed.to_string()),
        (
            "Trained by",
            format!("{} (version {})", card.command, card.version),
        ),
        ("Report by", card.report_command.clone()),
    ];
    out += "<dl>";
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = write!(out, "<dt>{name}</dt><dd>{}</dd>", escape(value));
    }
    out + "</dl>\n</section>\n"
}

pub(super) fn glossary() -> String {
    let words = [
        (
            "NDCG@10",
            "The quality of the first ten picks: 1 for the best possible order, 0 if none is relevant. A hit at the top counts more than one further down.",
        ),
        (
            "Recall@20",
            "The share of the shopper's relevant products that are among the first twenty picks.",
        ),
        (
            "MRR@20",
            "One divided by the rank of the first hit: 1 for the first place, 0.5 for the second.",
        ),
        (
            "Hit@10",
            "The share of cases in which at least one of the first ten picks was taken.",
        ),
        (
            "95 % interval",
            "The range that would contain the figure in 95 of 100 repetitions with other shoppers. It comes from resampling the shoppers 2,000 times; a difference is significant if its interval excludes 0.",
        ),
        (
            "Adapted, frozen",
            "With and without what the device learns from this one shopper.",
        ),
        (
            "Current session",
            "The current visit. The task is to predict the rest of it by ranking the whole catalogue.",
        ),
    ];
    let mut out = section("Words", "");
    out += "<dl>";
    for (word, text) in words {
        let _ = write!(out, "<dt>{word}</dt><dd>{}</dd>", escape(text));
    }
    out += "</dl>\n<p class=\"quiet\">The settings of the simple methods follow one rule for every shop and are not tuned to this one; with manual tuning they can be a \
            little higher.</p>\n</section>\n";
    out
}
