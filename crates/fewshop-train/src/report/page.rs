//! The report as one HTML page.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Report;
use super::charts::{self, Bar, Frame, Series, Whole};
use super::svg::escape;
use crate::evaluation::{Contender, Difference, Evaluation, Figures, Interval, Kind, Unit};

const WIDE: f64 = 800.0;
const NARROW: f64 = 340.0;

/// Draws the page.
#[must_use]
pub fn page(report: &Report) -> String {
    let shop = if report.card.shop.is_empty() { "This shop" } else { &report.card.shop };
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{} · how good are the picks?</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>\n",
        escape(shop),
        include_str!("style.css")
    );
    let parts = [
        header(report, shop),
        quality(&report.strangers),
        report.returning.as_ref().map_or_else(String::new, quality),
        learning(report),
        ablation(report),
        variety(&report.strangers),
        calibration(&report.strangers),
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
    let found = &report.strangers;
    let mut out = format!("<header><h1>{}: how good are the picks?</h1>\n", escape(shop));
    let _ = writeln!(
        out,
        "<p class=\"lead\">Fewshop ranks {} products for a shopper whom it has never met, from the few things that the shopper did. \
         Here it was asked about {} shoppers that it did not learn from, and its picks were held against what they then took.</p>",
        thousands(card.products),
        thousands(found.shoppers)
    );
    out += "<ul class=\"tiles\">";
    if let Some((k, full)) = middle(found) {
        let best = popularity(found).and_then(|one| one.by_k.get(&k));
        let beside =
            best.map_or_else(String::new, |b| format!(", against {} with bestsellers for everybody", percent(b.hit_at_10)));
        tile(
            &mut out,
            &percent(full.hit_at_10),
            &format!(
                "of shoppers find something that they take among the first ten picks, {} {}{beside}",
                k,
                unit(found.unit, k)
            ),
        );
    }
    if let Some((_, text, plain)) = against_best(found) {
        tile(&mut out, &text, &plain);
    }
    let learner = report.returning.as_ref().unwrap_or(found);
    if let Some((&k, d)) = learner.adapted_minus_frozen.iter().next_back() {
        let said = format!(
            "of cases got better picks by learning on the device, and {} got worse ones ({} {})",
            percent(d.harm),
            k,
            unit(learner.unit, k)
        );
        tile(&mut out, &percent(d.helped), &said);
    }
    out += "</ul>\n</header>\n";
    out
}

fn tile(out: &mut String, figure: &str, text: &str) {
    let _ = write!(out, "<li><b>{}</b>{}</li>", escape(figure), escape(text));
}

/// The k in the middle, as the one that a single sentence speaks of.
fn middle(found: &Evaluation) -> Option<(u32, &Figures)> {
    found.adapted.iter().nth(found.adapted.len() / 2).map(|(&k, figures)| (k, figures))
}

fn popularity(found: &Evaluation) -> Option<&Contender> {
    found.contenders.iter().find(|one| one.kind == Kind::Baseline && one.name == "popularity")
}

fn baselines(found: &Evaluation) -> impl Iterator<Item = &Contender> {
    found.contenders.iter().filter(|one| one.kind == Kind::Baseline)
}

/// The best baseline of one k by its mean, with Fewshop's lead over it.
fn best_of(found: &Evaluation, k: u32) -> Option<(&Contender, f64, Interval)> {
    let ndcg = |one: &Contender| one.by_k.get(&k).map_or(f64::MIN, |f| f.ndcg_at_10);
    let best = baselines(found).max_by(|a, b| ndcg(a).total_cmp(&ndcg(b)))?;
    let (mean, interval) = lead(best.minus_full.get(&k)?);
    Some((best, mean, interval))
}

/// Turns 'it minus Fewshop' into 'Fewshop minus it'.
fn lead(minus_full: &Difference) -> (f64, Interval) {
    let [low, high] = minus_full.ndcg_interval;
    (0.0 - minus_full.ndcg_at_10, [0.0 - high, 0.0 - low])
}

