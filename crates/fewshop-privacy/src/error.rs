//! What can be wrong with a question about privacy.

/// What can be wrong with a question about privacy.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PrivacyError {
    /// ε is no positive number.
    #[error("ε is {0}: expected a positive number")]
    Epsilon(f64),
    /// δ is no probability.
    #[error("δ is {0}: expected a number between 0 and 1, such as 0.000001")]
    Delta(f64),
    /// σ is no positive number.
    #[error("σ is {0}: expected a positive number")]
    Sigma(f64),
    /// A report must be able to hold something.
    #[error("a report of no products has nothing to protect: expected 1 or more")]
    NoProducts,
    /// The noise is too small for the formula of sums of discrete Gaussians.
    #[error(
        "σ is {0}: noise this small has no known sum over several products; expected about 2 or more"
    )]
    SmallNoise(f64),
    /// No ε up to [`crate::counts::MAX_EPSILON`] holds.
    #[error("no ε below {0} holds with so little noise, which promises nothing")]
    NoPromise(f64),
}
