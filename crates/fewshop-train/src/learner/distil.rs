//! Distils rankers: a large teacher over the same candidates and features, and students of the
//! shipped size that learn from the log alone or also from the teacher's scores (Hinton, Vinyals
//! and Dean 2015; for rankings Tang and Wang, KDD 2018).

use anyhow::{Context, Result};
use fewshop_eval::EvalSet;
use fewshop_model::Card;
use fewshop_model::{ItemTable, Pack, RankerWeights};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::Training;
use super::prepared::{Prepared, as_shipped, with};
use super::ranker::{self, RankerExample, Soft};

/// Settings of teacher and distillation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DistilConfig {
    /// Hidden units of each network of the teacher.
    pub hidden: usize,
    /// Networks of the teacher, with consecutive seeds; their scores are averaged. The same number
    /// of students of each kind is trained.
    pub members: usize,
    /// Scores are divided by this temperature before the softmax.
    pub temperature: f32,
    /// Share of the teacher's scores in the listwise loss; the rest comes from the log.
    pub weight: f32,
}

impl Default for DistilConfig {
    fn default() -> Self {
        Self {
            hidden: 256,
            members: 3,
            temperature: 2.0,
            weight: 0.5,
        }
    }
}

/// Packs that differ in their ranker, or in how their vectors are rounded.
#[derive(Debug, Clone)]
pub struct Distilled {
    /// The teacher's networks as one ranker.
    pub teacher: Pack,
    /// Students trained on the log alone, one per seed.
    pub plain: Vec<Pack>,
    /// Students with the same seeds, trained with the teacher's scores as well.
    pub distilled: Vec<Pack>,
    /// The first plain student with the unrounded training vectors; see [`unrounded`].
    pub unrounded: Pack,
    /// The same with vectors at eight bits.
    pub eight_bits: Pack,
    /// The validation cases, in the row order that all of these share.
    pub eval_set: EvalSet,
}

/// Trains teacher and students. Counts, vectors, adapter, candidates and features are computed once
/// and shared; only the rankers differ.
///
/// # Errors
/// See [`super::train`].
pub fn distil(training: Training<'_>, distil: &DistilConfig) -> Result<Distilled> {
    let Training {
        catalogue,
        validation,
        config,
        seed,
        ..
    } = training;
    let validation = validation
        .context("teacher and students are compared on validation cases, and there are none")?;
    let prepared = Prepared::new(training, Card::default())?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut examples, valid) =
        prepared.ranker_examples(&config.disabled_groups, config, &mut rng)?;
    let wide = super::RankerTrainConfig {
        hidden: distil.hidden,
        ..config.ranker.clone()
    };
    let seeds: Vec<u64> = (seed..=u64::MAX).take(distil.members.max(1)).collect();
    let train = |examples: &[RankerExample],
                 config: &super::RankerTrainConfig,
                 disabled_groups: &[_],
                 soft: Option<Soft>,
                 seed: u64| {
        let all: Vec<&RankerExample> = examples.iter().collect();
        ranker::train(
            &all,
            &valid,
            disabled_groups,
            config,
            soft,
            &mut ChaCha8Rng::seed_from_u64(seed),
        )
        .map(|(weights, _)| weights)
    };
    let members = seeds
        .iter()
        .map(|&seed| train(&examples, &wide, &config.disabled_groups, None, seed))
        .collect::<Result<Vec<_>>>()?;
    let teacher = averaged(&members);
    ranker::teach(&mut examples, &teacher);
    let soft = Soft {
        temperature: distil.temperature,
        weight: distil.weight,
    };
    let pack = |weights: RankerWeights| as_shipped(&with(&prepared.shipped, weights)?);
    let students = |soft: Option<Soft>| -> Result<Vec<Pack>> {
        seeds
            .iter()
            .map(|&seed| {
                pack(train(
                    &examples,
                    &config.ranker,
                    &config.disabled_groups,
                    soft,
                    seed,
                )?)
            })
            .collect()
    };
    let (plain, distilled) = (students(None)?, students(Some(soft))?);
    let rows = prepared.rows(catalogue)?;
    let table = ItemTable::quantise_to(
        &rows,
        plain[0].item_table().d,
        prepared.shipped.item_table().bias.clone(),
        127.0,
    );
    Ok(Distilled {
        eval_set: validation.in_rows_of(plain[0].catalogue(), catalogue)?,
        unrounded: unrounded(&plain[0], &prepared.shipped, &rows)?,
        eight_bits: as_shipped(&plain[0].clone().edit(|parts| parts.item_table = table)?)?,
        teacher: pack(teacher)?,
        plain,
        distilled,
    })
}

