//! Search over titles, categories, brands and sizes: by word prefixes, tolerant of plurals, accents
//! and typing errors.

use std::collections::BTreeMap;

use fewshop_core::ItemIx;
use fewshop_words::spelling::{folded, forms, is_ideograph, slips_to};

use super::{Catalogue, letters};
use crate::texts::{EN, Texts};

/// Weight of a word by its field. The head of a title says what the thing is: of 'Coffee creamer' and
/// 'Ground coffee', the second one is coffee.
const HEAD: u8 = 10;
const TITLE: u8 = 8;
const CATEGORY: u8 = 3;
const BRAND: u8 = 3;
const SIZE: u8 = 2;

/// An occurrence of a word: the product and its weight there.
type Posting = (u32, u8);

/// Builds the index a few rows at a time, so that no step blocks the page.
#[derive(Debug, Default)]
pub struct IndexBuilder {
    words: BTreeMap<String, Vec<Posting>>,
    rows: usize,
}

impl IndexBuilder {
    /// Takes in the next `count` rows, with their categories in English and in the language of
    /// `texts`; returns whether there are more.
    pub fn add(&mut self, catalogue: &Catalogue, texts: &Texts, count: usize) -> bool {
        let end = (self.rows + count).min(catalogue.len());
        for row in self.rows..end {
            let ix = ItemIx::from(row);
            let title = catalogue.title(ix);
            self.add_words(ix, title, TITLE);
            // What follows a comma or a bracket is a detail.
            let head = title.split([',', '(']).next().unwrap_or_default();
            if let Some(head) = head.trim_end().rsplit(' ').next() {
                self.add_words(ix, head, HEAD);
            }
            for name in catalogue.category(ix) {
                self.add_words(ix, name, CATEGORY);
                let mut named = texts.named(name).chars();
                if named.as_str() != name {
                    // Chinese has no spaces: any character may begin the word that is typed.
                    while !named.as_str().is_empty() {
                        self.add_words(ix, named.as_str(), CATEGORY);
                        named.next();
                    }
                }
            }
            let (brand, size) = catalogue.brand_and_size(ix);
            self.add_words(ix, brand, BRAND);
            self.add_words(ix, size, SIZE);
        }
        self.rows = end;
        end < catalogue.len()
    }

    /// The finished index.
    #[must_use]
    pub fn finish(self) -> SearchIndex {
        let (words, postings) = self.words.into_iter().unzip();
        SearchIndex { words, postings }
    }

    fn add_words(&mut self, ix: ItemIx, text: &str, weight: u8) {
        for word in words(text) {
            let postings = self.words.entry(word).or_default();
            match postings.last_mut() {
                Some(last) if last.0 == ix.0 => last.1 = last.1.max(weight),
                _ => postings.push((ix.0, weight)),
            }
        }
    }
}

/// Finds products by what is typed.
#[derive(Debug)]
pub struct SearchIndex {
    /// All words, sorted.
    words: Vec<String>,
    postings: Vec<Vec<Posting>>,
}

/// Most searches to try instead of one that found nothing.
const SUGGESTIONS: usize = 4;

impl SearchIndex {
    /// The whole index at once.
    #[must_use]
    pub fn build(catalogue: &Catalogue) -> Self {
        let mut builder = IndexBuilder::default();
        while builder.add(catalogue, &EN, usize::MAX / 2) {}
        builder.finish()
    }

    /// Products that contain every typed word as a prefix, the best first; equal ones by the sales of
    /// `catalogue`, whose index this is. A typed word without a match may be two words written as one,
    /// or contain one typing error, a long one two; two words that are nowhere found together may be
    /// one.
    #[must_use]
    pub fn search(&self, query: &str, catalogue: &Catalogue) -> Vec<ItemIx> {
        let typed = self.parted(words(query));
        let found = self.with_all(&typed, catalogue);
        if !found.is_empty() || typed.len() < 2 {
            return found;
        }
        // 'tea light' is a 'tealight'.
        for at in 1..typed.len() {
            let mut joined = typed.clone();
            let second = joined.remove(at);
            joined[at - 1].push_str(&second);
            if self.knows(&joined[at - 1]) {
                let found = self.with_all(&joined, catalogue);
                if !found.is_empty() {
                    return found;
                }
            }
        }
        Vec::new()
    }

