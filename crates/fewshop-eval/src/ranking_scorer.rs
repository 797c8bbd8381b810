//! Scores rankings of one set of cases, and compares them with each other.

use std::collections::BTreeMap;

use fewshop_core::ItemIx;
use fewshop_core::metrics::{self, CaseScore};

use crate::{Bootstrap, Difference, EvalSet, Figures, POPULAR_SHARE};

/// Equal rankings give equal sums; a difference below this is no change.
const SAME: f64 = 1e-12;

/// Rankings with their scores.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredRanking {
    picks: Vec<Vec<ItemIx>>,
    /// 0 for a query without relevant items; no figure uses it.
    scores: Vec<CaseScore>,
}

/// The queries of one k that have relevant items.
struct Group {
    cases: Vec<usize>,
    bootstrap: Bootstrap,
}

/// Scores rankings of one evaluation set.
pub struct RankingScorer<'a> {
    eval_set: &'a EvalSet,
    popular: Vec<bool>,
    by_k: BTreeMap<u32, Group>,
    all: Group,
}

impl<'a> RankingScorer<'a> {
    /// `popularity` holds a count for each product, which determines the popular ones.
    #[must_use]
    pub fn of(eval_set: &'a EvalSet, popularity: &[u32]) -> Self {
        let group = |cases: Vec<usize>| {
            let bootstrap =
                Bootstrap::over(cases.iter().map(|&at| eval_set.queries[at].user.as_str()));
            Group { cases, bootstrap }
        };
        let scored: Vec<usize> = (0..eval_set.queries.len())
            .filter(|&at| !eval_set.relevant[at].is_empty())
            .collect();
        let mut by_k: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for &at in &scored {
            by_k.entry(eval_set.queries[at].k).or_default().push(at);
        }
        Self {
            eval_set,
            popular: metrics::most_popular(popularity, POPULAR_SHARE),
            by_k: by_k
                .into_iter()
                .map(|(k, cases)| (k, group(cases)))
                .collect(),
            all: group(scored),
        }
    }

    /// Shoppers of the scored cases.
    #[must_use]
    pub fn shoppers(&self) -> usize {
        self.all.bootstrap.shoppers()
    }

    /// Scores rankings, one list for each case.
    #[must_use]
    pub fn score(&self, picks: Vec<Vec<ItemIx>>) -> ScoredRanking {
        let each = self
            .eval_set
            .queries
            .iter()
            .zip(&self.eval_set.relevant)
            .zip(&picks);
        let scores = each.map(|((case, relevant), picks)| {
            metrics::score(
                &metrics::hits(picks, relevant, &case.context),
                relevant.len(),
            )
            .unwrap_or_default()
        });
        ScoredRanking {
            scores: scores.collect(),
            picks,
        }
    }

    /// Figures of each k.
    #[must_use]
    pub fn by_k(&self, scored: &ScoredRanking) -> BTreeMap<u32, Figures> {
        self.by_k
            .iter()
            .map(|(&k, group)| (k, self.figures(scored, group)))
            .collect()
    }

    /// Figures over the cases of all k.
    #[must_use]
    pub fn all(&self, scored: &ScoredRanking) -> Figures {
        self.figures(scored, &self.all)
    }

    /// Mean of a value that every case has, by k.
    #[must_use]
    pub fn mean_by_k(&self, values: &[f64]) -> BTreeMap<u32, f64> {
        let of = |group: &Group| {
            mean(
                &group
                    .cases
                    .iter()
                    .map(|&at| values[at])
                    .collect::<Vec<f64>>(),
            )
        };
        self.by_k.iter().map(|(&k, group)| (k, of(group))).collect()
    }

    /// `one` minus `other` by k, case by case.
    #[must_use]
    pub fn minus(&self, one: &ScoredRanking, other: &ScoredRanking) -> BTreeMap<u32, Difference> {
        self.by_k
            .iter()
            .map(|(&k, group)| (k, difference(one, other, group)))
            .collect()
    }

    /// `one` minus `other` over the cases of all k.
    #[must_use]
    pub fn all_minus(&self, one: &ScoredRanking, other: &ScoredRanking) -> Difference {
        difference(one, other, &self.all)
    }

