//! The shop's state as signals, and all that can happen to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use fewshop_core::protocol::{Shelf, ShelfRequest};
use fewshop_core::{Filter, ItemIx};
use fewshop_web::state::{
    Bestsellers, Cart, Catalogue, EngineState, IndexBuilder, Memory, Pick, Product, STORAGE_KEY, SearchIndex, SessionLog,
    ShelfState, tile_of,
};
use fewshop_web::texts::{EN, Texts};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::view::effect;
use crate::{browser, engine};

/// Picks on the first shelf: two rows of six.
const PICKED: usize = 12;
/// Picks on the cart's shelf: one row.
const WITH_CART: usize = 6;
/// Products of the cart that its shelf is ranked for: the latest say most about the basket at hand.
const CART_SEEDS: usize = 20;
/// Rows indexed for search at a time: a few milliseconds on a slow phone.
const INDEX_STEP: usize = 500;

/// Name of the first shelf in requests.
const SHELF_PICKED: &str = "picked";
/// Name of the cart's shelf in requests.
const SHELF_CART: &str = "with_cart";

/// The shop's range of products.
#[derive(Clone, Debug)]
pub(crate) enum Range {
    /// On its way; only the inline bestsellers are known.
    Loading,
    /// All of it.
    Ready(Arc<Catalogue>),
    /// It did not arrive or cannot be used.
    Failed,
}

/// Everything that the pages read, as signals; cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Shop {
    /// Words.
    pub(crate) texts: &'static Texts,
    /// Products.
    pub(crate) range: RwSignal<Range>,
    /// What the shopper did.
    pub(crate) log: RwSignal<SessionLog>,
    /// What is in the cart.
    pub(crate) cart: RwSignal<Cart>,
    /// What the engine does.
    pub(crate) engine: RwSignal<EngineState>,
    /// The search index, once it is built.
    pub(crate) index: RwSignal<Option<Arc<SearchIndex>>>,
    /// The shelves answered last, by name.
    ranked: RwSignal<BTreeMap<String, Vec<Pick>>>,
    /// The shelf that the page at hand wants besides those that every page may.
    extra: RwSignal<Option<ShelfRequest>>,
    first: StoredValue<Option<Arc<Bestsellers>>>,
}

/// The shop of the page at hand.
pub(crate) fn use_shop() -> Shop {
    expect_context::<Shop>()
}

impl Shop {
    /// A shop that knows its inline bestsellers, if there are any.
    pub(crate) fn new(first: Option<Bestsellers>) -> Self {
        Self {
            texts: &EN,
            range: RwSignal::new(Range::Loading),
            log: RwSignal::default(),
            cart: RwSignal::default(),
            engine: RwSignal::new(EngineState::Loading { received: 0.0, total: None }),
            index: RwSignal::new(None),
            ranked: RwSignal::default(),
            extra: RwSignal::new(None),
            first: StoredValue::new(first.map(Arc::new)),
        }
    }

    /// Fetches the range, then starts the engine, and keeps engine and memory up to date from then on.
    pub(crate) fn open(self) {
        spawn_local(async move {
            match browser::fetch_text("/assets/catalogue.json")
                .await
                .and_then(|text| Catalogue::parse(&text).map_err(|e| e.to_string()))
            {
                Ok(catalogue) => self.stock(Arc::new(catalogue)),
                Err(why) => {
                    browser::warn(&why);
                    self.range.set(Range::Failed);
                }
            }
        });
        effect(move || {
            // What was done before the range arrived is asked about once it has.
            self.range.track();
            let wanted = self.wanted();
            let session = self.log.with(|log| log.session().clone());
            engine::ask(session, wanted);
        });
        effect(move || {
            let Some(catalogue) = self.catalogue() else { return };
            let blank = self.log.with(SessionLog::is_blank) && self.cart.with(Cart::is_empty);
            let text = self.log.with(|log| self.cart.with(|cart| Memory::write(log.session(), cart, &catalogue)));
            // Nothing to remember leaves nothing behind: 'Forget' means it.
            browser::remember(STORAGE_KEY, (!blank).then_some(text.as_str()));
        });
    }

