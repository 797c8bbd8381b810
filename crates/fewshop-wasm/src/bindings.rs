//! The class `Recommender` of JavaScript.

use std::borrow::Cow;
use std::cell::RefCell;

use fewshop_core::protocol::{Backend, LoadOptions, Products, Reply, SessionRequest};
use fewshop_core::{Event, EventKind, Filter, ItemIx, Session};
use fewshop_model::{Compute, Pack, Step};
use fewshop_words::{Texts, WordSearch, Words};
use wasm_bindgen::prelude::*;
use web_time::Instant;

use crate::arguments::{bytes, count, parse, parse_or_default, text, to_js};
use crate::{Engine, EngineError, Run};

const FILTER: &str = "{category: [department, ...], among: [row, ...]} or nothing";
const REQUEST: &str =
    "{seq, session, shelves: [{name, n, filter?, seeds?}], tasks?: [{task, max}]}";
const OPTIONS: &str = "{backend: 'cpu' | 'wgpu', digest: string} or nothing";
const ROW: &str = "the row of a product, an integer of 0 or more";

/// Runs once the module is loaded.
#[wasm_bindgen(start)]
fn start() {
    // A panic is a bug. Without this hook its message would be 'unreachable executed'.
    console_error_panic_hook::set_once();
}

/// The form of an event, for error messages.
fn event_form() -> String {
    let kinds = EventKind::ALL.map(|kind| format!("'{}'", kind.name()));
    format!("{{item: row, kind: {}}}", kinds.join(" | "))
}

/// The form of a session, for error messages.
fn session_form() -> String {
    format!("{{events: [{}], visits?: [[row]]}}", event_form())
}

/// Ranks one shop's catalogue for one shopper, on this device.
///
/// All methods take `&self`: an event may be observed while an answer is being computed.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Recommender {
    // Never borrowed across an await: runs use a clone.
    engine: RefCell<Engine>,
    /// Milliseconds spent in each step of the last `answer`.
    split: RefCell<[f64; Step::ALL.len()]>,
    /// Built when a shopper searches for the first time.
    search: RefCell<Option<WordSearch>>,
}

#[wasm_bindgen]
impl Recommender {
    /// Reads a pack and creates a recommender with an empty session.
    ///
    /// # Errors
    /// `pack_empty`, `pack_not_a_pack`, `pack_version`, `pack_truncated`, `pack_checksum`,
    /// `pack_field`, `bad_argument`; for the backend 'wgpu' also `no_adapter`, `backend_failed`,
    /// `no_gpu_in_module`.
    #[wasm_bindgen(unchecked_return_type = "Recommender")]
    pub async fn load(
        #[wasm_bindgen(js_name = "bytes", unchecked_param_type = "Uint8Array | ArrayBuffer")] pack: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "LoadOptions | null")] options: JsValue,
    ) -> Result<Recommender, JsValue> {
        let options: LoadOptions = parse_or_default("options", options, || OPTIONS.to_owned())?;
        let pack = Pack::from_hashed_bytes(&bytes("bytes", &pack)?, options.digest.as_deref())
            .map_err(EngineError::from)?;
        let compute = match options.backend.unwrap_or(Backend::Cpu) {
            Backend::Cpu => Compute::Kernels,
            Backend::Wgpu => on_gpu(&pack).await?,
        };
        Ok(Self {
            engine: RefCell::new(Engine::new(pack, compute)),
            split: RefCell::default(),
            search: RefCell::default(),
        })
    }

    /// Adds one event to the session.
    ///
    /// # Errors
    /// `unknown_item`, `bad_argument`; nothing is added.
    pub fn observe(
        &self,
        #[wasm_bindgen(unchecked_param_type = "ShopEvent")] event: JsValue,
    ) -> Result<(), JsValue> {
        let event: Event = parse("event", event, event_form)?;
        Ok(self.engine.borrow_mut().observe(event)?)
    }

    /// Removes the last event and returns it, or `null` if there is none.
    ///
    /// # Errors
    /// None are known.
    #[wasm_bindgen(unchecked_return_type = "ShopEvent | null")]
    pub fn undo(&self) -> Result<JsValue, JsValue> {
        let event = self.engine.borrow_mut().undo();
        to_js(&event)
    }

