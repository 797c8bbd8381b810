//! Measures how well a pack ranks on sessions that it was not trained on, compared with simpler
//! methods.
//!
//! An [`EvalSet`] holds the queries and the relevant items of each. [`recommend`] ranks with a
//! pack, and [`score`] applies the ranking metrics of `fewshop-core` to the answers. A [`RankingScorer`]
//! turns scores into [`Figures`]: means by k (the number of items that the recommender is given),
//! each with a 95 % interval from a [`Bootstrap`] that resamples shoppers, so that queries of one
//! shopper do not count as independent. A [`Difference`] between two methods is paired query by
//! query.
//!
//! [`evaluate`] does all of this for one pack. [`contenders`] compares the pack with its own parts and
//! with the [`baselines`]; [`dismissals`] simulates shoppers who turn picks down; [`calibrate`] checks
//! the predicted probabilities; [`clicks`] measures what each further click is worth; [`seeds`] shows how far the figures vary with the training seed.
//!
//! ```
//! use fewshop_core::ItemIx;
//! use fewshop_data::files::EvalCase;
//! use fewshop_eval::{EvalSet, evaluate};
//! use fewshop_model::{Model, toy};
//!
//! // Shoppers of the toy shop rarely leave their department of twenty products.
//! let query = |user: &str, seen: u32| EvalCase {
//!     id: format!("case-{user}"),
//!     user: user.to_owned(),
//!     k: 1,
//!     context: vec![ItemIx(seen)],
//!     ..EvalCase::default()
//! };
//! let set = EvalSet {
//!     queries: vec![query("ann", 0), query("bob", 20)],
//!     relevant: vec![vec![ItemIx(1), ItemIx(2)], vec![ItemIx(21)]],
//! };
//! let evaluation = evaluate(&Model::new(toy::pack()), &set)?;
//! let figures = &evaluation.adapted[&1];
//! assert_eq!(figures.cases, 2);
//! assert!(figures.recall_at_20 > 0.5);
//! # Ok::<(), anyhow::Error>(())
//! ```
//!
//! # Limits
//!
//! Only the first [`PICKS`] items of a ranking are scored. The evaluation is offline: a log does
//! not tell what a shopper would have done with other picks. The classic network and the item-item
//! regression among the baselines need burn and threads, so this crate does not run in a browser.

pub mod baselines;
mod calibration;
pub mod clicks;
mod contenders;
mod dismissals;
mod eval_set;
mod evaluation;
mod figures;
mod interval;
mod paired;
mod ranking;
mod ranking_scorer;
mod scores;
pub mod seeds;
pub mod shelves;
pub mod words;

pub use calibration::{Bin, Calibration, calibrate};
pub use contenders::{Ablated, Contender, ContenderKind, contenders, transfer};
pub use dismissals::{Dismissals, SHOWN, dismissals};
pub use eval_set::EvalSet;
pub use evaluation::{Evaluation, evaluate};
pub use figures::{Difference, Figures, POPULAR_SHARE, Unit};
pub use interval::{Bootstrap, Interval};
pub use paired::{mean_over_k, paired};
pub use ranking::{PICKS, picks, recommend, recommend_on};
pub use ranking_scorer::{RankingScorer, ScoredRanking};
pub use scores::{ScoredCase, card_metrics, score};
