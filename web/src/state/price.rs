//! Money as shoppers read it.

use crate::texts::thousands;

/// An amount in hundredths of the shop's currency: sums of floats would show $0.30 as $0.31 sooner
/// or later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Money(pub u64);

impl Money {
    /// The shelf price to the nearest hundredth; `None` if the price is unknown or not an amount.
    #[must_use]
    pub fn from_price(price: Option<f32>) -> Option<Self> {
        let price = price?;
        (price.is_finite() && price >= 0.0).then(|| Self((f64::from(price) * 100.0).round() as u64))
    }

    /// This many of it.
    #[must_use]
    pub fn times(self, quantity: u32) -> Self {
        Self(self.0.saturating_mul(u64::from(quantity)))
    }

    /// The sum of two amounts.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// As shown: `$1,234.50`, or `CHF 1,234.50` for a currency without a known sign. `dollar` is
    /// the sign of the US dollar in the page's language: `$` or `US$`.
    #[must_use]
    pub fn show(self, currency: &str, dollar: &str) -> String {
        let amount = format!("{}.{:02}", thousands(self.0 / 100), self.0 % 100);
        match currency {
            "USD" => format!("{dollar}{amount}"),
            "GBP" => format!("£{amount}"),
            "EUR" => format!("€{amount}"),
            "" => amount,
            other => format!("{other}\u{a0}{amount}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_carry_sign_cents_and_thousands() {
        assert_eq!(Money(59).show("USD", "$"), "$0.59");
        assert_eq!(Money(123_456_789).show("GBP", "$"), "£1,234,567.89");
        assert_eq!(Money(100).show("CHF", "$"), "CHF\u{a0}1.00");
    }

    #[test]
    fn prices_are_rounded_to_hundredths_once() {
        assert_eq!(Money::from_price(Some(1.79)), Some(Money(179)));
        assert_eq!(
            Money::from_price(Some(0.1)).map(|m| m.times(3)),
            Some(Money(30))
        );
        assert_eq!(Money::from_price(Some(f32::NAN)), None);
        assert_eq!(Money::from_price(None), None);
    }
}
