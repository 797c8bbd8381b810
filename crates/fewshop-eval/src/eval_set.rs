//! Queries with their relevant items.

use anyhow::{Context, Result};
use fewshop_core::{Catalogue, ItemIx};
use fewshop_data::files::EvalCase;

use crate::Unit;

/// Queries with their relevant items, all as rows of one catalogue.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EvalSet {
    /// The queries to a recommender.
    pub queries: Vec<EvalCase>,
    /// The relevant items of each query, parallel to `queries`.
    pub relevant: Vec<Vec<ItemIx>>,
}

impl EvalSet {
    /// The unit of k: visits as soon as one query has earlier visits.
    #[must_use]
    pub fn unit(&self) -> Unit {
        if self.queries.iter().any(|query| !query.visits.is_empty()) {
            Unit::Visits
        } else {
            Unit::ContextItems
        }
    }

    /// The same set in the rows of another catalogue. A pack has its own order of products, so a
    /// set that was read with the shop's catalogue must be renumbered before a pack ranks for it.
    ///
    /// # Errors
    /// When `to` lacks a product of the set.
    pub fn in_rows_of(&self, to: &Catalogue, from: &Catalogue) -> Result<Self> {
        let row = |item: &ItemIx| {
            let id = &from[*item].id;
            to.ix(id)
                .with_context(|| format!("the pack lacks the product '{}'", id.0))
        };
        let rows = |items: &[ItemIx]| items.iter().map(row).collect::<Result<Vec<ItemIx>>>();
        let lists = |lists: &[Vec<ItemIx>]| {
            lists
                .iter()
                .map(|items| rows(items))
                .collect::<Result<Vec<_>>>()
        };
        let queries = self.queries.iter().map(|query| {
            Ok(EvalCase {
                context: rows(&query.context)?,
                visits: lists(&query.visits)?,
                ..query.clone()
            })
        });
        Ok(Self {
            queries: queries.collect::<Result<_>>()?,
            relevant: lists(&self.relevant)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use fewshop_core::Item;

    use super::*;

    fn shop(ids: &[&str]) -> Catalogue {
        Catalogue::new(ids.iter().map(|id| Item::new(id, id)).collect()).unwrap()
    }

    #[test]
    fn items_keep_their_ids_in_another_order_of_rows() {
        let set = EvalSet {
            queries: vec![EvalCase {
                id: "c".to_owned(),
                user: "u".to_owned(),
                k: 1,
                context: vec![ItemIx(0)],
                visits: vec![vec![ItemIx(1), ItemIx(2)]],
                ..EvalCase::default()
            }],
            relevant: vec![vec![ItemIx(2)]],
        };
        let (from, to) = (shop(&["a", "b", "c"]), shop(&["c", "a", "b"]));
        let moved = set.in_rows_of(&to, &from).unwrap();
        assert_eq!(moved.queries[0].context, [ItemIx(1)]);
        assert_eq!(moved.queries[0].visits, [[ItemIx(2), ItemIx(0)]]);
        assert_eq!(moved.relevant, [[ItemIx(0)]]);
        assert_eq!(moved.in_rows_of(&from, &to).unwrap(), set);
        let error = set.in_rows_of(&shop(&["a", "b"]), &from).unwrap_err();
        assert!(error.to_string().contains("'c'"), "{error}");
    }
}
