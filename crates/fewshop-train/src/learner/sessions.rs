//! Splits the sessions of the log by shopper for the parts of the training.

use std::collections::HashMap;

use fewshop_core::{EventKind, split};
use fewshop_data::files::{Log, LoggedItem, day_of};
use fewshop_model::MODEL_MAX_VISITS;
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::TrainConfig;

/// Sessions with their shoppers, ordered by time.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    /// Distinct rows of each.
    pub(crate) items: Vec<Vec<u32>>,
    /// Parallel to `items`.
    pub(crate) users: Vec<u32>,
}

impl Sessions {
    fn push(&mut self, items: &[u32], user: u32) {
        self.items.push(items.to_vec());
        self.users.push(user);
    }
}

/// A session of a shopper who is not in the counts, with this shopper's earlier sessions.
#[derive(Debug, Clone, Default)]
pub(crate) struct HeldOutSession {
    pub(crate) items: Vec<u32>,
    /// In days since 1970.
    pub(crate) day: i32,
    /// Latest first.
    pub(crate) visits: Vec<Vec<u32>>,
    /// Whether `items` are in the order in which the shopper took them.
    pub(crate) is_ordered: bool,
    /// Whether it comes after the sessions that a refresh adds.
    pub(crate) after_refresh: bool,
}

/// One split of the log, into counted sessions and sessions that train the ranker. No shopper is in
/// two parts.
#[derive(Debug, Default)]
pub(crate) struct Round {
    /// For counts and vectors: most shoppers, up to a date.
    pub(crate) fit: Sessions,
    /// For ranker and adapter: other shoppers, after that date.
    pub(crate) held_out: Vec<HeldOutSession>,
    /// Of the counted shoppers, after that date and up to a second one: the sessions that a refresh
    /// adds. Cases of the refreshed pack come after the second date.
    pub(crate) since: Vec<Vec<u32>>,
}

/// Parts of a log.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// The first one also selects the weights of the counts, the tower's epochs and the adapter's
    /// rate.
    pub(crate) rounds: Vec<Round>,
    /// For early stopping if the caller has no cases: shoppers who are in no round, after the first
    /// round's date.
    pub(crate) valid: Vec<HeldOutSession>,
    /// All sessions, for the counts and vectors that are shipped.
    pub(crate) all: Sessions,
}

/// Some context items of a session, and the rest as relevant items.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct TrainingCase {
    pub(crate) context: Vec<u32>,
    pub(crate) relevant: Vec<u32>,
    /// Earlier visits, latest first.
    pub(crate) visits: Vec<Vec<u32>>,
    /// In days since 1970.
    pub(crate) day: Option<i32>,
    /// Number of shown products that the shopper dismisses.
    pub(crate) dismissals: usize,
}

/// Numbers of context items that ranker and adapter are trained for; repeated numbers are more
/// frequent. 0 is a new shopper's first view of the shop, and the baseline of a reason when the
/// only context item is left out.
pub(crate) const CONTEXT_SIZES: [usize; 10] = [0, 1, 1, 2, 3, 3, 5, 5, 8, 10];

/// Numbers of earlier visits, likewise: half of the cases are first visits.
const VISITS: [usize; 10] = [0, 0, 0, 0, 0, 1, 2, 3, 5, 8];

/// Numbers of dismissed products, likewise: three cases of four have none.
const DISMISSALS: [usize; 20] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 5, 10];

/// Share of the cases whose day is known: a device's clock may be wrong, and a shop may not tell its
/// promotions.
const DATED: f64 = 0.75;

/// Shorter sessions make no training cases, and are too short to count as earlier visits.
pub(crate) const MIN_ITEMS: usize = 4;

/// Maximum number of time windows at the end of the log whose sessions train the ranker; each has
/// the length `late_share`.
const WINDOWS: usize = 3;

/// The products taken in each session: all except dismissed ones.
pub fn taken(log: &Log) -> Vec<Vec<u32>> {
    let taken = |items: &[LoggedItem]| {
        items
            .iter()
            .filter(|i| i.kind != EventKind::Dismiss)
            .map(|i| i.item.0)
            .collect()
    };
    log.sessions
        .iter()
        .map(|session| taken(&session.items))
        .collect()
}

