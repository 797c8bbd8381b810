//! From a session to a ranked list with reasons.

pub(crate) mod adaptation;
pub(crate) mod feature_matrix;
pub(crate) mod options;
pub(crate) mod pair_scores;
pub(crate) mod session_encoder;
pub(crate) mod shopper_history;
