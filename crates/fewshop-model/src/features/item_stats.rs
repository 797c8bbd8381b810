//! Statistics of every product, computed once when a pack is opened.

use fewshop_core::{Catalogue, Filter, Item, order};

use crate::features::item_columns::ItemColumns;
use crate::kernels::{self, QuantisedQuery};
use crate::weights::{ItemTable, ModelConfig};

/// Sessions at the usual rate that are added to both sides of a trend: recent counts of rare
/// products are mostly luck.
const TREND_PRIOR: f32 = 5.0;

/// In how many sessions each product occurs, `[items]` each.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ItemCounts<'a> {
    /// In the whole log.
    pub(crate) popularity: &'a [u32],
    /// In the last part of the log.
    pub(crate) recent: &'a [u32],
    /// In the sessions since the training; empty in a pack that was not refreshed.
    pub(crate) seasonal: &'a [u32],
}

/// The item-statistics index. All lists are `[items]`.
#[derive(Debug)]
pub(crate) struct ItemStats {
    /// Logarithm of the share of sessions that contain the product.
    pub(crate) log_popularity: Vec<f32>,
    /// log(recent popularity / overall popularity), smoothed.
    pub(crate) trend: Vec<f32>,
    /// log(seasonal popularity / overall popularity), smoothed; 0 without seasonal counts.
    pub(crate) seasonal: Vec<f32>,
    /// Rows by falling popularity of this season, ties by row.
    pub(crate) by_popularity: Vec<u32>,
    /// Factor of the co-visitation weight for the context item: `1 / (n + shrink)`.
    pub(crate) covisit_row: Vec<f32>,
    /// Factor of the co-visitation weight for the candidate: `n^-alpha`.
    pub(crate) covisit_column: Vec<f32>,
    /// Factor of the cosine for either product: `1 / sqrt(n + shrink)`.
    pub(crate) cosine: Vec<f32>,
    /// One over the length of the item vector.
    pub(crate) inv_norm: Vec<f32>,
    /// Categories, brands and prices.
    pub(crate) columns: ItemColumns,
}

/// An item vector with one over its length.
#[derive(Debug, Clone)]
pub(crate) struct Direction {
    vector: QuantisedQuery,
    inv_norm: f32,
}

impl ItemStats {
    pub(crate) fn of(
        catalogue: &Catalogue,
        counts: ItemCounts<'_>,
        table: &ItemTable,
        config: &ModelConfig,
    ) -> Self {
        let items = catalogue.items();
        let popularity: Vec<f32> = counts.popularity.iter().map(|&n| n as f32).collect();
        let seasonal = if counts.seasonal.is_empty() {
            vec![0.0; popularity.len()]
        } else {
            trend(&popularity, counts.seasonal)
        };
        let now: Vec<f32> = popularity
            .iter()
            .zip(&seasonal)
            .map(|(n, seasonal)| n * seasonal.exp())
            .collect();
        let mut by_popularity: Vec<u32> = (0..popularity.len() as u32).collect();
        order::sort_by(&mut by_popularity, |&a, &b| {
            now[b as usize].total_cmp(&now[a as usize]).then(a.cmp(&b))
        });
        let of_counts = |f: &dyn Fn(f32) -> f32| popularity.iter().map(|&n| f(n)).collect();
        let sessions = config.sessions.max(1.0);
        Self {
            trend: trend(&popularity, counts.recent),
            seasonal,
            by_popularity,
            log_popularity: of_counts(&|n| ((0.5 + n) / sessions).ln()),
            covisit_row: of_counts(&|n| 1.0 / (n + config.covisit_shrink).max(1.0)),
            covisit_column: of_counts(&|n| n.max(1.0).powf(-config.covisit_alpha)),
            cosine: of_counts(&|n| 1.0 / (n + config.cosine_shrink).max(1.0).sqrt()),
            inv_norm: (0..items.len()).map(|row| inv_norm(table, row)).collect(),
            columns: ItemColumns::of(items),
        }
    }

    /// The direction of a product's vector.
    pub(crate) fn direction(&self, row: usize, table: &ItemTable) -> Direction {
        Direction {
            vector: QuantisedQuery::of_row(kernels::byte_rows(table), row),
            inv_norm: self.inv_norm[row],
        }
    }

    /// Cosine similarity of a product to a direction.
    pub(crate) fn similarity(&self, to: &Direction, row: usize, table: &ItemTable) -> f32 {
        to.vector.dot(kernels::byte_rows(table), row) * to.inv_norm * self.inv_norm[row]
    }

    /// Which categories, by number, a filter allows.
    pub(crate) fn allowed_categories(&self, filter: &Filter, items: &[Item]) -> Vec<bool> {
        let categories = self
            .columns
            .category
            .iter()
            .max()
            .map_or(0, |&max| max as usize + 1);
        let mut allowed = vec![None; categories];
        for (&category, item) in self.columns.category.iter().zip(items) {
            allowed[category as usize].get_or_insert_with(|| filter.allows(item));
        }
        allowed
            .into_iter()
            .map(|allowed| allowed == Some(true))
            .collect()
    }
}

fn inv_norm(table: &ItemTable, row: usize) -> f32 {
    let squares = table.row(row).iter().map(|x| x * x).sum::<f32>();
    1.0 / squares.sqrt().max(1e-6)
}

/// log(share of late sessions / share of all sessions), smoothed by [`TREND_PRIOR`].
fn trend(popularity: &[f32], late: &[u32]) -> Vec<f32> {
    let all: f32 = popularity.iter().sum();
    let share = late.iter().map(|&n| n as f32).sum::<f32>() / all.max(1.0);
    let one =
        |(&n, &late): (&f32, &u32)| ((late as f32 + TREND_PRIOR) / (n * share + TREND_PRIOR)).ln();
    popularity.iter().zip(late).map(one).collect()
}
