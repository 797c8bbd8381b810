//! The offers and the model as a pack ships them.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Result, ensure};
use fewshop_core::{Item, ItemIx};
use fewshop_model::Pack;
use fewshop_model::offers::{MATCHES, OfferFacts, OfferWeights, ShippedOffer, WEIGHTS};

use super::KNOWN;
use super::compare::{FOLDS, folds};
use super::features::{Redemptions, all_matches};
use super::logistic::Logistic;
use super::questions::Shop;
use crate::files::{Offer, OfferEvent};
use crate::progress::Progress;

/// Expected against seen redemptions of households that taught nothing, at one amount known.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// What the households are known by.
    pub known: &'static str,
    /// Sum of what was expected, and redemptions, over all offers shown.
    pub all: [f64; 2],
    /// The same of the offers that the model holds for likeliest: a hundredth of all.
    pub top: [f64; 2],
    /// The same of the one offer that each household would be shown first.
    pub first: [f64; 2],
    /// Households shown a campaign.
    pub shown: usize,
    /// Redemptions of the one offer that others redeem most, beside `first`.
    pub most_redeemed: f64,
}

/// What was fitted, and how well it foresees.
#[derive(Debug, Clone, PartialEq)]
pub struct Shipped {
    /// For the pack.
    pub weights: OfferWeights,
    /// One for each of [`KNOWN`].
    pub calibration: Vec<Calibration>,
}

/// Offers of the campaigns that were first shown within `days` before `end_s`, by index; of a coupon that several have, the latest.
///
/// # Errors
/// When there are none.
pub fn current(offers: &[Offer], events: &[OfferEvent], end_s: i64, days: u32) -> Result<Vec<usize>> {
    let mut starts: HashMap<&str, i64> = HashMap::new();
    for event in events.iter().filter(|event| event.offer_id.is_none()) {
        let start = starts.entry(&event.campaign_id).or_insert(event.time_s);
        *start = event.time_s.min(*start);
    }
    let from = end_s - i64::from(days) * 86_400;
    let mut latest: BTreeMap<&str, (i64, usize)> = BTreeMap::new();
    for (at, offer) in offers.iter().enumerate().filter(|(_, offer)| !offer.items.is_empty()) {
        let start = starts.get(offer.campaign_id.as_str()).copied().filter(|start| *start >= from && *start <= end_s);
        if let Some(start) = start {
            let best = latest.entry(&offer.offer_id).or_insert((start, at));
            *best = (start, at).max(*best);
        }
    }
    ensure!(
        !latest.is_empty(),
        "no campaign was first shown within {days} days before the last event: give more --days, or a log that reaches as far as the offers"
    );
    let mut chosen: Vec<usize> = latest.into_values().map(|(_, at)| at).collect();
    chosen.sort_unstable();
    Ok(chosen)
}

/// Fits the model on all households, as in the study's split by time: what others redeemed counts as of the day on which a campaign began,
/// and a household's own redemptions never count among those of the others.
///
/// # Errors
/// When the fit came to numbers that no pack may hold.
pub fn ship(pack: &Pack, shop: &Shop, offers: &[Offer], chosen: &[usize], seed: u64) -> Result<Shipped> {
    let facts = OfferFacts::of(pack, &shop.offers);
    let rates = rates(&facts, shop);
    let folds = folds(shop, seed);
    let progress = Progress::of("Offers", KNOWN.len() as u64);
    let (mut weights, mut calibration) = ([[0f32; WEIGHTS]; KNOWN.len()], Vec::new());
    for (known, amount) in KNOWN.iter().enumerate() {
        let matches = all_matches(&facts, pack, shop, known);
        let rows: Vec<Vec<(Vec<f64>, bool)>> = rows(shop, &rates, &matches);
        let of = |keep: &dyn Fn(usize) -> bool| -> Vec<(Vec<f64>, bool)> {
            rows.iter().enumerate().filter(|(at, _)| keep(*at)).flat_map(|(_, rows)| rows.iter().cloned()).collect()
        };
        for (to, from) in weights[known].iter_mut().zip(Logistic::fit(&of(&|_| true)).raw()) {
            *to = from as f32;
        }
        let mut asked: Vec<Vec<(f64, f64, bool)>> = Vec::new();
        for fold in 0..FOLDS {
            let model = Logistic::fit(&of(&|at| folds[at] != fold));
            for (_, rows) in rows.iter().enumerate().filter(|(at, _)| folds[*at] == fold) {
                let chance = |x: &[f64]| 1.0 / (1.0 + (-model.score(x)).exp());
                asked.push(rows.iter().map(|(x, redeemed)| (chance(x), x[0], *redeemed)).collect());
            }
        }
        calibration.push(calibrated(amount.name(), &asked));
        progress.step();
    }
    progress.finish(&format!("Offers: fitted on {} households shown a campaign", shop.questions.len()));
    let mut now = Redemptions::default();
    shop.questions.iter().for_each(|question| now.add(&facts, shop, question, i64::MAX, 1.0));
    let shipped = chosen.iter().map(|&at| {
        let mut items: Vec<u32> = offers[at].items.iter().map(|item| item.0).collect();
        items.sort_unstable();
        ShippedOffer {
            id: offers[at].offer_id.clone(),
            title: title(pack, &offers[at]),
            rates: now.rates(&facts, shop, at).map(|rate| rate as f32),
            items,
        }
    });
    Ok(Shipped { weights: OfferWeights { offers: shipped.collect(), weights }, calibration })
}

