//! Holds out products by a rule, and splits the log into training sessions and evaluation cases.

use std::collections::HashSet;

use anyhow::{Result, ensure};
use fewshop_core::{Catalogue, EventKind, Item, ItemIx, split};
use fewshop_data::files::{EvalCase, Log, LoggedSession};
use fewshop_eval::EvalSet;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// One product in this many is new.
const PARTS: u64 = 10;
/// Percentage of shoppers in the evaluation; none of their sessions are in the training.
const ASKED: u64 = 30;
/// Share of the sessions, the latest ones, from which queries come; training sessions are earlier.
const LATE: f64 = 0.2;
/// Numbers of context items of the queries.
const CONTEXT_SIZES: [usize; 4] = [1, 3, 5, 10];

/// A log split so that a tenth of its products has never been sold.
///
/// A product is new where `split::fold(id, salt, 10)` is 0: all its events are removed from the
/// training. Shoppers with `split::fold(user, salt, 100) < 30` are evaluated on their sessions
/// among the last 20 %; the other shoppers' earlier sessions form the training. A session gives one
/// query for each number of context items that it has enough existing products for; it must also
/// contain a new product.
#[derive(Debug, Clone)]
pub(super) struct Hold {
    /// Products in the training.
    pub(super) existing: Catalogue,
    /// Their rows in the whole catalogue.
    pub(super) rows: Vec<usize>,
    /// The new products.
    pub(super) new: Vec<Item>,
    /// Sessions of existing products, in rows of `existing`.
    pub(super) log: Log,
    /// Cases and their relevant items, in rows of the whole catalogue.
    pub(super) eval_set: EvalSet,
}

impl Hold {
    /// # Errors
    /// If the log is too small for an evaluation.
    pub(super) fn of(catalogue: &Catalogue, log: &Log, salt: &str, seed: u64) -> Result<Self> {
        let is_new: Vec<bool> = catalogue
            .items()
            .iter()
            .map(|item| split::fold(&item.id.0, salt, PARTS) == 0)
            .collect();
        let rows: Vec<usize> = (0..catalogue.len()).filter(|&row| !is_new[row]).collect();
        let mut place = vec![None; catalogue.len()];
        rows.iter()
            .enumerate()
            .for_each(|(to, &from)| place[from] = Some(ItemIx::from(to)));
        let pick = |new: bool| {
            catalogue
                .items()
                .iter()
                .zip(&is_new)
                .filter(move |(_, is_new)| **is_new == new)
                .map(|(item, _)| item.clone())
        };
        let is_queried: Vec<bool> = log
            .users
            .iter()
            .map(|user| split::fold(user, salt, 100) < ASKED)
            .collect();
        let from = (log.sessions.len() as f64 * (1.0 - LATE)) as usize;
        let mut train = Log {
            users: log.users.clone(),
            ..Log::default()
        };
        let mut eval_set = EvalSet::default();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        for (nth, session) in log.sessions.iter().enumerate() {
            if !is_queried[session.user as usize] && nth < from {
                let items = session.items.iter().filter_map(|item| {
                    Some(fewshop_data::files::LoggedItem {
                        item: place[item.item.row()]?,
                        ..*item
                    })
                });
                let items: Vec<_> = items.collect();
                train.events += items.len();
                if !items.is_empty() {
                    train.sessions.push(LoggedSession {
                        items,
                        ..session.clone()
                    });
                }
            } else if is_queried[session.user as usize] && nth >= from {
                ask(
                    session,
                    &log.users[session.user as usize],
                    &is_new,
                    &mut eval_set,
                    &mut rng,
                );
            }
        }
        ensure!(
            !eval_set.queries.is_empty() && !train.sessions.is_empty(),
            "no late session contains one of the {} products that count as new: give a longer log",
            catalogue.len() - rows.len()
        );
        Ok(Self {
            existing: Catalogue::new(pick(false).collect())?,
            rows,
            new: pick(true).collect(),
            log: train,
            eval_set,
        })
    }
}

