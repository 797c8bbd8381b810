//! 'Your taste': what was learned, how to correct it, and all controls over it.

use fewshop_core::{EventKind, ItemIx, Prediction};
use fewshop_web::state::{Certainty, Correction, Extra, Learning, Liking, Page, Question};
use fewshop_web::texts::{Texts, count, fill};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlElement, Node};

use crate::browser;
use crate::components::{meter, product_href};
use crate::nav::href_of;
use crate::shop::{Shop, use_shop};
use crate::view::{El, each_item, el, memo, nothing, part, when};

/// The page.
pub(crate) fn page() -> Node {
    let shop = use_shop();
    let texts = shop.texts;
    el("article")
        .class("profile")
        .kid(el("h1").text(texts.profile))
        .kid(el("p").class("sub").text(texts.profile_sub))
        .kid(learning(shop))
        .kid(likings(shop, "categories", texts.categories, |shop| {
            shop.profile().categories
        }))
        .kid(likings(shop, "brands", texts.brands, |shop| {
            shop.profile().brands
        }))
        .kid(prices(shop))
        .kid(asked(shop))
        .kid(events(shop))
        .kid(data(shop))
        .maybe(household(shop))
        .maybe(offers(shop))
        .into()
}

/// A part of the page, named by its heading.
fn panel(id: &str, title: &str) -> El {
    el("section")
        .class("panel")
        .attr("aria-labelledby", id)
        .kid(el("h2").attr("id", id).text(title))
}

/// Whether the shop learns.
fn learning(shop: Shop) -> El {
    let texts = shop.texts;
    let choices = [
        (Learning::On, texts.learning_on, texts.learning_on_sub),
        (
            Learning::Paused,
            texts.learning_paused,
            texts.learning_paused_sub,
        ),
        (Learning::Off, texts.learning_off, texts.learning_off_sub),
    ];
    let choices = choices.into_iter().map(|(learning, name, sub)| {
        let input = el("input")
            .attr("type", "radio")
            .attr("name", "learning")
            .on("change", move |_| shop.set_learning(learning));
        if shop.log.with_untracked(|log| log.learning() == learning) {
            let _ = input.0.set_attribute("checked", "");
        }
        el("label")
            .kid(input)
            .kid(el("span").kid(el("strong").text(name)).text(" ").text(sub))
    });
    el("fieldset")
        .class("panel learning")
        .kid(el("legend").text(texts.learning))
        .kids(choices)
}

fn certainty(texts: &Texts, certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Guess => texts.certainty_guess,
        Certainty::Some => texts.certainty_some,
        Certainty::Sure => texts.certainty_sure,
    }
}

/// Categories or brands, each with its weight and its corrections.
fn likings(shop: Shop, id: &'static str, title: &str, of: fn(Shop) -> Vec<Liking>) -> El {
    let texts = shop.texts;
    // Without the corrections: a pressed button must not be rebuilt under the finger.
    let listed = memo(move || {
        of(shop)
            .into_iter()
            .map(|liking| Liking {
                correction: None,
                ..liking
            })
            .collect::<Vec<_>>()
    });
    let rows = move || {
        let rows = listed.get();
        if rows.is_empty() {
            return el("p").class("hint").text(texts.profile_empty).into();
        }
        el("ul")
            .class("likings")
            .attr("role", "list")
            .attr("aria-labelledby", id)
            .kids(rows.iter().map(|row| liking(shop, row)))
            .into()
    };
    panel(id, title).part(rows)
}

fn liking(shop: Shop, liking: &Liking) -> El {
    let texts = shop.texts;
    let named = texts.named(&liking.name);
    let act = |correction: Correction, name: &str, label: &str| {
        let (key, pressed) = (liking.key.clone(), liking.key.clone());
        let is = move || {
            shop.log
                .with(|log| log.corrections().get(&pressed) == Some(correction))
        };
        el("button")
            .attr("type", "button")
            .class("chip")
            .attr("aria-label", &fill(label, &[named]))
            .live("aria-pressed", move || Some(is().to_string()))
            .text(name)
            .click(move |_| shop.correct(&key, correction))
    };
    let acts = el("span")
        .class("chips-row")
        .kid(act(Correction::More, texts.more, texts.more_named))
        .kid(act(Correction::Less, texts.less, texts.less_named))
        .kid(act(Correction::Never, texts.never, texts.never_named));
    el("li")
        .kid(el("span").class("name").text(named))
        .kid(meter(liking.weight))
        .kid(
            el("span")
                .class("hint")
                .text(certainty(texts, liking.certainty)),
        )
        .kid(acts)
}

