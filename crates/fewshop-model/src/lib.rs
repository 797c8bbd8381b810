//! fewshop-model
