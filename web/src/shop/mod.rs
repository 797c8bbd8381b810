//! The shop's state as signals. What changes it: the shopper (`actions.rs`), the engine's answers
//! ([`Shop::on_outcome`]).

mod actions;
mod asking;
mod prefetch;
mod requests;
mod shelves;

use std::cell::Cell;
use std::sync::Arc;

use fewshop_core::protocol::{Shelf, ShelfRequest};
use fewshop_core::{ItemIx, Prediction};
use fewshop_web::state::{
    Answer, Cart, Catalogue, EngineState, Extra, IndexBuilder, Learning, Measure, Memory, Money,
    Page, Pick, Product, SearchIndex, Seen, SessionLog, Unit, hue_of, tile_of,
};
use fewshop_web::texts::{Texts, fill};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use self::requests::{SHELF_ON_OFFER, is_own_shelf};
pub(crate) use self::requests::{WITH_ITEM, similar_name, with_item, with_item_name};
use crate::nav::use_nav;
use crate::view::{effect, memo};
use crate::{browser, engine};

/// Rows indexed for search at a time: a few milliseconds on a slow phone.
const INDEX_STEP: usize = 250;

/// Everything that the pages read, as signals; cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Shop {
    /// Texts.
    pub(crate) texts: &'static Texts,
    /// The shopper's clicks.
    pub(crate) log: RwSignal<SessionLog>,
    /// The cart.
    pub(crate) cart: RwSignal<Cart>,
    /// The engine's state.
    pub(crate) engine: RwSignal<EngineState>,
    /// The search index, once it is built.
    pub(crate) index: RwSignal<Option<Arc<SearchIndex>>>,
    /// What the engine found last, by words.
    pub(crate) found: RwSignal<Option<engine::Found>>,
    /// Whether the engine has the file of words, which comes after load, or goes without it.
    pub(crate) has_words: RwSignal<bool>,
    /// The search that was submitted and that the engine has not answered yet, or "".
    submitted: RwSignal<String>,
    /// The search from whose results a product's page is being opened, or "".
    opened_from: RwSignal<String>,
    /// The search that the shopper took back, which opening its results does not bring back.
    taken_back: RwSignal<String>,
    /// The shelves of the last answer, by name.
    ranked: RwSignal<Vec<(String, Vec<Pick>)>>,
    /// The first shelf as it was before the last click, and as it is shown now.
    seen: RwSignal<Seen>,
    /// The predictions of each extra as last answered; empty for a new shopper.
    predictions: RwSignal<[Vec<Prediction>; Extra::ALL.len()]>,
    /// The current page's own shelves, besides those that any page may show.
    own_shelves: RwSignal<Vec<ShelfRequest>>,
    catalogue: StoredValue<Arc<Catalogue>>,
    /// Whether the catalogue has the order of sales of all products.
    sales: RwSignal<bool>,
}

thread_local! {
    static SHOP: Cell<Option<Shop>> = const { Cell::new(None) };
}

/// The shop.
pub(crate) fn use_shop() -> Shop {
    SHOP.get()
        .expect("the shop is there before any part of its page")
}

/// A stored memory; an empty one, with a warning, if it cannot be read.
fn read_memory(text: Option<&str>, catalogue: &Catalogue) -> Memory {
    text.map_or_else(Memory::default, |text| {
        Memory::read(text, catalogue, browser::now()).unwrap_or_else(|why| {
            browser::warn(&why.to_string());
            Memory::default()
        })
    })
}

impl Shop {
    /// A shop with these products and with the text that this device remembers of the shopper.
    pub(crate) fn new(
        catalogue: Catalogue,
        remembered: Option<&str>,
        texts: &'static Texts,
    ) -> Self {
        let memory = read_memory(remembered, &catalogue);
        Self {
            texts,
            log: RwSignal::new(memory.log),
            cart: RwSignal::new(memory.cart),
            engine: RwSignal::new(EngineState::Loading {
                received: 0.0,
                total: None,
            }),
            index: RwSignal::new(None),
            found: RwSignal::new(None),
            has_words: RwSignal::new(false),
            submitted: RwSignal::default(),
            opened_from: RwSignal::default(),
            taken_back: RwSignal::default(),
            ranked: RwSignal::default(),
            seen: RwSignal::default(),
            predictions: RwSignal::default(),
            own_shelves: RwSignal::default(),
            catalogue: StoredValue::new(Arc::new(catalogue)),
            sales: RwSignal::new(false),
        }
    }

