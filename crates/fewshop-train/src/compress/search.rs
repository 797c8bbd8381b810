//! Searches for the mix that ranks best within a budget.

use anyhow::{Result, bail};
use fewshop_data::progress::{Progress, quietly};
use fewshop_eval::{EvalSet, Interval, PICKS, ScoredCase, mean_over_k, paired};
use fewshop_model::{ItemTable, Model, Pack};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Mix, Vectors, bits_of, on_the_wire};

/// Numbers of bits to try, below the number in the pack.
const BITS: [u32; 4] = [8, 6, 5, 4];
/// Numbers of codes per row to try, if they divide it evenly.
const CODES: [usize; 3] = [32, 16, 8];
/// Shares of the pairs to try.
const PAIRS: [f64; 5] = [1.0, 0.75, 0.6, 0.5, 0.25];
/// Shares of the ranker's weights to try setting to 0.
const ZEROS: [f64; 3] = [0.5, 0.75, 0.9];

/// A mix and its results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompressionRow {
    /// The mix.
    pub mix: Mix,
    /// Its name in tables.
    pub name: String,
    /// Length of the file.
    pub raw_bytes: usize,
    /// Length on the wire.
    pub brotli_bytes: usize,
    /// NDCG@10: the mean over k of the means over the cases of that k.
    #[serde(rename = "ndcg@10")]
    pub ndcg: f64,
    /// NDCG@10 relative to the input pack's.
    pub share_of_full: f64,
    /// NDCG@10 minus the input pack's.
    pub minus_full: f64,
    /// Its 95 % interval: paired, over resampled shoppers.
    #[serde(rename = "minus_full 95%")]
    pub minus_full_interval: Interval,
    /// Whether no smaller mix ranks as well (Pareto-optimal).
    pub on_front: bool,
}

/// All results of a compression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompressionResult {
    /// The budget, in bytes on the wire.
    pub budget_bytes: usize,
    /// Number of evaluation cases.
    pub cases: usize,
    /// The mixes; the first is the unchanged input pack.
    pub tried: Vec<CompressionRow>,
    /// Index of the selected mix.
    pub chosen: usize,
}

/// The selected pack with all results.
#[derive(Debug, Clone)]
pub struct CompressedPack {
    /// All results of a compression.
    pub found: CompressionResult,
    /// The pack.
    pub bytes: Vec<u8>,
}

/// One mix, measured and evaluated.
struct Candidate {
    mix: Mix,
    raw: usize,
    brotli: usize,
    /// NDCG@10 of each case.
    scores: Vec<ScoredCase>,
    mean: f64,
}

