//! Every word that the page says, in one table a language.
//!
//! Texts that hold a value have `{}` in its place, filled in order by [`fill`]; those that count come in one and many.

/// The words of one language.
#[derive(Debug)]
pub struct Texts {
    /// Language tag for `<html lang>`.
    pub lang: &'static str,

    // The frame of every page.
    /// Name of the shop.
    pub shop: &'static str,
    /// Title of a page: page, shop.
    pub page_title: &'static str,
    /// Title and hidden heading of the home page.
    pub home_title: &'static str,
    /// Jumps over the header.
    pub skip: &'static str,
    /// Names the link to the home page.
    pub home: &'static str,
    /// First entry of the navigation.
    pub for_you: &'static str,
    /// Names the navigation.
    pub departments: &'static str,
    /// Label of the search field.
    pub search_label: &'static str,
    /// Placeholder of the search field: number of products.
    pub search_hint: &'static str,
    /// The cart, as link and as heading.
    pub cart: &'static str,
    /// Read after 'Cart', when one thing is in it.
    pub cart_one: &'static str,
    /// Read after 'Cart': how many things.
    pub cart_many: &'static str,
    /// Link and heading of the page that explains the shop.
    pub how: &'static str,
    /// Credit for the pictures.
    pub credit: &'static str,

    // The status line.
    /// The engine is on its way.
    pub status_loading: &'static str,
    /// The engine is ready and nothing was done yet: products, backend.
    pub status_ready: &'static str,
    /// Nothing was learned.
    pub status_blank: &'static str,
    /// Learned from one thing.
    pub learned_one: &'static str,
    /// Learned from several: how many.
    pub learned_many: &'static str,
    /// One earlier visit is remembered.
    pub visits_one: &'static str,
    /// Several are: how many.
    pub visits_many: &'static str,
    /// What a ranking took: products, milliseconds, backend.
    pub ranked: &'static str,
    /// The promise.
    pub stays: &'static str,
    /// All was forgotten.
    pub forgotten: &'static str,
    /// A product was dismissed: title.
    pub dismissed: &'static str,
    /// Button: forget all.
    pub forget: &'static str,
    /// What the button forgets, for those who do not see the line it stands on.
    pub forget_label: &'static str,
    /// Button: take it back.
    pub undo: &'static str,
    /// The engine failed.
    pub engine_failed: &'static str,
    /// Button: start the engine anew.
    pub try_again: &'static str,
    /// The catalogue did not arrive.
    pub catalogue_failed: &'static str,
    /// The search index is not there yet.
    pub search_starting: &'static str,
    /// Name of the backend on the CPU.
    pub backend_cpu: &'static str,
    /// Name of the backend on WebGPU.
    pub backend_wgpu: &'static str,

    // Shelves.
    /// Heading of the first shelf.
    pub picked: &'static str,
    /// What stands on it before the first event.
    pub picked_cold: &'static str,
    /// While the engine is on its way.
    pub picked_warming: &'static str,
    /// After the first event: what it was learned from.
    pub picked_adapted: &'static str,
    /// Stands among these for what was taken on earlier visits.
    pub earlier_visits: &'static str,
    /// The same where nothing can be named.
    pub picked_adapted_plain: &'static str,
    /// Without an engine.
    pub picked_failed: &'static str,
    /// Heading of the cart's shelf.
    pub with_cart: &'static str,
    /// Below it.
    pub with_cart_sub: &'static str,
    /// Heading of a product's shelf.
    pub with_item: &'static str,
    /// Below it: title.
    pub with_item_sub: &'static str,
    /// Heading of the shelf that stands in for it: category.
    pub more_in: &'static str,
    /// Below it.
    pub more_in_sub: &'static str,
    /// Heading of the bestsellers' shelf.
    pub bestsellers: &'static str,
    /// Below it.
    pub bestsellers_sub: &'static str,
    /// Heading of the departments on the home page.
    pub shop_by_department: &'static str,
    /// Reason of a pick: titles.
    pub because: &'static str,
    /// Reason of a pick that was taken on one earlier visit.
    pub taken_one: &'static str,
    /// The same of several: how many.
    pub taken_many: &'static str,
    /// Reason of a pick that no event carries.
    pub popular: &'static str,
    /// Between names in a list.
    pub comma: &'static str,
    /// Before the last name in a list.
    pub and: &'static str,

