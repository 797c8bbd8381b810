//! What the page needs of a pack: the catalogue and what is bought most. The only place that knows packs.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use fewshop_core::{Catalogue, Item, ItemIx};
use fewshop_web::state::{Catalogue as PageCatalogue, Product};
use serde_json::{Value, json};

use crate::root::shown;

/// Bestsellers that the catalogue file lists.
const POPULAR: usize = 200;

/// A shop as the page shows it before any engine runs.
#[derive(Debug)]
pub(crate) struct Shop {
    /// `catalogue.json`.
    pub(crate) json: String,
    /// The same as the storefront reads it: departments, addresses and prices are then its own, not ours.
    pub(crate) catalogue: PageCatalogue,
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
        Self::new(&pack.catalogue, &pack.popularity, &pack.fingerprint(), &pack.card.currency, &pack.card.data_notice)
    }

    fn new(catalogue: &Catalogue, popularity: &[u32], fingerprint: &str, currency: &str, notice: &str) -> Result<Self> {
        if catalogue.len() != popularity.len() {
            bail!("the pack counts the purchases of {} products but has {}", popularity.len(), catalogue.len());
        }
        let mut popular: Vec<ItemIx> = catalogue.iter().map(|(ix, _)| ix).collect();
        popular.sort_by_key(|ix| (std::cmp::Reverse(popularity[ix.row()]), *ix));
        popular.truncate(POPULAR);

        let items = catalogue.items();
        let mut categories: Vec<&[String]> = items.iter().map(|item| item.category.as_slice()).collect();
        categories.sort_unstable();
        categories.dedup();
        let category: Vec<usize> = items
            .iter()
            .map(|item| categories.binary_search(&item.category.as_slice()).expect("every category was just put in"))
            .collect();
        // One column a field, so that the fields' names are not said 8,000 times.
        let column = |field: fn(&Item) -> Value| Value::Array(items.iter().map(field).collect());
        // Texts repeat: each once, and which of them each row has.
        let words = |field: fn(&Item) -> &str| {
            let mut list: Vec<&str> = items.iter().map(field).collect();
            list.sort_unstable();
            list.dedup();
            let of: Vec<usize> = items.iter().filter_map(|item| list.binary_search(&field(item)).ok()).collect();
            json!({ "words": list, "of": of })
        };
        let json = json!({
            "pack": fingerprint,
            "currency": currency,
            "items": {
                "id": column(|item| item.id.0.as_str().into()),
                "title": words(|item| &item.title),
                "category": category,
                "brand": words(|item| &item.brand),
                "size": words(|item| &item.size),
                "price": column(|item| price(item.price)),
                "picture": words(|item| &item.picture),
            },
            "categories": categories,
            "popularity": popular,
            "note": notice,
        })
        .to_string();
        let catalogue = PageCatalogue::parse(&json).context("the storefront cannot read the catalogue that was made for it")?;
        Ok(Self { json, catalogue })
    }

    /// The `n` products that are bought most, best first.
    pub(crate) fn bestsellers(&self, n: usize) -> impl Iterator<Item = Product> {
        self.catalogue.bestsellers().iter().take(n).filter_map(|&ix| self.catalogue.product(ix))
    }

    /// The bestsellers as they stand inside the page, with what its header says.
    pub(crate) fn bestsellers_json(&self, n: usize) -> String {
        let items: Vec<Value> = self
            .bestsellers(n)
            .map(|item| {
                json!({
                    "ix": item.ix, "id": item.id, "title": item.title, "category": item.category, "brand": item.brand,
                    "size": item.size, "price": price(item.price), "picture": item.picture,
                })
            })
            .collect();
        let departments: Vec<&str> = self.catalogue.departments().iter().map(|department| department.name.as_str()).collect();
        json!({
            "pack": self.catalogue.pack(),
            "currency": self.catalogue.currency(),
            "total": self.catalogue.len(),
            "departments": departments,
            "items": items,
        })
        .to_string()
    }
}

/// In cents' precision: 2.69 as an `f32` would else be written 2.690000057220459.
fn price(price: Option<f32>) -> Value {
    price.map_or(Value::Null, |price| json!((f64::from(price) * 100.0).round() / 100.0))
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
        Shop::new(&catalogue, &[5, 0, 9], "00112233aabbccdd", "USD", "Made up.").unwrap()
    }

    #[test]
    fn the_catalogue_is_written_in_columns() {
        let value: Value = serde_json::from_str(&small_shop().json).unwrap();
        assert_eq!((&value["pack"], &value["currency"]), (&json!("00112233aabbccdd"), &json!("USD")));
        assert_eq!(value["items"]["title"], json!({"words": ["Rare thing", "Rye <bread>", "Whole milk"], "of": [2, 0, 1]}));
        assert_eq!(value["items"]["price"], json!([2.69, null, 1.5]));
        assert_eq!(value["popularity"], json!([2, 0, 1]));
        assert_eq!(value["categories"], json!([[], ["Bakery"], ["Dairy & eggs", "Milk"]]));
        assert_eq!(value["items"]["category"], json!([2, 0, 1]));
        assert_eq!(value["note"], "Made up.");
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
        let error = Shop::new(&Catalogue::new(vec![Item::new("1", "A")]).unwrap(), &[1, 2], "", "", "").unwrap_err();
        assert!(error.to_string().contains("purchases of 2 products but has 1"), "{error}");
    }

    #[test]
    fn a_missing_pack_says_how_to_make_it() {
        let error = Shop::read(Path::new("/no/such.pack")).unwrap_err().to_string();
        assert!(error.contains("/no/such.pack") && error.contains("cargo xtask pack"), "{error}");
    }

    #[test]
    fn a_broken_pack_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("broken.pack");
        fs::write(&path, "not a pack").unwrap();
        let error = Shop::read(&path).unwrap_err().to_string();
        assert!(error.contains("broken.pack is no good pack"), "{error}");
    }
}
