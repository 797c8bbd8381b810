//! `fewshop together serve`: runs an aggregator.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::ValueEnum;
use fewshop_data::progress::say;
use fewshop_together::{Helper, HelperKeys, Leader, LeaderKeys, Server, Terms};

use super::{Settings, read_required_toml};
use crate::commands::{one_line, print};

/// Arguments of `fewshop together serve`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Runs until it is stopped; what has been received survives. TLS is the host's: put its proxy (nginx, Caddy) in front, and name the header \
                  in which the proxy tells the client's address (address_header), or all clients count as one. Addresses are kept in memory for a day, \
                  to limit how many reports one may send, and are never written."
)]
pub struct Args {
    /// The settings of both aggregators
    #[arg(long, value_name = "FILE")]
    pub settings: PathBuf,
    /// Which one
    #[arg(long, value_enum)]
    pub role: Role,
    /// Folder with its keys: leader.toml or helper.toml
    #[arg(long, value_name = "FOLDER")]
    pub keys: PathBuf,
    /// Folder for its reports and sums: leader.redb or helper.redb; created if missing
    #[arg(long, value_name = "FOLDER")]
    pub store: PathBuf,
}

/// An aggregator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Takes the reports in, and answers the collector
    Leader,
    /// Belongs to somebody else than the shop
    Helper,
    /// Both, for a trial on one machine: it protects nobody
    Both,
}

/// Runs an aggregator until the process ends.
///
/// # Errors
/// When a file cannot be read, holds other terms' reports, or the port is taken.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let settings = Settings::read(&args.settings)?;
    let terms = settings.terms(&args.settings)?;
    std::fs::create_dir_all(&args.store)
        .with_context(|| format!("{}: the folder cannot be made", args.store.display()))?;
    let mut servers = Vec::new();
    if args.role != Role::Leader {
        servers.push(helper(args, &settings, &terms)?);
    }
    if args.role != Role::Helper {
        servers.push(leader(args, &settings, &terms)?);
    }
    print(&told(&terms))?;
    for (name, server) in &servers {
        print(&format!("{name}: http://{}\n", server.address()))?;
    }
    for (_, server) in servers {
        server.wait();
    }
    Ok(())
}

fn helper(
    args: &Args,
    settings: &Settings,
    terms: &Terms,
) -> anyhow::Result<(&'static str, Server)> {
    let keys: HelperKeys = read_required_toml(&args.keys.join("helper.toml"), "the helper's keys")?;
    let helper = Helper::new(terms.clone(), keys, &store(&args.store, "helper"))?;
    let party = &settings.helper;
    let server = Server::helper(helper, party.listen, settings.place(party))?;
    Ok(("helper", server))
}

fn leader(
    args: &Args,
    settings: &Settings,
    terms: &Terms,
) -> anyhow::Result<(&'static str, Server)> {
    let keys: LeaderKeys = read_required_toml(&args.keys.join("leader.toml"), "the leader's keys")?;
    let leader = Leader::new(
        terms.clone(),
        keys,
        &store(&args.store, "leader"),
        &settings.helper.url,
        settings.allowed(),
    )?;
    let party = &settings.leader;
    let server = Server::leader(leader, party.listen, settings.place(party), |worked| {
        match worked {
            // Whoever reads this along must not see who has just been there: no times, no names.
            Ok(worked) => say(&format!(
                "{} reports counted, {} refused",
                worked.counted, worked.refused
            )),
            Err(error) => say(&format!(
                "warning: {}; the reports wait",
                one_line(&error.into())
            )),
        }
    })?;
    Ok(("leader", server))
}

fn store(folder: &Path, role: &str) -> PathBuf {
    folder.join(format!("{role}.redb"))
}

/// What shoppers are told, in figures.
fn told(terms: &Terms) -> String {
    let (draft, month) = (terms.draft(), terms.privacy_per_month());
    format!(
        "task {}\n{} products, at most {} of a visit; noise of deviation {:.2} from each aggregator\n\
         one visit: epsilon {}, delta {}; a month, {} visits: epsilon {}, delta {}\n\
         opened from {} visits on\n",
        terms.task(),
        draft.items.len(),
        draft.max_items,
        terms.sigma(),
        draft.epsilon,
        draft.delta,
        draft.visits_per_month,
        month.epsilon,
        month.delta,
        draft.min_batch
    )
}
