//! The text that this device stores about the shopper between two page loads, in IndexedDB.
//!
//! ```text
//! 9d0e4c21{"version":2,"last":1732000000,"events":["view","12"],"visits":[["1731990000","7","12"]],"cart":["2","12"]}
//! ```
//!
//! Gifts, corrections, the learning mode, hidden extras and questions follow unless they have their
//! default. A question is a list: its words, the number of products that stand for it, those
//! products, then those that it excludes.
//! The text starts with a CRC-32 of the rest, in hex: a truncated or overwritten text is dropped as
//! a whole. Products are written as ids, not rows: rows mean nothing in another pack, and a
//! retrained shop must not turn a remembered loaf into a lawn mower.

use fewshop_core::protocol::limits::MAX_ASKED;
use fewshop_core::{Event, EventKind, ItemIx, Session};

use super::json::{Json, JsonError, missing, quote};
use super::session::is_old;
use super::{Cart, Catalogue, Correction, Corrections, Extra, Learning, Question, SessionLog};

const VERSION: u32 = 2;
/// Without checksum and times, in `localStorage`. It is still read, so that nobody loses a cart to
/// a new version of the page.
const OLD_VERSION: u32 = 1;

/// Session and cart as restored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Memory {
    /// The shopper's clicks and questions.
    pub log: SessionLog,
    /// The cart.
    pub cart: Cart,
}

/// Why stored text was dropped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MemoryError {
    /// Its checksum does not match.
    #[error("the stored memory does not match its checksum: starting with an empty memory")]
    Checksum,
    /// It is no JSON of the expected shape.
    #[error("the stored memory is corrupt ({0}): starting with an empty memory")]
    Corrupt(String),
    /// Another version of the page wrote it.
    #[error("the stored memory has version {0}, expected {VERSION}: starting with an empty memory")]
    Version(u32),
}

/// As stored: lists of strings and small numbers only.
struct Stored {
    version: u32,
    /// Time of the last action; missing in version 1.
    last: Option<u32>,
    /// Kind and id, in turn.
    events: Vec<String>,
    /// When it ended, then the ids. Version 1 had no times.
    visits: Vec<Vec<String>>,
    /// Quantity and id, in turn.
    cart: Vec<String>,
    /// Ids of gifts.
    gifts: Vec<String>,
    /// Correction and its key, in turn.
    rules: Vec<String>,
    /// "paused", "off", or "" if the shop learns.
    learning: String,
    /// Names of the hidden extras.
    hidden: Vec<String>,
    /// Words, number of examples, ids of the examples, ids of what is excluded.
    asked: Vec<Vec<String>>,
}

impl Stored {
    fn read(json: &str) -> Result<Self, MemoryError> {
        let mut json = Json::parse(json)?;
        let version = json.number("version")?.ok_or(missing("version"))?;
        if version != VERSION && version != OLD_VERSION {
            return Err(MemoryError::Version(version));
        }
        Ok(Self {
            version,
            last: json.number("last")?,
            events: json.texts("events")?.ok_or(missing("events"))?,
            visits: json.text_lists("visits")?.ok_or(missing("visits"))?,
            cart: json.texts("cart")?.ok_or(missing("cart"))?,
            gifts: json.texts("gifts")?.unwrap_or_default(),
            rules: json.texts("rules")?.unwrap_or_default(),
            learning: json.text("learning")?.unwrap_or_default().into_owned(),
            hidden: json.texts("hidden")?.unwrap_or_default(),
            asked: json.text_lists("asked")?.unwrap_or_default(),
        })
    }

