//! The offers and the model as a pack ships them.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Result, ensure};
use fewshop_core::{Item, ItemIx};
use fewshop_data::files::{Offer, OfferEvent};
use fewshop_data::progress::Progress;
use fewshop_model::Pack;
use fewshop_model::tasks::offers::{OfferInputs, OfferWeights, ShippedOffer, WEIGHTS};

use super::EVIDENCE_LEVELS;
use super::calibration::{Calibration, Setting, in_order};
use super::features::Redemptions;
use super::questions::Shop;
use crate::tasks::common::logistic::Logistic;

/// What was fitted, and how well it foresees.
#[derive(Debug, Clone, PartialEq)]
pub struct Shipped {
    /// For the pack.
    pub weights: OfferWeights,
    /// One for each split and each of [`EVIDENCE_LEVELS`].
    pub calibration: Vec<Calibration>,
}

/// Offers of the campaigns that were first shown within `days` before `end_s`, by index; of a
/// coupon that several have, the latest.
///
/// # Errors
/// When there are none.
pub fn current(
    offers: &[Offer],
    events: &[OfferEvent],
    end_s: i64,
    days: u32,
) -> Result<Vec<usize>> {
    let mut starts: HashMap<&str, i64> = HashMap::new();
    for event in events.iter().filter(|event| event.offer_id.is_none()) {
        let start = starts.entry(&event.campaign_id).or_insert(event.time_s);
        *start = event.time_s.min(*start);
    }
    let from = end_s - i64::from(days) * 86_400;
    let mut latest: BTreeMap<&str, (i64, usize)> = BTreeMap::new();
    for (at, offer) in offers
        .iter()
        .enumerate()
        .filter(|(_, offer)| !offer.items.is_empty())
    {
        let start = starts
            .get(offer.campaign_id.as_str())
            .copied()
            .filter(|start| *start >= from && *start <= end_s);
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

/// Fits the model on all households, as in the study's split by time: what others redeemed counts
/// as of the day on which a campaign began, and a household's own redemptions never count among
/// those of the others.
///
/// # Errors
/// When the fit came to numbers that no pack may hold.
pub fn ship(
    pack: &Pack,
    shop: &Shop,
    offers: &[Offer],
    chosen: &[usize],
    seed: u64,
) -> Result<Shipped> {
    let inputs = OfferInputs::of(pack, &shop.offers);
    let progress = Progress::of("Offers", EVIDENCE_LEVELS.len() as u64);
    let setting = Setting::of(pack, &inputs, shop, seed);
    let (mut weights, mut calibration) = ([[0f32; WEIGHTS]; EVIDENCE_LEVELS.len()], Vec::new());
    for (known, weights) in weights.iter_mut().enumerate() {
        let rows = setting.rows(known);
        for (to, from) in weights.iter_mut().zip(Logistic::fit(&rows.concat()).raw()) {
            *to = from as f32;
        }
        calibration.extend(setting.calibration(known, &rows));
        progress.step();
    }
    progress.finish(&format!(
        "Offers: fitted on {} households shown a campaign",
        shop.questions.len()
    ));
    let mut now = Redemptions::default();
    shop.questions
        .iter()
        .for_each(|question| now.add(&inputs, shop, question, i64::MAX, 1.0));
    let shipped = chosen.iter().map(|&at| {
        let mut items: Vec<u32> = offers[at].items.iter().map(|item| item.0).collect();
        items.sort_unstable();
        ShippedOffer {
            id: offers[at].offer_id.clone(),
            title: title(pack, &offers[at]),
            rates: now.rates(&inputs, shop, at).map(|rate| rate as f32),
            items,
        }
    });
    Ok(Shipped {
        weights: OfferWeights {
            offers: shipped.collect(),
            weights,
        },
        calibration: in_order(calibration),
    })
}

/// What an offer is on: as the file says, or else the brand or category that most of what it covers
/// is of.
fn title(pack: &Pack, offer: &Offer) -> String {
    if let Some(title) = &offer.title {
        return title.clone();
    }
    let items: Vec<&Item> = offer
        .items
        .iter()
        .map(|&item: &ItemIx| &pack.catalogue()[item])
        .collect();
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    for item in &items {
        *groups
            .entry(item.category.last().map_or("", String::as_str))
            .or_default() += 1;
    }
    let mut groups: Vec<(&str, usize)> = groups
        .into_iter()
        .filter(|(name, _)| !name.is_empty())
        .collect();
    groups.sort_by_key(|&(name, count)| (std::cmp::Reverse(count), name));
    let named: Vec<&str> = groups.iter().take(2).map(|&(name, _)| name).collect();
    let text = match (named.as_slice(), groups.len()) {
        ([], _) => items[0].title.clone(),
        (names, 0..=2) => names.join(" and "),
        (names, more) => format!(
            "{} and {} more categories",
            names.join(", "),
            more - names.len()
        ),
    };
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    let mut end = text.len().min(120);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}
