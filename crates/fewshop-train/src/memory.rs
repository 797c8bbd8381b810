//! Checks before a training starts whether it fits into memory. Without this check the operating
//! system would kill it after some minutes.

use anyhow::bail;
use fewshop_data::files::Log;
use fewshop_data::progress::say;
use fewshop_model::features::FEATURES;

use crate::learner::TrainConfig;

/// Memory that every training needs.
const BASE_MIB: f64 = 60.0;
/// Bytes per event, in the log, the counts and each cut together.
const BYTES_PER_EVENT: f64 = 1_000.0;
/// Candidates that a held-out session keeps for the ranker, divided by the candidates of one
/// channel: the channels overlap.
const CANDIDATES_PER_CHANNEL_CANDIDATE: f64 = 1.9;

/// Upper estimate of a training's memory, in MiB, from two measurements: Complete Journey (0.73
/// million events, 40,000 cases) took 2.0 GB, Online Retail (0.1 to 0.4 million) 115 to 311 MiB,
/// for which this estimate is more than double: few sessions there fill all their candidates.
fn needed_mib(log: &Log, config: &TrainConfig) -> f64 {
    let cases = config.ranker.cases.min(log.sessions.len()) as f64;
    let example = CANDIDATES_PER_CHANNEL_CANDIDATE
        * config.ranker.candidates as f64
        * (FEATURES * size_of::<f32>()) as f64;
    BASE_MIB + (BYTES_PER_EVENT * log.events as f64 + cases * example) / 1_048_576.0
}

/// Memory that this process may still allocate, in MiB: the free memory of the machine or its
/// container. `None` if the system does not report it.
fn available_mib() -> Option<f64> {
    if let Some(limit) = std::env::var("FEWSHOP_MEMORY_MIB")
        .ok()
        .and_then(|text| text.trim().parse().ok())
    {
        return Some(limit);
    }
    let machine = std::fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| {
            let kib = text
                .lines()
                .find_map(|line| line.strip_prefix("MemAvailable:"))?;
            kib.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()
        });
    let bytes = |file: &str| {
        std::fs::read_to_string(file)
            .ok()?
            .trim()
            .parse::<f64>()
            .ok()
    };
    // A container without a limit reports "max", which does not parse as a number.
    let container = bytes("/sys/fs/cgroup/memory.max")
        .map(|max| max - bytes("/sys/fs/cgroup/memory.current").unwrap_or(0.0));
    match (
        machine.map(|kib| kib / 1_024.0),
        container.map(|bytes| bytes / 1_048_576.0),
    ) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Refuses a training that cannot fit into memory, and warns if it may not fit.
///
/// # Errors
/// If less than half of the required memory is available.
pub fn check(log: &Log, config: &TrainConfig) -> anyhow::Result<()> {
    let Some(available) = available_mib() else {
        return Ok(());
    };
    judge(needed_mib(log, config), available)
}

fn judge(needed: f64, available: f64) -> anyhow::Result<()> {
    if needed > 2.0 * available {
        bail!(
            "a training on this log takes about {needed:.0} MiB of memory, {available:.0} MiB are free: give a shorter log or a smaller \
             ranker.cases in --config, free some memory, or pass --any-memory"
        );
    }
    if needed > available {
        say(&format!(
            "warning: this may take {needed:.0} MiB of memory, {available:.0} MiB are free"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_is_not_below_the_measurements() {
        let log = |events, sessions: usize| {
            let session = fewshop_data::files::LoggedSession {
                user: 0,
                id: String::new(),
                time_s: 0,
                items: Vec::new(),
                is_ordered: false,
            };
            Log {
                events,
                sessions: vec![session; sessions],
                ..Log::default()
            }
        };
        let needed = |events, sessions| needed_mib(&log(events, sessions), &TrainConfig::default());
        for (events, sessions, measured) in [
            (726_615, 74_604, 1_900.0),
            (100_903, 5_163, 115.0),
            (403_773, 20_652, 311.0),
        ] {
            let needed = needed(events, sessions);
            assert!(
                (measured..4.0 * measured).contains(&needed),
                "{needed} for {measured}"
            );
        }
    }

    #[test]
    fn a_training_that_cannot_fit_is_refused_and_one_that_might_fit_is_tried() {
        assert!(
            judge(100.0, 49.0)
                .unwrap_err()
                .to_string()
                .contains("49 MiB are free")
        );
        assert!(judge(100.0, 51.0).is_ok() && judge(100.0, 101.0).is_ok());
    }
}
