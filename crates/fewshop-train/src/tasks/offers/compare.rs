//! The offer model and what it must beat, on the same questions.

use std::fmt::Write as _;

use fewshop_core::metrics;
use fewshop_data::progress::Progress;
use fewshop_eval::{Bootstrap, Interval};
use fewshop_model::Pack;
use fewshop_model::tasks::offers::{MATCH_FEATURES, OfferInputs};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::EVIDENCE_LEVELS;
use super::calibration::{Calibration, calibrate, expected};
use super::features::{CATEGORY, COUNTS, FEATURES, POPULARITY, Redemptions, all_matches};
use super::questions::{Question, Shop};
use crate::tasks::common::folds::{FOLDS, by_group, by_time};
use crate::tasks::common::logistic::Logistic;
use crate::tasks::common::table::{signed, with_interval};

/// What is compared, in the order of the rows.
pub const METHODS: [&str; 4] = [
    "most redeemed",
    "category match",
    "logistic regression on counts",
    "offer model",
];
/// The latest campaigns that hold this share of what was redeemed are the ones asked about under
/// [`Split::Time`].
const LATE: f64 = 0.4;

/// Who and what may teach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Other households, in the same campaigns too.
    Households,
    /// Other households, in earlier campaigns alone, up to the day on which the campaign asked
    /// about began.
    Time,
}

/// One method's figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Who taught.
    pub split: Split,
    /// What the household is known by.
    pub known: String,
    /// The method.
    pub method: String,
    /// Households and campaigns with a redemption.
    pub questions: usize,
    /// Households among them.
    pub households: usize,
    /// Mean NDCG@10 and its 95 % interval.
    pub ndcg: (f64, Interval),
    /// Mean Recall@20 and its 95 % interval.
    pub recall: (f64, Interval),
    /// Mean area under the curve within a question, and its 95 % interval.
    pub auc: (f64, Interval),
    /// NDCG@10 above that of the first method, paired.
    pub ndcg_gain: (f64, Interval),
    /// Area above that of the first method, paired.
    pub auc_gain: (f64, Interval),
}

/// All figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Split by split, amount by amount, method by method.
    pub rows: Vec<Row>,
    /// Weights of the offer model's standardised features, mean over the fits, for the most that is
    /// known: by split.
    pub weights: Vec<(Split, Vec<(String, f64)>)>,
    /// Expected against seen.
    pub calibration: Vec<Calibration>,
    /// Whether the model ranks above most-redeemed beyond chance under the time split at every
    /// amount known: only then may it be used.
    pub better: bool,
}

/// Lets all methods answer.
#[must_use]
pub fn compare(pack: &Pack, shop: &Shop, seed: u64) -> Comparison {
    let inputs = OfferInputs::of(pack, &shop.offers);
    let progress = Progress::of("Offers", (2 * EVIDENCE_LEVELS.len() * FOLDS) as u64);
    let calibration = calibrate(pack, shop, seed);
    let mut out = Comparison {
        rows: Vec::new(),
        weights: Vec::new(),
        calibration,
        better: false,
    };
    let folds = folds(shop, seed);
    for split in [Split::Households, Split::Time] {
        for (known, amount) in EVIDENCE_LEVELS.iter().enumerate() {
            let matches = all_matches(&inputs, pack, shop, known);
            let (mut asked, mut weights) = (Vec::new(), vec![0.0; FEATURES.len()]);
            for fold in 0..FOLDS {
                let answered = answer(&inputs, shop, &matches, &folds, fold, split);
                weights
                    .iter_mut()
                    .zip(answered.weights)
                    .for_each(|(sum, weight)| *sum += weight / FOLDS as f64);
                asked.extend(answered.scores);
                progress.step();
            }
            if known + 1 == EVIDENCE_LEVELS.len() {
                out.weights.push((
                    split,
                    FEATURES
                        .iter()
                        .map(ToString::to_string)
                        .zip(weights)
                        .collect(),
                ));
            }
            out.rows.extend(figures(shop, &asked, split, amount.name()));
        }
    }
    let model = |row: &&Row| row.method == METHODS[METHODS.len() - 1] && row.split == Split::Time;
    out.better = out
        .rows
        .iter()
        .filter(model)
        .all(|row| row.ndcg_gain.1[0] > 0.0);
    progress.finish(&format!(
        "Offers: {} households shown a campaign",
        shop.questions.len()
    ));
    out
}

