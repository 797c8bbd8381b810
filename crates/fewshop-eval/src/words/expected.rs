//! What a person expects of a query.

use fewshop_core::Item;
use fewshop_words::spelling::words;

/// Products by words of title and category: expected ones (grade 2) and acceptable ones (grade 1).
///
/// Written as alternatives separated by `|`, the acceptable ones after ` / `. An alternative is met
/// when all its words are: `milk` is in the title or category, `-baby` is not in the title, and
/// `@Canned_milk` is a category on the path, `_` being a space. Singular and plural are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    grades: [Vec<Vec<Condition>>; 2],
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    Has(String),
    HasNot(String),
    In(String),
}

impl Expected {
    /// Reads the written form.
    ///
    /// # Errors
    /// When there is no alternative of grade 2.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (best, other) = text.split_once(" / ").unwrap_or((text, ""));
        let read = |text: &str| -> Vec<Vec<Condition>> {
            let alternatives = text.split('|').map(|alternative| {
                let conditions = alternative.split_whitespace().flat_map(|word| {
                    if let Some(category) = word.strip_prefix('@') {
                        return vec![Condition::In(category.replace('_', " "))];
                    }
                    let not = word.strip_prefix('-');
                    let stems = words(not.unwrap_or(word))
                        .into_iter()
                        .map(|word| stem(&word));
                    stems
                        .map(|word| match not {
                            Some(_) => Condition::HasNot(word),
                            None => Condition::Has(word),
                        })
                        .collect()
                });
                conditions.collect()
            });
            alternatives
                .filter(|conditions: &Vec<_>| !conditions.is_empty())
                .collect()
        };
        let grades = [read(best), read(other)];
        if grades[0].is_empty() {
            return Err(format!(
                "found '{text}', expected words of titles and categories, such as 'milk @Dairy / cream'"
            ));
        }
        Ok(Self { grades })
    }

    /// The products of one category.
    #[must_use]
    pub fn category(name: &str) -> Self {
        Self {
            grades: [vec![vec![Condition::In(name.to_owned())]], Vec::new()],
        }
    }

    /// The grade of each product: 2, 1 or 0.
    #[must_use]
    pub fn grades(&self, items: &[&Item]) -> Vec<u8> {
        let grade = |item: &&Item| {
            let stems = |text: &str| words(text).iter().map(|word| stem(word)).collect();
            let title: Vec<String> = stems(&item.title);
            let mut all = title.clone();
            for name in &item.category {
                all.extend::<Vec<String>>(stems(name));
            }
            let met = |condition: &Condition| match condition {
                Condition::Has(word) => all.contains(word),
                Condition::HasNot(word) => !title.contains(word),
                Condition::In(category) => item.category.contains(category),
            };
            let meets = |alternatives: &[Vec<Condition>]| {
                alternatives
                    .iter()
                    .any(|conditions| conditions.iter().all(met))
            };
            match &self.grades {
                [best, _] if meets(best) => 2,
                [_, other] if meets(other) => 1,
                _ => 0,
            }
        };
        items.iter().map(grade).collect()
    }
}

/// The word without a plural ending, so that both numbers are one.
pub(super) fn stem(word: &str) -> String {
    let long = word.len() > 4;
    if let Some(stem) = word
        .strip_suffix("ies")
        .or(word.strip_suffix("ie"))
        .filter(|_| long)
    {
        return [stem, "y"].concat();
    }
    if long
        && ["sses", "xes", "zes", "ches", "shes", "oes"]
            .iter()
            .any(|end| word.ends_with(end))
    {
        return word[..word.len() - 2].to_owned();
    }
    match word.strip_suffix('s') {
        Some(stem) if word.len() > 3 && !stem.ends_with(['s', 'u']) => stem.to_owned(),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_categories_are_expected_or_acceptable() {
        let item = |title: &str, category: &str| Item {
            category: vec!["Food".to_owned(), category.to_owned()],
            ..Item::new(title, title)
        };
        let items = [
            item("White milk", "Milk & creamers"),
            item("Baby milk", "Baby"),
            item("Coffee creamer", "Cream"),
            item("Rye bread", "Bread"),
        ];
        let expected = Expected::parse("milks -baby | none / @Cream").expect("it is sound");
        let items: Vec<&Item> = items.iter().collect();
        assert_eq!(expected.grades(&items), [2, 0, 1, 0]);
        assert!(Expected::parse(" / milk").is_err());
    }

    #[test]
    fn both_numbers_have_one_stem() {
        for (one, many) in [
            ("berry", "berries"),
            ("cookie", "cookies"),
            ("glass", "glasses"),
            ("tomato", "tomatoes"),
            ("case", "cases"),
            ("egg", "eggs"),
        ] {
            assert_eq!(stem(one), stem(many), "{one}");
        }
    }
}
