//! The exports that are recognised by the names of their columns.

use fewshop_core::EventKind;

use crate::files::{events, items};

/// What a file is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Products.
    Items,
    /// What shoppers did.
    Events,
}

impl Role {
    /// The fields, numbered as in the table's columns.
    #[must_use]
    pub fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Items => &[
                "item_id",
                "title",
                "category",
                "brand",
                "size",
                "price",
                "picture",
                "group",
                "availability",
            ],
            Self::Events => &[
                "user_id",
                "session_id",
                "time",
                "item_id",
                "event",
                "quantity",
            ],
        }
    }

    /// The number of a field.
    #[must_use]
    pub fn field(self, name: &str) -> Option<usize> {
        self.fields().iter().position(|field| *field == name)
    }

    pub(crate) const fn argument(self) -> &'static str {
        match self {
            Self::Items => "--items",
            Self::Events => "--events",
        }
    }
}

/// How the rows of a format become rows of products or events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A row is a row.
    Rows,
    /// Variants in rows below their product, which leave blank what they share with it.
    ShopifyProducts,
    /// Lines of an order, which leave blank what they share with its first line.
    ShopifyOrders,
    /// Variations in rows of their own, below a row for all of them.
    WooCommerceProducts,
    /// A row for each property of a product.
    ItemProperties,
}

/// An export.
#[derive(Debug)]
pub(crate) struct Format {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// For people.
    pub(crate) said: &'static str,
    pub(crate) role: Role,
    /// Columns that it has; `a|b` is a column that some versions call `b`.
    pub(crate) signature: &'static [&'static str],
    /// Field and column.
    pub(crate) columns: &'static [(usize, &'static str)],
    /// What its events are, if it has no column for that.
    pub(crate) kind: Option<EventKind>,
    pub(crate) shape: Shape,
    /// Whether a product has several rows, of which the first counts.
    pub(crate) repeats: bool,
    /// Whether commas separate the paths of its categories.
    pub(crate) comma_paths: bool,
    /// Whether it has a header of RecBole's kind, `user_id:token`.
    pub(crate) typed: bool,
}

const PLAIN: Format = Format {
    name: "",
    said: "",
    role: Role::Items,
    signature: &[],
    columns: &[],
    kind: None,
    shape: Shape::Rows,
    repeats: false,
    comma_paths: false,
    typed: false,
};

use events::{ITEM, KIND, QUANTITY, SESSION, TIME, USER};
use items::{AVAILABILITY, BRAND, CATEGORY, GROUP, ID, PRICE, SIZE, TITLE};

