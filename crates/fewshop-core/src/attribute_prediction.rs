//! Predictions about a shopper's household.

/// One possible value of an attribute, and how likely it is.
#[derive(Debug, Clone, PartialEq)]
pub struct ValuePrediction {
    /// As the shop's data calls it.
    pub value: String,
    /// Calibrated probability, 0 to 1; the values of one attribute sum to 1.
    pub probability: f32,
    /// Its share among all households of the training data.
    pub everyone: f32,
}

/// The prediction for one attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributePrediction {
    /// As the shop's data calls it: `children`, `household_size`.
    pub attribute: String,
    /// All its values in the order of the pack. `None` means 'not enough to tell': in training, the
    /// prediction did not beat the plain shares of all households at this number of products, so
    /// nothing may be shown.
    pub values: Option<Vec<ValuePrediction>>,
}
