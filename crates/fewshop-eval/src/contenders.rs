//! The pack beside what it is made of and what it must beat: one table.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use fewshop_core::{Catalogue, ItemIx, Session};
use fewshop_data::files::EvalCase;
use fewshop_data::progress::Progress;
use fewshop_model::{Model, Pack, kernels};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::baselines::{Baselines, Method};
use crate::{Difference, EvalSet, Figures, Judge, Judged, PICKS, picks};

/// What a contender is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContenderKind {
    /// The pack as it ships.
    Full,
    /// The pack without learning on the device.
    Frozen,
    /// A pack that was trained without one part.
    Ablated,
    /// A part of the pack ranking alone.
    Channel,
    /// A simple method that knows nothing of the pack.
    Baseline,
}

/// One way of ranking with all that is said about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contender {
    /// Its name in tables.
    pub name: String,
    /// What it is.
    pub kind: ContenderKind,
    /// One sentence for people.
    pub about: String,
    /// Figures by k.
    pub by_k: BTreeMap<u32, Figures>,
    /// Figures over the cases of all k together.
    pub all: Figures,
    /// This one minus the full pack, by k; empty for the full pack itself. An ablated pack is
    /// compared with the whole that was trained beside it.
    pub minus_full: BTreeMap<u32, Difference>,
    /// The same over the cases of all k together.
    pub all_minus_full: Difference,
}

/// A pack that was trained without one part, under a name such as "minus ease".
pub type Ablated = (String, Pack);

/// Name of the ablated pack that lacks nothing.
const WHOLE: &str = "full";
/// Its name in tables, where the shipped pack is 'full'.
const RETRAINED: &str = "full, trained anew";

/// Lets everybody answer the same queries: the pack, the pack frozen, the ablated packs, the item
/// vectors alone, the baselines. Each is compared with the pack as it ships, case by case; an
/// ablated pack with the whole that was trained beside it, where there is one.
///
/// Rows of the queries and of the baselines are those of the pack; the ablated packs may number
/// their products in another order.
///
/// # Errors
/// When an ablated pack lacks a product, or a backend fails.
pub fn contenders(
    model: &Model,
    eval_set: &EvalSet,
    baselines: &Baselines,
    ablated: &[Ablated],
) -> Result<Vec<Contender>> {
    let judge = Judge::of(eval_set, baselines.popularity());
    let cases = &eval_set.queries;
    let full = judge.judge(picks(model, cases, false)?);
    let mut out = vec![
        contender(
            &judge,
            "full",
            ContenderKind::Full,
            "the shop's pack as it ships",
            &full,
            &full,
        ),
        contender(
            &judge,
            "frozen",
            ContenderKind::Frozen,
            "the pack without learning on the device",
            &judge.judge(picks(model, cases, true)?),
            &full,
        ),
    ];
    // What a part is worth is the difference to the whole that was trained beside it: the shipped
    // pack may be of another seed.
    let mut whole = None;
    for (name, pack) in ablated.iter().filter(|(name, _)| name == WHOLE) {
        let answers = judge.judge(ablated_picks(name, pack, model.catalogue(), cases)?);
        out.push(contender(
            &judge,
            RETRAINED,
            ContenderKind::Ablated,
            "the whole, trained anew beside the packs without a part",
            &answers,
            &full,
        ));
        whole = Some(answers);
    }
    for (name, pack) in ablated.iter().filter(|(name, _)| name != WHOLE) {
        let answers = judge.judge(ablated_picks(name, pack, model.catalogue(), cases)?);
        let about = format!("trained anew {name}; its difference is that to '{RETRAINED}'");
        out.push(contender(
            &judge,
            name,
            ContenderKind::Ablated,
            &about,
            &answers,
            whole.as_ref().unwrap_or(&full),
        ));
    }
    let vectors = judge.judge(by_vectors(model.pack(), cases));
    let about = "products whose learned vector lies nearest to the shopper's taste";
    out.push(contender(
        &judge,
        "item vectors",
        ContenderKind::Channel,
        about,
        &vectors,
        &full,
    ));
    for method in baselines.methods(eval_set.queries.iter().any(|case| !case.visits.is_empty())) {
        let answers = judge.judge(baselines.picks(method, cases));
        out.push(contender(
            &judge,
            method.name(),
            ContenderKind::Baseline,
            method.about(),
            &answers,
            &full,
        ));
    }
    Ok(out)
}

