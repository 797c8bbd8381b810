//! Events and sessions.

use serde::{Deserialize, Serialize};

use crate::ItemIx;

/// The kinds of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// The shopper opened the product's page.
    View,
    /// Put it into the cart.
    Cart,
    /// Bought it.
    Purchase,
    /// Dismissed it: 'not for me'.
    Dismiss,
}

impl EventKind {
    /// All kinds, in the order of their numbers in a pack.
    pub const ALL: [Self; 4] = [Self::View, Self::Cart, Self::Purchase, Self::Dismiss];

    /// All names, as error messages list them.
    pub const LISTED: &str = "view, cart, purchase or dismiss";

    /// The kind's name in files and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Cart => "cart",
            Self::Purchase => "purchase",
            Self::Dismiss => "dismiss",
        }
    }

    /// The kind of that name; `None` for any other text.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether the product was taken, not merely looked at. Taken products are what a device
    /// remembers of a visit.
    #[must_use]
    pub fn is_taken(self) -> bool {
        match self {
            Self::Cart | Self::Purchase => true,
            Self::View | Self::Dismiss => false,
        }
    }

    /// The kind that decides if a product has both. The order of [`ALL`](Self::ALL) is that of a
    /// pack and says nothing about strength, so a new kind needs its own place here.
    #[must_use]
    pub fn stronger(self, other: Self) -> Self {
        let strength = |kind| match kind {
            Self::View => 0,
            Self::Cart => 1,
            Self::Purchase => 2,
            Self::Dismiss => 3,
        };
        if strength(other) > strength(self) {
            other
        } else {
            self
        }
    }

    /// Whether it is a positive signal: all but a dismissal.
    #[must_use]
    pub fn is_positive(self) -> bool {
        self != Self::Dismiss
    }
}

/// One action of a shopper on one product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "ShopEvent"))]
pub struct Event {
    /// The product's row.
    pub item: ItemIx,
    /// The action.
    pub kind: EventKind,
}

impl Event {
    /// An event of `kind` on `item`.
    #[must_use]
    pub fn new(item: ItemIx, kind: EventKind) -> Self {
        Self { item, kind }
    }
}

/// The events of one visit, and the earlier visits that this device remembers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Session {
    /// The current visit, oldest event first.
    pub events: Vec<Event>,
    /// Products taken on earlier visits, the latest visit first. Only the device knows them.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Vec<Vec<ItemIx>>>"))]
    pub visits: Vec<Vec<ItemIx>>,
    /// What the shopper asked for in words on this visit, oldest first: for each question the products
    /// that stand for it, the best first. They are context items like viewed ones that count as one
    /// together, are older than any event, and may still be picked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Vec<Vec<ItemIx>>>"))]
    pub asked: Vec<Vec<ItemIx>>,
    /// The day of the visit, in days since 1970, for promotions; unknown is `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub day: Option<i32>,
}

impl Session {
    /// A first visit with these events, on an unknown day.
    #[must_use]
    pub fn of(events: Vec<Event>) -> Self {
        Self {
            events,
            ..Self::default()
        }
    }

    /// A first visit in which these items were bought.
    #[must_use]
    pub fn of_items(items: &[ItemIx]) -> Self {
        Self::of(
            items
                .iter()
                .map(|&item| Event::new(item, EventKind::Purchase))
                .collect(),
        )
    }

    /// The context items, which the model learns from: what stands for the shopper's words, then each
    /// product with a positive event, once, with its strongest kind, in the order of its latest event.
    ///
    /// A dismissal removes a product from the context; a later positive event restores it.
    #[must_use]
    pub fn context_items(&self) -> Vec<Event> {
        let mut context: Vec<Event> = Vec::new();
        for &item in self.asked.iter().flatten() {
            context.retain(|earlier| earlier.item != item);
            context.push(Event::new(item, EventKind::View));
        }
        self.after(context)
    }

    /// The context items without those that only stand for words: what the shopper chose. Predictions
    /// about the shopper were measured on these.
    #[must_use]
    pub fn chosen_items(&self) -> Vec<Event> {
        self.after(Vec::new())
    }

