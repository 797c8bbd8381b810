//! Descriptions in capitals, from a wholesaler's invoices.
//!
//! `gift_titles.tsv` has the descriptions whose title was written by hand. All others are written
//! by rule: `gift_words.tsv` expands abbreviations, corrects spelling and knows names, and puts
//! what a product is before its design ('Lunch bag, apple design'); counts and measures get one
//! form ('Set of 6', '40 × 40 cm'). Where a product stands is read from its title: `gift_kinds`.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::distinct::Difference;
use super::tables::{TABLES, rows};
use super::words::capitalised;

/// Longest phrase in `gift_words.tsv`, in words.
const MAX_PHRASE: usize = 5;

/// After these words a description goes on with what it began, so that no comma follows the phrase
/// before them: 'Lunch box with cutlery'.
const JOINING: [&str; 11] = [
    "WITH", "W", "IN", "FOR", "OF", "SET", "AND", "&", ",", "COVER", "HOLDER",
];

struct Words {
    /// By description, its words joined by one space.
    titles: HashMap<&'static str, &'static str>,
    /// By phrase; those for the beginning of a description begin with `^`.
    phrases: HashMap<&'static str, &'static str>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| Words {
    titles: pairs(include_str!("gift_titles.tsv")),
    phrases: pairs(include_str!("gift_words.tsv")),
});

fn pairs(table: &'static str) -> HashMap<&'static str, &'static str> {
    rows(table)
        .map(|row| (row[0], row.get(1).copied().unwrap_or_default()))
        .collect()
}

/// A readable title of a description.
pub(super) fn title(description: &str) -> String {
    let upper = description.to_uppercase();
    let whole = upper.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(title) = WORDS.titles.get(whole.as_str()) {
        return (*title).to_owned();
    }
    let tokens = tokens(&whole);
    let mut out: Vec<String> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        at += next(&tokens, at, &mut out);
    }
    set_off_variant(&mut out);
    sentence(&out)
}

/// Colours, the dots of this shop and sizes, which say which one of several it is when they end a name.
const COLOURS: [&str; 18] = [
    "assorted",
    "black",
    "blue",
    "brown",
    "clear",
    "cream",
    "fuchsia",
    "green",
    "ivory",
    "lilac",
    "natural",
    "pink",
    "purple",
    "red",
    "retrospot",
    "turquoise",
    "white",
    "yellow",
];
const SIZES: [&str; 3] = ["large", "medium", "small"];

/// 'Enamel bread bin cream' becomes 'enamel bread bin, cream', 'heart green small' becomes 'heart,
/// small green'.
fn set_off_variant(words: &mut Vec<String>) {
    let is = |list: &[&str], word: &String| list.contains(&word.as_str());
    let variant = words
        .iter()
        .rev()
        .take_while(|word| is(&COLOURS, word) || is(&SIZES, word))
        .count();
    let start = words.len() - variant;
    let joined = ["&", "and", "in", "light", "pale", "hot", "with", "of", "on"];
    if variant == 0
        || start < 2
        || words.contains(&",".to_owned())
        || is(&joined, &words[start - 1])
    {
        return;
    }
    let mut tail = words.split_off(start);
    tail.sort_by_key(|word| !is(&SIZES, word));
    words.push(",".to_owned());
    words.append(&mut tail);
}

/// What tells products of one description apart: colours and patterns have a letter at the end of
/// their code.
pub(super) fn version(code: &str) -> Difference {
    let letter = code.trim_start_matches(|c: char| c.is_ascii_digit());
    let text = if letter.is_empty() {
        format!("no. {code}")
    } else {
        format!("design {letter}")
    };
    Difference::new(text, false)
}

/// The words of a description, with a comma as a word of its own and stray signs removed.
fn tokens(whole: &str) -> Vec<String> {
    whole
        .replace(',', " , ")
        .replace('+', " & ")
        .replace(['"', '*', '?', '!', '(', ')'], " ")
        .split_whitespace()
        .map(|token| token.trim_matches(['.', '-', ':', ';']).to_owned())
        .filter(|token| token == "&" || token == "," || token.contains(char::is_alphanumeric))
        .collect()
}

