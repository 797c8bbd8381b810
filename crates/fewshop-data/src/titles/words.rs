//! The rules that expand a till's label into readable words.

use super::tables::TABLES;

/// Maximum length of the till's texts, in characters; some have one less.
const CUT: usize = 29;

/// Expands a raw product type: drops text in brackets, expands abbreviations, joins alternatives,
/// and uses sentence case.
///
/// ```text
/// FRZN FRENCH FRIES        Frozen French fries
/// TORTILLA/NACHO CHIPS     Tortilla & nacho chips
/// APPLES FUJI (BULK&BAG    Apples Fuji
/// ```
pub(super) fn write_out(raw: &str) -> String {
    let mut text = without_brackets(raw);
    // A fragment that the till cut off in the middle of a word is dropped.
    if raw.len() >= CUT
        && text.len() == raw.len()
        && let Some((head, _)) = text
            .rsplit_once([' ', '/', '-'])
            .filter(|(_, tail)| tail.len() <= 2)
    {
        text = head.to_owned();
    }
    for (from, to) in [
        ("W/O ", " without "),
        ("W/", " with "),
        ("/", " & "),
        ("&", " & "),
        (":", " "),
        (",", " , "),
        (" - ", " , "),
    ] {
        text = text.replace(from, to);
    }
    let mut words: Vec<String> = Vec::new();
    for token in text.split_whitespace() {
        // `N` of `WOMEN S`: the till has no apostrophe.
        if token == "S" {
            if let Some(last) = words.last_mut() {
                last.push_str("'s");
            }
            continue;
        }
        // `BONE-IN` and `NON-DAIRY` are one word each, `TEEN-MAGAZINE` is two.
        let whole = token.starts_with("BONE-") || token.starts_with("NON-");
        let parts = if whole {
            vec![token]
        } else {
            token.split('-').filter(|part| !part.is_empty()).collect()
        };
        for part in parts {
            let part = part.trim_end_matches('.');
            match TABLES.word(part) {
                Some("") => {}
                Some(meaning) => words.push(meaning.to_owned()),
                None => words.push(part.to_lowercase()),
            }
        }
    }
    sentence(&tidy(&words))
}

/// The text without its bracketed parts, closed or cut off.
fn without_brackets(raw: &str) -> String {
    let (mut out, mut depth) = (String::new(), 0u32);
    for c in raw.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

/// Joins words: no sign at either end or next to another, and only the last of several `&` stays.
fn tidy(words: &[String]) -> Vec<String> {
    let sign = |word: &str| word == "&" || word == ",";
    let mut out: Vec<String> = Vec::new();
    for word in words {
        match out.last_mut() {
            None if sign(word) => {}
            Some(last) if sign(word) && sign(last) => *last = "&".to_owned(),
            Some(last) if !sign(word) && last == word => {}
            _ => out.push(word.clone()),
        }
    }
    while out.last().is_some_and(|word| sign(word)) {
        out.pop();
    }
    let last = out.iter().rposition(|word| word == "&");
    for (at, word) in out.iter_mut().enumerate() {
        if word == "&" && Some(at) != last {
            *word = ",".to_owned();
        }
    }
    out
}

/// Words as a sentence: one capital at the start and those of proper nouns.
pub(super) fn sentence(words: &[String]) -> String {
    let mut out = String::new();
    for word in words {
        if word == "," {
            out.push(',');
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        let capital = capitalised(word);
        if out.is_empty() || TABLES.is_proper(capital.trim_end_matches(['\'', ',', '.'])) {
            out.push_str(&capital);
        } else {
            out.push_str(word);
        }
    }
    out
}

/// A name as it stands inside a sentence: a small letter first, unless it is a proper noun's or an
/// abbreviation's.
pub(super) fn inside(name: &str) -> String {
    let first = name.split([' ', '-']).next().unwrap_or(name);
    if TABLES.is_proper(first) || first.chars().skip(1).any(char::is_uppercase) {
        return name.to_owned();
    }
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(chars).collect()
    })
}

/// The word with a capital at its first letter.
pub(super) fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, readable: &str) {
        assert_eq!(write_out(raw), readable);
    }

    #[test]
    fn abbreviations_are_written_out() {
        check("FRZN FRENCH FRIES", "Frozen French fries");
        check("PNT BTR/JELLY/JAMS", "Peanut butter, jelly & jams");
        check("TORTILLA/NACHO CHIPS", "Tortilla & nacho chips");
        check("BBQ SAUCE", "BBQ sauce");
        check("CHILI W/BEANS", "Chili with beans");
        check("CANDY W/O FLOUR", "Candy without flour");
        check("BREAST - BONE-IN", "Breast, bone-in");
    }

    #[test]
    fn what_is_cut_off_or_in_brackets_goes() {
        check("APPLES FUJI (BULK&BAG", "Apples Fuji");
        check("WINES (ALL) - RED", "Wines, red");
        check("SNACKS -", "Snacks");
        check("", "");
        check("((", "");
        check(
            "CAKES:BIRTHDAY/CELEBRATION SH",
            "Cakes birthday & celebration",
        );
        check("MISC. BABY PRODUCTS", "Assorted baby products");
    }

    #[test]
    fn a_lost_apostrophe_comes_back() {
        check("WOMEN S GENERAL MAGAZINE", "Women's general magazine");
        check("LADIES SOCKS", "Women's socks");
    }
}
