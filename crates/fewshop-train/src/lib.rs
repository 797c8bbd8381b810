//! From a shop's log to a pack.
//!
//! [`learner`] trains, [`text`] reads product names with a pre-trained sentence model, [`select`]
//! chooses the settings, [`memory`] asks whether a training fits into this machine, [`merchant`] reads
//! a merchant's rules, [`new_items`] puts new products into a pack, [`profile`] tells households apart,
//! [`offers`] asks what they redeem, [`compress`] makes a pack smaller, and [`study`] measures how a
//! pack fares under noise, growth and new products.

pub mod compress;
pub mod learner;
pub mod memory;
pub mod merchant;
pub mod new_items;
pub mod offers;
pub mod profile;
pub mod select;
pub mod study;
pub mod text;
