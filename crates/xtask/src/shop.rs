//! Reads from a pack what the page needs: the catalogue and the bestsellers. Only this module knows
//! packs.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use fewshop_core::{Catalogue, Item, ItemIx, OfferPick};
use fewshop_model::{Compute, Pack, Recommender};
use fewshop_web::state::{
    Catalogue as PageCatalogue, Product, encode_numbers, encode_rows, per_unit,
};
use serde_json::{Value, json};

use crate::extras;
use crate::files::digest;
use crate::recorded::{self, Sessions};
use crate::root::{gift_pack, root, shop_pack, shown};

const DAY_S: i64 = 86_400;
/// Offers in the catalogue file: as many as the page requests from the engine.
const OFFERS: usize = 3;
/// Bestsellers in the catalogue file.
const POPULAR: usize = 200;
/// Bestsellers of each department in it: as many as its page shows at first, so that nothing moves
/// when the order of all sales arrives.
const LEADERS: usize = 24;

/// Categories of the supermarket that are on request only: one wine cooler must not bring cigarettes.
const ON_REQUEST: [&str; 2] = ["Kiosk > Cigarettes", "Kiosk > Tobacco"];

/// Recorded sessions of the committed packs.
const SESSIONS: [&str; 2] = ["validation_sessions.csv", "gift_sessions.csv"];

/// Which shop is built.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Which {
    /// A pack to use instead of web/assets/shop.pack; the site then has this shop alone
    #[arg(long, value_name = "FILE")]
    pub(crate) pack: Option<PathBuf>,
    /// Evaluation cases of that shop (case_id,k,position,item_id; CSV): 'Try it as' replays six
    /// of their sessions
    #[arg(long, value_name = "FILE", requires = "pack", requires = "truth")]
    pub(crate) cases: Option<PathBuf>,
    /// The other items of those cases' sessions (case_id,item_id; CSV)
    #[arg(long, value_name = "FILE", requires = "cases")]
    pub(crate) truth: Option<PathBuf>,
    /// A category such as 'Kiosk > Tobacco' that shelves show only to shoppers who looked at one of its
    /// products; may be repeated
    #[arg(long, value_name = "CATEGORY", requires = "pack")]
    pub(crate) on_request: Vec<String>,
}

impl Which {
    /// The pack's file.
    pub(crate) fn file(&self) -> PathBuf {
        self.pack.clone().unwrap_or_else(shop_pack)
    }

    /// The shop that the site has beside this one: the gift shop beside the supermarket, none beside
    /// a pack of one's own.
    pub(crate) fn second(&self) -> Option<Self> {
        self.pack.is_none().then(|| Self {
            pack: Some(gift_pack()),
            ..Self::default()
        })
    }

    /// Sessions to choose from. None for another pack without cases: the committed sessions belong
    /// to the committed packs' shops.
    fn sessions(&self) -> Result<Sessions> {
        match (&self.pack, &self.cases, &self.truth) {
            (_, Some(cases), Some(truth)) => recorded::of_cases(cases, truth),
            (None, ..) => committed(SESSIONS[0]),
            // Compared as canonical paths: a committed pack keeps its sessions however its path is
            // spelled.
            (Some(pack), ..) => {
                let same =
                    |file: PathBuf| fs::canonicalize(pack).ok() == fs::canonicalize(file).ok();
                match [shop_pack(), gift_pack()].into_iter().position(same) {
                    Some(at) => committed(SESSIONS[at]),
                    None => Ok(Sessions::new()),
                }
            }
        }
    }
}

/// The sessions in a committed file.
fn committed(file: &str) -> Result<Sessions> {
    let file = root().join("tests/goldens").join(file);
    recorded::golden(
        &fs::read_to_string(&file).with_context(|| format!("failed to read {}", shown(&file)))?,
    )
}

/// A shop as the page shows it before an engine runs.
#[derive(Debug)]
pub(crate) struct Shop {
    /// `catalogue.json`.
    pub(crate) json: String,
    /// The catalogue as the storefront reads it, so that departments, addresses and prices are the
    /// storefront's own.
    pub(crate) catalogue: PageCatalogue,
    /// `try.json`.
    pub(crate) sessions: String,
    /// `map.txt`.
    pub(crate) map: String,
    /// `sales.txt`.
    pub(crate) sales: String,
}

