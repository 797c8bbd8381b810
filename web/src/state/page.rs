//! The shop's pages, and which one an address names.

use crate::texts::Texts;

/// Folder of the site's second shop, the gift shop; the first one lies at the site's root. No page
/// has an address that begins with it.
pub const SECOND_SHOP: &str = "gift";

/// All pages, one a row. [`Page`] is made from this table, and `app.rs` draws by it.
///
/// - `Name "path" file text`: a page at one address. `text` names it in links, in its heading and
///   in the browser's tab.
/// - `Name(part) "path" file`: a page for each `part`, which follows the path in the address.
///
/// To add a page, add its row, its text (here and in `zh.txt`) and `pages/<file>.rs` with a
/// function `page`.
#[macro_export]
macro_rules! pages {
    ($use:ident) => {
        $use! {
            /// The home page.
            Home "" home home_title,
            /// All departments.
            Departments "departments" departments departments,
            /// Search.
            Search "search" search search,
            /// The cart.
            Cart "cart" cart cart,
            /// How the shop works.
            How "how-it-works" how how,
            /// What the shop has learned about the shopper.
            Profile "profile" profile profile,
            /// Recorded sessions to replay.
            Try "try-it-as" try_as try_as,
            /// The map of taste.
            Map "map" map map;
            /// One department, by its slug.
            Department(slug) "department" department,
            /// One product, by the shop's id.
            Product(id) "product" product,
        }
    };
}

macro_rules! declare {
    ($($(#[$doc:meta])* $plain:ident $path:literal $file:ident $text:ident),*;
     $($(#[$of_doc:meta])* $of:ident($part:ident) $of_path:literal $of_file:ident,)*) => {
        /// A page of the shop.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Page {
            $($(#[$doc])* $plain,)*
            $($(#[$of_doc])* $of(String),)*
            /// An address that the shop does not have.
            Lost,
        }

        impl Page {
            /// The page of the parts of an address.
            fn of_parts(first: &str, second: Option<String>) -> Self {
                match (first, second) {
                    $(($path, None) => Self::$plain,)*
                    $(($of_path, Some($part)) => Self::$of($part),)*
                    _ => Self::Lost,
                }
            }

            /// The first part of its address, and the second one if it has one.
            fn parts(&self) -> (&'static str, Option<&str>) {
                match self {
                    $(Self::$plain => ($path, None),)*
                    $(Self::$of($part) => ($of_path, Some($part)),)*
                    Self::Lost => ("", None),
                }
            }

            /// Its name in links, headings and the browser's tab; `None` for a page named by what
            /// it shows.
            #[must_use]
            pub fn name(&self, texts: &Texts) -> Option<&'static str> {
                match self {
                    $(Self::$plain => Some(texts.$text),)*
                    _ => None,
                }
            }
        }
    };
}

pages!(declare);

impl Page {
    /// The page of an address's path below `base`, its parts still percent-encoded; `decode` undoes
    /// that.
    #[must_use]
    pub fn of(path: &str, base: &str, decode: impl Fn(&str) -> String) -> Self {
        let Some(below) = path.strip_prefix(base) else {
            return Self::Lost;
        };
        let mut parts = below.split('/').filter(|part| !part.is_empty());
        match (parts.next(), parts.next(), parts.next()) {
            (None | Some("index.html"), None, None) => Self::Home,
            (Some(first), second, None) => Self::of_parts(first, second.map(decode)),
            _ => Self::Lost,
        }
    }

    /// Its path, with a slash before each part; `encode` makes a part safe in an address.
    #[must_use]
    pub fn path(&self, encode: impl Fn(&str) -> String) -> String {
        match self.parts() {
            (first, None) => ["/", first].concat(),
            (first, Some(second)) => ["/", first, "/", &encode(second)].concat(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_page(path: &str, base: &str, expected: Page) {
        assert_eq!(
            Page::of(path, base, |part| part.replace("%20", " ")),
            expected,
            "{path}"
        );
    }

    #[test]
    fn each_page_has_its_address() {
        check_page("/", "", Page::Home);
        check_page("", "", Page::Home);
        check_page("/index.html", "", Page::Home);
        check_page("/product/cj%201", "", Page::Product("cj 1".into()));
        check_page(
            "/department/dairy-eggs/",
            "",
            Page::Department("dairy-eggs".into()),
        );
        check_page("/how-it-works", "", Page::How);
    }

    #[test]
    fn a_page_is_found_at_its_own_path() {
        let pages = [
            Page::Home,
            Page::Departments,
            Page::Department("dairy eggs".into()),
            Page::Product("a b".into()),
            Page::Search,
            Page::Cart,
            Page::How,
            Page::Profile,
            Page::Try,
            Page::Map,
        ];
        for page in pages {
            let path = page.path(|part| part.replace(' ', "%20"));
            check_page(&path, "", page);
        }
    }

    #[test]
    fn what_is_no_page_is_lost() {
        for path in [
            "/product",
            "/product/a/b",
            "/nowhere",
            "/cart/1",
            "/department/",
        ] {
            check_page(path, "", Page::Lost);
        }
    }

    #[test]
    fn pages_lie_below_the_base() {
        check_page("/shop/cart", "/shop", Page::Cart);
        check_page("/shop", "/shop", Page::Home);
        check_page("/cart", "/shop", Page::Lost);
    }
}
