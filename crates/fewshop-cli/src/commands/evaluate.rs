//! `fewshop evaluate`: measures the quality of a pack on cases with known relevant items.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use fewshop_core::Catalogue;
use fewshop_data::files::{Log, Reading, read_cases, read_truth};
use fewshop_eval::baselines::{BaselineConfig, Baselines, MAX_REGRESSION_ITEMS};
use fewshop_eval::{Ablated, Difference, EvalSet, Evaluation, Figures, Interval, SHOWN, Unit};
use fewshop_model::Model;
use fewshop_train::learner::{self, TrainConfig, Training};
use fewshop_train::text::TextVectors;

use super::reading::{ReadingArgs, items_of, log_of};
use super::train::open_text_model;
use super::{print, read_pack, read_toml, warn, warn_unknown, write_study};
use crate::report::Study;

/// Arguments of `fewshop evaluate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The pack
    #[arg(long, value_name = "FILE")]
    pub pack: PathBuf,
    /// The queries: case_id,user_id,k,position,item_id and optionally visit
    #[arg(long, value_name = "FILE")]
    pub cases: PathBuf,
    /// Relevant items of those cases: case_id,item_id
    #[arg(long, value_name = "FILE")]
    pub truth: PathBuf,
    /// Compare the pack with baselines fitted on these events
    #[arg(long, value_name = "FILE")]
    pub events: Option<PathBuf>,
    /// Comparisons.
    #[command(flatten)]
    pub against: Against,
    /// Also write the figures to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Arguments for comparisons, shared by `evaluate` and `report`.
#[derive(Debug, clap::Args)]
pub struct Against {
    /// Retrain the ranker without each part and compare; takes about as long as training
    #[arg(long, requires_all = ["items", "events"])]
    pub ablation: bool,
    /// The products that the pack was trained on, for --ablation
    #[arg(long, value_name = "FILE", requires = "events")]
    pub items: Option<PathBuf>,
    /// Settings that the pack was trained with, for --ablation
    #[arg(long, value_name = "TOML", requires = "ablation")]
    pub config: Option<PathBuf>,
    /// Sentence model that the pack was trained with, for --ablation
    #[arg(long, value_name = "FILE_OR_FOLDER", requires = "ablation")]
    pub text_model: Option<PathBuf>,
    /// Cases for early stopping of the ablated packs [default: a part of the log]
    #[arg(long, value_name = "FILE", requires_all = ["valid_truth", "ablation"])]
    pub valid_cases: Option<PathBuf>,
    /// Relevant items of those cases
    #[arg(long, value_name = "FILE", requires = "valid_cases")]
    pub valid_truth: Option<PathBuf>,
    /// Simulate a shopper who turns down the first N irrelevant picks of the ten that the frozen
    /// pack shows, for each of these N; without numbers 1,3,5,10
    #[arg(long, value_name = "N,…", num_args = 0.., value_delimiter = ',', default_missing_values = ["1", "3", "5", "10"], value_parser = shown)]
    pub simulate_dismissals: Vec<usize>,
    /// Additional baseline: the classic network, trained on each case's few products from a random
    /// and from a pre-trained start
    #[arg(long, value_name = "NAME", value_enum, requires = "events")]
    pub baseline: Option<BaselineArg>,
    /// Settings of the baselines that differ from the defaults
    #[arg(long, value_name = "TOML", requires = "events")]
    pub baselines: Option<PathBuf>,
    /// Random seed of the classic network and of --ablation
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// How to read the files.
    #[command(flatten)]
    pub reading: ReadingArgs,
}

/// Baselines that need one training for each case, so they are optional.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum BaselineArg {
    /// Dense 64, ReLU, Dropout 0.5, sigmoid
    Mlp,
}

fn shown(text: &str) -> Result<usize, String> {
    match text.trim().parse() {
        Ok(count) if (1..=SHOWN).contains(&count) => Ok(count),
        _ => Err(format!(
            "expected a whole number from 1 to {SHOWN}, the number of shown picks"
        )),
    }
}

/// Evaluates.
///
/// # Errors
/// When a file cannot be read or is invalid.
pub fn run(args: Args) -> anyhow::Result<()> {
    let rivals = Rivals::read(&args.against)?;
    let model = Model::new(read_pack(&args.pack)?);
    let eval_set = read_eval_set(&args.cases, &args.truth, model.catalogue())?;
    let mut evaluation = fewshop_eval::evaluate(&model, &eval_set)?;
    evaluation.dismissals =
        fewshop_eval::dismissals(&model, &eval_set, &args.against.simulate_dismissals)?;
    if let Some(events) = &args.events {
        let log = read_log(events, model.catalogue(), &args.against.reading.reading()?)?;
        let (baselines, ablated) = rivals.prepare(&args.against, events, &model, &log)?;
        evaluation.contenders = fewshop_eval::contenders(&model, &eval_set, &baselines, &ablated)?;
        evaluation.transfer = fewshop_eval::transfer(&eval_set, &baselines);
    }
    write_study(
        args.json.as_deref(),
        &Study::Evaluate(Box::new(evaluation.clone())),
    )?;
    print(&table(&evaluation))?;
    Ok(())
}

