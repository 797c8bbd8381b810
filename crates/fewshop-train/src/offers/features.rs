//! What is known of an offer for a household.

use std::collections::{BTreeMap, HashMap};

use fewshop_core::ItemIx;
use fewshop_model::Pack;
use fewshop_model::profile::taste;
use rayon::prelude::*;

use super::questions::{Question, Shop};

/// Names of the features; the plain ones are counts alone.
pub(super) const FEATURES: [&str; 9] = [
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
pub(super) const POPULARITY: usize = 0;
pub(super) const CATEGORY: usize = 4;
/// Features of logistic regression on counts.
pub(super) const COUNTS: [usize; 6] = [0, 1, 2, 3, 4, 5];

/// Times that an offer must have been shown to be believed half.
const SHOWN_PRIOR: f64 = 20.0;

/// What does not depend on who taught.
pub(super) struct Facts {
    category: Vec<usize>,
    department: Vec<usize>,
    /// Shares of the categories and departments among the products covered by each offer.
    categories: Vec<BTreeMap<usize, f64>>,
    departments: Vec<BTreeMap<usize, f64>>,
    /// The category that most covered products are of.
    main: Vec<usize>,
    sales: Vec<f64>,
    /// `[items, d]`.
    vectors: Vec<f32>,
}

impl Facts {
    pub(super) fn of(pack: &Pack, shop: &Shop) -> Self {
        let items = pack.catalogue.items();
        let category = numbered(items.iter().map(|item| item.category.join("\t")));
        let department = numbered(items.iter().map(|item| item.department().to_owned()));
        let shares = |of: &[usize]| -> Vec<BTreeMap<usize, f64>> {
            let one = |covered: &Vec<ItemIx>| {
                let mut shares = BTreeMap::new();
                covered.iter().for_each(|item| *shares.entry(of[item.row()]).or_default() += 1.0 / covered.len() as f64);
                shares
            };
            shop.offers.iter().map(one).collect()
        };
        let sales =
            |covered: &Vec<ItemIx>| covered.iter().map(|item| f64::from(pack.popularity[item.row()])).sum::<f64>().ln_1p();
        let categories = shares(&category);
        let main = |shares: &BTreeMap<usize, f64>| {
            let best = shares.iter().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(a.0)));
            best.map_or(0, |(category, _)| *category)
        };
        Self {
            main: categories.iter().map(main).collect(),
            categories,
            departments: shares(&department),
            sales: shop.offers.iter().map(sales).collect(),
            vectors: (0..items.len()).flat_map(|row| pack.table.row(row)).collect(),
            category,
            department,
        }
    }

    /// Match of each offer of the question's campaign with what is known, and nothing of others: features 2 to 8.
    pub(super) fn matches(&self, pack: &Pack, shop: &Shop, question: &Question, known: usize) -> Vec<Vec<f64>> {
        let session = &question.known[known];
        let shots = session.shots();
        let items: Vec<ItemIx> = session.visits.iter().flatten().copied().chain(shots.iter().map(|shot| shot.item)).collect();
        let u = taste(&session.visits, &shots, pack);
        let scale = pack.config.logit_scale;
        let logits: Vec<f32> = self
            .vectors
            .chunks_exact(pack.table.d)
            .zip(&pack.table.bias)
            .map(|(x, bias)| scale * x.iter().zip(&u).map(|(x, u)| x * u).sum::<f32>() + bias)
            .collect();
        let all = log_sum(logits.iter().copied());
        // Affinity: how much more often than by chance, shrunk; a dozen purchases say little of 242 categories.
        let share = |of: &[usize], shares: &BTreeMap<usize, f64>| {
            let there: f64 = items.iter().map(|item| shares.get(&of[item.row()]).copied().unwrap_or(0.0)).sum();
            there / (items.len() as f64 + 3.0)
        };
        shop.campaigns[question.campaign]
            .offers
            .iter()
            .map(|&offer| {
                let covered = &shop.offers[offer];
                let bought = items.iter().filter(|item| covered.contains(item)).count();
                let own = covered.iter().map(|item| logits[item.row()]);
                vec![
                    (covered.len() as f64).ln(),
                    (bought as f64).ln_1p(),
                    share(&self.category, &self.categories[offer]),
                    share(&self.department, &self.departments[offer]),
                    self.sales[offer],
                    f64::from(log_sum(own.clone()) - all),
                    f64::from(own.fold(f32::NEG_INFINITY, f32::max) - all),
                ]
            })
            .collect()
    }

    /// All matches of all questions, for one amount known.
    pub(super) fn all_matches(&self, pack: &Pack, shop: &Shop, known: usize) -> Vec<Vec<Vec<f64>>> {
        shop.questions.par_iter().map(|question| self.matches(pack, shop, question, known)).collect()
    }

    fn main_category(&self, offer: usize) -> usize {
        self.main[offer]
    }
}

/// How often coupons and categories were shown and redeemed.
#[derive(Default)]
pub(super) struct Redemptions {
    coupons: HashMap<usize, (f64, f64)>,
    categories: HashMap<usize, (f64, f64)>,
}

impl Redemptions {
    /// Counts what was redeemed before `until_s`, `by` times; −1 takes it back.
    pub(super) fn add(&mut self, facts: &Facts, shop: &Shop, question: &Question, until_s: i64, by: f64) {
        for offer in &shop.campaigns[question.campaign].offers {
            let redeemed = question.redeemed.get(offer).is_some_and(|time_s| *time_s < until_s);
            for (counts, of) in [(&mut self.coupons, shop.coupon[*offer]), (&mut self.categories, facts.main_category(*offer))] {
                let count = counts.entry(of).or_default();
                *count = (count.0 + by * f64::from(u8::from(redeemed)), count.1 + by);
            }
        }
    }

    /// Logarithms of how often the offer, and offers of its category, were redeemed where shown; features 0 and 1.
    pub(super) fn rates(&self, facts: &Facts, shop: &Shop, offer: usize) -> [f64; 2] {
        let rate = |(redeemed, shown): (f64, f64), usual: f64| ((redeemed + SHOWN_PRIOR * usual) / (shown + SHOWN_PRIOR)).ln();
        let of = |counts: &HashMap<usize, (f64, f64)>, of| counts.get(&of).copied().unwrap_or_default();
        // A coupon of some two hundred is redeemed once in some five hundred times.
        let category = rate(of(&self.categories, facts.main_category(offer)), 0.002);
        [rate(of(&self.coupons, shop.coupon[offer]), category.exp()), category]
    }
}

fn log_sum(x: impl Iterator<Item = f32> + Clone) -> f32 {
    let top = x.clone().fold(f32::NEG_INFINITY, f32::max);
    top + x.map(|x| (x - top).exp()).sum::<f32>().ln()
}

fn numbered(texts: impl Iterator<Item = String>) -> Vec<usize> {
    let mut known = HashMap::new();
    texts
        .map(|text| {
            let next = known.len();
            *known.entry(text).or_insert(next)
        })
        .collect()
}
