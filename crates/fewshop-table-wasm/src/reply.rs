//! What crosses to JavaScript, as JSON. `crates/fewshop-wasm/package/table.d.ts` has the types.

use fewshop_table::{
    Answer, Check, Explanation, Figures, Group, Kind, LeftOut, Note, Outcome, Predictor, Table,
    TableError, TypedColumn, Warning,
};

use crate::json::{Object, list, number, text};

/// An error: a code, the values of its message for translations, and the message in English.
#[must_use]
pub fn error(error: &TableError) -> String {
    let values = |code: &str, values: &[(&str, String)]| {
        let mut out = Object::new().text("code", code);
        for (name, value) in values {
            out = out.text(name, value);
        }
        out
    };
    let of = |value: &usize| value.to_string();
    let out = match error {
        TableError::NoTarget { target, .. } => values("no_target", &[("target", target.clone())]),
        TableError::NoRows => values("no_rows", &[]),
        TableError::Line {
            line,
            found,
            expected,
        } => values(
            "line",
            &[
                ("line", of(line)),
                ("found", of(found)),
                ("expected", of(expected)),
            ],
        ),
        TableError::OpenQuote { line } => values("open_quote", &[("line", of(line))]),
        TableError::TooFewRows { target, found } => values(
            "too_few_rows",
            &[("target", target.clone()), ("found", of(found))],
        ),
        TableError::OneClass {
            target,
            value,
            rows,
        } => values(
            "one_class",
            &[
                ("target", target.clone()),
                ("value", value.clone()),
                ("rows", of(rows)),
            ],
        ),
        TableError::TooManyClasses {
            target,
            found,
            most,
            texts,
        } => values(
            "too_many_classes",
            &[
                ("target", target.clone()),
                ("found", of(found)),
                ("most", of(most)),
                ("texts", texts.clone()),
            ],
        ),
        TableError::UnclearNumber { column, found } => values(
            "unclear_number",
            &[("column", column.clone()), ("found", found.clone())],
        ),
        TableError::NotANumber { row, column, found } => values(
            "not_a_number",
            &[
                ("row", of(row)),
                ("column", column.clone()),
                ("found", found.clone()),
            ],
        ),
        TableError::NoColumns { .. } => values("no_columns", &[]),
        TableError::TooLarge {
            what, found, most, ..
        } => values(
            "too_large",
            &[
                ("what", (*what).to_owned()),
                ("found", of(found)),
                ("most", of(most)),
            ],
        ),
        TableError::Source { .. } => values("source", &[]),
        _ => values("other", &[]),
    };
    out.text("message", &error.to_string()).end()
}

/// Names, number of rows and, of each column, the number of cells that are not empty and of
/// different texts among them, up to 20: what helps to choose the target.
pub(crate) fn table(table: &Table) -> String {
    let columns = (0..table.names().len()).map(|at| {
        let known = table
            .column(at)
            .iter()
            .filter(|cell| !fewshop_table::is_missing(cell));
        let mut texts: Vec<&str> = Vec::new();
        let mut filled = 0;
        for cell in known {
            filled += 1;
            if texts.len() < 20 && !texts.contains(&cell.as_str()) {
                texts.push(cell);
            }
        }
        Object::new()
            .text("name", &table.names()[at])
            .count("filled", filled)
            .count("different", texts.len())
            .end()
    });
    Object::new()
        .count("rows", table.rows())
        .raw("columns", &list(columns))
        .end()
}

pub(crate) fn rows(table: &Table, rows: &[usize], columns: &[usize]) -> String {
    list(
        rows.iter()
            .map(|&row| list(columns.iter().map(|&at| text(&table.column(at)[row])))),
    )
}

fn kind(kind: &Kind) -> &'static str {
    match kind {
        Kind::Number => "number",
        Kind::Date => "date",
        Kind::Category(_) => "category",
        _ => "left_out",
    }
}

fn reason(reason: LeftOut) -> &'static str {
    match reason {
        LeftOut::Identifier => "identifier",
        LeftOut::Constant => "constant",
        LeftOut::Empty => "empty",
        LeftOut::Protected => "protected",
        LeftOut::UnclearDate => "unclear_date",
        LeftOut::UnclearNumber => "unclear_number",
        _ => "asked",
    }
}

pub(crate) fn columns(columns: &[TypedColumn]) -> String {
    list(columns.iter().map(|column| {
        let out = Object::new()
            .text("name", &column.name)
            .text("kind", kind(&column.kind))
            .flag("protected", column.is_protected);
        match &column.kind {
            Kind::LeftOut(why) => out.text("why", reason(*why)),
            _ => out,
        }
        .end()
    }))
}