/// Evaluates and measures the mixes: every form of the vectors with every share of the pairs, the
/// ranker's weights alone, and finally the ranker's weights together with the best mix that fits.
/// Selects the highest NDCG@10 within the budget, and the smallest file among equals. Shares of the
/// pairs below `least_pairs` are not tried: shelves about a product need pairs that NDCG@10 does not
/// miss. `command` goes into the card.
///
/// # Errors
/// If no mix fits; the error names the smallest length found.
pub fn search(
    pack: &Pack,
    eval_set: &EvalSet,
    budget: usize,
    least_pairs: f64,
    seed: u64,
    command: &str,
) -> Result<CompressedPack> {
    let pack = pack.clone().edit(|parts| {
        if !command.is_empty() {
            parts.card.command = format!("{}; {command}", parts.card.command);
        }
    })?;
    let ways = vectors(pack.item_table());
    let mut mixes: Vec<Mix> = ways
        .iter()
        .flat_map(|&vectors| {
            let shares = PAIRS.into_iter().filter(|&share| share >= least_pairs);
            shares.map(move |pairs| Mix {
                vectors,
                pairs,
                ..Mix::NONE
            })
        })
        .collect();
    mixes.extend(ZEROS.map(|ranker_zeros| Mix {
        ranker_zeros,
        ..Mix::NONE
    }));
    let progress = Progress::of("Mixes", mixes.len() as u64 + ZEROS.len() as u64);
    let tables: Vec<(Vectors, ItemTable)> = ways
        .into_iter()
        .map(|way| (way, way.of(pack.item_table(), seed)))
        .collect();
    let small = |mix: Mix| {
        let table = tables
            .iter()
            .find(|(way, _)| *way == mix.vectors)
            .map_or(pack.item_table(), |(_, table)| table);
        mix.apply(&pack, table)
    };
    let try_all = |mixes: &[Mix]| -> Result<Vec<Candidate>> {
        mixes
            .par_iter()
            .map(|&mix| {
                quietly(|| try_one(mix, small(mix)?, &name(mix, &pack), eval_set, &progress))
            })
            .collect()
    };
    let mut tried = try_all(&mixes)?;
    // Among the mixes that leave the ranker unchanged: the best that fits, or else the smallest,
    // which may fit with a pruned ranker.
    let base = best_within(&tried, budget, |mix| mix.ranker_zeros == 0.0).or_else(|| {
        let whole = (0..tried.len()).filter(|&at| tried[at].mix.ranker_zeros == 0.0);
        whole.min_by_key(|&at| tried[at].brotli)
    });
    if let Some(base) = base
        .map(|at| tried[at].mix)
        .filter(|&base| base != Mix::NONE)
    {
        tried.extend(try_all(&ZEROS.map(|ranker_zeros| Mix {
            ranker_zeros,
            ..base
        }))?);
    }
    progress.finish(&format!(
        "Tried {} mixes on {} cases",
        tried.len(),
        eval_set.queries.len()
    ));
    let Some(chosen) = best_within(&tried, budget, |_| true) else {
        let Some(smallest) = tried.iter().min_by_key(|one| one.brotli) else {
            bail!("there is nothing to try")
        };
        bail!(
            "no mix fits into {budget} bytes (brotli): the smallest found is {} bytes, {}; give --budget {}kB or more, or ship fewer products",
            smallest.brotli,
            name(smallest.mix, &pack),
            smallest.brotli.div_ceil(1_000)
        )
    };
    let measured = measured(&tried, &pack);
    let bytes = encoded(small(tried[chosen].mix)?, &tried[chosen].scores)?;
    Ok(CompressedPack {
        found: CompressionResult {
            budget_bytes: budget,
            cases: tried[0].scores.len(),
            tried: measured,
            chosen,
        },
        bytes,
    })
}

/// Forms of the vectors, the current one first.
fn vectors(table: &ItemTable) -> Vec<Vectors> {
    let bits = bits_of(table);
    let fewer = BITS
        .into_iter()
        .filter(|&fewer| fewer < bits)
        .map(Vectors::Bits);
    let codes = CODES
        .into_iter()
        .filter(|&subspaces| ItemTable::can_cut(table.d, subspaces));
    // Quantising codes again would quantise the vectors that they represent, with no gain.
    let codes = codes
        .filter(|&subspaces| table.subspaces == 0 || subspaces < table.subspaces)
        .map(Vectors::Codes);
    [Vectors::AsIs]
        .into_iter()
        .chain(fewer)
        .chain(codes)
        .collect()
}

fn best_within(tried: &[Candidate], budget: usize, among: impl Fn(&Mix) -> bool) -> Option<usize> {
    let fits = (0..tried.len()).filter(|&at| tried[at].brotli <= budget && among(&tried[at].mix));
    fits.max_by(|&a, &b| {
        tried[a]
            .mean
            .total_cmp(&tried[b].mean)
            .then(tried[b].brotli.cmp(&tried[a].brotli))
    })
}

/// The pack as a file. Its card holds the mix's own metrics.
fn encoded(small: Pack, scores: &[ScoredCase]) -> Result<Vec<u8>> {
    let small = small.edit(|parts| parts.card.metrics = fewshop_eval::card_metrics(scores))?;
    Ok(small.to_bytes()?)
}

fn try_one(
    mix: Mix,
    small: Pack,
    name: &str,
    eval_set: &EvalSet,
    progress: &Progress,
) -> Result<Candidate> {
    // As a device reads it.
    let read = Pack::from_bytes(&small.to_bytes()?)?;
    let ranked = fewshop_eval::recommend(&Model::new(read), &eval_set.queries, PICKS, false)?;
    let scores = fewshop_eval::score(&eval_set.queries, &eval_set.relevant, &ranked);
    let bytes = encoded(small, &scores)?;
    let brotli = on_the_wire(&bytes)?;
    let mean = mean_over_k(&scores);
    progress.step();
    progress.note(&format!("{name}: {brotli} bytes, NDCG@10 {mean:.4}"));
    Ok(Candidate {
        mix,
        raw: bytes.len(),
        brotli,
        scores,
        mean,
    })
}

