//! Who is fitted on and who is asked. A group, such as a household, never stands on both sides.

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Parts of the groups; each is asked once.
pub(in crate::tasks) const FOLDS: usize = 5;

/// Rows to fit on, rows that choose settings and calibrate, and rows that are asked.
pub(in crate::tasks) struct Split {
    pub(in crate::tasks) teach: Vec<usize>,
    pub(in crate::tasks) inner: Vec<usize>,
    pub(in crate::tasks) asked: Vec<usize>,
}

/// The fold of each row, given its group.
pub(in crate::tasks) fn by_group<G: Ord + Copy>(groups: &[G], seed: u64) -> Vec<usize> {
    let mut order = groups.to_vec();
    order.sort_unstable();
    order.dedup();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let folds: BTreeMap<G, usize> = order
        .into_iter()
        .enumerate()
        .map(|(at, group)| (group, at % FOLDS))
        .collect();
    groups.iter().map(|group| folds[group]).collect()
}

/// Five splits of rows with these folds: each fold is asked once, and the one after it is the inner
/// one.
pub(in crate::tasks) fn splits(folds: &[usize]) -> Vec<Split> {
    let rows_of = |is_wanted: &dyn Fn(usize) -> bool| {
        (0..folds.len())
            .filter(|&row| is_wanted(folds[row]))
            .collect()
    };
    let split = |asked| {
        let inner = (asked + 1) % FOLDS;
        Split {
            teach: rows_of(&|fold| fold != asked && fold != inner),
            inner: rows_of(&|fold| fold == inner),
            asked: rows_of(&|fold| fold == asked),
        }
    };
    (0..FOLDS).map(split).collect()
}

/// A split by time: whether each event, given its start and its size, is among the latest ones that
/// hold `share` of the total size. Of events that start together the first in the list is the later.
pub(in crate::tasks) fn by_time(events: &[(i64, f64)], share: f64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..events.len()).collect();
    order.sort_by_key(|&at| (std::cmp::Reverse(events[at].0), at));
    let total: f64 = order.iter().map(|&at| events[at].1).sum();
    let (mut is_late, mut sum) = (vec![false; events.len()], 0.0);
    for at in order {
        if sum >= share * total {
            break;
        }
        sum += events[at].1;
        is_late[at] = true;
    }
    is_late
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_stays_together_and_every_row_is_asked_once() {
        let groups: Vec<usize> = (0..60).map(|row| row / 3).collect();
        let folds = by_group(&groups, 7);
        assert!((0..60).all(|row| folds[row] == folds[row / 3 * 3]));
        let splits = splits(&folds);
        let mut asked: Vec<usize> = splits
            .iter()
            .flat_map(|split| &split.asked)
            .copied()
            .collect();
        asked.sort_unstable();
        assert_eq!(asked, (0..60).collect::<Vec<_>>());
        for split in splits {
            assert_eq!(
                split.teach.len() + split.inner.len() + split.asked.len(),
                60
            );
        }
        assert_eq!(by_group(&groups, 7), folds, "the same for the same seed");
    }

    #[test]
    fn the_latest_events_hold_the_share() {
        let events = [(10, 5.0), (40, 2.0), (20, 1.0), (30, 2.0)];
        assert_eq!(by_time(&events, 0.4), [false, true, false, true]);
        assert_eq!(by_time(&events, 0.0), [false; 4]);
        assert_eq!(by_time(&events, 1.0), [true; 4]);
    }
}