/// Settings of all comparisons, read before any long work starts.
pub(super) struct Rivals {
    baselines: BaselineConfig,
    train: TrainConfig,
}

impl Rivals {
    pub(super) fn read(against: &Against) -> anyhow::Result<Self> {
        Ok(Self {
            baselines: read_toml(against.baselines.as_deref())?,
            train: read_toml(against.config.as_deref())?,
        })
    }

    /// Fits the baselines and, if requested, trains the ablated packs. `log` uses the pack's rows.
    pub(super) fn prepare(
        &self,
        against: &Against,
        events: &Path,
        model: &Model,
        log: &Log,
    ) -> anyhow::Result<(Baselines, Vec<Ablated>)> {
        let catalogue = model.catalogue();
        if catalogue.len() > MAX_REGRESSION_ITEMS {
            let n = catalogue.len();
            warn(&format!(
                "item-item regression is left out: it needs {n} × {n} numbers, the limit is {MAX_REGRESSION_ITEMS}"
            ));
        }
        let ablated = match &against.items {
            Some(items) if against.ablation => self.ablate(against, items, events)?,
            _ => Vec::new(),
        };
        let baselines = Baselines::fit(catalogue, log, &self.baselines, against.seed)?;
        Ok((
            baselines.with_few_shot(against.baseline == Some(BaselineArg::Mlp)),
            ablated,
        ))
    }

    fn ablate(
        &self,
        against: &Against,
        items: &Path,
        events: &Path,
    ) -> anyhow::Result<Vec<Ablated>> {
        let items = items_of(items, &against.reading.reading()?)?;
        let log = read_log(events, &items.catalogue, &against.reading.reading()?)?;
        let validation = match (&against.valid_cases, &against.valid_truth) {
            (Some(cases), Some(truth)) => Some(read_eval_set(cases, truth, &items.catalogue)?),
            _ => None,
        };
        let text = open_text_model(against.text_model.as_deref(), &self.train)?;
        let text = text.map(|model| TextVectors::of(&items.catalogue, &model));
        learner::ablate(Training {
            catalogue: &items.catalogue,
            text: text.as_ref(),
            log: &log,
            validation: validation.as_ref(),
            promotions: &[],
            config: &self.train,
            seed: against.seed,
        })
    }
}

/// Reads cases and their relevant items, and warns about products that are not in the catalogue.
pub(super) fn read_eval_set(
    cases: &Path,
    truth: &Path,
    catalogue: &Catalogue,
) -> anyhow::Result<EvalSet> {
    let read = read_cases(cases, catalogue)?;
    warn_unknown(&read.unknown, cases);
    let truths = read_truth(truth, catalogue, &read)?;
    warn_unknown(&truths.unknown, truth);
    anyhow::ensure!(
        truths.relevant.iter().any(|items| !items.is_empty()),
        "{}: has no relevant product for any case, expected at least one: give the truth file that belongs to {}",
        truth.display(),
        cases.display()
    );
    Ok(EvalSet {
        queries: read.cases,
        relevant: truths.relevant,
    })
}

/// Reads events, and warns about products that are not in the catalogue.
pub(super) fn read_log(
    path: &Path,
    catalogue: &Catalogue,
    reading: &Reading,
) -> anyhow::Result<Log> {
    let log = log_of(path, catalogue, reading)?;
    anyhow::ensure!(
        !log.sessions.is_empty(),
        "{}: has no event of a product in the pack: give the events of the same shop",
        path.display()
    );
    Ok(log)
}

/// The printed table.
pub(super) fn table(evaluation: &Evaluation) -> String {
    let unit = match evaluation.unit {
        Unit::ContextItems => "k = context items: the given items of the current session",
        Unit::Visits => "k = earlier visits that the device remembers",
    };
    let mut out = format!(
        "{unit}; in brackets 95 % intervals over {} shoppers\n{:>4} {:>6}  {:<24} {:<24} {:>7} {:>7} {:>11} {:>8}\n",
        evaluation.shoppers,
        "k",
        "cases",
        "NDCG@10",
        "Recall@20",
        "MRR@20",
        "Hit@10",
        "coverage@20",
        "popular"
    );
    for (k, f) in &evaluation.adapted {
        let _ = writeln!(
            out,
            "{k:>4} {:>6}  {:<24} {:<24} {:>7.4} {:>7.4} {:>11} {:>7.1}%",
            f.cases,
            figure(f.ndcg_at_10, f.ndcg_interval),
            figure(f.recall_at_20, f.recall_interval),
            f.mrr_at_20,
            f.hit_at_10,
            f.coverage_at_20,
            100.0 * f.popular_at_20
        );
    }
    let _ = writeln!(
        out,
        "\nEffect of learning on the device\n{:>4}  {:<24} {:<26} {:>7} {:>7} {:>7}",
        "k", "frozen NDCG@10", "adapted minus frozen", "helped", "same", "harm"
    );
    for (k, d) in &evaluation.adapted_minus_frozen {
        let frozen = evaluation.frozen.get(k).cloned().unwrap_or_default();
        let _ = writeln!(
            out,
            "{k:>4}  {:<24} {:<26} {:>7.4} {:>7.4} {:>7.4}",
            figure(frozen.ndcg_at_10, frozen.ndcg_interval),
            signed(d.ndcg_at_10, d.ndcg_interval),
            d.helped,
            1.0 - d.helped - d.harm,
            d.harm
        );
    }
    if !evaluation.dismissals.is_empty() {
        out += &dismissals(evaluation);
    }
    if !evaluation.contenders.is_empty() {
        out += &rivals(evaluation);
    }
    if !evaluation.transfer.is_empty() {
        out += &transfer(evaluation);
    }
    out
}

