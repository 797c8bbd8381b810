//! The report as one HTML page: its header, and the quality of the picks.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use fewshop_eval::{Contender, ContenderKind, Difference, Evaluation, Figures, Interval, Unit};

use super::Report;
use super::charts::{self, Frame, Series};
use super::html::{details, figure, percent, section, signed, thousands, tile, with_interval};
use super::sections::{
    ablation, calibration, curves, data, dismissals, glossary, learning, variety,
};
use super::studies;
use super::svg::escape;

/// Draws the page.
#[must_use]
pub fn page(report: &Report) -> String {
    let shop = if report.card.shop.is_empty() {
        "This shop"
    } else {
        &report.card.shop
    };
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{} · how good are the picks?</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>\n",
        escape(shop),
        include_str!("style.css")
    );
    let parts = [
        header(report, shop),
        quality(&report.unseen_users),
        report.returning.as_ref().map_or_else(String::new, quality),
        learning(report),
        dismissals(report),
        ablation(report),
        variety(&report.unseen_users),
        calibration(&report.unseen_users),
        studies::sections(&report.studies),
        curves(&report.curves),
        data(report),
        glossary(),
    ];
    out += &parts.concat();
    out += "</main>\n</body>\n</html>\n";
    out
}

fn header(report: &Report, shop: &str) -> String {
    let card = &report.card;
    let evaluation = &report.unseen_users;
    let mut out = format!(
        "<header><h1>{}: how good are the picks?</h1>\n",
        escape(shop)
    );
    let _ = writeln!(
        out,
        "<p class=\"lead\">Fewshop ranks {} products for a new shopper from the first few things that this shopper did. \
         Here it ranked for {} shoppers who were not in its training data, and its picks were compared with the products that they took next.</p>",
        thousands(card.products),
        thousands(evaluation.shoppers)
    );
    out += "<ul class=\"tiles\">";
    if let Some((k, full)) = middle(evaluation) {
        let best = popularity(evaluation).and_then(|one| one.by_k.get(&k));
        let beside = best.map_or_else(String::new, |b| {
            format!(
                ", compared with {} if everybody sees the bestsellers",
                percent(b.hit_at_10)
            )
        });
        tile(
            &mut out,
            &percent(full.hit_at_10),
            &format!(
                "of shoppers took at least one of the first ten picks, with {} {}{beside}",
                k,
                unit(evaluation.unit, k)
            ),
        );
    }
    if let Some((_, text, plain)) = against_best(evaluation) {
        tile(&mut out, &text, &plain);
    }
    let learner = report.returning.as_ref().unwrap_or(evaluation);
    if let Some((&k, d)) = learner.adapted_minus_frozen.iter().next_back() {
        let described = format!(
            "of cases got better picks from learning on the device, and {} got worse ones ({} {})",
            percent(d.harm),
            k,
            unit(learner.unit, k)
        );
        tile(&mut out, &percent(d.helped), &described);
    }
    out += "</ul>\n</header>\n";
    out
}

/// The middle k, for the summary sentence.
pub(super) fn middle(evaluation: &Evaluation) -> Option<(u32, &Figures)> {
    evaluation
        .adapted
        .iter()
        .nth(evaluation.adapted.len() / 2)
        .map(|(&k, figures)| (k, figures))
}

fn popularity(evaluation: &Evaluation) -> Option<&Contender> {
    evaluation
        .contenders
        .iter()
        .find(|one| one.kind == ContenderKind::Baseline && one.name == "popularity")
}

fn baselines(evaluation: &Evaluation) -> impl Iterator<Item = &Contender> {
    evaluation
        .contenders
        .iter()
        .filter(|one| one.kind == ContenderKind::Baseline)
}

/// The baseline with the highest mean for one k, with Fewshop's lead over it.
fn best_of(evaluation: &Evaluation, k: u32) -> Option<(&Contender, f64, Interval)> {
    let ndcg = |one: &Contender| one.by_k.get(&k).map_or(f64::MIN, |f| f.ndcg_at_10);
    let best = baselines(evaluation).max_by(|a, b| ndcg(a).total_cmp(&ndcg(b)))?;
    let (mean, interval) = lead(best.minus_full.get(&k)?);
    Some((best, mean, interval))
}

/// Turns 'it minus Fewshop' into 'Fewshop minus it'.
fn lead(minus_full: &Difference) -> (f64, Interval) {
    let [low, high] = minus_full.ndcg_interval;
    (0.0 - minus_full.ndcg_at_10, [0.0 - high, 0.0 - low])
}

