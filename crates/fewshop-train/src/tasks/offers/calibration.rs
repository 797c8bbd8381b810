//! Whether what the model expects comes true: of households that taught nothing, and of campaigns
//! later than all that taught.

use std::collections::HashMap;
use std::fmt::Write as _;

use fewshop_eval::{Bootstrap, Interval};
use fewshop_model::Pack;
use fewshop_model::tasks::offers::{MATCH_FEATURES, OfferInputs};
use serde::{Deserialize, Serialize};

use super::EVIDENCE_LEVELS;
use super::compare::{Split, folds, late};
use super::features::{Redemptions, all_matches};
use super::questions::{Question, Shop};
use crate::tasks::common::folds::FOLDS;
use crate::tasks::common::logistic::Logistic;

/// Expected against seen redemptions, at one amount known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Who taught.
    pub split: Split,
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
    inputs: &'a OfferInputs,
    shop: &'a Shop,
    /// By question and offer.
    rates: Vec<Vec<[f64; 2]>>,
    folds: Vec<usize>,
    /// Of each campaign.
    late: Vec<bool>,
}

impl<'a> Setting<'a> {
    pub(super) fn of(pack: &'a Pack, inputs: &'a OfferInputs, shop: &'a Shop, seed: u64) -> Self {
        Self {
            pack,
            inputs,
            shop,
            rates: rates(inputs, shop),
            folds: folds(shop, seed),
            late: late(shop),
        }
    }

    /// What each household was shown, by one amount known, as the fit of the shipped model sees it:
    /// what others redeemed counts as of the day on which a campaign began, and a household's own
    /// redemptions never count among those of the others.
    pub(super) fn rows(&self, known: usize) -> Vec<Rows> {
        let matches: Vec<Vec<[f64; MATCH_FEATURES]>> =
            all_matches(self.inputs, self.pack, self.shop, known);
        let of = |(at, question): (usize, &Question)| {
            let offers = &self.shop.campaigns[question.campaign].offers;
            let row = |(nth, offer): (usize, &usize)| {
                let x = self.rates[at][nth]
                    .iter()
                    .chain(&matches[at][nth])
                    .copied()
                    .collect();
                (x, question.redeemed.contains_key(offer))
            };
            offers.iter().enumerate().map(row).collect()
        };
        self.shop.questions.iter().enumerate().map(of).collect()
    }

    /// Asks households that taught nothing, by one amount known: of all campaigns, and of the
    /// latest ones with fits that saw earlier ones alone.
    pub(super) fn calibration(&self, known: usize, rows: &[Rows]) -> [Calibration; 2] {
        let late = |at: usize| self.late[self.shop.questions[at].campaign];
        let households = self.asked(rows, &|_| true, &|_| true);
        let time = self.asked(rows, &|at| !late(at), &late);
        let name = EVIDENCE_LEVELS[known].name();
        [
            summed(self.shop, Split::Households, name, &households),
            summed(self.shop, Split::Time, name, &time),
        ]
    }

    /// Questions that are asked about, of households that taught nothing.
    fn asked(
        &self,
        rows: &[Rows],
        teaches: &dyn Fn(usize) -> bool,
        is_asked: &dyn Fn(usize) -> bool,
    ) -> Asked {
        let mut out = Asked::new();
        for fold in 0..FOLDS {
            let lessons = (0..rows.len()).filter(|&at| self.folds[at] != fold && teaches(at));
            let model = Logistic::fit(
                &lessons
                    .flat_map(|at| rows[at].iter().cloned())
                    .collect::<Rows>(),
            );
            let expected = |(x, redeemed): &(Vec<f64>, bool)| Expected {
                score: model.score(x),
                rate: x[0],
                redeemed: *redeemed,
            };
            let asked = (0..rows.len()).filter(|&at| self.folds[at] == fold && is_asked(at));
            out.extend(asked.map(|at| (at, rows[at].iter().map(expected).collect())));
        }
        out
    }
}

/// Asks households that taught nothing, under both splits, at each amount known.
#[must_use]
pub fn calibrate(pack: &Pack, shop: &Shop, seed: u64) -> Vec<Calibration> {
    let inputs = OfferInputs::of(pack, &shop.offers);
    let setting = Setting::of(pack, &inputs, shop, seed);
    let mut out: Vec<Calibration> = Vec::new();
    for known in 0..EVIDENCE_LEVELS.len() {
        let rows = setting.rows(known);
        out.extend(setting.calibration(known, &rows));
    }
    in_order(out)
}

