//! The search: letters and meaning in one ranking.

mod limits;
mod read;

use std::collections::BTreeMap;

use crate::spelling::{forms, slips_to, words};
use fewshop_core::protocol::FoundBy;
use fewshop_core::{Catalogue, ItemIx, order};

use super::wish::Wish;
use super::{LEVELS, Meaning, Texts, Words};
pub use limits::Limits;

/// Letters that are read of a query; nobody means more, and the work stays bounded.
const MAX_LETTERS: usize = 200;
/// Words that are read of a query.
const MAX_WORDS: usize = 16;

// Weights of a word by its place. The head of an English noun phrase is its last word: of 'Coffee
// creamer' and 'Ground coffee' the second one is coffee. What follows a comma or a bracket is a
// detail.
const HEAD: f32 = 1.0;
const PART_HEAD: f32 = 0.95;
const TITLE: f32 = 0.6;
const CATEGORY: f32 = 0.5;
const DEPARTMENT: f32 = 0.25;
const BRAND: f32 = 0.4;

// Quality of a match that is not the word itself.
const FORM: f32 = 0.95;
const BEGUN: f32 = 0.7;
/// A beginning of a longer word, if the typed one has a meaning of its own: 'tea' and 'teapot'.
const BEGUN_BESIDE: f32 = 0.4;
const SLIP: f32 = 0.8;

/// Weight of letters against meaning; chosen on the tuning half of the queries in docs/words.md.
const LETTERS: f32 = 0.7;
/// Products of which no word matches are shown down to this share of the best one's score.
const SHARE: f32 = 0.45;
/// Texts shown for their meaning alone.
const MAX_NEAR: usize = 60;
/// Products that stand for a query as an example; chosen on validation sessions, see docs/words.md.
const EXAMPLES: usize = 5;
/// They come down to this share of the best text's score.
const EXAMPLE_SHARE: f32 = 0.7;
/// Sales decide between products that match about equally well.
const SALES: f32 = 0.05;

/// The answer to a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Best first, without what the shopper does not want.
    pub items: Vec<ItemIx>,
    /// Why these.
    pub by: FoundBy,
    /// The products that stand for the query as an example, the best first: the bestseller of each of
    /// the best texts.
    pub example: Vec<ItemIx>,
    /// What the query rules out.
    pub limits: Limits,
}

/// Finds products of one catalogue by what is typed.
#[derive(Debug, Clone)]
pub struct WordSearch {
    texts: Texts,
    /// Words of titles, categories and brands, sorted, with the texts that have them and the weight
    /// there.
    letters: Vec<(String, Vec<(u32, f32)>)>,
    /// Share of the texts that sell less, 0 to 1.
    sales: Vec<f32>,
    popularity: Vec<u32>,
    /// Of each row.
    prices: Vec<Option<f32>>,
    meaning: Words,
}

/// One word of a query with what it finds.
struct Term {
    /// By letters, per text.
    letters: Vec<f32>,
    /// Cosines by meaning, per text; empty if the meaning is not known.
    meaning: Vec<f32>,
}

impl WordSearch {
    /// Builds the index. `texts` are the catalogue's, `popularity` is sales per row; `meaning` may be
    /// empty.
    #[must_use]
    pub fn new(catalogue: &Catalogue, texts: Texts, popularity: &[u32], meaning: Words) -> Self {
        let mut letters: BTreeMap<String, Vec<(u32, f32)>> = BTreeMap::new();
        let mut sold = Vec::with_capacity(texts.len());
        for text in 0..texts.len() {
            let rows = texts.rows(text);
            let of = |row: &u32| popularity.get(*row as usize).copied().unwrap_or(0);
            sold.push(rows.iter().map(of).max().unwrap_or(0));
            let item = &catalogue.items()[rows[0] as usize];
            let mut add = |word: String, weight: f32| {
                let found = letters.entry(word).or_default();
                match found.last_mut() {
                    Some(last) if last.0 as usize == text => last.1 = last.1.max(weight),
                    _ => found.push((text as u32, weight)),
                }
            };
            for word in words(&item.title) {
                add(word, TITLE);
            }
            let head = item.title.split([',', '(']).next().unwrap_or_default();
            for part in head.split('&').flat_map(|part| part.split(" or ")) {
                if let Some(word) = words(part).pop() {
                    add(word, PART_HEAD);
                }
            }
            if let Some(word) = words(head).pop() {
                add(word, HEAD);
            }
            for (nth, name) in item.category.iter().rev().enumerate() {
                for word in words(name) {
                    add(word, if nth == 0 { CATEGORY } else { DEPARTMENT });
                }
            }
            for row in rows {
                for word in words(&catalogue.items()[*row as usize].brand) {
                    add(word, BRAND);
                }
            }
        }
        let mut rising = sold.clone();
        order::sort_by_key(&mut rising, |&sold| sold);
        let place = |sold: &u32| rising.partition_point(|other| other < sold);
        let share = |sold| place(sold) as f32 / rising.len().max(1) as f32;
        Self {
            sales: sold.iter().map(share).collect(),
            texts,
            letters: letters.into_iter().collect(),
            popularity: popularity.to_vec(),
            prices: catalogue.items().iter().map(|item| item.price).collect(),
            meaning,
        }
    }