/// The sessions of each shopper, for what a device remembers of earlier visits.
struct Histories<'a> {
    log: &'a Log,
    taken: &'a [Vec<u32>],
    /// Places in the log by shopper, in order.
    of: Vec<Vec<usize>>,
    is_ordered: bool,
}

impl<'a> Histories<'a> {
    fn of(log: &'a Log, taken: &'a [Vec<u32>]) -> Self {
        let mut of: Vec<Vec<usize>> = vec![Vec::new(); log.users.len()];
        for (nth, session) in log
            .sessions
            .iter()
            .enumerate()
            .filter(|&(nth, _)| !taken[nth].is_empty())
        {
            of[session.user as usize].push(nth);
        }
        Self {
            log,
            taken,
            of,
            is_ordered: has_order(log),
        }
    }

    fn held_out(&self, nth: usize) -> HeldOutSession {
        let session = &self.log.sessions[nth];
        let past = &self.of[session.user as usize];
        let before = past.partition_point(|&other| other < nth);
        let visits = past[..before]
            .iter()
            .rev()
            .filter(|&&v| self.taken[v].len() >= 3)
            .take(MODEL_MAX_VISITS);
        HeldOutSession {
            items: self.taken[nth].clone(),
            day: day_of(session.time_s),
            visits: visits.map(|&v| self.taken[v].clone()).collect(),
            is_ordered: self.is_ordered && session.is_ordered,
            after_refresh: false,
        }
    }
}

/// All sessions of a log that a pack has not counted, as the ranker's training sees them.
pub(crate) fn uncounted(log: &Log) -> Vec<HeldOutSession> {
    let taken = taken(log);
    let histories = Histories::of(log, &taken);
    (0..log.sessions.len())
        .filter(|&nth| !taken[nth].is_empty())
        .map(|nth| histories.held_out(nth))
        .collect()
}

/// Splits the log under the conditions that the pack will meet: the shop counts until some day, and
/// unseen users come after it. A ranker trained on sessions of the counted days would rely too much
/// on the counts of their season. Likewise a refreshed pack meets sessions after those that it was
/// refreshed with.
///
/// A large shop is split once. A small one is split again, with other shoppers and then earlier
/// days, until there are enough held-out sessions for the ranker (`held_sessions`) or all have been
/// held out.
///
/// `items` is the number of products.
pub(crate) fn cut(
    log: &Log,
    items: usize,
    config: &TrainConfig,
    seed: u64,
    own_valid: bool,
) -> Parts {
    const FOLDS: u64 = 1000;
    let salt = format!("fewshop-{seed}");
    let folds: Vec<f64> = log
        .users
        .iter()
        .map(|user| split::fold(user, &salt, FOLDS) as f64 / FOLDS as f64)
        .collect();
    let valid_from = if own_valid {
        1.0 - config.valid_share
    } else {
        1.0
    };
    let groups = ((valid_from / config.ranker_share.max(0.01)).floor() as usize).max(1);
    let share = valid_from / groups as f64;
    let taken = taken(log);
    let histories = Histories::of(log, &taken);
    let held_out = |nth: usize, second: usize| HeldOutSession {
        after_refresh: nth >= second,
        ..histories.held_out(nth)
    };
    let mut parts = Parts::default();
    let max_rounds = (config.cut_products / items.max(1)).max(2);
    let mut found = 0;
    for at in 0..groups * WINDOWS {
        let (group, window) = (at % groups, at / groups);
        let part = |from_end: f64| {
            let at = (log.sessions.len() as f64 * (1.0 - from_end).max(0.0)) as usize;
            after_ties(log, at)
        };
        let (from, to) = (
            part(config.late_share * (window + 1) as f64),
            part(config.late_share * window as f64),
        );
        let second = from + ((to - from) as f64 * config.refresh_share) as usize;
        let second = after_ties(log, second).min(to);
        let (low, high) = (group as f64 * share, (group + 1) as f64 * share);
        let mut round = Round::default();
        for (nth, session) in log
            .sessions
            .iter()
            .enumerate()
            .take(to)
            .filter(|&(nth, _)| !taken[nth].is_empty())
        {
            let fold = folds[session.user as usize];
            if (low..high).contains(&fold) {
                if nth >= from {
                    round.held_out.push(held_out(nth, second));
                }
            } else if fold >= valid_from {
                if nth >= from && at == 0 {
                    parts.valid.push(held_out(nth, second));
                }
            } else if nth < from {
                round.fit.push(&taken[nth], session.user);
            } else if nth < second {
                round.since.push(taken[nth].clone());
            }
        }
        found += round
            .held_out
            .iter()
            .filter(|session| session.items.len() >= MIN_ITEMS)
            .count();
        if round.fit.items.is_empty() || (at > 0 && round.held_out.is_empty()) {
            break;
        }
        parts.rounds.push(round);
        if found >= config.held_sessions || parts.rounds.len() >= max_rounds {
            break;
        }
    }
    for (nth, session) in log
        .sessions
        .iter()
        .enumerate()
        .filter(|&(nth, _)| !taken[nth].is_empty())
    {
        parts.all.push(&taken[nth], session.user);
    }
    parts
}

