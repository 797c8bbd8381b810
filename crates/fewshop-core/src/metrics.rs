//! Ranking metrics. They are defined here and nowhere else.
//!
//! `hits[r]` is true if the item at rank `r` (from 0) is relevant; a duplicate or a context item of
//! the case is not a hit. The ranker breaks ties: it must return a total order. A case without
//! relevant items has no metric.

/// The metrics of one case.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CaseScore {
    /// DCG over the first 10, gain 1, discount 1/log2(rank + 1), divided by the ideal DCG of min(10,
    /// relevant).
    pub ndcg_at_10: f64,
    /// Hits in the first 20, divided by min(20, relevant).
    pub recall_at_20: f64,
    /// 1/rank of the first hit in the first 20, else 0.
    pub mrr_at_20: f64,
    /// 1 if the first 10 contain a hit, else 0.
    pub hit_at_10: f64,
}

/// Marks the hits among the first 20 of a ranking: relevant, not in the context, not a duplicate.
pub fn hits<T: PartialEq>(ranked: &[T], relevant: &[T], context: &[T]) -> Vec<bool> {
    let top = &ranked[..ranked.len().min(20)];
    top.iter()
        .enumerate()
        .map(|(rank, item)| {
            relevant.contains(item) && !context.contains(item) && !top[..rank].contains(item)
        })
        .collect()
}

/// The metrics of one case with `relevant` items to be found; `None` if there are none.
#[must_use]
pub fn score(hits: &[bool], relevant: usize) -> Option<CaseScore> {
    if relevant == 0 {
        return None;
    }
    let discount = |rank: usize| 1.0 / (rank as f64 + 2.0).log2();
    let first = hits.iter().take(20).position(|&hit| hit);
    let dcg: f64 = hits
        .iter()
        .take(10)
        .enumerate()
        .filter(|&(_, &hit)| hit)
        .map(|(rank, _)| discount(rank))
        .sum();
    let ideal: f64 = (0..relevant.min(10)).map(discount).sum();
    Some(CaseScore {
        ndcg_at_10: dcg / ideal,
        recall_at_20: hits.iter().take(20).filter(|&&hit| hit).count() as f64
            / relevant.min(20) as f64,
        mrr_at_20: first.map_or(0.0, |rank| 1.0 / (rank as f64 + 1.0)),
        hit_at_10: if first.is_some_and(|rank| rank < 10) {
            1.0
        } else {
            0.0
        },
    })
}

/// Distinct items among the first 20 of all rankings: how much of the catalogue gets a chance.
#[must_use]
pub fn coverage_at_20<T: Ord + Copy>(rankings: &[&[T]]) -> usize {
    let mut shown: Vec<T> = rankings
        .iter()
        .flat_map(|ranked| &ranked[..ranked.len().min(20)])
        .copied()
        .collect();
    shown.sort_unstable();
    shown.dedup();
    shown.len()
}

/// Share of the first 20 of all rankings that `is_popular` holds for; 0 where nothing was ranked.
pub fn popular_at_20<T: Copy>(rankings: &[&[T]], is_popular: impl Fn(T) -> bool) -> f64 {
    let shown = || {
        rankings
            .iter()
            .flat_map(|ranked| &ranked[..ranked.len().min(20)])
            .copied()
    };
    shown().filter(|&item| is_popular(item)).count() as f64 / shown().count().max(1) as f64
}

/// Area under the ROC curve: the chance that a row that holds is scored above one that does not,
/// ties counting half, each row by its weight. `rows` are score, weight and whether it holds, by
/// rising score. `None` where all rows hold, or none does.
pub fn area_under_curve(rows: impl Iterator<Item = (f32, f64, bool)>) -> Option<f64> {
    let (mut below, mut wins, mut with) = (0.0, 0.0, 0.0);
    let (mut here, mut here_with, mut here_without) = (f32::NEG_INFINITY, 0.0, 0.0);
    for (score, weight, holds) in rows {
        if score != here {
            wins += here_with * (below + 0.5 * here_without);
            below += here_without;
            with += here_with;
            (here, here_with, here_without) = (score, 0.0, 0.0);
        }
        if holds {
            here_with += weight
        } else {
            here_without += weight
        }
    }
    wins += here_with * (below + 0.5 * here_without);
    below += here_without;
    with += here_with;
    (with > 0.0 && below > 0.0).then(|| wins / (with * below))
}

/// Marks the `share` of rows with the highest counts, one at least; ties go to the lower row.
#[must_use]
pub fn most_popular(counts: &[u32], share: f64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|&row| (std::cmp::Reverse(counts[row]), row));
    let mut out = vec![false; counts.len()];
    for &row in order
        .iter()
        .take(((counts.len() as f64 * share).ceil() as usize).max(1))
    {
        out[row] = true;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_perfect_ranking_scores_one() {
        let s = score(&hits(&[1, 2, 3], &[3, 1, 2], &[]), 3).unwrap();
        assert!((s.ndcg_at_10 - 1.0).abs() < 1e-12 && (s.recall_at_20 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_shot_or_a_duplicate_is_no_hit() {
        assert_eq!(hits(&[5, 1, 1], &[1, 5], &[5]), [false, true, false]);
    }

    #[test]
    fn the_second_rank_is_discounted_by_log2_of_three() {
        let s = score(&[false, true], 1).unwrap();
        assert!((s.ndcg_at_10 - 1.0 / 3f64.log2()).abs() < 1e-12);
        assert!((s.mrr_at_20 - 0.5).abs() < 1e-12);
    }

    #[test]
    fn a_case_without_wanted_items_has_no_score() {
        assert_eq!(score(&[false], 0), None);
    }

    #[test]
    fn coverage_counts_each_item_once_and_not_past_rank_20() {
        let long: Vec<u32> = (0..30).collect();
        assert_eq!(coverage_at_20(&[&long, &[5, 100]]), 21);
    }

    #[test]
    fn the_popular_share_is_of_what_was_shown() {
        let popular = most_popular(&[3, 9, 9, 1], 0.25);
        assert_eq!(popular, [false, true, false, false]);
        assert_eq!(
            popular_at_20(&[&[1usize, 0], &[1, 2]], |row| popular[row]),
            0.5
        );
        assert_eq!(popular_at_20::<usize>(&[], |_| true), 0.0);
    }

    #[test]
    fn the_area_counts_pairs_in_the_right_order_and_ties_half() {
        let area = |rows: &[(f32, bool)]| {
            area_under_curve(rows.iter().map(|&(score, holds)| (score, 1.0, holds)))
        };
        assert_eq!(
            area(&[(0.1, false), (0.2, false), (0.3, true), (0.4, true)]),
            Some(1.0)
        );
        assert_eq!(area(&[(0.1, true), (0.2, false)]), Some(0.0));
        assert_eq!(
            area(&[(0.1, false), (0.2, true), (0.2, false), (0.3, false)]),
            Some(0.5)
        );
        assert_eq!(area(&[(0.1, true), (0.2, true)]), None);
    }
}
