//! The shopper's clicks and questions on this visit and the products taken on earlier ones, with undo.
//!
//! A visit ends with a check-out, or after [`VISIT_GAP`] without an action. The products put in the
//! cart or bought on it were *taken*: they become the newest earlier visit. A visit on which
//! nothing was taken leaves none. Products that were only viewed are forgotten, and so is what was
//! asked; dismissals stay, as the shop has promised.
//!
//! Times are seconds since 1970 by the device's clock, which may be wrong or set back: a future
//! time counts as now.

mod merging;

use fewshop_core::protocol::limits;
use fewshop_core::{Event, EventKind, ItemIx, Session, Share};

use super::{Asked, Correction, Corrections, Question, sort_few};

/// Maximum number of stored events; the oldest are dropped. Far more than a ranking needs; it
/// bounds the stored text.
pub const MAX_EVENTS: usize = limits::MAX_EVENTS;
/// Maximum number of stored earlier visits; the oldest are dropped.
pub const STORED_MAX_VISITS: usize = limits::MAX_VISITS;
/// Maximum number of items stored per earlier visit: those taken last.
pub const MAX_TAKEN: usize = limits::MAX_VISIT_ITEMS;
/// A visit is over after this time without an action, in seconds: half an hour, the usual
/// definition on the web.
pub const VISIT_GAP: u32 = limits::VISIT_GAP_S;
/// Older visits are forgotten, in seconds: 30 days.
pub const KEEP: u32 = limits::KEEP_S;

/// Whether a time is more than [`KEEP`] ago.
pub(super) fn is_old(time: u32, now: u32) -> bool {
    now.saturating_sub(time) >= KEEP
}

/// The last action, if it can be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undo {
    /// Everything was forgotten.
    Forgot,
    /// A product was dismissed.
    Dismissed(ItemIx),
    /// A product was excluded from learning.
    Unlearned(ItemIx),
    /// A question was taken back.
    Unasked,
}

/// Where a pick comes from, as the shopper knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A product that the shopper chose.
    Chosen(ItemIx),
    /// Words that the shopper asked for.
    Asked(String),
}

/// The shopper's choice whether the shop learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Learning {
    /// It learns from clicks and uses what it learned.
    #[default]
    On,
    /// It uses what it learned, and learns nothing more.
    Paused,
    /// It neither learns nor uses anything: the shop is the same for everyone.
    Off,
}

/// What the shop may show besides picks, each with its own switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    /// The predicted household attributes.
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

    /// The task of the pack that it shows, and how many predictions to request: all attributes, and
    /// three offers, of which the first one with a wanted product is shown.
    #[must_use]
    pub fn task(self) -> (&'static str, u32) {
        match self {
            Self::Household => ("attributes", u32::MAX),
            Self::Offers => ("offers", 3),
        }
    }
}

/// State that undo restores.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Kept {
    /// What the shopper did. What was asked is in `asked`, with its words.
    session: Session,
    asked: Asked,
    /// When each of the session's visits ended.
    ended: Vec<u32>,
    /// Products that never count, such as gifts.
    gifts: Vec<ItemIx>,
    corrections: Corrections,
}

/// The session with one step of undo.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionLog {
    kept: Kept,
    learning: Learning,
    /// Extras that are switched off.
    hidden: [bool; Extra::ALL.len()],
    /// Time of the last action.
    last: u32,
    before: Option<(Undo, Kept)>,
}

impl SessionLog {
    /// A log that begins with a session whose visits `ended` at these times and whose last event
    /// was at `last`, as of `now`: cut to its bounds, without visits that are too old, and with a
    /// finished visit among the earlier ones.
    #[must_use]
    pub fn of(session: Session, mut ended: Vec<u32>, last: u32, now: u32) -> Self {
        ended.resize(session.visits.len(), now);
        // A clock was ahead: unchanged, these visits would never expire.
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

    /// What the shopper did: clicks and earlier visits, without what was asked in words.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.kept.session
    }

