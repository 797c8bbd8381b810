//! What the model believes about a shopper beyond products.

use serde::{Deserialize, Serialize};

/// A value that an attribute may have, and how likely it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ValueBelief {
    /// As the shop's data calls it.
    pub value: String,
    /// Calibrated probability, 0 to 1; those of one attribute add up to 1.
    pub probability: f32,
    /// Its share among all households that training knew.
    pub everyone: f32,
}

/// What is believed of one attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AttributeBelief {
    /// As the shop's data calls it: `children`, `household_size`.
    pub attribute: String,
    /// All its values in the order of the pack; `None` is 'not enough to tell': at this number of
    /// products training did not see the head beat the plain shares of all households, so nothing
    /// may be shown.
    pub values: Option<Vec<ValueBelief>>,
}