    fn stock(self, catalogue: Arc<Catalogue>) {
        if let Some(text) = browser::recall(STORAGE_KEY) {
            match Memory::read(&text, &catalogue) {
                Ok(memory) => {
                    self.log.update(|log| log.recall(memory.session));
                    self.cart.update(|cart| {
                        let since = cart.lines().iter().map(|line| (line.item, line.quantity));
                        let earlier = memory.cart.lines().iter().map(|line| (line.item, line.quantity));
                        *cart = Cart::of(earlier.chain(since));
                    });
                }
                Err(why) => browser::warn(&why.to_string()),
            }
        }
        engine::start(self, catalogue.pack());
        self.range.set(Range::Ready(Arc::clone(&catalogue)));
        self.build_index(catalogue, IndexBuilder::default());
    }

    /// Builds the search index a step at a time between other work.
    fn build_index(self, catalogue: Arc<Catalogue>, mut builder: IndexBuilder) {
        let step = move || {
            if builder.add(&catalogue, INDEX_STEP) {
                self.build_index(catalogue, builder);
            } else {
                self.index.set(Some(Arc::new(builder.finish(&catalogue))));
            }
        };
        set_timeout(step, std::time::Duration::from_millis(4));
    }

    /// Takes in what the engine said.
    pub(crate) fn hear(self, state: Option<EngineState>, shelves: Vec<Shelf>) {
        if !shelves.is_empty() {
            let picks = |shelf: Shelf| (shelf.name, shelf.picks.into_iter().map(Pick::from).collect());
            let mut ranked: BTreeMap<String, Vec<Pick>> = shelves.into_iter().map(picks).collect();
            // The answer to what was forgotten meanwhile is forgotten too.
            if self.log.with_untracked(SessionLog::is_blank) {
                ranked.remove(SHELF_PICKED);
            }
            self.ranked.set(ranked);
        }
        if let Some(state) = state {
            self.engine.set(state);
        }
    }

    /// Shelves that the engine should fill for the state at hand.
    fn wanted(self) -> Vec<ShelfRequest> {
        let mut wanted = Vec::new();
        if !self.is_blank() {
            wanted.push(ShelfRequest { name: SHELF_PICKED.to_owned(), n: PICKED, filter: Filter::ALL, seeds: Vec::new() });
        }
        let mut seeds = self.cart.with(Cart::items);
        if !seeds.is_empty() {
            seeds.drain(..seeds.len().saturating_sub(CART_SEEDS));
            wanted.push(ShelfRequest { name: SHELF_CART.to_owned(), n: WITH_CART + PICKED, filter: Filter::ALL, seeds });
        }
        wanted.extend(self.extra.get().filter(|extra| !extra.seeds.is_empty() || !self.is_blank()));
        wanted
    }

    /// The page at hand wants this shelf as well, or none.
    pub(crate) fn want(self, extra: Option<ShelfRequest>) {
        if self.extra.with_untracked(|old| *old != extra) {
            self.extra.set(extra);
        }
    }

    /// Whether nothing was done yet that could be learned from.
    pub(crate) fn is_blank(self) -> bool {
        self.log.with(SessionLog::is_blank)
    }

    /// The range, once it is there.
    pub(crate) fn catalogue(self) -> Option<Arc<Catalogue>> {
        self.range.with(|range| match range {
            Range::Ready(catalogue) => Some(Arc::clone(catalogue)),
            Range::Loading | Range::Failed => None,
        })
    }

    /// Number of products in the shop; 0 while unknown.
    pub(crate) fn total(self) -> usize {
        let first = || self.first.with_value(|first| first.as_ref().map_or(0, |first| first.total));
        self.catalogue().map_or_else(first, |catalogue| catalogue.len())
    }

    /// Currency of all prices.
    pub(crate) fn currency(self) -> String {
        let first = || self.first.with_value(|first| first.as_ref().map_or_else(String::new, |first| first.currency.clone()));
        self.catalogue().map_or_else(first, |catalogue| catalogue.currency().to_owned())
    }

