//! One type for each kind of thing that changes in a view.
//!
//! leptos builds its machinery anew for every closure's type, 2 to 5 kB of wasm each time; boxed, a kind shares one. The page is
//! sent to every shopper, and the boxes cost nothing that could be felt.

use std::sync::Arc;

use fewshop_core::ItemIx;
use fewshop_web::state::keeps_order;
use leptos::prelude::*;
use web_sys::MouseEvent;

/// A part of a view that is built anew when what it reads changes.
pub(crate) type Part = Box<dyn FnMut() -> AnyView + Send>;

/// A part of a view that is built anew when what it reads changes.
pub(crate) fn part(build: impl FnMut() -> AnyView + Send + 'static) -> Part {
    Box::new(build)
}

/// A part of a view that is there only while a condition holds; it is built anew only when that changes.
pub(crate) fn when(condition: impl Fn() -> bool + Send + Sync + 'static, build: impl Fn() -> AnyView + Send + 'static) -> Part {
    let condition = memo(condition);
    part(move || if condition.get() { build() } else { ().into_any() })
}

/// A text that changes.
pub(crate) fn text(read: impl Fn() -> String + Send + Sync + 'static) -> Signal<String> {
    Signal::derive(read)
}

/// A yes or no that changes.
pub(crate) fn flag(read: impl Fn() -> bool + Send + Sync + 'static) -> Signal<bool> {
    Signal::derive(read)
}

/// `aria-current` that changes.
pub(crate) fn current(value: &'static str, is: impl Fn() -> bool + Send + Sync + 'static) -> Signal<Option<&'static str>> {
    Signal::derive(move || is().then_some(value))
}

/// A value that is worked out again only when what it reads changes, and passed on only when it differs.
pub(crate) fn memo<T: PartialEq + Send + Sync + 'static>(work: impl Fn() -> T + Send + Sync + 'static) -> Memo<T> {
    let work: Box<dyn Fn() -> T + Send + Sync> = Box::new(work);
    Memo::new(move |_| work())
}

/// Something to be done outside the view when what it reads changes.
pub(crate) fn effect(act: impl FnMut() + 'static) {
    let act: Box<dyn FnMut()> = Box::new(act);
    Effect::new(act);
}

/// What a click does.
pub(crate) fn click(act: impl FnMut(MouseEvent) + 'static) -> Box<dyn FnMut(MouseEvent)> {
    Box::new(act)
}

/// Products in a list. A card is drawn once and stays while others come and go around it; where cards that stay change places, all are
/// drawn anew: leptos' keyed list (tachys 0.2.19) leaves some of them in the wrong place when moves and insertions come together, and
/// a shelf in the wrong order would not be the engine's answer.
pub(crate) fn each_item(items: Signal<Vec<ItemIx>>, draw: impl Fn(ItemIx) -> AnyView + Send + Sync + 'static) -> AnyView {
    let draw: Arc<dyn Fn(ItemIx) -> AnyView + Send + Sync> = Arc::new(draw);
    let drawn = StoredValue::new((0u32, Vec::<ItemIx>::new()));
    let each = move || {
        let items = items.get();
        let drawing = drawn.with_value(|(drawing, before)| drawing + u32::from(!keeps_order(before, &items)));
        drawn.set_value((drawing, items.clone()));
        items.into_iter().map(move |ix| (drawing, ix)).collect::<Vec<_>>()
    };
    view! { <For each key=|&(drawing, ix): &(u32, ItemIx)| (drawing, ix.0) children=move |(_, ix)| draw(ix) /> }.into_any()
}
