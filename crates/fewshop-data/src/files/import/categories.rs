//! Category paths in every notation, decided once for a whole column.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{is_missing, unescaped};

/// How a column writes its paths.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Notation {
    /// Between the levels of a path; `None` if each value is one level.
    pub(crate) levels: Option<String>,
    /// Between paths, if values hold several.
    pub(crate) paths: Option<char>,
}

/// Signs that only ever mean "below".
const ARROWS: [char; 5] = ['>', '›', '»', '→', '▸'];
/// From this share of the values on, a sign that can also be part of a name separates levels.
const USUAL: f64 = 0.5;
/// A path that follows others is taken for one if so many products have it.
const REPEATED: usize = 3;

/// The column as paths, with what was found, for people.
pub(crate) struct Categories {
    /// One path for each value.
    pub(crate) paths: Vec<Vec<String>>,
    pub(crate) notation: Notation,
    /// Rows with several paths, of which the first was taken.
    pub(crate) several: Vec<usize>,
    /// A path that was left out.
    pub(crate) left_out: Option<String>,
    /// Rows whose values hold `/` that was read as part of a name.
    pub(crate) slashes: Vec<usize>,
    /// Rows with entities such as `&gt;`.
    pub(crate) escaped: usize,
}

/// Reads a whole column. `separator` is the user's, `comma_separated` says that the format
/// separates paths with commas.
pub(crate) fn read_categories(
    values: &[String],
    separator: Option<&str>,
    comma_separated: bool,
) -> Categories {
    let mut escaped = 0;
    let clean: Vec<String> = values
        .iter()
        .map(|value| {
            let text = unescaped(value.trim());
            escaped += usize::from(matches!(text, std::borrow::Cow::Owned(_)));
            if is_missing(&text) {
                String::new()
            } else {
                text.into_owned()
            }
        })
        .collect();
    let notation = match separator {
        Some(separator) => Notation {
            levels: Some(separator.to_owned()),
            paths: None,
        },
        None => notation_of(&clean, comma_separated),
    };
    let levels = |path: &str| -> Vec<String> {
        let parts: Vec<&str> = match &notation.levels {
            Some(sign) if sign == ">" => path.split(ARROWS).collect(),
            Some(sign) => path.split(sign.as_str()).collect(),
            None => vec![path],
        };
        parts
            .into_iter()
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (mut several, mut left_out, mut slashes) = (Vec::new(), None, Vec::new());
    let paths = clean
        .iter()
        .enumerate()
        .map(|(row, value)| {
            let mut paths = split_paths(value, notation.paths);
            if notation.levels.as_deref() != Some("/") && value.contains('/') {
                slashes.push(row);
            }
            if paths.len() > 1 {
                several.push(row);
                // "Uncategorized" and its like are nobody's first choice.
                let first = paths
                    .iter()
                    .position(|path| !path.eq_ignore_ascii_case("uncategorized"))
                    .unwrap_or(0);
                paths.swap(0, first);
                left_out.get_or_insert_with(|| paths[1].clone());
            }
            paths.first().map(|path| levels(path)).unwrap_or_default()
        })
        .collect();
    Categories {
        paths,
        notation,
        several,
        left_out,
        slashes,
        escaped,
    }
}

/// The paths of one value; `\,` is a comma in a name, as in WooCommerce's files.
fn split_paths(value: &str, separator: Option<char>) -> Vec<String> {
    let Some(separator) = separator else {
        return vec![value.to_owned()];
    };
    let mut paths = vec![String::new()];
    let mut chars = value.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\\' && chars.peek() == Some(&separator) {
            paths.last_mut().expect("one at least").push(separator);
            chars.next();
        } else if c == separator {
            paths.push(String::new());
        } else {
            paths.last_mut().expect("one at least").push(c);
        }
    }
    let paths: Vec<String> = paths
        .into_iter()
        .map(|path| path.trim().to_owned())
        .filter(|path| !path.is_empty())
        .collect();
    if paths.is_empty() {
        vec![String::new()]
    } else {
        paths
    }
}

