//! `fewshop study clicks`: what each further click is worth.

use std::path::PathBuf;

use fewshop_eval::clicks::{Gain, KnownClicks, known_clicks};
use fewshop_model::Model;

use crate::commands::evaluate::read_eval_set;
use crate::commands::{print, read_pack, write_study};
use crate::report::Study;

/// Arguments of `fewshop study clicks`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A session needs 24 products or more, known and relevant ones together. The products after the first twenty are in question in \
                  every row, and the first twenty are struck from every list, so that a row differs from another only in what is known."
)]
pub struct Args {
    /// The pack
    #[arg(long, value_name = "FILE")]
    pub pack: PathBuf,
    /// The queries: case_id,user_id,k,position,item_id
    #[arg(long, value_name = "FILE")]
    pub cases: PathBuf,
    /// Relevant items of those cases: case_id,item_id
    #[arg(long, value_name = "FILE")]
    pub truth: PathBuf,
    /// Queries of returning shoppers: case_id,user_id,k,visit,position,item_id
    #[arg(long, value_name = "FILE", requires = "return_truth")]
    pub return_cases: Option<PathBuf>,
    /// Relevant items of those cases: case_id,item_id
    #[arg(long, value_name = "FILE", requires = "return_cases")]
    pub return_truth: Option<PathBuf>,
    /// Also write the figures to this file, as JSON, for `fewshop report --study`
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Runs the experiment.
///
/// # Errors
/// When a file cannot be read or written, or no session is long enough.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let pack = read_pack(&args.pack)?;
    let eval_set = read_eval_set(&args.cases, &args.truth, pack.catalogue())?;
    let returning = match (&args.return_cases, &args.return_truth) {
        (Some(cases), Some(truth)) => Some(read_eval_set(cases, truth, pack.catalogue())?),
        _ => None,
    };
    let result = known_clicks(&Model::new(pack), &eval_set, returning.as_ref())?;
    write_study(args.json.as_deref(), &Study::Clicks(result.clone()))?;
    print(&table(&result))?;
    Ok(())
}

fn table(result: &KnownClicks) -> String {
    let cell = |gain: &Gain| {
        let [low, high] = gain.interval;
        format!("{:+.4} [{low:+.4}, {high:+.4}]", gain.gain)
    };
    let mut out = format!(
        "NDCG@10 of {} sessions of {} shoppers; gains with 95 % intervals over shoppers\n\n\
         | known | all products | minus none | beyond 50 | minus none | reading in context | fine-tuning | worse |\n\
         |---|---|---|---|---|---|---|---|\n",
        result.sessions, result.shoppers
    );
    for row in &result.rows {
        out += &format!(
            "| {} | {:.4} | {} | {:.4} | {} | {} | {} | {:.0} % |\n",
            row.known,
            row.all.ndcg_at_10,
            cell(&row.all),
            row.beyond.ndcg_at_10,
            cell(&row.beyond),
            cell(&row.context),
            cell(&row.fine_tuning),
            100.0 * row.harmed
        );
    }
    if !result.visits.is_empty() {
        out += "\n| visits remembered | NDCG@10 | minus without them |\n|---|---|---|\n";
    }
    for row in &result.visits {
        out += &format!(
            "| {} | {:.4} | {} |\n",
            row.visits,
            row.memory.ndcg_at_10,
            cell(&row.memory)
        );
    }
    out
}
