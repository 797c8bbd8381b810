//! Text as exports have it: words for a missing value, HTML, entities.

use std::borrow::Cow;

/// Words that programs write where a value is missing.
const MISSING: [&str; 14] = [
    "nan",
    "NaN",
    "NAN",
    "null",
    "NULL",
    "Null",
    "N/A",
    "n/a",
    "#N/A",
    "None",
    "<NA>",
    "\\N",
    "(not set)",
    "#REF!",
];

/// Whether the text is a program's word for a missing value.
#[must_use]
pub fn is_missing(text: &str) -> bool {
    text.len() <= 9 && MISSING.contains(&text)
}

/// Tags that occur in titles and descriptions.
const TAGS: [&str; 38] = [
    "a", "b", "big", "br", "center", "code", "div", "em", "font", "h1", "h2", "h3", "h4", "h5",
    "h6", "hr", "i", "img", "li", "mark", "nobr", "ol", "p", "s", "script", "small", "span",
    "strike", "strong", "style", "sub", "sup", "table", "td", "tr", "tt", "u", "ul",
];

/// Entities by name; numbers are read as well.
const ENTITIES: [(&str, char); 40] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("ndash", '–'),
    ("mdash", '—'),
    ("hellip", '…'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("laquo", '«'),
    ("raquo", '»'),
    ("trade", '™'),
    ("reg", '®'),
    ("copy", '©'),
    ("deg", '°'),
    ("times", '×'),
    ("frac12", '½'),
    ("frac14", '¼'),
    ("frac34", '¾'),
    ("euro", '€'),
    ("pound", '£'),
    ("auml", 'ä'),
    ("ouml", 'ö'),
    ("uuml", 'ü'),
    ("Auml", 'Ä'),
    ("Ouml", 'Ö'),
    ("Uuml", 'Ü'),
    ("szlig", 'ß'),
    ("eacute", 'é'),
    ("egrave", 'è'),
    ("agrave", 'à'),
    ("ccedil", 'ç'),
    ("ntilde", 'ñ'),
    ("ecirc", 'ê'),
    ("rsaquo", '›'),
    ("oslash", 'ø'),
];

/// Replaces entities, also those that were escaped twice (`&amp;gt;`).
#[must_use]
pub fn unescaped(text: &str) -> Cow<'_, str> {
    let once = replace_entities(text);
    match once {
        Cow::Owned(once) if once.contains('&') => match replace_entities(&once) {
            Cow::Owned(twice) => Cow::Owned(twice),
            Cow::Borrowed(_) => Cow::Owned(once),
        },
        once => once,
    }
}

fn replace_entities(text: &str) -> Cow<'_, str> {
    replaced(text, '&', |rest| {
        let end = rest.bytes().take(12).position(|b| b == b';')?;
        Some((end + 1, Some(entity(&rest[1..end])?)))
    })
}

/// The text with what begins with `sign` replaced where `read` knows it: `read` gets the rest of the
/// text from the sign on, and returns how many bytes of it go and what stands there instead.
fn replaced(
    text: &str,
    sign: char,
    read: impl Fn(&str) -> Option<(usize, Option<char>)>,
) -> Cow<'_, str> {
    let (mut out, mut rest, mut changed) = (String::new(), text, false);
    while let Some(at) = rest.find(sign) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match read(rest) {
            Some((length, instead)) => {
                out.extend(instead);
                changed = true;
                length
            }
            None => {
                out.push(sign);
                sign.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    if !changed {
        return Cow::Borrowed(text);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|c| !c.is_control());
    }
    ENTITIES
        .iter()
        .find(|(other, _)| *other == name)
        .map(|(_, c)| *c)
}

/// The text without HTML tags and entities; the same text if it has none.
#[must_use]
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(['<', '&']) {
        return Cow::Borrowed(text);
    }
    let untagged = without_tags(&unescaped(text)).into_owned();
    if untagged == text {
        return Cow::Borrowed(text);
    }
    Cow::Owned(untagged.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn without_tags(text: &str) -> Cow<'_, str> {
    replaced(text, '<', |rest| {
        let end = rest.find('>')?;
        let name: String = rest[1..]
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        // `Tea<br>Coffee` is two words, `<b>T</b>ea` is one.
        let parts_words = ["br", "p", "div", "li", "td", "tr", "hr"].contains(&name.as_str());
        TAGS.contains(&name.as_str())
            .then_some((end + 1, parts_words.then_some(' ')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_entities_go_and_other_signs_stay() {
        for (text, expected) in [
            ("<b>Tea no. 0</b> &amp; more", "Tea no. 0 & more"),
            ("Caf&eacute; &#8211; 5&nbsp;g", "Café – 5 g"),
            ("Salt &amp;amp; pepper", "Salt & pepper"),
            ("Tea<br/>Coffee", "Tea Coffee"),
            ("<span class=\"x\">Soap</span>", "Soap"),
            ("5 < 6 > 3", "5 < 6 > 3"),
            ("AT&T; R&D", "AT&T; R&D"),
            ("a <3 b", "a <3 b"),
            ("&lt;b&gt;bold&lt;/b&gt;", "bold"),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
    }

    #[test]
    fn a_missing_value_has_many_names() {
        for text in ["nan", "NULL", "N/A", "\\N"] {
            assert!(is_missing(text), "{text}");
        }
        assert!(!is_missing("Nan bread") && !is_missing(""));
    }
}
