//! HTML elements of all sections, and the formats of figures.

use std::fmt::Write as _;

use fewshop_eval::Interval;

use super::svg::escape;

const WIDE: f64 = 800.0;
const NARROW: f64 = 340.0;

pub(super) fn tile(out: &mut String, figure: &str, text: &str) {
    let _ = write!(out, "<li><b>{}</b>{}</li>", escape(figure), escape(text));
}

pub(super) fn section(heading: &str, intro: &str) -> String {
    let intro = if intro.is_empty() {
        String::new()
    } else {
        format!("<p>{}</p>\n", escape(intro))
    };
    format!("<section>\n<h2>{}</h2>\n{intro}", escape(heading))
}

/// A chart in two versions, for wide and narrow screens, because its text would be illegible on a
/// phone if scaled down. Class `one` is drawn once.
pub(super) fn figure(chart: impl Fn(f64) -> String, caption: &str, class: &str) -> String {
    let drawing = if class == "one" {
        chart(WIDE)
    } else {
        format!(
            "<div class=\"wide\">{}</div><div class=\"narrow\">{}</div>",
            chart(WIDE),
            chart(NARROW)
        )
    };
    format!(
        "<figure class=\"{class}\">{drawing}<figcaption>{}</figcaption></figure>\n",
        escape(caption)
    )
}

pub(super) fn details(summary: &str, head: &[&str], rows: &[Vec<String>]) -> String {
    format!(
        "<details><summary>{}</summary>{}</details>\n",
        escape(summary),
        table(head, rows)
    )
}

/// A table that scrolls horizontally on a narrow screen.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    // Scrolling elements must be reachable with the keyboard.
    let mut out = "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>".to_owned();
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
    out + "</tbody></table></div>\n"
}

pub(super) fn with_interval(mean: f64, [low, high]: Interval) -> String {
    format!("{mean:.4} [{low:.4}, {high:.4}]")
}

/// With a minus sign instead of a hyphen.
pub(super) fn signed(mean: f64, [low, high]: Interval) -> String {
    format!("{mean:+.4} [{low:+.4}, {high:+.4}]").replace('-', "\u{2212}")
}

pub(super) fn percent(share: f64) -> String {
    let digits = usize::from(share > 0.0 && share < 0.1);
    format!("{:.digits$} %", 100.0 * share)
}

/// `12345` as `12,345`.
pub(super) fn thousands(n: usize) -> String {
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
