//! Who trains what: sessions of the log, cut by shopper.

use fewshop_core::{EventKind, split};
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::TrainConfig;
use crate::files::Log;

/// Parts of a log; no shopper stands in two of them.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// For counts and vectors.
    pub(crate) fit: Vec<Vec<u32>>,
    /// For ranker and adapter.
    pub(crate) held: Vec<Vec<u32>>,
    /// The held shoppers' earlier sessions: counted at the very end only.
    pub(crate) earlier: Vec<Vec<u32>>,
    /// For early stopping, where the caller brings no cases.
    pub(crate) valid: Vec<Vec<u32>>,
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

/// Cuts the log. With `own_valid` a share of the shoppers is kept for validation.
pub(crate) fn cut(log: &Log, config: &TrainConfig, seed: u64, own_valid: bool) -> Parts {
    const FOLDS: u64 = 1000;
    let salt = format!("fewshop-{seed}");
    let folds: Vec<f64> = log.users.iter().map(|user| split::fold(user, &salt, FOLDS) as f64 / FOLDS as f64).collect();
    let valid_from = if own_valid { 1.0 - config.valid_share } else { 1.0 };
    let mut parts = Parts::default();
    for session in &log.sessions {
        let items: Vec<u32> = session.items.iter().filter(|i| i.kind != EventKind::Dismiss).map(|i| i.item.0).collect();
        if items.is_empty() {
            continue;
        }
        let fold = folds[session.user as usize];
        if fold >= valid_from {
            parts.valid.push(items);
        } else if fold < config.ranker_share {
            parts.held.push(items);
        } else {
            parts.fit.push(items);
        }
    }
    // The shop will be asked about tomorrow: where the held shoppers have more sessions than are needed, the latest teach the
    // ranker. Sessions come in order of time.
    let surplus = parts.held.len().saturating_sub(2 * config.ranker.cases);
    parts.earlier = parts.held.drain(..surplus).collect();
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
