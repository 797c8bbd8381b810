//! What the page needs of a pack: the catalogue and what is bought most. The only place that knows packs.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use fewshop_core::{Catalogue, Item, ItemIx};
use fewshop_web::state::{Catalogue as PageCatalogue, Product};
use serde_json::{Value, json};

use crate::extras;
use crate::files::digest;
use crate::recorded::{self, Sessions};
use crate::root::{root, shop_pack, shown};

/// Bestsellers that the catalogue file lists.
const POPULAR: usize = 200;

/// Whose shop is built.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Which {
    /// Another pack than web/assets/shop.pack
    #[arg(long, value_name = "FILE")]
    pub(crate) pack: Option<PathBuf>,
    /// Cases of that shop (case_id,k,position,item_id; CSV): 'Try it as' replays three of their sessions
    #[arg(long, value_name = "FILE", requires = "pack", requires = "truth")]
    pub(crate) cases: Option<PathBuf>,
    /// What those cases' shoppers also took (case_id,item_id; CSV)
    #[arg(long, value_name = "FILE", requires = "cases")]
    pub(crate) truth: Option<PathBuf>,
}

impl Which {
    /// The pack's file.
    pub(crate) fn file(&self) -> PathBuf {
        self.pack.clone().unwrap_or_else(shop_pack)
    }

    /// Sessions to choose from; none for another pack without cases: those that are committed are of the committed pack's shop.
    fn sessions(&self) -> Result<Sessions> {
        match (&self.pack, &self.cases, &self.truth) {
            (_, Some(cases), Some(truth)) => recorded::of_cases(cases, truth),
            // However it is written: the committed pack keeps its sessions.
            (Some(pack), ..) if fs::canonicalize(pack).ok() != fs::canonicalize(shop_pack()).ok() => Ok(Sessions::new()),
            _ => {
                let file = root().join("tests/goldens/validation_sessions.csv");
                recorded::golden(&fs::read_to_string(&file).with_context(|| format!("failed to read {}", shown(&file)))?)
            }
        }
    }
}

/// Products for 'New here' at the least, where that is not more than a tenth of the shop.
const FRESH: usize = 12;

/// A shop as the page shows it before any engine runs.
#[derive(Debug)]
pub(crate) struct Shop {
    /// `catalogue.json`.
    pub(crate) json: String,
    /// The same as the storefront reads it: departments, addresses and prices are then its own, not ours.
    pub(crate) catalogue: PageCatalogue,
    /// `try.json`.
    pub(crate) sessions: String,
    /// `map.txt`.
    pub(crate) map: String,
}

impl Shop {
    /// Reads and checks a pack.
    pub(crate) fn read(which: &Which) -> Result<Self> {
        let path = &which.file();
        if !path.exists() {
            bail!(
                "{} is not there: it holds the trained shop. `cargo xtask pack` trains and writes it, or give another with --pack",
                shown(path)
            );
        }
        let bytes = fs::read(path).with_context(|| format!("failed to read {}", shown(path)))?;
        let pack = fewshop_model::Pack::from_bytes(&bytes)
            .with_context(|| format!("{} is no good pack: `cargo xtask pack` writes it anew", shown(path)))?;
        // The engine names a pack by the hash at its end; this one is of the whole file.
        let names = [&*pack.fingerprint(), &*digest(&bytes)];
        let card = &pack.card;
        let shop = Self::new(&pack.catalogue, &pack.popularity, names, [&card.shop, &card.currency, &card.data_notice])?;
        let sessions = extras::sessions(&pack, &which.sessions()?).context("the recorded sessions cannot be replayed")?;
        Ok(Self { sessions, map: extras::map(&pack), ..shop })
    }

    fn new(catalogue: &Catalogue, popularity: &[u32], names: [&str; 2], card: [&str; 3]) -> Result<Self> {
        let [fingerprint, sha256] = names;
        let [name, currency, notice] = card;
        if catalogue.len() != popularity.len() {
            bail!("the pack counts the purchases of {} products but has {}", popularity.len(), catalogue.len());
        }
        let mut popular: Vec<ItemIx> = catalogue.iter().map(|(ix, _)| ix).collect();
        popular.sort_by_key(|ix| (Reverse(popularity[ix.row()]), *ix));
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
        let json = json!({
            "pack": fingerprint,
            "sha256": sha256,
            "name": name,
            "currency": currency,
            "items": {
                "id": column(|item| item.id.0.as_str().into()),
                "title": words(items, |item| &item.title, Order::FirstUse),
                "category": category,
                "brand": words(items, |item| &item.brand, Order::Alphabet),
                "size": words(items, |item| &item.size, Order::MostUsed),
                "price": column(|item| item.price.map_or(Value::Null, |price| json!(cents(price)))),
                "picture": words(items, |item| &item.picture, Order::Alphabet),
            },
            "categories": categories,
            "popularity": popular,
            "fresh": fresh(&category, popularity),
            "note": notice,
        })
        .to_string();
        let catalogue = PageCatalogue::parse(&json).context("the storefront cannot read the catalogue that was made for it")?;
        Ok(Self { json, catalogue, sessions: String::new(), map: String::new() })
    }

