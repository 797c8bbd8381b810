//! Letters and their lower case, as the shop's search and addresses need them.
//!
//! The standard library's tables of all scripts are 12 kB of the page as brotli, and every browser
//! has its own. So the page has rules for what nearly all titles consist of, and asks the browser
//! about texts with other letters.

#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(target_arch = "wasm32")]
mod wasm;

#[cfg(not(target_arch = "wasm32"))]
use native as of_platform;
#[cfg(target_arch = "wasm32")]
use wasm as of_platform;

/// The text in lower case.
pub(super) fn lower(text: &str) -> String {
    if text.chars().all(is_known) {
        text.chars().map(lower_known).collect()
    } else {
        of_platform::lower(text)
    }
}

/// The words of a text, runs of letters or digits in lower case, with a space between any two.
pub(super) fn words(text: &str) -> String {
    if !text.chars().all(is_known) {
        return of_platform::words(text);
    }
    let mut words = String::with_capacity(text.len());
    for c in text.chars() {
        if is_letter_or_digit(c) {
            words.push(lower_known(c));
        } else if !words.is_empty() && !words.ends_with(' ') {
            words.push(' ');
        }
    }
    words.truncate(words.trim_end_matches(' ').len());
    words
}

/// The first letter or digit of a text, or nothing.
#[must_use]
pub fn initial(text: &str) -> &str {
    let other = |c: char| is_known(c) && !is_letter_or_digit(c);
    let mut letters = text.trim_start_matches(other).chars();
    let rest = letters.as_str().len();
    let _ = letters.next();
    &text[text.len() - rest..text.len() - letters.as_str().len()]
}

/// Whether the rules below know the character: Latin-1, and the dashes and quotes of typography.
fn is_known(c: char) -> bool {
    matches!(c, '\0'..='\u{ff}' | '\u{2010}'..='\u{205e}')
}

fn is_letter_or_digit(c: char) -> bool {
    match c {
        '\0'..='\x7f' => c.is_ascii_alphanumeric(),
        'ª' | '²' | '³' | 'µ' | '¹' | 'º' | '¼'..='¾' => true,
        'À'..='ÿ' => c != '×' && c != '÷',
        _ => false,
    }
}

fn lower_known(c: char) -> char {
    match c {
        'A'..='Z' | 'À'..='Ö' | 'Ø'..='Þ' => char::from(c as u8 + 32),
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_letters_are_those_of_the_standard_library() {
        for c in ('\0'..='\u{ffff}').filter(|&c| is_known(c)) {
            assert_eq!(is_letter_or_digit(c), c.is_alphanumeric(), "{c:?}");
            assert_eq!(
                lower_known(c).to_string(),
                c.to_lowercase().to_string(),
                "{c:?}"
            );
        }
    }

    #[test]
    fn words_are_cut_at_what_is_no_letter() {
        assert_eq!(words("  Soft drink, 12–18 CANS! "), "soft drink 12 18 cans");
        assert_eq!(words("Crème BRÛLÉE & Łomża"), "crème brûlée łomża");
        assert_eq!(words("?!"), "");
        assert_eq!(lower("Dairy & ÉCLAIRS"), "dairy & éclairs");
        assert_eq!(lower("МОЛОКО — 1 л"), "молоко — 1 л");
    }

    #[test]
    fn the_initial_is_the_first_letter() {
        for (text, expected) in [
            ("(a)", "a"),
            ("é", "é"),
            ("«—牛乳»", "牛"),
            ("", ""),
            ("--", ""),
        ] {
            assert_eq!(initial(text), expected, "{text}");
        }
    }
}
