//! The sessions of two tabs as one.

use fewshop_core::{Event, EventKind, ItemIx};

use super::SessionLog;
use crate::state::merge::{combined, key_of};
use crate::state::{Asked, Extra};

impl SessionLog {
    /// What `ours` and `theirs` are together, see [`crate::state::Memory::merge`].
    pub(in crate::state) fn merge(base: &Self, ours: &Self, theirs: &Self, now: u32) -> Self {
        // Each as it is by now: a visit that is over is over for all.
        let [base, ours, mut merged] = [base, ours, theirs].map(|log| {
            let mut log = log.clone();
            if log.is_over(now) {
                log.end_visit();
            }
            log.expire(now);
            log
        });
        let lists = |of: &dyn Fn(&Self) -> Vec<u64>| combined(&of(&base), &of(&ours), &of(&merged));
        let events = lists(&|log| log.kept.session.events.iter().map(key_of).collect());
        let gifts = lists(&|log| log.kept.gifts.iter().map(|gift| gift.0.into()).collect());
        let ended = lists(&|log| log.kept.ended.iter().map(|&ended| ended.into()).collect());
        let kinds = EventKind::ALL.len() as u64;
        let event = |key: u64| {
            let kind = EventKind::ALL
                .into_iter()
                .find(|&kind| kind as u64 == key % kinds);
            kind.map(|kind| Event::new(ItemIx((key / kinds) as u32), kind))
        };
        // The time of its end tells which visit it is. This tab's is taken if it was changed here.
        let of = |log: &Self, time: u64| {
            let at = log
                .kept
                .ended
                .iter()
                .position(|&ended| time == u64::from(ended))?;
            Some((log.kept.ended[at], log.kept.session.visits[at].clone()))
        };
        let visit = |time: u64| {
            let own = of(&ours, time);
            match of(&merged, time) {
                Some(other) if own.is_none() || own == of(&base, time) => Some(other),
                other => own.or(other),
            }
        };
        let mut visits: Vec<(u32, Vec<ItemIx>)> = Vec::new();
        // The latest first. The library's stable sort would be 4 kB of the page.
        for visit in ended.into_iter().filter_map(visit) {
            let at = visits.partition_point(|other| other.0 >= visit.0);
            visits.insert(at, visit);
        }
        visits.dedup_by_key(|visit| visit.0);
        let corrections = base
            .kept
            .corrections
            .iter()
            .chain(ours.kept.corrections.iter());
        for (key, _) in corrections {
            let own = ours.kept.corrections.get(key);
            if own != base.kept.corrections.get(key) {
                merged.kept.corrections.set(key, own);
            }
        }
        if ours.learning != base.learning {
            merged.learning = ours.learning;
        }
        for extra in Extra::ALL {
            if ours.shows(extra) != base.shows(extra) {
                merged.show(extra, ours.shows(extra));
            }
        }
        merged.kept.asked = Asked::merge(&base.kept.asked, &ours.kept.asked, &merged.kept.asked);
        merged.kept.session.events = events.into_iter().filter_map(event).collect();
        merged.kept.gifts = gifts.into_iter().map(|gift| ItemIx(gift as u32)).collect();
        (merged.kept.ended, merged.kept.session.visits) = visits.into_iter().unzip();
        merged.last = merged.last.max(ours.last);
        merged.before = None;
        merged.trim();
        merged.expire(now);
        merged
    }
}
