//! Trainable burn modules: the item tower, the session encoder and the ranker. Their weights are
//! exported into a [`Pack`](fewshop_model::Pack), which the browser reads without them.

mod attributes;
mod ranker;
mod tower;

pub use attributes::{AttributeNet, AttributeNetConfig};
pub use ranker::{Ranker, RankerConfig};
pub use tower::{ContentPath, ItemContent, ItemInput, TwoTower, TwoTowerConfig};
