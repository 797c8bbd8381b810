//! Search over titles, categories, brands and sizes: by word prefixes, tolerant of typing errors.

use std::collections::BTreeMap;

use fewshop_core::ItemIx;

use super::{Catalogue, letters};
use crate::texts::{EN, Texts};

/// Weight of a word by its field.
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
            self.add_words(ix, catalogue.title(ix), TITLE);
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

    /// The finished index. `catalogue` gives the order of equally good answers: the most bought
    /// first.
    #[must_use]
    pub fn finish(self, catalogue: &Catalogue) -> SearchIndex {
        let mut rank = vec![0u32; catalogue.len()];
        for (at, ix) in catalogue.ranked().iter().enumerate() {
            rank[ix.row()] = at as u32;
        }
        let sold = catalogue.bestsellers().len() as u32;
        let (words, postings) = self.words.into_iter().unzip();
        SearchIndex {
            words,
            postings,
            rank,
            sold,
        }
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
    rank: Vec<u32>,
    sold: u32,
}

impl SearchIndex {
    /// The whole index at once.
    #[must_use]
    pub fn build(catalogue: &Catalogue) -> Self {
        let mut builder = IndexBuilder::default();
        while builder.add(catalogue, &EN, usize::MAX / 2) {}
        builder.finish(catalogue)
    }

    /// Products that contain every typed word as a prefix, the best first; equal ones by sales. A
    /// typed word without a match may contain one typing error, a long one two.
    #[must_use]
    pub fn search(&self, query: &str) -> Vec<ItemIx> {
        let typed = words(query);
        if typed.is_empty() {
            return Vec::new();
        }
        // Per product the score so far and how many of the typed words it has matched, in order.
        let mut score = vec![0f32; self.rank.len()];
        let mut met = vec![0usize; self.rank.len()];
        let mut best = vec![0f32; self.rank.len()];
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
        // the rank.
        let mut found: Vec<(u64, u32)> = Vec::new();
        for (row, _) in met
            .iter()
            .enumerate()
            .filter(|&(_, &met)| met == typed.len())
        {
            let rank = self.rank[row];
            // Among products that match about equally well, those that sell come first.
            let bonus = if rank < self.sold {
                2.0 * (1.0 - rank as f32 / self.sold as f32)
            } else {
                0.0
            };
            let key = u64::from((score[row] + bonus).to_bits()) << 32 | u64::from(u32::MAX - rank);
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
        // 'bananas' must find a 'banana' too.
        if let Some(stem) = typed.strip_suffix('s').filter(|stem| stem.len() >= 3)
            && let Ok(at) = self.words.binary_search_by(|word| word.as_str().cmp(stem))
        {
            out.push((at, 0.9));
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

/// The words of a text: runs of letters or digits, in lower case.
fn words(text: &str) -> Vec<String> {
    letters::words(text)
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
    let word: Vec<char> = word.chars().take(typed.len() + most).collect();
    if word.len() + most < typed.len() {
        return None;
    }
    // Optimal string alignment; row i, column j: slips between the first i typed letters and the
    // first j of the word.
    let width = word.len() + 1;
    rows.clear();
    rows.extend(0..width);
    for (i, &letter) in typed.iter().enumerate() {
        rows.push(i + 1);
        for (j, &other) in word.iter().enumerate() {
            let at = |row: usize, column: usize| rows[row * width + column];
            let mut cost = (at(i, j) + usize::from(letter != other))
                .min(at(i, j + 1) + 1)
                .min(at(i + 1, j) + 1);
            if i > 0 && j > 0 && letter == word[j - 1] && typed[i - 1] == other {
                cost = cost.min(at(i - 1, j - 1) + 1);
            }
            rows.push(cost);
        }
        if rows[(i + 1) * width..].iter().all(|&cost| cost > most) {
            return None;
        }
    }
    rows[typed.len() * width..]
        .iter()
        .min()
        .copied()
        .filter(|&off| off <= most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::catalogue::toy;
    use crate::texts::NAMES;

    #[track_caller]
    fn check_search(query: &str, expected: &[u32]) {
        let found: Vec<u32> = SearchIndex::build(&toy())
            .search(query)
            .into_iter()
            .map(|ix| ix.0)
            .collect();
        assert_eq!(found, expected, "{query}");
    }

    #[test]
    fn the_beginning_of_a_word_is_enough() {
        check_search("ban", &[1]);
        check_search("  Whole MI", &[0]);
        check_search("", &[]);
        check_search("?!", &[]);
    }

    #[test]
    fn every_word_must_be_met() {
        check_search("milk whole", &[0]);
        check_search("milk bread", &[]);
        check_search("milk gal", &[0]);
        check_search("milk milk", &[0]);
    }

    #[test]
    fn a_title_counts_more_than_a_category_or_a_brand() {
        // 'b' begins Bananas and Bread in titles, 'brand' in two brands.
        check_search("b", &[1, 4, 0, 2]);
        check_search("dairy", &[0, 2]);
    }

    #[test]
    fn one_slip_is_forgiven_and_nonsense_is_not() {
        check_search("bannanas", &[1]);
        check_search("chedar", &[2]);
        check_search("mlik", &[0]);
        check_search("miLK", &[0]);
        check_search("shreded chedder", &[2]);
        check_search("zzzz", &[]);
    }

    #[test]
    fn a_plural_finds_the_singular() {
        check_search("milks", &[0]);
        check_search("breads", &[4]);
    }

    #[test]
    fn built_in_steps_it_is_the_same_index() {
        let shop = toy();
        let mut builder = IndexBuilder::default();
        let mut steps = 1;
        while builder.add(&shop, &EN, 2) {
            steps += 1;
        }
        assert_eq!(steps, 3);
        let index = builder.finish(&shop);
        assert_eq!(index.words, SearchIndex::build(&shop).words);
        assert_eq!(index.search("rye"), [ItemIx(4)]);
    }

    #[test]
    fn a_category_is_found_by_its_name_in_the_shoppers_language() {
        let zh = vec!["字"; NAMES.len()].join("\n") + "\n\nDairy & eggs\t牛奶与鸡蛋";
        let zh = Texts::of_lines("zh-Hans", zh.leak()).unwrap();
        let shop = toy();
        let mut builder = IndexBuilder::default();
        builder.add(&shop, &zh, usize::MAX / 2);
        let index = builder.finish(&shop);
        for typed in ["鸡蛋", "牛奶", "dairy"] {
            assert_eq!(index.search(typed), [ItemIx(0), ItemIx(2)], "{typed}");
        }
        assert_eq!(index.search("鸭蛋"), []);
    }

    #[test]
    fn slips_are_counted_against_beginnings() {
        let off = |typed: &str, word: &str| {
            slips_off(&typed.chars().collect::<Vec<_>>(), word, 2, &mut Vec::new())
        };
        assert_eq!(off("bread", "breadcrumbs"), Some(0));
        assert_eq!(off("braed", "bread"), Some(1));
        assert_eq!(off("brxad", "bread"), Some(1));
        assert_eq!(off("cread", "bread"), None);
        assert_eq!(off("banana", "bread"), None);
    }
}
