//! Why a row has its answer: exact shares of the columns, the examples that pulled, the smallest
//! change that would tip it.

use crate::cells::Scores;
use crate::head::Head;
use crate::math::{Matrix, Random, squared_distance};
use crate::predictor::{Fitted, Predictor};
use crate::table::Table;

/// Up to this many columns the shares are exact Shapley values; above, the mean over permutations.
pub const EXACT_COLUMNS: usize = 12;
/// Permutations, half of them the reverse of the other half.
const PERMUTATIONS: usize = 64;
/// Permutations for what the network adds, which is smaller and takes longer: the first of them.
const NETWORK_PERMUTATIONS: usize = 16;
/// Labelled rows that stand for the columns which are not given.
const BACKGROUND: usize = 16;
/// Evaluations of one exact explanation, about a second at 128 labelled rows.
const EVALUATIONS: usize = 1 << 14;
/// Rows whose cells are tried as changes.
const TRIED_ROWS: usize = 200;

/// Reasons for one answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The class that is explained, as a number into [`Predictor::classes`]; `None` for a number.
    pub class: Option<usize>,
    /// The mean level of the labelled rows: log-odds of the class, or the number.
    pub start: f64,
    /// The level of this row; `start` and all shares add up to it.
    pub level: f64,
    /// What each column adds, the largest first.
    pub shares: Vec<ColumnShare>,
    /// Whether the shares are exact Shapley values and not a mean over permutations.
    pub is_exact: bool,
    /// Labelled rows by how far they pull the level at this row, the strongest first.
    pub examples: Vec<ExamplePull>,
    /// The smallest change of one column that changes the most probable class. Never of a protected
    /// column.
    pub change: Option<Change>,
}

/// What a column adds to the level.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnShare {
    /// The column.
    pub column: String,
    /// The row's cell.
    pub value: String,
    /// What it adds.
    pub share: f64,
}

/// How far a labelled row pulls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExamplePull {
    /// Row of the fitted table.
    pub row: usize,
    /// Change of the level by it, by the kernels of ridge and process.
    pub pull: f64,
}

/// A change of one cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The column.
    pub column: String,
    /// The cell.
    pub from: String,
    /// A cell that another row has.
    pub to: String,
    /// The class that is then most probable.
    pub class: usize,
}

impl Predictor {
    /// Reasons for the answer of a row of the fitted table.
    ///
    /// # Errors
    /// A [`TableError::Setting`](crate::TableError::Setting) when the table has no such row.
    pub fn explain(&self, table: &Table, row: usize) -> Result<Explanation, crate::TableError> {
        if row >= table.rows() {
            return Err(crate::TableError::Setting(format!(
                "the table has no row {}, its last is {}",
                row + 1,
                table.rows()
            )));
        }
        let encoded = self.encoder.row(table, row);
        let class = (!self.classes().is_empty()).then(|| self.top_of(&encoded));
        let column_of = self.encoder.column_of();
        let mut used = column_of.clone();
        used.dedup();
        let players: Vec<Vec<usize>> = used
            .iter()
            .map(|column| {
                (0..column_of.len())
                    .filter(|&feature| column_of[feature] == *column)
                    .collect()
            })
            .collect();
        let is_exact = players.len() <= EXACT_COLUMNS;
        let game = Game {
            fitted: self,
            row: &encoded,
            class: class.unwrap_or(0),
            players: &players,
            columns: &used,
        };
        let (start, shares) = if is_exact {
            game.exact()
        } else {
            game.permuted()
        };
        let at_of = |column: usize| table.find(&self.columns[column].name).unwrap_or(0);
        let mut shares: Vec<ColumnShare> = used
            .iter()
            .zip(shares)
            .map(|(&column, share)| ColumnShare {
                column: self.columns[column].name.clone(),
                value: table.column(at_of(column))[row].clone(),
                share,
            })
            .collect();
        shares.sort_by(|a, b| b.share.abs().total_cmp(&a.share.abs()));
        Ok(Explanation {
            class,
            start,
            level: self.level(&encoded, game.class),
            shares,
            is_exact,
            examples: self.examples(&encoded, class),
            change: class
                .and_then(|class| self.change(table, row, &encoded, class, &used, &players)),
        })
    }

