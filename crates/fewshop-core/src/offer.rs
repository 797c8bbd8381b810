//! An offer (a coupon) that the shop may show a shopper.

use serde::{Deserialize, Serialize};

use crate::ItemIx;

/// What speaks most for an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum OfferReason {
    /// The shopper chose products that it covers.
    Covered,
    /// The shopper chose products of the categories or departments that it covers.
    SamePart,
    /// It covers what is likely for the shopper's taste.
    Taste,
    /// Nothing that the shopper did: others redeem it.
    MostRedeemed,
}

/// An offer for the shopper at hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct OfferPick {
    /// The shop's own name for it.
    pub id: String,
    /// What it is on, for people.
    pub title: String,
    /// Products that it covers.
    pub covers: u32,
    /// A few of them, the likeliest for the shopper first.
    pub items: Vec<ItemIx>,
    /// Expected share of such shoppers who redeem it where it is shown, 0 to 1.
    pub probability: f32,
    /// The share of all households that it was shown to who redeemed it, drawn to that of its
    /// category where it was shown to few.
    pub everyone: f32,
    /// What speaks most for it.
    pub reason: OfferReason,
    /// Products at hand that the reason counts; 0 where it counts none.
    pub products: u32,
}
