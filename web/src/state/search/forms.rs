//! Other forms of a word that mean the same: singular and plural, with and without accents.

/// The text with Latin letters as if they had no accents: 'purée' as 'puree'.
pub(super) fn folded(text: String) -> String {
    if text.is_ascii() {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let plain = match c {
            'à'..='å' => 'a',
            'ç' => 'c',
            'è'..='ë' => 'e',
            'ì'..='ï' => 'i',
            'ñ' => 'n',
            'ò'..='ö' | 'ø' => 'o',
            'ù'..='ü' => 'u',
            'ý' | 'ÿ' => 'y',
            'ß' => {
                out.push('s');
                's'
            }
            'æ' => {
                out.push('a');
                'e'
            }
            other => other,
        };
        out.push(plain);
    }
    out
}

/// Whether words are written without spaces in its script: Chinese characters, kana, and what goes
/// with them.
pub(super) fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// Other forms that a typed English word may stand for: its singular if it looks like a plural, else
/// its irregular plurals. A regular plural begins with the singular and is found by that.
pub(super) fn forms(typed: &str) -> Vec<String> {
    const PAIRS: [(&str, &[&str]); 6] = [
        ("ies", &["y", "ie"]),
        ("ves", &["f", "fe", "ve"]),
        ("es", &["", "e"]),
        ("s", &[""]),
        ("y", &["ies"]),
        ("f", &["ves"]),
    ];
    // Three letters of the word must be left: 'gas' is no plural.
    let ending = PAIRS.iter().find_map(|(ending, others)| {
        let stem = typed.strip_suffix(ending)?;
        (stem.len() >= 3 || stem.len() == 2 && ending.len() > 1).then_some((stem, *others))
    });
    match ending {
        // 'knife' and 'knives', but not every word in 'e'.
        None => typed
            .strip_suffix("fe")
            .map(|stem| vec![[stem, "ves"].concat()])
            .unwrap_or_default(),
        Some((stem, others)) => {
            let mut out: Vec<String> = Vec::with_capacity(others.len());
            for other in others {
                out.push([stem, other].concat());
            }
            out
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_form(typed: &str, other: &str) {
        let forms = forms(typed);
        assert!(forms.iter().any(|form| form == other), "{typed}: {forms:?}");
    }

    #[test]
    fn a_plural_has_its_singular() {
        for (plural, singular) in [
            ("bananas", "banana"),
            ("berries", "berry"),
            ("cookies", "cookie"),
            ("knives", "knife"),
            ("loaves", "loaf"),
            ("olives", "olive"),
            ("boxes", "box"),
            ("candles", "candle"),
            ("tomatoes", "tomato"),
            ("pies", "pie"),
        ] {
            check_form(plural, singular);
        }
    }

    #[test]
    fn a_singular_has_the_plural_that_it_does_not_begin() {
        check_form("berry", "berries");
        check_form("loaf", "loaves");
        check_form("knife", "knives");
    }

    #[test]
    fn a_short_word_is_no_plural() {
        for word in ["gas", "tea", "bus", "is", ""] {
            assert!(forms(word).is_empty(), "{word}");
        }
    }

    #[test]
    fn accents_do_not_matter() {
        assert_eq!(
            folded("crème brûlée straße".to_owned()),
            "creme brulee strasse"
        );
        assert_eq!(folded("牛奶".to_owned()), "牛奶");
    }
}
