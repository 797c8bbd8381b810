//! The merchant's hand: what the shop itself wants shown, left out or moved, after the model has
//! ranked.
//!
//! The model's scores stay what they are; rules change the order of one answer and who may stand in
//! it. A pick that a rule moved says so, in
//! [`Recommendation::rule`](fewshop_core::Recommendation::rule).

use std::collections::HashMap;

use fewshop_core::{Catalogue, Filter, MerchantRule};
use serde::{Deserialize, Serialize};

/// Most pins, and most caps: a cap is a bit of a word.
const MOST: usize = 64;
/// Most places that a pick is moved by, and the last place that can be pinned.
const MOST_PLACES: i32 = 10_000;

/// What a merchant asks for, in rows of one catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MerchantRules {
    /// Row and place from 1: it stands there on every shelf that learns from the session, where its
    /// filter and the session allow it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pin: Vec<(u32, u32)>,
    /// Row and places: up where positive (boost), down where negative (bury).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shift: Vec<(u32, i32)>,
    /// Rows that are never picked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<u32>,
    /// Rows that are not picked as long as there are none to sell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub out_of_stock: Vec<u32>,
    /// How many picks of one answer may be of a category.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cap: Vec<Cap>,
}

/// No more than so many of a category in one answer, unless the answer is asked for that category
/// alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// What the category's path begins with.
    pub category: Vec<String>,
    /// Most picks of it.
    pub most: u32,
}

impl MerchantRules {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Checks the rules against the catalogue that they are for.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn check(&self, catalogue: &Catalogue) -> Result<(), String> {
        let n = catalogue.len();
        let pins = self.pin.iter().map(|&(row, _)| row);
        let all = pins
            .clone()
            .chain(self.shift.iter().map(|&(row, _)| row))
            .chain(self.exclude.iter().copied());
        if let Some(row) = all
            .chain(self.out_of_stock.iter().copied())
            .find(|&row| row as usize >= n)
        {
            return Err(format!("name row {row}, the catalogue has {n}"));
        }
        if self.pin.len() > MOST || self.cap.len() > MOST {
            return Err(format!(
                "hold {} pins and {} caps, at most {MOST} of each are allowed",
                self.pin.len(),
                self.cap.len()
            ));
        }
        for (what, rows) in [
            ("pinned", pins.collect::<Vec<_>>()),
            ("moved", self.shift.iter().map(|&(row, _)| row).collect()),
        ] {
            let mut rows = rows;
            rows.sort_unstable();
            if let Some(pair) = rows.windows(2).find(|w| w[0] == w[1]) {
                return Err(format!("say twice where row {} is {what}", pair[0]));
            }
        }
        let mut places: Vec<u32> = self.pin.iter().map(|&(_, place)| place).collect();
        places.sort_unstable();
        if places.windows(2).any(|w| w[0] == w[1]) {
            return Err("pin two products to one place".to_owned());
        }
        if places
            .iter()
            .any(|&place| place == 0 || place > MOST_PLACES.unsigned_abs())
        {
            return Err(format!(
                "pin to a place that is not from 1 to {MOST_PLACES}"
            ));
        }
        if self
            .shift
            .iter()
            .any(|&(_, by)| by == 0 || by.unsigned_abs() > MOST_PLACES.unsigned_abs())
        {
            return Err(format!(
                "move by a number of places that is not from 1 to {MOST_PLACES}"
            ));
        }
        if self.cap.iter().any(|cap| cap.category.is_empty()) {
            return Err("cap a category without a name".to_owned());
        }
        Ok(())
    }
}

/// Rules made ready for ranking.
#[derive(Debug)]
pub(crate) struct Hand {
    rules: MerchantRules,
    shift: HashMap<u32, i32>,
    /// For each category, by number, which caps count it.
    caps: Vec<u64>,
}

