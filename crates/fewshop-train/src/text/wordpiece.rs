//! BERT's tokeniser: words and marks, then the longest pieces that the vocabulary has.
//!
//! Implemented here, because the crate that contains it has some forty dependencies, two of them in
//! C.

use std::collections::HashMap;

use anyhow::{Result, bail};
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Words longer than this, in characters, are not split.
const LONGEST_WORD: usize = 100;

/// A vocabulary and how text is split into it.
#[derive(Debug)]
pub(super) struct WordPiece {
    vocabulary: HashMap<String, i32>,
    lower_case: bool,
    unknown: i32,
    start: i32,
    end: i32,
}

impl WordPiece {
    /// Reads `vocab.txt`: one token per line, numbered from 0.
    pub(super) fn new(name: &str, bytes: &[u8], lower_case: bool) -> Result<Self> {
        let Ok(text) = std::str::from_utf8(bytes) else {
            bail!(
                "{name}: found bytes that are not UTF-8, expected one token per line: download the model again"
            );
        };
        let mut vocabulary = HashMap::new();
        for (line, token) in text.lines().enumerate() {
            if vocabulary.insert(token.to_owned(), line as i32).is_some() {
                bail!(
                    "{name}, line {}: '{token}' is a duplicate, expected each token once: download the model again",
                    line + 1
                );
            }
        }
        let special = |token: &str| match vocabulary.get(token) {
            Some(&number) => Ok(number),
            None => bail!(
                "{name}: the token '{token}' is missing, expected a BERT vocabulary: download the model again"
            ),
        };
        let (unknown, start, end) = (special("[UNK]")?, special("[CLS]")?, special("[SEP]")?);
        Ok(Self {
            vocabulary,
            lower_case,
            unknown,
            start,
            end,
        })
    }

    /// Number of tokens.
    pub(super) fn len(&self) -> usize {
        self.vocabulary.len()
    }

    /// Whole words in lower case, in the order of the file.
    pub(super) fn whole_words(&self) -> impl Iterator<Item = &str> {
        let letters = |word: &str| word.bytes().all(|byte| byte.is_ascii_lowercase());
        let of = self.vocabulary.iter().map(|(word, number)| (*number, word));
        let mut words: Vec<(i32, &str)> = of
            .filter(|(_, word)| word.len() > 1 && letters(word))
            .map(|(number, word)| (number, word.as_str()))
            .collect();
        words.sort_unstable();
        words.into_iter().map(|(_, word)| word)
    }

    /// Token numbers of a text with start and end tokens, at most `longest`.
    pub(super) fn encode(&self, text: &str, longest: usize) -> Vec<i32> {
        let mut out = vec![self.start];
        for word in words(&self.normalise(text)) {
            self.pieces(word, &mut out);
        }
        out.truncate(longest.saturating_sub(1));
        out.push(self.end);
        out
    }

    /// Normalises spaces, separates Chinese characters into words and, for an uncased model,
    /// removes accents and capitals.
    fn normalise(&self, text: &str) -> String {
        let mut clean = String::with_capacity(text.len());
        for c in text.chars() {
            if c.is_whitespace() {
                clean.push(' ');
            } else if c == '\u{fffd}' || c.general_category_group() == GeneralCategoryGroup::Other {
                // Drop control characters and the replacement character.
            } else if is_chinese(c) {
                clean.extend([' ', c, ' ']);
            } else {
                clean.push(c);
            }
        }
        if !self.lower_case {
            return clean;
        }
        let bare: String = clean
            .nfd()
            .filter(|c| c.general_category() != GeneralCategory::NonspacingMark)
            .collect();
        bare.to_lowercase()
    }