/// Split by split, amount by amount.
pub(super) fn in_order(mut found: Vec<Calibration>) -> Vec<Calibration> {
    found.sort_by_key(|one| one.split == Split::Time);
    found
}

/// What was known of others' redemptions of each offer of each question's campaign on the day when
/// it began.
fn rates(inputs: &OfferInputs, shop: &Shop) -> Vec<Vec<[f64; 2]>> {
    let before: Vec<Redemptions> = (shop.campaigns.iter())
        .map(|campaign| {
            let mut counts = Redemptions::default();
            let earlier = shop
                .questions
                .iter()
                .filter(|other| shop.campaigns[other.campaign].start_s < campaign.start_s);
            earlier.for_each(|other| counts.add(inputs, shop, other, campaign.start_s, 1.0));
            counts
        })
        .collect();
    let mut own: HashMap<u32, Vec<usize>> = HashMap::new();
    for (at, question) in shop.questions.iter().enumerate() {
        own.entry(question.user).or_default().push(at);
    }
    let mut before = before;
    let of = |question: &Question| {
        let (campaign, counts) = (
            &shop.campaigns[question.campaign],
            &mut before[question.campaign],
        );
        let count_own = |counts: &mut Redemptions, by: f64| {
            for other in own[&question.user].iter().map(|&at| &shop.questions[at]) {
                if shop.campaigns[other.campaign].start_s < campaign.start_s {
                    counts.add(inputs, shop, other, campaign.start_s, by);
                }
            }
        };
        count_own(counts, -1.0);
        let rates = campaign
            .offers
            .iter()
            .map(|&offer| counts.rates(inputs, shop, offer))
            .collect();
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

fn summed(shop: &Shop, split: Split, known: &str, asked: &[(usize, Vec<Expected>)]) -> Calibration {
    let sums = |of: &[Expected]| {
        of.iter().fold([0.0, 0.0], |sum, one| {
            [sum[0] + one.chance(), sum[1] + one.seen()]
        })
    };
    let mut all: Vec<Expected> = asked.iter().flat_map(|(_, rows)| rows).copied().collect();
    all.sort_by(|a, b| b.score.total_cmp(&a.score));
    // Of equals the first in the file.
    let best = |by: fn(&Expected) -> f64| -> Vec<Expected> {
        asked
            .iter()
            .filter_map(|(_, rows)| {
                rows.iter()
                    .rev()
                    .max_by(|a, b| by(a).total_cmp(&by(b)))
                    .copied()
            })
            .collect()
    };
    let first = best(|one| one.score);
    let (seen, expected): (Vec<f64>, Vec<f64>) =
        first.iter().map(|one| (one.seen(), one.chance())).unzip();
    let bootstrap = Bootstrap::over(asked.iter().map(|(at, _)| shop.questions[*at].user));
    let mut campaigns: Vec<usize> = asked
        .iter()
        .map(|(at, _)| shop.questions[*at].campaign)
        .collect();
    campaigns.sort_unstable();
    campaigns.dedup();
    Calibration {
        split,
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
        if before != Some(one.split) {
            let who = match one.split {
                Split::Households => "of households that taught nothing",
                Split::Time => {
                    "of households that taught nothing, in later campaigns than those that taught"
                }
            };
            let _ = writeln!(
                out,
                "redemptions {who}: {} times one of {} campaigns was shown; expected, seen",
                one.shown, one.campaigns
            );
            before = Some(one.split);
        }
        let [low, high] = one.first_ratio_interval;
        let _ = writeln!(
            out,
            "{:<10} all {:.0}, {:.0}; likeliest hundredth {:.0}, {:.0}; first offer {:.1}, {:.0} (seen by expected {low:.2} to {high:.2}); \
             most redeemed instead {:.0}",
            one.known,
            one.all[0],
            one.all[1],
            one.top[0],
            one.top[1],
            one.first[0],
            one.first[1],
            one.most_redeemed
        );
    }
    let off = found
        .iter()
        .filter(|one| one.split == Split::Time && one.off())
        .count();
    if off > 0 {
        let _ = writeln!(
            out,
            "In later campaigns the first offer is redeemed more or less often than expected, beyond chance, at {off} of {} amounts known: what is \
             expected is an order and no promise, so the page shows no number.",
            EVIDENCE_LEVELS.len()
        );
    }
    out
}
