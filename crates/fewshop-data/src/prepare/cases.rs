//! Validation cases: a visit of a shopper who is not in the training data. Its first items are the
//! context, the others are relevant. Cases of returning shoppers include their earlier visits.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::Cut;

/// Numbers of context items. The same visits are used for every k, so that a curve over k compares
/// the same shoppers.
pub(super) const KS: [usize; 4] = [1, 3, 5, 10];
/// Numbers of earlier visits of a returning shopper; here, too, the same visits are used for each
/// of them.
pub(super) const VISITS: [usize; 4] = [0, 1, 2, 5];
/// Context items given along with earlier visits.
pub(super) const RETURN_SHOTS: usize = 3;
/// Minimum number of distinct products in an earlier visit; a shorter visit is ignored.
const MIN_EARLIER: usize = 3;
/// Minimum number of distinct products in a visit.
const MIN_SESSION: usize = 12;
/// Maximum number of visits of one shopper, so that regular shoppers do not outweigh all others.
const PER_USER: usize = 6;
const SEED: u64 = 7;
const RETURN_SEED: u64 = 8;

/// A visit with its products in the order in which they are shown.
#[derive(Debug, PartialEq)]
pub(super) struct Visit<'a> {
    pub(super) user: &'a str,
    pub(super) session: &'a str,
    /// Its first event, in seconds since 1970.
    pub(super) start_s: i64,
    pub(super) items: Vec<&'a str>,
}

/// A visit for a case, and the visits before it.
#[derive(Debug, PartialEq)]
pub(super) struct Return<'a> {
    pub(super) visit: Visit<'a>,
    /// The latest first, up to the maximum of [`VISITS`]: start, and products in the order of their
    /// ids.
    pub(super) earlier: Vec<(i64, Vec<&'a str>)>,
}

/// Start of a visit, its id, and its products in the order of their ids.
type Dated<'a> = (i64, &'a str, Vec<&'a str>);

/// Draws visits of returning shoppers who have at least as many earlier visits as the maximum of
/// [`VISITS`]. All of them are after the end of training.
pub(super) fn draw_returning(cut: &Cut) -> Vec<Return<'_>> {
    let raw = &cut.raw;
    // Start of a visit and its distinct products.
    let mut sessions: BTreeMap<(&str, &str), (i64, Vec<&str>)> = BTreeMap::new();
    for event in &cut.valid {
        let key = (
            raw.users[event.user as usize].as_str(),
            raw.sessions[event.session as usize].as_str(),
        );
        let (start_s, items) = sessions.entry(key).or_insert((event.time_s, Vec::new()));
        *start_s = event.time_s.min(*start_s);
        items.push(&raw.products[event.item as usize].id);
    }
    let mut by_user: BTreeMap<&str, Vec<Dated<'_>>> = BTreeMap::new();
    for ((user, session), (start_s, mut items)) in sessions {
        if items.len() >= MIN_EARLIER {
            items.sort_unstable();
            by_user
                .entry(user)
                .or_default()
                .push((start_s, session, items));
        }
    }
    let max_visits = VISITS[VISITS.len() - 1];
    let mut rng = ChaCha8Rng::seed_from_u64(RETURN_SEED);
    let mut drawn = Vec::new();
    for (user, mut sessions) in by_user {
        sessions.sort_unstable();
        let mut chosen: Vec<usize> = (max_visits..sessions.len())
            .filter(|&nth| sessions[nth].2.len() >= MIN_SESSION)
            .collect();
        shuffle(&mut chosen, &mut rng);
        for &nth in chosen.iter().take(PER_USER) {
            let (start_s, session, mut items) = sessions[nth].clone();
            shuffle(&mut items, &mut rng);
            let earlier = (1..=max_visits)
                .map(|back| (sessions[nth - back].0, sessions[nth - back].2.clone()))
                .collect();
            drawn.push(Return {
                visit: Visit {
                    user,
                    session,
                    start_s,
                    items,
                },
                earlier,
            });
        }
    }
    drawn
}

/// Draws visits of validation shoppers from a time on. Products of one visit have the same
/// timestamp, so their order is drawn, too.
pub(super) fn draw(cut: &Cut, from_s: i64) -> Vec<Visit<'_>> {
    let raw = &cut.raw;
    let mut sessions: BTreeMap<(&str, &str), (i64, Vec<&str>)> = BTreeMap::new();
    for event in cut.valid.iter().filter(|event| event.time_s >= from_s) {
        let key = (
            raw.users[event.user as usize].as_str(),
            raw.sessions[event.session as usize].as_str(),
        );
        let (start_s, items) = sessions.entry(key).or_insert((event.time_s, Vec::new()));
        *start_s = event.time_s.min(*start_s);
        items.push(&raw.products[event.item as usize].id);
    }
    let mut by_user: BTreeMap<&str, Vec<Visit<'_>>> = BTreeMap::new();
    for ((user, session), (start_s, mut items)) in sessions {
        if items.len() >= MIN_SESSION {
            items.sort_unstable();
            by_user.entry(user).or_default().push(Visit {
                user,
                session,
                start_s,
                items,
            });
        }
    }
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut drawn = Vec::new();
    for mut visits in by_user.into_values() {
        shuffle(&mut visits, &mut rng);
        for mut visit in visits.into_iter().take(PER_USER) {
            shuffle(&mut visit.items, &mut rng);
            drawn.push(visit);
        }
    }
    drawn
}

/// Fisher-Yates shuffle. Our own code, so that the same seed draws the same cases with any version
/// of the library.
fn shuffle<T>(values: &mut [T], rng: &mut impl Rng) {
    for last in (1..values.len()).rev() {
        let at = (u128::from(rng.next_u64()) * (last as u128 + 1)) >> 64;
        values.swap(at as usize, last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shuffle_keeps_all_and_is_fair_enough() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut firsts = [0; 4];
        for _ in 0..4_000 {
            let mut values = [0, 1, 2, 3];
            shuffle(&mut values, &mut rng);
            firsts[values[0]] += 1;
            values.sort_unstable();
            assert_eq!(values, [0, 1, 2, 3]);
        }
        // Four standard deviations (27) around 1,000.
        assert!(
            firsts.iter().all(|&n| (890..1_110).contains(&n)),
            "{firsts:?}"
        );
    }
}
