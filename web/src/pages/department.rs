//! A department: its categories, and its products by sales or by this shopper's taste.

use fewshop_core::protocol::ShelfRequest;
use fewshop_core::{Filter, ItemIx, Objective};
use fewshop_web::state::{Department, Learning, Order};
use fewshop_web::texts::{count, fill};
use leptos::prelude::*;
use web_sys::Node;

use super::lost::lost;
use crate::browser;
use crate::components::{FacetQuery, department_href, facet_bar, grid};
use crate::nav::use_nav;
use crate::page_title::name_page;
use crate::shop::use_shop;
use crate::view::{effect, el, group, memo, nothing, part};

/// Products that the engine ranks for the order 'for you'; the rest follow by sales.
const RANKED: usize = 96;
/// Categories shown before the rest is hidden.
const CHIPS: usize = 14;

/// The list in the address.
#[derive(Clone, PartialEq)]
struct ShelfQuery {
    department: Department,
    category: Option<String>,
    for_you: bool,
}

impl ShelfQuery {
    fn path(&self) -> Vec<String> {
        std::iter::once(self.department.name.clone())
            .chain(self.category.clone())
            .collect()
    }

    fn shelf_name(&self) -> String {
        format!("department/{}", self.path().join("/"))
    }
}

fn address(slug: &str, category: Option<&str>, order: &str) -> String {
    let category = category.map(|slug| format!("category={}", browser::encode(slug)));
    let order = (!order.is_empty()).then(|| format!("order={}", browser::encode(order)));
    let query: Vec<String> = category.into_iter().chain(order).collect();
    let question = if query.is_empty() { "" } else { "?" };
    format!("{}{question}{}", department_href(slug), query.join("&"))
}

/// The page of the department with this name in the address.
pub(crate) fn page(slug: &str) -> Node {
    let shop = use_shop();
    let nav = use_nav();
    let texts = shop.texts;
    let Some((_, department)) = shop
        .catalogue()
        .department(slug)
        .map(|(at, department)| (at, department.clone()))
    else {
        return lost(texts.no_such_department);
    };
    let name = texts.named(&department.name).to_owned();
    name_page(&name);
    // Where the shopper chose or asked for something before they came, their own order comes first. It is decided
    // once: a list must not change its order under a click.
    let here = shop.catalogue().department(slug).map(|(at, _)| at);
    let knows = shop.log.with_untracked(|log| {
        let (catalogue, session) = (shop.catalogue(), log.session());
        let is_here = |item: &ItemIx| catalogue.department_of(*item) == here;
        log.learning() != Learning::Off
            && (session
                .context_items()
                .iter()
                .any(|event| is_here(&event.item))
                || session.visits.iter().any(|visit| visit.iter().any(is_here))
                || (log.asked().iter()).any(|asked| asked.items().iter().any(is_here)))
    });
    let own = memo(move || if knows { Order::ForYou } else { Order::Found });
    let query = memo(move || {
        let wanted = nav.query("category");
        let category = department
            .categories
            .iter()
            .find(|category| category.slug == wanted);
        let for_you = Order::of(&nav.query("order"), own.get()) == Order::ForYou;
        ShelfQuery {
            department: department.clone(),
            category: category.map(|category| category.name.clone()),
            for_you,
        }
    });
    effect(move || {
        let query = query.get();
        let filter = Filter::of_category(query.path());
        let wanted = query.for_you.then(|| ShelfRequest {
            name: query.shelf_name(),
            n: RANKED,
            filter,
            seeds: Vec::new(),
            objective: Objective::Likely,
        });
        shop.want(wanted.into_iter().collect());
    });
    let members = memo(move || {
        query.with(|query| {
            shop.in_order()
                .members(&query.department.name, query.category.as_deref())
        })
    });
    let filters = memo(move || FacetQuery::read(own.get()));
    let ordered = memo(move || {
        let members = members.get();
        if !query.with(|query| query.for_you) {
            return members;
        }
        let first: Vec<ItemIx> = shop.by_taste(&query.with(ShelfQuery::shelf_name));
        // A mask, since a department may hold thousands of products.
        let mut taken = vec![false; shop.catalogue().len()];
        for ix in &first {
            if let Some(slot) = taken.get_mut(ix.row()) {
                *slot = true;
            }
        }
        first
            .into_iter()
            .chain(members.into_iter().filter(|ix| !taken[ix.row()]))
            .collect()
    });
    let items = memo(move || {
        let FacetQuery { facets, order } = filters.get();
        facets.apply(&shop.catalogue(), ordered.get(), order)
    });
    let number = move || {
        count(
            texts.products_one,
            texts.products_many,
            items.with(Vec::len),
        )
    };
    let list = memo(move || query.with(ShelfQuery::shelf_name));
    let head = el("div")
        .class("head")
        .kid(el("h1").attr("id", "department").text(&name))
        .kid(el("p").class("sub").live_text(number));
    group([
        head.into(),
        part(move || chips(query.get())),
        facet_bar(members, false, texts.sort_popular, own),
        grid(items, "department", list),
    ])
}

/// The categories of a department as links.
fn chips(query: ShelfQuery) -> Node {
    let texts = use_shop().texts;
    let ShelfQuery {
        department,
        category,
        ..
    } = query;
    let order = use_nav().query("order");
    if department.categories.len() < 2 {
        return nothing();
    }
    let open = RwSignal::new(
        department
            .categories
            .iter()
            .skip(CHIPS)
            .any(|other| Some(&other.name) == category.as_ref()),
    );
    let folded = department.categories.len().saturating_sub(CHIPS);
    let chip = |slug: Option<&str>, name: &str, current: bool| {
        let link = el("a")
            .class("chip")
            .attr("href", &address(&department.slug, slug, &order))
            .text(name);
        el("li").kid(if current {
            link.attr("aria-current", "true")
        } else {
            link
        })
    };
    let chips = department.categories.iter().enumerate().map(|(at, other)| {
        let chip = chip(
            Some(&other.slug),
            texts.named(&other.name),
            Some(&other.name) == category.as_ref(),
        );
        if at < CHIPS {
            chip
        } else {
            chip.flag("hidden", move || !open.get())
        }
    });
    let label = move || {
        if open.get() {
            texts.fewer_categories.to_owned()
        } else {
            fill(texts.more_categories, &[&folded.to_string()])
        }
    };
    let more = (folded > 0).then(|| {
        let button = el("button")
            .attr("type", "button")
            .class("chip")
            .live("aria-expanded", move || Some(open.get().to_string()))
            .live_text(label)
            .click(move |_| open.update(|open| *open = !*open));
        el("li").kid(button)
    });
    let list = el("ul")
        .attr("role", "list")
        .kid(chip(None, texts.all, category.is_none()))
        .kids(chips)
        .maybe(more);
    el("nav")
        .class("chips")
        .attr("aria-label", texts.categories)
        .kid(list)
        .into()
}
