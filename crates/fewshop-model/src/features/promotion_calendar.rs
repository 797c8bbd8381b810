//! Promotions by day: which products are promoted on the day of a session, and in which share of the
//! stores.

use fewshop_core::{Place, Promotion, order};

/// The shares of the stores that promote a product on one day, 0 to 1; 0 where none does.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct PromotedShares {
    pub(crate) leaflet: f32,
    pub(crate) display: f32,
}

/// The promotions of a pack, by the day on which they begin. A shop's file covers a year, a session
/// needs one day of it: the search goes back from that day and ends at the first promotion before
/// which all have ended.
#[derive(Debug, Default)]
pub(crate) struct PromotionCalendar {
    by_start: Vec<Promotion>,
    /// The latest last day up to each of them, `[promotions]`.
    latest_end: Vec<i32>,
}

impl PromotionCalendar {
    pub(crate) fn of(promotions: &[Promotion]) -> Self {
        let mut by_start = promotions.to_vec();
        order::sort_by_key(&mut by_start, |promotion| {
            (promotion.from_day, promotion.item)
        });
        let mut latest = i32::MIN;
        let ends = by_start.iter().map(|promotion| {
            latest = latest.max(promotion.to_day);
            latest
        });
        Self {
            latest_end: ends.collect(),
            by_start,
        }
    }

    /// The promotions of one day, in days since 1970. Where several promotions of a product overlap,
    /// the largest share counts: they may be in the same stores.
    pub(crate) fn on(&self, day: i32) -> DayPromotions {
        let begun = self.by_start.partition_point(|p| p.from_day <= day);
        let mut rows: Vec<(u32, PromotedShares)> = Vec::new();
        let promotions = self.by_start[..begun].iter().zip(&self.latest_end).rev();
        for (promotion, _) in promotions
            .take_while(|&(_, &latest)| latest >= day)
            .filter(|(promotion, _)| promotion.is_on(day))
        {
            let mut shares = PromotedShares::default();
            match promotion.place {
                Place::Leaflet => shares.leaflet = promotion.share,
                Place::Display => shares.display = promotion.share,
            }
            rows.push((promotion.item.0, shares));
        }
        order::sort_by_key(&mut rows, |&(row, _)| row);
        rows.dedup_by(|(row, shares), (kept_row, kept)| {
            let is_same = row == kept_row;
            if is_same {
                kept.leaflet = kept.leaflet.max(shares.leaflet);
                kept.display = kept.display.max(shares.display);
            }
            is_same
        });
        DayPromotions(rows)
    }
}

/// The promoted products of one day, by row, each once.
#[derive(Debug, Default)]
pub(crate) struct DayPromotions(Vec<(u32, PromotedShares)>);

impl DayPromotions {
    /// The rows in the leaflet.
    pub(crate) fn leaflet(&self) -> impl Iterator<Item = usize> {
        let rows = self.0.iter().filter(|(_, shares)| shares.leaflet > 0.0);
        rows.map(|&(row, _)| row as usize)
    }

    /// The shares of a product.
    pub(crate) fn shares(&self, row: usize) -> PromotedShares {
        let found = self.0.binary_search_by_key(&row, |&(row, _)| row as usize);
        found.map_or_else(|_| PromotedShares::default(), |at| self.0[at].1)
    }
}

#[cfg(test)]
mod tests {
    use fewshop_core::ItemIx;
    use proptest::prelude::*;

    use super::*;

    fn promotion(item: u32, from_day: i32, to_day: i32, share: f32, place: Place) -> Promotion {
        Promotion {
            item: ItemIx(item),
            from_day,
            to_day,
            share,
            place,
        }
    }

    #[test]
    fn the_largest_share_counts_where_promotions_overlap() {
        let calendar = PromotionCalendar::of(&[
            promotion(2, 10, 16, 0.25, Place::Leaflet),
            promotion(2, 12, 13, 0.75, Place::Leaflet),
            promotion(2, 13, 20, 0.5, Place::Leaflet),
            promotion(2, 13, 13, 0.125, Place::Display),
        ]);
        let shares = |day| {
            let PromotedShares { leaflet, display } = calendar.on(day).shares(2);
            (leaflet, display)
        };
        assert_eq!(shares(9), (0.0, 0.0));
        assert_eq!(shares(10), (0.25, 0.0));
        assert_eq!(shares(13), (0.75, 0.125));
        assert_eq!(shares(14), (0.5, 0.0));
        assert_eq!(shares(21), (0.0, 0.0));
        assert_eq!(calendar.on(13).shares(1), PromotedShares::default());
    }

    #[test]
    fn the_ends_of_time_are_days_too() {
        let always = promotion(0, i32::MIN, i32::MAX, 1.0, Place::Leaflet);
        let calendar = PromotionCalendar::of(&[always]);
        for day in [i32::MIN, 0, i32::MAX] {
            assert_eq!(calendar.on(day).shares(0).leaflet, 1.0);
        }
        assert_eq!(PromotionCalendar::of(&[]).on(0).0.len(), 0);
    }

    proptest! {
        #[test]
        fn no_promotion_is_overlooked(
            rows in prop::collection::vec((0u32..5, 0i32..30, 0i32..12, 1u8..5, any::<bool>()), 0..40),
            day in -2i32..45,
        ) {
            let rows: Vec<Promotion> = rows
                .into_iter()
                .map(|(item, from, days, share, leaflet)| {
                    let place = if leaflet { Place::Leaflet } else { Place::Display };
                    promotion(item, from, from + days, f32::from(share) / 4.0, place)
                })
                .collect();
            let found = PromotionCalendar::of(&rows).on(day);
            for item in 0..5 {
                let share = |place| {
                    let own = rows.iter().filter(|p| p.item.0 == item && p.place == place);
                    own.filter(|p| p.is_on(day)).map(|p| p.share).fold(0.0, f32::max)
                };
                let expected = PromotedShares {
                    leaflet: share(Place::Leaflet),
                    display: share(Place::Display),
                };
                prop_assert_eq!(found.shares(item as usize), expected);
            }
        }
    }
}