    /// Makes it the one that [`use_shop`] finds.
    pub(crate) fn provide(self) {
        SHOP.set(Some(self));
    }

    /// Starts the engine.
    pub(crate) fn start_engine(self) {
        let catalogue = self.catalogue();
        engine::start(
            catalogue.pack(),
            catalogue.sha256(),
            move |state, answer| self.on_outcome(state, answer),
            move |found| self.found.set(Some(found)),
        );
    }

    /// Keeps engine and memory up to date from now on.
    pub(crate) fn open(self) {
        // Extras that the current page does not show are not requested: they would delay the picks.
        let shown = memo(|| match use_nav().page() {
            Page::Home => Some(Extra::Offers),
            Page::Profile => Some(Extra::Household),
            _ => None,
        });
        effect(move || {
            self.log
                .with(|log| self.ask(log, self.own_shelves.get(), shown.get()));
        });
        self.follow_searches();
        effect(move || {
            let text = self.log.with(|log| {
                self.cart
                    .with(|cart| Memory::write(log, cart, &self.catalogue()))
            });
            browser::remember(text.as_deref());
        });
        let forgotten = move || {
            // Without a time it would count as too old, and take the cart with it when it is read back.
            if !self.log.with_untracked(SessionLog::is_default) {
                self.log.update(|log| log.forgotten(browser::now()));
            }
        };
        browser::when_other_tabs(forgotten, move |known, stored| {
            self.merge(known.as_deref(), stored.as_deref());
        });
        self.build_index(IndexBuilder::default());
        spawn_local(async move {
            match browser::words_file().await {
                Ok(bytes) => engine::give_words(&bytes),
                // The search goes on with letters.
                Err(why) => browser::warn(&browser::describe(&why)),
            }
            // What was found before lacks the meanings.
            self.found.set(None);
            self.has_words.set(true);
        });
        spawn_local(async move {
            let read = browser::text_after_load("sales.txt").await;
            let catalogue = self.catalogue();
            match read.and_then(|text| catalogue.add_sales(&text).map_err(|err| err.to_string())) {
                Ok(()) => self.sales.set(true),
                // The bestsellers of each department still come first.
                Err(why) => browser::warn(&why),
            }
        });
    }

    /// Another tab has stored something: what this one did since it knew what was stored is added.
    fn merge(self, known: Option<&str>, stored: Option<&str>) {
        let catalogue = self.catalogue();
        let ours = Memory {
            log: self.log.get_untracked(),
            cart: self.cart.get_untracked(),
        };
        let [base, theirs] = [known, stored].map(|text| read_memory(text, &catalogue));
        let merged = Memory::merge(&base, &ours, &theirs, browser::now());
        // What is stored follows even if this tab has nothing new to show.
        browser::remember(Memory::write(&merged.log, &merged.cart, &catalogue).as_deref());
        if merged.log != ours.log {
            self.log.set(merged.log);
        }
        if merged.cart != ours.cart {
            self.cart.set(merged.cart);
        }
    }

    /// Builds the search index a step at a time between other work.
    fn build_index(self, mut builder: IndexBuilder) {
        let step = move || {
            let catalogue = self.catalogue();
            if builder.add(&catalogue, self.texts, INDEX_STEP) {
                self.build_index(builder);
            } else {
                self.index.set(Some(Arc::new(builder.finish())));
            }
        };
        set_timeout(step, std::time::Duration::from_millis(4));
    }

