//! Shelves about products instead of the shopper: what goes well with them, and what could stand in
//! their place.

use std::collections::HashSet;

use fewshop_core::{BusinessRule, Event, ItemIx, Objective, Reason, Recommendation, Share, order};

use crate::features::Direction;
use crate::kernels::{falling, positions_by_key};
use crate::ranking::model::Model;
use crate::ranking::options::RankOptions;

/// The smallest lift of a product that 'goes well with' another.
const MIN_LIFT: f32 = 1.1;
/// The same for a bestseller, which the shopper is shown elsewhere.
const MIN_BESTSELLER_LIFT: f32 = 2.0;
/// How many bestsellers there are.
const BESTSELLERS: usize = 24;
/// Weight of the logarithm of sales beside that of the lift: of two products that go equally well,
/// the one that more people take.
const SALES_WEIGHT: f32 = 0.1;
/// What each further product of one category costs, as a logarithm of lift: a shelf of one kind says
/// no more than one of them.
const REPEAT_COST: f32 = 0.7;
/// The same for a category of the seeds, whose products are rather alternatives.
const SEED_CATEGORY_COST: f32 = 1.2;
/// Weight of sales beside the cosine similarity of two alternatives.
const SIMILAR_SALES_WEIGHT: f32 = 0.03;
/// How many times as many products are looked at in a shop with variants.
const VARIANTS: usize = 8;
/// Seeds that a shelf is about, the latest ones.
const MAX_SEEDS: usize = 20;

/// A product with its score, and its lift if the shelf is ranked by it.
#[derive(Debug, Clone, Copy)]
struct Scored {
    row: u32,
    score: f32,
    lift: Option<f32>,
}

impl Model {
    /// The products that fit the seeds, best first, at most `n`.
    pub(crate) fn related(
        &self,
        seeds: &[Event],
        open: &[bool],
        options: &RankOptions,
    ) -> Vec<Recommendation> {
        let seeds: Vec<u32> = seeds
            .iter()
            .rev()
            .take(MAX_SEEDS)
            .map(|e| e.item.0)
            .collect();
        if seeds.is_empty() {
            return Vec::new();
        }
        // Variants of what is picked are left out below.
        let n = match &self.pack().parts().variants {
            Some(_) => options.n.saturating_mul(VARIANTS),
            None => options.n,
        };
        let scored = match options.objective {
            Objective::Similar => self.alternatives(&seeds, open, n),
            _ => self.complements(&seeds, open, n),
        };
        let category = &self.stats.columns.category;
        let rows: Vec<u32> = scored.iter().map(|scored| scored.row).collect();
        let mut ranked: Vec<u32> = (0..rows.len() as u32).collect();
        if options.objective != Objective::Similar {
            self.keep_one_a_title(&mut ranked, &rows, false);
        }
        self.keep_one_a_group(&mut ranked, &rows, false);
        let n = options.n;
        let order: Vec<(usize, Option<BusinessRule>)> = match &self.rules {
            None => ranked.iter().map(|&at| (at as usize, None)).collect(),
            Some(rules) => rules.order(&ranked, &rows, category, &options.filter, false, n),
        };
        order
            .into_iter()
            .take(n)
            .map(|(at, rule)| Recommendation {
                item: ItemIx(rows[at]),
                score: scored[at].score,
                reason: self.seed_reason(&seeds, rows[at], options),
                rule,
                promoted: false,
                lift: scored[at].lift,
            })
            .collect()
    }

    /// Which of the seeds a product goes with, by how much its lift beside each exceeds 1.
    fn seed_reason(&self, seeds: &[u32], row: u32, options: &RankOptions) -> Reason {
        if !options.reasons {
            return Reason::PopularHere;
        }
        let excess = |seed: u32| match options.objective {
            Objective::Similar => 1.0,
            _ => {
                let lift = (self.lifts).lift(seed as usize, row as usize, self.pack());
                (lift - 1.0).max(0.0)
            }
        };
        let excesses: Vec<f32> = seeds.iter().map(|&seed| excess(seed)).collect();
        let sum: f32 = excesses.iter().sum();
        if sum <= 0.0 {
            return Reason::PopularHere;
        }
        let mut shots: Vec<Share> = (seeds.iter().zip(excesses))
            .filter(|&(_, excess)| excess >= sum / 10.0)
            .map(|(&seed, excess)| Share {
                item: ItemIx(seed),
                share: excess / sum,
            })
            .collect();
        order::sort_by(&mut shots, |a, b| {
            b.share.total_cmp(&a.share).then(a.item.cmp(&b.item))
        });
        Reason::BecauseOf { shots }
    }

