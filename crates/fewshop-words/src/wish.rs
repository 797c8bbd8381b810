//! What a query asks for, what it rules out, and how much may be paid: *breakfast for two kids, no
//! nuts*, *tea under $5*, 给猫咪的礼物，不要鱼.

use crate::spelling::{is_ideograph, is_stop_word, words};

/// Begins what is not wanted.
const NOT: &[&str] = &["dont", "except", "excluding", "no", "not", "without"];
/// Ends what is not wanted.
const BUT: &[&str] = &[
    "at", "below", "but", "cheaper", "for", "less", "max", "maximum", "only", "plus", "under",
    "up", "with",
];
/// Words of a name that is not wanted; nobody means more.
const MAX_NAME: usize = 3;
/// Names that are read as not wanted.
const MAX_NAMES: usize = 8;
/// Says that what follows is the highest price.
const AT_MOST: &[&[&str]] = &[
    &["at", "most"],
    &["below"],
    &["cheaper", "than"],
    &["less", "than"],
    &["max"],
    &["maximum"],
    &["under"],
    &["up", "to"],
];
/// A number with one of these is no price.
const UNITS: &[&str] = &[
    "calories", "cals", "cl", "cm", "count", "ct", "days", "feet", "ft", "g", "gram", "grams",
    "in", "inch", "inches", "kcal", "kg", "l", "lb", "lbs", "liter", "liters", "litres", "m", "mg",
    "minutes", "ml", "mm", "month", "months", "old", "oz", "pack", "people", "percent", "pieces",
    "watts", "year", "years", "yr", "yrs",
];
/// Names of money, after a number.
const MONEY: &[&str] = &[
    "buck", "bucks", "dollar", "dollars", "eur", "euro", "euros", "gbp", "pound", "pounds", "quid",
    "usd",
];

// The same in Chinese, where the signs stand within a run of characters.
const ZH_NOT: &[&str] = &["不要", "不含", "不加", "不带", "没有", "除了", "不吃"];
const ZH_AT_MOST: &[&str] = &["不超过", "低于", "不到", "少于", "最多"];
const ZH_MONEY: &[&str] = &["美元", "英镑", "欧元", "元", "块钱", "块", "镑"];
const ZH_BELOW: &[&str] = &["以下", "以内", "之内"];

/// A query, read.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Wish {
    /// The words to look for.
    pub(crate) wanted: String,
    /// Names of what is not wanted.
    pub(crate) unwanted: Vec<String>,
    /// Highest price.
    pub(crate) max_price: Option<f32>,
}

/// A piece of a query.
#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    /// A number and how it was typed.
    Number(f32, String),
    /// A sign of a currency.
    Currency,
    /// Ends a part of the sentence.
    Break,
}

impl Token {
    fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            Self::Number(..) | Self::Currency | Self::Break => None,
        }
    }
}

