//! What the item tower reads of a product: its facets and the words of its title, as token numbers.

use std::collections::BTreeMap;

use fewshop_core::{Catalogue, Item};
use fewshop_model::modules::ItemContent;

use crate::text::TextVectors;

/// Title words a product at the most; the first ones say what it is.
const WORDS: usize = 8;
/// A word in one title only says no more than the product's id.
const LEAST_ITEMS: usize = 2;
/// Price bands are quantiles, so that every shop's prices spread over them.
const PRICE_BANDS: usize = 10;

/// Numbers the tokens of all products, and lays what a text model says beside them.
pub(crate) fn content(catalogue: &Catalogue, text: Option<&TextVectors>) -> ItemContent {
    let mut prices: Vec<f32> = catalogue.items().iter().filter_map(|item| item.price).collect();
    prices.sort_by(f32::total_cmp);
    let texts: Vec<Vec<String>> = catalogue.items().iter().map(|item| tokens(item, &prices)).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for text in texts.iter().flatten() {
        *counts.entry(text).or_default() += 1;
    }
    let known: BTreeMap<&str, i32> =
        counts.into_iter().filter(|&(_, count)| count >= LEAST_ITEMS).map(|(text, _)| text).zip(1..).collect();
    let lists: Vec<Vec<i32>> =
        texts.iter().map(|list| list.iter().filter_map(|text| known.get(text.as_str()).copied()).collect()).collect();
    let width = lists.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let rows = lists.into_iter().flat_map(|mut list| {
        list.resize(width, 0);
        list
    });
    ItemContent {
        tokens: known.len() + 1,
        width,
        rows: rows.collect(),
        text_width: text.map_or(0, TextVectors::size),
        text: text.map_or_else(Vec::new, |text| text.rows().to_vec()),
    }
}

fn tokens(item: &Item, sorted_prices: &[f32]) -> Vec<String> {
    let mut out: Vec<String> =
        (1..=item.category.len()).map(|depth| format!("category={}", item.category[..depth].join(">"))).collect();
    if !item.brand.is_empty() {
        out.push(format!("brand={}", item.brand));
    }
    if !item.size.is_empty() {
        out.push(format!("size={}", item.size));
    }
    if let Some(price) = item.price {
        let below = sorted_prices.partition_point(|&p| p < price);
        out.push(format!("price={}", below * PRICE_BANDS / sorted_prices.len().max(1)));
    }
    let mut words: Vec<String> = item
        .title
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
        let content = content(&Catalogue::new(items).unwrap(), None);
        assert_eq!((content.tokens, content.width), (2, 1));
        assert_eq!(content.rows, [1, 1]);
    }
}