    /// The session for the engine, with the products that stand for the questions; empty without
    /// personalisation.
    #[must_use]
    pub fn session_to_rank(&self) -> Session {
        if self.learning == Learning::Off {
            return Session::default();
        }
        Session {
            asked: self.kept.asked.examples(),
            ..self.kept.session.clone()
        }
    }

    /// What the shopper asked for in words on this visit.
    #[must_use]
    pub fn asked(&self) -> &Asked {
        &self.kept.asked
    }

    /// Products that the questions exclude, in the catalogue's order; none without personalisation.
    #[must_use]
    pub fn without(&self) -> Vec<ItemIx> {
        if self.learning == Learning::Off {
            return Vec::new();
        }
        self.kept.asked.without()
    }

    /// Whether a question excludes a product from what is suggested.
    #[must_use]
    pub fn excludes(&self, item: ItemIx) -> bool {
        let mut asked = self.kept.asked.iter();
        self.learning != Learning::Off && asked.any(|question| question.without().contains(&item))
    }

    /// The shares of a pick's reason by where they come from, the largest first. Products that only
    /// stand for a question were never seen by the shopper, who knows the words: they are one source.
    #[must_use]
    pub fn sources(&self, shots: &[Share]) -> Vec<(Source, f32)> {
        let session = &self.kept.session;
        let mut sources: Vec<(Source, f32)> = Vec::with_capacity(shots.len());
        for &Share { item, share } in shots {
            let is_own = session.events.iter().any(|event| event.item == item)
                || session.visits.iter().any(|visit| visit.contains(&item));
            let about = self.kept.asked.about(item);
            let source = match about.filter(|_| !is_own) {
                Some(question) => Source::Asked(question.text().to_owned()),
                None => Source::Chosen(item),
            };
            match sources.iter_mut().find(|(other, _)| *other == source) {
                Some((_, sum)) => *sum += share,
                None => sources.push((source, share)),
            }
        }
        sort_few(&mut sources, |a, b| a.1 > b.1);
        sources
    }

    /// When each of the session's visits ended.
    #[must_use]
    pub fn ended(&self) -> &[u32] {
        &self.kept.ended
    }

    /// Time of the last action.
    #[must_use]
    pub fn last(&self) -> u32 {
        self.last
    }

