//! `fewshop study together`: what a refresh by private counts is worth.

use std::io::Write;
use std::path::PathBuf;

use fewshop_data::files::write_atomically;
use fewshop_train::learner::taken;
use fewshop_train::study::together::{TogetherConfig, run as study, table};

use crate::commands::evaluate::read_eval_set;
use crate::commands::study::read_later_events;
use crate::commands::{at_least_one, print, read_pack, write_json};
use crate::report;

/// Arguments of `fewshop study together`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The pack is refreshed in three ways and compared with itself as trained: by all sessions (fewshop refresh), by exact counts of the \
                  watch list, and by noisy counts (fewshop refresh --counts). A report is a row of zeros and ones over the most bought products. Reports \
                  are added up, and each of two aggregators adds discrete Gaussian noise that makes one visit (ε, δ)-private on its own: neighbours \
                  are a visit's report and an empty one. More visits than the log has are drawn with replacement, and marked so. The cases must come \
                  after the sessions."
)]
pub struct Args {
    /// The pack, as trained
    #[arg(long, value_name = "FILE")]
    pub pack: PathBuf,
    /// Sessions between its training and the cases: user_id,session_id,time,item_id,event,quantity
    #[arg(long, value_name = "FILE")]
    pub events: PathBuf,
    /// The queries: case_id,user_id,k,position,item_id
    #[arg(long, value_name = "FILE")]
    pub cases: PathBuf,
    /// Relevant items of those cases: case_id,item_id
    #[arg(long, value_name = "FILE")]
    pub truth: PathBuf,
    /// Length of the watch list: the products that the pack counts most
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = at_least_one)]
    pub watch: usize,
    /// Products that a visit reports at the most, drawn at random if it took more
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = at_least_one)]
    pub most: usize,
    /// Products that a visit must have taken to report at all [default: as the pack's season demands]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub shortest: Option<usize>,
    /// ε of one visit
    #[arg(long, value_name = "ε,…", value_delimiter = ',', default_value = "1,2,4,8", value_parser = epsilon)]
    pub epsilons: Vec<f64>,
    /// Numbers of visits that report
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_value = "500,2000,10000,100000", value_parser = at_least_one)]
    pub visits: Vec<usize>,
    /// δ of one visit: smaller than one over the number of visits
    #[arg(long, value_name = "δ", default_value_t = 1e-6, value_parser = probability)]
    pub delta: f64,
    /// Draws of visits and noise for each ε and number of visits
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    pub draws: u64,
    /// Also refresh by all sessions, but with this number of pairs, those that the pack counts most:
    /// what reports of pairs could bring at the most
    #[arg(
        long,
        value_name = "N,…",
        value_delimiter = ',',
        default_value = "0,500,4000"
    )]
    pub pairs: Vec<usize>,
    /// Random seed
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Also write the figures to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Also draw the gains to this file, as SVG
    #[arg(long, value_name = "FILE")]
    pub plot: Option<PathBuf>,
}

fn epsilon(text: &str) -> Result<f64, String> {
    let number = text.trim().parse().ok();
    number
        .filter(|number: &f64| *number > 0.0 && *number <= 20.0)
        .ok_or_else(|| "expected a number above 0 and up to 20, such as 2".to_owned())
}

fn probability(text: &str) -> Result<f64, String> {
    let number = text.trim().parse().ok();
    number
        .filter(|number: &f64| *number > 0.0 && *number < 0.1)
        .ok_or_else(|| "expected a small number above 0, such as 0.000001".to_owned())
}

/// Runs the experiment.
///
/// # Errors
/// When a file cannot be read or written, or the pack has counted the sessions.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let pack = read_pack(&args.pack)?;
    let log = read_later_events(&pack, &args.pack, &args.events)?;
    let eval_set = read_eval_set(&args.cases, &args.truth, pack.catalogue())?;
    let config = TogetherConfig {
        watch: args.watch,
        most: args.most,
        shortest: args.shortest,
        epsilons: args.epsilons.clone(),
        visits: args.visits.clone(),
        delta: args.delta,
        seeds: args.draws,
        pairs: args.pairs.clone(),
    };
    let result = study(&pack, &taken(&log), &eval_set, &config, args.seed)?;
    write_json(args.json.as_deref(), &result)?;
    if let Some(path) = &args.plot {
        let picture = report::together(&result, &pack.card().shop);
        write_atomically(path, |out| out.write_all(picture.as_bytes()))?;
    }
    print(&table(&result))?;
    Ok(())
}
