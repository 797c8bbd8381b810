//! Validation cases: a visit of a shopper whom training never saw, its first items known, the rest to be found.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::Cut;

/// Shots given; the same visits serve every k, so that a curve over k shows no other shoppers.
pub(super) const KS: [usize; 4] = [1, 3, 5, 10];
/// Distinct products that a visit must have.
const MIN_SESSION: usize = 12;
/// Visits a shopper at the most, so that regulars do not outweigh all others.
const PER_USER: usize = 6;
const SEED: u64 = 7;

/// A visit with its products in the order in which they are shown.
#[derive(Debug, PartialEq)]
pub(super) struct Visit<'a> {
    pub(super) user: &'a str,
    pub(super) session: &'a str,
    pub(super) items: Vec<&'a str>,
}

/// Draws the visits. Products of one visit bear one timestamp, so their order is drawn too.
pub(super) fn draw(cut: &Cut) -> Vec<Visit<'_>> {
    let raw = &cut.raw;
    let mut sessions: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for event in &cut.valid {
        let key = (raw.users[event.user as usize].as_str(), raw.sessions[event.session as usize].as_str());
        sessions.entry(key).or_default().push(&raw.products[event.item as usize].id);
    }
    let mut by_user: BTreeMap<&str, Vec<Visit<'_>>> = BTreeMap::new();
    for ((user, session), mut items) in sessions {
        if items.len() >= MIN_SESSION {
            items.sort_unstable();
            by_user.entry(user).or_default().push(Visit { user, session, items });
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

/// Fisher and Yates. By hand, so that the same seed draws the same cases whatever version of a library is in use.
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
        assert!(firsts.iter().all(|&n| (890..1_110).contains(&n)), "{firsts:?}");
    }
}
