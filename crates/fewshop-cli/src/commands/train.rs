//! `fewshop train`: trains a pack from items and events; optionally it searches the settings first,
//! or compares several seeds.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fewshop_core::Catalogue;
use fewshop_data::files::{
    ItemsFile, Log, check_writable, format_time, read_cases, read_truth, write_atomically,
};
use fewshop_data::pictures;
use fewshop_data::progress::say;
use fewshop_eval::{EvalSet, seeds};
use fewshop_model::{Card, Model, Pack, Variants};
use fewshop_train::learner::{self, TrainConfig, Training};
use fewshop_train::memory;
use fewshop_train::select::{self, Budget, JournalHeader, Selection, Task};
use fewshop_train::study::{TrainingCost, peak_mib};
use fewshop_train::text::{TextModel, TextVectors};

use super::reading::{ReadingArgs, items_of, log_of};
use super::rules::known_rules;
use super::{at_least_one, print, promotions_of, read_toml, warn, warn_unknown, write_pack};
use crate::provenance::Provenance;

/// Arguments of `fewshop train`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "--select writes the settings it chose to OUT.toml and a line for every finished fit to OUT.trials.jsonl, where OUT is \
                  what --out names. If it is killed and started again with the same files, seed and settings, it continues there. The pack's own \
                  command names OUT.toml, so that the pack can be made again without a search.\n\n\
                  A training that was killed leaves an existing OUT unchanged and starts from the beginning; only --select continues. FEWSHOP_MEMORY_MIB sets how \
                  much memory training may use, if the system's own figure is wrong."
)]
pub struct Args {
    /// The products: item_id,title,category,brand,size,price, or an export that is recognised. Without it they are those of the events, as far as
    /// these say
    #[arg(long, value_name = "FILE")]
    pub items: Option<PathBuf>,
    /// The events: user_id,session_id,time,item_id,event,quantity, or an export that is recognised.
    /// Without it the pack knows products by their titles, categories and brands alone
    #[arg(long, value_name = "FILE", required_unless_present = "items")]
    pub events: Option<PathBuf>,
    /// Output file for the pack; an existing one is replaced when the new one is complete
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Cases for early stopping: case_id,user_id,k,position,item_id
    #[arg(long, value_name = "FILE", requires = "valid_truth")]
    pub valid_cases: Option<PathBuf>,
    /// Relevant items of those cases: case_id,item_id
    #[arg(long, value_name = "FILE", requires = "valid_cases")]
    pub valid_truth: Option<PathBuf>,
    /// What the shop promoted and promotes: item_id,from,to,share and optionally place (leaflet or
    /// display); the days since the log's last session stay in the pack
    #[arg(long, value_name = "FILE")]
    pub promotions: Option<PathBuf>,
    /// Settings that differ from the defaults; with --select the starting point that the search has
    /// to beat
    #[arg(long, value_name = "TOML")]
    pub config: Option<PathBuf>,
    /// Sentence model that reads the titles: its wheel, or the folder that contains its
    /// model.safetensors
    #[arg(long, value_name = "FILE_OR_FOLDER")]
    pub text_model: Option<PathBuf>,
    /// Random seed: the same seed and files give the same pack
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// The shop's name, for the page
    #[arg(long, default_value = "Fewshop")]
    pub shop: String,
    /// ISO 4217 code of the prices [default: what the prices say, otherwise USD]
    #[arg(long)]
    pub currency: Option<String>,
    /// Source of the data and its terms of use, for the shop's page
    #[arg(long, default_value = "")]
    pub data_notice: String,
    /// Search the settings first, by cross-validation over shoppers and time
    #[arg(long)]
    pub select: bool,
    /// Time for --select, such as 90s, 30m or 2h, including earlier runs that were killed; the
    /// final training takes additional time
    #[arg(long, value_name = "TIME", requires = "select", conflicts_with = "trials", default_value = "30m", value_parser = duration)]
    pub budget: Duration,
    /// Number of settings that --select tries, instead of a time; the starting point is one of them
    #[arg(long, value_name = "N", requires = "select", value_parser = at_least_two)]
    pub trials: Option<usize>,
    /// Train with this number of seeds, starting with --seed, and print how far the figures vary;
    /// the pack of the first seed is written
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = at_least_one)]
    pub seeds: usize,
    /// Business rules to put into the pack: see `fewshop rules --help`
    #[arg(long, value_name = "TOML")]
    pub rules: Option<PathBuf>,
    /// How to read the files.
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// Train even if the memory seems too small
    #[arg(long)]
    pub any_memory: bool,
    /// Write the training's time and memory to this file, as JSON; for `fewshop study`
    #[arg(long, value_name = "FILE", hide = true)]
    pub took: Option<PathBuf>,
}

