//! The contents of a shelf, and rules that keep it from jumping.

use fewshop_core::{BusinessRule, ItemIx, Reason, Recommendation};

use super::{EngineState, Learning, SessionLog, sort_few};

/// A product on a shelf.
#[derive(Debug, Clone, PartialEq)]
pub struct Pick {
    /// The product.
    pub item: ItemIx,
    /// The engine's score, if it ranked the product: higher is better, comparable within one
    /// ranking only.
    pub score: f32,
    /// The engine's reason; `None` if the engine did not pick it.
    pub reason: Option<Reason>,
    /// The business rule that changed its position, if one did.
    pub rule: Option<BusinessRule>,
    /// The position, from 0, to which the shop pinned it, whatever leaves the shelf before it.
    pub pinned: Option<usize>,
    /// Whether it is in the leaflet of the week.
    pub promoted: bool,
    /// How many times as likely as for a new shopper, if the engine compared the two.
    pub lift: Option<f32>,
}

impl Pick {
    /// A product that no engine picked.
    #[must_use]
    pub fn plain(item: ItemIx) -> Self {
        Self {
            item,
            score: 0.0,
            reason: None,
            rule: None,
            pinned: None,
            promoted: false,
            lift: None,
        }
    }

    /// The picks of one answer, whole and in the engine's order.
    #[must_use]
    pub fn of_answer(picks: Vec<Recommendation>) -> Vec<Self> {
        let pick = |(at, pick): (usize, Recommendation)| Self {
            item: pick.item,
            score: pick.score,
            reason: Some(pick.reason),
            rule: pick.rule,
            pinned: (pick.rule == Some(BusinessRule::Pin)).then_some(at),
            promoted: pick.promoted,
            lift: pick.lift,
        };
        picks.into_iter().enumerate().map(pick).collect()
    }
}

/// The 'Picked for you' shelf, by what it can truthfully claim.
#[derive(Debug, Clone, PartialEq)]
pub enum ShelfState {
    /// No clicks yet: bestsellers.
    Cold(Vec<Pick>),
    /// There are clicks, the engine is loading: still bestsellers.
    Loading(Vec<Pick>),
    /// Ranked for a single click.
    Warming(Vec<Pick>),
    /// Ranked for this session.
    Adapted(Vec<Pick>),
    /// Learning is paused: ranked for what was learned before, or bestsellers if that is nothing.
    Paused(Vec<Pick>),
    /// Personalisation is off: bestsellers.
    Plain(Vec<Pick>),
    /// The engine has failed: bestsellers.
    Failed(Vec<Pick>),
}

impl ShelfState {
    /// The shelf for the engine's state, the log, the engine's last answer and the bestsellers.
    ///
    /// Ranked picks stay on the shelf until the next answer arrives.
    #[must_use]
    pub fn of(
        engine: &EngineState,
        log: &SessionLog,
        ranked: &[Pick],
        bestsellers: Vec<Pick>,
    ) -> Self {
        let ready =
            !ranked.is_empty() && !log.is_blank() && !matches!(engine, EngineState::Failed { .. });
        match (log.learning(), engine) {
            (Learning::Off, _) => Self::Plain(bestsellers),
            (Learning::Paused, _) => {
                Self::Paused(if ready { ranked.to_vec() } else { bestsellers })
            }
            (Learning::On, _) if log.is_blank() => Self::Cold(bestsellers),
            (Learning::On, EngineState::Failed { .. }) => Self::Failed(bestsellers),
            (Learning::On, _) if !ready => Self::Loading(bestsellers),
            (Learning::On, _)
                if log.session().visits.is_empty()
                    && log.asked().is_empty()
                    && log.session().context_items().len() == 1 =>
            {
                Self::Warming(ranked.to_vec())
            }
            (Learning::On, _) => Self::Adapted(ranked.to_vec()),
        }
    }

    /// Its name, for styles and tests.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Cold(_) => "cold",
            Self::Loading(_) => "loading",
            Self::Warming(_) => "warming",
            Self::Adapted(_) => "adapted",
            Self::Paused(_) => "paused",
            Self::Plain(_) => "plain",
            Self::Failed(_) => "failed",
        }
    }

    /// Whether its products were picked for this shopper.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.picks().iter().any(|pick| pick.reason.is_some())
    }

    /// Its products.
    #[must_use]
    pub fn picks(&self) -> &[Pick] {
        match self {
            Self::Cold(picks)
            | Self::Loading(picks)
            | Self::Warming(picks)
            | Self::Adapted(picks)
            | Self::Paused(picks)
            | Self::Plain(picks)
            | Self::Failed(picks) => picks,
        }
    }
}

