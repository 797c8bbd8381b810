//! Selects how far the device may move the user embedding: a learning rate, and a gate for each
//! number of context items, on held-out sessions.

use std::collections::BTreeMap;

use fewshop_core::{ItemIx, Session};
use fewshop_data::progress::Progress;
use fewshop_model::{Pack, PackError, kernels};
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::AdapterConfig;
use super::sessions::{CONTEXT_SIZES, TrainingCase};

/// Draws the fixed negatives: rows weighted by popularity, each at most once.
pub(crate) fn negatives(
    popularity: &[u32],
    config: &AdapterConfig,
    rng: &mut ChaCha8Rng,
) -> Vec<u32> {
    let rows: Vec<u32> = (0..popularity.len() as u32).collect();
    // Damped, so that not only bestsellers are drawn.
    let weight = |row: &u32| f64::from(popularity[*row as usize]).powf(0.75);
    match rows.sample_weighted(rng, config.negatives.min(rows.len()), weight) {
        Ok(sample) => {
            let mut sample: Vec<u32> = sample.copied().collect();
            sample.sort_unstable();
            sample
        }
        Err(_) => rows.into_iter().take(config.negatives).collect(),
    }
}

/// Sets learning rate and gate to the values that maximise the likelihood of the held-out sessions'
/// relevant items over the whole catalogue. A gate of 0 for some number of context items means that
/// fine-tuning the user embedding did not help there.
pub(crate) fn choose(
    pack: Pack,
    cases: &[TrainingCase],
    config: &AdapterConfig,
) -> Result<Pack, PackError> {
    let mut pack = pack.edit(|parts| {
        parts.config.adapter_steps = config.steps;
        parts.config.adapter_l2 = config.l2;
    })?;
    let d = pack.item_table().d;
    let max_context = CONTEXT_SIZES.into_iter().max().unwrap_or(1);
    if !config.on {
        return pack.edit(|parts| parts.adapter.gate = vec![0.0]);
    }
    let progress = Progress::of("Adapter", config.learning_rates.len() as u64);
    let with_context: Vec<&TrainingCase> = cases
        .iter()
        .filter(|e| !e.context.is_empty())
        .take(1_500)
        .collect();
    let mut best: Option<(f64, f32, Vec<f32>, String)> = None;
    for &rate in &config.learning_rates {
        pack = pack.edit(|parts| parts.adapter.learning_rate = vec![rate; d])?;
        let gains: Vec<(usize, Vec<f64>)> = with_context
            .par_iter()
            .map(|case| (case.context.len(), gains(&pack, case, &config.gates)))
            .collect();
        let mut by_context_size: BTreeMap<usize, (f64, Vec<f64>)> = BTreeMap::new();
        for (context, gain) in gains {
            let (count, sums) = by_context_size
                .entry(context)
                .or_insert_with(|| (0.0, vec![0.0; config.gates.len()]));
            *count += 1.0;
            sums.iter_mut()
                .zip(&gain)
                .for_each(|(sum, gain)| *sum += gain);
        }
        let mut gate = vec![0.0; max_context];
        let (mut total, mut count, mut words) = (0.0, 0.0, Vec::new());
        let mut from = 0;
        for (&context, (n, sums)) in &by_context_size {
            let (at, gain) = sums
                .iter()
                .enumerate()
                .max_by(|a, b| a.1.total_cmp(b.1))
                .map_or((0, 0.0), |(at, &gain)| (at, gain));
            // Context sizes between the evaluated ones use the gate of the next larger one.
            gate[from..context.min(max_context)].fill(config.gates[at]);
            from = context.min(max_context);
            total += gain;
            count += n;
            words.push(format!("{context}: {}", config.gates[at]));
        }
        let mean = total / f64::max(count, 1.0);
        progress.note(&format!(
            "rate {rate}: {mean:+.4} log-likelihood per relevant item; gates {}",
            words.join(", ")
        ));
        progress.step();
        if best.as_ref().is_none_or(|(best, ..)| mean > *best) {
            best = Some((mean, rate, gate, words.join(", ")));
        }
    }
    if let Some((gain, rate, gate, words)) = best {
        pack = pack.edit(|parts| {
            parts.adapter.learning_rate = vec![rate; d];
            parts.adapter.gate = gate;
        })?;
        progress.finish(&format!(
            "Adapter: rate {rate}, gate by context items {words}, {gain:+.4} log-likelihood per relevant item"
        ));
    }
    Ok(pack)
}

/// Gain in mean log-likelihood of the relevant items for each gate relative to the frozen user
/// embedding.
fn gains(pack: &Pack, case: &TrainingCase, gates: &[f32]) -> Vec<f64> {
    let context: Vec<ItemIx> = case.context.iter().map(|&row| ItemIx(row)).collect();
    let (frozen, tuned) = pack.user_embeddings(&Session::of_items(&context));
    let likelihood = |weight: f32| {
        let u: Vec<f32> = frozen
            .iter()
            .zip(&tuned)
            .map(|(f, t)| f + weight * (t - f))
            .collect();
        let logits = kernels::scan(pack.item_table(), &u, pack.config().logit_scale);
        let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let total = f64::from(top)
            + logits
                .iter()
                .map(|z| f64::from((z - top).exp()))
                .sum::<f64>()
                .ln();
        case.relevant
            .iter()
            .map(|&row| f64::from(logits[row as usize]) - total)
            .sum::<f64>()
            / case.relevant.len() as f64
    };
    let base = likelihood(0.0);
    gates
        .iter()
        .map(|&gate| {
            if gate == 0.0 {
                0.0
            } else {
                likelihood(gate) - base
            }
        })
        .collect()
}
