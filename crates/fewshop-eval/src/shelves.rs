//! What a shopper sees: whether shelves after one and three views are about these views.
//!
//! Ranking metrics over whole baskets reward a shelf of bestsellers, because everybody buys them. A
//! shopper judges otherwise: is this about what I looked at, or what everyone gets? Here a new
//! shopper opens products of one category, and each card is counted as fitting if it is of the same
//! department, or taken clearly more often together with that category than alone.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::{Result, ensure};
use fewshop_core::{Catalogue, Event, EventKind, ItemIx, Objective, Session, metrics};
use fewshop_model::{BusinessRules, Model, Pack, RankOptions};
use serde::{Deserialize, Serialize};

use crate::EvalSet;
use crate::clicks::bestsellers;
use crate::ranking::{PICKS, rank_with, session};

/// Cards of the shelf 'Picked for you'.
pub const PICKED: usize = 12;
/// Cards of the shelf 'Goes well with'.
pub const COMPLEMENTS: usize = 6;
/// Numbers of products that the shopper opens.
pub const VIEWS: [usize; 2] = [1, 3];
/// A pick is clearly likelier from this lift on.
const PICK_LIFT: f32 = 2.0;
/// The same for a product that goes well with another.
const COMPLEMENT_LIFT: f32 = 1.5;
/// Expected sessions added to both sides of a measured lift.
const PRIOR: f32 = 2.0;

/// How many times as often each product is taken in sessions with a category as in all sessions.
#[derive(Debug, Clone, Default)]
pub struct CategoryLifts {
    sessions: f32,
    of_category: HashMap<Vec<String>, f32>,
    of_item: Vec<f32>,
    both: HashMap<(Vec<String>, ItemIx), f32>,
}

impl CategoryLifts {
    /// Counts sessions, each a list of distinct products.
    #[must_use]
    pub fn count(catalogue: &Catalogue, sessions: impl Iterator<Item = Vec<ItemIx>>) -> Self {
        let mut lifts = Self {
            of_item: vec![0.0; catalogue.len()],
            ..Self::default()
        };
        for items in sessions {
            lifts.sessions += 1.0;
            let mut of: BTreeMap<&[String], HashSet<ItemIx>> = BTreeMap::new();
            for &item in &items {
                lifts.of_item[item.row()] += 1.0;
                of.entry(&catalogue[item].category)
                    .or_default()
                    .insert(item);
            }
            for (category, own) in of {
                *lifts.of_category.entry(category.to_vec()).or_default() += 1.0;
                for &item in &items {
                    // A product does not make itself likelier.
                    if own.len() > 1 || !own.contains(&item) {
                        *lifts.both.entry((category.to_vec(), item)).or_default() += 1.0;
                    }
                }
            }
        }
        lifts
    }

    /// The lift of a product in sessions with a category.
    #[must_use]
    pub fn of(&self, category: &[String], item: ItemIx) -> f32 {
        let own = self.of_category.get(category).copied().unwrap_or_default();
        let expected = own * self.of_item[item.row()] / self.sessions.max(1.0);
        let both = self.both.get(&(category.to_vec(), item)).copied();
        (both.unwrap_or_default() + PRIOR) / (expected + PRIOR)
    }
}

/// The shelves after some views of one category.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShelfRow {
    /// Category path.
    pub category: Vec<String>,
    /// Products opened.
    pub opened: Vec<ItemIx>,
    /// 'Picked for you'.
    pub picked: Vec<ItemIx>,
    /// Of these, products of the same department or clearly likelier with the category.
    pub fitting: usize,
    /// Of these, products that a new shopper is shown.
    pub bestsellers: usize,
    /// 'Goes well with' the product opened last.
    pub complements: Vec<ItemIx>,
    /// Of these, products that are clearly likelier with the category.
    pub likelier: usize,
    /// Of these, everyone's products that are not.
    pub out_of_place: usize,
}

impl ShelfRow {
    /// Whether a shopper would believe both shelves: 8 of 12 picks fit and at most 2 are everyone's;
    /// all but one of the complements are likelier and no bestseller is among the others.
    #[must_use]
    pub fn is_believable(&self) -> bool {
        self.fitting >= 8
            && self.bestsellers <= 2
            && self.likelier + 1 >= self.complements.len().max(COMPLEMENTS)
            && self.out_of_place == 0
    }
}