/// Writes the phrase that begins at `at` and returns its number of tokens.
fn next(tokens: &[String], at: usize, out: &mut Vec<String>) -> usize {
    for length in (1..=MAX_PHRASE.min(tokens.len() - at)).rev() {
        let phrase = tokens[at..at + length].join(" ");
        if at == 0
            && let Some(meaning) = WORDS.phrases.get(format!("^{phrase}").as_str())
            && let Some(following) = tokens.get(length)
        {
            let joined = JOINING.contains(&following.as_str());
            let meaning = if joined {
                meaning.trim_end_matches(',')
            } else {
                meaning
            };
            push(out, meaning);
            return length;
        }
        if let Some(meaning) = WORDS.phrases.get(phrase.as_str()) {
            // A design is set off only where it ends the name, and only once.
            let sets_off = at + length == tokens.len() && !out.contains(&",".to_owned());
            push(
                out,
                if sets_off {
                    meaning
                } else {
                    meaning.trim_start_matches(", ")
                },
            );
            return length;
        }
    }
    if let Some(length) = count(tokens, at, out) {
        return length;
    }
    push(out, &word(&tokens[at]));
    1
}

fn push(out: &mut Vec<String>, meaning: &str) {
    let comma = |out: &mut Vec<String>| {
        if out.last().is_some_and(|last| last != ",") {
            out.push(",".to_owned());
        }
    };
    let (before, rest) = meaning
        .strip_prefix(',')
        .map_or((false, meaning), |rest| (true, rest));
    let (after, rest) = rest
        .strip_suffix(',')
        .map_or((false, rest), |rest| (true, rest));
    if before || meaning == "," {
        comma(out);
    }
    out.extend(rest.split_whitespace().map(str::to_owned));
    if after {
        comma(out);
    }
}

/// `SET OF 6`, `SET/6`, `SET 6`, `S/6` and the same of packs and boxes are written 'set of 6'.
fn count(tokens: &[String], at: usize, out: &mut Vec<String>) -> Option<usize> {
    let (name, number, length) = match tokens[at].split_once('/') {
        Some((name, number)) => (name, number, 1),
        None => match tokens.get(at + 1) {
            Some(next) => (tokens[at].as_str(), next.as_str(), 2),
            None => (tokens[at].strip_prefix("SET")?, "", 1),
        },
    };
    let name = match name {
        "S" | "SET" => "set",
        "PACK" => "pack",
        "BOX" => "box",
        _ => return None,
    };
    let counted = (1..=3).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    counted.then(|| {
        push(out, &format!("{name} of {number}"));
        length
    })
}

fn word(token: &str) -> String {
    if let Some(measure) = measure(token) {
        return measure;
    }
    // `RED/WHITE` are two colours; each may be an abbreviation.
    let parts: Vec<String> = token
        .split('/')
        .filter(|part| !part.is_empty())
        .map(|part| {
            WORDS
                .phrases
                .get(part)
                .map_or_else(|| part.to_lowercase(), |meaning| (*meaning).to_owned())
        })
        .collect();
    let text = parts.join(" & ");
    let capital = capitalised(&text);
    if TABLES.is_proper(capital.trim_end_matches("'s")) {
        capital
    } else {
        text
    }
}

/// `40X40CM` as '40 × 40 cm', `250G` as '250 g'.
fn measure(token: &str) -> Option<String> {
    let digits = token.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let unit = ["CM", "MM", "ML", "G", "KG"]
        .into_iter()
        .find(|unit| token.ends_with(unit) && token.len() > unit.len())?;
    if digits == 0 {
        return None;
    }
    let sides: Option<Vec<&str>> = token
        .split('X')
        .map(|side| {
            let number = side.strip_suffix(unit).unwrap_or(side);
            let valid = number.starts_with(|c: char| c.is_ascii_digit())
                && number.chars().all(|c| c.is_ascii_digit() || c == '.');
            valid.then_some(number)
        })
        .collect();
    Some(format!("{} {}", sides?.join(" × "), unit.to_lowercase()))
}

