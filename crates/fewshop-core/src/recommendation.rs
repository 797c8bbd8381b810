//! Recommendations, their reasons, and filters.

use serde::{Deserialize, Serialize};

use crate::{Item, ItemIx};

/// The share of a pick's score that one context item carries.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Share {
    /// The context item.
    pub item: ItemIx,
    /// How far the pick's score falls when this context item is left out, divided by the sum of all
    /// such falls: 0 to 1.
    pub share: f32,
}

/// Why a product was picked, measured on the scores themselves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    /// Its score falls when these context items are left out; the largest share first.
    BecauseOf {
        /// The context items.
        shots: Vec<Share>,
    },
    /// No context item carries it: this shopper took it on earlier visits.
    TakenBefore {
        /// On how many of them, at least 1.
        visits: u32,
    },
    /// Its score falls more without this week's promotion than without all context items: it is in
    /// the leaflet or on display.
    OnOffer,
    /// No context item carries it, or it is hardly likelier than for a new shopper: it is bought often
    /// in this shop.
    PopularHere,
}

/// The business rule that moved a pick, after the model had ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum BusinessRule {
    /// The shop chose its place.
    Pin,
    /// The shop moved it up.
    Boost,
    /// The shop moved it down.
    Bury,
}

impl BusinessRule {
    /// Its name in messages and tables.
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
    /// Its score: not a probability, comparable within one answer only.
    pub score: f32,
    /// Why the model ranked it there.
    pub reason: Reason,
    /// The business rule that moved it; `None` for nearly all picks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<BusinessRule>,
    /// Whether it is in the leaflet on the day of the session.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    pub promoted: bool,
    /// How many times as likely as for a shopper of whom nothing is known; `None` where the ranking
    /// did not compare the two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lift: Option<f32>,
}

/// What a shelf is ranked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// How likely the shopper takes the product.
    #[default]
    Likely,
    /// The same, discounted by how likely everybody takes it: bestsellers are left to a shelf of
    /// their own unless this shopper makes them clearly likelier.
    Personal,
    /// How much likelier the product becomes beside the seeds (lift): 'goes well with'.
    Complements,
    /// Alternatives to the seeds: products of the same category, the most alike first.
    Similar,
}

impl Objective {
    /// All objectives.
    pub const ALL: [Self; 4] = [
        Self::Likely,
        Self::Personal,
        Self::Complements,
        Self::Similar,
    ];

    /// Its name in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Likely => "likely",
            Self::Personal => "personal",
            Self::Complements => "complements",
            Self::Similar => "similar",
        }
    }

    /// Whether this is the default.
    #[must_use]
    pub fn is_likely(&self) -> bool {
        *self == Self::Likely
    }
}

/// Which products may be picked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Filter {
    /// Only products whose category path begins with these levels; empty allows all.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Vec<String>>"))]
    pub category: Vec<String>,
    /// Only these products, in any order; empty allows all. Rows past the end of the catalogue are
    /// ignored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub among: Vec<ItemIx>,
    /// None of these products. Rows past the end of the catalogue are ignored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Vec<ItemIx>>"))]
    pub without: Vec<ItemIx>,
    /// Only products that are in the leaflet on the day of the session.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    pub promoted: bool,
}

impl Filter {
    /// Allows every product.
    pub const ALL: Self = Self {
        category: Vec::new(),
        among: Vec::new(),
        without: Vec::new(),
        promoted: false,
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