/// How much likelier a product is with a category, of which some products were opened.
pub type Lift<'a> = &'a dyn Fn(&[String], &[ItemIx], ItemIx) -> f32;

/// The shelves for the categories that sell most, with one and three views of the products at the
/// given places of each category, from 0 for the best-selling to 1 for the last.
///
/// # Errors
/// When the catalogue has no categories.
pub fn shelves(
    model: &Model,
    lift: Lift<'_>,
    categories: usize,
    places: [f64; 3],
) -> Result<Vec<ShelfRow>> {
    let catalogue = model.catalogue();
    let popularity = model.pack().popularity();
    let mut of: BTreeMap<&[String], Vec<ItemIx>> = BTreeMap::new();
    for row in 0..catalogue.len() as u32 {
        let item = &catalogue[ItemIx(row)];
        if !item.category.is_empty() && popularity[row as usize] > 0 {
            of.entry(&item.category).or_default().push(ItemIx(row));
        }
    }
    ensure!(
        !of.is_empty(),
        "the catalogue has no categories: this study needs them"
    );
    let sales = |items: &[ItemIx]| -> u64 {
        let sales = items.iter().map(|item| u64::from(popularity[item.row()]));
        sales.sum()
    };
    let mut of: Vec<(&[String], Vec<ItemIx>)> = of.into_iter().collect();
    of.retain(|(_, items)| items.len() >= 6);
    of.sort_by_key(|(_, items)| std::cmp::Reverse(sales(items)));
    let first = model.rank(&Session::default(), &options(PICKED, Objective::Likely))?;
    let everyones: HashSet<ItemIx> = first.picks.iter().map(|pick| pick.item).collect();
    let mut rows = Vec::new();
    for (category, mut items) in of.into_iter().take(categories) {
        items.sort_by_key(|item| (std::cmp::Reverse(popularity[item.row()]), *item));
        let all: Vec<ItemIx> = places
            .iter()
            .map(|place| items[(place * (items.len() - 1) as f64).round() as usize])
            .collect();
        for views in VIEWS {
            let opened = all[..views].to_vec();
            let events = opened.iter().map(|&item| Event::new(item, EventKind::View));
            let session = Session {
                events: events.collect(),
                ..Session::default()
            };
            let picked = model.rank(&session, &options(3 * PICKED, Objective::Personal))?;
            let picked = mixed(catalogue, picked.picks.iter().map(|pick| pick.item));
            let seeds = vec![opened[views - 1]];
            let complements = model.rank(
                &session,
                &RankOptions {
                    seeds: seeds.clone(),
                    ..options(COMPLEMENTS, Objective::Complements)
                },
            )?;
            let complements: Vec<ItemIx> = complements.picks.iter().map(|pick| pick.item).collect();
            let department = category.first();
            let fits = |item: &&ItemIx| {
                catalogue[**item].category.first() == department
                    || lift(category, &opened, **item) >= PICK_LIFT
            };
            let likelier = |item: &&ItemIx| lift(category, &seeds, **item) >= COMPLEMENT_LIFT;
            let is_everyones = |item: &&ItemIx| everyones.contains(item);
            rows.push(ShelfRow {
                category: category.to_vec(),
                fitting: picked.iter().filter(fits).count(),
                bestsellers: picked.iter().filter(is_everyones).count(),
                likelier: complements.iter().filter(likelier).count(),
                out_of_place: complements
                    .iter()
                    .filter(|item| is_everyones(item) && !likelier(item))
                    .count(),
                opened,
                picked,
                complements,
            });
        }
    }
    Ok(rows)
}

/// Discounts of bestsellers that are compared, in percent.
pub const DISCOUNTS: [u8; 7] = [0, 20, 30, 40, 50, 70, 100];

/// What a discount of bestsellers does to a personal shelf.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DiscountCurve {
    /// Queries.
    pub cases: usize,
    /// The discount that the pack ships, in percent.
    pub shipped: f64,
    /// NDCG@10 of the likeliest products, overall and beyond the 50 bestsellers.
    pub likely: [f64; 2],
    /// By discount.
    pub rows: Vec<DiscountRow>,
}

