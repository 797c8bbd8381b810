//! What is known of an offer for a household: the same numbers in training and on the device.

use std::collections::BTreeMap;

use fewshop_core::{Event, ItemIx, order};

use crate::features::ItemColumns;
use crate::kernels;
use crate::pack::Pack;
use crate::tasks::user_embedding;
use crate::weights::MATCH_FEATURES;

/// Affinity counts products at hand plus this: a dozen purchases say little of 242 categories.
const SHRINK: f64 = 3.0;

/// What does not depend on the shopper.
#[derive(Debug, Clone, PartialEq)]
pub struct OfferInputs {
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
    pub features: [f64; MATCH_FEATURES],
    /// Products at hand that it covers.
    pub covered: usize,
    /// Products at hand of its categories, or of its departments where there are none of those.
    pub same_part: usize,
}

/// A shopper as the offers see one: what is at hand counted once, so that an offer costs what it
/// covers and not what the shopper took.
#[derive(Debug, Clone, PartialEq)]
pub struct OfferShopper {
    /// Products at hand.
    items: usize,
    /// How often each row, each category and each department is at hand.
    rows: Vec<u32>,
    categories: Vec<u32>,
    departments: Vec<u32>,
    logits: Vec<f32>,
    /// e to the logits less `top`, the largest of them.
    exp: Vec<f32>,
    top: f32,
    /// Logarithm of the sum of e to the logits.
    all: f32,
}

impl OfferShopper {
    /// The logit of a product.
    #[must_use]
    pub fn logit(&self, item: ItemIx) -> f32 {
        self.logits[item.row()]
    }
}

impl OfferInputs {
    /// Of the rows that each offer covers, none of which may be empty or past the catalogue's end.
    ///
    /// # Panics
    /// When a row is past the end.
    #[must_use]
    pub fn of(pack: &Pack, covered: &[Vec<ItemIx>]) -> Self {
        let items = pack.catalogue().items();
        let ItemColumns {
            category,
            department,
            ..
        } = ItemColumns::of(items);
        let shares = |of: &[u32]| -> Vec<Shares> {
            let one = |covered: &Vec<ItemIx>| {
                let mut shares: BTreeMap<u32, f64> = BTreeMap::new();
                covered.iter().for_each(|item| {
                    *shares.entry(of[item.row()]).or_default() += 1.0 / covered.len() as f64
                });
                shares.into_iter().collect()
            };
            covered.iter().map(one).collect()
        };
        let sales = |covered: &Vec<ItemIx>| {
            covered
                .iter()
                .map(|item| f64::from(pack.popularity()[item.row()]))
                .sum::<f64>()
                .ln_1p()
        };
        let categories = shares(&category);
        let main = |shares: &Shares| {
            let best = shares
                .iter()
                .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
            best.map_or(0, |(category, _)| *category)
        };
        let rising = |rows: &Vec<ItemIx>| {
            let mut rows = rows.clone();
            order::sort_by_key(&mut rows, |&row| row);
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

    /// A shopper of earlier visits, the latest first, and the shots at hand; of neither, somebody
    /// of whom nothing is known.
    ///
    /// # Panics
    /// When an item is not of the pack that these are the inputs of.
    #[must_use]
    pub fn shopper(&self, visits: &[Vec<ItemIx>], shots: &[Event], pack: &Pack) -> OfferShopper {
        let logits = kernels::scan(
            pack.item_table(),
            &user_embedding(visits, shots, pack),
            pack.config().logit_scale,
        );
        let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut exp = logits.clone();
        kernels::exp(&mut exp, top);
        let groups = |of: &[u32]| vec![0; of.iter().max().map_or(0, |&most| most as usize + 1)];
        let mut shopper = OfferShopper {
            items: 0,
            rows: vec![0; logits.len()],
            categories: groups(&self.category),
            departments: groups(&self.department),
            all: top + exp.iter().sum::<f32>().ln(),
            logits,
            exp,
            top,
        };
        for item in visits
            .iter()
            .flatten()
            .copied()
            .chain(shots.iter().map(|shot| shot.item))
        {
            shopper.items += 1;
            shopper.rows[item.row()] += 1;
            shopper.categories[self.category[item.row()] as usize] += 1;
            shopper.departments[self.department[item.row()] as usize] += 1;
        }
        shopper
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
        let bought: u32 = covered.iter().map(|item| shopper.rows[item.row()]).sum();
        // How many at hand are of the groups, and how much of the offer these are.
        let group = |at_hand: &[u32], shares: &Shares| {
            let found = shares
                .iter()
                .map(|&(group, share)| (at_hand[group as usize], share));
            let (count, sum) = found.fold((0, 0.0), |(count, sum), (n, share)| {
                (count + n, sum + f64::from(n) * share)
            });
            (count as usize, sum / (shopper.items as f64 + SHRINK))
        };
        let (in_categories, category) = group(&shopper.categories, &self.categories[offer]);
        let (in_departments, department) = group(&shopper.departments, &self.departments[offer]);
        let own = shopper.top
            + covered
                .iter()
                .map(|item| shopper.exp[item.row()])
                .sum::<f32>()
                .ln();
        let best = covered
            .iter()
            .map(|item| shopper.logits[item.row()])
            .fold(f32::NEG_INFINITY, f32::max);
        let features = [
            (covered.len() as f64).ln(),
            f64::from(bought).ln_1p(),
            category,
            department,
            self.sales[offer],
            f64::from(own - shopper.all),
            f64::from(best - shopper.all),
        ];
        let same_part = if in_categories > 0 {
            in_categories
        } else {
            in_departments
        };
        OfferMatch {
            features,
            covered: bought as usize,
            same_part,
        }
    }
}