    /// What to search for instead of something that was not found: the words that are known, or the
    /// words most alike.
    #[must_use]
    pub fn suggest(&self, query: &str, catalogue: &Catalogue) -> Vec<String> {
        let typed = words(query);
        let mut out: Vec<String> = Vec::new();
        let mut propose = |words: &[String]| {
            let text = words.join(" ");
            if out.len() < SUGGESTIONS
                && !out.contains(&text)
                && !self.search(&text, catalogue).is_empty()
            {
                out.push(text);
            }
        };
        for word in &typed {
            if typed.len() > 1 {
                propose(std::slice::from_ref(word));
            }
            if let Some(near) = self.nearest(word) {
                propose(&[near.to_owned()]);
            }
        }
        out
    }

    /// The known word that is most like this one, whatever its first letter; of equals the one of more
    /// products.
    fn nearest(&self, typed: &str) -> Option<&str> {
        let letters: Vec<char> = typed.chars().collect();
        let most = match letters.len() {
            0..=2 => return None,
            3..=5 => 1,
            _ => 3,
        };
        let mut scratch = Vec::new();
        let mut best: Option<((usize, usize), &str)> = None;
        for (word, postings) in self.words.iter().zip(&self.postings) {
            let length = word.chars().count();
            if length.abs_diff(letters.len()) > most || word.bytes().any(|b| b.is_ascii_digit()) {
                continue;
            }
            if let Some(off) = slips_to(&letters, word, most, &mut scratch)
                // Of the whole word, not of a beginning.
                .map(|off| off + length.saturating_sub(letters.len()))
                .filter(|&off| off > 0 && off <= most)
            {
                let key = (off, usize::MAX - postings.len());
                if best.is_none_or(|(other, _)| key < other) {
                    best = Some((key, word));
                }
            }
        }
        best.map(|(_, word)| word)
    }

    /// Whether a word begins with this.
    fn knows(&self, begun: &str) -> bool {
        let from = self.words.partition_point(|word| word.as_str() < begun);
        self.words
            .get(from)
            .is_some_and(|word| word.starts_with(begun))
    }

    fn is_word(&self, word: &str) -> bool {
        self.words
            .binary_search_by(|other| other.as_str().cmp(word))
            .is_ok()
    }

    /// The typed words, each one that is unknown but consists of two known ones as those: 'icecream'
    /// as 'ice cream'. Of text without spaces, as in Chinese, the longest known part stays.
    fn parted(&self, typed: Vec<String>) -> Vec<String> {
        let mut out = Vec::with_capacity(typed.len() + 1);
        for word in typed {
            if self.knows(&word) || forms(&word).iter().any(|form| self.is_word(form)) {
                out.push(word);
            } else if word.contains(is_ideograph) {
                out.push(self.longest_known(&word));
            } else if let Some((head, tail)) = (3..word.len().saturating_sub(2))
                .filter_map(|at| word.split_at_checked(at))
                .find(|(head, tail)| {
                    let known = |part: &str| {
                        self.is_word(part) || forms(part).iter().any(|form| self.is_word(form))
                    };
                    self.is_word(head) && known(tail)
                })
            {
                out.extend([head.to_owned(), tail.to_owned()]);
            } else {
                out.push(word);
            }
        }
        out
    }

    /// The longest part of two characters or more that begins a word: one alone says too little.
    fn longest_known(&self, text: &str) -> String {
        let letters: Vec<char> = text.chars().collect();
        for length in (2..letters.len()).rev() {
            for part in letters.windows(length) {
                let part: String = part.iter().collect();
                if self.knows(&part) {
                    return part;
                }
            }
        }
        text.to_owned()
    }

