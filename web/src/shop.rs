//! The shop's state as signals, and all that can happen to it.

use std::cell::Cell;
use std::sync::Arc;

use fewshop_core::protocol::{Shelf, ShelfRequest};
use fewshop_core::{AttributeBelief, EventKind, Filter, ItemIx, OfferPick, Session};
use fewshop_web::state::{
    Answer, Cart, Catalogue, EngineState, Extra, IndexBuilder, Learning, Memory, Money, Page, Pick,
    Product, Profile, SearchIndex, SessionLog, ShelfState, Taste, Wanted, mixed, tile_of,
};
use fewshop_web::texts::Texts;
use leptos::prelude::*;

use crate::nav::{release, use_nav};
use crate::view::{effect, memo};
use crate::{browser, engine};

/// Picks on the first shelf: two rows of six.
const PICKED: usize = 12;
/// Picks on the cart's shelf: one row.
const WITH_CART: usize = 6;
/// Products on the shelf 'New here': one row.
const FRESH: usize = 6;
/// Picks asked for, by how many are shown: what lies in the cart, what is never wanted and what one
/// category has too much of is left out.
const SPARE: usize = 3;
/// Products of the cart that its shelf is ranked for: the latest say most about the basket at hand.
const CART_SEEDS: usize = 20;
/// Rows indexed for search at a time: a few milliseconds on a slow phone.
const INDEX_STEP: usize = 250;

/// Name of the first shelf in requests.
const SHELF_PICKED: &str = "picked";
/// Name of the shelf 'New here' in requests.
const SHELF_FRESH: &str = "fresh";
/// Offers asked for: the first one that the shopper has nothing against is shown.
const OFFERS: u32 = 3;
/// Name of the cart's shelf in requests.
const SHELF_CART: &str = "with_cart";
/// Products on a product's shelf: one row.
pub(crate) const WITH_ITEM: usize = 6;

/// The shelf of a product's page.
pub(crate) fn with_item(ix: ItemIx) -> ShelfRequest {
    ShelfRequest {
        name: format!("with_item/{}", ix.0),
        n: WITH_ITEM * SPARE,
        filter: Filter::ALL,
        seeds: vec![ix],
    }
}

/// Everything that the pages read, as signals; cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Shop {
    /// Words.
    pub(crate) texts: &'static Texts,
    /// What the shopper did.
    pub(crate) log: RwSignal<SessionLog>,
    /// What is in the cart.
    pub(crate) cart: RwSignal<Cart>,
    /// What the engine does.
    pub(crate) engine: RwSignal<EngineState>,
    /// The search index, once it is built.
    pub(crate) index: RwSignal<Option<Arc<SearchIndex>>>,
    /// The shelves answered last, by name.
    ranked: RwSignal<Vec<(String, Vec<Pick>)>>,
    /// What is believed of the household and the best offers, each as answered last; empty where
    /// nothing is known of the shopper.
    told: RwSignal<(Vec<AttributeBelief>, Vec<OfferPick>)>,
    /// The shelf that the page at hand wants besides those that every page may.
    extra: RwSignal<Option<ShelfRequest>>,
    catalogue: StoredValue<Arc<Catalogue>>,
}

/// Whether a shelf is ranked for the session, which may be forgotten.
fn is_own_shelf(name: &str) -> bool {
    name == SHELF_PICKED || name == SHELF_FRESH
}

thread_local! {
    static SHOP: Cell<Option<Shop>> = const { Cell::new(None) };
}

/// The shop of the page at hand.
pub(crate) fn use_shop() -> Shop {
    SHOP.get()
        .expect("the shop is there before any part of its page")
}

