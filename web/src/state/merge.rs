//! Several tabs of one shop, each with a memory of its own: what one did since both last agreed is
//! carried over to what the other has stored, so that nothing is overwritten and nothing that was
//! forgotten comes back.
//!
//! A three-way merge, as in version control. `base` is the memory that both agreed on, `ours` that
//! of this tab, `theirs` the stored one. What `ours` has more than `base` is added to `theirs`,
//! and what it has no more is taken away. Of a shopper who forgot everything in the other tab,
//! `theirs` is empty, and only what came after `base` remains.

use fewshop_core::{Event, EventKind, ItemIx};

use super::{Cart, Memory};

impl Memory {
    /// What `ours` and `theirs` are together, as of `now`, in seconds since 1970.
    #[must_use]
    pub fn merge(base: &Self, ours: &Self, theirs: &Self, now: u32) -> Self {
        let mut cart = theirs.cart.clone();
        for item in [ours, base]
            .into_iter()
            .flat_map(|memory| memory.cart.items())
        {
            let quantity = |memory: &Self| memory.cart.quantity(item);
            let sum = quantity(theirs) + quantity(ours);
            // Set twice for a product that is in both: to the same.
            set(&mut cart, item, sum.saturating_sub(quantity(base)));
        }
        Self {
            log: super::SessionLog::merge(&base.log, &ours.log, &theirs.log, now),
            cart,
        }
    }
}

fn set(cart: &mut Cart, item: ItemIx, quantity: u32) {
    if cart.quantity(item) != quantity {
        cart.set(item, quantity);
    }
}

/// An event as a number.
pub(super) fn key_of(event: &Event) -> u64 {
    u64::from(event.item.0) * EventKind::ALL.len() as u64 + event.kind as u64
}

/// The list `theirs` with the changes from `base` to `ours`: without what was taken away, and with
/// what was added at its end, in its order.
pub(super) fn combined(base: &[u64], ours: &[u64], theirs: &[u64]) -> Vec<u64> {
    let (kept_of_base, kept_of_ours) = common(base, ours);
    let mut combined = theirs.to_vec();
    for (key, is_kept) in base.iter().zip(kept_of_base) {
        if !is_kept && let Some(at) = combined.iter().position(|other| other == key) {
            combined.remove(at);
        }
    }
    let added = ours
        .iter()
        .zip(kept_of_ours)
        .filter(|(_, is_kept)| !is_kept);
    combined.extend(added.map(|(key, _)| key));
    combined
}

