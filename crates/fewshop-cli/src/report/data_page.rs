//! The data card of `fewshop check` as an HTML page.

use std::fmt::Write as _;

use super::charts::{self, Frame, Series};
use super::html::{details, figure, percent, section, thousands, tile};
use super::svg::escape;
use crate::check::{Checked, rows};

/// Draws the card as one self-contained HTML file, like [`page`](super::page()).
#[must_use]
pub fn data_page(checked: &Checked) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{} and {}: the data card</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>\n",
        escape(&checked.files[0]),
        escape(&checked.files[1]),
        include_str!("style.css")
    );
    out += &[
        header(checked),
        findings(checked),
        lengths(checked),
        tail(checked),
        over_time(checked),
        card(checked),
    ]
    .concat();
    out += "</main>\n</body>\n</html>\n";
    out
}

fn header(checked: &Checked) -> String {
    let (items, events) = (&checked.items, &checked.events);
    let verdict = match (checked.problems_found, checked.warnings.len()) {
        (0, 0) => "The files are ready for training, without warnings.".to_owned(),
        (0, 1) => "The files are ready for training, with one warning: see below.".to_owned(),
        (0, n) => format!("The files are ready for training, with {n} warnings: see below."),
        (1, _) => "Training would fail: one problem, see below.".to_owned(),
        (n, _) => format!("Training would fail: {n} problems, see below."),
    };
    let mut out = format!(
        "<header><h1>{} and {}: the data card</h1>\n<p class=\"lead\">{}</p>\n<ul class=\"tiles\">",
        escape(&checked.files[0]),
        escape(&checked.files[1]),
        escape(&verdict)
    );
    tile(&mut out, &thousands(items.products), "products");
    tile(&mut out, &thousands(events.shoppers), "shoppers");
    tile(&mut out, &thousands(events.sessions), "sessions");
    tile(&mut out, &thousands(events.events), "events");
    out + "</ul>\n</header>\n"
}

fn findings(checked: &Checked) -> String {
    let mut out = String::new();
    let mut list = |heading: &str, intro: &str, texts: &[String]| {
        if texts.is_empty() {
            return;
        }
        out += &section(heading, intro);
        out += "<ul>";
        for text in texts {
            let _ = write!(out, "<li>{}</li>", escape(text));
        }
        out += "</ul>\n</section>\n";
    };
    let mut problems = checked.problems.clone();
    if checked.problems_found > problems.len() {
        problems.push(format!(
            "and {} more",
            checked.problems_found - problems.len()
        ));
    }
    list("Problems", "", &problems);
    let odd: Vec<String> = checked.warnings.iter().map(ToString::to_string).collect();
    list(
        "Warnings",
        "Training works in spite of these. Values that look like personal data are not shown.",
        &odd,
    );
    out
}

fn lengths(checked: &Checked) -> String {
    let events = &checked.events;
    let described: Vec<String> = events
        .lengths
        .iter()
        .map(|(name, share)| format!("{name}: {}", percent(*share)))
        .collect();
    let frame = Frame {
        title: "Session lengths",
        description: &described.join(", "),
        x: "products in a session",
        y: "",
    };
    let intro = "Training learns the popularity of products from all sessions, and combinations of products from sessions of two or more.";
    section("Session lengths", intro)
        + &figure(
            |width| charts::columns(&frame, &events.lengths, width),
            "",
            "",
        )
        + "</section>\n"
}

fn tail(checked: &Checked) -> String {
    let points = &checked.events.tail;
    if points.is_empty() {
        return String::new();
    }
    let described: Vec<String> = points
        .iter()
        .map(|(x, y)| format!("{} of products: {}", percent(*x), percent(*y)))
        .collect();
    let frame = Frame {
        title: "The long tail",
        description: &described.join(", "),
        x: "most frequently taken products, in % of all products",
        y: "% of all taken items",
    };
    let named = |name, style, points: Vec<(f64, f64)>| Series {
        name,
        style,
        emphasis: style == 0,
        points: points
            .into_iter()
            .map(|(x, y)| (100.0 * x, 100.0 * y, None))
            .collect(),
    };
    let series = [
        named("this shop", 0, points.clone()),
        named("all alike", 6, vec![(0.0, 0.0), (1.0, 1.0)]),
    ];
    let intro = "The closer the line is to the upper left, the more the shoppers' choices concentrate on a few products, and the better a list of bestsellers works.";
    section("The long tail", intro)
        + &figure(
            |width| {
                charts::lines(
                    &frame,
                    &[0.0, 20.0, 40.0, 60.0, 80.0, 100.0],
                    &series,
                    width,
                )
            },
            "",
            "",
        )
        + "</section>\n"
}

fn over_time(checked: &Checked) -> String {
    let events = &checked.events;
    let span = match events.span_days {
        1 => "a day".to_owned(),
        7 => "a week".to_owned(),
        n => format!("{n} days"),
    };
    let max = events.over_time.iter().map(|(_, n)| *n).max().unwrap_or(0);
    let description = format!(
        "{} spans of {span}, at most {max} events in one",
        events.over_time.len()
    );
    let frame = Frame {
        title: "Events over time",
        description: &description,
        x: "first day of the span",
        y: "events",
    };
    let bars: Vec<(String, f64)> = events
        .over_time
        .iter()
        .map(|(day, n)| (day.clone(), *n as f64))
        .collect();
    let rows: Vec<Vec<String>> = events
        .over_time
        .iter()
        .map(|(day, n)| vec![day.clone(), thousands(*n)])
        .collect();
    section(
        "Events over time",
        &format!("Each bar is {span}. A gap is a period without data in the export."),
    ) + &figure(|width| charts::timeline(&frame, &bars, width), "", "")
        + &details("Figures", &["from", "events"], &rows)
        + "</section>\n"
}

fn card(checked: &Checked) -> String {
    let mut out = section("The card", "");
    out += "<dl>";
    for (name, value) in rows(checked) {
        let _ = write!(out, "<dt>{}</dt><dd>{}</dd>", escape(name), escape(&value));
    }
    out + "</dl>\n</section>\n"
}

#[cfg(test)]
mod tests {
    use super::super::svg::tests::check_well_formed;
    use super::*;

    #[test]
    fn the_page_is_well_formed_and_self_contained_also_without_a_row() {
        let full = Checked {
            files: ["<items>.csv".to_owned(), "e&.csv".to_owned()],
            problems: vec!["line 3: <b>".to_owned()],
            problems_found: 2,
            ..Checked::default()
        };
        for checked in [Checked::default(), full] {
            let page = data_page(&checked);
            check_well_formed(&page);
            assert!(
                !page.contains("NaN")
                    && !page.contains("<b>.")
                    && !page.contains("src=")
                    && !page.contains("href=")
            );
        }
    }
}
