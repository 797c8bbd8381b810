//! The whole catalogue as plain HTML, for browsers without WebAssembly or scripts: one page per
//! department, and one that lists them.

use std::fmt::Write as _;

use fewshop_core::ItemIx;
use fewshop_web::texts::thousands;

use crate::page::{Place, escape, logo, name};
use crate::policy::meta_policy;
use crate::shop::Shop;

/// Folder of these pages in the site.
pub(crate) const FOLDER: &str = "plain/";
/// Page of the products without a department.
const OTHERS: &str = "other-products";

/// The pages with their file names, relative to the shop's folder.
pub(crate) fn pages(shop: &Shop, place: &Place) -> Vec<(String, String)> {
    let catalogue = &shop.catalogue;
    let base = &place.home();
    let mut lists: Vec<(&str, &str, Vec<ItemIx>)> = catalogue
        .departments()
        .iter()
        .map(|department| {
            (
                department.slug.as_str(),
                department.name.as_str(),
                catalogue.members(&department.name, None),
            )
        })
        .collect();
    let others: Vec<ItemIx> = catalogue
        .ranked()
        .iter()
        .copied()
        .filter(|&ix| catalogue.department_of(ix).is_none())
        .collect();
    if !others.is_empty() {
        lists.push((
            OTHERS,
            if lists.is_empty() {
                "All products"
            } else {
                "Other products"
            },
            others,
        ));
    }
    let mut entries = String::new();
    let mut pages = Vec::with_capacity(lists.len() + 1);
    for (slug, name, members) in lists {
        let (name, count) = (escape(name), thousands(members.len() as u64));
        // Writing to a String cannot fail.
        let _ = writeln!(
            entries,
            r#"<li><a href="{base}{FOLDER}{slug}.html">{name}</a> ({count})</li>"#
        );
        pages.push((
            format!("{FOLDER}{slug}.html"),
            frame(shop, place, &name, &list(shop, &name, &members)),
        ));
    }
    let body = format!(
        "<h1>All {} products</h1>\n<ul>\n{entries}</ul>",
        thousands(catalogue.len() as u64)
    );
    pages.push((
        format!("{FOLDER}index.html"),
        frame(shop, place, "All products", &body),
    ));
    pages
}

/// The products of a department by category, bestsellers first; `name` is already escaped.
fn list(shop: &Shop, name: &str, members: &[ItemIx]) -> String {
    let catalogue = &shop.catalogue;
    let mut body = format!("<h1>{name}</h1>\n");
    let mut categories: Vec<(&str, Vec<ItemIx>)> = Vec::new();
    for &ix in members {
        let category = catalogue.category(ix).get(1).map_or("", String::as_str);
        match categories.iter_mut().find(|(other, _)| *other == category) {
            Some((_, items)) => items.push(ix),
            None => categories.push((category, vec![ix])),
        }
    }
    for (category, items) in categories {
        if !category.is_empty() {
            let _ = writeln!(body, "<h2>{}</h2>", escape(category));
        }
        body += "<ul>\n";
        for ix in items {
            let (brand, size) = catalogue.brand_and_size(ix);
            let price = catalogue
                .price(ix)
                .map(|price| price.show(catalogue.currency(), "$"));
            let about = [Some(size), Some(brand), price.as_deref()];
            let about: Vec<&str> = about
                .into_iter()
                .flatten()
                .filter(|text| !text.is_empty())
                .collect();
            let _ = writeln!(
                body,
                "<li>{} <span class=\"meta\">{}</span></li>",
                escape(catalogue.title(ix)),
                escape(&about.join(" · "))
            );
        }
        body += "</ul>\n";
    }
    body
}

fn frame(shop: &Shop, place: &Place, title: &str, body: &str) -> String {
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>{title} · {name}</title>
<link rel="stylesheet" href="{site}assets/style.css">
</head>
<body>
<header class="top"><div class="wrap"><div class="bar"><a class="logo" href="{base}" aria-label="{name} home">{logo}</a>{switch}
<a href="{base}{FOLDER}index.html">All products</a></div></div></header>
<main class="wrap plain">
{body}
</main>
</body>
</html>
"#,
        policy = meta_policy(&place.site, None),
        site = place.site,
        base = place.home(),
        switch = place.switch(),
        name = name(shop),
        logo = logo(shop),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::tests::small_shop;

    #[test]
    fn every_product_stands_on_one_page_and_every_page_on_the_first() {
        let shop = small_shop();
        let pages = pages(&shop, &Place::alone(&"/shop/".parse().unwrap()));
        let (first, rest) = pages.split_last().unwrap();
        assert_eq!(first.0, "plain/index.html");
        for (file, _) in rest {
            assert!(
                first.1.contains(&format!(r#"href="/shop/{file}""#)),
                "{file}"
            );
        }
        for &ix in shop.catalogue.ranked() {
            let line = format!("<li>{} <span", escape(shop.catalogue.title(ix)));
            assert_eq!(
                rest.iter().filter(|(_, page)| page.contains(&line)).count(),
                1,
                "{line}"
            );
        }
        assert!(
            rest.iter()
                .all(|(_, page)| !page.contains("<script") && !page.contains("style="))
        );
    }
}
