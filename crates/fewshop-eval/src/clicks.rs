//! What a few clicks are worth: the same sessions ranked with none, one, two, … of their products
//! known.
//!
//! The products in question are the same whatever is known: those after the first twenty of a
//! session. The first twenty are struck from every list, known or not; otherwise knowing them would
//! already remove wrong picks, and the gain would flatter.

use std::collections::{BTreeMap, HashSet};

use anyhow::{Result, ensure};
use fewshop_core::{ItemIx, metrics};
use fewshop_data::files::EvalCase;
use fewshop_model::Model;
use serde::{Deserialize, Serialize};

use crate::ranking::{items, rank, session};
use crate::{Bootstrap, EvalSet, Interval};

/// Numbers of known products.
pub const KNOWN: [usize; 7] = [0, 1, 2, 3, 5, 10, 20];
/// Products of a session that may be known.
const MAX_KNOWN: usize = KNOWN[KNOWN.len() - 1];
/// Minimum number of products in question.
const MIN_RELEVANT: usize = 4;
/// The products that everyone buys.
pub const BESTSELLERS: usize = 50;

/// What some clicks are worth.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct KnownClicks {
    /// Sessions that are long enough.
    pub sessions: usize,
    /// Their shoppers.
    pub shoppers: usize,
    /// By number of known products.
    pub rows: Vec<KnownRow>,
    /// By number of earlier visits; empty without cases of returning shoppers.
    pub visits: Vec<VisitRow>,
}

/// A mean, and a difference with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Gain {
    /// Mean NDCG@10.
    pub ndcg_at_10: f64,
    /// Minus that of the comparison.
    pub gain: f64,
    /// Interval of the gain; it resamples shoppers.
    pub interval: Interval,
}

/// The figures of one number of known products.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct KnownRow {
    /// Known products.
    pub known: usize,
    /// Compared with none.
    pub all: Gain,
    /// The same without the 50 bestsellers, in lists and among the products in question.
    pub beyond: Gain,
    /// Reading the clicks in context, without fine-tuning: compared with none.
    pub context: Gain,
    /// Fine-tuning by gradient steps: compared with reading alone.
    pub fine_tuning: Gain,
    /// Share of the sessions that rank worse with fine-tuning.
    pub harmed: f64,
}

/// The figures of one number of earlier visits.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct VisitRow {
    /// Earlier visits.
    pub visits: u32,
    /// Compared with the same cases without their visits.
    pub memory: Gain,
}

/// Ranks the sessions of an evaluation set with several numbers of known products. Cases of one
/// shopper with the same products are one session.
///
/// # Errors
/// When no session has 24 products, or a case names a row that the pack does not have.
pub fn known_clicks(
    model: &Model,
    eval_set: &EvalSet,
    returning: Option<&EvalSet>,
) -> Result<KnownClicks> {
    let sessions = sessions(eval_set);
    ensure!(
        !sessions.is_empty(),
        "no case has {} products together with its relevant items: give cases of longer sessions",
        MAX_KNOWN + MIN_RELEVANT
    );
    let bestsellers = bestsellers(model);
    let bootstrap = Bootstrap::over(sessions.iter().map(|(case, _)| case.user.as_str()));
    let mut rows: Vec<KnownRow> = Vec::new();
    let mut none: Option<[Vec<f64>; 2]> = None;
    for known in KNOWN {
        let cases: Vec<_> = sessions
            .iter()
            .map(|(case, all)| {
                session(&EvalCase {
                    context: all[..known].to_vec(),
                    visits: Vec::new(),
                    ..(*case).clone()
                })
            })
            .collect();
        let n = crate::PICKS + MAX_KNOWN + BESTSELLERS;
        let [tuned, frozen] = [false, true].map(|frozen| rank(model, &cases, n, frozen).map(items));
        let (tuned, frozen) = (tuned?, frozen?);
        let scored = |lists: &[Vec<ItemIx>], left_out: &HashSet<ItemIx>| -> Vec<f64> {
            lists
                .iter()
                .zip(&sessions)
                .map(|(list, (_, all))| ndcg(list, all, left_out))
                .collect()
        };
        let everything = HashSet::new();
        let all = scored(&tuned, &everything);
        let beyond = scored(&tuned, &bestsellers);
        let read = scored(&frozen, &everything);
        let [none_all, none_beyond] = none.get_or_insert_with(|| [all.clone(), beyond.clone()]);
        let gain = |one: &[f64], other: &[f64]| gain(&bootstrap, one, other);
        let worse = all.iter().zip(&read).filter(|(tuned, read)| tuned < read);
        rows.push(KnownRow {
            known,
            all: gain(&all, none_all),
            beyond: gain(&beyond, none_beyond),
            context: gain(&read, none_all),
            fine_tuning: gain(&all, &read),
            harmed: worse.count() as f64 / all.len() as f64,
        });
    }
    Ok(KnownClicks {
        sessions: sessions.len(),
        shoppers: bootstrap.shoppers(),
        rows,
        visits: match returning {
            Some(cases) => visits(model, cases)?,
            None => Vec::new(),
        },
    })
}