/// At how many k Fewshop leads, lags or neither.
fn against_best(found: &Evaluation) -> Option<([usize; 3], String, String)> {
    let all: Vec<Interval> = found.adapted.keys().filter_map(|&k| best_of(found, k)).map(|(_, _, interval)| interval).collect();
    if all.is_empty() {
        return None;
    }
    let ahead = all.iter().filter(|i| i[0] > 0.0).count();
    let behind = all.iter().filter(|i| i[1] < 0.0).count();
    let close = all.len() - ahead - behind;
    let mut words = vec![format!("of {} comparisons with the best simple method are clear wins", all.len())];
    if close > 0 {
        words.push(format!("{close} too close to call"));
    }
    if behind > 0 {
        words.push(format!("{behind} lost"));
    }
    Some(([ahead, close, behind], ahead.to_string(), words.join(", ")))
}

fn unit(unit: Unit, k: u32) -> &'static str {
    match (unit, k) {
        (Unit::Shots, 1) => "product known",
        (Unit::Shots, _) => "products known",
        (Unit::Visits, 1) => "earlier visit known",
        (Unit::Visits, _) => "earlier visits known",
    }
}

/// Number of the style of a baseline; Fewshop has 0. The same method looks the same in every chart.
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

fn quality(found: &Evaluation) -> String {
    let visits = found.unit == Unit::Visits;
    let (heading, x, intro) = if visits {
        (
            "Shoppers who come back",
            "earlier visits that the device remembers",
            "What a shopper took on earlier visits stays on the device. The more it remembers, the better the picks should get; methods \
             that look at the session at hand alone stay where they are.",
        )
    } else {
        (
            "Shoppers who are new",
            "products known of the session at hand",
            "How well the first ten picks fit, by how much is known. Higher is better. A shaded band is the range in which the true value \
             lies, with 95 % confidence; where bands overlap, look at the paired comparison below the chart.",
        )
    };
    let mut series = Vec::new();
    let points =
        |by_k: &BTreeMap<u32, Figures>| by_k.iter().map(|(&k, f)| (f64::from(k), f.ndcg_at_10, Some(f.ndcg_interval))).collect();
    series.push(Series { name: "Fewshop", style: 0, emphasis: true, points: points(&found.adapted) });
    for one in baselines(found) {
        series.push(Series { name: &one.name, style: style(&one.name), emphasis: false, points: points(&one.by_k) });
    }
    let xs: Vec<f64> = found.adapted.keys().map(|&k| f64::from(k)).collect();
    let described: Vec<String> = found.adapted.iter().map(|(k, f)| format!("{k}: {:.3}", f.ndcg_at_10)).collect();
    let description = format!("Fewshop by {x}: {}. All figures are in the table below the chart.", described.join(", "));
    let frame = Frame { title: heading, description: &description, x, y: "NDCG@10" };
    let mut out = section(heading, intro);
    out += &figure(|width| charts::lines(&frame, &xs, &series, width), "Mind the scale: it does not always start at zero.", "");
    out += "<ul>";
    for &k in found.adapted.keys() {
        if let Some((best, mean, [low, high])) = best_of(found, k) {
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
                unit(found.unit, k),
                escape(&best.name),
                signed(mean, [low, high])
            );
        }
    }
    out += "</ul>\n";
    out += &figures_table(found);
    out + "</section>\n"
}

fn figures_table(found: &Evaluation) -> String {
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
    of("Fewshop", &found.adapted);
    of("Fewshop, frozen", &found.frozen);
    for one in found.contenders.iter().filter(|one| matches!(one.kind, Kind::Baseline | Kind::Channel)) {
        of(&one.name, &one.by_k);
    }
    details("All figures", &["", "k", "cases", "NDCG@10", "Recall@20", "MRR@20", "Hit@10"], &rows)
}

