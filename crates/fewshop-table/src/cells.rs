//! What the network reads of a table: one cell of [`INPUTS`] numbers for each column of a row, one
//! for what each member of the ensemble says of it, one for its label.

use crate::math::Matrix;

/// Numbers that describe a cell.
pub const INPUTS: usize = 32;

/// Most columns that are read; of more, those that go most with the labels.
pub(crate) const MOST_COLUMNS: usize = 20;
/// Cells of a row besides its columns: ridge, process, forest, label.
pub(crate) const OWN_CELLS: usize = 4;

const BUMPS: usize = 8;
const MISSING: usize = BUMPS + 1;
const NUMBER: usize = MISSING + 1;
const CATEGORY: usize = NUMBER + 1;
const LEVEL: usize = CATEGORY + 1;
/// Twelve levels, missing, any other.
const LEVELS: usize = 14;
const MEMBER: usize = LEVEL + LEVELS;
const LABEL: usize = MEMBER + OWN_CELLS;
const QUESTION: usize = LABEL + 1;
const _: () = assert!(QUESTION + 1 == INPUTS);

/// Where an encoded row holds a column.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Place {
    /// Number of the typed column.
    pub(crate) column: usize,
    pub(crate) number: Option<usize>,
    pub(crate) missing: Option<usize>,
    /// Feature and number of each level; the last number is that of a missing cell.
    pub(crate) levels: Vec<(usize, usize)>,
}

/// The log-odds of a row beyond the base rate: by ridge, process and forest, and by the gated
/// ensemble; of a labelled row as if it were left out.
pub(crate) type Scores = [f64; OWN_CELLS];

impl Place {
    fn features(&self) -> impl Iterator<Item = usize> {
        let levels = self.levels.iter().map(|level| level.0);
        self.number.into_iter().chain(self.missing).chain(levels)
    }

    fn write(&self, row: &[f64], is_absent: bool, cell: &mut [f32]) {
        let is_category = self.number.is_none();
        cell[if is_category { CATEGORY } else { NUMBER }] = 1.0;
        if is_absent || self.missing.is_some_and(|feature| row[feature] > 0.0) {
            cell[MISSING] = 1.0;
        } else if let Some(feature) = self.number {
            write_value(row[feature], cell);
        } else {
            // The one level of a row is above its mean, all others are below.
            let level = self.levels.iter().find(|(feature, _)| row[*feature] > 0.0);
            cell[LEVEL + level.map_or(LEVELS - 1, |level| level.1)] = 1.0;
        }
    }
}

fn write_value(value: f64, cell: &mut [f32]) {
    cell[0] = value as f32;
    for (at, bump) in cell[1..=BUMPS].iter_mut().enumerate() {
        let distance = (value - (at as f64 * 0.6 - 2.1)) / 0.6;
        *bump = (-0.5 * distance * distance).exp() as f32;
    }
}

/// Writes a row's cells, `columns + OWN_CELLS` times [`INPUTS`] numbers. `label` is 1 or −1, 0 for a
/// question. Columns with `is_absent` count as missing.
pub(crate) fn write_row(
    places: &[Place],
    row: &[f64],
    scores: Scores,
    label: f32,
    is_absent: impl Fn(usize) -> bool,
    out: &mut Vec<f32>,
) {
    let start = out.len();
    out.resize(start + (places.len() + OWN_CELLS) * INPUTS, 0.0);
    let (columns, own) = out[start..].split_at_mut(places.len() * INPUTS);
    for (at, (place, cell)) in places
        .iter()
        .zip(columns.chunks_exact_mut(INPUTS))
        .enumerate()
    {
        place.write(row, is_absent(at), cell);
        cell[LABEL] = label;
    }
    for (at, (score, cell)) in scores.iter().zip(own.chunks_exact_mut(INPUTS)).enumerate() {
        write_value(score / 2.0, cell);
        cell[MEMBER + at] = 1.0;
        cell[LABEL] = label;
        if at == OWN_CELLS - 1 && label == 0.0 {
            cell[QUESTION] = 1.0;
        }
    }
}

/// The columns that the network reads, in their order: at most [`MOST_COLUMNS`], those with the
/// highest correlation of a feature with the outcomes.
pub(crate) fn choose(mut places: Vec<Place>, x: &Matrix, outcomes: &[f64]) -> Vec<Place> {
    if places.len() <= MOST_COLUMNS {
        return places;
    }
    let n = outcomes.len() as f64;
    let mean = outcomes.iter().sum::<f64>() / n;
    let correlation = |feature: usize| {
        let center = (0..x.rows).map(|i| x.at(i, feature)).sum::<f64>() / n;
        let (mut product, mut square) = (0.0, 1e-9);
        for (i, y) in outcomes.iter().enumerate() {
            let value = x.at(i, feature) - center;
            product += value * (y - mean);
            square += value * value;
        }
        product.abs() / square.sqrt()
    };
    let mut ranked: Vec<(f64, usize)> = places
        .iter()
        .enumerate()
        .map(|(at, place)| {
            let best = place.features().map(&correlation).fold(0.0, f64::max);
            // Rounded, so that the order of the rows does not decide a tie.
            ((best * 1e9).round(), at)
        })
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut kept: Vec<usize> = ranked[..MOST_COLUMNS]
        .iter()
        .map(|ranked| ranked.1)
        .collect();
    kept.sort_unstable();
    let mut at = 0;
    places.retain(|_| {
        at += 1;
        kept.binary_search(&(at - 1)).is_ok()
    });
    places
}