impl Wish {
    /// Reads a query. `names_free_of` tells whether the shop has products that are called free of a
    /// word: there 'sugar free' is a name.
    pub(crate) fn of(query: &str, names_free_of: impl Fn(&str) -> bool) -> Self {
        let tokens = tokens(query);
        let mut wish = Self::default();
        let mut wanted: Vec<String> = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            if let Some((price, count, said)) = price(&tokens[at..]) {
                wish.max_price = Some(wish.max_price.map_or(price, |before| before.min(price)));
                wanted.extend(Some(said.to_owned()).filter(|said| !said.is_empty()));
                at += count;
                continue;
            }
            match &tokens[at] {
                Token::Word(word) if word.starts_with(is_ideograph) => {
                    at += 1;
                    wish.read_run(word, &mut wanted);
                }
                Token::Word(word) if NOT.contains(&word.as_str()) => {
                    at += 1;
                    // 'No. 5' is a name.
                    if matches!(tokens.get(at), Some(Token::Number(..))) {
                        wanted.push(word.clone());
                    } else {
                        at += wish.read_unwanted(&tokens[at..]);
                    }
                }
                Token::Word(word) if word == "free" => {
                    at += 1;
                    let of = tokens.get(at).and_then(Token::word);
                    if matches!(of, Some("of" | "from")) {
                        at += 1 + wish.read_unwanted(&tokens[at + 1..]);
                    } else if let Some(name) =
                        wanted.pop_if(|name| !is_stop_word(name) && !names_free_of(name))
                    {
                        wish.rule_out(name);
                    } else {
                        wanted.push(word.clone());
                    }
                }
                Token::Word(word) => {
                    wanted.push(word.clone());
                    at += 1;
                }
                Token::Number(_, typed) => {
                    wanted.extend(words(typed));
                    at += 1;
                }
                Token::Currency | Token::Break => at += 1,
            }
        }
        wish.wanted = wanted.join(" ");
        wish
    }

    /// Reads names that are not wanted; how many tokens that were.
    fn read_unwanted(&mut self, tokens: &[Token]) -> usize {
        let mut name: Vec<&str> = Vec::new();
        let mut read = 0;
        for token in tokens {
            let Some(word) = token.word() else { break };
            if BUT.contains(&word) || NOT.contains(&word) || name.len() == MAX_NAME {
                break;
            }
            if word == "or" || word == "and" || word == "nor" {
                self.rule_out(std::mem::take(&mut name).join(" "));
            } else if !is_stop_word(word) {
                name.push(word);
            }
            read += 1;
        }
        self.rule_out(name.join(" "));
        read
    }

    /// Reads a run of Chinese characters, which may rule something out.
    fn read_run(&mut self, run: &str, wanted: &mut Vec<String>) {
        let mut run = run;
        let sign = ZH_NOT
            .iter()
            .filter_map(|sign| Some((run.find(sign)?, sign)));
        if let Some((at, sign)) = sign.min() {
            for name in run[at + sign.len()..].split(['和', '或', '也', '的']) {
                self.rule_out(name.to_owned());
            }
            run = &run[..at];
        }
        if !run.is_empty() {
            wanted.push(run.to_owned());
        }
    }

    fn rule_out(&mut self, name: String) {
        if !name.is_empty() && self.unwanted.len() < MAX_NAMES && !self.unwanted.contains(&name) {
            self.unwanted.push(name);
        }
    }
}

/// A highest price at the beginning of the tokens, how many of them it takes, and what else they say.
fn price(tokens: &[Token]) -> Option<(f32, usize, &str)> {
    let signs = AT_MOST.iter().find(|signs| {
        let words = tokens.iter().map(Token::word);
        words
            .take(signs.len())
            .eq(signs.iter().map(|sign| Some(*sign)))
    });
    // 茶不到20块
    let run = tokens.first().and_then(Token::word);
    let before = run.and_then(|run| ZH_AT_MOST.iter().find_map(|sign| run.strip_suffix(sign)));
    let mut at = signs.map_or(usize::from(before.is_some()), |signs| signs.len());
    let is_money = tokens.get(at) == Some(&Token::Currency);
    at += usize::from(is_money);
    let Some(Token::Number(number, _)) = tokens.get(at) else {
        return None;
    };
    at += 1;
    let after = tokens.get(at);
    let unit = after.and_then(Token::word);
    if signs.is_some() {
        let is_named =
            unit.is_some_and(|unit| MONEY.contains(&unit)) || after == Some(&Token::Currency);
        let is_other = unit.is_some_and(|unit| UNITS.contains(&unit));
        let count = at + usize::from(is_named);
        return (is_money || is_named || !is_other).then_some((*number, count, ""));
    }
    let rest = unit.and_then(|unit| ZH_MONEY.iter().find_map(|money| unit.strip_prefix(money)));
    if let Some(before) = before {
        return Some((*number, at + usize::from(rest.is_some()), before));
    }
    // 20元以下的茶
    let rest = rest.and_then(|rest| ZH_BELOW.iter().find_map(|below| rest.strip_prefix(below)))?;
    Some((*number, at + 1, rest))
}

fn tokens(query: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut open = String::new();
    let close = |open: &mut String, out: &mut Vec<Token>| {
        out.extend(words(&std::mem::take(open)).into_iter().map(Token::Word));
    };
    let letters: Vec<char> = query.chars().collect();
    let mut at = 0;
    while at < letters.len() {
        let c = letters[at];
        // 'b12' is a word.
        let begins = at == 0 || !letters[at - 1].is_ascii_alphanumeric();
        if c.is_ascii_digit() && begins {
            close(&mut open, &mut out);
            let from = at;
            let is_part = |at: usize| {
                let next = letters.get(at + 1).is_some_and(char::is_ascii_digit);
                letters[at].is_ascii_digit() || matches!(letters[at], '.' | ',') && next
            };
            while at < letters.len() && is_part(at) {
                at += 1;
            }
            let typed: String = letters[from..at].iter().collect();
            match number(&typed) {
                Some(number) => out.push(Token::Number(number, typed)),
                None => open.push_str(&typed),
            }
            continue;
        }
        match c {
            '$' | '£' | '€' | '¥' | '￥' => {
                close(&mut open, &mut out);
                out.push(Token::Currency);
            }
            ',' | ';' | ':' | '.' | '!' | '?' | '(' | ')' | '，' | '。' | '；' | '、' | '！'
            | '？' => {
                close(&mut open, &mut out);
                // 'No. 5'
                if c != '.'
                    || letters.get(at + 1).is_none_or(|next| *next == ' ')
                        && out.last().is_none_or(|last| last.word() != Some("no"))
                {
                    out.push(Token::Break);
                }
            }
            _ => open.push(c),
        }
        at += 1;
    }
    close(&mut open, &mut out);
    out
}

