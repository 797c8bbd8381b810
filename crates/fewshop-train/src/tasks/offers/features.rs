//! What is known of an offer for a household.

use std::collections::HashMap;

use fewshop_model::Pack;
use fewshop_model::tasks::offers::{MATCH_FEATURES, OfferInputs};
use rayon::prelude::*;

pub(super) use fewshop_model::tasks::offers::FEATURES;

use super::questions::{Question, Shop};

pub(super) const POPULARITY: usize = 0;
pub(super) const CATEGORY: usize = 4;
/// Features of logistic regression on counts.
pub(super) const COUNTS: [usize; 6] = [0, 1, 2, 3, 4, 5];

/// Times that an offer must have been shown to be believed half.
const SHOWN_PRIOR: f64 = 20.0;

/// Matches of the offers of each question's campaign, for one amount known: features 2 to 8.
pub(super) fn all_matches(
    inputs: &OfferInputs,
    pack: &Pack,
    shop: &Shop,
    known: usize,
) -> Vec<Vec<[f64; MATCH_FEATURES]>> {
    let of = |question: &Question| {
        let session = &question.known[known];
        let shopper = inputs.shopper(&session.visits, &session.context_items(), pack);
        shop.campaigns[question.campaign]
            .offers
            .iter()
            .map(|&offer| inputs.matches(offer, &shopper).features)
            .collect()
    };
    shop.questions.par_iter().map(of).collect()
}

/// How often coupons and categories were shown and redeemed.
#[derive(Default)]
pub(super) struct Redemptions {
    coupons: HashMap<usize, (f64, f64)>,
    categories: HashMap<u32, (f64, f64)>,
}

impl Redemptions {
    /// Counts what was redeemed before `until_s`, `by` times; −1 takes it back.
    pub(super) fn add(
        &mut self,
        inputs: &OfferInputs,
        shop: &Shop,
        question: &Question,
        until_s: i64,
        by: f64,
    ) {
        for offer in &shop.campaigns[question.campaign].offers {
            let redeemed = f64::from(u8::from(
                question
                    .redeemed
                    .get(offer)
                    .is_some_and(|time_s| *time_s < until_s),
            ));
            for count in [
                self.coupons.entry(shop.coupon[*offer]).or_default(),
                self.categories
                    .entry(inputs.main_category(*offer))
                    .or_default(),
            ] {
                *count = (count.0 + by * redeemed, count.1 + by);
            }
        }
    }

    /// Logarithms of how often the offer, and offers of its category, were redeemed where shown;
    /// features 0 and 1.
    pub(super) fn rates(&self, inputs: &OfferInputs, shop: &Shop, offer: usize) -> [f64; 2] {
        let rate = |(redeemed, shown): (f64, f64), usual: f64| {
            ((redeemed + SHOWN_PRIOR * usual) / (shown + SHOWN_PRIOR)).ln()
        };
        // A coupon of some two hundred is redeemed once in some five hundred times.
        let category = rate(
            self.categories
                .get(&inputs.main_category(offer))
                .copied()
                .unwrap_or_default(),
            0.002,
        );
        [
            rate(
                self.coupons
                    .get(&shop.coupon[offer])
                    .copied()
                    .unwrap_or_default(),
                category.exp(),
            ),
            category,
        ]
    }
}
