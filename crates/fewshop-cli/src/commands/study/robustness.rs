//! `fewshop study robustness`: disturbs item vectors and replaces context items at random.

use std::path::PathBuf;

use fewshop_train::study::robustness::{run as study, table};

use crate::commands::evaluate::read_eval_set;
use crate::commands::{print, read_pack, write_study};
use crate::report::Study;

/// Arguments of `fewshop study robustness`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A pack; give several packs with the same products to compare them with the first
    #[arg(long, value_name = "FILE", required = true)]
    pub pack: Vec<PathBuf>,
    /// The queries: case_id,user_id,k,position,item_id
    #[arg(long, value_name = "FILE")]
    pub cases: PathBuf,
    /// Relevant items of those cases: case_id,item_id
    #[arg(long, value_name = "FILE")]
    pub truth: PathBuf,
    /// Distances by which item vectors are moved in a random direction, as shares of their length
    #[arg(long, value_name = "SHARE,…", value_delimiter = ',', default_value = "0.25,0.5,1", value_parser = share)]
    pub perturb_items: Vec<f64>,
    /// Random seed
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Also write the figures to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

fn share(text: &str) -> Result<f64, String> {
    let number = text
        .trim()
        .parse()
        .ok()
        .filter(|number: &f64| *number > 0.0 && *number <= 10.0);
    number.ok_or_else(|| "expected a number above 0 and up to 10, such as 0.5".to_owned())
}

/// Runs the experiment.
///
/// # Errors
/// When a file cannot be read or written, or the packs have different products.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let packs = args
        .pack
        .iter()
        .map(|path| Ok((path.display().to_string(), read_pack(path)?)));
    let packs = packs.collect::<anyhow::Result<Vec<_>>>()?;
    let (_, first) = packs
        .first()
        .ok_or_else(|| anyhow::anyhow!("no pack was given: give --pack"))?;
    let eval_set = read_eval_set(&args.cases, &args.truth, first.catalogue())?;
    let result = study(&packs, &eval_set, &args.perturb_items, args.seed)?;
    write_study(args.json.as_deref(), &Study::Robustness(result.clone()))?;
    print(&table(&result))?;
    Ok(())
}
