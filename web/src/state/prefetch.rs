//! Whether a product's page waits for the engine before it opens.
//!
//! A click on a product asks the engine about its page before the page is drawn. If the answer
//! comes within the hold, the page opens with its shelf filled, drawn once. If not, it opens
//! without: a hold that has run out leaves nothing to remember, since the answer then reaches the
//! open page like any other.

use fewshop_core::ItemIx;

/// A product's page that has not opened yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldPage {
    /// Its address.
    pub href: String,
    /// Its product.
    pub item: ItemIx,
}

/// The page that waits, if one does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Prefetch {
    /// None.
    #[default]
    Idle,
    /// The engine was asked about this page's product.
    Waiting(HeldPage),
}

impl Prefetch {
    /// The shopper clicked on a product that the engine was just asked about. Of two clicks the
    /// last one counts.
    pub fn hold(&mut self, href: &str, item: ItemIx) {
        let href = href.to_owned();
        *self = Self::Waiting(HeldPage { href, item });
    }

    /// The engine answered: returns the page to open, if the answer is about its product. An
    /// answer to an earlier question opens nothing.
    #[must_use]
    pub fn answered(&mut self, is_about: impl Fn(ItemIx) -> bool) -> Option<HeldPage> {
        match std::mem::take(self) {
            Self::Waiting(page) if is_about(page.item) => Some(page),
            waiting => {
                *self = waiting;
                None
            }
        }
    }

    /// The hold for a product has run out: returns the page to open without an answer, if it still
    /// waits. The hold of an earlier click opens nothing.
    #[must_use]
    pub fn expired(&mut self, item: ItemIx) -> Option<HeldPage> {
        self.answered(|held| held == item)
    }

    /// The shopper went to another page. Returns whether one was waiting: the engine was then asked
    /// about a view that did not happen, and must be asked about what did.
    #[must_use]
    pub fn left(&mut self) -> bool {
        std::mem::take(self) != Self::Idle
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(item: u32) -> Prefetch {
        let mut prefetch = Prefetch::default();
        prefetch.hold(&format!("/product/{item}"), ItemIx(item));
        prefetch
    }

    #[track_caller]
    fn check_opens(page: Option<HeldPage>, item: u32) {
        let href = format!("/product/{item}");
        let item = ItemIx(item);
        assert_eq!(page, Some(HeldPage { href, item }));
    }

    #[test]
    fn the_answer_opens_the_page_once() {
        let mut prefetch = waiting(1);
        check_opens(prefetch.answered(|item| item == ItemIx(1)), 1);
        assert_eq!(prefetch, Prefetch::Idle);
        assert_eq!(prefetch.answered(|_| true), None);
        assert_eq!(prefetch.expired(ItemIx(1)), None, "it is open already");
        assert!(!prefetch.left(), "what was asked came to pass");
    }

    #[test]
    fn without_an_answer_the_page_opens_when_the_hold_has_run_out() {
        let mut prefetch = waiting(1);
        check_opens(prefetch.expired(ItemIx(1)), 1);
        assert_eq!(
            prefetch.answered(|_| true),
            None,
            "a late answer opens nothing"
        );
        assert!(!prefetch.left());
    }

    #[test]
    fn an_answer_about_another_product_opens_nothing() {
        let mut prefetch = waiting(1);
        assert_eq!(prefetch.answered(|item| item == ItemIx(2)), None);
        assert_eq!(prefetch, waiting(1));
    }

    #[test]
    fn of_two_quick_clicks_the_last_one_counts() {
        let mut prefetch = waiting(1);
        prefetch.hold("/product/2", ItemIx(2));
        assert_eq!(prefetch.expired(ItemIx(1)), None, "the first click's hold");
        check_opens(prefetch.answered(|item| item == ItemIx(2)), 2);
    }

    #[test]
    fn a_page_that_is_left_before_it_opened_never_opens() {
        let mut prefetch = waiting(1);
        assert!(prefetch.left());
        assert!(!prefetch.left());
        assert_eq!(prefetch.answered(|_| true), None);
        assert_eq!(prefetch.expired(ItemIx(1)), None);
    }
}