/// All formats; of two that fit a header, the first one.
pub(crate) const FORMATS: [Format; 16] = [
    Format {
        name: "shopify-products",
        said: "products as Shopify exports them",
        role: Role::Items,
        signature: &["handle", "title", "variant_price|variant_sku|option1_value"],
        columns: &[],
        shape: Shape::ShopifyProducts,
        ..PLAIN
    },
    Format {
        name: "woocommerce-products",
        said: "products as WooCommerce exports them",
        role: Role::Items,
        signature: &["type", "sku", "name", "published|categories|regular_price"],
        columns: &[],
        shape: Shape::WooCommerceProducts,
        comma_paths: true,
        ..PLAIN
    },
    Format {
        name: "merchant",
        said: "a product feed for Google Merchant Center",
        role: Role::Items,
        signature: &[
            "id",
            "title",
            "price",
            "link|availability|image_link|google_product_category|product_type|item_group_id|gtin",
        ],
        columns: &[
            (ID, "id"),
            (TITLE, "title"),
            (CATEGORY, "product_type|google_product_category"),
            (BRAND, "brand"),
            (SIZE, "size|unit_pricing_measure"),
            (PRICE, "price"),
            (GROUP, "item_group_id"),
            (AVAILABILITY, "availability"),
        ],
        ..PLAIN
    },
    Format {
        name: "retailrocket-properties",
        said: "item properties of RetailRocket",
        role: Role::Items,
        signature: &["timestamp", "itemid", "property", "value"],
        columns: &[],
        shape: Shape::ItemProperties,
        ..PLAIN
    },
    Format {
        name: "recbole-items",
        said: "items of RecBole",
        role: Role::Items,
        signature: &["item_id"],
        columns: &[
            (ID, "item_id"),
            (TITLE, "title|item_name|name|movie_title"),
            (CATEGORY, "category|categories|class|genre"),
            (BRAND, "brand"),
            (PRICE, "price"),
        ],
        repeats: true,
        typed: true,
        ..PLAIN
    },
    Format {
        name: "ga4",
        said: "products in events of Google Analytics 4",
        role: Role::Items,
        signature: &["event_timestamp", "event_name", "item_id"],
        columns: &[
            (ID, "item_id"),
            (TITLE, "item_name"),
            (CATEGORY, "item_category"),
            (BRAND, "item_brand"),
            (PRICE, "price"),
        ],
        repeats: true,
        ..PLAIN
    },
    Format {
        name: "shopify-orders",
        said: "products in orders as Shopify exports them",
        role: Role::Items,
        signature: &["name", "lineitem_name", "lineitem_quantity"],
        columns: &[
            (ID, "lineitem_sku"),
            (TITLE, "lineitem_name"),
            (BRAND, "vendor"),
            (PRICE, "lineitem_price"),
        ],
        shape: Shape::ShopifyOrders,
        repeats: true,
        ..PLAIN
    },
    Format {
        name: "woocommerce-orders",
        said: "products in orders as WooCommerce plug-ins export them",
        role: Role::Items,
        signature: &[
            "order_number|order_id",
            "sku|item_name|product_id",
            "order_date",
        ],
        columns: &[
            (ID, "sku|product_id|item_name"),
            (TITLE, "item_name|product_name"),
            (PRICE, "item_cost|item_price"),
        ],
        repeats: true,
        ..PLAIN
    },
    Format {
        name: "retailrocket",
        said: "products in events of RetailRocket",
        role: Role::Items,
        signature: &["timestamp", "visitorid", "event", "itemid"],
        columns: &[(ID, "itemid")],
        repeats: true,
        ..PLAIN
    },
    Format {
        name: "yoochoose",
        said: "products in clicks or purchases of Yoochoose",
        role: Role::Items,
        signature: &["yoochoose_session", "yoochoose_item"],
        columns: &[
            (ID, "yoochoose_item"),
            (CATEGORY, "yoochoose_category"),
            (PRICE, "yoochoose_price"),
        ],
        repeats: true,
        ..PLAIN
    },
    Format {
        name: "shopify-orders",
        said: "orders as Shopify exports them",
        role: Role::Events,
        signature: &["name", "lineitem_name", "lineitem_quantity"],
        columns: &[],
        kind: Some(EventKind::Purchase),
        shape: Shape::ShopifyOrders,
        ..PLAIN
    },
    Format {
        name: "woocommerce-orders",
        said: "orders as WooCommerce plug-ins export them",
        role: Role::Events,
        signature: &[
            "order_number|order_id",
            "sku|item_name|product_id",
            "order_date",
        ],
        columns: &[
            (
                USER,
                "customer_id|customer_user|user_id|customer_user_id|email_(billing)|billing_email",
            ),
            (SESSION, "order_number|order_id"),
            (TIME, "order_date"),
            (ITEM, "sku|product_id|item_name"),
            (QUANTITY, "quantity|quantity_(__refund)|item_quantity|qty"),
        ],
        kind: Some(EventKind::Purchase),
        ..PLAIN
    },
    Format {
        name: "ga4",
        said: "events of Google Analytics 4",
        role: Role::Events,
        signature: &["event_timestamp", "event_name", "item_id"],
        columns: &[
            (USER, "user_pseudo_id|user_id"),
            (SESSION, "ga_session_id|session_id"),
            (TIME, "event_timestamp"),
            (ITEM, "item_id"),
            (KIND, "event_name"),
            (QUANTITY, "quantity"),
        ],
        ..PLAIN
    },
    Format {
        name: "retailrocket",
        said: "events of RetailRocket",
        role: Role::Events,
        signature: &["timestamp", "visitorid", "event", "itemid"],
        columns: &[
            (USER, "visitorid"),
            (TIME, "timestamp"),
            (ITEM, "itemid"),
            (KIND, "event"),
        ],
        ..PLAIN
    },
    Format {
        name: "yoochoose",
        said: "clicks or purchases of Yoochoose",
        role: Role::Events,
        signature: &["yoochoose_session", "yoochoose_item"],
        columns: &[
            (SESSION, "yoochoose_session"),
            (TIME, "yoochoose_time"),
            (ITEM, "yoochoose_item"),
            (QUANTITY, "yoochoose_quantity"),
        ],
        ..PLAIN
    },
    Format {
        name: "recbole",
        said: "interactions of RecBole",
        role: Role::Events,
        signature: &["user_id|session_id", "item_id"],
        columns: &[
            (USER, "user_id"),
            (SESSION, "session_id"),
            (TIME, "timestamp|time"),
            (ITEM, "item_id"),
            (KIND, "event|behavior|action"),
            (QUANTITY, "quantity|count"),
        ],
        typed: true,
        ..PLAIN
    },
];