/// Joins networks into one whose score is their mean: it has the hidden units of all of them.
pub(super) fn averaged(members: &[RankerWeights]) -> RankerWeights {
    let Some(first) = members.first() else {
        return RankerWeights::default();
    };
    let share = 1.0 / members.len() as f32;
    let features = first.mean.len();
    let w1 = (0..features)
        .flat_map(|f| {
            members
                .iter()
                .flat_map(move |m| &m.w1[f * m.hidden..(f + 1) * m.hidden])
        })
        .copied();
    RankerWeights {
        hidden: members.iter().map(|m| m.hidden).sum(),
        mean: first.mean.clone(),
        inv_std: first.inv_std.clone(),
        w1: w1.collect(),
        b1: members.iter().flat_map(|m| &m.b1).copied().collect(),
        w2: members
            .iter()
            .flat_map(|m| &m.w2)
            .map(|w| w * share)
            .collect(),
        b2: members.iter().map(|m| m.b2).sum::<f32>() * share,
    }
}

/// Number of bytes that one number is spread over.
const COPIES: usize = 8;

/// The pack with its training vectors, exact to ten bits. The engine only supports bytes, so each
/// number becomes eight bytes with this number as their mean. The vector is eight times as long,
/// scaled so that lengths, products and gradient steps do not change.
fn unrounded(pack: &Pack, exact: &Pack, rows: &[f32]) -> Result<Pack> {
    let d = pack.item_table().d;
    let root = (COPIES as f32).sqrt();
    // Scale and bias, which a file rounds to bf16, are not rounded here.
    let mut table = ItemTable {
        d: d * COPIES,
        bias: exact.item_table().bias.clone(),
        ..ItemTable::default()
    };
    for (nth, row) in rows.chunks_exact(d).enumerate() {
        let step =
            (row.iter().fold(0f32, |max, x| max.max(x.abs())) / 127.0).max(f32::MIN_POSITIVE);
        table.scale.push(step / root);
        for (at, x) in row.iter().enumerate() {
            let whole = (x / step * COPIES as f32).round() as i32;
            let (base, more) = (
                whole.div_euclid(COPIES as i32),
                whole.rem_euclid(COPIES as i32) as usize,
            );
            // The copies that are rounded up must differ between rows, or their errors would add
            // up.
            let turn = nth * 31 + at * 17;
            table.q.extend(
                (0..COPIES).map(|copy| (base + i32::from((copy + turn) % COPIES < more)) as i8),
            );
        }
    }
    let h = pack.encoder().hidden;
    let mut encoder = pack.encoder().clone();
    let copied = |row: usize| {
        encoder.w[row * h..(row + 1) * h]
            .iter()
            .map(|w| w / root)
            .collect::<Vec<f32>>()
            .repeat(COPIES)
    };
    encoder.w = (0..d).flat_map(copied).collect();
    let mut adapter = pack.adapter().clone();
    adapter.learning_rate = adapter
        .learning_rate
        .iter()
        .flat_map(|&rate| [rate; COPIES])
        .collect();
    Ok(pack.clone().edit(|parts| {
        parts.item_table = table;
        parts.encoder = encoder;
        parts.adapter = adapter;
    })?)
}

#[cfg(test)]
mod tests {
    use fewshop_core::{ItemIx, Session};
    use fewshop_model::features::FEATURES;
    use fewshop_model::{Model, RankOptions, kernels, toy};

    use super::*;

    #[test]
    fn an_average_scores_as_its_members_do_on_average() {
        let some = |n: usize, by: f32| {
            (0..n)
                .map(|at| ((at * 7 + 3) % 11) as f32 * by - 0.4)
                .collect::<Vec<f32>>()
        };
        let member = |hidden: usize, by: f32| RankerWeights {
            hidden,
            mean: vec![0.1; FEATURES],
            inv_std: vec![0.7; FEATURES],
            w1: some(FEATURES * hidden, by),
            b1: some(hidden, by),
            w2: some(hidden, 0.3),
            b2: by,
        };
        let members = [member(3, 0.05), member(5, 0.11)];
        let features = some(FEATURES * 2, 0.2);
        let [one, other] = members.each_ref().map(|m| kernels::rank(&features, m));
        for (at, mean) in kernels::rank(&features, &averaged(&members))
            .into_iter()
            .enumerate()
        {
            assert!((mean - (one[at] + other[at]) / 2.0).abs() < 1e-3, "{mean}");
        }
    }

    #[test]
    fn spreading_numbers_over_bytes_changes_products_only_by_rounding() {
        let pack = toy::pack();
        let rows: Vec<f32> = (0..pack.item_table().len())
            .flat_map(|row| pack.item_table().row(row))
            .collect();
        let fine = unrounded(&pack, &pack, &rows).unwrap();
        let session = Session::of_items(&[ItemIx(3), ItemIx(22), ItemIx(5)]);
        let ranked = |pack: &Pack| {
            let model = Model::new(pack.clone());
            model.rank(&session, &RankOptions::default()).unwrap().picks
        };
        for (one, other) in ranked(&pack).iter().zip(&ranked(&fine)) {
            assert!((one.score - other.score).abs() < 0.02, "{one:?} {other:?}");
        }
    }
}