    fn examples(&self, encoded: &[f64], class: Option<usize>) -> Vec<ExamplePull> {
        let pulls = match (&self.fitted, class) {
            (Fitted::Numbers(regression), _) => regression.pulls(encoded),
            (Fitted::Classes(_), class) => {
                let class = class.unwrap_or(0);
                let of_head = |(_, head, sign): (usize, &Head, f64)| {
                    let pulls = head.ensemble.pulls(encoded);
                    pulls.iter().map(|p| sign * head.trust * p).collect()
                };
                self.head_of(class).map_or_else(Vec::new, of_head)
            }
        };
        let mut out: Vec<ExamplePull> = self
            .labelled()
            .iter()
            .zip(pulls)
            .map(|(&row, pull)| ExamplePull { row, pull })
            .collect();
        out.sort_by(|a, b| b.pull.abs().total_cmp(&a.pull.abs()));
        out
    }

    /// The nearest other cell of one column that tips the answer.
    fn change(
        &self,
        table: &Table,
        row: usize,
        encoded: &[f64],
        class: usize,
        used: &[usize],
        players: &[Vec<usize>],
    ) -> Option<Change> {
        let step = table.rows().div_ceil(TRIED_ROWS).max(1);
        let others = (0..table.rows())
            .step_by(step)
            .filter(|other| *other != row);
        let others: Vec<(usize, Vec<f64>)> = others
            .map(|other| (other, self.encoder.row(table, other)))
            .collect();
        let mut best: Option<(f64, Change)> = None;
        for (&column, features) in used.iter().zip(players) {
            let typed = &self.columns[column];
            if typed.is_protected {
                continue;
            }
            let at = table.find(&typed.name).ok()?;
            let mut candidates: Vec<(f64, &(usize, Vec<f64>))> = others
                .iter()
                .filter(|(other, _)| !crate::table::is_missing(&table.column(at)[*other]))
                .map(|other| {
                    let part = |values: &[f64]| -> Vec<f64> {
                        features.iter().map(|&feature| values[feature]).collect()
                    };
                    let distance = squared_distance(&part(encoded), &part(&other.1));
                    // Levels of one text move two features or more: by their mean, all kinds of
                    // columns compare.
                    (distance / features.len() as f64, other)
                })
                .filter(|candidate| candidate.0 > 1e-12)
                .collect();
            candidates.sort_by(|a, b| a.0.total_cmp(&b.0));
            candidates
                .dedup_by(|a, b| a.0 == b.0 && table.column(at)[a.1.0] == table.column(at)[b.1.0]);
            for (distance, (other, values)) in candidates {
                if best
                    .as_ref()
                    .is_some_and(|(nearest, _)| distance >= *nearest)
                {
                    break;
                }
                let mut changed = encoded.to_vec();
                for &feature in features {
                    changed[feature] = values[feature];
                }
                let found = self.top_of(&changed);
                if found != class {
                    let change = Change {
                        column: typed.name.clone(),
                        from: table.column(at)[row].clone(),
                        to: table.column(at)[*other].clone(),
                        class: found,
                    };
                    best = Some((distance, change));
                    break;
                }
            }
        }
        best.map(|(_, change)| change)
    }
}

/// Background rows, spread over the labelled ones.
fn background(x: &Matrix, most: usize) -> Vec<usize> {
    let rows = x.rows.min(most.max(1));
    (0..rows).map(|i| i * x.rows / rows).collect()
}

/// The game whose Shapley values (Shapley 1953) are the shares: a set of columns is worth the level of the
/// row when only these are known. For the ensemble the others are taken from labelled rows (Lundberg
/// and Lee 2017); for the network, which has learned to do without, they are missing.
struct Game<'a> {
    fitted: &'a Predictor,
    row: &'a [f64],
    class: usize,
    /// Features of each column.
    players: &'a [Vec<usize>],
    /// Typed column of each.
    columns: &'a [usize],
}

