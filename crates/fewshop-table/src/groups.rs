//! Rates and calibration by group: do answers treat the groups of a column alike, and do they fit
//! what is known of each?

use crate::error::{TableError, shorten};
use crate::math::sigmoid;
use crate::predictor::{Fitted, Outcome, Predictor};
use crate::settings::{Asked, Settings};
use crate::table::{Table, is_missing};
use crate::target::Labels;
use crate::typing::{Kind, type_columns};

/// Most groups of a column; the others are one.
const MOST: usize = 6;
/// Groups of a column of numbers or dates: as many rows in each.
const PARTS: usize = 3;
/// Most questions that are answered, spread over all of them.
const ANSWERED: usize = 2_000;
/// The 97.5 % quantile of the normal distribution.
const Z: f64 = 1.959_964;

/// What a group's labelled rows and answers say of one class.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The group's text, or the range of its numbers; `None` for what is missing or in no other group.
    pub name: Option<String>,
    /// Its labelled rows.
    pub labelled: usize,
    /// Share of them that has the class.
    pub share: f64,
    /// 95 % interval of that share (Wilson 1927).
    pub share_low: f64,
    /// See [`share_low`](Self::share_low).
    pub share_high: f64,
    /// Mean probability of the class for them, each left out.
    pub expected: f64,
    /// Its questions that were answered, a sample if there are many.
    pub questions: usize,
    /// Share of them whose most probable class is this one.
    pub rate: f64,
    /// 95 % interval of that rate.
    pub rate_low: f64,
    /// See [`rate_low`](Self::rate_low).
    pub rate_high: f64,
    /// Mean probability of the class for them.
    pub probability: f64,
}

/// Wilson's interval of a share; everything is possible without a case.
fn wilson(hits: f64, n: f64) -> (f64, f64) {
    if n == 0.0 {
        return (0.0, 1.0);
    }
    let (share, z2) = (hits / n, Z * Z);
    let middle = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

impl Predictor {
    /// Compares the groups of a column, used or not, for a class. Groups are its most frequent
    /// texts, or thirds of its numbers.
    ///
    /// # Errors
    /// When there is no such column, the target is a number, or the column has no groups.
    pub fn groups(
        &self,
        table: &Table,
        column: &str,
        class: usize,
    ) -> Result<Vec<Group>, TableError> {
        let at = table.find(column)?;
        let (Fitted::Classes(heads), Labels::Classes(names, of)) =
            (&self.fitted, &self.target.labels)
        else {
            let text = "groups are compared for classes, and the target is a number";
            return Err(TableError::Setting(text.to_owned()));
        };
        if class >= names.len() {
            let text = format!("there are {} classes, counted from 0", names.len());
            return Err(TableError::Setting(text));
        }
        let grouping = self.group_of(table, at)?;
        let mut sums = vec![Sums::default(); grouping.names.len()];
        for (i, &row) in self.target.labelled.iter().enumerate() {
            let own = &mut sums[(grouping.of)(row)];
            own.labelled += 1.0;
            own.has += f64::from(u8::from(of[i] == class));
            own.expected += match &heads[..] {
                [only] => {
                    let second = sigmoid(only.left_out[i]);
                    if class == 1 { second } else { 1.0 - second }
                }
                all => {
                    let sum: f64 = all.iter().map(|head| sigmoid(head.left_out[i])).sum();
                    sigmoid(all[class].left_out[i]) / sum
                }
            };
        }
        let step = self.questions().len().div_ceil(ANSWERED).max(1);
        for &row in self.questions().iter().step_by(step) {
            let encoded = self.encoder.row(table, row);
            let Outcome::Classes(all) = self.outcome(&encoded) else {
                continue;
            };
            let own = &mut sums[(grouping.of)(row)];
            let p = all[class].probability;
            own.questions += 1.0;
            own.probability += p;
            let is_top = all.iter().all(|other| other.probability <= p);
            own.answered += f64::from(u8::from(is_top));
        }
        let groups = grouping.names.into_iter().zip(sums);
        Ok(groups
            .filter(|(_, own)| own.labelled + own.questions > 0.0)
            .map(|(name, own)| own.group(name))
            .collect())
    }

    /// The groups of a column.
    fn group_of<'a>(&self, table: &'a Table, at: usize) -> Result<Grouping<'a>, TableError> {
        let name = &table.names()[at];
        // As it is read if it were used: what is left out as protected is what is asked about.
        let settings = Settings {
            asked: [(name.clone(), Asked::Use)].into(),
            ..Settings::default()
        };
        let typed = type_columns(table, self.target.column, &settings);
        let typed = typed.into_iter().find(|column| column.name == *name);
        let typed = typed
            .ok_or_else(|| TableError::Setting(format!("'{}' is the target", shorten(name))))?;
        let cells = table.column(at);
        match typed.kind {
            Kind::Category(levels) => {
                let levels: Vec<String> = levels.into_iter().take(MOST).collect();
                let mut names: Vec<Option<String>> = levels.iter().cloned().map(Some).collect();
                names.push(None);
                let of = move |row: usize| {
                    let found = levels.iter().position(|level| *level == cells[row]);
                    found
                        .filter(|_| !is_missing(&cells[row]))
                        .unwrap_or(levels.len())
                };
                Ok(Grouping {
                    of: Box::new(of),
                    names,
                })
            }
            Kind::Number | Kind::Date => {
                let format = typed.format;
                let known = cells
                    .iter()
                    .filter_map(|cell| Some((format.value(cell)?, cell)));
                let mut known: Vec<(f64, &String)> = known.collect();
                known.sort_by(|a, b| a.0.total_cmp(&b.0));
                // A value is in one part only, so ties move the ends.
                let mut starts: Vec<usize> = vec![0];
                for part in 1..PARTS {
                    let value = known[known.len() * part / PARTS].0;
                    let start = known.partition_point(|other| other.0 < value);
                    if start > *starts.last().unwrap_or(&0) {
                        starts.push(start);
                    }
                }
                let end = |part: usize| starts.get(part + 1).copied().unwrap_or(known.len()) - 1;
                let mut names: Vec<Option<String>> = (0..starts.len())
                    .map(|part| {
                        let (first, last) = (known[starts[part]].1, known[end(part)].1);
                        Some(if first == last {
                            first.clone()
                        } else {
                            format!("{first} – {last}")
                        })
                    })
                    .collect();
                names.push(None);
                let least: Vec<f64> = starts.iter().map(|&start| known[start].0).collect();
                let of = move |row: usize| match format.value(&cells[row]) {
                    Some(value) => least.partition_point(|least| *least <= value).max(1) - 1,
                    None => least.len(),
                };
                Ok(Grouping {
                    of: Box::new(of),
                    names,
                })
            }
            Kind::LeftOut(_) => Err(TableError::Setting(format!(
                "'{}' has no groups: its cells are all alike or empty",
                shorten(name)
            ))),
        }
    }
}