    /// Products for a query, the best first.
    #[must_use]
    pub fn search(&self, query: &str) -> Found {
        self.search_with(query, EXAMPLES)
    }

    /// The same with at most `examples` products that stand for the query.
    #[must_use]
    pub fn search_with(&self, query: &str, examples: usize) -> Found {
        let typed: String = query.chars().take(MAX_LETTERS).collect();
        let mut wish = Wish::of(&typed, |name| self.has_text_free_of(name));
        let limits = self.limits(&mut wish);
        let (mut texts, mut by) = self.rank(&wish.wanted);
        if wish.wanted.is_empty() && limits != Limits::default() {
            // Nothing is asked for but what is ruled out: what sells best of the rest.
            texts = (0..self.texts.len()).map(|text| (text, 0.0)).collect();
            order::sort_by(&mut texts, |a, b| {
                self.sales[b.0].total_cmp(&self.sales[a.0])
            });
            by = FoundBy::Letters;
        }
        let best = texts.first().map_or(0.0, |&(_, score)| score);
        let sold = |row: u32| self.popularity.get(row as usize).copied().unwrap_or(0);
        let is_open = |row: u32| {
            let price = self.prices[row as usize];
            let is_dear = limits
                .max_price
                .zip(price)
                .is_some_and(|(max, price)| price > max);
            !is_dear && limits.without.binary_search(&ItemIx(row)).is_err()
        };
        let (mut items, mut example) = (Vec::new(), Vec::new());
        for (text, score) in texts {
            let mut rows = self.texts.rows(text).to_vec();
            rows.retain(|&row| is_open(row));
            order::sort_by_key(&mut rows, |&row| (std::cmp::Reverse(sold(row)), row));
            let is_example =
                score > 0.0 && score >= best * EXAMPLE_SHARE && example.len() < examples;
            example.extend(rows.first().filter(|_| is_example).copied().map(ItemIx));
            items.extend(rows.into_iter().map(ItemIx));
        }
        if items.is_empty() {
            by = FoundBy::Nothing;
        }
        Found {
            items,
            by,
            example,
            limits,
        }
    }

    /// Numbers of the texts for a query, the best first.
    #[must_use]
    pub fn texts(&self, query: &str) -> Vec<usize> {
        self.rank(query)
            .0
            .into_iter()
            .map(|(text, _)| text)
            .collect()
    }

    /// Numbers of the texts for a query and their scores, the best first.
    #[must_use]
    pub fn rank(&self, query: &str) -> (Vec<(usize, f32)>, FoundBy) {
        let terms: Vec<Term> = self
            .read(query)
            .iter()
            .map(|word| self.term(word))
            .filter(|term| !term.meaning.is_empty() || term.letters.iter().any(|&l| l > 0.0))
            .collect();
        if terms.is_empty() {
            return (Vec::new(), FoundBy::Nothing);
        }
        let mut scored = Vec::with_capacity(self.texts.len());
        for text in 0..self.texts.len() {
            let has = terms.iter().filter(|term| term.letters[text] > 0.0).count();
            let near = |term: &Term| term.meaning.get(text).copied().unwrap_or(0.0);
            let score: f32 = terms
                .iter()
                .map(|term| LETTERS * term.letters[text] + near(term))
                .sum();
            if score > 0.0 {
                scored.push((score + SALES * self.sales[text], text, has));
            }
        }
        // Of several words, products that have them all come first, whatever one of the words is near
        // to: 'ice cream' is not bagged ice.
        let whole = |has: usize| terms.len() > 1 && has == terms.len();
        order::sort_by(&mut scored, |a, b| {
            let by = whole(b.2).cmp(&whole(a.2)).then(b.0.total_cmp(&a.0));
            by.then(a.1.cmp(&b.1))
        });
        let by = match scored.first() {
            Some((.., has)) if *has == terms.len() => FoundBy::Letters,
            Some(_) => FoundBy::Meaning,
            None => FoundBy::Nothing,
        };
        let best = scored.iter().map(|found| found.0).fold(0.0, f32::max);
        let least = best * SHARE;
        let mut by_meaning = 0;
        scored.retain(|&(score, _, has)| {
            by_meaning += usize::from(has < terms.len());
            has == terms.len() || score >= least && by_meaning <= MAX_NEAR
        });
        let texts = scored.into_iter().map(|(score, text, _)| (text, score));
        (texts.collect(), by)
    }

