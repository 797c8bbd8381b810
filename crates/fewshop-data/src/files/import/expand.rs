//! Exports in which a row alone is not a product or an event: what a row leaves blank it shares
//! with an earlier one.

use std::collections::{BTreeMap, HashMap};

use sha2::{Digest, Sha256};

use super::formats::{Role, Shape, find, plain_name};
use super::words::is_missing;
use crate::files::FileError;
use crate::files::events::{ITEM, QUANTITY, SESSION, TIME, USER};
use crate::files::items::{AVAILABILITY, BRAND, CATEGORY, GROUP, ID, PRICE, SIZE, TITLE};
use crate::files::table::{RowPosition, TableRow};

/// Receives the rows that are made.
pub(crate) type Emit<'a> = dyn FnMut(&[String], RowPosition) -> Result<(), FileError> + 'a;

/// The position of a column that a format may have.
type At = Option<usize>;

/// Makes rows of products or events.
pub(crate) struct Expand {
    shape: Shape,
    role: Role,
    plain: Vec<String>,
    /// Name in the file of the column behind each field, for messages.
    names: Vec<String>,
    cells: Vec<String>,
    /// What the rows below a first row share.
    shared: HashMap<&'static str, String>,
    /// WooCommerce's parents: category and brand.
    parents: HashMap<String, [String; 2]>,
    /// Properties of RetailRocket: the latest category, price and availability with their times.
    properties: BTreeMap<String, (RowPosition, [(i64, String); 3])>,
    hidden: usize,
    refunded: usize,
    unnamed: usize,
}

impl Expand {
    pub(crate) fn new(shape: Shape, role: Role, names: &[String]) -> Self {
        let plain: Vec<String> = names.iter().map(|name| plain_name(name)).collect();
        let columns: &[(usize, &str)] = match (shape, role) {
            (Shape::ShopifyProducts, _) => &[
                (ID, "variant_sku"),
                (TITLE, "title"),
                (CATEGORY, "type"),
                (BRAND, "vendor"),
                (SIZE, "option1_value"),
                (PRICE, "variant_price"),
                (GROUP, "handle"),
            ],
            (Shape::ShopifyOrders, Role::Items) => &[
                (ID, "lineitem_sku"),
                (TITLE, "lineitem_name"),
                (BRAND, "vendor"),
                (PRICE, "lineitem_price"),
            ],
            (Shape::ShopifyOrders, Role::Events) => &[
                (USER, "email"),
                (SESSION, "name"),
                (TIME, "created_at|paid_at"),
                (ITEM, "lineitem_sku"),
                (QUANTITY, "lineitem_quantity"),
            ],
            (Shape::WooCommerceProducts, _) => &[
                (ID, "sku"),
                (TITLE, "name"),
                (CATEGORY, "categories"),
                (BRAND, "brands"),
                (PRICE, "regular_price"),
                (GROUP, "parent"),
                (AVAILABILITY, "in_stock?"),
            ],
            _ => &[],
        };
        let mut own: Vec<String> = role.fields().iter().map(|f| (*f).to_owned()).collect();
        for &(field, aliases) in columns {
            if let Some(at) = find(&plain, aliases) {
                own[field] = names[at].clone();
            }
        }
        Self {
            shape,
            role,
            plain,
            names: own,
            cells: vec![String::new(); role.fields().len()],
            shared: HashMap::new(),
            parents: HashMap::new(),
            properties: BTreeMap::new(),
            hidden: 0,
            refunded: 0,
            unnamed: 0,
        }
    }

    /// Names of the columns behind the fields.
    pub(crate) fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    /// The fields that its rows have: index and number are the same.
    pub(crate) fn fields(&self) -> Vec<Option<usize>> {
        let fields = self.role.fields().iter().enumerate();
        fields
            .map(|(number, field)| {
                let has = match *field {
                    "event" => false,
                    "availability" => {
                        self.shape == Shape::ItemProperties
                            || self.at("in_stock?|variant_inventory_qty").is_some()
                    }
                    _ => true,
                };
                has.then_some(number)
            })
            .collect()
    }

    fn at(&self, aliases: &str) -> At {
        find(&self.plain, aliases)
    }

    fn cell<'r>(&self, row: &'r TableRow<'_>, aliases: &str) -> &'r str {
        let text = self.at(aliases).map_or("", |at| row.extra(at)).trim();
        if is_missing(text) { "" } else { text }
    }

    /// Takes a row of the file.
    pub(crate) fn row(&mut self, row: &TableRow<'_>, emit: &mut Emit<'_>) -> Result<(), FileError> {
        self.cells.iter_mut().for_each(String::clear);
        match self.shape {
            Shape::Rows => Ok(()),
            Shape::ShopifyProducts => self.shopify_product(row, emit),
            Shape::ShopifyOrders => self.shopify_order(row, emit),
            Shape::WooCommerceProducts => self.woocommerce_product(row, emit),
            Shape::ItemProperties => {
                self.property(row);
                Ok(())
            }
        }
    }