fn prices(shop: Shop) -> El {
    let texts = shop.texts;
    let said = move || match shop.profile().prices {
        Some((low, high)) => fill(
            texts.prices_are,
            &[&shop.price(Some(low)), &shop.price(Some(high))],
        ),
        None => texts.profile_empty.to_owned(),
    };
    panel("prices", texts.prices).kid(el("p").live_text(said))
}

/// The searches that the picks learn from, each with the products that stand for it and a button that
/// removes it. Hidden if there are none.
fn asked(shop: Shop) -> El {
    let texts = shop.texts;
    let row = move |question: &Question| {
        let text = question.text().to_owned();
        let search = [&href_of(&Page::Search), "?q=", &browser::encode(&text)].concat();
        let mut titles: Vec<String> = (question.items().iter())
            .map(|&item| shop.title(item))
            .collect();
        titles.dedup();
        let products = el("span").class("hint").title(&titles.join(texts.comma));
        let without = match question.without().len() {
            0 => None,
            n => Some(count(texts.asked_without_one, texts.asked_without_many, n)),
        };
        let without = without.map(|said| el("span").class("hint").text(&said));
        let remove = el("button")
            .attr("type", "button")
            .class("chip")
            .attr("aria-label", &fill(texts.asked_remove_named, &[&text]))
            .text(texts.remove);
        let name = fill(texts.quoted, &[&text]);
        let remove = remove.click(move |_| {
            shop.unask(&text);
            browser::rescue_focus();
        });
        el("li")
            .kid(el("a").class("name").attr("href", &search).text(&name))
            .kid(el("span").class("read").kid(products).maybe(without))
            .kid(el("span").class("chips-row").kid(remove))
    };
    let rows = move || {
        el("ul")
            .class("likings asked")
            .attr("role", "list")
            .attr("aria-labelledby", "asked")
            .kids(
                shop.log
                    .with(|log| log.asked().iter().rev().map(row).collect::<Vec<_>>()),
            )
            .into()
    };
    panel("asked", texts.asked_for)
        .flag("hidden", move || {
            shop.log.with(|log| log.asked().is_empty())
        })
        .kid(el("p").class("sub").text(texts.asked_for_sub))
        .part(rows)
}

/// This visit's clicks, each with buttons that exclude it from learning.
fn events(shop: Shop) -> El {
    let texts = shop.texts;
    let items = move || {
        shop.log.with(|log| {
            log.session()
                .context_items()
                .iter()
                .rev()
                .map(|click| click.item)
                .collect::<Vec<ItemIx>>()
        })
    };
    let row = move |item: ItemIx| {
        let Some(product) = shop.catalogue().product(item) else {
            return el("li");
        };
        let kind = shop.log.with(|log| {
            log.session()
                .context_items()
                .iter()
                .find(|click| click.item == item)
                .map(|click| click.kind)
        });
        let did = if kind.is_some_and(EventKind::is_taken) {
            texts.did_cart
        } else {
            texts.did_view
        };
        // Two products with one title differ by size.
        let full = if product.size.is_empty() {
            product.title.clone()
        } else {
            [&product.title, ", ", &product.size].concat()
        };
        let act = |name: &str, label: &str, gift: bool| {
            el("button")
                .attr("type", "button")
                .class("chip")
                .attr("aria-label", &fill(label, &[&full]))
                .text(name)
                .click(move |_| {
                    shop.unlearn(item, gift);
                    browser::rescue_focus();
                })
        };
        el("li")
            .kid(
                el("a")
                    .class("name")
                    .attr("href", &product_href(&product.id))
                    .title(&full),
            )
            .kid(el("span").class("hint").text(did))
            .kid(
                el("span")
                    .class("chips-row")
                    .kid(act(texts.unlearn, texts.unlearn_named, false))
                    .kid(act(texts.gift, texts.gift_named, true)),
            )
    };
    let list = el("ul")
        .class("likings deeds")
        .attr("role", "list")
        .attr("aria-labelledby", "events");
    let none = memo(move || items().is_empty());
    let visits = move || match shop.log.with(|log| log.session().visits.len()) {
        0 => String::new(),
        n => count(texts.visits_one, texts.visits_many, n),
    };
    panel("events", texts.events)
        .when(
            move || none.get(),
            // A search is something learned.
            move || {
                let said = match shop.log.with(|log| log.asked().is_empty()) {
                    true => texts.status_blank,
                    false => texts.profile_empty,
                };
                el("p").class("hint").text(said).into()
            },
        )
        .kid(each_item(list, items, row))
        .kid(el("p").class("hint").live_text(visits))
}

