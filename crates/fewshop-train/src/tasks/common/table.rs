//! Cells of the plain-text tables.

use fewshop_eval::Interval;

/// A mean and its interval.
pub(in crate::tasks) fn with_interval((mean, [low, high]): (f64, Interval)) -> String {
    format!("{mean:.4} [{low:.4}, {high:.4}]")
}

/// A difference and its interval, with signs.
pub(in crate::tasks) fn signed((mean, [low, high]): (f64, Interval)) -> String {
    format!("{mean:+.4} [{low:+.4}, {high:+.4}]")
}
