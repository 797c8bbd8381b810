//! Money as shoppers read it.

use crate::texts::thousands;

/// An amount in hundredths of the shop's currency, or in thousandths if it has three decimals
/// ([`per_unit`]): sums of floats would show $0.30 as $0.31 sooner or later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Money(pub u64);

/// How many decimals prices of a currency have (ISO 4217): two of nearly all, which includes unknown
/// ones.
fn decimals(currency: &str) -> usize {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX"
        | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

/// How many units of [`Money`] are one of the currency: 1,000 for one with three decimals, else 100.
#[must_use]
pub fn per_unit(currency: &str) -> u32 {
    if decimals(currency) == 3 { 1000 } else { 100 }
}

/// Whether its prices have a fraction.
pub(super) fn has_decimals(currency: &str) -> bool {
    decimals(currency) > 0
}

impl Money {
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

    /// As shown: `$1,234.50`, `¥1,235`, or `CHF 1,234.50` for a currency without a known sign.
    /// `dollar` is the sign of the US dollar in the page's language: `$` or `US$`.
    #[must_use]
    pub fn show(self, currency: &str, dollar: &str) -> String {
        let amount = match decimals(currency) {
            0 => thousands(self.0.saturating_add(50) / 100),
            3 => format!("{}.{:03}", thousands(self.0 / 1000), self.0 % 1000),
            _ => format!("{}.{:02}", thousands(self.0 / 100), self.0 % 100),
        };
        match currency {
            "USD" => format!("{dollar}{amount}"),
            "GBP" => format!("£{amount}"),
            "EUR" => format!("€{amount}"),
            // The sign of two currencies: each language keeps it for the one that its readers use.
            "JPY" if dollar == "$" => format!("¥{amount}"),
            "CNY" if dollar != "$" => format!("¥{amount}"),
            "KRW" => format!("₩{amount}"),
            "INR" => format!("₹{amount}"),
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
    fn currencies_have_decimals_of_their_own() {
        assert_eq!(Money(123_450).show("JPY", "$"), "¥1,235");
        assert_eq!(Money(123_450).show("JPY", "US$"), "JPY\u{a0}1,235");
        assert_eq!(Money(1_990).show("CNY", "US$"), "¥19.90");
        assert_eq!(Money(1_990).show("CNY", "$"), "CNY\u{a0}19.90");
        assert_eq!(per_unit("KWD"), 1000);
        assert_eq!(Money(1_234_005).show("KWD", "$"), "KWD\u{a0}1,234.005");
        assert_eq!(Money(129_900).show("KRW", "$"), "₩1,299");
    }
}
