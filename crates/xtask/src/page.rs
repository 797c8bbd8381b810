//! Fills the page's template.

use std::fmt::Write as _;

use anyhow::{Result, bail};
use fewshop_core::Item;

use crate::shop::Shop;

/// Bestsellers that stand in the page before any script runs.
const FIRST_SHELF: usize = 12;

/// What the page may load, and from where: from itself, and nothing else. Sent as a header by `serve`; stands in the page too, so that
/// it holds on any static host.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; \
                                 img-src 'self' data:; style-src 'self' 'unsafe-inline'; manifest-src 'self'; base-uri 'none'; \
                                 form-action 'none'";

/// The page for one shop. `has_picture` says whether there is a file for a picture's key.
pub(crate) fn page(template: &str, shop: &Shop, has_picture: impl Fn(&str) -> bool) -> Result<String> {
    let mut shelf = String::new();
    for (_, item) in shop.bestsellers(FIRST_SHELF) {
        card(&mut shelf, item, &shop.price_text(item), has_picture(&item.picture));
    }
    // A '<' could end the script element early.
    let json = shop.bestsellers_json(FIRST_SHELF).replace('<', "\\u003c");
    fill(
        template,
        &[
            ("policy", POLICY),
            ("products", &thousands(shop.len())),
            ("bestsellers", shelf.trim_end()),
            ("bestsellers-json", &json),
        ],
    )
}

/// One product of the first shelf.
fn card(to: &mut String, item: &Item, price: &str, has_picture: bool) {
    let picture = if has_picture {
        format!(r#"<img src="/assets/pictures/{}.webp" alt="" width="160" height="160">"#, escape(&item.picture))
    } else {
        String::new()
    };
    let meta: Vec<&str> = [item.brand.as_str(), item.size.as_str()].into_iter().filter(|text| !text.is_empty()).collect();
    // Writing to a String cannot fail.
    let _ = writeln!(
        to,
        r#"<article class="card"><div class="tile">{picture}</div><div class="body"><h3>{}</h3><p class="meta">{}</p><div class="buy"><span class="price">{}</span></div></div></article>"#,
        escape(&item.title),
        escape(&meta.join(" · ")),
        escape(price),
    );
}

/// Puts the values where the template says `{{name}}`. Every name must be given, and every value used.
fn fill(template: &str, values: &[(&str, &str)]) -> Result<String> {
    let mut filled = String::with_capacity(template.len());
    let mut used = vec![false; values.len()];
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else {
            bail!("index.html: a '{{{{' has no '}}}}' after it");
        };
        let Some(at) = values.iter().position(|(known, _)| *known == name.trim()) else {
            let known: Vec<&str> = values.iter().map(|(known, _)| *known).collect();
            bail!("index.html: nothing is called '{}'; expected one of {}", name.trim(), known.join(", "));
        };
        used[at] = true;
        filled.push_str(before);
        filled.push_str(values[at].1);
        rest = after;
    }
    filled.push_str(rest);
    match used.iter().position(|used| !used) {
        Some(at) => bail!("index.html: '{{{{{}}}}}' is missing", values[at].0),
        None => Ok(filled),
    }
}

/// Text that stands for itself in HTML, also inside an attribute's quotes.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// 8547 as 8,547.
fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::tests::small_shop;

    #[test]
    fn the_template_of_this_checkout_can_be_filled() {
        let template = std::fs::read_to_string(crate::root::root().join("index.html")).unwrap();
        let page = page(&template, &small_shop(), |key| key == "1f95b").unwrap();
        assert!(page.contains("Whole milk") && page.contains("/assets/pictures/1f95b.webp") && page.contains("$2.69"));
        assert!(!page.contains("{{") && !page.contains("<bread>"));
    }

    #[test]
    fn titles_are_text_and_not_markup() {
        let page = page("{{policy}}{{products}}{{bestsellers}}|{{bestsellers-json}}", &small_shop(), |_| false).unwrap();
        let (html, json) = page.split_once('|').unwrap();
        assert!(html.contains("Rye &lt;bread&gt;") && !html.contains("<img"));
        assert!(json.contains("Rye \\u003cbread>") && !json.contains('<'));
    }

    #[test]
    fn each_name_is_filled_and_none_is_forgotten() {
        assert_eq!(fill("a {{x}} b {{ y }} {{x}}", &[("x", "1"), ("y", "{{z}}")]).unwrap(), "a 1 b {{z}} 1");
        let error = |template| fill(template, &[("x", "1")]).unwrap_err().to_string();
        assert_eq!(error("{{y}}"), "index.html: nothing is called 'y'; expected one of x");
        assert_eq!(error("none"), "index.html: '{{x}}' is missing");
        assert_eq!(error("{{x"), "index.html: a '{{' has no '}}' after it");
    }

    #[test]
    fn large_numbers_have_commas() {
        assert_eq!([7, 999, 8547, 1_234_567].map(thousands), ["7", "999", "8,547", "1,234,567"]);
    }
}