impl Hand {
    /// `None` where there are no rules. `category` is the number of each item's category.
    pub(crate) fn of(
        rules: &MerchantRules,
        category: &[u32],
        catalogue: &Catalogue,
    ) -> Option<Self> {
        if rules.is_empty() {
            return None;
        }
        let mut caps = vec![None; category.iter().max().map_or(0, |&most| most as usize + 1)];
        for (&category, item) in category.iter().zip(catalogue.items()) {
            caps[category as usize].get_or_insert_with(|| {
                let begins = |cap: &Cap| item.category.starts_with(&cap.category);
                rules.cap.iter().enumerate().fold(0u64, |bits, (nth, cap)| {
                    bits | u64::from(begins(cap)) << nth
                })
            });
        }
        let caps = caps.into_iter().map(Option::unwrap_or_default).collect();
        Some(Self {
            rules: rules.clone(),
            shift: rules.shift.iter().copied().collect(),
            caps,
        })
    }

    /// Rows that may not be picked.
    pub(crate) fn closed(&self) -> impl Iterator<Item = u32> {
        self.rules
            .exclude
            .iter()
            .chain(&self.rules.out_of_stock)
            .copied()
    }

    /// Rows that must be among the candidates.
    pub(crate) fn pinned(&self) -> impl Iterator<Item = u32> {
        self.rules.pin.iter().map(|&(row, _)| row)
    }

    /// What the rules say of one product, picked or not.
    pub(crate) fn word(&self, row: u32, pins: bool) -> Option<MerchantRule> {
        if pins && self.pinned().any(|pinned| pinned == row) {
            return Some(MerchantRule::Pin);
        }
        self.shift.get(&row).map(|&by| {
            if by > 0 {
                MerchantRule::Boost
            } else {
                MerchantRule::Bury
            }
        })
    }

