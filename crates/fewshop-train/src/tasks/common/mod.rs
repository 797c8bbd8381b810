//! What every task is fitted and judged with, so that a new task brings its inputs and nothing else:
//! folds by group and by time, logistic regression, calibration against base rates, cross-entropy
//! and AUC with intervals over groups, and the cells of plain-text tables.

pub(super) mod auc;
pub(super) mod calibration;
pub(super) mod folds;
pub(super) mod gains;
pub(super) mod logistic;
pub(super) mod table;
