//! 'How it works', in plain words, with the current facts.

use web_sys::Node;

use crate::browser;
use crate::components::facts;
use crate::shop::use_shop;
use crate::view::el;

/// The page.
pub(crate) fn page() -> Node {
    let shop = use_shop();
    let texts = shop.texts;
    let note = format!("{} {}", shop.catalogue().note(), texts.credit);
    let parts = [
        (texts.how_head_1, texts.how_text_1),
        (texts.how_head_2, texts.how_text_2),
        (texts.how_head_3, texts.how_text_3),
        (texts.how_head_4, texts.how_text_4),
    ];
    let paragraph = |(heading, text)| [el("h2").text(heading), el("p").text(text)];
    let (memory, reasons) = parts.split_at(3);
    let two = browser::folder().map(|_| el("p").text(texts.how_shops));
    el("article")
        .class("prose")
        .kid(el("h1").text(texts.how))
        .kids(memory.iter().copied().flat_map(paragraph))
        .kids(two)
        .kids(reasons.iter().copied().flat_map(paragraph))
        .kid(el("h2").text(texts.how_now))
        .kid(facts())
        .kid(el("h2").text(texts.how_data))
        .kid(el("p").text(&note))
        .into()
}
