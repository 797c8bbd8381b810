//! Cross-validation under the conditions that a pack will meet: unseen users, after the day on
//! which training ended.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use fewshop_core::{EventKind, ItemIx, split};
use fewshop_data::files::{EvalCase, Log, LoggedSession};
use fewshop_eval::EvalSet;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::Stage;

/// Groups of shoppers. Each group is evaluated once, each after a different day.
pub(crate) const FOLDS: usize = 3;
/// Share of the sessions before the first and before the last fold's day: the training window
/// widens from fold to fold.
const FROM: (f64, f64) = (0.6, 0.8);
/// Numbers of context items of the queries; one session serves all of them.
const KS: [usize; 4] = [1, 3, 5, 10];
/// A session must leave at least this many relevant products.
const MIN_RELEVANT: usize = 2;
/// Required session lengths: the largest one for which every fold has enough sessions is used.
const LENGTHS: [usize; 4] = [12, 8, 5, 3];
/// Sufficient number of sessions per fold and stage.
const ENOUGH: usize = 50;
/// Maximum sessions per fold and stage, which gives 800 queries.
const MOST: usize = 200;
/// Maximum sessions per shopper, so that regulars do not outweigh all others.
const A_SHOPPER: usize = 6;
/// Minimum number of sessions in a sample of the shop, if the shop has that many.
const MIN_SESSIONS: f64 = 2_000.0;
const DAY_S: i64 = 86_400;

/// The queries of one stage of a fold.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct FoldQueries {
    pub(crate) eval_set: EvalSet,
    /// Index of the shopper in the log, parallel to the queries.
    pub(crate) users: Vec<u32>,
}

/// One fold: the held-out shoppers, its first day, and its queries.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fold {
    /// Days since 1970; training ends before it.
    pub(crate) day: i64,
    pub(crate) screening: FoldQueries,
    pub(crate) deciding: FoldQueries,
}

impl Fold {
    pub(crate) fn queries(&self, stage: Stage) -> &FoldQueries {
        match stage {
            Stage::Screening => &self.screening,
            Stage::Deciding => &self.deciding,
        }
    }
}

/// The folds of one log.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Folds {
    pub(crate) folds: Vec<Fold>,
    /// Group of each shopper of the log.
    group: Vec<usize>,
    /// Position of each shopper in `0.0..1.0`: the shoppers below a share form its sample, so a
    /// larger sample contains the smaller one.
    place: Vec<f64>,
    /// Minimum number of products in a session that is queried.
    pub(crate) length: usize,
}

impl Folds {
    /// Cuts a log.
    ///
    /// Shoppers fall into groups by a hash; a group's queries come from its own sessions from the
    /// fold's day on. Half of its shoppers serve the screening rungs, the other half the deciding
    /// one.
    ///
    /// # Errors
    /// If the log has too few days, shoppers or long sessions.
    pub(crate) fn of(log: &Log, seed: u64) -> Result<Self> {
        let hash = |what: &str, into: u64| {
            let salt = format!("select-{what}-{seed}");
            log.users
                .iter()
                .map(move |user| split::fold(user, &salt, into))
                .collect::<Vec<u64>>()
        };
        let group: Vec<usize> = hash("group", FOLDS as u64)
            .into_iter()
            .map(|group| group as usize)
            .collect();
        let place = hash("sample", 1 << 20)
            .into_iter()
            .map(|place| place as f64 / f64::from(1 << 20))
            .collect();
        let decides: Vec<bool> = hash("stage", 2).into_iter().map(|half| half == 1).collect();
        let mut days: Vec<i64> = log.sessions.iter().map(day).collect();
        days.sort_unstable();
        ensure!(
            days.first() != days.last(),
            "the log covers at most one day, so there are no sessions after the end of training: leave --select out, or give a log of some weeks"
        );
        let cut = |fold: usize| {
            let share = FROM.0 + (FROM.1 - FROM.0) * fold as f64 / (FOLDS - 1) as f64;
            // In a log of few days this may be the first day, which would leave nothing to train
            // on.
            days[(days.len() as f64 * share) as usize].max(days[0] + 1)
        };
        let sessions = |fold: usize, stage: Stage, min_items: usize| {
            let (group, decides) = (&group, &decides);
            log.sessions.iter().filter(move |session| {
                let user = session.user as usize;
                let is_queried = group[user] == fold && decides[user] == (stage == Stage::Deciding);
                is_queried && day(session) >= cut(fold) && taken(session).count() >= min_items
            })
        };
        let each =
            || (0..FOLDS).flat_map(|fold| [(fold, Stage::Screening), (fold, Stage::Deciding)]);
        let enough = |min_items: &usize| {
            each().all(|(fold, stage)| sessions(fold, stage, *min_items).count() >= ENOUGH)
        };
        let length = LENGTHS
            .into_iter()
            .find(enough)
            .unwrap_or(LENGTHS[LENGTHS.len() - 1]);
        let mut folds: Vec<Fold> = (0..FOLDS)
            .map(|fold| Fold {
                day: cut(fold),
                ..Fold::default()
            })
            .collect();
        for (fold, stage) in each() {
            let mut rng = ChaCha8Rng::seed_from_u64(
                seed.wrapping_mul(2 * FOLDS as u64)
                    .wrapping_add(2 * fold as u64 + stage as u64),
            );
            let queries = fold_queries(log, sessions(fold, stage, length).collect(), &mut rng);
            ensure!(
                !queries.eval_set.queries.is_empty(),
                "of a third of the shoppers no session of {length} products or more is later than the day on which training would end: \
                 the log is too small for --select, leave it out"
            );
            match stage {
                Stage::Screening => folds[fold].screening = queries,
                Stage::Deciding => folds[fold].deciding = queries,
            }
        }
        Ok(Self {
            folds,
            group,
            place,
            length,
        })
    }

