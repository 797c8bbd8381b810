//! The result of the study, as data and as text.

use std::collections::BTreeMap;
use std::fmt::Write;

use fewshop_eval::{Difference, Figures, Interval};
use serde::{Deserialize, Serialize};

/// One method of placing new products.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Ranking the new products alone; relevant are the new ones that were taken.
    pub alone: Figures,
    /// The same by number of context items.
    pub alone_by_k: BTreeMap<u32, Figures>,
    /// `alone` minus that of 'nearest by text', paired over shoppers.
    pub minus_text: Difference,
    /// `alone` minus that of 'category of the context', paired over shoppers.
    pub minus_category: Difference,
    /// Ranking all products; relevant are the new ones that were taken.
    pub new_in_full: Figures,
    /// Ranking all products; relevant are all that were taken.
    pub full: Figures,
}

/// All results of the study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewItemsResult {
    /// Seed of all random choices.
    pub seed: u64,
    /// Number of products.
    pub products: usize,
    /// Number of products held out of the training.
    pub new: usize,
    /// Number of evaluation cases.
    pub cases: usize,
    /// Number of their shoppers.
    pub shoppers: usize,
    /// Mean cosine to the trained vector for existing products that the generators did not see:
    /// from content, from the generator, and from the generator without adversary.
    pub cosines: [f64; 3],
    /// Weights of the learned mix.
    pub weights: BTreeMap<String, f32>,
    /// By method.
    pub rows: Vec<Row>,
}

/// Formats the result as text.
#[must_use]
pub fn table(found: &NewItemsResult) -> String {
    let mut out = format!(
        "{} of {} products never sold; {} cases of {} shoppers who take one; in brackets 95 % intervals, shoppers resampled, pairs kept\n\
         {:<40} {:<24} {:<24} {:<26} {:<26} {:>9} {:>9} {:>9}\n",
        found.new,
        found.products,
        found.cases,
        found.shoppers,
        "",
        "new alone: NDCG@10",
        "Recall@20",
        "NDCG minus text",
        "NDCG minus category",
        "full: NDCG",
        "new NDCG",
        "new R@20"
    );
    for row in &found.rows {
        let _ = writeln!(
            out,
            "{:<40} {:<24} {:<24} {:<26} {:<26} {:>9.4} {:>9.4} {:>9.4}",
            row.name,
            figure(row.alone.ndcg_at_10, row.alone.ndcg_interval),
            figure(row.alone.recall_at_20, row.alone.recall_interval),
            signed(row.minus_text.ndcg_at_10, row.minus_text.ndcg_interval),
            signed(
                row.minus_category.ndcg_at_10,
                row.minus_category.ndcg_interval
            ),
            row.full.ndcg_at_10,
            row.new_in_full.ndcg_at_10,
            row.new_in_full.recall_at_20
        );
    }
    let [content, gan, plain] = found.cosines;
    let _ = writeln!(
        out,
        "Cosine to the trained vector, products that the generators did not see: {content:.4} from content, {gan:.4} from the generator, {plain:.4} without adversary"
    );
    out
}

fn figure(mean: f64, [low, high]: Interval) -> String {
    format!("{mean:.4} [{low:.4}, {high:.4}]")
}

fn signed(mean: f64, [low, high]: Interval) -> String {
    format!("{mean:+.4} [{low:+.4}, {high:+.4}]")
}
