//! The shopper's taste, in categories and brands that can be corrected.
//!
//! This is a count, not a guess at a person: the share of the clicks in a category, with a brand,
//! at a price. The engine learns from the same clicks in its own way; corrections are applied to
//! its picks, see [`Corrections::apply`].

use fewshop_core::{ItemIx, Session};

use super::departments::sort_few;
use super::{Catalogue, Money, Pick, short_brand};

/// A correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correction {
    /// Twice as far ahead.
    More,
    /// Half as far ahead.
    Less,
    /// Not at all.
    Never,
}

impl Correction {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::More, Self::Less, Self::Never];

    /// Its name as stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::More => "more",
            Self::Less => "less",
            Self::Never => "never",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|correction| correction.name() == name)
    }
}

/// The shopper's corrections of categories and brands, by key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Corrections(Vec<(String, Correction)>);

impl Corrections {
    /// Whether nothing was corrected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A number that differs for other corrections.
    pub(super) fn revision(&self) -> u64 {
        let letters = |key: &str| {
            key.bytes()
                .fold(7u64, |sum, b| sum.wrapping_mul(31) + u64::from(b))
        };
        let corrections = self.iter();
        let numbers = corrections.map(|(key, correction)| letters(key) ^ correction as u64);
        numbers.fold(0, |all, number| all.wrapping_mul(31).wrapping_add(number))
    }

    /// All corrections, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Correction)> {
        self.0
            .iter()
            .map(|(key, correction)| (key.as_str(), *correction))
    }

    /// The correction of a category or brand.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Correction> {
        self.0
            .iter()
            .find(|(other, _)| other == key)
            .map(|(_, correction)| *correction)
    }

    /// Corrects a category or brand, or takes the correction back.
    pub fn set(&mut self, key: &str, correction: Option<Correction>) {
        self.0.retain(|(other, _)| other != key);
        self.0
            .extend(correction.map(|correction| (key.to_owned(), correction)));
    }

    /// Whether a correction excludes a product.
    #[must_use]
    pub fn forbids(&self, catalogue: &Catalogue, item: ItemIx) -> bool {
        !self.is_empty()
            && keys(catalogue, item)
                .iter()
                .any(|key| self.get(key) == Some(Correction::Never))
    }

    /// Picks in the engine's order, corrected: 'never' removes a pick, 'more' halves its rank,
    /// 'less' doubles it.
    #[must_use]
    pub fn apply(&self, catalogue: &Catalogue, picks: Vec<Pick>) -> Vec<Pick> {
        if self.is_empty() {
            return picks;
        }
        let mut placed: Vec<(usize, Pick)> = Vec::with_capacity(picks.len());
        for (at, pick) in picks.into_iter().enumerate() {
            let corrections = keys(catalogue, pick.item).map(|key| self.get(&key));
            if corrections.contains(&Some(Correction::Never)) {
                continue;
            }
            // Four times the rank, so that halving it for category and brand leaves integers.
            let place =
                corrections
                    .into_iter()
                    .flatten()
                    .fold((at + 1) * 4, |place, correction| match correction {
                        Correction::More => place / 2,
                        _ => place * 2,
                    });
            placed.push((place, pick));
        }
        sort_few(&mut placed, |a, b| a.0 < b.0);
        placed.into_iter().map(|(_, pick)| pick).collect()
    }
}

/// The keys of a product's category and brand.
fn keys(catalogue: &Catalogue, item: ItemIx) -> [String; 2] {
    let (brand, _) = catalogue.brand_and_size(item);
    [
        category_key(catalogue.category(item)),
        format!("brand/{brand}"),
    ]
}

fn category_key(path: &[String]) -> String {
    format!(
        "category/{}",
        path.iter()
            .take(2)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("/")
    )
}

/// How much evidence there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// One view.
    Guess,
    /// A few.
    Some,
    /// Many.
    Sure,
}

/// A category or brand that the shopper seems to like.
#[derive(Debug, Clone, PartialEq)]
pub struct Liking {
    /// Its name among the [`Corrections`].
    pub key: String,
    /// As shown.
    pub name: String,
    /// Its share of the clicks, 0 to 1, shrunk towards 0 if there are few.
    pub weight: f32,
    /// How much evidence there is.
    pub certainty: Certainty,
    /// The shopper's correction.
    pub correction: Option<Correction>,
}

/// The shopper's taste.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Profile {
    /// Categories, the most liked first.
    pub categories: Vec<Liking>,
    /// Brands, the most liked first.
    pub brands: Vec<Liking>,
    /// Half of the chosen products cost between these; `None` if fewer than three prices are known.
    pub prices: Option<(Money, Money)>,
}

/// Categories that are listed.
const CATEGORIES: usize = 8;
/// Brands that are listed.
const BRANDS: usize = 6;
/// Prior weight of other categories, so that one view is not 'all of your taste'.
const PRIOR: f32 = 3.0;

