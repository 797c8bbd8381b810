//! The comparison for a terminal.

use std::fmt::Write as _;

use super::{Comparison, METHODS};
use crate::tasks::common::table::signed;

/// A block an attribute: a row for each amount and method.
#[must_use]
pub fn table(comparison: &Comparison) -> String {
    let mut out = String::new();
    let mut before = "";
    for cell in &comparison.cells {
        if cell.attribute != before {
            let _ = writeln!(
                out,
                "{}{:<16} {:<20} {:>8}  {:>28} {:>7} {:>16}",
                if before.is_empty() { "" } else { "\n" },
                cell.attribute,
                "method",
                "log loss",
                "below the prior's [95 %]",
                "AUC",
                "[95 %]"
            );
            before = &cell.attribute;
        }
        for (nth, figure) in cell.figures.iter().enumerate() {
            let auc = figure.auc.zip(figure.auc_interval);
            let (auc, ends) = auc.map_or_else(
                || ("-".to_owned(), String::new()),
                |(auc, [low, high])| (format!("{auc:.3}"), format!("[{low:.3}, {high:.3}]")),
            );
            let gain = if nth == 0 {
                String::new()
            } else {
                signed((figure.gain, figure.gain_interval))
            };
            let verdict = match (nth + 1 == METHODS.len(), cell.is_reliable) {
                (false, _) => "",
                (true, true) => "  tells",
                (true, false) => "  not enough to tell",
            };
            let amount = if nth == 0 { cell.amount.as_str() } else { "" };
            let _ = writeln!(
                out,
                "{amount:<16} {:<20} {:>8.4}  {gain:>28} {auc:>7} {ends:>16}{verdict}",
                figure.method, figure.log_loss
            );
        }
    }
    let _ = writeln!(
        out,
        "\nTrained together against each head alone, log loss saved [95 %]"
    );
    for cell in &comparison.cells {
        let _ = writeln!(
            out,
            "{:<16} {:<10} {}",
            cell.attribute,
            cell.amount,
            signed((cell.together, cell.together_interval))
        );
    }
    out
}
