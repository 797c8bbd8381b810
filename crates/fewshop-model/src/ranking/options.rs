//! The question to a model, its answer, and the errors.

use fewshop_core::{Filter, ItemIx, Objective, Recommendation};

use crate::compute::ComputeError;

/// Options of [`Model::rank`](crate::Model::rank).
#[derive(Debug, Clone, PartialEq)]
pub struct RankOptions {
    /// Number of picks; the answer is shorter when fewer products are allowed.
    pub n: usize,
    /// Which products may be picked.
    pub filter: Filter,
    /// Rank for these products instead of the session's context items, as for 'goes well with'.
    pub seeds: Vec<ItemIx>,
    /// What to rank by. [`Objective::Complements`] and [`Objective::Similar`] are about the seeds, or
    /// the session's context items if there are none, and learn nothing.
    pub objective: Objective,
    /// Disable everything that is learned on the device: fine-tuning, earlier visits, and the
    /// effect of dismissals on other products.
    pub frozen: bool,
    /// Explain each pick, which costs one more scoring run for each context item.
    pub reasons: bool,
}

impl Default for RankOptions {
    fn default() -> Self {
        Self {
            n: 20,
            filter: Filter::ALL,
            seeds: Vec::new(),
            objective: Objective::Likely,
            frozen: false,
            reasons: true,
        }
    }
}

/// A ranked list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ranking {
    /// Best first.
    pub picks: Vec<Recommendation>,
    /// The gate: blend weight of the fine-tuned user embedding against the frozen one, 0 to 1.
    pub gate: f32,
    /// Context items that it learned from.
    pub context_items: usize,
    /// The loss of fine-tuning before its first gradient step and after its last; `None` if the gate
    /// was shut.
    pub losses: Option<[f32; 2]>,
    /// The products nearest to the user embedding by cosine, the context items apart, nearest first;
    /// empty without context items.
    pub nearest: Vec<(ItemIx, f32)>,
}

/// Why a session could not be ranked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RankError {
    /// `n` is 0.
    #[error("0 picks were requested: request at least 1")]
    NothingRequested,
    /// The pack holds tasks alone.
    #[error("the pack has no catalogue, so there is nothing to rank: it answers its tasks alone")]
    NoCatalogue,
    /// A row past the catalogue's end.
    #[error(
        "item row {row} is not in the catalogue of {items}: rows count from 0 and belong to one pack"
    )]
    UnknownItem {
        /// The row.
        row: u32,
        /// Products in the catalogue.
        items: usize,
    },
    /// The backend failed.
    #[error(transparent)]
    Compute(#[from] ComputeError),
}

/// The steps of a run that take time, in order. See
/// [`Recommender::rank_all`](crate::Recommender::rank_all).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Encoding, gate and fine-tuning.
    Adapt,
    /// Logits of all products.
    Scan,
    /// Pair scores and the choice of candidates.
    Candidates,
    /// Features and scores of the candidates.
    Ranker,
    /// Scores without each context item.
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