/// Whether a log says in which order products were taken: most of its sessions do.
pub(crate) fn has_order(log: &Log) -> bool {
    let long = || log.sessions.iter().filter(|s| s.items.len() >= MIN_ITEMS);
    2 * long().filter(|session| session.is_ordered).count() > long().count()
}

/// The first session at or after `at` that is later than the one before it: sessions of one time
/// stay on one side of a date.
fn after_ties(log: &Log, at: usize) -> usize {
    let Some(before) = at.checked_sub(1).and_then(|at| log.sessions.get(at)) else {
        return at;
    };
    let ties = log.sessions[at..]
        .iter()
        .take_while(|session| session.time_s == before.time_s);
    at + ties.count()
}

/// Maximum number of cases from one session: more draws from few sessions would overfit to their
/// shoppers.
const DRAWS: usize = 10;

/// Draws cases from the sessions that are long enough, each session once before any comes again.
/// The context is the beginning of a session whose order is known; the items of a basket have the
/// same timestamp and are shuffled.
pub(crate) fn training_cases(
    sessions: &[HeldOutSession],
    max_cases: usize,
    rng: &mut ChaCha8Rng,
) -> Vec<TrainingCase> {
    let mut order: Vec<usize> = (0..sessions.len())
        .filter(|&s| sessions[s].items.len() >= MIN_ITEMS)
        .collect();
    let mut out = Vec::new();
    for _ in 0..DRAWS {
        order.shuffle(rng);
        for &session in order.iter().take(max_cases - out.len()) {
            let mut items = sessions[session].items.clone();
            if !sessions[session].is_ordered {
                items.shuffle(rng);
            }
            let fitting: Vec<usize> = CONTEXT_SIZES
                .into_iter()
                .filter(|&k| k + 2 <= items.len())
                .collect();
            let k = fitting[rng.random_range(0..fitting.len())];
            let relevant = items.split_off(k);
            let visits = VISITS[rng.random_range(0..VISITS.len())];
            let is_dated = rng.random_bool(DATED);
            let HeldOutSession {
                day, visits: all, ..
            } = &sessions[session];
            let visits = visits.min(all.len());
            let dismissals = DISMISSALS[rng.random_range(0..DISMISSALS.len())];
            out.push(TrainingCase {
                context: items,
                relevant,
                visits: all[..visits].to_vec(),
                day: is_dated.then_some(*day),
                dismissals,
            });
        }
    }
    out
}

/// Probability that a shopper who took a product takes it again in the next visit: the observed
/// rate, smoothed with the shop's mean as if it had been observed twenty times.
pub(crate) fn repeat_rates(sessions: &Sessions, items: usize) -> Vec<f32> {
    const PRIOR: f32 = 20.0;
    let mut last: HashMap<u32, usize> = HashMap::new();
    let (mut chances, mut taken) = (vec![0f32; items], vec![0f32; items]);
    for (nth, user) in sessions.users.iter().enumerate() {
        if let Some(before) = last.insert(*user, nth) {
            for &item in &sessions.items[before] {
                chances[item as usize] += 1.0;
                taken[item as usize] += f32::from(u8::from(sessions.items[nth].contains(&item)));
            }
        }
    }
    let mean = taken.iter().sum::<f32>() / chances.iter().sum::<f32>().max(1.0);
    taken
        .iter()
        .zip(&chances)
        .map(|(taken, chances)| (taken + PRIOR * mean) / (chances + PRIOR))
        .collect()
}