impl Shop {
    /// Reads and checks a pack.
    pub(crate) fn read(which: &Which) -> Result<Self> {
        let path = &which.file();
        if !path.exists() {
            bail!(
                "there is no trained shop at {}: make it with `cargo xtask pack`, or give another with --pack",
                shown(path)
            );
        }
        let bytes = fs::read(path).with_context(|| format!("failed to read {}", shown(path)))?;
        let pack = Pack::from_bytes(&bytes).with_context(|| {
            format!(
                "{} is not a valid pack: make it again with `cargo xtask pack`",
                shown(path)
            )
        })?;
        // The engine identifies a pack by the hash at its end; this one covers the whole file.
        let names = [&*pack.fingerprint(), &*digest(&bytes)];
        let card = pack.card();
        let by_the_piece = match which.pack {
            None => without_case_sizes(pack.catalogue())?,
            // Whoever brings a pack of their own means its sizes.
            Some(_) => pack.catalogue().clone(),
        };
        let shop = Self::new(
            &by_the_piece,
            pack.popularity(),
            names,
            [&card.shop, &card.currency, &card.data_notice],
        )?;
        let shop = shop.with_extras(&pack)?.on_request(which)?;
        let sessions = extras::sessions(&pack, &which.sessions()?)
            .context("the recorded sessions cannot be replayed")?;
        Ok(Self {
            sessions,
            map: crate::map::map(&pack),
            ..shop
        })
    }

    fn new(
        catalogue: &Catalogue,
        popularity: &[u32],
        names: [&str; 2],
        card: [&str; 3],
    ) -> Result<Self> {
        let [fingerprint, sha256] = names;
        let [name, currency, notice] = card;
        if catalogue.len() != popularity.len() {
            bail!(
                "the pack has purchase counts for {} products but {} products",
                popularity.len(),
                catalogue.len()
            );
        }
        let mut popular: Vec<ItemIx> = catalogue.iter().map(|(ix, _)| ix).collect();
        popular.sort_by_key(|ix| (Reverse(popularity[ix.row()]), *ix));
        let items = catalogue.items();
        let mut shown: BTreeMap<Option<&String>, usize> = BTreeMap::new();
        let mut leaders = Vec::new();
        for (at, ix) in popular.iter().enumerate() {
            let of_department = shown.entry(items[ix.row()].category.first()).or_default();
            *of_department += 1;
            if at >= POPULAR && *of_department <= LEADERS {
                leaders.push(*ix);
            }
        }
        popular.truncate(POPULAR);

        let (categories, category) = by_first_use(items.iter().map(|item| &item.category[..]));
        let (prices, price) =
            by_first_use(items.iter().map(|item| Some(minor(item.price?, currency))));
        let (prefix, ids) = ids(items);
        // One column per field, so that field names are not repeated 8,000 times.
        let json = json!({
            "pack": fingerprint,
            "sha256": sha256,
            "name": name,
            "currency": currency,
            "products": items.len(),
            "items": {
                "prefix": prefix,
                "id": ids,
                "title": words(items, |item| &item.title),
                "category": category,
                "brand": words(items, |item| &item.brand),
                "size": words(items, |item| &item.size),
                "price": { "words": prices, "of": price },
                "picture": words(items, |item| &item.picture),
            },
            "categories": categories,
            "popularity": popular,
            "leaders": leaders,
            "note": notice,
        });
        let mut shop = Self::of_json(&json)?;
        shop.sales = sales(popularity);
        Ok(shop)
    }

    fn of_json(json: &Value) -> Result<Self> {
        let json = json.to_string();
        let catalogue = PageCatalogue::parse(&json)
            .context("the storefront cannot read the catalogue that was made for it")?;
        Ok(Self {
            json,
            catalogue,
            sessions: String::new(),
            map: String::new(),
            sales: String::new(),
        })
    }

    /// Adds the optional parts of the pack, if it has them: products added after training, the
    /// household attributes that it predicts, and the most redeemed offers, which a new shopper
    /// sees.
    fn with_extras(self, pack: &Pack) -> Result<Self> {
        let sales = self.sales;
        let mut json: Value = serde_json::from_str(&self.json)?;
        if !pack.new_items().is_empty() {
            json["fresh"] = json!(pack.new_items());
        }
        let until = pack.promotions().iter().map(|promotion| promotion.to_day);
        if let (Some(until), Some(refresh)) = (until.max(), &pack.config().refresh) {
            let day = refresh.counted_until.div_euclid(DAY_S) + 1;
            json["days"] = json!([day.max(0), until.max(0)]);
            let note = json["note"].as_str().unwrap_or_default();
            let last = &pack.card().data_until;
            let days = format!(
                "Once its promotions are over, the shop shows the day after {last}, the last in its log."
            );
            json["note"] = json!(format!("{note} {days}").trim_start());
        }
        if let Some(profile) = pack.attributes() {
            json["heads"] = profile
                .heads
                .iter()
                .map(|head| head.name.as_str())
                .collect();
        }
        if pack.offers().is_some() {
            let offers = Recommender::new(pack.clone(), Compute::Kernels).offers(OFFERS);
            json["offers"] = offers.iter().map(texts_of).collect();
        }
        let shop = Self::of_json(&json)?;
        shop.catalogue
            .add_sales(&sales)
            .context("the storefront cannot read the order of sales that was made for it")?;
        Ok(Self { sales, ..shop })
    }

