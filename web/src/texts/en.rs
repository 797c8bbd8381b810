//! English, and the list of all texts: the names in `zh.txt` are these.

texts! {

    // The frame of every page.
    /// Name of the shop.
    shop: "Fewshop",
    /// Title of a page: page, shop.
    page_title: "{} · {}",
    /// Title and hidden heading of the home page.
    home_title: "Fewshop: the shop that learns on your device",
    /// Jumps over the header.
    skip: "Skip to content",
    /// Names the link to the home page.
    home: "Fewshop, home",
    /// Names the choice of a shop, if the site has two.
    shops: "Shops",
    /// The first shop.
    shop_groceries: "Groceries",
    /// The second shop.
    shop_gifts: "Gifts",
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
    /// Read after 'Cart' when it holds one item.
    cart_one: ", 1 item",
    /// Read after 'Cart': number of items.
    cart_many: ", {} items",
    /// Link and heading of the page that explains the shop.
    how: "How it works",
    /// Credit for the pictures.
    credit: "Pictures: Fluent Emoji by Microsoft, MIT license.",

    // The status line.
    /// The engine is loading.
    status_loading: "Loading your picks",
    /// The engine is ready and there are no clicks yet: products, backend.
    status_ready: "Ready to rank {} products on this device ({})",
    /// The picks follow one search.
    searches_one: "1 search used",
    /// The picks follow several: how many.
    searches_many: "{} searches used",
    /// Nothing has been learned.
    status_blank: "Nothing learned yet",
    /// The browser denies storage, or has no room.
    unkept: "This browser saves nothing for this shop. What you do here works, and is gone when you close the page.",
    /// Learned from one click.
    learned_one: "Learned from 1 click",
    /// Learned from several clicks: how many.
    learned_many: "Learned from {} clicks",
    /// One earlier visit is remembered.
    visits_one: "1 earlier visit remembered",
    /// The same for several: how many.
    visits_many: "{} earlier visits remembered",
    /// Duration of a ranking: products, milliseconds, backend.
    ranked: "ranked {} products in {} ms ({})",
    /// The promise.
    stays: "nothing has left this device",
    /// Everything was forgotten.
    forgotten: "Everything forgotten",
    /// A product was dismissed: title.
    dismissed: "Hidden: {}",
    /// Button: forget all.
    forget: "Forget",
    /// Button outside the status line, and tooltip: forget all.
    forget_label: "Forget everything we learned",
    /// Learning is paused.
    status_paused: "Learning is paused",
    /// Without personalization.
    status_off: "Personalization is off",
    /// Button: pause learning.
    pause: "Pause",
    /// Button: learn again.
    resume: "Resume",
    /// A product no longer counts: title.
    unlearned: "No longer counted: {}",
    /// A search was taken back.
    unasked: "Search no longer used",
    /// A newer version of the page is ready.
    update_ready: "A new version is available.",
    /// Button: open it.
    update_open: "Update",
    /// Button: undo.
    undo: "Undo",
    /// The engine failed.
    engine_failed: "Your picks are unavailable right now. The rest of the shop works.",
    /// Button: restart the engine.
    try_again: "Try again",
    /// The catalogue could not be loaded.
    catalogue_failed: "We couldn’t load the products. Check your connection and reload. Bestsellers are shown below.",
    /// Something is still loading.
    search_starting: "Loading…",
    /// Name of the backend on the CPU.
    backend_cpu: "CPU",
    /// Name of the backend on WebGPU.
    backend_wgpu: "WebGPU",

    // Shelves.
    /// Heading of the first shelf.
    picked: "Picked for you",
    /// Below it before the first click.
    picked_cold: "Bestsellers for now. Open a product and this shelf adapts to you.",
    /// While the engine is loading.
    picked_loading: "Bestsellers while your picks load.",
    /// After the first click: the sources.
    picked_adapted: "Based on {}. Updates with every click.",
    /// After a single click: its product.
    picked_warming: "A first guess, based on {} alone. Updates with every click.",
    /// While learning is paused.
    picked_paused: "From before you paused. New clicks don’t count.",
    /// While learning is paused and nothing was learned.
    picked_paused_cold: "Our bestsellers. Learning is paused.",
    /// Without personalization.
    picked_plain: "Bestsellers, the same for everyone. Personalization is off.",
    /// Beside the heading while the engine is loading.
    badge_loading: "loading",
    /// Beside it after a single click.
    badge_warming: "first guess",
    /// Beside it while learning is paused.
    badge_paused: "paused",
    /// Beside it without personalisation.
    badge_plain: "not personalized",
    /// Beside it without an engine.
    badge_failed: "unavailable",
    /// Names earlier visits among the sources.
    earlier_visits: "your earlier visits",
    /// After the first click, if no source can be named.
    picked_adapted_plain: "Updates with every click.",
    /// Without an engine.
    picked_failed: "Our bestsellers.",
    /// Heading of the cart's shelf.
    with_cart: "Goes well with your cart",
    /// Below it.
    with_cart_sub: "Bought together with your items far more often than usual.",
    /// Heading of a product's shelf.
    with_item: "Goes well with this",
    /// Below it: title.
    with_item_sub: "Bought together with {} far more often than usual.",
    /// Heading of the shelf shown instead: category.
    more_in: "More in {}",
    /// Below it.
    more_in_sub: "Most popular first.",
    /// Heading of a product's shelf of alternatives.
    similar: "Similar products",
    /// Below it.
    similar_sub: "The same kind of thing: other brands, sizes and prices.",
    /// Heading of the three steps of a first visit.
    steps: "See this shop learn, in three clicks",
    /// The same once the picks learn from a search: its words.
    steps_asked: "See this shop learn from your search “{}”",
    /// The first step.
    step_open: "Pick something you like",
    /// The second step.
    step_look: "Look what moved below",
    /// The third step.
    step_more: "Pick one more: it gets sharper",
    /// Button that removes the steps.
    steps_skip: "Skip",
    /// The same after the last one.
    steps_done: "Got it",
    /// Ends a list of names: how many more.
    and_more: "{} more",
    /// What was learned: category that gained most, that lost most.
    more_less: "More {}, less {}.",
    /// The same if none lost.
    more_of: "More {}.",
    /// Products that came to the first shelf.
    came: "New: {}.",
    /// Products that stand higher on it.
    rose: "Up: {}.",
    /// Products that left it.
    left: "Gone: {}.",
    /// Names the buttons that choose what the first shelf shows.
    views: "What this shelf shows",
    /// Button: the shopper's own picks.
    view_now: "For you",
    /// Button: the picks before the last click.
    view_before: "Before your last click",
    /// Below the heading while the shelf shows them.
    before_sub: "Your picks without the last click.",
    /// Button: everyone's bestsellers.
    view_everyone: "What everyone sees",
    /// Marks a product that came with the last click.
    new: "new",
    /// How much likelier a pick is: number of times.
    why_lift: "You are {} times as likely to want it as a new visitor.",
    /// Heading of the bestsellers' shelf.
    bestsellers: "Everyone’s basics",
    /// Below it.
    bestsellers_sub: "The same for everyone.",
    /// Reason, badge and heading of a shelf: products in the leaflet of the week.
    on_offer: "In this week’s ad",
    /// Below the heading.
    on_offer_sub: "From our weekly ad.",
    /// Heading of the shelf of products added after training.
    fresh: "New arrivals",
    /// Below it.
    fresh_sub: "Just added. Closest to your taste first.",
    /// Heading of the offer.
    offer: "An offer for you",
    /// Reason: the shopper chose one product that it covers.
    offer_covered_one: "Covers 1 product you chose.",
    /// The same for several: how many.
    offer_covered_many: "Covers {} products you chose.",
    /// Reason: the shopper chose one product from its section.
    offer_part_one: "For an aisle you chose 1 product from.",
    /// The same for several: how many.
    offer_part_many: "For an aisle you chose {} products from.",
    /// Reason: the user embedding.
    offer_taste: "Includes something you may want more than most shoppers.",
    /// Reason for a new shopper.
    offer_most: "One of our most used coupons.",
    /// Reason if no click raised the offer.
    offer_others: "Popular with other shoppers.",
    /// How often it was redeemed, out of a thousand. The shopper's own probability is not shown:
    /// it did not hold in later campaigns.
    offer_chance_all: "About {} of 1,000 shoppers who saw it used it.",
    /// It covers one product, whose name follows.
    offer_covers_one: "Valid on 1 product:",
    /// It covers several: how many; some names follow.
    offer_covers_many: "Valid on {} products, including:",
    /// What can be done with the offer.
    offer_note: "A sample coupon, not redeemable. Chosen on this device.",
    /// Button: no more offers.
    offer_off: "Hide offers",
    /// Heading of the products viewed last.
    recent: "Recently viewed",
    /// Below it.
    recent_sub: "Products you opened on this visit.",
    /// Heading of the departments on the home page.
    shop_by_department: "Shop by department",
    /// Reason of a pick: titles.
    because: "because of {}",
    /// Reason of a pick: words that the shopper searched for.
    because_asked: "because you asked for “{}”",
    /// Names a search among products: its words.
    asked_source: "your search “{}”",
    /// Reason: in the cart on one earlier visit.
    taken_one: "in your cart on an earlier visit",
    /// The same for several visits: how many.
    taken_many: "in your cart on {} earlier visits",
    /// Reason of a pick that no click raised.
    popular: "popular here",
    /// Button on a pick, before its reason: title.
    why_label: "Why {}?",
    /// Heading of the whole reason: title.
    why_title: "Why {}?",
    /// Above the bars.
    why_because: "Each bar is the share of one click or search in this product’s rise, measured by ranking the shop without it.",
    /// Full reason: in the cart on one earlier visit.
    why_taken_one: "It was in your cart on an earlier visit, and shoppers often buy again.",
    /// The same for several visits: how many.
    why_taken_many: "It was in your cart on {} earlier visits, and shoppers often buy again.",
    /// Full reason: the week's leaflet.
    why_on_offer: "It’s in this week’s ad, and that counts more here than your clicks.",
    /// Full reason of a pick that no click raised.
    why_popular: "Not because of your clicks: it’s popular here.",
    /// Heading of the position.
    why_place_title: "Why this position?",
    /// The position: position, picks on the shelf.
    why_place: "Position {} of {}.",
    /// No pick on the shelf scored higher: how many times as likely as the next one.
    why_first: "Our top pick here, {} times as likely as the next.",
    /// The same if the next one is close.
    why_first_close: "Our top pick here, just ahead of the next.",
    /// One pick scored higher.
    why_behind_one: "1 product here scored higher.",
    /// Several scored higher: how many.
    why_behind_many: "{} products here scored higher.",
    /// Business rules pinned it.
    why_pinned: "We placed it here.",
    /// Business rules moved it up.
    why_boosted: "We moved it up.",
    /// Business rules moved it down.
    why_buried: "We moved it down.",
    /// The shelf is not ordered by score alone.
    why_mixed: "This shelf also mixes categories, follows your settings and holds still under your pointer.",
    /// Button.
    close: "Close",
    /// Between names in a list.
    comma: ", ",
    /// Before the last name in a list.
    and: " and ",

    // A product.
    /// Instead of an unknown price.
    no_price: "No price listed",
    /// Button: title.
    add_named: "Add {} to cart",
    /// Button: title.
    remove_one_named: "Remove one {}",
    /// Button on the product's page.
    add: "Add to cart",
    /// How many are in the cart.
    in_cart: "{} in your cart",
    /// Button: never show this product again.
    not_for_me: "Not for me",
    /// Button: title.
    not_for_me_named: "Not for me: {}",
    /// On the page of a product that was dismissed.
    is_dismissed: "You marked this “Not for me,” so we won’t suggest it.",
    /// Names the trail of categories.
    breadcrumb: "Breadcrumb",
    /// Label of the brand.
    brand: "Brand",
    /// Label of the size.
    size: "Size",
    /// First link of the trail.
    shop_home: "Home",
    /// Names the buttons for how many to add.
    quantity: "Quantity",
    /// Button.
    one_less: "One less",
    /// Button.
    one_more: "One more",
    /// Link beside what is in the cart.
    view_cart: "View cart",
    /// A price for an ounce.
    per_ounce: "{}/oz",
    /// A price for a fluid ounce.
    per_fluid_ounce: "{}/fl oz",
    /// A price for a litre.
    per_litre: "{}/L",
    /// A price for 100 grams.
    per_grams: "{} per 100 g",
    /// A price for one piece.
    per_piece: "{} each",
    /// Names the other sizes of a product.
    other_sizes: "Sizes",
    /// Names the same product of other brands.
    other_brands: "Brands",
    /// Names products of the same title that differ in size, brand or else.
    other_variants: "Sizes and brands",

    // Department and search pages.
    /// One product.
    products_one: "1 product",
    /// How many products.
    products_many: "{} products",
    /// Names the categories within a department.
    categories: "Categories",
    /// All categories of a department.
    all: "All",
    /// Button: show the hidden categories: how many.
    more_categories: "{} more",
    /// Button: hide them again.
    fewer_categories: "Show less",
    /// Label of the choice of an order.
    sort: "Sort by",
    /// The most bought first.
    sort_popular: "Bestsellers",
    /// The likeliest for this shopper first.
    sort_for_you: "For you",
    /// Why there is no order 'for you' yet.
    sort_for_you_cold: "Works once we’ve learned from your clicks.",
    /// The best match first.
    sort_match: "Best match",
    /// The cheapest first.
    sort_price_up: "Price, low to high",
    /// The most expensive first.
    sort_price_down: "Price, high to low",
    /// Names the filters of a list.
    narrow: "Filters",
    /// No filter chosen.
    any: "All",
    /// Label.
    department: "Department",
    /// Label.
    price: "Price",
    /// A price band: its end.
    price_below: "Under {}",
    /// A price band: start, end.
    price_between: "{} to {}",
    /// A price band: start.
    price_from: "{} and up",
    /// Button at the end of a grid: how many more.
    show_more: "Show {} more",
    /// Button of a card: how many sizes of the product there are.
    variants_sizes: "{} sizes",
    /// Button of a card: how many brands.
    variants_brands: "{} brands",
    /// Button of a card: how many products differ in size, brand or else.
    variants_other: "{} options",
    /// Heading of the search page.
    search: "Search",
    /// Heading of the search page with results: query.
    results_for: "Results for “{}”",
    /// Heading without results: query.
    nothing_found: "No results for “{}”",
    /// What to do then.
    nothing_found_hint: "Check the spelling or try fewer words.",
    /// Above products of which none has the words of the query.
    found_by_meaning: "No product has these words. The nearest in meaning:",
    /// What the results leave out: the shopper's words.
    without_words: "Without: {}. This goes by titles, so check the label.",
    /// The highest price among the results.
    up_to: "Up to {}.",
    /// The picks learn from this search.
    asked_now: "Your picks now follow this search.",
    /// Button beside it: they no longer do.
    asked_undo: "Don’t use this search",
    /// Before anything is typed.
    search_empty: "Search by product, brand or size.",

    // The cart's page.
    /// Heading of the empty cart.
    cart_empty: "Your cart is empty",
    /// What to do then.
    cart_empty_hint: "Add a product and we’ll suggest what goes with it.",
    /// Link back.
    back_to_shop: "Continue shopping",
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
    unpriced_one: "1 product has no price listed and isn’t in the total.",
    /// Several have none: how many.
    unpriced_many: "{} products have no price listed and aren’t in the total.",
    /// Button.
    checkout: "Check out",
    /// Shown after a click on it.
    checkout_note: "This is a demo: no order was placed.",

    // The shopper's taste.
    /// Link and heading.
    profile: "Your taste",
    /// Below the heading.
    profile_sub: "Worked out on this device from your clicks. Change anything, and your picks update at once.",
    /// Shown if there are too few clicks.
    profile_empty: "Not enough clicks yet.",
    /// Heading of the brands.
    brands: "Brands",
    /// Heading of the prices.
    prices: "Prices",
    /// Half of all prices: from, to.
    prices_are: "Half of what you chose costs between {} and {}.",
    /// Name of the choice whether the shop learns.
    learning: "Personalization",
    /// The shop learns.
    learning_on: "On.",
    /// Explains that choice.
    learning_on_sub: "Every product you open, add or hide updates your picks, and so does a search you submit or open a product from.",
    /// Learning is paused.
    learning_paused: "Paused.",
    /// Explains that choice.
    learning_paused_sub: "Your picks stay as they are; we learn nothing new.",
    /// Personalization is off.
    learning_off: "Off.",
    /// Explains that choice.
    learning_off_sub: "The same for everyone. We learn and use nothing, and keep what we learned until you forget it.",
    /// Certainty: one view.
    certainty_guess: "a guess",
    /// Certainty: a few clicks.
    certainty_some: "some evidence",
    /// Certainty: many clicks.
    certainty_sure: "strong evidence",
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
    /// Heading of the searches that the picks follow.
    asked_for: "You asked for",
    /// Below it.
    asked_for_sub: "Searches you submitted, or opened a product from, and what we took them for. Your picks follow them until this visit ends.",
    /// A search: its words.
    quoted: "“{}”",
    /// It leaves one product out.
    asked_without_one: "1 product left out",
    /// It leaves several out: how many.
    asked_without_many: "{} products left out",
    /// Names the button that removes a search: its words.
    asked_remove_named: "Remove the search “{}”",
    /// Heading of this visit's clicks.
    events: "Your clicks on this visit",
    /// The product was viewed.
    did_view: "viewed",
    /// The product was added to the cart.
    did_cart: "added to cart",
    /// Button.
    unlearn: "Ignore this",
    /// The same: title.
    unlearn_named: "Ignore this: {}",
    /// Button.
    gift: "It was a gift",
    /// The same: title.
    gift_named: "It was a gift: {}",
    /// Heading of export, import and forgetting.
    your_data: "Your data",
    /// Below it.
    your_data_sub: "One small text on this device. Export it, import it or forget it.",
    /// Link: save a file.
    export: "Export",
    /// Field: open a file.
    import: "Import",
    /// The file was read.
    imported: "Imported.",
    /// The file could not be read; the reason follows.
    import_failed: "Import failed; nothing has changed:",

    /// Heading of the household attributes.
    household: "Household guesses",
    /// Below it.
    household_sub: "Guessed on this device from your clicks, never sent. When we say 30%, we’re right for about 30 of 100 shoppers. Where we can’t beat the average, we say nothing.",
    /// Switch.
    household_show: "Show household guesses",
    /// Probability of a value and its share among all households: percent, percent.
    household_value: "{}%, average {}%",
    /// No reliable prediction.
    household_unknown: "Not enough to tell",
    /// Heading of the switch for offers.
    offers: "Offers",
    /// Below it.
    offers_sub: "Chosen on this device from your clicks.",
    /// Switch.
    offers_show: "Show an offer on the home page",

    // The map of taste.
    /// Link and heading.
    map: "Taste map",
    /// Below it.
    map_sub: "Every dot is a product; what sells together lies close together. Numbers are your clicks in order, green dots your picks, and the arrow points to your taste now.",
    /// Before the first click.
    map_cold: "Nothing learned yet. Open a product and it lights up here.",
    /// The clicks in words, if all are in one department.
    map_in: "Your clicks are all in {}.",
    /// The clicks in words: the departments in order, with `map_to` between them.
    map_way: "Your clicks went from {}.",
    /// Between two departments.
    map_to: " to ",
    /// Where the arrow points: a department.
    map_now: "The arrow points to {}, where your picks gather.",
    /// Where the picks lie: departments with numbers of products.
    map_picks: "Your picks: {}.",
    /// On the map, where the taste is.
    map_here: "Your taste now",
    /// How to use the map.
    map_keys: "Point at a dot to see the product, click to open it. Zoom with the buttons, two fingers, or Ctrl and the mouse wheel. On the keyboard: arrow keys go from product to product, Enter opens, + and − zoom, Shift and arrow keys move the map.",
    /// Button.
    zoom_in: "Zoom in",
    /// Button.
    zoom_out: "Zoom out",
    /// Button: back to the whole map.
    zoom_reset: "Show the whole map",
    /// Heading of the clicked products.
    map_mine: "Your clicks",
    /// The map could not be loaded; the reason follows.
    map_failed: "We couldn’t load the map.",

    // The browser's own agent asks.
    /// Heading of a dialog: quantity, product.
    agent_add: "An assistant in your browser wants to add {} × {} to your cart.",
    /// Button: yes.
    agent_add_yes: "Add",
    /// Button: no.
    agent_add_no: "Don’t add",
    /// Heading of a dialog.
    agent_forget: "An assistant in your browser wants this shop to forget everything it learned about you.",
    /// Button: yes.
    agent_forget_yes: "Forget",
    /// Button: no.
    agent_forget_no: "Keep it",

    // Recorded sessions.
    /// Link and heading.
    try_as: "Replay a recorded shopper",
    /// Below it: how many are shown, of how many.
    try_sub: "{} of {} recorded shoppers the model has never seen, chosen by rule: sorted by how many more of their later purchases were among our ten picks than among the ten bestsellers, these are the best, the worst, the median, both quartiles and one drawn by lot.",
    /// Names the choice of a session.
    try_who: "Shopper",
    /// The session with the largest gain.
    try_best: "Best case",
    /// At the first quarter.
    try_upper: "Upper quartile",
    /// The median session.
    try_median: "Median",
    /// At the third quarter.
    try_lower: "Lower quartile",
    /// The session with the smallest gain.
    try_worst: "Worst case",
    /// A session by lot.
    try_drawn: "Drawn by lot",
    /// Its place: which, of how many.
    try_place: "No. {} of {}",
    /// Button.
    try_play: "Play",
    /// Button: stops the replay.
    try_stop: "Stop",
    /// Button.
    try_next: "Next product",
    /// Button.
    try_reveal: "Reveal the rest",
    /// Button.
    try_over: "Start over",
    /// Heading of the products so far.
    try_basket: "Their basket",
    /// Before the first step.
    try_nothing: "No products yet.",
    /// The context so far: titles.
    try_knows: "So far: {}.",
    /// How many are still hidden.
    try_more: "{} more to come",
    /// Heading of the rest of the session.
    try_truth: "The rest of the basket",
    /// Heading of the first list.
    try_learned: "This shop",
    /// Heading of the second list.
    try_frozen: "Without fine-tuning",
    /// Heading of the third list.
    try_popular: "Bestsellers",
    /// Beside a product that the shopper bought later.
    try_hit: "bought later",
    /// Beside the number of those: how many picks.
    try_of: "of {} bought later",
    /// The score in words: hits of each list.
    try_score: "Bought later: {} from this shop, {} without fine-tuning, {} bestsellers.",
    /// The first two lists are the same.
    try_same: "The first two lists match: with few products, fine-tuning changes little or nothing.",
    /// All sessions together: how many, then hits of each list.
    try_all: "All {} shoppers together, after five products: {} hits from this shop, {} without fine-tuning, {} from the bestsellers.",
    /// The sessions could not be loaded; the reason follows.
    try_failed: "We couldn’t load the recorded shoppers.",

    // The panel with the figures of the last run.
    /// Button in the status line, and heading of its panel.
    under: "Under the hood",
    /// Below it.
    under_sub: "The last ranking on this device, as measured. It follows every click.",
    /// Nothing has been ranked.
    under_none: "No ranking yet. Open a product.",
    /// Heading of the times: milliseconds.
    under_time: "Where {} ms went",
    /// Step 1.
    under_adapt: "Read your clicks, fine-tune",
    /// Step 2.
    under_scan: "Score every product",
    /// Step 3.
    under_candidates: "Choose candidates",
    /// Step 4.
    under_ranker: "Rank the candidates",
    /// Step 5.
    under_reasons: "Find the reasons",
    /// What is left of the time.
    under_rest: "Offers, profile and messages",
    /// A short time: milliseconds at most.
    under_less: "< {} ms",
    /// Below the times.
    under_clock: "Browsers round these times to 0.1 ms or more.",
    /// Heading of fine-tuning.
    under_tuning: "Fine-tuning",
    /// Label: loss before the first gradient step.
    under_before: "Loss before",
    /// Label: loss after the last gradient step.
    under_after: "Loss after",
    /// Fine-tuning did not run.
    under_untuned: "It did not run: with so few clicks, or with these, it would not help.",
    /// Heading of the products nearest to the user embedding.
    under_near: "Nearest to your taste",
    /// Below them.
    under_cosine: "Cosine between a product and the vector of your taste. 1.00 is the same direction. Your own clicks are left out.",
    /// Heading of the network.
    under_network: "Network",
    /// Label: number of requests since everything was loaded.
    under_requests: "Requests since the page loaded",
    /// Label: bytes sent.
    under_bytes: "Bytes sent",
    /// The fixed files are still arriving.
    under_loading: "still loading",
    /// Below it.
    under_watch: "The page downloads the same files for everyone, then asks for nothing. Your browser’s network tab counts the engine’s worker as well.",

    // 'How it works' and missing pages.
    /// Heading of paragraph 1.
    how_head_1: "Trained on many shoppers",
    /// Its text.
    how_text_1: "We trained a small model on the baskets of many households: what is bought together, what is alike, what sells. It comes with this page.",
    /// Heading of paragraph 2.
    how_head_2: "Adapts to you, in your browser",
    /// Its text.
    how_text_2: "Every product you open, add or hide, and every search you submit or open a product from, adapts the model to you, and it ranks the whole shop again: in your browser, within milliseconds.",
    /// Heading of paragraph 3.
    how_head_3: "Nothing leaves this device",
    /// Its text.
    how_text_3: "After loading, the page downloads its other files, the same for everyone, and then makes no more requests. Your clicks and the searches your picks follow are stored in this browser only: this visit, and for 30 days what you put in the cart on the 10 visits before it. A visit ends when you check out or do nothing for 30 minutes. “Forget” erases all of it; your cart stays.",
    /// Follows it if the site has two shops.
    how_shops: "Groceries and gifts are two shops with a memory each: neither reads the other’s, and “Forget” erases only that of the shop you are in.",
    /// Heading of paragraph 4.
    how_head_4: "Honest reasons",
    /// Its text.
    how_text_4: "“Because of” names the clicks and searches without which a product would rank lower: we leave out each in turn and measure. “Popular here” means that none of them matters.",
    /// Heading of the facts.
    how_now: "Right now",
    /// Label: which engine.
    fact_engine: "Engine",
    /// Label: reason for that engine.
    fact_reason: "Why this engine",
    /// Label: number of products.
    fact_products: "Products ranked",
    /// Label: number of context items.
    fact_clicks: "Clicks used",
    /// Label: number of searches that the picks follow.
    fact_searches: "Searches used",
    /// Label: number of earlier visits.
    fact_visits: "Earlier visits remembered",
    /// Label: time of the last ranking.
    fact_time: "Last ranking",
    /// A time: milliseconds.
    fact_ms: "{} ms",
    /// Label: weight of the fine-tuned user embedding.
    fact_gate: "Weight of on-device fine-tuning",
    /// A share: percent.
    percent: "{}%",
    /// Label: pack.
    fact_pack: "Model file",
    /// Heading of the data notice.
    how_data: "The data",
    /// Link to the page of tables.
    tables: "Few examples, any table",
    /// Heading of an unknown address.
    lost: "Page not found",
    /// Below it.
    lost_hint: "The link may be old or mistyped.",
    /// Heading of an unknown product.
    no_such_product: "Product not found",
    /// Heading of an unknown department.
    no_such_department: "Department not found",
}