/// A number as people type it: a comma or point with one or two digits after it is a decimal one,
/// with three a thousand. `None` where it is no amount of money.
fn number(typed: &str) -> Option<f32> {
    // Digit by digit: the general reader of numbers would be 10 kB of the engine.
    let decimals = typed.rsplit(['.', ',']).next().map_or(0, str::len);
    let is_decimal = typed.contains(['.', ',']) && decimals < 3;
    let digits = typed.bytes().filter(u8::is_ascii_digit);
    let value = digits.fold(0.0, |value, digit| value * 10.0 + f32::from(digit - b'0'));
    let parts = match decimals {
        1 if is_decimal => 10.0,
        2 if is_decimal => 100.0,
        _ => 1.0,
    };
    Some(value / parts).filter(|value| *value < 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, wanted: &str, unwanted: &[&str], max_price: Option<f32>) {
        let wish = Wish::of(query, |name| name == "sugar");
        let read = (wish.wanted.as_str(), wish.max_price);
        assert_eq!(
            (read, wish.unwanted.as_slice()),
            (
                (wanted, max_price),
                unwanted
                    .iter()
                    .map(|&n| n.to_owned())
                    .collect::<Vec<_>>()
                    .as_slice()
            ),
            "{query}"
        );
    }

    #[test]
    fn what_is_not_wanted_is_read_to_the_end_of_its_part() {
        check(
            "breakfast for two kids, no nuts",
            "breakfast for two kids",
            &["nuts"],
            None,
        );
        check(
            "no nuts or peanut butter, milk",
            "milk",
            &["nuts", "peanut butter"],
            None,
        );
        check("I don't want fish but rice", "i but rice", &["fish"], None);
        check("soup without meat for 2", "soup for 2", &["meat"], None);
        check(
            "snacks without nuts up to $5",
            "snacks",
            &["nuts"],
            Some(5.0),
        );
        check("nut-free cake", "cake", &["nut"], None);
        check("sugar free gum", "sugar free gum", &[], None);
        check("cake free from eggs", "cake", &["eggs"], None);
        check("no", "", &[], None);
        check("beans no. 600", "beans no 600", &[], None);
    }

    #[test]
    fn a_highest_price_is_a_number_that_is_no_measure() {
        check("tea under $5", "tea", &[], Some(5.0));
        check("tea under 4,50 €", "tea", &[], Some(4.5));
        check("gifts up to 1,000 dollars", "gifts", &[], Some(1000.0));
        check("toys under 2 years", "toys under 2 years", &[], None);
        check("under eye cream", "under eye cream", &[], None);
        check("wine below 10 red", "wine red", &[], Some(10.0));
        check("7 up", "7 up", &[], None);
        check("2% milk 1.5 l", "2 milk 1 5 l", &[], None);
    }

    #[test]
    fn chinese_sentences_are_read_too() {
        check("给猫咪的礼物", "给猫咪的礼物", &[], None);
        check("早餐，不要坚果和鱼", "早餐", &["坚果", "鱼"], None);
        check("20元以下的茶", "的茶", &[], Some(20.0));
        check("低于20块 茶", "茶", &[], Some(20.0));
    }

    #[test]
    fn anything_is_read_without_an_end_or_a_fault() {
        for query in [
            "",
            "no no no no",
            "$",
            "< 5",
            "free",
            "free of",
            "under",
            "under 99999999999999999999999999999999999999999",
            "不要",
            "1.2.3.4",
            "\u{202e}on stun",
        ] {
            let wish = Wish::of(query, |_| false);
            assert!(wish.max_price.is_none_or(f32::is_finite), "{query}");
        }
    }
}