/// The switch of an extra.
fn switch(shop: Shop, extra: Extra, name: &str) -> El {
    let input = el("input").attr("type", "checkbox").on("change", move |_| {
        shop.show(extra, !shop.log.with_untracked(|log| log.shows(extra)));
    });
    if shop.log.with_untracked(|log| log.shows(extra)) {
        let _ = input.0.set_attribute("checked", "");
    }
    el("label")
        .class("switch")
        .kid(input)
        .kid(el("span").text(name))
}

/// The predicted household attributes; `None` if the pack has no prediction heads.
fn household(shop: Shop) -> Option<El> {
    let texts = shop.texts;
    if shop.catalogue().heads().is_empty() {
        return None;
    }
    let household = memo(move || shop.household());
    let rows = move || {
        el("dl")
            .class("household")
            .kids(
                household
                    .get()
                    .iter()
                    .flat_map(|prediction| attribute(texts, prediction)),
            )
            .into()
    };
    let shows = move || shop.shows(Extra::Household);
    Some(
        panel("household", texts.household)
            .kid(el("p").class("sub").text(texts.household_sub))
            .kid(switch(shop, Extra::Household, texts.household_show))
            .when(shows, move || part(rows)),
    )
}

/// An attribute's name, and each of its values with a bar or a note that there is no prediction.
fn attribute(texts: &'static Texts, prediction: &Prediction) -> Vec<El> {
    let name = prediction.target.replace('_', " ");
    let mut parts = vec![el("dt").text(texts.named(&name))];
    match &prediction.outcomes {
        None => parts.push(el("dd").class("hint").text(texts.household_unknown)),
        Some(values) => parts.extend(values.iter().map(|value| {
            let percent = |share: f32| ((share * 100.0).round() as i32).to_string();
            let said = fill(
                texts.household_value,
                &[&percent(value.probability), &percent(value.base_rate)],
            );
            // The text beside the bar states its value.
            let bar = el("span")
                .attr("aria-hidden", "true")
                .kid(meter(value.probability));
            el("dd")
                .kid(el("span").class("name").text(texts.named(&value.value)))
                .kid(bar)
                .kid(el("span").class("hint").text(&said))
        })),
    }
    parts
}

/// The switch for offers; `None` if the pack has none.
fn offers(shop: Shop) -> Option<El> {
    let texts = shop.texts;
    if shop.catalogue().offers().is_empty() {
        return None;
    }
    let panel = panel("offers", texts.offers).kid(el("p").class("sub").text(texts.offers_sub));
    Some(panel.kid(switch(shop, Extra::Offers, texts.offers_show)))
}

/// Export, import and forgetting.
fn data(shop: Shop) -> El {
    let texts = shop.texts;
    let said = RwSignal::new(String::new());
    let export = move || {
        let text = shop.export();
        if text.is_empty() {
            return nothing();
        }
        let href = ["data:text/plain;charset=utf-8,", &browser::encode(&text)].concat();
        el("a")
            .class("btn")
            .attr("download", "fewshop-session.txt")
            .attr("href", &href)
            .text(texts.export)
            .into()
    };
    let import = el("input")
        .attr("type", "file")
        .attr("id", "import")
        .on("change", move |event| {
            let Some(field) = event
                .target()
                .map(|target| target.unchecked_into::<HtmlElement>())
            else {
                return;
            };
            spawn_local(async move {
                if let Some(text) = browser::chosen_text(&field).await.as_string() {
                    said.set(match shop.import(&text) {
                        Ok(()) => texts.imported.to_owned(),
                        Err(why) => [texts.import_failed, " ", &why].concat(),
                    });
                }
            });
        });
    let forget = move || {
        let button = el("button")
            .attr("type", "button")
            .class("btn")
            .text(texts.forget_label);
        button
            .click(move |_| {
                shop.forget();
                browser::rescue_focus();
            })
            .into()
    };
    let undo = move || {
        el("button")
            .attr("type", "button")
            .class("btn")
            .text(texts.undo)
            .click(move |_| shop.undo())
            .into()
    };
    panel("data", texts.your_data)
        .kid(el("p").class("sub").text(texts.your_data_sub))
        .kid(
            el("div")
                .class("acts")
                .kid(part(export))
                .kid(
                    el("label")
                        .class("btn")
                        .attr("for", "import")
                        .text(texts.import)
                        .kid(import),
                )
                .kid(when(move || !shop.log.with(|log| log.is_default()), forget))
                .kid(when(
                    move || shop.log.with(|log| log.undoable().is_some()),
                    undo,
                )),
        )
        .kid(
            el("p")
                .class("hint")
                .attr("aria-live", "polite")
                .live_text(move || said.get()),
        )
}
