//! Prices as exports have them: with a currency, with a decimal comma, with thousands separators.

/// The character before the cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decimal {
    /// `1,234.50`.
    Point,
    /// `1.234,50`.
    Comma,
}

/// Why a text is no price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoPrice {
    /// It has no known form, or is negative.
    Form,
    /// `1,234` or `1.234` in a column that does not say which is meant.
    Ambiguous,
}

/// A price and its currency, an ISO 4217 code or a symbol.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Price {
    pub(crate) amount: f32,
    pub(crate) currency: Option<&'static str>,
}

/// Symbols with the code that they mean where a shop says nothing else.
const SYMBOLS: [(&str, &str); 22] = [
    ("US$", "USD"),
    ("CA$", "CAD"),
    ("C$", "CAD"),
    ("AU$", "AUD"),
    ("A$", "AUD"),
    ("NZ$", "NZD"),
    ("HK$", "HKD"),
    ("R$", "BRL"),
    ("$", "USD"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("¥", "JPY"),
    ("￥", "CNY"),
    ("₹", "INR"),
    ("₩", "KRW"),
    ("zł", "PLN"),
    ("Kč", "CZK"),
    ("₺", "TRY"),
    ("₽", "RUB"),
    ("₴", "UAH"),
    ("Fr.", "CHF"),
    ("kr", "SEK"),
];

/// ISO 4217 codes that shops use.
const CODES: [&str; 58] = [
    "EUR", "USD", "GBP", "CHF", "JPY", "CNY", "SEK", "NOK", "DKK", "ISK", "PLN", "CZK", "HUF",
    "RON", "BGN", "TRY", "RUB", "UAH", "AUD", "NZD", "CAD", "MXN", "BRL", "ARS", "CLP", "COP",
    "PEN", "INR", "IDR", "MYR", "SGD", "THB", "VND", "PHP", "KRW", "TWD", "HKD", "AED", "SAR",
    "ILS", "EGP", "ZAR", "NGN", "KES", "GHS", "MAD", "TND", "QAR", "KWD", "BHD", "OMR", "JOD",
    "PKR", "BDT", "LKR", "KZT", "GEL", "RSD",
];

/// Takes the currency off a price.
fn without_currency(text: &str) -> (String, Option<&'static str>) {
    let mut text = text
        .replace(['\u{a0}', '\u{202f}', '\u{2009}'], " ")
        .trim()
        .to_owned();
    let mut currency = None;
    for code in CODES {
        let head = text
            .get(..code.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(code));
        let from = text.len().saturating_sub(code.len());
        let tail = text
            .get(from..)
            .is_some_and(|tail| tail.eq_ignore_ascii_case(code));
        if head {
            text = text[code.len()..].trim_matches([' ', '.']).to_owned();
        } else if tail {
            text = text[..from].trim().to_owned();
        } else {
            continue;
        }
        currency = Some(code);
        break;
    }
    for (symbol, code) in SYMBOLS {
        let rest = text
            .strip_prefix(symbol)
            .or_else(|| text.strip_suffix(symbol))
            .or_else(|| {
                text.strip_prefix('-')
                    .and_then(|rest| rest.strip_prefix(symbol))
            });
        if let Some(rest) = rest {
            let minus = if text.starts_with('-') { "-" } else { "" };
            text = format!("{minus}{}", rest.trim());
            currency = currency.or(Some(code));
            break;
        }
    }
    // Swiss `12.–` and Scandinavian `12,-`.
    for ending in [".–", ",–", ".-", ",-", ".—", ",—"] {
        if let Some(rest) = text.strip_suffix(ending) {
            text = rest.to_owned();
        }
    }
    (text, currency)
}

/// What a price says about its column's decimal character: it is sure if one or two digits follow
/// the last separator, or both separators occur.
pub(crate) fn evidence(text: &str) -> Option<Decimal> {
    let (text, _) = without_currency(text);
    let (point, comma) = (text.rfind('.'), text.rfind(','));
    match (point, comma) {
        (Some(point), Some(comma)) => Some(if point > comma {
            Decimal::Point
        } else {
            Decimal::Comma
        }),
        (Some(at), None) | (None, Some(at)) => {
            let is_decimal = text.len() - at - 1 != 3;
            let is_once = text.matches(['.', ',']).count() == 1;
            (is_decimal && is_once).then_some(if point.is_some() {
                Decimal::Point
            } else {
                Decimal::Comma
            })
        }
        (None, None) => None,
    }
}

/// Reads a price. `decimal` is the decimal character of its column, if the column says it.
pub(crate) fn read_price(text: &str, decimal: Option<Decimal>) -> Result<Price, NoPrice> {
    let (plain, currency) = without_currency(text);
    if plain.is_empty() || !plain.bytes().any(|b| b.is_ascii_digit()) {
        return Err(NoPrice::Form);
    }
    // The thousands separators that are never decimal.
    let plain: String = plain
        .chars()
        .filter(|c| !matches!(c, ' ' | '\'' | '’'))
        .collect();
    let number = if plain.contains(['e', 'E']) {
        plain
    } else {
        let comma = plain.contains(',');
        let decimal = match (decimal, evidence(&plain)) {
            (_, Some(own)) if comma || own == Decimal::Point => {
                // A separator that is clearly decimal, against a column that says the other.
                if decimal.is_some_and(|column| column != own) {
                    return Err(NoPrice::Form);
                }
                own
            }
            (Some(column), _) => column,
            // `3.599` has always been read with a decimal point.
            (None, _) if !comma => Decimal::Point,
            (None, _) => return Err(NoPrice::Ambiguous),
        };
        let (group, mark) = match decimal {
            Decimal::Point => (',', '.'),
            Decimal::Comma => ('.', ','),
        };
        let (whole, cents) = plain.split_once(mark).unwrap_or((&plain, ""));
        let groups: Vec<&str> = whole.split(group).collect();
        let grouped = groups.len() == 1
            || (groups[1..]
                .iter()
                .all(|group| group.len() == 3 || group.len() == 2)
                && groups.last().is_some_and(|last| last.len() == 3));
        if !grouped || cents.contains([',', '.']) {
            return Err(NoPrice::Form);
        }
        if plain.contains(mark) {
            format!("{}.{cents}", groups.concat())
        } else {
            groups.concat()
        }
    };
    let amount: Option<f32> = number
        .parse()
        .ok()
        .filter(|amount: &f32| amount.is_finite() && *amount >= 0.0);
    amount
        .map(|amount| Price { amount, currency })
        .ok_or(NoPrice::Form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, decimal: Option<Decimal>, amount: f32, currency: Option<&str>) {
        let price = read_price(text, decimal).unwrap();
        assert_eq!((price.amount, price.currency), (amount, currency), "{text}");
    }

    #[test]
    fn prices_of_many_countries_are_read() {
        check("3.59", None, 3.59, None);
        check("3,59", None, 3.59, None);
        check("1.234,56", None, 1234.56, None);
        check("1,234.56", None, 1234.56, None);
        check("1 234,56 €", None, 1234.56, Some("EUR"));
        check("1\u{202f}234,56\u{a0}€", None, 1234.56, Some("EUR"));
        check("CHF 12.50", None, 12.5, Some("CHF"));
        check("1'234.50 CHF", None, 1234.5, Some("CHF"));
        check("Fr. 12.–", None, 12.0, Some("CHF"));
        check("$1,234.50", None, 1234.5, Some("USD"));
        check("10.20 EUR", None, 10.2, Some("EUR"));
        check("US$ 5", None, 5.0, Some("USD"));
        check("249,- kr", None, 249.0, Some("SEK"));
        check("¥1200", None, 1200.0, Some("JPY"));
        check("1.234", Some(Decimal::Comma), 1234.0, None);
        check("1,234", Some(Decimal::Point), 1234.0, None);
        check("₹1,23,456.00", None, 123_456.0, Some("INR"));
        check("3.599", None, 3.599, None);
        check("1e3", None, 1000.0, None);
        check("0", None, 0.0, None);
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for text in [
            "-1",
            "-€ 2",
            "inf",
            "1e99",
            "3,5x",
            "free",
            "12.50 - 15.00",
            "1,23,4.5.6",
            "€",
        ] {
            assert!(read_price(text, None).is_err(), "{text}");
        }
        assert_eq!(read_price("1,234", None), Err(NoPrice::Ambiguous));
        assert_eq!(read_price("3.59", Some(Decimal::Comma)), Err(NoPrice::Form));
    }
}
