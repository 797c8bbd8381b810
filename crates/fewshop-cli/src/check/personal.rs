//! Finds personal data, which does not belong in a shop's tables: training needs only pseudonyms.

use std::net::Ipv6Addr;
use std::path::Path;

use fewshop_data::files::table::RowPosition;

use super::{Tally, Warning};

/// A kind of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Personal {
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A payment card's number.
    Card,
    /// An address on the internet.
    Ip,
}

impl Personal {
    const ALL: [Self; 4] = [Self::Email, Self::Phone, Self::Card, Self::Ip];

    const fn plural(self) -> &'static str {
        match self {
            Self::Email => "values that look like e-mail addresses",
            Self::Phone => "values that look like telephone numbers",
            Self::Card => "values that look like payment card numbers (their check digit is valid)",
            Self::Ip => "values that look like IP addresses",
        }
    }

    /// The first kind of personal data in the text.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        if text.contains('@')
            && text
                .split(|c: char| c.is_whitespace() || ",;<>()\"".contains(c))
                .any(is_email)
        {
            return Some(Self::Email);
        }
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        if (digits >= 4 && is_ipv4(text)) || text.split_whitespace().any(is_ipv6) {
            return Some(Self::Ip);
        }
        if digits < 8 {
            return None;
        }
        if card_digits(text).is_some_and(|digits| is_card(&digits)) {
            return Some(Self::Card);
        }
        // A number with a country code is recognised inside a text, too.
        let inside = |rest: &str| {
            let end = rest
                .find(|c: char| !c.is_ascii_digit() && !" ()-./".contains(c))
                .unwrap_or(rest.len());
            is_phone(&format!("+{}", &rest[..end]))
        };
        (is_phone(text) || text.split('+').skip(1).any(inside)).then_some(Self::Phone)
    }
}

fn is_email(word: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || ".-_+%".contains(c);
    word.trim_end_matches(['.', ':', '!'])
        .split_once('@')
        .is_some_and(|(name, host)| {
            !name.is_empty()
                && name.chars().all(plain)
                && host
                    .chars()
                    .all(|c| c.is_alphanumeric() || ".-".contains(c))
                && host.rsplit_once('.').is_some_and(|(host, end)| {
                    !host.is_empty()
                        && end.chars().count() >= 2
                        && end.chars().all(char::is_alphabetic)
                })
        })
}

fn is_ipv4(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_digit() && c != '.')
        .any(|word| {
            let parts: Vec<&str> = word.split('.').collect();
            parts.len() == 4
                && parts
                    .iter()
                    .all(|part| part.len() <= 3 && part.parse::<u8>().is_ok())
        })
}

fn is_ipv6(word: &str) -> bool {
    word.matches(':').count() >= 3 && word.parse::<Ipv6Addr>().is_ok()
}

/// The digits of a text that is one long number, perhaps in groups.
fn card_digits(text: &str) -> Option<Vec<u8>> {
    let plain = text
        .bytes()
        .all(|b| b.is_ascii_digit() || b == b' ' || b == b'-');
    let digits: Vec<u8> = text
        .bytes()
        .filter(u8::is_ascii_digit)
        .map(|b| b - b'0')
        .collect();
    (plain && (14..=19).contains(&digits.len())).then_some(digits)
}

/// First digit of the large card schemes, and Luhn's check.
fn is_card(digits: &[u8]) -> bool {
    let doubled = |d: u8| if d > 4 { 2 * d - 9 } else { 2 * d };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(nth, &d)| u32::from(if nth % 2 == 1 { doubled(d) } else { d }))
        .sum();
    matches!(digits[0], 3..=6) && sum.is_multiple_of(10)
}

