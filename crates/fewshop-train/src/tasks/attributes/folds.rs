//! Cross-validation by household.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::Rows;

/// Parts of the households.
pub(super) const FOLDS: usize = 5;

/// Rows that teach, that choose settings and calibrate, and that are asked. No household stands in
/// two of them.
pub(super) struct Split {
    pub(super) teach: Vec<usize>,
    pub(super) inner: Vec<usize>,
    pub(super) asked: Vec<usize>,
}

/// The fold of each household.
pub(super) fn of_households(households: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..households).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let mut folds = vec![0; households];
    for (at, household) in order.into_iter().enumerate() {
        folds[household] = at % FOLDS;
    }
    folds
}

/// Five splits: each fold is asked once, and the one after it is the inner one.
pub(super) fn splits(rows: &Rows, seed: u64) -> Vec<Split> {
    let folds = of_households(rows.labels.len(), seed);
    let of = |wanted: &dyn Fn(usize) -> bool| {
        (0..rows.len())
            .filter(|&row| wanted(folds[rows.household[row]]))
            .collect()
    };
    (0..FOLDS)
        .map(|asked| {
            let inner = (asked + 1) % FOLDS;
            Split {
                teach: of(&|fold| fold != asked && fold != inner),
                inner: of(&|fold| fold == inner),
                asked: of(&|fold| fold == asked),
            }
        })
        .collect()
}

/// Share of the rows' households that have each value, one more of each counted: no value is
/// impossible.
pub(super) fn prior(rows: &Rows, teach: &[usize], attribute: usize) -> Vec<f32> {
    let mut there = vec![false; rows.labels.len()];
    teach
        .iter()
        .for_each(|&row| there[rows.household[row]] = true);
    let mut counts = vec![1f32; rows.attributes[attribute].values.len()];
    for (labels, _) in rows.labels.iter().zip(&there).filter(|(_, there)| **there) {
        if let Some(label) = labels[attribute] {
            counts[label] += 1.0;
        }
    }
    let all: f32 = counts.iter().sum();
    counts.iter_mut().for_each(|n| *n /= all);
    counts
}
