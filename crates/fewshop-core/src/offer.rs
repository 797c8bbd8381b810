//! Offers (coupons) that the shop may show.

use crate::ItemIx;

/// The strongest reason for an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OfferReason {
    /// The shopper chose products that it covers.
    Covered,
    /// The shopper chose products of the categories or departments that it covers.
    SamePart,
    /// It covers products close to the user embedding.
    Taste,
    /// Nothing of the shopper's: others redeem it often.
    MostRedeemed,
}

/// An offer for one shopper.
#[derive(Debug, Clone, PartialEq)]
pub struct OfferPick {
    /// The shop's own id.
    pub id: String,
    /// Its title, for people.
    pub title: String,
    /// Number of products that it covers.
    pub covers: u32,
    /// A few of them, the most likely for this shopper first.
    pub items: Vec<ItemIx>,
    /// Expected share of such shoppers who redeem it when it is shown, 0 to 1.
    pub probability: f32,
    /// The share of households that redeemed it among all to whom it was shown, shrunk towards the
    /// share of its category when it was shown to few.
    pub everyone: f32,
    /// The strongest reason.
    pub reason: OfferReason,
    /// Context products that the reason counts; 0 if it counts none.
    pub products: u32,
}
