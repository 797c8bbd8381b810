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

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        let texts = |words: &str| format!(r#"{{"words":[{words}],"of":[0,0,0,0,0,0]}}"#);
        Catalogue::parse(&format!(
            r#"{{"pack":"p","popularity":[0],"categories":[["Pets","Cats"],["Food","Milk"]],
            "items":{{"id":["a","b","c","d","e","f"],"title":{0},"category":[0,0,0,1,1,1],"brand":{0},"size":{0},
            "price":[1,1,1,1,1,1],"picture":{0}}}}}"#,
            texts("\"x\"")
        ))
        .unwrap()
    }

    fn shelf(rows: &[u32]) -> Vec<Pick> {
        rows.iter().map(|&row| Pick::plain(ItemIx(row))).collect()
    }

    #[test]
    fn what_came_rose_and_left() {
        let change = Change::between(&catalogue(), &shelf(&[3, 4, 5, 0]), &shelf(&[0, 1, 2, 3]));
        let rows = |items: &[ItemIx]| items.iter().map(|item| item.0).collect::<Vec<_>>();
        assert_eq!(rows(&change.came), [1, 2]);
        assert_eq!(rows(&change.rose), [0]);
        assert_eq!(rows(&change.left), [4, 5]);
        assert_eq!(change.more.as_deref(), Some("Cats"));
        assert_eq!(change.less.as_deref(), Some("Milk"));
    }

    #[test]
    fn the_same_shelf_is_no_change() {
        let same = shelf(&[1, 3]);
        let change = Change::between(&catalogue(), &same, &same);
        assert!(change.is_nothing());
        assert_eq!((change.more, change.less), (None, None));
    }
}