    /// Marks the categories that are on request only.
    fn on_request(self, which: &Which) -> Result<Self> {
        let named: Vec<&str> = match which.pack {
            None => ON_REQUEST.to_vec(),
            Some(_) => which.on_request.iter().map(String::as_str).collect(),
        };
        let mut json: Value = serde_json::from_str(&self.json)?;
        let paths = json["categories"].as_array().cloned().unwrap_or_default();
        let mut found = Vec::new();
        for name in named {
            let path: Vec<&str> = name.split('>').map(str::trim).collect();
            let is_below = |other: &Value| {
                let other = other.as_array().map_or(&[][..], Vec::as_slice);
                other.len() >= path.len() && other.iter().zip(&path).all(|(a, b)| a == b)
            };
            let before = found.len();
            found.extend((0..paths.len()).filter(|&at| is_below(&paths[at])));
            if found.len() == before {
                bail!(
                    "--on-request '{name}': the shop has no such category; write it as on its page, for example 'Kiosk > Tobacco'"
                );
            }
        }
        if found.is_empty() {
            return Ok(self);
        }
        json["on_request"] = json!(found);
        let shop = Self::of_json(&json)?;
        shop.catalogue.add_sales(&self.sales)?;
        Ok(Self {
            sales: self.sales,
            ..shop
        })
    }

    /// The `n` bestsellers, best first.
    pub(crate) fn bestsellers(&self, n: usize) -> impl Iterator<Item = Product> {
        self.catalogue
            .shelf_of_bestsellers()
            .take(n)
            .filter_map(|ix| self.catalogue.product(ix))
    }
}

/// The supermarket's products without the sizes of shipping cases. Its tills name the case for fresh
/// produce that is sold by the pound or the piece: 'Bananas, 40 lb' for $1.01. Of produce, five pieces
/// and more, and a weight of which a pound costs less than the cheapest potatoes in a bag, are a
/// case.
fn without_case_sizes(catalogue: &Catalogue) -> Result<Catalogue> {
    let mut items = catalogue.items().to_vec();
    for item in &mut items {
        if item.category.first().is_some_and(|name| name == "Produce")
            && is_case(&item.size, item.price)
        {
            item.size.clear();
        }
    }
    Ok(Catalogue::new(items)?)
}

/// Whether a size of fresh produce, such as `40 lb` or `48–54 ct`, is that of a shipping case.
fn is_case(size: &str, price: Option<f32>) -> bool {
    /// Dollars a pound.
    const CHEAPEST: f32 = 0.35;
    let Some((number, unit)) = size.split_once(' ') else {
        return false;
    };
    match (unit, number.parse::<f32>()) {
        // '48–54 ct'.
        ("ct", Err(_)) => number.contains('–'),
        ("ct", Ok(pieces)) => pieces >= 5.0,
        ("lb", Ok(pounds)) if pounds > 0.0 => price.is_some_and(|price| price / pounds < CHEAPEST),
        _ => false,
    }
}

/// A number for each row, the larger the more of it was sold: its place among the different counts.
/// They are a third smaller than the order itself.
fn sales(popularity: &[u32]) -> String {
    let mut counts = popularity.to_vec();
    counts.sort_unstable();
    counts.dedup();
    let places: Vec<u32> = popularity
        .iter()
        .map(|count| counts.partition_point(|other| other < count) as u32)
        .collect();
    encode_numbers(&places)
}

/// An offer as a list of texts: id, title, number of products covered, share of all households in
/// hundred-thousandths, then some of the rows covered.
fn texts_of(offer: &OfferPick) -> Vec<String> {
    let head = [
        offer.id.clone(),
        offer.title.clone(),
        offer.covers.to_string(),
        ((offer.everyone * 1e5).round() as u32).to_string(),
    ];
    head.into_iter()
        .chain(offer.items.iter().map(|item| item.0.to_string()))
        .collect()
}

