//! Compares the pack with its own parts and with the baselines.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use fewshop_core::{Catalogue, ItemIx, Session};
use fewshop_data::files::EvalCase;
use fewshop_data::progress::Progress;
use fewshop_model::{Model, Pack, kernels};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::baselines::{Baselines, Method};
use crate::{Difference, EvalSet, Figures, PICKS, RankingScorer, ScoredRanking, picks};

/// The kind of a contender.
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
    /// A simple method that does not use the pack.
    Baseline,
}

/// A ranking method with all of its figures.
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
    /// compared with the complete pack of the same run.
    pub minus_full: BTreeMap<u32, Difference>,
    /// The same over the cases of all k together.
    pub all_minus_full: Difference,
}

/// A pack that was trained without one part, under a name such as "minus ease".
pub type Ablated = (String, Pack);

/// Name of the ablated pack with all parts.
const WHOLE: &str = "full";
/// Its name in tables, where the shipped pack is 'full'.
const RETRAINED: &str = "full, retrained";

/// Ranks the same queries with the pack, the frozen pack, the ablated packs, the item vectors
/// alone, and the baselines. Each is compared with the pack as it ships, case by case; an ablated
/// pack is compared with the complete pack of the same run, if there is one.
///
/// The queries and the baselines use the pack's rows; the ablated packs may have their products in
/// another order.
///
/// # Errors
/// When an ablated pack lacks a product, or a backend fails.
pub fn contenders(
    model: &Model,
    eval_set: &EvalSet,
    baselines: &Baselines,
    ablated: &[Ablated],
) -> Result<Vec<Contender>> {
    let scorer = RankingScorer::of(eval_set, baselines.popularity());
    let cases = &eval_set.queries;
    let full = scorer.score(picks(model, cases, false)?);
    let mut out = vec![
        contender(
            &scorer,
            "full",
            ContenderKind::Full,
            "the shop's pack as it ships",
            &full,
            &full,
        ),
        contender(
            &scorer,
            "frozen",
            ContenderKind::Frozen,
            "the pack without learning on the device",
            &scorer.score(picks(model, cases, true)?),
            &full,
        ),
    ];
    // The value of a part is the difference from the complete pack of the same run: the shipped
    // pack may have another seed.
    let mut whole = None;
    for (name, pack) in ablated.iter().filter(|(name, _)| name == WHOLE) {
        let answers = scorer.score(ablated_picks(name, pack, model.catalogue(), cases)?);
        out.push(contender(
            &scorer,
            RETRAINED,
            ContenderKind::Ablated,
            "the complete pack, retrained along with the packs that lack a part",
            &answers,
            &full,
        ));
        whole = Some(answers);
    }
    for (name, pack) in ablated.iter().filter(|(name, _)| name != WHOLE) {
        let answers = scorer.score(ablated_picks(name, pack, model.catalogue(), cases)?);
        let about = format!("retrained {name}; its difference is relative to '{RETRAINED}'");
        out.push(contender(
            &scorer,
            name,
            ContenderKind::Ablated,
            &about,
            &answers,
            whole.as_ref().unwrap_or(&full),
        ));
    }
    let vectors = scorer.score(by_vectors(model.pack(), cases));
    let about = "products whose learned vectors are closest to the user embedding";
    out.push(contender(
        &scorer,
        "item vectors",
        ContenderKind::Channel,
        about,
        &vectors,
        &full,
    ));
    for method in baselines.methods(eval_set.queries.iter().any(|case| !case.visits.is_empty())) {
        let answers = scorer.score(baselines.picks(method, cases));
        out.push(contender(
            &scorer,
            method.name(),
            ContenderKind::Baseline,
            method.about(),
            &answers,
            &full,
        ));
    }
    Ok(out)
}

/// The gain from a pre-trained start for a network that is trained on each shopper's few samples:
/// with transfer minus alone, by k. Empty if the baselines lack the two.
#[must_use]
pub fn transfer(eval_set: &EvalSet, baselines: &Baselines) -> BTreeMap<u32, Difference> {
    if !baselines.methods(false).contains(&Method::FewShotTransfer) {
        return BTreeMap::new();
    }
    let scorer = RankingScorer::of(eval_set, baselines.popularity());
    let answers = |method| scorer.score(baselines.picks(method, &eval_set.queries));
    scorer.minus(
        &answers(Method::FewShotTransfer),
        &answers(Method::FewShotAlone),
    )
}

fn contender(
    scorer: &RankingScorer<'_>,
    name: &str,
    kind: ContenderKind,
    about: &str,
    answers: &ScoredRanking,
    full: &ScoredRanking,
) -> Contender {
    let against = kind != ContenderKind::Full;
    Contender {
        name: name.to_owned(),
        kind,
        about: about.to_owned(),
        by_k: scorer.by_k(answers),
        all: scorer.all(answers),
        minus_full: if against {
            scorer.minus(answers, full)
        } else {
            Default::default()
        },
        all_minus_full: if against {
            scorer.all_minus(answers, full)
        } else {
            Default::default()
        },
    }
}

/// Ranks with an ablated pack in its own rows and returns the picks in the rows of `catalogue`.
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
                context: moved(&case.context),
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

/// Ranks by scanning the item table alone, with the user embedding before any fine-tuning.
fn by_vectors(pack: &Pack, cases: &[EvalCase]) -> Vec<Vec<ItemIx>> {
    let progress = Progress::of("Item vectors alone", cases.len() as u64);
    let out = cases
        .par_iter()
        .map(|case| {
            let (user_embedding, _) = pack.user_embeddings(&Session::of_items(&case.context));
            let logits = kernels::scan(
                pack.item_table(),
                &user_embedding,
                pack.config().logit_scale,
            );
            progress.step();
            let top = kernels::top_k(&logits, PICKS, &|row| {
                !case.context.contains(&ItemIx::from(row))
            });
            top.into_iter().map(ItemIx).collect()
        })
        .collect();
    progress.finish(&format!("Item vectors alone: {} cases ranked", cases.len()));
    out
}
