//! The map of taste: a dot for every product, marks for the shopper's clicks and picks.

use fewshop_core::ItemIx;
use fewshop_web::texts::fill;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::Node;

use crate::browser;
use crate::components::product_href;
use crate::shop::{Shop, use_shop};
use crate::view::{El, effect, el, group, part, svg};

/// Width and height of the map, as `cargo xtask build` writes it.
const SIZE: (u32, u32) = (1000, 620);
/// Departments with a label: those with most products.
const NAMED: usize = 12;

/// Height of a label.
const LINE: u32 = 24;

/// The position of each product.
type Places = Vec<(u16, u16)>;

/// Reads `map.txt`: four digits of base 36 a product, two across and two down.
fn read(text: &str, products: usize) -> Result<Places, String> {
    let digit = |byte: u8| (byte as char).to_digit(36).map(|digit| digit as u16);
    let number = |pair: &[u8]| Some(digit(pair[0])? * 36 + digit(pair[1])?);
    let bytes = text.trim_end().as_bytes();
    let places: Option<Places> = bytes
        .chunks_exact(4)
        .map(|four| Some((number(&four[..2])?, number(&four[2..])?)))
        .collect();
    places
        .filter(|places| places.len() == products)
        .ok_or_else(|| ["map.txt holds no ", &products.to_string(), " places"].concat())
}

/// The page.
pub(crate) fn page() -> Node {
    let shop = use_shop();
    let texts = shop.texts;
    let places = RwSignal::new(None::<Result<Places, String>>);
    spawn_local(async move {
        let file = browser::text_after_load("map.txt").await;
        let _ = places.try_set(Some(
            file.and_then(|text| read(&text, shop.catalogue().len())),
        ));
    });
    let body = move || match places.get() {
        None => el("p").class("waiting").text(texts.search_starting).into(),
        Some(Err(why)) => el("p")
            .class("notice")
            .attr("role", "alert")
            .text(&[texts.map_failed, " ", &why].concat())
            .into(),
        Some(Ok(places)) => untrack(|| chart(shop, places)),
    };
    let head = el("div")
        .class("head")
        .kid(el("h1").attr("id", "map").text(texts.map));
    group([
        head.into(),
        el("p").class("sub").text(texts.map_sub).into(),
        part(body),
    ])
}

/// The shopper's clicks, and the picks for them.
fn own(shop: Shop) -> (Vec<ItemIx>, Vec<ItemIx>) {
    if shop.is_off() {
        return (Vec::new(), Vec::new());
    }
    let mine = shop.log.with(|log| {
        let now = log
            .session()
            .context_items()
            .into_iter()
            .rev()
            .map(|item| item.item);
        let mut mine: Vec<ItemIx> = now.collect();
        for &item in log.session().visits.iter().flatten() {
            if !mine.contains(&item) {
                mine.push(item);
            }
        }
        mine
    });
    let picked = shop.picked();
    let picks = if picked.is_own() {
        picked.picks().iter().map(|pick| pick.item).collect()
    } else {
        Vec::new()
    };
    (mine, picks)
}

fn dot(place: (u16, u16), class: &str, radius: &str) -> El {
    let (x, y) = (place.0.to_string(), place.1.to_string());
    svg("circle")
        .class(class)
        .attr("cx", &x)
        .attr("cy", &y)
        .attr("r", radius)
}

