//! Business rules: what the shop itself wants shown, left out or moved, applied after the model has
//! ranked.
//!
//! Rules never change a score. They change the order of one answer and which products may be in it.
//! A pick that a rule moved is labelled, in
//! [`Recommendation::rule`](fewshop_core::Recommendation::rule).

use std::collections::HashMap;

use fewshop_core::{BusinessRule, Catalogue, Filter, ItemIx, order};
use serde::{Deserialize, Serialize};

/// Maximum number of pins, and of caps: each cap is one bit of a `u64`.
const MAX_RULES: usize = 64;
/// Maximum number of places that a pick is moved by, and the last place that can be pinned.
const MAX_PLACES: i32 = 10_000;

/// The rules of a shop, in rows of one catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BusinessRules {
    /// Products at fixed places of every shelf that learns from the session, unless its filter or
    /// the session excludes them.
    #[serde(rename = "pin", default, skip_serializing_if = "Vec::is_empty")]
    pub pins: Vec<Pin>,
    /// Products that move up (boost) or down (bury).
    #[serde(rename = "shift", default, skip_serializing_if = "Vec::is_empty")]
    pub shifts: Vec<Shift>,
    /// Products that are never picked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<ItemIx>,
    /// Products that are not picked while they are out of stock.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub out_of_stock: Vec<ItemIx>,
    /// How many picks of one answer may belong to a category.
    #[serde(rename = "cap", default, skip_serializing_if = "Vec::is_empty")]
    pub caps: Vec<Cap>,
    /// How much bestsellers are discounted on personal shelves, in percent, in place of the pack's
    /// own setting: 0 shows what is likeliest, 100 what is most special to the shopper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bestseller_discount: Option<u8>,
}

/// A product at a fixed place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(ItemIx, u32)", into = "(ItemIx, u32)")]
pub struct Pin {
    /// The product.
    pub item: ItemIx,
    /// Its place, from 1.
    pub place: u32,
}

impl From<(ItemIx, u32)> for Pin {
    fn from((item, place): (ItemIx, u32)) -> Self {
        Self { item, place }
    }
}

impl From<Pin> for (ItemIx, u32) {
    fn from(pin: Pin) -> Self {
        (pin.item, pin.place)
    }
}

/// A product that moves by a number of places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(ItemIx, i32)", into = "(ItemIx, i32)")]
pub struct Shift {
    /// The product.
    pub item: ItemIx,
    /// Places: up if positive (boost), down if negative (bury).
    pub places: i32,
}

impl From<(ItemIx, i32)> for Shift {
    fn from((item, places): (ItemIx, i32)) -> Self {
        Self { item, places }
    }
}

impl From<Shift> for (ItemIx, i32) {
    fn from(shift: Shift) -> Self {
        (shift.item, shift.places)
    }
}

/// The maximum number of picks of a category in one answer, unless the answer is requested for that
/// category alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// Beginning of the category path.
    pub category: Vec<String>,
    /// Maximum number of picks.
    #[serde(rename = "most")]
    pub max: u32,
}