    /// Takes the engine's new state and its answer.
    pub(crate) fn on_outcome(self, state: EngineState, answer: Option<Answer>) {
        if let Some(Answer { shelves, tasks }) = answer {
            self.answered(&|name| shelves.iter().any(|shelf| shelf.name == name));
            let picks = |shelf: Shelf| (shelf.name, Pick::of_answer(shelf.picks));
            let mut ranked: Vec<(String, Vec<Pick>)> = shelves.into_iter().map(picks).collect();
            // An answer about clicks that were forgotten in the meantime is dropped too.
            let is_own = self
                .log
                .with_untracked(|log| !log.is_blank() && log.learning() != Learning::Off);
            if !is_own {
                ranked.retain(|(name, _)| !is_own_shelf(name));
            }
            // Other pages do not ask for the home page's shelf; it stays until the next answer.
            let is_there = |name: &str| ranked.iter().any(|(other, _)| other == name);
            if is_own && !is_there(SHELF_ON_OFFER) {
                let kept = self.ranked.with_untracked(|old| {
                    let on_offer = old.iter().find(|(name, _)| name == SHELF_ON_OFFER);
                    on_offer.cloned()
                });
                ranked.extend(kept);
            }
            self.ranked.set(ranked);
            if !is_own {
                self.predictions.set(Default::default());
            } else if !tasks.is_empty() {
                // A task that was not requested this time stays as it was.
                self.predictions.update(|predictions| {
                    for answer in tasks {
                        let is_its = |extra: &Extra| extra.task().0 == answer.task;
                        if let Some(at) = Extra::ALL.iter().position(is_its) {
                            predictions[at] = answer.predictions;
                        }
                    }
                });
            }
        }
        if !matches!(state, EngineState::Loading { .. }) {
            browser::fetch_rest();
        }
        self.engine.set(state);
    }

    /// Whether an extra is shown.
    pub(crate) fn shows(self, extra: Extra) -> bool {
        self.log.with(|log| log.shows(extra))
    }

    /// Whether nothing was done yet that could be learned from.
    pub(crate) fn is_blank(self) -> bool {
        self.log.with(SessionLog::is_blank)
    }

    /// All products.
    pub(crate) fn catalogue(self) -> Arc<Catalogue> {
        self.catalogue.get_value()
    }

    /// All products, tracked: again when their order of sales has arrived.
    pub(crate) fn in_order(self) -> Arc<Catalogue> {
        self.sales.track();
        self.catalogue()
    }

    /// A price as shown; `None` if it is unknown.
    pub(crate) fn price(self, price: Option<Money>) -> String {
        price.map_or_else(
            || self.texts.no_price.to_owned(),
            |price| price.show(self.catalogue().currency(), self.texts.dollar),
        )
    }

    /// The title of a product.
    pub(crate) fn title(self, ix: ItemIx) -> String {
        self.catalogue().title(ix).to_owned()
    }

    /// The tile colour of a product.
    pub(crate) fn tile(self, product: &Product) -> usize {
        tile_of(product.category.first().map_or("", String::as_str))
    }

    /// The classes of a product's tile: its department's colour, and the hue of its brand.
    pub(crate) fn tile_class(self, product: &Product) -> String {
        let (tile, hue) = (self.tile(product), hue_of(&product.brand, &product.id));
        ["tile disc t", &tile.to_string(), " h", &hue.to_string()].concat()
    }

    /// The price of a unit, if the size is clear: 'per 100 g'.
    pub(crate) fn unit_price(self, product: &Product) -> Option<String> {
        let held = Measure::of(&product.title, &product.size)?;
        let price = product.price?;
        let price = held.price(price, self.catalogue().currency(), self.texts.dollar)?;
        let per = match held.unit {
            Unit::Ounce => self.texts.per_ounce,
            Unit::FluidOunce => self.texts.per_fluid_ounce,
            Unit::Litre => self.texts.per_litre,
            Unit::Grams => self.texts.per_grams,
            Unit::Piece => self.texts.per_piece,
        };
        Some(fill(per, &[&price]))
    }

    /// Whether personalisation is off.
    pub(crate) fn is_off(self) -> bool {
        self.log.with(|log| log.learning() == Learning::Off)
    }

    /// Whether a product is not to be suggested.
    fn is_unwanted(self, ix: ItemIx) -> bool {
        let catalogue = self.catalogue();
        self.log.with(|log| {
            log.is_dismissed(ix) || log.corrections().forbids(&catalogue, ix) || log.excludes(ix)
        }) || self.is_unasked(ix)
    }

    /// Whether a product's category is suggested on request only, and this shopper neither looked at
    /// nor asked for one of its products.
    fn is_unasked(self, ix: ItemIx) -> bool {
        let catalogue = self.catalogue();
        catalogue.is_on_request(ix)
            && self.log.with(|log| {
                let session = log.session();
                let category = catalogue.category(ix);
                let is_like = |other: &ItemIx| catalogue.category(*other) == category;
                !(session.events.iter().any(|event| is_like(&event.item))
                    || session.visits.iter().any(|visit| visit.iter().any(is_like))
                    || (log.asked().iter()).any(|asked| asked.items().iter().any(is_like)))
            })
    }
}
