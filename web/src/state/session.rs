//! What the shopper did, in this visit and in earlier ones, and how to take it back.
//!
//! A visit ends with a check-out, or when nothing was done for [`VISIT_GAP`]. What was put into the
//! cart or bought in it was *taken* and becomes the newest of the earlier visits; a visit on which
//! nothing was taken leaves none. What was only looked at is forgotten, and 'not for me' goes on to
//! hold, as the shop has promised.
//!
//! Times are seconds since 1970 by the device's clock, which may be wrong or set back: a time that
//! lies ahead counts as now.

use fewshop_core::protocol::limits;
use fewshop_core::{Event, EventKind, ItemIx, Session};

use super::{Rules, Taste};

/// The most events that are kept; the oldest fall off. Far more than any ranking needs, and a bound
/// on what is stored.
pub const MAX_EVENTS: usize = limits::MAX_EVENTS;
/// The most earlier visits that are kept; the oldest fall off.
pub const MAX_VISITS: usize = limits::MAX_VISITS;
/// The most items of an earlier visit that are kept: those taken last.
pub const MAX_TAKEN: usize = limits::MAX_VISIT_ITEMS;
/// A visit is over when nothing was done for so long, in seconds: half an hour, by which the web
/// has always counted visits.
pub const VISIT_GAP: u32 = limits::VISIT_GAP_S;
/// What is older is forgotten, in seconds: 30 days.
pub const KEEP: u32 = limits::KEEP_S;

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

/// What the shop may show besides picks, each with a switch of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    /// What the picks may say of the household.
    Household,
    /// An offer on the home page.
    Offers,
}

impl Extra {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Household, Self::Offers];

    /// Its name as stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Household => "household",
            Self::Offers => "offers",
        }
    }
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
    /// Extras that are switched off.
    hidden: [bool; Extra::ALL.len()],
    /// When the last thing was done.
    last: u32,
    before: Option<(Undo, Kept)>,
}

impl SessionLog {
    /// A log that begins with a session whose visits `ended` at these times and whose last event
    /// was at `last`, as of `now`: cut to its bounds, without what is too old, and with a visit
    /// that is over among the earlier ones.
    #[must_use]
    pub fn of(session: Session, mut ended: Vec<u32>, last: u32, now: u32) -> Self {
        ended.resize(session.visits.len(), now);
        // From a clock that was ahead: as they are, they would never grow old.
        ended.iter_mut().for_each(|ended| *ended = now.min(*ended));
        let kept = Kept {
            session,
            ended,
            ..Kept::default()
        };
        let mut log = Self {
            kept,
            last: last.min(now),
            ..Self::default()
        };
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
        self.is_blank()
            && self.kept.gifts.is_empty()
            && self.kept.rules.is_empty()
            && self.learning == Learning::On
            && self.hidden == [false; 2]
    }

    /// Whether an extra is shown.
    #[must_use]
    pub fn shows(&self, extra: Extra) -> bool {
        !self.hidden[extra as usize]
    }

    /// The shopper switches an extra on or off.
    pub fn show(&mut self, extra: Extra, shows: bool) {
        self.hidden[extra as usize] = !shows;
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

    /// The shopper corrects what the shop thinks of a category or brand; `None` takes the
    /// correction back.
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

    /// The shopper does not want the shop to have learned from a product: all that was done with it
    /// is as if it had not been, today and on earlier visits. A `gift` says nothing from now on
    /// either.
    pub fn unlearn(&mut self, item: ItemIx, gift: bool) {
        let before = (Undo::Unlearned(item), self.kept.clone());
        self.kept
            .session
            .events
            .retain(|event| event.item != item || event.kind == EventKind::Dismiss);
        self.kept
            .session
            .visits
            .iter_mut()
            .for_each(|visit| visit.retain(|&other| other != item));
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

    /// Something is about to be done: where the visit at hand is over, a new one begins. Comes
    /// before each of the steps below.
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

    /// The shopper opened a product's page. Opening it again at once (a reload, 'back') is no
    /// second event, and looking at a product one has just dismissed does not take the dismissal
    /// back.
    pub fn view(&mut self, item: ItemIx) {
        if !self.learns_from(item)
            || self
                .kept
                .session
                .events
                .last()
                .is_some_and(|last| last.item == item)
            || self.is_dismissed(item)
        {
            return;
        }
        self.push(Event::new(item, EventKind::View));
    }

    /// The shopper put a product into the cart.
    pub fn cart(&mut self, item: ItemIx) {
        if self.learns_from(item)
            && self.kept.session.events.last() != Some(&Event::new(item, EventKind::Cart))
        {
            self.push(Event::new(item, EventKind::Cart));
        }
    }

    /// The shopper took a product out of the cart again: it speaks for nothing any more, but that
    /// it was looked at stays.
    pub fn uncart(&mut self, item: ItemIx) {
        self.kept
            .session
            .events
            .retain(|event| *event != Event::new(item, EventKind::Cart));
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
        self.kept
            .session
            .events
            .retain(|event| *event != Event::new(item, EventKind::Dismiss));
        self.before = None;
    }

    /// Forgets this visit and all earlier ones; one [`SessionLog::undo`] brings them back until the
    /// next event.
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
        let mut taken: Vec<ItemIx> = shots
            .iter()
            .filter(|shot| shot.kind.is_taken())
            .map(|shot| shot.item)
            .collect();
        let dismissed = self.kept.session.dismissed();
        self.kept.session.events = dismissed
            .into_iter()
            .map(|item| Event::new(item, EventKind::Dismiss))
            .collect();
        self.before = None;
        if !taken.is_empty() {
            taken.drain(..taken.len().saturating_sub(MAX_TAKEN));
            self.kept.session.visits.insert(0, taken);
            self.kept.ended.insert(0, self.last);
        }
    }

    /// Forgets earlier visits that are too old or too many. The latest comes first.
    fn expire(&mut self, now: u32) {
        let young = self
            .kept
            .ended
            .iter()
            .take(MAX_VISITS)
            .take_while(|&&ended| !is_old(ended, now))
            .count();
        self.kept.session.visits.truncate(young);
        self.kept.ended.truncate(young);
    }
}

#[cfg(test)]
mod tests;