impl BusinessRules {
    /// Whether there are no rules.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Checks the rules against their catalogue.
    ///
    /// # Errors
    /// A phrase that completes 'the rules ..'.
    pub fn check(&self, catalogue: &Catalogue) -> Result<(), String> {
        let n = catalogue.len();
        let pins = self.pins.iter().map(|pin| pin.item);
        let shifts = self.shifts.iter().map(|shift| shift.item);
        let all = pins
            .clone()
            .chain(shifts.clone())
            .chain(self.exclude.iter().copied())
            .chain(self.out_of_stock.iter().copied());
        if let Some(item) = all.into_iter().find(|item| item.row() >= n) {
            return Err(format!("name row {}, the catalogue has {n}", item.0));
        }
        if self.pins.len() > MAX_RULES || self.caps.len() > MAX_RULES {
            return Err(format!(
                "hold {} pins and {} caps, at most {MAX_RULES} of each are allowed",
                self.pins.len(),
                self.caps.len()
            ));
        }
        for (what, mut items) in [
            ("pinned", pins.collect::<Vec<_>>()),
            ("moved", shifts.collect()),
        ] {
            order::sort_by_key(&mut items, |&item| item);
            if let Some(pair) = items.windows(2).find(|w| w[0] == w[1]) {
                return Err(format!("state twice where row {} is {what}", pair[0].0));
            }
        }
        let mut places: Vec<u32> = self.pins.iter().map(|pin| pin.place).collect();
        order::sort_by_key(&mut places, |&place| place);
        if places.windows(2).any(|w| w[0] == w[1]) {
            return Err("pin two products to one place".to_owned());
        }
        let max = MAX_PLACES.unsigned_abs();
        if !places.iter().all(|place| (1..=max).contains(place)) {
            return Err(format!("pin to a place that is not from 1 to {MAX_PLACES}"));
        }
        let moved = |shift: &Shift| (1..=max).contains(&shift.places.unsigned_abs());
        if !self.shifts.iter().all(moved) {
            return Err(format!(
                "move by a number of places that is not from 1 to {MAX_PLACES}"
            ));
        }
        if self
            .bestseller_discount
            .is_some_and(|percent| percent > 100)
        {
            return Err("discount bestsellers by more than 100 percent".to_owned());
        }
        if self.caps.iter().any(|cap| cap.category.is_empty()) {
            return Err("cap a category without a name".to_owned());
        }
        Ok(())
    }
}

/// The rules compiled for ranking.
#[derive(Debug)]
pub(crate) struct AppliedRules {
    rules: BusinessRules,
    /// Places by item.
    shifts: HashMap<ItemIx, i32>,
    /// For each category, by number, the caps that count it, one bit each.
    caps: Vec<u64>,
}

impl AppliedRules {
    /// `None` when there are no rules.
    ///
    /// # Shapes
    /// - `category`: `[items]`, the number of each product's category
    pub(crate) fn of(
        rules: &BusinessRules,
        category: &[u32],
        catalogue: &Catalogue,
    ) -> Option<Self> {
        if rules.is_empty() {
            return None;
        }
        let mut caps = vec![None; category.iter().max().map_or(0, |&max| max as usize + 1)];
        for (&category, item) in category.iter().zip(catalogue.items()) {
            caps[category as usize].get_or_insert_with(|| {
                let begins = |cap: &Cap| item.category.starts_with(&cap.category);
                rules
                    .caps
                    .iter()
                    .enumerate()
                    .fold(0u64, |bits, (nth, cap)| {
                        bits | u64::from(begins(cap)) << nth
                    })
            });
        }
        let caps = caps.into_iter().map(Option::unwrap_or_default).collect();
        let shifts = rules.shifts.iter().map(|shift| (shift.item, shift.places));
        Some(Self {
            shifts: shifts.collect(),
            rules: rules.clone(),
            caps,
        })
    }

    /// Products that may not be picked.
    pub(crate) fn excluded_items(&self) -> impl Iterator<Item = ItemIx> {
        let rules = &self.rules;
        rules.exclude.iter().chain(&rules.out_of_stock).copied()
    }

    /// Products that must be among the candidates.
    pub(crate) fn pinned(&self) -> impl Iterator<Item = ItemIx> {
        self.rules.pins.iter().map(|pin| pin.item)
    }

    /// The rule that applies to a product, picked or not.
    pub(crate) fn rule_for(&self, item: ItemIx, pins: bool) -> Option<BusinessRule> {
        if pins && self.pinned().any(|pinned| pinned == item) {
            return Some(BusinessRule::Pin);
        }
        self.shifts.get(&item).map(|&places| {
            if places > 0 {
                BusinessRule::Boost
            } else {
                BusinessRule::Bury
            }
        })
    }

