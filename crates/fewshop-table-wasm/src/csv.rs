//! The answers as CSV.

use fewshop_table::{Answer, Explanation, Kind, LeftOut, Outcome, Predictor, Table};

use crate::reply::top;

/// Reasons of a row in the file: the principal ones, as credit reports state them.
pub(crate) const REASONS: usize = 4;

/// A cell. A spreadsheet would run a text that begins like a formula: it gets an apostrophe.
pub(crate) fn cell(text: &str) -> String {
    let is_formula =
        text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err();
    let text = if is_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// Columns that identify rows, so that answers can be joined with the table.
fn identifiers(fitted: &Predictor, table: &Table) -> Vec<usize> {
    let typed = fitted.columns().iter();
    typed
        .filter(|column| column.kind == Kind::LeftOut(LeftOut::Identifier))
        .filter_map(|column| table.find(&column.name).ok())
        .collect()
}

/// The line of names. `stamps` are the names of what is the same in each row: hash, date.
pub(crate) fn head(fitted: &Predictor, table: &Table, stamps: &[String]) -> String {
    let mut names = vec!["row".to_owned()];
    names.extend(
        identifiers(fitted, table)
            .into_iter()
            .map(|at| table.names()[at].clone()),
    );
    let own: &[&str] = if fitted.classes().is_empty() {
        &["answer", "low", "high"]
    } else {
        &["answer", "probability", "low", "high"]
    };
    names.extend(
        own.iter()
            .chain(&["enough", "unlike"])
            .map(|&name| name.to_owned()),
    );
    names.extend(fitted.classes().iter().map(|class| format!("p({class})")));
    names.extend((1..=REASONS).map(|number| format!("reason {number}")));
    names.extend(stamps.iter().cloned());
    line(&names)
}

/// The line of a row. Withheld answers stay empty, and so do reasons without an explanation.
pub(crate) fn row(
    fitted: &Predictor,
    table: &Table,
    answer: &Answer,
    why: Option<&Explanation>,
    stamps: &[String],
) -> String {
    let mut cells = vec![(answer.row + 1).to_string()];
    let ids = identifiers(fitted, table).into_iter();
    cells.extend(ids.map(|at| table.column(at)[answer.row].clone()));
    let mut push = |values: &[f64]| {
        cells.extend(values.iter().map(|value| match answer.is_enough {
            true => rounded(*value),
            false => String::new(),
        }));
    };
    let mut probabilities = Vec::new();
    match &answer.outcome {
        Outcome::Number { value, low, high } => push(&[*value, *low, *high]),
        Outcome::Classes(all) => {
            let best = top(all);
            let name = match answer.is_enough {
                true => fitted.classes()[best].clone(),
                false => String::new(),
            };
            cells.push(name);
            let of = &all[best];
            let values = [of.probability, of.low, of.high];
            cells.extend(values.map(|value| match answer.is_enough {
                true => rounded(value),
                false => String::new(),
            }));
            probabilities = all.iter().map(|class| rounded(class.probability)).collect();
        }
    }
    let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
    cells.extend([yes(answer.is_enough), yes(answer.is_unlike)]);
    cells.extend(probabilities);
    let reasons = why.map_or(&[][..], |why| &why.shares[..]);
    cells.extend((0..REASONS).map(|at| match reasons.get(at) {
        // A sign at the beginning would look like a formula.
        Some(share) if answer.is_enough => {
            format!("{} = {} ({:+.3})", share.column, share.value, share.share)
        }
        _ => String::new(),
    }));
    cells.extend(stamps.iter().cloned());
    line(&cells)
}

fn rounded(value: f64) -> String {
    format!("{:.6}", value)
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
}

fn line(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    cells.join(",") + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_no_formula_gets_through() {
        let all = ["a", "a,b", "say \"x\"", "=1+1", "-3.5", "-x", "@a,b"];
        let expected = [
            "a",
            "\"a,b\"",
            "\"say \"\"x\"\"\"",
            "'=1+1",
            "-3.5",
            "'-x",
            "\"'@a,b\"",
        ];
        assert_eq!(all.map(cell), expected);
        assert_eq!(
            [rounded(0.25), rounded(1.0), rounded(1200.0)],
            ["0.25", "1", "1200"]
        );
    }
}
