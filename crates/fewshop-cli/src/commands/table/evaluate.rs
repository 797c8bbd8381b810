//! `fewshop table evaluate`: measures answers on rows whose target is known.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use fewshop_data::files::{AnyCell, AnyType, check_writable, read_any_table, write_any_table};
use fewshop_data::progress::Progress;
use fewshop_eval::{Bootstrap, Interval};
use fewshop_table::{
    Draw, Figures, MAX_CELLS, Outcome, Settings, Table, answer_draw, draw, figures,
};

use super::{Input, SourceArg, read};
use crate::commands::{at_least_one, print, write_json};

/// Arguments of `fewshop table evaluate`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Each draw takes k of the rows with a known target as examples and asks about others. Loss is log loss, or for numbers \
                  the squared error over the target's variance; intervals are 95 % over draws."
)]
pub struct Args {
    /// Table and target
    #[command(flatten)]
    pub input: Input,
    /// Other sites
    #[command(flatten)]
    pub source: SourceArg,
    /// The column that names the site of a row: examples and questions are of one site, the rows of
    /// all others are the source. With --draws-file alone
    #[arg(
        long,
        value_name = "COLUMN",
        requires = "draws_file",
        conflicts_with = "source"
    )]
    pub site: Option<String>,
    /// Numbers of examples
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_values_t = [4, 8, 16, 32, 64, 128], value_parser = at_least_one)]
    pub k: Vec<usize>,
    /// Draws for each k
    #[arg(long, default_value_t = 20, value_parser = at_least_one)]
    pub draws: usize,
    /// Most questions of a draw
    #[arg(long, default_value_t = 200, value_parser = at_least_one)]
    pub questions: usize,
    /// Draws to use instead: draw,k,row,role with role 'shot' or 'query', rows counted from 0
    #[arg(long, value_name = "FILE", conflicts_with_all = ["k", "draws", "questions"])]
    pub draws_file: Option<PathBuf>,
    /// Write the probability of the second class here: draw,k,row,p
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write the figures here as well
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Figures of all draws with one k.
#[derive(Debug, serde::Serialize)]
struct Line {
    k: usize,
    draws: usize,
    loss: f64,
    base_loss: f64,
    /// Loss minus that of the base rate, paired by draw.
    gain: Interval,
    auc: Option<f64>,
    accuracy: Option<f64>,
    /// Share of draws whose answers are given.
    answered: f64,
    /// Accuracy of the answers given.
    answered_accuracy: Option<f64>,
}

/// Draws with their name and k.
type Named = BTreeMap<(usize, String), Draw>;

fn read_draws(path: &Path) -> anyhow::Result<Named> {
    let file = read_any_table(path, MAX_CELLS)?;
    let find = |name: &str| {
        let at = file.names.iter().position(|other| other == name);
        at.with_context(|| {
            format!(
                "{}: the column '{name}' is missing, expected draw,k,row,role",
                path.display()
            )
        })
    };
    let [draw, k, row, role] = [find("draw")?, find("k")?, find("row")?, find("role")?];
    let mut out = Named::new();
    for at in 0..file.columns[draw].len() {
        let cell = |column: usize| file.columns[column][at].as_str();
        let whole = |column: usize, name: &str| {
            cell(column).parse::<usize>().with_context(|| {
                format!(
                    "{}, row {}, field '{name}': found '{}', expected a whole number",
                    path.display(),
                    at + 1,
                    cell(column)
                )
            })
        };
        let own = out
            .entry((whole(k, "k")?, cell(draw).to_owned()))
            .or_insert_with(|| Draw {
                shots: Vec::new(),
                questions: Vec::new(),
            });
        match cell(role) {
            "shot" => own.shots.push(whole(row, "row")?),
            "query" => own.questions.push(whole(row, "row")?),
            other => bail!(
                "{}, row {}, field 'role': found '{other}', expected shot or query",
                path.display(),
                at + 1
            ),
        }
    }
    Ok(out)
}

fn make_draws(args: &Args, table: &Table, settings: &Settings) -> anyhow::Result<Named> {
    if let Some(path) = &args.draws_file {
        return read_draws(path);
    }
    let mut out = Named::new();
    for &k in &args.k {
        // The usual k are asked for without knowing the table: those that it cannot serve are left
        // out, unless none is left.
        match draw(
            table,
            &args.input.target,
            settings,
            k,
            args.draws,
            args.questions,
        ) {
            Ok(draws) => out.extend(
                draws
                    .into_iter()
                    .enumerate()
                    .map(|(at, draw)| ((k, format!("{at:04}")), draw)),
            ),
            Err(error) if k == args.k[0] => {
                return Err(error).with_context(|| args.input.table.display().to_string());
            }
            Err(error) => crate::commands::warn(&error.to_string()),
        }
    }
    Ok(out)
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
    (n > 0.0).then(|| sum / n)
}

