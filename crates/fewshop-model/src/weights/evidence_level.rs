//! How much is known of a shopper.

/// How much is known of a shopper, in the steps that heads are calibrated for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EvidenceLevel {
    /// One or two products of a first visit.
    OneItem,
    /// Three or four products of a first visit.
    ThreeItems,
    /// Five to nine products of a first visit.
    FiveItems,
    /// Ten products of a first visit or more.
    TenItems,
    /// One earlier visit.
    OneBasket,
    /// Two earlier visits.
    TwoBaskets,
    /// Three earlier visits or more.
    ThreeBaskets,
}

impl EvidenceLevel {
    /// All of them, the least first.
    pub const ALL: [Self; 7] = [
        Self::OneItem,
        Self::ThreeItems,
        Self::FiveItems,
        Self::TenItems,
        Self::OneBasket,
        Self::TwoBaskets,
        Self::ThreeBaskets,
    ];

    /// The amount of `items` products at hand after `visits` earlier visits; `None` where nothing
    /// is known.
    #[must_use]
    pub fn of(items: usize, visits: usize) -> Option<Self> {
        match (visits, items) {
            (0, 0) => None,
            (0, 1..=2) => Some(Self::OneItem),
            (0, 3..=4) => Some(Self::ThreeItems),
            (0, 5..=9) => Some(Self::FiveItems),
            (0, _) => Some(Self::TenItems),
            (1, _) => Some(Self::OneBasket),
            (2, _) => Some(Self::TwoBaskets),
            _ => Some(Self::ThreeBaskets),
        }
    }

    /// Products of a first visit that it stands for; `None` for earlier visits.
    #[must_use]
    pub fn items(self) -> Option<usize> {
        match self {
            Self::OneItem => Some(1),
            Self::ThreeItems => Some(3),
            Self::FiveItems => Some(5),
            Self::TenItems => Some(10),
            _ => None,
        }
    }

    /// Earlier visits that it stands for; 0 for a first one.
    #[must_use]
    pub fn visits(self) -> usize {
        match self {
            Self::OneBasket => 1,
            Self::TwoBaskets => 2,
            Self::ThreeBaskets => 3,
            _ => 0,
        }
    }

    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OneItem => "1 item",
            Self::ThreeItems => "3 items",
            Self::FiveItems => "5 items",
            Self::TenItems => "10 items",
            Self::OneBasket => "1 basket",
            Self::TwoBaskets => "2 baskets",
            Self::ThreeBaskets => "3 baskets",
        }
    }
}
