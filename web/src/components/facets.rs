//! The filters and the order of a list of products, as choices in the address.

use fewshop_core::ItemIx;
use fewshop_web::state::{Facets, Order, PRICES, price_band_end, short_brand};
use fewshop_web::texts::{Texts, fill};
use leptos::prelude::*;
use web_sys::{Event, Node};

use crate::browser;
use crate::nav::use_nav;
use crate::shop::{Shop, use_shop};
use crate::view::{El, el, group, memo, part};

/// Brands offered as a filter: a list of hundreds would be of no use.
const BRANDS: usize = 30;

/// The filters and the order in the address.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FacetQuery {
    /// Its filters.
    pub(crate) facets: Facets,
    /// Its order.
    pub(crate) order: Order,
}

impl FacetQuery {
    /// As in the current address, tracked; `own` is the order of a list whose address names none.
    pub(crate) fn read(own: Order) -> Self {
        let nav = use_nav();
        let facets = Facets {
            department: nav.query("in"),
            brand: nav.query("brand"),
            price: nav.query("price").parse().ok(),
        };
        Self {
            facets,
            order: Order::of(&nav.query("order"), own),
        }
    }
}

fn order_name(texts: &'static Texts, order: Order) -> &'static str {
    match order {
        Order::Found => texts.sort_popular,
        Order::ForYou => texts.sort_for_you,
        Order::PriceUp => texts.sort_price_up,
        Order::PriceDown => texts.sort_price_down,
    }
}

/// A field to choose one of several options, each a value and a name.
fn choice(label: &str, name: &'static str, chosen: &str, options: Vec<(String, String)>) -> El {
    let options = options.into_iter().map(|(value, text)| {
        let option = el("option").attr("value", &value).text(&text);
        if value == chosen {
            option.attr("selected", "")
        } else {
            option
        }
    });
    let change = move |event: Event| use_nav().set_query(name, &browser::value_of(&event));
    let id = ["facet-", name].concat();
    let select = el("select")
        .attr("name", name)
        .attr("id", &id)
        .kids(options)
        .on("change", change);
    el("div")
        .class("choice")
        .kid(el("label").attr("for", &id).text(label))
        .kid(select)
}

fn price_name(shop: Shop, band: usize) -> String {
    let texts = shop.texts;
    let show = |end: u32| shop.price(Some(price_band_end(end, shop.catalogue().currency())));
    match (
        band.checked_sub(1).and_then(|below| PRICES.get(below)),
        PRICES.get(band),
    ) {
        (None, Some(&end)) => fill(texts.price_below, &[&show(end)]),
        (Some(&start), Some(&end)) => fill(texts.price_between, &[&show(start), &show(end)]),
        (start, None) => fill(
            texts.price_from,
            &[&show(start.copied().unwrap_or_default())],
        ),
    }
}

/// The filters for an unfiltered list. With `departments` there is a filter for those too; `found`
/// is the name of the order as found, `own` the order of a list whose address names none.
pub(crate) fn facet_bar(
    items: Memo<Vec<ItemIx>>,
    departments: bool,
    found: &'static str,
    own: Memo<Order>,
) -> Node {
    let shop = use_shop();
    let texts = shop.texts;
    let query = memo(move || FacetQuery::read(own.get()));
    let any = (String::new(), texts.any.to_owned());
    let named = |name: &str, count: usize| [name, " (", &count.to_string(), ")"].concat();
    part(move || {
        let catalogue = shop.catalogue();
        let FacetQuery { facets, order } = query.get();
        let items = items.get();
        let mut choices = Vec::new();
        if departments {
            let counts = Facets::departments(&catalogue, &items);
            let each = catalogue
                .departments()
                .iter()
                .zip(counts)
                .filter(|(department, count)| *count > 0 || department.slug == facets.department);
            let each = each.map(|(department, count)| {
                (
                    department.slug.clone(),
                    named(texts.named(&department.name), count),
                )
            });
            let options = std::iter::once(any.clone()).chain(each).collect();
            choices.push(choice(texts.department, "in", &facets.department, options));
        }
        // Each option is counted within the other filters; otherwise it would promise products that
        // are not in the list.
        let among = |facets: Facets| -> Vec<ItemIx> {
            items
                .iter()
                .copied()
                .filter(|&item| facets.allows(&catalogue, item))
                .collect()
        };
        let mut shown = Facets::brands(
            &catalogue,
            &among(Facets {
                brand: String::new(),
                ..facets.clone()
            }),
            BRANDS,
        );
        if !facets.brand.is_empty() && !shown.iter().any(|(brand, _)| *brand == facets.brand) {
            shown.push((facets.brand.clone(), among(facets.clone()).len()));
        }
        let options = shown
            .into_iter()
            .map(|(brand, count)| (brand.clone(), named(short_brand(&brand), count)));
        choices.push(choice(
            texts.brand,
            "brand",
            &facets.brand,
            std::iter::once(any.clone()).chain(options).collect(),
        ));
        let band = facets
            .price
            .map(|band| band.to_string())
            .unwrap_or_default();
        let bands = (0..=PRICES.len()).map(|band| (band.to_string(), price_name(shop, band)));
        choices.push(choice(
            texts.price,
            "price",
            &band,
            std::iter::once(any.clone()).chain(bands).collect(),
        ));
        let orders = Order::ALL.into_iter().map(|order| {
            let name = if order == Order::Found {
                found
            } else {
                order_name(texts, order)
            };
            (order.name().to_owned(), name.to_owned())
        });
        choices.push(choice(texts.sort, "order", order.name(), orders.collect()));
        let hint = (order == Order::ForYou && (shop.is_blank() || shop.is_off()))
            .then(|| el("p").class("hint").text(texts.sort_for_you_cold));
        group(
            [el("div")
                .class("facet-bar")
                .attr("role", "group")
                .attr("aria-label", texts.narrow)
                .kids(choices)
                .into()]
            .into_iter()
            .chain(hint.map(Node::from)),
        )
    })
}