    /// Mean lift of every product beside some products, `[items]`.
    pub(crate) fn mean_lifts(&self, seeds: &[u32]) -> Vec<f32> {
        let mut sums = vec![0f32; self.pack().catalogue().len()];
        for &seed in seeds {
            self.lifts.add_row(seed as usize, self.pack(), &mut sums);
        }
        let n = seeds.len().max(1) as f32;
        sums.iter_mut().for_each(|sum| *sum /= n);
        sums
    }

    /// By lift, with a little of the sales, and no category filling the shelf.
    fn complements(&self, seeds: &[u32], open: &[bool], n: usize) -> Vec<Scored> {
        let lifts = self.mean_lifts(seeds);
        let category = &self.stats.columns.category;
        let popularity = self.pack().popularity();
        let by_popularity = &self.stats.by_popularity;
        let bestsellers = &by_popularity[..by_popularity.len().min(BESTSELLERS)];
        let enough = |row: usize| match bestsellers.contains(&(row as u32)) {
            true => MIN_BESTSELLER_LIFT,
            false => MIN_LIFT,
        };
        let titles = &self.stats.columns.title;
        // Another size of the same thing is an alternative.
        let is_seeds = |row: usize| {
            titles[row] != 0
                && seeds
                    .iter()
                    .any(|&seed| titles[seed as usize] == titles[row])
        };
        let mut all: Vec<Scored> = (lifts.iter().enumerate())
            .filter(|&(row, _)| open[row] && popularity[row] > 0 && !is_seeds(row))
            .filter(|&(row, &lift)| lift >= MIN_LIFT && lift >= enough(row))
            .map(|(row, &lift)| Scored {
                row: row as u32,
                score: lift.ln() + SALES_WEIGHT * (popularity[row] as f32).ln(),
                lift: Some(lift),
            })
            .collect();
        let categories = category.iter().max().map_or(0, |&max| max as usize + 1);
        let mut costs = vec![0f32; categories];
        for &seed in seeds {
            costs[category[seed as usize] as usize] = SEED_CATEGORY_COST;
        }
        costs[0] = 0.0;
        for at in best_first(&all) {
            let scored = &mut all[at];
            let of = category[scored.row as usize] as usize;
            scored.score -= costs[of];
            if of != 0 {
                costs[of] += REPEAT_COST;
            }
        }
        let best = best_first(&all).take(n.max(1) * 4);
        best.map(|at| all[at]).collect()
    }

    /// Products of the seeds' categories by similarity of their vectors; of the whole catalogue
    /// where the seeds have none. One of a title and brand: the same title of another brand is the
    /// nearest alternative there is.
    fn alternatives(&self, seeds: &[u32], open: &[bool], n: usize) -> Vec<Scored> {
        let (pack, category) = (self.pack(), &self.stats.columns.category);
        let mut kinds: Vec<u32> = seeds.iter().map(|&seed| category[seed as usize]).collect();
        kinds.retain(|&kind| kind != 0);
        let directions: Vec<Direction> = (seeds.iter())
            .map(|&seed| self.stats.direction(seed as usize, pack.item_table()))
            .collect();
        let near = |row: usize| {
            let near = directions.iter();
            let near = near.map(|to| self.stats.similarity(to, row, pack.item_table()));
            near.fold(f32::NEG_INFINITY, f32::max)
        };
        let allowed =
            |row: usize| open[row] && (kinds.is_empty() || kinds.contains(&category[row]));
        let all: Vec<Scored> = (0..category.len())
            .filter(|&row| allowed(row))
            .map(|row| Scored {
                row: row as u32,
                score: near(row) + SIMILAR_SALES_WEIGHT * self.stats.log_popularity[row],
                lift: None,
            })
            .collect();
        let columns = &self.stats.columns;
        let mut shown = HashSet::new();
        best_first(&all)
            .map(|at| all[at])
            .filter(|scored| {
                let row = scored.row as usize;
                columns.title[row] == 0 || shown.insert((columns.title[row], columns.brand[row]))
            })
            .take(n.max(1) * 4)
            .collect()
    }
}

/// Places of products in the order of their scores; of equal scores in the order given. Thousands of
/// products have a lift.
fn best_first(all: &[Scored]) -> impl Iterator<Item = usize> + use<> {
    let keys: Vec<u32> = all.iter().map(|scored| falling(scored.score)).collect();
    positions_by_key(&keys).into_iter().map(|at| at as usize)
}