fn learning(report: &Report) -> String {
    let mut out = section(
        "What learning on the device changes",
        "The same pack answers twice: as it ships, and with what it learns from this one shopper. A case is better or worse when the first \
         ten picks fit better or worse than before; harm is the share that got worse.",
    );
    for found in [Some(&report.strangers), report.returning.as_ref()].into_iter().flatten() {
        let heading = if found.unit == Unit::Visits { "Shoppers who come back" } else { "Shoppers who are new" };
        let wholes: Vec<Whole<'_>> = found
            .adapted_minus_frozen
            .iter()
            .map(|(&k, d)| Whole {
                name: format!("{k} {}", unit(found.unit, k).replace(" known", "")),
                parts: vec![("good", "better", d.helped), ("same", "same", 1.0 - d.helped - d.harm), ("bad", "worse", d.harm)],
            })
            .collect();
        let said: Vec<String> = wholes
            .iter()
            .map(|w| {
                let parts: Vec<String> = w.parts.iter().map(|(_, name, share)| format!("{} {name}", percent(*share))).collect();
                format!("{}: {}", w.name, parts.join(", "))
            })
            .collect();
        let title = format!("Learning on the device: {heading}");
        let frame = Frame { title: &title, description: &said.join(". "), x: "", y: "" };
        let _ = writeln!(out, "<h3>{heading}</h3>");
        out += &figure(|width| charts::shares(&frame, &wholes, width), "Left to right: better, same, worse.", "");
        let rows: Vec<Vec<String>> = found
            .adapted_minus_frozen
            .iter()
            .map(|(k, d)| {
                vec![
                    k.to_string(),
                    found.frozen.get(k).map_or_else(String::new, |f| with_interval(f.ndcg_at_10, f.ndcg_interval)),
                    signed(d.ndcg_at_10, d.ndcg_interval),
                    percent(d.helped),
                    percent(d.harm),
                ]
            })
            .collect();
        out += &details("Figures", &["k", "frozen NDCG@10", "adapted minus frozen", "better", "harm"], &rows);
    }
    out + "</section>\n"
}

fn ablation(report: &Report) -> String {
    let mut out = String::new();
    for found in [Some(&report.strangers), report.returning.as_ref()].into_iter().flatten() {
        let rivals: Vec<&Contender> = found.contenders.iter().filter(|one| one.kind != Kind::Full).collect();
        if rivals.is_empty() {
            continue;
        }
        let who = if found.unit == Unit::Visits { "shoppers who come back" } else { "shoppers who are new" };
        let _ = writeln!(out, "<h3>For {who}</h3>");
        let title = format!("What each part is worth: {who}");
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
        let said: Vec<String> = bars.iter().map(|bar| format!("{} {}", bar.name, bar.label)).collect();
        let frame =
            Frame { title: &title, description: &said.join(", "), x: "NDCG@10 minus that of the whole of Fewshop", y: "" };
        out += &figure(
            |width| charts::bars(&frame, &bars, width),
            "Blue: clearly worse than the whole. Grey: no clear difference. Red: clearly better than the whole.",
            "",
        );
        let rows: Vec<Vec<String>> = found
            .contenders
            .iter()
            .map(|one| {
                let minus = if one.kind == Kind::Full {
                    String::new()
                } else {
                    signed(one.all_minus_full.ndcg_at_10, one.all_minus_full.ndcg_interval)
                };
                vec![one.name.clone(), with_interval(one.all.ndcg_at_10, one.all.ndcg_interval), minus, one.about.clone()]
            })
            .collect();
        out += &details("Figures, and what each is", &["", "NDCG@10, all k", "minus the whole", ""], &rows);
    }
    if out.is_empty() {
        return out;
    }
    let trained = report.strangers.contenders.iter().any(|one| one.kind == Kind::Ablated);
    let more = if trained { " 'minus' is the same training without that part, against the whole trained beside it." } else { "" };
    let intro = format!(
        "What is lost without a part, and what single methods reach alone, over the cases of all k. A bar to the left is worse than the \
         whole; the thin line is the 95 % interval of the paired difference.{more}"
    );
    section("What each part is worth", &intro) + &out + "</section>\n"
}

