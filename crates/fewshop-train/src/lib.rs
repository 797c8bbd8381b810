//! fewshop-train