    /// Remembers a cell for the rows below; a first row forgets what it does not have.
    fn share(&mut self, key: &'static str, value: &str, is_first: bool) -> String {
        if is_first || !value.is_empty() {
            self.shared.insert(key, value.to_owned());
        }
        self.shared.get(key).cloned().unwrap_or_default()
    }

    fn shopify_product(
        &mut self,
        row: &TableRow<'_>,
        emit: &mut Emit<'_>,
    ) -> Result<(), FileError> {
        let handle = self.cell(row, "handle");
        let is_first =
            !handle.is_empty() && self.shared.get("handle").map(String::as_str) != Some(handle);
        let handle = self.share("handle", handle, is_first);
        let title = self.share("title", self.cell(row, "title"), is_first);
        let vendor = self.share("vendor", self.cell(row, "vendor"), is_first);
        let kind = self.share("type", self.cell(row, "type|custom_product_type"), is_first);
        let standard = self.cell(row, "product_category|standard_product_type");
        let standard = self.share("standard", standard, is_first);
        let status = self.share("status", self.cell(row, "status"), is_first);
        let published = self.share("published", self.cell(row, "published"), is_first);
        let options: Vec<&str> = ["option1_value", "option2_value", "option3_value"]
            .iter()
            .map(|name| self.cell(row, name))
            .filter(|value| !value.is_empty() && *value != "Default Title")
            .collect();
        let options = options.join(" / ");
        // Shopify writes an apostrophe before digits, so that a spreadsheet leaves them alone.
        let sku = self.cell(row, "variant_sku").trim_start_matches('\'');
        let price = self.cell(row, "variant_price");
        let has_variant =
            !sku.is_empty() || !price.is_empty() || !self.cell(row, "option1_value").is_empty();
        if !has_variant && !is_first {
            // A row for a further picture.
            return Ok(());
        }
        if matches!(status.as_str(), "draft" | "archived")
            || published.eq_ignore_ascii_case("false")
        {
            self.hidden += 1;
            return Ok(());
        }
        // Order lines without a SKU have the variant's name instead.
        let id = if sku.is_empty() {
            self.unnamed += 1;
            variant_name(&title, &options)
        } else {
            sku.to_owned()
        };
        self.cells[ID] = id;
        self.cells[TITLE] = title;
        self.cells[CATEGORY] = if standard.contains('>') {
            standard
        } else {
            kind
        };
        self.cells[BRAND] = vendor;
        self.cells[SIZE] = options;
        self.cells[PRICE] = price.to_owned();
        self.cells[GROUP] = handle;
        // Without a tracker the number means nothing; with the policy "continue" it is sold anyway.
        let is_tracked = !self.cell(row, "variant_inventory_tracker").is_empty();
        let sells_on = self.cell(row, "variant_inventory_policy") == "continue";
        let left: Option<i64> = self.cell(row, "variant_inventory_qty").parse().ok();
        if is_tracked && !sells_on && left.is_some_and(|left| left <= 0) {
            self.cells[AVAILABILITY] = "out of stock".to_owned();
        }
        emit(&self.cells, row.at())
    }

    fn shopify_order(&mut self, row: &TableRow<'_>, emit: &mut Emit<'_>) -> Result<(), FileError> {
        let name = self.cell(row, "name");
        let is_first =
            !name.is_empty() && self.shared.get("name").map(String::as_str) != Some(name);
        let name = self.share("name", name, is_first);
        let email = self.cell(row, "email").to_lowercase();
        let email = self.share("email", &email, is_first);
        let created = self.share("created", self.cell(row, "created_at|paid_at"), is_first);
        let status = self.share("status", self.cell(row, "financial_status"), is_first);
        let cancelled = self.share("cancelled", self.cell(row, "cancelled_at"), is_first);
        let sku = self.cell(row, "lineitem_sku").trim_start_matches('\'');
        let title = self.cell(row, "lineitem_name");
        let item = if sku.is_empty() {
            self.unnamed += usize::from(!title.is_empty());
            title
        } else {
            sku
        };
        // Rows for refunds and payments have no product.
        if item.is_empty() && title.is_empty() {
            return Ok(());
        }
        match self.role {
            Role::Items => {
                self.cells[ID] = item.to_owned();
                self.cells[TITLE] = title.to_owned();
                self.cells[BRAND] = self.cell(row, "vendor|lineitem_vendor").to_owned();
                self.cells[PRICE] = self.cell(row, "lineitem_price").to_owned();
            }
            Role::Events => {
                if !cancelled.is_empty() || matches!(status.as_str(), "refunded" | "voided") {
                    self.refunded += 1;
                    return Ok(());
                }
                self.cells[USER] = pseudonym(&email);
                self.cells[SESSION] = name;
                self.cells[TIME] = created;
                self.cells[ITEM] = item.to_owned();
                self.cells[QUANTITY] = self.cell(row, "lineitem_quantity").to_owned();
            }
        }
        emit(&self.cells, row.at())
    }

