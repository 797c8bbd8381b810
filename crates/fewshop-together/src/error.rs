//! Why something about learning together failed.

/// An error, worded so that whoever runs the shop, or the shop's page, can act on it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TogetherError {
    /// A field of the terms has a value that cannot be kept to.
    #[error("{field}: {found}, expected {expected}")]
    Terms {
        /// The field.
        field: &'static str,
        /// What it says.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// An encryption key that is damaged, or made for other algorithms.
    #[error("the key of the {party} cannot be used: {reason}; ask that party for it again")]
    Key {
        /// Whose key.
        party: &'static str,
        /// Why not.
        reason: String,
    },
    /// A message that is not of the protocol, or was made under other terms.
    #[error("{what} cannot be read: {reason}")]
    Message {
        /// Which message.
        what: &'static str,
        /// Why not.
        reason: String,
    },
    /// The secret sharing failed, which only a mistake in the terms or no random source can cause.
    #[error("failed to split a report into shares: {0}")]
    Shares(#[from] prio::vdaf::VdafError),
    /// No random numbers.
    #[error("this machine gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// The noise's parameters.
    #[error("failed to draw noise: {0}")]
    Noise(String),
    /// The aggregator's file.
    #[cfg(feature = "aggregator")]
    #[error("{path}: {reason}")]
    Store {
        /// The file.
        path: String,
        /// What failed.
        reason: String,
    },
    /// The other party did not answer, or refused.
    #[cfg(feature = "aggregator")]
    #[error("{url}: {reason}")]
    Peer {
        /// What was asked.
        url: String,
        /// What it said.
        reason: String,
    },
}
