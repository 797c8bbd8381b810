//! What words mean in one shop, distilled from a sentence model: for each word that shoppers may
//! type, the products whose texts the model puts nearest to it.
//!
//! No training and no seed: the same pack, model and lists give the same bytes. A table of near
//! texts beat quantised word vectors of the same size ([docs/words.md](../../../docs/words.md)), and
//! each hit can name its word.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail};
use fewshop_core::Catalogue;
use fewshop_data::progress::say;
use fewshop_words::spelling::{forms, words};
use fewshop_words::{LEVELS, Meaning, Texts, Words, is_stop_word};
use rayon::prelude::*;

use crate::text::{TextModel, describe};

/// Other names of what shops sell, English and Chinese, for any shop.
const OTHER_NAMES: &str = include_str!("other-names.tsv");

/// How large the table becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableSize {
    /// Maximum number of words.
    pub words: usize,
    /// Texts listed for each word.
    pub near: usize,
}

/// What is read besides the model: all may be empty.
#[derive(Debug, Clone, Default)]
pub struct WordLists {
    /// More words that shoppers may type, besides the shop's and the model's own.
    pub vocabulary: Vec<String>,
    /// Other names and the words to search for instead; see [`read_names`] and [`other_names`].
    pub names: Vec<(String, String)>,
}

/// The other names that come with Fewshop.
///
/// # Panics
/// Never: a test reads them.
#[must_use]
pub fn other_names() -> Vec<(String, String)> {
    names_of("other-names.tsv", OTHER_NAMES).expect("a test reads the table")
}

/// Reads a table of other names: a name, a tab, the words to search for instead; `#` begins a
/// comment.
///
/// # Errors
/// With file and line.
pub fn read_names(path: &Path) -> Result<Vec<(String, String)>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{}: cannot be read", path.display()))?;
    names_of(&path.display().to_string(), &text)
}

fn names_of(file: &str, text: &str) -> Result<Vec<(String, String)>> {
    let mut out = Vec::new();
    for (nth, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((name, instead)) = line
            .split_once('\t')
            .filter(|(name, instead)| !words(name).is_empty() && !words(instead).is_empty())
        else {
            bail!(
                "{file}, line {}: found '{line}', expected a name, a tab and the words to search for instead",
                nth + 1
            );
        };
        out.push((name.to_owned(), instead.to_owned()));
    }
    Ok(out)
}

/// Makes the table for a catalogue.
///
/// # Errors
/// When the catalogue is empty.
pub fn distil(
    catalogue: &Catalogue,
    model: &TextModel,
    lists: &WordLists,
    size: TableSize,
) -> Result<Words> {
    let texts = Texts::of(catalogue);
    if texts.is_empty() {
        bail!("the pack has no products: give one of a shop");
    }
    let first = |text| &catalogue.items()[texts.rows(text)[0] as usize];
    let described: Vec<String> = (0..texts.len()).map(|text| describe(first(text))).collect();
    let own: BTreeSet<String> = described.iter().flat_map(|text| words(text)).collect();
    let candidates = candidates(&own, model, &lists.vocabulary);
    say(&format!(
        "Words: {} of the shop, {} to choose from",
        own.len(),
        candidates.len()
    ));
    let width = model.size();
    let rows = model.embed(&described);
    let vectors = model.embed(&candidates);
    let near = |vector: &[f32]| meaning(vector, &rows, size.near);
    let found: Vec<(f32, Meaning)> = vectors.par_chunks_exact(width).map(near).collect();
    // The shop's own words first, then those that are nearest to something it sells.
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    let key = |at: usize| f32::from(u8::from(own.contains(&candidates[at]))) * 2.0 + found[at].0;
    order.sort_by(|&a, &b| key(b).total_cmp(&key(a)).then(a.cmp(&b)));
    order.truncate(size.words);
    let meanings: BTreeMap<String, Meaning> = order
        .into_iter()
        .map(|at| (candidates[at].clone(), found[at].1.clone()))
        .collect();
    let names = names(&lists.names, &described, &own, &meanings);
    Ok(Words::new(&texts, meanings, names)?)
}

/// Words to choose from: no stop words, and no regular plural of a word that is there.
fn candidates(own: &BTreeSet<String>, model: &TextModel, more: &[String]) -> Vec<String> {
    let plain = |word: &str| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let mut all: BTreeSet<String> = own.iter().filter(|word| plain(word)).cloned().collect();
    all.extend(model.whole_words().map(str::to_owned));
    all.extend(more.iter().filter(|word| plain(word)).cloned());
    let is_plural = |word: &str| {
        word.ends_with('s')
            && forms(word)
                .iter()
                .any(|form| form.len() > 2 && all.contains(form))
    };
    all.iter()
        .filter(|word| !is_stop_word(word) && !is_plural(word))
        .cloned()
        .collect()
}

