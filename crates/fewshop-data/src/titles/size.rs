//! Package sizes in plain units.
//!
//! A till prints at most twelve characters, with three kinds of information in any order: amounts
//! (`12 OZ`, `15 1/4 OZ`), how many of them (`6 PK/12 OZ`, `6/3.5 OZ`), and how they are packed
//! (`BTL`, `CTN`). Besides there are stock numbers (`971267  PK`) and letters with an unknown
//! meaning (`L    12 OZ`): neither helps a shopper, so both go into [`Size::detail`].

use super::words::capitalised;

/// A size in readable form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Size {
    /// Such as `12 oz` or `6-pack, 12 oz`; empty if unknown.
    pub(super) text: String,
    /// Stock number or letter left out of the text.
    pub(super) detail: String,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(f64),
    Word(String),
    Sign(char),
}

/// Sizes that no rule reads correctly: a lost separator, two words with the same meaning.
const SLIPS: [(&str, &str); 5] = [
    ("2416.9 OZ", "24 × 16.9 oz"),
    ("HALF GAL", "0.5 gal"),
    ("CELL PK", "Cell pack"),
    ("80 REC OZ", "80 oz"),
    ("3 X5 100 CT", "100 ct, 3 × 5 in"),
];

/// Reads a raw size.
pub(super) fn read(raw: &str) -> Size {
    let mut size = Size::default();
    let mut rest = raw.trim();
    if let Some((note, after)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        note.clone_into(&mut size.detail);
        rest = after.trim_start();
    }
    if let Some((head, after)) = rest.split_once(' ') {
        let stock = head.len() >= 5 && head.bytes().all(|b| b.is_ascii_digit());
        let letters = size.detail.is_empty()
            && head.len() <= 3
            && head.bytes().all(|b| b.is_ascii_uppercase())
            && after
                .trim_start()
                .starts_with(|c: char| c == '.' || c.is_ascii_digit());
        if stock || letters {
            size.detail = head.to_owned();
            rest = after.trim_start();
        }
    }
    if let Some((_, text)) = SLIPS.iter().find(|(raw, _)| *raw == rest) {
        (*text).clone_into(&mut size.text);
        return size;
    }
    let (body, note) = rest.split_once('(').unwrap_or((rest, ""));
    let mut parts = amounts(&tokens(body));
    // `2 LB(32 OZ)` gives the same amount twice, `3 OZ(15 SL)` does not.
    if note.contains("SL") {
        parts.extend(amounts(&tokens(note.trim_end_matches(')'))));
    }
    // The count comes before the amount.
    parts.sort_by_key(|part| !part.ends_with("pack") && !part.ends_with(" ct"));
    size.text = parts.join(", ");
    size.text = capitalised(&size.text);
    size
}

/// A raw size in lower case, for two products that differ in nothing else.
pub(super) fn as_printed(raw: &str) -> String {
    let text = raw.trim_end_matches(['*', '.']).replace("0 Z", "OZ");
    capitalised(
        &text
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase(),
    )
}

