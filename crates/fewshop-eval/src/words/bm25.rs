//! BM25 over titles and categories: the usual search by words (Robertson and Zaragoza 2009).

use std::collections::HashMap;

use fewshop_core::Catalogue;
use fewshop_words::Texts;
use fewshop_words::spelling::words;

use super::expected::stem;

const K1: f64 = 1.2;
const B: f64 = 0.75;

/// The index of one catalogue's texts.
#[derive(Debug)]
pub struct Bm25 {
    postings: HashMap<String, Vec<(usize, f64)>>,
    lengths: Vec<f64>,
}

impl Bm25 {
    /// Indexes title and category path of each text.
    #[must_use]
    pub fn of(catalogue: &Catalogue) -> Self {
        let texts = Texts::of(catalogue);
        let mut postings: HashMap<String, Vec<(usize, f64)>> = HashMap::new();
        let mut lengths = Vec::new();
        for text in 0..texts.len() {
            let item = &catalogue.items()[texts.rows(text)[0] as usize];
            let all: Vec<String> = std::iter::once(&item.title)
                .chain(&item.category)
                .flat_map(|part| words(part))
                .map(|word| stem(&word))
                .collect();
            lengths.push(all.len() as f64);
            for word in all {
                let found = postings.entry(word).or_default();
                match found.last_mut() {
                    Some(last) if last.0 == text => last.1 += 1.0,
                    _ => found.push((text, 1.0)),
                }
            }
        }
        Self { postings, lengths }
    }

    /// Numbers of the texts with any of the words, the best first.
    #[must_use]
    pub fn rank(&self, query: &str) -> Vec<usize> {
        let count = self.lengths.len() as f64;
        let mean = self.lengths.iter().sum::<f64>() / count.max(1.0);
        let mut score = vec![0.0; self.lengths.len()];
        for word in words(query) {
            let Some(found) = self.postings.get(&stem(&word)) else {
                continue;
            };
            let have = found.len() as f64;
            let weight = (1.0 + (count - have + 0.5) / (have + 0.5)).ln();
            for &(text, times) in found {
                let length = 1.0 - B + B * self.lengths[text] / mean;
                score[text] += weight * times * (K1 + 1.0) / (times + K1 * length);
            }
        }
        let mut out: Vec<usize> = (0..score.len()).filter(|&text| score[text] > 0.0).collect();
        out.sort_by(|&a, &b| score[b].total_cmp(&score[a]).then(a.cmp(&b)));
        out
    }
}
