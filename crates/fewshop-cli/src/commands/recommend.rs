//! `fewshop recommend`: ranks the catalogue for each case.

use std::path::PathBuf;

use clap::ValueEnum;
use fewshop_core::Objective;
use fewshop_data::files::{RecRow, read_cases, write_recs};
use fewshop_model::{RankOptions, Recommender};

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
    /// What to rank by
    #[arg(long, value_enum, default_value_t)]
    pub objective: ObjectiveArg,
    /// The backend that computes
    #[arg(long, value_enum, default_value_t)]
    pub backend: BackendArg,
}

/// What to rank by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ObjectiveArg {
    /// How likely the shopper takes a product
    #[default]
    Likely,
    /// The same, discounted by how likely everybody takes it, as on the shelf 'Picked for you'
    Personal,
    /// How much likelier a product becomes beside the known ones, as on 'Goes well with'
    Complements,
    /// Products of the same category that are most alike, as on 'Similar'
    Similar,
}

impl From<ObjectiveArg> for Objective {
    fn from(arg: ObjectiveArg) -> Self {
        match arg {
            ObjectiveArg::Likely => Self::Likely,
            ObjectiveArg::Personal => Self::Personal,
            ObjectiveArg::Complements => Self::Complements,
            ObjectiveArg::Similar => Self::Similar,
        }
    }
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
    let options = RankOptions {
        n: args.top,
        frozen: args.frozen,
        objective: args.objective.into(),
        reasons: false,
        ..RankOptions::default()
    };
    let ranked = fewshop_eval::recommend_on(&recommender, &cases.cases, &options)?;
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