/// Parses a time such as `30m`.
fn duration(text: &str) -> Result<Duration, String> {
    let seconds = match text
        .trim()
        .split_at_checked(text.trim().len().saturating_sub(1))
    {
        Some((number, "s")) => number.parse().ok(),
        Some((number, "m")) => number.parse().ok().map(|minutes: f64| 60.0 * minutes),
        Some((number, "h")) => number.parse().ok().map(|hours: f64| 3_600.0 * hours),
        _ => None,
    };
    let seconds = seconds.filter(|seconds: &f64| (0.0..1e7).contains(seconds));
    seconds
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "expected a number and s, m or h, such as 90s, 30m or 2h".to_owned())
}

fn at_least_two(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if count >= 2 => Ok(count),
        _ => Err(
            "expected a whole number of at least 2: the starting point is one of them".to_owned(),
        ),
    }
}

/// Trains.
///
/// # Errors
/// When a file cannot be read or is invalid, or the pack cannot be written.
pub fn run(args: &Args) -> anyhow::Result<()> {
    // Checks for mistakes come first: a mistake should not cost minutes of reading or hours of
    // searching.
    let config: TrainConfig = read_toml(args.config.as_deref())?;
    let reading = args.reading.reading()?;
    if args.seeds > 1 && args.valid_cases.is_none() {
        anyhow::bail!(
            "--seeds compares figures on validation cases: also give --valid-cases and --valid-truth"
        );
    }
    check_writable(&args.out)?;
    let text_model = open_text_model(args.text_model.as_deref(), &config)?;
    let start = Instant::now();
    let mut items = items_of(args.items(), &reading)?;
    items.catalogue = pictures::dressed(items.catalogue);
    for warning in &items.warnings {
        warn(warning);
    }
    if let Some(rules) = &args.rules {
        // Mistakes are reported now, not after the training.
        known_rules(rules, &items.catalogue, true)?;
    }
    let Some(events) = &args.events else {
        return from_content(args, &items, text_model.as_ref());
    };
    let log = log_of(events, &items.catalogue, &reading)?;
    let validation = read_validation(args, &items.catalogue, true)?;
    let promotions = match &args.promotions {
        Some(path) => promotions_of(path, &items.catalogue)?,
        None => Vec::new(),
    };
    let read_s = start.elapsed().as_secs_f64();
    if !args.any_memory {
        memory::check(&log, &config)?;
    }
    let text = text_model.map(|model| TextVectors::of(&items.catalogue, &model));
    let (config, settings) = if args.select {
        let (config, file) = selected(args, &items.catalogue, text.as_ref(), &log, &config)?;
        (config, Some(file))
    } else {
        (config, args.config.clone())
    };
    let training = Training {
        catalogue: &items.catalogue,
        text: text.as_ref(),
        log: &log,
        validation: validation.as_ref(),
        promotions: &promotions,
        config: &config,
        seed: args.seed,
    };
    let mut first: Option<Pack> = None;
    let mut figures = Vec::new();
    for seed in (args.seed..=u64::MAX).take(args.seeds) {
        let mut card = card(args, settings.as_deref(), &log, seed);
        if let (None, Some(currency)) = (&args.currency, items.currency) {
            currency.clone_into(&mut card.currency);
        }
        let pack = learner::train(Training { seed, ..training }, card)?;
        let pack = with_variants_and_stock(pack, &items)?;
        if args.seeds > 1
            && let Some(EvalSet { queries, relevant }) =
                read_validation(args, pack.catalogue(), false)?
        {
            let ranked = fewshop_eval::recommend(&Model::new(pack.clone()), &queries, 20, false)?;
            figures.push((
                seed,
                seeds::means(&fewshop_eval::score(&queries, &relevant, &ranked)),
            ));
        }
        if first.is_none() {
            write(args, &pack)?;
            first = Some(pack);
        }
    }
    if let Some(path) = &args.took {
        let took = TrainingCost {
            read_s,
            train_s: start.elapsed().as_secs_f64() - read_s,
            peak_mib: peak_mib(),
        };
        let text = serde_json::to_string(&took)?;
        write_atomically(path, |out| std::io::Write::write_all(out, text.as_bytes()))?;
    }
    if args.seeds > 1 {
        print(&seeds::table(&figures))?;
    }
    Ok(())
}

