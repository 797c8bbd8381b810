//! The words of a query, as a shop knows them.

use super::{MAX_LETTERS, MAX_WORDS, WordSearch};
use crate::spelling::{forms, is_ideograph, is_stop_word, words};

/// Shortest part of two words written as one, in bytes.
const SHORTEST: usize = 3;
/// Longest name in the table of other names, in words.
const LONGEST_NAME: usize = 4;

impl WordSearch {
    /// The words to look for: without stop words, other names replaced by the shop's.
    pub(super) fn read(&self, query: &str) -> Vec<String> {
        let typed: String = query.chars().take(MAX_LETTERS).collect();
        let mut all = Vec::new();
        for word in words(&typed) {
            if word.starts_with(is_ideograph) {
                self.read_unspaced(&word, &mut all);
            } else {
                all.push(word);
            }
        }
        let mut out: Vec<String> = Vec::new();
        let mut at = 0;
        while at < all.len() && out.len() < MAX_WORDS {
            let named = (1..=LONGEST_NAME.min(all.len() - at))
                .rev()
                .find_map(|count| {
                    let name = all[at..at + count].join(" ");
                    let other = self.meaning.alias(&name).map(str::to_owned);
                    let last = forms(&all[at + count - 1]);
                    let other = other.or_else(|| {
                        last.iter().find_map(|form| {
                            let start = all[at..at + count - 1].join(" ");
                            let name = [start.as_str(), form].join(" ");
                            self.meaning.alias(name.trim_start()).map(str::to_owned)
                        })
                    });
                    other.map(|other| (count, other))
                });
            if let Some((count, other)) = named {
                out.extend(words(&other));
                at += count;
            } else {
                match self.parted(&all[at]) {
                    Some((head, tail)) => out.extend([head, tail].map(str::to_owned)),
                    None => out.push(all[at].clone()),
                }
                at += 1;
            }
        }
        let said: Vec<String> = out
            .iter()
            .filter(|word| !is_stop_word(word))
            .cloned()
            .collect();
        // Of stop words alone a product may still have one: 'The' in a book's title.
        let mut left = if said.is_empty() { out } else { said };
        left.truncate(MAX_WORDS);
        left
    }

    /// Two words of the shop that are written as one, which is none itself: 'icecream'.
    fn parted<'a>(&self, word: &'a str) -> Option<(&'a str, &'a str)> {
        let from = (self.letters).partition_point(|(other, _)| other.as_str() < word);
        let is_begun = (self.letters.get(from)).is_some_and(|(other, _)| other.starts_with(word));
        let knows = |part: &str| {
            let at = (self.letters).binary_search_by(|(other, _)| other.as_str().cmp(part));
            at.is_ok()
        };
        let is_known = |part: &str| knows(part) || forms(part).iter().any(|form| knows(form));
        if is_begun || is_known(word) || self.meaning_of(word).is_some() {
            return None;
        }
        (SHORTEST..=word.len().saturating_sub(SHORTEST))
            .filter_map(|at| word.split_at_checked(at))
            .find(|(head, tail)| is_known(head) && is_known(tail))
    }

    /// Text written without spaces: the longest known names, from the left; what is no name is left
    /// out if anything is one.
    fn read_unspaced(&self, text: &str, out: &mut Vec<String>) {
        let letters: Vec<char> = text.chars().collect();
        let before = out.len();
        let mut at = 0;
        while at < letters.len() {
            let known = (1..=8.min(letters.len() - at)).rev().find_map(|count| {
                let name: String = letters[at..at + count].iter().collect();
                let other = self.meaning.alias(&name)?;
                Some((count, words(other)))
            });
            match known {
                Some((count, other)) => {
                    out.extend(other);
                    at += count;
                }
                None => at += 1,
            }
        }
        if out.len() == before {
            out.push(text.to_owned());
        }
    }
}