fn notation_of(values: &[String], comma_separated: bool) -> Notation {
    let filled = values.iter().filter(|value| !value.is_empty()).count();
    let with = |sign: &str| values.iter().filter(|value| value.contains(sign)).count();
    let usual = |count: usize| count > 0 && count as f64 >= USUAL * filled as f64;
    let has_arrows = values.iter().any(|value| value.contains(ARROWS));
    if comma_separated {
        return Notation {
            levels: has_arrows.then(|| ">".to_owned()),
            paths: Some(','),
        };
    }
    if has_arrows {
        let paths = ['|', ';', ',']
            .into_iter()
            .find(|&sign| separates_paths(values, sign));
        return Notation {
            levels: Some(">".to_owned()),
            paths,
        };
    }
    let levels = ["/", "|", "\\", "::", ":"].into_iter().find(|sign| {
        usual(with(sign)) && {
            // Departments come back under several paths; the halves of a name do not.
            let heads: BTreeSet<&str> = values
                .iter()
                .filter_map(|value| value.split_once(sign))
                .map(|(head, _)| head.trim())
                .collect();
            let all: BTreeSet<&str> = values.iter().map(String::as_str).collect();
            heads.len() < all.len() || filled < 2 * REPEATED
        }
    });
    Notation {
        levels: levels.map(str::to_owned),
        paths: None,
    }
}

/// Whether a sign stands between whole paths: what follows it is a path in its own right, because
/// it follows different paths, or begins with a department.
fn separates_paths(values: &[String], sign: char) -> bool {
    let head = |path: &str| path.split(ARROWS).next().unwrap_or("").trim().to_owned();
    let mut departments: BTreeSet<String> = BTreeSet::new();
    let mut before: BTreeMap<String, (BTreeSet<&str>, usize)> = BTreeMap::new();
    for value in values {
        let mut parts = value.split(sign);
        let Some(first) = parts.next() else { continue };
        departments.insert(head(first));
        if !first.contains(ARROWS) {
            continue;
        }
        for part in parts.filter(|part| part.contains(ARROWS)) {
            let (firsts, rows) = before.entry(head(part)).or_default();
            firsts.insert(first);
            *rows += 1;
        }
    }
    let of_department: usize = before
        .iter()
        .filter(|(head, _)| departments.contains(*head))
        .map(|(_, (_, rows))| rows)
        .sum();
    of_department >= REPEATED
        || before
            .values()
            .any(|(firsts, rows)| firsts.len() >= 2 && *rows >= REPEATED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Categories {
        let values: Vec<String> = values.iter().map(|v| (*v).to_owned()).collect();
        read_categories(&values, None, false)
    }

    #[test]
    fn levels_in_every_notation_are_the_same() {
        for sign in [
            " > ", ">", " / ", "/", " | ", " › ", " &gt; ", "&amp;gt;", " » ", ":",
        ] {
            let values = ["Drinks>Tea", "Drinks>Coffee", "Pantry>Jam", "Drinks>Tea"];
            let values: Vec<String> = values.iter().map(|v| v.replace('>', sign)).collect();
            let read = read_categories(&values, None, false);
            assert_eq!(read.paths[1], ["Drinks", "Coffee"], "{sign}");
        }
    }

    #[test]
    fn slashes_and_commas_in_names_stay_where_arrows_separate() {
        let read = read(&[
            "Bakery > Buns/Rolls",
            "Food > Salt, pepper > Fine",
            "Food > Oil",
        ]);
        assert_eq!(read.paths[0], ["Bakery", "Buns/Rolls"]);
        assert_eq!(read.paths[1], ["Food", "Salt, pepper", "Fine"]);
        assert_eq!((read.slashes, read.several.len()), (vec![0], 0));
    }

    #[test]
    fn a_slash_in_a_few_names_is_part_of_them() {
        let read = read(&["Hi-Fi/TV", "Books", "Toys", "Games", "Music"]);
        assert_eq!(
            (read.paths[0].as_slice(), read.slashes),
            (["Hi-Fi/TV".to_owned()].as_slice(), vec![0])
        );
    }

    #[test]
    fn the_first_of_several_paths_is_taken() {
        let kinds = ["Drinks > Tea", "Drinks > Coffee", "Pantry > Jam"];
        let values: Vec<String> = kinds
            .iter()
            .map(|k| format!("{k}, Gifts > For her, Sale"))
            .collect();
        let read = read_categories(&values, None, false);
        assert_eq!(read.paths[0], ["Drinks", "Tea"]);
        assert_eq!(read.several.len(), 3);
        assert_eq!(read.left_out.as_deref(), Some("Gifts > For her"));
        let bars = [
            "Drinks > Tea|Drinks > Gifts",
            "Drinks > Oil|Pantry > Fat",
            "Pantry > Jam|Drinks > Oil",
        ];
        let bars = bars.map(str::to_owned);
        assert_eq!(
            read_categories(&bars, None, false).paths[0],
            ["Drinks", "Tea"]
        );
    }

    #[test]
    fn woocommerce_separates_paths_with_commas() {
        let values = ["Uncategorized, Salt\\, pepper > Fine".to_owned()];
        let read = read_categories(&values, None, true);
        assert_eq!(read.paths[0], ["Salt, pepper", "Fine"]);
    }
}
