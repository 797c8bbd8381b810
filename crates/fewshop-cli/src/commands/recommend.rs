//! `fewshop recommend`: ranks the catalogue for each case.

use std::path::PathBuf;

use fewshop_data::files::{RecRow, read_cases, write_recs};
use fewshop_model::Recommender;

use super::{BackendArg, at_least_one, compute, read_pack, warn_unknown};

/// Arguments of `fewshop recommend`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The pack
    #[arg(long, value_name = "FILE")]
    pub pack: PathBuf,
    /// The queries: case_id,user_id,k,position,item_id and optionally visit
    #[arg(long, value_name = "FILE")]
    pub cases: PathBuf,
    /// Number of picks for each case
    #[arg(long, default_value = "20", value_parser = at_least_one)]
    pub top: usize,
    /// Output file: case_id,rank,item_id,score
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Rank without learning on the device
    #[arg(long)]
    pub frozen: bool,
    /// The backend that computes
    #[arg(long, value_enum, default_value_t)]
    pub backend: BackendArg,
}

/// Ranks.
///
/// # Errors
/// When a file cannot be read or is invalid, or the output cannot be written.
pub fn run(args: Args) -> anyhow::Result<()> {
    let pack = read_pack(&args.pack)?;
    let cases = read_cases(&args.cases, pack.catalogue())?;
    warn_unknown(&cases.unknown, &args.cases);
    let compute = compute(args.backend, &pack)?;
    let recommender = Recommender::new(pack, compute);
    let ranked = fewshop_eval::recommend_on(&recommender, &cases.cases, args.top, args.frozen)?;
    let catalogue = recommender.catalogue();
    let rows = cases.cases.iter().zip(&ranked).flat_map(|(case, picks)| {
        picks.iter().zip(1u32..).map(|(pick, rank)| RecRow {
            case_id: &case.id,
            rank,
            item_id: &catalogue[pick.item].id,
            score: pick.score,
        })
    });
    write_recs(&args.out, rows)?;
    Ok(())
}
