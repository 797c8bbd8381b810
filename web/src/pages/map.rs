//! The map of taste: departments as places, and the shopper's way from click to click.
//!
//! `web/assets/map.js` draws it; here is what it shows, and the same in words.

use fewshop_core::ItemIx;
use fewshop_web::texts::fill;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, Node};

use crate::browser::{self, Groups};
use crate::components::product_href;
use crate::shop::{Shop, use_shop};
use crate::view::{El, effect, el, group, memo, part};

/// Steps of the shopper's way that are told in words: the latest.
const TOLD: usize = 8;

/// What the map shows of the shopper.
#[derive(Clone, PartialEq, Default)]
struct Own {
    /// Clicks of this visit, the first one first.
    clicks: Vec<ItemIx>,
    /// What was taken on earlier visits.
    earlier: Vec<ItemIx>,
    picks: Vec<ItemIx>,
    /// The first pick of the department with most picks.
    now: Option<ItemIx>,
}

impl Own {
    fn of(shop: Shop) -> Self {
        if shop.is_off() {
            return Self::default();
        }
        let (clicks, earlier) = shop.log.with(|log| {
            let clicks = log.session().context_items();
            let clicks: Vec<ItemIx> = clicks.into_iter().map(|click| click.item).collect();
            let mut earlier: Vec<ItemIx> = Vec::new();
            for &item in log.session().visits.iter().flatten() {
                if !clicks.contains(&item) && !earlier.contains(&item) {
                    earlier.push(item);
                }
            }
            (clicks, earlier)
        });
        let picked = shop.picked();
        let picks = match picked.is_own() {
            true => picked.picks().iter().map(|pick| pick.item).collect(),
            false => Vec::new(),
        };
        Self {
            now: middle(shop, &picks),
            clicks,
            earlier,
            picks,
        }
    }

    fn is_empty(&self) -> bool {
        self.clicks.is_empty() && self.earlier.is_empty()
    }

    /// The map in words.
    fn told(&self, shop: Shop) -> String {
        let texts = shop.texts;
        if self.is_empty() && self.picks.is_empty() {
            // What was asked for has no place of its own on the map; the picks for it will.
            let waits = !shop.is_off() && shop.log.with(|log| !log.asked().is_empty());
            return if waits { "" } else { texts.map_cold }.to_owned();
        }
        let name = |item: ItemIx| {
            let catalogue = shop.catalogue();
            let name = catalogue.category(item).first();
            texts.named(name.map_or("", String::as_str)).to_owned()
        };
        let mut way: Vec<String> = self.clicks.iter().map(|&item| name(item)).collect();
        way.dedup();
        way.drain(..way.len().saturating_sub(TOLD));
        let mut said = Vec::new();
        match &way[..] {
            [] => {}
            [only] => said.push(fill(texts.map_in, &[only])),
            _ => said.push(fill(texts.map_way, &[&way.join(texts.map_to)])),
        }
        if let Some(now) = self.now {
            said.push(fill(texts.map_now, &[&name(now)]));
        }
        if !self.picks.is_empty() {
            said.push(fill(texts.map_picks, &[&whereabouts(shop, &self.picks)]));
        }
        said.join(" ")
    }
}

/// The page.
pub(crate) fn page() -> Node {
    let shop = use_shop();
    let texts = shop.texts;
    let own = memo(move || Own::of(shop));
    // None while it loads.
    let drawn = RwSignal::new(None::<Result<(), String>>);
    let host = el("div")
        .class("map")
        .attr("role", "application")
        .attr("tabindex", "0")
        .attr("aria-labelledby", "map")
        .attr("aria-describedby", "map-keys");
    let canvas = host.0.clone();
    spawn_local(async move {
        let done = draw(shop, &canvas).await;
        let _ = drawn.try_set(Some(done));
    });
    let canvas = host.0.clone();
    effect(move || {
        let Own {
            clicks,
            earlier,
            picks,
            now,
        } = own.get();
        if drawn.with(|drawn| matches!(drawn, Some(Ok(())))) {
            let rows = |items: &[ItemIx]| items.iter().map(|item| item.0).collect::<Vec<u32>>();
            let now = now.map_or(-1, |now| now.0 as i32);
            browser::mark_map(&canvas, &rows(&clicks), &rows(&earlier), &rows(&picks), now);
        }
    });
    let state = move || match drawn.get() {
        None => el("p").class("waiting").text(texts.search_starting).into(),
        Some(Err(why)) => el("p")
            .class("notice")
            .attr("role", "alert")
            .text(&[texts.map_failed, " ", &why].concat())
            .into(),
        Some(Ok(())) => group([]),
    };
    let zoom = |by: &str, sign: &str, name: &str| {
        el("button")
            .attr("type", "button")
            .class("btn small")
            .attr("data-zoom", by)
            .attr("aria-label", name)
            .attr("title", name)
            .text(sign)
    };
    let canvas = host.0.clone();
    let frame = el("div")
        .class("panel map-frame")
        .kid(host)
        .kid(
            el("div")
                .class("zoom")
                .kid(zoom("1.8", "+", texts.zoom_in))
                .kid(zoom("0.55", "\u{2212}", texts.zoom_out))
                .kid(zoom("0", "\u{2922}", texts.zoom_reset)),
        )
        .part(state)
        .kid(el("p").class("hush").attr("aria-live", "polite"));
    group([
        el("div")
            .class("head")
            .kid(el("h1").attr("id", "map").text(texts.map))
            .into(),
        el("p").class("sub").text(texts.map_sub).into(),
        frame.into(),
        el("p")
            .class("sub")
            .attr("aria-live", "polite")
            .live_text(move || own.with(|own| own.told(shop)))
            .into(),
        el("p")
            .class("hint")
            .attr("id", "map-keys")
            .text(texts.map_keys)
            .into(),
        part(move || own.with(|own| lists(shop, own, &canvas))),
    ])
}