fn dismissals(evaluation: &Evaluation) -> String {
    let mut out = format!(
        "\nSimulated dismissals: of the {SHOWN} picks that the frozen pack shows, the first N that are not relevant are turned down. Mean NDCG@10\n\
         {:>4} {:>4} {:>6} {:>8} {:>8} {:>8}  {:<26} {:>7} {:>7}  {:<26}\n",
        "N",
        "k",
        "down",
        "frozen",
        "removed",
        "learned",
        "learned minus removed",
        "helped",
        "harm",
        "minus struck out"
    );
    for one in &evaluation.dismissals {
        let mut row = |k: &str, means: [Option<f64>; 4], gain: &Difference, alone: &Difference| {
            let [down, frozen, removed, learned] =
                means.map(|mean| mean.map_or_else(String::new, |mean| format!("{mean:.4}")));
            let _ = writeln!(
                out,
                "{:>4} {k:>4} {down:>6} {frozen:>8} {removed:>8} {learned:>8}  {:<26} {:>7.4} {:>7.4}  {:<26}",
                one.max_dismissed,
                signed(gain.ndcg_at_10, gain.ndcg_interval),
                gain.helped,
                gain.harm,
                signed(alone.ndcg_at_10, alone.ndcg_interval)
            );
        };
        for (k, gain) in &one.learned_minus_removed {
            let mean = |of: &BTreeMap<u32, Figures>| of.get(k).map(|figures| figures.ndcg_at_10);
            let means = [
                one.turned_down.get(k).copied(),
                mean(&one.frozen),
                mean(&one.removed),
                mean(&one.learned),
            ];
            let alone = one
                .learned_minus_struck_out
                .get(k)
                .cloned()
                .unwrap_or_default();
            row(&k.to_string(), means, gain, &alone);
        }
        row(
            "all",
            [None; 4],
            &one.all_learned_minus_removed,
            &one.all_learned_minus_struck_out,
        );
    }
    out += "removed: frozen, without the dismissed products; struck out: the pack as it ships without knowledge of the dismissals, with the same products struck out of its list\n";
    out
}

fn rivals(evaluation: &Evaluation) -> String {
    let ks: Vec<u32> = evaluation.adapted.keys().copied().collect();
    let mut out = format!("\nNDCG@10 by k, over all cases, and minus full\n{:<20}", "");
    for k in &ks {
        let _ = write!(out, " {:>7}", format!("k={k}"));
    }
    let _ = writeln!(
        out,
        "  {:<24} {:<26} {:>8} {:>8}",
        "all", "minus full", "coverage", "popular"
    );
    for one in &evaluation.contenders {
        let _ = write!(out, "{:<20}", one.name);
        for k in &ks {
            let _ = write!(
                out,
                " {:>7.4}",
                one.by_k.get(k).map_or(0.0, |f| f.ndcg_at_10)
            );
        }
        let minus = if one.minus_full.is_empty() {
            String::new()
        } else {
            signed(
                one.all_minus_full.ndcg_at_10,
                one.all_minus_full.ndcg_interval,
            )
        };
        let _ = writeln!(
            out,
            "  {:<24} {minus:<26} {:>8} {:>7.1}%",
            figure(one.all.ndcg_at_10, one.all.ndcg_interval),
            one.all.coverage_at_20,
            100.0 * one.all.popular_at_20
        );
    }
    out
}

fn transfer(evaluation: &Evaluation) -> String {
    let mut out = format!(
        "\nA small network trained on each shopper's few products: pre-trained start minus random start\n{:>4}  {:<26} {:<26} {:>7} {:>7}\n",
        "k", "NDCG@10", "Recall@20", "helped", "harm"
    );
    for (k, d) in &evaluation.transfer {
        let (ndcg, recall) = (
            signed(d.ndcg_at_10, d.ndcg_interval),
            signed(d.recall_at_20, d.recall_interval),
        );
        let _ = writeln!(
            out,
            "{k:>4}  {ndcg:<26} {recall:<26} {:>7.4} {:>7.4}",
            d.helped, d.harm
        );
    }
    out
}

fn figure(mean: f64, [low, high]: Interval) -> String {
    format!("{mean:.4} [{low:.4}, {high:.4}]")
}

fn signed(mean: f64, [low, high]: Interval) -> String {
    format!("{mean:+.4} [{low:+.4}, {high:+.4}]")
}
