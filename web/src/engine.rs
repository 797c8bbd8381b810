//! The only access to the worker: carries out what [`Link`] decides.

use std::cell::RefCell;
use std::time::Duration;

use fewshop_core::protocol::limits::{PATIENCE_MS, RESTART_PAUSE_MS};
use fewshop_core::protocol::{Backend, FoundBy, Reply, Request};
use fewshop_core::{ItemIx, Session};
use fewshop_web::state::{
    Answer, EngineState, Heartbeat, Link, Look, Outcome, Question, Wanted, read_reply,
    write_request,
};
use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

use crate::browser;

/// Pack, relative to the worker's own address.
const PACK_URL: &str = "../assets/shop.pack";

/// A worker that loads or ranks counts as dead after this time without progress. A missed heartbeat
/// is noticed much sooner, see [`Heartbeat`].
const PATIENCE: Duration = Duration::from_millis(PATIENCE_MS as u64);

/// WebGPU in software needs seconds for what a CPU does in milliseconds; those who force it expect
/// to wait.
const PATIENCE_FORCED: Duration = Duration::from_secs(180);

/// Pause before a dead worker is replaced.
const RESTART_PAUSE: Duration = Duration::from_millis(RESTART_PAUSE_MS as u64);

thread_local! {
    static ENGINE: RefCell<Option<Engine>> = const { RefCell::new(None) };
}

/// Receives the engine's new state and its answer, if there are any.
type OnOutcome = dyn Fn(Option<EngineState>, Option<Answer>);

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

/// Products asked for in one search; a shopper refines it rather than looking at more.
const MOST_FOUND: usize = 1000;

struct Engine {
    on_outcome: Box<OnOutcome>,
    on_found: Box<dyn Fn(Found)>,
    /// The message with the file of words, for this worker and the next.
    words: JsValue,
    link: Link,
    patience: Duration,
    worker: Option<Running>,
    /// A dead worker waits to be replaced; its remaining messages are ignored.
    restarting: bool,
    heartbeat: Option<Heartbeat>,
    look: Option<TimeoutHandle>,
}

/// A worker with the closures that it calls, which must live as long as it does.
struct Running {
    worker: Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

/// Starts the engine for the catalogue written from `pack`, whose file has this SHA-256.
/// `on_outcome` is called whenever the engine changes its state or answers.
pub(crate) fn start(
    pack: &str,
    sha256: Option<&str>,
    on_outcome: impl Fn(Option<EngineState>, Option<Answer>) + 'static,
    on_found: impl Fn(Found) + 'static,
) {
    let backend = browser::query_value("backend").and_then(|name| match name.as_str() {
        "cpu" => Some(Backend::Cpu),
        "wgpu" => Some(Backend::Wgpu),
        _ => None,
    });
    let patience = if backend == Some(Backend::Wgpu) {
        PATIENCE_FORCED
    } else {
        PATIENCE
    };
    let link = Link::new(PACK_URL, backend, pack, sha256);
    ENGINE.with_borrow_mut(|engine| {
        let engine = engine.insert(Engine {
            on_outcome: Box::new(on_outcome),
            on_found: Box::new(on_found),
            words: JsValue::UNDEFINED,
            link,
            patience,
            worker: None,
            restarting: false,
            heartbeat: None,
            look: None,
        });
        engine.spawn();
    });
}

/// Requests shelves for a session. The newest request wins.
pub(crate) fn ask(session: Session, wanted: Wanted) {
    with_engine(|engine| {
        if let Some(request) = engine.link.ask(session, wanted) {
            engine.post(&request);
        }
    });
}

/// Hands the worker the file of words, as a message of the protocol.
pub(crate) fn give_words(message: JsValue) {
    with_engine(|engine| {
        engine.words = message;
        engine.post_words();
    });
}

/// Searches by words. The newest query wins; a worker that does not rank yet answers later.
pub(crate) fn find(query: String) {
    with_engine(|engine| {
        engine.send(&Request::Find {
            query,
            n: MOST_FOUND,
        })
    });
}

/// Whether the engine can answer at once.
pub(crate) fn is_ready() -> bool {
    ENGINE.with_borrow(|engine| engine.as_ref().is_some_and(|engine| engine.link.is_ready()))
}

/// Restarts a failed engine.
pub(crate) fn retry() {
    with_engine(|engine| {
        let outcome = engine.link.revive();
        engine.apply(outcome);
    });
}

fn with_engine(act: impl FnOnce(&mut Engine)) {
    ENGINE.with_borrow_mut(|engine| {
        if let Some(engine) = engine {
            act(engine);
        }
    });
}

impl Engine {
    fn spawn(&mut self) {
        self.worker = None;
        self.restarting = false;
        match Running::start() {
            Ok(running) => {
                self.worker = Some(running);
                self.post_words();
                let load = self.link.load();
                self.post(&load);
            }
            Err(why) => {
                let outcome = self.link.died(&why);
                // A browser that cannot start a worker now cannot start one a moment later.
                let outcome = if outcome.restart {
                    self.link.died(&why)
                } else {
                    outcome
                };
                self.apply(outcome);
            }
        }
    }

