//! The available pictures and the keywords of each.

use std::collections::HashMap;

use super::words::words;

/// One picture.
pub(super) struct Picture {
    /// File name without its ending: code points in hex joined by '-'.
    pub(super) key: &'static str,
    /// A description of the picture, by which the rules refer to it.
    pub(super) name: &'static str,
}

/// The weight of a keyword: `thing!` names the product itself, `motif?` only something that may be
/// printed on it, and `faint??` counts if nothing else matches.
const THING: f32 = 2.2;
const PLAIN: f32 = 1.0;
const MOTIF: f32 = 0.45;
const FAINT: f32 = 0.05;

/// A product's name usually ends with its noun ('strawberry picnic bag'), so the last word of a
/// title counts this much more than the first.
const LAST_WORD_BONUS: f32 = 0.25;

/// Longest keyword, in words.
const MAX_KEYWORD_WORDS: usize = 4;

/// All pictures with an index from keyword to picture.
pub(super) struct Table {
    pictures: Vec<Picture>,
    by_name: HashMap<&'static str, usize>,
    /// From a keyword (words joined by one space) to its pictures and its weight for each.
    keywords: HashMap<String, Vec<(usize, f32)>>,
}

impl Table {
    /// Reads the table: `key <tab> glyph <tab> name <tab> keyword, keyword!, keyword?, keyword??`;
    /// lines that begin with '#' are remarks.
    ///
    /// # Errors
    /// The line number and the problem.
    pub(super) fn parse(text: &'static str) -> Result<Self, String> {
        let mut pictures: Vec<Picture> = Vec::new();
        let mut by_name = HashMap::new();
        let mut raw: Vec<(usize, Vec<String>, f32)> = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let fields: Vec<&'static str> = line.split('\t').collect();
            let [key, _glyph, name, keywords] = fields[..] else {
                return Err(format!(
                    "line {number}: {} fields; expected key, glyph, name, keywords",
                    fields.len()
                ));
            };
            let row = pictures.len();
            if by_name.insert(name, row).is_some()
                || pictures.iter().any(|picture| picture.key == key)
            {
                return Err(format!(
                    "line {number}: '{name}' or '{key}' is already used in an earlier line"
                ));
            }
            pictures.push(Picture { key, name });
            for keyword in keywords.split(',').map(str::trim) {
                let loudness = [("!", THING), ("??", FAINT), ("?", MOTIF), ("", PLAIN)];
                let loud = loudness
                    .iter()
                    .find_map(|&(mark, weight)| Some((keyword.strip_suffix(mark)?, weight)));
                let (text, weight) = loud.unwrap_or((keyword, PLAIN));
                let words = words(text);
                if words.is_empty() || words.len() > MAX_KEYWORD_WORDS {
                    return Err(format!(
                        "line {number}: keyword '{keyword}' has {} words; expected 1 to {MAX_KEYWORD_WORDS}",
                        words.len()
                    ));
                }
                raw.push((row, words, weight));
            }
        }
        Ok(Self {
            keywords: weigh(&raw, pictures.len()),
            pictures,
            by_name,
        })
    }

    /// The picture of that name.
    pub(super) fn named(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// All pictures in table order.
    pub(super) fn pictures(&self) -> &[Picture] {
        &self.pictures
    }

    /// Adds the keyword scores of `text`, times `weight`, to `scores`, which has one entry for each
    /// picture.
    ///
    /// Reads from left to right and takes the longest keyword at each word, so that a hot dog does
    /// not match 'dog'.
    pub(super) fn score(&self, text: &[String], weight: f32, scores: &mut [f32]) {
        let mut at = 0;
        while at < text.len() {
            let keyword = (1..=MAX_KEYWORD_WORDS.min(text.len() - at))
                .rev()
                .find_map(|len| {
                    self.keywords
                        .get(&text[at..at + len].join(" "))
                        .map(|pictures| (len, pictures))
                });
            let Some((len, pictures)) = keyword else {
                at += 1;
                continue;
            };
            at += len;
            let place = 1.0 + LAST_WORD_BONUS * at as f32 / text.len() as f32;
            for &(row, keyword) in pictures {
                scores[row] += weight * place * keyword;
            }
        }
    }
}

/// Weighs each keyword by how rare its words are among the pictures: 'box' belongs to many,
/// 'birdhouse' to one.
fn weigh(raw: &[(usize, Vec<String>, f32)], pictures: usize) -> HashMap<String, Vec<(usize, f32)>> {
    let mut holders: HashMap<&str, Vec<usize>> = HashMap::new();
    for (row, words, _) in raw {
        for word in words {
            let rows = holders.entry(word).or_default();
            if rows.last() != Some(row) {
                rows.push(*row);
            }
        }
    }
    let all = pictures as f32;
    let rarity =
        |word: &String| (1.0 + all / holders[word.as_str()].len() as f32).ln() / (1.0 + all).ln();
    let mut keywords: HashMap<String, Vec<(usize, f32)>> = HashMap::new();
    for (row, words, weight) in raw {
        let weight = weight * words.iter().map(rarity).sum::<f32>();
        keywords
            .entry(words.join(" "))
            .or_default()
            .push((*row, weight));
    }
    keywords
}
