//! Words as people type them: cutting a text into words, other forms of a word, typing errors.
//!
//! The rules know the letters of nearly all titles. Tables of all scripts would be 12 kB of a page,
//! so [`words`] takes every character past Latin that is no known sign for a letter and leaves its
//! case alone; the storefront asks its browser instead.

/// Words that say nothing about a product.
const STOP: &[&str] = &[
    "a",
    "an",
    "and",
    "any",
    "are",
    "at",
    "be",
    "buy",
    "can",
    "do",
    "find",
    "for",
    "from",
    "get",
    "has",
    "have",
    "i",
    "in",
    "is",
    "it",
    "me",
    "my",
    "need",
    "of",
    "on",
    "or",
    "our",
    "please",
    "some",
    "something",
    "that",
    "the",
    "these",
    "this",
    "those",
    "to",
    "want",
    "we",
    "what",
    "with",
    "you",
    "your",
];

/// Whether a word says nothing about a product.
#[must_use]
pub fn is_stop_word(word: &str) -> bool {
    STOP.binary_search(&word).is_ok()
}

/// The words of a text: runs of letters or digits, in lower case and without accents. Chinese
/// characters and kana, which are written without spaces, are words of their own runs.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut open: Option<bool> = None;
    for c in text.chars() {
        if c == '\'' || c == '’' {
            // 'children's' is one word, "childrens".
            continue;
        }
        if !is_letter(c) {
            open = None;
            continue;
        }
        let ideograph = is_ideograph(c);
        if open != Some(ideograph) {
            out.push(String::new());
            open = Some(ideograph);
        }
        if let Some(last) = out.last_mut() {
            last.push(match c {
                'A'..='Z' | 'À'..='Ö' | 'Ø'..='Þ' => char::from(c as u8 + 32),
                _ => c,
            });
        }
    }
    out.into_iter().map(folded).collect()
}

fn is_letter(c: char) -> bool {
    match c {
        '\0'..='\x7f' => c.is_ascii_alphanumeric(),
        '\u{80}'..='\u{ff}' => matches!(c, 'ª' | 'µ' | 'º' | 'À'..='ÿ') && c != '×' && c != '÷',
        // Punctuation, arrows, mathematical signs, symbols and what joins or directs letters.
        '\u{2000}'..='\u{2bff}' | '\u{3000}'..='\u{3020}' | '\u{fe00}'..='\u{fe6f}' => false,
        '\u{ff00}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}' | '\u{ff3b}'..='\u{ff40}' => false,
        '\u{ff5b}'..='\u{ff65}' | '\u{e000}'..='\u{f8ff}' | '\u{fff0}'..='\u{ffff}' => false,
        // Pictures and private characters.
        _ => c < '\u{1f000}' || matches!(c, '\u{20000}'..='\u{3ffff}'),
    }
}

/// The text with Latin letters as if they had no accents: 'purée' as 'puree'.
#[must_use]
pub fn folded(text: String) -> String {
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
#[must_use]
pub fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// Other forms that a typed English word may stand for: its singular if it looks like a plural, else
/// its irregular plurals. A regular plural begins with the singular and is found by that.
#[must_use]
pub fn forms(typed: &str) -> Vec<String> {
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

/// How many slips (a letter more, less, other, or two swapped) lead from `typed` to a beginning of
/// `word`, if at most `most`. `rows` is scratch memory.
#[must_use]
pub fn slips_to(typed: &[char], word: &str, most: usize, rows: &mut Vec<usize>) -> Option<usize> {
    let word: Vec<char> = word.chars().take(typed.len() + most).collect();
    if word.len() + most < typed.len() {
        return None;
    }
    // Optimal string alignment; row i, column j: slips between the first i typed letters and the
    // first j of the word.
    let width = word.len() + 1;
    rows.clear();
    rows.extend(0..width);
    for (i, &letter) in typed.iter().enumerate() {
        rows.push(i + 1);
        for (j, &other) in word.iter().enumerate() {
            let at = |row: usize, column: usize| rows[row * width + column];
            let mut cost = (at(i, j) + usize::from(letter != other))
                .min(at(i, j + 1) + 1)
                .min(at(i + 1, j) + 1);
            if i > 0 && j > 0 && letter == word[j - 1] && typed[i - 1] == other {
                cost = cost.min(at(i - 1, j - 1) + 1);
            }
            rows.push(cost);
        }
        if rows[(i + 1) * width..].iter().all(|&cost| cost > most) {
            return None;
        }
    }
    rows[typed.len() * width..]
        .iter()
        .min()
        .copied()
        .filter(|&off| off <= most)
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

    #[test]
    fn anything_typed_is_cut_into_words() {
        for (text, expected) in [
            (
                "Crème BRÛLÉE, 12–18 CANS!",
                vec!["creme", "brulee", "12", "18", "cans"],
            ),
            ("children's book", vec!["childrens", "book"]),
            ("低脂milk 牛奶", vec!["低脂", "milk", "牛奶"]),
            ("🎂🍰 \u{202e}\0\u{7f}", vec![]),
            ("'; DROP TABLE--", vec!["drop", "table"]),
            ("حليب", vec!["حليب"]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }
}