    /// A product, from the range or from the inline bestsellers.
    pub(crate) fn product(self, ix: ItemIx) -> Option<Product> {
        match self.catalogue() {
            Some(catalogue) => catalogue.product(ix),
            None => self.first.with_value(|first| first.as_ref()?.items.iter().find(|product| product.ix == ix).cloned()),
        }
    }

    /// The title of a product.
    pub(crate) fn title(self, ix: ItemIx) -> String {
        match self.catalogue() {
            Some(catalogue) => catalogue.title(ix).to_owned(),
            None => self.product(ix).map(|product| product.title).unwrap_or_default(),
        }
    }

    /// The tile colour of a product.
    pub(crate) fn tile(self, product: &Product) -> usize {
        tile_of(product.category.first().map_or("", String::as_str))
    }

    /// The most bought products that were not dismissed.
    pub(crate) fn bestsellers(self, n: usize) -> Vec<Pick> {
        let rows: Vec<ItemIx> = match self.catalogue() {
            Some(catalogue) => catalogue.bestsellers().to_vec(),
            None => self.first.with_value(|first| {
                first.as_ref().map(|first| first.items.iter().map(|product| product.ix).collect()).unwrap_or_default()
            }),
        };
        self.log.with(|log| rows.into_iter().filter(|&ix| !log.is_dismissed(ix)).take(n).map(Pick::plain).collect())
    }

    /// The first shelf.
    pub(crate) fn picked(self) -> ShelfState {
        let ranked = self.ranked(SHELF_PICKED);
        self.engine.with(|engine| ShelfState::of(engine, self.is_blank(), &ranked, self.bestsellers(PICKED)))
    }

    /// What goes with the cart, without the products of `but`, which stand on the page already.
    pub(crate) fn with_cart(self, but: &[Pick]) -> Vec<Pick> {
        let others = self.ranked(SHELF_CART).into_iter().filter(|pick| !but.iter().any(|other| other.item == pick.item));
        others.take(WITH_CART).collect()
    }

    /// A shelf as the engine filled it last; empty where it has not, or cannot.
    pub(crate) fn ranked(self, name: &str) -> Vec<Pick> {
        if self.engine.with(|engine| matches!(engine, EngineState::Failed { .. })) {
            return Vec::new();
        }
        self.ranked.with(|ranked| ranked.get(name).cloned().unwrap_or_default())
    }

    /// The shopper opened a product's page.
    pub(crate) fn view(self, ix: ItemIx) {
        let mut log = self.log.get_untracked();
        log.view(ix);
        if self.log.with_untracked(|old| *old != log) {
            self.log.set(log);
        }
    }

    /// The shopper put one more of a product into the cart.
    pub(crate) fn add(self, ix: ItemIx) {
        self.cart.update(|cart| cart.set(ix, cart.quantity(ix) + 1));
        self.log.update(|log| log.cart(ix));
    }

    /// The shopper took one of a product out of the cart.
    pub(crate) fn take_one(self, ix: ItemIx) {
        let left = self.cart.with_untracked(|cart| cart.quantity(ix)).saturating_sub(1);
        self.set_quantity(ix, left);
    }

    /// The shopper wants so many of a product, or none any more.
    pub(crate) fn set_quantity(self, ix: ItemIx, quantity: u32) {
        self.cart.update(|cart| cart.set(ix, quantity));
        if quantity == 0 {
            self.log.update(|log| log.uncart(ix));
        }
    }

    /// The shopper said 'not for me'.
    pub(crate) fn dismiss(self, ix: ItemIx) {
        self.log.update(|log| log.dismiss(ix));
    }

    /// The shopper takes 'not for me' back.
    pub(crate) fn retract(self, ix: ItemIx) {
        self.log.update(|log| log.retract(ix));
    }

    /// The shopper wants all forgotten.
    pub(crate) fn forget(self) {
        self.ranked.update(|ranked| {
            ranked.remove(SHELF_PICKED);
        });
        self.log.update(SessionLog::forget);
    }

    /// The shopper takes the last step back.
    pub(crate) fn undo(self) {
        self.log.update(SessionLog::undo);
    }
}
