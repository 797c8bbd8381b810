//! Whether what the model expects comes true: of households that taught nothing, and of campaigns later than all that taught.

use std::collections::HashMap;
use std::fmt::Write as _;

use fewshop_model::Pack;
use fewshop_model::offers::{MATCHES, OfferFacts};
use serde::{Deserialize, Serialize};

use super::KNOWN;
use super::compare::{FOLDS, Split, folds, late};
use super::features::{Redemptions, all_matches};
use super::logistic::Logistic;
use super::questions::{Question, Shop};
use crate::evaluation::{Bootstrap, Interval};

/// Expected against seen redemptions, at one amount known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Who taught.
    pub split: Split,
    /// Whether the log-odds are moved as those that ship are: as far as they held of later campaigns, of those before the ones asked about.
    pub believed: bool,
    /// What the households are known by.
    pub known: String,
    /// Sum of what was expected, and redemptions, over all offers shown.
    pub all: [f64; 2],
    /// The same of the offers that the model holds for likeliest: a hundredth of all.
    pub top: [f64; 2],
    /// The same of the one offer that each household would be shown first.
    pub first: [f64; 2],
    /// Seen by expected of `first`: 95 % interval, households resampled.
    pub first_ratio_interval: Interval,
    /// Households shown a campaign.
    pub shown: usize,
    /// Campaigns among them.
    pub campaigns: usize,
    /// Redemptions of the one offer that others redeem most, beside `first`.
    pub most_redeemed: f64,
}

/// Parts of time that [`waves`] makes.
const WAVES: usize = 4;
/// Redemptions below which nothing is said of how far to believe.
const LEAST: usize = 20;

impl Calibration {
    /// Whether the first offer is redeemed more or less often than expected, beyond chance.
    #[must_use]
    pub fn off(&self) -> bool {
        let [low, high] = self.first_ratio_interval;
        low > 1.0 || high < 1.0
    }
}

/// The offers of one question's campaign: what is known of each, and whether it was redeemed.
pub(super) type Rows = Vec<(Vec<f64>, bool)>;

/// Who asks and who teaches, and what was known of the offers before anything was fitted.
pub(super) struct Setting<'a> {
    pack: &'a Pack,
    facts: &'a OfferFacts,
    shop: &'a Shop,
    /// By question and offer.
    rates: Vec<Vec<[f64; 2]>>,
    folds: Vec<usize>,
    /// Of each campaign.
    waves: Vec<usize>,
}

impl<'a> Setting<'a> {
    pub(super) fn of(pack: &'a Pack, facts: &'a OfferFacts, shop: &'a Shop, seed: u64) -> Self {
        Self { pack, facts, shop, rates: rates(facts, shop), folds: folds(shop, seed), waves: waves(shop) }
    }

    /// What each household was shown, by one amount known, as the fit of the shipped model sees it: what others redeemed counts as of the
    /// day on which a campaign began, and a household's own redemptions never count among those of the others.
    pub(super) fn rows(&self, known: usize) -> Vec<Rows> {
        let matches: Vec<Vec<[f64; MATCHES]>> = all_matches(self.facts, self.pack, self.shop, known);
        let of = |(at, question): (usize, &Question)| {
            let offers = &self.shop.campaigns[question.campaign].offers;
            let row = |(nth, offer): (usize, &usize)| {
                let x = self.rates[at][nth].iter().chain(&matches[at][nth]).copied().collect();
                (x, question.redeemed.contains_key(offer))
            };
            offers.iter().enumerate().map(row).collect()
        };
        self.shop.questions.iter().enumerate().map(of).collect()
    }