/// The columns that a file of Yoochoose, which has no header, gets.
pub(crate) const YOOCHOOSE_CLICKS: [&str; 4] = [
    "yoochoose_session",
    "yoochoose_time",
    "yoochoose_item",
    "yoochoose_category",
];
/// The same for its purchases.
pub(crate) const YOOCHOOSE_BUYS: [&str; 5] = [
    "yoochoose_session",
    "yoochoose_time",
    "yoochoose_item",
    "yoochoose_price",
    "yoochoose_quantity",
];

/// A column's name for comparisons: small letters, with `_` for blanks and signs.
pub(crate) fn plain_name(name: &str) -> String {
    name.trim()
        .trim_start_matches('\u{feff}')
        .chars()
        .map(|c| match c {
            ' ' | '-' | '.' => '_',
            other => other.to_ascii_lowercase(),
        })
        .collect()
}

/// The index of the first column that one of these names fits, in the order of the names.
pub(crate) fn find(plain: &[String], aliases: &str) -> Option<usize> {
    aliases
        .split('|')
        .find_map(|alias| plain.iter().position(|name| name == alias))
}

impl Format {
    /// Whether a header is of this format.
    pub(crate) fn fits(&self, plain: &[String], typed: bool) -> bool {
        self.typed == typed
            && self
                .signature
                .iter()
                .all(|aliases| find(plain, aliases).is_some())
    }
}

/// The fields' synonyms for a proposal, the likeliest first.
pub(crate) fn synonyms(role: Role, field: &str) -> &'static str {
    match (role, field) {
        (_, "item_id") => {
            "item_id|itemid|sku|product_id|productid|product_sku|article_id|article|articleid|variant_id|variant_sku|asin|stockcode|stock_code|item|product|id|code|ean|gtin|artikelnummer|artikelnr|artikel_nr|artikel|art_nr|reference|ref|produit|codigo|referencia"
        }
        (_, "title") => {
            "title|name|product_name|productname|item_name|product_title|description|product|label|bezeichnung|titel|nom|nombre"
        }
        (_, "category") => {
            "category|categories|category_path|category_name|product_type|product_category|department|breadcrumb|class|type|kategorie|categorie|categoria|warengruppe|rubrik"
        }
        (_, "brand") => {
            "brand|vendor|manufacturer|maker|marke|marque|marca|supplier|hersteller|fabricante"
        }
        (_, "size") => "size|package_size|pack_size|weight|unit|volume",
        (_, "price") => {
            "price|unit_price|unitprice|regular_price|list_price|sale_price|retail_price|selling_price|preis|prix|precio|amount"
        }
        (_, "picture") => "picture",
        (_, "group") => {
            "group|item_group_id|group_id|parent_id|parent_sku|parent|parent_asin|style|style_id|model|master_id"
        }
        (_, "availability") => "availability|in_stock|stock_status|in_stock?",
        (_, "user_id") => {
            "user_id|userid|user|visitorid|visitor_id|visitor|customer_id|customerid|customer|client_id|clientid|shopper_id|shopper|member_id|user_pseudo_id|uid|account_id|cookie_id|kunde|kundennummer|kunden_id|client|cliente"
        }
        (_, "session_id") => {
            "session_id|sessionid|session|visit_id|visit|user_session|order_id|orderid|order_number|order|invoice|invoiceno|invoice_no|basket_id|basket|transaction_id|transactionid|receipt_id|bestellnummer|bestellung|commande|pedido"
        }
        (_, "time") => {
            "time|timestamp|created_at|event_time|event_timestamp|datetime|date_time|date|order_date|orderdate|invoicedate|invoice_date|purchase_date|ts|occurred_at|at|zeit|datum|bestelldatum|zeitpunkt|fecha"
        }
        (_, "event") => {
            "event|event_type|eventtype|event_name|action|action_type|behavior|behavior_type|behaviour|interaction|type"
        }
        (_, "quantity") => "quantity|qty|count|units|menge|anzahl|quantite|cantidad|item_quantity",
        _ => "",
    }
}

