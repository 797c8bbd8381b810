//! The page's own copy of the catalogue, read from `catalogue.json`.

mod file;

use std::sync::OnceLock;

use fewshop_core::{Evidence, ItemIx, Prediction};

use super::Money;
use super::columns::decode_numbers;
use super::departments::{Department, departments};
use super::json::Json;
use super::offers::read_offer;

pub use self::file::CatalogueFileError;
pub(super) use self::file::File;
use self::file::{Columns, check_range};

/// A product as a card or a page shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Product {
    /// Its row.
    pub ix: ItemIx,
    /// The shop's id; names its page.
    pub id: String,
    /// Readable title.
    pub title: String,
    /// Package size; may be empty.
    pub size: String,
    /// Brand; may be empty.
    pub brand: String,
    /// Shelf price, if known.
    pub price: Option<Money>,
    /// Key of its picture; may be empty.
    pub picture: String,
    /// Category path from the department down; may be empty.
    pub category: Vec<String>,
}

/// An order of all rows, and the place of each row in it.
struct Sales {
    ranked: Vec<ItemIx>,
    place: Vec<u32>,
}

impl Sales {
    fn of(ranked: Vec<ItemIx>) -> Self {
        let mut place = vec![0; ranked.len()];
        for (at, ix) in ranked.iter().enumerate() {
            place[ix.row()] = at as u32;
        }
        Self { ranked, place }
    }
}

/// All products of the shop by columns: a fifth of the allocations of a list of [`Product`]s, on
/// the thread that paints.
pub struct Catalogue {
    pack: String,
    sha256: Option<String>,
    name: String,
    currency: String,
    note: String,
    items: Columns,
    categories: Vec<Vec<String>>,
    on_request: Vec<u32>,
    /// Department of each category path; `None` for an empty path.
    department_of: Vec<Option<usize>>,
    departments: Vec<Department>,
    bestsellers: usize,
    /// The order of sales as far as this file knows it, then the rest in row order.
    begun: Sales,
    /// The order of sales of all products, once it has arrived.
    sales: OnceLock<Sales>,
    fresh: Vec<ItemIx>,
    days: Vec<u32>,
    heads: Vec<String>,
    offers: Vec<Prediction>,
}

impl Catalogue {
    /// Reads and checks `catalogue.json`.
    ///
    /// # Errors
    /// See [`CatalogueFileError`].
    pub fn parse(json: &str) -> Result<Self, CatalogueFileError> {
        Self::of(File::read(Json::parse(json)?)?)
    }

    /// The same in three steps with a `pause` before each: on a slow phone a step takes about as
    /// long as a page may keep the shopper's finger waiting.
    ///
    /// # Errors
    /// See [`CatalogueFileError`].
    pub async fn parse_gently(
        json: &str,
        pause: impl AsyncFn(),
    ) -> Result<Self, CatalogueFileError> {
        pause().await;
        let json = Json::parse(json)?;
        pause().await;
        let file = File::read(json)?;
        pause().await;
        Self::of(file)
    }

    fn of(file: File) -> Result<Self, CatalogueFileError> {
        let items = &file.items;
        let rows = items.id.len();
        let lengths = [
            ("title", items.title.of.len()),
            ("category", items.category.len()),
            ("brand", items.brand.of.len()),
            ("size", items.size.of.len()),
            ("price", items.price.len()),
            ("picture", items.picture.of.len()),
        ];
        if let Some((column, found)) = lengths.into_iter().find(|&(_, found)| found != rows) {
            return Err(CatalogueFileError::Length {
                column,
                found,
                expected: rows,
            });
        }
        check_range("popularity", &file.popularity, rows)?;
        check_range("leaders", &file.leaders, rows)?;
        check_range("on_request", &file.on_request, file.categories.len())?;
        check_range("fresh", &file.fresh, rows)?;
        let offers: Vec<Prediction> = file
            .offers
            .iter()
            .filter_map(|offer| read_offer(offer, rows))
            .collect();

        let mut ranked: Vec<ItemIx> = Vec::with_capacity(rows);
        let mut listed = vec![false; rows];
        for &row in &file.popularity {
            if !std::mem::replace(&mut listed[row as usize], true) {
                ranked.push(ItemIx(row));
            }
        }
        let bestsellers = ranked.len();
        for &row in &file.leaders {
            if !std::mem::replace(&mut listed[row as usize], true) {
                ranked.push(ItemIx(row));
            }
        }
        ranked.extend((0..rows).filter(|&row| !listed[row]).map(ItemIx::from));
        let (departments, department_of) = departments(&file, &ranked, bestsellers);
        Ok(Self {
            pack: file.pack,
            sha256: file.sha256,
            name: file.name,
            currency: file.currency,
            note: file.note,
            items: file.items,
            categories: file.categories,
            on_request: file.on_request,
            department_of,
            departments,
            bestsellers,
            begun: Sales::of(ranked),
            sales: OnceLock::new(),
            fresh: file.fresh.into_iter().map(ItemIx).collect(),
            days: file.days,
            heads: file.heads,
            offers,
        })
    }

