//! One product: description, price, and what goes well with it.

use fewshop_core::ItemIx;
use fewshop_web::state::{Differ, Page, Pick, Product, differ_in, short_brand};
use fewshop_web::texts::{fill, thousands};
use leptos::prelude::*;
use web_sys::Node;

use super::home::{recently_viewed, without};
use super::lost::lost;
use crate::browser;
use crate::components::{
    Shelf, amount_stepper, department_href, fact, picture, product_href, stepper,
};
use crate::nav::href_of;
use crate::page_title::name_page;
use crate::shop::{WITH_ITEM, similar_name, use_shop, with_item_name};
use crate::view::{el, group, memo, nothing, when};

/// Products of a title shown before the rest is hidden.
const VARIANTS: usize = 8;

/// The page of the product with this id.
pub(crate) fn page(id: &str) -> Node {
    let shop = use_shop();
    let texts = shop.texts;
    let catalogue = shop.catalogue();
    let Some(product) = catalogue.find(id).and_then(|ix| catalogue.product(ix)) else {
        return lost(texts.no_such_product);
    };
    let ix = product.ix;
    name_page(&product.title);
    shop.enter(ix);
    let quantity = memo(move || shop.cart.with(|cart| cart.quantity(ix)));
    let dismissed = memo(move || shop.log.with(|log| log.is_dismissed(ix)));
    let ranked = move |name: String| {
        memo(move || shop.corrected(without(shop.ranked(&name), ix), WITH_ITEM))
    };
    let goes_with = ranked(with_item_name(ix));
    // The engine's alternatives or, without an engine, the bestsellers of the same category under a
    // heading of their own.
    let similar = ranked(similar_name(ix));
    let near = StoredValue::new(neighbours(&product));
    let alternatives = memo(move || {
        let similar = similar.get();
        if similar.is_empty() {
            near.with_value(|(_, near)| near.clone())
        } else {
            similar
        }
    });
    let has_similar = memo(move || similar.with(|similar| !similar.is_empty()));
    let heading = move || {
        if has_similar.get() {
            texts.similar.to_owned()
        } else {
            near.with_value(|(name, _)| fill(texts.more_in, &[texts.named(name)]))
        }
    };
    let sub = move || {
        if has_similar.get() {
            texts.similar_sub
        } else {
            texts.more_in_sub
        }
        .to_owned()
    };
    let title = product.title.clone();
    let rows = [(texts.size, &product.size), (texts.brand, &product.brand)];
    let rows = rows
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(label, value)| fact(label, value));
    let state = move || match (quantity.get(), dismissed.get()) {
        (0, true) => texts.is_dismissed.to_owned(),
        _ => String::new(),
    };
    let name = title.clone();
    // What is in the cart can be changed here, too.
    let held = memo(move || quantity.get() > 0);
    let in_cart = when(
        move || held.get(),
        move || {
            let said = move || fill(texts.in_cart, &[&thousands(u64::from(quantity.get()))]);
            let cart = el("a")
                .attr("href", &href_of(&Page::Cart))
                .text(texts.view_cart);
            el("p")
                .class("held-here")
                .kid(stepper(ix, &name))
                .kid(el("span").attr("aria-live", "polite").live_text(said))
                .kid(cart)
                .into()
        },
    );
    let amount = RwSignal::new(1_usize);
    let add = el("button")
        .attr("type", "button")
        .class("btn primary big")
        .text(texts.add)
        .click(move |_| {
            shop.add_some(ix, amount.get_untracked() as u32);
            amount.set(1);
        });
    let not_for_me = el("button")
        .attr("type", "button")
        .class("btn big")
        .live("aria-pressed", move || Some(dismissed.get().to_string()))
        .text(texts.not_for_me)
        .click(move |_| {
            if dismissed.get_untracked() {
                shop.retract(ix)
            } else {
                shop.dismiss(ix)
            }
        });
    let unit = shop
        .unit_price(&product)
        .map(|price| el("span").class("unit").text(&price));
    let about = el("div")
        .class("about")
        .kid(el("h1").attr("id", "product").title(&product.title))
        .kid(
            el("p")
                .class("price")
                .text(&shop.price(product.price))
                .maybe(unit),
        )
        .kid(el("dl").class("facts").kids(rows))
        .part(move || variants(ix))
        .kid(
            el("div")
                .class("acts")
                .kid(amount_stepper(amount))
                .kid(add)
                .kid(not_for_me),
        )
        .kid(in_cart)
        .kid(
            el("p")
                .class("hint")
                .attr("aria-live", "polite")
                .live_text(state),
        );
    let tile = el("div")
        .class(&(shop.tile_class(&product) + " big"))
        .kid(picture(&product.picture, &product.title));
    let goes_with = Shelf {
        sub: Box::new(move || fill(texts.with_item_sub, &[&title])),
        reasons: false,
        dismissible: false,
        ..Shelf::new("with-item", texts.with_item, "", goes_with)
    };
    let alternatives = Shelf {
        title: Box::new(heading),
        sub: Box::new(sub),
        reasons: false,
        dismissible: false,
        ..Shelf::new("similar", "", "", alternatives)
    };
    group([
        breadcrumb(&product),
        el("article")
            .class("product")
            .attr("aria-labelledby", "product")
            .kid(tile)
            .kid(about)
            .into(),
        goes_with.view().into(),
        alternatives.view().into(),
        recently_viewed(Some(ix)).into(),
    ])
}