    /// The log that a fold trains on: sessions of the other groups before the fold's day, from a
    /// share of their shoppers.
    pub(crate) fn training(&self, log: &Log, fold: usize, share: f64) -> Log {
        let whole: Vec<&LoggedSession> = log
            .sessions
            .iter()
            .filter(|session| {
                self.group[session.user as usize] != fold && day(session) < self.folds[fold].day
            })
            .collect();
        let share = share.max(MIN_SESSIONS / whole.len().max(1) as f64);
        let mut out = Log::default();
        // Renumbers the shoppers, so that not even the names of those left out reach the training.
        let mut numbers: BTreeMap<u32, u32> = BTreeMap::new();
        for session in whole
            .into_iter()
            .filter(|session| self.place[session.user as usize] < share)
        {
            let user = *numbers.entry(session.user).or_insert_with(|| {
                out.users.push(log.users[session.user as usize].clone());
                out.users.len() as u32 - 1
            });
            out.events += session.items.len();
            out.sessions.push(LoggedSession {
                user,
                ..session.clone()
            });
        }
        out
    }
}

fn day(session: &LoggedSession) -> i64 {
    session.time_s.div_euclid(DAY_S)
}

fn taken(session: &LoggedSession) -> impl Iterator<Item = ItemIx> {
    session
        .items
        .iter()
        .filter(|item| item.kind != EventKind::Dismiss)
        .map(|item| item.item)
}