impl Shop {
    /// A shop with these products and with the text that this device remembers of the shopper.
    pub(crate) fn new(
        catalogue: Catalogue,
        remembered: Option<&str>,
        texts: &'static Texts,
    ) -> Self {
        let memory = match remembered.map(|text| Memory::read(text, &catalogue, browser::now())) {
            None => Memory::default(),
            Some(Ok(memory)) => memory,
            Some(Err(why)) => {
                browser::warn(&why.to_string());
                Memory::default()
            }
        };
        Self {
            texts,
            log: RwSignal::new(memory.log),
            cart: RwSignal::new(memory.cart),
            engine: RwSignal::new(EngineState::Loading {
                received: 0.0,
                total: None,
            }),
            index: RwSignal::new(None),
            ranked: RwSignal::default(),
            told: RwSignal::default(),
            extra: RwSignal::new(None),
            catalogue: StoredValue::new(Arc::new(catalogue)),
        }
    }

    /// Makes it the one that [`use_shop`] finds.
    pub(crate) fn provide(self) {
        SHOP.set(Some(self));
    }

    /// Starts the engine, and keeps engine and memory up to date from then on.
    pub(crate) fn open(self) {
        let catalogue = self.catalogue();
        engine::start(
            catalogue.pack(),
            catalogue.sha256(),
            move |state, answer| self.hear(state, answer),
        );
        // What no part of the page at hand shows is not worked out: it would hold up the picks.
        let shown = memo(|| match use_nav().page() {
            Page::Home => Some(Extra::Offers),
            Page::Profile => Some(Extra::Household),
            _ => None,
        });
        effect(move || {
            self.log
                .with(|log| self.ask(log, self.extra.get(), shown.get()));
        });
        effect(move || {
            let text = self.log.with(|log| {
                self.cart
                    .with(|cart| Memory::write(log, cart, &self.catalogue()))
            });
            browser::remember(text.as_deref());
        });
        browser::when_forgotten(move || {
            if !self.log.with_untracked(SessionLog::is_default) {
                self.log.set(SessionLog::default());
            }
        });
        self.build_index(IndexBuilder::default());
    }

    /// Builds the search index a step at a time between other work.
    fn build_index(self, mut builder: IndexBuilder) {
        let step = move || {
            let catalogue = self.catalogue();
            if builder.add(&catalogue, INDEX_STEP) {
                self.build_index(builder);
            } else {
                self.index.set(Some(Arc::new(builder.finish(&catalogue))));
            }
        };
        set_timeout(step, std::time::Duration::from_millis(4));
    }

    /// Takes in what the engine said.
    pub(crate) fn hear(self, state: Option<EngineState>, answer: Option<Answer>) {
        if let Some(Answer {
            shelves,
            household,
            offers,
        }) = answer
        {
            release(&|ix| shelves.iter().any(|shelf| shelf.name == with_item(ix).name));
            let picks = |shelf: Shelf| (shelf.name, Pick::of_answer(shelf.picks));
            let mut ranked: Vec<(String, Vec<Pick>)> = shelves.into_iter().map(picks).collect();
            // The answer to what was forgotten meanwhile is forgotten too.
            let is_own = self
                .log
                .with_untracked(|log| !log.is_blank() && log.learning() != Learning::Off);
            if !is_own {
                ranked.retain(|(name, _)| !is_own_shelf(name));
            }
            self.ranked.set(ranked);
            if !is_own {
                self.told.set(Default::default());
            } else if !household.is_empty() || !offers.is_empty() {
                // What was not asked this time stays until it is asked again.
                self.told.update(|(told_household, told_offers)| {
                    if !household.is_empty() {
                        *told_household = household;
                    }
                    if !offers.is_empty() {
                        *told_offers = offers;
                    }
                });
            }
        }
        if let Some(state) = state {
            if !matches!(state, EngineState::Loading { .. }) {
                browser::fetch_rest();
            }
            self.engine.set(state);
        }
    }

    /// Asks the engine about this state, for a page that wants this shelf and has room for this
    /// extra.
    fn ask(self, log: &SessionLog, shelf: Option<ShelfRequest>, shown: Option<Extra>) {
        // Without personalisation nothing of the shopper reaches even the engine.
        let session = if log.learning() == Learning::Off {
            Session::default()
        } else {
            log.session().clone()
        };
        engine::ask(session, self.wanted(log, shelf, shown));
    }