    /// Numbers of the texts that have every typed word by letters alone, the best first: the measure
    /// that meaning is compared with.
    #[must_use]
    pub fn rank_by_letters(&self, query: &str) -> Vec<usize> {
        let terms: Vec<Term> = self
            .read(query)
            .iter()
            .map(|word| self.term(word))
            .collect();
        let mut scored: Vec<(f32, usize)> = (0..self.texts.len())
            .filter(|&text| !terms.is_empty() && terms.iter().all(|term| term.letters[text] > 0.0))
            .map(|text| {
                let score: f32 = terms.iter().map(|term| term.letters[text]).sum();
                (score + SALES * self.sales[text], text)
            })
            .collect();
        order::sort_by(&mut scored, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        scored.into_iter().map(|(_, text)| text).collect()
    }

    /// What a word finds.
    fn term(&self, word: &str) -> Term {
        let meaning = self.meaning_of(word);
        let mut term = Term {
            letters: vec![0.0; self.texts.len()],
            meaning: Vec::new(),
        };
        let mut exact = self.add(word, 1.0, &mut term.letters);
        for form in forms(word) {
            exact |= self.add(&form, FORM, &mut term.letters);
        }
        for ending in ["s", "es"] {
            exact |= self.add(&[word, ending].concat(), FORM, &mut term.letters);
        }
        let mut begun = false;
        if !exact || word.chars().count() >= 3 {
            let quality = if exact || meaning.is_some() {
                BEGUN_BESIDE
            } else {
                BEGUN
            };
            let from = self
                .letters
                .partition_point(|(other, _)| other.as_str() < word);
            for (_, found) in self.letters[from..]
                .iter()
                .take_while(|(other, _)| other.starts_with(word))
            {
                begun = true;
                put(found, quality, &mut term.letters);
            }
        }
        if let Some(meaning) = meaning {
            self.near(meaning, 1.0, &mut term.meaning);
        } else if !exact && !begun {
            for other in self.alike(word) {
                self.add(&other, SLIP, &mut term.letters);
                if let Some(meaning) = self.meaning_of(&other) {
                    self.near(meaning, SLIP, &mut term.meaning);
                }
            }
        }
        term
    }

    fn meaning_of(&self, word: &str) -> Option<&Meaning> {
        let own = self.meaning.meaning(word);
        own.or_else(|| {
            forms(word)
                .iter()
                .find_map(|form| self.meaning.meaning(form))
        })
    }

    /// Adds the texts that have a word; whether there are any.
    fn add(&self, word: &str, quality: f32, out: &mut [f32]) -> bool {
        let found = self
            .letters
            .binary_search_by(|(other, _)| other.as_str().cmp(word));
        if let Ok(at) = found {
            put(&self.letters[at].1, quality, out);
        }
        found.is_ok()
    }

    /// Adds a word's meaning: each text's level, weighted by how near the nearest one is, because a
    /// word that is near to nothing says little.
    fn near(&self, meaning: &Meaning, quality: f32, out: &mut Vec<f32>) {
        out.resize(self.texts.len(), 0.0);
        let best = f32::from(meaning.best) / 255.0;
        let strength = ((best - 0.1) / 0.5).clamp(0.35, 1.0) * quality;
        for &(text, level) in &meaning.near {
            let value = strength * f32::from(level) / f32::from(LEVELS);
            let at = &mut out[text as usize];
            *at = at.max(value);
        }
    }

    /// Known words that differ by as few slips as possible, if few enough; without any, the one that
    /// shares most pairs of letters.
    fn alike(&self, typed: &str) -> Vec<String> {
        let letters: Vec<char> = typed.chars().collect();
        let most = match letters.len() {
            0..=3 => 0,
            4..=7 => 1,
            _ => 2,
        };
        let all = || {
            let shop = self.letters.iter().map(|(word, _)| word.as_str());
            shop.chain(self.meaning.known())
        };
        let mut best = Vec::new();
        let mut fewest = most;
        let mut scratch = Vec::new();
        if most > 0 && !typed.bytes().all(|b| b.is_ascii_digit()) {
            for word in all() {
                if word.chars().next() != letters.first().copied() {
                    continue;
                }
                let length = word.chars().count();
                let Some(off) = slips_to(&letters, word, fewest, &mut scratch) else {
                    continue;
                };
                // Of the whole word, not of a beginning.
                let off = off.max(length.saturating_sub(letters.len()));
                if off > fewest {
                    continue;
                }
                if off < fewest {
                    best.clear();
                    fewest = off;
                }
                best.push(word.to_owned());
            }
        }
        if best.is_empty() && letters.len() > 2 {
            let pairs = |word: &str| -> Vec<(char, char)> {
                let letters: Vec<char> = word.chars().collect();
                letters.windows(2).map(|two| (two[0], two[1])).collect()
            };
            let own = pairs(typed);
            let mut closest = (0.5, None);
            for word in all() {
                let other = pairs(word);
                let shared = own.iter().filter(|pair| other.contains(pair)).count();
                let share = 2.0 * shared as f32 / (own.len() + other.len()).max(1) as f32;
                if share > closest.0 {
                    closest = (share, Some(word));
                }
            }
            best.extend(closest.1.map(str::to_owned));
        }
        order::sort_by(&mut best, Ord::cmp);
        best.dedup();
        best.truncate(4);
        best
    }
}

fn put(found: &[(u32, f32)], quality: f32, out: &mut [f32]) {
    for &(text, weight) in found {
        let at = &mut out[text as usize];
        *at = at.max(quality * weight);
    }
}
