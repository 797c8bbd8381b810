//! A department: its categories, and its products by sales or by this shopper's taste.

use fewshop_core::protocol::ShelfRequest;
use fewshop_core::{Filter, ItemIx};
use fewshop_web::state::Department;
use fewshop_web::texts::{count, fill};
use leptos::prelude::*;

use super::Lost;
use crate::app::name_page;
use crate::browser;
use crate::components::{Grid, department_href};
use crate::nav::use_nav;
use crate::shop::use_shop;
use crate::view::{click, current, effect, flag, memo, part, text, when};

/// Products that the engine ranks for the order 'for you'; those beyond follow by sales.
const RANKED: usize = 96;
/// Categories that are shown before the rest is folded away.
const CHIPS: usize = 14;

/// What the address asks for.
#[derive(Clone, PartialEq)]
struct Asked {
    department: Department,
    category: Option<String>,
    for_you: bool,
}

impl Asked {
    fn path(&self) -> Vec<String> {
        std::iter::once(self.department.name.clone()).chain(self.category.clone()).collect()
    }

    fn shelf_name(&self) -> String {
        format!("department/{}", self.path().join("/"))
    }
}

fn address(slug: &str, category: Option<&str>, for_you: bool) -> String {
    let category = category.map(|slug| format!("category={}", browser::encode(slug)));
    let order = for_you.then(|| "order=for-you".to_owned());
    let query: Vec<String> = category.into_iter().chain(order).collect();
    let question = if query.is_empty() { "" } else { "?" };
    format!("{}{question}{}", department_href(slug), query.join("&"))
}

/// The page.
#[component]
pub(crate) fn DepartmentPage(
    /// Its name in the address.
    slug: String,
) -> AnyView {
    let shop = use_shop();
    let nav = use_nav();
    let Some((_, department)) = shop.catalogue().department(&slug).map(|(at, department)| (at, department.clone())) else {
        return view! { <Lost title=shop.texts.no_such_department /> }.into_any();
    };
    name_page(&department.name);
    let asked = memo(move || {
        let wanted = nav.query("category");
        let category = department.categories.iter().find(|category| category.slug == wanted);
        let for_you = nav.query("order") == "for-you";
        Asked { department: department.clone(), category: category.map(|category| category.name.clone()), for_you }
    });
    effect(move || {
        let asked = asked.get();
        let filter = Filter { category: asked.path() };
        shop.want(asked.for_you.then(|| ShelfRequest { name: asked.shelf_name(), n: RANKED, filter, seeds: Vec::new() }));
    });
    let texts = shop.texts;
    let members = memo(move || asked.with(|asked| shop.catalogue().members(&asked.department.name, asked.category.as_deref())));
    let items = Signal::derive(move || {
        let members = members.get();
        if !asked.with(|asked| asked.for_you) {
            return members;
        }
        let first: Vec<ItemIx> = shop.ranked(&asked.with(Asked::shelf_name)).into_iter().map(|pick| pick.item).collect();
        // A mask, since a department may hold thousands of products.
        let mut taken = vec![false; shop.catalogue().len()];
        for ix in &first {
            if let Some(slot) = taken.get_mut(ix.row()) {
                *slot = true;
            }
        }
        first.into_iter().chain(members.into_iter().filter(|ix| !taken[ix.row()])).collect()
    });
    let name = text(move || asked.with(|asked| asked.department.name.clone()));
    let number = text(move || count(texts.products_one, texts.products_many, items.with(Vec::len)));
    let list = text(move || asked.with(Asked::shelf_name));
    let order = move |for_you: bool, label: &'static str| {
        let href = text(move || {
            asked.with(|asked| {
                let category =
                    asked.department.categories.iter().find(|category| Some(&category.name) == asked.category.as_ref());
                address(&asked.department.slug, category.map(|category| category.slug.as_str()), for_you)
            })
        });
        let is = current("true", move || asked.with(|asked| asked.for_you == for_you));
        view! {
            <a href=href aria-current=is>
                {label}
            </a>
        }
        .into_any()
    };
    let cold = move || shop.is_blank() && asked.with(|asked| asked.for_you);
    let hint = move || view! { <p class="hint">{texts.sort_for_you_cold}</p> }.into_any();
    let chips = part(move || view! { <Chips asked=asked.get() /> }.into_any());
    view! {
        <div class="head">
            <h1 id="department">{name}</h1>
            <p class="sub">{number}</p>
            <nav class="switch" aria-label=texts.sort>
                {order(false, texts.sort_popular)}
                {order(true, texts.sort_for_you)}
            </nav>
        </div>
        {chips}
        {when(cold, hint)}
        <Grid items=items labelled_by="department" reset=list />
    }
    .into_any()
}

/// The categories of a department, to narrow it down.
#[component]
fn Chips(asked: Asked) -> AnyView {
    let texts = use_shop().texts;
    let Asked { department, category, for_you } = asked;
    if department.categories.len() < 2 {
        return ().into_any();
    }
    let open = RwSignal::new(department.categories.iter().skip(CHIPS).any(|other| Some(&other.name) == category.as_ref()));
    let folded = department.categories.len().saturating_sub(CHIPS);
    let slug = department.slug.clone();
    let all = view! {
        <li>
            <a class="chip" href=address(&slug, None, for_you) aria-current=category.is_none().then_some("true")>
                {texts.all}
            </a>
        </li>
    };
    let chips = department.categories.iter().enumerate().map(|(at, other)| {
        let current = (Some(&other.name) == category.as_ref()).then_some("true");
        view! {
            <li hidden=flag(move || at >= CHIPS && !open.get())>
                <a class="chip" href=address(&slug, Some(&other.slug), for_you) aria-current=current>
                    {other.name.clone()}
                </a>
            </li>
        }
    });
    let more = (folded > 0).then(|| {
        let label = move || {
            if open.get() { texts.fewer_categories.to_owned() } else { fill(texts.more_categories, &[&folded.to_string()]) }
        };
        view! {
            <li>
                <button
                    type="button"
                    class="chip"
                    aria-expanded=text(move || open.get().to_string())
                    on:click=click(move |_| open.update(|open| *open = !*open))
                >
                    {label}
                </button>
            </li>
        }
    });
    view! {
        <nav class="chips" aria-label=texts.categories>
            <ul role="list">{all} {chips.collect_view()} {more}</ul>
        </nav>
    }
    .into_any()
}