/// Texts repeat, so each is written once, with the rows that have it.
fn words(items: &[Item], field: fn(&Item) -> &str) -> Value {
    let (words, of) = by_first_use(items.iter().map(field));
    json!({ "words": words, "of": of })
}

/// The values of a column in the order of their first use, and the text that says which each row
/// has.
fn by_first_use<T: Ord + Copy>(column: impl Iterator<Item = T>) -> (Vec<T>, String) {
    let mut numbers: BTreeMap<T, u32> = BTreeMap::new();
    let mut values = Vec::new();
    let of: Vec<u32> = column
        .map(|value| {
            *numbers.entry(value).or_insert_with(|| {
                values.push(value);
                values.len() as u32 - 1
            })
        })
        .collect();
    (values, encode_rows(&of))
}

/// What all ids begin with, and the rest of each: as numbers if the storefront can read them all
/// back, which is 1.1 kB of the page less than texts.
fn ids(items: &[Item]) -> (&str, Vec<Value>) {
    let Some(first) = items.first().map(|item| item.id.0.as_str()) else {
        return ("", Vec::new());
    };
    let end = items.iter().fold(first.len(), |end, item| {
        let same = first.bytes().zip(item.id.0.bytes());
        end.min(same.take_while(|(a, b)| a == b).count())
    });
    // Digits and parts of a character stay with the rest.
    let prefix =
        first[..first.floor_char_boundary(end)].trim_end_matches(|c: char| c.is_ascii_digit());
    let rests = || items.iter().map(|item| &item.id.0[prefix.len()..]);
    let as_number = |rest: &str| rest.parse::<u32>().ok().filter(|n| n.to_string() == rest);
    let rests = match rests().map(as_number).collect::<Option<Vec<u32>>>() {
        Some(numbers) => numbers.into_iter().map(Value::from).collect(),
        None => rests().map(Value::from).collect(),
    };
    (prefix, rests)
}

/// A price as the storefront keeps it, see [`Money`](fewshop_web::state::Money).
fn minor(price: f32, currency: &str) -> u32 {
    (f64::from(price) * f64::from(per_unit(currency))).round() as u32
}

#[cfg(test)]
pub(crate) mod tests {
    use fewshop_model::tasks::offers::{OfferWeights, ShippedOffer};
    use fewshop_model::toy;

    use super::*;

