//! Reads `rules.toml`: products that a merchant pins, moves or excludes, given by ids, categories
//! and brands. See `fewshop rules --help`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, bail};
use fewshop_core::{Catalogue, Item, ItemId, ItemIx};
use fewshop_data::files::{FileError, Place, shorten};
use fewshop_model::{BusinessRules, Cap};
use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct RulesFile {
    pin: Vec<Pin>,
    boost: Vec<Move>,
    bury: Vec<Move>,
    exclude: Vec<Which>,
    stock: Stock,
    cap: Vec<CapOf>,
    bestseller_discount: Option<Spanned<u32>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pin {
    item: Spanned<String>,
    place: u32,
}

/// Products selected by ids, category or brand. If several are given, the union is selected.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Which {
    items: Vec<Spanned<String>>,
    category: Option<Spanned<String>>,
    brand: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    #[serde(default)]
    items: Vec<Spanned<String>>,
    category: Option<Spanned<String>>,
    brand: Option<Spanned<String>>,
    places: Spanned<u32>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Stock {
    out: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CapOf {
    category: Spanned<String>,
    #[serde(rename = "most")]
    max: u32,
}

/// Reads a merchant's rules for this catalogue.
///
/// # Errors
/// Names file and line if the text is not valid TOML, if a field is unknown, if the catalogue lacks
/// an id, category or brand, or if rules contradict each other.
pub fn read_rules(path: &Path, catalogue: &Catalogue) -> anyhow::Result<BusinessRules> {
    Ok(read(path, catalogue, false)?.0)
}

/// [`read_rules`] for a catalogue that changes every day: ids that it does not have are left out,
/// and returned as texts that name their lines.
///
/// # Errors
/// As [`read_rules`], except for ids.
pub fn read_known_rules(
    path: &Path,
    catalogue: &Catalogue,
) -> anyhow::Result<(BusinessRules, Vec<String>)> {
    read(path, catalogue, true)
}

fn read(
    path: &Path,
    catalogue: &Catalogue,
    skips_unknown: bool,
) -> anyhow::Result<(BusinessRules, Vec<String>)> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{}: cannot be read", path.display()))?;
    let file: RulesFile = match toml::from_str(&text) {
        Ok(file) => file,
        Err(error) => {
            let line = error.span().map_or(1, |span| line_of(&text, span));
            bail!("{}, line {line}: {}", path.display(), error.message());
        }
    };
    let reader = Reader {
        path,
        text: &text,
        catalogue,
        unknown: skips_unknown.then(RefCell::default),
    };
    let mut rules = BusinessRules::default();
    if let Some(discount) = &file.bestseller_discount {
        let percent = u8::try_from(*discount.get_ref()).ok();
        let percent = percent.filter(|&percent| percent <= 100);
        rules.bestseller_discount = Some(percent.ok_or_else(|| {
            reader.error(
                discount.span(),
                "bestseller_discount",
                &discount.get_ref().to_string(),
                "a percentage from 0 to 100",
                "0 ranks personal shelves by likelihood, 100 by what is most special to the shopper",
            )
        })?);
    }
    for Pin { item, place } in &file.pin {
        if let Some(row) = reader.row(item, "item")? {
            rules.pins.push((row, *place).into());
        }
    }
    let mut shifts: BTreeMap<ItemIx, i32> = BTreeMap::new();
    for (moves, sign) in [(&file.boost, 1), (&file.bury, -1)] {
        for Move {
            items,
            category,
            brand,
            places,
        } in moves
        {
            let by = i32::try_from(*places.get_ref())
                .ok()
                .filter(|by| (1..=10_000).contains(by));
            let by = by.ok_or_else(|| {
                let found = places.get_ref().to_string();
                reader.error(
                    places.span(),
                    "places",
                    &found,
                    "a number from 1 to 10000",
                    "give the number of places that it moves",
                )
            })?;
            for row in reader.rows(items, category.as_ref(), brand.as_ref())? {
                let sum = shifts.entry(row).or_default();
                *sum = (*sum + sign * by).clamp(-10_000, 10_000);
            }
        }
    }
    let shifts = shifts.into_iter().filter(|&(_, by)| by != 0);
    rules.shifts = shifts.map(Into::into).collect();
    for Which {
        items,
        category,
        brand,
    } in &file.exclude
    {
        rules
            .exclude
            .extend(reader.rows(items, category.as_ref(), brand.as_ref())?);
    }
    rules.out_of_stock = file
        .stock
        .out
        .iter()
        .filter_map(|id| reader.row(id, "out").transpose())
        .collect::<Result<_, _>>()?;
    for list in [&mut rules.exclude, &mut rules.out_of_stock] {
        list.sort_unstable();
        list.dedup();
    }
    for CapOf { category, max } in &file.cap {
        if category.get_ref().trim() == "*" {
            let mut departments: Vec<&str> = catalogue
                .items()
                .iter()
                .map(Item::department)
                .filter(|name| !name.is_empty())
                .collect();
            departments.sort_unstable();
            departments.dedup();
            rules.caps.extend(departments.into_iter().map(|name| Cap {
                category: vec![name.to_owned()],
                max: *max,
            }));
        } else {
            reader.of_category(category)?;
            rules.caps.push(Cap {
                category: path_of(category.get_ref()),
                max: *max,
            });
        }
    }
    rules
        .check(catalogue)
        .map_err(|problem| anyhow::anyhow!("{}: the rules {problem}", path.display()))?;
    let unknown = reader.unknown.map(RefCell::into_inner);
    Ok((rules, unknown.unwrap_or_default()))
}

/// Splits a category path as written in `items.csv`.
fn path_of(text: &str) -> Vec<String> {
    text.split('>')
        .map(str::trim)
        .filter(|level| !level.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The line number of a byte, from 1.
fn line_of(text: &str, span: Range<usize>) -> u64 {
    let before = text.as_bytes().get(..span.start).unwrap_or(text.as_bytes());
    1 + before.iter().filter(|&&b| b == b'\n').count() as u64
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    catalogue: &'a Catalogue,
    /// Unknown ids, where they are no error.
    unknown: Option<RefCell<Vec<String>>>,
}

impl Reader<'_> {
    fn error(
        &self,
        span: Range<usize>,
        field: &str,
        found: &str,
        expected: &str,
        advice: &str,
    ) -> FileError {
        FileError::Field {
            path: self.path.to_owned(),
            place: Place::Line(line_of(self.text, span)),
            field: field.to_owned(),
            found: shorten(found).into(),
            expected: expected.into(),
            advice: advice.into(),
        }
    }

    /// The row of an id; `None` for an unknown one that is left out.
    fn row(&self, id: &Spanned<String>, field: &str) -> Result<Option<ItemIx>, FileError> {
        let found = id.get_ref().trim();
        let advice = "correct the id, or remove it if the shop no longer has the product";
        let row = self.catalogue.ix(&ItemId::from(found));
        if let (None, Some(unknown)) = (row, &self.unknown) {
            let line = line_of(self.text, id.span());
            unknown
                .borrow_mut()
                .push(format!("line {line}, '{}'", shorten(found)));
            return Ok(None);
        }
        row.map(Some).ok_or_else(|| {
            self.error(
                id.span(),
                field,
                found,
                "an item_id of the pack's catalogue",
                advice,
            )
        })
    }

    fn of_category(&self, category: &Spanned<String>) -> Result<Vec<ItemIx>, FileError> {
        let path = path_of(category.get_ref());
        let advice = "write it from the department down, as in items.csv: Food > Tea";
        let found = self.matching(|item| !path.is_empty() && item.category.starts_with(&path));
        found.ok_or_else(|| {
            self.error(
                category.span(),
                "category",
                category.get_ref(),
                "a category that has products",
                advice,
            )
        })
    }

    fn of_brand(&self, brand: &Spanned<String>) -> Result<Vec<ItemIx>, FileError> {
        let name = brand.get_ref().trim();
        let found = self.matching(|item| !name.is_empty() && item.brand.trim() == name);
        found.ok_or_else(|| {
            self.error(
                brand.span(),
                "brand",
                name,
                "a brand that has products",
                "write it as in items.csv",
            )
        })
    }

    fn matching(&self, of: impl Fn(&Item) -> bool) -> Option<Vec<ItemIx>> {
        let rows: Vec<ItemIx> = self
            .catalogue
            .iter()
            .filter(|(_, item)| of(item))
            .map(|(ix, _)| ix)
            .collect();
        (!rows.is_empty()).then_some(rows)
    }

    /// All selected products, each once, so that one rule moves a product once.
    fn rows(
        &self,
        items: &[Spanned<String>],
        category: Option<&Spanned<String>>,
        brand: Option<&Spanned<String>>,
    ) -> Result<Vec<ItemIx>, FileError> {
        let mut rows = items
            .iter()
            .filter_map(|id| self.row(id, "items").transpose())
            .collect::<Result<Vec<ItemIx>, _>>()?;
        if let Some(category) = category {
            rows.extend(self.of_category(category)?);
        }
        if let Some(brand) = brand {
            rows.extend(self.of_brand(brand)?);
        }
        rows.sort_unstable();
        rows.dedup();
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> anyhow::Result<BusinessRules> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules.toml");
        std::fs::write(&path, text).unwrap();
        read_rules(&path, fewshop_model::toy::pack().catalogue())
    }

    #[test]
    fn ids_categories_and_brands_become_rows() {
        let rules = read(
            "[[pin]]\nitem = \"toy7\"\nplace = 2\n[[boost]]\nitems = [\"toy1\", \"toy2\"]\nplaces = 5\n[[bury]]\nitems = [\"toy2\"]\nplaces = 5\n\
             [[exclude]]\ncategory = \"Bakery > Bakery fancy\"\n[stock]\nout = [\"toy3\", \"toy3\"]\n[[cap]]\ncategory = \"*\"\nmost = 2\n",
        )
        .unwrap();
        assert_eq!(
            (rules.pins, rules.shifts, rules.out_of_stock),
            (
                vec![(ItemIx(7), 2).into()],
                vec![(ItemIx(1), 5).into()],
                vec![ItemIx(3)]
            )
        );
        assert_eq!(
            rules.exclude,
            (21..40).step_by(2).map(ItemIx).collect::<Vec<_>>()
        );
        assert_eq!(rules.caps.len(), 3);
        assert_eq!(
            read("[[boost]]\nbrand = \"House brand\"\nplaces = 1")
                .unwrap()
                .shifts
                .len(),
            30
        );
        assert!(read("").unwrap().is_empty());
        let discount = read("bestseller_discount = 60")
            .unwrap()
            .bestseller_discount;
        assert_eq!(discount, Some(60));
    }

    #[test]
    fn an_unknown_product_is_left_out_where_the_catalogue_changes_daily() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules.toml");
        let text = "[[pin]]\nitem = \"gone\"\nplace = 1\n[[exclude]]\nitems = [\"toy1\", \"nobody\"]\n[stock]\nout = [\"toy3\", \"none\"]\n";
        std::fs::write(&path, text).unwrap();
        let pack = fewshop_model::toy::pack();
        let (rules, unknown) = read_known_rules(&path, pack.catalogue()).unwrap();
        assert_eq!(
            (rules.pins.len(), rules.exclude, rules.out_of_stock),
            (0, vec![ItemIx(1)], vec![ItemIx(3)])
        );
        assert_eq!(
            unknown,
            ["line 2, 'gone'", "line 5, 'nobody'", "line 7, 'none'"]
        );
    }

    #[track_caller]
    fn check_refused(text: &str, words: &[&str]) {
        let error = read(text).unwrap_err().to_string();
        for word in words {
            assert!(error.contains(word), "{word:?} is not in {error}");
        }
    }

    #[test]
    fn a_discount_is_a_percentage() {
        check_refused(
            "# none\nbestseller_discount = 130",
            &["line 2", "bestseller_discount", "130", "from 0 to 100"],
        );
    }

    #[test]
    fn an_unknown_product_is_reported_with_its_line() {
        check_refused(
            "\n[[pin]]\nitem = \"toy99\"\nplace = 1\n",
            &["rules.toml", "line 3", "'item'", "toy99"],
        );
        check_refused(
            "[[boost]]\nplaces = 3\nitems = [\n  \"toy1\",\n  \"nobody\",\n]\n",
            &["line 5", "'items'", "nobody"],
        );
        check_refused("[stock]\nout = [\"gone\"]", &["line 2", "'out'", "gone"]);
        check_refused(
            "[[exclude]]\ncategory = \"Bakery > Wands\"",
            &["line 2", "'category'", "Wands"],
        );
        check_refused(
            "[[cap]]\nmost = 1\ncategory = \"Wands\"",
            &["line 3", "Wands"],
        );
        check_refused(
            "[[bury]]\nplaces = 3\nbrand = \"Nobody's\"",
            &["line 3", "'brand'"],
        );
        check_refused(
            "[[bury]]\nplaces = 0\nitems = [\"toy1\"]",
            &["line 2", "'places'"],
        );
        check_refused(
            "[[pin]]\nitem = \"toy1\"\nplace = 1\n[[boosts]]\n",
            &["rules.toml, line 4", "boosts"],
        );
        check_refused("[[pin]]\nitem = 7", &["line 2"]);
        check_refused("pin = [", &["rules.toml, line 1"]);
        check_refused(
            "[[pin]]\nitem = \"toy1\"\nplace = 1\n[[pin]]\nitem = \"toy2\"\nplace = 1",
            &["rules.toml", "one place"],
        );
    }
}
