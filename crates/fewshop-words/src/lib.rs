//! Search by words: the letters of titles and categories, and what words mean, in one ranking.
//!
//! [`Words`] is what a sentence model knows of one shop: for each word that a shopper may type, the
//! products whose texts are nearest to it, and a table of other names ('courgette' is zucchini, 牛奶
//! is milk). It is made offline (`fewshop words`), belongs to one catalogue, and is fetched when a
//! shopper begins to search. [`WordSearch`] answers from it; without it, from letters alone.
//!
//! Products that share title and category have one *text*. Texts are numbered in the order of their
//! category and title, so that texts of like meaning stand together and the file is small.

mod file;
mod search;
pub mod spelling;
#[cfg(test)]
mod tests;
mod wish;

use std::collections::BTreeMap;

use fewshop_core::Catalogue;
use sha2::{Digest, Sha256};

pub use file::{WORDS_VERSION, WordsError};
pub use search::{Found, Limits, WordSearch};
pub use spelling::is_stop_word;

/// Highest level of a [`Meaning::near`] entry; 0 is the word's `base`.
pub const LEVELS: u8 = 7;

/// What one word means in this shop: the texts nearest to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Meaning {
    /// Cosine of the best text that is not listed, in 255ths.
    pub base: u8,
    /// Cosine of the nearest text, in 255ths.
    pub best: u8,
    /// Number of a text and its level, 0 (`base`) to [`LEVELS`] (`best`); by ascending number.
    pub near: Vec<(u32, u8)>,
}

/// The meaning of words in one shop, checked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words {
    /// Hash of the texts that it was made for.
    catalogue: [u8; 32],
    meanings: BTreeMap<String, Meaning>,
    /// What else people call things: the name as [`crate::spelling::words`] cuts it, joined
    /// by spaces, and the words to search for instead.
    aliases: BTreeMap<String, String>,
}

impl Words {
    /// Joins the parts for a catalogue.
    ///
    /// # Errors
    /// [`WordsError::Field`] if a word is empty or has white space, or a meaning names a text that
    /// does not exist, twice, out of order, or above [`LEVELS`].
    pub fn new(
        texts: &Texts,
        meanings: BTreeMap<String, Meaning>,
        aliases: BTreeMap<String, String>,
    ) -> Result<Self, WordsError> {
        let words = Self {
            catalogue: texts.hash,
            meanings,
            aliases,
        };
        words.check(texts.len())?;
        Ok(words)
    }

    /// The word's meaning, if it is known.
    #[must_use]
    pub fn meaning(&self, word: &str) -> Option<&Meaning> {
        self.meanings.get(word)
    }

    /// All words whose meaning is known, in order.
    pub fn known(&self) -> impl Iterator<Item = &str> {
        self.meanings.keys().map(String::as_str)
    }

    /// Number of words whose meaning is known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.meanings.len()
    }

    /// Whether no word is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.meanings.is_empty()
    }

    /// The words to search for instead of this name.
    #[must_use]
    pub fn alias(&self, name: &str) -> Option<&str> {
        self.aliases.get(name).map(String::as_str)
    }

    /// Number of other names.
    #[must_use]
    pub fn aliases(&self) -> usize {
        self.aliases.len()
    }

    /// The same without other names, for measuring what they bring.
    #[must_use]
    pub fn without_aliases(mut self) -> Self {
        self.aliases.clear();
        self
    }

    /// The same without meanings: letters and other names alone.
    #[must_use]
    pub fn without_meanings(mut self) -> Self {
        self.meanings.clear();
        self
    }

    fn check(&self, texts: usize) -> Result<(), WordsError> {
        for (word, meaning) in &self.meanings {
            if word.is_empty() || word.contains(char::is_whitespace) {
                return Err(WordsError::field(
                    "words",
                    "has an empty word or one with a space",
                ));
            }
            let mut next = 0;
            for &(text, level) in &meaning.near {
                if text < next || text as usize >= texts || level > LEVELS {
                    return Err(WordsError::field(
                        "near",
                        &format!(
                            "names text {text} at level {level} for '{word}': {texts} texts in ascending order and levels up to {LEVELS} are possible"
                        ),
                    ));
                }
                next = text + 1;
            }
        }
        Ok(())
    }
}

/// The different texts of a catalogue, each a title with its category path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// Rows of each text's products.
    rows: Vec<Vec<u32>>,
    hash: [u8; 32],
}

impl Texts {
    /// Numbers the texts.
    #[must_use]
    pub fn of(catalogue: &Catalogue) -> Self {
        let mut of: BTreeMap<(&[String], &str), Vec<u32>> = BTreeMap::new();
        for (row, item) in (0u32..).zip(catalogue.items()) {
            of.entry((&item.category, &item.title))
                .or_default()
                .push(row);
        }
        let mut hasher = Sha256::new();
        for (category, title) in of.keys() {
            for part in category.iter().map(String::as_str).chain([*title]) {
                hasher.update((part.len() as u64).to_le_bytes());
                hasher.update(part);
            }
            hasher.update(u64::MAX.to_le_bytes());
        }
        Self {
            rows: of.into_values().collect(),
            hash: hasher.finalize().into(),
        }
    }

    /// Number of texts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Rows of a text's products, in ascending order.
    #[must_use]
    pub fn rows(&self, text: usize) -> &[u32] {
        &self.rows[text]
    }
}
