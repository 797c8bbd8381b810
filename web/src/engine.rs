//! The only access to the engine: `web/assets/engine.js` holds the client of its worker, this file
//! speaks with it.

use fewshop_core::protocol::{FoundBy, Reply};
use fewshop_core::{ItemIx, Session};
use fewshop_web::state::{Answer, EngineState, Question, Wanted, read_reply};
use wasm_bindgen::prelude::*;

use crate::browser;

/// Pack, relative to the worker's own address.
const PACK_URL: &str = "../assets/shop.pack";

#[wasm_bindgen(raw_module = "../assets/engine.js")]
extern "C" {
    #[wasm_bindgen(js_name = start)]
    fn start_worker(worker: &str, pack: &str, name: &str, sha256: Option<&str>, tell: &JsValue);
    #[wasm_bindgen(js_name = ask)]
    fn ask_worker(question: &str);
    /// Hands over the file of words.
    pub(crate) fn give_words(bytes: &JsValue);
    /// Searches by words. The newest query wins; an engine that does not answer yet answers later.
    pub(crate) fn find(query: &str);
    /// Whether the engine can answer at once.
    pub(crate) fn is_ready() -> bool;
    /// Starts a failed engine again.
    pub(crate) fn retry();
}

/// The engine's answer to a search.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    /// What was searched for.
    pub(crate) query: String,
    /// The products, the best first.
    pub(crate) items: Vec<ItemIx>,
    /// Why these.
    pub(crate) by: FoundBy,
    /// The products that stand for the query, if it can be an example.
    pub(crate) example: Vec<ItemIx>,
    /// Words that the shopper does not want.
    pub(crate) unwanted: Vec<String>,
    /// The products with these words.
    pub(crate) without: Vec<ItemIx>,
    /// The highest price that the shopper named.
    pub(crate) max_price: Option<f32>,
}

impl Found {
    /// The search as an example; `None` if nothing of the shop stands for it.
    pub(crate) fn question(&self) -> Option<Question> {
        Question::new(&self.query, self.example.clone(), self.without.clone())
    }
}

/// Starts the engine for the catalogue written from `pack`, whose file has this SHA-256.
/// `on_outcome` is called whenever the engine changes its state or answers.
pub(crate) fn start(
    pack: &str,
    sha256: Option<&str>,
    on_outcome: impl Fn(EngineState, Option<Answer>) + 'static,
    on_found: impl Fn(Found) + 'static,
) {
    let tell = move |text: String| match read_reply(&text) {
        Ok(Reply::Loading { received, total }) => {
            on_outcome(EngineState::Loading { received, total }, None);
        }
        Ok(Reply::Ready { status }) => on_outcome(EngineState::Ready(status), None),
        Ok(Reply::Picks {
            shelves,
            tasks,
            status,
            ..
        }) => on_outcome(EngineState::Ready(status), Some(Answer { shelves, tasks })),
        Ok(Reply::Found {
            query,
            items,
            by,
            example,
            unwanted,
            without,
            max_price,
        }) => on_found(Found {
            query,
            items,
            by,
            example,
            unwanted,
            without,
            max_price,
        }),
        Ok(Reply::Failed { code, message, .. }) => {
            on_outcome(EngineState::Failed { code, message }, None);
        }
        // The client keeps these to itself, and the storefront asks for none.
        Ok(Reply::Alive | Reply::Catalogue { .. } | Reply::Explanation { .. }) => {}
        Err(err) => browser::warn(&format!("the worker sent an invalid message: {err}")),
    };
    let tell: Box<dyn Fn(String)> = Box::new(tell);
    start_worker(
        &browser::href("/engine/worker.js"),
        PACK_URL,
        pack,
        sha256,
        &Closure::wrap(tell).into_js_value(),
    );
}

/// Requests shelves for a session. The newest request wins, and one equal to the last is not posted
/// again.
pub(crate) fn ask(session: Session, wanted: Wanted) {
    ask_worker(&wanted.question(session));
}