fn tokens(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c.is_ascii_digit() || (c == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
            let end = rest
                .find(|c: char| c != '.' && !c.is_ascii_digit())
                .unwrap_or(rest.len());
            out.push(Token::Number(rest[..end].parse().unwrap_or(0.0)));
            rest = &rest[end..];
        } else if c.is_ascii_alphabetic() {
            let end = rest
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(rest.len());
            out.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        } else {
            if c == '/' || c == '-' {
                out.push(Token::Sign(c));
            }
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

/// A proper fraction that packages are measured in.
fn fraction(over: f64, under: f64) -> Option<f64> {
    let usual = [2.0, 4.0, 8.0].contains(&under) && over < under && over % 2.0 == 1.0;
    usual.then(|| over / under)
}

/// Reads tokens as a list of amounts and packings.
fn amounts(tokens: &[Token]) -> Vec<String> {
    use Token::{Number, Sign, Word};
    let mut out: Vec<String> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let (value, used) = match tokens[at..] {
            // 15 1/4, 1-3/4
            [Number(whole), Number(over), Sign('/'), Number(under), ..]
                if fraction(over, under).is_some() =>
            {
                (Value::One(whole + over / under), 4)
            }
            [
                Number(whole),
                Sign('-'),
                Number(over),
                Sign('/'),
                Number(under),
                ..,
            ] if fraction(over, under).is_some() => (Value::One(whole + over / under), 5),
            // 3/4
            [Number(over), Sign('/'), Number(under), ..] if fraction(over, under).is_some() => {
                (Value::One(over / under), 3)
            }
            // 6/3.5 OZ is six times, 14-18 CT is a range, 22 X28 IN an area.
            [Number(a), Sign(_), Number(b), Word(ref unit), ..]
                if a < b && ["CT", "LB", "STEM"].contains(&unit.as_str()) =>
            {
                (Value::Range(a, b), 3)
            }
            [Number(a), Sign(_), Number(b), ..] => (Value::Times(a, b), 3),
            [Number(a), Word(ref x), Number(b), ..] if x == "X" => (Value::Times(a, b), 3),
            [Number(a), ..] => (Value::One(a), 1),
            [Word(ref word), Number(size), ..] if word == "SZ" => {
                out.push(format!("size {}", number(size)));
                at += 2;
                continue;
            }
            [Word(ref word), ..] => {
                if let Some(packing) = packing(word, &tokens[at + 1..]) {
                    match (packing.strip_prefix(' '), out.last_mut()) {
                        (Some(container), Some(last)) => last.push_str(&format!(" {container}")),
                        (Some(container), None) => out.push(container.to_owned()),
                        (None, _) if packing.is_empty() => {}
                        (None, _) => out.push(packing.to_owned()),
                    }
                }
                at += 1;
                continue;
            }
            [Sign(_), ..] | [] => {
                at += 1;
                continue;
            }
        };
        at += used;
        // `FL OZ`, `SQ FT`, and `12 0 Z`, a slip for `12 OZ`.
        let unit = match &tokens[at..] {
            [Word(a), Word(b), ..] if a == "FL" && b == "OZ" => Some(("fl oz", 2)),
            [Word(a), Word(b), ..] if a == "SQ" && b == "FT" => Some(("sq ft", 2)),
            [Number(zero), Word(z), ..] if *zero == 0.0 && z == "Z" => Some(("oz", 2)),
            [Word(word), ..] => unit(word).map(|unit| (unit, 1)),
            // The end was cut off: `12 PK/11.2`, `2.11 OZ/12`.
            [] => out
                .last()
                .map(|last| (if last.ends_with("oz") { "ct" } else { "oz" }, 0)),
            _ => None,
        };
        let (unit, used) = unit.unwrap_or(("", 0));
        at += used;
        out.push(value.with(unit));
    }
    out
}

enum Value {
    One(f64),
    Times(f64, f64),
    Range(f64, f64),
}

impl Value {
    fn with(&self, unit: &str) -> String {
        let amount = match *self {
            Self::One(a) => number(a),
            Self::Times(a, b) => format!("{} × {}", number(a), number(b)),
            Self::Range(a, b) => format!("{}–{}", number(a), number(b)),
        };
        let one = matches!(self, Self::One(a) if *a == 1.0);
        match unit {
            "" => amount,
            "pack" => format!("{amount}-pack"),
            "load" | "piece" | "stem" | "bar" | "use" | "kit" | "slice" if !one => {
                format!("{amount} {unit}s")
            }
            _ => format!("{amount} {unit}"),
        }
    }
}

/// At most three decimals, none that are zero.
fn number(value: f64) -> String {
    ((value * 1_000.0).round() / 1_000.0).to_string()
}

fn unit(word: &str) -> Option<&'static str> {
    Some(match word {
        "OZ" | "OZS" | "Z" | "O" => "oz",
        "LB" | "LBS" => "lb",
        "CT" => "ct",
        "PK" | "PKS" | "P" => "pack",
        "GAL" | "GA" | "GALON" => "gal",
        "QT" => "qt",
        "PT" => "pt",
        "L" | "LT" | "LTR" => "L",
        "ML" => "ml",
        "G" | "GM" => "g",
        "DZ" | "DOZ" => "dozen",
        "FT" => "ft",
        "IN" => "in",
        "LOAD" | "LOADS" | "LD" | "LDS" => "load",
        "PC" | "PCS" => "piece",
        "STEM" | "STEMS" => "stem",
        "BAR" | "BARS" => "bar",
        "USE" | "USES" => "use",
        "KIT" => "kit",
        "SL" => "slice",
        _ => return None,
    })
}

