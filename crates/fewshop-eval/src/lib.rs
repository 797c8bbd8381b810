//! Asks packs and baselines about cases and scores their answers with the metrics of
//! `fewshop-core`.
//!
//! [`recommend`] asks, a [`Judge`] scores: means by k with 95 % intervals over shoppers
//! ([`Bootstrap`]), paired differences, harm, coverage and popularity bias. [`evaluate`] does all
//! of it for one pack and one set of cases; [`contenders`] puts the pack, its parts and the
//! [`baselines`] beside each other; [`dismissals`] lets simulated shoppers turn picks down.

pub mod baselines;
mod calibration;
mod contenders;
mod dismissals;
mod figures;
mod interval;
mod judge;
mod paired;
pub mod seeds;

use std::collections::BTreeMap;

use anyhow::Result;
use fewshop_core::metrics::{self, CaseScore};
use fewshop_core::{Catalogue, ItemIx, Recommendation, Session};
use fewshop_data::files::Case;
use fewshop_data::progress::Progress;
use fewshop_model::{Model, RankError, RankOptions, Ranking, Recommender};
use rayon::prelude::*;

pub use calibration::{Bin, Calibration, calibrate};
pub use contenders::{Ablated, contenders, transfer};
pub use dismissals::{Dismissals, SHOWN, dismissals};
pub use figures::{Contender, Difference, Evaluation, Figures, Kind, POPULAR_SHARE, Unit};
pub use interval::{Bootstrap, Interval};
pub use judge::{Judge, Judged};
pub use paired::{mean_over_k, paired};

/// Picks that are scored: the metrics look no further.
pub const PICKS: usize = 20;

/// Cases with what is right, rows of one catalogue.
#[derive(Debug, Clone, Default)]
pub struct Questions {
    /// The cases.
    pub cases: Vec<Case>,
    /// Wanted items, parallel to the cases.
    pub wanted: Vec<Vec<ItemIx>>,
}

impl Questions {
    /// What k counts: visits as soon as one case remembers one.
    #[must_use]
    pub fn unit(&self) -> Unit {
        if self.cases.iter().any(|case| !case.visits.is_empty()) {
            Unit::Visits
        } else {
            Unit::Shots
        }
    }
}

/// One scored case.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    /// Shots, or visits, that it is counted under.
    pub k: u32,
    /// Its shopper.
    pub user: String,
    /// Its score.
    pub score: CaseScore,
}

/// The top `n` for every case, in the order of the cases.
///
/// # Errors
/// When a case names a row that the pack does not have, or the backend fails.
pub fn recommend(
    model: &Model,
    cases: &[Case],
    n: usize,
    frozen: bool,
) -> Result<Vec<Vec<Recommendation>>> {
    rank(
        model,
        &cases.iter().map(session).collect::<Vec<Session>>(),
        n,
        frozen,
    )
}

/// A case as the device would have it.
fn session(case: &Case) -> Session {
    Session {
        visits: case.visits.clone(),
        ..Session::of_items(&case.shots)
    }
}

/// The top `n` for every case on the model's own backend, in the order of the cases.
///
/// # Errors
/// See [`recommend`].
pub fn recommend_on(
    backend: &Recommender,
    cases: &[Case],
    n: usize,
    frozen: bool,
) -> Result<Vec<Vec<Recommendation>>> {
    let sessions: Vec<Session> = cases.iter().map(session).collect();
    rank_by(
        backend.catalogue(),
        &sessions,
        n,
        frozen,
        |session, options| {
            let mut one = backend.clone();
            one.set_session(session.clone())?;
            pollster::block_on(one.rank(options))
        },
    )
}

/// The top `n` for every session, in their order.
fn rank(
    model: &Model,
    sessions: &[Session],
    n: usize,
    frozen: bool,
) -> Result<Vec<Vec<Recommendation>>> {
    rank_by(
        model.catalogue(),
        sessions,
        n,
        frozen,
        |session, options| model.rank(session, options),
    )
}

