//! `fewshop study shelves`: what a shopper sees after one and three views.

use std::path::PathBuf;

use fewshop_core::ItemIx;
use fewshop_data::files::read_events;
use fewshop_eval::shelves::{
    CategoryLifts, DiscountCurve, ShelfRow, VIEWS, discount_curve, shelves,
};
use fewshop_model::Model;

use crate::commands::evaluate::read_eval_set;
use crate::commands::{print, read_pack, warn_unknown, write_study};
use crate::report::Study;

/// Arguments of `fewshop study shelves`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "For each category a new shopper opens one and three of its products. A pick fits if it is of the same department, or taken at \
                  least twice as often in sessions with the category as in all. 'Goes well with' counts products that are taken at least \
                  1.5 times as often. Bestsellers are the twelve that a shopper without any clicks is shown."
)]
pub struct Args {
    /// The pack
    #[arg(long, value_name = "FILE")]
    pub pack: PathBuf,
    /// The log that measures how much likelier a product is: user_id,session_id,time,item_id,event,
    /// quantity; without it the pack's own pair counts are used
    #[arg(long, value_name = "FILE")]
    pub events: Option<PathBuf>,
    /// Number of categories, those that sell most
    #[arg(long, default_value_t = 60)]
    pub categories: usize,
    /// Open products from the middle of each category instead of its bestsellers
    #[arg(long)]
    pub middle: bool,
    /// Recorded sessions (case_id,user_id,k,position,item_id): also compares discounts of
    /// bestsellers
    #[arg(long, value_name = "FILE", requires = "truth")]
    pub cases: Option<PathBuf>,
    /// Relevant items of those cases: case_id,item_id
    #[arg(long, value_name = "FILE", requires = "cases")]
    pub truth: Option<PathBuf>,
    /// Also write the figures of the discounts to this file, as JSON, for `fewshop report --study`
    #[arg(long, value_name = "FILE", requires = "cases")]
    pub json: Option<PathBuf>,
    /// Also print the titles on the shelves of each category
    #[arg(long)]
    pub titles: bool,
}

/// Runs the experiment.
///
/// # Errors
/// When a file cannot be read, or the catalogue has no categories.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let model = Model::new(read_pack(&args.pack)?);
    let catalogue = model.catalogue();
    let measured = match &args.events {
        None => None,
        Some(path) => {
            let log = read_events(path, catalogue)?;
            warn_unknown(&log.unknown, path);
            let sessions = log.sessions.iter().map(|session| {
                let mut items: Vec<ItemIx> = session.items.iter().map(|item| item.item).collect();
                items.sort_unstable();
                items.dedup();
                items
            });
            Some(CategoryLifts::count(catalogue, sessions))
        }
    };
    let lift = |category: &[String], opened: &[ItemIx], item: ItemIx| match &measured {
        Some(measured) => measured.of(category, item),
        None => model.lift(opened, item),
    };
    let places = match args.middle {
        false => [0.0, 0.1, 0.2],
        true => [0.3, 0.55, 0.85],
    };
    let rows = shelves(&model, &lift, args.categories, places)?;
    print(&table(&model, &rows, args.titles))?;
    if let (Some(cases), Some(truth)) = (&args.cases, &args.truth) {
        let eval_set = read_eval_set(cases, truth, catalogue)?;
        let curve = discount_curve(model.pack(), &eval_set, &lift, args.categories, places)?;
        write_study(args.json.as_deref(), &Study::Shelves(curve.clone()))?;
        print(&discounts(&curve))?;
    }
    Ok(())
}

fn discounts(curve: &DiscountCurve) -> String {
    let [all, beyond] = curve.likely;
    let mut out = format!(
        "\nNDCG@10 of {} cases; the likeliest products: {all:.4}, beyond 50 {beyond:.4}; the pack ships {} %\n\n\
         | discount | NDCG@10 | beyond 50 | of 12 picks fit one view | bestsellers |\n|---|---|---|---|---|\n",
        curve.cases, curve.shipped
    );
    for row in &curve.rows {
        let [all, beyond] = row.ndcg_at_10;
        out += &format!(
            "| {} % | {all:.4} | {beyond:.4} | {:.1} | {:.1} |\n",
            row.percent, row.fitting, row.bestsellers
        );
    }
    out
}

fn table(model: &Model, rows: &[ShelfRow], titles: bool) -> String {
    let mut out = "| category | views | picks that fit | bestsellers | goes with: likelier | bestsellers without |\n\
                   |---|---|---|---|---|---|\n"
        .to_owned();
    let list = |items: &[ItemIx]| {
        let titles = items
            .iter()
            .map(|&item| model.catalogue()[item].title.as_str());
        titles.collect::<Vec<_>>().join("; ")
    };
    for row in rows {
        out += &format!(
            "| {} | {} | {} of {} | {} | {} of {} | {} |\n",
            row.category.join(" > "),
            row.opened.len(),
            row.fitting,
            row.picked.len(),
            row.bestsellers,
            row.likelier,
            row.complements.len(),
            row.out_of_place
        );
        if titles {
            out += &format!(
                "  opened: {}\n  picked: {}\n  goes with: {}\n",
                list(&row.opened),
                list(&row.picked),
                list(&row.complements)
            );
        }
    }
    for views in VIEWS {
        let of = || rows.iter().filter(move |row| row.opened.len() == views);
        let n = of().count().max(1) as f64;
        let mean = |value: fn(&ShelfRow) -> usize| of().map(value).sum::<usize>() as f64 / n;
        out += &format!(
            "\n{views} views: {:.1} picks fit, {:.1} bestsellers, {:.1} likelier beside the product; believable in {} of {n} categories\n",
            mean(|row| row.fitting),
            mean(|row| row.bestsellers),
            mean(|row| row.likelier),
            of().filter(|row| row.is_believable()).count()
        );
    }
    out
}