    /// Milk, bread and a rare product without a price.
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
        Shop::new(
            &catalogue,
            &[5, 0, 9],
            ["00112233aabbccdd", "99"],
            ["Fewshop", "USD", "Made up."],
        )
        .unwrap()
    }

    #[test]
    fn the_catalogue_is_written_in_columns() {
        let value: Value = serde_json::from_str(&small_shop().json).unwrap();
        assert_eq!(
            (&value["pack"], &value["currency"]),
            (&json!("00112233aabbccdd"), &json!("USD"))
        );
        assert_eq!(value["sha256"], "99");
        assert_eq!(
            value["items"]["title"],
            json!({"words": ["Whole milk", "Rare thing", "Rye <bread>"], "of": "!!!"})
        );
        assert_eq!(
            value["items"]["size"],
            json!({"words": ["1 gal", ""], "of": "!!#"})
        );
        assert_eq!(
            value["items"]["price"],
            json!({"words": [269, null, 150], "of": "!!!"})
        );
        assert_eq!(
            (&value["products"], &value["items"]["id"]),
            (&json!(3), &json!([1, 3, 2]))
        );
        assert_eq!(value["popularity"], json!([2, 0, 1]));
        assert_eq!(value["leaders"], json!([]));
        assert_eq!(
            value["categories"],
            json!([["Dairy & eggs", "Milk"], [], ["Bakery"]])
        );
        assert_eq!(value["items"]["category"], "!!!");
        assert_eq!(value["note"], "Made up.");
        assert_eq!(
            [&value["fresh"], &value["heads"], &value["offers"]],
            [&Value::Null; 3]
        );
    }

    #[test]
    fn what_is_new_the_heads_and_the_offers_come_from_the_pack() {
        let offer = |id: &str, rate: f32| ShippedOffer {
            id: id.to_owned(),
            title: "Bread".to_owned(),
            rates: [rate, rate],
            items: vec![20, 21],
        };
        let offers = OfferWeights {
            offers: vec![offer("a", -5.0), offer("b", -4.0)],
            ..OfferWeights::default()
        };
        let pack = toy::pack()
            .edit(|parts| parts.new_items = vec![3, 50])
            .unwrap()
            .edit(|parts| parts.offers = Some(offers))
            .unwrap();
        let shop = Shop::new(pack.catalogue(), pack.popularity(), ["", ""], ["", "", ""])
            .unwrap()
            .with_extras(&pack)
            .unwrap();
        assert_eq!(shop.catalogue.fresh(), [ItemIx(3), ItemIx(50)]);
        assert_eq!(
            shop.catalogue
                .offers()
                .iter()
                .map(|offer| offer.target.as_str())
                .collect::<Vec<_>>(),
            ["b", "a"]
        );
        assert_eq!(
            shop.catalogue.offers()[0].evidence.items,
            [ItemIx(20), ItemIx(21)]
        );
        assert!(shop.catalogue.heads().is_empty());
    }

    #[test]
    fn categories_on_request_are_found_by_name() {
        let which = |name: &str| Which {
            pack: Some("a.pack".into()),
            on_request: vec![name.to_owned()],
            ..Which::default()
        };
        for (name, rows) in [("Dairy & eggs > Milk", vec![0]), ("Bakery", vec![2])] {
            let shop = small_shop().on_request(&which(name)).unwrap();
            let marked = (0..3).filter(|&row| shop.catalogue.is_on_request(ItemIx(row)));
            assert_eq!(marked.collect::<Vec<_>>(), rows, "{name}");
        }
        let error = small_shop().on_request(&which("Bakery > Rye")).unwrap_err();
        assert!(error.to_string().contains("'Bakery > Rye'"), "{error}");
    }

    #[test]
    fn a_case_of_produce_is_no_size() {
        for (size, price, expected) in [
            ("40 lb", 1.01, true),
            ("10 lb", 3.99, false),
            ("3 lb", 2.99, false),
            ("24 ct", 0.99, true),
            ("48–54 ct", 0.79, true),
            ("3 ct", 3.99, false),
            ("12 oz", 1.99, false),
            ("", 1.99, false),
        ] {
            assert_eq!(is_case(size, Some(price)), expected, "{size} for {price}");
        }
        assert!(!is_case("40 lb", None));
    }

    #[test]
    fn the_order_of_sales_is_exact_and_equal_counts_keep_theirs() {
        let items = ["0", "1", "2", "3", "4"].map(|id| Item::new(id, "A"));
        let catalogue = Catalogue::new(items.to_vec()).unwrap();
        let shop = Shop::new(&catalogue, &[7, 90, 7, 2, 90], ["", ""], ["", "", ""]).unwrap();
        shop.catalogue.add_sales(&shop.sales).unwrap();
        let rows: Vec<u32> = shop.catalogue.ranked().iter().map(|ix| ix.0).collect();
        assert_eq!(rows, [1, 4, 0, 2, 3]);
    }

    #[test]
    fn ids_are_written_without_what_they_share() {
        let check = |ids: &[&str], prefix: &str, rests: Value| {
            let items: Vec<Item> = ids.iter().map(|&id| Item::new(id, "A")).collect();
            assert_eq!(
                super::ids(&items),
                (prefix, rests.as_array().unwrap().clone())
            );
        };
        check(&["cj12", "cj130"], "cj", json!([12, 130]));
        check(&["cj12", "cj012"], "cj", json!(["12", "012"]));
        check(&["1", "x"], "", json!(["1", "x"]));
        check(&["é1", "è1"], "", json!(["é1", "è1"]));
        check(&["99999999999"], "", json!(["99999999999"]));
        check(&["a"], "a", json!([""]));
        check(&[], "", json!([]));
    }

    #[test]
    fn counts_of_another_catalogue_are_refused() {
        let error = Shop::new(
            &Catalogue::new(vec![Item::new("1", "A")]).unwrap(),
            &[1, 2],
            ["", ""],
            ["", "", ""],
        )
        .unwrap_err();
        assert!(
            error
                .to_string()
                .contains("purchase counts for 2 products but 1 products"),
            "{error}"
        );
    }

    #[test]
    fn a_missing_pack_says_how_to_make_it() {
        let error = Shop::read(&Which {
            pack: Some("/no/such.pack".into()),
            ..Which::default()
        })
        .unwrap_err()
        .to_string();
        assert!(
            error.contains("/no/such.pack") && error.contains("cargo xtask pack"),
            "{error}"
        );
    }

    #[test]
    fn a_broken_pack_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("broken.pack");
        fs::write(&path, "not a pack").unwrap();
        let error = Shop::read(&Which {
            pack: Some(path),
            ..Which::default()
        })
        .unwrap_err()
        .to_string();
        assert!(error.contains("broken.pack is not a valid pack"), "{error}");
    }
}
