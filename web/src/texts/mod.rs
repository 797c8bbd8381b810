//! Every text of the page: English in `en.rs`, Simplified Chinese in `web/texts/zh.txt`, and the
//! Chinese names of categories in `web/texts/zh-names.txt`.
//!
//! A text with values has a `{}` for each, filled in order by [`fill`]. Texts that count come in
//! pairs, `_one` and `_many`, see [`count`].

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident: $text:literal,)*) => {
        /// The texts of one language.
        #[derive(Debug, PartialEq)]
        pub struct Texts {
            /// Language tag for `<html lang>`.
            pub lang: &'static str,
            /// Lines of the catalogue's names: English, a tab, the other language. Lines without a tab
            /// are no names.
            pub(super) names: &'static str,
            $($(#[$doc])* pub $name: &'static str,)*
        }

        /// English.
        pub static EN: Texts = Texts { lang: "en", names: "", $($name: $text,)* };

        /// The names of all texts, in the table's order.
        pub const NAMES: &[&str] = &[$(stringify!($name),)*];

        impl Texts {
            /// The texts of a language, one a line in the order of [`NAMES`], then an empty line and
            /// the catalogue's names; `None` for any other number of texts.
            #[must_use]
            pub fn of_lines(lang: &'static str, lines: &'static str) -> Option<Self> {
                let names = lines;
                let mut lines = lines.lines();
                let texts = Self { lang, names, $($name: lines.next()?,)* };
                lines.next()?.is_empty().then_some(texts)
            }
        }
    };
}

mod en;

pub use en::{EN, NAMES, Texts};

impl Texts {
    /// A department, category or other name of the catalogue in this language. Everything that is
    /// compared, stored or sent to the engine has the catalogue's own name; only what is shown or
    /// searched has this one.
    #[must_use]
    #[inline(never)]
    pub fn named<'a>(&self, name: &'a str) -> &'a str {
        self.names
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix("\t"))
            .unwrap_or(name)
    }
}

/// The template with its `{}` filled in order; one that is left over stays as it is.
#[must_use]
pub fn fill(template: &str, values: &[&str]) -> String {
    let mut out = String::with_capacity(
        template.len() + values.iter().map(|value| value.len()).sum::<usize>(),
    );
    let mut values = values.iter();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{}") {
        out.push_str(before);
        out.push_str(values.next().copied().unwrap_or("{}"));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The text for one or for many, with the count filled in.
#[must_use]
pub fn count(one: &str, many: &str, n: usize) -> String {
    if n == 1 {
        one.to_owned()
    } else {
        fill(many, &[&thousands(n as u64)])
    }
}

/// A count with a comma at every third digit.
#[must_use]
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_filled_in_order_and_never_filled_again() {
        assert_eq!(fill("{} in {}", &["a", "b"]), "a in b");
        assert_eq!(fill("{}!", &["{}"]), "{}!");
        assert_eq!(fill("{} {}", &["a"]), "a {}");
    }

    #[test]
    fn the_page_states_what_is_kept_and_for_how_long() {
        use crate::state::{KEEP, STORED_MAX_VISITS, VISIT_GAP};
        let said = EN.how_text_3;
        for fact in [
            format!("for {} days", KEEP / 86_400),
            format!("on the {STORED_MAX_VISITS} visits before"),
            format!("do nothing for {} minutes", VISIT_GAP / 60),
        ] {
            assert!(said.contains(&fact), "{fact}: {said}");
        }
    }

    #[test]
    fn every_text_is_translated_with_as_many_values() {
        let table = include_str!("../../texts/zh.txt");
        let lines: Vec<(&str, &str)> = table
            .lines()
            .filter_map(|line| line.split_once(" = "))
            .collect();
        let english = format!("{EN:?}");
        for &name in NAMES {
            let (_, text) = lines
                .iter()
                .find(|(other, _)| *other == name)
                .unwrap_or_else(|| panic!("{name} is not translated"));
            // By the debug form, so that no list of fields can be forgotten.
            let (_, said) = english.split_once(&format!(" {name}: \"")).unwrap();
            let said = &said[..said.find("\", ").or_else(|| said.find("\" }")).unwrap()];
            assert_eq!(
                said.matches("{}").count(),
                text.matches("{}").count(),
                "{name}: {said} / {text}"
            );
        }
        assert_eq!(lines.len(), NAMES.len());
    }

    #[test]
    fn a_language_is_whole_or_none() {
        let whole = vec!["字"; NAMES.len()].join("\n") + "\n\nMilk\t牛奶\nMilk & tea\t奶茶";
        let texts = Texts::of_lines("zh-Hans", whole.leak()).unwrap();
        assert_eq!(texts.lost, "字");
        let named = ["Milk & tea", "Milk", "Mil", ""].map(|name| texts.named(name));
        assert_eq!(named, ["奶茶", "牛奶", "Mil", ""]);
        assert_eq!(EN.named("Milk"), "Milk");
        assert_eq!(Texts::of_lines("zh-Hans", "字\n字\n\n"), None);
    }

    #[test]
    fn counts_have_one_and_many() {
        assert_eq!(
            count(EN.learned_one, EN.learned_many, 1),
            "Learned from 1 click"
        );
        assert_eq!(
            count(EN.learned_one, EN.learned_many, 3),
            "Learned from 3 clicks"
        );
        assert_eq!(
            count(EN.products_one, EN.products_many, 8547),
            "8,547 products"
        );
    }

    #[test]
    fn counts_are_grouped_by_three() {
        assert_eq!(
            [0, 999, 1000, 8547, 1_000_000].map(thousands),
            ["0", "999", "1,000", "8,547", "1,000,000"]
        );
    }
}
