//! What a package holds, as far as its size says so without doubt, and the price of a unit of it.

use super::{Catalogue, Money};
use fewshop_core::ItemIx;

/// What a price is compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// An ounce, of weight or, as US labels have it, of a liquid.
    Ounce,
    /// A fluid ounce.
    FluidOunce,
    /// A litre.
    Litre,
    /// 100 grams.
    Grams,
    /// One piece.
    Piece,
}

/// An amount in a package.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    /// How many units.
    pub amount: f64,
    /// The unit.
    pub unit: Unit,
}

impl Measure {
    /// What a package of this size holds: `12 oz`, `6 × 330 ml`, `1 gal`, `20 ct`. A gift shop
    /// says it in the title: `Pack of 20 napkins`.
    ///
    /// `None` if there is any doubt: `6-pack, 12 oz` may hold 12 ounces or 72, and `12 oz` in the
    /// title 'Soft drink, 12–18 cans' is one can.
    #[must_use]
    pub fn of(title: &str, size: &str) -> Option<Self> {
        if size.is_empty() {
            let (count, _) = title.strip_prefix("Pack of ")?.split_once(' ')?;
            return Self::whole(count, 1.0, "ct");
        }
        if title.contains(|c: char| c.is_ascii_digit()) || title.contains("multipack") {
            return None;
        }
        match size.split_once(" × ") {
            Some((count, one)) => {
                let (amount, unit) = one.split_once(' ')?;
                Self::whole(amount, number(count)?, unit)
            }
            None => {
                let (amount, unit) = size.split_once(' ').unwrap_or(("1", size));
                Self::whole(amount, 1.0, unit)
            }
        }
    }

    fn whole(amount: &str, times: f64, unit: &str) -> Option<Self> {
        let (unit, scale) = match unit {
            "oz" => (Unit::Ounce, 1.0),
            "lb" => (Unit::Ounce, 16.0),
            "fl oz" => (Unit::FluidOunce, 1.0),
            "pt" => (Unit::FluidOunce, 16.0),
            "qt" => (Unit::FluidOunce, 32.0),
            "gal" | "Gal" => (Unit::FluidOunce, 128.0),
            "L" | "l" => (Unit::Litre, 1.0),
            "ml" => (Unit::Litre, 0.001),
            "g" => (Unit::Grams, 0.01),
            "kg" => (Unit::Grams, 10.0),
            "ct" => (Unit::Piece, 1.0),
            _ => return None,
        };
        let amount = number(amount)? * times * scale;
        (amount > 0.0).then_some(Self { amount, unit })
    }

    /// The price of one unit, if it says more than the price itself: in hundredths, or below a tenth
    /// of the currency in thousandths, with a third digit.
    #[must_use]
    pub fn price(self, price: Money, currency: &str, dollar: &str) -> Option<String> {
        if price == Money(0) || (self.amount - 1.0).abs() < 0.001 {
            return None;
        }
        let thousandths = (price.0 as f64 * 10.0 / self.amount).round() as u64;
        if thousandths == 0 {
            return None;
        }
        if thousandths >= 100 {
            return Some(Money((thousandths + 5) / 10).show(currency, dollar));
        }
        let mut text = Money(thousandths / 10).show(currency, dollar);
        text.push(char::from(b'0' + (thousandths % 10) as u8));
        Some(text)
    }
}

/// A positive decimal number without an exponent: the library's reader of fractions is several
/// kilobytes of wasm.
fn number(text: &str) -> Option<f64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if whole.len() + part.len() > 7 {
        return None;
    }
    let digits: u32 = [whole, part].concat().parse().ok()?;
    let scale = part.bytes().fold(1.0, |scale, _| scale * 10.0);
    Some(f64::from(digits) / scale)
}

/// What products of one title differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Differ {
    /// Each has a size of its own.
    Size,
    /// Each has a brand of its own.
    Brand,
    /// Sizes and brands, or neither that is known.
    Other,
}

/// What these products of one title differ in.
#[must_use]
pub fn differ_in(catalogue: &Catalogue, items: &[ItemIx]) -> Differ {
    let all_differ = |field: fn((&str, &str)) -> String| {
        let texts: Vec<String> = items
            .iter()
            .map(|&ix| field(catalogue.brand_and_size(ix)))
            .collect();
        texts
            .iter()
            .enumerate()
            .all(|(at, text)| !text.is_empty() && !texts[..at].contains(text))
    };
    if all_differ(|(_, size)| size.to_owned()) {
        Differ::Size
    } else if all_differ(|(brand, _)| brand.to_owned()) {
        Differ::Brand
    } else {
        Differ::Other
    }
}

/// How many hues the stylesheet has for the disc behind a picture.
pub const HUES: u64 = 12;

/// The hue of a product's disc, below [`HUES`]: that of its brand, or its own if it has none, so
/// that a row of equal pictures is not a row of equal tiles.
#[must_use]
pub fn hue_of(brand: &str, id: &str) -> u64 {
    let name = if brand.is_empty() { id } else { brand };
    fewshop_core::split::fold(name, "hue", HUES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_price(title: &str, size: &str, cents: u64, expected: Option<(&str, Unit)>) {
        let found = Measure::of(title, size)
            .and_then(|held| Some((held.price(Money(cents), "USD", "$")?, held.unit)));
        let found = found.as_ref().map(|(price, unit)| (price.as_str(), *unit));
        assert_eq!(found, expected, "{title}, {size}");
    }

    #[test]
    fn a_clear_size_has_a_unit_price() {
        check_price("Cheddar", "12 oz", 372, Some(("$0.31", Unit::Ounce)));
        check_price("Flour", "5 lb", 199, Some(("$0.025", Unit::Ounce)));
        check_price("Milk", "Gal", 269, Some(("$0.021", Unit::FluidOunce)));
        check_price("Milk", "0.5 gal", 192, Some(("$0.030", Unit::FluidOunce)));
        check_price("Cola", "6 × 330 ml", 396, Some(("$2.00", Unit::Litre)));
        check_price("Spring water", "1.5 L", 99, Some(("$0.66", Unit::Litre)));
        check_price("Flour", "500 g", 210, Some(("$0.42", Unit::Grams)));
        check_price("Napkins", "200 ct", 250, Some(("$0.013", Unit::Piece)));
        check_price("Pack of 20 napkins", "", 85, Some(("$0.043", Unit::Piece)));
    }

    #[test]
    fn a_doubtful_size_has_none() {
        for (title, size) in [
            ("Beer", "6-pack, 12 oz"),
            ("Snack cakes, multipack", "13 oz"),
            ("Soft drink, 12–18 cans", "12 oz"),
            ("Peppers", "48–54 ct"),
            ("Crackers", "8 1/2 oz"),
            ("Cake", ""),
            ("Cake", "Pack"),
            ("Cake", "0 oz"),
            ("Cake", "1e3 oz"),
            ("Towels", "80 sq ft"),
            ("Pack of twelve pencils", ""),
            ("Set of 3 cake tins", ""),
        ] {
            check_price(title, size, 100, None);
        }
    }

    #[test]
    fn a_single_unit_and_no_price_have_none() {
        check_price("Cola", "1 L", 199, None);
        check_price("Cola", "12 oz", 0, None);
    }
}
