//! `fewshop rules`: puts business rules into a pack, or previews their effect on recorded shoppers.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::bail;
use fewshop_core::{Catalogue, ItemId, Recommendation};
use fewshop_data::files::{EvalCase, read_cases};
use fewshop_model::{BusinessRules, Model, Pack};
use fewshop_train::merchant::read_known_rules;

use super::{at_least_one, print, read_pack, warn, warn_unknown, write_pack};

/// Arguments of `fewshop rules`.
#[derive(Debug, clap::Args)]
#[command(after_help = "rules.toml, all parts of it optional:\n\n  \
                        [[pin]]                        # always at this place of every shelf that learns from the session\n  \
                        item = \"1029743\"\n  place = 1\n\n  \
                        [[boost]]                      # up by this number of places; [[bury]] is down; rules for the same product add up\n  \
                        items = [\"1029743\"]            # any of items, category and brand\n  \
                        category = \"Bakery > Bread\"\n  brand = \"House brand\"\n  places = 10\n\n  \
                        [[exclude]]                    # never picked; items, category and brand as above\n  \
                        brand = \"Recalled\"\n\n  \
                        [stock]\n  out = [\"1082185\"]\n\n  \
                        [[cap]]                        # maximum number of picks of a category on one shelf, except its own; \"*\" is each department\n  \
                        category = \"*\"\n  most = 3\n\n\
                        Products that the shopper has seen or turned down stay out under all rules. The reasons shown to the shopper mention pin, boost and bury.")]
pub struct Args {
    /// The pack
    #[arg(long, value_name = "FILE")]
    pub pack: PathBuf,
    /// The rules, which replace those of the pack. An empty file removes all rules
    #[arg(long, value_name = "TOML")]
    pub rules: Option<PathBuf>,
    /// Products that are never picked, besides those of the rules; for one that has to go at once
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub exclude: Vec<String>,
    /// Output file for the pack with the rules; may be the input pack
    #[arg(long, value_name = "FILE", required_unless_present = "preview")]
    pub out: Option<PathBuf>,
    /// Show the effect of the rules on these recorded shoppers: case_id,user_id,k,position,item_id
    /// and optionally visit
    #[arg(long, value_name = "CASES")]
    pub preview: Option<PathBuf>,
    /// Number of shoppers in the preview
    #[arg(long, default_value = "3", value_parser = at_least_one)]
    pub shoppers: usize,
    /// Number of picks for each shopper in the preview
    #[arg(long, default_value = "10", value_parser = at_least_one)]
    pub top: usize,
}

/// Puts rules into a pack, or shows their effect.
///
/// # Errors
/// When a file cannot be read or is invalid, or the pack cannot be written.
pub fn run(args: Args) -> anyhow::Result<()> {
    let plain = read_pack(&args.pack)?;
    if args.rules.is_none() && args.exclude.is_empty() && args.out.is_some() {
        bail!("--out needs --rules or --exclude: without them nothing would change");
    }
    let mut rules = match &args.rules {
        Some(path) => known_rules(path, plain.catalogue(), true)?,
        None => plain.rules().clone(),
    };
    exclude(&mut rules, &args.exclude, plain.catalogue());
    if args.rules.is_none() && rules.is_empty() {
        bail!(
            "{}: has no rules to preview: give --rules",
            args.pack.display()
        );
    }
    let ruled = plain.clone().edit(|parts| parts.rules = rules)?;
    if let Some(path) = &args.preview {
        let cases = read_cases(path, plain.catalogue())?;
        warn_unknown(&cases.unknown, path);
        let shown = &cases.cases[..args.shoppers.min(cases.cases.len())];
        print(&preview(
            plain.edit(|parts| parts.rules = BusinessRules::default())?,
            ruled.clone(),
            shown,
            args.top,
        )?)?;
    }
    if let Some(out) = &args.out {
        write_pack(out, &ruled)?;
        print(&format!("{}: {}\n", out.display(), summary(ruled.rules())))?;
    }
    Ok(())
}

/// Adds products to those that are never picked; unknown ids are warned of.
pub(super) fn exclude(rules: &mut BusinessRules, ids: &[String], catalogue: &Catalogue) {
    let row = |id: &String| catalogue.ix(&ItemId::from(id.trim()));
    let unknown: Vec<&str> = ids
        .iter()
        .filter(|id| row(id).is_none())
        .map(String::as_str)
        .collect();
    if !unknown.is_empty() {
        warn(&format!(
            "--exclude: {} of {} ids are not in the pack: {}",
            unknown.len(),
            ids.len(),
            unknown[..unknown.len().min(3)].join(", ")
        ));
    }
    rules.exclude.extend(ids.iter().filter_map(row));
    rules.exclude.sort_unstable();
    rules.exclude.dedup();
}

/// Reads rules; ids that the catalogue does not have are left out and counted.
///
/// # Errors
/// With file, line and field.
pub(super) fn known_rules(
    path: &Path,
    catalogue: &Catalogue,
    warns: bool,
) -> anyhow::Result<BusinessRules> {
    let (rules, unknown) = read_known_rules(path, catalogue)?;
    if warns && let Some(first) = unknown.first() {
        warn(&format!(
            "{}: {} entries of the rules name no product of the catalogue and were left out: {first}{}",
            path.display(),
            unknown.len(),
            if unknown.len() > 1 { ", …" } else { "" }
        ));
    }
    Ok(rules)
}

/// The number of rules of each kind.
pub(super) fn summary(rules: &BusinessRules) -> String {
    let boosts = rules.shifts.iter().filter(|shift| shift.places > 0).count();
    let counts = [
        (rules.pins.len(), "pinned"),
        (boosts, "boosted"),
        (rules.shifts.len() - boosts, "buried"),
        (rules.exclude.len(), "excluded"),
        (rules.out_of_stock.len(), "out of stock"),
        (rules.caps.len(), "categories capped"),
    ];
    let parts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if parts.is_empty() {
        "no rules".to_owned()
    } else {
        parts.join(", ")
    }
}

/// The two rankings side by side.
fn preview(before: Pack, after: Pack, cases: &[EvalCase], top: usize) -> anyhow::Result<String> {
    let ranked =
        |pack: &Pack| fewshop_eval::recommend(&Model::new(pack.clone()), cases, top, false);
    let (old, new) = (ranked(&before)?, ranked(&after)?);
    let title = |pick: &Recommendation| {
        after.catalogue()[pick.item]
            .title
            .chars()
            .take(38)
            .collect::<String>()
    };
    let mut out = String::new();
    for ((case, old), new) in cases.iter().zip(&old).zip(&new) {
        let given: Vec<&str> = case
            .context
            .iter()
            .map(|&ix| after.catalogue()[ix].title.as_str())
            .collect();
        let _ = writeln!(out, "case {}, who took {}", case.id, given.join(", "));
        let _ = writeln!(
            out,
            "{:>4}  {:<38}  {:<38}  rule",
            "", "without rules", "with them"
        );
        for nth in 0..old.len().max(new.len()) {
            let cell = |list: &[Recommendation]| list.get(nth).map(title).unwrap_or_default();
            let word = new
                .get(nth)
                .and_then(|pick| pick.rule)
                .map_or("", |rule| rule.name());
            let line = format!(
                "{:>4}  {:<38}  {:<38}  {word}",
                nth + 1,
                cell(old),
                cell(new)
            );
            let _ = writeln!(out, "{}", line.trim_end());
        }
        let gone = old
            .iter()
            .filter(|pick| new.iter().all(|other| other.item != pick.item))
            .count();
        let _ = writeln!(out, " {gone} of {} were replaced\n", old.len());
    }
    Ok(out)
}
