//! The cart: products and how many of each.

use fewshop_core::ItemIx;

use super::{Catalogue, Money};

/// Maximum quantity of one product.
pub const MAX_QUANTITY: u32 = 99;

/// One line of the cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CartLine {
    /// The product.
    pub item: ItemIx,
    /// How many, 1 to [`MAX_QUANTITY`].
    pub quantity: u32,
}

/// The products to buy, in the order in which they were added.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cart {
    lines: Vec<CartLine>,
}

impl Cart {
    /// A cart of these lines; a product named twice is added up, a quantity of 0 is left out.
    #[must_use]
    pub fn of(lines: impl IntoIterator<Item = (ItemIx, u32)>) -> Self {
        let mut cart = Self::default();
        for (item, quantity) in lines {
            cart.set(item, cart.quantity(item).saturating_add(quantity));
        }
        cart
    }

    /// The lines, oldest first.
    #[must_use]
    pub fn lines(&self) -> &[CartLine] {
        &self.lines
    }

    /// The products, oldest first.
    #[must_use]
    pub fn items(&self) -> Vec<ItemIx> {
        self.lines.iter().map(|line| line.item).collect()
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// How many of one product are in it.
    #[must_use]
    pub fn quantity(&self, item: ItemIx) -> u32 {
        self.lines
            .iter()
            .find(|line| line.item == item)
            .map_or(0, |line| line.quantity)
    }

    /// Number of items in total.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.lines.iter().map(|line| line.quantity).sum()
    }

    /// Makes it hold `quantity` of a product, at most [`MAX_QUANTITY`]; 0 takes the line out.
    pub fn set(&mut self, item: ItemIx, quantity: u32) {
        let quantity = quantity.min(MAX_QUANTITY);
        match self.lines.iter().position(|line| line.item == item) {
            Some(at) if quantity == 0 => {
                self.lines.remove(at);
            }
            Some(at) => self.lines[at].quantity = quantity,
            None if quantity > 0 => self.lines.push(CartLine { item, quantity }),
            None => {}
        }
    }

    /// The sum of all lines whose price is known, and how many lines have none.
    #[must_use]
    pub fn total(&self, catalogue: &Catalogue) -> (Money, usize) {
        let mut total = Money::default();
        let mut unpriced = 0;
        for line in &self.lines {
            match catalogue.price(line.item) {
                Some(price) => total = total.plus(price.times(line.quantity)),
                None => unpriced += 1,
            }
        }
        (total, unpriced)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::catalogue::toy;

    #[test]
    fn a_line_goes_when_its_quantity_is_nought() {
        let mut cart = Cart::of([(ItemIx(1), 2), (ItemIx(0), 1)]);
        assert_eq!(cart.count(), 3);
        cart.set(ItemIx(1), 0);
        assert_eq!(cart.items(), [ItemIx(0)]);
        cart.set(ItemIx(7), 0);
        assert_eq!(cart.items(), [ItemIx(0)]);
    }

    #[test]
    fn quantities_are_bounded() {
        let cart = Cart::of([(ItemIx(1), 90), (ItemIx(1), u32::MAX)]);
        assert_eq!(cart.quantity(ItemIx(1)), MAX_QUANTITY);
    }

    #[test]
    fn the_total_leaves_out_what_has_no_price_and_says_so() {
        // Row 0 costs 2.69, row 3 has no price.
        let cart = Cart::of([(ItemIx(0), 3), (ItemIx(3), 1)]);
        assert_eq!(cart.total(&toy()), (Money(807), 1));
    }
}