impl Game<'_> {
    fn copy(&self, player: usize, values: &mut [f64]) {
        for &feature in &self.players[player] {
            values[feature] = self.row[feature];
        }
    }

    /// What the network adds if only these columns are known.
    fn correction(&self, scores: Scores, is_known: impl Fn(usize) -> bool) -> f64 {
        let is_absent = |column: usize| {
            let player = self.columns.iter().position(|other| *other == column);
            !player.is_some_and(&is_known)
        };
        self.fitted
            .correction(self.row, self.class, scores, is_absent)
    }

    /// By the definition, over all sets.
    fn exact(&self) -> (f64, Vec<f64>) {
        let m = self.players.len();
        let background = background(&self.fitted.x, BACKGROUND.min(EVALUATIONS >> m));
        let part = 1.0 / background.len() as f64;
        let worth = |set: usize| {
            let is_known = |player: usize| set >> player & 1 == 1;
            let (mut level, mut mean) = (0.0, Scores::default());
            for &other in &background {
                let mut values = self.fitted.x.row(other).to_vec();
                for player in (0..m).filter(|player| is_known(*player)) {
                    self.copy(player, &mut values);
                }
                let (own, scores) = self.fitted.uncorrected(&values, self.class);
                level += part * own;
                for (mean, score) in mean.iter_mut().zip(scores) {
                    *mean += part * score;
                }
            }
            level + self.correction(mean, is_known)
        };
        let game: Vec<f64> = (0..1 << m).map(worth).collect();
        // 1 / (m · C(m − 1, size)): the weight of a set of this size without the player.
        let mut weight = vec![1.0 / m as f64; m];
        for size in 1..m {
            weight[size] = weight[size - 1] * size as f64 / (m - size) as f64;
        }
        let shares = (0..m)
            .map(|player| {
                (0..1usize << m)
                    .filter(|set| set >> player & 1 == 0)
                    .map(|set| {
                        weight[set.count_ones() as usize] * (game[set | 1 << player] - game[set])
                    })
                    .sum()
            })
            .collect();
        (game[0], shares)
    }

    /// The mean over permutations, each with its own background row, and each with its reverse.
    fn permuted(&self) -> (f64, Vec<f64>) {
        let m = self.players.len();
        let mut random = Random::new(0, 0);
        let mut order: Vec<usize> = (0..m).collect();
        let background = background(&self.fitted.x, PERMUTATIONS / 2);
        let (mut start, mut shares) = (0.0, vec![0.0; m]);
        // Level of the ensemble, and what the network adds if it is asked.
        let worth = |values: &[f64], known: &[bool], is_asked: bool| {
            let (level, scores) = self.fitted.uncorrected(values, self.class);
            let added = match is_asked {
                true => self.correction(scores, |player| known[player]),
                false => 0.0,
            };
            (level, added)
        };
        let part = 1.0 / PERMUTATIONS as f64;
        let network_part = 1.0 / NETWORK_PERMUTATIONS as f64;
        for turn in 0..PERMUTATIONS {
            if turn % 2 == 0 {
                random.shuffle(&mut order);
            } else {
                order.reverse();
            }
            let is_asked = turn < NETWORK_PERMUTATIONS;
            let other = background[turn / 2 % background.len()];
            let mut values = self.fitted.x.row(other).to_vec();
            let mut known = vec![false; m];
            let mut before = worth(&values, &known, is_asked);
            start += before.0 * part + before.1 * network_part;
            for &player in &order {
                self.copy(player, &mut values);
                known[player] = true;
                let after = worth(&values, &known, is_asked);
                shares[player] += (after.0 - before.0) * part;
                shares[player] += (after.1 - before.1) * network_part;
                before = after;
            }
        }
        (start, shares)
    }
}
