//! One product: what it is, what it costs, what goes well with it.

use fewshop_core::protocol::ShelfRequest;
use fewshop_core::{Filter, ItemIx};
use fewshop_web::state::{Money, Pick, Product, thousands};
use fewshop_web::texts::fill;
use leptos::prelude::*;

use super::Lost;
use super::home::without;
use crate::app::name_page;
use crate::browser;
use crate::components::{Picture, Shelf, department_href};
use crate::shop::use_shop;
use crate::view::{click, memo, text};

/// Products on its shelf: one row.
const WITH_ITEM: usize = 6;

fn shelf_name(ix: ItemIx) -> String {
    format!("with_item/{}", ix.0)
}

/// The page.
#[component]
pub(crate) fn ProductPage(
    /// The shop's id of the product.
    id: String,
) -> AnyView {
    let shop = use_shop();
    let texts = shop.texts;
    let catalogue = shop.catalogue();
    let Some(product) = catalogue.find(&id).and_then(|ix| catalogue.product(ix)) else {
        return view! { <Lost title=texts.no_such_product /> }.into_any();
    };
    let ix = product.ix;
    name_page(&product.title);
    shop.want(Some(ShelfRequest { name: shelf_name(ix), n: WITH_ITEM, filter: Filter::ALL, seeds: vec![ix] }));
    shop.view(ix);
    let quantity = memo(move || shop.cart.with(|cart| cart.quantity(ix)));
    let dismissed = memo(move || shop.log.with(|log| log.is_dismissed(ix)));
    let price = shop.price(Money::from_price(product.price));
    // What the engine finds, or, without one, the bestsellers of the same category, under a heading that says so.
    let ranked = Signal::derive(move || without(shop.ranked(&shelf_name(ix)), ix));
    let near = StoredValue::new(neighbours(&product));
    let picks = Signal::derive(move || {
        let ranked = ranked.get();
        if ranked.is_empty() { near.with_value(|(_, near)| near.clone()) } else { ranked }
    });
    let has_ranked = memo(move || ranked.with(|ranked| !ranked.is_empty()));
    let title = product.title.clone();
    let heading = move || {
        if has_ranked.get() { texts.with_item.to_owned() } else { near.with_value(|(name, _)| fill(texts.more_in, &[name])) }
    };
    let sub = {
        let title = title.clone();
        text(move || if has_ranked.get() { fill(texts.with_item_sub, &[&title]) } else { texts.more_in_sub.to_owned() })
    };
    let rows = [(texts.size, product.size.clone()), (texts.brand, product.brand.clone())];
    let rows = rows.into_iter().filter(|(_, value)| !value.is_empty()).map(|(label, value)| {
        view! {
            <div>
                <dt>{label}</dt>
                <dd>{value}</dd>
            </div>
        }
    });
    let toggle = move |_| if dismissed.get_untracked() { shop.retract(ix) } else { shop.dismiss(ix) };
    let state = text(move || match (quantity.get(), dismissed.get()) {
        (0, false) => String::new(),
        (0, true) => texts.is_dismissed.to_owned(),
        (n, _) => fill(texts.in_cart, &[&thousands(u64::from(n))]),
    });
    view! {
        <Breadcrumb product=product.clone() />
        <article class="product" aria-labelledby="product">
            <div class=format!("tile big t{}", shop.tile(&product))>
                <Picture key=product.picture.clone() title=title.clone() />
            </div>
            <div class="about">
                <h1 id="product">{title.clone()}</h1>
                <p class="price">{price}</p>
                <dl class="facts">{rows.collect_view()}</dl>
                <div class="acts">
                    <button
                        type="button"
                        class="btn primary big"
                        aria-label=fill(texts.add_named, &[&title])
                        on:click=click(move |_| shop.add(ix))
                    >
                        {texts.add}
                    </button>
                    <button
                        type="button"
                        class="btn big"
                        aria-pressed=text(move || dismissed.get().to_string())
                        on:click=click(toggle)
                    >
                        {texts.not_for_me}
                    </button>
                </div>
                <p class="hint" aria-live="polite">
                    {state}
                </p>
            </div>
        </article>
        <Shelf id="with-item" title=heading sub=sub picks=picks reasons=false single=true />
    }
    .into_any()
}

/// The name of the narrowest category of a product that holds others too, and its bestsellers.
fn neighbours(product: &Product) -> (String, Vec<Pick>) {
    let catalogue = use_shop().catalogue();
    let Some(department) = product.category.first() else { return Default::default() };
    let of = |category: Option<&str>| -> Vec<Pick> {
        let others = catalogue.members(department, category).into_iter().filter(|&ix| ix != product.ix);
        others.take(WITH_ITEM).map(Pick::plain).collect()
    };
    match product.category.get(1).map(|name| (name, of(Some(name)))) {
        Some((name, picks)) if !picks.is_empty() => (name.clone(), picks),
        _ => (department.clone(), of(None)),
    }
}

/// Department and category of a product, each a way back.
#[component]
fn Breadcrumb(product: Product) -> AnyView {
    let shop = use_shop();
    let texts = shop.texts;
    let catalogue = shop.catalogue();
    let Some(department) = catalogue.department_of(product.ix).and_then(|at| catalogue.departments().get(at)) else {
        return ().into_any();
    };
    let slug = department_href(&department.slug);
    let category = product.category.get(1).and_then(|name| department.categories.iter().find(|category| &category.name == name));
    let category = category.map(|category| {
        let href = format!("{slug}?category={}", browser::encode(&category.slug));
        view! {
            <li>
                <a href=href>{category.name.clone()}</a>
            </li>
        }
    });
    view! {
        <nav class="trail" aria-label=texts.breadcrumb>
            <ol role="list">
                <li>
                    <a href=slug.clone()>{department.name.clone()}</a>
                </li>
                {category}
            </ol>
        </nav>
    }
    .into_any()
}
