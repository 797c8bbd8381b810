//! What the shopper did, in this visit and in earlier ones, and how to take it back.
//!
//! A visit ends with a check-out, or when nothing was done for [`VISIT_GAP`]. What was put into the cart or bought in it was *taken* and
//! becomes the newest of the earlier visits; a visit on which nothing was taken leaves none. What was only looked at is forgotten, and
//! 'not for me' goes on to hold, as the shop has promised.
//!
//! Times are seconds since 1970 by the device's clock, which may be wrong or set back: a time that lies ahead counts as now.

use fewshop_core::{Event, EventKind, ItemIx, Session};

use super::{Rules, Taste};

/// The most events that are kept; the oldest fall off. Far more than any ranking needs, and a bound on what is stored.
pub const MAX_EVENTS: usize = 200;
/// The most earlier visits that are kept; the oldest fall off.
pub const MAX_VISITS: usize = 10;
/// The most items of an earlier visit that are kept: those taken last.
pub const MAX_TAKEN: usize = 60;
/// A visit is over when nothing was done for so long, in seconds: half an hour, by which the web has always counted visits.
pub const VISIT_GAP: u32 = 30 * 60;
/// What is older is forgotten, in seconds: 30 days.
pub const KEEP: u32 = 30 * 24 * 60 * 60;

/// Whether a time is so long ago that what was done then is forgotten.
pub(super) fn is_old(time: u32, now: u32) -> bool {
    now.saturating_sub(time) >= KEEP
}

/// What the last step was, if it can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undo {
    /// All was forgotten.
    Forgot,
    /// A product was dismissed.
    Dismissed(ItemIx),
    /// The shop was told not to learn from a product.
    Unlearned(ItemIx),
}

/// Whether the shop learns, by the shopper's own choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Learning {
    /// It learns from what is done, and shows what it learned.
    #[default]
    On,
    /// It shows what it learned, and learns nothing more.
    Paused,
    /// It neither learns nor shows: the shop is the same as for everybody.
    Off,
}

/// What is kept of the shopper, and comes back as one when a step is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Kept {
    session: Session,
    /// When each of the session's visits ended.
    ended: Vec<u32>,
    /// Products that say nothing about the shopper, whatever is done with them.
    gifts: Vec<ItemIx>,
    rules: Rules,
}

/// The session with one step of undo.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionLog {
    kept: Kept,
    learning: Learning,
    /// When the last thing was done.
    last: u32,
    before: Option<(Undo, Kept)>,
}

impl SessionLog {
    /// A log that begins with a session whose visits `ended` at these times and whose last event was at `last`, as of `now`: cut to
    /// its bounds, without what is too old, and with a visit that is over among the earlier ones.
    #[must_use]
    pub fn of(session: Session, mut ended: Vec<u32>, last: u32, now: u32) -> Self {
        ended.resize(session.visits.len(), now);
        // From a clock that was ahead: as they are, they would never grow old.
        ended.iter_mut().for_each(|ended| *ended = now.min(*ended));
        let kept = Kept { session, ended, ..Kept::default() };
        let mut log = Self { kept, last: last.min(now), ..Self::default() };
        log.trim();
        if log.is_over(now) {
            log.end_visit();
        }
        log.expire(now);
        log
    }