impl Args {
    /// The file with the products.
    fn items(&self) -> &Path {
        let events = self.events.as_deref().unwrap_or(Path::new(""));
        self.items.as_deref().unwrap_or(events)
    }
}

/// The pack of a shop without a log.
fn from_content(
    args: &Args,
    items: &ItemsFile,
    text_model: Option<&TextModel>,
) -> anyhow::Result<()> {
    if args.select || args.seeds > 1 || args.valid_cases.is_some() || args.promotions.is_some() {
        anyhow::bail!(
            "--select, --seeds, --valid-cases and --promotions need a log: also give --events"
        );
    }
    let text = text_model.map(|model| TextVectors::of(&items.catalogue, model));
    let mut card = card(args, None, &Log::default(), args.seed);
    card.data_until.clear();
    if let (None, Some(currency)) = (&args.currency, items.currency) {
        currency.clone_into(&mut card.currency);
    }
    say(
        "No events: the pack goes by content alone. It finds what is like the products that a shopper chose, but knows nothing of what \
         people buy, so that a new shopper sees the order of the items file. Train with --events as soon as there is a log",
    );
    let pack = learner::content_only(&items.catalogue, text.as_ref(), card)?;
    write(args, &with_variants_and_stock(pack, items)?)
}

/// The pack with the groups of variants, and the products that the items file says are out of
/// stock.
fn with_variants_and_stock(pack: Pack, items: &ItemsFile) -> anyhow::Result<Pack> {
    // The pack has its own order of products.
    let mut groups = vec![String::new(); pack.catalogue().len()];
    for ((_, item), group) in items.catalogue.iter().zip(&items.groups) {
        if let Some(row) = pack.catalogue().ix(&item.id) {
            groups[row.row()].clone_from(group);
        }
    }
    let pack = match Variants::of(&groups) {
        Some(variants) => pack.edit(|parts| parts.variants = Some(variants))?,
        None => pack,
    };
    let out: Vec<_> = items
        .catalogue
        .iter()
        .filter(|(ix, _)| items.out_of_stock[ix.row()])
        .filter_map(|(_, item)| pack.catalogue().ix(&item.id))
        .collect();
    if out.is_empty() {
        return Ok(pack);
    }
    let mut out = out;
    out.sort_unstable();
    Ok(pack.edit(|parts| parts.rules.out_of_stock = out)?)
}

fn write(args: &Args, pack: &Pack) -> anyhow::Result<()> {
    let bytes = match &args.rules {
        // The rows are those of the pack, which has its own order of products.
        Some(rules) => {
            let mut rules = known_rules(rules, pack.catalogue(), false)?;
            rules.out_of_stock.extend(&pack.rules().out_of_stock);
            rules.out_of_stock.sort_unstable();
            rules.out_of_stock.dedup();
            write_pack(&args.out, &pack.clone().edit(|parts| parts.rules = rules)?)?
        }
        None => write_pack(&args.out, pack)?,
    };
    print(&format!(
        "{}: {} products, {:.2} MB\n",
        args.out.display(),
        pack.catalogue().len(),
        bytes as f64 / 1e6
    ))?;
    Ok(())
}

/// The validation cases in the rows of a catalogue, because every pack has its own order of
/// products.
fn read_validation(
    args: &Args,
    catalogue: &Catalogue,
    warns: bool,
) -> anyhow::Result<Option<EvalSet>> {
    let (Some(cases), Some(truth)) = (&args.valid_cases, &args.valid_truth) else {
        return Ok(None);
    };
    let read = read_cases(cases, catalogue)?;
    let truths = read_truth(truth, catalogue, &read)?;
    if warns {
        warn_unknown(&read.unknown, cases);
        warn_unknown(&truths.unknown, truth);
    }
    Ok(Some(EvalSet {
        queries: read.cases,
        relevant: truths.relevant,
    }))
}

