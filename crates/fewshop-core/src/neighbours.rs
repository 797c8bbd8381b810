//! Pruned item-item tables: for each product its strongest neighbours.

use serde::{Deserialize, Serialize};

use crate::ItemIx;

/// How raw co-visitation counts become weights: `c(i, j) / (n(i) + shrink) / n(j)^alpha`.
///
/// `c` counts the sessions that contain both products, optionally weighted by length; `n` counts
/// those that contain one. `alpha` removes the neighbour's popularity, `shrink` damps the noise of
/// rare products.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CovisitConfig {
    /// Exponent on the neighbour's own count.
    pub alpha: f32,
    /// Sessions added to the row's count.
    pub shrink: f32,
    /// Neighbours kept for each product.
    pub keep: usize,
    /// A session of `l` products counts as `l^-length_power`: a pair in a short session is stronger
    /// evidence than one in a long session (the length normalisation of session nearest
    /// neighbours). 0 counts every session as 1.
    pub length_power: f32,
}

/// The neighbours of each row, strongest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NeighbourTable {
    /// `offsets[i]..offsets[i + 1]` are row i's entries; `rows + 1` long.
    pub offsets: Vec<u32>,
    /// Neighbour rows.
    pub items: Vec<u32>,
    /// Their weights, positive.
    pub weights: Vec<f32>,
}

impl NeighbourTable {
    /// Builds the table from rows of `(neighbour, weight)`: keeps the `keep` strongest of each,
    /// ties by the lower row.
    #[must_use]
    pub fn from_rows(rows: impl IntoIterator<Item = Vec<(u32, f32)>>, keep: usize) -> Self {
        let mut table = Self {
            offsets: vec![0],
            ..Self::default()
        };
        for mut row in rows {
            row.retain(|&(_, weight)| weight > 0.0);
            row.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            row.truncate(keep);
            for (item, weight) in row {
                table.items.push(item);
                table.weights.push(weight);
            }
            table
                .offsets
                .push(u32::try_from(table.items.len()).expect("fewer than 2^32 neighbour entries"));
        }
        table
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Neighbours of one row with their weights.
    pub fn row(&self, item: ItemIx) -> impl Iterator<Item = (ItemIx, f32)> {
        let range = self.offsets[item.row()] as usize..self.offsets[item.row() + 1] as usize;
        self.items[range.clone()]
            .iter()
            .zip(&self.weights[range])
            .map(|(&to, &weight)| (ItemIx(to), weight))
    }
}

/// Counts pairs of products that are taken together and prunes the counts to a table.
///
/// Time is the sum of squared session lengths, memory the number of distinct pairs: no `items²`
/// anywhere. `sessions` hold distinct rows below `items`.
#[must_use]
pub fn covisit(sessions: &[Vec<u32>], items: usize, config: CovisitConfig) -> NeighbourTable {
    let mut counts = vec![0u32; items];
    // Sessions of each product, as one flat list: the pairs of a product are then counted one
    // product at a time, in one dense scratch row.
    for session in sessions {
        for &item in session {
            counts[item as usize] += 1;
        }
    }
    let mut starts = vec![0usize; items + 1];
    for item in 0..items {
        starts[item + 1] = starts[item] + counts[item] as usize;
    }
    let mut at = starts.clone();
    let mut holding = vec![0u32; starts[items]];
    for (session_ix, session) in sessions.iter().enumerate() {
        for &item in session {
            holding[at[item as usize]] = session_ix as u32;
            at[item as usize] += 1;
        }
    }
    let weights: Vec<f32> = sessions
        .iter()
        .map(|session| (session.len().max(1) as f32).powf(-config.length_power))
        .collect();
    let mut scratch = vec![0f32; items];
    let mut touched: Vec<u32> = Vec::new();
    let rows = (0..items).map(|item| {
        for &session_ix in &holding[starts[item]..starts[item + 1]] {
            let weight = weights[session_ix as usize];
            for &other in &sessions[session_ix as usize] {
                if other as usize != item {
                    if scratch[other as usize] == 0.0 {
                        touched.push(other);
                    }
                    scratch[other as usize] += weight;
                }
            }
        }
        touched
            .drain(..)
            .map(|other| {
                let together = std::mem::take(&mut scratch[other as usize]);
                let weight = together
                    / (counts[item] as f32 + config.shrink)
                    / (counts[other as usize] as f32).powf(config.alpha);
                (other, weight)
            })
            .collect()
    });
    NeighbourTable::from_rows(rows, config.keep)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_is_taken_together() {
        let config = CovisitConfig {
            alpha: 0.0,
            shrink: 0.0,
            keep: 10,
            length_power: 0.0,
        };
        let table = covisit(&[vec![0, 1], vec![0, 1, 2], vec![0]], 3, config);
        let row: Vec<_> = table.row(ItemIx(0)).collect();
        assert_eq!(row, [(ItemIx(1), 2.0 / 3.0), (ItemIx(2), 1.0 / 3.0)]);
    }

    #[test]
    fn keeps_the_strongest_and_breaks_ties_by_row() {
        let table = NeighbourTable::from_rows([vec![(3, 0.5), (1, 0.5), (2, 0.9), (0, 0.0)]], 2);
        assert_eq!(
            table.row(ItemIx(0)).collect::<Vec<_>>(),
            [(ItemIx(2), 0.9), (ItemIx(1), 0.5)]
        );
    }
}
