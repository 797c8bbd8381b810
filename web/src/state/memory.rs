//! What this device remembers of the shopper between two page loads.
//!
//! Products are written by their ids, not their rows: rows mean nothing in another pack, and a shop that was trained anew must
//! not turn a remembered loaf into a lawn mower.

use fewshop_core::{Event, EventKind, ItemIx, Session};
use serde::{Deserialize, Serialize};

use super::{Cart, Catalogue, MAX_EVENTS};

/// The key under which the browser keeps it.
pub const STORAGE_KEY: &str = "fewshop.memory";

const VERSION: u32 = 1;

/// Session and cart as restored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Memory {
    /// What was done.
    pub session: Session,
    /// What is in the cart.
    pub cart: Cart,
}

/// Why stored text was dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemoryError {
    /// It is no JSON of the expected shape.
    Corrupt(String),
    /// Another version of the page wrote it.
    Version(u32),
}

impl std::fmt::Display for MemoryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Corrupt(why) => write!(f, "localStorage['{STORAGE_KEY}'] is corrupt ({why}): starting with an empty memory"),
            Self::Version(found) => {
                write!(f, "localStorage['{STORAGE_KEY}'] has version {found}, expected {VERSION}: starting with an empty memory")
            }
        }
    }
}

impl std::error::Error for MemoryError {}

#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    events: Vec<(&'a str, EventKind)>,
    visits: Vec<Vec<&'a str>>,
    cart: Vec<(&'a str, u32)>,
}

#[derive(Deserialize)]
struct Read {
    events: Vec<(String, EventKind)>,
    visits: Vec<Vec<String>>,
    cart: Vec<(String, u32)>,
}

#[derive(Deserialize)]
struct Head {
    version: u32,
}

impl Memory {
    /// As text for the browser's storage.
    #[must_use]
    pub fn write(session: &Session, cart: &Cart, catalogue: &Catalogue) -> String {
        let id = |item: ItemIx| catalogue.id(item);
        let skip = session.events.len().saturating_sub(MAX_EVENTS);
        let written = Written {
            version: VERSION,
            events: session.events[skip..].iter().map(|event| (id(event.item), event.kind)).collect(),
            visits: session.visits.iter().map(|visit| visit.iter().map(|&item| id(item)).collect()).collect(),
            cart: cart.lines().iter().map(|line| (id(line.item), line.quantity)).collect(),
        };
        serde_json::to_string(&written).expect("plain strings and numbers are always JSON")
    }

    /// Reads the text back. Products that the shop no longer has are left out.
    ///
    /// # Errors
    /// See [`MemoryError`]; the caller then goes on with an empty memory.
    pub fn read(text: &str, catalogue: &Catalogue) -> Result<Self, MemoryError> {
        let corrupt = |err: serde_json::Error| MemoryError::Corrupt(err.to_string());
        let head: Head = serde_json::from_str(text).map_err(corrupt)?;
        if head.version != VERSION {
            return Err(MemoryError::Version(head.version));
        }
        let read: Read = serde_json::from_str(text).map_err(corrupt)?;
        let events = read.events.iter().map(|(id, _)| id);
        let others = read.visits.iter().flatten().chain(read.cart.iter().map(|(id, _)| id));
        let rows = catalogue.find_all(events.chain(others).map(String::as_str));
        let row = |id: &String| rows.get(id.as_str()).copied();
        let skip = read.events.len().saturating_sub(MAX_EVENTS);
        let events = read.events[skip..].iter().filter_map(|(id, kind)| Some(Event::new(row(id)?, *kind))).collect();
        let visits = read.visits.iter().map(|visit| visit.iter().filter_map(row).collect::<Vec<_>>());
        let visits = visits.filter(|visit| !visit.is_empty()).collect();
        let cart = Cart::of(read.cart.iter().filter_map(|(id, quantity)| Some((row(id)?, *quantity))));
        Ok(Self { session: Session { events, visits }, cart })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::catalogue::toy;

    fn memory() -> Memory {
        let events = vec![Event::new(ItemIx(0), EventKind::View), Event::new(ItemIx(4), EventKind::Cart)];
        Memory { session: Session { events, visits: vec![vec![ItemIx(2)]] }, cart: Cart::of([(ItemIx(4), 2)]) }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let shop = toy();
        let text = Memory::write(&memory().session, &memory().cart, &shop);
        assert_eq!(Memory::read(&text, &shop), Ok(memory()));
    }

    #[test]
    fn products_that_are_gone_are_left_out() {
        let text =
            r#"{"version":1,"events":[["gone","view"],["milk","view"]],"visits":[["gone"]],"cart":[["gone",3],["rye",1]]}"#;
        let back = Memory::read(text, &toy()).unwrap();
        assert_eq!(back.session, Session::of(vec![Event::new(ItemIx(0), EventKind::View)]));
        assert_eq!(back.cart.items(), [ItemIx(4)]);
    }

    #[test]
    fn corrupt_text_is_an_error_and_no_panic() {
        let shop = toy();
        let text = Memory::write(&memory().session, &memory().cart, &shop);
        for cut in 0..text.len() {
            assert!(matches!(Memory::read(&text[..cut], &shop), Err(MemoryError::Corrupt(_))), "cut at {cut}");
        }
        let odd = text.replace("\"view\"", "\"lick\"");
        assert!(matches!(Memory::read(&odd, &shop), Err(MemoryError::Corrupt(_))));
    }

    #[test]
    fn another_version_is_told_apart_from_corruption() {
        assert_eq!(Memory::read(r#"{"version":2,"new":true}"#, &toy()), Err(MemoryError::Version(2)));
    }

    #[test]
    fn no_more_than_the_last_events_come_back() {
        let shop = toy();
        let long: Vec<_> = (0..MAX_EVENTS + 50).map(|n| Event::new(ItemIx((n % 5) as u32), EventKind::View)).collect();
        let text = Memory::write(&Session::of(long.clone()), &Cart::default(), &shop);
        assert_eq!(Memory::read(&text, &shop).unwrap().session.events, long[50..]);
    }
}
