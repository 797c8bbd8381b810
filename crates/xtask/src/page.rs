//! Fills the page's template.

use std::fmt::Write as _;

use anyhow::{Result, bail};
use fewshop_web::state::{Product, SECOND_SHOP, tile_of};
use fewshop_web::texts::{EN, thousands};

use crate::policy::meta_policy;
use crate::shop::Shop;
use crate::together::{self, Asking};

/// Bestsellers in the page's HTML, visible before any script runs.
const FIRST_SHELF: usize = 12;

/// The path at which a host serves the site: `/`, or for instance `/shop/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base(String);

impl Default for Base {
    fn default() -> Self {
        Self("/".to_owned())
    }
}

impl std::str::FromStr for Base {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "/-_.~".contains(c));
        if !(plain && text.starts_with('/') && text.ends_with('/')) || text.contains("//") {
            return Err("expected a path that begins and ends with '/', such as /shop/".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

impl Base {
    /// Without this tag the storefront takes the root of the host for the root of the site.
    fn tag(&self) -> String {
        if self.is_root() {
            String::new()
        } else {
            format!("<base href=\"{}\">", self.0)
        }
    }

    /// Whether it is the root of the host.
    pub(crate) fn is_root(&self) -> bool {
        self.0 == "/"
    }
}

impl std::fmt::Display for Base {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a shop lies: the path of its site and, if the site has two shops, which one it is.
///
/// The second shop is a folder with all that is a shop's own: page, catalogue, pack, pictures,
/// service worker. The program, its engine and its style lie at the site's root for both.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    /// The site's path.
    pub(crate) site: Base,
    /// The folder of this shop if the site has two: "" for the one at the root.
    pub(crate) folder: Option<&'static str>,
}

impl Place {
    /// The only shop of a site.
    pub(crate) fn alone(site: &Base) -> Self {
        Self {
            site: site.clone(),
            folder: None,
        }
    }

    /// Both shops of a site.
    pub(crate) fn both(site: &Base) -> [Self; 2] {
        ["", SECOND_SHOP].map(|folder| Self {
            site: site.clone(),
            folder: Some(folder),
        })
    }

    /// The folder within the site, with a slash after it; "" at its root.
    pub(crate) fn below(&self) -> String {
        match self.folder {
            Some(folder) if !folder.is_empty() => format!("{folder}/"),
            _ => String::new(),
        }
    }

    /// The path of the shop.
    pub(crate) fn home(&self) -> String {
        format!("{}{}", self.site, self.below())
    }

    /// The attribute by which the page knows its shop.
    fn attribute(&self) -> String {
        self.folder
            .map_or_else(String::new, |folder| format!(" data-shop=\"{folder}\""))
    }

    /// Links to both shops, as in the storefront's header; nothing if there is one.
    pub(crate) fn switch(&self) -> String {
        let Some(here) = self.folder else {
            return String::new();
        };
        let links: String = Self::both(&self.site)
            .iter()
            .zip([EN.shop_groceries, EN.shop_gifts])
            .map(|(place, name)| {
                let current = if place.folder == Some(here) {
                    " aria-current=\"true\""
                } else {
                    ""
                };
                format!("<a href=\"{}\"{current}>{name}</a>", place.home())
            })
            .collect();
        format!(
            "<nav class=\"shops\" aria-label=\"{}\">{links}</nav>",
            EN.shops
        )
    }
}

/// The page for one shop. `has_picture` tells whether a picture exists for a key.
pub(crate) fn page(
    template: &str,
    shop: &Shop,
    place: &Place,
    asking: Option<&Asking>,
    has_picture: impl Fn(&str) -> bool,
) -> Result<String> {
    let base = &place.home();
    let mut navigation = String::new();
    for department in shop.catalogue.departments() {
        let (name, slug) = (escape(&department.name), escape(&department.slug));
        // Writing to a String cannot fail.
        let _ = writeln!(
            navigation,
            r#"<li><a href="{base}department/{slug}">{name}</a></li>"#
        );
    }
    let mut shelf = String::new();
    for product in shop.bestsellers(FIRST_SHELF) {
        card(
            &mut shelf,
            &product,
            shop.catalogue.currency(),
            base,
            has_picture(&product.picture),
        );
    }
    fill(
        template,
        &[
            ("base", base),
            ("site", &place.site.0),
            ("shop", &place.attribute()),
            ("pack", shop.catalogue.sha256().unwrap_or_default()),
            ("switch", &place.switch()),
            ("base-tag", &place.site.tag()),
            (
                "policy",
                &meta_policy(&place.site, asking.map(|asking| &*asking.origin)),
            ),
            ("together", &together::tag(base, asking)),
            ("name", &name(shop)),
            ("logo", &logo(shop)),
            ("what", what(shop)),
            ("products", &thousands(shop.catalogue.len() as u64)),
            ("departments", navigation.trim_end()),
            ("bestsellers", shelf.trim_end()),
            ("below", &escape(EN.picked_cold)),
        ],
    )
}

/// The shop's name, escaped for HTML.
pub(crate) fn name(shop: &Shop) -> String {
    escape(shop.catalogue.name().unwrap_or("Fewshop"))
}

/// The name as the header shows it.
pub(crate) fn logo(shop: &Shop) -> String {
    shop.catalogue
        .name()
        .map_or_else(|| "few<span>shop</span>".to_owned(), escape)
}

/// The kind of shop; only known for the committed pack.
fn what(shop: &Shop) -> &'static str {
    if shop.catalogue.name().is_some() {
        "shop"
    } else {
        "grocery shop"
    }
}

/// One product of the first shelf, in the storefront's own markup.
fn card(to: &mut String, product: &Product, currency: &str, base: &str, has_picture: bool) {
    let picture = if has_picture {
        let key = escape(&product.picture);
        format!(
            r#"<img src="{base}assets/pictures/{key}.webp" alt="" width="160" height="160" decoding="async">"#
        )
    } else {
        let initial: String = product
            .title
            .chars()
            .find(|c| c.is_alphanumeric())
            .into_iter()
            .flat_map(char::to_uppercase)
            .collect();
        format!(
            r#"<span class="initial" aria-hidden="true">{}</span>"#,
            escape(&initial)
        )
    };
    let meta: Vec<&str> = [product.size.as_str(), product.brand.as_str()]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect();
    let price = product.price.map_or_else(
        || "No price listed".to_owned(),
        |price| price.show(currency, "$"),
    );
    let department = product.category.first().map_or("", String::as_str);
    let _ = writeln!(
        to,
        concat!(
            r#"<li class="card"><div class="tile t{}">{}</div><div class="body"><span class="title">{}</span>"#,
            r#"<p class="meta">{}</p><div class="buy"><span class="price">{}</span></div></div></li>"#
        ),
        tile_of(department),
        picture,
        escape(&product.title),
        escape(&meta.join(" · ")),
        escape(&price),
    );
}

/// Replaces each `{{name}}` in the template by its value. Every name needs a value, and every value
/// must be used.
fn fill(template: &str, values: &[(&str, &str)]) -> Result<String> {
    let mut filled = String::with_capacity(template.len());
    let mut used = vec![false; values.len()];
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else {
            bail!("index.html: a '{{{{' without '}}}}'");
        };
        let Some(at) = values.iter().position(|(known, _)| *known == name.trim()) else {
            let known: Vec<&str> = values.iter().map(|(known, _)| *known).collect();
            bail!(
                "index.html: unknown name '{}', expected one of {}",
                name.trim(),
                known.join(", ")
            );
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

/// Escapes text for HTML, including attribute values in quotes.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::tests::small_shop;

    fn template() -> String {
        std::fs::read_to_string(crate::root::root().join("index.html")).unwrap()
    }

    #[test]
    fn the_template_of_this_checkout_can_be_filled() {
        let page = page(&template(), &small_shop(), &Place::default(), None, |key| {
            key == "1f95b"
        })
        .unwrap();
        assert!(
            page.contains("Whole milk")
                && page.contains(r#"src="/assets/pictures/1f95b.webp""#)
                && page.contains("$2.69")
        );
        assert!(
            page.contains(r#"href="/department/dairy-eggs">Dairy &amp; eggs</a>"#),
            "{page}"
        );
        assert!(!page.contains("{{") && !page.contains("<bread>") && !page.contains("<base"));
    }

    #[test]
    fn a_site_below_the_root_says_where_it_is() {
        let page = page(
            &template(),
            &small_shop(),
            &Place::alone(&"/shop/".parse().unwrap()),
            None,
            |_| true,
        )
        .unwrap();
        assert!(page.contains(r#"<base href="/shop/">"#) && page.contains("base-uri 'self'"));
        // Every address in the page begins with it.
        for attribute in ["href=\"/", "src=\"/"] {
            assert_eq!(
                page.matches(attribute).count(),
                page.matches(&format!("{attribute}shop/")).count(),
                "{attribute}"
            );
        }
    }

    #[test]
    fn a_shop_that_takes_part_has_one_script_and_one_address_more() {
        let asking = Asking {
            published: String::new(),
            origin: "https://learn.example".to_owned(),
        };
        let [with, without] = [Some(&asking), None].map(|asking| {
            page(
                &template(),
                &small_shop(),
                &Place::default(),
                asking,
                |_| true,
            )
            .unwrap()
        });
        let same = with.replace(" https://learn.example", "").replace(
            r#"<script type="module" src="/assets/together.js"></script>"#,
            "",
        );
        assert_ne!(with, without);
        assert_eq!(same, without, "to the byte");
    }

    #[test]
    fn two_shops_link_to_each_other_and_share_the_program() {
        let site: Base = "/shop/".parse().unwrap();
        let [first, second] = Place::both(&site)
            .map(|place| page(&template(), &small_shop(), &place, None, |_| true).unwrap());
        let links = |current: [&str; 2]| {
            format!(
                r#"<a href="/shop/"{}>Groceries</a><a href="/shop/gift/"{}>Gifts</a></nav>"#,
                current[0], current[1]
            )
        };
        let current = r#" aria-current="true""#;
        assert!(first.contains(&links([current, ""])), "{first}");
        assert!(second.contains(&links(["", current])), "{second}");
        assert!(first.contains(r#" data-shop="" "#) && second.contains(r#" data-shop="gift" "#));
        // With it the engine's download starts before the program has read the catalogue.
        let sha256 = small_shop().catalogue.sha256().unwrap().to_owned();
        assert!(first.contains(&format!(" data-pack=\"{sha256}\">")));
        // The tag says where the site is, the attribute which shop of it this is.
        assert!(second.contains(r#"<base href="/shop/">"#));
        for shared in ["app/fewshop-web.js", "assets/boot.js", "assets/style.css"] {
            assert!(second.contains(&format!("\"/shop/{shared}\"")), "{shared}");
        }
        for own in [
            "cart",
            "assets/catalogue.json",
            "assets/pictures/1f95b.webp",
        ] {
            assert!(second.contains(&format!("\"/shop/gift/{own}\"")), "{own}");
        }
    }

    #[test]
    fn a_base_is_a_plain_folder() {
        for bad in [
            "",
            "shop/",
            "/shop",
            "//evil/",
            "/a\"b/",
            "/a b/",
            "http://x/",
        ] {
            assert!(bad.parse::<Base>().is_err(), "{bad}");
        }
        assert_eq!("/".parse::<Base>(), Ok(Base::default()));
    }

    #[test]
    fn titles_are_text_and_not_markup() {
        let all = "{{name}}{{logo}}{{what}}{{base}}{{site}}{{shop}}{{pack}}{{switch}}{{base-tag}}{{policy}}{{together}}{{products}}{{departments}}{{bestsellers}}{{below}}";
        let html = page(all, &small_shop(), &Place::default(), None, |_| false).unwrap();
        assert!(
            html.contains("Rye &lt;bread&gt;")
                && !html.contains("<img")
                && html.contains(">R</span>")
        );
    }

    #[test]
    fn each_name_is_filled_and_none_is_forgotten() {
        assert_eq!(
            fill("a {{x}} b {{ y }} {{x}}", &[("x", "1"), ("y", "{{z}}")]).unwrap(),
            "a 1 b {{z}} 1"
        );
        let error = |template| fill(template, &[("x", "1")]).unwrap_err().to_string();
        assert_eq!(
            error("{{y}}"),
            "index.html: unknown name 'y', expected one of x"
        );
        assert_eq!(error("none"), "index.html: '{{x}}' is missing");
        assert_eq!(error("{{x"), "index.html: a '{{' without '}}'");
    }
}