/// Context items are shuffled, because all items of a basket have the same timestamp.
fn fold_queries(log: &Log, mut sessions: Vec<&LoggedSession>, rng: &mut ChaCha8Rng) -> FoldQueries {
    sessions.shuffle(rng);
    let mut of_shopper: BTreeMap<u32, usize> = BTreeMap::new();
    sessions.retain(|session| {
        let count = of_shopper.entry(session.user).or_default();
        *count += 1;
        *count <= A_SHOPPER
    });
    let mut out = FoldQueries::default();
    for session in sessions.into_iter().take(MOST) {
        let mut items: Vec<ItemIx> = taken(session).collect();
        items.shuffle(rng);
        let user = &log.users[session.user as usize];
        for k in KS.into_iter().filter(|k| k + MIN_RELEVANT <= items.len()) {
            let (context, relevant) = items.split_at(k);
            out.eval_set.queries.push(EvalCase {
                id: format!("{}-{k}", session.id),
                user: user.clone(),
                k: k as u32,
                context: context.to_vec(),
                ..EvalCase::default()
            });
            out.eval_set.relevant.push(relevant.to_vec());
            out.users.push(session.user);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use fewshop_data::files::LoggedItem;
    use proptest::prelude::*;

    use super::*;

    /// Sessions `(shopper, hour, products)`, in order of time as in a log.
    fn log(sessions: &[(u32, i64, u32)]) -> Log {
        let mut log = Log {
            users: (0..60).map(|user| format!("u{user}")).collect(),
            ..Log::default()
        };
        for (nth, &(user, hour, products)) in sessions.iter().enumerate() {
            let item = |row| LoggedItem {
                item: ItemIx(row),
                kind: EventKind::Purchase,
                quantity: 1.0,
            };
            log.sessions.push(LoggedSession {
                user,
                id: format!("s{nth}"),
                time_s: hour * 3_600,
                items: (0..products).map(item).collect(),
                is_ordered: false,
            });
        }
        log.sessions
            .sort_by(|a, b| (a.time_s, &a.id).cmp(&(b.time_s, &b.id)));
        log
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_shopper_and_no_later_day_leaks(
            sessions in prop::collection::vec((0u32..60, 0i64..2_000, 3u32..16), 300..500),
            seed in 0u64..1_000,
            share in 0.01f64..1.0,
        ) {
            let log = log(&sessions);
            let folds = Folds::of(&log, seed);
            // Occasionally too few shoppers fall into one group to make queries; refusing such a
            // log is correct.
            prop_assume!(folds.is_ok());
            let folds = folds.unwrap();
            let session = |case: &EvalCase| log.sessions.iter().find(|s| case.id.starts_with(&format!("{}-", s.id))).unwrap();
            let mut asked: BTreeSet<String> = BTreeSet::new();
            for (nth, fold) in folds.folds.iter().enumerate() {
                let training = folds.training(&log, nth, share);
                let learned: BTreeSet<&String> = training.users.iter().collect();
                prop_assert_eq!(learned.len(), training.users.len());
                prop_assert!(training.sessions.iter().all(|s| (s.user as usize) < training.users.len() && day(s) < fold.day));
                for stage in [&fold.screening, &fold.deciding] {
                    let users: BTreeSet<String> = stage.eval_set.queries.iter().map(|case| case.user.clone()).collect();
                    prop_assert!(users.iter().all(|user| !learned.contains(user)));
                    // No other fold or stage queries the same shoppers.
                    prop_assert!(asked.is_disjoint(&users));
                    asked.extend(users);
                    for ((case, relevant), &user) in stage.eval_set.queries.iter().zip(&stage.eval_set.relevant).zip(&stage.users) {
                        prop_assert!(day(session(case)) >= fold.day);
                        prop_assert_eq!(&log.users[user as usize], &case.user);
                        prop_assert_eq!(case.context.len(), case.k as usize);
                        prop_assert!(relevant.len() >= MIN_RELEVANT && relevant.iter().all(|item| !case.context.contains(item)));
                        prop_assert_eq!(case.context.len() + relevant.len(), session(case).items.len());
                    }
                }
            }
            let days: Vec<i64> = folds.folds.iter().map(|fold| fold.day).collect();
            prop_assert!(days.is_sorted());
        }
    }

    #[test]
    fn a_larger_sample_contains_the_smaller_one_and_a_full_share_is_the_whole_log() {
        let sessions: Vec<(u32, i64, u32)> =
            (0..6_000).map(|n| (n % 60, i64::from(n / 4), 4)).collect();
        let log = log(&sessions);
        let folds = Folds::of(&log, 7).unwrap();
        let users = |share| {
            folds
                .training(&log, 1, share)
                .users
                .into_iter()
                .collect::<BTreeSet<String>>()
        };
        assert!(users(0.9).is_subset(&users(1.0)));
        assert!(users(0.01).len() < users(1.0).len());
        // A hundredth would be too small for a shop.
        assert!(folds.training(&log, 1, 0.01).sessions.len() > 1_000);
    }

    #[test]
    fn long_sessions_are_queried_if_there_are_enough() {
        let with = |products| {
            (0..3_000)
                .map(|n| (n % 60, i64::from(n), products))
                .collect::<Vec<_>>()
        };
        let long = Folds::of(&log(&with(13)), 7).unwrap();
        assert_eq!(long.length, 12);
        assert!(
            long.folds
                .iter()
                .all(|fold| fold.deciding.eval_set.queries.len() <= 4 * MOST)
        );
        assert_eq!(Folds::of(&log(&with(5)), 7).unwrap().length, 5);
    }

    #[test]
    fn a_log_of_one_day_is_refused() {
        let error = Folds::of(&log(&[(0, 1, 5), (1, 2, 5)]), 7).unwrap_err();
        assert!(error.to_string().contains("one day"), "{error}");
    }
}
