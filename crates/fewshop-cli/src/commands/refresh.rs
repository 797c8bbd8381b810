//! `fewshop refresh`: adds newer sessions to the counts of an existing pack.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, ensure};
use fewshop_core::split;
use fewshop_data::files::{Reading, day_of, format_day, read_counts};
use fewshop_model::Pack;
use fewshop_model::features::FeatureGroup;
use fewshop_train::learner::{AddedUp, Refreshed, refresh, refresh_by_counts, taken};

use super::reading::{ReadingArgs, if_any, log_of};
use super::{print, promotions_of, read_pack, warn, write_pack};
use crate::provenance::Provenance;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The pack is not trained again. The sessions are added to popularity, pair counts, regression weights and seasonal counts, with \
                  weights that the training selected. Sessions that are no later than the last one counted are skipped, so overlapping exports do no harm. \
                  A refreshed pack must not be evaluated on the weeks whose sessions it has counted: evaluate on later ones.\n\n\
                  --counts is for a shop that sees no sessions: counts that were added up over many visits, with noise of known size. They set the \
                  season of the products they name, each as far as the noise allows, and take the place of an earlier season."
)]
pub struct Args {
    /// The pack
    #[arg(long, value_name = "PACK")]
    pub pack: PathBuf,
    /// Sessions since its training: user_id,session_id,time,item_id,event,quantity
    #[arg(long, value_name = "FILE", required_unless_present_any = ["promotions", "counts"])]
    pub events: Option<PathBuf>,
    /// Added-up counts in place of sessions: item_id,count,visits,noise, the last two the same in
    /// every row
    #[arg(long, value_name = "FILE", conflicts_with = "events")]
    pub counts: Option<PathBuf>,
    /// What the shop promotes from now on, in place of what the pack holds:
    /// item_id,from,to,share and optionally place (leaflet or display)
    #[arg(long, value_name = "FILE")]
    pub promotions: Option<PathBuf>,
    /// Leave out one shopper in N, chosen by a hash of the id
    #[arg(long, alias = "keep-strangers", value_name = "N", value_parser = clap::value_parser!(u64).range(2..))]
    pub hold_out_users: Option<u64>,
    /// How to read the events.
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// Output file for the refreshed pack
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Salt of the hash that selects the held-out users.
const SALT: &str = "season";
const DAY_S: i64 = 86_400;

/// Sessions to add to a pack.
#[derive(Debug, Default)]
struct NewSessions {
    /// Distinct products of each.
    items: Vec<Vec<u32>>,
    /// How many were left out with their shoppers.
    held_out: usize,
    /// How many are no later than the last one that the pack has counted.
    counted_before: usize,
    /// How many lie in the future.
    in_future: usize,
    /// Time of the last one, in seconds since 1970.
    last_s: i64,
}

impl Args {
    fn sessions(
        &self,
        events: &Path,
        pack: &Pack,
        reading: &Reading,
        now_s: i64,
    ) -> anyhow::Result<Option<NewSessions>> {
        let Some(log) = if_any(log_of(events, pack.catalogue(), reading))? else {
            return Ok(None);
        };
        let counted_until = pack.config().refresh.as_ref().map(|r| r.counted_until);
        let is_held_out = |user: &str| {
            self.hold_out_users
                .is_some_and(|n| split::fold(user, SALT, n) == 0)
        };
        let mut out = NewSessions::default();
        for (session, items) in log.sessions.iter().zip(taken(&log)) {
            if counted_until.is_some_and(|until| session.time_s <= until) {
                out.counted_before += 1;
            } else if session.time_s > now_s + DAY_S {
                // Counted, it would make every later refresh skip the sessions before it.
                out.in_future += 1;
            } else if is_held_out(&log.users[session.user as usize]) {
                out.held_out += 1;
            } else if !items.is_empty() {
                out.last_s = session.time_s;
                out.items.push(items);
            }
        }
        Ok(Some(out))
    }
}

/// Writes the refreshed pack.
///
/// # Errors
/// When a file cannot be read or written, or has no session to add.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let mut pack = read_pack(&args.pack)?;
    let mut changes = Vec::new();
    if let Some(events) = &args.events {
        match with_sessions(args, events, &pack)? {
            Some((refreshed, change)) => {
                pack = refreshed;
                changes.push(change);
            }
            None => warn(&format!(
                "{}: no session that the pack has not counted (it knows those until {}): nothing was added",
                events.display(),
                pack.card().data_until
            )),
        }
    }
    if let Some(path) = &args.counts {
        match with_counts(path, &pack)? {
            Some((refreshed, change)) => {
                pack = refreshed;
                changes.push(change);
            }
            None => warn(&format!(
                "{}: the noise hides what has changed, so the season stays as it is: more visits or a larger ε would show it",
                path.display()
            )),
        }
    }
    if let Some(path) = &args.promotions {
        let (promoted, change) = with_promotions(path, &pack)?;
        pack = promoted;
        changes.push(change);
    }
    let mut command = Provenance::of("refresh")
        .file("--events", args.events.as_deref())
        .file("--counts", args.counts.as_deref())
        .file("--promotions", args.promotions.as_deref());
    if let Some(n) = args.hold_out_users {
        command = command.value("--hold-out-users", n);
    }
    if changes.is_empty() {
        // Without this, a first run that had nothing to do would leave no pack behind.
        write_pack(&args.out, &pack)?;
        print(&format!("{}: unchanged\n", args.out.display()))?;
        return Ok(());
    }
    // Counts replace a season, but nothing else that an earlier refresh has added.
    let adds_up = args.counts.is_some() || args.events.is_some() && pack.config().refresh.is_some();
    let pack = pack.edit(|parts| {
        if adds_up {
            command.append_to(&mut parts.card);
        } else {
            command.replace_in(&mut parts.card);
        }
    })?;
    write_pack(&args.out, &pack)?;
    print(&format!(
        "{}: refreshed with {}\n",
        args.out.display(),
        changes.join("; ")
    ))?;
    Ok(())
}

