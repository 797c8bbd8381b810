//! Ranks with a pack: the top picks for each query, computed on all cores.

use anyhow::Result;
use fewshop_core::{Catalogue, ItemIx, Recommendation, Session};
use fewshop_data::files::EvalCase;
use fewshop_data::progress::Progress;
use fewshop_model::{Model, RankError, RankOptions, Ranking, Recommender};
use rayon::prelude::*;

/// Number of picks that the metrics read.
pub const PICKS: usize = 20;

/// The top `n` items for every case, in the order of the cases.
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

/// The session that a device would have in this case.
pub(crate) fn session(case: &EvalCase) -> Session {
    Session {
        visits: case.visits.clone(),
        day: case.day,
        ..Session::of_items(&case.context)
    }
}

/// The top `n` items for every case on the recommender's own backend, in the order of the cases.
///
/// # Errors
/// See [`recommend`].
pub fn recommend_on(
    backend: &Recommender,
    cases: &[EvalCase],
    options: &RankOptions,
) -> Result<Vec<Vec<Recommendation>>> {
    let sessions: Vec<Session> = cases.iter().map(session).collect();
    rank_by(
        backend.catalogue(),
        &sessions,
        options,
        |session, options| {
            let mut one = backend.clone();
            one.set_session(session.clone())?;
            pollster::block_on(one.rank(options))
        },
    )
}

/// The top `n` items for every session, in their order.
pub(crate) fn rank(
    model: &Model,
    sessions: &[Session],
    n: usize,
    frozen: bool,
) -> Result<Vec<Vec<Recommendation>>> {
    let options = RankOptions {
        n,
        frozen,
        reasons: false,
        ..RankOptions::default()
    };
    rank_with(model, sessions, &options)
}

/// The picks for every session, in their order.
pub(crate) fn rank_with(
    model: &Model,
    sessions: &[Session],
    options: &RankOptions,
) -> Result<Vec<Vec<Recommendation>>> {
    rank_by(model.catalogue(), sessions, options, |session, options| {
        model.rank(session, options)
    })
}

fn rank_by(
    catalogue: &Catalogue,
    sessions: &[Session],
    options: &RankOptions,
    answer: impl Fn(&Session, &RankOptions) -> Result<Ranking, RankError> + Sync,
) -> Result<Vec<Vec<Recommendation>>> {
    let progress = Progress::of("Ranking", sessions.len() as u64);
    let out: Result<Vec<_>> = sessions
        .par_iter()
        .map(|session| {
            let ranking = answer(session, options)?;
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

/// The picked items for every case.
///
/// # Errors
/// See [`recommend`].
pub fn picks(model: &Model, cases: &[EvalCase], frozen: bool) -> Result<Vec<Vec<ItemIx>>> {
    Ok(items(recommend(model, cases, PICKS, frozen)?))
}

pub(crate) fn items(ranked: Vec<Vec<Recommendation>>) -> Vec<Vec<ItemIx>> {
    ranked
        .into_iter()
        .map(|picks| picks.into_iter().map(|pick| pick.item).collect())
        .collect()
}