    fn post(&mut self, request: &Request) {
        self.send(request);
        self.watch();
    }

    fn post_words(&self) {
        if let Some(running) = &self.worker
            && !self.words.is_undefined()
        {
            let _ = running.worker.post_message(&self.words);
        }
    }

    fn send(&self, request: &Request) {
        let Some(running) = &self.worker else { return };
        let message = js_sys::JSON::parse(&write_request(request));
        if let Err(err) = message.and_then(|message| running.worker.post_message(&message)) {
            browser::warn(&format!(
                "the worker took no message: {}",
                browser::describe(&err)
            ));
        }
    }

    fn apply(&mut self, outcome: Outcome) {
        (self.on_outcome)(outcome.state, outcome.answer);
        if outcome.restart {
            self.restarting = true;
            // Not at once: this may run inside a closure of the worker that is about to be dropped,
            // and the cause may pass.
            set_timeout(|| with_engine(Engine::spawn), RESTART_PAUSE);
        } else if let Some(request) = outcome.post {
            self.post(&request);
        }
        self.watch();
    }

    /// Restarts the watch while an answer is due, and ends it otherwise.
    fn watch(&mut self) {
        self.heartbeat = self.link.is_waiting().then(|| {
            // While it loads, pack and engine may block its loop; and software WebGPU may compile
            // for many seconds at any time.
            let asks = self.link.is_ready() && self.patience == PATIENCE;
            Heartbeat::new(self.patience.as_millis() as f64, asks, browser::ticks())
        });
        self.look_in(self.heartbeat.as_ref().map(Heartbeat::first));
    }

    fn look_in(&mut self, ms: Option<f64>) {
        if let Some(look) = self.look.take() {
            look.clear();
        }
        let look = |ms| {
            set_timeout_with_handle(|| with_engine(Self::look), Duration::from_millis(ms as u64))
                .ok()
        };
        self.look = ms.and_then(look);
    }

    fn look(&mut self) {
        let Some(heartbeat) = &mut self.heartbeat else {
            return;
        };
        match heartbeat.look(browser::ticks()) {
            Look::Later(ms) => self.look_in(Some(ms)),
            Look::Ask(ms) => {
                self.send(&Request::Ping);
                self.look_in(Some(ms));
            }
            Look::Dead(seconds) => self.died(&format!(
                "the worker gave no heartbeat or progress for {seconds} s"
            )),
        }
    }

    fn died(&mut self, why: &str) {
        if self.restarting {
            return;
        }
        browser::warn(why);
        let outcome = self.link.died(why);
        self.apply(outcome);
    }

    fn receive(&mut self, reply: Reply) {
        if self.restarting {
            return;
        }
        if let Reply::Alive = reply {
            if let Some(heartbeat) = &mut self.heartbeat {
                heartbeat.sign(browser::ticks());
            }
        } else if let Reply::Found {
            query,
            items,
            by,
            example,
            unwanted,
            without,
            max_price,
        } = reply
        {
            (self.on_found)(Found {
                query,
                items,
                by,
                example,
                unwanted,
                without,
                max_price,
            });
        } else {
            if let Reply::Failed { code, message } = &reply
                && code == "no_words"
            {
                browser::warn(message);
            }
            let outcome = self.link.reply(reply);
            self.apply(outcome);
        }
    }
}

impl Running {
    fn start() -> Result<Self, String> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let url = browser::href("/engine/worker.js");
        let worker =
            Worker::new_with_options(&url, &options).map_err(|err| browser::describe(&err))?;
        let on_message = Closure::new(|event: MessageEvent| {
            let text = js_sys::JSON::stringify(&event.data())
                .ok()
                .and_then(|text| text.as_string())
                .unwrap_or_default();
            match read_reply(&text) {
                Ok(reply) => with_engine(|engine| engine.receive(reply)),
                Err(err) => {
                    browser::warn(&format!("the worker sent an invalid message: {err}"));
                }
            }
        });
        let on_error = Closure::new(|event: ErrorEvent| {
            // A script that cannot be fetched fires a plain Event without a message.
            let message = js_sys::Reflect::get(&event, &"message".into())
                .ok()
                .and_then(|message| message.as_string());
            let message =
                message.unwrap_or_else(|| "engine/worker.js could not be loaded".to_owned());
            with_engine(|engine| engine.died(&message));
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Self {
            worker,
            _on_message: on_message,
            _on_error: on_error,
        })
    }
}
