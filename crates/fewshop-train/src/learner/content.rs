//! The item tower's input for a product: its facets and the words of its title, as token numbers.

use std::collections::BTreeMap;

use crate::modules::ItemContent;
use fewshop_core::{Catalogue, Item};

use crate::text::TextVectors;

/// Maximum title words per product; the first words usually name the product.
const WORDS: usize = 8;
/// A word that occurs in only one title adds nothing to the product's id.
const MIN_ITEMS: usize = 2;
/// Price bands are quantiles, so that every shop's prices spread over them.
const PRICE_BANDS: usize = 10;

/// The tokens that several products of a catalogue share, numbered. Other products are encoded with
/// the same numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vocabulary {
    token_numbers: BTreeMap<String, i32>,
    prices: Vec<f32>,
}

impl Vocabulary {
    /// Builds the vocabulary of a training catalogue.
    pub(crate) fn of(catalogue: &Catalogue) -> Self {
        let prices = sorted_prices(catalogue.items());
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for text in catalogue
            .items()
            .iter()
            .flat_map(|item| tokens(item, &prices))
        {
            *counts.entry(text).or_default() += 1;
        }
        let token_numbers = counts
            .into_iter()
            .filter(|&(_, count)| count >= MIN_ITEMS)
            .map(|(text, _)| text)
            .zip(1..)
            .collect();
        Self {
            token_numbers,
            prices,
        }
    }

    /// Number of tokens, including padding.
    pub(crate) fn len(&self) -> usize {
        self.token_numbers.len() + 1
    }

    /// The numbers of a product's tokens; tokens outside the vocabulary are left out.
    pub(crate) fn numbers(&self, item: &Item) -> Vec<i32> {
        tokens(item, &self.prices)
            .iter()
            .filter_map(|text| self.token_numbers.get(text).copied())
            .collect()
    }
}

/// The tokens of all products in the tower's layout, with the text model's vectors.
pub(crate) fn content(
    catalogue: &Catalogue,
    vocabulary: &Vocabulary,
    text: Option<&TextVectors>,
) -> ItemContent {
    let lists: Vec<Vec<i32>> = catalogue
        .items()
        .iter()
        .map(|item| vocabulary.numbers(item))
        .collect();
    let width = lists.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let rows = lists.into_iter().flat_map(|mut list| {
        list.resize(width, 0);
        list
    });
    ItemContent {
        tokens: vocabulary.len(),
        width,
        rows: rows.collect(),
        text_width: text.map_or(0, TextVectors::size),
        text: text.map_or_else(Vec::new, |text| text.rows().to_vec()),
    }
}

/// All known prices in ascending order, from which the price bands are computed.
pub(crate) fn sorted_prices(items: &[Item]) -> Vec<f32> {
    let mut prices: Vec<f32> = items.iter().filter_map(|item| item.price).collect();
    prices.sort_by(f32::total_cmp);
    prices
}

/// The tokens of a product that others may share: each category level, brand, size, price band, and
/// the first words of its title.
pub(crate) fn tokens(item: &Item, sorted_prices: &[f32]) -> Vec<String> {
    let mut out: Vec<String> = (1..=item.category.len())
        .map(|depth| format!("category={}", item.category[..depth].join(">")))
        .collect();
    if !item.brand.is_empty() {
        out.push(format!("brand={}", item.brand));
    }
    if !item.size.is_empty() {
        out.push(format!("size={}", item.size));
    }
    if let Some(price) = item.price {
        let below = sorted_prices.partition_point(|&p| p < price);
        out.push(format!(
            "price={}",
            below * PRICE_BANDS / sorted_prices.len().max(1)
        ));
    }
    // The id in place of a title names nothing that products share.
    let title = if item.title == item.id.0 {
        ""
    } else {
        &item.title
    };
    let mut words: Vec<String> = title
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() > 1)
        .map(|word| format!("word={}", word.to_lowercase()))
        .collect();
    words.truncate(WORDS);
    out.extend(words);
    out.sort();
    out.dedup();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_words_are_tokens_and_single_ones_are_not() {
        let items = vec![Item::new("a", "Whole milk"), Item::new("b", "Skimmed milk")];
        let catalogue = Catalogue::new(items).unwrap();
        let vocabulary = Vocabulary::of(&catalogue);
        let content = content(&catalogue, &vocabulary, None);
        assert_eq!((content.tokens, content.width), (2, 1));
        assert_eq!(content.rows, [1, 1]);
        assert_eq!(vocabulary.numbers(&Item::new("c", "Oat milk")), [1]);
    }
}