/// Which elements of two lists belong to their longest common subsequence.
fn common(a: &[u64], b: &[u64]) -> (Vec<bool>, Vec<bool>) {
    let width = b.len() + 1;
    // longest[i * width + j]: of a[i..] and b[j..].
    let mut longest = vec![0u16; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[i * width + j] = if a[i] == b[j] {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut in_a, mut in_b) = (vec![false; a.len()], vec![false; b.len()]);
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        if a[i] == b[j] {
            (in_a[i], in_b[j]) = (true, true);
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    (in_a, in_b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Correction, Learning, Question};

    const NOW: u32 = 1_732_000_000;

    /// A memory in which `act` was done to another one.
    fn then(memory: &Memory, act: impl FnOnce(&mut Memory)) -> Memory {
        let mut memory = memory.clone();
        memory.log.at(NOW);
        act(&mut memory);
        memory
    }

    fn viewed(memory: &Memory) -> Vec<u32> {
        let events = &memory.log.session().events;
        events.iter().map(|event| event.item.0).collect()
    }

    fn start() -> Memory {
        then(&Memory::default(), |memory| {
            memory.log.view(ItemIx(1));
            memory.log.view(ItemIx(2));
            memory.cart.set(ItemIx(2), 2);
        })
    }

    #[test]
    fn what_two_tabs_did_is_put_together() {
        let base = start();
        let ours = then(&base, |memory| {
            memory.log.view(ItemIx(3));
            memory.cart.set(ItemIx(3), 1);
            memory.cart.set(ItemIx(2), 1);
            memory.log.correct("brand/a", Some(Correction::More));
        });
        let theirs = then(&base, |memory| {
            memory.log.cart(ItemIx(4));
            memory.cart.set(ItemIx(4), 1);
            memory.cart.set(ItemIx(2), 3);
            memory.log.set_learning(Learning::Paused);
        });
        let merged = Memory::merge(&base, &ours, &theirs, NOW);
        assert_eq!(viewed(&merged), [1, 2, 4, 3]);
        assert_eq!(
            merged.cart,
            Cart::of([(ItemIx(2), 2), (ItemIx(4), 1), (ItemIx(3), 1)])
        );
        assert_eq!(merged.log.learning(), Learning::Paused);
        assert_eq!(
            merged.log.corrections().get("brand/a"),
            Some(Correction::More)
        );
        // Merged once more, nothing changes.
        assert_eq!(Memory::merge(&theirs, &merged, &theirs, NOW), merged);
        assert_eq!(Memory::merge(&merged, &merged, &merged, NOW), merged);
    }

    #[test]
    fn what_was_forgotten_elsewhere_does_not_come_back() {
        let base = start();
        let ours = then(&base, |memory| memory.log.view(ItemIx(5)));
        let forgot = Memory::default();
        assert_eq!(viewed(&Memory::merge(&base, &ours, &forgot, NOW)), [5]);
        // The other tab has begun anew.
        let anew = then(&forgot, |memory| memory.log.view(ItemIx(7)));
        assert_eq!(viewed(&Memory::merge(&base, &ours, &anew, NOW)), [7, 5]);
        // And the other way round: this tab forgets while the other goes on.
        let ours = then(&base, |memory| memory.log.forget());
        let theirs = then(&base, |memory| memory.log.view(ItemIx(9)));
        assert_eq!(viewed(&Memory::merge(&base, &ours, &theirs, NOW)), [9]);
    }

    #[test]
    fn what_two_tabs_asked_is_put_together_and_what_one_forgot_stays_forgotten() {
        let ask = |memory: &mut Memory, text: &str, item| {
            let question = Question::new(text, vec![ItemIx(item)], Vec::new());
            memory.log.ask(question.unwrap());
        };
        let texts = |memory: &Memory| -> Vec<String> {
            let asked = memory.log.asked().iter();
            asked.map(|question| question.text().to_owned()).collect()
        };
        let base = then(&start(), |memory| ask(memory, "a cat", 5));
        let ours = then(&base, |memory| ask(memory, "a dog", 6));
        let theirs = then(&base, |memory| {
            memory.log.unask("a cat");
            ask(memory, "a bird", 7);
        });
        let merged = Memory::merge(&base, &ours, &theirs, NOW);
        assert_eq!(texts(&merged), ["a bird", "a dog"]);
        assert_eq!(Memory::merge(&theirs, &merged, &theirs, NOW), merged);
        let merged = Memory::merge(&base, &ours, &Memory::default(), NOW);
        assert_eq!(texts(&merged), ["a dog"]);
        let out = then(&base, |memory| memory.log.check_out());
        assert_eq!(texts(&Memory::merge(&base, &out, &theirs, NOW)), ["a bird"]);
    }

    #[test]
    fn an_order_ends_the_visit_of_both_tabs() {
        let base = then(&start(), |memory| memory.log.cart(ItemIx(2)));
        let ours = then(&base, |memory| memory.log.check_out());
        let theirs = then(&base, |memory| memory.log.view(ItemIx(6)));
        let merged = Memory::merge(&base, &ours, &theirs, NOW);
        assert_eq!(viewed(&merged), [6]);
        assert_eq!(merged.log.session().visits, [[ItemIx(2)]]);
        // Half an hour later both have ended it, and there is one visit.
        let later = NOW + crate::state::session::VISIT_GAP;
        let merged = Memory::merge(&base, &base, &base, later);
        assert_eq!(merged.log.session().visits, [[ItemIx(2)]]);
        assert!(viewed(&merged).is_empty());
    }

    #[test]
    fn what_is_taken_back_is_taken_back_everywhere() {
        let base = then(&start(), |memory| memory.log.dismiss(ItemIx(8)));
        let ours = then(&base, |memory| memory.log.retract(ItemIx(8)));
        let theirs = then(&base, |memory| memory.log.view(ItemIx(6)));
        assert_eq!(
            viewed(&Memory::merge(&base, &ours, &theirs, NOW)),
            [1, 2, 6]
        );
        let gone = then(&base, |memory| {
            memory.log.unlearn(ItemIx(2), true);
            memory.cart.set(ItemIx(2), 0);
        });
        let merged = Memory::merge(&base, &gone, &theirs, NOW);
        assert_eq!(viewed(&merged), [1, 8, 6]);
        assert_eq!(merged.log.gifts(), [ItemIx(2)]);
        assert!(merged.cart.is_empty());
        assert!(
            Memory::merge(&base, &Memory::default(), &base, NOW)
                .log
                .is_default()
        );
    }
}