    /// Forgets the session and all earlier visits.
    pub fn forget(&self) {
        self.engine.borrow_mut().forget();
    }

    /// Replaces the current session.
    ///
    /// # Errors
    /// `unknown_item`, `bad_argument`; the previous session stays.
    #[wasm_bindgen(js_name = "setSession")]
    pub fn set_session(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Session")] session: JsValue,
    ) -> Result<(), JsValue> {
        let session: Session = parse("session", session, session_form)?;
        Ok(self.engine.borrow_mut().set_session(session)?)
    }

    /// The best `n` products for the current session, none of them seen in it, each with its
    /// reason.
    ///
    /// # Errors
    /// `nothing_wanted` for 0, `bad_argument`, `backend_failed`.
    #[wasm_bindgen(unchecked_return_type = "Recommendation[]")]
    pub async fn rank(
        &self,
        #[wasm_bindgen(unchecked_param_type = "number")] n: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "Filter | null")] filter: JsValue,
    ) -> Result<JsValue, JsValue> {
        let n = count("n", &n)?;
        let filter: Filter = parse_or_default("filter", filter, || FILTER.to_owned())?;
        let engine = self.engine.borrow().clone();
        let started = Instant::now();
        let (picks, run) = engine.rank(n, filter).await?;
        self.ran(run, started);
        to_js(&picks)
    }

    /// Score and full reason of one product for the current session, picked or not.
    ///
    /// # Errors
    /// `unknown_item`, `bad_argument`, `backend_failed`.
    #[wasm_bindgen(unchecked_return_type = "Recommendation")]
    pub async fn explain(
        &self,
        #[wasm_bindgen(unchecked_param_type = "number")] item: JsValue,
    ) -> Result<JsValue, JsValue> {
        let item: ItemIx = parse("item", item, || ROW.to_owned())?;
        let engine = self.engine.borrow().clone();
        to_js(&engine.explain(item).await?)
    }

    /// Answers one request: shelves and tasks. Its session becomes the current one.
    ///
    /// # Errors
    /// `unknown_item`, `nothing_wanted`, `no_catalogue`, `bad_argument`, `backend_failed`.
    #[wasm_bindgen(unchecked_return_type = "PicksReply")]
    pub async fn answer(
        &self,
        #[wasm_bindgen(unchecked_param_type = "SessionRequest")] request: JsValue,
    ) -> Result<JsValue, JsValue> {
        let request: SessionRequest = parse("request", request, || REQUEST.to_owned())?;
        self.engine.borrow_mut().set_session(request.session)?;
        let engine = self.engine.borrow().clone();
        let started = Instant::now();
        let mut split = [0.0; Step::ALL.len()];
        let mut before = started;
        let mut done = |step: Step| {
            let now = Instant::now();
            split[step as usize] += (now - before).as_secs_f64() * 1e3;
            before = now;
        };
        let mut shelves = Vec::new();
        // Nothing wanted at all is still refused, by `fill`.
        if !request.shelves.is_empty() || request.tasks.is_empty() {
            let run;
            (shelves, run) = engine.fill(&request.shelves, &mut done).await?;
            *self.split.borrow_mut() = split;
            let steps_ms = Some(split);
            self.ran(Run { steps_ms, ..run }, started);
        }
        let status = self.engine.borrow().status();
        let tasks = engine.answer_all(&request.tasks)?;
        to_js(&Reply::Picks {
            seq: request.seq,
            shelves,
            tasks,
            status,
        })
    }

    /// Reads what `fewshop words` made for this pack, for `find`. Without bytes the search has
    /// letters alone.
    ///
    /// # Errors
    /// `no_words` if the file is damaged, of another version or of another pack; `bad_argument`. The
    /// search stays as it was.
    #[wasm_bindgen(js_name = "readWords")]
    pub fn read_words(
        &self,
        #[wasm_bindgen(js_name = "bytes", unchecked_param_type = "Uint8Array | ArrayBuffer")] words: JsValue,
    ) -> Result<(), JsValue> {
        let bytes = bytes("bytes", &words)?;
        let engine = self.engine.borrow();
        let pack = engine.pack();
        let texts = Texts::of(pack.catalogue());
        let words = if bytes.is_empty() {
            Words::default()
        } else {
            Words::from_bytes(&bytes, &texts).map_err(EngineError::from)?
        };
        let search = WordSearch::new(pack.catalogue(), texts, &pack.parts().popularity, words);
        *self.search.borrow_mut() = Some(search);
        Ok(())
    }

