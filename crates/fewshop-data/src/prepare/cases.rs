//! Validation cases: a visit of a shopper whom training never saw, its first items known, the rest
//! to be found; with the shopper's earlier visits, if that is asked for.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::Cut;

/// Shots given; the same visits serve every k, so that a curve over k shows no other shoppers.
pub(super) const KS: [usize; 4] = [1, 3, 5, 10];
/// Earlier visits given to a shopper who comes back; here too the same visits serve each of them.
pub(super) const VISITS: [usize; 4] = [0, 1, 2, 5];
/// Shots given beside earlier visits.
pub(super) const RETURN_SHOTS: usize = 3;
/// Distinct products of an earlier visit; a shorter one is passed over as if it had not been.
const MIN_EARLIER: usize = 3;
/// Distinct products that a visit must have.
const MIN_SESSION: usize = 12;
/// Visits a shopper at the most, so that regulars do not outweigh all others.
const PER_USER: usize = 6;
const SEED: u64 = 7;
const RETURN_SEED: u64 = 8;

/// A visit with its products in the order in which they are shown.
#[derive(Debug, PartialEq)]
pub(super) struct Visit<'a> {
    pub(super) user: &'a str,
    pub(super) session: &'a str,
    pub(super) items: Vec<&'a str>,
}

/// A visit to be asked about, and what came before it.
#[derive(Debug, PartialEq)]
pub(super) struct Return<'a> {
    pub(super) visit: Visit<'a>,
    /// The latest first, as many as [`VISITS`] asks for at the most; products in the order of their
    /// ids.
    pub(super) earlier: Vec<Vec<&'a str>>,
}

/// When a visit began, its id, its products in the order of their ids.
type Dated<'a> = (i64, &'a str, Vec<&'a str>);

/// Draws visits of shoppers who have been there before, as often as the largest of [`VISITS`] at
/// the least. All of it lies after the day where training ends.
pub(super) fn draw_returning(cut: &Cut) -> Vec<Return<'_>> {
    let raw = &cut.raw;
    // When a visit began; the products, each once.
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
            let (_, session, mut items) = sessions[nth].clone();
            shuffle(&mut items, &mut rng);
            let earlier = (1..=max_visits)
                .map(|back| sessions[nth - back].2.clone())
                .collect();
            drawn.push(Return {
                visit: Visit {
                    user,
                    session,
                    items,
                },
                earlier,
            });
        }
    }
    drawn
}

/// Draws the visits. Products of one visit bear one timestamp, so their order is drawn too.
pub(super) fn draw(cut: &Cut) -> Vec<Visit<'_>> {
    let raw = &cut.raw;
    let mut sessions: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for event in &cut.valid {
        let key = (
            raw.users[event.user as usize].as_str(),
            raw.sessions[event.session as usize].as_str(),
        );
        sessions
            .entry(key)
            .or_default()
            .push(&raw.products[event.item as usize].id);
    }
    let mut by_user: BTreeMap<&str, Vec<Visit<'_>>> = BTreeMap::new();
    for ((user, session), mut items) in sessions {
        if items.len() >= MIN_SESSION {
            items.sort_unstable();
            by_user.entry(user).or_default().push(Visit {
                user,
                session,
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

/// Fisher and Yates. By hand, so that the same seed draws the same cases whatever version of a
/// library is in use.
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
