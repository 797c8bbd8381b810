//! From a session to a ranked list with reasons. [`Model`] is the entrance; [`run`] holds the steps
//! in their order, each of the other files one step.

pub(crate) mod adaptation;
pub(crate) mod candidates;
mod explanations;
pub(crate) mod feature_matrix;
pub(crate) mod lift_table;
pub(crate) mod model;
pub(crate) mod new_shopper;
pub(crate) mod options;
pub(crate) mod pair_scores;
pub(crate) mod related;
pub(crate) mod run;
pub(crate) mod session_encoder;
pub(crate) mod shopper_history;

pub use candidates::Candidates;
pub use model::Model;
pub use options::{RankError, RankOptions, Ranking, Step};
pub use run::channel_scores;
pub use session_encoder::MAX_CONTEXT_ITEMS;
pub use shopper_history::MODEL_MAX_VISITS;