    /// A context after the session's events.
    fn after(&self, mut context: Vec<Event>) -> Vec<Event> {
        for event in &self.events {
            let before = context
                .iter()
                .position(|earlier| earlier.item == event.item)
                .map(|at| context.remove(at));
            if event.kind.is_positive() {
                let kind = before.map_or(event.kind, |earlier| earlier.kind.stronger(event.kind));
                context.push(Event::new(event.item, kind));
            }
        }
        context
    }

    /// The products that were dismissed and had no positive event since, each once.
    #[must_use]
    pub fn dismissed(&self) -> Vec<ItemIx> {
        let mut out: Vec<ItemIx> = Vec::new();
        for event in &self.events {
            out.retain(|&item| item != event.item);
            if event.kind == EventKind::Dismiss {
                out.push(event.item);
            }
        }
        out
    }

    /// Every product of the session: none of them may be recommended again.
    #[must_use]
    pub fn seen(&self) -> Vec<ItemIx> {
        let mut seen: Vec<ItemIx> = self.events.iter().map(|event| event.item).collect();
        crate::order::sort_by_key(&mut seen, |&item| item);
        seen.dedup();
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(events: &[(u32, EventKind)]) -> Session {
        Session::of(
            events
                .iter()
                .map(|&(item, kind)| Event::new(ItemIx(item), kind))
                .collect(),
        )
    }

    #[test]
    fn messages_list_all_kinds() {
        let names = EventKind::ALL.map(EventKind::name);
        let (last, rest) = names.split_last().unwrap();
        assert_eq!(EventKind::LISTED, format!("{} or {last}", rest.join(", ")));
        assert!(
            names.iter().all(|name| {
                EventKind::from_name(name).is_some_and(|kind| kind.name() == *name)
            })
        );
    }

    #[test]
    fn a_product_is_one_context_item_with_its_strongest_kind() {
        let s = session(&[
            (1, EventKind::Cart),
            (2, EventKind::View),
            (1, EventKind::View),
        ]);
        assert_eq!(
            s.context_items(),
            [
                Event::new(ItemIx(2), EventKind::View),
                Event::new(ItemIx(1), EventKind::Cart)
            ]
        );
    }

    #[test]
    fn a_session_without_a_day_is_written_as_before_and_one_with_a_day_comes_back() {
        let mut s = session(&[(1, EventKind::View)]);
        let json = serde_json::to_string(&s).unwrap();
        assert!(!json.contains("day"), "{json}");
        assert_eq!(serde_json::from_str::<Session>(&json).unwrap(), s);
        s.day = Some(17_441);
        let json = serde_json::to_string(&s).unwrap();
        assert!(json.contains("\"day\":17441"), "{json}");
        assert_eq!(serde_json::from_str::<Session>(&json).unwrap(), s);
    }

    #[test]
    fn what_stands_for_words_comes_before_the_events_and_counts_once_and_is_not_seen() {
        let s = Session {
            asked: vec![vec![ItemIx(4), ItemIx(2)], vec![ItemIx(5), ItemIx(4)]],
            ..session(&[
                (1, EventKind::Cart),
                (2, EventKind::Cart),
                (5, EventKind::Dismiss),
            ])
        };
        let view = |item| Event::new(ItemIx(item), EventKind::View);
        let cart = |item| Event::new(ItemIx(item), EventKind::Cart);
        assert_eq!(s.context_items(), [view(4), cart(1), cart(2)]);
        assert_eq!(s.chosen_items(), [cart(1), cart(2)]);
        assert_eq!(s.seen(), [ItemIx(1), ItemIx(2), ItemIx(5)]);
    }

    #[test]
    fn a_dismissed_product_leaves_the_context_until_its_next_positive_event() {
        let mut s = session(&[(1, EventKind::View), (1, EventKind::Dismiss)]);
        assert!(s.context_items().is_empty());
        assert_eq!(s.dismissed(), [ItemIx(1)]);
        s.events.push(Event::new(ItemIx(1), EventKind::Cart));
        assert_eq!(s.context_items().len(), 1);
        assert!(s.dismissed().is_empty());
    }
}