/// A word's meaning from its vector, and how near its five nearest texts are.
fn meaning(vector: &[f32], rows: &[f32], near: usize) -> (f32, Meaning) {
    let cosines: Vec<f32> = rows
        .chunks_exact(vector.len())
        .map(|row| row.iter().zip(vector).map(|(x, y)| x * y).sum())
        .collect();
    let mut order: Vec<u32> = (0..cosines.len() as u32).collect();
    order.sort_by(|&a, &b| {
        cosines[b as usize]
            .total_cmp(&cosines[a as usize])
            .then(a.cmp(&b))
    });
    let of = |place: usize| order.get(place).map_or(0.0, |&text| cosines[text as usize]);
    let five = order.len().min(5);
    let mean = (0..five).map(of).sum::<f32>() / five as f32;
    let byte = |cosine: f32| (cosine.clamp(0.0, 1.0) * 255.0).round() as u8;
    let (base, best) = (of(near), of(0));
    let level = |cosine: f32| {
        let share = (cosine - base) / (best - base).max(1e-6);
        (share.clamp(0.0, 1.0) * f32::from(LEVELS)).round() as u8
    };
    order.truncate(near);
    order.sort_unstable();
    let near = order
        .into_iter()
        .map(|text| (text, level(cosines[text as usize])));
    let meaning = Meaning {
        base: byte(base),
        best: byte(best),
        near: near.collect(),
    };
    (mean, meaning)
}

/// The names that this shop can use: it does not use the name itself in a title, and it knows a word
/// of what stands for it.
fn names(
    all: &[(String, String)],
    texts: &[String],
    own: &BTreeSet<String>,
    meanings: &BTreeMap<String, Meaning>,
) -> BTreeMap<String, String> {
    let known = |word: &String| {
        own.contains(word)
            || meanings.contains_key(word)
            || forms(word)
                .iter()
                .any(|form| own.contains(form) || meanings.contains_key(form))
    };
    let texts: Vec<Vec<String>> = texts.iter().map(|text| words(text)).collect();
    let mut out = BTreeMap::new();
    for (name, instead) in all {
        let name = words(name);
        let used = texts
            .iter()
            .any(|text| name.iter().all(|word| text.contains(word)));
        let mut instead = words(instead);
        instead.retain(|word| known(word) && !is_stop_word(word));
        if !used && !instead.is_empty() {
            out.entry(name.join(" "))
                .or_insert_with(|| instead.join(" "));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_other_names_is_sound() {
        let names = other_names();
        let mut seen = BTreeSet::new();
        for (name, _) in &names {
            assert!(
                seen.insert(words(name).join(" ")),
                "'{name}' is there twice"
            );
        }
        assert!(names.len() > 500, "{}", names.len());
    }

    #[test]
    fn a_line_that_is_no_name_is_refused() {
        let error = names_of("names.tsv", "# ok\nnappies\n")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("names.tsv, line 2") && error.contains("a tab"),
            "{error}"
        );
    }

    #[test]
    fn the_nearest_texts_are_listed_by_their_number() {
        let rows = [0.0, 1.0, 0.6, 0.8, 1.0, 0.0, 0.8, 0.6];
        let (_, meaning) = meaning(&[1.0, 0.0], &rows, 2);
        assert_eq!((meaning.base, meaning.best), (153, 255));
        assert_eq!(meaning.near, [(2, 7), (3, 4)]);
    }

    #[test]
    fn a_name_that_the_shop_uses_itself_stands_for_itself() {
        let texts = [
            "Dog biscuits, Pets".to_owned(),
            "Sandwich cookies".to_owned(),
        ];
        let own = texts.iter().flat_map(|text| words(text)).collect();
        let all = [
            ("biscuits", "cookies"),
            ("曲奇", "cookies"),
            ("nappies", "diapers"),
        ];
        let all = all.map(|(name, instead)| (name.to_owned(), instead.to_owned()));
        let names = names(&all, &texts, &own, &BTreeMap::new());
        let expected = BTreeMap::from([("曲奇".to_owned(), "cookies".to_owned())]);
        assert_eq!(names, expected);
    }
}
