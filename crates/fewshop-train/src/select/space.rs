//! The search space: names of settings and the values to try for each.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::{Context, Result, anyhow};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::learner::TrainConfig;

/// Value of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A count.
    Whole(i64),
    /// Anything else.
    Number(f64),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
        }
    }
}

impl Value {
    /// Whether `other`, from a settings file, is the same value; half of the settings are stored
    /// with seven digits.
    fn is(self, other: &toml::Value) -> bool {
        match (self, other) {
            (Self::Whole(a), toml::Value::Integer(b)) => a == *b,
            (Self::Number(a), toml::Value::Float(b)) => (a as f32) == (*b as f32),
            _ => false,
        }
    }
}

/// Settings that a trial changes, by their dotted names in a `train.toml`.
pub type Settings = BTreeMap<String, Value>;

/// One setting and the values to try for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dimension {
    /// Dotted name in a `train.toml`.
    pub name: &'static str,
    /// The values, in order.
    pub values: &'static [Value],
}

macro_rules! space {
    ($($name:literal: $kind:ident [$($value:literal),+];)+) => {
        &[$(Dimension { name: $name, values: &[$(Value::$kind($value)),+] }),+]
    };
}

/// The search space: some values to either side of each default.
///
/// Settings that make the pack larger (`embedding_size`, `keep_*`) or the device slower (`hidden`,
/// `candidates`, `steps`) stay within the budgets of a shop of ten thousand products. The damping
/// of the counts is not listed: every training selects it on its held-out sessions, like the
/// adapter's rate and gate.
pub const SPACE: &[Dimension] = space! {
    // Splits of the log for the ranker.
    "ranker_share": Number [0.2, 0.3, 0.4];
    "late_share": Number [0.1, 0.2, 0.3];
    // Item vectors and session encoder.
    "tower.embedding_size": Whole [32, 48, 64];
    "tower.temperature": Number [0.1, 0.15, 0.2, 0.3];
    "tower.id_dropout": Number [0.1, 0.3, 0.5];
    "tower.epochs": Whole [8, 16, 24];
    "tower.learning_rate": Number [0.0005, 0.001, 0.002, 0.003];
    // Pair counts.
    "pairs.keep_covisit": Whole [16, 24, 32];
    "pairs.keep_cosine": Whole [12, 20, 28];
    // Ranker.
    "ranker.hidden": Whole [32, 64, 96];
    "ranker.dropout": Number [0.0, 0.1, 0.2, 0.3];
    "ranker.weight_decay": Number [0.000001, 0.00001, 0.0001, 0.001];
    "ranker.learning_rate": Number [0.0005, 0.001, 0.002, 0.004];
    "ranker.binary_weight": Number [0.0, 1.0, 3.0, 10.0];
    "ranker.candidates": Whole [60, 100, 150, 200];
    // On-device fine-tuning.
    "adapter.steps": Whole [3, 5, 8];
    "adapter.l2": Number [0.03, 0.1, 0.3];
};

/// Probability that a trial changes a setting. Most defaults are good: a trial that changes
/// everything is hardly ever better.
const CHANGED: f64 = 0.25;

/// Draws trials: trial 0 changes nothing, no two are equal, and a longer list begins with the
/// shorter one.
///
/// # Errors
/// If the space names a setting that does not exist.
pub(crate) fn draw(base: &TrainConfig, trials: usize, seed: u64) -> Result<Vec<Settings>> {
    let table = table(base)?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut seen = BTreeSet::from([String::new()]);
    let mut out = vec![Settings::new()];
    // The loop must end even if the space is so small that all of it has been drawn.
    for _ in 0..trials.saturating_mul(100) {
        if out.len() >= trials {
            break;
        }
        let mut settings = Settings::new();
        for dimension in SPACE {
            let now = get(&table, dimension.name)?;
            let others: Vec<Value> = dimension
                .values
                .iter()
                .filter(|value| !value.is(now))
                .copied()
                .collect();
            // Always drawn, even if unused, so that one setting's draw does not shift those of the
            // others.
            let (change, value) = (rng.random_bool(CHANGED), others.choose(&mut rng));
            if let (true, Some(&value)) = (change, value) {
                settings.insert(dimension.name.to_owned(), value);
            }
        }
        if seen.insert(words(&settings)) {
            out.push(settings);
        }
    }
    Ok(out)
}