    /// Asks households that taught nothing, by one amount known: of all campaigns, and of the latest ones with fits that saw earlier ones
    /// alone, as those fits say and as they are believed. The belief comes last: for a fit of all campaigns, from all but the first.
    pub(super) fn calibration(&self, known: usize, rows: &[Rows]) -> ([Calibration; 3], Belief) {
        let name = KNOWN[known].name();
        let households = self.asked(rows, &|_| true, &|_| true);
        let wave = |at: usize| self.waves[self.shop.questions[at].campaign];
        let foreseen: Vec<Asked> = (1..WAVES).map(|own| self.asked(rows, &|at| wave(at) < own, &|at| wave(at) == own)).collect();
        let (before, latest) = foreseen.split_at(WAVES - 2);
        let taught = Belief::of(before.iter().flatten());
        let believed: Asked =
            latest.iter().flatten().map(|(at, rows)| (*at, rows.iter().map(|one| taught.of_one(one)).collect())).collect();
        let found = [
            summed(self.shop, Split::Households, false, name, &households),
            summed(self.shop, Split::Time, false, name, &latest.concat()),
            summed(self.shop, Split::Time, true, name, &believed),
        ];
        (found, Belief::of(foreseen.iter().flatten()))
    }

    /// Questions that are asked about, of households that taught nothing.
    fn asked(&self, rows: &[Rows], teaches: &dyn Fn(usize) -> bool, is_asked: &dyn Fn(usize) -> bool) -> Asked {
        let mut out = Asked::new();
        for fold in 0..FOLDS {
            let lessons = (0..rows.len()).filter(|&at| self.folds[at] != fold && teaches(at));
            let model = Logistic::fit(&lessons.flat_map(|at| rows[at].iter().cloned()).collect::<Rows>());
            let expected = |(x, redeemed): &(Vec<f64>, bool)| Expected { score: model.score(x), rate: x[0], redeemed: *redeemed };
            let asked = (0..rows.len()).filter(|&at| self.folds[at] == fold && is_asked(at));
            out.extend(asked.map(|at| (at, rows[at].iter().map(expected).collect())));
        }
        out
    }
}

/// How far log-odds may be believed of a campaign that is yet to come: they are too sure of themselves, since tastes for offers and what is
/// on offer change. A line through the log-odds, fitted where they were said of later campaigns than those that taught (Platt 1999).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Belief {
    slope: f64,
    constant: f64,
}

impl Belief {
    fn of<'a>(asked: impl Iterator<Item = &'a (usize, Vec<Expected>)>) -> Self {
        let rows: Rows = asked.flat_map(|(_, rows)| rows).map(|one| (vec![one.score], one.redeemed)).collect();
        if rows.iter().filter(|(_, redeemed)| *redeemed).count() < LEAST {
            return Self { slope: 1.0, constant: 0.0 };
        }
        let raw = Logistic::fit(&rows).raw();
        // Never turned round: an order that held nowhere is no reason to show the worst offer first.
        Self { slope: raw[0].max(0.05), constant: raw[1] }
    }

    fn of_one(self, one: &Expected) -> Expected {
        Expected { score: self.slope * one.score + self.constant, ..*one }
    }

    /// The same of a whole fit: its weights, the constant last.
    pub(super) fn of_weights(self, raw: Vec<f64>) -> Vec<f64> {
        let last = raw.len().saturating_sub(1);
        let moved = raw.into_iter().enumerate();
        moved.map(|(at, weight)| self.slope * weight + if at == last { self.constant } else { 0.0 }).collect()
    }
}

/// Parts of time: each is asked about with fits of those before it. The last one are the campaigns that the study's split by time asks about.
fn waves(shop: &Shop) -> Vec<usize> {
    let late = late(shop);
    let mut early: Vec<usize> = (0..shop.campaigns.len()).filter(|&campaign| !late[campaign]).collect();
    early.sort_by_key(|&campaign| (shop.campaigns[campaign].start_s, campaign));
    let redeemed = |campaign: usize| {
        shop.questions.iter().filter(|q| q.campaign == campaign).map(|q| q.redeemed.len()).sum::<usize>() as f64
    };
    let all: f64 = early.iter().map(|&campaign| redeemed(campaign)).sum();
    let (mut out, mut sum) = (vec![WAVES - 1; shop.campaigns.len()], 0.0);
    for campaign in early {
        let parts = (WAVES - 1) as f64;
        out[campaign] = ((parts * sum / f64::max(all, 1.0)) as usize).min(WAVES - 2);
        sum += redeemed(campaign);
    }
    out
}

