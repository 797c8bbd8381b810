//! What federated averaging of the ranker is worth: packs whose ranker was trained further, or which
//! were refreshed, against the pack as trained. The engine that averages is outside; it calls
//! [`train_further`](crate::learner::train_further) for each group of shoppers.

use std::fmt::Write;

use anyhow::{Context, Result, ensure};
use fewshop_core::split;
use fewshop_data::files::{Log, LoggedSession};
use fewshop_eval::{Bootstrap, EvalSet};
use fewshop_model::Pack;
use serde::{Deserialize, Serialize};

use super::judge::{Judge, Quality};

/// Salt of the hash that puts shoppers into groups.
const SALT: &str = "federated";

/// The sessions of one group of shoppers. A shopper is in one group only, by a hash of the id, so
/// that what a group holds depends on nobody's list.
///
/// # Errors
/// If there is no such group, or nobody is in it.
pub fn group(log: &Log, nth: u64, of: u64) -> Result<Log> {
    ensure!(
        nth < of,
        "there is no group {nth}: {of} groups are numbered from 0 to {}",
        of.saturating_sub(1)
    );
    let sessions: Vec<LoggedSession> = log
        .sessions
        .iter()
        .filter(|session| split::fold(&log.users[session.user as usize], SALT, of) == nth)
        .cloned()
        .collect();
    ensure!(
        !sessions.is_empty(),
        "group {nth} of {of} has no session: fewer groups are needed"
    );
    Ok(Log {
        events: sessions.iter().map(|session| session.items.len()).sum(),
        sessions,
        ..log.clone()
    })
}

/// One pack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FederatedRow {
    /// Its name.
    pub name: String,
    /// All products.
    pub all: Quality,
    /// Without the 50 bestsellers.
    pub beyond: Quality,
}

/// All figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FederatedResult {
    /// Cases, and their shoppers.
    pub cases: [usize; 2],
    /// The pack as trained first.
    pub rows: Vec<FederatedRow>,
}

/// Scores the packs on the same cases, which use the rows of `trained`.
///
/// # Errors
/// If a pack has other products, or the same in another order.
pub fn compare(
    trained: &Pack,
    others: &[(String, Pack)],
    eval_set: &EvalSet,
) -> Result<FederatedResult> {
    let judge = Judge::new(eval_set, trained);
    let base = judge.columns(trained)?;
    let mut rows = Vec::new();
    let named = std::iter::once(("as trained", trained));
    for (name, pack) in named.chain(others.iter().map(|(name, pack)| (name.as_str(), pack))) {
        let ids = |pack: &Pack| -> Vec<_> {
            let items = pack.catalogue().items().iter();
            items.map(|item| item.id.clone()).collect()
        };
        ensure!(
            ids(pack) == ids(trained),
            "{name}: other products than those of the pack as trained"
        );
        let columns = [judge.columns(pack).with_context(|| name.to_owned())?];
        let of = |at: usize| judge.quality(at, &[columns[0][at].clone()], &base[at]);
        rows.push(FederatedRow {
            name: name.to_owned(),
            all: of(0),
            beyond: of(1),
        });
    }
    let (_, users) = judge.cases(0);
    Ok(FederatedResult {
        cases: [users.len(), Bootstrap::over(users).shoppers()],
        rows,
    })
}

/// The figures as a Markdown table.
#[must_use]
pub fn table(result: &FederatedResult) -> String {
    let mut out = format!(
        "NDCG@10 of {} cases of {} shoppers, mean over k; gains over the pack as trained, with 95 % intervals over shoppers\n\n\
         | pack | NDCG@10 | gain | beyond the 50 bestsellers | gain |\n|---|---|---|---|---|\n",
        result.cases[0], result.cases[1]
    );
    for (nth, row) in result.rows.iter().enumerate() {
        let gain = |quality: &Quality| {
            let [low, high] = quality.interval;
            if nth == 0 {
                String::new()
            } else {
                format!("{:+.4} [{low:+.4}, {high:+.4}]", quality.gain)
            }
        };
        let _ = writeln!(
            out,
            "| {} | {:.4} | {} | {:.4} | {} |",
            row.name,
            row.all.mean,
            gain(&row.all),
            row.beyond.mean,
            gain(&row.beyond)
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use fewshop_core::{EventKind, ItemIx};
    use fewshop_data::files::{EvalCase, LoggedItem};
    use fewshop_model::toy;

    use super::*;

    fn log() -> Log {
        let session = |nth: u32| LoggedSession {
            user: nth % 30,
            id: format!("s{nth}"),
            time_s: i64::from(nth),
            items: vec![LoggedItem {
                item: ItemIx(nth % 20),
                kind: EventKind::Purchase,
                quantity: 1.0,
            }],
            is_ordered: false,
        };
        Log {
            users: (0..30).map(|user| format!("u{user}")).collect(),
            sessions: (0..90).map(session).collect(),
            events: 90,
            ..Log::default()
        }
    }

    #[test]
    fn each_shopper_is_in_one_group_with_all_sessions() {
        let log = log();
        let groups: Vec<Log> = (0..4).map(|nth| group(&log, nth, 4).unwrap()).collect();
        let mut seen = vec![Vec::new(); 30];
        for (nth, group) in groups.iter().enumerate() {
            for session in &group.sessions {
                seen[session.user as usize].push(nth);
            }
        }
        for of_one in seen {
            assert_eq!(of_one.len(), 3);
            assert!(of_one.iter().all(|nth| *nth == of_one[0]));
        }
        assert!(
            group(&log, 4, 4)
                .unwrap_err()
                .to_string()
                .contains("0 to 3")
        );
    }

    #[test]
    fn a_pack_gains_nothing_over_itself_and_its_negative_loses() {
        let pack = toy::pack();
        let worse = pack
            .clone()
            .edit(|parts| {
                parts
                    .ranker
                    .w2
                    .iter_mut()
                    .for_each(|weight| *weight *= -1.0)
            })
            .unwrap();
        let eval_set = EvalSet {
            queries: (0..10u32)
                .map(|n| EvalCase {
                    id: format!("{n}"),
                    user: format!("u{n}"),
                    k: 1,
                    context: vec![ItemIx(n)],
                    ..EvalCase::default()
                })
                .collect(),
            relevant: (0..10u32).map(|n| vec![ItemIx(n + 20)]).collect(),
        };
        let others = [
            ("same".to_owned(), pack.clone()),
            ("worse".to_owned(), worse),
        ];
        let result = compare(&pack, &others, &eval_set).unwrap();
        assert_eq!(result.rows[1].all.interval, [0.0, 0.0]);
        assert_ne!(result.rows[2].all.gain, 0.0);
        assert!(table(&result).contains("| same | "), "{}", table(&result));
    }
}
