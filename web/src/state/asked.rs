//! What the shopper asked for in words on this visit: the picks learn from it as from a click.
//!
//! A search becomes a question only if the shopper acts on it and the engine found products that stand
//! for it, see [`super::SessionLog::ask`]. Those products are the example, not the words: the engine
//! understands rows.

use fewshop_core::ItemIx;
use fewshop_core::protocol::limits::{MAX_ASKED, MAX_ASKED_ITEMS};

/// Maximum number of letters kept of a question.
pub const MAX_ASKED_LETTERS: usize = 80;
/// Maximum number of products that one question excludes: it bounds the stored text and each request. A
/// whole department fits: what is left out here would come back among the picks.
pub const MAX_WITHOUT: usize = 3000;

/// A text as it is kept: cut, without spaces around it.
fn cut(text: &str) -> String {
    let text = text.trim();
    let end = text.char_indices().nth(MAX_ASKED_LETTERS);
    text[..end.map_or(text.len(), |(end, _)| end)]
        .trim_end()
        .to_owned()
}

/// A search that the picks learn from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    text: String,
    items: Vec<ItemIx>,
    without: Vec<ItemIx>,
}

impl Question {
    /// A question as typed, with the products that stand for it and those that it excludes, all cut to
    /// their bounds; `None` without words or products, of which nothing could be learned.
    #[must_use]
    pub fn new(text: &str, mut items: Vec<ItemIx>, mut without: Vec<ItemIx>) -> Option<Self> {
        let text = cut(text);
        items.truncate(MAX_ASKED_ITEMS);
        without.truncate(MAX_WITHOUT);
        (!text.is_empty() && !items.is_empty()).then_some(Self {
            text,
            items,
            without,
        })
    }

    /// The words.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The products that stand for it, the best first.
    #[must_use]
    pub fn items(&self) -> &[ItemIx] {
        &self.items
    }

    /// The products that it excludes.
    #[must_use]
    pub fn without(&self) -> &[ItemIx] {
        &self.without
    }
}

/// The questions of this visit, the newest last; at most [`MAX_ASKED`], each with other words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked(Vec<Question>);

impl Asked {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Question> + ExactSizeIterator {
        self.0.iter()
    }

    /// The one with these words, however long they were typed.
    #[must_use]
    pub fn get(&self, text: &str) -> Option<&Question> {
        let text = cut(text);
        self.0.iter().find(|question| question.text == text)
    }

    /// The newest one that a product stands for.
    #[must_use]
    pub fn about(&self, item: ItemIx) -> Option<&Question> {
        (self.0.iter().rev()).find(|question| question.items.contains(&item))
    }

    /// The products that stand for each, as the engine takes them.
    pub(super) fn examples(&self) -> Vec<Vec<ItemIx>> {
        let items = self.0.iter().map(|question| question.items.clone());
        items.collect()
    }

    /// The products that any of them excludes, each once, in the catalogue's order.
    pub(super) fn without(&self) -> Vec<ItemIx> {
        // A mask: the library's sort would be 4 kB of the page.
        let mut mask = Vec::new();
        for question in &self.0 {
            for item in &question.without {
                if mask.len() <= item.row() {
                    mask.resize(item.row() + 1, false);
                }
                mask[item.row()] = true;
            }
        }
        let mut all = Vec::new();
        for (row, is_excluded) in mask.into_iter().enumerate() {
            if is_excluded {
                all.push(ItemIx::from(row));
            }
        }
        all
    }

    /// Mixes numbers into a hash that differ for questions that may change the picks.
    pub(super) fn mix(&self, mut hash: u64, mix: fn(u64, u64) -> u64) -> u64 {
        for question in &self.0 {
            // Each list ends with a number that is no row.
            for (items, end) in [(&question.items, 5), (&question.without, 6)] {
                for item in items {
                    hash = mix(hash, u64::from(item.0) * 8);
                }
                hash = mix(hash, end);
            }
        }
        hash
    }

    /// Adds a question as the newest one, in place of an earlier one with the same words.
    pub(super) fn push(&mut self, question: Question) {
        self.remove(&question.text);
        self.0.push(question);
        self.0.drain(..self.0.len().saturating_sub(MAX_ASKED));
    }

    /// Removes the question with these words.
    pub(super) fn remove(&mut self, text: &str) {
        self.0.retain(|question| question.text != text);
    }

    /// A product stands for no question any more; a question that has no other is gone.
    pub(super) fn unlearn(&mut self, item: ItemIx) {
        self.0.retain_mut(|question| {
            question.items.retain(|&other| other != item);
            !question.items.is_empty()
        });
    }