fn rank_by(
    catalogue: &Catalogue,
    sessions: &[Session],
    n: usize,
    frozen: bool,
    answer: impl Fn(&Session, &RankOptions) -> Result<Ranking, RankError> + Sync,
) -> Result<Vec<Vec<Recommendation>>> {
    let options = RankOptions {
        n,
        frozen,
        reasons: false,
        ..RankOptions::default()
    };
    let progress = Progress::of("Ranking", sessions.len() as u64);
    let out: Result<Vec<_>> = sessions
        .par_iter()
        .map(|session| {
            let ranking = answer(session, &options)?;
            progress.step();
            Ok(ranking.picks)
        })
        .collect();
    let out = out?;
    progress.finish(&format!(
        "Ranked {} cases over {} products",
        sessions.len(),
        catalogue.len()
    ));
    Ok(out)
}

/// Scores the answers; a case of which nothing is wanted has no score and is left out.
#[must_use]
pub fn score(
    cases: &[Case],
    wanted: &[Vec<ItemIx>],
    ranked: &[Vec<Recommendation>],
) -> Vec<Evaluated> {
    let each = cases.iter().zip(wanted).zip(ranked);
    each.filter_map(|((case, wanted), picks)| {
        let items: Vec<ItemIx> = picks.iter().map(|pick| pick.item).collect();
        let score = metrics::score(&metrics::hits(&items, wanted, &case.shots), wanted.len())?;
        Some(Evaluated {
            k: case.k,
            user: case.user.clone(),
            score,
        })
    })
    .collect()
}

/// The means as a training card holds them, rounded to four digits.
#[must_use]
pub fn card_metrics(scored: &[Evaluated]) -> BTreeMap<String, BTreeMap<u32, f64>> {
    let rounded = |x: f64| (x * 1e4).round() / 1e4;
    let mut sums: BTreeMap<u32, (f64, f64, f64)> = BTreeMap::new();
    for one in scored {
        let sum = sums.entry(one.k).or_default();
        sum.0 += 1.0;
        sum.1 += one.score.ndcg_at_10;
        sum.2 += one.score.recall_at_20;
    }
    let mut out: BTreeMap<String, BTreeMap<u32, f64>> = BTreeMap::new();
    for (k, (cases, ndcg, recall)) in sums {
        out.entry("ndcg@10".to_owned())
            .or_default()
            .insert(k, rounded(ndcg / cases));
        out.entry("recall@20".to_owned())
            .or_default()
            .insert(k, rounded(recall / cases));
    }
    out
}

/// The items of a pack's answers.
///
/// # Errors
/// See [`recommend`].
pub fn picks(model: &Model, cases: &[Case], frozen: bool) -> Result<Vec<Vec<ItemIx>>> {
    Ok(items(recommend(model, cases, PICKS, frozen)?))
}

fn items(ranked: Vec<Vec<Recommendation>>) -> Vec<Vec<ItemIx>> {
    ranked
        .into_iter()
        .map(|picks| picks.into_iter().map(|pick| pick.item).collect())
        .collect()
}

/// How good a pack is on these cases, learning on the device and frozen. Contenders and dismissals
/// stay empty.
///
/// # Errors
/// See [`recommend`].
pub fn evaluate(model: &Model, questions: &Questions) -> Result<Evaluation> {
    let judge = Judge::of(questions, model.pack().popularity());
    let adapted = judge.judge(picks(model, &questions.cases, false)?);
    let frozen = judge.judge(picks(model, &questions.cases, true)?);
    let adapted_minus_frozen = judge.minus(&adapted, &frozen);
    Ok(Evaluation {
        unit: questions.unit(),
        without_truth: questions
            .wanted
            .iter()
            .filter(|wanted| wanted.is_empty())
            .count(),
        shoppers: judge.shoppers(),
        adapted: judge.by_k(&adapted),
        frozen: judge.by_k(&frozen),
        harm: adapted_minus_frozen
            .iter()
            .map(|(&k, difference)| (k, difference.harm))
            .collect(),
        adapted_minus_frozen,
        calibration: calibrate(model, &questions.cases, &questions.wanted)?,
        contenders: Vec::new(),
        dismissals: Vec::new(),
        transfer: BTreeMap::new(),
    })
}
