//! `catalogue.json` as it is written, column by column, and what can be wrong with it.

use super::super::columns::decode_rows;
use super::super::json::{Json, JsonError, missing};

/// Why `catalogue.json` cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueFileError {
    /// It is no JSON of the expected shape.
    #[error("catalogue.json: {0}; build the page again")]
    Json(String),
    /// Two columns differ in length.
    #[error(
        "catalogue.json: items.{column} has {found} entries, expected {expected} as in items.id; build the page again"
    )]
    Length {
        /// The column.
        column: &'static str,
        /// Its entries.
        found: usize,
        /// Entries of `items.id`.
        expected: usize,
    },
    /// A row points to a category or an item that does not exist.
    #[error(
        "catalogue.json: {field}[{at}] is {value}, expected a number below {limit}; build the page again"
    )]
    OutOfRange {
        /// The field.
        field: &'static str,
        /// Its entry, from 0.
        at: usize,
        /// Its value.
        value: u32,
        /// It must stay below this.
        limit: usize,
    },
    /// The order of sales is of another catalogue.
    #[error(
        "sales.txt has {found} products, expected {expected} as in catalogue.json; build the page again"
    )]
    Sales {
        /// Its products.
        found: usize,
        /// Products of the catalogue.
        expected: usize,
    },
}

impl From<JsonError> for CatalogueFileError {
    fn from(err: JsonError) -> Self {
        Self::Json(err.to_string())
    }
}

pub(in crate::state) struct File {
    pub(super) pack: String,
    pub(super) sha256: Option<String>,
    pub(super) name: String,
    pub(super) currency: String,
    pub(in crate::state) items: Columns,
    pub(in crate::state) categories: Vec<Vec<String>>,
    pub(super) popularity: Vec<u32>,
    /// The bestsellers of each department that are not among those, the most bought first.
    pub(super) leaders: Vec<u32>,
    /// Categories that are shown on shelves only to who looked at one of their products.
    pub(super) on_request: Vec<u32>,
    /// Products added after training, for 'New here'.
    pub(super) fresh: Vec<u32>,
    /// If the pack has promotions: the day after its log, and the last day of the promotions, in days
    /// since 1970.
    pub(super) days: Vec<u32>,
    /// Household attributes that the pack has prediction heads for.
    pub(super) heads: Vec<String>,
    /// The offers that are redeemed most: id, title, products covered, share of everyone in
    /// hundred-thousandths, then some rows covered. All strings.
    pub(super) offers: Vec<Vec<String>>,
    pub(super) note: String,
}

pub(in crate::state) struct Columns {
    pub(super) id: Ids,
    pub(super) title: Words,
    pub(in crate::state) category: Vec<u32>,
    pub(super) brand: Words,
    pub(super) size: Words,
    /// In hundredths.
    pub(super) price: Vec<Option<u32>>,
    pub(in crate::state) picture: Words,
}

/// The ids of all rows, one behind the other in one text: a text of its own for each would be an
/// allocation for each product, a third of the time of reading the catalogue.
pub(super) struct Ids {
    text: String,
    /// Where each of them ends.
    ends: Vec<u32>,
}

impl Ids {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The id of a row, if the row is in range.
    pub(super) fn get(&self, row: usize) -> Option<&str> {
        let end = *self.ends.get(row)? as usize;
        let from = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(&self.text[from as usize..end])
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|row| self.get(row))
    }
}

/// A column of texts that repeat: each text once, and which of them each row has.
pub(in crate::state) struct Words {
    pub(super) words: Vec<String>,
    pub(super) of: Vec<u32>,
}

