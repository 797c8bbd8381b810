//! What the shop is told.

use serde::{Deserialize, Serialize};

use crate::protocol::FlatReason;
use crate::{Item, ItemIx};

/// A share of a pick's score that hangs on one shot.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Share {
    /// The shot.
    pub item: ItemIx,
    /// How far the pick's score falls when this shot is left out, by the sum of all such falls: 0
    /// to 1.
    pub share: f32,
}

/// Why a product was picked; true to the arithmetic, not a story about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case", try_from = "FlatReason")]
pub enum Reason {
    /// Its score falls when these shots are left out; the largest share first.
    BecauseOf {
        /// The shots.
        shots: Vec<Share>,
    },
    /// No shot carries it: this shopper took it on earlier visits.
    TakenBefore {
        /// On how many of them, at least 1.
        visits: u32,
    },
    /// No shot carries it: it is bought often in this shop.
    PopularHere,
}

/// What the shop itself did to a pick, after the model had ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum MerchantRule {
    /// It stands at a place that the shop chose.
    Pin,
    /// The shop moved it up.
    Boost,
    /// The shop moved it down.
    Bury,
}

impl MerchantRule {
    /// Its word in messages and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pin => "pin",
            Self::Boost => "boost",
            Self::Bury => "bury",
        }
    }
}

/// One pick.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Recommendation {
    /// The product.
    pub item: ItemIx,
    /// Its score; comparable within one answer only, no probability.
    pub score: f32,
    /// Why the model ranked it as it did.
    pub reason: Reason,
    /// What the shop's own rules did to its place; nothing for nearly all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<MerchantRule>,
}

/// Which products may be picked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Filter {
    /// Only products whose category path begins with these; empty allows all.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Vec<String>>"))]
    pub category: Vec<String>,
    /// Only these products, in whatever order; empty allows all. A row that the shop does not have
    /// allows nothing more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub among: Vec<ItemIx>,
}

impl Filter {
    /// Allows every product.
    pub const ALL: Self = Self {
        category: Vec::new(),
        among: Vec::new(),
    };

    /// Only products of a category, by its path from the department down.
    #[must_use]
    pub fn of_category(path: Vec<String>) -> Self {
        Self {
            category: path,
            ..Self::ALL
        }
    }

    /// Only these products.
    #[must_use]
    pub fn of_items(items: Vec<ItemIx>) -> Self {
        Self {
            among: items,
            ..Self::ALL
        }
    }

    /// Whether the category of `item` is allowed.
    #[must_use]
    pub fn allows(&self, item: &Item) -> bool {
        item.category.len() >= self.category.len()
            && item
                .category
                .iter()
                .zip(&self.category)
                .all(|(a, b)| a == b)
    }
}