/// What was known of others' redemptions of each offer of each question's campaign on the day when it began.
fn rates(facts: &OfferFacts, shop: &Shop) -> Vec<Vec<[f64; 2]>> {
    let before: Vec<Redemptions> = (shop.campaigns.iter())
        .map(|campaign| {
            let mut counts = Redemptions::default();
            let earlier = shop.questions.iter().filter(|other| shop.campaigns[other.campaign].start_s < campaign.start_s);
            earlier.for_each(|other| counts.add(facts, shop, other, campaign.start_s, 1.0));
            counts
        })
        .collect();
    let mut own: HashMap<u32, Vec<usize>> = HashMap::new();
    for (at, question) in shop.questions.iter().enumerate() {
        own.entry(question.user).or_default().push(at);
    }
    let mut before = before;
    let of = |question: &super::Question| {
        let (campaign, counts) = (&shop.campaigns[question.campaign], &mut before[question.campaign]);
        let count_own = |counts: &mut Redemptions, by: f64| {
            for other in own[&question.user].iter().map(|&at| &shop.questions[at]) {
                if shop.campaigns[other.campaign].start_s < campaign.start_s {
                    counts.add(facts, shop, other, campaign.start_s, by);
                }
            }
        };
        count_own(counts, -1.0);
        let rates = campaign.offers.iter().map(|&offer| counts.rates(facts, shop, offer)).collect();
        count_own(counts, 1.0);
        rates
    };
    shop.questions.iter().map(of).collect()
}

fn rows(shop: &Shop, rates: &[Vec<[f64; 2]>], matches: &[Vec<[f64; MATCHES]>]) -> Vec<Vec<(Vec<f64>, bool)>> {
    let of = |(at, question): (usize, &super::Question)| {
        let offers = &shop.campaigns[question.campaign].offers;
        let row = |(nth, offer): (usize, &usize)| {
            let x = rates[at][nth].iter().chain(&matches[at][nth]).copied().collect();
            (x, question.redeemed.contains_key(offer))
        };
        offers.iter().enumerate().map(row).collect()
    };
    shop.questions.iter().enumerate().map(of).collect()
}

/// Of expected chance, rate of the others and whether it was redeemed, household by household.
fn calibrated(known: &'static str, asked: &[Vec<(f64, f64, bool)>]) -> Calibration {
    let sums = |rows: &mut dyn Iterator<Item = &(f64, f64, bool)>| {
        rows.fold([0.0, 0.0], |sum, (chance, _, redeemed)| [sum[0] + chance, sum[1] + f64::from(u8::from(*redeemed))])
    };
    let mut all: Vec<(f64, f64, bool)> = asked.iter().flatten().copied().collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    let best = |by: fn(&(f64, f64, bool)) -> f64| {
        let mut first = asked.iter().filter_map(|rows| rows.iter().rev().max_by(|a, b| by(a).total_cmp(&by(b))));
        sums(&mut first)
    };
    Calibration {
        known,
        all: sums(&mut all.iter()),
        top: sums(&mut all.iter().take(all.len() / 100)),
        first: best(|row| row.0),
        shown: asked.len(),
        most_redeemed: best(|row| row.1)[1],
    }
}

/// What an offer is on: as the file says, or else the brand or category that most of what it covers is of.
fn title(pack: &Pack, offer: &Offer) -> String {
    if let Some(title) = &offer.title {
        return title.clone();
    }
    let items: Vec<&Item> = offer.items.iter().map(|&item: &ItemIx| &pack.catalogue[item]).collect();
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    for item in &items {
        *groups.entry(item.category.last().map_or("", String::as_str)).or_default() += 1;
    }
    let mut groups: Vec<(&str, usize)> = groups.into_iter().filter(|(name, _)| !name.is_empty()).collect();
    groups.sort_by_key(|&(name, count)| (std::cmp::Reverse(count), name));
    let named: Vec<&str> = groups.iter().take(2).map(|&(name, _)| name).collect();
    let text = match (named.as_slice(), groups.len()) {
        ([], _) => items[0].title.clone(),
        (names, 0..=2) => names.join(" and "),
        (names, more) => format!("{} and {} more categories", names.join(", "), more - names.len()),
    };
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    let mut end = text.len().min(120);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}
