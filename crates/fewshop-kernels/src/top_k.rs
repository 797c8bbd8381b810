//! Selects the largest scores.

use std::collections::BinaryHeap;

use wide::f32x8;

/// A key that rises as the score falls; 0 and -0 are one.
#[must_use]
pub fn falling(score: f32) -> u32 {
    let bits = (score + 0.0).to_bits();
    // Negative numbers rise in their bits as they fall; the sign comes first.
    if bits >> 31 == 1 {
        bits
    } else {
        !bits & (u32::MAX >> 1)
    }
}

/// Sorts in place, ascending. The library's sort is copied for each type that is sorted, 6 to 10 kB
/// of WebAssembly each, so whatever sorts often does it by such keys.
#[inline(never)]
pub fn sort(keys: &mut [u64]) {
    keys.sort_unstable();
}

/// Sorts rows in place, ascending.
pub fn sort_rows(rows: &mut [u32]) {
    let mut keys: Vec<u64> = rows.iter().copied().map(u64::from).collect();
    sort(&mut keys);
    for (row, key) in rows.iter_mut().zip(keys) {
        *row = key as u32;
    }
}

/// Positions by rising key; of equal keys in the order given. A radix sort, since hundreds of
/// thousands of keys are sorted while a pack is read: a tenth of the time of sorting them by
/// comparison.
#[must_use]
pub fn positions_by_key(keys: &[u32]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..keys.len() as u32).collect();
    let mut next = vec![0u32; keys.len()];
    for shift in [0, 8, 16, 24] {
        let digit = |at: u32| (keys[at as usize] >> shift) as usize & 0xff;
        let mut starts = [0u32; 257];
        for &at in &order {
            starts[digit(at) + 1] += 1;
        }
        if starts.contains(&(keys.len() as u32)) {
            // All keys have this digit.
            continue;
        }
        for digit in 0..256 {
            starts[digit + 1] += starts[digit];
        }
        for &at in &order {
            let place = &mut starts[digit(at)];
            next[*place as usize] = at;
            *place += 1;
        }
        std::mem::swap(&mut order, &mut next);
    }
    order
}

/// The best score has the lowest key; of equal scores, the lower row.
fn key(score: f32, row: u32) -> u64 {
    u64::from(falling(score)) << 32 | u64::from(row)
}

/// The `k` lowest of the keys seen so far, the highest of them on top.
struct Best {
    k: usize,
    keys: BinaryHeap<u64>,
}

impl Best {
    /// Of `k` keys at least 1, and not more than `all`.
    fn new(k: usize, all: usize) -> Self {
        Self {
            k,
            keys: BinaryHeap::with_capacity(k.min(all) + 1),
        }
    }

    fn is_full(&self) -> bool {
        self.keys.len() == self.k
    }

    fn see(&mut self, key: u64) {
        if !self.is_full() {
            self.keys.push(key);
        } else if let Some(mut worst) = self.keys.peek_mut()
            && key < *worst
        {
            *worst = key;
        }
    }

    /// Rows, best first.
    fn into_rows(self) -> Vec<u32> {
        let mut keys = self.keys.into_vec();
        sort(&mut keys);
        keys.into_iter().map(|key| key as u32).collect()
    }
}

/// Scores per block: one comparison with the threshold rejects a whole block.
const BLOCK: usize = 16;