fn warning(warning: &Warning) -> String {
    let out = Object::new();
    match warning {
        Warning::Sample { labelled, used } => out
            .text("code", "sample")
            .count("labelled", *labelled)
            .count("used", *used),
        Warning::Column { column, note } => {
            let (code, count, example) = match note {
                Note::Texts(count, first) => ("texts", *count, first.as_str()),
                Note::Levels(count) => ("levels", *count, ""),
                Note::Thousands(example) => ("thousands", 0, example.as_str()),
                _ => ("other", 0, ""),
            };
            out.text("code", code)
                .text("column", column)
                .count("count", count)
                .text("example", example)
        }
        Warning::Spellings { class, texts } => out
            .text("code", "spellings")
            .text("class", class)
            .text("texts", texts),
        Warning::Lonely { class, .. } => out.text("code", "lonely").text("class", class),
        Warning::Separates { column } => out.text("code", "separates").text("column", column),
        Warning::Orders { column } => out.text("code", "orders").text("column", column),
        _ => out.text("code", "other"),
    }
    .text("message", &warning.to_string())
    .end()
}

pub(crate) fn check(check: &Check) -> String {
    Object::new()
        .flag("enough", check.is_enough())
        .count("rows", check.rows)
        .number("loss", check.loss)
        .number("base_loss", check.base_loss)
        .number("t", check.t)
        .number("needed", check.needed)
        .optional("accuracy", check.accuracy)
        .optional("base_accuracy", check.base_accuracy)
        .end()
}

/// What a fit says before any row is asked about.
pub(crate) fn fitted(fitted: &Predictor) -> String {
    let out = Object::new()
        .raw("classes", &list(fitted.classes().iter().map(|c| text(c))))
        .count("labelled", fitted.labelled().len())
        .count("questions", fitted.questions().len())
        .optional("majority", fitted.majority_share())
        .raw("check", &check(fitted.check()))
        .raw("columns", &columns(fitted.columns()))
        .raw("warnings", &list(fitted.warnings().iter().map(warning)));
    match fitted.source_weights() {
        Some(weights) => out.raw("source_weights", &list(weights.iter().map(|w| number(*w)))),
        None => out,
    }
    .end()
}

/// The most probable class.
pub(crate) fn top(all: &[fewshop_table::ClassProbability]) -> usize {
    (0..all.len()).fold(0, |best, at| {
        if all[at].probability > all[best].probability {
            at
        } else {
            best
        }
    })
}

pub(crate) fn answer(answer: &Answer) -> String {
    let out = Object::new()
        .count("row", answer.row)
        .flag("enough", answer.is_enough)
        .flag("unlike", answer.is_unlike);
    match &answer.outcome {
        Outcome::Number { value, low, high } => out
            .number("value", *value)
            .number("low", *low)
            .number("high", *high),
        Outcome::Classes(all) => {
            let best = top(all);
            out.count("class", best)
                .number("probability", all[best].probability)
                .number("low", all[best].low)
                .number("high", all[best].high)
                .raw(
                    "probabilities",
                    &list(all.iter().map(|class| number(class.probability))),
                )
        }
    }
    .end()
}

pub(crate) fn explanation(why: &Explanation) -> String {
    let shares = why.shares.iter().map(|share| {
        Object::new()
            .text("column", &share.column)
            .text("value", &share.value)
            .number("share", share.share)
            .end()
    });
    let examples = why.examples.iter().take(8).map(|example| {
        Object::new()
            .count("row", example.row)
            .number("pull", example.pull)
            .end()
    });
    let out = Object::new()
        .number("start", why.start)
        .number("level", why.level)
        .flag("exact", why.is_exact)
        .raw("shares", &list(shares))
        .raw("examples", &list(examples));
    let out = match why.class {
        Some(class) => out.count("class", class),
        None => out,
    };
    match &why.change {
        Some(change) => {
            let change = Object::new()
                .text("column", &change.column)
                .text("from", &change.from)
                .text("to", &change.to)
                .count("class", change.class)
                .end();
            out.raw("change", &change)
        }
        None => out,
    }
    .end()
}

pub(crate) fn groups(groups: &[Group]) -> String {
    list(groups.iter().map(|group| {
        let out = Object::new();
        match &group.name {
            Some(name) => out.text("name", name),
            None => out.raw("name", "null"),
        }
        .count("labelled", group.labelled)
        .number("share", group.share)
        .number("share_low", group.share_low)
        .number("share_high", group.share_high)
        .number("expected", group.expected)
        .count("questions", group.questions)
        .number("rate", group.rate)
        .number("rate_low", group.rate_low)
        .number("rate_high", group.rate_high)
        .number("probability", group.probability)
        .end()
    }))
}

pub(crate) fn figures(figures: &Figures) -> String {
    Object::new()
        .number("loss", figures.loss)
        .number("base_loss", figures.base_loss)
        .optional("accuracy", figures.accuracy)
        .flag("enough", figures.is_enough)
        .end()
}
