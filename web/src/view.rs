//! Elements with signals in them: leptos' reactive graph, and plain DOM calls under it.
//!
//! leptos' `view!` generates code for the type of every element, 1 to 5 kB of wasm each, and every
//! shopper downloads the page. Here every element has the same type: nothing is generic over its content,
//! and whatever changes is one boxed closure in one `RenderEffect`, which lives as long as the part
//! of the page that created it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use fewshop_core::ItemIx;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, Event, MouseEvent, Node};

thread_local! {
    static OPENED: Cell<bool> = const { Cell::new(false) };
    /// What is still to be drawn of the first page, in the order of the page.
    static WAITING: RefCell<Vec<Box<dyn FnOnce()>>> = const { RefCell::new(Vec::new()) };
    /// Where the next part goes: behind those that the same task has put there.
    static PLACE: Cell<usize> = const { Cell::new(0) };
}

/// Cards of a list that are drawn at once while the page opens, and as many in each further task.
const CARDS: usize = 2;

/// Whether the first page is being drawn: parts below the fold may then wait for a task of their
/// own.
pub(crate) fn is_opening() -> bool {
    !OPENED.get()
}

/// Draws what waits, each part in a task of its own, until the page is complete.
///
/// One part at a time and in the order of the page, also if a part consists of others: what is drawn
/// above something that is already there would move it.
pub(crate) fn draw_the_rest() {
    if draw_next() {
        set_timeout(draw_the_rest, Duration::ZERO);
    } else {
        OPENED.set(true);
    }
}

/// Draws the next part that waits; returns whether there was one.
pub(crate) fn draw_next() -> bool {
    PLACE.set(0);
    let next = WAITING.with_borrow_mut(|waiting| (!waiting.is_empty()).then(|| waiting.remove(0)));
    next.map(|part| part()).is_some()
}

/// Lets a part of the first page wait for its turn.
fn wait(part: impl FnOnce() + 'static) {
    let part: Box<dyn FnOnce()> = Box::new(part);
    let place = PLACE.get();
    WAITING.with_borrow_mut(|waiting| {
        let place = place.min(waiting.len());
        waiting.insert(place, part);
    });
    PLACE.set(place + 1);
}

/// An element of the page.
#[derive(Clone)]
pub(crate) struct El(pub(crate) Element);

/// A text that changes.
pub(crate) type Text = Box<dyn Fn() -> String>;

/// An element by its tag. It panics for an invalid tag, which is a bug.
pub(crate) fn el(tag: &str) -> El {
    El(document().create_element(tag).expect("tags are names"))
}

/// Nothing at all.
pub(crate) fn nothing() -> Node {
    document().create_document_fragment().into()
}

/// Several parts beside each other.
pub(crate) fn group(parts: impl IntoIterator<Item = Node>) -> Node {
    let group = nothing();
    for part in parts {
        append(&group, &part);
    }
    group
}

fn append(parent: &Node, child: &Node) {
    let _ = parent.append_child(child);
}

impl From<El> for Node {
    fn from(el: El) -> Self {
        el.0.into()
    }
}

impl El {
    /// With a class.
    pub(crate) fn class(self, class: &str) -> Self {
        self.attr("class", class)
    }

    /// With an attribute.
    pub(crate) fn attr(self, name: &str, value: &str) -> Self {
        let _ = self.0.set_attribute(name, value);
        self
    }

    /// With an attribute that changes; `None` takes it away.
    pub(crate) fn live(
        self,
        name: &'static str,
        read: impl Fn() -> Option<String> + 'static,
    ) -> Self {
        let element = self.0.clone();
        run(Box::new(move || {
            let _ = match read() {
                Some(value) => element.set_attribute(name, &value),
                None => element.remove_attribute(name),
            };
        }));
        self
    }

    /// With an attribute without a value that comes and goes, as `hidden`.
    pub(crate) fn flag(self, name: &'static str, is: impl Fn() -> bool + 'static) -> Self {
        self.live(name, move || is().then(String::new))
    }

    /// With `aria-current` while the condition holds.
    pub(crate) fn current(self, value: &'static str, is: impl Fn() -> bool + 'static) -> Self {
        self.live("aria-current", move || is().then(|| value.to_owned()))
    }

    /// With markup from this program, such as a drawing.
    pub(crate) fn html(self, markup: &str) -> Self {
        self.0.set_inner_html(markup);
        self
    }

    /// With a text in it.
    pub(crate) fn text(self, text: &str) -> Self {
        append(&self.0, &document().create_text_node(text));
        self
    }

    /// With a title of the catalogue: English on a page in any language.
    pub(crate) fn title(self, title: &str) -> Self {
        self.attr("lang", "en").text(title)
    }

    /// With a text in it that changes.
    pub(crate) fn live_text(self, read: impl Fn() -> String + 'static) -> Self {
        self.text_of(Box::new(read))
    }

    fn text_of(self, read: Text) -> Self {
        let node = document().create_text_node("");
        append(&self.0, &node);
        run(Box::new(move || node.set_data(&read())));
        self
    }

    /// With a child.
    pub(crate) fn kid(self, kid: impl Into<Node>) -> Self {
        append(&self.0, &kid.into());
        self
    }

    /// With several children.
    pub(crate) fn kids(self, kids: impl IntoIterator<Item = impl Into<Node>>) -> Self {
        for kid in kids {
            append(&self.0, &kid.into());
        }
        self
    }

    /// With a child, if there is one.
    pub(crate) fn maybe(self, kid: Option<impl Into<Node>>) -> Self {
        self.kids(kid)
    }

