//! Every word that the page says, in one table.
//!
//! Texts that hold a value have `{}` in its place, filled in order by [`fill`]; those that count come in one and many.

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident: $text:literal,)*) => {
        /// The words of one language.
        #[derive(Debug, PartialEq)]
        pub struct Texts {
            /// Language tag for `<html lang>`.
            pub lang: &'static str,
            $($(#[$doc])* pub $name: &'static str,)*
        }

        /// English.
        pub static EN: Texts = Texts { lang: "en", $($name: $text,)* };

        /// The names of all texts, in the table's order.
        pub const NAMES: &[&str] = &[$(stringify!($name),)*];

        impl Texts {
            /// The texts of a language, one a line in the order of [`NAMES`]; `None` where their number is another one.
            #[must_use]
            pub fn of_lines(lang: &'static str, lines: &'static str) -> Option<Self> {
                let mut lines = lines.lines();
                let texts = Self { lang, $($name: lines.next()?,)* };
                lines.next().is_none().then_some(texts)
            }
        }
    };
}

texts! {

    // The frame of every page.
    /// Name of the shop.
    shop: "Fewshop",
    /// Title of a page: page, shop.
    page_title: "{} · {}",
    /// Title and hidden heading of the home page.
    home_title: "Fewshop: the shop that learns on your device",
    /// Jumps over the header.
    skip: "Skip to the products",
    /// Names the link to the home page.
    home: "Fewshop, home",
    /// First entry of the navigation.
    for_you: "For you",
    /// Names the navigation.
    departments: "Departments",
    /// Label of the search field.
    search_label: "Search products",
    /// Placeholder of the search field: number of products.
    search_hint: "Search {} products",
    /// The cart, as link and as heading.
    cart: "Cart",
    /// Read after 'Cart', when one thing is in it.
    cart_one: ", 1 thing in it",
    /// Read after 'Cart': how many things.
    cart_many: ", {} things in it",
    /// Link and heading of the page that explains the shop.
    how: "How it works",
    /// Credit for the pictures.
    credit: "Pictures: Fluent Emoji by Microsoft, MIT licence.",

    // The status line.
    /// The engine is on its way.
    status_loading: "Getting ready to learn",
    /// The engine is ready and nothing was done yet: products, backend.
    status_ready: "Ready to rank {} products on this device ({})",
    /// Nothing was learned.
    status_blank: "Nothing learned yet",
    /// Learned from one thing.
    learned_one: "Learned from 1 thing you did",
    /// Learned from several: how many.
    learned_many: "Learned from {} things you did",
    /// One earlier visit is remembered.
    visits_one: "1 earlier visit remembered",
    /// Several are: how many.
    visits_many: "{} earlier visits remembered",
    /// What a ranking took: products, milliseconds, backend.
    ranked: "ranked {} products in {} ms on this device ({})",
    /// The promise.
    stays: "nothing has left this device",
    /// All was forgotten.
    forgotten: "All forgotten",
    /// A product was dismissed: title.
    dismissed: "Not shown again: {}",
    /// Button: forget all.
    forget: "Forget",
    /// What the button forgets, for those who do not see the line it stands on.
    forget_label: "Forget what you learned from me",
    /// Button: take it back.
    undo: "Undo",
    /// The engine failed.
    engine_failed: "The picks are off for now; everything else works.",
    /// Button: start the engine anew.
    try_again: "Try again",
    /// The catalogue did not arrive.
    catalogue_failed: "The shop could not load its products. Check the connection and load the page again; what people buy most here is below.",
    /// The search index is not there yet.
    search_starting: "One moment",
    /// Name of the backend on the CPU.
    backend_cpu: "CPU",
    /// Name of the backend on WebGPU.
    backend_wgpu: "WebGPU",

    // Shelves.
    /// Heading of the first shelf.
    picked: "Picked for you",
    /// What stands on it before the first event.
    picked_cold: "Bestsellers in this shop. Look at something and this shelf learns.",
    /// While the engine is on its way.
    picked_warming: "Bestsellers still; your picks follow in a moment.",
    /// After the first event: what it was learned from.
    picked_adapted: "From {}. It changes as you shop.",
    /// Stands among these for what was taken on earlier visits.
    earlier_visits: "your earlier visits",
    /// The same where nothing can be named.
    picked_adapted_plain: "It changes as you shop.",
    /// Without an engine.
    picked_failed: "Bestsellers in this shop.",
    /// Heading of the cart's shelf.
    with_cart: "Goes well with your cart",
    /// Below it.
    with_cart_sub: "What shoppers with these things took as well.",
    /// Heading of a product's shelf.
    with_item: "Goes well with",
    /// Below it: title.
    with_item_sub: "What shoppers who took {} took as well.",
    /// Heading of the shelf that stands in for it: category.
    more_in: "More in {}",
    /// Below it.
    more_in_sub: "Often bought in this shop.",
    /// Heading of the bestsellers' shelf.
    bestsellers: "Bestsellers",
    /// Below it.
    bestsellers_sub: "What people buy most here, the same for everyone.",
    /// Heading of the departments on the home page.
    shop_by_department: "Shop by department",
    /// Reason of a pick: titles.
    because: "because of {}",
    /// Reason of a pick that was taken on one earlier visit.
    taken_one: "you took this on an earlier visit",
    /// The same of several: how many.
    taken_many: "you took this on {} earlier visits",
    /// Reason of a pick that no event carries.
    popular: "popular here",
    /// Between names in a list.
    comma: ", ",
    /// Before the last name in a list.
    and: " and ",

    // A product.
    /// Where no price is known.
    no_price: "Price in store",
    /// Button: title.
    add_named: "Add {} to cart",
    /// Button: title.
    remove_one_named: "Take one {} out of the cart",
    /// Button on the product's page.
    add: "Add to cart",
    /// How many are in the cart.
    in_cart: "{} in your cart",
    /// Button: never show this again.
    not_for_me: "Not for me",
    /// Button: title.
    not_for_me_named: "Not for me: {}",
    /// On the page of a product that was dismissed.
    is_dismissed: "You said this is not for you, so it is not suggested any more.",
    /// Names the trail of categories.
    breadcrumb: "Where this is",
    /// Label of the brand.
    brand: "Brand",
    /// Label of the size.
    size: "Size",

    // Department and search pages.
    /// One product.
    products_one: "1 product",
    /// How many products.
    products_many: "{} products",
    /// Names the categories within a department.
    categories: "Categories",
    /// All categories of a department.
    all: "All",
    /// Button: show the categories that are folded away: how many.
    more_categories: "{} more",
    /// Button: fold them away again.
    fewer_categories: "Fewer",
    /// Names the choice of an order.
    sort: "Order",
    /// The most bought first.
    sort_popular: "Bestsellers",
    /// The likeliest for this shopper first.
    sort_for_you: "For you",
    /// Why there is no order 'for you' yet.
    sort_for_you_cold: "Look at something first: nothing has been learned yet.",
    /// Button at the end of a grid: how many more.
    show_more: "Show {} more",
    /// Heading of the search page.
    search: "Search",
    /// Heading of the search page with results: query.
    results_for: "Results for ‘{}’",
    /// Nothing was found: query.
    nothing_found: "Nothing found for ‘{}’",
    /// What to do then.
    nothing_found_hint: "Try fewer or shorter words: the beginning of a word is enough.",
    /// Nothing was typed yet.
    search_empty: "Type a word or two: a product, a brand, a size.",

    // The cart's page.
    /// Nothing is in it.
    cart_empty: "Your cart is empty",
    /// What to do then.
    cart_empty_hint: "Put something in and this page finds what goes well with it.",
    /// Link back.
    back_to_shop: "Back to the shop",
    /// Button of a line.
    remove: "Remove",
    /// The same: title.
    remove_named: "Remove {} from the cart",
    /// Price of one: price.
    each: "{} each",
    /// Heading of the sum.
    summary: "Summary",
    /// The sum.
    total: "Total",
    /// One line has no price.
    unpriced_one: "1 product has no listed price and is not in the total.",
    /// Several have none: how many.
    unpriced_many: "{} products have no listed price and are not in the total.",
    /// Button.
    checkout: "Check out",
    /// What the button says.
    checkout_note: "This is a demo shop: nothing is sold here, and no order was sent.",

    // 'How it works' and the page that is not there.
    /// Heading of paragraph 1.
    how_head_1: "Learned once, from many",
    /// Its text.
    how_text_1: "Before this page was made, a small model was trained on the shopping baskets of many households: which things are taken together, which are alike, what sells. The result is one small file that your browser fetched with the page.",
    /// Heading of paragraph 2.
    how_head_2: "Learns the rest from you, here",
    /// Its text.
    how_text_2: "When you open a product, put one into the cart or say ‘not for me’, the model adapts to just those few things and ranks the whole shop anew. That happens in your browser, in a few thousandths of a second.",
    /// Heading of paragraph 3.
    how_head_3: "Nothing leaves this device",
    /// Its text.
    how_text_3: "After the page has loaded it asks no server for anything but pictures. What you did is kept in this browser only, so that it is still there when you come back: this visit, and for 30 days what you took on the 10 visits before it. A visit ends when you check out or do nothing for 30 minutes. ‘Forget’ erases all of that at once; the cart stays yours.",
    /// Heading of paragraph 4.
    how_head_4: "Reasons that are true",
    /// Its text.
    how_text_4: "‘Because of’ names the things without which a product would have ranked lower: each was left out in turn and the fall was measured. Where nothing you did carries a pick, it says ‘popular here’.",
    /// Heading of the facts.
    how_now: "Right now",
    /// Label: which engine.
    fact_engine: "Engine",
    /// Label: why that engine.
    fact_reason: "Why this engine",
    /// Label: number of products.
    fact_products: "Products ranked",
    /// Label: things learned from.
    fact_shots: "Things learned from",
    /// Label: number of earlier visits.
    fact_visits: "Earlier visits remembered",
    /// Label: time of the last ranking.
    fact_time: "Last ranking",
    /// A time: milliseconds.
    fact_ms: "{} ms",
    /// Label: weight of what was learned here.
    fact_gate: "Weight of what was learned here",
    /// A share: percent.
    percent: "{} %",
    /// Label: pack.
    fact_pack: "Pack",
    /// Heading of the data notice.
    how_data: "The data",
    /// Heading of the page that is not there.
    lost: "This page is not here",
    /// Below it.
    lost_hint: "The address may be old or mistyped.",
    /// A product that the shop does not have.
    no_such_product: "This product is not in the shop",
    /// A department that the shop does not have.
    no_such_department: "This department is not in the shop",
}

/// The template with its `{}` filled in order; one that is left over stays as it is.
#[must_use]
pub fn fill(template: &str, values: &[&str]) -> String {
    let mut out = String::with_capacity(template.len() + values.iter().map(|value| value.len()).sum::<usize>());
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
    if n == 1 { one.to_owned() } else { fill(many, &[&crate::state::thousands(n as u64)]) }
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
    fn the_page_says_what_is_kept_and_for_how_long() {
        use crate::state::{KEEP, MAX_VISITS, VISIT_GAP};
        let said = EN.how_text_3;
        for fact in [
            format!("for {} days", KEEP / 86_400),
            format!("on the {MAX_VISITS} visits before"),
            format!("do nothing for {} minutes", VISIT_GAP / 60),
        ] {
            assert!(said.contains(&fact), "{fact}: {said}");
        }
    }

    #[test]
    fn counts_have_one_and_many() {
        assert_eq!(count(EN.learned_one, EN.learned_many, 1), "Learned from 1 thing you did");
        assert_eq!(count(EN.learned_one, EN.learned_many, 3), "Learned from 3 things you did");
        assert_eq!(count(EN.products_one, EN.products_many, 8547), "8,547 products");
    }
}