    /// Applies the rules to one ranking.
    ///
    /// # Shapes
    /// - `ranked`: positions among the candidates `items`, best first, all of them
    /// - output: at most `n` of these positions, each with the rule that moved it
    pub(crate) fn order(
        &self,
        ranked: &[u32],
        items: &[u32],
        category: &[u32],
        filter: &Filter,
        pins: bool,
        n: usize,
    ) -> Vec<(usize, Option<BusinessRule>)> {
        let item = |at: u32| ItemIx(items[at as usize]);
        let place_of: HashMap<ItemIx, u32> = if pins {
            let pins = self.rules.pins.iter();
            pins.map(|pin| (pin.item, pin.place)).collect()
        } else {
            HashMap::new()
        };
        let mut moved: Vec<(i64, bool, u32, Option<BusinessRule>)> =
            Vec::with_capacity(ranked.len());
        let mut pinned: Vec<(u32, u32)> = Vec::new();
        for (nth, &at) in (0i64..).zip(ranked) {
            if let Some(&place) = place_of.get(&item(at)) {
                pinned.push((place, at));
                continue;
            }
            let places = self.shifts.get(&item(at)).copied().unwrap_or(0);
            // The first pick cannot move up, so it is not labelled as boosted.
            let rule = self
                .rule_for(item(at), false)
                .filter(|&rule| rule == BusinessRule::Bury || nth > 0);
            // A pick that moves up comes before the one whose place it takes, one that moves down
            // after it.
            moved.push((
                2 * (nth - i64::from(places)) - i64::from(places.signum()),
                places == 0,
                at,
                rule,
            ));
        }
        order::sort_by_key(&mut moved, |&(key, unmoved, ..)| (key, unmoved));
        order::sort_by_key(&mut pinned, |&pin| pin);
        pinned.retain(|&(place, _)| place as usize <= n);

        // A shelf for a capped category, or for a part of it, would be empty under its cap.
        let within = |cap: &Cap| filter.category.starts_with(&cap.category);
        let caps = self.rules.caps.iter().enumerate();
        let active = caps.fold(0u64, |bits, (nth, cap)| {
            bits | u64::from(!within(cap)) << nth
        });
        let caps = |at: u32| self.caps[category[item(at).row()] as usize] & active;
        let mut left: Vec<u32> = self.rules.caps.iter().map(|cap| cap.max).collect();
        let mut take = |at: u32, must: bool| {
            let bits = caps(at);
            let counted = || (0..left.len()).filter(|nth| bits >> nth & 1 == 1);
            let free = counted().all(|nth| left[nth] > 0);
            if free || must {
                let counted: Vec<usize> = counted().collect();
                counted
                    .into_iter()
                    .for_each(|nth| left[nth] = left[nth].saturating_sub(1));
            }
            free || must
        };
        // Pins count first: no cap removes them.
        for &(_, at) in &pinned {
            take(at, true);
        }
        let mut out = Vec::with_capacity(n.min(ranked.len()));
        for (.., at, rule) in moved {
            if out.len() == n {
                break;
            }
            if take(at, false) {
                out.push((at as usize, rule));
            }
        }
        for (place, at) in pinned {
            out.insert(
                (place as usize - 1).min(out.len()),
                (at as usize, Some(BusinessRule::Pin)),
            );
        }
        out.truncate(n);
        out
    }
}

#[cfg(test)]
mod tests {
    use fewshop_core::Item;

    use super::*;

    fn pins(pins: &[(u32, u32)]) -> Vec<Pin> {
        pins.iter()
            .map(|&(row, place)| Pin::from((ItemIx(row), place)))
            .collect()
    }

    fn shifts(shifts: &[(u32, i32)]) -> Vec<Shift> {
        shifts
            .iter()
            .map(|&(row, places)| Shift::from((ItemIx(row), places)))
            .collect()
    }

