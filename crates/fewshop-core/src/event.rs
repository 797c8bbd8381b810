//! What a shopper did.

use serde::{Deserialize, Serialize};

use crate::ItemIx;

/// The kinds of thing a shopper does to a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// Opened its page.
    View,
    /// Put it into the cart.
    Cart,
    /// Bought it.
    Purchase,
    /// Said 'not for me'.
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
        self.is_positive() && self >= Self::Cart
    }

    /// Whether it speaks for the product rather than against it.
    #[must_use]
    pub fn is_positive(self) -> bool {
        self != Self::Dismiss
    }
}

/// One thing that a shopper did to one product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "ShopEvent"))]
pub struct Event {
    /// The product's row.
    pub item: ItemIx,
    /// What was done.
    pub kind: EventKind,
}

impl Event {
    /// An event of `kind` on `item`.
    #[must_use]
    pub fn new(item: ItemIx, kind: EventKind) -> Self {
        Self { item, kind }
    }
}

/// What one shopper did in one visit, oldest first, and what this device remembers of earlier
/// visits.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Session {
    /// The visit at hand, oldest event first.
    pub events: Vec<Event>,
    /// Items taken in earlier visits, the latest visit first. Only the device knows them.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Vec<Vec<ItemIx>>>"))]
    pub visits: Vec<Vec<ItemIx>>,
}

impl Session {
    /// A first visit with these events.
    #[must_use]
    pub fn of(events: Vec<Event>) -> Self {
        Self {
            events,
            visits: Vec::new(),
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

    /// The shots: each product once that the shopper spoke for, at its strongest kind, in the order
    /// of its latest event.
    ///
    /// A product dismissed after that is no shot any more; one taken up again after a dismissal is.
    #[must_use]
    pub fn shots(&self) -> Vec<Event> {
        let mut shots: Vec<Event> = Vec::new();
        for event in &self.events {
            let before = shots
                .iter()
                .position(|shot| shot.item == event.item)
                .map(|at| shots.remove(at));
            if event.kind.is_positive() {
                let kind = before.map_or(event.kind, |shot| shot.kind.max(event.kind));
                shots.push(Event::new(event.item, kind));
            }
        }
        shots
    }

    /// The products that the shopper dismissed and did not take up again, each once.
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

    /// Every product that must not be recommended: shots and dismissed ones.
    #[must_use]
    pub fn seen(&self) -> Vec<ItemIx> {
        let mut seen: Vec<ItemIx> = self.events.iter().map(|event| event.item).collect();
        seen.sort_unstable();
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
    fn a_product_is_one_shot_at_its_strongest_kind() {
        let s = session(&[
            (1, EventKind::Cart),
            (2, EventKind::View),
            (1, EventKind::View),
        ]);
        assert_eq!(
            s.shots(),
            [
                Event::new(ItemIx(2), EventKind::View),
                Event::new(ItemIx(1), EventKind::Cart)
            ]
        );
    }

    #[test]
    fn a_dismissed_product_is_no_shot_until_it_is_taken_up_again() {
        let mut s = session(&[(1, EventKind::View), (1, EventKind::Dismiss)]);
        assert!(s.shots().is_empty());
        assert_eq!(s.dismissed(), [ItemIx(1)]);
        s.events.push(Event::new(ItemIx(1), EventKind::Cart));
        assert_eq!(s.shots().len(), 1);
        assert!(s.dismissed().is_empty());
    }
}
