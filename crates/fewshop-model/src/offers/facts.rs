//! What is known of an offer for a household: the same numbers in training and on the device.

use std::collections::{BTreeMap, HashMap};

use fewshop_core::{Event, ItemIx};

use crate::kernels;
use crate::pack::Pack;
use crate::profile::taste;

/// Names of the features, in order. The first two count what others redeemed and come from training; [`OfferFacts::matches`] gives the rest.
pub const FEATURES: [&str; 9] = [
    "redeemed by others",
    "redeemed by others in its categories",
    "products covered",
    "covered products bought before",
    "category affinity",
    "department affinity",
    "sales of the products covered",
    "taste: chance of a covered product",
    "taste: best covered product",
];
/// Features that [`OfferFacts::matches`] gives.
pub const MATCHES: usize = FEATURES.len() - 2;

/// Affinity counts products at hand plus this: a dozen purchases say little of 242 categories.
const SHRINK: f64 = 3.0;

/// What does not depend on the shopper.
#[derive(Debug, Clone, PartialEq)]
pub struct OfferFacts {
    /// Rows covered by each offer, rising.
    covered: Vec<Vec<ItemIx>>,
    category: Vec<u32>,
    department: Vec<u32>,
    /// Shares of the categories and departments among the products covered by each offer.
    categories: Vec<Shares>,
    departments: Vec<Shares>,
    /// The category that most covered products are of.
    main: Vec<u32>,
    sales: Vec<f64>,
}

/// Shares of a few groups, by their number.
type Shares = Vec<(u32, f64)>;

/// What a shopper says of one offer.
#[derive(Debug, Clone, PartialEq)]
pub struct OfferMatch {
    /// Features from the third on.
    pub features: [f64; MATCHES],
    /// Products at hand that it covers.
    pub covered: usize,
    /// Products at hand of its categories, or of its departments where there are none of those.
    pub same_part: usize,
}

/// A shopper as the offers see one.
#[derive(Debug, Clone, PartialEq)]
pub struct OfferShopper {
    items: Vec<ItemIx>,
    logits: Vec<f32>,
    all: f32,
}

impl OfferShopper {
    /// Of earlier visits, the latest first, and the shots at hand.
    ///
    /// # Panics
    /// When an item is not of the pack.
    #[must_use]
    pub fn of(visits: &[Vec<ItemIx>], shots: &[Event], pack: &Pack) -> Self {
        let items = visits.iter().flatten().copied().chain(shots.iter().map(|shot| shot.item)).collect();
        let logits = kernels::scan(&pack.table, &taste(visits, shots, pack), pack.config.logit_scale);
        Self { all: log_sum(logits.iter().copied()), items, logits }
    }

    /// Somebody of whom nothing is known.
    #[must_use]
    pub fn stranger(pack: &Pack) -> Self {
        Self::of(&[], &[], pack)
    }

    /// The logit of a product.
    #[must_use]
    pub fn logit(&self, item: ItemIx) -> f32 {
        self.logits[item.row()]
    }
}

impl OfferFacts {
    /// Of the rows that each offer covers, none of which may be empty or past the catalogue's end.
    ///
    /// # Panics
    /// When a row is past the end.
    #[must_use]
    pub fn of(pack: &Pack, covered: &[Vec<ItemIx>]) -> Self {
        let items = pack.catalogue.items();
        let category = numbered(items.iter().map(|item| item.category.join("\t")));
        let department = numbered(items.iter().map(|item| item.department().to_owned()));
        let shares = |of: &[u32]| -> Vec<Shares> {
            let one = |covered: &Vec<ItemIx>| {
                let mut shares: BTreeMap<u32, f64> = BTreeMap::new();
                covered.iter().for_each(|item| *shares.entry(of[item.row()]).or_default() += 1.0 / covered.len() as f64);
                shares.into_iter().collect()
            };
            covered.iter().map(one).collect()
        };
        let sales =
            |covered: &Vec<ItemIx>| covered.iter().map(|item| f64::from(pack.popularity[item.row()])).sum::<f64>().ln_1p();
        let categories = shares(&category);
        let main = |shares: &Shares| {
            let best = shares.iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
            best.map_or(0, |(category, _)| *category)
        };
        let rising = |rows: &Vec<ItemIx>| {
            let mut rows = rows.clone();
            rows.sort_unstable();
            rows
        };
        Self {
            main: categories.iter().map(main).collect(),
            categories,
            departments: shares(&department),
            sales: covered.iter().map(sales).collect(),
            covered: covered.iter().map(rising).collect(),
            category,
            department,
        }
    }

    /// The number of the category that most products covered by an offer are of.
    #[must_use]
    pub fn main_category(&self, offer: usize) -> u32 {
        self.main[offer]
    }

    /// Match of an offer with a shopper, and nothing of others.
    #[must_use]
    pub fn matches(&self, offer: usize, shopper: &OfferShopper) -> OfferMatch {
        let covered = &self.covered[offer];
        let items = &shopper.items;
        let bought = items.iter().filter(|item| covered.binary_search(item).is_ok()).count();
        // How many are of the groups, and how much of the offer these are.
        let group = |of: &[u32], shares: &Shares| {
            let share = |item: &ItemIx| shares.iter().find(|(group, _)| *group == of[item.row()]).map(|(_, share)| *share);
            let found: Vec<f64> = items.iter().filter_map(share).collect();
            (found.len(), found.iter().sum::<f64>() / (items.len() as f64 + SHRINK))
        };
        let (in_categories, category) = group(&self.category, &self.categories[offer]);
        let (in_departments, department) = group(&self.department, &self.departments[offer]);
        let own = covered.iter().map(|item| shopper.logits[item.row()]);
        let features = [
            (covered.len() as f64).ln(),
            (bought as f64).ln_1p(),
            category,
            department,
            self.sales[offer],
            f64::from(log_sum(own.clone()) - shopper.all),
            f64::from(own.fold(f32::NEG_INFINITY, f32::max) - shopper.all),
        ];
        let same_part = if in_categories > 0 { in_categories } else { in_departments };
        OfferMatch { features, covered: bought, same_part }
    }
}

fn log_sum(x: impl Iterator<Item = f32> + Clone) -> f32 {
    let top = x.clone().fold(f32::NEG_INFINITY, f32::max);
    top + x.map(|x| (x - top).exp()).sum::<f32>().ln()
}

fn numbered(texts: impl Iterator<Item = String>) -> Vec<u32> {
    let mut known = HashMap::new();
    texts
        .map(|text| {
            let next = known.len() as u32;
            *known.entry(text).or_insert(next)
        })
        .collect()
}
