//! Measures how well products without sales are recommended, for each method of placing them.
//!
//! [`Hold`] removes a tenth of the products from a log; everything is trained without them. The
//! weights of the columns ([`mix`]) are trained on another tenth, removed from the same training
//! log with another salt, in a separate training: the evaluated products are never used for
//! training.

mod hold;
mod mix;
mod signals;
mod table;

use std::collections::HashMap;

use anyhow::{Context, Result};
use fewshop_core::{Catalogue, ItemIx};
use fewshop_data::files::Log;
use fewshop_data::progress::{Progress, say};
use fewshop_eval::{Bootstrap, EvalSet, PICKS, RankingScorer};
use fewshop_model::{NewItem, Pack, kernels};
use rayon::prelude::*;

use crate::learner::{self, TrainConfig, Training};
use crate::new_items::{Examples, Gan, GanConfig, Likeness, Weights, add};
use crate::text::TextVectors;
use hold::{Hold, only};
use mix::{Mix, MixExample};
use signals::{COLUMNS, Signals};
pub use table::{NewItemsResult, Row, table};

/// Number of cases that train the weights of the columns; more have no effect.
const LESSONS: usize = 1_500;

/// Maximum number of evaluation cases, spread evenly over the days; enough for narrow intervals.
const ASKED: usize = 3_000;

/// Runs the study on a shop's own log. `text` holds the sentence-model vectors of all products.
///
/// # Errors
/// If the log is too small, or a training fails.
pub fn run(
    catalogue: &Catalogue,
    text: Option<&TextVectors>,
    log: &Log,
    config: &TrainConfig,
    seed: u64,
) -> Result<NewItemsResult> {
    let hold = Hold::of(catalogue, log, &format!("fewshop-new-{seed}"), seed)?;
    say(&format!(
        "{} of {} products are new, {} cases evaluate them",
        hold.new.len(),
        catalogue.len(),
        hold.eval_set.queries.len()
    ));
    let existing_text = text.map(|text| text.of_rows(&hold.rows));
    say("Practice: another tenth is held out as new");
    let practice = Hold::of(
        &hold.existing,
        &hold.log,
        &format!("fewshop-practice-{seed}"),
        seed,
    )?;
    let (signals, ..) = prepare(
        &hold.existing,
        existing_text.as_ref(),
        &practice,
        config,
        seed,
    )?;
    let eval_set = practice
        .eval_set
        .in_rows_of(signals.catalogue(), &hold.existing)?;
    let examples = examples(&signals, &eval_set)?;
    let learn = |skip: &[&str]| {
        let used: Vec<bool> = COLUMNS
            .iter()
            .map(|name| *name != "random" && !skip.contains(name))
            .collect();
        Mix::learn(&examples, &used)
    };
    let mixes = vec![
        ("learned mix".to_owned(), learn(&[])),
        (
            "learned mix without the pack's ranker".to_owned(),
            learn(&["pack"]),
        ),
    ];
    drop(signals);
    say("Evaluation: the products that were held out first");
    let (signals, cosines) = prepare(catalogue, text, &hold, config, seed)?;
    let eval_set = thinned(hold.eval_set.in_rows_of(signals.catalogue(), catalogue)?);
    let (alone, full) = answers(&signals, &eval_set, &mixes)?;
    let new_only = EvalSet {
        queries: eval_set.queries.clone(),
        relevant: only(&eval_set.relevant, &signals.new),
    };
    let popularity = &signals.model.pack().popularity();
    let (by_new, by_all) = (
        RankingScorer::of(&new_only, popularity),
        RankingScorer::of(&eval_set, popularity),
    );
    let names: Vec<String> = COLUMNS
        .iter()
        .map(ToString::to_string)
        .chain(mixes.iter().map(|(name, _)| name.clone()))
        .collect();
    let alone: Vec<_> = alone.into_iter().map(|picks| by_new.score(picks)).collect();
    let at = |name: &str| {
        names
            .iter()
            .position(|other| other == name)
            .context("a column is missing")
    };
    let (text_row, category) = (at("nearest by text")?, at("category of the context")?);
    let mut rows = Vec::new();
    for ((nth, name), picks) in names.iter().enumerate().zip(full) {
        let found = by_new.score(picks.clone());
        rows.push(Row {
            name: name.clone(),
            alone: by_new.all(&alone[nth]),
            alone_by_k: by_new.by_k(&alone[nth]),
            minus_text: by_new.all_minus(&alone[nth], &alone[text_row]),
            minus_category: by_new.all_minus(&alone[nth], &alone[category]),
            new_in_full: by_new.all(&found),
            full: by_all.all(&by_all.score(picks)),
        });
    }
    let weights = COLUMNS
        .iter()
        .zip(&mixes[0].1.weights)
        .map(|(name, weight)| ((*name).to_owned(), *weight))
        .collect();
    let shoppers =
        Bootstrap::over(eval_set.queries.iter().map(|case| case.user.as_str())).shoppers();
    Ok(NewItemsResult {
        seed,
        products: catalogue.len(),
        new: hold.new.len(),
        cases: eval_set.queries.len(),
        shoppers,
        cosines,
        weights,
        rows,
    })
}