/// The settings as text; empty for a trial that changes nothing.
pub(crate) fn words(settings: &Settings) -> String {
    settings
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join(" ")
}

/// `base` with these settings.
///
/// # Errors
/// If there is no setting with this name, or it cannot have this value.
pub(crate) fn apply(base: &TrainConfig, settings: &Settings) -> Result<TrainConfig> {
    let mut table = table(base)?;
    for (name, value) in settings {
        *get_mut(&mut table, name)? = match *value {
            Value::Whole(value) => value.into(),
            Value::Number(value) => value.into(),
        };
    }
    table
        .try_into()
        .with_context(|| format!("settings that a training cannot use: {}", words(settings)))
}

/// Settings that scale with the shop: a training on a share of the shoppers uses the same share of
/// them, but not less than this minimum.
const SCALED: [(&str, i64); 2] = [("tower.sessions_an_epoch", 2_000), ("ranker.cases", 1_000)];

/// `config` for a training on a share of the shop.
///
/// # Errors
/// If a scaled setting no longer exists.
pub(crate) fn scale(config: &TrainConfig, share: f64) -> Result<TrainConfig> {
    let mut table = table(config)?;
    for (name, min) in SCALED {
        let slot = get_mut(&mut table, name)?;
        let whole = slot
            .as_integer()
            .ok_or_else(|| anyhow!("the setting {name} is not a count"))?;
        *slot = ((whole as f64 * share).round() as i64)
            .max(min.min(whole))
            .into();
    }
    Ok(table.try_into()?)
}

fn table(config: &TrainConfig) -> Result<toml::Value> {
    toml::Value::try_from(config).context("failed to write the settings as TOML")
}

fn get<'a>(table: &'a toml::Value, name: &str) -> Result<&'a toml::Value> {
    name.split('.')
        .try_fold(table, |at, part| at.get(part))
        .ok_or_else(|| anyhow!("there is no setting {name}"))
}

fn get_mut<'a>(table: &'a mut toml::Value, name: &str) -> Result<&'a mut toml::Value> {
    name.split('.')
        .try_fold(table, |at, part| at.get_mut(part))
        .ok_or_else(|| anyhow!("there is no setting {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_the_space_can_be_set_and_the_default_is_one_of_them() {
        let base = TrainConfig::default();
        for dimension in SPACE {
            let table = table(&base).unwrap();
            let default = get(&table, dimension.name).unwrap();
            assert!(
                dimension.values.iter().any(|value| value.is(default)),
                "{}: {default} is not tried",
                dimension.name
            );
            for &value in dimension.values {
                let changed =
                    apply(&base, &Settings::from([(dimension.name.to_owned(), value)])).unwrap();
                assert_eq!(
                    changed == base,
                    value.is(default),
                    "{} = {value}",
                    dimension.name
                );
            }
        }
    }

    #[test]
    fn trials_are_distinct_start_with_the_defaults_and_depend_on_the_seed() {
        let base = TrainConfig::default();
        let twenty = draw(&base, 20, 7).unwrap();
        assert_eq!(twenty.len(), 20);
        assert!(twenty[0].is_empty() && twenty[1..].iter().all(|settings| !settings.is_empty()));
        assert_eq!(draw(&base, 5, 7).unwrap(), twenty[..5]);
        assert_ne!(draw(&base, 20, 8).unwrap(), twenty);
        let mut words: Vec<String> = twenty.iter().map(words).collect();
        words.sort();
        words.dedup();
        assert_eq!(words.len(), 20);
    }

    #[test]
    fn an_unknown_setting_is_named() {
        let settings = Settings::from([("tower.wings".to_owned(), Value::Whole(2))]);
        assert!(
            apply(&TrainConfig::default(), &settings)
                .unwrap_err()
                .to_string()
                .contains("tower.wings")
        );
    }

    #[test]
    fn a_share_of_the_shop_scales_the_work() {
        let base = TrainConfig::default();
        let third = scale(&base, 1.0 / 3.0).unwrap();
        assert_eq!(
            third.tower.sessions_an_epoch,
            base.tower.sessions_an_epoch / 3
        );
        assert_eq!(scale(&base, 1.0).unwrap(), base);
        let mut small = base;
        small.ranker.cases = 300;
        assert_eq!(scale(&small, 0.1).unwrap().ranker.cases, 300);
    }
}