fn name(mix: Mix, pack: &Pack) -> String {
    let zeros = if mix.ranker_zeros > 0.0 {
        format!(", {:.0} % of the ranker at 0", 100.0 * mix.ranker_zeros)
    } else {
        String::new()
    };
    format!(
        "{}, {:.0} % of the pairs{zeros}",
        mix.vectors.name(bits_of(pack.item_table())),
        100.0 * mix.pairs
    )
}

fn measured(tried: &[Candidate], pack: &Pack) -> Vec<CompressionRow> {
    let Some(full) = tried.first() else {
        return Vec::new();
    };
    let one = |one: &Candidate| {
        let (minus_full, minus_full_interval) = paired(&one.scores, &full.scores);
        CompressionRow {
            mix: one.mix,
            name: name(one.mix, pack),
            raw_bytes: one.raw,
            brotli_bytes: one.brotli,
            ndcg: one.mean,
            share_of_full: if full.mean > 0.0 {
                one.mean / full.mean
            } else {
                1.0
            },
            minus_full,
            minus_full_interval,
            on_front: !tried.iter().any(|other| {
                other.brotli <= one.brotli
                    && other.mean >= one.mean
                    && (other.brotli < one.brotli || other.mean > one.mean)
            }),
        }
    };
    tried.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use fewshop_core::ItemIx;
    use fewshop_data::files::EvalCase;
    use fewshop_model::toy;

    use super::*;

    fn eval_set() -> EvalSet {
        let case = |n: u32| EvalCase {
            id: format!("c{n}"),
            user: format!("u{n}"),
            k: 1 + n % 2 * 2,
            context: (0..1 + n % 2 * 2).map(|i| ItemIx(n % 3 * 20 + i)).collect(),
            ..EvalCase::default()
        };
        let relevant = |n: u32| (5..9).map(|i| ItemIx(n % 3 * 20 + i)).collect();
        EvalSet {
            queries: (0..24).map(case).collect(),
            relevant: (0..24).map(relevant).collect(),
        }
    }

    #[test]
    fn the_selected_mix_fits_ranks_best_and_is_reproducible() {
        let pack = toy::pack();
        let full = search(&pack, &eval_set(), 1_000_000, 0.0, 7, "").unwrap();
        let tried = &full.found.tried;
        assert_eq!((tried[0].mix, tried[0].minus_full), (Mix::NONE, 0.0));
        let best = &tried[full.found.chosen];
        assert!(tried.iter().all(|one| one.ndcg <= best.ndcg));
        let budget = tried.iter().map(|one| one.brotli_bytes).min().unwrap() + 20;
        let small = search(&pack, &eval_set(), budget, 0.0, 7, "").unwrap();
        let chosen = &small.found.tried[small.found.chosen];
        assert!(
            chosen.brotli_bytes <= budget
                && on_the_wire(&small.bytes).unwrap() == chosen.brotli_bytes
        );
        assert!(
            small
                .found
                .tried
                .iter()
                .all(|one| one.brotli_bytes > budget || one.ndcg <= chosen.ndcg)
        );
        assert_eq!(
            Pack::from_bytes(&small.bytes).unwrap().catalogue(),
            pack.catalogue()
        );
        assert_eq!(
            small.bytes,
            search(&pack, &eval_set(), budget, 0.0, 7, "")
                .unwrap()
                .bytes
        );
    }

    #[test]
    fn pairs_that_shelves_need_are_kept_however_small_the_pack_would_be() {
        let whole = search(&toy::pack(), &eval_set(), 1_000_000, 0.6, 7, "").unwrap();
        let shares: Vec<f64> = whole.found.tried.iter().map(|one| one.mix.pairs).collect();
        assert!(shares.iter().all(|&share| share >= 0.6) && shares.contains(&0.6));
    }

    #[test]
    fn a_budget_that_cannot_be_met_names_the_smallest_length() {
        let error = search(&toy::pack(), &eval_set(), 100, 0.0, 7, "")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("100 bytes")
                && error.contains("smallest found is")
                && error.contains("kB or more"),
            "{error}"
        );
    }

    #[test]
    fn vectors_are_only_ever_made_smaller() {
        let mut table = ItemTable::quantise_to(&[0.5; 64], 64, vec![0.0], 127.0);
        assert_eq!(
            vectors(&table)[..3],
            [Vectors::AsIs, Vectors::Bits(6), Vectors::Bits(5)]
        );
        table.subspaces = 16;
        assert_eq!(vectors(&table), [Vectors::AsIs, Vectors::Codes(8)]);
    }
}
