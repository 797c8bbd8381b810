//! Every word that the page says, in one table.
//!
//! Texts that hold a value have `{}` in its place, filled in order by [`fill`]; those that count
//! come in one and many.

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
            /// The texts of a language, one a line in the order of [`NAMES`]; `None` where their
            /// number is another one.
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
    /// Sign of the US dollar for readers of this language.
    dollar: "$",
    /// Names the links at the foot.
    about: "About this shop",
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
    /// Learning is paused.
    status_paused: "Learning is paused",
    /// Without personalisation.
    status_off: "The shop as everyone sees it",
    /// Button: pause learning.
    pause: "Pause",
    /// Button: learn again.
    resume: "Learn again",
    /// A product is not learned from any more: title.
    unlearned: "Not learned from any more: {}",
    /// A newer page waits.
    update_ready: "A newer version of this shop is here.",
    /// Button: open it.
    update_open: "Open it now",
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
    picked_loading: "Bestsellers still; your picks follow in a moment.",
    /// After the first event: what it was learned from.
    picked_adapted: "From {}. It changes as you shop.",
    /// After one single thing: which.
    picked_warming: "From {} alone: a first guess. It changes as you shop.",
    /// While learning is paused.
    picked_paused: "From what was learned before you paused it. What you do now changes nothing here.",
    /// The same with nothing learned.
    picked_paused_cold: "Bestsellers in this shop. Learning is paused.",
    /// Without personalisation.
    picked_plain: "Bestsellers in this shop, the same for everyone: you switched personal picks off.",
    /// Beside the heading while the engine is on its way.
    badge_loading: "on its way",
    /// Beside it after one thing.
    badge_warming: "first guess",
    /// Beside it while learning is paused.
    badge_paused: "paused",
    /// Beside it without personalisation.
    badge_plain: "not personal",
    /// Beside it without an engine.
    badge_failed: "picks are off",
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
    /// Heading of the shelf of products that were put in after training.
    fresh: "New here",
    /// Below it.
    fresh_sub: "Nobody has bought these yet; those near what you like come first.",
    /// Heading of the offer.
    offer: "An offer for you",
    /// Why it: one thing was chosen that it covers.
    offer_covered_one: "Because you chose 1 thing that it covers.",
    /// Several were: how many.
    offer_covered_many: "Because you chose {} things that it covers.",
    /// Why it: one thing is of what it is for.
    offer_part_one: "Because you chose 1 thing from the part of the shop that it is for.",
    /// Several are: how many.
    offer_part_many: "Because you chose {} things from the part of the shop that it is for.",
    /// Why it: the taste.
    offer_taste: "Because something that it covers is likelier for you than for a stranger.",
    /// Why it: nothing is known of the shopper.
    offer_most: "Because others redeem it most; nothing is known of you yet.",
    /// Why it: nothing that is known of the shopper adds to it.
    offer_others: "Because others redeem it often; your picks add nothing to that.",
    /// How often it was redeemed, of a thousand. What to expect of the shopper is not said: of
    /// later campaigns it did not come true.
    offer_chance_all: "Of 1,000 who were shown it, about {} redeemed it.",
    /// What it covers: one product, whose name follows.
    offer_covers_one: "For 1 product:",
    /// Several: how many; some of their names follow.
    offer_covers_many: "For {} products, among them:",
    /// What can be done with it.
    offer_note: "A coupon of the recorded shop: nothing can be redeemed here. Which one is shown is worked out on this device.",
    /// Button: no more offers.
    offer_off: "Show no offers",
    /// Heading of what was viewed last.
    recent: "Recently viewed",
    /// Below it.
    recent_sub: "What you looked at on this visit.",
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
    /// Button on a pick, before its reason: title.
    why_label: "Why {}?",
    /// Heading of the whole reason: title.
    why_title: "Why {}?",
    /// Before the bars.
    why_because: "Each thing that you did was left out in turn, and this fell in the ranking by so much. The bars show how the whole fall divides; they say what the ranking used, not what you meant.",
    /// Reason of what was taken on one earlier visit.
    why_taken_one: "You took it on an earlier visit, and this shop's shoppers often take such things again.",
    /// The same of several: how many.
    why_taken_many: "You took it on {} earlier visits, and this shop's shoppers often take such things again.",
    /// Reason of a pick that nothing carries.
    why_popular: "Nothing that you did carries it: many people buy it here.",
    /// Heading of the place.
    why_place_title: "Why at this place?",
    /// The place: place, picks on the shelf.
    why_place: "It stands at place {} of {}.",
    /// Nothing on the shelf is held for likelier: how many times as likely as the next.
    why_first: "The model holds no other pick here for likelier to be wanted: {} times as likely as the next.",
    /// The same of one that the next comes close to.
    why_first_close: "The model holds no other pick here for likelier to be wanted; the next comes close.",
    /// One is held for likelier.
    why_behind_one: "The model holds 1 pick here for likelier to be wanted.",
    /// Several have: how many.
    why_behind_many: "The model holds {} picks here for likelier to be wanted.",
    /// The shop's rules gave it its place.
    why_pinned: "The shop itself put it at this place.",
    /// The shop's rules moved it up.
    why_boosted: "The shop itself moved it up.",
    /// The shop's rules moved it down.
    why_buried: "The shop itself moved it down.",
    /// The shelf is not in that order alone.
    why_mixed: "The shelf is not in that order alone: no category may fill more than half of it, your own corrections move picks, and nothing moves while you point at it.",
    /// Button.
    close: "Close",
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
    /// The best match first.
    sort_match: "Best match",
    /// The cheapest first.
    sort_price_up: "Price, low to high",
    /// The dearest first.
    sort_price_down: "Price, high to low",
    /// Names the choices that narrow a list down.
    narrow: "Narrow down",
    /// No choice made.
    any: "Any",
    /// Label.
    department: "Department",
    /// Label.
    price: "Price",
    /// A price band: its end.
    price_below: "Below {}",
    /// A price band: start, end.
    price_between: "{} to {}",
    /// A price band: start.
    price_from: "{} and more",
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

    // What the shop thinks that the shopper likes.
    /// Link and heading.
    profile: "What this page thinks you like",
    /// The link on the status line.
    profile_link: "What it thinks you like",
    /// Below the heading.
    profile_sub: "Counted on this device from what you did here, and kept nowhere else. Correct it, and the shelves follow at once.",
    /// Where too little was done.
    profile_empty: "Too little was done to tell.",
    /// Heading of the brands.
    brands: "Brands",
    /// Heading of the prices.
    prices: "Prices",
    /// Half of all prices: from, to.
    prices_are: "Half of what you chose costs between {} and {}.",
    /// Name of the choice whether the shop learns.
    learning: "Learning",
    /// It does.
    learning_on: "Learn from what I do.",
    /// What that means.
    learning_on_sub: "Picks change with each thing you look at, take or wave away.",
    /// It is paused.
    learning_paused: "Pause.",
    /// What that means.
    learning_paused_sub: "Picks stay as they are; nothing more is learned.",
    /// It is off.
    learning_off: "Show me the shop without personalisation.",
    /// What that means.
    learning_off_sub: "Everyone's shop: nothing is learned, nothing learned is used, and what was learned is kept until you forget it.",
    /// How sure: one look.
    certainty_guess: "a guess",
    /// How sure: a few things.
    certainty_some: "some signs",
    /// How sure: many.
    certainty_sure: "many signs",
    /// Button.
    more: "More",
    /// The same: category or brand.
    more_named: "More of {}",
    /// Button.
    less: "Less",
    /// The same: category or brand.
    less_named: "Less of {}",
    /// Button.
    never: "Never",
    /// The same: category or brand.
    never_named: "Never show {}",
    /// Heading of what was done.
    events: "What you did on this visit",
    /// It was looked at.
    did_view: "looked at",
    /// It was put into the cart.
    did_cart: "taken",
    /// Button.
    unlearn: "Don't learn from this",
    /// The same: title.
    unlearn_named: "Don't learn from this: {}",
    /// Button.
    gift: "It was a gift",
    /// The same: title.
    gift_named: "It was a gift: {}",
    /// Heading of the file and forgetting.
    your_data: "Your data",
    /// Below it.
    your_data_sub: "All of it is one small text on this device. Take it along, bring it back, or have it forgotten.",
    /// Link: save the file.
    export: "Save as a file",
    /// Field: read a file.
    import: "Open a file",
    /// The file was read.
    imported: "The file was read: this is what it knew.",
    /// It was not, and why follows.
    import_failed: "The file could not be read, and nothing has changed:",

    /// Heading of what the picks may say of the household.
    household: "What your picks may say of your household",
    /// Below it.
    household_sub: "Worked out on this device, and it never leaves it. Of 100 shoppers for whom this says 30 %, about 30 are so. Where training could not tell better than by the shares of everyone, nothing is claimed.",
    /// Switch.
    household_show: "Show what my picks may say of my household",
    /// How likely a value is, and its share of everyone: percent, percent.
    household_value: "{}\u{a0}%, everyone: {}\u{a0}%",
    /// Nothing can be said.
    household_unknown: "Not enough to tell",
    /// Heading of the switch for offers.
    offers: "Offers",
    /// Below it.
    offers_sub: "Which one fits is worked out on this device from the same picks.",
    /// Switch.
    offers_show: "Show an offer on the home page",

    // The map of taste.
    /// Link and heading.
    map: "Map of taste",
    /// Below it.
    map_sub: "Every dot is a product, laid out so that what is bought alike lies near. Rings are what you did, filled dots the picks.",
    /// Nothing was done yet.
    map_cold: "Nothing learned yet: look at something, and it lights up here.",
    /// In words: own things, where, picks, where.
    map_said: "{} of your things lie in {}; {} picks lie in {}.",
    /// Heading of the shopper's own things.
    map_mine: "Your things",
    /// The map did not arrive, and why follows.
    map_failed: "The map did not load.",

    // Recorded sessions.
    /// Link and heading.
    try_as: "Try it as somebody else",
    /// Below it.
    try_sub: "Three sessions of shoppers whom the model never saw, recorded when this page was built. Of up to a hundred such sessions they are the one where five things helped most over the popularity order, the middle one, and the one where they helped least.",
    /// Names the choice of a session.
    try_who: "Whose session",
    /// The session where it helps most.
    try_best: "Helps most",
    /// The one in the middle.
    try_middle: "In the middle",
    /// The one where it helps least.
    try_worst: "Helps least",
    /// Button.
    try_next: "Next thing they took",
    /// Button.
    try_reveal: "What else did they take?",
    /// Button.
    try_again_from_start: "From the start again",
    /// Before the first step.
    try_nothing: "Nothing is known of this shopper yet.",
    /// What is known: titles.
    try_knows: "Known so far: {}.",
    /// Heading of the first list.
    try_learned: "This shop",
    /// Heading of the second list.
    try_frozen: "The same, without learning here",
    /// Heading of the third list.
    try_popular: "Popularity order",
    /// After a product that was taken.
    try_hit: "taken",
    /// How many were taken: one.
    try_hits_one: "1 of these was taken.",
    /// How many.
    try_hits_many: "{} of these were taken.",
    /// The first two lists are the same.
    try_same: "The first two lists are the same here: with so few things, fine-tuning on the device stays shut, for training found that it would not help.",
    /// The rest of the session: titles.
    try_truth: "They went on to take: {}.",
    /// The sessions did not arrive, and why follows.
    try_failed: "The recorded sessions did not load.",

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
    how_text_3: "Once the page has loaded it fetches all pictures and the files of the map and of the recorded sessions, the same for everyone whatever they look at, and then asks no server for anything. What you did is kept in this browser only, so that it is still there when you come back: this visit, and for 30 days what you took on the 10 visits before it. A visit ends when you check out or do nothing for 30 minutes. ‘Forget’ erases all of that at once; the cart stays yours.",
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
    let mut out = String::with_capacity(
        template.len() + values.iter().map(|value| value.len()).sum::<usize>(),
    );
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
    if n == 1 {
        one.to_owned()
    } else {
        fill(many, &[&thousands(n as u64)])
    }
}