/// The name of the narrowest category of a product that holds others too, and its bestsellers.
fn neighbours(product: &Product) -> (String, Vec<Pick>) {
    let catalogue = use_shop().catalogue();
    let Some(department) = product.category.first() else {
        return Default::default();
    };
    let of = |category: Option<&str>| -> Vec<Pick> {
        let others = catalogue
            .members(department, category)
            .into_iter()
            .filter(|&ix| ix != product.ix);
        others.take(WITH_ITEM).map(Pick::plain).collect()
    };
    match product.category.get(1).map(|name| (name, of(Some(name)))) {
        Some((name, picks)) if !picks.is_empty() => (name.clone(), picks),
        _ => (department.clone(), of(None)),
    }
}

/// Other products of this title as links, each by what it differs in.
fn variants(ix: ItemIx) -> Node {
    let shop = use_shop();
    let texts = shop.texts;
    let catalogue = shop.in_order();
    let variants = catalogue.variants(ix);
    if variants.len() < 2 {
        return nothing();
    }
    let differ = differ_in(&catalogue, &variants);
    let heading = match differ {
        Differ::Size => texts.other_sizes,
        Differ::Brand => texts.other_brands,
        Differ::Other => texts.other_variants,
    };
    let open = RwSignal::new(variants.len() <= VARIANTS);
    let folded = variants.len().saturating_sub(VARIANTS);
    // The product itself is always among those shown.
    let mut shown: Vec<ItemIx> = vec![ix];
    shown.extend(variants.into_iter().filter(|&other| other != ix));
    let links = shown.into_iter().enumerate().map(|(at, other)| {
        let Some(product) = catalogue.product(other) else {
            return el("li");
        };
        let brand = short_brand(&product.brand);
        let price = shop.price(product.price);
        let name: Vec<&str> = match differ {
            Differ::Size => vec![&product.size, &price],
            Differ::Brand => vec![brand, &price],
            Differ::Other => vec![&product.size, brand, &price],
        };
        let name: Vec<&str> = name.into_iter().filter(|part| !part.is_empty()).collect();
        let link = el("a")
            .class("chip")
            .attr("href", &product_href(&product.id))
            .text(&name.join(" · "));
        let item = el("li").kid(if other == ix {
            link.attr("aria-current", "true")
        } else {
            link
        });
        if at < VARIANTS {
            item
        } else {
            item.flag("hidden", move || !open.get())
        }
    });
    let list = el("ul").attr("role", "list").kids(links);
    let more = move || {
        let button = el("button")
            .attr("type", "button")
            .class("chip")
            .text(&fill(texts.more_categories, &[&folded.to_string()]))
            .click(move |_| {
                open.set(true);
                browser::rescue_focus();
            });
        el("li").kid(button).into()
    };
    el("nav")
        .class("chips others")
        .attr("aria-label", heading)
        .kid(el("p").class("hint").text(heading))
        .kid(list.when(move || !open.get(), more))
        .into()
}

/// Home, department and category of a product as links.
fn breadcrumb(product: &Product) -> Node {
    let shop = use_shop();
    let texts = shop.texts;
    let catalogue = shop.catalogue();
    let Some(department) = catalogue
        .department_of(product.ix)
        .and_then(|at| catalogue.departments().get(at))
    else {
        return nothing();
    };
    let href = department_href(&department.slug);
    let category = product.category.get(1).and_then(|name| {
        department
            .categories
            .iter()
            .find(|category| &category.name == name)
    });
    let link = |href: &str, name: &str| el("li").kid(el("a").attr("href", href).text(name));
    let category = category.map(|category| {
        link(
            &format!("{href}?category={}", browser::encode(&category.slug)),
            texts.named(&category.name),
        )
    });
    let trail = el("ol")
        .attr("role", "list")
        .kid(link(&href_of(&Page::Home), texts.shop_home))
        .kid(link(&href, texts.named(&department.name)))
        .maybe(category);
    el("nav")
        .class("trail")
        .attr("aria-label", texts.breadcrumb)
        .kid(trail)
        .into()
}