/// The groups of a column.
struct Grouping<'a> {
    /// The group of a row, as a number into the names.
    of: Box<dyn Fn(usize) -> usize + 'a>,
    names: Vec<Option<String>>,
}

/// Counts and sums of one group.
#[derive(Debug, Clone, Default)]
struct Sums {
    labelled: f64,
    has: f64,
    expected: f64,
    questions: f64,
    probability: f64,
    answered: f64,
}

impl Sums {
    fn group(&self, name: Option<String>) -> Group {
        let (share_low, share_high) = wilson(self.has, self.labelled);
        let (rate_low, rate_high) = wilson(self.answered, self.questions);
        Group {
            name,
            labelled: self.labelled as usize,
            share: self.has / self.labelled.max(1.0),
            share_low,
            share_high,
            expected: self.expected / self.labelled.max(1.0),
            questions: self.questions as usize,
            rate: self.answered / self.questions.max(1.0),
            rate_low,
            rate_high,
            probability: self.probability / self.questions.max(1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_wilsons() {
        let (low, high) = wilson(8.0, 10.0);
        assert!((low - 0.4902).abs() < 1e-4 && (high - 0.9433).abs() < 1e-4);
        assert_eq!(wilson(0.0, 0.0), (0.0, 1.0));
    }

    #[test]
    fn groups_are_of_all_rows_also_of_a_column_that_is_not_used() {
        let mut columns = vec![Vec::new(); 4];
        for i in 0..60 {
            let sex = ["f", "m", ""][i % 3];
            let label = match (i < 30, i % 2) {
                (false, _) => "",
                (true, 0) => "no",
                _ => "yes",
            };
            let cells = [
                format!("{}", i % 2 * 5 + i % 4),
                sex.to_owned(),
                format!("{}", 20 + i % 9),
                label.to_owned(),
            ];
            columns
                .iter_mut()
                .zip(cells)
                .for_each(|(column, cell)| column.push(cell));
        }
        let names = ["x", "sex", "age", "y"].map(str::to_owned).to_vec();
        let table = Table::new(names, columns).unwrap();
        let fitted = Predictor::fit(&table, "y", &Settings::default()).unwrap();
        let groups = fitted.groups(&table, "sex", 1).unwrap();
        let seen: Vec<(Option<&str>, usize, usize)> = groups
            .iter()
            .map(|group| (group.name.as_deref(), group.labelled, group.questions))
            .collect();
        assert_eq!(
            seen,
            [(Some("f"), 10, 10), (Some("m"), 10, 10), (None, 10, 10)]
        );
        assert!(
            groups
                .iter()
                .all(|g| g.share == 0.5 && g.share_low < g.expected && g.expected < g.share_high)
        );
        let ages = fitted.groups(&table, "age", 0).unwrap();
        let names: Vec<Option<&str>> = ages.iter().map(|group| group.name.as_deref()).collect();
        assert_eq!(names, [Some("20 – 21"), Some("22 – 24"), Some("25 – 28")]);
        assert!(fitted.groups(&table, "y", 1).is_err() && fitted.groups(&table, "z", 1).is_err());
        assert!(fitted.groups(&table, "sex", 2).is_err());
    }
}