/// A case, and all products of its session: the context first.
type WholeSession<'a> = (&'a EvalCase, Vec<ItemIx>);

/// One case of each long session, with all of its products: those of its case with the largest
/// context first.
fn sessions(eval_set: &EvalSet) -> Vec<WholeSession<'_>> {
    let mut by_products: BTreeMap<(&str, Vec<ItemIx>), WholeSession<'_>> = BTreeMap::new();
    for (case, relevant) in eval_set.queries.iter().zip(&eval_set.relevant) {
        let all: Vec<ItemIx> = case.context.iter().chain(relevant).copied().collect();
        if all.len() < MAX_KNOWN + MIN_RELEVANT {
            continue;
        }
        let mut products = all.clone();
        products.sort_unstable();
        let slot = by_products
            .entry((&case.user, products))
            .or_insert_with(|| (case, all.clone()));
        if slot.0.context.len() < case.context.len() {
            *slot = (case, all);
        }
    }
    by_products.into_values().collect()
}

/// The products that everyone buys.
pub(crate) fn bestsellers(model: &Model) -> HashSet<ItemIx> {
    let popularity = model.pack().popularity();
    let mut rows: Vec<usize> = (0..popularity.len()).collect();
    rows.sort_by_key(|&row| (std::cmp::Reverse(popularity[row]), row));
    rows.into_iter()
        .take(BESTSELLERS)
        .map(ItemIx::from)
        .collect()
}

/// NDCG@10 of a list, of the products after the first twenty. A session whose products in question
/// are all left out counts as 0 in every list.
fn ndcg(list: &[ItemIx], all: &[ItemIx], left_out: &HashSet<ItemIx>) -> f64 {
    let rows = |items: &mut dyn Iterator<Item = &ItemIx>| -> Vec<u32> {
        items
            .filter(|item| !left_out.contains(item))
            .map(|item| item.0)
            .collect()
    };
    let (known, rest) = all.split_at(MAX_KNOWN);
    let relevant = rows(&mut rest.iter());
    let list = rows(&mut list.iter().filter(|item| !known.contains(item)));
    let top = &list[..list.len().min(crate::PICKS)];
    metrics::score(&metrics::hits(top, &relevant, &[]), relevant.len())
        .map_or(0.0, |score| score.ndcg_at_10)
}

