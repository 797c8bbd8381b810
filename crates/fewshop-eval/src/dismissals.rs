//! Simulates sessions in which shoppers turn down shown products, from cases without dismissals.
//!
//! The rule uses no random numbers: the frozen pack ranks the case, and the shopper sees its first
//! ten picks. The shopper turns down those that were not taken in that session, from the top, up to
//! `max_dismissed`.
//!
//! A product that was turned down is never shown again. This alone improves a list, because the
//! dismissed products are wrong by construction. The value of learning from dismissals is therefore
//! the difference from a list without the same products.

use std::collections::BTreeMap;

use anyhow::Result;
use fewshop_core::{Event, EventKind, ItemIx, Session};
use fewshop_model::Model;
use serde::{Deserialize, Serialize};

use crate::ranking::{items, rank, session};
use crate::{Difference, EvalSet, Figures, PICKS, RankingScorer};

/// Number of picks that the shopper sees before turning any down.
pub const SHOWN: usize = 10;

/// Figures of the cases, each with a number of products turned down.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Dismissals {
    /// Maximum number of products turned down in a case.
    #[serde(rename = "most")]
    pub max_dismissed: usize,
    /// Mean number of products turned down in the cases of each k.
    pub turned_down: BTreeMap<u32, f64>,
    /// The frozen pack, which shows dismissed products again.
    pub frozen: BTreeMap<u32, Figures>,
    /// The frozen pack without the dismissed products.
    pub removed: BTreeMap<u32, Figures>,
    /// The pack as it ships: dismissed products are removed and change the scores of others.
    pub learned: BTreeMap<u32, Figures>,
    /// `learned` minus `removed`: the total effect of learning on the device.
    pub learned_minus_removed: BTreeMap<u32, Difference>,
    /// The same over the cases of all k together.
    pub all_learned_minus_removed: Difference,
    /// `learned` minus the pack as it ships without knowledge of the dismissals, with the same
    /// products struck out of its list: the effect of the dismissals on other products alone.
    pub learned_minus_struck_out: BTreeMap<u32, Difference>,
    /// The same over the cases of all k together.
    pub all_learned_minus_struck_out: Difference,
}

/// Turns down shown but irrelevant products of every case, up to each number in `max_dismissed`,
/// and ranks again.
///
/// # Errors
/// When a case names a row that the pack does not have, or the backend fails.
pub fn dismissals(
    model: &Model,
    eval_set: &EvalSet,
    max_dismissed: &[usize],
) -> Result<Vec<Dismissals>> {
    let scorer = RankingScorer::of(eval_set, model.pack().popularity());
    let sessions: Vec<Session> = eval_set.queries.iter().map(session).collect();
    let frozen = items(rank(model, &sessions, PICKS, true)?);
    // Long enough to lose all products that may be turned down.
    let adapted = items(rank(model, &sessions, PICKS + SHOWN, false)?);
    max_dismissed
        .iter()
        .map(|&max_dismissed| {
            let turned_down: Vec<Vec<ItemIx>> = frozen
                .iter()
                .zip(&eval_set.relevant)
                .map(|(shown, relevant)| turned_down(shown, relevant, max_dismissed))
                .collect();
            let with_dismissals: Vec<Session> = sessions
                .iter()
                .zip(&turned_down)
                .map(|(session, items)| with_dismissals(session, items))
                .collect();
            let removed = scorer.score(items(rank(model, &with_dismissals, PICKS, true)?));
            let learned = scorer.score(items(rank(model, &with_dismissals, PICKS, false)?));
            let struck_out = scorer.score(
                adapted
                    .iter()
                    .zip(&turned_down)
                    .map(|(picks, items)| without(picks, items))
                    .collect(),
            );
            let counts: Vec<f64> = turned_down.iter().map(|items| items.len() as f64).collect();
            Ok(Dismissals {
                max_dismissed,
                turned_down: scorer.mean_by_k(&counts),
                frozen: scorer.by_k(&scorer.score(frozen.clone())),
                removed: scorer.by_k(&removed),
                learned: scorer.by_k(&learned),
                learned_minus_removed: scorer.minus(&learned, &removed),
                all_learned_minus_removed: scorer.all_minus(&learned, &removed),
                learned_minus_struck_out: scorer.minus(&learned, &struck_out),
                all_learned_minus_struck_out: scorer.all_minus(&learned, &struck_out),
            })
        })
        .collect()
}

