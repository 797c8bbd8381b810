//! `fewshop report`: makes a page about a pack's quality, for the shop's owners.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use fewshop_data::files::write_atomically;
use fewshop_model::Model;

use super::evaluate::{Against, Rivals, read_eval_set, read_log};
use super::{print, read_pack, write_json};

use crate::provenance::Provenance;
use crate::report::{DataCard, REPORT_VERSION, Report, StudySheet, page};

/// Arguments of `fewshop report`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The pack
    #[arg(long, value_name = "FILE", required_unless_present = "from", requires_all = ["events", "cases", "truth"])]
    pub pack: Option<PathBuf>,
    /// Events, for the data card and the baselines
    #[arg(long, value_name = "FILE")]
    pub events: Option<PathBuf>,
    /// Queries of unseen users: case_id,user_id,k,position,item_id
    #[arg(long, value_name = "FILE")]
    pub cases: Option<PathBuf>,
    /// Relevant items of those cases: case_id,item_id
    #[arg(long, value_name = "FILE")]
    pub truth: Option<PathBuf>,
    /// Queries of returning shoppers: the same with the column visit
    #[arg(long, value_name = "FILE", requires_all = ["return_truth", "pack"])]
    pub return_cases: Option<PathBuf>,
    /// Relevant items of those cases
    #[arg(long, value_name = "FILE", requires = "return_cases")]
    pub return_truth: Option<PathBuf>,
    /// Comparisons.
    #[command(flatten)]
    pub against: Against,
    /// Figures of a study to show; may be given several times. Written by --json of `study`
    /// (distil, new-items, offers, profile, robustness), `compress` and `evaluate --baseline mlp`
    #[arg(long, value_name = "JSON")]
    pub study: Vec<PathBuf>,
    /// Output file for the page
    #[arg(long, value_name = "HTML")]
    pub out: PathBuf,
    /// Also write the figures to this file, as JSON; --from draws the page again from them
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Draw the page from the figures of an earlier run instead of computing them
    #[arg(long, value_name = "JSON", conflicts_with_all = ["pack", "events", "cases", "truth", "json"])]
    pub from: Option<PathBuf>,
}

/// Makes the page.
///
/// # Errors
/// When a file cannot be read or is invalid, or the page cannot be written.
pub fn run(args: Args) -> anyhow::Result<()> {
    // First of all: a mistake here should not cost the minutes of the rest.
    let studies = args
        .study
        .iter()
        .map(|path| StudySheet::read(path))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let mut report = match (
        &args.from,
        &args.pack,
        &args.events,
        &args.cases,
        &args.truth,
    ) {
        (Some(from), ..) => read(from)?,
        (None, Some(pack), Some(events), Some(cases), Some(truth)) => {
            compute(&args, pack, events, cases, truth)?
        }
        _ => anyhow::bail!(
            "--pack, --events, --cases and --truth belong together: give all four, or --from"
        ),
    };
    report.studies.extend(studies);
    write_json(args.json.as_deref(), &report)?;
    let html = page(&report);
    write_atomically(&args.out, |out| out.write_all(html.as_bytes()))?;
    print(&format!(
        "{}: {} kB, open it in a browser\n",
        args.out.display(),
        html.len() / 1000
    ))?;
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<Report> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{}: cannot be read", path.display()))?;
    let report: Report = serde_json::from_str(&text).with_context(|| {
        format!(
            "{}: not a file written by `fewshop report --json`",
            path.display()
        )
    })?;
    anyhow::ensure!(
        report.version == REPORT_VERSION,
        "{}: has version {}, this program reads {REPORT_VERSION}: make the figures again with `fewshop report --json`",
        path.display(),
        report.version
    );
    Ok(report)
}

fn compute(
    args: &Args,
    pack: &Path,
    events: &Path,
    cases: &Path,
    truth: &Path,
) -> anyhow::Result<Report> {
    let rivals = Rivals::read(&args.against)?;
    let model = Model::new(read_pack(pack)?);
    let catalogue = model.catalogue();
    // All files first: a mistake in the last one should not cost the minutes of the others.
    let unseen_users = read_eval_set(cases, truth, catalogue)?;
    let returning = match (&args.return_cases, &args.return_truth) {
        (Some(cases), Some(truth)) => Some(read_eval_set(cases, truth, catalogue)?),
        _ => None,
    };
    let log = read_log(events, catalogue, &args.against.reading.reading()?)?;
    let (baselines, ablated) = rivals.prepare(&args.against, events, &model, &log)?;
    let full = |eval_set| -> anyhow::Result<_> {
        let mut evaluation = fewshop_eval::evaluate(&model, eval_set)?;
        evaluation.dismissals =
            fewshop_eval::dismissals(&model, eval_set, &args.against.simulate_dismissals)?;
        evaluation.contenders = fewshop_eval::contenders(&model, eval_set, &baselines, &ablated)?;
        Ok(evaluation)
    };
    Ok(Report {
        version: REPORT_VERSION,
        card: DataCard::of(
            model.pack(),
            &log,
            command(args, pack, events, cases, truth),
        ),
        unseen_users: full(&unseen_users)?,
        returning: returning.as_ref().map(full).transpose()?,
        curves: model.pack().card().curves.clone(),
        studies: Vec::new(),
    })
}

/// The command for the page.
fn command(args: &Args, pack: &Path, events: &Path, cases: &Path, truth: &Path) -> String {
    let against = &args.against;
    let mut command = Provenance::of("report")
        .file("--pack", pack)
        .file("--items", against.items.as_deref())
        .file("--events", events)
        .file("--cases", cases)
        .file("--truth", truth)
        .file("--return-cases", args.return_cases.as_deref())
        .file("--return-truth", args.return_truth.as_deref())
        .file("--baselines", against.baselines.as_deref())
        .file("--config", against.config.as_deref())
        .file("--valid-cases", against.valid_cases.as_deref())
        .file("--valid-truth", against.valid_truth.as_deref());
    if !against.simulate_dismissals.is_empty() {
        let counts: Vec<String> = against
            .simulate_dismissals
            .iter()
            .map(usize::to_string)
            .collect();
        command = command.value("--simulate-dismissals", counts.join(","));
    }
    for study in &args.study {
        command = command.file("--study", study.as_path());
    }
    command
        .flag("--ablation", against.ablation)
        .value("--seed", against.seed)
        .to_string()
}
