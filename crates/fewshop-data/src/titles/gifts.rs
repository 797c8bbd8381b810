//! Descriptions in capitals, from a wholesaler's invoices.

use super::words::sentence;

/// A description in sentence case; nothing is added, and only stray signs are removed.
pub(super) fn title(description: &str) -> String {
    let spaced = description.replace(',', ", ").replace(" ,", ",");
    let words: Vec<String> = spaced
        .split_whitespace()
        .map(word)
        .filter(|word| !word.is_empty())
        .collect();
    let text = sentence(&words);
    text.trim_end_matches(['.', ',', ' ', '-']).to_owned()
}

/// Words that stay in capitals.
const CAPITALS: [&str; 9] = ["TV", "USB", "UK", "USA", "CD", "LED", "DIY", "3D", "I"];

fn word(raw: &str) -> String {
    let bare = raw.trim_matches(|c: char| !c.is_alphanumeric());
    if bare.is_empty() && raw != "&" && raw != "+" {
        return String::new();
    }
    if let Some(rest) = raw.strip_prefix("T-LIGHT") {
        return format!("T-light{}", rest.to_lowercase());
    }
    if let Some(count) = raw
        .strip_prefix("S/")
        .or(raw.strip_prefix("SET/"))
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    {
        return format!("set of {}", count.to_lowercase());
    }
    // A text mostly in lower case was written with care and stays unchanged.
    let (upper, lower) = (
        raw.chars().filter(|c| c.is_uppercase()).count(),
        raw.chars().filter(|c| c.is_lowercase()).count(),
    );
    if CAPITALS.contains(&bare) || lower > upper {
        return raw.to_owned();
    }
    raw.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, readable: &str) {
        assert_eq!(title(raw), readable);
    }

    #[test]
    fn capitals_become_a_sentence() {
        check(
            "WHITE HANGING HEART T-LIGHT HOLDER",
            "White hanging heart T-light holder",
        );
        check(
            "RED WOOLLY HOTTIE WHITE HEART.",
            "Red woolly hottie white heart",
        );
        check("DOORMAT I LOVE LONDON", "Doormat I love London");
        check(
            "3 TRADITIONAl BISCUIT CUTTERS  SET",
            "3 traditional biscuit cutters set",
        );
        check("FEATHER PEN,COAL BLACK", "Feather pen, coal black");
        check("TV DINNER TRAY DOLLY GIRL", "TV dinner tray dolly girl");
        check("S/4 CACTI CANDLES", "Set of 4 cacti candles");
        check("Bag 125g Swirly Marbles", "Bag 125g Swirly Marbles");
        check("?", "");
    }
}