fn turned_down(picks: &[ItemIx], relevant: &[ItemIx], max_dismissed: usize) -> Vec<ItemIx> {
    picks
        .iter()
        .take(SHOWN)
        .filter(|item| !relevant.contains(item))
        .take(max_dismissed)
        .copied()
        .collect()
}

fn with_dismissals(session: &Session, turned_down: &[ItemIx]) -> Session {
    let mut session = session.clone();
    session.events.extend(
        turned_down
            .iter()
            .map(|&item| Event::new(item, EventKind::Dismiss)),
    );
    session
}

fn without(picks: &[ItemIx], items: &[ItemIx]) -> Vec<ItemIx> {
    picks
        .iter()
        .filter(|item| !items.contains(item))
        .take(PICKS)
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use fewshop_data::files::EvalCase;
    use fewshop_model::toy;

    use super::*;

    fn rows(rows: &[u32]) -> Vec<ItemIx> {
        rows.iter().copied().map(ItemIx).collect()
    }

    #[test]
    fn what_was_shown_and_not_taken_is_turned_down_from_the_top() {
        let shown: Vec<u32> = (20..40).collect();
        assert_eq!(
            turned_down(&rows(&shown), &rows(&[20, 22]), 3),
            rows(&[21, 23, 24])
        );
        // Nobody is shown more than ten.
        assert_eq!(
            turned_down(&rows(&shown), &rows(&[20, 22, 35]), 10),
            rows(&[21, 23, 24, 25, 26, 27, 28, 29])
        );
        assert!(turned_down(&rows(&shown), &rows(&shown), 10).is_empty());
    }

    #[test]
    fn a_list_loses_what_was_turned_down_and_closes_up() {
        let list: Vec<u32> = (0..30).collect();
        let left = without(&rows(&list), &rows(&[0, 5]));
        assert_eq!(
            (left.len(), left[0], left[4], left[19]),
            (PICKS, ItemIx(1), ItemIx(6), ItemIx(21))
        );
    }

    #[test]
    fn lists_without_the_same_products_are_compared() {
        let model = Model::new(toy::pack());
        let case = EvalCase {
            id: "a".to_owned(),
            user: "a".to_owned(),
            k: 1,
            context: rows(&[0]),
            ..EvalCase::default()
        };
        let shown = crate::picks(&model, std::slice::from_ref(&case), true)
            .unwrap()
            .remove(0);
        // The fifth pick is relevant.
        let relevant = shown[4];
        let sessions = session(&case);
        let eval_set = EvalSet {
            queries: vec![case],
            relevant: vec![vec![relevant]],
        };
        let all = dismissals(&model, &eval_set, &[1, 3, 10]).unwrap();
        let place = |list: &[ItemIx]| {
            1.0 / (list.iter().position(|&item| item == relevant).unwrap() + 1) as f64
        };
        for (one, count) in all.iter().zip([1, 3, 9]) {
            let gone: Vec<ItemIx> = shown
                .iter()
                .copied()
                .filter(|&item| item != relevant)
                .take(count)
                .collect();
            let list = |frozen| {
                items(rank(&model, &[with_dismissals(&sessions, &gone)], PICKS, frozen).unwrap())
                    .remove(0)
            };
            let (removed, learned) = (list(true), list(false));
            assert!(
                gone.iter()
                    .all(|item| !removed.contains(item) && !learned.contains(item))
            );
            assert_eq!(
                (one.frozen[&1].mrr_at_20, one.turned_down[&1]),
                (0.2, count as f64)
            );
            // The others may change places as well: ranks among the candidates are features, and
            // there are fewer candidates.
            assert_eq!(
                (one.removed[&1].mrr_at_20, one.learned[&1].mrr_at_20),
                (place(&removed), place(&learned))
            );
            let difference = one.learned[&1].ndcg_at_10 - one.removed[&1].ndcg_at_10;
            assert!((one.learned_minus_removed[&1].ndcg_at_10 - difference).abs() < 1e-12);
        }
        assert!(
            all[2].removed[&1].mrr_at_20 > 0.2,
            "nine products turned down and no lift"
        );
    }
}
