//! What a recommender is asked, and what it answers.

use fewshop_core::{Filter, ItemIx, Recommendation};

use crate::compute::ComputeError;

/// What is asked of [`Recommender::rank`](crate::Recommender::rank).
#[derive(Debug, Clone, PartialEq)]
pub struct RankOptions {
    /// Picks wanted; fewer come where fewer are allowed.
    pub n: usize,
    /// Products allowed.
    pub filter: Filter,
    /// Rank for these products instead of the session's shots, as for 'goes well with'.
    pub seeds: Vec<ItemIx>,
    /// Leave out all that is learned on the device: fine-tuning, earlier visits, and what
    /// dismissals say of other products.
    pub frozen: bool,
    /// Work out why each was picked: one more run a shot.
    pub reasons: bool,
}

impl Default for RankOptions {
    fn default() -> Self {
        Self {
            n: 20,
            filter: Filter::ALL,
            seeds: Vec::new(),
            frozen: false,
            reasons: true,
        }
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ranking {
    /// Best first.
    pub picks: Vec<Recommendation>,
    /// Weight of the fine-tuned taste against the frozen one, 0 to 1.
    pub gate: f32,
    /// Shots learned from.
    pub shots: usize,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RankError {
    /// `n` is 0.
    #[error("0 picks were asked for: ask for 1 at least")]
    NothingWanted,
    /// A row past the catalogue's end.
    #[error(
        "item row {row} is not in the catalogue of {items}: rows count from 0 and belong to one pack"
    )]
    UnknownItem {
        /// The row.
        row: u32,
        /// Products there are.
        items: usize,
    },
    /// The backend failed.
    #[error(transparent)]
    Compute(#[from] ComputeError),
}

/// The parts of a run that take time, in their order. See
/// [`Recommender::rank_all`](crate::Recommender::rank_all).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Encoding, gate and fine-tuning.
    Adapt,
    /// Logits of all products.
    Scan,
    /// Pair channels and the choice of candidates.
    Candidates,
    /// Features and scores of the candidates.
    Ranker,
    /// Scores without each shot.
    Reasons,
}

impl Step {
    /// All steps.
    pub const ALL: [Self; 5] = [
        Self::Adapt,
        Self::Scan,
        Self::Candidates,
        Self::Ranker,
        Self::Reasons,
    ];

    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Adapt => "adapt",
            Self::Scan => "scan",
            Self::Candidates => "candidates",
            Self::Ranker => "ranker",
            Self::Reasons => "reasons",
        }
    }
}

/// Which products the ranker looks at, and all that it sees of them. Training reads this too: the
/// same code makes its examples.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidates {
    /// Rows, each once.
    pub items: Vec<u32>,
    /// `[items, FEATURES]`, row-major.
    pub features: Vec<f32>,
    /// Weight of the fine-tuned taste in them.
    pub gate: f32,
}