/// Asks households that taught nothing, under both splits, at each amount known.
#[must_use]
pub fn calibrate(pack: &Pack, shop: &Shop, seed: u64) -> Vec<Calibration> {
    let facts = OfferFacts::of(pack, &shop.offers);
    let setting = Setting::of(pack, &facts, shop, seed);
    let mut out: Vec<Calibration> = Vec::new();
    for known in 0..KNOWN.len() {
        let rows = setting.rows(known);
        out.extend(setting.calibration(known, &rows).0);
    }
    in_order(out)
}

/// Split by split, amount by amount.
pub(super) fn in_order(mut found: Vec<Calibration>) -> Vec<Calibration> {
    found.sort_by_key(|one| (one.split == Split::Time, one.believed));
    found
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
    let of = |question: &Question| {
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

/// Questions with what was expected of each of their offers.
type Asked = Vec<(usize, Vec<Expected>)>;

/// What was expected of one offer that a household was shown.
#[derive(Debug, Clone, Copy)]
struct Expected {
    /// Log-odds.
    score: f64,
    /// Others' redemptions.
    rate: f64,
    redeemed: bool,
}

impl Expected {
    fn chance(&self) -> f64 {
        1.0 / (1.0 + (-self.score).exp())
    }

    fn seen(&self) -> f64 {
        f64::from(u8::from(self.redeemed))
    }
}

fn summed(shop: &Shop, split: Split, believed: bool, known: &str, asked: &[(usize, Vec<Expected>)]) -> Calibration {
    let sums = |of: &[Expected]| of.iter().fold([0.0, 0.0], |sum, one| [sum[0] + one.chance(), sum[1] + one.seen()]);
    let mut all: Vec<Expected> = asked.iter().flat_map(|(_, rows)| rows).copied().collect();
    all.sort_by(|a, b| b.score.total_cmp(&a.score));
    // Of equals the first in the file.
    let best = |by: fn(&Expected) -> f64| -> Vec<Expected> {
        asked.iter().filter_map(|(_, rows)| rows.iter().rev().max_by(|a, b| by(a).total_cmp(&by(b))).copied()).collect()
    };
    let first = best(|one| one.score);
    let (seen, expected): (Vec<f64>, Vec<f64>) = first.iter().map(|one| (one.seen(), one.chance())).unzip();
    let bootstrap = Bootstrap::over(asked.iter().map(|(at, _)| shop.questions[*at].user));
    let mut campaigns: Vec<usize> = asked.iter().map(|(at, _)| shop.questions[*at].campaign).collect();
    campaigns.sort_unstable();
    campaigns.dedup();
    Calibration {
        split,
        believed,
        known: known.to_owned(),
        all: sums(&all),
        top: sums(&all[..all.len() / 100]),
        first: sums(&first),
        first_ratio_interval: bootstrap.ratios(&[(&seen, &expected)])[0],
        shown: asked.len(),
        campaigns: campaigns.len(),
        most_redeemed: sums(&best(|one| one.rate))[1],
    }
}

/// The figures for a terminal.
#[must_use]
pub fn expected(found: &[Calibration]) -> String {
    let mut out = String::new();
    let mut before = None;
    for one in found {
        if before != Some((one.split, one.believed)) {
            let who = match (one.split, one.believed) {
                (Split::Households, _) => "of other households, all campaigns taught",
                (Split::Time, false) => "of other households and later campaigns than those that taught",
                (Split::Time, true) => "of the same, believed as far as it held before (as the pack ships)",
            };
            let _ = writeln!(
                out,
                "redemptions {who}: {} times one of {} campaigns was shown; expected, seen",
                one.shown, one.campaigns
            );
            before = Some((one.split, one.believed));
        }
        let [low, high] = one.first_ratio_interval;
        let _ = writeln!(
            out,
            "{:<10} all {:.0}, {:.0}; likeliest hundredth {:.0}, {:.0}; first offer {:.1}, {:.0} (seen by expected {low:.2} to {high:.2}); \
             most redeemed instead {:.0}",
            one.known, one.all[0], one.all[1], one.top[0], one.top[1], one.first[0], one.first[1], one.most_redeemed
        );
    }
    out
}