impl File {
    pub(super) fn read(mut json: Json<'_>) -> Result<Self, CatalogueFileError> {
        let mut items = json.take("items");
        let mut text = |name| -> Result<String, JsonError> {
            Ok(json.text(name)?.unwrap_or_default().into_owned())
        };
        let (name, currency, note) = (text("name")?, text("currency")?, text("note")?);
        let sha256 = Some(text("sha256")?).filter(|sha256| !sha256.is_empty());
        let categories = json
            .text_lists("categories")?
            .ok_or(missing("categories"))?;
        let mut prices = items.take("price");
        let mut price = Vec::new();
        for price_of in prices.list("words")?.ok_or(missing("price"))? {
            price.push(match price_of {
                Json::Nothing => None,
                cents => Some(cents.whole("price")?),
            });
        }
        let price = rows(&mut prices, "items.price.of", price.len())?
            .into_iter()
            .map(|word| price[word as usize])
            .collect();
        let category = items.text("category")?.ok_or(missing("category"))?;
        Ok(Self {
            pack: json.text("pack")?.ok_or(missing("pack"))?.into_owned(),
            sha256,
            name,
            currency,
            items: Columns {
                id: ids(&mut items)?,
                title: Words::read(&mut items, "title", "items.title.of")?,
                category: decode_rows(&category, categories.len(), "items.category")?,
                brand: Words::read(&mut items, "brand", "items.brand.of")?,
                size: Words::read(&mut items, "size", "items.size.of")?,
                price,
                picture: Words::read(&mut items, "picture", "items.picture.of")?,
            },
            categories,
            popularity: json.numbers("popularity")?.ok_or(missing("popularity"))?,
            on_request: json.numbers("on_request")?.unwrap_or_default(),
            leaders: json.numbers("leaders")?.unwrap_or_default(),
            fresh: json.numbers("fresh")?.unwrap_or_default(),
            days: json.numbers("days")?.unwrap_or_default(),
            heads: json.texts("heads")?.unwrap_or_default(),
            offers: json.text_lists("offers")?.unwrap_or_default(),
            note,
        })
    }
}

/// The ids: what all of them begin with, then the rest of each, which is a number if it can be.
fn ids(items: &mut Json<'_>) -> Result<Ids, JsonError> {
    let prefix = items.text("prefix")?.unwrap_or_default();
    let list = items.list("id")?.ok_or(missing("id"))?;
    let mut ends = Vec::with_capacity(list.len());
    let mut ids = String::with_capacity(list.len() * (prefix.len() + 8));
    for rest in list {
        ids.push_str(&prefix);
        match rest {
            Json::Text(text) => ids.push_str(&text),
            number => push_digits(&mut ids, number.whole("id")?),
        }
        ends.push(ids.len() as u32);
    }
    Ok(Ids { text: ids, ends })
}

fn push_digits(to: &mut String, number: u32) {
    if number >= 10 {
        push_digits(to, number / 10);
    }
    to.push(char::from(b'0' + (number % 10) as u8));
}

fn rows(
    column: &mut Json<'_>,
    field: &'static str,
    words: usize,
) -> Result<Vec<u32>, CatalogueFileError> {
    decode_rows(&column.text("of")?.ok_or(missing(field))?, words, field)
}

impl Words {
    fn read(
        items: &mut Json<'_>,
        name: &'static str,
        field: &'static str,
    ) -> Result<Self, CatalogueFileError> {
        let mut column = items.take(name);
        let words = column.texts("words")?.ok_or(missing(name))?;
        let of = rows(&mut column, field, words.len())?;
        Ok(Self { words, of })
    }

    /// The text of a row, or "" past the end.
    pub(in crate::state) fn get(&self, row: usize) -> &str {
        self.of
            .get(row)
            .map_or("", |&word| &self.words[word as usize])
    }
}

pub(super) fn check_range(
    field: &'static str,
    values: &[u32],
    limit: usize,
) -> Result<(), CatalogueFileError> {
    match values.iter().position(|&value| value as usize >= limit) {
        Some(at) => Err(CatalogueFileError::OutOfRange {
            field,
            at,
            value: values[at],
            limit,
        }),
        None => Ok(()),
    }
}
