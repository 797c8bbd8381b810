//! Finds the existing products that a new one resembles.

use std::collections::BTreeMap;

use fewshop_core::{Catalogue, Item};

use crate::learner::{sorted_prices, tokens};

/// Default number of neighbours of a new product.
pub const NEIGHBOURS: usize = 20;

/// Weights of the kinds of similarity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// Weight of the sentence model's cosine; shared words and facets have the weight 1.
    pub text: f32,
    /// Exponent that gives the nearest neighbours more weight than the others.
    pub power: f32,
    /// Maximum number of neighbours.
    pub max_neighbours: usize,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            text: 1.0,
            power: 3.0,
            max_neighbours: NEIGHBOURS,
        }
    }
}

/// Similarity index over the tokens of a catalogue's products.
#[derive(Debug, Clone)]
pub struct Likeness {
    /// By token: its inverse document frequency, and the products that have it.
    postings: BTreeMap<String, (f32, Vec<u32>)>,
    /// Inverse length of each product's token vector.
    inv_norm: Vec<f32>,
    prices: Vec<f32>,
    /// Unit vectors of the sentence model, `[items, width]`.
    text: Vec<f32>,
    width: usize,
}

impl Likeness {
    /// `text` holds the sentence-model vector of each product, `[items, width]`; empty without a
    /// sentence model.
    #[must_use]
    pub fn of(catalogue: &Catalogue, text: &[f32]) -> Self {
        let items = catalogue.items();
        let prices = sorted_prices(items);
        let lists: Vec<Vec<String>> = items.iter().map(|item| tokens(item, &prices)).collect();
        let mut postings: BTreeMap<String, (f32, Vec<u32>)> = BTreeMap::new();
        for (row, list) in lists.iter().enumerate() {
            for token in list {
                postings
                    .entry(token.clone())
                    .or_default()
                    .1
                    .push(row as u32);
            }
        }
        for (weight, rows) in postings.values_mut() {
            *weight = (items.len() as f32 / rows.len() as f32).ln();
        }
        let norm = |list: &Vec<String>| {
            list.iter()
                .map(|token| postings[token].0.powi(2))
                .sum::<f32>()
                .sqrt()
        };
        let inv_norm = lists
            .iter()
            .map(|list| 1.0 / norm(list).max(1e-6))
            .collect();
        let width = text.len() / items.len().max(1);
        let text = if width == 0 {
            Vec::new()
        } else {
            text.chunks_exact(width).flat_map(unit).collect()
        };
        Self {
            postings,
            inv_norm,
            prices,
            text,
            width,
        }
    }

    /// Cosine of shared tokens with each existing product.
    #[must_use]
    pub fn words(&self, item: &Item) -> Vec<f32> {
        let mut out = vec![0f32; self.inv_norm.len()];
        let mut norm = 0f32;
        for token in tokens(item, &self.prices) {
            // A word that no existing product has weighs as much as one that a single product has:
            // it distinguishes the new product.
            let Some((weight, rows)) = self.postings.get(&token) else {
                norm += (self.inv_norm.len() as f32).ln().powi(2);
                continue;
            };
            norm += weight * weight;
            for &row in rows {
                out[row as usize] += weight * weight;
            }
        }
        let inv = 1.0 / norm.sqrt().max(1e-6);
        out.iter_mut()
            .zip(&self.inv_norm)
            .for_each(|(x, other)| *x *= inv * other);
        out
    }

    /// Cosine of sentence-model vectors with each existing product; zeros without a sentence model.
    #[must_use]
    pub fn text(&self, text: &[f32]) -> Vec<f32> {
        if self.width == 0 || text.len() != self.width {
            return vec![0.0; self.inv_norm.len()];
        }
        let own = unit(text);
        self.text
            .chunks_exact(self.width)
            .map(|row| row.iter().zip(&own).map(|(a, b)| a * b).sum())
            .collect()
    }

    /// The existing products that a new one resembles most, with weights that add up to 1; the
    /// nearest first, ties by row. Empty if it shares nothing with any product.
    #[must_use]
    pub fn nearest(&self, item: &Item, text: &[f32], weights: &Weights) -> Vec<(u32, f32)> {
        let like: Vec<f32> = self
            .words(item)
            .iter()
            .zip(self.text(text))
            .map(|(w, t)| w + weights.text * t.max(0.0))
            .collect();
        let mut order: Vec<u32> = (0..like.len() as u32)
            .filter(|&row| like[row as usize] > 0.0)
            .collect();
        order.sort_by(|&a, &b| {
            like[b as usize]
                .total_cmp(&like[a as usize])
                .then(a.cmp(&b))
        });
        order.truncate(weights.max_neighbours);
        let raw: Vec<f32> = order
            .iter()
            .map(|&row| like[row as usize].powf(weights.power))
            .collect();
        let sum = raw.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        order
            .into_iter()
            .zip(raw)
            .map(|(row, weight)| (row, weight / sum))
            .collect()
    }
}

fn unit(x: &[f32]) -> Vec<f32> {
    let norm = x.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-6);
    x.iter().map(|x| x / norm).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop() -> Catalogue {
        let item = |id: &str, title: &str, category: &str| {
            let mut item = Item::new(id, title);
            item.category = vec![category.to_owned()];
            item
        };
        let items = vec![
            item("a", "Green tea", "Tea"),
            item("b", "Black tea", "Tea"),
            item("c", "Rye bread", "Bread"),
            item("d", "Soap", "Soap"),
        ];
        Catalogue::new(items).unwrap()
    }

    #[test]
    fn products_that_share_rare_words_are_nearer_and_unrelated_ones_are_not_neighbours() {
        let likeness = Likeness::of(&shop(), &[]);
        let mut item = Item::new("n", "Green tea with mint");
        item.category = vec!["Tea".to_owned()];
        let near = likeness.nearest(&item, &[], &Weights::default());
        assert_eq!(near.iter().map(|n| n.0).collect::<Vec<_>>(), [0, 1]);
        assert!(
            (near.iter().map(|n| n.1).sum::<f32>() - 1.0).abs() < 1e-6 && near[0].1 > near[1].1
        );
        assert!(
            likeness
                .nearest(&Item::new("n", "Lamp"), &[], &Weights::default())
                .is_empty()
        );
    }

    #[test]
    fn a_sentence_model_finds_neighbours_without_shared_words() {
        let likeness = Likeness::of(&shop(), &[1.0, 0.0, 1.0, 0.1, 0.0, 1.0, -1.0, 0.0]);
        let near = likeness.nearest(&Item::new("n", "Loaf"), &[0.0, 2.0], &Weights::default());
        assert_eq!(near[0].0, 2);
    }
}