/// Searches, prints the trials and writes the chosen settings beside the pack.
fn selected(
    args: &Args,
    catalogue: &Catalogue,
    text: Option<&TextVectors>,
    log: &Log,
    base: &TrainConfig,
) -> anyhow::Result<(TrainConfig, PathBuf)> {
    let budget = args
        .trials
        .map_or(Budget::Time(args.budget), Budget::Trials);
    let task = Task {
        catalogue,
        text,
        log,
        base,
        seed: args.seed,
        budget,
    };
    let files = [
        ("--items", args.items()),
        ("--events", args.events.as_deref().unwrap_or(Path::new(""))),
    ];
    let digest = |(name, path): (&str, &Path)| Ok((name.to_owned(), select::digest(path)?));
    let files = files
        .into_iter()
        .map(digest)
        .collect::<anyhow::Result<JournalHeader>>()?;
    let Selection { config, outcome } =
        select::select(&task, files, &beside(&args.out, ".trials.jsonl"))?;
    let verdict = select::verdict(&outcome);
    print(&format!("{}{verdict}\n", select::table(&outcome)))?;
    let path = beside(&args.out, ".toml");
    let text = format!(
        "# {verdict}\n# Chosen by fewshop train --select, seed {}.\n{}",
        args.seed,
        toml::to_string(&config)?
    );
    write_atomically(&path, |out| std::io::Write::write_all(out, text.as_bytes()))?;
    Ok((config, path))
}

/// `shop.pack` and `.toml` make `shop.pack.toml`: another file of the user is unlikely to have that
/// name.
fn beside(out: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(out);
    name.push(ending);
    name.into()
}

/// The sentence model, if one is given and the settings do not leave it out.
pub(super) fn open_text_model(
    path: Option<&Path>,
    config: &TrainConfig,
) -> anyhow::Result<Option<TextModel>> {
    match path {
        Some(path) if config.tower.text => TextModel::open(path).map(Some),
        Some(path) => {
            say(&format!(
                "The settings have tower.text = false: {} is not read",
                path.display()
            ));
            Ok(None)
        }
        None => Ok(None),
    }
}

fn card(args: &Args, settings: Option<&Path>, log: &Log, seed: u64) -> Card {
    let newest = log
        .sessions
        .iter()
        .map(|session| session.time_s)
        .max()
        .unwrap_or(0);
    let command = Provenance::of("train")
        .file("--items", args.items.as_deref())
        .file("--events", args.events.as_deref())
        .file("--promotions", args.promotions.as_deref())
        .file("--valid-cases", args.valid_cases.as_deref())
        .file("--valid-truth", args.valid_truth.as_deref())
        .file("--config", settings)
        .file("--text-model", args.text_model.as_deref())
        .file("--rules", args.rules.as_deref())
        .value("--seed", seed);
    Card {
        shop: args.shop.clone(),
        currency: args.currency.clone().unwrap_or_else(|| "USD".to_owned()),
        data_notice: args.data_notice.clone(),
        sessions: log.sessions.len(),
        users: log.users.len(),
        data_until: format_time(newest).chars().take(10).collect(),
        seed,
        command: command.to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..Card::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("30m"), Ok(Duration::from_secs(1_800)));
        assert_eq!(duration("1.5h"), Ok(Duration::from_secs(5_400)));
        for text in ["", "m", "30", "-3m", "30 minutes", "nans", "1e99h", "3µ"] {
            assert!(duration(text).unwrap_err().contains("30m"), "{text}");
        }
    }

    #[test]
    fn what_a_search_leaves_is_named_after_the_pack() {
        assert_eq!(
            beside(Path::new("out/shop.pack"), ".toml"),
            Path::new("out/shop.pack.toml")
        );
        assert_eq!(
            beside(Path::new("shop"), ".trials.jsonl"),
            Path::new("shop.trials.jsonl")
        );
    }
}