    /// Whether a product is of a category that shelves show only to who looked at one of its products,
    /// as tobacco.
    #[must_use]
    pub fn is_on_request(&self, ix: ItemIx) -> bool {
        let category = self.items.category.get(ix.row());
        category.is_some_and(|category| self.on_request.contains(category))
    }

    /// Number of products.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.id.len()
    }

    /// Whether the shop is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Name of the pack whose rows these are.
    #[must_use]
    pub fn pack(&self) -> &str {
        &self.pack
    }

    /// SHA-256 of that pack's file in hex.
    #[must_use]
    pub fn sha256(&self) -> Option<&str> {
        self.sha256.as_deref()
    }

    /// The shop's name; `None` for Fewshop's own, which is a text of the page.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        Some(self.name.as_str()).filter(|name| !matches!(*name, "" | "Fewshop"))
    }

    /// Currency of the prices.
    #[must_use]
    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// The source of the data.
    #[must_use]
    pub fn note(&self) -> &str {
        &self.note
    }

    /// The departments in the order of the navigation: those that people buy from most come first.
    #[must_use]
    pub fn departments(&self) -> &[Department] {
        &self.departments
    }

    /// The most bought products, best first.
    #[must_use]
    pub fn bestsellers(&self) -> &[ItemIx] {
        &self.begun.ranked[..self.bestsellers]
    }

    /// The bestsellers for a shelf: one of a title, which would look like the same card twice.
    pub fn shelf_of_bestsellers(&self) -> impl Iterator<Item = ItemIx> {
        let mut shown: Vec<u32> = Vec::new();
        self.bestsellers().iter().copied().filter(move |ix| {
            let title = self.items.title.of[ix.row()];
            let is_new = !shown.contains(&title);
            shown.push(title);
            is_new
        })
    }

    /// Products added after training, shown on 'New here'.
    #[must_use]
    pub fn fresh(&self) -> &[ItemIx] {
        &self.fresh
    }

    /// Whether the pack has promotions.
    #[must_use]
    pub fn has_promotions(&self) -> bool {
        !self.days.is_empty()
    }

    /// The day that the shop shows, in days since 1970: today, or if all promotions are over, as in
    /// a demonstration, the day after the log.
    #[must_use]
    pub fn day(&self, today: u32) -> u32 {
        match self.days[..] {
            [day, until] if until < today => day,
            _ => today,
        }
    }

    /// Household attributes that the engine can predict, without values yet.
    #[must_use]
    pub fn heads(&self) -> Vec<Prediction> {
        self.heads
            .iter()
            .map(|name| Prediction {
                target: name.clone(),
                title: name.clone(),
                outcomes: None,
                evidence: Evidence::default(),
            })
            .collect()
    }

    /// The offers redeemed most, for new shoppers.
    #[must_use]
    pub fn offers(&self) -> &[Prediction] {
        &self.offers
    }

    /// Takes in `sales.txt`: a number for each row, the larger the more of it was sold; equal ones
    /// keep the order of rows. Until then the order is exact for the bestsellers of the shop and of
    /// each department only. A second call changes nothing.
    ///
    /// # Errors
    /// [`CatalogueFileError::Sales`].
    pub fn add_sales(&self, text: &str) -> Result<(), CatalogueFileError> {
        let sold = decode_numbers(text);
        if sold.len() != self.len() {
            return Err(CatalogueFileError::Sales {
                found: sold.len(),
                expected: self.len(),
            });
        }
        // The search sorts such pairs too, and its sort is reused here.
        let mut keyed: Vec<(u64, u32)> = Vec::with_capacity(sold.len());
        for (row, sold) in sold.into_iter().enumerate() {
            keyed.push((u64::from(u32::MAX - sold) << 32 | row as u64, row as u32));
        }
        keyed.sort_unstable();
        let ranked = keyed.into_iter().map(|(_, row)| ItemIx(row)).collect();
        let _ = self.sales.set(Sales::of(ranked));
        Ok(())
    }

    fn sales(&self) -> &Sales {
        self.sales.get().unwrap_or(&self.begun)
    }

    /// All products, the most bought first; see [`Catalogue::add_sales`].
    #[must_use]
    pub fn ranked(&self) -> &[ItemIx] {
        &self.sales().ranked
    }

    /// The place of a row in the order of sales, from 0.
    #[must_use]
    pub fn place(&self, ix: ItemIx) -> u32 {
        self.sales()
            .place
            .get(ix.row())
            .copied()
            .unwrap_or(u32::MAX)
    }

    /// Category and title of a row: its variants, which differ in size or brand alone, have both.
    fn kind(&self, ix: ItemIx) -> Option<(u32, u32)> {
        let title = *self.items.title.of.get(ix.row())?;
        Some((self.items.category[ix.row()], title))
    }

    /// Whether two products have the same category and title.
    #[must_use]
    pub fn is_variant(&self, a: ItemIx, b: ItemIx) -> bool {
        self.kind(a) == self.kind(b)
    }

    /// The list with the variants of each product after the first of them, in their order.
    #[must_use]
    pub fn by_title(&self, items: &[ItemIx]) -> Vec<ItemIx> {
        // One number per product gives the order, as in the search, whose sort is reused here: the
        // place of its first variant, then its own.
        let mut firsts: Vec<Vec<usize>> = vec![Vec::new(); self.items.title.words.len()];
        let mut keyed: Vec<(u64, u32)> = Vec::with_capacity(items.len());
        for (at, &ix) in items.iter().enumerate() {
            let Some((_, title)) = self.kind(ix) else {
                continue;
            };
            // Few titles stand in two categories.
            let firsts = &mut firsts[title as usize];
            let known = firsts
                .iter()
                .find(|&&first| self.is_variant(items[first], ix));
            let first = known.copied().unwrap_or_else(|| {
                firsts.push(at);
                at
            });
            keyed.push(((first as u64) << 32 | at as u64, ix.0));
        }
        keyed.sort_unstable();
        keyed.into_iter().map(|(_, row)| ItemIx(row)).collect()
    }

    /// The product's variants, itself among them; the most bought first.
    #[must_use]
    pub fn variants(&self, ix: ItemIx) -> Vec<ItemIx> {
        let ranked = self.ranked().iter().copied();
        ranked.filter(|&other| self.is_variant(other, ix)).collect()
    }

    /// The product of a row, if the row is in range.
    #[must_use]
    pub fn product(&self, ix: ItemIx) -> Option<Product> {
        let row = ix.row();
        Some(Product {
            ix,
            id: self.items.id.get(row)?.to_owned(),
            title: self.items.title.get(row).to_owned(),
            size: self.items.size.get(row).to_owned(),
            brand: self.items.brand.get(row).to_owned(),
            price: self.price(ix),
            picture: self.items.picture.get(row).to_owned(),
            category: self.categories[self.items.category[row] as usize].clone(),
        })
    }

    /// The title of a row, or "" past the end.
    #[must_use]
    pub fn title(&self, ix: ItemIx) -> &str {
        self.items.title.get(ix.row())
    }

    /// Brand and size of a row, or "" past the end.
    #[must_use]
    pub fn brand_and_size(&self, ix: ItemIx) -> (&str, &str) {
        (
            self.items.brand.get(ix.row()),
            self.items.size.get(ix.row()),
        )
    }

    /// The brands of some rows and how many of them each has.
    #[must_use]
    pub fn brands(&self, items: &[ItemIx]) -> Vec<(&str, usize)> {
        let mut counts = vec![0usize; self.items.brand.words.len()];
        for &word in items
            .iter()
            .filter_map(|ix| self.items.brand.of.get(ix.row()))
        {
            counts[word as usize] += 1;
        }
        let named = self
            .items
            .brand
            .words
            .iter()
            .map(String::as_str)
            .zip(counts);
        named
            .filter(|(brand, count)| *count > 0 && !brand.is_empty())
            .collect()
    }

    /// The shop's id of a row, or "" past the end.
    #[must_use]
    pub fn id(&self, ix: ItemIx) -> &str {
        self.items.id.get(ix.row()).unwrap_or_default()
    }

    /// The price of a row, if known.
    #[must_use]
    pub fn price(&self, ix: ItemIx) -> Option<Money> {
        let price = self.items.price.get(ix.row()).copied().flatten()?;
        Some(Money(price.into()))
    }

    /// The category path of a row; empty past the end.
    #[must_use]
    pub fn category(&self, ix: ItemIx) -> &[String] {
        self.items
            .category
            .get(ix.row())
            .map_or(&[], |&category| &self.categories[category as usize])
    }

    /// All category paths, as [`Catalogue::category_ix`] numbers them.
    #[must_use]
    pub fn categories(&self) -> &[Vec<String>] {
        &self.categories
    }

    /// The category of a row, as an index into [`Catalogue::categories`]; 0 past the end.
    #[must_use]
    pub fn category_ix(&self, ix: ItemIx) -> usize {
        (self.items.category)
            .get(ix.row())
            .map_or(0, |&category| category as usize)
    }

    /// The department of a row, as an index into [`Catalogue::departments`].
    #[must_use]
    pub fn department_of(&self, ix: ItemIx) -> Option<usize> {
        self.items
            .category
            .get(ix.row())
            .and_then(|&category| self.department_of[category as usize])
    }

    /// The row of an id. Scans the whole column: for a page's few look-ups an index would cost more
    /// than it saves.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<ItemIx> {
        self.items
            .id
            .iter()
            .position(|other| other == id)
            .map(ItemIx::from)
    }

    /// Rows of many ids in one pass, in the order of the ids; `None` for one that the shop does not
    /// have.
    #[must_use]
    pub fn find_all(&self, ids: &[&str]) -> Vec<Option<ItemIx>> {
        let mut wanted: Vec<(&str, usize)> = ids.iter().copied().zip(0..).collect();
        wanted.sort_unstable();
        let mut found = vec![None; ids.len()];
        for (row, id) in self.items.id.iter().enumerate() {
            let from = wanted.partition_point(|&(other, _)| other < id);
            for &(_, at) in wanted[from..].iter().take_while(|&&(other, _)| other == id) {
                found[at] = Some(ItemIx::from(row));
            }
        }
        found
    }

    /// The department of that name in page addresses, with its index.
    #[must_use]
    pub fn department(&self, slug: &str) -> Option<(usize, &Department)> {
        self.departments
            .iter()
            .enumerate()
            .find(|(_, department)| department.slug == slug)
    }

    /// Products whose path begins with a department and, if given, a category below it; the most
    /// bought first.
    #[must_use]
    pub fn members(&self, department: &str, category: Option<&str>) -> Vec<ItemIx> {
        let wanted: Vec<bool> = self
            .categories
            .iter()
            .map(|path| {
                path.first().is_some_and(|name| name == department)
                    && category.is_none_or(|name| path.get(1).is_some_and(|c| c == name))
            })
            .collect();
        self.ranked()
            .iter()
            .copied()
            .filter(|ix| wanted[self.items.category[ix.row()] as usize])
            .collect()
    }
}

impl std::fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Catalogue")
            .field("pack", &self.pack)
            .field("rows", &self.len())
            .finish_non_exhaustive()
    }
}

/// A brand short enough for a card: of one known only by its maker's number, the number is enough.
#[must_use]
pub fn short_brand(brand: &str) -> &str {
    brand.split_once(" · ").map_or(brand, |(_, maker)| maker)
}

#[cfg(test)]
pub(crate) fn toy() -> Catalogue {
    Catalogue::parse(tests::TOY).unwrap()
}

#[cfg(test)]
mod tests;