    /// Splits a word into the longest known pieces from the left; one unknown piece makes the whole
    /// word unknown.
    fn pieces(&self, word: &str, out: &mut Vec<i32>) {
        let before = out.len();
        let mut rest = word;
        while !rest.is_empty() {
            let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8()).rev();
            let known = |end: usize| {
                let piece = &rest[..end];
                let number = if rest.len() == word.len() {
                    self.vocabulary.get(piece)
                } else {
                    self.vocabulary.get(format!("##{piece}").as_str())
                };
                number.map(|&number| (end, number))
            };
            let found = if word.chars().count() > LONGEST_WORD {
                None
            } else {
                ends.into_iter().find_map(known)
            };
            let Some((end, number)) = found else {
                out.truncate(before);
                out.push(self.unknown);
                return;
            };
            out.push(number);
            rest = &rest[end..];
        }
    }
}

/// Words between spaces, each punctuation mark a word of its own.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ').flat_map(|chunk| {
        let mut rest = chunk;
        std::iter::from_fn(move || {
            let first = rest.chars().next()?;
            let end = if is_mark(first) {
                first.len_utf8()
            } else {
                rest.find(is_mark).unwrap_or(rest.len())
            };
            let (word, after) = rest.split_at(end);
            rest = after;
            Some(word)
        })
    })
}

fn is_mark(c: char) -> bool {
    c.is_ascii_punctuation() || c.general_category_group() == GeneralCategoryGroup::Punctuation
}

/// The blocks of CJK ideographs that BERT's tokeniser knows.
fn is_chinese(c: char) -> bool {
    matches!(u32::from(c),
        0x4E00..=0x9FFF | 0x3400..=0x4DBF | 0x20000..=0x2A6DF | 0x2A700..=0x2B73F | 0x2B740..=0x2B81F | 0x2B920..=0x2CEAF
        | 0xF900..=0xFAFF | 0x2F800..=0x2FA1F)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary(lower_case: bool) -> WordPiece {
        let words =
            "[PAD]\n[UNK]\n[CLS]\n[SEP]\nun\n##aff\n##able\ncafe\n,\nhe\n##llo\n茶\nCafé\n&\n";
        WordPiece::new("vocab.txt", words.as_bytes(), lower_case).unwrap()
    }

    #[track_caller]
    fn check(text: &str, inner: &[i32]) {
        let expected: Vec<i32> = [&[2], inner, &[3]].concat();
        assert_eq!(vocabulary(true).encode(text, 64), expected, "{text:?}");
    }

    #[test]
    fn words_are_split_into_their_longest_known_pieces() {
        check("unaffable", &[4, 5, 6]);
        check("hello unable", &[9, 10, 4, 6]);
    }

    #[test]
    fn a_word_with_an_unknown_piece_is_unknown_as_a_whole() {
        check("unxable hello", &[1, 9, 10]);
        check(&"un".repeat(60), &[1]);
    }

    #[test]
    fn capitals_accents_control_characters_and_odd_spaces_do_not_matter() {
        check("CAFÉ\u{a0}Hello\u{0}\tcafe\u{301}", &[7, 9, 10, 7]);
    }

    #[test]
    fn marks_and_chinese_characters_are_words() {
        check("cafe,,&hello", &[7, 8, 8, 13, 9, 10]);
        check("hello茶un", &[9, 10, 11, 4]);
        check("", &[]);
    }

    #[test]
    fn a_cased_model_sees_capitals_and_accents() {
        assert_eq!(vocabulary(false).encode("Café Hello", 64), [2, 12, 1, 3]);
    }

    #[test]
    fn a_long_text_is_cut_and_still_ends() {
        assert_eq!(
            vocabulary(true).encode("cafe cafe cafe cafe", 4),
            [2, 7, 7, 3]
        );
    }

    #[test]
    fn an_invalid_vocabulary_is_refused() {
        let refused = |bytes: &[u8]| {
            WordPiece::new("vocab.txt", bytes, true)
                .unwrap_err()
                .to_string()
        };
        assert!(refused(b"[UNK]\n[CLS]\n").contains("[SEP]"));
        assert!(refused(b"[UNK]\n[CLS]\n[SEP]\na\na\n").contains("line 5"));
        assert!(refused(b"\xff").contains("UTF-8"));
    }
}