/// The figures of one discount.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DiscountRow {
    /// In percent.
    pub percent: u8,
    /// NDCG@10 of the personal shelf, overall and beyond the 50 bestsellers.
    pub ndcg_at_10: [f64; 2],
    /// Mean number of twelve picks that fit one view of a category, and of everyone's among them.
    pub fitting: f64,
    /// See `fitting`.
    pub bestsellers: f64,
}

/// Ranks recorded sessions and looks at the shelves with several discounts.
///
/// # Errors
/// See [`shelves`]; also when a case names a row that the pack does not have.
pub fn discount_curve(
    pack: &Pack,
    eval_set: &EvalSet,
    lift: Lift<'_>,
    categories: usize,
    places: [f64; 3],
) -> Result<DiscountCurve> {
    let with = |percent: u8| -> Result<Model> {
        let rules = BusinessRules {
            bestseller_discount: Some(percent),
            ..pack.rules().clone()
        };
        Ok(Model::new(pack.clone().edit(|parts| parts.rules = rules)?))
    };
    let sessions: Vec<Session> = eval_set.queries.iter().map(session).collect();
    let ndcg = |model: &Model, objective| -> Result<[f64; 2]> {
        let left_out = bestsellers(model);
        let n = PICKS + left_out.len();
        let lists = rank_with(model, &sessions, &options(n, objective))?;
        let of = |left_out: &HashSet<ItemIx>| {
            let keep = |items: &mut dyn Iterator<Item = ItemIx>| -> Vec<u32> {
                let kept = items.filter(|item| !left_out.contains(item));
                kept.map(|item| item.0).collect()
            };
            let scores: Vec<f64> = (lists.iter().zip(&eval_set.relevant))
                .filter_map(|(list, relevant)| {
                    let relevant = keep(&mut relevant.iter().copied());
                    let list = keep(&mut list.iter().map(|pick| pick.item));
                    let hits = metrics::hits(&list[..list.len().min(PICKS)], &relevant, &[]);
                    metrics::score(&hits, relevant.len()).map(|score| score.ndcg_at_10)
                })
                .collect();
            scores.iter().sum::<f64>() / scores.len().max(1) as f64
        };
        Ok([of(&HashSet::new()), of(&left_out)])
    };
    let mut rows = Vec::new();
    for percent in DISCOUNTS {
        let model = with(percent)?;
        let seen = shelves(&model, lift, categories, places)?;
        let first: Vec<&ShelfRow> = seen.iter().filter(|row| row.opened.len() == 1).collect();
        let mean = |of: fn(&ShelfRow) -> usize| {
            first.iter().map(|row| of(row)).sum::<usize>() as f64 / first.len().max(1) as f64
        };
        rows.push(DiscountRow {
            percent,
            ndcg_at_10: ndcg(&model, Objective::Personal)?,
            fitting: mean(|row| row.fitting),
            bestsellers: mean(|row| row.bestsellers),
        });
    }
    let percent = f64::from(pack.config().bestseller_discount) * 100.0;
    Ok(DiscountCurve {
        cases: sessions.len(),
        shipped: pack
            .rules()
            .bestseller_discount
            .map_or(percent.round(), f64::from),
        likely: ndcg(&with(0)?, Objective::Likely)?,
        rows,
    })
}

fn options(n: usize, objective: Objective) -> RankOptions {
    RankOptions {
        n,
        objective,
        reasons: false,
        ..RankOptions::default()
    }
}

/// The first twelve as the storefront shows them: no category fills more than half of a shelf.
fn mixed(catalogue: &Catalogue, picks: impl Iterator<Item = ItemIx>) -> Vec<ItemIx> {
    let mut counts: HashMap<&[String], usize> = HashMap::new();
    let mut shown = Vec::with_capacity(PICKED);
    for item in picks {
        let count = counts.entry(&catalogue[item].category).or_default();
        *count += 1;
        if *count <= PICKED / 2 && shown.len() < PICKED {
            shown.push(item);
        }
    }
    shown
}
