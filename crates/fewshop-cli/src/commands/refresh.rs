//! `fewshop refresh`: updates the seasonal counts of an existing pack.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use fewshop_core::{Catalogue, ItemIx, split};
use fewshop_data::files::{
    CaseRow, EvalCase, read_cases, read_events, read_truth, write_cases, write_truth,
};
use fewshop_train::learner::{refresh, taken};

use super::{print, read_pack, warn_unknown, write_pack};
use crate::provenance::Provenance;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The pack is not trained again: the ranker has learned to use seasonal counts, and this command replaces them. It counts only the \
                  sessions of the given file; refreshing again replaces the counts. A pack refreshed with validation sessions must \
                  not be evaluated on them any more: hold out users for that with --hold-out-users."
)]
pub struct Args {
    /// The pack
    #[arg(long, value_name = "PACK")]
    pub pack: PathBuf,
    /// Sessions since its training: user_id,session_id,time,item_id,event,quantity
    #[arg(long, value_name = "FILE", required_unless_present = "cases", conflicts_with_all = ["cases", "truth"])]
    pub events: Option<PathBuf>,
    /// Sessions as cases instead: case_id,user_id,k,position,item_id
    #[arg(long, value_name = "FILE", requires = "truth")]
    pub cases: Option<PathBuf>,
    /// Relevant items of those cases: case_id,item_id
    #[arg(long, value_name = "FILE", requires = "cases")]
    pub truth: Option<PathBuf>,
    /// Leave out one shopper in N, chosen by a hash of the id
    #[arg(long, alias = "keep-strangers", value_name = "N", value_parser = clap::value_parser!(u64).range(2..))]
    pub hold_out_users: Option<u64>,
    /// Write the cases of the shoppers who are left out to this folder, as cases.csv and truth.csv
    #[arg(long, alias = "strangers", value_name = "FOLDER", requires_all = ["hold_out_users", "cases"])]
    pub held_out_cases: Option<PathBuf>,
    /// Output file for the refreshed pack
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Salt of the hash that selects the held-out users.
const SALT: &str = "season";

impl Args {
    fn is_held_out(&self, user: &str) -> bool {
        self.hold_out_users
            .is_some_and(|n| split::fold(user, SALT, n) == 0)
    }

    /// The file's sessions, each as distinct products, and the number of sessions that were left
    /// out with their shoppers.
    fn sessions(&self, catalogue: &Catalogue) -> anyhow::Result<(Vec<Vec<u32>>, usize)> {
        if let Some(path) = &self.events {
            let log = read_events(path, catalogue)?;
            warn_unknown(&log.unknown, path);
            let sessions = log.sessions.iter().zip(taken(&log));
            let (left_out, counted): (Vec<_>, Vec<_>) =
                sessions.partition(|(of, _)| self.is_held_out(&log.users[of.user as usize]));
            return Ok((
                counted.into_iter().map(|(_, items)| items).collect(),
                left_out.len(),
            ));
        }
        let (Some(cases_path), Some(truth_path)) = (&self.cases, &self.truth) else {
            anyhow::bail!("give --events, or --cases with --truth");
        };
        let cases = read_cases(cases_path, catalogue)?;
        warn_unknown(&cases.unknown, cases_path);
        let truth = read_truth(truth_path, catalogue, &cases)?;
        warn_unknown(&truth.unknown, truth_path);
        // The same session has cases at several k: as a set of products of a shopper it is one.
        let mut counted = BTreeSet::new();
        let mut left_out = BTreeSet::new();
        for (case, relevant) in cases.cases.iter().zip(&truth.relevant) {
            let mut items: Vec<u32> = case
                .shots
                .iter()
                .chain(relevant)
                .map(|item| item.0)
                .collect();
            items.sort_unstable();
            items.dedup();
            let into = if self.is_held_out(&case.user) {
                &mut left_out
            } else {
                &mut counted
            };
            into.insert((case.user.clone(), items));
        }
        if let Some(folder) = &self.held_out_cases {
            write_held_out(folder, catalogue, &cases.cases, &truth.relevant, |case| {
                self.is_held_out(&case.user)
            })?;
        }
        Ok((
            counted.into_iter().map(|(_, items)| items).collect(),
            left_out.len(),
        ))
    }
}

fn write_held_out(
    folder: &Path,
    catalogue: &Catalogue,
    cases: &[EvalCase],
    relevant: &[Vec<ItemIx>],
    is_held_out: impl Fn(&EvalCase) -> bool,
) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| {
        format!(
            "{}: the folder cannot be created: check the path",
            folder.display()
        )
    })?;
    let unseen: Vec<(&EvalCase, &Vec<ItemIx>)> = cases
        .iter()
        .zip(relevant)
        .filter(|(case, _)| is_held_out(case))
        .collect();
    let rows = unseen.iter().flat_map(|(case, _)| {
        case.shots.iter().zip(0..).map(|(item, position)| CaseRow {
            case_id: &case.id,
            user_id: &case.user,
            k: case.k,
            visit: 0,
            position,
            item_id: &catalogue[*item].id.0,
        })
    });
    write_cases(&folder.join("cases.csv"), rows)?;
    let rows = unseen.iter().flat_map(|(case, relevant)| {
        relevant
            .iter()
            .map(|item| (case.id.as_str(), catalogue[*item].id.0.as_str()))
    });
    write_truth(&folder.join("truth.csv"), rows)?;
    Ok(())
}

/// Writes the refreshed pack.
///
/// # Errors
/// When a file cannot be read or written, or has no usable session.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let pack = read_pack(&args.pack)?;
    let (sessions, left_out) = args.sessions(pack.catalogue())?;
    let source = args
        .events
        .as_ref()
        .or(args.cases.as_ref())
        .context("a file is given")?;
    ensure!(
        sessions.iter().any(|session| !session.is_empty()),
        "{}: no session is newer than the pack, of {} in all: give a later part of the log",
        source.display(),
        sessions.len()
    );
    let (refreshed, done) = refresh(&pack, &sessions)?;
    let mut command = Provenance::of("refresh")
        .file("--events", args.events.as_deref())
        .file("--cases", args.cases.as_deref())
        .file("--truth", args.truth.as_deref());
    if let Some(n) = args.hold_out_users {
        command = command.value("--hold-out-users", n);
    }
    let pack = refreshed.edit(|parts| command.replace_in(&mut parts.card))?;
    write_pack(&args.out, &pack)?;
    let kept = if left_out > 0 {
        format!(", {left_out} sessions of held-out users were left out")
    } else {
        String::new()
    };
    print(&format!(
        "{}: refreshed with {} sessions: {} products counted, {} new pairs, {} dropped, season of {} sessions{kept}\n",
        args.out.display(),
        done.sessions,
        done.products,
        done.new_pairs,
        done.dropped_pairs,
        done.seasonal
    ))?;
    Ok(())
}