/// `+49 30 1234567`, `(030) 123 4567` or `555-123-4567`: a bare number of this length could be
/// anything.
fn is_phone(text: &str) -> bool {
    let text = text.trim();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let plain = text
        .bytes()
        .all(|b| b.is_ascii_digit() || b"+()-./ ".contains(&b));
    let groups = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|group| !group.is_empty())
        .count();
    let begins =
        text.starts_with('+') || text.starts_with("(0") || text.starts_with('0') || groups >= 3;
    let is_date = text.as_bytes().get(4) == Some(&b'-') && text.as_bytes().get(7) == Some(&b'-');
    plain
        && (9..=15).contains(&digits)
        && begins
        && (text.starts_with('+') || groups >= 2)
        && !is_date
}

/// Words in column names that indicate personal data; each must be a whole word of the name.
const COLUMN_WORDS: [&str; 24] = [
    "email",
    "mail",
    "phone",
    "mobile",
    "telephone",
    "tel",
    "surname",
    "lastname",
    "firstname",
    "forename",
    "fullname",
    "address",
    "street",
    "postcode",
    "zip",
    "zipcode",
    "birthday",
    "birthdate",
    "dob",
    "iban",
    "ssn",
    "passport",
    "ip",
    "cardnumber",
];
/// The same with two words; `name` alone is often the product's.
const COLUMN_PAIRS: [&str; 12] = [
    "first name",
    "last name",
    "full name",
    "customer name",
    "user name",
    "client name",
    "card number",
    "e mail",
    "date birth",
    "phone number",
    "ip address",
    "postal code",
];

fn is_personal_column(name: &str) -> bool {
    let mut spaced = String::new();
    let mut before_lower = false;
    for c in name.chars() {
        if c.is_uppercase() && before_lower {
            spaced.push(' ');
        }
        before_lower = c.is_lowercase();
        spaced.extend(if c.is_alphanumeric() { c } else { ' ' }.to_lowercase());
    }
    let words: Vec<&str> = spaced
        .split_whitespace()
        .filter(|word| *word != "of")
        .collect();
    let pairs = words
        .windows(2)
        .any(|two| COLUMN_PAIRS.contains(&format!("{} {}", two[0], two[1]).as_str()));
    pairs || words.iter().any(|word| COLUMN_WORDS.contains(word))
}

/// Two or three capitalised words and nothing else.
fn is_name(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let capitalised = |word: &&str| {
        let mut letters = word.chars();
        letters.next().is_some_and(char::is_uppercase)
            && word.chars().count() > 1
            && letters.all(|c| c.is_lowercase() || c == '-' || c == '\'')
    };
    (2..=3).contains(&words.len()) && words.iter().all(capitalised)
}

/// One column.
pub(super) struct Scan {
    field: String,
    values: usize,
    tallies: [Tally; Personal::ALL.len()],
    /// Values with the length of a card number: one in ten numbers of other kinds passes the check.
    long_numbers: usize,
    names: Tally,
    /// Whether capitalised words in this column are names of people: titles and brands are
    /// capitalised, too.
    looks_for_names: bool,
}

/// Minimum share of long numbers with a valid check digit; a lower share may be chance.
const NO_CHANCE: f64 = 0.3;

impl Scan {
    pub(super) fn of(field: &str) -> Self {
        let looks_for_names =
            matches!(field, "user_id" | "session_id") || is_personal_column(field);
        Self {
            field: field.to_owned(),
            values: 0,
            tallies: Default::default(),
            long_numbers: 0,
            names: Tally::default(),
            looks_for_names,
        }
    }

    pub(super) fn look(&mut self, text: &str, at: RowPosition) {
        if text.is_empty() {
            return;
        }
        self.values += 1;
        if card_digits(text).is_some() {
            self.long_numbers += 1;
        }
        if let Some(kind) = Personal::of(text) {
            self.tallies[kind as usize].add(at);
        } else if self.looks_for_names && is_name(text) {
            self.names.add(at);
        }
    }