/// Rows of the `k` largest scores among the `allowed` rows, best first; ties go to the lower row.
///
/// A heap of the best `k` with the worst of them as threshold: one comparison rejects nearly every
/// block of rows.
#[must_use]
pub fn top_k(scores: &[f32], k: usize, allowed: &dyn Fn(usize) -> bool) -> Vec<u32> {
    if k == 0 {
        return Vec::new();
    }
    let mut best = Best::new(k, scores.len());
    let mut threshold = f32::NEG_INFINITY;
    let see = |best: &mut Best, row: usize, score: f32, threshold: &mut f32| {
        // Rows are visited in ascending order, so an equal score never displaces an earlier row.
        if (best.is_full() && score <= *threshold) || !allowed(row) {
            return;
        }
        best.see(key(score, row as u32));
        if best.is_full() {
            *threshold = best
                .keys
                .peek()
                .map_or(*threshold, |&worst| scores[worst as u32 as usize]);
        }
    };
    let (blocks, rest) = scores.as_chunks::<BLOCK>();
    for (nth, block) in blocks.iter().enumerate() {
        if best.is_full() {
            let (eights, _) = block.as_chunks::<8>();
            let limit = f32x8::splat(threshold);
            if !(f32x8::new(eights[0]).simd_gt(limit) | f32x8::new(eights[1]).simd_gt(limit)).any()
            {
                continue;
            }
        }
        for (row, &score) in (nth * BLOCK..).zip(block) {
            see(&mut best, row, score, &mut threshold);
        }
    }
    for (row, &score) in (blocks.len() * BLOCK..).zip(rest) {
        see(&mut best, row, score, &mut threshold);
    }
    best.into_rows()
}

/// The same over some given rows, in any order.
#[must_use]
pub fn top_k_of(rows: &[(u32, f32)], k: usize) -> Vec<u32> {
    if k == 0 {
        return Vec::new();
    }
    let mut best = Best::new(k, rows.len());
    for &(row, score) in rows {
        best.see(key(score, row));
    }
    best.into_rows()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_rise_as_scores_fall() {
        let mut scores = [f32::MIN, -1.5, -0.0, 0.0, 1e-9, 2.0, f32::MAX];
        scores.sort_by_key(|&score| falling(score));
        assert_eq!(scores, [f32::MAX, 2.0, 1e-9, 0.0, 0.0, -1.5, f32::MIN]);
    }

    #[test]
    fn top_k_is_best_first_with_ties_by_row() {
        assert_eq!(top_k(&[1.0, 3.0, 3.0, 2.0], 3, &|_| true), [1, 2, 3]);
        assert_eq!(top_k(&[1.0, 3.0, 3.0, 2.0], 2, &|row| row != 1), [2, 3]);
        assert!(top_k(&[1.0], 0, &|_| true).is_empty());
        assert_eq!(top_k(&[1.0], usize::MAX, &|_| true), [0]);
    }

    proptest! {
        #[test]
        fn top_k_agrees_with_sorting(scores in prop::collection::vec(-30i8..30, 0..200), k in 0usize..20, third in any::<bool>()) {
            let scores: Vec<f32> = scores.into_iter().map(f32::from).collect();
            let allowed = |row: usize| !third || !row.is_multiple_of(3);
            let mut rows: Vec<u32> = (0..scores.len() as u32).filter(|&row| allowed(row as usize)).collect();
            rows.sort_by(|&a, &b| scores[b as usize].total_cmp(&scores[a as usize]).then(a.cmp(&b)));
            rows.truncate(k);
            prop_assert_eq!(&top_k(&scores, k, &allowed), &rows);
            let named = (0..scores.len()).rev().filter(|&row| allowed(row)).map(|row| (row as u32, scores[row]));
            prop_assert_eq!(&top_k_of(&named.collect::<Vec<_>>(), k), &rows);
        }

        #[test]
        fn positions_are_those_of_a_stable_sort(keys in prop::collection::vec(any::<u32>(), 0..300), mask in prop::sample::select(vec![0, 3, 0xff, 0xff00, 0x00ff_00ff, u32::MAX])) {
            let keys: Vec<u32> = keys.into_iter().map(|key| key & mask).collect();
            let mut expected: Vec<u32> = (0..keys.len() as u32).collect();
            expected.sort_by_key(|&at| keys[at as usize]);
            prop_assert_eq!(positions_by_key(&keys), expected);
        }

        #[test]
        fn rows_are_sorted(mut rows in prop::collection::vec(any::<u32>(), 0..100)) {
            let mut expected = rows.clone();
            expected.sort_unstable();
            sort_rows(&mut rows);
            prop_assert_eq!(rows, expected);
        }
    }
}
