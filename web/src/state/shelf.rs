//! What stands on a shelf, and why it may not jump about.

use std::collections::BTreeSet;

use fewshop_core::{ItemIx, Reason, Recommendation};

use super::EngineState;

/// A product on a shelf.
#[derive(Debug, Clone, PartialEq)]
pub struct Pick {
    /// The product.
    pub item: ItemIx,
    /// Why the engine put it here; `None` where no engine did.
    pub reason: Option<Reason>,
}

impl Pick {
    /// A product that no engine picked.
    #[must_use]
    pub fn plain(item: ItemIx) -> Self {
        Self { item, reason: None }
    }
}

impl From<Recommendation> for Pick {
    fn from(pick: Recommendation) -> Self {
        Self { item: pick.item, reason: Some(pick.reason) }
    }
}

/// The 'Picked for you' shelf, by what it can honestly claim.
#[derive(Debug, Clone, PartialEq)]
pub enum ShelfState {
    /// Nothing was done yet: bestsellers.
    Cold(Vec<Pick>),
    /// Something was done, the engine is on its way: bestsellers still.
    Warming(Vec<Pick>),
    /// Ranked for this session.
    Adapted(Vec<Pick>),
    /// The engine cannot go on: bestsellers.
    Failed(Vec<Pick>),
}

impl ShelfState {
    /// The shelf for an engine, what it answered last, and the shop's bestsellers.
    ///
    /// `blank` says that nothing was done yet. Picks that were ranked stay on the shelf while the next answer is on its way.
    #[must_use]
    pub fn of(engine: &EngineState, blank: bool, ranked: &[Pick], bestsellers: Vec<Pick>) -> Self {
        match engine {
            _ if blank => Self::Cold(bestsellers),
            EngineState::Failed { .. } => Self::Failed(bestsellers),
            _ if !ranked.is_empty() => Self::Adapted(ranked.to_vec()),
            _ => Self::Warming(bestsellers),
        }
    }

    /// What stands on it.
    #[must_use]
    pub fn picks(&self) -> &[Pick] {
        match self {
            Self::Cold(picks) | Self::Warming(picks) | Self::Adapted(picks) | Self::Failed(picks) => picks,
        }
    }
}

/// The shelf to show when `fresh` comes in.
///
/// While the shopper's pointer or keyboard is on the shelf (`held`), what is shown keeps its place, even a product that was just
/// put into the cart and is therefore no pick any more: nothing may slide away under a finger. Only what `gone` names leaves,
/// and the best fresh pick takes its slot. Reasons are always the fresh ones.
#[must_use]
pub fn settle(shown: &[Pick], fresh: &[Pick], held: bool, gone: impl Fn(ItemIx) -> bool) -> Vec<Pick> {
    let fresh: Vec<&Pick> = fresh.iter().filter(|pick| !gone(pick.item)).collect();
    if !held || shown.is_empty() {
        return fresh.into_iter().cloned().collect();
    }
    let kept = |item| shown.iter().any(|pick| pick.item == item) && !gone(item);
    let mut spare = fresh.iter().filter(|pick| !kept(pick.item));
    let mut out: Vec<Pick> = Vec::with_capacity(shown.len());
    for pick in shown {
        if gone(pick.item) {
            out.extend(spare.next().copied().cloned());
        } else {
            out.push(fresh.iter().copied().find(|new| new.item == pick.item).unwrap_or(pick).clone());
        }
    }
    out.extend(spare.take(fresh.len().saturating_sub(out.len())).copied().cloned());
    out
}

/// Whether the products that both lists hold stand in the same order in both.
#[must_use]
pub fn keeps_order(before: &[ItemIx], now: &[ItemIx]) -> bool {
    // Sets, since a department's grid grows to a thousand cards.
    let set = |items: &[ItemIx]| items.iter().copied().collect::<BTreeSet<_>>();
    let (was, is) = (set(before), set(now));
    before.iter().filter(|item| is.contains(item)).eq(now.iter().filter(|item| was.contains(item)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picks(items: &[u32]) -> Vec<Pick> {
        items.iter().map(|&item| Pick::plain(ItemIx(item))).collect()
    }

    fn check_settle(shown: &[u32], fresh: &[u32], held: bool, gone: &[u32], expected: &[u32]) {
        let out = settle(&picks(shown), &picks(fresh), held, |item| gone.contains(&item.0));
        assert_eq!(out, picks(expected));
    }

    #[test]
    fn products_that_come_and_go_keep_the_order_and_one_that_moves_does_not() {
        let items = |rows: &[u32]| rows.iter().map(|&row| ItemIx(row)).collect::<Vec<_>>();
        assert!(keeps_order(&items(&[1, 2, 3]), &items(&[4, 1, 3, 5])));
        assert!(keeps_order(&[], &items(&[1])));
        assert!(!keeps_order(&items(&[1, 2, 3]), &items(&[3, 4, 1])));
    }

    #[test]
    fn a_shelf_at_rest_takes_the_new_order() {
        check_settle(&[1, 2, 3], &[3, 4, 1], false, &[], &[3, 4, 1]);
        check_settle(&[1, 2, 3], &[1, 2, 3], false, &[2], &[1, 3]);
    }

    #[test]
    fn a_held_shelf_keeps_its_order_and_what_was_just_carted() {
        check_settle(&[1, 2, 3], &[3, 4, 1], true, &[], &[1, 2, 3]);
    }

    #[test]
    fn a_dismissed_product_leaves_a_held_shelf_and_the_best_fresh_one_takes_its_slot() {
        check_settle(&[1, 2, 3], &[3, 4, 5], true, &[2], &[1, 4, 3]);
    }

    #[test]
    fn a_held_shelf_that_was_shorter_is_filled_up() {
        check_settle(&[1], &[2, 3, 4], true, &[], &[1, 2, 3]);
        check_settle(&[], &[2, 3], true, &[], &[2, 3]);
    }

    #[test]
    fn the_shelf_claims_no_more_than_is_true() {
        let best = picks(&[1, 2]);
        let ranked = picks(&[9]);
        let loading = EngineState::Loading { received: 0.0, total: None };
        let failed = EngineState::Failed { code: "no_wasm".into(), message: String::new() };
        assert_eq!(ShelfState::of(&loading, true, &[], best.clone()), ShelfState::Cold(best.clone()));
        assert_eq!(ShelfState::of(&loading, false, &[], best.clone()), ShelfState::Warming(best.clone()));
        assert_eq!(ShelfState::of(&loading, false, &ranked, best.clone()), ShelfState::Adapted(ranked.clone()));
        assert_eq!(ShelfState::of(&failed, false, &ranked, best.clone()), ShelfState::Failed(best.clone()));
        assert_eq!(ShelfState::of(&failed, true, &ranked, best.clone()), ShelfState::Cold(best));
    }
}