    /// With a part that is rebuilt when a signal it reads changes.
    pub(crate) fn part(self, build: impl Fn() -> Node + 'static) -> Self {
        self.kid(part(build))
    }

    /// With a part that exists only while a condition holds.
    pub(crate) fn when(
        self,
        is: impl Fn() -> bool + Send + Sync + 'static,
        build: impl Fn() -> Node + 'static,
    ) -> Self {
        self.kid(when(is, build))
    }

    /// Runs `act` on an event. The browser frees the closure with the element.
    pub(crate) fn on(self, event: &str, act: impl Fn(Event) + 'static) -> Self {
        let act: Box<dyn Fn(Event)> = Box::new(act);
        let act = Closure::wrap(act).into_js_value();
        let _ = self
            .0
            .add_event_listener_with_callback(event, act.unchecked_ref());
        self
    }

    /// Runs `act` on a click.
    pub(crate) fn click(self, act: impl Fn(MouseEvent) + 'static) -> Self {
        self.on("click", move |event| act(event.unchecked_into()))
    }
}

/// Runs `act` now and whenever a signal it reads changes, as long as the current part of the page
/// lives.
fn run(act: Box<dyn Fn()>) {
    let effect = RenderEffect::new(move |_: Option<()>| act());
    // An owner's stored values go with it.
    StoredValue::new_local(effect);
}

/// A part that is rebuilt when a signal it reads changes.
pub(crate) fn part(build: impl Fn() -> Node + 'static) -> Node {
    part_of(Box::new(build))
}

fn part_of(build: Box<dyn Fn() -> Node>) -> Node {
    // Two empty texts mark the place; everything between them belongs to the part.
    let (start, end) = (
        document().create_text_node(""),
        document().create_text_node(""),
    );
    let place = group([start.clone().into(), end.clone().into()]);
    run(Box::new(move || {
        let fresh = build();
        while let Some(old) = start
            .next_sibling()
            .filter(|old| !old.is_same_node(Some(&end)))
        {
            let _ = old.parent_node().map(|parent| parent.remove_child(&old));
        }
        let _ = end
            .parent_node()
            .map(|parent| parent.insert_before(&fresh, Some(&end)));
    }));
    place
}

/// A part that exists only while a condition holds; it is rebuilt only when that changes.
pub(crate) fn when(
    is: impl Fn() -> bool + Send + Sync + 'static,
    build: impl Fn() -> Node + 'static,
) -> Node {
    let is = memo(is);
    part(move || if is.get() { untrack(&build) } else { nothing() })
}

/// A part that is drawn in a task of its own while the page opens, and at once later on.
pub(crate) fn later(build: impl Fn() -> Node + 'static) -> Node {
    if !is_opening() {
        return build();
    }
    let due = RwSignal::new(false);
    wait(move || {
        let _ = due.try_set(true);
    });
    when(move || due.get(), build)
}

/// A value that is recomputed only when a signal it reads changes, and passed on only if it
/// differs.
pub(crate) fn memo<T: PartialEq + Send + Sync + 'static>(
    work: impl Fn() -> T + Send + Sync + 'static,
) -> Memo<T> {
    let work: Box<dyn Fn() -> T + Send + Sync> = Box::new(work);
    Memo::new(move |_| work())
}

/// Runs `act`, which reaches outside the view, whenever a signal it reads changes.
pub(crate) fn effect(act: impl FnMut() + 'static) {
    let act: Box<dyn FnMut()> = Box::new(act);
    Effect::new(act);
}

/// Products as the children of a list. A card is drawn once and stays while others come and go
/// around it; only cards that change places are moved.
pub(crate) fn each_item(
    list: El,
    items: impl Fn() -> Vec<ItemIx> + 'static,
    draw: impl Fn(ItemIx) -> El + 'static,
) -> El {
    each_of(list, Box::new(items), Box::new(draw))
}

fn each_of(list: El, items: Box<dyn Fn() -> Vec<ItemIx>>, draw: Box<dyn Fn(ItemIx) -> El>) -> El {
    let parent = list.0.clone();
    // The cards must outlive a run of the effect, which has its own owner.
    let home = Owner::current().unwrap_or_default();
    let drawn = RefCell::new(BTreeMap::<ItemIx, (Owner, Element)>::new());
    let most = RwSignal::new(CARDS);
    run(Box::new(move || {
        let mut items = items();
        if is_opening() && items.len() > most.get() {
            items.truncate(most.get_untracked());
            wait(move || {
                let _ = most.try_update(|most| *most += CARDS);
            });
        }
        let mut before = drawn.take();
        let mut now = BTreeMap::new();
        let mut cursor = parent.first_element_child();
        // Leaving cards are removed first; otherwise every card behind one would seem to move.
        before.retain(|item, (owner, element)| {
            let stays = items.contains(item);
            if !stays {
                if cursor.as_ref().is_some_and(|cursor| cursor == element) {
                    cursor = element.next_element_sibling();
                }
                element.remove();
                owner.cleanup();
            }
            stays
        });
        for item in items {
            if now.contains_key(&item) {
                continue;
            }
            let (owner, element) = before.remove(&item).unwrap_or_else(|| {
                let owner = home.child();
                let element = untrack(|| owner.with(|| draw(item))).0;
                (owner, element)
            });
            if cursor.as_ref() == Some(&element) {
                cursor = element.next_element_sibling();
            } else {
                let _ = parent.insert_before(&element, cursor.as_deref());
            }
            now.insert(item, (owner, element));
        }
        drawn.replace(now);
    }));
    list
}
