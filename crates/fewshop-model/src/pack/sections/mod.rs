//! The sections of the pack, one file each, and the one list of them.

mod attributes;
mod catalogue;
mod category_lifts;
mod item_vectors;
mod joined_pairs;
mod networks;
mod new_items;
mod offers;
mod pairs;
mod popularity;
mod product_quantisation;
mod promotions;
mod repeat_rates;
mod rules;
mod seasonal_counts;
mod settings;
mod tasks;
mod variants;

pub(super) use attributes::AttributesMeta;

macro_rules! list {
    () => { () };
    ($first:path, $($rest:path,)*) => { ($first, list!($($rest,)*)) };
}

/// All sections in the order of the file. Writing, reading, checking, reordering and growing
/// iterate over this list, so none of them can forget a section.
pub(super) type All = list![
    settings::Settings,
    catalogue::Products,
    popularity::Popularity,
    seasonal_counts::SeasonalCounts,
    repeat_rates::RepeatRates,
    product_quantisation::ProductQuantisation,
    item_vectors::ItemVectors,
    pairs::Pairs,
    joined_pairs::JoinedPairs,
    networks::Networks,
    attributes::Attributes,
    rules::Rules,
    offers::Offers,
    new_items::NewItems,
    tasks::Tasks,
    promotions::Promotions,
    category_lifts::Lifts,
    variants::Groups,
];