/// The numbers of k at which Fewshop leads, lags, or neither.
fn against_best(evaluation: &Evaluation) -> Option<([usize; 3], String, String)> {
    let all: Vec<Interval> = evaluation
        .adapted
        .keys()
        .filter_map(|&k| best_of(evaluation, k))
        .map(|(_, _, interval)| interval)
        .collect();
    if all.is_empty() {
        return None;
    }
    let ahead = all.iter().filter(|i| i[0] > 0.0).count();
    let behind = all.iter().filter(|i| i[1] < 0.0).count();
    let close = all.len() - ahead - behind;
    let mut words = vec![format!(
        "of {} comparisons with the best simple method are clear wins",
        all.len()
    )];
    if close > 0 {
        words.push(format!("{close} too close to call"));
    }
    if behind > 0 {
        words.push(format!("{behind} lost"));
    }
    Some(([ahead, close, behind], ahead.to_string(), words.join(", ")))
}

pub(super) fn unit(unit: Unit, k: u32) -> &'static str {
    match (unit, k) {
        (Unit::ContextItems, 1) => "product known",
        (Unit::ContextItems, _) => "products known",
        (Unit::Visits, 1) => "earlier visit",
        (Unit::Visits, _) => "earlier visits",
    }
}

/// Style number of a baseline; Fewshop has 0. A method has the same style in every chart.
fn style(name: &str) -> usize {
    match name {
        "popularity" => 1,
        "co-visitation" => 2,
        "item neighbours" => 3,
        "session neighbours" => 4,
        "item regression" => 5,
        "classic network" => 6,
        _ => 7,
    }
}

fn quality(evaluation: &Evaluation) -> String {
    let visits = evaluation.unit == Unit::Visits;
    let (heading, x, intro) = if visits {
        (
            "Returning shoppers",
            "earlier visits that the device remembers",
            "The products of earlier visits are stored on the device. The picks should improve with more earlier visits; methods \
             that use the current session alone stay the same.",
        )
    } else {
        (
            "New shoppers",
            "products known from the current session",
            "Quality of the first ten picks by the number of known products. Higher is better. The true value is within the shaded band \
             with 95 % confidence. If bands overlap, see the paired comparison below the chart.",
        )
    };
    let mut series = Vec::new();
    let points = |by_k: &BTreeMap<u32, Figures>| {
        by_k.iter()
            .map(|(&k, f)| (f64::from(k), f.ndcg_at_10, Some(f.ndcg_interval)))
            .collect()
    };
    series.push(Series {
        name: "Fewshop",
        style: 0,
        emphasis: true,
        points: points(&evaluation.adapted),
    });
    for one in baselines(evaluation) {
        series.push(Series {
            name: &one.name,
            style: style(&one.name),
            emphasis: false,
            points: points(&one.by_k),
        });
    }
    let xs: Vec<f64> = evaluation.adapted.keys().map(|&k| f64::from(k)).collect();
    let described: Vec<String> = evaluation
        .adapted
        .iter()
        .map(|(k, f)| format!("{k}: {:.3}", f.ndcg_at_10))
        .collect();
    let description = format!(
        "Fewshop by {x}: {}. All figures are in the table below the chart.",
        described.join(", ")
    );
    let frame = Frame {
        title: heading,
        description: &description,
        x,
        y: "NDCG@10",
    };
    let mut out = section(heading, intro);
    out += &figure(
        |width| charts::lines(&frame, &xs, &series, width),
        "The scale may not start at zero.",
        "",
    );
    out += "<ul>";
    for &k in evaluation.adapted.keys() {
        if let Some((best, mean, [low, high])) = best_of(evaluation, k) {
            let verdict = if low > 0.0 {
                "Fewshop is ahead"
            } else if high < 0.0 {
                "Fewshop is behind"
            } else {
                "too close to call"
            };
            let _ = write!(
                out,
                "<li>{k} {}: best simple method is <b>{}</b>; {verdict}, {}.</li>",
                unit(evaluation.unit, k),
                escape(&best.name),
                signed(mean, [low, high])
            );
        }
    }
    out += "</ul>\n";
    out += &figures_table(evaluation);
    out + "</section>\n"
}

fn figures_table(evaluation: &Evaluation) -> String {
    let mut rows = Vec::new();
    let mut of = |name: &str, by_k: &BTreeMap<u32, Figures>| {
        for (k, f) in by_k {
            rows.push(vec![
                name.to_owned(),
                k.to_string(),
                f.cases.to_string(),
                with_interval(f.ndcg_at_10, f.ndcg_interval),
                with_interval(f.recall_at_20, f.recall_interval),
                format!("{:.4}", f.mrr_at_20),
                percent(f.hit_at_10),
            ]);
        }
    };
    of("Fewshop", &evaluation.adapted);
    of("Fewshop, frozen", &evaluation.frozen);
    for one in evaluation
        .contenders
        .iter()
        .filter(|one| matches!(one.kind, ContenderKind::Baseline | ContenderKind::Channel))
    {
        of(&one.name, &one.by_k);
    }
    details(
        "All figures",
        &["", "k", "cases", "NDCG@10", "Recall@20", "MRR@20", "Hit@10"],
        &rows,
    )
}