fn visits(model: &Model, cases: &EvalSet) -> Result<Vec<VisitRow>> {
    let with: Vec<_> = cases.queries.iter().map(session).collect();
    let without: Vec<_> = with
        .iter()
        .map(|session| fewshop_core::Session {
            visits: Vec::new(),
            ..session.clone()
        })
        .collect();
    let scores = |sessions| -> Result<Vec<f64>> {
        let lists = items(rank(model, sessions, crate::PICKS, false)?);
        let rows = |items: &[ItemIx]| items.iter().map(|item| item.0).collect::<Vec<u32>>();
        let score = |(list, relevant): (Vec<ItemIx>, &Vec<ItemIx>)| {
            let hits = metrics::hits(&rows(&list), &rows(relevant), &[]);
            metrics::score(&hits, relevant.len()).map_or(0.0, |score| score.ndcg_at_10)
        };
        Ok(lists.into_iter().zip(&cases.relevant).map(score).collect())
    };
    let (with, without) = (scores(&with)?, scores(&without)?);
    let mut by_visits: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (at, case) in cases.queries.iter().enumerate() {
        by_visits.entry(case.k).or_default().push(at);
    }
    let row = |(visits, at): (u32, Vec<usize>)| {
        let of = |scores: &[f64]| at.iter().map(|&at| scores[at]).collect::<Vec<f64>>();
        let users = at.iter().map(|&at| cases.queries[at].user.as_str());
        VisitRow {
            visits,
            memory: gain(&Bootstrap::over(users), &of(&with), &of(&without)),
        }
    };
    Ok(by_visits.into_iter().map(row).collect())
}

pub(crate) fn gain(bootstrap: &Bootstrap, one: &[f64], other: &[f64]) -> Gain {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let differences: Vec<f64> = one.iter().zip(other).map(|(a, b)| a - b).collect();
    Gain {
        ndcg_at_10: mean(one),
        gain: mean(&differences),
        interval: bootstrap.means(std::slice::from_ref(&differences))[0],
    }
}

#[cfg(test)]
mod tests {
    use fewshop_model::toy;

    use super::*;

    /// Sessions of 18 products of one department and 10 of another: the more is known, the surer
    /// are both.
    fn eval_set() -> EvalSet {
        let products = |n: u32| {
            let from = n % 3 * 20;
            let own = (0..18).map(move |i| from + (i + n) % 20);
            let other = (0..10).map(move |i| (from + 20 + (i * 3 + n) % 20) % 60);
            let mut all: Vec<ItemIx> = own.chain(other).map(ItemIx).collect();
            // Both departments from the beginning to the end.
            all.sort_by_key(|item| (item.0 * 7 + n) % 11);
            all
        };
        let case = |n: u32, k: usize| EvalCase {
            id: format!("{n}-{k}"),
            user: format!("u{n}"),
            k: k as u32,
            context: products(n)[..k].to_vec(),
            ..EvalCase::default()
        };
        let named = (0..12).flat_map(|n| [1, 3].map(|k| (n, k)));
        EvalSet {
            queries: named.clone().map(|(n, k)| case(n, k)).collect(),
            relevant: named.map(|(n, k)| products(n)[k..].to_vec()).collect(),
        }
    }

    #[test]
    fn every_session_counts_once_and_no_click_gains_nothing() {
        let model = Model::new(toy::pack());
        let study = known_clicks(&model, &eval_set(), None).unwrap();
        assert_eq!((study.sessions, study.shoppers), (12, 12));
        assert_eq!(study.rows.len(), KNOWN.len());
        let first = &study.rows[0];
        assert_eq!(
            (first.known, first.all.gain, first.beyond.gain),
            (0, 0.0, 0.0)
        );
        assert!(study.visits.is_empty());
        for row in &study.rows {
            let whole = row.context.gain + row.fine_tuning.gain;
            assert!((whole - row.all.gain).abs() < 1e-9, "{row:?}");
        }
    }

    #[test]
    fn what_may_be_known_is_struck_from_every_list() {
        let all: Vec<ItemIx> = (0..24).map(ItemIx).collect();
        let list: Vec<ItemIx> = (0..24).map(ItemIx).collect();
        assert_eq!(ndcg(&list, &all, &HashSet::new()), 1.0);
        let left_out = HashSet::from([ItemIx(20)]);
        assert_eq!(ndcg(&list, &all, &left_out), 1.0);
        assert_eq!(ndcg(&all[..20], &all, &HashSet::new()), 0.0);
    }

    #[test]
    fn short_sessions_are_an_error() {
        let set = EvalSet {
            queries: vec![EvalCase::default()],
            relevant: vec![vec![ItemIx(1)]],
        };
        let error = known_clicks(&Model::new(toy::pack()), &set, None).unwrap_err();
        assert!(error.to_string().contains("longer sessions"), "{error}");
    }
}