    /// Orders one answer anew.
    ///
    /// # Shapes
    /// - `ranked`: places among the candidates `items`, best first, all of them
    /// - output: at most `n` of these places, each with the rule that moved it
    pub(crate) fn order(
        &self,
        ranked: &[u32],
        items: &[u32],
        category: &[u32],
        filter: &Filter,
        pins: bool,
        n: usize,
    ) -> Vec<(usize, Option<MerchantRule>)> {
        let row = |at: u32| items[at as usize];
        let place_of: HashMap<u32, u32> = if pins {
            self.rules.pin.iter().copied().collect()
        } else {
            HashMap::new()
        };
        let mut moved: Vec<(i64, bool, u32, Option<MerchantRule>)> =
            Vec::with_capacity(ranked.len());
        let mut pinned: Vec<(u32, u32)> = Vec::new();
        for (nth, &at) in (0i64..).zip(ranked) {
            if let Some(&place) = place_of.get(&row(at)) {
                pinned.push((place, at));
                continue;
            }
            let by = self.shift.get(&row(at)).copied().unwrap_or(0);
            // What already stands first cannot be boosted, and has nothing to say of it.
            let word = self
                .word(row(at), false)
                .filter(|&word| word == MerchantRule::Bury || nth > 0);
            // A pick that moves up stands before the one whose place it takes, one that moves down
            // behind it.
            moved.push((
                2 * (nth - i64::from(by)) - i64::from(by.signum()),
                by == 0,
                at,
                word,
            ));
        }
        moved.sort_by_key(|&(key, still, ..)| (key, still));
        pinned.sort_unstable();
        pinned.retain(|&(place, _)| place as usize <= n);

        // A shelf that is asked for a capped category, or for a part of it, would be empty under
        // its cap.
        let within = |cap: &Cap| filter.category.starts_with(&cap.category);
        let on = self
            .rules
            .cap
            .iter()
            .enumerate()
            .fold(0u64, |bits, (nth, cap)| {
                bits | u64::from(!within(cap)) << nth
            });
        let caps = |at: u32| self.caps[category[row(at) as usize] as usize] & on;
        let mut left: Vec<u32> = self.rules.cap.iter().map(|cap| cap.most).collect();
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
        // Pins count first: they stand whatever the caps say.
        for &(_, at) in &pinned {
            take(at, true);
        }
        let mut out = Vec::with_capacity(n.min(ranked.len()));
        for (.., at, word) in moved {
            if out.len() == n {
                break;
            }
            if take(at, false) {
                out.push((at as usize, word));
            }
        }
        for (place, at) in pinned {
            out.insert(
                (place as usize - 1).min(out.len()),
                (at as usize, Some(MerchantRule::Pin)),
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

    /// Six products in two categories, ranked in the order of their rows.
    #[track_caller]
    fn check(rules: MerchantRules, n: usize, expected: &[(u32, &str)]) {
        let items = (0..6).map(|row| {
            let mut item = Item::new(&row.to_string(), "x");
            item.category = vec!["Food".to_owned(), ["Tea", "Bread"][row % 2].to_owned()];
            item
        });
        let catalogue = Catalogue::new(items.collect()).unwrap();
        assert_eq!(rules.check(&catalogue), Ok(()));
        let category = [0, 1, 0, 1, 0, 1];
        let hand = Hand::of(&rules, &category, &catalogue).unwrap();
        let rows: Vec<u32> = (0..6).collect();
        let order = hand.order(&rows, &rows, &category, &Filter::ALL, true, n);
        let word = |rule: Option<MerchantRule>| rule.map_or("", MerchantRule::name);
        let found: Vec<(u32, &str)> = order
            .into_iter()
            .map(|(at, rule)| (at as u32, word(rule)))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_pin_stands_at_its_place_and_the_others_close_up() {
        let rules = MerchantRules {
            pin: vec![(5, 1), (0, 3)],
            ..MerchantRules::default()
        };
        check(
            rules.clone(),
            4,
            &[(5, "pin"), (1, ""), (0, "pin"), (2, "")],
        );
        // Beyond what is asked for there is no such place.
        check(rules, 1, &[(5, "pin")]);
    }

    #[test]
    fn moves_are_by_so_many_places_and_end_at_the_ends() {
        let shift = |shift: &[(u32, i32)]| MerchantRules {
            shift: shift.to_vec(),
            ..MerchantRules::default()
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
        let cap = vec![Cap {
            category: vec!["Food".to_owned(), "Tea".to_owned()],
            most: 1,
        }];
        check(
            MerchantRules {
                cap: cap.clone(),
                ..MerchantRules::default()
            },
            4,
            &[(0, ""), (1, ""), (3, ""), (5, "")],
        );
        check(
            MerchantRules {
                cap,
                pin: vec![(4, 2)],
                ..MerchantRules::default()
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
        let rules = MerchantRules {
            cap: vec![Cap {
                category: vec!["Food".into()],
                most: 0,
            }],
            ..MerchantRules::default()
        };
        let hand = Hand::of(&rules, &[0], &catalogue).unwrap();
        let of = |filter: &Filter| hand.order(&[0], &[0], &[0], filter, true, 5).len();
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
            MerchantRules {
                exclude: vec![2],
                ..MerchantRules::default()
            },
            MerchantRules {
                pin: vec![(0, 1), (1, 1)],
                ..MerchantRules::default()
            },
            MerchantRules {
                pin: vec![(0, 1), (0, 2)],
                ..MerchantRules::default()
            },
            MerchantRules {
                pin: vec![(0, 0)],
                ..MerchantRules::default()
            },
            MerchantRules {
                shift: vec![(0, 1), (0, -1)],
                ..MerchantRules::default()
            },
            MerchantRules {
                shift: vec![(0, i32::MIN)],
                ..MerchantRules::default()
            },
            MerchantRules {
                cap: vec![Cap {
                    category: vec![],
                    most: 1,
                }],
                ..MerchantRules::default()
            },
            MerchantRules {
                cap: vec![
                    Cap {
                        category: vec!["x".into()],
                        most: 1
                    };
                    65
                ],
                ..MerchantRules::default()
            },
        ];
        for rules in bad {
            assert!(rules.check(&catalogue).is_err(), "{rules:?}");
        }
    }
}