#[cfg(test)]
mod tests {
    use fewshop_eval::{Bin, Calibration, Dismissals};

    use super::super::svg::tests::check_well_formed;
    use super::super::{DataCard, REPORT_VERSION};
    use super::*;

    fn figures(ndcg: f64) -> Figures {
        Figures {
            cases: 10,
            ndcg_at_10: ndcg,
            ndcg_interval: [ndcg - 0.01, ndcg + 0.01],
            hit_at_10: 0.5,
            ..Figures::default()
        }
    }

    fn report(lead: f64) -> Report {
        let by_k = |ndcg: f64| BTreeMap::from([(1, figures(ndcg)), (5, figures(ndcg + 0.02))]);
        let minus = Difference {
            ndcg_at_10: -lead,
            ndcg_interval: [-lead - 0.001, -lead + 0.001],
            helped: 0.2,
            harm: 0.1,
            ..Difference::default()
        };
        let contender = |name: &str, kind, ndcg| Contender {
            name: name.to_owned(),
            kind,
            about: "<about> & more".to_owned(),
            by_k: by_k(ndcg),
            all: figures(ndcg),
            minus_full: BTreeMap::from([(1, minus.clone()), (5, minus.clone())]),
            all_minus_full: minus.clone(),
        };
        let evaluation = Evaluation {
            shoppers: 8,
            adapted: by_k(0.2),
            frozen: by_k(0.19),
            adapted_minus_frozen: BTreeMap::from([(1, minus.clone()), (5, minus.clone())]),
            calibration: Calibration {
                bins: vec![Bin {
                    candidates: 1_000,
                    predicted: 0.1,
                    relevant: 0.12,
                    interval: [0.1, 0.14],
                }],
                expected_error: 0.02,
            },
            contenders: vec![
                contender("full", ContenderKind::Full, 0.2),
                contender("minus <b>ease</b>", ContenderKind::Ablated, 0.19),
                contender("popularity", ContenderKind::Baseline, 0.15),
            ],
            dismissals: vec![Dismissals {
                max_dismissed: 3,
                frozen: by_k(0.19),
                removed: by_k(0.2),
                learned: by_k(0.21),
                learned_minus_removed: BTreeMap::from([(1, minus.clone()), (5, minus.clone())]),
                all_learned_minus_removed: minus.clone(),
                ..Dismissals::default()
            }],
            ..Evaluation::default()
        };
        let card = DataCard {
            shop: "Tom & <script>Co</script>".to_owned(),
            products: 12_345,
            ..DataCard::default()
        };
        let returning = Evaluation {
            unit: Unit::Visits,
            ..evaluation.clone()
        };
        let curves = BTreeMap::from([("loss".to_owned(), vec![3.0, 2.0, f64::NAN])]);
        Report {
            version: REPORT_VERSION,
            card,
            unseen_users: evaluation,
            returning: Some(returning),
            curves,
            studies: Vec::new(),
        }
    }

    #[test]
    fn the_page_is_well_formed_self_contained_and_without_script() {
        let out = page(&report(0.01));
        check_well_formed(&out);
        assert!(!out.contains("<script") && out.contains("Tom &amp; &lt;script&gt;"));
        for outside in ["src=", "href=", "@import", "url("] {
            assert!(!out.contains(outside), "{outside}");
        }
        assert!(!out.contains("NaN") && !out.contains("inf,"));
        assert!(
            out.contains("prefers-color-scheme:dark")
                && out.contains("12,345 products")
                && out.contains("NDCG@10")
        );
        // Two k each, of strangers and of those who come back.
        assert_eq!(out.matches("3 products turned down: ").count(), 4);
    }

    #[test]
    fn a_verdict_is_as_strong_as_its_interval() {
        for (lead, words) in [
            (0.01, "Fewshop is ahead"),
            (-0.01, "Fewshop is behind"),
            (0.0005, "too close to call"),
        ] {
            assert!(page(&report(lead)).contains(words), "{words}");
        }
    }

    #[test]
    fn ids_are_unique_so_that_screen_readers_find_the_right_text() {
        let out = page(&report(0.01));
        let mut ids: Vec<&str> = out
            .split(" id=\"")
            .skip(1)
            .filter_map(|part| part.split('"').next())
            .collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }

    #[test]
    fn a_report_of_a_pack_alone_needs_no_baselines() {
        let mut report = report(0.01);
        report.unseen_users.contenders.clear();
        report.unseen_users.dismissals.clear();
        report.returning = None;
        report.curves.clear();
        check_well_formed(&page(&report));
        assert!(!page(&report).contains("not for me"));
    }
}
