//! The column that is predicted: classes or numbers, and which rows are questions.

use std::collections::BTreeMap;

use crate::error::{TableError, shorten};
use crate::numbers::{is_decimal_comma, parse_comma_number, parse_number};
use crate::table::{Table, is_missing};

/// Most classes, one against the rest.
pub const MAX_CLASSES: usize = 5;

/// What kind of answer is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// One of a few classes.
    Classes,
    /// A number.
    Numbers,
}

/// The values of the labelled rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Labels {
    /// Names in order, and the class of each labelled row.
    Classes(Vec<String>, Vec<usize>),
    Numbers(Vec<f64>),
}

/// A target column, read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Target {
    pub(crate) column: usize,
    /// Rows with a value.
    pub(crate) labelled: Vec<usize>,
    /// Rows without one.
    pub(crate) questions: Vec<usize>,
    pub(crate) labels: Labels,
}

impl Target {
    pub(crate) fn read(table: &Table, name: &str, task: Option<Task>) -> Result<Self, TableError> {
        let column = table.find(name)?;
        let cells = table.column(column);
        let (questions, labelled): (Vec<usize>, Vec<usize>) =
            (0..table.rows()).partition(|&row| is_missing(&cells[row]));
        if labelled.len() < 2 {
            return Err(TableError::TooFewRows {
                target: shorten(name),
                found: labelled.len(),
            });
        }
        let texts: Vec<&str> = labelled.iter().map(|&row| cells[row].as_str()).collect();
        let has_commas = is_decimal_comma(texts.iter().copied());
        let parse = |cell: &str| match has_commas {
            true => parse_comma_number(cell),
            false => parse_number(cell),
        };
        let numbers: Vec<Option<f64>> = texts.iter().map(|cell| parse(cell)).collect();
        let known = numbers.iter().flatten().count();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for &text in &texts {
            *counts.entry(text).or_default() += 1;
        }
        let is_numbers = match task {
            Some(task) => task == Task::Numbers,
            None => counts.len() > MAX_CLASSES && known as f64 >= 0.9 * texts.len() as f64,
        };
        if counts.len() < 2 {
            return Err(TableError::OneClass {
                target: shorten(name),
                value: shorten(texts[0]),
                rows: texts.len(),
            });
        }
        let labels = if is_numbers {
            if let Some(at) = numbers.iter().position(Option::is_none) {
                return Err(TableError::NotANumber {
                    row: labelled[at] + 1,
                    column: shorten(name),
                    found: shorten(texts[at]),
                });
            }
            Labels::Numbers(numbers.into_iter().flatten().collect())
        } else {
            if counts.len() > MAX_CLASSES {
                return Err(TableError::TooManyClasses {
                    target: shorten(name),
                    found: counts.len(),
                    most: MAX_CLASSES,
                });
            }
            let mut names: Vec<&str> = counts.keys().copied().collect();
            if known == texts.len() {
                names.sort_by(|a, b| parse(a).unwrap_or(0.0).total_cmp(&parse(b).unwrap_or(0.0)));
            }
            let class = |text| names.iter().position(|name| *name == text).unwrap_or(0);
            let of = texts.iter().map(|text| class(*text)).collect();
            Labels::Classes(names.iter().map(|&name| name.to_owned()).collect(), of)
        };
        Ok(Self {
            column,
            labelled,
            questions,
            labels,
        })
    }

    /// At most `most` labelled rows, the same for every order of the rows: those with the lowest
    /// hash. Classes keep their shares, and the rows of a rare class all stay.
    pub(crate) fn limit(&mut self, table: &Table, most: usize, seed: u64) {
        if self.labelled.len() <= most {
            return;
        }
        let hash = |row: usize| {
            (0..table.names().len())
                .filter(|&at| at != self.column)
                .flat_map(|at| table.column(at)[row].bytes().chain([0]))
                .fold(0xcbf2_9ce4_8422_2325 ^ seed, |h: u64, b| {
                    (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
                })
        };
        let classes = match &self.labels {
            Labels::Classes(names, _) => names.len(),
            Labels::Numbers(_) => 1,
        };
        let mut groups = vec![Vec::new(); classes];
        for (at, &row) in self.labelled.iter().enumerate() {
            let class = match &self.labels {
                Labels::Classes(_, of) => of[at],
                Labels::Numbers(_) => 0,
            };
            groups[class].push((hash(row), at));
        }
        let share = most as f64 / self.labelled.len() as f64;
        let mut kept = Vec::new();
        for mut group in groups {
            group.sort_unstable();
            let keep = ((group.len() as f64 * share) as usize).max(2);
            kept.extend(group.into_iter().take(keep).map(|(_, at)| at));
        }
        kept.sort_unstable();
        self.labelled = kept.iter().map(|&at| self.labelled[at]).collect();
        match &mut self.labels {
            Labels::Classes(_, of) => *of = kept.iter().map(|&at| of[at]).collect(),
            Labels::Numbers(values) => *values = kept.iter().map(|&at| values[at]).collect(),
        }
    }
}