/// The fold of each question's household.
pub(super) fn folds(shop: &Shop, seed: u64) -> Vec<usize> {
    let users: Vec<u32> = (shop.questions.iter())
        .map(|question| question.user)
        .collect();
    by_group(&users, seed)
}

/// Whether each campaign is one of the late ones.
pub(super) fn late(shop: &Shop) -> Vec<bool> {
    let mut campaigns: Vec<(i64, f64)> = (shop.campaigns.iter())
        .map(|campaign| (campaign.start_s, 0.0))
        .collect();
    for question in &shop.questions {
        campaigns[question.campaign].1 += question.redeemed.len() as f64;
    }
    by_time(&campaigns, LATE)
}

struct Answered {
    /// Question, and each method's scores of the campaign's offers.
    scores: Vec<(usize, [Vec<f32>; 4])>,
    weights: Vec<f64>,
}

fn answer(
    inputs: &OfferInputs,
    shop: &Shop,
    matches: &[Vec<[f64; MATCH_FEATURES]>],
    folds: &[usize],
    fold: usize,
    split: Split,
) -> Answered {
    let late = late(shop);
    let all = || shop.questions.iter().enumerate();
    let teaches = |(at, question): &(usize, &Question)| {
        folds[*at] != fold && (split == Split::Households || !late[question.campaign])
    };
    let is_asked = |(at, question): &(usize, &Question)| {
        folds[*at] == fold
            && !question.redeemed.is_empty()
            && (split == Split::Households || late[question.campaign])
    };
    // What others redeemed, as far as it may be known when each campaign begins.
    let mut counts: Vec<Redemptions> = (0..shop.campaigns.len())
        .map(|campaign| {
            let start_s = shop.campaigns[campaign].start_s;
            let mut counts = Redemptions::default();
            for (_, other) in all().filter(|(at, _)| folds[*at] != fold) {
                match split {
                    Split::Households if other.campaign == campaign => {
                        counts.add(inputs, shop, other, i64::MAX, 1.0)
                    }
                    Split::Time if shop.campaigns[other.campaign].start_s < start_s => {
                        counts.add(inputs, shop, other, start_s, 1.0);
                    }
                    _ => {}
                }
            }
            counts
        })
        .collect();
    let features = |counts: &Redemptions, at: usize| -> Vec<Vec<f64>> {
        let offers = &shop.campaigns[shop.questions[at].campaign].offers;
        let row = |(&offer, own): (&usize, &[f64; MATCH_FEATURES])| {
            counts
                .rates(inputs, shop, offer)
                .into_iter()
                .chain(own.iter().copied())
                .collect()
        };
        offers.iter().zip(&matches[at]).map(row).collect()
    };
    let mut teach: Vec<(Vec<f64>, bool)> = Vec::new();
    for (at, question) in all().filter(teaches) {
        let counts = &mut counts[question.campaign];
        // A household's own redemptions must not stand among those of the others.
        let own = split == Split::Households;
        if own {
            counts.add(inputs, shop, question, i64::MAX, -1.0);
        }
        let redeemed = shop.campaigns[question.campaign]
            .offers
            .iter()
            .map(|offer| question.redeemed.contains_key(offer));
        teach.extend(features(counts, at).into_iter().zip(redeemed));
        if own {
            counts.add(inputs, shop, question, i64::MAX, 1.0);
        }
    }
    let plain = |x: &[f64]| -> Vec<f64> { COUNTS.iter().map(|&f| x[f]).collect() };
    let simple: Vec<(Vec<f64>, bool)> = teach
        .iter()
        .map(|(x, redeemed)| (plain(x), *redeemed))
        .collect();
    let (model, simple) = rayon::join(|| Logistic::fit(&teach), || Logistic::fit(&simple));
    let scores = all()
        .filter(is_asked)
        .map(|(at, question)| {
            let rows = features(&counts[question.campaign], at);
            let of = |score: &dyn Fn(&[f64]) -> f64| {
                rows.iter().map(|x| score(x) as f32).collect::<Vec<f32>>()
            };
            let by = [
                of(&|x| x[POPULARITY]),
                of(&|x| x[CATEGORY]),
                of(&|x| simple.score(&plain(x))),
                of(&|x| model.score(x)),
            ];
            (at, by)
        })
        .collect();
    Answered {
        scores,
        weights: model.weights().to_vec(),
    }
}

