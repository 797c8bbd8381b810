//! `fewshop study distil`: a larger ranker as a teacher, and the loss from rounding.

use std::path::PathBuf;

use fewshop_data::files::check_writable;
use fewshop_train::learner::{DistilConfig, Training};
use fewshop_train::study::distil::{run as study, table};

use crate::commands::evaluate::read_eval_set;
use crate::commands::shop_files::{OpenShop, ShopFiles};
use crate::commands::{at_least_one, print, write_study};
use crate::report::Study;

/// Arguments of `fewshop study distil`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Counts, vectors and candidates are computed once. The following are trained on them: the teacher, several wide networks whose scores are \
                  averaged; as many students of the shipped size on the log alone; and students of the same seeds on the teacher's softened \
                  scores as well. All use early stopping on the validation cases, which the figures are also based on. The second table evaluates the first plain \
                  student with its item vectors rounded step by step; vectors without rounding use eight bytes for each number, and their mean is \
                  exact to eleven bits."
)]
pub struct Args {
    /// The shop
    #[command(flatten)]
    pub shop: ShopFiles,
    /// Cases for early stopping and evaluation: case_id,user_id,k,position,item_id
    #[arg(long, value_name = "FILE")]
    pub valid_cases: PathBuf,
    /// Relevant items of those cases: case_id,item_id
    #[arg(long, value_name = "FILE")]
    pub valid_truth: PathBuf,
    /// Hidden units of each of the teacher's networks
    #[arg(long, default_value_t = DistilConfig::default().hidden, value_parser = at_least_one)]
    pub hidden: usize,
    /// Number of the teacher's networks, and of students of either kind
    #[arg(long, default_value_t = DistilConfig::default().members, value_parser = at_least_one)]
    pub members: usize,
    /// Temperature: scores are divided by it before the softmax
    #[arg(long, default_value_t = DistilConfig::default().temperature, value_parser = temperature)]
    pub temperature: f32,
    /// Weight of the teacher in the listwise loss, 0 to 1
    #[arg(long, default_value_t = DistilConfig::default().weight, value_parser = share)]
    pub weight: f32,
    /// Random seed
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Also write the figures to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

fn temperature(text: &str) -> Result<f32, String> {
    let number = text
        .trim()
        .parse()
        .ok()
        .filter(|number: &f32| (0.1..=100.0).contains(number));
    number.ok_or_else(|| "expected a number from 0.1 to 100, such as 2".to_owned())
}

fn share(text: &str) -> Result<f32, String> {
    let number = text
        .trim()
        .parse()
        .ok()
        .filter(|number: &f32| (0.0..=1.0).contains(number));
    number.ok_or_else(|| "expected a number from 0 to 1, such as 0.5".to_owned())
}

/// Runs the experiment.
///
/// # Errors
/// When a file cannot be read or written, or training fails.
pub fn run(args: &Args) -> anyhow::Result<()> {
    args.json.as_deref().map(check_writable).transpose()?;
    let OpenShop {
        config,
        catalogue,
        log,
        text,
    } = args.shop.open()?;
    let validation = read_eval_set(&args.valid_cases, &args.valid_truth, &catalogue)?;
    let settings = DistilConfig {
        hidden: args.hidden,
        members: args.members,
        temperature: args.temperature,
        weight: args.weight,
    };
    let training = Training {
        catalogue: &catalogue,
        text: text.as_ref(),
        log: &log,
        validation: Some(&validation),
        promotions: &[],
        config: &config,
        seed: args.seed,
    };
    let result = study(training, &settings)?;
    write_study(args.json.as_deref(), &Study::Distil(result.clone()))?;
    print(&table(&result))?;
    Ok(())
}