    /// Whether there is anything that could be forgotten.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.kept.session.events.is_empty()
            && self.kept.session.visits.is_empty()
            && self.kept.asked.is_empty()
    }

    /// A number that differs after an action that may change the picks.
    #[must_use]
    pub fn revision(&self) -> u64 {
        let session = &self.kept.session;
        let events = session.events.iter();
        let events = events.map(|event| u64::from(event.item.0) * 8 + event.kind as u64);
        let visits = session.visits.iter().flatten();
        let visits = visits.map(|item| u64::from(item.0) * 8 + 7);
        let corrections = self.kept.corrections.revision();
        // FNV-1a over whole numbers.
        let mix: fn(u64, u64) -> u64 = |hash, part| (hash ^ part).wrapping_mul(0x0100_0000_01b3);
        let start = 0xcbf2_9ce4_8422_2325 ^ self.learning as u64;
        let hash = events.chain(visits).chain([corrections]).fold(start, mix);
        self.kept.asked.mix(hash, mix)
    }

    /// Whether nothing at all is kept, so that nothing need be stored.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.is_blank()
            && self.kept.gifts.is_empty()
            && self.kept.corrections.is_empty()
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

    /// Gifts.
    #[must_use]
    pub fn gifts(&self) -> &[ItemIx] {
        &self.kept.gifts
    }

    /// The shopper's corrections.
    #[must_use]
    pub fn corrections(&self) -> &Corrections {
        &self.kept.corrections
    }

    /// Corrects a category or brand; `None` withdraws the correction.
    pub fn correct(&mut self, key: &str, correction: Option<Correction>) {
        self.kept.corrections.set(key, correction);
        self.before = None;
    }

    /// Gifts and corrections, as they were stored.
    #[must_use]
    pub fn with_choices(
        mut self,
        gifts: Vec<ItemIx>,
        corrections: Corrections,
        learning: Learning,
    ) -> Self {
        (self.kept.gifts, self.kept.corrections, self.learning) = (gifts, corrections, learning);
        self
    }

    /// The questions of the last visit as they were stored, unless it is over by `now`.
    #[must_use]
    pub fn with_asked(mut self, asked: Vec<Question>, now: u32) -> Self {
        if !self.is_over(now) {
            asked.into_iter().for_each(|question| self.keep(question));
        }
        self
    }

    /// Excludes a product from learning: its clicks are removed, on this visit and on earlier ones.
    /// A `gift` does not count from now on either.
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
        self.kept.asked.unlearn(item);
        if gift && !self.kept.gifts.contains(&item) {
            self.kept.gifts.push(item);
        }
        self.before = Some(before);
    }

    /// Whether clicks on a product are learned from.
    fn learns_from(&self, item: ItemIx) -> bool {
        self.learning == Learning::On && !self.kept.gifts.contains(&item)
    }

    /// The action that can be undone now.
    #[must_use]
    pub fn undoable(&self) -> Option<Undo> {
        self.before.as_ref().map(|(undo, _)| *undo)
    }

    /// Whether a product is currently dismissed.
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

    /// An action follows: if the current visit is over, a new one begins. Call it before each of
    /// the actions below.
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

    /// The shopper opened a product's page. Opening it again at once (a reload, 'back') is not a
    /// second event, and viewing a dismissed product does not withdraw the dismissal.
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

    /// The shopper removed a product from the cart: it no longer counts as carted, but its view
    /// stays.
    pub fn uncart(&mut self, item: ItemIx) {
        self.kept
            .session
            .events
            .retain(|event| *event != Event::new(item, EventKind::Cart));
        self.before = None;
    }

    /// The shopper acted on a search: the picks learn from it. The same question again is the newest
    /// one; as the newest one, it is no news.
    pub fn ask(&mut self, question: Question) {
        if self.learning == Learning::On && self.kept.asked.iter().next_back() != Some(&question) {
            self.keep(question);
            self.before = None;
        }
    }

    /// Keeps a question without the products that never count.
    fn keep(&mut self, question: Question) {
        let mut items = question.items().to_vec();
        items.retain(|item| !self.kept.gifts.contains(item));
        let question = Question::new(question.text(), items, question.without().to_vec());
        question
            .into_iter()
            .for_each(|question| self.kept.asked.push(question));
    }

    /// The shopper takes the question with these words back.
    pub fn unask(&mut self, text: &str) {
        self.before = Some((Undo::Unasked, self.kept.clone()));
        self.kept.asked.remove(text);
    }

    /// The shopper said 'not for me'.
    pub fn dismiss(&mut self, item: ItemIx) {
        let before = (Undo::Dismissed(item), self.kept.clone());
        self.push(Event::new(item, EventKind::Dismiss));
        self.before = Some(before);
    }

    /// The shopper withdraws a dismissal, however old.
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

    /// Forgets what was forgotten in another tab, where it can be undone; settings stay.
    pub fn forgotten(&mut self, now: u32) {
        self.at(now);
        self.forget();
        self.before = None;
    }

    /// Undoes the last dismissal, exclusion, question taken back or forgetting.
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

    /// Whether the current visit ended before `now`. A clock that was set back ends nothing.
    fn is_over(&self, now: u32) -> bool {
        now.saturating_sub(self.last) >= VISIT_GAP
    }

    fn end_visit(&mut self) {
        let context = self.kept.session.context_items();
        let mut taken: Vec<ItemIx> = context
            .iter()
            .filter(|click| click.kind.is_taken())
            .map(|click| click.item)
            .collect();
        let dismissed = self.kept.session.dismissed();
        self.kept.session.events = dismissed
            .into_iter()
            .map(|item| Event::new(item, EventKind::Dismiss))
            .collect();
        self.kept.asked = Asked::default();
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
            .take(STORED_MAX_VISITS)
            .take_while(|&&ended| !is_old(ended, now))
            .count();
        self.kept.session.visits.truncate(young);
        self.kept.ended.truncate(young);
    }
}

#[cfg(test)]
mod tests;
