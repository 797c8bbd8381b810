//! Selects the largest scores.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use wide::f32x8;

#[derive(PartialEq)]
struct Entry(f32, Reverse<u32>);
impl Eq for Entry {}
impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0).then(self.1.cmp(&other.1))
    }
}

/// Scores per block: one comparison with the threshold rejects a whole block.
const BLOCK: usize = 16;

/// Rows of the `k` largest scores among the `allowed` rows, best first; ties go to the lower row.
///
/// A min-heap of `k` with its root as threshold: one comparison rejects nearly every block of rows.
#[must_use]
pub fn top_k(scores: &[f32], k: usize, allowed: impl Fn(usize) -> bool) -> Vec<u32> {
    if k == 0 {
        return Vec::new();
    }
    let mut heap: BinaryHeap<Reverse<Entry>> = BinaryHeap::with_capacity(k.min(scores.len()) + 1);
    let mut threshold = f32::NEG_INFINITY;
    let see =
        |heap: &mut BinaryHeap<Reverse<Entry>>, row: usize, score: f32, threshold: &mut f32| {
            // Rows are visited in ascending order, so an equal score never displaces an earlier
            // row.
            if (heap.len() == k && score <= *threshold) || !allowed(row) {
                return;
            }
            heap.push(Reverse(Entry(score, Reverse(row as u32))));
            if heap.len() > k {
                heap.pop();
            }
            if heap.len() == k {
                *threshold = heap.peek().map_or(*threshold, |Reverse(entry)| entry.0);
            }
        };
    let (blocks, rest) = scores.as_chunks::<BLOCK>();
    for (nth, block) in blocks.iter().enumerate() {
        if heap.len() == k {
            let (eights, _) = block.as_chunks::<8>();
            let limit = f32x8::splat(threshold);
            if !(f32x8::new(eights[0]).simd_gt(limit) | f32x8::new(eights[1]).simd_gt(limit)).any()
            {
                continue;
            }
        }
        for (row, &score) in (nth * BLOCK..).zip(block) {
            see(&mut heap, row, score, &mut threshold);
        }
    }
    for (row, &score) in (blocks.len() * BLOCK..).zip(rest) {
        see(&mut heap, row, score, &mut threshold);
    }
    let mut best: Vec<Entry> = heap.into_iter().map(|Reverse(entry)| entry).collect();
    best.sort_unstable_by(|a, b| b.cmp(a));
    best.into_iter().map(|entry| entry.1.0).collect()
}

/// The same over some given rows, in any order.
#[must_use]
pub fn top_k_of(rows: impl Iterator<Item = (u32, f32)>, k: usize) -> Vec<u32> {
    let mut all: Vec<Entry> = rows
        .map(|(row, score)| Entry(score, Reverse(row)))
        .collect();
    if k == 0 {
        return Vec::new();
    }
    if all.len() > k {
        all.select_nth_unstable_by(k - 1, |a, b| b.cmp(a));
        all.truncate(k);
    }
    all.sort_unstable_by(|a, b| b.cmp(a));
    all.into_iter().map(|entry| entry.1.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn top_k_is_best_first_with_ties_by_row() {
        assert_eq!(top_k(&[1.0, 3.0, 3.0, 2.0], 3, |_| true), [1, 2, 3]);
        assert_eq!(top_k(&[1.0, 3.0, 3.0, 2.0], 2, |row| row != 1), [2, 3]);
        assert!(top_k(&[1.0], 0, |_| true).is_empty());
        assert_eq!(top_k(&[1.0], usize::MAX, |_| true), [0]);
    }

    proptest! {
        #[test]
        fn top_k_agrees_with_sorting(scores in prop::collection::vec(-30i8..30, 0..200), k in 0usize..20, third in any::<bool>()) {
            let scores: Vec<f32> = scores.into_iter().map(f32::from).collect();
            let allowed = |row: usize| !third || !row.is_multiple_of(3);
            let mut rows: Vec<u32> = (0..scores.len() as u32).filter(|&row| allowed(row as usize)).collect();
            rows.sort_by(|&a, &b| scores[b as usize].total_cmp(&scores[a as usize]).then(a.cmp(&b)));
            rows.truncate(k);
            prop_assert_eq!(&top_k(&scores, k, allowed), &rows);
            let named = (0..scores.len()).rev().filter(|&row| allowed(row)).map(|row| (row as u32, scores[row]));
            prop_assert_eq!(&top_k_of(named, k), &rows);
        }
    }
}
