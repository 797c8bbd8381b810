//! `fewshop table labelling`: whether the row that is proposed next teaches more than a random one.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use fewshop_data::progress::Progress;
use fewshop_eval::{Bootstrap, Interval};
use fewshop_table::{Draw, Figures, answer_draw, draw, figures, follow_proposals};

use super::Input;
use crate::commands::{at_least_one, print, write_json};

/// Most rows that can be proposed: more change nothing and take longer.
const POOL: usize = 400;

/// Arguments of `fewshop table labelling`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Each draw starts from a few rows with their targets. Then either the proposed row is labelled each time, or a random \
                  one, and both are asked about the same other rows. Differences are proposed minus random; intervals are 95 % over draws."
)]
pub struct Args {
    /// Table and target
    #[command(flatten)]
    pub input: Input,
    /// Labelled rows at the start
    #[arg(long, default_value_t = 4, value_parser = at_least_one)]
    pub start: usize,
    /// Numbers of labelled rows after which is asked
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_values_t = [8, 16, 32], value_parser = at_least_one)]
    pub k: Vec<usize>,
    /// Draws
    #[arg(long, default_value_t = 20, value_parser = at_least_one)]
    pub draws: usize,
    /// Most questions of a draw
    #[arg(long, default_value_t = 200, value_parser = at_least_one)]
    pub questions: usize,
    /// Write the figures here as well
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Figures after a number of labels.
#[derive(Debug, serde::Serialize)]
struct Line {
    k: usize,
    draws: usize,
    random_loss: f64,
    proposed_loss: f64,
    /// Difference of the losses.
    loss: Interval,
    /// Mean difference of the areas under the curve with its interval; `None` for numbers.
    auc: Option<(f64, Interval)>,
}

fn line(k: usize, pairs: &[(Figures, Figures)]) -> Line {
    let mean = |part: fn(&(Figures, Figures)) -> f64| {
        pairs.iter().map(part).sum::<f64>() / pairs.len() as f64
    };
    let bootstrap = Bootstrap::over(0..pairs.len());
    let losses: Vec<f64> = pairs.iter().map(|(p, r)| p.loss - r.loss).collect();
    let areas: Option<Vec<f64>> = pairs.iter().map(|(p, r)| Some(p.auc? - r.auc?)).collect();
    Line {
        k,
        draws: pairs.len(),
        random_loss: mean(|pair| pair.1.loss),
        proposed_loss: mean(|pair| pair.0.loss),
        loss: bootstrap.means(&[losses])[0],
        auc: areas.map(|areas| {
            let mean = areas.iter().sum::<f64>() / areas.len() as f64;
            (mean, bootstrap.means(&[areas])[0])
        }),
    }
}

/// Measures both ways of labelling.
///
/// # Errors
/// When the table cannot be read or has too few rows with a known target.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let (table, settings) = args.input.read()?;
    let place = || args.input.table.display().to_string();
    let target = &args.input.target;
    let most = args.k.iter().copied().max().unwrap_or(0);
    ensure!(
        args.k.iter().all(|k| *k > args.start),
        "--k has to be above --start, {} labelled rows",
        args.start
    );
    // Besides the start all rows with a known target: questions first, then those to label.
    let all = draw(
        &table,
        target,
        &settings,
        args.start,
        args.draws,
        table.rows(),
    )
    .with_context(place)?;
    let progress = Progress::of("labelling", args.draws as u64);
    let mut pairs: Vec<Vec<(Figures, Figures)>> = vec![Vec::new(); args.k.len()];
    for Draw { shots, questions } in &all {
        let needed = most - args.start;
        ensure!(
            questions.len() > needed,
            "{}: {} rows have a known target; {most} labels and some questions need more: lower --k",
            place(),
            shots.len() + questions.len()
        );
        let (asked, pool) = questions.split_at(args.questions.min(questions.len() - needed));
        let pool = &pool[..pool.len().min(POOL.max(needed))];
        let proposed =
            follow_proposals(&table, target, &settings, shots, pool, most).with_context(place)?;
        let random: Vec<usize> = shots.iter().chain(pool).copied().collect();
        for (pairs, &k) in pairs.iter_mut().zip(&args.k) {
            let measure = |order: &[usize]| {
                let draw = Draw {
                    shots: order[..k].to_vec(),
                    questions: asked.to_vec(),
                };
                let (fitted, answers) = answer_draw(&table, None, target, &settings, &draw)?;
                figures(&table, target, &draw, &fitted, &answers)
            };
            let both = measure(&proposed).and_then(|proposed| Ok((proposed, measure(&random)?)));
            pairs.push(both.with_context(place)?);
        }
        progress.step();
    }
    progress.finish(&format!("{} draws", all.len()));
    let lines: Vec<Line> = args
        .k
        .iter()
        .zip(&pairs)
        .map(|(k, pairs)| line(*k, pairs))
        .collect();
    write_json(args.json.as_deref(), &lines)?;
    let mut out =
        "k     draws  loss: random  proposed  difference [95 %]          difference of AUC [95 %]\n"
            .to_owned();
    for line in &lines {
        let auc = line.auc.map_or(String::new(), |(mean, [low, high])| {
            format!("{mean:+.4} [{low:+.4}, {high:+.4}]")
        });
        let _ = writeln!(
            out,
            "{:<5} {:<6} {:.4}        {:.4}    {:+.4} [{:+.4}, {:+.4}]   {auc}",
            line.k,
            line.draws,
            line.random_loss,
            line.proposed_loss,
            line.proposed_loss - line.random_loss,
            line.loss[0],
            line.loss[1]
        );
    }
    print(&out)?;
    Ok(())
}