/// A count with a comma at every third digit.
#[must_use]
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
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
        use crate::state::{KEEP, STORED_MAX_VISITS, VISIT_GAP};
        let said = EN.how_text_3;
        for fact in [
            format!("for {} days", KEEP / 86_400),
            format!("on the {STORED_MAX_VISITS} visits before"),
            format!("do nothing for {} minutes", VISIT_GAP / 60),
        ] {
            assert!(said.contains(&fact), "{fact}: {said}");
        }
    }

    #[test]
    fn every_text_is_translated_with_as_many_values() {
        let table = include_str!("../texts/zh.txt");
        let lines: Vec<(&str, &str)> = table
            .lines()
            .filter_map(|line| line.split_once(" = "))
            .collect();
        let english = format!("{EN:?}");
        for &name in NAMES {
            let (_, text) = lines
                .iter()
                .find(|(other, _)| *other == name)
                .unwrap_or_else(|| panic!("{name} is not translated"));
            // By the debug form, so that no list of fields can be forgotten.
            let (_, said) = english.split_once(&format!(" {name}: \"")).unwrap();
            let said = &said[..said.find("\", ").or_else(|| said.find("\" }")).unwrap()];
            assert_eq!(
                said.matches("{}").count(),
                text.matches("{}").count(),
                "{name}: {said} / {text}"
            );
        }
        assert_eq!(lines.len(), NAMES.len());
    }

    #[test]
    fn a_language_is_whole_or_none() {
        let whole: &'static str = Box::leak(vec!["字"; NAMES.len()].join("\n").into_boxed_str());
        assert_eq!(Texts::of_lines("zh-Hans", whole).unwrap().lost, "字");
        assert_eq!(Texts::of_lines("zh-Hans", "字\n字"), None);
    }

    #[test]
    fn counts_have_one_and_many() {
        assert_eq!(
            count(EN.learned_one, EN.learned_many, 1),
            "Learned from 1 thing you did"
        );
        assert_eq!(
            count(EN.learned_one, EN.learned_many, 3),
            "Learned from 3 things you did"
        );
        assert_eq!(
            count(EN.products_one, EN.products_many, 8547),
            "8,547 products"
        );
    }
}
