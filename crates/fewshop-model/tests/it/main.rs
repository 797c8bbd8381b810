//! The public interface of the crate, on the toy shop. One binary, because each would link burn.

mod attributes;
mod fallback;
mod model;
mod objectives;
mod offers;
mod pack;
mod parity;
mod promotions;
mod properties;
mod recommender;
mod seasonal_counts;
mod variants;
