//! From a search to an example that the picks learn from.
//!
//! Typing alone teaches nothing. A search counts once the shopper submits it or opens one of its
//! results, and only if the engine found products that stand for exactly these words.

use fewshop_core::ItemIx;
use fewshop_web::state::{EngineState, Learning, Page, Question};
use leptos::prelude::*;

use super::Shop;
use crate::engine;
use crate::nav::use_nav;
use crate::view::{effect, memo};

/// What the engine said about a submitted search.
enum Answered {
    /// Nothing yet.
    No,
    /// Nothing of the shop stands for it.
    Nothing,
    /// This is the example.
    Example(Question),
}

impl Shop {
    /// The shopper submitted a search. Its answer may be there or still come.
    pub(crate) fn submit_search(self, query: &str) {
        self.taken_back.set(String::new());
        self.submitted.set(query.trim().to_owned());
    }

    /// The shopper types on: what was submitted before is not what they are looking for.
    pub(crate) fn type_on(self) {
        if !self.submitted.with_untracked(String::is_empty) {
            self.submitted.set(String::new());
        }
    }

    /// Whether the engine can answer.
    pub(crate) fn can_ask(self) -> bool {
        self.engine
            .with(|engine| matches!(engine, EngineState::Ready(_)))
    }

    /// Keeps each submitted search when its answer comes.
    pub(super) fn follow_searches(self) {
        // The search page asks by itself, but the shopper may leave it before the engine can answer,
        // or before it has the file of words.
        let ready = memo(move || self.can_ask());
        effect(move || {
            self.has_words.track();
            let query = self.submitted.get();
            if ready.get() && !query.is_empty() && use_nav().page() != Page::Search {
                engine::find(&query);
            }
        });
        effect(move || {
            let query = self.submitted.get();
            if query.is_empty() {
                return;
            }
            // Until the file of words is there, the engine understands none.
            let is_last = self.has_words.get();
            let answered = self.found.with(|found| {
                let found = found.as_ref().filter(|found| found.query == query);
                match found.map(|found| found.question()) {
                    Some(Some(question)) => Answered::Example(question),
                    Some(None) if is_last => Answered::Nothing,
                    _ => Answered::No,
                }
            });
            if let Answered::No = answered {
                return;
            }
            self.submitted.set(String::new());
            if let Answered::Example(question) = answered {
                self.step(&|log| log.ask(question.clone()));
            }
        });
    }

    /// The search of which a product that is about to be opened is a result; "" if it is none or was
    /// taken back.
    pub(super) fn search_behind(self, ix: ItemIx) -> String {
        let query = untrack(|| use_nav().query("q"));
        let query = query.trim();
        let is_result = use_nav().page_untracked() == Page::Search
            && self.taken_back.with_untracked(|taken| taken != query)
            && self.found.with_untracked(|found| {
                (found.as_ref())
                    .is_some_and(|found| found.query == query && found.items.contains(&ix))
            });
        if is_result { query } else { "" }.to_owned()
    }

    /// Whether the picks learn from a search.
    pub(crate) fn follows(self, query: &str) -> bool {
        self.log
            .with(|log| log.learning() == Learning::On && log.asked().get(query).is_some())
    }

    /// The shopper takes a search back.
    pub(crate) fn unask(self, text: &str) {
        self.step(&|log| log.unask(text));
    }

    /// The same on the page of its results.
    pub(crate) fn take_search_back(self, query: &str) {
        self.taken_back.set(query.to_owned());
        let text = self
            .log
            .with_untracked(|log| log.asked().get(query).map(|asked| asked.text().to_owned()));
        text.into_iter().for_each(|text| self.unask(&text));
    }
}
