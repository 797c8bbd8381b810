//! Cells to numbers of mean 0 and variance 1, made from all rows, labelled or not.

use crate::cells::Place;
use crate::math::{Matrix, ordered_mean};
use crate::table::{Table, is_missing};
use crate::typing::{Format, Kind, LEVELS, TypedColumn};

/// A column with a larger share of missing cells gets a mark for them.
const MARKED_SHARE: f64 = 0.02;
/// Values kept of a column to look up ranks.
const QUANTILES: usize = 512;

/// One encoded number of a row.
#[derive(Debug, Clone, PartialEq)]
enum Feature {
    Missing,
    /// Normal score of the rank.
    Rank,
    Level(Option<String>),
}

/// A feature with the place of its column.
#[derive(Debug, Clone, PartialEq)]
struct Scaled {
    /// Number of the column among the typed ones.
    column: usize,
    feature: Feature,
    mean: f64,
    scale: f64,
}

/// Turns cells into a row of numbers.
#[derive(Debug, Clone)]
pub(crate) struct Encoder {
    features: Vec<Scaled>,
    /// Number in the table, format, mean and sorted values of each typed column that is used.
    sources: Vec<Option<Source>>,
}

#[derive(Debug, Clone)]
struct Source {
    at: usize,
    format: Format,
    fill: f64,
    sorted: Vec<f64>,
}

impl Source {
    /// The normal score of a value among all rows, ties in the middle.
    fn normal_score(&self, value: f64) -> f64 {
        let n = self.sorted.len() as f64;
        let below = self.sorted.partition_point(|other| *other < value) as f64;
        let upto = self.sorted.partition_point(|other| *other <= value) as f64;
        // A value between two known ones lies between their ranks.
        let rank = (f64::midpoint(below, upto) / n).clamp(0.5 / n, 1.0 - 0.5 / n);
        normal_quantile(rank)
    }
}

/// The quantile of the standard normal distribution, to 4.5e-4 (Abramowitz and Stegun 26.2.23).
fn normal_quantile(p: f64) -> f64 {
    let t = (-2.0 * p.min(1.0 - p).ln()).sqrt();
    let above = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let below = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    let z = t - above / below;
    if p < 0.5 { -z } else { z }
}

impl Encoder {
    /// Fits means and scales to all rows of the tables, which have the same columns.
    pub(crate) fn fit(tables: &[&Table], columns: &[TypedColumn]) -> Self {
        let mut out = Self {
            features: Vec::new(),
            sources: Vec::with_capacity(columns.len()),
        };
        for (column, typed) in columns.iter().enumerate() {
            let at = tables[0]
                .names()
                .iter()
                .position(|name| *name == typed.name)
                .expect("columns are typed from this table");
            let cells = || tables.iter().flat_map(|table| table.column(at));
            match &typed.kind {
                Kind::LeftOut(_) => out.sources.push(None),
                Kind::Number | Kind::Date => {
                    let mut values: Vec<f64> =
                        cells().filter_map(|c| typed.format.value(c)).collect();
                    values.sort_by(f64::total_cmp);
                    let fill = ordered_mean(values.iter().copied());
                    let rows = cells().count();
                    let step = values.len().div_ceil(QUANTILES).max(1);
                    let source = Source {
                        at,
                        format: typed.format.clone(),
                        fill,
                        sorted: values.iter().copied().step_by(step).collect(),
                    };
                    let missing = rows - values.len();
                    if missing as f64 > MARKED_SHARE * rows as f64 {
                        out.push(column, Feature::Missing, || {
                            cells().map(|c| f64::from(u8::from(source.format.value(c).is_none())))
                        });
                    }
                    let read = |c: &String| source.format.value(c).unwrap_or(fill);
                    // Ranks instead of z-scores: a long tail of incomes would leave all other rows
                    // at one point.
                    out.push(column, Feature::Rank, || {
                        cells().map(|c| source.normal_score(read(c)))
                    });
                    out.sources.push(Some(source));
                }
                Kind::Category(levels) => {
                    let mut levels: Vec<Option<String>> =
                        levels.iter().cloned().map(Some).collect();
                    if cells().any(|cell| is_missing(cell)) {
                        levels.push(None);
                    }
                    for level in levels {
                        let is = |cell: &String| match &level {
                            Some(level) => !is_missing(cell) && cell == level,
                            None => is_missing(cell),
                        };
                        out.push(column, Feature::Level(level.clone()), || {
                            cells().map(|c| f64::from(u8::from(is(c))))
                        });
                    }
                    out.sources.push(Some(Source {
                        at,
                        format: Format::Text,
                        fill: 0.0,
                        sorted: Vec::new(),
                    }));
                }
            }
        }
        out
    }

    fn push<I: Iterator<Item = f64>>(
        &mut self,
        column: usize,
        feature: Feature,
        values: impl Fn() -> I,
    ) {
        let mean = ordered_mean(values());
        let variance = ordered_mean(values().map(|value| (value - mean) * (value - mean)));
        if variance > 1e-24 {
            self.features.push(Scaled {
                column,
                feature,
                mean,
                scale: variance.sqrt().recip(),
            });
        }
    }

    /// Numbers in a row.
    pub(crate) fn width(&self) -> usize {
        self.features.len()
    }

    /// The typed column of each number.
    pub(crate) fn column_of(&self) -> Vec<usize> {
        self.features.iter().map(|feature| feature.column).collect()
    }

    /// Where a row holds each column that varies.
    pub(crate) fn places(&self) -> Vec<Place> {
        let mut out: Vec<Place> = Vec::new();
        for (at, scaled) in self.features.iter().enumerate() {
            let column = scaled.column;
            if out.last().is_none_or(|last| last.column != column) {
                out.push(Place {
                    column,
                    ..Place::default()
                });
            }
            let Some(place) = out.last_mut() else {
                continue;
            };
            match &scaled.feature {
                Feature::Missing => place.missing = Some(at),
                Feature::Rank => place.number = Some(at),
                Feature::Level(Some(_)) => place.levels.push((at, place.levels.len())),
                Feature::Level(None) => place.levels.push((at, LEVELS)),
            }
        }
        out
    }

    /// Encodes one row of a table with the columns of the first one.
    pub(crate) fn row(&self, table: &Table, row: usize) -> Vec<f64> {
        let value = |scaled: &Scaled| {
            let source = self.sources[scaled.column].as_ref()?;
            let cell = &table.column(source.at)[row];
            let raw = match &scaled.feature {
                Feature::Missing => f64::from(u8::from(source.format.value(cell).is_none())),
                Feature::Rank => {
                    source.normal_score(source.format.value(cell).unwrap_or(source.fill))
                }
                Feature::Level(Some(level)) => {
                    f64::from(u8::from(!is_missing(cell) && cell == level))
                }
                Feature::Level(None) => f64::from(u8::from(is_missing(cell))),
            };
            Some((raw - scaled.mean) * scaled.scale)
        };
        self.features
            .iter()
            .map(|scaled| value(scaled).unwrap_or(0.0))
            .collect()
    }

    /// Encodes several rows.
    pub(crate) fn rows(&self, table: &Table, rows: &[usize]) -> Matrix {
        let mut out = Matrix::zeros(rows.len(), self.width());
        for (to, &from) in rows.iter().enumerate() {
            out.row_mut(to).copy_from_slice(&self.row(table, from));
        }
        out
    }
}
