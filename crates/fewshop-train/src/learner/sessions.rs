//! Who trains what: sessions of the log, cut by shopper.

use fewshop_core::{EventKind, split};
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::TrainConfig;
use crate::files::Log;

/// Parts of a log; no shopper stands in two of the first three.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// For counts and vectors while ranker and adapter are trained: most shoppers, up to a date.
    pub(crate) fit: Vec<Vec<u32>>,
    /// For ranker and adapter: other shoppers, after that date.
    pub(crate) held: Vec<Vec<u32>>,
    /// For early stopping, where the caller brings no cases: again others, after that date.
    pub(crate) valid: Vec<Vec<u32>>,
    /// All sessions in order of time, for the counts and vectors that are shipped.
    pub(crate) all: Vec<Vec<u32>>,
}

/// Some shots of a session and the rest of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Episode {
    pub(crate) shots: Vec<u32>,
    pub(crate) wanted: Vec<u32>,
}

/// The numbers of shots that ranker and adapter are trained for, as often as they stand here. 0 is the stranger's first sight of
/// the shop, and what a reason compares with when the only shot is left out.
pub(crate) const SHOTS: [usize; 10] = [0, 1, 1, 2, 3, 3, 5, 5, 8, 10];

/// Cuts the log as life will: the shop counts until a day, strangers come after it. A ranker taught by sessions of the days that were
/// counted would trust the counts of a season too much. With `own_valid` a share of the shoppers is kept for validation.
pub(crate) fn cut(log: &Log, config: &TrainConfig, seed: u64, own_valid: bool) -> Parts {
    const FOLDS: u64 = 1000;
    let salt = format!("fewshop-{seed}");
    let folds: Vec<f64> = log.users.iter().map(|user| split::fold(user, &salt, FOLDS) as f64 / FOLDS as f64).collect();
    let valid_from = if own_valid { 1.0 - config.valid_share } else { 1.0 };
    let late_from = (log.sessions.len() as f64 * (1.0 - config.late_share)) as usize;
    let mut parts = Parts::default();
    for (nth, session) in log.sessions.iter().enumerate() {
        let items: Vec<u32> = session.items.iter().filter(|i| i.kind != EventKind::Dismiss).map(|i| i.item.0).collect();
        if items.is_empty() {
            continue;
        }
        let fold = folds[session.user as usize];
        let (late, held, valid) = (nth >= late_from, fold < config.ranker_share, fold >= valid_from);
        match (late, held, valid) {
            (false, false, false) => parts.fit.push(items.clone()),
            (true, true, _) => parts.held.push(items.clone()),
            (true, _, true) => parts.valid.push(items.clone()),
            _ => {}
        }
        parts.all.push(items);
    }
    parts
}

/// One session shows the same shopper at most so many times: more draws of few sessions teach their shoppers' whims.
const DRAWS: usize = 10;

/// Draws episodes from the sessions that are long enough, each session once before any comes again. Shots come in random order: the
/// items of a basket bear one timestamp.
pub(crate) fn episodes(sessions: &[Vec<u32>], most: usize, rng: &mut ChaCha8Rng) -> Vec<Episode> {
    let mut order: Vec<usize> = (0..sessions.len()).filter(|&s| sessions[s].len() >= 4).collect();
    let mut out = Vec::new();
    for _ in 0..DRAWS {
        order.shuffle(rng);
        for &session in order.iter().take(most - out.len()) {
            let mut items = sessions[session].clone();
            items.shuffle(rng);
            let fitting: Vec<usize> = SHOTS.into_iter().filter(|&k| k + 2 <= items.len()).collect();
            let k = fitting[rng.random_range(0..fitting.len())];
            let wanted = items.split_off(k);
            out.push(Episode { shots: items, wanted });
        }
    }
    out
}