/// Trains without the new products and adds them.
fn prepare(
    catalogue: &Catalogue,
    text: Option<&TextVectors>,
    hold: &Hold,
    config: &TrainConfig,
    seed: u64,
) -> Result<(Signals, [f64; 3])> {
    let existing_text = text.map(|text| text.of_rows(&hold.rows));
    let (pack, tower) = learner::train_with_content(Training {
        catalogue: &hold.existing,
        text: existing_text.as_ref(),
        log: &hold.log,
        validation: None,
        promotions: &[],
        config,
        seed,
    })?;
    let size = text.map_or(0, TextVectors::size);
    let text_of = |id: &fewshop_core::ItemId| -> &[f32] {
        let row = catalogue.ix(id).map_or(0, ItemIx::row);
        text.map_or(&[], |text| &text.rows()[row * size..][..size])
    };
    let pack_text: Vec<f32> = pack
        .catalogue()
        .items()
        .iter()
        .flat_map(|item| text_of(&item.id))
        .copied()
        .collect();
    let likeness = Likeness::of(pack.catalogue(), &pack_text);
    let weights = Weights::default();
    let content = |item: &fewshop_core::Item, near: &[(u32, f32)]| -> Vec<f32> {
        let read = if config.tower.text {
            text_of(&item.id)
        } else {
            &[]
        };
        let mut out = tower.vector(item, read);
        let mut mean = vec![0.0; pack.item_table().d];
        near.iter()
            .for_each(|&(row, weight)| pack.item_table().add_row(row as usize, weight, &mut mean));
        out.extend(mean);
        out.extend(text_of(&item.id));
        out
    };
    let progress = Progress::of("Neighbours by content", pack.catalogue().len() as u64);
    let existing_content: Vec<Vec<f32>> = pack
        .catalogue()
        .items()
        .par_iter()
        .enumerate()
        .map(|(own, item)| {
            // An existing product's nearest neighbour is itself; a new product is never its own
            // neighbour.
            let mut near = likeness.nearest(
                item,
                text_of(&item.id),
                &Weights {
                    max_neighbours: weights.max_neighbours + 1,
                    ..weights
                },
            );
            near.retain(|&(row, _)| row as usize != own);
            let sum = near.iter().map(|n| n.1).sum::<f32>().max(1e-9);
            near.iter_mut().for_each(|n| n.1 /= sum);
            progress.step();
            content(item, &near)
        })
        .collect();
    progress.finish("Neighbours by content: found");
    let width = existing_content.first().map_or(0, Vec::len);
    let existing_content = existing_content.concat();
    let vectors: Vec<f32> = (0..pack.catalogue().len())
        .flat_map(|row| unit(pack.item_table().row(row)))
        .collect();
    let examples = Examples {
        width,
        content: &existing_content,
        d: pack.item_table().d,
        vectors: &vectors,
    };
    let gan = Gan::fit(examples, &GanConfig::default(), seed)?;
    let plain = Gan::fit(
        examples,
        &GanConfig {
            adversary: 0.0,
            ..GanConfig::default()
        },
        seed,
    )?;
    let mut made = HashMap::new();
    let mut new_items = Vec::new();
    for item in &hold.new {
        let neighbours = likeness.nearest(item, text_of(&item.id), &weights);
        let content = content(item, &neighbours);
        made.insert(
            item.id.0.clone(),
            [
                content[..pack.item_table().d].to_vec(),
                gan.vector(&content),
                plain.vector(&content),
            ],
        );
        new_items.push(NewItem {
            item: item.clone(),
            neighbours,
            vector: None,
        });
    }
    let with_new = add(&pack, &new_items)?;
    let text: Vec<f32> = with_new
        .catalogue()
        .items()
        .iter()
        .flat_map(|item| text_of(&item.id))
        .copied()
        .collect();
    let with_new = Pack::from_bytes(&with_new.to_bytes()?)
        .context("failed to read the pack that was just written")?;
    Ok((
        Signals::of(with_new, &hold.new, &made, text, seed)?,
        [gan.cosine[0], gan.cosine[1], plain.cosine[1]],
    ))
}

