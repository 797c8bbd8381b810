//! What the page needs of a pack: the catalogue and what is bought most. The only place that knows packs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use fewshop_core::{Catalogue, Item, ItemIx};
use serde_json::{Value, json};

use crate::root::shown;

/// Bestsellers that the catalogue file lists.
const POPULAR: usize = 200;

/// A shop as the page shows it before any engine runs.
#[derive(Debug)]
pub(crate) struct Shop {
    catalogue: Catalogue,
    /// Rows, most bought first.
    popular: Vec<ItemIx>,
    fingerprint: String,
    /// ISO 4217 code.
    currency: String,
    /// Where the data is from.
    notice: String,
}

impl Shop {
    /// Reads and checks a pack.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        if !path.exists() {
            bail!(
                "{} is not there: it holds the trained shop. `cargo xtask pack` trains and writes it, or give another with --pack",
                shown(path)
            );
        }
        let bytes = fs::read(path).with_context(|| format!("failed to read {}", shown(path)))?;
        let pack = fewshop_model::Pack::from_bytes(&bytes)
            .with_context(|| format!("{} is no good pack: `cargo xtask pack` writes it anew", shown(path)))?;
        let fingerprint = pack.fingerprint();
        let mut shop = Self::new(pack.catalogue, &pack.popularity)?;
        (shop.fingerprint, shop.currency, shop.notice) = (fingerprint, pack.card.currency, pack.card.data_notice);
        Ok(shop)
    }

    fn new(catalogue: Catalogue, popularity: &[u32]) -> Result<Self> {
        if catalogue.len() != popularity.len() {
            bail!("the pack counts the purchases of {} products but has {}", popularity.len(), catalogue.len());
        }
        let mut popular: Vec<ItemIx> = catalogue.iter().map(|(ix, _)| ix).collect();
        popular.sort_by_key(|ix| (std::cmp::Reverse(popularity[ix.row()]), *ix));
        popular.truncate(POPULAR);
        Ok(Self { catalogue, popular, fingerprint: String::new(), currency: String::new(), notice: String::new() })
    }

    /// The `n` products that are bought most, best first.
    pub(crate) fn bestsellers(&self, n: usize) -> impl Iterator<Item = (ItemIx, &Item)> {
        self.popular.iter().take(n).map(|&ix| (ix, &self.catalogue[ix]))
    }

    /// A price as it stands on the shelf.
    pub(crate) fn price_text(&self, item: &Item) -> String {
        let Some(price) = item.price else { return "–".to_owned() };
        match self.currency.as_str() {
            "USD" => format!("${price:.2}"),
            "GBP" => format!("£{price:.2}"),
            "EUR" => format!("€{price:.2}"),
            code => format!("{price:.2} {code}"),
        }
    }

    /// Number of products.
    pub(crate) fn len(&self) -> usize {
        self.catalogue.len()
    }

    /// The page's own copy of the catalogue: one column a field, so that names are not said 8,000 times.
    pub(crate) fn catalogue_json(&self) -> String {
        let items = self.catalogue.items();
        let mut categories: Vec<&[String]> = items.iter().map(|item| item.category.as_slice()).collect();
        categories.sort_unstable();
        categories.dedup();
        let column = |field: fn(&Item) -> Value| Value::Array(items.iter().map(field).collect());
        let category: Vec<usize> = items
            .iter()
            .map(|item| categories.binary_search(&item.category.as_slice()).expect("every category was just put in"))
            .collect();
        json!({
            "pack": self.fingerprint,
            "currency": self.currency,
            "items": {
                "id": column(|item| item.id.0.as_str().into()),
                "title": column(|item| item.title.as_str().into()),
                "category": category,
                "brand": column(|item| item.brand.as_str().into()),
                "size": column(|item| item.size.as_str().into()),
                "price": column(price),
                "picture": column(|item| item.picture.as_str().into()),
            },
            "categories": categories,
            "popularity": self.popular,
            "note": self.notice,
        })
        .to_string()
    }

    /// The bestsellers inside the page, by the same words.
    pub(crate) fn bestsellers_json(&self, n: usize) -> String {
        let items: Vec<Value> = self
            .bestsellers(n)
            .map(|(ix, item)| {
                json!({
                    "ix": ix, "id": item.id, "title": item.title, "category": item.category, "brand": item.brand, "size": item.size,
                    "price": price(item), "picture": item.picture,
                })
            })
            .collect();
        json!({
            "pack": self.fingerprint,
            "currency": self.currency,
            "total": self.len(),
            "departments": self.departments(),
            "items": items,
        })
        .to_string()
    }

    /// Department names in the storefront's own order, so that its navigation does not jump when the catalogue arrives: by the number of
    /// bestsellers, then of products, then by name.
    fn departments(&self) -> Vec<&str> {
        let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for item in self.catalogue.items().iter().filter(|item| !item.department().is_empty()) {
            counts.entry(item.department()).or_default().1 += 1;
        }
        for ix in &self.popular {
            if let Some(count) = counts.get_mut(self.catalogue[*ix].department()) {
                count.0 += 1;
            }
        }
        let mut names: Vec<&str> = counts.keys().copied().collect();
        names.sort_by_key(|name| std::cmp::Reverse(counts[name]));
        names
    }
}