    fn woocommerce_product(
        &mut self,
        row: &TableRow<'_>,
        emit: &mut Emit<'_>,
    ) -> Result<(), FileError> {
        let kind = self.cell(row, "type").to_lowercase();
        let (id, sku) = (self.cell(row, "id"), self.cell(row, "sku"));
        let published = self.cell(row, "published");
        let is_variation = kind.contains("variation");
        if !published.is_empty() && published != "1" && !is_variation {
            self.hidden += 1;
            return Ok(());
        }
        let own = if sku.is_empty() {
            format!("id:{id}")
        } else {
            sku.to_owned()
        };
        let parent = self.cell(row, "parent").to_owned();
        let mut category = self.cell(row, "categories").to_owned();
        let mut brand = self.cell(row, "brands|brand").to_owned();
        if is_variation {
            if let Some([of_parent, by_parent]) = self.parents.get(&parent) {
                if category.is_empty() {
                    category.clone_from(of_parent);
                }
                if brand.is_empty() {
                    brand.clone_from(by_parent);
                }
            }
        } else {
            let value = [category.clone(), brand.clone()];
            // Variations name their parent by SKU or by id.
            self.parents.insert(format!("id:{id}"), value.clone());
            self.parents.insert(own.clone(), value);
        }
        self.cells[ID] = if sku.is_empty() { id } else { sku }.to_owned();
        self.cells[TITLE] = self.cell(row, "name").to_owned();
        self.cells[CATEGORY] = category;
        self.cells[BRAND] = brand;
        if is_variation {
            self.cells[SIZE] = self.cell(row, "attribute_1_value(s)").to_owned();
        }
        let sale = self.cell(row, "sale_price");
        self.cells[PRICE] = if sale.is_empty() {
            self.cell(row, "regular_price|price")
        } else {
            sale
        }
        .to_owned();
        self.cells[GROUP] = match (is_variation, kind.as_str()) {
            (true, _) => parent,
            (false, "variable") => own,
            _ => String::new(),
        };
        self.cells[AVAILABILITY] = match self.cell(row, "in_stock?") {
            "0" => "out of stock".to_owned(),
            _ => String::new(),
        };
        emit(&self.cells, row.at())
    }

    /// A property of RetailRocket: most are hashed, but `categoryid`, `available` and the price
    /// (790, as `n152400.000`) are known.
    fn property(&mut self, row: &TableRow<'_>) {
        let at = |name| self.cell(row, name);
        let (time, item, property, value) =
            (at("timestamp"), at("itemid"), at("property"), at("value"));
        if item.is_empty() {
            return;
        }
        let time: i64 = time.parse().unwrap_or(0);
        let slot = match property {
            "categoryid" => Some((0, value.to_owned())),
            "790" => value
                .strip_prefix('n')
                .map(|price| (1, price.trim_end_matches(".000").to_owned())),
            "available" => Some((2, value.to_owned())),
            _ => None,
        };
        let entry = self
            .properties
            .entry(item.to_owned())
            .or_insert_with(|| (row.at(), Default::default()));
        if let Some((nth, value)) = slot
            && (entry.1[nth].1.is_empty() || time >= entry.1[nth].0)
        {
            entry.1[nth] = (time, value);
        }
    }

    /// Emits what only the end of the file completes.
    pub(crate) fn end(&mut self, emit: &mut Emit<'_>) -> Result<(), FileError> {
        for (item, (at, [category, price, available])) in std::mem::take(&mut self.properties) {
            self.cells.iter_mut().for_each(String::clear);
            self.cells[ID] = item;
            if !category.1.is_empty() {
                self.cells[CATEGORY] = format!("Category {}", category.1);
            }
            self.cells[PRICE] = price.1;
            if available.1 == "0" {
                self.cells[AVAILABILITY] = "out of stock".to_owned();
            }
            emit(&self.cells, at)?;
        }
        Ok(())
    }

    /// What was left out or filled in, for people.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut out = Vec::new();
        if self.hidden > 0 {
            out.push(format!(
                "{} rows of drafts, archived or unpublished products were left out",
                self.hidden
            ));
        }
        if self.refunded > 0 {
            out.push(format!(
                "{} lines of cancelled or refunded orders were left out",
                self.refunded
            ));
        }
        if self.unnamed > 0 {
            out.push(format!(
                "{} rows have no SKU: the name of the variant is their id",
                self.unnamed
            ));
        }
        out
    }
}

/// A variant's name as in the lines of orders.
fn variant_name(title: &str, options: &str) -> String {
    if options.is_empty() {
        title.to_owned()
    } else {
        format!("{title} - {options}")
    }
}

/// A name for a shopper that does not contain the e-mail address; "" for nobody.
pub(crate) fn pseudonym(email: &str) -> String {
    if email.is_empty() {
        return String::new();
    }
    let digest = Sha256::digest(email.as_bytes());
    let hex: String = digest[..8].iter().map(|b| format!("{b:02x}")).collect();
    format!("shopper-{hex}")
}