    /// The best `n` products for what was typed, by letters and, after `readWords`, by meaning.
    ///
    /// # Errors
    /// `nothing_wanted` for 0, `bad_argument`.
    #[wasm_bindgen(unchecked_return_type = "FoundReply")]
    pub fn find(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] query: JsValue,
        #[wasm_bindgen(unchecked_param_type = "number")] n: JsValue,
    ) -> Result<JsValue, JsValue> {
        let query = text("query", &query)?;
        let n = count("n", &n)?;
        let mut search = self.search.borrow_mut();
        let search = search.get_or_insert_with(|| {
            let engine = self.engine.borrow();
            let pack = engine.pack();
            let texts = Texts::of(pack.catalogue());
            let popularity = &pack.parts().popularity;
            WordSearch::new(pack.catalogue(), texts, popularity, Words::default())
        });
        let mut found = search.search(&query);
        found.items.truncate(n);
        to_js(&Reply::Found {
            query,
            items: found.items,
            by: found.by,
            example: found.example,
            unwanted: found.limits.unwanted,
            without: found.limits.without,
            max_price: found.limits.max_price,
        })
    }

    /// Milliseconds spent in each step of the last `answer`, by name.
    ///
    /// # Errors
    /// None are known.
    #[wasm_bindgen(unchecked_return_type = "Record<string, number>")]
    pub fn split(&self) -> Result<JsValue, JsValue> {
        let split = *self.split.borrow();
        // To collect a map would bring another copy of the library's sort.
        let mut ms = std::collections::BTreeMap::new();
        ms.extend(Step::ALL.iter().map(|step| step.name()).zip(split));
        to_js(&ms)
    }

    /// Backend, size of the catalogue and facts of the last run.
    ///
    /// # Errors
    /// None are known.
    #[wasm_bindgen(unchecked_return_type = "Status")]
    pub fn status(&self) -> Result<JsValue, JsValue> {
        let status = self.engine.borrow().status();
        to_js(&status)
    }

    /// All products, in the order of their rows, and the currency of their prices.
    ///
    /// # Errors
    /// None are known.
    #[wasm_bindgen(unchecked_return_type = "Catalogue")]
    pub fn catalogue(&self) -> Result<JsValue, JsValue> {
        let engine = self.engine.borrow();
        let pack = engine.pack();
        to_js(&Products {
            currency: Cow::Borrowed(&pack.card().currency),
            items: Cow::Borrowed(pack.catalogue().items()),
        })
    }

    /// The row of a product by the shop's own id; `undefined` for an unknown id.
    ///
    /// # Errors
    /// `bad_argument`.
    #[wasm_bindgen(js_name = "itemRow")]
    pub fn item_row(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] id: JsValue,
    ) -> Result<Option<u32>, JsValue> {
        let id = text("id", &id)?;
        Ok(self.engine.borrow().item_row(&id).map(|item| item.0))
    }

    fn ran(&self, run: Run, started: Instant) {
        let ms = started.elapsed().as_secs_f64() * 1e3;
        self.engine.borrow_mut().ran(Run { ms, ..run });
    }
}

#[cfg(feature = "gpu")]
async fn on_gpu(pack: &Pack) -> Result<Compute, EngineError> {
    let device = crate::gpu::device().await?;
    Ok(Compute::Burn(Box::new(fewshop_model::BurnCompute::new(
        pack, device,
    ))))
}

#[cfg(not(feature = "gpu"))]
#[expect(
    clippy::unused_async,
    reason = "the version with a GPU awaits its start"
)]
async fn on_gpu(_: &Pack) -> Result<Compute, EngineError> {
    Err(EngineError::NoGpuInModule)
}