/// Makes one query per number of context items from a session. Context items are existing products
/// in random order, because all items of a basket have the same timestamp.
fn ask(
    session: &LoggedSession,
    user: &str,
    is_new: &[bool],
    eval_set: &mut EvalSet,
    rng: &mut ChaCha8Rng,
) {
    let taken = session
        .items
        .iter()
        .filter(|item| item.kind != EventKind::Dismiss)
        .map(|item| item.item);
    let (new, mut existing): (Vec<ItemIx>, Vec<ItemIx>) =
        taken.partition(|item| is_new[item.row()]);
    if new.is_empty() {
        return;
    }
    existing.shuffle(rng);
    for k in CONTEXT_SIZES.into_iter().filter(|&k| k < existing.len()) {
        let id = format!("{}-{k}", session.id);
        eval_set.queries.push(EvalCase {
            id,
            user: user.to_owned(),
            k: k as u32,
            context: existing[..k].to_vec(),
            ..EvalCase::default()
        });
        eval_set
            .relevant
            .push(existing[k..].iter().chain(&new).copied().collect());
    }
}

/// The new ones among the relevant items.
pub(super) fn only(relevant: &[Vec<ItemIx>], allowed: &[bool]) -> Vec<Vec<ItemIx>> {
    relevant
        .iter()
        .map(|relevant| {
            relevant
                .iter()
                .copied()
                .filter(|item| allowed[item.row()])
                .collect()
        })
        .collect()
}

/// Ids of items.
pub(super) fn ids(items: &[Item]) -> HashSet<&str> {
    items.iter().map(|item| item.id.0.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use fewshop_data::files::LoggedItem;

    use super::*;

    fn shop() -> (Catalogue, Log) {
        let items = (0..100)
            .map(|row| Item::new(&format!("i{row}"), "Thing"))
            .collect();
        let item = |row: u32| LoggedItem {
            item: ItemIx(row % 100),
            kind: EventKind::Purchase,
            quantity: 1.0,
        };
        let session = |n: u32| LoggedSession {
            user: n % 40,
            id: format!("s{n}"),
            time_s: i64::from(n),
            items: (0..8).map(|at| item(n * 7 + at * 13)).collect(),
            is_ordered: false,
        };
        let log = Log {
            users: (0..40).map(|u| format!("u{u}")).collect(),
            sessions: (0..400).map(session).collect(),
            ..Log::default()
        };
        (Catalogue::new(items).unwrap(), log)
    }

    #[test]
    fn no_new_product_and_no_evaluated_shopper_is_in_the_training() {
        let (catalogue, log) = shop();
        let hold = Hold::of(&catalogue, &log, "a", 7).unwrap();
        assert_eq!(hold.existing.len() + hold.new.len(), 100);
        assert!((3..20).contains(&hold.new.len()), "{}", hold.new.len());
        let new = ids(&hold.new);
        assert!(
            hold.log
                .sessions
                .iter()
                .flat_map(|s| &s.items)
                .all(|i| !new.contains(hold.existing[i.item].id.0.as_str()))
        );
        let trained: HashSet<&str> = hold
            .log
            .sessions
            .iter()
            .map(|s| log.users[s.user as usize].as_str())
            .collect();
        assert!(
            hold.eval_set
                .queries
                .iter()
                .all(|case| !trained.contains(case.user.as_str()))
        );
        assert!(hold.log.sessions.iter().all(|s| s.time_s < 320));
        assert!(
            hold.rows
                .iter()
                .enumerate()
                .all(|(to, &from)| hold.existing.items()[to] == catalogue.items()[from])
        );
    }

    #[test]
    fn context_items_are_existing_products_and_a_new_one_is_relevant() {
        let (catalogue, log) = shop();
        let hold = Hold::of(&catalogue, &log, "a", 7).unwrap();
        let new = ids(&hold.new);
        let is_new = |item: &ItemIx| new.contains(catalogue[*item].id.0.as_str());
        for (case, relevant) in hold.eval_set.queries.iter().zip(&hold.eval_set.relevant) {
            assert_eq!(case.context.len(), case.k as usize);
            assert!(!case.context.iter().any(is_new) && relevant.iter().any(is_new));
            assert!(case.context.iter().all(|item| !relevant.contains(item)));
        }
    }
}
