//! `fewshop rules`: puts the merchant's hand into a pack, and shows what it does to recorded
//! shoppers.

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::bail;
use fewshop_core::Recommendation;
use fewshop_data::files::{EvalCase, read_cases};
use fewshop_model::{BusinessRules, Model, Pack};
use fewshop_train::merchant::read_rules;

use super::{at_least_one, print, read_pack, warn_unknown, write_pack};

/// Arguments of `fewshop rules`.
#[derive(Debug, clap::Args)]
#[command(after_help = "rules.toml, all parts of it optional:\n\n  \
                        [[pin]]                        # stands at this place of every shelf that learns from the session\n  \
                        item = \"1029743\"\n  place = 1\n\n  \
                        [[boost]]                      # up by so many places; [[bury]] is down; several that meet one product add up\n  \
                        items = [\"1029743\"]            # any of items, category and brand\n  \
                        category = \"Bakery > Bread\"\n  brand = \"House brand\"\n  places = 10\n\n  \
                        [[exclude]]                    # never picked; items, category and brand as above\n  \
                        brand = \"Recalled\"\n\n  \
                        [stock]\n  out = [\"1082185\"]\n\n  \
                        [[cap]]                        # most picks of a category on one shelf, but on that category's own; \"*\" is each department\n  \
                        category = \"*\"\n  most = 3\n\n\
                        What the shopper has seen or turned down stays out whatever the rules say. A shopper who asks why is told of pin, boost and bury.")]
pub struct Args {
    /// The trained shop
    #[arg(long, value_name = "FILE")]
    pub pack: PathBuf,
    /// The rules; they replace those that the pack has. An empty file takes all of them out
    #[arg(long, value_name = "TOML")]
    pub rules: Option<PathBuf>,
    /// Where the pack with the rules goes; may be the pack itself
    #[arg(
        long,
        value_name = "FILE",
        requires = "rules",
        required_unless_present = "preview"
    )]
    pub out: Option<PathBuf>,
    /// Show what the rules do to these recorded shoppers: case_id,user_id,k,position,item_id and
    /// perhaps visit
    #[arg(long, value_name = "CASES")]
    pub preview: Option<PathBuf>,
    /// Shoppers that the preview shows
    #[arg(long, default_value = "3", value_parser = at_least_one)]
    pub shoppers: usize,
    /// Picks that the preview shows of each
    #[arg(long, default_value = "10", value_parser = at_least_one)]
    pub top: usize,
}

/// Puts rules into a pack, or shows what they do.
///
/// # Errors
/// When a file cannot be read or does not hold what it should, or the pack cannot be written.
pub fn run(args: Args) -> anyhow::Result<()> {
    let plain = read_pack(&args.pack)?;
    let rules = match &args.rules {
        Some(path) => read_rules(path, plain.catalogue())?,
        None => plain.rules().clone(),
    };
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

/// How many rules of each kind there are.
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

/// The two orders side by side.
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
            .shots
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
        let _ = writeln!(out, "      {gone} of {} gave way\n", old.len());
    }
    Ok(out)
}
