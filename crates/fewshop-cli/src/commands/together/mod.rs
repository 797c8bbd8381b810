//! `fewshop together`: learning across shoppers who tell nothing: two aggregators, a collector.

pub mod collect;
pub mod keys;
pub mod publish;
pub mod send;
pub mod serve;
pub mod watch;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::Subcommand;
use fewshop_data::files::read_any_table;
use fewshop_together::{Allowed, Draft, MAX_WATCHED, Place, Terms};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Arguments of `fewshop together`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Two aggregators add up what shoppers report, and neither can read a report: the leader, which the shop may run, and the helper, which \
                  must belong to somebody else. The settings are the same for both; docs/together-protocol.md has an example, a trial on one machine, \
                  and what this protects and what it does not."
)]
pub struct Args {
    /// What to do
    #[command(subcommand)]
    pub action: Action,
}

/// The parts.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Write the list of products that are counted: a pack's most bought ones
    Watch(watch::Args),
    /// Make the keys of leader and collector, or of the helper
    Keys(keys::Args),
    /// Run an aggregator
    Serve(serve::Args),
    /// Write the file in which the shop's page finds terms, aggregators and keys
    Publish(publish::Args),
    /// Open a batch: write how many visits had each product, with noise
    Collect(collect::Args),
    /// Send reports as shoppers' devices do, for a trial
    Send(send::Args),
}

/// Runs a part.
///
/// # Errors
/// With the file, address or field that is wrong.
pub fn run(args: &Args) -> anyhow::Result<()> {
    match &args.action {
        Action::Watch(args) => watch::run(args),
        Action::Keys(args) => keys::run(args),
        Action::Serve(args) => serve::run(args),
        Action::Publish(args) => publish::run(args),
        Action::Collect(args) => collect::run(args),
        Action::Send(args) => send::run(args),
    }
}

/// Seconds of a bucket. Batches are of whole days.
const DAY_S: u64 = 86_400;

/// The settings file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// The shop's name.
    shop: String,
    /// The file of `fewshop together watch`, beside the settings.
    watch: PathBuf,
    #[serde(default = "default_max_items")]
    max_items: usize,
    #[serde(default = "default_epsilon")]
    epsilon: f64,
    #[serde(default = "default_delta")]
    delta: f64,
    #[serde(default = "default_min_batch")]
    min_batch: u64,
    #[serde(default = "default_visits_per_month")]
    visits_per_month: usize,
    leader: Party,
    helper: Party,
    /// The page's origin, where it is not that of the aggregators.
    origin: Option<String>,
    #[serde(default)]
    limits: Limits,
}

fn default_max_items() -> usize {
    20
}

fn default_epsilon() -> f64 {
    1.0
}

fn default_delta() -> f64 {
    1e-6
}

fn default_min_batch() -> u64 {
    500
}

fn default_visits_per_month() -> usize {
    4
}

/// Where an aggregator is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Party {
    /// Where others find it.
    url: String,
    /// Where it listens, behind the host's proxy.
    listen: SocketAddr,
    /// The header in which that proxy tells the client's address.
    address_header: Option<String>,
}

/// How much an aggregator takes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Limits {
    reports_per_address: Option<u32>,
    reports_per_bucket: Option<u64>,
}

impl Settings {
    fn read(path: &Path) -> anyhow::Result<Self> {
        let settings: Self = read_required_toml(path, "the settings of both aggregators")?;
        for (name, party) in [("leader", &settings.leader), ("helper", &settings.helper)] {
            ensure!(
                is_safe_url(&party.url),
                "{}: {name}.url: '{}', expected an address that begins with https://, or http:// for this machine alone",
                path.display(),
                party.url
            );
        }
        Ok(settings)
    }

    /// The terms, with the watch list beside the settings.
    fn terms(&self, settings: &Path) -> anyhow::Result<Terms> {
        let folder = settings.parent().unwrap_or(Path::new("."));
        let path = folder.join(&self.watch);
        let table = read_any_table(&path, 8 * MAX_WATCHED)?;
        let column = table.names.iter().position(|name| name == "item_id");
        let column = column.with_context(|| {
            format!(
                "{}: no column item_id, found {}: make the file with `fewshop together watch`",
                path.display(),
                table.names.join(", ")
            )
        })?;
        let draft = Draft {
            shop: self.shop.clone(),
            items: table.columns[column].clone(),
            max_items: self.max_items,
            epsilon: self.epsilon,
            delta: self.delta,
            min_batch: self.min_batch,
            visits_per_month: self.visits_per_month,
            bucket_s: DAY_S,
        };
        Terms::new(draft).with_context(|| format!("{}: invalid settings", settings.display()))
    }

    fn allowed(&self) -> Allowed {
        let default = Allowed::default();
        Allowed {
            reports_per_address: self
                .limits
                .reports_per_address
                .unwrap_or(default.reports_per_address),
            reports_per_bucket: self
                .limits
                .reports_per_bucket
                .unwrap_or(default.reports_per_bucket),
        }
    }

    fn place(&self, party: &Party) -> Place {
        Place {
            address_header: party.address_header.clone(),
            origin: self.origin.clone(),
        }
    }
}

/// Reports and passwords must not cross a network in the clear.
fn is_safe_url(url: &str) -> bool {
    let local = ["127.0.0.1", "localhost", "[::1]"];
    let is_local = |rest: &str| {
        local.iter().any(|host| {
            rest.strip_prefix(host)
                .is_some_and(|after| after.is_empty() || after.starts_with([':', '/']))
        })
    };
    url.starts_with("https://") || url.strip_prefix("http://").is_some_and(is_local)
}

/// Reads a file of settings or keys that must be there.
fn read_required_toml<T: DeserializeOwned>(path: &Path, what: &str) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{}: cannot be read, expected {what}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{}: expected {what}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_asked_in_the_clear() {
        for (url, expected) in [
            ("https://helper.example", true),
            ("http://127.0.0.1:8402", true),
            ("http://localhost/together", true),
            ("http://[::1]:80", true),
            ("http://localhost.example", false),
            ("http://helper.example", false),
            ("helper.example", false),
        ] {
            assert_eq!(is_safe_url(url), expected, "{url}");
        }
    }
}
