//! `fewshop evaluate`: how good a pack is on cases whose truth is known.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Context;
use fewshop_model::{Compute, Recommender};
use serde_json::json;

use super::{print, read_pack, warn_unknown};
use crate::evaluation::{self, Evaluated, Means};
use crate::files::{read_cases, read_truth, write_atomically};

/// Arguments of `fewshop evaluate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The trained shop
    #[arg(long, value_name = "FILE")]
    pub pack: PathBuf,
    /// The questions: case_id,user_id,k,position,item_id and perhaps visit
    #[arg(long, value_name = "FILE")]
    pub cases: PathBuf,
    /// What those cases' shoppers also took: case_id,item_id
    #[arg(long, value_name = "FILE")]
    pub truth: PathBuf,
    /// Write the figures here as well
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Evaluates.
///
/// # Errors
/// When a file cannot be read or does not hold what it should.
pub fn run(args: Args) -> anyhow::Result<()> {
    let recommender = Recommender::new(read_pack(&args.pack)?, Compute::Kernels);
    let cases = read_cases(&args.cases, recommender.catalogue())?;
    warn_unknown(&cases.unknown, &args.cases);
    let truth = read_truth(&args.truth, recommender.catalogue(), &cases)?;
    warn_unknown(&truth.unknown, &args.truth);
    let score = |frozen| -> anyhow::Result<Vec<Evaluated>> {
        let ranked = evaluation::recommend(&recommender, &cases.cases, 20, frozen)?;
        Ok(evaluation::score(&cases.cases, &truth.wanted, &ranked))
    };
    let (adapted, frozen) = (score(false)?, score(true)?);
    let harm = evaluation::harm(&adapted, &frozen);
    let (adapted, frozen) = (evaluation::means(&adapted), evaluation::means(&frozen));
    let mut text = format!(
        "{:>5} {:>7} {:>9} {:>10} {:>8} {:>8} {:>16} {:>7}\n",
        "k", "cases", "NDCG@10", "Recall@20", "MRR@20", "Hit@10", "frozen NDCG@10", "harm"
    );
    for (k, m) in &adapted {
        let (before, harm) = (frozen.get(k).copied().unwrap_or_default(), harm.get(k).copied().unwrap_or_default());
        let Means { cases, ndcg_at_10, recall_at_20, mrr_at_20, hit_at_10 } = m;
        let _ = writeln!(
            text,
            "{k:>5} {cases:>7} {ndcg_at_10:>9.4} {recall_at_20:>10.4} {mrr_at_20:>8.4} {hit_at_10:>8.4} {:>16.4} {harm:>7.4}",
            before.ndcg_at_10
        );
    }
    if let Some(path) = &args.json {
        let figures = json!({ "adapted": adapted, "frozen": frozen, "harm": harm });
        let text = serde_json::to_string_pretty(&figures).context("failed to write the figures as JSON")?;
        write_atomically(path, |out| std::io::Write::write_all(out, text.as_bytes()))?;
    }
    print(&text)?;
    Ok(())
}
