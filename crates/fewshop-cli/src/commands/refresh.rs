//! `fewshop refresh`: adds newer sessions to the counts of an existing pack.

use std::path::PathBuf;

use anyhow::ensure;
use fewshop_core::split;
use fewshop_data::files::read_events;
use fewshop_model::Pack;
use fewshop_train::learner::{Refreshed, refresh, taken};

use super::{print, read_pack, warn_unknown, write_pack};
use crate::provenance::Provenance;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The pack is not trained again. The sessions are added to popularity, pair counts, regression weights and seasonal counts, with \
                  weights that the training selected. Sessions that are no later than the last one counted are skipped, so overlapping exports do no harm. \
                  A refreshed pack must not be evaluated on the weeks whose sessions it has counted: evaluate on later ones."
)]
pub struct Args {
    /// The pack
    #[arg(long, value_name = "PACK")]
    pub pack: PathBuf,
    /// Sessions since its training: user_id,session_id,time,item_id,event,quantity
    #[arg(long, value_name = "FILE")]
    pub events: PathBuf,
    /// Leave out one shopper in N, chosen by a hash of the id
    #[arg(long, alias = "keep-strangers", value_name = "N", value_parser = clap::value_parser!(u64).range(2..))]
    pub hold_out_users: Option<u64>,
    /// Output file for the refreshed pack
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Salt of the hash that selects the held-out users.
const SALT: &str = "season";

/// Sessions to add to a pack.
#[derive(Debug, Default)]
struct NewSessions {
    /// Distinct products of each.
    items: Vec<Vec<u32>>,
    /// How many were left out with their shoppers.
    held_out: usize,
    /// How many are no later than the last one that the pack has counted.
    counted_before: usize,
    /// Time of the last one, in seconds since 1970.
    last_s: i64,
}

impl Args {
    fn sessions(&self, pack: &Pack) -> anyhow::Result<NewSessions> {
        let log = read_events(&self.events, pack.catalogue())?;
        warn_unknown(&log.unknown, &self.events);
        let counted_until = pack.config().refresh.as_ref().map(|r| r.counted_until);
        let is_held_out = |user: &str| {
            self.hold_out_users
                .is_some_and(|n| split::fold(user, SALT, n) == 0)
        };
        let mut out = NewSessions::default();
        for (session, items) in log.sessions.iter().zip(taken(&log)) {
            if counted_until.is_some_and(|until| session.time_s <= until) {
                out.counted_before += 1;
            } else if is_held_out(&log.users[session.user as usize]) {
                out.held_out += 1;
            } else if !items.is_empty() {
                out.last_s = session.time_s;
                out.items.push(items);
            }
        }
        Ok(out)
    }
}

/// Writes the refreshed pack.
///
/// # Errors
/// When a file cannot be read or written, or has no session to add.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let pack = read_pack(&args.pack)?;
    let sessions = args.sessions(&pack)?;
    ensure!(
        !sessions.items.is_empty(),
        "{}: no session to add: {} are no later than the last one that the pack has counted, {} are of held-out users: give a later part \
         of the log",
        args.events.display(),
        sessions.counted_before,
        sessions.held_out
    );
    let (pack, done) = refresh(&pack, &sessions.items)?;
    let mut command = Provenance::of("refresh").file("--events", args.events.as_path());
    if let Some(n) = args.hold_out_users {
        command = command.value("--hold-out-users", n);
    }
    let adds_up = pack.config().refresh.is_some();
    let pack = pack.edit(|parts| {
        if let Some(config) = &mut parts.config.refresh {
            config.counted_until = sessions.last_s;
            command.append_to(&mut parts.card);
        } else {
            command.replace_in(&mut parts.card);
        }
    })?;
    write_pack(&args.out, &pack)?;
    print(&format!(
        "{}: refreshed with {}\n",
        args.out.display(),
        summary(&sessions, &done, adds_up)
    ))?;
    Ok(())
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
    ] {
        if count > 0 {
            text.push_str(&format!("; {count} sessions {what}"));
        }
    }
    text
}
