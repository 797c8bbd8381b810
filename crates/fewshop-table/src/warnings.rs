//! What the owner of a table should look at before believing an answer.

use std::fmt;

use crate::error::shorten;
use crate::math::{Matrix, squared_distance};
use crate::target::Labels;
use crate::typing::{Note, TypedColumn};

/// A row is unlike all labelled ones if it is this much further from the nearest of them than any
/// of them is from its own nearest.
const FURTHER: f64 = 1.5;
/// From this many labelled rows on, distances between them say what is usual.
const ENOUGH_ROWS: usize = 8;
/// A column that separates all labelled rows is named if chance would do so less often than this.
const LEAK_CHANCE: f64 = 0.001;

/// Something that the owner of a table should know.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// More labelled rows than a fit uses.
    Sample {
        /// Labelled rows.
        labelled: usize,
        /// Those that are used.
        used: usize,
    },
    /// A column that was read with a reservation.
    Column {
        /// The column.
        column: String,
        /// The reservation.
        note: Note,
    },
    /// Texts that count as one class.
    Spellings {
        /// The class, in its most frequent spelling.
        class: String,
        /// All of them.
        texts: String,
    },
    /// A class with one labelled row.
    Lonely {
        /// The class.
        class: String,
        /// The target.
        target: String,
    },
    /// A column that alone separates all labelled rows, though chance would hardly do so.
    Separates {
        /// The column.
        column: String,
    },
    /// A column whose order is the order of a number that is to be predicted.
    Orders {
        /// The column.
        column: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let question = "is it known before the target, or does it follow from it?";
        match self {
            Self::Sample { labelled, used } => write!(
                f,
                "{labelled} labelled rows: a sample of {used} is used; this method is made for a few"
            ),
            Self::Column { column, note } => write!(f, "column '{}': {note}", shorten(column)),
            Self::Spellings { class, texts } => write!(
                f,
                "{texts} count as one class, '{}': write them in one way",
                shorten(class)
            ),
            Self::Lonely { class, target } => write!(
                f,
                "one labelled row alone has '{}' in '{}': label another one",
                shorten(class),
                shorten(target)
            ),
            Self::Separates { column } => write!(
                f,
                "column '{}' alone separates all labelled rows: {question}",
                shorten(column)
            ),
            Self::Orders { column } => write!(
                f,
                "column '{}' orders all labelled rows as the target does: {question}",
                shorten(column)
            ),
        }
    }
}

/// The usual distance between labelled rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unlike(Option<f64>);

fn nearest(x: &Matrix, row: &[f64], without: Option<usize>) -> f64 {
    (0..x.rows)
        .filter(|&i| Some(i) != without)
        .map(|i| squared_distance(x.row(i), row).sqrt())
        .fold(f64::INFINITY, f64::min)
}

impl Unlike {
    pub(crate) fn of(x: &Matrix) -> Self {
        let largest = (0..x.rows)
            .map(|i| nearest(x, x.row(i), Some(i)))
            .fold(0.0, f64::max);
        Self((x.rows >= ENOUGH_ROWS).then_some(largest))
    }

    pub(crate) fn is(self, x: &Matrix, row: &[f64]) -> bool {
        self.0
            .is_some_and(|usual| nearest(x, row, None) > FURTHER * usual + 1e-9)
    }
}

/// Warnings about columns of which one number alone separates a class from all others.
pub(crate) fn leaking(
    x: &Matrix,
    column_of: &[usize],
    columns: &[TypedColumn],
    labels: &Labels,
) -> Vec<Warning> {
    let Labels::Classes(names, of) = labels else {
        return equal_numbers(x, column_of, columns, labels);
    };
    let n = of.len();
    let mut named: Vec<usize> = Vec::new();
    for class in 0..names.len() {
        let size = of.iter().filter(|c| **c == class).count();
        // The chance that the rows of this class are all at one end: 2 over "n choose size".
        let ways: f64 = (0..size.min(n - size))
            .map(|i| (n - i) as f64 / (i + 1) as f64)
            .product();
        if 2.0 / ways * column_of.len() as f64 > LEAK_CHANCE {
            continue;
        }
        for (feature, &column) in column_of.iter().enumerate() {
            let bounds = |inside: bool| {
                (0..n)
                    .filter(|&i| (of[i] == class) == inside)
                    .map(|i| x.at(i, feature))
                    .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
                        (low.min(v), high.max(v))
                    })
            };
            let (own, other) = (bounds(true), bounds(false));
            if (own.1 < other.0 || own.0 > other.1) && !named.contains(&column) {
                named.push(column);
            }
        }
    }
    named.sort_unstable();
    let separates = |column: usize| Warning::Separates {
        column: columns[column].name.clone(),
    };
    named.into_iter().map(separates).collect()
}

/// Columns whose order is the target's order, or its reverse.
fn equal_numbers(
    x: &Matrix,
    column_of: &[usize],
    columns: &[TypedColumn],
    labels: &Labels,
) -> Vec<Warning> {
    let Labels::Numbers(values) = labels else {
        return Vec::new();
    };
    if values.len() < ENOUGH_ROWS {
        return Vec::new();
    }
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut out = Vec::new();
    for (feature, &column) in column_of.iter().enumerate() {
        let steps = || {
            order
                .windows(2)
                .map(|two| x.at(two[1], feature) - x.at(two[0], feature))
        };
        if steps().all(|step| step > 0.0) || steps().all(|step| step < 0.0) {
            out.push(Warning::Orders {
                column: columns[column].name.clone(),
            });
        }
    }
    out
}