impl Profile {
    /// The taste in a session, with its corrections.
    #[must_use]
    pub fn of(catalogue: &Catalogue, session: &Session, corrections: &Corrections) -> Self {
        let clicks = session
            .context_items()
            .into_iter()
            .map(|click| (click.item, if click.kind.is_taken() { 2.0 } else { 1.0 }));
        let before = session.visits.iter().flatten().map(|&item| (item, 1.0));
        // Lists and not maps: they are short, and a map is some kB of wasm that every shopper
        // fetches.
        let (mut categories, mut brands) = (Vec::new(), Vec::new());
        let mut prices: Vec<Money> = Vec::new();
        let mut total = PRIOR;
        for (item, weight) in clicks.chain(before) {
            let [category, brand] = keys(catalogue, item);
            add(&mut categories, category, weight);
            if brand != "brand/" {
                add(&mut brands, brand, weight);
            }
            prices.extend(catalogue.price(item));
            total += weight;
        }
        // Corrected entries are always listed, so that the correction can be withdrawn.
        for (key, _) in corrections.iter() {
            let list = if key.starts_with("brand/") {
                &mut brands
            } else {
                &mut categories
            };
            add(list, key.to_owned(), 0.0);
        }
        sort_few(&mut prices, |a, b| a < b);
        let quarter = prices.len() / 4;
        let prices =
            (prices.len() >= 3).then(|| (prices[quarter], prices[prices.len() - 1 - quarter]));
        let list = |found: Vec<(String, f32)>, most: usize| {
            let mut list: Vec<Liking> = found
                .into_iter()
                .map(|(key, seen)| liking(key, seen, total, corrections))
                .collect();
            sort_few(&mut list, |a, b| a.weight > b.weight);
            let mut at = 0..;
            list.retain(|liking| {
                at.next().is_some_and(|at| at < most) || liking.correction.is_some()
            });
            list
        };
        Self {
            categories: list(categories, CATEGORIES),
            brands: list(brands, BRANDS),
            prices,
        }
    }
}

fn add(list: &mut Vec<(String, f32)>, key: String, weight: f32) {
    match list.iter_mut().find(|(other, _)| *other == key) {
        Some((_, sum)) => *sum += weight,
        None => list.push((key, weight)),
    }
}

fn liking(key: String, seen: f32, total: f32, corrections: &Corrections) -> Liking {
    let name = key.split_once('/').map_or("", |(_, name)| name);
    let name = if key.starts_with("brand/") {
        short_brand(name)
    } else {
        name.rsplit('/').next().unwrap_or_default()
    };
    let certainty = match seen {
        seen if seen < 2.0 => Certainty::Guess,
        seen if seen < 5.0 => Certainty::Some,
        _ => Certainty::Sure,
    };
    Liking {
        name: name.to_owned(),
        weight: seen / total,
        certainty,
        correction: corrections.get(&key),
        key,
    }
}

#[cfg(test)]
mod tests {
    use fewshop_core::{Event, EventKind};

    use super::*;
    use crate::state::catalogue::toy;

    fn session(events: &[(u32, EventKind)]) -> Session {
        let events = events
            .iter()
            .map(|&(item, kind)| Event::new(ItemIx(item), kind))
            .collect();
        Session {
            events,
            ..Session::default()
        }
    }

    #[test]
    fn what_was_carted_weighs_twice_and_one_look_is_a_guess() {
        let catalogue = toy();
        let profile = Profile::of(
            &catalogue,
            &session(&[(0, EventKind::View), (1, EventKind::Cart)]),
            &Corrections::default(),
        );
        assert_eq!(profile.categories.len(), 2, "{profile:?}");
        let (first, second) = (&profile.categories[0], &profile.categories[1]);
        assert!(
            (first.weight - 2.0 / 6.0).abs() < 1e-6 && (second.weight - 1.0 / 6.0).abs() < 1e-6
        );
        assert_eq!(
            (first.certainty, second.certainty),
            (Certainty::Some, Certainty::Guess)
        );
        assert_eq!(first.key, category_key(catalogue.category(ItemIx(1))));
    }

    #[test]
    fn nothing_done_says_nothing() {
        assert_eq!(
            Profile::of(&toy(), &Session::default(), &Corrections::default()),
            Profile::default()
        );
    }

    #[test]
    fn corrections_move_picks_and_never_means_never() {
        let catalogue = toy();
        let picks: Vec<Pick> = (0..4).map(|row| Pick::plain(ItemIx(row))).collect();
        let order = |corrections: &Corrections| {
            corrections
                .apply(&catalogue, picks.clone())
                .iter()
                .map(|pick| pick.item.0)
                .collect::<Vec<_>>()
        };
        let mut corrections = Corrections::default();
        assert_eq!(order(&corrections), [0, 1, 2, 3]);
        let key = category_key(catalogue.category(ItemIx(1)));
        corrections.set(&key, Some(Correction::Never));
        assert!(!order(&corrections).contains(&1) && corrections.forbids(&catalogue, ItemIx(1)));
        corrections.set(&key, Some(Correction::More));
        assert_eq!(
            order(&corrections)[..2],
            [0, 1],
            "the first place stays where it is twice as good"
        );
        corrections.set(
            &category_key(catalogue.category(ItemIx(0))),
            Some(Correction::Less),
        );
        assert_eq!(order(&corrections)[0], 1);
        corrections.set(&key, None);
        assert_eq!(corrections.iter().count(), 1);
    }

    #[test]
    fn what_is_corrected_is_listed_even_where_nothing_speaks_for_it() {
        let catalogue = toy();
        let mut corrections = Corrections::default();
        corrections.set("brand/Nobody", Some(Correction::Never));
        let profile = Profile::of(&catalogue, &session(&[(0, EventKind::View)]), &corrections);
        let listed = profile
            .brands
            .iter()
            .find(|liking| liking.name == "Nobody")
            .expect("it is listed");
        assert_eq!(
            (listed.weight, listed.correction),
            (0.0, Some(Correction::Never))
        );
    }

    #[test]
    fn names_of_corrections_come_back() {
        for correction in Correction::ALL {
            assert_eq!(Correction::from_name(correction.name()), Some(correction));
        }
        assert_eq!(Correction::from_name("perhaps"), None);
    }
}
