//! Sorting of short lists in few bytes.
//!
//! The library's sort is copied for every list type and comparison, 6 to 10 kB of WebAssembly each:
//! a dozen of them were a tenth of the engine. Where a sort takes time, use the library's own.

use std::cmp::Ordering;

/// Sorts a list; equal items keep their order.
pub fn sort_by<T>(items: &mut Vec<T>, mut compare: impl FnMut(&T, &T) -> Ordering) {
    let order = sorted(items.len(), &mut |a, b| compare(&items[a], &items[b]));
    let mut taken: Vec<Option<T>> = items.drain(..).map(Some).collect();
    items.extend(order.into_iter().filter_map(|at| taken[at as usize].take()));
}

/// Sorts a list by a key; items with equal keys keep their order.
pub fn sort_by_key<T, K: Ord>(items: &mut Vec<T>, key: impl Fn(&T) -> K) {
    sort_by(items, |a, b| key(a).cmp(&key(b)));
}

/// Positions in ascending order.
#[inline(never)]
fn sorted(len: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<u32> {
    let mut order: Vec<u32> = (0..len as u32).collect();
    let mut merged = Vec::with_capacity(len);
    // Merge sort from the bottom up: in each round, runs of this length are in order.
    let mut run = 1;
    while run < len {
        for pair in order.chunks(2 * run) {
            let (mut left, mut right) = pair.split_at(run.min(pair.len()));
            while let (&[a, ref more_left @ ..], &[b, ref more_right @ ..]) = (left, right) {
                // Of equal items the left one comes first.
                if compare(b as usize, a as usize).is_lt() {
                    merged.push(b);
                    right = more_right;
                } else {
                    merged.push(a);
                    left = more_left;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        std::mem::swap(&mut order, &mut merged);
        merged.clear();
        run *= 2;
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_librarys_stable_sort() {
        let mut hash = 7u32;
        let mut items: Vec<(u32, String)> = (0..300)
            .map(|nth| {
                hash = hash.wrapping_mul(0x9e37_79b1).rotate_left(7);
                (hash % 40, nth.to_string())
            })
            .collect();
        let mut expected = items.clone();
        expected.sort_by_key(|item| item.0);
        sort_by_key(&mut items, |item| item.0);
        assert_eq!(items, expected);
        sort_by(&mut items, |a, b| b.1.cmp(&a.1));
        expected.sort_by(|a, b| b.1.cmp(&a.1));
        assert_eq!(items, expected);
        let mut none: Vec<u8> = Vec::new();
        sort_by_key(&mut none, |item| *item);
        assert!(none.is_empty());
    }
}