fn figures(
    shop: &Shop,
    asked: &[(usize, [Vec<f32>; 4])],
    split: Split,
    known: &'static str,
) -> Vec<Row> {
    let users: Vec<u32> = asked
        .iter()
        .map(|(at, _)| shop.questions[*at].user)
        .collect();
    let bootstrap = Bootstrap::over(&users);
    let mean = |values: &[f64]| {
        (
            values.iter().sum::<f64>() / values.len().max(1) as f64,
            bootstrap.means(std::slice::from_ref(&values.to_vec()))[0],
        )
    };
    let by_method: Vec<[Vec<f64>; 3]> = (0..METHODS.len())
        .map(|method| {
            let judged: Vec<[f64; 3]> = asked
                .par_iter()
                .map(|(at, scores)| judge(shop, &shop.questions[*at], &scores[method]))
                .collect();
            [0, 1, 2].map(|metric| judged.iter().map(|one| one[metric]).collect())
        })
        .collect();
    let above = |method: usize, metric: usize| {
        let pairs = by_method[method][metric].iter().zip(&by_method[0][metric]);
        mean(&pairs.map(|(own, first)| own - first).collect::<Vec<f64>>())
    };
    (0..METHODS.len())
        .map(|method| Row {
            split,
            known: known.to_owned(),
            method: METHODS[method].to_owned(),
            questions: asked.len(),
            households: bootstrap.shoppers(),
            ndcg: mean(&by_method[method][0]),
            recall: mean(&by_method[method][1]),
            auc: mean(&by_method[method][2]),
            ndcg_gain: above(method, 0),
            auc_gain: above(method, 2),
        })
        .collect()
}

/// NDCG@10, Recall@20 and area of one ranking; equal scores stand in the order of the file.
fn judge(shop: &Shop, question: &Question, scores: &[f32]) -> [f64; 3] {
    let offers = &shop.campaigns[question.campaign].offers;
    let mut order: Vec<usize> = (0..offers.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    let ranked: Vec<usize> = order.iter().map(|&at| offers[at]).collect();
    let wanted: Vec<usize> = question.redeemed.keys().copied().collect();
    let score =
        metrics::score(&metrics::hits(&ranked, &wanted, &[]), wanted.len()).unwrap_or_default();
    let rising = order
        .iter()
        .rev()
        .map(|&at| (scores[at], 1.0, question.redeemed.contains_key(&offers[at])));
    let auc = metrics::area_under_curve(rising).unwrap_or(0.5);
    [score.ndcg_at_10, score.recall_at_20, auc]
}

/// The figures for a terminal.
#[must_use]
pub fn table(comparison: &Comparison) -> String {
    let mut out = String::new();
    let mut before = None;
    for row in &comparison.rows {
        if before != Some(row.split) {
            let who = match row.split {
                Split::Households => "other households, the same campaigns",
                Split::Time => "other households, earlier campaigns",
            };
            let _ = writeln!(
                out,
                "{}taught by {who}: {} questions, {} households",
                if before.is_some() { "\n" } else { "" },
                row.questions,
                row.households
            );
            let _ = writeln!(
                out,
                "{:<10} {:<30} {:>24} {:>9} {:>24}  {:>27} {:>27}",
                "known",
                "method",
                "NDCG@10 [95 %]",
                "Recall@20",
                "AUC [95 %]",
                "NDCG@10 above the first",
                "AUC above the first"
            );
            before = Some(row.split);
        }
        let above = |gain: (f64, Interval)| {
            if row.method == METHODS[0] {
                String::new()
            } else {
                signed(gain)
            }
        };
        let _ = writeln!(
            out,
            "{:<10} {:<30} {:>24} {:>9.4} {:>24}  {:>27} {:>27}",
            if row.method == METHODS[0] {
                row.known.as_str()
            } else {
                ""
            },
            row.method,
            with_interval(row.ndcg),
            row.recall.0,
            with_interval(row.auc),
            above(row.ndcg_gain),
            above(row.auc_gain)
        );
    }
    for (split, weights) in &comparison.weights {
        let _ = writeln!(
            out,
            "\nweights of the offer model, {split:?}, {}",
            EVIDENCE_LEVELS[EVIDENCE_LEVELS.len() - 1].name()
        );
        for (name, weight) in weights {
            let _ = writeln!(out, "  {name:<40} {weight:+.3}");
        }
    }
    let _ = write!(out, "\n{}", expected(&comparison.calibration));
    let verdict = if comparison.better {
        "The model ranks above most-redeemed beyond chance under the time split at every amount known."
    } else {
        "Under the time split the model does not rank above most-redeemed beyond chance at every amount known: keep it off."
    };
    let _ = writeln!(out, "\n{verdict}");
    out
}