    /// Asks about a page before it is there, where an answer is to be had in a moment: the product
    /// that it shows.
    pub(crate) fn foresee(self, page: &Page) -> Option<ItemIx> {
        let Page::Product(id) = page else { return None };
        let ix = self.catalogue().find(id).filter(|_| engine::is_ready())?;
        self.ask(&self.viewed(ix), Some(with_item(ix)), None);
        Some(ix)
    }

    /// What was asked last did not come to pass: asks about what did.
    pub(crate) fn ask_again(self) {
        self.extra.notify();
    }

    /// The shopper is on a product's page, which wants its shelf.
    pub(crate) fn enter(self, ix: ItemIx) {
        self.want(Some(with_item(ix)));
        let log = self.viewed(ix);
        if self
            .log
            .with_untracked(|old| old.session() != log.session())
        {
            self.log.set(log);
        }
    }

    /// The log as it is once a product's page is open.
    fn viewed(self, ix: ItemIx) -> SessionLog {
        let mut log = self.log.get_untracked();
        log.at(browser::now());
        log.view(ix);
        log
    }

    /// What the engine should say of such a state.
    fn wanted(self, log: &SessionLog, shelf: Option<ShelfRequest>, shown: Option<Extra>) -> Wanted {
        let mut wanted = Vec::new();
        let is_own = !log.is_blank() && log.learning() != Learning::Off;
        if is_own {
            // What is in the cart from an earlier visit may be picked, and is then left out.
            let n = PICKED * SPARE + self.cart.with(|cart| cart.lines().len());
            wanted.push(ShelfRequest {
                name: SHELF_PICKED.to_owned(),
                n,
                filter: Filter::ALL,
                seeds: Vec::new(),
            });
            let catalogue = self.catalogue();
            if !catalogue.fresh().is_empty() {
                let filter = Filter {
                    among: catalogue.fresh().to_vec(),
                    ..Filter::ALL
                };
                wanted.push(ShelfRequest {
                    name: SHELF_FRESH.to_owned(),
                    n: FRESH * SPARE + PICKED,
                    filter,
                    seeds: Vec::new(),
                });
            }
        }
        let mut seeds = self.cart.with(Cart::items);
        if !seeds.is_empty() {
            seeds.drain(..seeds.len().saturating_sub(CART_SEEDS));
            wanted.push(ShelfRequest {
                name: SHELF_CART.to_owned(),
                n: WITH_CART * SPARE + PICKED,
                filter: Filter::ALL,
                seeds,
            });
        }
        wanted.extend(shelf.filter(|shelf| !shelf.seeds.is_empty() || is_own));
        let [household, offers] = [Extra::Household, Extra::Offers]
            .map(|extra| is_own && shown == Some(extra) && log.shows(extra));
        Wanted {
            shelves: wanted,
            household,
            offers: if offers { OFFERS } else { 0 },
        }
    }

    /// Whether an extra is shown.
    pub(crate) fn shows(self, extra: Extra) -> bool {
        self.log.with(|log| log.shows(extra))
    }

    /// The shopper switches an extra on or off.
    pub(crate) fn show(self, extra: Extra, shows: bool) {
        self.step(&|log| log.show(extra, shows));
    }

    /// What the picks may say of the household: nothing of each attribute until the engine has said
    /// something of this shopper.
    pub(crate) fn household(self) -> Vec<AttributeBelief> {
        let heard = self.told.with(|(household, _)| household.clone());
        if heard.is_empty() || self.is_blank() || self.is_off() {
            self.catalogue().heads()
        } else {
            heard
        }
    }

