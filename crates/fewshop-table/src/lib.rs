//! Answers for any table from a few labelled rows: 2 to 128 rows whose target is filled in, the
//! others are questions.
//!
//! A [`Table`] holds texts. [`Predictor::fit`] types its columns, encodes them, and fits the mean
//! of three models: Bayesian ridge regression, a Gaussian process and a random forest. A gate mixes
//! them with the base rate by what they say of labelled rows that are left out, and a [`network`]
//! trained on made-up tables corrects the result. If the ensemble is not better than the base rate
//! beyond chance, [`Answer::is_enough`] is false. [`Predictor::explain`]
//! gives reasons. [`Predictor::fit_with_source`] starts from rows of other sites.
//!
//! Another model joins the mean in `ensemble.rs`: it has to give log-odds for a row, and for each
//! labelled row as if it were left out.
//!
//! ```
//! use fewshop_table::{Outcome, Predictor, Settings, Table};
//!
//! let rows: Vec<Vec<String>> = (0..24)
//!     .map(|i| {
//!         let label = if i == 23 { "" } else if i % 12 < 6 { "no" } else { "yes" };
//!         vec![format!("{}", i % 12 * 10), label.to_owned()]
//!     })
//!     .collect();
//! let columns = (0..2).map(|c| rows.iter().map(|row| row[c].clone()).collect()).collect();
//! let table = Table::new(vec!["income".to_owned(), "repaid".to_owned()], columns)?;
//! let fitted = Predictor::fit(&table, "repaid", &Settings::default())?;
//! let answer = fitted.answer(&table, 23);
//! let Outcome::Classes(all) = &answer.outcome else { unreachable!("two texts are classes") };
//! assert!(all[1].probability > 0.8);
//! # Ok::<(), fewshop_table::TableError>(())
//! ```
//!
//! No files, clock, threads or global randomness; the same table and seed give the same answers,
//! whatever the order of rows and columns. Work is bounded: [`MAX_ROWS`], [`MAX_COLUMNS`],
//! [`MAX_CELLS`], and at most [`MAX_FITTED`] labelled rows are used.

mod cells;
mod encode;
mod ensemble;
mod episode;
mod error;
mod evaluate;
mod explain;
mod forest;
mod gate;
mod groups;
mod head;
mod math;
pub mod network;
mod next;
mod numbers;
mod predictor;
mod process;
mod protected;
mod regression;
mod settings;
mod site;
mod source;
mod table;
mod target;
mod text;
mod typing;
mod warnings;
mod writing;

pub use episode::{Episode, LabelledRows, episode};
pub use error::TableError;
pub use evaluate::{Draw, Figures, answer_draw, draw, figures, follow_proposals};
pub use explain::{Change, ColumnShare, EXACT_COLUMNS, ExamplePull, Explanation};
pub use gate::Check;
pub use groups::Group;
pub use predictor::{Answer, ClassProbability, MAX_FITTED, Outcome, Predictor};
pub use protected::is_protected;
pub use regression::INTERVAL_SHARE;
pub use settings::{Asked, Settings};
pub use source::MAX_SOURCE;
pub use table::{MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Table, check_size, is_missing};
pub use target::{MAX_CLASSES, Task};
pub use typing::{Kind, LeftOut, Note, TypedColumn, type_columns};
pub use warnings::Warning;
