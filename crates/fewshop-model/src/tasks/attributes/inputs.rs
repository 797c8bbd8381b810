//! Products as the heads read them.

use std::collections::HashMap;

use fewshop_core::{Event, ItemIx};

use crate::features::{CatalogueGroups, ItemColumns};
use crate::pack::Pack;
use crate::ranking::session_encoder::EncodedSession;
use crate::tasks::together;
use crate::weights::PLAIN_FEATURES;

/// Means over few products are mostly luck: they count n / (n + this) of themselves.
const SHRINK: f32 = 3.0;

/// What the heads need to know of each product of a catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributeInputs {
    groups: CatalogueGroups,
    /// Logarithm of the price, and of the price by the mean of the category.
    prices: Vec<Option<[f32; 2]>>,
    d: usize,
}

impl AttributeInputs {
    /// Of a pack's catalogue.
    #[must_use]
    pub fn of(pack: &Pack) -> Self {
        let items = pack.catalogue().items();
        let groups = CatalogueGroups::of(pack.catalogue());
        let mut sums: HashMap<u32, (f32, f32)> = HashMap::new();
        let log_prices = ItemColumns::log_prices(items);
        for (log_price, &category) in log_prices.iter().zip(groups.categories()) {
            if let Some(log_price) = log_price {
                let sum = sums.entry(category).or_default();
                *sum = (sum.0 + log_price, sum.1 + 1.0);
            }
        }
        let prices = log_prices
            .iter()
            .zip(groups.categories())
            .map(|(log_price, category)| {
                let price = (*log_price)?;
                let (sum, n) = sums[category];
                Some([price, price - sum / n])
            });
        Self {
            prices: prices.collect(),
            groups,
            d: pack.item_table().d,
        }
    }

    /// Whether all products of another catalogue are in the same groups here, and there are no more
    /// groups: heads may then read this one. `row_of` leads from the other catalogue's rows to
    /// those here.
    #[must_use]
    pub fn groups_as(&self, other: &Self, row_of: impl Fn(ItemIx) -> Option<usize>) -> bool {
        let same = |row: usize| {
            let here = row_of(ItemIx::from(row));
            here.is_some_and(|here| {
                let other = &other.groups.groups;
                (self.groups.groups.iter())
                    .zip(other)
                    .all(|(own, other)| own[here] == other[row])
            })
        };
        self.groups.sizes == other.groups.sizes && (0..other.prices.len()).all(same)
    }

    /// Numbers that [`features`](Self::features) gives.
    #[must_use]
    pub fn len(&self) -> usize {
        self.counts().end + self.d
    }

    /// Never true: there are always the plain features.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Where the counts of brand groups, departments and categories stand.
    fn counts(&self) -> std::ops::Range<usize> {
        PLAIN_FEATURES..PLAIN_FEATURES + self.groups.total()
    }

    /// Where what a plain method may read stands: amount, then counts of categories alone.
    #[must_use]
    pub fn category_counts(&self) -> Vec<usize> {
        let counts = self.counts();
        [0, 1]
            .into_iter()
            .chain(counts.end - self.groups.sizes[2]..counts.end)
            .collect()
    }

    /// Earlier visits (the latest first) and the shots at hand as numbers: how many, how dear,
    /// counts of brand groups, departments and categories, and the taste of all of them.
    ///
    /// # Panics
    /// When an item is not of the pack that this was made from.
    #[must_use]
    pub fn features(&self, visits: &[Vec<ItemIx>], shots: &[Event], pack: &Pack) -> Vec<f32> {
        let all = together(visits, shots);
        let n = all.len() as f32;
        let mut out = vec![0f32; self.len()];
        out[0] = n.ln_1p();
        out[1] = visits.iter().filter(|visit| !visit.is_empty()).count() as f32;
        let mut priced = 0.0;
        for event in &all {
            let row = event.item.row();
            if let Some([price, relative]) = self.prices[row] {
                out[2] += price;
                out[3] += relative;
                priced += 1.0;
            }
            let mut start = PLAIN_FEATURES;
            for (groups, size) in self.groups.groups.iter().zip(self.groups.sizes) {
                if let Some(count) = out[start..start + size].get_mut(groups[row] as usize) {
                    *count += 1.0;
                }
                start += size;
            }
        }
        out[2..PLAIN_FEATURES]
            .iter_mut()
            .for_each(|mean| *mean /= priced + SHRINK);
        let counts = self.counts();
        out[counts.clone()]
            .iter_mut()
            .for_each(|count| *count = count.ln_1p());
        let taste =
            EncodedSession::of(&all, pack.item_table(), pack.encoder()).user_embedding(None);
        for (to, x) in out[counts.end..].iter_mut().zip(taste) {
            *to = x * n / (n + SHRINK);
        }
        out
    }
}
