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
mod tests {
    use super::*;
    use crate::state::catalogue::toy;
    use crate::state::session::{KEEP, VISIT_GAP};
    use crate::state::{MAX_EVENTS, STORED_MAX_VISITS};

    const NOW: u32 = 1_732_000_000;

    fn session() -> Session {
        let events = vec![
            Event::new(ItemIx(0), EventKind::View),
            Event::new(ItemIx(4), EventKind::Cart),
        ];
        Session {
            events,
            visits: vec![vec![ItemIx(2)], vec![ItemIx(3), ItemIx(0)]],
            ..Session::default()
        }
    }

    fn memory() -> Memory {
        Memory {
            log: SessionLog::of(session(), vec![NOW - 900, NOW - 9000], NOW, NOW),
            cart: Cart::of([(ItemIx(4), 2)]),
        }
    }

    fn text() -> String {
        Memory::write(&memory().log, &memory().cart, &toy()).unwrap()
    }

    fn with_checksum(json: &str) -> String {
        checksum(json) + json
    }

    #[test]
    fn the_checksum_is_the_crc_of_zip() {
        assert_eq!(checksum("123456789"), "cbf43926");
    }

    #[test]
    fn what_is_written_is_read_back() {
        assert_eq!(Memory::read(&text(), &toy(), NOW), Ok(memory()));
        assert!(
            text()[8..].starts_with(r#"{"version":2,"last":1732000000,"events":["view","#),
            "{}",
            text()
        );
    }

    #[test]
    fn what_is_switched_off_stays_off_even_where_nothing_else_is_kept() {
        for extra in Extra::ALL {
            let mut log = SessionLog::default();
            log.show(extra, false);
            let text =
                Memory::write(&log, &Cart::default(), &toy()).expect("a choice is worth keeping");
            assert!(
                text.contains(&format!(r#""hidden":["{}"]"#, extra.name())),
                "{text}"
            );
            let mut back = Memory::read(&text, &toy(), log.last()).unwrap().log;
            assert_eq!(
                Extra::ALL.map(|other| back.shows(other)),
                Extra::ALL.map(|other| other != extra)
            );
            back.forget();
            assert!(!back.shows(extra), "a choice is no memory of the shopper");
            back.show(extra, true);
            assert!(back.is_default());
        }
    }

    fn rows(rows: &[u32]) -> Vec<ItemIx> {
        rows.iter().copied().map(ItemIx).collect()
    }

    fn asked() -> Memory {
        let mut memory = memory();
        for (text, items, without) in [
            ("something for a \"cat\"", &[0, 2][..], &[3, 1][..]),
            ("猫", &[4], &[]),
        ] {
            let question = Question::new(text, rows(items), rows(without));
            memory.log.ask(question.unwrap());
        }
        memory
    }

    #[test]
    fn what_was_asked_is_kept_as_words_and_ids_until_the_visit_is_over() {
        let asked = asked();
        let text = Memory::write(&asked.log, &asked.cart, &toy()).unwrap();
        assert!(
            text.ends_with(r#","asked":[["something for a \"cat\"","2","milk","cheddar","fig","banana"],["猫","1","rye"]]}"#),
            "{text}"
        );
        assert_eq!(Memory::read(&text, &toy(), NOW).as_ref(), Ok(&asked));
        let later = Memory::read(&text, &toy(), NOW + VISIT_GAP).unwrap();
        assert!(later.log.asked().is_empty());
        assert_eq!(later.log.session().visits.len(), 3);
        // A question is worth keeping by itself.
        let mut log = SessionLog::default();
        log.at(NOW);
        log.ask(Question::new("a cat", rows(&[0]), Vec::new()).unwrap());
        let text = Memory::write(&log, &Cart::default(), &toy()).unwrap();
        assert_eq!(Memory::read(&text, &toy(), NOW).unwrap().log, log);
    }

    /// Words, examples and what they exclude.
    type Parts = (String, Vec<ItemIx>, Vec<ItemIx>);

    /// The questions of a text with this list of them.
    fn questions(list: &str) -> Result<Vec<Parts>, MemoryError> {
        let json = format!(
            r#"{{"version":2,"last":{NOW},"events":[],"visits":[],"cart":[],"gifts":["fig"],"asked":{list}}}"#
        );
        let memory = Memory::read(&with_checksum(&json), &toy(), NOW)?;
        let asked = memory.log.asked().iter();
        let of = |question: &Question| {
            let (items, without) = (question.items(), question.without());
            (question.text().to_owned(), items.to_vec(), without.to_vec())
        };
        Ok(asked.map(of).collect())
    }

    #[test]
    fn stored_questions_are_cut_to_their_bounds_or_dropped() {
        let row = ItemIx;
        assert_eq!(
            questions(r#"[["a","2","milk","gone","gone","rye"]]"#),
            Ok(vec![("a".into(), vec![row(0)], vec![row(4)])])
        );
        // Without words, without products, or with a gift for a product.
        let none = r#"[[" ","1","milk"],["a","0","milk"],["b","1","gone"],["c","1","fig"]]"#;
        assert_eq!(questions(none), Ok(Vec::new()));
        // More examples than there are ids, and the same words twice.
        assert_eq!(
            questions(r#"[["a","4000000000","milk"],[" a ","1","rye","milk"]]"#),
            Ok(vec![("a".into(), vec![row(4)], vec![row(0)])])
        );
        let long = format!(r#"[["{}","9"{}]]"#, "x".repeat(999), r#","milk""#.repeat(9));
        let long = questions(&long).unwrap();
        assert_eq!((long[0].0.len(), long[0].1.len()), (80, 5));
        let many: Vec<String> = (0..9).map(|at| format!(r#"["{at}","1","milk"]"#)).collect();
        let many = questions(&format!("[{}]", many.join(","))).unwrap();
        let texts: Vec<&str> = many.iter().map(|(text, ..)| text.as_str()).collect();
        assert_eq!(texts, ["4", "5", "6", "7", "8"]);
        for corrupt in [r#"[["a"]]"#, "[[]]", r#"["a"]"#, r#"[["a","b"]]"#, "7"] {
            let read = questions(corrupt);
            assert!(
                matches!(read, Err(MemoryError::Corrupt(_))),
                "{corrupt}: {read:?}"
            );
        }
    }

    #[test]
    fn where_nothing_was_done_nothing_is_written() {
        assert_eq!(
            Memory::write(&SessionLog::default(), &Cart::default(), &toy()),
            None
        );
        let mut forgotten = memory().log;
        forgotten.forget();
        assert_eq!(Memory::write(&forgotten, &Cart::default(), &toy()), None);
        assert!(Memory::write(&forgotten, &memory().cart, &toy()).is_some());
    }

    #[test]
    fn products_that_are_gone_are_left_out() {
        let json = r#"{"version":2,"last":1732000000,"events":["view","gone","view","milk"],
            "visits":[["1731999000","gone"],[],["1731990000","gone","rye"]],"cart":["3","gone","1","rye"]}"#;
        let back = Memory::read(&with_checksum(json), &toy(), NOW).unwrap();
        assert_eq!(
            back.log.session().events,
            [Event::new(ItemIx(0), EventKind::View)]
        );
        assert_eq!(
            (back.log.session().visits.as_slice(), back.log.ended()),
            (&[vec![ItemIx(4)]][..], &[1_731_990_000][..])
        );
        assert_eq!(back.cart.items(), [ItemIx(4)]);
    }

    #[test]
    fn a_text_that_was_cut_or_changed_is_dropped_whole() {
        let (shop, text) = (toy(), text());
        for cut in 0..text.len() {
            assert_eq!(
                Memory::read(&text[..cut], &shop, NOW),
                Err(MemoryError::Checksum),
                "cut at {cut}"
            );
        }
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(
                Memory::read(&changed, &shop, NOW),
                Err(MemoryError::Checksum),
                "changed at {at}"
            );
        }
        assert_eq!(
            Memory::read("häßlich, aber Text", &shop, NOW),
            Err(MemoryError::Checksum)
        );
    }

    #[test]
    fn a_good_checksum_does_not_make_nonsense_good() {
        let (shop, text) = (toy(), text());
        for (from, to) in [
            ("\"view\"", "\"lick\""),
            ("\"view\",", ""),
            ("\"2\"", "\"two\""),
            ("\"2\"", "\"-2\""),
            ("[[\"1", "[[\"x1"),
            ("1732000000", "-1"),
            ("{", "["),
        ] {
            let odd = with_checksum(&text[8..].replacen(from, to, 1));
            assert_ne!(odd, text, "{from}");
            assert!(
                matches!(Memory::read(&odd, &shop, NOW), Err(MemoryError::Corrupt(_))),
                "{odd}"
            );
        }
    }

    #[test]
    fn another_version_is_told_apart_from_corruption() {
        let newer = with_checksum(r#"{"version":3,"new":true}"#);
        assert_eq!(
            Memory::read(&newer, &toy(), NOW),
            Err(MemoryError::Version(3))
        );
    }

    #[test]
    fn what_version_1_remembered_is_taken_over_as_of_now() {
        let old = r#"{"version":1,"events":["view","milk","cart","rye"],"visits":[["rye"]],"cart":["2","rye"]}"#;
        let back = Memory::read(old, &toy(), NOW).unwrap();
        let events = vec![
            Event::new(ItemIx(0), EventKind::View),
            Event::new(ItemIx(4), EventKind::Cart),
        ];
        assert_eq!(
            back.log.session(),
            &Session {
                events,
                visits: vec![vec![ItemIx(4)]],
                ..Session::default()
            }
        );
        assert_eq!(
            (
                back.log.last(),
                back.log.ended(),
                back.cart.quantity(ItemIx(4))
            ),
            (NOW, &[NOW][..], 2)
        );
        for bad in [
            "{",
            r#"{"version":1,"events":["view"],"visits":[],"cart":[]}"#,
        ] {
            assert!(
                matches!(Memory::read(bad, &toy(), NOW), Err(MemoryError::Corrupt(_))),
                "{bad}"
            );
        }
    }

    #[test]
    fn who_comes_back_after_half_an_hour_begins_a_new_visit_with_the_cart_kept() {
        let back = Memory::read(&text(), &toy(), NOW + VISIT_GAP).unwrap();
        assert!(back.log.session().events.is_empty());
        assert_eq!(
            back.log.session().visits,
            [vec![ItemIx(4)], vec![ItemIx(2)], vec![ItemIx(3), ItemIx(0)]]
        );
        assert_eq!((back.log.ended()[0], back.cart), (NOW, memory().cart));
    }

    #[test]
    fn after_thirty_days_all_is_forgotten() {
        assert_ne!(
            Memory::read(&text(), &toy(), NOW + KEEP - 1),
            Ok(Memory::default())
        );
        assert_eq!(
            Memory::read(&text(), &toy(), NOW + KEEP),
            Ok(Memory::default())
        );
    }

    #[test]
    fn a_clock_that_was_set_back_loses_nothing() {
        let back = Memory::read(&text(), &toy(), NOW - 2 * KEEP).unwrap();
        assert_eq!((back.log.session(), back.cart), (&session(), memory().cart));
        assert_eq!(
            (back.log.last(), back.log.ended()),
            (NOW - 2 * KEEP, &[NOW - 2 * KEEP; 2][..])
        );
    }

    #[test]
    fn no_more_comes_back_than_the_bounds_allow() {
        let shop = toy();
        let long: Vec<_> = (0..MAX_EVENTS + 50)
            .map(|n| Event::new(ItemIx((n % 5) as u32), EventKind::View))
            .collect();
        let visits = vec![format!("[\"{NOW}\",\"rye\"]"); STORED_MAX_VISITS + 5].join(",");
        let events: Vec<String> = long
            .iter()
            .map(|event| format!("\"view\",\"{}\"", shop.id(event.item)))
            .collect();
        let json = format!(
            r#"{{"version":2,"last":{NOW},"events":[{}],"visits":[{visits}],"cart":[]}}"#,
            events.join(",")
        );
        let back = Memory::read(&with_checksum(&json), &shop, NOW).unwrap();
        assert_eq!(back.log.session().events, long[50..]);
        assert_eq!(back.log.session().visits.len(), STORED_MAX_VISITS);
    }

    #[test]
    fn what_the_shopper_chose_comes_back() {
        let catalogue = toy();
        let mut log = SessionLog::default();
        log.at(NOW);
        log.cart(ItemIx(1));
        log.unlearn(ItemIx(1), true);
        log.correct("category/Bakery", Some(Correction::Less));
        log.set_learning(Learning::Paused);
        let text = Memory::write(&log, &Cart::default(), &catalogue).unwrap();
        assert_eq!(Memory::read(&text, &catalogue, NOW).unwrap().log, log);
    }
}