    /// Six products in two categories, ranked in the order of their rows.
    #[track_caller]
    fn check(rules: BusinessRules, n: usize, expected: &[(u32, &str)]) {
        let items = (0..6).map(|row| {
            let mut item = Item::new(&row.to_string(), "x");
            item.category = vec!["Food".to_owned(), ["Tea", "Bread"][row % 2].to_owned()];
            item
        });
        let catalogue = Catalogue::new(items.collect()).unwrap();
        assert_eq!(rules.check(&catalogue), Ok(()));
        let category = [0, 1, 0, 1, 0, 1];
        let applied = AppliedRules::of(&rules, &category, &catalogue).unwrap();
        let rows: Vec<u32> = (0..6).collect();
        let order = applied.order(&rows, &rows, &category, &Filter::ALL, true, n);
        let name = |rule: Option<BusinessRule>| rule.map_or("", BusinessRule::name);
        let found: Vec<(u32, &str)> = order
            .into_iter()
            .map(|(at, rule)| (at as u32, name(rule)))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_pin_has_its_place_and_the_others_close_up() {
        let rules = BusinessRules {
            pins: pins(&[(5, 1), (0, 3)]),
            ..BusinessRules::default()
        };
        check(
            rules.clone(),
            4,
            &[(5, "pin"), (1, ""), (0, "pin"), (2, "")],
        );
        // The place is past the end of a shorter answer.
        check(rules, 1, &[(5, "pin")]);
    }

    #[test]
    fn moves_count_places_and_stop_at_the_ends() {
        let shift = |shift: &[(u32, i32)]| BusinessRules {
            shifts: shifts(shift),
            ..BusinessRules::default()
        };
        check(
            shift(&[(4, 2)]),
            6,
            &[(0, ""), (1, ""), (4, "boost"), (2, ""), (3, ""), (5, "")],
        );
        check(
            shift(&[(1, -2)]),
            6,
            &[(0, ""), (2, ""), (3, ""), (1, "bury"), (4, ""), (5, "")],
        );
        check(
            shift(&[(0, 9), (1, -9)]),
            6,
            &[(0, ""), (2, ""), (3, ""), (4, ""), (5, ""), (1, "bury")],
        );
    }

    #[test]
    fn a_cap_counts_pins_and_lets_the_next_ones_up() {
        let caps = vec![Cap {
            category: vec!["Food".to_owned(), "Tea".to_owned()],
            max: 1,
        }];
        check(
            BusinessRules {
                caps: caps.clone(),
                ..BusinessRules::default()
            },
            4,
            &[(0, ""), (1, ""), (3, ""), (5, "")],
        );
        check(
            BusinessRules {
                caps,
                pins: pins(&[(4, 2)]),
                ..BusinessRules::default()
            },
            6,
            &[(1, ""), (4, "pin"), (3, ""), (5, "")],
        );
    }

    #[test]
    fn a_shelf_of_the_capped_category_is_whole() {
        let catalogue = Catalogue::new(vec![Item {
            category: vec!["Food".into()],
            ..Item::new("a", "A")
        }])
        .unwrap();
        let rules = BusinessRules {
            caps: vec![Cap {
                category: vec!["Food".into()],
                max: 0,
            }],
            ..BusinessRules::default()
        };
        let applied = AppliedRules::of(&rules, &[0], &catalogue).unwrap();
        let of = |filter: &Filter| applied.order(&[0], &[0], &[0], filter, true, 5).len();
        assert_eq!(
            (
                of(&Filter::ALL),
                of(&Filter::of_category(vec!["Food".into()]))
            ),
            (0, 1)
        );
    }

    #[test]
    fn rules_that_contradict_each_other_or_the_catalogue_are_refused() {
        let catalogue = Catalogue::new(vec![Item::new("a", "A"), Item::new("b", "B")]).unwrap();
        let bad = [
            BusinessRules {
                exclude: vec![ItemIx(2)],
                ..BusinessRules::default()
            },
            BusinessRules {
                pins: pins(&[(0, 1), (1, 1)]),
                ..BusinessRules::default()
            },
            BusinessRules {
                pins: pins(&[(0, 1), (0, 2)]),
                ..BusinessRules::default()
            },
            BusinessRules {
                pins: pins(&[(0, 0)]),
                ..BusinessRules::default()
            },
            BusinessRules {
                shifts: shifts(&[(0, 1), (0, -1)]),
                ..BusinessRules::default()
            },
            BusinessRules {
                shifts: shifts(&[(0, i32::MIN)]),
                ..BusinessRules::default()
            },
            BusinessRules {
                caps: vec![Cap {
                    category: vec![],
                    max: 1,
                }],
                ..BusinessRules::default()
            },
            BusinessRules {
                caps: vec![
                    Cap {
                        category: vec!["x".into()],
                        max: 1
                    };
                    65
                ],
                ..BusinessRules::default()
            },
        ];
        for rules in bad {
            assert!(rules.check(&catalogue).is_err(), "{rules:?}");
        }
    }
}
