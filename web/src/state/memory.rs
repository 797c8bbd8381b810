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

/// As stored: lists of strings only, which is all that the page's JSON reader has to know anyway.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    /// Kind and id, in turn.
    events: Vec<String>,
    visits: Vec<Vec<String>>,
    /// Quantity and id, in turn.
    cart: Vec<String>,
}

#[derive(Deserialize)]
struct Head {
    version: u32,
}

impl Memory {
    /// As text for the browser's storage.
    #[must_use]
    pub fn write(session: &Session, cart: &Cart, catalogue: &Catalogue) -> String {
        let id = |item: ItemIx| catalogue.id(item).to_owned();
        let skip = session.events.len().saturating_sub(MAX_EVENTS);
        let stored = Stored {
            version: VERSION,
            events: session.events[skip..].iter().flat_map(|event| [event.kind.name().to_owned(), id(event.item)]).collect(),
            visits: session.visits.iter().map(|visit| visit.iter().map(|&item| id(item)).collect()).collect(),
            cart: cart.lines().iter().flat_map(|line| [line.quantity.to_string(), id(line.item)]).collect(),
        };
        serde_json::to_string(&stored).expect("plain strings and numbers are always JSON")
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
        let stored: Stored = serde_json::from_str(text).map_err(corrupt)?;
        let mut events = Vec::new();
        for (kind, item) in pairs(&stored.events, "events", catalogue)? {
            let kind = EventKind::from_name(kind).ok_or_else(|| MemoryError::Corrupt(format!("events: '{kind}' is no kind")))?;
            events.extend(item.map(|item| Event::new(item, kind)));
        }
        let skip = events.len().saturating_sub(MAX_EVENTS);
        events.drain(..skip);
        let mut lines = Vec::new();
        for (quantity, item) in pairs(&stored.cart, "cart", catalogue)? {
            let quantity = quantity.parse().map_err(|err| MemoryError::Corrupt(format!("cart: '{quantity}': {err}")))?;
            lines.extend(item.map(|item| (item, quantity)));
        }
        let visits = stored.visits.iter().map(|visit| {
            let ids: Vec<&str> = visit.iter().map(String::as_str).collect();
            catalogue.find_all(&ids).into_iter().flatten().collect::<Vec<_>>()
        });
        let visits = visits.filter(|visit| !visit.is_empty()).collect();
        Ok(Self { session: Session { events, visits }, cart: Cart::of(lines) })
    }
}

/// A list of values and ids in turn, the ids as rows.
fn pairs<'a>(list: &'a [String], field: &str, catalogue: &Catalogue) -> Result<Vec<(&'a str, Option<ItemIx>)>, MemoryError> {
    if !list.len().is_multiple_of(2) {
        return Err(MemoryError::Corrupt(format!("{field}: the last entry has no id")));
    }
    let (values, ids): (Vec<&str>, Vec<&str>) = list.chunks_exact(2).map(|pair| (pair[0].as_str(), pair[1].as_str())).unzip();
    Ok(values.into_iter().zip(catalogue.find_all(&ids)).collect())
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
        let text = r#"{"version":1,"events":["view","gone","view","milk"],"visits":[["gone"]],"cart":["3","gone","1","rye"]}"#;
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
        for (from, to) in [("\"view\"", "\"lick\""), ("\"view\",", ""), ("\"2\"", "\"two\""), ("\"2\"", "\"-2\"")] {
            let odd = text.replace(from, to);
            assert!(matches!(Memory::read(&odd, &shop), Err(MemoryError::Corrupt(_))), "{odd}");
        }
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