/// The shelf to show when `fresh` comes in.
///
/// While the shopper's pointer or keyboard is on the shelf (`held`), every product keeps its place,
/// even one that was just added to the cart and is therefore no longer a pick: nothing may slide
/// away under a finger. Only products in `gone` leave, and the best fresh pick takes their slot.
/// Reasons are always the fresh ones.
#[must_use]
pub fn settle(
    shown: &[Pick],
    fresh: &[Pick],
    held: bool,
    gone: impl Fn(ItemIx) -> bool,
) -> Vec<Pick> {
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
            out.push(
                fresh
                    .iter()
                    .copied()
                    .find(|new| new.item == pick.item)
                    .unwrap_or(pick)
                    .clone(),
            );
        }
    }
    out.extend(
        spare
            .take(fresh.len().saturating_sub(out.len()))
            .copied()
            .cloned(),
    );
    out
}

/// The first `n` of `picks` with no kind filling more than half of the shelf: twelve of a kind say
/// no more than one. Surplus picks move to the end, so the shelf never gets shorter. A pinned pick
/// keeps its position however many of its kind there are; it counts among them.
#[must_use]
pub fn mixed<K: PartialEq>(picks: Vec<Pick>, n: usize, kind: impl Fn(ItemIx) -> K) -> Vec<Pick> {
    let most = n.div_ceil(2);
    let (mut pinned, others): (Vec<Pick>, Vec<Pick>) = picks
        .into_iter()
        .partition(|pick| pick.pinned.is_some_and(|at| at < n));
    // Corrections may have changed their order.
    sort_few(&mut pinned, |a, b| a.pinned < b.pinned);
    let (mut out, mut surplus): (Vec<Pick>, Vec<Pick>) = (Vec::with_capacity(n), Vec::new());
    let mut kinds: Vec<(K, usize)> = Vec::new();
    let mut count = |item| {
        let of = kind(item);
        let at = kinds
            .iter()
            .position(|(other, _)| *other == of)
            .unwrap_or_else(|| {
                kinds.push((of, 0));
                kinds.len() - 1
            });
        kinds[at].1 += 1;
        kinds[at].1
    };
    for pick in &pinned {
        count(pick.item);
    }
    let room = n - pinned.len();
    for pick in others {
        if out.len() == room {
            break;
        }
        if count(pick.item) > most {
            &mut surplus
        } else {
            &mut out
        }
        .push(pick);
    }
    surplus.truncate(room - out.len());
    out.append(&mut surplus);
    // From the front, so that each insertion moves only picks behind it and no pinned one.
    for pick in pinned {
        let at = pick.pinned.unwrap_or_default().min(out.len());
        out.insert(at, pick);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Question;

    fn picks(items: &[u32]) -> Vec<Pick> {
        items
            .iter()
            .map(|&item| Pick::plain(ItemIx(item)))
            .collect()
    }

    fn check_settle(shown: &[u32], fresh: &[u32], held: bool, gone: &[u32], expected: &[u32]) {
        let out = settle(&picks(shown), &picks(fresh), held, |item| {
            gone.contains(&item.0)
        });
        assert_eq!(out, picks(expected));
    }

    #[test]
    fn no_kind_fills_more_than_half_of_a_shelf_that_could_hold_others() {
        let kind = |item: ItemIx| item.0 / 10;
        let order = |rows: &[u32], n| {
            mixed(picks(rows), n, kind)
                .iter()
                .map(|pick| pick.item.0)
                .collect::<Vec<_>>()
        };
        assert_eq!(order(&[1, 2, 3, 4, 11, 12, 21], 4), [1, 2, 11, 12]);
        assert_eq!(
            order(&[1, 2, 3, 11], 4),
            [1, 2, 11, 3],
            "what is left stands behind"
        );
        assert_eq!(
            order(&[1, 2, 3, 4, 5], 4),
            [1, 2, 3, 4],
            "one kind alone fills it"
        );
        assert_eq!(order(&[], 4), [0; 0]);
    }

    /// Picks of one answer, of which the shop pinned `pins`.
    fn answer(items: &[u32], pins: &[u32]) -> Vec<Pick> {
        let rule = |item| pins.contains(&item).then_some(BusinessRule::Pin);
        let pick = |&item: &u32| Recommendation {
            item: ItemIx(item),
            score: 1.0,
            reason: Reason::PopularHere,
            rule: rule(item),
            promoted: false,
            lift: None,
        };
        Pick::of_answer(items.iter().map(pick).collect())
    }

    /// What a shelf of `n` shows of such an answer after `gone` were left out; a product's kind is
    /// its tens.
    #[track_caller]
    fn check_pinned(items: &[u32], pins: &[u32], gone: &[u32], n: usize, expected: &[u32]) {
        let mut picks = answer(items, pins);
        picks.retain(|pick| !gone.contains(&pick.item.0));
        let shown = mixed(picks, n, |item| item.0 / 10);
        assert_eq!(
            shown.iter().map(|pick| pick.item.0).collect::<Vec<_>>(),
            expected
        );
    }

    #[test]
    fn a_pinned_pick_keeps_its_place_however_many_of_its_kind_there_are() {
        check_pinned(&[1, 2, 3, 11, 12, 21], &[], &[], 4, &[1, 2, 11, 12]);
        check_pinned(&[1, 2, 3, 11, 12, 21], &[3], &[], 4, &[1, 11, 3, 12]);
        check_pinned(&[1, 2, 3, 11, 12, 21], &[1, 2, 3], &[], 4, &[1, 2, 3, 11]);
    }

    #[test]
    fn a_pinned_pick_keeps_its_place_when_others_leave_the_shelf() {
        check_pinned(&[1, 11, 21, 31, 41], &[21], &[1, 11], 3, &[31, 41, 21]);
        check_pinned(&[1, 11, 21, 31, 41], &[11, 41], &[1], 5, &[21, 11, 31, 41]);
        check_pinned(&[1, 11, 21, 31], &[1], &[1], 3, &[11, 21, 31]);
    }

    #[test]
    fn a_pin_behind_the_end_of_a_shelf_is_a_pick_like_others() {
        check_pinned(&[1, 11, 21, 31, 41], &[41], &[], 3, &[1, 11, 21]);
        check_pinned(&[1, 11, 21, 31, 41], &[41], &[1, 11, 21], 3, &[31, 41]);
    }

    #[test]
    fn corrections_move_no_pinned_pick() {
        let mut picks = answer(&[1, 11, 21, 31], &[11, 31]);
        picks.reverse();
        let shown = mixed(picks, 4, |item| item.0 / 10);
        assert_eq!(
            shown.iter().map(|pick| pick.item.0).collect::<Vec<_>>(),
            [21, 11, 1, 31]
        );
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
        let ranked = vec![Pick {
            item: ItemIx(9),
            score: 1.0,
            reason: Some(Reason::PopularHere),
            rule: None,
            pinned: None,
            promoted: false,
            lift: None,
        }];
        let loading = EngineState::Loading {
            received: 0.0,
            total: None,
        };
        let failed = EngineState::Failed {
            code: "no_wasm".into(),
            message: String::new(),
        };
        let log = |things: u32, learning| {
            let mut log = SessionLog::default();
            (0..things).for_each(|item| log.view(ItemIx(item)));
            log.set_learning(learning);
            log
        };
        let name = |engine: &EngineState, log: &SessionLog, ranked: &[Pick]| {
            let state = ShelfState::of(engine, log, ranked, best.clone());
            assert_eq!(state.is_own(), state.picks() != best);
            (state.name(), state.is_own())
        };
        let on = |things| log(things, Learning::On);
        assert_eq!(name(&loading, &on(0), &[]), ("cold", false));
        assert_eq!(name(&loading, &on(0), &ranked), ("cold", false));
        assert_eq!(name(&failed, &on(0), &ranked), ("cold", false));
        assert_eq!(name(&loading, &on(1), &[]), ("loading", false));
        assert_eq!(name(&loading, &on(1), &ranked), ("warming", true));
        assert_eq!(name(&loading, &on(2), &ranked), ("adapted", true));
        // A search is more than one click, and by itself more than nothing.
        for clicks in [0, 1] {
            let mut asked = on(clicks);
            asked.ask(Question::new("a cat", vec![ItemIx(5)], Vec::new()).unwrap());
            assert_eq!(name(&loading, &asked, &[]), ("loading", false));
            assert_eq!(name(&loading, &asked, &ranked), ("adapted", true));
        }
        assert_eq!(name(&failed, &on(2), &ranked), ("failed", false));
        assert_eq!(
            name(&loading, &log(2, Learning::Paused), &ranked),
            ("paused", true)
        );
        assert_eq!(
            name(&failed, &log(2, Learning::Paused), &ranked),
            ("paused", false)
        );
        assert_eq!(
            name(&loading, &log(2, Learning::Off), &ranked),
            ("plain", false)
        );
    }
}
