//! Campaigns, offers and the households that were shown them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Result, ensure};
use fewshop_core::{ItemIx, Session};
use fewshop_data::files::{Log, Offer, OfferEvent};
use fewshop_model::tasks::attributes::EvidenceLevel;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::EVIDENCE_LEVELS;

/// A campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    /// When it was first shown.
    pub start_s: i64,
    /// Its offers, by index into [`Shop::offers`].
    pub offers: Vec<usize>,
}

/// A household that was shown a campaign.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// User of the log.
    pub user: u32,
    /// Index of the campaign.
    pub campaign: usize,
    /// Offers of it that were redeemed, by index into [`Shop::offers`], and when; often none.
    pub redeemed: BTreeMap<usize, i64>,
    /// What was bought before the campaign, for each of [`EVIDENCE_LEVELS`].
    pub known: Vec<Session>,
}

/// All that is known of a shop's offers.
#[derive(Debug, Clone, PartialEq)]
pub struct Shop {
    /// Products covered by each offer.
    pub offers: Vec<Vec<ItemIx>>,
    /// The same id in two campaigns is the same coupon: a number for each offer.
    pub coupon: Vec<usize>,
    /// The campaigns.
    pub campaigns: Vec<Campaign>,
    /// Who was shown what.
    pub questions: Vec<Question>,
}

/// Joins offers, their events and the log. Households that bought nothing before a campaign are not
/// asked about it, and campaigns of one offer have nothing to rank.
///
/// # Errors
/// When nobody of the log was shown a campaign, or fewer than 20 households redeemed anything.
pub fn shop(log: &Log, offers: &[Offer], events: &[OfferEvent], seed: u64) -> Result<Shop> {
    let mut campaigns: BTreeMap<&str, Campaign> = BTreeMap::new();
    let (mut coupons, mut by_name) = (HashMap::new(), HashMap::new());
    let mut out = Shop {
        offers: Vec::new(),
        coupon: Vec::new(),
        campaigns: Vec::new(),
        questions: Vec::new(),
    };
    for offer in offers {
        let next = coupons.len();
        out.coupon
            .push(*coupons.entry(offer.offer_id.as_str()).or_insert(next));
        let at = out.offers.len();
        out.offers.push(offer.items.clone());
        by_name.insert((offer.campaign_id.as_str(), offer.offer_id.as_str()), at);
        let campaign = Campaign {
            start_s: i64::MAX,
            offers: Vec::new(),
        };
        campaigns
            .entry(&offer.campaign_id)
            .or_insert(campaign)
            .offers
            .push(at);
    }
    for event in events.iter().filter(|event| event.offer_id.is_none()) {
        if let Some(campaign) = campaigns.get_mut(event.campaign_id.as_str()) {
            campaign.start_s = campaign.start_s.min(event.time_s);
        }
    }
    campaigns.retain(|_, campaign| campaign.offers.len() > 1 && campaign.start_s < i64::MAX);
    let users: HashMap<&str, u32> = (0u32..)
        .zip(&log.users)
        .map(|(user, name)| (name.as_str(), user))
        .collect();
    let mut visits: Vec<Vec<(i64, Vec<ItemIx>)>> = vec![Vec::new(); log.users.len()];
    for session in &log.sessions {
        let items: Vec<ItemIx> = session
            .items
            .iter()
            .filter(|item| item.kind.is_positive())
            .map(|item| item.item)
            .collect();
        if !items.is_empty() {
            visits[session.user as usize].push((session.time_s, items));
        }
    }
    let mut redeemed: HashMap<(u32, &str), BTreeMap<usize, i64>> = HashMap::new();
    for event in events {
        let offer = event
            .offer_id
            .as_deref()
            .and_then(|offer| by_name.get(&(event.campaign_id.as_str(), offer)));
        if let (Some(&offer), Some(&user)) = (offer, users.get(event.user_id.as_str())) {
            redeemed
                .entry((user, event.campaign_id.as_str()))
                .or_default()
                .entry(offer)
                .or_insert(event.time_s);
        }
    }
    let mut shown: BTreeSet<(u32, &str)> = BTreeSet::new();
    for event in events.iter().filter(|event| event.offer_id.is_none()) {
        if let Some(&user) = users.get(event.user_id.as_str()) {
            shown.insert((user, event.campaign_id.as_str()));
        }
    }
    let number: HashMap<&str, usize> = campaigns
        .keys()
        .enumerate()
        .map(|(at, name)| (*name, at))
        .collect();
    for (user, name) in shown {
        let Some(campaign) = campaigns.get(name) else {
            continue;
        };
        let before: Vec<&Vec<ItemIx>> = visits[user as usize]
            .iter()
            .filter(|(time_s, _)| *time_s < campaign.start_s)
            .map(|(_, items)| items)
            .collect();
        let Some(last) = before.last() else { continue };
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(u64::from(user) + 1);
        let mut shuffled = (*last).clone();
        shuffled.shuffle(&mut rng);
        let known = EVIDENCE_LEVELS.map(|amount: EvidenceLevel| match amount.items() {
            Some(items) => Session::of_items(&shuffled[..items.min(shuffled.len())]),
            None => {
                let visits = before
                    .iter()
                    .rev()
                    .take(amount.visits())
                    .map(|items| (*items).clone())
                    .collect();
                Session {
                    visits,
                    ..Session::default()
                }
            }
        });
        let redeemed = redeemed.remove(&(user, name)).unwrap_or_default();
        out.questions.push(Question {
            user,
            campaign: number[name],
            redeemed,
            known: known.to_vec(),
        });
    }
    out.campaigns = campaigns.into_values().collect();
    let redeemers: BTreeSet<u32> = out
        .questions
        .iter()
        .filter(|q| !q.redeemed.is_empty())
        .map(|q| q.user)
        .collect();
    ensure!(
        redeemers.len() >= 20,
        "{} shoppers of the events redeemed an offer after a first purchase, 20 at least are needed: check that ids and times belong together",
        redeemers.len()
    );
    Ok(out)
}
