//! What the shopper did, and how to take it back.

use fewshop_core::{Event, EventKind, ItemIx, Session};

/// The most events that are kept; the oldest fall off. Far more than any ranking needs, and a bound on what is stored.
pub const MAX_EVENTS: usize = 200;

/// What the last step was, if it can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undo {
    /// All was forgotten.
    Forgot,
    /// A product was dismissed.
    Dismissed(ItemIx),
}

/// The session with one step of undo.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionLog {
    session: Session,
    before: Option<(Undo, Session)>,
}

impl SessionLog {
    /// A log that begins with a session, cut to its last [`MAX_EVENTS`] events.
    #[must_use]
    pub fn of(session: Session) -> Self {
        let mut log = Self { session, before: None };
        log.trim();
        log
    }

    /// What the shopper did.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Whether there is anything that could be forgotten.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.session.events.is_empty() && self.session.visits.is_empty()
    }

    /// What can be taken back right now.
    #[must_use]
    pub fn undoable(&self) -> Option<Undo> {
        self.before.as_ref().map(|(undo, _)| *undo)
    }

    /// Whether a product is dismissed as things stand.
    #[must_use]
    pub fn is_dismissed(&self, item: ItemIx) -> bool {
        self.session.events.iter().rev().find(|event| event.item == item).is_some_and(|event| event.kind == EventKind::Dismiss)
    }

    /// The shopper opened a product's page. Opening it again at once (a reload, 'back') is no second event, and looking at
    /// a product one has just dismissed does not take the dismissal back.
    pub fn view(&mut self, item: ItemIx) {
        if self.session.events.last().is_some_and(|last| last.item == item) || self.is_dismissed(item) {
            return;
        }
        self.push(Event::new(item, EventKind::View));
    }

    /// The shopper put a product into the cart.
    pub fn cart(&mut self, item: ItemIx) {
        if self.session.events.last() != Some(&Event::new(item, EventKind::Cart)) {
            self.push(Event::new(item, EventKind::Cart));
        }
    }

    /// The shopper took a product out of the cart again: it speaks for nothing any more, but that it was looked at stays.
    pub fn uncart(&mut self, item: ItemIx) {
        self.session.events.retain(|event| *event != Event::new(item, EventKind::Cart));
        self.before = None;
    }

    /// The shopper said 'not for me'.
    pub fn dismiss(&mut self, item: ItemIx) {
        let before = self.session.clone();
        self.push(Event::new(item, EventKind::Dismiss));
        self.before = Some((Undo::Dismissed(item), before));
    }

    /// The shopper takes a dismissal back, however long ago it was.
    pub fn retract(&mut self, item: ItemIx) {
        self.session.events.retain(|event| *event != Event::new(item, EventKind::Dismiss));
        self.before = None;
    }

    /// Forgets this visit and all earlier ones; one [`SessionLog::undo`] brings them back until the next event.
    pub fn forget(&mut self) {
        let before = std::mem::take(&mut self.session);
        self.before = Some((Undo::Forgot, before));
    }

    /// Takes the last dismissal or the forgetting back.
    pub fn undo(&mut self) {
        if let Some((_, before)) = self.before.take() {
            self.session = before;
        }
    }

    /// Puts what was remembered before what was done since.
    pub fn recall(&mut self, mut earlier: Session) {
        earlier.events.append(&mut self.session.events);
        self.session = earlier;
        self.before = None;
        self.trim();
    }

    fn push(&mut self, event: Event) {
        self.session.events.push(event);
        self.before = None;
        self.trim();
    }

    fn trim(&mut self) {
        let surplus = self.session.events.len().saturating_sub(MAX_EVENTS);
        self.session.events.drain(..surplus);
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

    #[test]
    fn what_is_recalled_stands_before_what_was_done_meanwhile() {
        let mut log = SessionLog::default();
        log.view(B);
        log.recall(Session::of(vec![Event::new(A, EventKind::Cart)]));
        assert_eq!(log.session().events, [Event::new(A, EventKind::Cart), Event::new(B, EventKind::View)]);
    }
}
