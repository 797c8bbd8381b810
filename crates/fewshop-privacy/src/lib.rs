//! What noise on added-up counts promises a shopper, as numbers: (ε, δ) of one report, and of many.
//!
//! A *report* is a row of zeros and ones over a list of products, with at most `ones` ones. Reports
//! are added up, and *discrete Gaussian* noise of parameter σ is added to every sum before anybody
//! reads it. Neighbours are two batches that differ in one report: in one of them it is replaced by
//! the empty report, all zeros. So the promise is about what was bought; that a report was sent is
//! no secret. For the stronger promise that a report can be replaced by *any other*, two reports
//! differ in twice as many places: ask with `2 * ones`.
//!
//! - [`delta_of_report`], [`epsilon_of_report`] and [`sigma_for_report`] are exact for such reports
//!   (the module [`counts`] derives them), up to roundings that all go to the safe side: δ and ε are
//!   upper bounds, σ is one that keeps the promise.
//! - [`epsilon_after`] is the ε of all reports that a shopper ever sent, each in a batch with noise of
//!   its own. It holds even if what is sent depends on what was published before.
//! - Vectors that are no counts (a clipped step of a network) and several reports in *one* batch have
//!   [`zcdp`] instead: looser, but it needs their length alone.
//!
//! ```
//! use fewshop_privacy::{epsilon_after, sigma_for_report};
//!
//! // Twenty products of a visit, ε = 1 and δ = 10⁻⁶.
//! let sigma = sigma_for_report(1.0, 1e-6, 20)?;
//! assert!((18.8..19.0).contains(&sigma), "{sigma}");
//! // Four visits in a month cost less than four times as much.
//! let month = epsilon_after(4, sigma, 20, 1e-6)?;
//! assert!((2.0..2.3).contains(&month), "{month}");
//! # Ok::<(), fewshop_privacy::PrivacyError>(())
//! ```
//!
//! # Limits
//!
//! The promise is of the noise that one party adds in full. Where each of two aggregators adds it, the
//! promise holds against the other aggregator as well, and the published sums hold both noises.
//! Nothing here samples noise: a sampler for production must be exact, as `prio`'s is.

pub mod counts;
mod error;
pub mod zcdp;

pub use counts::{delta_of_report, epsilon_after, epsilon_of_report, sigma_for_report};
pub use error::PrivacyError;