/// Joins the words, with one capital at the beginning.
fn sentence(words: &[String]) -> String {
    let mut text = String::new();
    for word in words {
        if word != "," && !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    let text = text.trim_matches([',', ' ', '&', '.', '-']);
    capitalised(text)
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
            "White hanging heart tealight holder",
        );
        check(
            "RED WOOLLY HOTTIE WHITE HEART.",
            "Red woolly hot water bottle, white heart",
        );
        check(
            "TRADITIONAL CHRISTMAS RIBBONS",
            "Traditional Christmas ribbons",
        );
        check("VINTAGE UNION JACK PENNANT", "Vintage Union Jack pennant");
        check(
            "FLOWERS HANDBAG blue and orange",
            "Flowers handbag blue and orange",
        );
        check("?", "");
    }

    #[test]
    fn what_a_product_is_comes_before_its_design() {
        check("LUNCH BAG SUKI DESIGN", "Lunch bag, Suki design");
        check("ALARM CLOCK BAKELIKE RED", "Bakelike alarm clock, red");
        check("FEATHER PEN,COAL BLACK", "Feather pen, coal black");
        check("TV DINNER TRAY DOLLY GIRL", "TV dinner tray, Dolly Girl");
        check(
            "DOORMAT KEEP CALM AND COME IN",
            "Doormat, “Keep Calm and Come In”",
        );
        check(
            "LUNCH BOX WITH CUTLERY RETROSPOT",
            "Lunch box with cutlery, retrospot",
        );
        check("BAKING SET SPACEBOY DESIGN", "Baking set, Spaceboy design");
        check("LUNCH BAG", "Lunch bag");
    }

    #[test]
    fn counts_and_measures_have_one_form() {
        check("S/4 CACTI CANDLES", "Set of 4 cacti candles");
        check(
            "SET/6 RED SPOTTY PAPER CUPS",
            "Set of 6 red spotty paper cups",
        );
        check(
            "SET 7 BABUSHKA NESTING BOXES",
            "Set of 7 babushka nesting boxes",
        );
        check(
            "SET OF 3 CAKE TINS PANTRY DESIGN",
            "Set of 3 cake tins, pantry design",
        );
        check(
            "PACK 3 IRON ON DOG PATCHES",
            "Pack of 3 iron-on dog patches",
        );
        check(
            "POLYESTER FILLER PAD 40x40cm",
            "Polyester cushion pad, 40 × 40 cm",
        );
        check(
            "THE KING GIFT BAG 25x24x12cm",
            "The king gift bag 25 × 24 × 12 cm",
        );
        check("TREE 60CM", "Tree 60 cm");
        check("ENAMEL BREAD BIN CREAM", "Enamel bread bin, cream");
        check(
            "BEADED CRYSTAL HEART GREEN SMALL",
            "Beaded crystal heart, small green",
        );
        check(
            "SET OF 6 FUNKY BEAKERS RED AND BLUE",
            "Set of 6 funky beakers red and blue",
        );
    }

    #[test]
    fn abbreviations_and_slips_are_corrected() {
        check(
            "BEACH HUT SHELF W 3 DRAWERS",
            "Beach hut shelf with 3 drawers",
        );
        check(
            "TURQ+RED BOUDICCA LARGE BRACELET",
            "Turquoise & red Boudicca large bracelet",
        );
        check(
            "PINK/WHITE RIBBED MELAMINE JUG",
            "Pink & white ribbed melamine jug",
        );
        check("CINAMMON & ORANGE WREATH", "Cinnamon & orange wreath");
        check("ASSTD RASTA KEY-CHAINS", "Assorted rasta key-chains");
        check(
            "3 TRADITIONAl BISCUIT CUTTERS  SET",
            "Set of 3 traditional biscuit cutters",
        );
    }

    #[test]
    fn the_tables_name_each_description_once() {
        for table in [
            include_str!("gift_titles.tsv"),
            include_str!("gift_words.tsv"),
        ] {
            let mut seen = std::collections::HashSet::new();
            for row in rows(table) {
                assert!(seen.insert(row[0]), "twice: {row:?}");
                assert_eq!(row[0], row[0].to_uppercase(), "{row:?}");
                assert!(row.len() <= 2, "{row:?}");
            }
        }
    }
}
