//! `fewshop table explain`: why a row has its answer.

use std::fmt::Write as _;

use anyhow::ensure;
use fewshop_table::{Outcome, Predictor, Table};

use super::{Input, SourceArg, check_text, columns_text};
use crate::commands::{at_least_one, print};

/// Arguments of `fewshop table explain`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Shares are Shapley values in log-odds of the most probable class (or in units of a number): with the start, the mean of \
                  the examples, they add up to the row's level. They are exact up to 12 columns; above, the mean over 64 permutations."
)]
pub struct Args {
    /// Table and target
    #[command(flatten)]
    pub input: Input,
    /// Other sites
    #[command(flatten)]
    pub source: SourceArg,
    /// The row, counted from 1 without the header
    #[arg(long, value_parser = at_least_one)]
    pub row: usize,
    /// Number of columns and examples to show
    #[arg(long, default_value_t = 4, value_parser = at_least_one)]
    pub top: usize,
}

fn answer_text(fitted: &Predictor, table: &Table, row: usize) -> String {
    let answer = fitted.answer(table, row);
    let mut out = match &answer.outcome {
        Outcome::Number { value, low, high } => {
            format!("{value:.4} (80 % interval {low:.4} to {high:.4})\n")
        }
        Outcome::Classes(all) => {
            let each = fitted
                .classes()
                .iter()
                .zip(all)
                .map(|(name, class)| format!("{name} {:.1} %", 100.0 * class.probability));
            format!("{}\n", each.collect::<Vec<_>>().join(", "))
        }
    };
    if answer.is_unlike {
        out.push_str("this row is unlike all examples\n");
    }
    out
}

/// Prints the reasons.
///
/// # Errors
/// When a file cannot be read, the table has nothing to learn from, or no such row.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let (table, settings) = args.input.read()?;
    ensure!(
        args.row <= table.rows(),
        "{}: there is no row {}, the last is {}: rows are counted from 1, without the header",
        args.input.table.display(),
        args.row,
        table.rows()
    );
    let row = args.row - 1;
    let fitted = args.input.fit(&table, &settings, &args.source)?;
    let why = fitted.explain(&table, row)?;
    let mut out = columns_text(&fitted) + &check_text(fitted.check());
    let _ = write!(
        out,
        "row {}: {}",
        args.row,
        answer_text(&fitted, &table, row)
    );
    let of = why.class.map_or("value".to_owned(), |class| {
        format!("log-odds of '{}'", fitted.classes()[class])
    });
    let exact = if why.is_exact {
        "exact"
    } else {
        "64 permutations"
    };
    let _ = writeln!(
        out,
        "{of}: {:+.3}, on average {:+.3}; shares ({exact}):",
        why.level, why.start
    );
    for share in why.shares.iter().take(args.top) {
        let _ = writeln!(
            out,
            "  {:+.3}  {} = {}",
            share.share, share.column, share.value
        );
    }
    let rest: f64 = why
        .shares
        .iter()
        .skip(args.top)
        .map(|share| share.share)
        .sum();
    if why.shares.len() > args.top {
        let _ = writeln!(
            out,
            "  {rest:+.3}  {} other columns",
            why.shares.len() - args.top
        );
    }
    out.push_str("examples that pull most:\n");
    let target = table.find(&args.input.target)?;
    for example in why.examples.iter().take(args.top) {
        let value = &table.column(target)[example.row];
        let _ = writeln!(
            out,
            "  {:+.3}  row {} ({value})",
            example.pull,
            example.row + 1
        );
    }
    match &why.change {
        Some(change) => {
            let _ = writeln!(
                out,
                "smallest change that tips it: {} from '{}' to '{}' gives '{}'",
                change.column,
                change.from,
                change.to,
                fitted.classes()[change.class]
            );
        }
        None if why.class.is_some() => out.push_str("no change of one column tips it\n"),
        None => {}
    }
    print(&out)?;
    Ok(())
}
