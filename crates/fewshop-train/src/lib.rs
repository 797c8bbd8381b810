//! From a shop's log to a pack.
//!
//! [`learner::train`] takes a [`Training`](learner::Training) (catalogue, log, settings, seed) and
//! returns a [`Pack`](fewshop_model::Pack), which contains everything a device needs for ranking.
//! The same input gives the same pack, byte for byte, on the same machine. [`text`] adds the
//! vectors of a pre-trained sentence model, [`select`] searches for better settings by
//! cross-validation, and [`memory`] checks beforehand that the training fits into this machine.
//!
//! Other modules change a pack without training it again. [`new_items`] adds products that nobody has
//! bought yet, [`merchant`] reads the merchant's rules, [`tasks`] adds prediction
//! heads for household attributes and offers, and [`compress`] makes the file smaller. [`study`]
//! measures how training and packs cope with growth, noise and new products.
//!
//! ```
//! use fewshop_core::{Catalogue, EventKind, Item, ItemIx};
//! use fewshop_data::files::{Log, LoggedItem, LoggedSession};
//! use fewshop_model::Card;
//! use fewshop_train::learner::{Training, TrainConfig, train};
//!
//! // Two departments of ten products; every shopper keeps to one of them.
//! let items = (0..20).map(|row| Item::new(&format!("i{row}"), &format!("Product {row}"))).collect();
//! let catalogue = Catalogue::new(items)?;
//! let mut log = Log { users: (0..60).map(|user| format!("u{user}")).collect(), ..Log::default() };
//! for nth in 0..240_u32 {
//!     let of_basket = |at: u32| LoggedItem {
//!         item: ItemIx(nth % 2 * 10 + (nth / 2 + 3 * at) % 10),
//!         kind: EventKind::Purchase,
//!         quantity: 1.0,
//!     };
//!     log.sessions.push(LoggedSession {
//!         user: nth % 60,
//!         id: format!("s{nth}"),
//!         time_s: i64::from(nth) * 10_000,
//!         items: (0..5).map(of_basket).collect(),
//!         is_ordered: false,
//!     });
//!     log.events += 5;
//! }
//! let mut config = TrainConfig::default();
//! (config.tower.epochs, config.ranker.epochs) = (1, 1);
//! let training = Training {
//!     catalogue: &catalogue,
//!     text: None,
//!     log: &log,
//!     validation: None,
//!     promotions: &[],
//!     config: &config,
//!     seed: 7,
//! };
//! let pack = train(training, Card::default())?;
//! assert_eq!(pack.catalogue().len(), 20);
//! # Ok::<(), anyhow::Error>(())
//! ```
//!
//! # Limits
//!
//! The whole log is held in memory; training needs a log of at least a few hundred sessions.
//! Training runs on the CPU. Two trainings in one process share burn's random source, so a training
//! that must be repeatable bit by bit needs a process of its own.

pub mod compress;
pub mod learner;
pub mod memory;
pub mod merchant;
pub mod modules;
pub mod new_items;
pub mod prior;
pub mod select;
pub mod study;
pub mod tasks;
pub mod text;
pub mod words;