    /// What `ours` and `theirs` are together, see [`super::Memory::merge`].
    pub(super) fn merge(base: &Self, ours: &Self, theirs: &Self) -> Self {
        // A question is known by its words, so nothing need be aligned as with clicks.
        let mut merged = theirs.clone();
        for question in &base.0 {
            if ours.get(&question.text).is_none() {
                merged.remove(&question.text);
            }
        }
        for question in &ours.0 {
            if base.get(&question.text) != Some(question) {
                merged.push(question.clone());
            }
        }
        merged
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[u32]) -> Vec<ItemIx> {
        rows.iter().copied().map(ItemIx).collect()
    }

    fn question(text: &str, items: &[u32]) -> Question {
        Question::new(text, rows(items), Vec::new()).expect("it has words and products")
    }

    fn asked(texts: &[&str]) -> Asked {
        let mut asked = Asked::default();
        for text in texts {
            asked.push(question(text, &[1]));
        }
        asked
    }

    fn texts(asked: &Asked) -> Vec<&str> {
        asked.iter().map(Question::text).collect()
    }

    #[test]
    fn a_question_is_cut_to_its_bounds() {
        let long = format!("  {}猫 x", "猫".repeat(MAX_ASKED_LETTERS - 2));
        let many: Vec<u32> = (0..MAX_WITHOUT as u32 + 9).collect();
        let kept = Question::new(&long, rows(&many), rows(&many)).unwrap();
        assert_eq!(kept.text(), "猫".repeat(MAX_ASKED_LETTERS - 1));
        assert_eq!(kept.items(), rows(&many[..MAX_ASKED_ITEMS]));
        assert_eq!(kept.without().len(), MAX_WITHOUT);
        let again = Question::new(kept.text(), rows(&many), rows(&many));
        assert_eq!(again.as_ref(), Some(&kept), "cut once, it stays as it is");
        assert_eq!(Question::new(" ", rows(&[1]), Vec::new()), None);
        assert_eq!(Question::new("a cat", Vec::new(), rows(&[1])), None);
    }

    #[test]
    fn the_same_words_again_are_the_newest_and_the_oldest_falls_off() {
        let mut all = asked(&["a", "b", "c", "d", "e"]);
        all.push(question(" b ", &[7]));
        assert_eq!(texts(&all), ["a", "c", "d", "e", "b"]);
        assert_eq!(all.get("b  ").unwrap().items(), rows(&[7]));
        all.push(question("f", &[1]));
        assert_eq!(texts(&all), ["c", "d", "e", "b", "f"]);
        assert_eq!(all.iter().len(), MAX_ASKED);
    }

    #[test]
    fn the_newest_question_with_a_product_is_the_one_about_it() {
        let mut all = Asked::default();
        all.push(question("old", &[1, 2]));
        all.push(question("new", &[2, 3]));
        let about = |item| all.about(ItemIx(item)).map(Question::text);
        assert_eq!(
            [about(1), about(2), about(3), about(4)],
            [Some("old"), Some("new"), Some("new"), None]
        );
    }

    #[test]
    fn what_is_excluded_is_excluded_once_and_by_all() {
        let mut all = Asked::default();
        all.push(Question::new("a", rows(&[1]), rows(&[9, 4])).unwrap());
        all.push(Question::new("b", rows(&[1]), rows(&[4, 2])).unwrap());
        assert_eq!(all.without(), rows(&[2, 4, 9]));
        assert_eq!(all.examples(), [rows(&[1]), rows(&[1])]);
    }

    #[test]
    fn a_question_goes_with_its_last_product() {
        let mut all = Asked::default();
        all.push(question("a", &[1, 2]));
        all.push(question("b", &[2]));
        all.unlearn(ItemIx(2));
        assert_eq!(texts(&all), ["a"]);
        assert_eq!(all.examples(), [rows(&[1])]);
    }

    #[test]
    fn two_tabs_keep_the_questions_of_both_and_none_that_one_took_back() {
        let base = asked(&["a", "b"]);
        let ours = asked(&["b", "c"]);
        let theirs = asked(&["a", "b", "d"]);
        let merged = Asked::merge(&base, &ours, &theirs);
        assert_eq!(texts(&merged), ["b", "d", "c"]);
        assert_eq!(Asked::merge(&theirs, &merged, &theirs), merged);
        assert_eq!(Asked::merge(&merged, &merged, &merged), merged);
        // Both asked the same, and one of them for other products.
        let mut ours = base.clone();
        ours.push(question("b", &[8]));
        let both = [Asked::default(), asked(&["c"])].map(|start| {
            let theirs = asked(&["c"]);
            Asked::merge(&start, &theirs, &theirs)
        });
        assert_eq!(both.each_ref().map(texts), [["c"], ["c"]]);
        let merged = Asked::merge(&base, &ours, &base);
        assert_eq!(merged.get("b").unwrap().items(), rows(&[8]));
        // Forgotten there: only what came later remains.
        let merged = Asked::merge(&base, &asked(&["a", "b", "e"]), &Asked::default());
        assert_eq!(texts(&merged), ["e"]);
    }
}