fn variety(found: &Evaluation) -> String {
    let middle = middle(found).map(|(_, figures)| figures);
    let mut named: Vec<(&str, &Figures)> = Vec::new();
    if found.contenders.is_empty() {
        named.extend(middle.map(|figures| ("Fewshop", figures)));
    } else {
        for one in found.contenders.iter().filter(|one| matches!(one.kind, Kind::Full | Kind::Channel | Kind::Baseline)) {
            named.push((if one.kind == Kind::Full { "Fewshop" } else { &one.name }, &one.all));
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
    let describe = |bars: &[Bar<'_>]| bars.iter().map(|b| format!("{}: {}", b.name, b.label)).collect::<Vec<_>>().join(", ");
    let (first, second) = (describe(&shown), describe(&popular));
    let one = Frame { title: "Different products shown", description: &first, x: "different products", y: "" };
    let two = Frame { title: "Share of bestsellers among the picks", description: &second, x: "% of picks", y: "" };
    let mut out = section(
        "How varied the picks are",
        "First: how many different products stand among the first twenty picks over all cases. Then: how many of these picks are among the \
         most popular 1 % of the products. Showing only bestsellers is easy, and hides the rest of the shop.",
    );
    out += "<div class=\"two\">";
    out += &figure(|_| charts::bars(&one, &shown, 380.0), "Different products shown", "one");
    out += &figure(|_| charts::bars(&two, &popular, 380.0), "Picks among the most popular 1 %", "one");
    out + "</div>\n</section>\n"
}

fn calibration(found: &Evaluation) -> String {
    let bins = &found.calibration.bins;
    if bins.is_empty() {
        return String::new();
    }
    let points: Vec<(f64, f64, Interval)> = bins.iter().map(|bin| (bin.said, bin.wanted, bin.interval)).collect();
    let said: Vec<String> =
        bins.iter().map(|bin| format!("said {:.2} %, found {:.2} %", 100.0 * bin.said, 100.0 * bin.wanted)).collect();
    let frame = Frame {
        title: "Calibration of scores",
        description: &said.join("; "),
        x: "how likely the model says it is",
        y: "how often it was taken",
    };
    let mut out = section(
        "Can the scores be believed?",
        "When the model says 'one in ten', one in ten should be taken: then the points lie on the dashed line. Below it the model promises \
         too much, above it too little. Picks are ranked by the score, so order matters more than this.",
    );
    out += &figure(
        |width| charts::reliability(&frame, &points, width.min(520.0)),
        &format!("Mean gap, weighted by candidates: {:.2} percentage points.", 100.0 * found.calibration.expected_error),
        "small",
    );
    let rows: Vec<Vec<String>> = bins
        .iter()
        .map(|bin| {
            let [low, high] = bin.interval;
            vec![
                thousands(bin.candidates),
                format!("{:.2} %", 100.0 * bin.said),
                format!("{:.2} % [{:.2}, {:.2}]", 100.0 * bin.wanted, 100.0 * low, 100.0 * high),
            ]
        })
        .collect();
    out += &details("Figures", &["candidates", "said", "taken"], &rows);
    out + "</section>\n"
}

fn curves(curves: &BTreeMap<String, Vec<f64>>) -> String {
    let drawn: Vec<(&String, &Vec<f64>)> =
        curves.iter().filter(|(_, values)| values.iter().filter(|v| v.is_finite()).count() > 1).collect();
    if drawn.is_empty() {
        return String::new();
    }
    let mut out = section(
        "How training went",
        "One value for each pass over the data. A loss should fall and then level off; a validation figure that turns back shows where more \
         training would only learn by heart.",
    );
    out += "<div class=\"two\">";
    for (name, values) in drawn {
        let last = values.iter().rev().copied().find(|v| v.is_finite()).unwrap_or_default();
        let description = format!("{name} over {} epochs, {:.4} at the end", values.len(), last);
        let title = format!("Training curve {name}");
        let frame = Frame { title: &title, description: &description, x: "epoch", y: "" };
        let every = (values.len() / 6).max(1);
        let xs: Vec<f64> = (1..=values.len()).filter(|n| *n == 1 || n % every == 0).map(|n| n as f64).collect();
        let points = values.iter().enumerate().map(|(n, &value)| (n as f64 + 1.0, value, None)).collect();
        let label = format!("{last:.3}");
        let series = [Series { name: &label, style: 0, emphasis: true, points }];
        out += &figure(|_| charts::lines(&frame, &xs, &series, 380.0), name, "one");
    }
    out + "</div>\n</section>\n"
}

fn data(report: &Report) -> String {
    let card = &report.card;
    let mut out = section("What it learned from", "The shop's log as the training saw it.");
    let frame = Frame {
        title: "Lengths of sessions",
        description: &card
            .lengths
            .iter()
            .map(|(name, share)| format!("{name}: {}", percent(*share)))
            .collect::<Vec<_>>()
            .join(", "),
        x: "products in a session",
        y: "",
    };
    out += &figure(|width| charts::columns(&frame, &card.lengths, width), "Share of the sessions by their length.", "");
    let cases = |found: &Evaluation| {
        let cases: usize = found.adapted.values().map(|f| f.cases).sum();
        let left_out = if found.without_truth > 0 {
            format!(" ({} without a wanted product left out)", found.without_truth)
        } else {
            String::new()
        };
        format!("{} cases of {} shoppers{left_out}", thousands(cases), thousands(found.shoppers))
    };
    let departments =
        if card.departments > 0 { format!(" in {} departments", thousands(card.departments)) } else { String::new() };
    let rows = [
        ("Products", format!("{}{departments}; {} never taken", thousands(card.products), percent(card.never_taken))),
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
        ("Sparsity", format!("{:.2} % of all pairs of shopper and product never happened", 100.0 * card.sparsity)),
        ("Asked, new", cases(&report.strangers)),
        ("Asked, returning", report.returning.as_ref().map_or_else(String::new, cases)),
        ("Source and terms", card.notice.clone()),
        ("Pack", card.pack.clone()),
        ("Seed", card.seed.to_string()),
        ("Trained by", format!("{} (version {})", card.command, card.version)),
        ("Report by", card.report_command.clone()),
    ];
    out += "<dl>";
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = write!(out, "<dt>{name}</dt><dd>{}</dd>", escape(value));
    }
    out + "</dl>\n</section>\n"
}

fn glossary() -> String {
    let words = [
        (
            "NDCG@10",
            "How well the first ten picks fit: 1 when they could not be better, 0 when none was wanted. A hit at the top counts more than one further down.",
        ),
        ("Recall@20", "The share of what the shopper took that stands among the first twenty picks."),
        ("MRR@20", "One divided by the place of the first hit: 1 for the first place, 0.5 for the second."),
        ("Hit@10", "The share of cases in which at least one of the first ten picks was taken."),
        (
            "95 % interval",
            "The range that would hold the figure in 95 of 100 repetitions with other shoppers. It comes from drawing the shoppers again, 2,000 times; a difference is real when its interval does not hold 0.",
        ),
        ("Adapted, frozen", "With and without what the device learns from this one shopper."),
        ("Session at hand", "The visit that is going on. What is asked for is the rest of it; the whole catalogue is ranked."),
    ];
    let mut out = section("Words", "");
    out += "<dl>";
    for (word, text) in words {
        let _ = write!(out, "<dt>{word}</dt><dd>{}</dd>", escape(text));
    }
    out += "</dl>\n<p class=\"quiet\">Simple methods are set by one rule for every shop and not tuned to this one; tuned by hand they can lie a \
            little higher.</p>\n</section>\n";
    out
}

fn section(heading: &str, intro: &str) -> String {
    let intro = if intro.is_empty() { String::new() } else { format!("<p>{}</p>\n", escape(intro)) };
    format!("<section>\n<h2>{}</h2>\n{intro}", escape(heading))
}

/// A chart twice, for wide and for narrow screens: scaled down, its text could not be read on a phone. Class `one` is drawn once.
fn figure(chart: impl Fn(f64) -> String, caption: &str, class: &str) -> String {
    let drawing = if class == "one" {
        chart(WIDE)
    } else {
        format!("<div class=\"wide\">{}</div><div class=\"narrow\">{}</div>", chart(WIDE), chart(NARROW))
    };
    format!("<figure class=\"{class}\">{drawing}<figcaption>{}</figcaption></figure>\n", escape(caption))
}

fn details(summary: &str, head: &[&str], rows: &[Vec<String>]) -> String {
    let mut out = format!("<details><summary>{}</summary><div class=\"scroll\"><table><thead><tr>", escape(summary));
    for name in head {
        let _ = write!(out, "<th>{}</th>", escape(name));
    }
    out += "</tr></thead><tbody>";
    for row in rows {
        out += "<tr>";
        for cell in row {
            let _ = write!(out, "<td>{}</td>", escape(cell));
        }
        out += "</tr>";
    }
    out + "</tbody></table></div></details>\n"
}

fn with_interval(mean: f64, [low, high]: Interval) -> String {
    format!("{mean:.4} [{low:.4}, {high:.4}]")
}

/// With a real minus sign, which a hyphen is not.
fn signed(mean: f64, [low, high]: Interval) -> String {
    format!("{mean:+.4} [{low:+.4}, {high:+.4}]").replace('-', "\u{2212}")
}

fn percent(share: f64) -> String {
    let digits = usize::from(share > 0.0 && share < 0.1);
    format!("{:.digits$} %", 100.0 * share)
}

/// `12345` as `12,345`.
fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::svg::tests::check_well_formed;
    use super::super::{DataCard, REPORT_VERSION};
    use super::*;
    use crate::evaluation::{Bin, Calibration};

    fn figures(ndcg: f64) -> Figures {
        Figures { cases: 10, ndcg_at_10: ndcg, ndcg_interval: [ndcg - 0.01, ndcg + 0.01], hit_at_10: 0.5, ..Figures::default() }
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
        let found = Evaluation {
            shoppers: 8,
            adapted: by_k(0.2),
            frozen: by_k(0.19),
            adapted_minus_frozen: BTreeMap::from([(1, minus.clone()), (5, minus.clone())]),
            calibration: Calibration {
                bins: vec![Bin { candidates: 1_000, said: 0.1, wanted: 0.12, interval: [0.1, 0.14] }],
                expected_error: 0.02,
            },
            contenders: vec![
                contender("full", Kind::Full, 0.2),
                contender("minus <b>ease</b>", Kind::Ablated, 0.19),
                contender("popularity", Kind::Baseline, 0.15),
            ],
            ..Evaluation::default()
        };
        let card = DataCard { shop: "Tom & <script>Co</script>".to_owned(), products: 12_345, ..DataCard::default() };
        let returning = Evaluation { unit: Unit::Visits, ..found.clone() };
        let curves = BTreeMap::from([("loss".to_owned(), vec![3.0, 2.0, f64::NAN])]);
        Report { version: REPORT_VERSION, card, strangers: found, returning: Some(returning), curves }
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
        assert!(out.contains("prefers-color-scheme:dark") && out.contains("12,345 products") && out.contains("NDCG@10"));
    }

    #[test]
    fn a_verdict_is_as_strong_as_its_interval() {
        for (lead, words) in [(0.01, "Fewshop is ahead"), (-0.01, "Fewshop is behind"), (0.0005, "too close to call")] {
            assert!(page(&report(lead)).contains(words), "{words}");
        }
    }

    #[test]
    fn ids_are_unique_so_that_screen_readers_find_the_right_text() {
        let out = page(&report(0.01));
        let mut ids: Vec<&str> = out.split(" id=\"").skip(1).filter_map(|part| part.split('"').next()).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }

    #[test]
    fn a_report_of_a_pack_alone_needs_no_baselines() {
        let mut report = report(0.01);
        report.strangers.contenders.clear();
        report.returning = None;
        report.curves.clear();
        check_well_formed(&page(&report));
    }
}