    /// What the shopper did.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.kept.session
    }

    /// When each of the session's visits ended.
    #[must_use]
    pub fn ended(&self) -> &[u32] {
        &self.kept.ended
    }

    /// When the last thing was done.
    #[must_use]
    pub fn last(&self) -> u32 {
        self.last
    }

    /// Whether there is anything that could be forgotten.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.kept.session.events.is_empty() && self.kept.session.visits.is_empty()
    }

    /// Whether nothing at all is kept, so that nothing need be stored.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.is_blank() && self.kept.gifts.is_empty() && self.kept.rules.is_empty() && self.learning == Learning::On
    }

    /// Whether the shop learns.
    #[must_use]
    pub fn learning(&self) -> Learning {
        self.learning
    }

    /// The shopper wants the shop to learn, to pause or to be the same as for everybody.
    pub fn set_learning(&mut self, learning: Learning) {
        self.learning = learning;
        self.before = None;
    }

    /// Products that were for somebody else.
    #[must_use]
    pub fn gifts(&self) -> &[ItemIx] {
        &self.kept.gifts
    }

    /// What the shopper corrected.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.kept.rules
    }

    /// The shopper corrects what the shop thinks of a category or brand; `None` takes the correction back.
    pub fn correct(&mut self, key: &str, taste: Option<Taste>) {
        self.kept.rules.set(key, taste);
        self.before = None;
    }

    /// Gifts and corrections, as they were stored.
    #[must_use]
    pub fn with_choices(mut self, gifts: Vec<ItemIx>, rules: Rules, learning: Learning) -> Self {
        (self.kept.gifts, self.kept.rules, self.learning) = (gifts, rules, learning);
        self
    }

    /// The shopper does not want the shop to have learned from a product: all that was done with it is as if it had not been, today and
    /// on earlier visits. A `gift` says nothing from now on either.
    pub fn unlearn(&mut self, item: ItemIx, gift: bool) {
        let before = (Undo::Unlearned(item), self.kept.clone());
        self.kept.session.events.retain(|event| event.item != item || event.kind == EventKind::Dismiss);
        self.kept.session.visits.iter_mut().for_each(|visit| visit.retain(|&other| other != item));
        if gift && !self.kept.gifts.contains(&item) {
            self.kept.gifts.push(item);
        }
        self.before = Some(before);
    }

    /// Whether what is done with a product is learned from.
    fn learns_from(&self, item: ItemIx) -> bool {
        self.learning == Learning::On && !self.kept.gifts.contains(&item)
    }

    /// What can be taken back right now.
    #[must_use]
    pub fn undoable(&self) -> Option<Undo> {
        self.before.as_ref().map(|(undo, _)| *undo)
    }

    /// Whether a product is dismissed as things stand.
    #[must_use]
    pub fn is_dismissed(&self, item: ItemIx) -> bool {
        self.kept
            .session
            .events
            .iter()
            .rev()
            .find(|event| event.item == item)
            .is_some_and(|event| event.kind == EventKind::Dismiss)
    }

    /// Something is about to be done: where the visit at hand is over, a new one begins. Comes before each of the steps below.
    pub fn at(&mut self, now: u32) {
        if self.is_over(now) {
            self.end_visit();
            self.expire(now);
        }
        self.last = now;
    }

    /// The shopper checked out: the visit is over.
    pub fn check_out(&mut self) {
        self.end_visit();
        self.expire(self.last);
    }

    /// The shopper opened a product's page. Opening it again at once (a reload, 'back') is no second event, and looking at
    /// a product one has just dismissed does not take the dismissal back.
    pub fn view(&mut self, item: ItemIx) {
        if !self.learns_from(item)
            || self.kept.session.events.last().is_some_and(|last| last.item == item)
            || self.is_dismissed(item)
        {
            return;
        }
        self.push(Event::new(item, EventKind::View));
    }

    /// The shopper put a product into the cart.
    pub fn cart(&mut self, item: ItemIx) {
        if self.learns_from(item) && self.kept.session.events.last() != Some(&Event::new(item, EventKind::Cart)) {
            self.push(Event::new(item, EventKind::Cart));
        }
    }

    /// The shopper took a product out of the cart again: it speaks for nothing any more, but that it was looked at stays.
    pub fn uncart(&mut self, item: ItemIx) {
        self.kept.session.events.retain(|event| *event != Event::new(item, EventKind::Cart));
        self.before = None;
    }

    /// The shopper said 'not for me'.
    pub fn dismiss(&mut self, item: ItemIx) {
        let before = (Undo::Dismissed(item), self.kept.clone());
        self.push(Event::new(item, EventKind::Dismiss));
        self.before = Some(before);
    }

    /// The shopper takes a dismissal back, however long ago it was.
    pub fn retract(&mut self, item: ItemIx) {
        self.kept.session.events.retain(|event| *event != Event::new(item, EventKind::Dismiss));
        self.before = None;
    }

    /// Forgets this visit and all earlier ones; one [`SessionLog::undo`] brings them back until the next event.
    pub fn forget(&mut self) {
        self.before = Some((Undo::Forgot, std::mem::take(&mut self.kept)));
    }

    /// Takes the last dismissal or the forgetting back.
    pub fn undo(&mut self) {
        if let Some((_, kept)) = self.before.take() {
            self.kept = kept;
        }
    }

    fn push(&mut self, event: Event) {
        self.kept.session.events.push(event);
        self.before = None;
        self.trim();
    }

    fn trim(&mut self) {
        let surplus = self.kept.session.events.len().saturating_sub(MAX_EVENTS);
        self.kept.session.events.drain(..surplus);
    }

    /// Whether the visit at hand ended before `now`. A clock that was set back says no.
    fn is_over(&self, now: u32) -> bool {
        now.saturating_sub(self.last) >= VISIT_GAP
    }

    fn end_visit(&mut self) {
        let shots = self.kept.session.shots();
        let mut taken: Vec<ItemIx> = shots.iter().filter(|shot| shot.kind >= EventKind::Cart).map(|shot| shot.item).collect();
        let dismissed = self.kept.session.dismissed();
        self.kept.session.events = dismissed.into_iter().map(|item| Event::new(item, EventKind::Dismiss)).collect();
        self.before = None;
        if !taken.is_empty() {
            taken.drain(..taken.len().saturating_sub(MAX_TAKEN));
            self.kept.session.visits.insert(0, taken);
            self.kept.ended.insert(0, self.last);
        }
    }

    /// Forgets earlier visits that are too old or too many. The latest comes first.
    fn expire(&mut self, now: u32) {
        let young = self.kept.ended.iter().take(MAX_VISITS).take_while(|&&ended| !is_old(ended, now)).count();
        self.kept.session.visits.truncate(young);
        self.kept.ended.truncate(young);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ItemIx = ItemIx(1);
    const B: ItemIx = ItemIx(2);

    #[test]
    fn a_reload_of_a_product_page_is_no_second_view() {
        let mut log = SessionLog::default();
        log.view(A);
        log.view(A);
        log.view(B);
        log.view(A);
        assert_eq!(log.session().events.len(), 3);
    }

    #[test]
    fn a_dismissal_can_be_taken_back_until_the_next_event() {
        let mut log = SessionLog::default();
        log.view(A);
        log.dismiss(A);
        assert_eq!(log.undoable(), Some(Undo::Dismissed(A)));
        assert!(log.is_dismissed(A));
        log.undo();
        assert!(!log.is_dismissed(A));
        assert_eq!(log.session().shots().len(), 1);
        log.dismiss(A);
        log.view(B);
        assert_eq!(log.undoable(), None);
    }

    #[test]
    fn looking_at_a_dismissed_product_leaves_it_dismissed_and_adding_it_does_not() {
        let mut log = SessionLog::default();
        log.dismiss(A);
        log.view(B);
        log.view(A);
        assert!(log.is_dismissed(A));
        log.cart(A);
        assert!(!log.is_dismissed(A));
    }

    #[test]
    fn a_dismissal_can_be_taken_back_later_and_leaves_the_rest() {
        let mut log = SessionLog::default();
        log.view(A);
        log.dismiss(A);
        log.view(B);
        log.retract(A);
        assert_eq!(log.session().events, [Event::new(A, EventKind::View), Event::new(B, EventKind::View)]);
    }

    #[test]
    fn forgetting_can_be_undone_once() {
        let mut log = SessionLog::default();
        log.view(A);
        log.cart(B);
        let before = log.session().clone();
        log.forget();
        assert!(log.is_blank());
        log.undo();
        assert_eq!(log.session(), &before);
        assert_eq!(log.undoable(), None);
        log.undo();
        assert_eq!(log.session(), &before);
    }

    #[test]
    fn what_leaves_the_cart_no_longer_counts_as_carted() {
        let mut log = SessionLog::default();
        log.view(A);
        log.cart(A);
        log.cart(B);
        log.uncart(A);
        log.uncart(B);
        assert_eq!(log.session().shots(), [Event::new(A, EventKind::View)]);
    }

    #[test]
    fn only_the_last_events_are_kept() {
        let mut log = SessionLog::default();
        for item in 0..MAX_EVENTS as u32 + 5 {
            log.view(ItemIx(item));
        }
        assert_eq!(log.session().events.len(), MAX_EVENTS);
        assert_eq!(log.session().events[0].item, ItemIx(5));
    }

    /// A day in November 2024.
    const NOW: u32 = 1_732_000_000;

    fn items(rows: std::ops::Range<u32>) -> Vec<ItemIx> {
        rows.map(ItemIx).collect()
    }

    /// A log with a visit in which these were put into the cart, the last one at `last`.
    fn carted(rows: std::ops::Range<u32>, last: u32) -> SessionLog {
        let mut log = SessionLog::default();
        for item in items(rows) {
            log.at(last);
            log.cart(item);
        }
        log
    }

    #[test]
    fn a_visit_goes_on_until_nothing_was_done_for_half_an_hour() {
        let mut log = carted(1..2, NOW);
        log.at(NOW + VISIT_GAP - 1);
        log.view(B);
        log.at(NOW + 2 * VISIT_GAP - 2);
        assert!(log.session().visits.is_empty() && log.session().events.len() == 2, "an event prolongs the visit");
        log.at(NOW + 3 * VISIT_GAP);
        assert_eq!(log.session(), &Session { events: Vec::new(), visits: vec![vec![A]] });
        assert_eq!(log.ended(), [NOW + 2 * VISIT_GAP - 2]);
    }

    #[test]
    fn what_was_only_viewed_makes_no_visit_and_what_was_taken_out_was_not_taken() {
        let mut log = SessionLog::default();
        log.at(NOW);
        log.view(A);
        log.cart(B);
        log.uncart(B);
        log.at(NOW + VISIT_GAP);
        assert!(log.is_blank());
    }

    #[test]
    fn a_check_out_ends_the_visit_and_a_second_one_adds_none() {
        let mut log = carted(1..3, NOW);
        log.view(ItemIx(7));
        log.check_out();
        log.check_out();
        assert_eq!(log.session(), &Session { events: Vec::new(), visits: vec![vec![A, B]] });
        log.at(NOW + 60);
        log.cart(B);
        log.check_out();
        assert_eq!(log.session().visits, [vec![B], vec![A, B]], "the latest visit comes first");
    }

    #[test]
    fn not_for_me_outlives_the_visit() {
        let mut log = carted(2..3, NOW);
        log.dismiss(A);
        log.check_out();
        assert!(log.is_dismissed(A));
        assert_eq!(log.undoable(), None, "what would come back is the visit that is over");
        log.at(NOW + VISIT_GAP);
        log.at(NOW + 9 * VISIT_GAP);
        assert_eq!(log.session().dismissed(), [A]);
        assert_eq!(log.session().visits.len(), 1);
    }

    #[test]
    fn visits_and_what_was_taken_on_them_are_bounded() {
        let mut log = SessionLog::default();
        for visit in 0..MAX_VISITS as u32 + 3 {
            log.at(NOW + visit);
            items(visit..visit + MAX_TAKEN as u32 + 5).into_iter().for_each(|item| log.cart(item));
            log.check_out();
        }
        assert_eq!((log.session().visits.len(), log.ended().len()), (MAX_VISITS, MAX_VISITS));
        let newest = MAX_VISITS as u32 + 2;
        assert_eq!(log.session().visits[0], items(newest + 5..newest + 5 + MAX_TAKEN as u32), "those taken last are kept");
        assert_eq!(log.ended()[0], NOW + newest);
        let over = vec![vec![A]; MAX_VISITS + 1];
        let log = SessionLog::of(Session { events: Vec::new(), visits: over }, vec![NOW; MAX_VISITS + 1], NOW, NOW);
        assert_eq!(log.session().visits.len(), MAX_VISITS);
    }

    #[test]
    fn a_visit_is_forgotten_after_thirty_days() {
        let mut log = carted(1..2, NOW);
        log.at(NOW + KEEP / 2);
        log.cart(B);
        log.at(NOW + KEEP - 1);
        assert_eq!(log.session().visits, [[B], [A]]);
        log.at(NOW + KEEP + VISIT_GAP);
        assert_eq!(log.session().visits, [[B]]);
        assert_eq!(log.ended(), [NOW + KEEP / 2]);
        log.at(NOW + 2 * KEEP);
        assert!(log.is_blank());
    }

    #[test]
    fn a_clock_that_is_set_back_ends_nothing_and_holds_nothing_up() {
        let mut log = carted(1..2, NOW);
        log.at(NOW - 90 * 24 * 60 * 60);
        log.cart(B);
        assert_eq!(log.session().shots().len(), 2);
        log.at(NOW - 90 * 24 * 60 * 60 + VISIT_GAP);
        assert_eq!(log.session().visits, [[A, B]], "the new time is the one that counts");
        // The same between two loads: times that lie ahead count as now.
        let old = Session { events: vec![Event::new(A, EventKind::Cart)], visits: vec![vec![B]] };
        let mut log = SessionLog::of(old.clone(), vec![NOW + KEEP], NOW + KEEP, NOW);
        assert_eq!((log.session(), log.ended(), log.last()), (&old, &[NOW][..], NOW));
        log.at(NOW + VISIT_GAP);
        assert_eq!(log.session().visits, [[A], [B]]);
    }

    #[test]
    fn forgetting_takes_earlier_visits_along_and_undoing_it_brings_them_back() {
        let mut log = carted(1..2, NOW);
        log.check_out();
        log.view(B);
        let before = log.clone();
        log.forget();
        assert!(log.is_blank() && log.ended().is_empty());
        log.undo();
        assert_eq!(log, before);
    }

    #[test]
    fn what_is_paused_or_off_is_not_learned_and_what_was_learned_stays() {
        for learning in [Learning::Paused, Learning::Off] {
            let mut log = carted(1..2, NOW);
            log.set_learning(learning);
            log.view(B);
            log.cart(B);
            assert_eq!(log.session().events, [Event::new(A, EventKind::Cart)]);
            log.dismiss(B);
            assert!(log.is_dismissed(B), "a wish is heard at any time");
            log.set_learning(Learning::On);
            log.view(ItemIx(9));
            assert_eq!(log.session().shots().len(), 2);
        }
    }

    #[test]
    fn what_is_not_to_be_learned_from_is_gone_from_all_visits_and_can_come_back() {
        let mut log = carted(1..3, NOW);
        log.check_out();
        log.cart(A);
        let before = log.clone();
        log.unlearn(A, false);
        assert_eq!(log.session(), &Session { events: Vec::new(), visits: vec![vec![B]] });
        assert_eq!(log.undoable(), Some(Undo::Unlearned(A)));
        log.undo();
        assert_eq!(log, before);
        log.unlearn(A, false);
        log.cart(A);
        assert_eq!(log.session().shots().len(), 1, "only what was done is forgotten");
    }

    #[test]
    fn a_gift_says_nothing_now_or_later() {
        let mut log = carted(1..2, NOW);
        log.unlearn(A, true);
        log.cart(A);
        log.view(A);
        assert!(log.is_blank() && !log.is_default());
        assert_eq!(log.gifts(), [A]);
        log.forget();
        assert!(log.is_default());
    }
}