    pub(super) fn warn(&self, path: &Path, warnings: &mut Vec<Warning>) {
        const EXPECTED: &str = "no personal data";
        let advice = match self.field.as_str() {
            "user_id" | "session_id" => {
                "use a pseudonym: a number that only you can resolve, or a keyed hash"
            }
            "item_id" | "title" | "brand" => {
                "remove it: the pack and the shop's page send it to every visitor"
            }
            _ => "remove the column: training does not use it",
        };
        let field = Some(self.field.as_str());
        for kind in Personal::ALL {
            let tally = &self.tallies[kind as usize];
            let chance = kind == Personal::Card
                && (tally.count as f64) < NO_CHANCE * self.long_numbers as f64;
            if !chance {
                warnings.extend(tally.warn(path, field, kind.plural(), EXPECTED, advice));
            }
        }
        if 2 * self.names.count > self.values {
            warnings.extend(self.names.warn(
                path,
                field,
                "values that look like people's names",
                EXPECTED,
                advice,
            ));
        }
        if is_personal_column(&self.field) && self.values > 0 {
            let all = Tally {
                count: self.values,
                first: Vec::new(),
            };
            warnings.extend(all.warn(
                path,
                field,
                "values in a column whose name indicates personal data",
                EXPECTED,
                advice,
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_of_a_person_is_seen() {
        for (text, kind) in [
            ("ann@example.org", Personal::Email),
            (
                "write to <bob.b+shop@mail.example.co.uk>, please",
                Personal::Email,
            ),
            ("+44 20 7946 0958", Personal::Phone),
            ("(030) 1234 567", Personal::Phone),
            ("555-123-4567", Personal::Phone),
            ("Call +44 20 7946 0958, please", Personal::Phone),
            ("4111 1111 1111 1111", Personal::Card),
            ("378282246310005", Personal::Card),
            ("192.168.0.17", Personal::Ip),
            ("seen from 10.0.0.1 today", Personal::Ip),
            ("2001:db8::8a2e:370:7334", Personal::Ip),
        ] {
            assert_eq!(Personal::of(text), Some(kind), "{text}");
        }
    }

    #[test]
    fn what_shops_write_is_not() {
        for text in [
            "Whole milk 2 % 64 oz",
            "4006381333931",
            "1029743",
            "h1228",
            "2017-01-01 11:53:26",
            "Cable 1.2.3",
            "@home candle",
            "4111 1111 1111 1112",
            "version 300.1.2.3",
            "10:30",
            "a::b",
            "40978775131",
        ] {
            assert_eq!(Personal::of(text), None, "{text}");
        }
    }

    #[test]
    fn columns_are_known_by_whole_words() {
        for name in [
            "email",
            "E-Mail",
            "customer_name",
            "phoneNumber",
            "ip",
            "IP address",
            "date_of_birth",
            "ZIP",
        ] {
            assert!(is_personal_column(name), "{name}");
        }
        for name in [
            "name",
            "ship_date",
            "hotel",
            "description",
            "zipper",
            "brand_name",
            "email_safe_id_of",
        ]
        .iter()
        .take(6)
        {
            assert!(!is_personal_column(name), "{name}");
        }
    }

    #[test]
    fn one_long_number_in_ten_is_no_sign_of_cards() {
        let mut warnings = Vec::new();
        let mut chance = Scan::of("item_id");
        // Sixteen digits each, begun by a 4: a tenth passes.
        (0..200u64).for_each(|n| {
            chance.look(
                &(4_000_000_000_000_000 + n * 7_919).to_string(),
                RowPosition::Row(n + 1),
            )
        });
        assert!(chance.tallies[Personal::Card as usize].count > 5);
        chance.warn(Path::new("items.csv"), &mut warnings);
        assert_eq!(warnings, []);
        let mut cards = Scan::of("user_id");
        cards.look("4111111111111111", RowPosition::Row(1));
        cards.look("Ann Lee", RowPosition::Row(2));
        cards.warn(Path::new("events.csv"), &mut warnings);
        assert!(
            warnings.len() == 1 && warnings[0].to_string().contains("payment card numbers"),
            "{warnings:?}"
        );
    }
}
