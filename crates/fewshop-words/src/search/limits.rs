//! What a query rules out, in the products of one shop.

use fewshop_core::{ItemIx, order};

use super::WordSearch;
use crate::spelling::forms;
use crate::wish::Wish;

/// Words by which a title says that it is free of something.
const FREE: &[&str] = &["free", "no", "without", "zero", "non"];
/// A text is left out by an unwanted word's meaning from this level on,
const MEANT: u8 = 4;
/// if the word's nearest text is this near, in 255ths.
const MEANT_BEST: u8 = 115;
/// What a query rules out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Limits {
    /// Names that the shopper does not want, as typed, and that some product has.
    pub unwanted: Vec<String>,
    /// The products with such a name, rows rising.
    pub without: Vec<ItemIx>,
    /// Highest price.
    pub max_price: Option<f32>,
}

impl WordSearch {
    /// What a wish rules out, as far as the shop knows the names.
    ///
    /// 'No sugar soda': if no product has all words of an unwanted name, the first word alone is
    /// unwanted, and the others are wanted.
    pub(super) fn limits(&self, wish: &mut Wish) -> Limits {
        let (mut unwanted, mut without) = (Vec::new(), Vec::new());
        for mut name in std::mem::take(&mut wish.unwanted) {
            let mut texts = self.named(&name);
            if let (true, Some((first, rest))) = (texts.is_empty(), name.split_once(' ')) {
                let wanted = [wish.wanted.as_str(), rest].join(" ");
                wanted.trim_start().clone_into(&mut wish.wanted);
                name = first.to_owned();
                texts = self.named(&name);
            }
            if !texts.is_empty() {
                unwanted.push(name);
                without.extend(
                    texts
                        .iter()
                        .flat_map(|&text| self.texts.rows(text))
                        .copied(),
                );
            }
        }
        order::sort_by_key(&mut without, |&row| row);
        without.dedup();
        Limits {
            unwanted,
            without: without.into_iter().map(ItemIx).collect(),
            max_price: wish.max_price,
        }
    }

    /// The texts that have all words of a name, or are near to it in meaning, and do not say that they
    /// are free of it.
    fn named(&self, name: &str) -> Vec<usize> {
        let words = self.read(name);
        let Some((last, first)) = words.split_last() else {
            return Vec::new();
        };
        let free = self.having(FREE);
        let mut has = self.having(&[last]);
        // Of one word the products that mean it, too: no nuts, no almonds.
        if let (Some(meaning), []) = (self.meaning_of(last), first) {
            for &(text, level) in &meaning.near {
                has[text as usize] |= level >= MEANT && meaning.best >= MEANT_BEST;
            }
        }
        for word in first {
            let other = self.having(&[word]);
            has.iter_mut()
                .zip(other)
                .for_each(|(has, other)| *has &= other);
        }
        let texts = 0..self.texts.len();
        texts.filter(|&text| has[text] && !free[text]).collect()
    }

    /// Whether some text says that it is free of something: then 'sugar free' names a product.
    pub(super) fn has_text_free_of(&self, word: &str) -> bool {
        let (free, has) = (self.having(&["free"]), self.having(&[word]));
        free.into_iter().zip(has).any(|(free, has)| free && has)
    }

    /// Which texts have one of these words or another form of it.
    fn having(&self, words: &[impl AsRef<str>]) -> Vec<bool> {
        let mut weights = vec![0.0; self.texts.len()];
        for word in words {
            let word = word.as_ref();
            self.add(word, 1.0, &mut weights);
            for form in forms(word)
                .into_iter()
                .chain(["s", "es"].map(|ending| [word, ending].concat()))
            {
                self.add(&form, 1.0, &mut weights);
            }
        }
        weights.into_iter().map(|weight| weight > 0.0).collect()
    }
}
