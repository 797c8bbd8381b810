//! What the last click changed on the first shelf.

use fewshop_core::ItemIx;

use super::{Catalogue, Pick};

/// The difference between two shelves.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Change {
    /// Products that came, in the order of the new shelf.
    pub came: Vec<ItemIx>,
    /// Products that stand higher than before.
    pub rose: Vec<ItemIx>,
    /// Products that left, in the order of the old shelf.
    pub left: Vec<ItemIx>,
    /// The category with most more cards than before, if any gained.
    pub more: Option<String>,
    /// The category with most fewer cards than before, if any lost.
    pub less: Option<String>,
}

impl Change {
    /// From one shelf to the next.
    #[must_use]
    pub fn between(catalogue: &Catalogue, before: &[Pick], now: &[Pick]) -> Self {
        let place = |shelf: &[Pick], item| shelf.iter().position(|pick| pick.item == item);
        let mut change = Self::default();
        let mut counts: Vec<(&str, i32)> = Vec::new();
        let mut count = |item, by| {
            let Some(name) = catalogue.category(item).last() else {
                return;
            };
            match counts.iter_mut().find(|(other, _)| other == name) {
                Some((_, count)) => *count += by,
                None => counts.push((name, by)),
            }
        };
        for (at, pick) in now.iter().enumerate() {
            count(pick.item, 1);
            match place(before, pick.item) {
                None => change.came.push(pick.item),
                Some(old) if old > at => change.rose.push(pick.item),
                Some(_) => {}
            }
        }
        for pick in before {
            count(pick.item, -1);
            if place(now, pick.item).is_none() {
                change.left.push(pick.item);
            }
        }
        // The first of equals: the category that stands higher on the new shelf.
        let (mut more, mut less) = (0, 0);
        for &(name, count) in &counts {
            if count > more {
                (more, change.more) = (count, Some(name.to_owned()));
            }
            if count < less {
                (less, change.less) = (count, Some(name.to_owned()));
            }
        }
        change
    }

    /// Whether the shelves are the same.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.came.is_empty() && self.rose.is_empty() && self.left.is_empty()
    }
}

/// What the first shelf has shown: now, and before the shopper's last action. A shelf may take the
/// new order late, because it does not move under the pointer, so this follows what is on the screen
/// and not what the engine answered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seen {
    /// The log when `now` was shown; `None` before the first shelf.
    revision: Option<u64>,
    now: Vec<Pick>,
    before: Vec<Pick>,
}

impl Seen {
    /// The shelf shows these picks while the log has this revision. Whether that is new.
    pub fn show(&mut self, revision: u64, picks: &[Pick]) -> bool {
        let items = |picks: &[Pick]| picks.iter().map(|pick| pick.item).collect::<Vec<_>>();
        if items(&self.now) == items(picks) {
            return false;
        }
        // Answers that come without an action, as after a reload, change nothing that the shopper
        // did.
        if self.revision.is_some_and(|old| old != revision) {
            self.before = std::mem::take(&mut self.now);
        }
        self.revision = Some(revision);
        self.now = picks.to_vec();
        true
    }

    /// The picks before the last action; empty if there was none.
    #[must_use]
    pub fn before(&self) -> &[Pick] {
        &self.before
    }

    /// What the last action changed; `None` if nothing, or if there was none.
    #[must_use]
    pub fn change(&self, catalogue: &Catalogue) -> Option<Change> {
        let change = Change::between(catalogue, &self.before, &self.now);
        (!self.before.is_empty() && !change.is_nothing()).then_some(change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::catalogue::toy;

    fn shelf(rows: &[u32]) -> Vec<Pick> {
        rows.iter().map(|&row| Pick::plain(ItemIx(row))).collect()
    }

    fn rows(items: &[ItemIx]) -> Vec<u32> {
        items.iter().map(|item| item.0).collect()
    }

    #[test]
    fn what_came_rose_and_left() {
        let change = Change::between(&toy(), &shelf(&[0, 1, 2]), &shelf(&[2, 4, 0]));
        assert_eq!(rows(&change.came), [4]);
        assert_eq!(rows(&change.rose), [2]);
        assert_eq!(rows(&change.left), [1]);
        assert_eq!(change.more.as_deref(), Some("Bread"));
        assert_eq!(change.less.as_deref(), Some("Fruit"));
    }

    #[test]
    fn the_shelf_before_is_that_of_the_last_action_and_not_of_the_last_answer() {
        let before = |seen: &Seen| {
            rows(
                &seen
                    .before()
                    .iter()
                    .map(|pick| pick.item)
                    .collect::<Vec<_>>(),
            )
        };
        let mut seen = Seen::default();
        // After a reload: bestsellers first, then the picks of the same log.
        assert!(seen.show(7, &shelf(&[0, 1])));
        assert!(seen.show(7, &shelf(&[2, 3])));
        assert_eq!((before(&seen), seen.change(&toy())), (vec![], None));
        assert!(!seen.show(7, &shelf(&[2, 3])));
        // An action; the shelf gives way in two steps.
        assert!(seen.show(8, &shelf(&[4, 3])));
        assert!(seen.show(8, &shelf(&[4, 1])));
        assert_eq!(before(&seen), [2, 3]);
        let change = seen.change(&toy()).unwrap();
        assert_eq!(
            (rows(&change.came), rows(&change.left)),
            (vec![4, 1], vec![2, 3])
        );
    }

    #[test]
    fn the_same_shelf_is_no_change() {
        let same = shelf(&[1, 3]);
        let change = Change::between(&toy(), &same, &same);
        assert!(change.is_nothing());
        assert_eq!((change.more, change.less), (None, None));
    }
}
