//! Quality of the search by words: queries with what a person expects, and baselines.
//!
//! A [`Query`] expects products by words of their title and category, so the judgements hold for
//! any catalogue that has such products. Rankings are of texts (title with category): products that
//! share one are one answer.

mod bm25;
mod expected;
mod first_shot;

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use fewshop_core::{Catalogue, Item};
use fewshop_words::Texts;

pub use bm25::Bm25;
pub use expected::Expected;
pub use first_shot::{FirstShot, first_shot};

/// The queries that come with Fewshop.
pub const QUERIES: &str = include_str!("queries.tsv");

/// A query with what a person expects.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The shop that it is for.
    pub shop: String,
    /// What it tests, such as `head` or `zh`.
    pub kind: String,
    /// As typed.
    pub text: String,
    /// What should be found.
    pub expected: Expected,
}

impl Query {
    /// Whether it is in the half on which settings may be chosen: by a hash of its text.
    #[must_use]
    pub fn is_for_tuning(&self) -> bool {
        let hash = self
            .text
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        (hash >> 32).is_multiple_of(2)
    }
}

/// Reads queries: a heading, then shop, kind, query and expectation, separated by tabs.
///
/// # Errors
/// With file and line.
pub fn read_queries(file: &str, text: &str) -> Result<Vec<Query>> {
    let mut out = Vec::new();
    for (nth, line) in text.lines().enumerate().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [shop, kind, query, expected] = fields.as_slice() else {
            bail!(
                "{file}, line {}: found {} fields, expected 4: shop, kind, query, expected",
                nth + 1,
                fields.len()
            );
        };
        out.push(Query {
            shop: (*shop).to_owned(),
            kind: (*kind).to_owned(),
            text: (*query).to_owned(),
            expected: Expected::parse(expected)
                .map_err(|problem| anyhow::anyhow!("{file}, line {}: {problem}", nth + 1))?,
        });
    }
    Ok(out)
}

/// One query for each innermost category: its name, or what `name` calls it, must find its products.
#[must_use]
pub fn category_queries(
    shop: &str,
    catalogue: &Catalogue,
    kind: &str,
    name: impl Fn(&str) -> Option<String>,
) -> Vec<Query> {
    let mut names: Vec<&String> = catalogue
        .items()
        .iter()
        .filter_map(|i| i.category.last())
        .collect();
    names.sort_unstable();
    names.dedup();
    let query = |category: &String| {
        Some(Query {
            shop: shop.to_owned(),
            kind: kind.to_owned(),
            text: name(category)?,
            expected: Expected::category(category),
        })
    };
    names.into_iter().filter_map(query).collect()
}

/// Quality over some queries.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize)]
pub struct WordFigures {
    /// Number of queries.
    pub queries: usize,
    /// Mean NDCG at 10 with gains 2^grade − 1, grades 2 (expected) and 1 (acceptable).
    pub ndcg_at_10: f64,
    /// Share of queries whose first text has grade 2.
    pub success_at_1: f64,
    /// Share of queries without any answer.
    pub no_result: f64,
}

/// Scores rankings of texts, by kind of query and (under "all") over all of them. Queries of which
/// the shop has no expected text are left out.
#[must_use]
pub fn figures<'a>(
    queries: impl IntoIterator<Item = &'a Query>,
    catalogue: &Catalogue,
    rank: impl Fn(&Query) -> Vec<usize>,
) -> BTreeMap<String, WordFigures> {
    let texts = Texts::of(catalogue);
    let items: Vec<&Item> = (0..texts.len())
        .map(|text| &catalogue.items()[texts.rows(text)[0] as usize])
        .collect();
    let mut sums: BTreeMap<String, WordFigures> = BTreeMap::new();
    for query in queries {
        let grades = query.expected.grades(&items);
        if !grades.contains(&2) {
            continue;
        }
        let ranked = rank(query);
        let ndcg = ndcg_at_10(&ranked, &grades);
        let first = ranked.first().is_some_and(|&text| grades[text] == 2);
        for kind in [query.kind.as_str(), "all"] {
            let sum = sums.entry(kind.to_owned()).or_default();
            sum.queries += 1;
            sum.ndcg_at_10 += ndcg;
            sum.success_at_1 += f64::from(u8::from(first));
            sum.no_result += f64::from(u8::from(ranked.is_empty()));
        }
    }
    for sum in sums.values_mut() {
        let count = sum.queries as f64;
        sum.ndcg_at_10 /= count;
        sum.success_at_1 /= count;
        sum.no_result /= count;
    }
    sums
}

fn ndcg_at_10(ranked: &[usize], grades: &[u8]) -> f64 {
    let gain =
        |(place, grade): (usize, u8)| f64::from((1u32 << grade) - 1) / (place as f64 + 2.0).log2();
    let dcg =
        |grades: &mut dyn Iterator<Item = u8>| grades.take(10).enumerate().map(gain).sum::<f64>();
    let mut best = grades.to_vec();
    best.sort_unstable_by(|a, b| b.cmp(a));
    dcg(&mut ranked.iter().map(|&text| grades[text])) / dcg(&mut best.into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_queries_can_be_read_and_are_split() {
        let queries = read_queries("queries.tsv", QUERIES).expect("they are sound");
        let tuning = queries.iter().filter(|query| query.is_for_tuning()).count();
        assert!(
            queries.len() >= 200 && tuning * 10 > queries.len() * 4,
            "{tuning}"
        );
    }

    #[test]
    fn a_perfect_ranking_has_ndcg_1_and_a_swap_costs() {
        let grades = [0, 2, 1, 0];
        assert!((ndcg_at_10(&[1, 2, 0], &grades) - 1.0).abs() < 1e-12);
        // (1 + 3 / log2 3) / (3 + 1 / log2 3)
        let swapped = (1.0 + 3.0 / 3f64.log2()) / (3.0 + 1.0 / 3f64.log2());
        assert!((ndcg_at_10(&[2, 1], &grades) - swapped).abs() < 1e-12);
        assert_eq!(ndcg_at_10(&[], &grades), 0.0);
    }
}