/// The pack with newer sessions, and what changed; `None` if it has counted all of them before, or
/// the file has none.
fn with_sessions(
    args: &Args,
    events: &Path,
    pack: &Pack,
) -> anyhow::Result<Option<(Pack, String)>> {
    let now_s = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(i64::MAX - DAY_S, |since| since.as_secs() as i64);
    let Some(sessions) = args.sessions(events, pack, &args.reading.reading()?, now_s)? else {
        return Ok(None);
    };
    if sessions.items.is_empty() && sessions.counted_before > 0 && sessions.in_future == 0 {
        // A command that runs every night meets a log that it has read.
        return Ok(None);
    }
    ensure!(
        !sessions.items.is_empty(),
        "{}: no session to add: {} are no later than the last one that the pack has counted, {} are of held-out users, {} lie in the future: \
         give a later part of the log",
        events.display(),
        sessions.counted_before,
        sessions.held_out,
        sessions.in_future
    );
    let (pack, done) = refresh(pack, &sessions.items)?;
    let adds_up = pack.config().refresh.is_some();
    let pack = pack.edit(|parts| {
        if let Some(config) = &mut parts.config.refresh {
            config.counted_until = sessions.last_s;
        }
        parts.card.data_until = format_day(day_of(sessions.last_s));
    })?;
    let change = summary(&sessions, &done, adds_up);
    Ok(Some((pack, change)))
}

/// The pack with these counts in place of its season, and what changed; `None` if noise hides all
/// changes.
fn with_counts(path: &Path, pack: &Pack) -> anyhow::Result<Option<(Pack, String)>> {
    let counts = read_counts(path, pack.catalogue())?;
    let (items, each) = counts.rows.into_iter().unzip();
    let (pack, moved) = refresh_by_counts(
        pack,
        &AddedUp {
            items,
            counts: each,
            visits: counts.visits,
            noise: counts.noise,
        },
    )
    .with_context(|| path.display().to_string())?;
    let change = format!(
        "counts of {} visits: season of {} products, with {:.0} % of what they say after the noise",
        counts.visits,
        moved.products,
        100.0 * moved.kept
    );
    Ok((moved.products > 0).then_some((pack, change)))
}

/// The pack with these promotions in place of its own, and what changed.
fn with_promotions(path: &Path, pack: &Pack) -> anyhow::Result<(Pack, String)> {
    ensure!(
        pack.reads(FeatureGroup::Promotions),
        "{}: the pack's ranker reads no promotions: train it with --promotions, or its training found that they say nothing",
        path.display()
    );
    let mut rows = promotions_of(path, pack.catalogue())?;
    let all = rows.len();
    if let Some(refresh) = &pack.config().refresh {
        // What is over is of no use to a visitor.
        let day = day_of(refresh.counted_until);
        rows.retain(|promotion| promotion.to_day >= day);
    }
    ensure!(
        !rows.is_empty(),
        "{}: none of {all} promotions ends after the last session that the pack has counted: give those of the coming weeks",
        path.display()
    );
    let until = rows.iter().map(|promotion| promotion.to_day).max();
    let change = format!(
        "{} promotions until {}",
        rows.len(),
        until.map(format_day).unwrap_or_default()
    );
    Ok((pack.clone().edit(|parts| parts.promotions = rows)?, change))
}

/// What changed, in one line.
fn summary(sessions: &NewSessions, done: &Refreshed, adds_up: bool) -> String {
    let mut text = format!(
        "{} sessions: season of {} sessions",
        done.sessions, done.seasonal
    );
    if adds_up {
        text.push_str(&format!(
            ", {} products counted, {} new and {} dropped pairs",
            done.products, done.new_pairs, done.dropped_pairs
        ));
    } else {
        text.push_str("; the pack is older than this program: train it again to refresh its pairs");
    }
    for (count, what) in [
        (sessions.counted_before, "were counted before"),
        (sessions.held_out, "of held-out users were left out"),
        (sessions.in_future, "in the future were left out"),
    ] {
        if count > 0 {
            text.push_str(&format!("; {count} sessions {what}"));
        }
    }
    text
}
