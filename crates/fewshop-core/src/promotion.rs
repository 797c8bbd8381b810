//! Promotions: which products stand in the leaflet or on display, and when.

use crate::ItemIx;

/// Where a shop promotes a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// In the leaflet (the mailer).
    Leaflet,
    /// On display in the shop.
    Display,
}

impl Place {
    /// All places, in the order of their numbers in a pack.
    pub const ALL: [Self; 2] = [Self::Leaflet, Self::Display];

    /// All names, as error messages list them.
    pub const LISTED: &str = "leaflet or display";

    /// The place's name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Leaflet => "leaflet",
            Self::Display => "display",
        }
    }

    /// The place of that name; `None` for any other text.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|place| place.name() == name)
    }
}

/// A product that is promoted on some days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Promotion {
    /// The product's row.
    pub item: ItemIx,
    /// The first day, in days since 1970.
    pub from_day: i32,
    /// The last day, inclusive, in days since 1970; not before the first.
    pub to_day: i32,
    /// Share of the shop's stores that promote it, above 0 and at most 1. A single shop has 1.
    pub share: f32,
    /// Where.
    pub place: Place,
}

impl Promotion {
    /// What promotions are sorted by: the product, then the first day, then the place.
    #[must_use]
    pub fn key(&self) -> (ItemIx, i32, Place) {
        (self.item, self.from_day, self.place)
    }

    /// Whether it holds on that day.
    #[must_use]
    pub fn is_on(&self, day: i32) -> bool {
        (self.from_day..=self.to_day).contains(&day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_list_all_places() {
        assert_eq!(Place::LISTED, Place::ALL.map(Place::name).join(" or "));
        for place in Place::ALL {
            assert_eq!(Place::from_name(place.name()), Some(place));
        }
        assert_eq!(Place::from_name("window"), None);
    }

    #[test]
    fn both_days_belong_to_a_promotion() {
        let promotion = Promotion {
            item: ItemIx(0),
            from_day: 3,
            to_day: 4,
            share: 1.0,
            place: Place::Leaflet,
        };
        assert_eq!(
            [2, 3, 4, 5].map(|day| promotion.is_on(day)),
            [false, true, true, false]
        );
    }
}
