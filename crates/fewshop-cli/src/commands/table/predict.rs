//! `fewshop table predict`: answers for the rows whose target is empty.

use std::path::PathBuf;

use anyhow::ensure;
use fewshop_data::files::{AnyCell, AnyType, check_writable, write_any_table};
use fewshop_data::progress::Progress;
use fewshop_table::{Answer, Kind, LeftOut, Outcome, Predictor, Table};

use super::{Input, SourceArg, check_text, columns_text};
use crate::commands::print;

/// Arguments of `fewshop table predict`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The output has a row for each question: row (counted from 1), columns that identify rows, answer, probability with \
                  its 80 % band (low, high), enough (whether the examples show that answers are better than the base rate; if not, the \
                  answer is withheld and its cells stay empty), unlike (the row is unlike all examples), and p(CLASS) for each class. \
                  For numbers: answer, low, high, enough, unlike."
)]
pub struct Args {
    /// Table and target
    #[command(flatten)]
    pub input: Input,
    /// Other sites
    #[command(flatten)]
    pub source: SourceArg,
    /// Where the answers go, CSV or Parquet
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Columns of the output, besides those that identify rows and the classes.
const OWN: [(&str, AnyType); 7] = [
    ("row", AnyType::Whole),
    ("answer", AnyType::Text),
    ("probability", AnyType::Number),
    ("low", AnyType::Number),
    ("high", AnyType::Number),
    ("enough", AnyType::Text),
    ("unlike", AnyType::Text),
];

fn yes(is: bool) -> AnyCell {
    AnyCell::Text(if is { "yes" } else { "no" }.to_owned())
}

fn number(value: f64) -> AnyCell {
    AnyCell::Number(value as f32)
}

/// Columns that identify rows, so that answers can be joined with the table.
fn identifiers(fitted: &Predictor, table: &Table) -> Vec<usize> {
    let typed = fitted.columns().iter();
    typed
        .filter(|column| column.kind == Kind::LeftOut(LeftOut::Identifier))
        .filter(|column| OWN.iter().all(|own| own.0 != column.name))
        .filter_map(|column| table.find(&column.name).ok())
        .collect()
}

fn row(answer: &Answer, table: &Table, identifiers: &[usize], classes: &[String]) -> Vec<AnyCell> {
    let mut out = vec![AnyCell::Whole(answer.row as i64 + 1)];
    let ids = identifiers.iter();
    out.extend(ids.map(|&at| AnyCell::Text(table.column(at)[answer.row].clone())));
    match &answer.outcome {
        Outcome::Number { value, low, high } => {
            let cells = [*value, *low, *high];
            out.extend(cells.map(|value| {
                if answer.is_enough {
                    number(value)
                } else {
                    AnyCell::Empty
                }
            }));
            out.extend([yes(answer.is_enough), yes(answer.is_unlike)]);
        }
        Outcome::Classes(all) => {
            let best = (0..all.len()).fold(0, |best, at| {
                if all[at].probability > all[best].probability {
                    at
                } else {
                    best
                }
            });
            if answer.is_enough {
                let top = all[best];
                out.push(AnyCell::Text(classes[best].clone()));
                out.extend([top.probability, top.low, top.high].map(number));
            } else {
                out.extend([
                    AnyCell::Empty,
                    AnyCell::Empty,
                    AnyCell::Empty,
                    AnyCell::Empty,
                ]);
            }
            out.extend([yes(answer.is_enough), yes(answer.is_unlike)]);
            out.extend(all.iter().map(|class| number(class.probability)));
        }
    }
    out
}

/// Answers the questions.
///
/// # Errors
/// When a file cannot be read or written, the table has nothing to learn from, or no question.
pub fn run(args: &Args) -> anyhow::Result<()> {
    check_writable(&args.out)?;
    let (table, settings) = args.input.read()?;
    let fitted = args.input.fit(&table, &settings, &args.source)?;
    let questions = fitted.questions();
    ensure!(
        !questions.is_empty(),
        "{}: every row has a value in '{}', expected empty cells where an answer is wanted: empty them, or use `fewshop table evaluate`",
        args.input.table.display(),
        args.input.target
    );
    let identifiers = identifiers(&fitted, &table);
    let is_number = fitted.classes().is_empty();
    let mut columns: Vec<(String, AnyType)> = Vec::new();
    for (name, kind) in OWN {
        match (name, is_number) {
            ("probability", true) => {}
            ("answer", true) => columns.push((name.to_owned(), AnyType::Number)),
            _ => columns.push((name.to_owned(), kind)),
        }
        if name == "row" {
            let ids = identifiers.iter();
            columns.extend(ids.map(|&at| (table.names()[at].clone(), AnyType::Text)));
        }
    }
    let classes = fitted.classes();
    columns.extend(classes.iter().map(|c| (format!("p({c})"), AnyType::Number)));
    let progress = Progress::of("answering", questions.len() as u64);
    let rows: Vec<Vec<AnyCell>> = questions
        .iter()
        .map(|&at| {
            progress.step();
            row(&fitted.answer(&table, at), &table, &identifiers, classes)
        })
        .collect();
    write_any_table(&args.out, &columns, &rows)?;
    progress.finish(&format!(
        "{} answers from {} examples in {}",
        rows.len(),
        fitted.labelled().len(),
        args.out.display()
    ));
    print(&format!(
        "{}{}",
        columns_text(&fitted),
        check_text(fitted.check())
    ))?;
    Ok(())
}