    /// The offer to show: the best one of whose products not all are unwanted. Of a stranger, the
    /// one that others redeem most.
    pub(crate) fn offer(self) -> Option<OfferPick> {
        let heard = self.told.with(|(_, offers)| offers.clone());
        let own = !heard.is_empty() && !self.is_blank() && !self.is_off();
        let offers = if own {
            heard
        } else {
            self.catalogue().offers().to_vec()
        };
        offers
            .into_iter()
            .find(|offer| !offer.items.iter().all(|&item| self.is_unwanted(item)))
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

    /// All products.
    pub(crate) fn catalogue(self) -> Arc<Catalogue> {
        self.catalogue.get_value()
    }

    /// A price as shown; `None` where it is unknown.
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

    /// Whether the shop shall be the same as for everybody.
    pub(crate) fn is_off(self) -> bool {
        self.log.with(|log| log.learning() == Learning::Off)
    }

    /// Whether a product is not to be suggested.
    fn is_unwanted(self, ix: ItemIx) -> bool {
        let catalogue = self.catalogue();
        self.log
            .with(|log| log.is_dismissed(ix) || log.rules().forbids(&catalogue, ix))
    }

    /// The most bought products that were not dismissed.
    pub(crate) fn bestsellers(self, n: usize) -> Vec<Pick> {
        let catalogue = self.catalogue();
        let wanted = catalogue
            .bestsellers()
            .iter()
            .copied()
            .filter(|&ix| !self.is_unwanted(ix));
        wanted.take(n).map(Pick::plain).collect()
    }

    /// Picks as corrected by the shopper, `n` of them, no category filling more than half.
    pub(crate) fn corrected(self, picks: Vec<Pick>, n: usize) -> Vec<Pick> {
        let catalogue = self.catalogue();
        let picks = self.log.with(|log| log.rules().apply(&catalogue, picks));
        mixed(picks, n, |ix| catalogue.category(ix).to_vec())
    }

    /// A shelf in the engine's order as corrected by the shopper, for a list that holds everything:
    /// 'never' only ends being put first.
    pub(crate) fn by_taste(self, name: &str) -> Vec<ItemIx> {
        let (catalogue, picks) = (self.catalogue(), self.ranked(name));
        self.log
            .with(|log| log.rules().apply(&catalogue, picks))
            .into_iter()
            .map(|pick| pick.item)
            .collect()
    }

    /// The first shelf.
    pub(crate) fn picked(self) -> ShelfState {
        let mut ranked = self.ranked(SHELF_PICKED);
        self.cart
            .with(|cart| ranked.retain(|pick| cart.quantity(pick.item) == 0));
        let ranked = self.corrected(ranked, PICKED);
        self.log.with(|log| {
            self.engine
                .with(|engine| ShelfState::of(engine, log, &ranked, self.bestsellers(PICKED)))
        })
    }

    /// What goes with the cart, without the products of `but`, which stand on the page already.
    pub(crate) fn with_cart(self, but: &[Pick]) -> Vec<Pick> {
        let others = self
            .ranked(SHELF_CART)
            .into_iter()
            .filter(|pick| !but.iter().any(|other| other.item == pick.item));
        self.corrected(others.collect(), WITH_CART)
    }

    /// Products that were put in after training, by the shopper's taste among themselves where it
    /// is known.
    pub(crate) fn fresh(self, but: &[Pick]) -> Vec<Pick> {
        let catalogue = self.catalogue();
        let ranked = self.ranked(SHELF_FRESH);
        let is_own = !ranked.is_empty() && !self.is_off();
        let all = if is_own {
            ranked
        } else {
            catalogue.fresh().iter().copied().map(Pick::plain).collect()
        };
        let new = all.into_iter().filter(|pick| {
            !self.is_unwanted(pick.item) && but.iter().all(|other| other.item != pick.item)
        });
        let new = new.collect();
        if is_own {
            self.corrected(new, FRESH)
        } else {
            new.into_iter().take(FRESH).collect()
        }
    }

    /// What the shop seems to know.
    pub(crate) fn profile(self) -> Profile {
        self.log
            .with(|log| Profile::of(&self.catalogue(), log.session(), log.rules()))
    }

    /// Products whose pages were opened on this visit, the latest first.
    pub(crate) fn recent(self, n: usize) -> Vec<Pick> {
        let mut recent: Vec<ItemIx> = Vec::new();
        self.log.with(|log| {
            for event in log
                .session()
                .events
                .iter()
                .rev()
                .filter(|event| event.kind == EventKind::View)
            {
                if recent.len() < n
                    && !recent.contains(&event.item)
                    && !log.is_dismissed(event.item)
                {
                    recent.push(event.item);
                }
            }
        });
        recent.into_iter().map(Pick::plain).collect()
    }

    /// A shelf as the engine filled it last; empty where it has not, or cannot.
    pub(crate) fn ranked(self, name: &str) -> Vec<Pick> {
        if self
            .engine
            .with(|engine| matches!(engine, EngineState::Failed { .. }))
        {
            return Vec::new();
        }
        self.ranked.with(|ranked| {
            ranked
                .iter()
                .find(|(other, _)| other == name)
                .map(|(_, picks)| picks.clone())
                .unwrap_or_default()
        })
    }

    /// The shopper did something, which begins a new visit where the last one is over.
    fn step(self, act: &dyn Fn(&mut SessionLog)) {
        self.log.update(|log| {
            log.at(browser::now());
            act(log);
        });
    }

    /// The shopper put one more of a product into the cart.
    pub(crate) fn add(self, ix: ItemIx) {
        self.cart.update(|cart| cart.set(ix, cart.quantity(ix) + 1));
        self.step(&|log| log.cart(ix));
    }

    /// The shopper took one of a product out of the cart.
    pub(crate) fn take_one(self, ix: ItemIx) {
        let left = self
            .cart
            .with_untracked(|cart| cart.quantity(ix))
            .saturating_sub(1);
        self.set_quantity(ix, left);
    }

    /// The shopper wants so many of a product, or none any more.
    pub(crate) fn set_quantity(self, ix: ItemIx, quantity: u32) {
        self.cart.update(|cart| cart.set(ix, quantity));
        if quantity == 0 {
            self.step(&|log| log.uncart(ix));
        }
    }

    /// The shopper said 'not for me'.
    pub(crate) fn dismiss(self, ix: ItemIx) {
        self.step(&|log| log.dismiss(ix));
    }

    /// The shopper takes 'not for me' back.
    pub(crate) fn retract(self, ix: ItemIx) {
        self.step(&|log| log.retract(ix));
    }

    /// The shopper checked out. Nothing is sold here, so the cart stays as it is.
    pub(crate) fn check_out(self) {
        self.step(&SessionLog::check_out);
    }

    /// The shopper wants all forgotten.
    pub(crate) fn forget(self) {
        self.ranked
            .update(|ranked| ranked.retain(|(name, _)| !is_own_shelf(name)));
        self.told.set(Default::default());
        self.step(&SessionLog::forget);
        browser::forgotten();
    }

    /// The shopper does not want a product to say anything about them; a `gift` never does.
    pub(crate) fn unlearn(self, ix: ItemIx, gift: bool) {
        self.step(&|log| log.unlearn(ix, gift));
    }

    /// The shopper corrects what the shop thinks; the same correction twice takes it back.
    pub(crate) fn correct(self, key: &str, taste: Taste) {
        self.step(&|log| {
            let taste = (log.rules().get(key) != Some(taste)).then_some(taste);
            log.correct(key, taste);
        });
    }

    /// The shopper chooses whether the shop learns.
    pub(crate) fn set_learning(self, learning: Learning) {
        // A step like others: a choice without a time would be taken for an old one, and forgotten.
        self.step(&|log| log.set_learning(learning));
    }

    /// What is remembered, as one text that [`Shop::import`] reads.
    pub(crate) fn export(self) -> String {
        let catalogue = self.catalogue();
        self.log
            .with(|log| self.cart.with(|cart| Memory::write(log, cart, &catalogue)))
            .unwrap_or_default()
    }

    /// Takes a text from [`Shop::export`] for what is remembered; says what is wrong with it
    /// otherwise.
    pub(crate) fn import(self, text: &str) -> Result<(), String> {
        let memory = Memory::read(text.trim(), &self.catalogue(), browser::now())
            .map_err(|why| why.to_string())?;
        self.log.set(memory.log);
        self.cart.set(memory.cart);
        Ok(())
    }

    /// The shopper takes the last step back.
    pub(crate) fn undo(self) {
        self.log.update(SessionLog::undo);
    }
}