fn chart(shop: Shop, places: Places) -> Node {
    let texts = shop.texts;
    let catalogue = shop.catalogue();
    let departments = catalogue.departments();
    // One path of dots per department, and its label at their centre.
    let mut paths = vec![String::new(); departments.len() + 1];
    let mut sums = vec![(0u32, 0u32, 0u32); departments.len()];
    for (row, &(x, y)) in places.iter().enumerate() {
        let at = catalogue
            .department_of(ItemIx::from(row))
            .unwrap_or(departments.len());
        for part in ["M", &x.to_string(), " ", &y.to_string(), "h0"] {
            paths[at].push_str(part);
        }
        if let Some(sum) = sums.get_mut(at) {
            *sum = (sum.0 + u32::from(x), sum.1 + u32::from(y), sum.2 + 1);
        }
    }
    let dots = paths.iter().enumerate().map(|(at, path)| {
        let tile = departments.get(at).map_or(0, |department| department.tile);
        svg("path")
            .class(&["dots d", &tile.to_string()].concat())
            .attr("d", path)
    });
    let mut taken: Vec<(u32, u32)> = Vec::new();
    let names = departments
        .iter()
        .zip(&sums)
        .take(NAMED)
        .filter(|(_, sum)| sum.2 > 0)
        .map(|(department, &(x, y, n))| {
            let (x, mut y) = (x / n, y / n);
            // A label moves down if it would cover another.
            while taken
                .iter()
                .any(|&(other, line)| x.abs_diff(other) < 150 && y.abs_diff(line) < LINE)
            {
                y += LINE / 2;
            }
            taken.push((x, y));
            let name = svg("text")
                .attr("x", &x.to_string())
                .attr("y", &y.to_string());
            name.attr("text-anchor", "middle")
                .text(texts.named(&department.name))
        });
    let names: Vec<El> = names.collect();
    let lit = RwSignal::new(None::<ItemIx>);
    let places = StoredValue::new(places);
    let place = move |item: ItemIx| {
        places.with_value(|places| places.get(item.row()).copied().unwrap_or_default())
    };
    let marks = svg("g");
    let layer = marks.0.clone();
    effect(move || {
        let (mine, picks) = own(shop);
        layer.set_inner_html("");
        let picks = picks.iter().map(|&item| dot(place(item), "pick", "7"));
        let mine = mine.iter().map(|&item| dot(place(item), "mine", "11"));
        let lit = lit.get().map(|item| dot(place(item), "lit", "20"));
        for mark in picks.chain(mine).chain(lit) {
            let _ = layer.append_child(&mark.0);
        }
    });
    let said = move || {
        let (mine, picks) = own(shop);
        if mine.is_empty() {
            return texts.map_cold.to_owned();
        }
        fill(
            texts.map_said,
            &[
                &mine.len().to_string(),
                &whereabouts(shop, &mine),
                &picks.len().to_string(),
                &whereabouts(shop, &picks),
            ],
        )
    };
    let chart = svg("svg")
        .class("map")
        .attr(
            "viewBox",
            &["0 0 ", &SIZE.0.to_string(), " ", &SIZE.1.to_string()].concat(),
        )
        .attr("role", "img")
        .attr("aria-labelledby", "map")
        .attr("aria-describedby", "map-said")
        .kids(dots)
        .kids(names)
        .kid(marks);
    let lists = move || {
        let (mine, picks) = own(shop);
        let list = |id: &str, title: &str, items: &[ItemIx]| {
            let rows = items.iter().filter_map(|&item| {
                let product = shop.catalogue().product(item)?;
                let light = move |on: bool| move |_| lit.set(on.then_some(item));
                let link = el("a")
                    .attr("href", &product_href(&product.id))
                    .title(&product.title);
                let link = link.on("focus", light(true)).on("blur", light(false));
                Some(
                    el("li").kid(
                        link.on("pointerenter", light(true))
                            .on("pointerleave", light(false)),
                    ),
                )
            });
            el("section")
                .class("panel")
                .attr("aria-labelledby", id)
                .kid(el("h2").attr("id", id).text(title))
                .kid(
                    el("ul")
                        .attr("role", "list")
                        .attr("aria-labelledby", id)
                        .kids(rows.collect::<Vec<_>>()),
                )
        };
        if mine.is_empty() {
            return group([]);
        }
        let lists = [
            list("map-mine", texts.map_mine, &mine),
            list("map-picks", texts.picked, &picks),
        ];
        el("div").class("boards two").kids(lists).into()
    };
    let legend = el("p")
        .class("sub")
        .attr("id", "map-said")
        .attr("aria-live", "polite")
        .live_text(said);
    group([
        el("div").class("panel map-frame").kid(chart).into(),
        legend.into(),
        part(lists),
    ])
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