/// A word without a number. A text that begins with a blank belongs to the amount before it.
fn packing(word: &str, after: &[Token]) -> Option<&'static str> {
    let word = match (word, after.first()) {
        ("LN", Some(Token::Word(next))) if next == "BT" => "LNBT",
        _ => word,
    };
    Some(match word {
        "BTL" | "PET" | "NR" => " bottle",
        "LNBT" | "LNNR" => " long-neck bottle",
        "CAN" | "CN" => " can",
        "BAG" => " bag",
        "BOX" => " box",
        "TRAY" => " tray",
        "CUBE" => " cube",
        "AERO" | "AEROS" => " spray",
        "PCH" => " pouch",
        "REFIL" | "REFILL" => " refill",
        "LOOSE" => " loose",
        "CTN" => "carton",
        "FNPK" => "fun pack",
        "PK" => "pack",
        "DZ" => "1 dozen",
        "GAL" => "1 gal",
        "QT" => "1 qt",
        "PT" => "1 pt",
        "L" => "1 L",
        "LB" => "per lb",
        "SOFT" => "soft",
        "MINI" => "mini",
        "LARGE" => "large",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, text: &str, detail: &str) {
        assert_eq!(
            read(raw),
            Size {
                text: text.to_owned(),
                detail: detail.to_owned()
            },
            "{raw}"
        );
    }

    #[test]
    fn plain_amounts_get_plain_units() {
        for (raw, text) in [
            ("22 LB", "22 lb"),
            ("6.5 OZ", "6.5 oz"),
            (".5 L", "0.5 L"),
            ("14.0 OZ", "14 oz"),
            ("1 GA", "1 gal"),
            ("GAL", "1 gal"),
            ("12 CT", "12 ct"),
            ("6 PK", "6-pack"),
            ("1 DZ", "1 dozen"),
            ("32 LD", "32 loads"),
            ("12 FL OZ", "12 fl oz"),
            ("150 SQ FT", "150 sq ft"),
            ("LB", "Per lb"),
            ("", ""),
            ("2416.9 OZ", "24 × 16.9 oz"),
        ] {
            check(raw, text, "");
        }
    }

    #[test]
    fn fractions_multiples_and_ranges_are_told_apart() {
        for (raw, text) in [
            ("15 1/4 OZ", "15.25 oz"),
            ("1-3/4 LB", "1.75 lb"),
            ("1/2 GAL", "0.5 gal"),
            ("3/4 OZ", "0.75 oz"),
            ("6/3.5 OZ", "6 × 3.5 oz"),
            ("4-3 OZ", "4 × 3 oz"),
            ("2 - 7.5 OZ", "2 × 7.5 oz"),
            ("14-18 CT", "14–18 ct"),
            ("56/64 CT", "56–64 ct"),
            ("22 X28 IN", "22 × 28 in"),
        ] {
            check(raw, text, "");
        }
    }

    #[test]
    fn how_many_stands_before_how_much() {
        for (raw, text) in [
            ("12 PK/12 OZ", "12-pack, 12 oz"),
            ("12 OZ/12 PK", "12-pack, 12 oz"),
            ("12 PK/12 0 Z", "12-pack, 12 oz"),
            ("16 OZ/24 CT", "24 ct, 16 oz"),
            ("12 PK/11.2", "12-pack, 11.2 oz"),
            ("10 CT/22.5 O", "10 ct, 22.5 oz"),
            ("2 L BTL", "2 L bottle"),
            ("12 OZ LN BT", "12 oz long-neck bottle"),
            ("92 CT/SZ 4", "92 ct, size 4"),
            ("3 OZ(15 SL)", "3 oz, 15 slices"),
        ] {
            check(raw, text, "");
        }
    }

    #[test]
    fn stock_numbers_and_stray_letters_go() {
        check("998724  PK", "Pack", "998724");
        check("522763 CTN", "Carton", "522763");
        check("L    12 OZ", "12 oz", "L");
        check("(600) 4 LB", "4 lb", "600");
    }

    proptest::proptest! {
        #[test]
        fn no_size_makes_the_reader_panic(raw in "\\PC{0,16}|[0-9./ -]{0,8}(OZ|PK|LN|SZ)?[0-9/ ]{0,4}") {
            let _ = read(&raw);
        }
    }
}