    /// The `n` products that are bought most, best first.
    pub(crate) fn bestsellers(&self, n: usize) -> impl Iterator<Item = Product> {
        self.catalogue.bestsellers().iter().take(n).filter_map(|&ix| self.catalogue.product(ix))
    }
}

/// Products for 'New here': of each category the one that is bought least, if it is bought at all; those bought least first.
fn fresh(category: &[usize], popularity: &[u32]) -> Vec<usize> {
    let mut least: BTreeMap<usize, (u32, usize)> = BTreeMap::new();
    for (row, (&category, &sold)) in category.iter().zip(popularity).enumerate().filter(|(_, (_, sold))| **sold > 0) {
        let best = least.entry(category).or_insert((sold, row));
        *best = (*best).min((sold, row));
    }
    let mut fresh: Vec<(u32, usize)> = least.into_values().collect();
    fresh.sort_unstable();
    let mut fresh: Vec<usize> = fresh.into_iter().map(|(_, row)| row).collect();
    // A shop of few categories, or of none, has more that is new than one of each.
    let mut others: Vec<usize> = (0..popularity.len()).filter(|row| popularity[*row] > 0 && !fresh.contains(row)).collect();
    others.sort_by_key(|&row| popularity[row]);
    let room = FRESH.min(popularity.len() / 10).saturating_sub(fresh.len());
    fresh.extend(others.into_iter().take(room));
    fresh
}

/// In which order the texts of a column stand. Rows name them by number, and what compresses best differs: on Complete Journey the order
/// chosen for a column saves 1.2 kB of titles (rows lie by title within a category) and 0.8 kB of sizes against the alphabet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Alphabet,
    FirstUse,
    MostUsed,
}

/// Texts repeat: each once, and which of them each row has.
fn words(items: &[Item], field: fn(&Item) -> &str, order: Order) -> Value {
    // First row and number of rows of each text.
    let mut uses: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (row, item) in items.iter().enumerate() {
        uses.entry(field(item)).or_insert((row, 0)).1 += 1;
    }
    let mut list: Vec<&str> = uses.keys().copied().collect();
    match order {
        Order::Alphabet => {}
        Order::FirstUse => list.sort_by_key(|word| uses[word].0),
        Order::MostUsed => list.sort_by_key(|word| Reverse(uses[word].1)),
    }
    let number: BTreeMap<&str, usize> = list.iter().copied().zip(0..).collect();
    let of: Vec<usize> = items.iter().map(|item| number[field(item)]).collect();
    json!({ "words": list, "of": of })
}

fn cents(price: f32) -> u32 {
    (f64::from(price) * 100.0).round() as u32
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
        Shop::new(&catalogue, &[5, 0, 9], ["00112233aabbccdd", "99"], ["Fewshop", "USD", "Made up."]).unwrap()
    }

    #[test]
    fn the_catalogue_is_written_in_columns() {
        let value: Value = serde_json::from_str(&small_shop().json).unwrap();
        assert_eq!((&value["pack"], &value["currency"]), (&json!("00112233aabbccdd"), &json!("USD")));
        assert_eq!(value["sha256"], "99");
        assert_eq!(value["items"]["title"], json!({"words": ["Whole milk", "Rare thing", "Rye <bread>"], "of": [0, 1, 2]}));
        assert_eq!(value["items"]["size"], json!({"words": ["", "1 gal"], "of": [1, 0, 0]}));
        assert_eq!(value["items"]["picture"], json!({"words": ["", "1f95b"], "of": [1, 0, 0]}));
        assert_eq!(value["items"]["price"], json!([269, null, 150]));
        assert_eq!(value["popularity"], json!([2, 0, 1]));
        assert_eq!(value["categories"], json!([[], ["Bakery"], ["Dairy & eggs", "Milk"]]));
        assert_eq!(value["items"]["category"], json!([2, 0, 1]));
        assert_eq!(value["note"], "Made up.");
        assert_eq!(value["fresh"], json!([0, 2]), "what nobody bought may be no product any more");
    }

    #[test]
    fn new_here_is_the_least_sold_product_of_each_category() {
        assert_eq!(fresh(&[0, 0, 1, 1, 2], &[5, 2, 0, 9, 0]), [1, 3]);
        // In a shop without categories the least sold ones fill the shelf.
        let sold: Vec<u32> = (0..40).map(|n| 40 - n).collect();
        assert_eq!(fresh(&[0; 40], &sold), [39, 38, 37, 36]);
    }

    #[test]
    fn counts_of_another_catalogue_are_refused() {
        let error = Shop::new(&Catalogue::new(vec![Item::new("1", "A")]).unwrap(), &[1, 2], ["", ""], ["", "", ""]).unwrap_err();
        assert!(error.to_string().contains("purchases of 2 products but has 1"), "{error}");
    }

    #[test]
    fn a_missing_pack_says_how_to_make_it() {
        let error = Shop::read(&Which { pack: Some("/no/such.pack".into()), ..Which::default() }).unwrap_err().to_string();
        assert!(error.contains("/no/such.pack") && error.contains("cargo xtask pack"), "{error}");
    }

    #[test]
    fn a_broken_pack_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("broken.pack");
        fs::write(&path, "not a pack").unwrap();
        let error = Shop::read(&Which { pack: Some(path), ..Which::default() }).unwrap_err().to_string();
        assert!(error.contains("broken.pack is no good pack"), "{error}");
    }
}