/// In cents' precision: 2.69 as an `f32` would else be written 2.690000057220459.
fn price(item: &Item) -> Value {
    item.price.map_or(Value::Null, |price| json!((f64::from(price) * 100.0).round() / 100.0))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Milk, bread & a rare thing without a price.
    pub(crate) fn small_shop() -> Shop {
        let mut milk = Item::new("1", "Whole milk");
        milk.category = vec!["Dairy & eggs".into(), "Milk".into()];
        milk.brand = "House brand".into();
        milk.size = "1 gal".into();
        milk.price = Some(2.69);
        milk.picture = "1f95b".into();
        let mut bread = Item::new("2", "Rye <bread>");
        bread.category = vec!["Bakery".into()];
        bread.price = Some(1.5);
        let catalogue = Catalogue::new(vec![milk, Item::new("3", "Rare thing"), bread]).unwrap();
        let shop = Shop::new(catalogue, &[5, 0, 9]).unwrap();
        Shop { fingerprint: "00112233aabbccdd".into(), currency: "USD".into(), notice: "Made up.".into(), ..shop }
    }

    #[test]
    fn the_catalogue_is_written_in_columns() {
        let value: Value = serde_json::from_str(&small_shop().catalogue_json()).unwrap();
        assert_eq!((&value["pack"], &value["currency"]), (&json!("00112233aabbccdd"), &json!("USD")));
        assert_eq!(value["items"]["title"], json!(["Whole milk", "Rare thing", "Rye <bread>"]));
        assert_eq!(value["items"]["price"], json!([2.69, null, 1.5]));
        assert_eq!(value["popularity"], json!([2, 0, 1]));
        assert_eq!(value["categories"], json!([[], ["Bakery"], ["Dairy & eggs", "Milk"]]));
        assert_eq!(value["items"]["category"], json!([2, 0, 1]));
    }

    #[test]
    fn bestsellers_carry_their_rows() {
        let value: Value = serde_json::from_str(&small_shop().bestsellers_json(2)).unwrap();
        assert_eq!(value["items"].as_array().unwrap().len(), 2);
        assert_eq!((&value["total"], &value["departments"]), (&json!(3), &json!(["Bakery", "Dairy & eggs"])));
        assert_eq!((&value["items"][0]["ix"], &value["items"][1]["price"]), (&json!(2), &json!(2.69)));
    }

    #[test]
    fn counts_of_another_catalogue_are_refused() {
        let error = Shop::new(Catalogue::new(vec![Item::new("1", "A")]).unwrap(), &[1, 2]).unwrap_err();
        assert!(error.to_string().contains("purchases of 2 products but has 1"), "{error}");
    }

    #[test]
    fn a_missing_pack_says_how_to_make_it() {
        let error = Shop::read(Path::new("/no/such.pack")).unwrap_err().to_string();
        assert!(error.contains("/no/such.pack") && error.contains("cargo xtask pack"), "{error}");
    }
}
