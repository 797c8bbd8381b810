//! How well a pack ranks, compared with simpler methods, on sessions that it was not trained on.
//!
//! An [`EvalSet`] holds the queries and the relevant items of each. [`recommend`] lets a pack answer
//! them, and [`score`] applies the ranking metrics of `fewshop-core` to the answers. A [`Judge`] turns
//! scores into [`Figures`]: means by k (the number of items that the recommender is given), each with
//! a 95 % interval from a [`Bootstrap`] that resamples shoppers, so that many queries of one shopper
//! do not count as many shoppers. A [`Difference`] between two methods is paired query by query.
//!
//! [`evaluate`] does all of this for one pack. [`contenders`] compares the pack with its own parts and
//! with the [`baselines`]; [`dismissals`] simulates shoppers who turn picks down; [`calibrate`] checks
//! the predicted probabilities; [`seeds`] shows how far the figures vary with the training seed.
//!
//! ```
//! use fewshop_core::ItemIx;
//! use fewshop_data::files::EvalCase;
//! use fewshop_eval::{EvalSet, evaluate};
//! use fewshop_model::{Compute, Recommender, toy};
//!
//! // Shoppers of the toy shop rarely leave their department of twenty products.
//! let query = |user: &str, seen: u32| EvalCase {
//!     id: format!("case-{user}"),
//!     user: user.to_owned(),
//!     k: 1,
//!     shots: vec![ItemIx(seen)],
//!     visits: Vec::new(),
//! };
//! let set = EvalSet {
//!     queries: vec![query("ann", 0), query("bob", 20)],
//!     relevant: vec![vec![ItemIx(1), ItemIx(2)], vec![ItemIx(21)]],
//! };
//! let recommender = Recommender::new(toy::pack(), Compute::Kernels);
//! let found = evaluate(&recommender, &set)?;
//! let figures = &found.adapted[&1];
//! assert_eq!(figures.cases, 2);
//! assert!(figures.recall_at_20 > 0.5);
//! # Ok::<(), anyhow::Error>(())
//! ```
//!
//! # Limits
//!
//! Only the first [`PICKS`] items of a ranking are scored. Logs are offline: nothing here knows what
//! a shopper would have done if shown something else. The classic network and the item-item
//! regression among the baselines need burn and threads, so this crate does not run in a browser.

pub mod baselines;
mod calibration;
mod contenders;
mod dismissals;
mod eval_set;
mod figures;
mod interval;
mod judge;
mod paired;
pub mod seeds;

use std::collections::BTreeMap;

use anyhow::Result;
use fewshop_core::metrics::{self, CaseScore};
use fewshop_core::{Catalogue, ItemIx, Recommendation, Session};
use fewshop_data::files::EvalCase;
use fewshop_data::progress::Progress;
use fewshop_model::{Model, RankError, RankOptions, Ranking, Recommender};
use rayon::prelude::*;

pub use calibration::{Bin, Calibration, calibrate};
pub use contenders::{Ablated, contenders, transfer};
pub use dismissals::{Dismissals, SHOWN, dismissals};
pub use eval_set::EvalSet;
pub use figures::{Contender, Difference, Evaluation, Figures, Kind, POPULAR_SHARE, Unit};
pub use interval::{Bootstrap, Interval};
pub use judge::{Judge, Judged};
pub use paired::{mean_over_k, paired};

/// Picks that are scored: the metrics look no further.
pub const PICKS: usize = 20;

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
    cases: &[EvalCase],
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
fn session(case: &EvalCase) -> Session {
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
    cases: &[EvalCase],
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

/// Scores the answers; a query without relevant items has no score and is left out.
#[must_use]
pub fn score(
    cases: &[EvalCase],
    relevant: &[Vec<ItemIx>],
    ranked: &[Vec<Recommendation>],
) -> Vec<Evaluated> {
    let each = cases.iter().zip(relevant).zip(ranked);
    each.filter_map(|((case, relevant), picks)| {
        let items: Vec<ItemIx> = picks.iter().map(|pick| pick.item).collect();
        let score = metrics::score(
            &metrics::hits(&items, relevant, &case.shots),
            relevant.len(),
        )?;
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
pub fn picks(model: &Model, cases: &[EvalCase], frozen: bool) -> Result<Vec<Vec<ItemIx>>> {
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
pub fn evaluate(model: &Model, eval_set: &EvalSet) -> Result<Evaluation> {
    let judge = Judge::of(eval_set, model.pack().popularity());
    let adapted = judge.judge(picks(model, &eval_set.queries, false)?);
    let frozen = judge.judge(picks(model, &eval_set.queries, true)?);
    let adapted_minus_frozen = judge.minus(&adapted, &frozen);
    Ok(Evaluation {
        unit: eval_set.unit(),
        without_truth: eval_set
            .relevant
            .iter()
            .filter(|relevant| relevant.is_empty())
            .count(),
        shoppers: judge.shoppers(),
        adapted: judge.by_k(&adapted),
        frozen: judge.by_k(&frozen),
        harm: adapted_minus_frozen
            .iter()
            .map(|(&k, difference)| (k, difference.harm))
            .collect(),
        adapted_minus_frozen,
        calibration: calibrate(model, &eval_set.queries, &eval_set.relevant)?,
        contenders: Vec::new(),
        dismissals: Vec::new(),
        transfer: BTreeMap::new(),
    })
}