/// What events are called elsewhere, compared as plain names.
const KINDS: [(&str, EventKind); 34] = [
    ("view_item", EventKind::View),
    ("product_view", EventKind::View),
    ("product_viewed", EventKind::View),
    ("viewed", EventKind::View),
    ("views", EventKind::View),
    ("pageview", EventKind::View),
    ("page_view", EventKind::View),
    ("detail", EventKind::View),
    ("pv", EventKind::View),
    ("click", EventKind::View),
    ("clicks", EventKind::View),
    ("clicked", EventKind::View),
    ("select_item", EventKind::View),
    ("view_content", EventKind::View),
    ("viewcontent", EventKind::View),
    ("add_to_cart", EventKind::Cart),
    ("addtocart", EventKind::Cart),
    ("added_to_cart", EventKind::Cart),
    ("product_added", EventKind::Cart),
    ("add_to_basket", EventKind::Cart),
    ("addtobasket", EventKind::Cart),
    ("add", EventKind::Cart),
    ("carts", EventKind::Cart),
    ("transaction", EventKind::Purchase),
    ("transactions", EventKind::Purchase),
    ("order", EventKind::Purchase),
    ("orders", EventKind::Purchase),
    ("buy", EventKind::Purchase),
    ("purchases", EventKind::Purchase),
    ("purchased", EventKind::Purchase),
    ("ecommerce_purchase", EventKind::Purchase),
    ("order_completed", EventKind::Purchase),
    ("checkout_completed", EventKind::Purchase),
    ("sale", EventKind::Purchase),
];

/// Events of shop systems and analytics that say nothing about taste for a product.
const SILENT: [&str; 25] = [
    "view_item_list",
    "view_promotion",
    "select_promotion",
    "begin_checkout",
    "add_shipping_info",
    "add_payment_info",
    "view_cart",
    "remove_from_cart",
    "removefromcart",
    "remove",
    "refund",
    "session_start",
    "first_visit",
    "scroll",
    "user_engagement",
    "search",
    "view_search_results",
    "add_to_wishlist",
    "impression",
    "page_load",
    "checkout_started",
    "product_list_viewed",
    "cart_viewed",
    "product_removed",
    "initiatecheckout",
];

/// What an event's name elsewhere means; `Some(None)` is an event that is left out.
pub(crate) fn kind_of(name: &str) -> Option<Option<EventKind>> {
    let plain = plain_name(name);
    if let Some(kind) = EventKind::from_name(&plain) {
        return Some(Some(kind));
    }
    if SILENT.contains(&plain.as_str()) {
        return Some(None);
    }
    KINDS
        .iter()
        .find(|(other, _)| *other == plain)
        .map(|(_, kind)| Some(*kind))
}