#[cfg(test)]
mod tests {
    use fewshop_core::ItemIx;
    use fewshop_data::files::LoggedSession;
    use proptest::prelude::*;

    use super::*;

    fn log(times: &[i64], is_ordered: bool) -> Log {
        let item = |row: u32| LoggedItem {
            item: ItemIx(row),
            kind: EventKind::View,
            quantity: 1.0,
        };
        let session = |(nth, &time_s): (usize, &i64)| LoggedSession {
            user: nth as u32 % 40,
            id: format!("s{nth}"),
            time_s,
            // No two sessions have the same products.
            items: (0..6).map(|at| item(nth as u32 * 6 + at)).collect(),
            is_ordered,
        };
        Log {
            users: (0..40).map(|user| format!("u{user}")).collect(),
            sessions: times.iter().enumerate().map(session).collect(),
            events: 6 * times.len(),
            ..Log::default()
        }
    }

    #[test]
    fn an_ordered_session_is_known_from_its_beginning() {
        let session = |is_ordered| HeldOutSession {
            items: (0..12).collect(),
            is_ordered,
            ..HeldOutSession::default()
        };
        let mut rng = rand::SeedableRng::seed_from_u64(7);
        let mut cases = |is_ordered| training_cases(&[session(is_ordered)], 40, &mut rng);
        let in_order = |case: &TrainingCase| {
            let all = case.context.iter().chain(&case.relevant);
            all.copied().eq(0..12)
        };
        assert!(cases(true).iter().all(in_order));
        assert!(!cases(false).iter().any(in_order));
    }

    #[test]
    fn a_log_has_an_order_if_most_of_its_sessions_have_one() {
        assert!(has_order(&log(&[1, 2, 3], true)) && !has_order(&log(&[1, 2, 3], false)));
        assert!(!has_order(&Log::default()));
    }

    proptest! {
        #[test]
        fn no_shopper_and_no_moment_is_on_both_sides_of_a_cut(
            gaps in prop::collection::vec(0i64..3, 60..200),
            seed in 0u64..5,
        ) {
            let mut now = 0;
            let times: Vec<i64> = gaps.into_iter().map(|gap| { now += gap; now }).collect();
            let log = log(&times, false);
            let parts = cut(&log, 1_200, &TrainConfig::default(), seed, true);
            let of: HashMap<Vec<u32>, (i64, u32)> = log
                .sessions
                .iter()
                .zip(taken(&log))
                .map(|(session, items)| (items, (session.time_s, session.user)))
                .collect();
            prop_assert!(!parts.rounds.is_empty());
            for round in &parts.rounds {
                let held_out: Vec<(i64, u32, bool)> = round
                    .held_out
                    .iter()
                    .map(|session| (of[&session.items].0, of[&session.items].1, session.after_refresh))
                    .collect();
                for items in &round.fit.items {
                    let (time_s, user) = of[items];
                    for &(held_s, held_user, _) in &held_out {
                        prop_assert!(time_s < held_s && user != held_user);
                    }
                }
                for items in &round.since {
                    let (time_s, user) = of[items];
                    for &(held_s, held_user, is_after) in &held_out {
                        prop_assert!(user != held_user && (!is_after || time_s < held_s));
                    }
                }
            }
        }
    }

    #[test]
    fn products_that_are_taken_again_have_a_higher_rate() {
        let mut sessions = Sessions::default();
        for _ in 0..20 {
            sessions.push(&[0, 1], 7);
            sessions.push(&[0, 2], 7);
        }
        let rates = repeat_rates(&sessions, 4);
        assert!(
            rates[0] > 0.7 && rates[1] < 0.4 && rates[2] < 0.4,
            "{rates:?}"
        );
    }
}