    // A product.
    /// Where no price is known.
    pub no_price: &'static str,
    /// Button: title.
    pub add_named: &'static str,
    /// Button: title.
    pub remove_one_named: &'static str,
    /// Button on the product's page.
    pub add: &'static str,
    /// How many are in the cart.
    pub in_cart: &'static str,
    /// Button: never show this again.
    pub not_for_me: &'static str,
    /// Button: title.
    pub not_for_me_named: &'static str,
    /// On the page of a product that was dismissed.
    pub is_dismissed: &'static str,
    /// Names the trail of categories.
    pub breadcrumb: &'static str,
    /// Label of the brand.
    pub brand: &'static str,
    /// Label of the size.
    pub size: &'static str,

    // Department and search pages.
    /// One product.
    pub products_one: &'static str,
    /// How many products.
    pub products_many: &'static str,
    /// Names the categories within a department.
    pub categories: &'static str,
    /// All categories of a department.
    pub all: &'static str,
    /// Button: show the categories that are folded away: how many.
    pub more_categories: &'static str,
    /// Button: fold them away again.
    pub fewer_categories: &'static str,
    /// Names the choice of an order.
    pub sort: &'static str,
    /// The most bought first.
    pub sort_popular: &'static str,
    /// The likeliest for this shopper first.
    pub sort_for_you: &'static str,
    /// Why there is no order 'for you' yet.
    pub sort_for_you_cold: &'static str,
    /// Button at the end of a grid: how many more.
    pub show_more: &'static str,
    /// Heading of the search page.
    pub search: &'static str,
    /// Heading of the search page with results: query.
    pub results_for: &'static str,
    /// Nothing was found: query.
    pub nothing_found: &'static str,
    /// What to do then.
    pub nothing_found_hint: &'static str,
    /// Nothing was typed yet.
    pub search_empty: &'static str,

    // The cart's page.
    /// Nothing is in it.
    pub cart_empty: &'static str,
    /// What to do then.
    pub cart_empty_hint: &'static str,
    /// Link back.
    pub back_to_shop: &'static str,
    /// Button of a line.
    pub remove: &'static str,
    /// The same: title.
    pub remove_named: &'static str,
    /// Price of one: price.
    pub each: &'static str,
    /// Heading of the sum.
    pub summary: &'static str,
    /// The sum.
    pub total: &'static str,
    /// One line has no price.
    pub unpriced_one: &'static str,
    /// Several have none: how many.
    pub unpriced_many: &'static str,
    /// Button.
    pub checkout: &'static str,
    /// What the button says.
    pub checkout_note: &'static str,

    // 'How it works' and the page that is not there.
    /// Paragraphs: heading, text.
    pub how_parts: &'static [(&'static str, &'static str)],
    /// Heading of the facts.
    pub how_now: &'static str,
    /// Label: which engine.
    pub fact_engine: &'static str,
    /// Label: why that engine.
    pub fact_reason: &'static str,
    /// Label: number of products.
    pub fact_products: &'static str,
    /// Label: things learned from.
    pub fact_shots: &'static str,
    /// Label: number of earlier visits.
    pub fact_visits: &'static str,
    /// Label: time of the last ranking.
    pub fact_time: &'static str,
    /// A time: milliseconds.
    pub fact_ms: &'static str,
    /// Label: weight of what was learned here.
    pub fact_gate: &'static str,
    /// A share: percent.
    pub percent: &'static str,
    /// Label: pack.
    pub fact_pack: &'static str,
    /// Heading of the data notice.
    pub how_data: &'static str,
    /// Heading of the page that is not there.
    pub lost: &'static str,
    /// Below it.
    pub lost_hint: &'static str,
    /// A product that the shop does not have.
    pub no_such_product: &'static str,
    /// A department that the shop does not have.
    pub no_such_department: &'static str,
}