/// What a pre-trained start brings to a network that is trained on each shopper's few samples: with
/// transfer minus alone, by k. Empty where the baselines do not hold the two.
#[must_use]
pub fn transfer(eval_set: &EvalSet, baselines: &Baselines) -> BTreeMap<u32, Difference> {
    if !baselines.methods(false).contains(&Method::FewShotTransfer) {
        return BTreeMap::new();
    }
    let judge = Judge::of(eval_set, baselines.popularity());
    let answers = |method| judge.judge(baselines.picks(method, &eval_set.queries));
    judge.minus(
        &answers(Method::FewShotTransfer),
        &answers(Method::FewShotAlone),
    )
}

fn contender(
    judge: &Judge<'_>,
    name: &str,
    kind: ContenderKind,
    about: &str,
    answers: &Judged,
    full: &Judged,
) -> Contender {
    let against = kind != ContenderKind::Full;
    Contender {
        name: name.to_owned(),
        kind,
        about: about.to_owned(),
        by_k: judge.by_k(answers),
        all: judge.all(answers),
        minus_full: if against {
            judge.minus(answers, full)
        } else {
            Default::default()
        },
        all_minus_full: if against {
            judge.all_minus(answers, full)
        } else {
            Default::default()
        },
    }
}

/// Asks an ablated pack in its own rows and gives the answers back in those of `catalogue`.
fn ablated_picks(
    name: &str,
    pack: &Pack,
    catalogue: &Catalogue,
    cases: &[EvalCase],
) -> Result<Vec<Vec<ItemIx>>> {
    let to = rows(catalogue, pack.catalogue()).with_context(|| format!("pack '{name}'"))?;
    let back = rows(pack.catalogue(), catalogue).with_context(|| format!("pack '{name}'"))?;
    let moved = |items: &[ItemIx]| {
        items
            .iter()
            .map(|item| to[item.row()])
            .collect::<Vec<ItemIx>>()
    };
    let theirs: Vec<EvalCase> = cases
        .iter()
        .map(|case| {
            let visits = case.visits.iter().map(|visit| moved(visit)).collect();
            EvalCase {
                shots: moved(&case.shots),
                visits,
                ..case.clone()
            }
        })
        .collect();
    let answers = picks(&Model::new(pack.clone()), &theirs, false)?;
    Ok(answers
        .into_iter()
        .map(|picks| picks.into_iter().map(|item| back[item.row()]).collect())
        .collect())
}

/// For each row of one catalogue the row of the same product in another.
fn rows(from: &Catalogue, to: &Catalogue) -> Result<Vec<ItemIx>> {
    let row = |(_, item): (ItemIx, &fewshop_core::Item)| {
        to.ix(&item.id)
            .with_context(|| format!("product '{}' is missing: train on the same items", item.id))
    };
    from.iter().map(row).collect()
}

/// Ranks by the scan of the item table alone, with the taste before any fine-tuning.
fn by_vectors(pack: &Pack, cases: &[EvalCase]) -> Vec<Vec<ItemIx>> {
    let progress = Progress::of("Item vectors alone", cases.len() as u64);
    let out = cases
        .par_iter()
        .map(|case| {
            let (user_embedding, _) = pack.user_embeddings(&Session::of_items(&case.shots));
            let logits = kernels::scan(
                pack.item_table(),
                &user_embedding,
                pack.config().logit_scale,
            );
            progress.step();
            let top = kernels::top_k(&logits, PICKS, |row| {
                !case.shots.contains(&ItemIx::from(row))
            });
            top.into_iter().map(ItemIx).collect()
        })
        .collect();
    progress.finish(&format!("Item vectors alone: {} cases ranked", cases.len()));
    out
}