    fn figures(&self, scored: &ScoredRanking, group: &Group) -> Figures {
        let column = |of: fn(&CaseScore) -> f64| -> Vec<f64> {
            group
                .cases
                .iter()
                .map(|&at| of(&scored.scores[at]))
                .collect()
        };
        let columns = [
            column(|score| score.ndcg_at_10),
            column(|score| score.recall_at_20),
            column(|score| score.mrr_at_20),
            column(|score| score.hit_at_10),
        ];
        let intervals = group.bootstrap.means(&columns);
        let picks: Vec<&[ItemIx]> = group
            .cases
            .iter()
            .map(|&at| scored.picks[at].as_slice())
            .collect();
        Figures {
            cases: group.cases.len(),
            ndcg_at_10: mean(&columns[0]),
            ndcg_interval: intervals[0],
            recall_at_20: mean(&columns[1]),
            recall_interval: intervals[1],
            mrr_at_20: mean(&columns[2]),
            mrr_interval: intervals[2],
            hit_at_10: mean(&columns[3]),
            hit_interval: intervals[3],
            coverage_at_20: metrics::coverage_at_20(&picks),
            popular_at_20: metrics::popular_at_20(&picks, |item: ItemIx| self.popular[item.row()]),
        }
    }
}

fn difference(one: &ScoredRanking, other: &ScoredRanking, group: &Group) -> Difference {
    let column = |of: fn(&CaseScore) -> f64| -> Vec<f64> {
        group
            .cases
            .iter()
            .map(|&at| of(&one.scores[at]) - of(&other.scores[at]))
            .collect()
    };
    let columns = [
        column(|score| score.ndcg_at_10),
        column(|score| score.recall_at_20),
    ];
    let intervals = group.bootstrap.means(&columns);
    let share = |right: fn(f64) -> bool| {
        mean(
            &columns[0]
                .iter()
                .map(|&d| f64::from(u8::from(right(d))))
                .collect::<Vec<_>>(),
        )
    };
    Difference {
        ndcg_at_10: mean(&columns[0]),
        ndcg_interval: intervals[0],
        recall_at_20: mean(&columns[1]),
        recall_interval: intervals[1],
        helped: share(|d| d > SAME),
        harm: share(|d| d < -SAME),
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use fewshop_data::files::EvalCase;

    use super::*;

    fn eval_set() -> EvalSet {
        let case = |user: &str, k| EvalCase {
            id: user.to_owned(),
            user: user.to_owned(),
            k,
            context: vec![ItemIx(0)],
            ..EvalCase::default()
        };
        EvalSet {
            queries: vec![case("a", 1), case("b", 1), case("c", 3), case("d", 3)],
            relevant: vec![
                vec![ItemIx(1)],
                vec![ItemIx(2)],
                vec![ItemIx(1), ItemIx(2)],
                vec![],
            ],
        }
    }

    #[test]
    fn figures_are_means_by_k_without_the_queries_that_have_no_relevant_items() {
        let eval_set = eval_set();
        let scorer = RankingScorer::of(&eval_set, &[9, 5, 1, 1]);
        // Right at rank 1, wrong, half right at rank 1, unscored.
        let scored = scorer.score(vec![
            vec![ItemIx(1)],
            vec![ItemIx(1)],
            vec![ItemIx(2)],
            vec![ItemIx(3)],
        ]);
        let by_k = scorer.by_k(&scored);
        assert_eq!(
            (by_k[&1].cases, by_k[&3].cases, scorer.all(&scored).cases),
            (2, 1, 3)
        );
        assert_eq!(
            (
                by_k[&1].ndcg_at_10,
                by_k[&1].hit_at_10,
                by_k[&1].coverage_at_20
            ),
            (0.5, 0.5, 1)
        );
        assert_eq!(by_k[&3].recall_at_20, 0.5);
        assert_eq!(by_k[&1].popular_at_20, 0.0);
    }

    #[test]
    fn a_difference_is_paired_and_counts_who_was_helped_and_harmed() {
        let eval_set = eval_set();
        let scorer = RankingScorer::of(&eval_set, &[9, 5, 1, 1]);
        let picks = |rows: [u32; 4]| scorer.score(rows.map(|row| vec![ItemIx(row)]).to_vec());
        let (one, other) = (picks([1, 1, 2, 0]), picks([2, 2, 2, 0]));
        let minus = scorer.minus(&one, &other);
        assert_eq!(
            (minus[&1].ndcg_at_10, minus[&1].helped, minus[&1].harm),
            (0.0, 0.5, 0.5)
        );
        assert_eq!(minus[&3], Difference::default());
        assert_eq!(scorer.all_minus(&one, &one), Difference::default());
    }
}