fn unit(x: Vec<f32>) -> Vec<f32> {
    let norm = x.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-6);
    x.into_iter().map(|x| x / norm).collect()
}

fn thinned(eval_set: EvalSet) -> EvalSet {
    let every = eval_set.queries.len().div_ceil(ASKED).max(1);
    let EvalSet { queries, relevant } = eval_set;
    EvalSet {
        queries: queries.into_iter().step_by(every).collect(),
        relevant: relevant.into_iter().step_by(every).collect(),
    }
}

fn examples(signals: &Signals, eval_set: &EvalSet) -> Result<Vec<MixExample>> {
    let every = eval_set.queries.len().div_ceil(LESSONS).max(1);
    let sampled: Vec<usize> = (0..eval_set.queries.len()).step_by(every).collect();
    let progress = Progress::of("Cases that train the mix", sampled.len() as u64);
    let out = sampled.par_iter().map(|&at| {
        let columns = signals.columns(&eval_set.queries[at].context)?;
        let rows: Vec<usize> = (0..signals.new.len())
            .filter(|&row| signals.new[row])
            .collect();
        progress.step();
        Ok(MixExample {
            columns: rows
                .iter()
                .flat_map(|&row| columns.iter().map(move |column| column[row]))
                .collect(),
            taken: rows
                .iter()
                .map(|&row| eval_set.relevant[at].contains(&ItemIx::from(row)))
                .collect(),
        })
    });
    let out: Result<Vec<MixExample>> = out.collect();
    progress.finish(&format!("{} cases train the mix", sampled.len()));
    out
}

/// By method, then by case: the first 20.
type Lists = Vec<Vec<Vec<ItemIx>>>;

/// Every method's picks among the new products alone, and among all.
fn answers(
    signals: &Signals,
    eval_set: &EvalSet,
    mixes: &[(String, Mix)],
) -> Result<(Lists, Lists)> {
    let progress = Progress::of("Cases about new products", eval_set.queries.len() as u64);
    // By case, then by method: the first 20, among the new products alone and among all.
    type Answer = (Vec<Vec<ItemIx>>, Vec<Vec<ItemIx>>);
    let each: Result<Vec<Answer>> = eval_set
        .queries
        .par_iter()
        .map(|case| {
            let mut columns = signals.columns(&case.context)?;
            let mixed: Vec<Vec<f32>> = mixes.iter().map(|(_, mix)| mix.score(&columns)).collect();
            columns.extend(mixed);
            let top = |scores: &[f32], new_only: bool| -> Vec<ItemIx> {
                let open = |row: usize| {
                    (!new_only || signals.new[row]) && !case.context.contains(&ItemIx::from(row))
                };
                kernels::top_k(scores, PICKS, &open)
                    .into_iter()
                    .map(ItemIx)
                    .collect()
            };
            progress.step();
            Ok((
                columns.iter().map(|c| top(c, true)).collect(),
                columns.iter().map(|c| top(c, false)).collect(),
            ))
        })
        .collect();
    let each = each?;
    progress.finish(&format!("{} cases answered", each.len()));
    let (alone, full): (Lists, Lists) = each.into_iter().unzip();
    Ok((turned(alone), turned(full)))
}

fn turned(by_case: Lists) -> Lists {
    let methods = by_case.first().map_or(0, Vec::len);
    let mut out: Lists = (0..methods)
        .map(|_| Vec::with_capacity(by_case.len()))
        .collect();
    for case in by_case {
        out.iter_mut()
            .zip(case)
            .for_each(|(out, picks)| out.push(picks));
    }
    out
}