    /// Products that have all of these words, the best first.
    fn with_all(&self, typed: &[String], catalogue: &Catalogue) -> Vec<ItemIx> {
        if typed.is_empty() {
            return Vec::new();
        }
        // Per product the score so far and how many of the typed words it has matched, in order.
        let mut score = vec![0f32; catalogue.len()];
        let mut met = vec![0usize; catalogue.len()];
        let mut best = vec![0f32; catalogue.len()];
        for (turn, word) in typed.iter().enumerate() {
            let mut touched: Vec<u32> = Vec::new();
            for (found, quality) in self.matching(word) {
                for &(row, weight) in &self.postings[found] {
                    let at = row as usize;
                    if met[at] < turn {
                        continue;
                    }
                    if met[at] == turn {
                        met[at] = turn + 1;
                        touched.push(row);
                    }
                    best[at] = best[at].max(quality * f32::from(weight));
                }
            }
            for row in touched {
                score[row as usize] += std::mem::take(&mut best[row as usize]);
            }
        }
        // One number orders them: the score, which is positive and so orders like its bits, above
        // the place in the order of sales.
        let sold = catalogue.bestsellers().len() as u32;
        let mut found: Vec<(u64, u32)> = Vec::new();
        for (row, _) in met
            .iter()
            .enumerate()
            .filter(|&(_, &met)| met == typed.len())
        {
            let place = catalogue.place(ItemIx::from(row));
            // Among products that match about equally well, those that sell come first.
            let bonus = if place < sold {
                2.0 * (1.0 - place as f32 / sold as f32)
            } else {
                0.0
            };
            let key = u64::from((score[row] + bonus).to_bits()) << 32 | u64::from(u32::MAX - place);
            found.push((!key, row as u32));
        }
        found.sort_unstable();
        found.into_iter().map(|(_, row)| ItemIx(row)).collect()
    }

    /// Indexes of the words that a typed one may mean, with the quality of the match.
    fn matching(&self, typed: &str) -> Vec<(usize, f32)> {
        let from = self.words.partition_point(|word| word.as_str() < typed);
        let begun = self.words[from..]
            .iter()
            .take_while(|word| word.starts_with(typed))
            .enumerate();
        let mut out: Vec<(usize, f32)> = begun
            .map(|(at, word)| (from + at, if word.len() == typed.len() { 1.0 } else { 0.7 }))
            .collect();
        // 'bananas' must find a 'banana' too, and 'berry' the 'berries'.
        for form in forms(typed) {
            if let Ok(at) = self.words.binary_search_by(|word| word.as_str().cmp(&form)) {
                out.push((at, 0.9));
            }
        }
        if !out.is_empty() {
            return out;
        }
        let letters: Vec<char> = typed.chars().collect();
        let slips = match letters.len() {
            0..=3 => return out,
            4..=7 => 1,
            _ => 2,
        };
        let mut scratch = Vec::new();
        for (at, word) in self.words.iter().enumerate() {
            if let Some(off) = slips_off(&letters, word, slips, &mut scratch) {
                out.push((at, if off == 1 { 0.5 } else { 0.35 }));
            }
        }
        out
    }
}

/// The words of a text: runs of letters or digits, in lower case and without accents.
fn words(text: &str) -> Vec<String> {
    folded(letters::words(text))
        .split(' ')
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// How many slips (a letter more, less, other, or two swapped) lead from `typed` to a beginning of
/// `word`, if at most `most`. The first letter must be right, as it nearly always is; that spares
/// almost all of the work.
fn slips_off(typed: &[char], word: &str, most: usize, rows: &mut Vec<usize>) -> Option<usize> {
    if word.chars().next() != typed.first().copied() {
        return None;
    }
    slips_to(typed, word, most, rows)
}

#[cfg(test)]
mod tests;
