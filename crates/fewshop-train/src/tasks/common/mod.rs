//! What every task needs: fits, folds, calibration, intervals.

pub(super) mod auc;
pub(super) mod logistic;
