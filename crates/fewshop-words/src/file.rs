//! The bytes of [`Words`].
//!
//! ```text
//! 0   8 bytes   "FEWWORDS"
//! 8   u32       version
//! 12  u32       length of all that follows the header
//! 16  u32       its CRC-32
//! 20  32 bytes  SHA-256 of the texts that the numbers refer to
//! 52            six parts, each a u32 length and its bytes: words (sorted, one a line); base and best
//!               of each word; number of texts of each word; gaps between their numbers (varints);
//!               their levels; aliases (name, tab, words; one a line)
//! ```
//!
//! All numbers are little-endian. Nothing is packed into bits: hosts compress the file, and brotli
//! finds more in whole bytes.

use std::collections::BTreeMap;

use super::{Meaning, Texts, Words};
use fewshop_core::checksum::crc32;

/// Version of the format that this code reads and writes.
pub const WORDS_VERSION: u32 = 1;
const MAGIC: &[u8; 8] = b"FEWWORDS";
const HEADER: usize = 52;

/// Why bytes are not the words of this shop.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum WordsError {
    /// Another kind of file.
    #[error(
        "this is no file of words: it does not begin with 'FEWWORDS': give the file that `fewshop words` wrote"
    )]
    NotWords,
    /// Written by another version.
    #[error(
        "the words have format version {found}, this program reads version {WORDS_VERSION}: make them again with `fewshop words`"
    )]
    Version {
        /// In the file.
        found: u32,
    },
    /// Bytes are missing or too many.
    #[error(
        "the words are cut off or continued: {found} bytes are there, expected {expected}: copy or download them again"
    )]
    Length {
        /// By the header.
        expected: usize,
        /// Bytes there are.
        found: usize,
    },
    /// Bytes changed on the way.
    #[error("the words are damaged: the checksum does not match: copy or download them again")]
    Checksum,
    /// Made for other products.
    #[error(
        "the words were made for other titles and categories than this pack's: make them again with `fewshop words`"
    )]
    OtherCatalogue,
    /// A field does not hold what it must.
    #[error("the words' field '{field}' {problem}: make them again with `fewshop words`")]
    Field {
        /// Which one.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

impl WordsError {
    pub(super) fn field(field: &'static str, problem: &str) -> Self {
        Self::Field {
            field,
            problem: problem.to_owned(),
        }
    }
}

impl Words {
    /// The file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut parts: [Vec<u8>; 6] = Default::default();
        let [words, ranges, counts, gaps, levels, aliases] = &mut parts;
        for (word, meaning) in &self.meanings {
            words.extend_from_slice(word.as_bytes());
            words.push(b'\n');
            ranges.extend([meaning.base, meaning.best]);
            write_varint(counts, meaning.near.len() as u32);
            let mut next = 0;
            for &(text, level) in &meaning.near {
                write_varint(gaps, text - next);
                levels.push(level);
                next = text + 1;
            }
        }
        for (name, instead) in &self.aliases {
            aliases.extend_from_slice(format!("{name}\t{instead}\n").as_bytes());
        }
        let mut body = Vec::new();
        for part in &parts {
            body.extend((part.len() as u32).to_le_bytes());
            body.extend(part);
        }
        let mut out = MAGIC.to_vec();
        out.extend(WORDS_VERSION.to_le_bytes());
        out.extend((body.len() as u32).to_le_bytes());
        out.extend(crc32(&body).to_le_bytes());
        out.extend(self.catalogue);
        out.extend(body);
        out
    }

    /// Reads a file made for these texts.
    ///
    /// # Errors
    /// Says what is wrong: another kind of file, another version, cut off, damaged, made for other
    /// texts, or a field that does not hold what it must.
    pub fn from_bytes(bytes: &[u8], texts: &Texts) -> Result<Self, WordsError> {
        let number = |at: usize| {
            let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok());
            four.map(u32::from_le_bytes)
        };
        if !bytes.starts_with(MAGIC) {
            return Err(WordsError::NotWords);
        }
        let cut = |expected| WordsError::Length {
            expected,
            found: bytes.len(),
        };
        let version = number(8).ok_or(cut(HEADER))?;
        if version != WORDS_VERSION {
            return Err(WordsError::Version { found: version });
        }
        let length = number(12).ok_or(cut(HEADER))? as usize;
        let checksum = number(16).ok_or(cut(HEADER))?;
        let expected = HEADER.saturating_add(length);
        if bytes.len() != expected {
            return Err(cut(expected));
        }
        let mut body = &bytes[HEADER..];
        if crc32(body) != checksum {
            return Err(WordsError::Checksum);
        }
        if bytes[20..HEADER] != texts.hash {
            return Err(WordsError::OtherCatalogue);
        }
        let mut part = |field| {
            let missing = || WordsError::field(field, "is missing");
            let (length, rest) = body.split_first_chunk::<4>().ok_or_else(missing)?;
            let length = u32::from_le_bytes(*length) as usize;
            let (part, rest) = rest.split_at_checked(length).ok_or_else(missing)?;
            body = rest;
            Ok(part)
        };
        let lines = |field, bytes| {
            let text = std::str::from_utf8(bytes)
                .map_err(|err| WordsError::field(field, &format!("is no UTF-8 ({err})")))?;
            Ok(text.lines())
        };
        let words = lines("words", part("words")?)?;
        let mut ranges = part("ranges")?.iter();
        let mut counts = part("counts")?.iter();
        let mut gaps = part("gaps")?.iter();
        let mut levels = part("levels")?.iter();
        let aliases = lines("aliases", part("aliases")?)?;
        let short = |field| WordsError::field(field, "ends too early");
        let mut meanings = BTreeMap::new();
        for word in words {
            let mut meaning = Meaning {
                base: *ranges.next().ok_or(short("ranges"))?,
                best: *ranges.next().ok_or(short("ranges"))?,
                near: Vec::new(),
            };
            let mut next = 0u32;
            for _ in 0..read_varint(&mut counts).ok_or(short("counts"))? {
                let gap = read_varint(&mut gaps).ok_or(short("gaps"))?;
                let text = next.saturating_add(gap);
                meaning
                    .near
                    .push((text, *levels.next().ok_or(short("levels"))?));
                next = text.saturating_add(1);
            }
            meanings.insert(word.to_owned(), meaning);
        }
        let mut others = BTreeMap::new();
        for line in aliases {
            let (name, instead) = line
                .split_once('\t')
                .ok_or_else(|| WordsError::field("aliases", "has a line without a tab"))?;
            others.insert(name.to_owned(), instead.to_owned());
        }
        Self::new(texts, meanings, others)
    }
}

fn write_varint(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// `None` if the bytes end or the number does not fit into 28 bits: there are fewer texts.
fn read_varint(bytes: &mut std::slice::Iter<'_, u8>) -> Option<u32> {
    let mut value = 0u32;
    for shift in (0..28).step_by(7) {
        let byte = *bytes.next()?;
        value |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}
