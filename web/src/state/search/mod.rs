//! Search by letters over titles, categories, brands and sizes: beginnings of words and plurals. It
//! answers until the engine does, which also knows typing errors and what words mean
//! (`fewshop-words`), and in browsers without an engine.

use fewshop_core::ItemIx;
use fewshop_words::spelling::{folded, forms, is_ideograph};

use super::{Catalogue, letters};
use crate::texts::{EN, Texts};

/// Weight of a word by its place. The head of a title says what the thing is: of 'Coffee creamer' and
/// 'Ground coffee', the second one is coffee.
const HEAD: f32 = 10.0;
const TITLE: f32 = 8.0;
const OTHER: f32 = 3.0;
/// Quality of a match that is not the typed word itself.
const BEGUN: f32 = 0.7;
const FORM: f32 = 0.9;

/// The words of one product, each with a space before it.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    title: String,
    /// Where the head of the title is in it. What follows a comma or a bracket is a detail.
    head: usize,
    /// Of category, brand and size.
    other: String,
}

/// Builds the index a few rows at a time, so that no step blocks the page.
#[derive(Debug, Default)]
pub struct IndexBuilder(Vec<Row>);

impl IndexBuilder {
    /// Takes in the next `count` rows, with their categories in English and in the language of
    /// `texts`; returns whether there are more.
    pub fn add(&mut self, catalogue: &Catalogue, texts: &Texts, count: usize) -> bool {
        let end = (self.0.len() + count).min(catalogue.len());
        for row in self.0.len()..end {
            let ix = ItemIx::from(row);
            let title = catalogue.title(ix);
            let head = spaced(title.split([',', '(']).next().unwrap_or_default());
            let mut other = String::new();
            for name in catalogue.category(ix) {
                other += &spaced(name);
                let named = texts.named(name);
                if named != name {
                    other += &spaced(named);
                }
            }
            let (brand, size) = catalogue.brand_and_size(ix);
            other += &spaced(brand);
            other += &spaced(size);
            self.0.push(Row {
                title: spaced(title),
                head: head.rfind(' ').unwrap_or(0),
                other,
            });
        }
        end < catalogue.len()
    }

    /// The finished index.
    #[must_use]
    pub fn finish(self) -> SearchIndex {
        SearchIndex(self.0)
    }
}

/// Finds products by what is typed.
#[derive(Debug, PartialEq, Eq)]
pub struct SearchIndex(Vec<Row>);

impl SearchIndex {
    /// The whole index at once.
    #[must_use]
    pub fn build(catalogue: &Catalogue) -> Self {
        let mut builder = IndexBuilder::default();
        while builder.add(catalogue, &EN, usize::MAX / 2) {}
        builder.finish()
    }

    /// Products that contain every typed word, or words that begin with it or are another form of it,
    /// the best first; equal ones by the sales of `catalogue`, whose index this is.
    #[must_use]
    pub fn search(&self, query: &str, catalogue: &Catalogue) -> Vec<ItemIx> {
        let typed = spaced(query);
        let typed: Vec<Typed> = typed.split(' ').skip(1).map(Typed::of).collect();
        // One number orders them: the score, which is positive and so orders like its bits, above
        // the place in the order of sales.
        let sold = catalogue.bestsellers().len() as u32;
        let mut found: Vec<(u64, u32)> = Vec::new();
        for (at, row) in self.0.iter().enumerate().filter(|_| !typed.is_empty()) {
            let Some(score) = typed
                .iter()
                .map(|word| word.score(row))
                .sum::<Option<f32>>()
            else {
                continue;
            };
            let place = catalogue.place(ItemIx::from(at));
            // Among products that match about equally well, those that sell come first.
            let bonus = if place < sold {
                2.0 * (1.0 - place as f32 / sold as f32)
            } else {
                0.0
            };
            let key = u64::from((score + bonus).to_bits()) << 32 | u64::from(u32::MAX - place);
            found.push((!key, at as u32));
        }
        found.sort_unstable();
        found.into_iter().map(|(_, row)| ItemIx(row)).collect()
    }
}

/// A typed word.
struct Typed {
    /// With a space before it; Chinese, which has no spaces, may begin anywhere.
    word: String,
    /// Other forms of it, each with a space before it.
    forms: Vec<String>,
}

impl Typed {
    fn of(word: &str) -> Self {
        let space = if word.contains(is_ideograph) { "" } else { " " };
        Self {
            word: [space, word].concat(),
            forms: forms(word)
                .iter()
                .map(|form| [" ", form].concat())
                .collect(),
        }
    }

    /// How well a product matches; `None` if it does not.
    fn score(&self, row: &Row) -> Option<f32> {
        let mut best = 0f32;
        for (text, is_title) in [(&row.title, true), (&row.other, false)] {
            let begun = std::iter::once((&self.word, BEGUN, 1.0));
            // 'bananas' must find a 'banana' too, and 'berry' the 'berries'.
            let forms = self.forms.iter().map(|form| (form, 0.0, FORM));
            for (word, begun, whole) in begun.chain(forms) {
                for (at, _) in text.match_indices(word.as_str()) {
                    let weight = match is_title {
                        true if at == row.head => HEAD,
                        true => TITLE,
                        false => OTHER,
                    };
                    let ends = text[at + word.len()..]
                        .bytes()
                        .next()
                        .is_none_or(|next| next == b' ');
                    best = best.max(weight * if ends { whole } else { begun });
                }
            }
        }
        (best > 0.0).then_some(best)
    }
}

/// The words of a text, runs of letters or digits in lower case and without accents, each with a space
/// before it.
fn spaced(text: &str) -> String {
    let words = folded(letters::words(text));
    if words.is_empty() {
        words
    } else {
        [" ", &words].concat()
    }
}

#[cfg(test)]
mod tests;