    fn write(&self) -> String {
        let mut json = format!("{{\"version\":{}", self.version);
        if let Some(last) = self.last {
            json.push_str(&format!(",\"last\":{last}"));
        }
        json.push_str(",\"events\":");
        write_texts(&mut json, &self.events);
        json.push_str(",\"visits\":");
        write_lists(&mut json, &self.visits);
        let lists = [
            ("cart", &self.cart),
            ("gifts", &self.gifts),
            ("rules", &self.rules),
            ("hidden", &self.hidden),
        ];
        for (name, list) in lists {
            if name == "hidden" && !self.learning.is_empty() {
                json.push_str(",\"learning\":");
                quote(&mut json, &self.learning);
            }
            if name == "cart" || !list.is_empty() {
                json.push(',');
                quote(&mut json, name);
                json.push(':');
                write_texts(&mut json, list);
            }
        }
        if !self.asked.is_empty() {
            json.push_str(",\"asked\":");
            write_lists(&mut json, &self.asked);
        }
        json.push('}');
        json
    }
}

fn write_lists(json: &mut String, lists: &[Vec<String>]) {
    json.push('[');
    for (at, list) in lists.iter().enumerate() {
        if at > 0 {
            json.push(',');
        }
        write_texts(json, list);
    }
    json.push(']');
}

fn write_texts(json: &mut String, texts: &[String]) {
    json.push('[');
    for (at, text) in texts.iter().enumerate() {
        if at > 0 {
            json.push(',');
        }
        quote(json, text);
    }
    json.push(']');
}

impl From<JsonError> for MemoryError {
    fn from(err: JsonError) -> Self {
        Self::Corrupt(err.to_string())
    }
}

impl Memory {
    /// The text for the browser's storage; `None` if there is nothing to remember, so that nothing
    /// is stored.
    #[must_use]
    pub fn write(log: &SessionLog, cart: &Cart, catalogue: &Catalogue) -> Option<String> {
        if log.is_default() && cart.is_empty() {
            return None;
        }
        let id = |item: ItemIx| catalogue.id(item).to_owned();
        let Session { events, visits, .. } = log.session();
        let stored = Stored {
            version: VERSION,
            last: Some(log.last()),
            events: events
                .iter()
                .flat_map(|event| [event.kind.name().to_owned(), id(event.item)])
                .collect(),
            visits: (visits.iter().zip(log.ended()))
                .map(|(visit, ended)| {
                    std::iter::once(ended.to_string())
                        .chain(visit.iter().map(|&item| id(item)))
                        .collect()
                })
                .collect(),
            cart: cart
                .lines()
                .iter()
                .flat_map(|line| [line.quantity.to_string(), id(line.item)])
                .collect(),
            gifts: log.gifts().iter().map(|&item| id(item)).collect(),
            rules: log
                .corrections()
                .iter()
                .flat_map(|(key, correction)| [correction.name().to_owned(), key.to_owned()])
                .collect(),
            learning: match log.learning() {
                Learning::On => "",
                Learning::Paused => "paused",
                Learning::Off => "off",
            }
            .to_owned(),
            hidden: Extra::ALL
                .into_iter()
                .filter(|&extra| !log.shows(extra))
                .map(|extra| extra.name().to_owned())
                .collect(),
            asked: (log.asked().iter())
                .map(|question| {
                    let (items, without) = (question.items(), question.without());
                    [question.text().to_owned(), items.len().to_string()]
                        .into_iter()
                        .chain(items.iter().chain(without).map(|&item| id(item)))
                        .collect()
                })
                .collect(),
        };
        let json = stored.write();
        Some(checksum(&json) + &json)
    }

