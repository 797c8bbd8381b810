//! Which page an address names.

/// A page of the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// The home page.
    Home,
    /// All departments.
    Departments,
    /// One department, by its slug.
    Department(String),
    /// One product, by the shop's id.
    Product(String),
    /// Search.
    Search,
    /// The cart.
    Cart,
    /// How the shop works.
    How,
    /// What the shop seems to know of the shopper.
    Profile,
    /// Recorded sessions to replay.
    Try,
    /// The map of taste.
    Map,
    /// An address that the shop does not have.
    Lost,
}

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
            (Some("departments"), None, None) => Self::Departments,
            (Some("department"), Some(slug), None) => Self::Department(decode(slug)),
            (Some("product"), Some(id), None) => Self::Product(decode(id)),
            (Some("search"), None, None) => Self::Search,
            (Some("cart"), None, None) => Self::Cart,
            (Some("how-it-works"), None, None) => Self::How,
            (Some("profile"), None, None) => Self::Profile,
            (Some("try-it-as"), None, None) => Self::Try,
            (Some("map"), None, None) => Self::Map,
            _ => Self::Lost,
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