fn line(k: usize, all: &[Figures]) -> Line {
    let gains: Vec<f64> = all.iter().map(|f| f.loss - f.base_loss).collect();
    let intervals = Bootstrap::over(0..all.len()).means(&[gains]);
    let given = || all.iter().filter(|figures| figures.is_enough);
    Line {
        k,
        draws: all.len(),
        loss: mean(all.iter().map(|f| f.loss)).unwrap_or(0.0),
        base_loss: mean(all.iter().map(|f| f.base_loss)).unwrap_or(0.0),
        gain: intervals[0],
        auc: mean(all.iter().filter_map(|f| f.auc)),
        accuracy: mean(all.iter().filter_map(|f| f.accuracy)),
        answered: given().count() as f64 / all.len() as f64,
        answered_accuracy: mean(given().filter_map(|f| f.accuracy)),
    }
}

fn text(lines: &[Line]) -> String {
    let mut out =
        "k     draws  loss    base rate  difference [95 %]            AUC    accuracy  answered  accuracy of those\n"
            .to_owned();
    let cell = |value: Option<f64>| value.map_or("    –".to_owned(), |v| format!("{v:.3}"));
    for line in lines {
        let _ = writeln!(
            out,
            "{:<5} {:<6} {:.4}  {:.4}     {:+.4} [{:+.4}, {:+.4}]   {}  {}     {:.2}      {}",
            line.k,
            line.draws,
            line.loss,
            line.base_loss,
            line.loss - line.base_loss,
            line.gain[0],
            line.gain[1],
            cell(line.auc),
            cell(line.accuracy),
            line.answered,
            cell(line.answered_accuracy)
        );
    }
    out
}

/// Measures the answers.
///
/// # Errors
/// When a file cannot be read or written, or the table has too few rows with a known target.
pub fn run(args: &Args) -> anyhow::Result<()> {
    if let Some(out) = &args.out {
        check_writable(out)?;
    }
    let (table, mut settings) = args.input.read()?;
    let place = || args.input.table.display().to_string();
    let site = args.site.as_ref().map(|name| table.find(name));
    let site = site.transpose().with_context(place)?;
    if let Some(site) = &args.site {
        settings.left_out.push(site.clone());
    }
    let fixed = args.source.source.as_deref().map(read).transpose()?;
    let draws = make_draws(args, &table, &settings)?;
    ensure!(!draws.is_empty(), "{}: no draws", place());
    let progress = Progress::of("measuring", draws.len() as u64);
    let mut by_k: BTreeMap<usize, Vec<Figures>> = BTreeMap::new();
    let mut rows = Vec::new();
    for ((k, name), draw) in &draws {
        let others = site.zip(draw.shots.first()).map(|(at, &first)| {
            let cells = table.column(at);
            let other = (0..table.rows()).filter(|&row| cells.get(first) != cells.get(row));
            table.pick(&other.collect::<Vec<_>>())
        });
        let source = others.as_ref().or(fixed.as_ref());
        let (fitted, answers) = answer_draw(&table, source, &args.input.target, &settings, draw)
            .with_context(|| format!("{}, draw {name} of k = {k}", place()))?;
        let own = figures(&table, &args.input.target, draw, &fitted, &answers);
        by_k.entry(*k).or_default().push(own.with_context(place)?);
        for answer in &answers {
            let p = match &answer.outcome {
                Outcome::Classes(all) if all.len() == 2 => all[1].probability,
                Outcome::Classes(_) => continue,
                Outcome::Number { value, .. } => *value,
            };
            rows.push(vec![
                AnyCell::Text(name.clone()),
                AnyCell::Whole(*k as i64),
                AnyCell::Whole(answer.row as i64),
                AnyCell::Number(p as f32),
            ]);
        }
        progress.step();
    }
    progress.finish(&format!("{} draws measured", draws.len()));
    if let Some(out) = &args.out {
        let columns = [
            ("draw", AnyType::Text),
            ("k", AnyType::Whole),
            ("row", AnyType::Whole),
            ("p", AnyType::Number),
        ]
        .map(|(name, kind)| (name.to_owned(), kind));
        write_any_table(out, &columns, &rows)?;
    }
    let lines: Vec<Line> = by_k.iter().map(|(k, all)| line(*k, all)).collect();
    write_json(args.json.as_deref(), &lines)?;
    print(&text(&lines))?;
    Ok(())
}