    /// Reads the text back as of `now`. Products that the shop no longer has are dropped, and so is
    /// everything too old.
    ///
    /// # Errors
    /// See [`MemoryError`]; the caller then goes on with an empty memory.
    pub fn read(text: &str, catalogue: &Catalogue, now: u32) -> Result<Self, MemoryError> {
        // Version 1 had no checksum.
        let json = if text.starts_with('{') {
            text
        } else {
            let json = text.get(8..).unwrap_or_default();
            if text.get(..8) != Some(&checksum(json)) {
                return Err(MemoryError::Checksum);
            }
            json
        };
        let stored = Stored::read(json)?;
        // An unknown age counts as now; otherwise a cart filled a minute ago would be lost.
        let last = stored.last.unwrap_or(now);
        if is_old(last, now) {
            return Ok(Self::default());
        }
        let mut events = Vec::new();
        for (kind, item) in pairs(&stored.events, "events", catalogue)? {
            let kind = EventKind::from_name(kind)
                .ok_or_else(|| MemoryError::Corrupt(format!("events: '{kind}' is no kind")))?;
            events.extend(item.map(|item| Event::new(item, kind)));
        }
        let mut lines = Vec::new();
        for (quantity, item) in pairs(&stored.cart, "cart", catalogue)? {
            let quantity = number(quantity, "cart")?;
            lines.extend(item.map(|item| (item, quantity)));
        }
        let (mut visits, mut ended) = (Vec::new(), Vec::new());
        for visit in &stored.visits {
            let mut ids: Vec<&str> = visit.iter().map(String::as_str).collect();
            let end = if stored.version == OLD_VERSION || ids.is_empty() {
                now
            } else {
                number(ids.remove(0), "visits")?
            };
            let taken: Vec<ItemIx> = catalogue.find_all(&ids).into_iter().flatten().collect();
            if !taken.is_empty() {
                visits.push(taken);
                ended.push(end);
            }
        }
        let gifts: Vec<&str> = stored.gifts.iter().map(String::as_str).collect();
        let gifts = catalogue.find_all(&gifts).into_iter().flatten().collect();
        let mut corrections = Corrections::default();
        for pair in stored.rules.chunks_exact(2) {
            let correction = Correction::from_name(&pair[0]).ok_or_else(|| {
                MemoryError::Corrupt(format!("rules: '{}' is no correction", pair[0]))
            })?;
            corrections.set(&pair[1], Some(correction));
        }
        let learning = match stored.learning.as_str() {
            "paused" => Learning::Paused,
            "off" => Learning::Off,
            _ => Learning::On,
        };
        let mut asked = Vec::new();
        // The newest ones: those before would fall off again.
        let surplus = stored.asked.len().saturating_sub(MAX_ASKED);
        for list in &stored.asked[surplus..] {
            let [text, examples, ids @ ..] = &list[..] else {
                return Err(MemoryError::Corrupt("asked: a question is cut".to_owned()));
            };
            let examples = (number(examples, "asked")? as usize).min(ids.len());
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            let mut items = catalogue.find_all(&ids);
            let without = items.split_off(examples).into_iter().flatten().collect();
            let items = items.into_iter().flatten().collect();
            asked.extend(Question::new(text, items, without));
        }
        let session = Session {
            events,
            visits,
            ..Session::default()
        };
        let mut log = SessionLog::of(session, ended, last, now)
            .with_choices(gifts, corrections, learning)
            .with_asked(asked, now);
        for extra in Extra::ALL
            .into_iter()
            .filter(|extra| stored.hidden.iter().any(|name| name == extra.name()))
        {
            log.show(extra, false);
        }
        Ok(Self {
            log,
            cart: Cart::of(lines),
        })
    }
}

fn number(text: &str, field: &str) -> Result<u32, MemoryError> {
    text.parse()
        .map_err(|err| MemoryError::Corrupt(format!("{field}: '{text}': {err}")))
}

/// A list of values and ids in turn, the ids as rows.
fn pairs<'a>(
    list: &'a [String],
    field: &str,
    catalogue: &Catalogue,
) -> Result<Vec<(&'a str, Option<ItemIx>)>, MemoryError> {
    if !list.len().is_multiple_of(2) {
        return Err(MemoryError::Corrupt(format!(
            "{field}: the last entry has no id"
        )));
    }
    let (values, ids): (Vec<&str>, Vec<&str>) = list
        .chunks_exact(2)
        .map(|pair| (pair[0].as_str(), pair[1].as_str()))
        .unzip();
    Ok(values.into_iter().zip(catalogue.find_all(&ids)).collect())
}

/// CRC-32 (that of zip and PNG) in eight hex digits. One bit at a time: every shopper would
/// download a table for a text of a few kB.
fn checksum(text: &str) -> String {
    let mut crc = u32::MAX;
    for byte in text.bytes() {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & 0u32.wrapping_sub(crc & 1));
        }
    }
    format!("{:08x}", !crc)
}

#[cfg(test)]
mod tests;