/// English.
pub static EN: Texts = Texts {
    lang: "en",
    shop: "Fewshop",
    page_title: "{} · {}",
    home_title: "Fewshop: the shop that learns on your device",
    skip: "Skip to the products",
    home: "Fewshop, home",
    for_you: "For you",
    departments: "Departments",
    search_label: "Search products",
    search_hint: "Search {} products",
    cart: "Cart",
    cart_one: ", 1 thing in it",
    cart_many: ", {} things in it",
    how: "How it works",
    credit: "Pictures: Fluent Emoji by Microsoft, MIT licence.",

    status_loading: "Getting ready to learn",
    status_ready: "Ready to rank {} products on this device ({})",
    status_blank: "Nothing learned yet",
    learned_one: "Learned from 1 thing you did",
    learned_many: "Learned from {} things you did",
    visits_one: "1 earlier visit remembered",
    visits_many: "{} earlier visits remembered",
    ranked: "ranked {} products in {} ms on this device ({})",
    stays: "nothing has left this device",
    forgotten: "All forgotten",
    dismissed: "Not shown again: {}",
    forget: "Forget",
    forget_label: "Forget what you learned from me",
    undo: "Undo",
    engine_failed: "The picks are off for now; everything else works.",
    try_again: "Try again",
    catalogue_failed: "The shop could not load its products. Check the connection and load the page again; what people buy most here is below.",
    search_starting: "One moment",
    backend_cpu: "CPU",
    backend_wgpu: "WebGPU",

    picked: "Picked for you",
    picked_cold: "Bestsellers in this shop. Look at something and this shelf learns.",
    picked_warming: "Bestsellers still; your picks follow in a moment.",
    picked_adapted: "From {}. It changes as you shop.",
    earlier_visits: "your earlier visits",
    picked_adapted_plain: "It changes as you shop.",
    picked_failed: "Bestsellers in this shop.",
    with_cart: "Goes well with your cart",
    with_cart_sub: "What shoppers with these things took as well.",
    with_item: "Goes well with",
    with_item_sub: "What shoppers who took {} took as well.",
    more_in: "More in {}",
    more_in_sub: "Often bought in this shop.",
    bestsellers: "Bestsellers",
    bestsellers_sub: "What people buy most here, the same for everyone.",
    shop_by_department: "Shop by department",
    because: "because of {}",
    taken_one: "you took this on an earlier visit",
    taken_many: "you took this on {} earlier visits",
    popular: "popular here",
    comma: ", ",
    and: " and ",

    no_price: "Price in store",
    add_named: "Add {} to cart",
    remove_one_named: "Take one {} out of the cart",
    add: "Add to cart",
    in_cart: "{} in your cart",
    not_for_me: "Not for me",
    not_for_me_named: "Not for me: {}",
    is_dismissed: "You said this is not for you, so it is not suggested any more.",
    breadcrumb: "Where this is",
    brand: "Brand",
    size: "Size",

    products_one: "1 product",
    products_many: "{} products",
    categories: "Categories",
    all: "All",
    more_categories: "{} more",
    fewer_categories: "Fewer",
    sort: "Order",
    sort_popular: "Bestsellers",
    sort_for_you: "For you",
    sort_for_you_cold: "Look at something first: nothing has been learned yet.",
    show_more: "Show {} more",
    search: "Search",
    results_for: "Results for ‘{}’",
    nothing_found: "Nothing found for ‘{}’",
    nothing_found_hint: "Try fewer or shorter words: the beginning of a word is enough.",
    search_empty: "Type a word or two: a product, a brand, a size.",

    cart_empty: "Your cart is empty",
    cart_empty_hint: "Put something in and this page finds what goes well with it.",
    back_to_shop: "Back to the shop",
    remove: "Remove",
    remove_named: "Remove {} from the cart",
    each: "{} each",
    summary: "Summary",
    total: "Total",
    unpriced_one: "1 product has no listed price and is not in the total.",
    unpriced_many: "{} products have no listed price and are not in the total.",
    checkout: "Check out",
    checkout_note: "This is a demo shop: nothing is sold here, and no order was sent.",

    how_parts: &[
        (
            "Learned once, from many",
            "Before this page was made, a small model was trained on the shopping baskets of many households: which things are taken together, which are alike, what sells. The result is one small file that your browser fetched with the page.",
        ),
        (
            "Learns the rest from you, here",
            "When you open a product, put one into the cart or say ‘not for me’, the model adapts to just those few things and ranks the whole shop anew. That happens in your browser, in a few thousandths of a second.",
        ),
        (
            "Nothing leaves this device",
            "After the page has loaded it asks no server for anything but pictures. What you did is kept in this browser only, so that it is still there when you come back: this visit, and for 30 days what you took on the 10 visits before it. A visit ends when you check out or do nothing for 30 minutes. ‘Forget’ erases all of that at once; the cart stays yours.",
        ),
        (
            "Reasons that are true",
            "‘Because of’ names the things without which a product would have ranked lower: each was left out in turn and the fall was measured. Where nothing you did carries a pick, it says ‘popular here’.",
        ),
    ],
    how_now: "Right now",
    fact_engine: "Engine",
    fact_reason: "Why this engine",
    fact_products: "Products ranked",
    fact_shots: "Things learned from",
    fact_visits: "Earlier visits remembered",
    fact_time: "Last ranking",
    fact_ms: "{} ms",
    fact_gate: "Weight of what was learned here",
    percent: "{} %",
    fact_pack: "Pack",
    how_data: "The data",
    lost: "This page is not here",
    lost_hint: "The address may be old or mistyped.",
    no_such_product: "This product is not in the shop",
    no_such_department: "This department is not in the shop",
};

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
        let said = EN.how_parts.iter().map(|(_, text)| *text).find(|text| text.contains("Forget")).unwrap();
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