/// Draws the products, whatever the shopper did.
async fn draw(shop: Shop, host: &Element) -> Result<(), String> {
    let texts = shop.texts;
    let catalogue = shop.catalogue();
    let rows = || (0..catalogue.len()).map(ItemIx::from);
    let none = catalogue.departments().len();
    let names = catalogue.departments().iter();
    let names: Vec<&str> = names.map(|of| texts.named(&of.name)).chain([""]).collect();
    let departments = Groups {
        of: rows()
            .map(|ix| catalogue.department_of(ix).unwrap_or(none) as u16)
            .collect(),
        names: names.join("\n"),
    };
    // A department alone is no category.
    let names = catalogue.categories().iter().map(|path| match &path[..] {
        [_, .., last] => texts.named(last),
        _ => "",
    });
    let categories = Groups {
        of: rows().map(|ix| catalogue.category_ix(ix) as u16).collect(),
        names: names.collect::<Vec<_>>().join("\n"),
    };
    let tell = move |row: u32| {
        let ix = ItemIx(row);
        let catalogue = shop.catalogue();
        let Some(product) = catalogue.product(ix) else {
            return String::new();
        };
        let department = product.category.first().map_or("", String::as_str);
        [
            &product.title,
            texts.named(department),
            &shop.price(product.price),
            &product_href(&product.id),
        ]
        .join("\n")
    };
    browser::map(host, &departments, &categories, texts.map_here, tell).await
}

/// The clicks and the picks as links, each of which is ringed on the map.
fn lists(shop: Shop, own: &Own, canvas: &Element) -> Node {
    let texts = shop.texts;
    if own.is_empty() {
        return group([]);
    }
    let list = |id: &str, tag: &str, title: &str, items: &[ItemIx]| {
        let rows = items.iter().filter_map(|&item| {
            let product = shop.catalogue().product(item)?;
            let light = |row: i32| {
                let canvas = canvas.clone();
                move |_| browser::light_map(&canvas, row)
            };
            let row = item.0 as i32;
            let link = el("a")
                .attr("href", &product_href(&product.id))
                .title(&product.title)
                .on("focus", light(row))
                .on("blur", light(-1))
                .on("pointerenter", light(row))
                .on("pointerleave", light(-1));
            Some(el("li").kid(link))
        });
        let rows: Vec<El> = rows.collect();
        el("section")
            .class("panel")
            .attr("aria-labelledby", id)
            .kid(el("h2").attr("id", id).text(title))
            .kid(
                el(tag)
                    .attr("role", "list")
                    .attr("aria-labelledby", id)
                    .kids(rows),
            )
    };
    let clicks: Vec<ItemIx> = own.clicks.iter().chain(&own.earlier).copied().collect();
    el("div")
        .class("boards two")
        .kid(list("map-mine", "ol", texts.map_mine, &clicks))
        .kid(list("map-picks", "ul", texts.picked, &own.picks))
        .into()
}

/// The first of the products in the department that has most of them. A mean of places could lie
/// where nothing is.
fn middle(shop: Shop, items: &[ItemIx]) -> Option<ItemIx> {
    let catalogue = shop.catalogue();
    let count = |item: ItemIx| {
        let of = catalogue.department_of(item);
        (items.iter())
            .filter(|&&other| catalogue.department_of(other) == of)
            .count()
    };
    let most = items.iter().map(|&item| count(item)).max()?;
    items.iter().copied().find(|&item| count(item) == most)
}

/// The departments of some products and how many are in each, largest first.
fn whereabouts(shop: Shop, items: &[ItemIx]) -> String {
    let catalogue = shop.catalogue();
    let counts = fewshop_web::state::Facets::departments(&catalogue, items);
    let mut named: Vec<(usize, &str)> = counts
        .into_iter()
        .zip(catalogue.departments())
        .filter(|(n, _)| *n > 0)
        .map(|(n, of)| (n, shop.texts.named(&of.name)))
        .collect();
    fewshop_web::state::sort_few(&mut named, |a, b| a.0 > b.0);
    let parts: Vec<String> = named
        .iter()
        .map(|(n, name)| [name, " (", &n.to_string(), ")"].concat())
        .collect();
    parts.join(shop.texts.comma)
}
