//! The filters and the order of a list of products, as written in the address.

use fewshop_core::ItemIx;

use super::price::{has_decimals, per_unit};
use super::{Catalogue, Money};

/// Upper ends of the price bands, see [`price_band_end`]; a fifth one is open.
pub const PRICES: [u32; 4] = [2, 4, 7, 15];

/// An end of a price band as an amount of money: times a hundred in currencies without decimals, whose
/// units are about as small as others' hundredths.
#[must_use]
pub fn price_band_end(end: u32, currency: &str) -> Money {
    Money(u64::from(end) * price_scale(currency))
}

fn price_scale(currency: &str) -> u64 {
    let scale = if has_decimals(currency) { 1 } else { 100 };
    u64::from(per_unit(currency)) * scale
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As found: the best match or the most bought first.
    Found,
    /// The best for this shopper first.
    ForYou,
    /// The cheapest first.
    PriceUp,
    /// The most expensive first.
    PriceDown,
}

impl Order {
    /// All orders.
    pub const ALL: [Self; 4] = [Self::Found, Self::ForYou, Self::PriceUp, Self::PriceDown];

    /// Its name in an address.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::ForYou => "for-you",
            Self::PriceUp => "price",
            Self::PriceDown => "price-down",
        }
    }

    /// The order of that name; the list's own for any other.
    #[must_use]
    pub fn of(name: &str, own: Self) -> Self {
        Self::ALL
            .into_iter()
            .find(|order| order.name() == name)
            .unwrap_or(own)
    }
}

/// The filters of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facets {
    /// Slug of a department, or "".
    pub department: String,
    /// A brand, or "".
    pub brand: String,
    /// A price band: an index into [`PRICES`], or their number for the open band.
    pub price: Option<usize>,
}

impl Facets {
    /// Whether a product passes all filters.
    #[must_use]
    pub fn allows(&self, catalogue: &Catalogue, item: ItemIx) -> bool {
        self.allows_department(catalogue, item)
            && (self.brand.is_empty() || catalogue.brand_and_size(item).0 == self.brand)
            && self
                .price
                .is_none_or(|band| band_of(catalogue, item) == Some(band))
    }

    fn allows_department(&self, catalogue: &Catalogue, item: ItemIx) -> bool {
        self.department.is_empty()
            || catalogue
                .department_of(item)
                .is_some_and(|at| catalogue.departments()[at].slug == self.department)
    }

    /// The products that pass, in order; those without a price come last in an order by price.
    #[must_use]
    pub fn apply(
        &self,
        catalogue: &Catalogue,
        mut items: Vec<ItemIx>,
        order: Order,
    ) -> Vec<ItemIx> {
        items.retain(|&item| self.allows(catalogue, item));
        let price = |item: ItemIx| {
            let price = catalogue.price(item)?.0;
            u32::try_from(price).ok()
        };
        if !matches!(order, Order::PriceUp | Order::PriceDown) {
            return items;
        }
        // One number per product gives the order, as in the search, whose sort is reused here.
        let mut keyed: Vec<(u64, u32)> = Vec::with_capacity(items.len());
        for (at, item) in items.into_iter().enumerate() {
            let key = match price(item) {
                Some(price) if order == Order::PriceDown => (u32::MAX - 1).saturating_sub(price),
                Some(price) => price,
                None => u32::MAX,
            };
            keyed.push((u64::from(key) << 32 | at as u64, item.0));
        }
        keyed.sort_unstable();
        keyed.into_iter().map(|(_, row)| ItemIx(row)).collect()
    }

    /// The `most` largest brands of a list with their number of products, largest first.
    #[must_use]
    pub fn brands(catalogue: &Catalogue, items: &[ItemIx], most: usize) -> Vec<(String, usize)> {
        // Kept sorted and short while it grows: one letter in the search may find a thousand
        // brands.
        let mut largest: Vec<(&str, usize)> = Vec::with_capacity(most + 1);
        for (brand, count) in catalogue.brands(items) {
            if largest.len() < most || largest.last().is_some_and(|last| last.1 < count) {
                let at = largest
                    .iter()
                    .position(|other| other.1 < count)
                    .unwrap_or(largest.len());
                largest.insert(at, (brand, count));
                largest.truncate(most);
            }
        }
        largest
            .into_iter()
            .map(|(brand, count)| (brand.to_owned(), count))
            .collect()
    }

    /// How many products of a list are in each department.
    #[must_use]
    pub fn departments(catalogue: &Catalogue, items: &[ItemIx]) -> Vec<usize> {
        let mut counts = vec![0; catalogue.departments().len()];
        for at in items
            .iter()
            .filter_map(|&item| catalogue.department_of(item))
        {
            counts[at] += 1;
        }
        counts
    }
}

fn band_of(catalogue: &Catalogue, item: ItemIx) -> Option<usize> {
    let price = catalogue.price(item)?.0;
    let scale = price_scale(catalogue.currency());
    Some(
        PRICES
            .iter()
            .position(|&end| price < u64::from(end) * scale)
            .unwrap_or(PRICES.len()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::catalogue::toy;

    fn check(facets: &Facets, order: Order, expected: &[u32]) {
        let items = (0..5).map(ItemIx).collect();
        let left = facets.apply(&toy(), items, order);
        assert_eq!(left.iter().map(|item| item.0).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn facets_narrow_down_together() {
        check(&Facets::default(), Order::Found, &[0, 1, 2, 3, 4]);
        check(
            &Facets {
                brand: "House brand".into(),
                ..Facets::default()
            },
            Order::Found,
            &[0, 4],
        );
        check(
            &Facets {
                department: "dairy-eggs".into(),
                ..Facets::default()
            },
            Order::Found,
            &[0, 2],
        );
        check(
            &Facets {
                price: Some(0),
                ..Facets::default()
            },
            Order::Found,
            &[1, 2, 4],
        );
        check(
            &Facets {
                price: Some(0),
                department: "dairy-eggs".into(),
                brand: String::new(),
            },
            Order::Found,
            &[2],
        );
        check(
            &Facets {
                price: Some(4),
                ..Facets::default()
            },
            Order::Found,
            &[],
        );
    }

    #[test]
    fn prices_order_and_what_has_none_stands_behind() {
        check(&Facets::default(), Order::PriceUp, &[1, 4, 2, 0, 3]);
        check(&Facets::default(), Order::PriceDown, &[0, 2, 4, 1, 3]);
    }

    #[test]
    fn options_are_counted_in_the_list_at_hand() {
        let items: Vec<ItemIx> = (0..5).map(ItemIx).collect();
        let brands = [
            ("House brand".to_owned(), 2),
            ("National brand · maker 12".to_owned(), 1),
        ];
        assert_eq!(Facets::brands(&toy(), &items, 9), brands);
        assert_eq!(Facets::brands(&toy(), &items, 1), brands[..1]);
        assert_eq!(Facets::departments(&toy(), &items).iter().sum::<usize>(), 5);
    }

    #[test]
    fn orders_have_names_in_addresses() {
        for order in Order::ALL {
            assert_eq!(Order::of(order.name(), Order::Found), order);
        }
        assert_eq!(Order::of("no such order", Order::PriceUp), Order::PriceUp);
    }
}
