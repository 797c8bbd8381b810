//! The pack: all that training ships, as one validated value and as bytes. `docs/pack-format.md`
//! describes the bytes.

mod codec;
mod codes;
mod container;
mod error;
mod offers;
mod profile;

use std::collections::BTreeMap;

use fewshop_core::{Catalogue, EventKind};
use serde::{Deserialize, Serialize};

pub use container::FORMAT_VERSION;
pub use error::PackError;

use crate::business_rules::BusinessRules;
use crate::features::FEATURES;
use crate::offers::OfferWeights;
use crate::profile::ProfileWeights;

/// What the model was trained on and how good it is; for people and for reports.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The shop's name.
    pub shop: String,
    /// ISO 4217 code of the prices.
    pub currency: String,
    /// Where the data comes from and what may be done with it.
    pub data_notice: String,
    /// Sessions trained on.
    pub sessions: usize,
    /// Shoppers trained on.
    pub users: usize,
    /// Date of the newest event, `YYYY-MM-DD`.
    pub data_until: String,
    /// Seed of every random choice.
    pub seed: u64,
    /// The command that made it.
    pub command: String,
    /// Version of the program that made it.
    pub version: String,
    /// Metrics on validation cases by k: `{"ndcg@10": {"1": 0.17, ..}, ..}`.
    pub metrics: BTreeMap<String, BTreeMap<u32, f64>>,
    /// What training watched, one value an epoch:
    /// `{"tower loss": [..], "ranker validation NDCG@10": [..], ..}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub curves: BTreeMap<String, Vec<f64>>,
}

/// Steps of a number of an item vector on either side of 0: six bits. Seven cost 69 kB more on the
/// wire for 8,547 items and bring nothing that validation cases notice; see `docs/performance.md`.
const STEPS: f32 = 31.0;

/// Item vectors at one byte a number: `x[i][j] = scale[i] * q[i][j]`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ItemTable {
    /// Numbers a row.
    pub d: usize,
    /// `[items, d]`, row-major.
    pub q: Vec<i8>,
    /// `[items]`, positive or 0.
    pub scale: Vec<f32>,
    /// `[items]`: added to the scaled product with the taste vector.
    pub bias: Vec<f32>,
    /// Into how many sub-vectors a row is cut where the file names sub-vectors instead of numbers
    /// (product quantisation); 0 where it does not. The numbers are the same either way.
    pub spaces: usize,
}

impl ItemTable {
    /// Whether rows of `d` numbers can be written as so many sub-vectors.
    #[must_use]
    pub fn can_cut(d: usize, spaces: usize) -> bool {
        codes::can_cut(d, spaces)
    }

    /// Quantises rows of `d` numbers.
    ///
    /// # Shapes
    /// - `rows`: `[items, d]`, finite
    /// - `bias`: `[items]`
    ///
    /// # Panics
    /// When the lengths do not fit together.
    #[must_use]
    pub fn quantise(rows: &[f32], d: usize, bias: Vec<f32>) -> Self {
        Self::quantise_to(rows, d, bias, STEPS)
    }

    /// The same with so many steps on either side of 0, 127 at most.
    ///
    /// # Panics
    /// See [`Self::quantise`].
    #[must_use]
    pub fn quantise_to(rows: &[f32], d: usize, bias: Vec<f32>, steps: f32) -> Self {
        assert_eq!(rows.len(), d * bias.len(), "rows must be [bias.len(), d]");
        let mut table = Self {
            d,
            q: Vec::with_capacity(rows.len()),
            scale: Vec::with_capacity(bias.len()),
            bias,
            spaces: 0,
        };
        for row in rows.chunks_exact(d) {
            let scale = row.iter().fold(0f32, |m, v| m.max(v.abs())) / steps;
            table.scale.push(scale);
            table.q.extend(row.iter().map(|v| {
                if scale > 0.0 {
                    (v / scale).round() as i8
                } else {
                    0
                }
            }));
        }
        table
    }

    /// Number of items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.scale.len()
    }

    /// Whether there are no items.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.scale.is_empty()
    }

    /// Adds `weight * x[row]` to `out`, `[d]`.
    pub fn add_row(&self, row: usize, weight: f32, out: &mut [f32]) {
        let w = weight * self.scale[row];
        for (o, &q) in out
            .iter_mut()
            .zip(&self.q[row * self.d..(row + 1) * self.d])
        {
            *o += w * f32::from(q);
        }
    }

    /// The row as numbers, `[d]`.
    #[must_use]
    pub fn row(&self, row: usize) -> Vec<f32> {
        let mut out = vec![0.0; self.d];
        self.add_row(row, 1.0, &mut out);
        out
    }
}

/// In how many sessions two products stand together, pruned to the partners that matter.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PairTable {
    /// `[items + 1]`: row i's pairs are `offsets[i]..offsets[i + 1]`.
    pub offsets: Vec<u32>,
    /// The other product.
    pub items: Vec<u32>,
    /// How often both stand in one session, long sessions counting less; positive, within 7 % after
    /// the round trip through the file.
    pub counts: Vec<f32>,
    /// Weight with which the row's product speaks for the other in item-item regression (EASE,
    /// arXiv 1905.03375), of either sign; rounded to one byte in the file.
    pub regression: Vec<f32>,
}

/// Two products that stand together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// The other product's row.
    pub to: usize,
    /// See [`PairTable::counts`].
    pub count: f32,
    /// See [`PairTable::regression`].
    pub regression: f32,
}

impl PairTable {
    /// The pairs of one product.
    pub fn row(&self, item: usize) -> impl Iterator<Item = Pair> {
        let range = self.offsets[item] as usize..self.offsets[item + 1] as usize;
        let values = self.counts[range.clone()]
            .iter()
            .zip(&self.regression[range.clone()]);
        self.items[range]
            .iter()
            .zip(values)
            .map(|(&to, (&count, &regression))| Pair {
                to: to as usize,
                count,
                regression,
            })
    }
}

/// Attention of the session encoder: `a_j = v · tanh(W x_j + b) + kind[event] + recency * age_j`,
/// softmaxed over the shots.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EncoderWeights {
    /// Hidden units h.
    pub hidden: usize,
    /// `[d, h]`, row-major.
    pub w: Vec<f32>,
    /// `[h]`.
    pub b: Vec<f32>,
    /// `[h]`.
    pub v: Vec<f32>,
    /// `[EventKind::ALL.len()]`.
    pub kind: Vec<f32>,
    /// Per shot of age (0 is the latest).
    pub recency: f32,
}

/// The ranker: `w2 · relu(w1 (f - mean) / std + b1) + b2`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RankerWeights {
    /// Hidden units h.
    pub hidden: usize,
    /// `[FEATURES]`.
    pub mean: Vec<f32>,
    /// `[FEATURES]`: one over the standard deviation.
    pub inv_std: Vec<f32>,
    /// `[FEATURES, h]`, row-major.
    pub w1: Vec<f32>,
    /// `[h]`.
    pub b1: Vec<f32>,
    /// `[h]`.
    pub w2: Vec<f32>,
    /// Scalar.
    pub b2: f32,
}

/// Few-shot fine-tuning of the taste vector on the device.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AdapterWeights {
    /// `[d]`: learning rate of each number of the taste vector (Meta-SGD, arXiv 1707.09835).
    pub learning_rate: Vec<f32>,
    /// Weight of the fine-tuned taste by number of shots; past the end the last one holds.
    pub gate: Vec<f32>,
    /// Rows of the fixed negatives.
    pub negatives: Vec<u32>,
}

/// Settings that the arrays do not show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
    /// Multiplies the product of taste and item vector.
    pub logit_scale: f32,
    /// Gradient steps of the adapter.
    pub adapter_steps: usize,
    /// L2 pull of the adapter towards the frozen taste.
    pub adapter_l2: f32,
    /// How much a dismissed product counts beside a fixed negative.
    pub dismiss_weight: f32,
    /// Co-visitation weight `c / (n_i + shrink) / n_j^alpha`.
    pub covisit_alpha: f32,
    /// See `covisit_alpha`.
    pub covisit_shrink: f32,
    /// Cosine weight `c / sqrt((n_i + shrink) (n_j + shrink))`.
    pub cosine_shrink: f32,
    /// Sessions that `popularity` counts: what makes counts comparable between a shop's part and
    /// the whole.
    pub sessions: f32,
    /// Candidates from each channel.
    pub candidates: usize,
    /// Sessions of fewer products are not counted into `season`: the ranker was taught to read it
    /// without them.
    #[serde(default)]
    pub season_least: usize,
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self {
            logit_scale: 1.0,
            adapter_steps: 5,
            adapter_l2: 0.1,
            dismiss_weight: 20.0,
            covisit_alpha: 0.1,
            covisit_shrink: 50.0,
            cosine_shrink: 100.0,
            sessions: 1.0,
            candidates: 120,
            season_least: 0,
        }
    }
}

/// All that training ships. A value of this type is consistent: [`Pack::validated`] and
/// [`Pack::from_bytes`] see to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Pack {
    /// Training card.
    pub card: Card,
    /// Settings.
    pub config: ModelConfig,
    /// Products.
    pub catalogue: Catalogue,
    /// Sessions that each product stands in, `[items]`.
    pub popularity: Vec<u32>,
    /// The same over the last part of the log alone: what is taken more or less of late.
    pub recent: Vec<u32>,
    /// How likely a shopper who took the product takes it again in the next visit, `[items]`, 0 to
    /// 1; one byte in the file.
    pub repeat: Vec<f32>,
    /// Item vectors.
    pub table: ItemTable,
    /// Pair counts.
    pub pairs: PairTable,
    /// Session encoder.
    pub encoder: EncoderWeights,
    /// On-device adapter.
    pub adapter: AdapterWeights,
    /// Ranker.
    pub ranker: RankerWeights,
    /// The merchant's hand; none in a pack that comes from training.
    pub rules: BusinessRules,
    /// Heads for household attributes, where they were trained.
    pub profile: Option<ProfileWeights>,
    /// Offers and how to rank them, where they were fitted.
    pub offers: Option<OfferWeights>,
    /// Rows of products that were put in after training, rising: nobody could buy them before.
    pub fresh: Vec<u32>,
    /// Sessions that each product stands in after the log that was learned from, `[items]`: what
    /// the shop was told of the season since. Empty where it was not.
    pub season: Vec<u32>,
    pub(crate) hash: [u8; 32],
}

impl Pack {
    /// Checks the parts against each other and joins them.
    ///
    /// # Errors
    /// [`PackError::Field`] names the part that does not fit.
    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of a pack, each of its own type"
    )]
    pub fn validated(
        card: Card,
        config: ModelConfig,
        catalogue: Catalogue,
        popularity: Vec<u32>,
        recent: Vec<u32>,
        repeat: Vec<f32>,
        table: ItemTable,
        pairs: PairTable,
        encoder: EncoderWeights,
        adapter: AdapterWeights,
        ranker: RankerWeights,
    ) -> Result<Self, PackError> {
        let pack = Self {
            card,
            config,
            catalogue,
            popularity,
            recent,
            repeat,
            table,
            pairs,
            encoder,
            adapter,
            ranker,
            rules: BusinessRules::default(),
            profile: None,
            offers: None,
            fresh: Vec::new(),
            season: Vec::new(),
            hash: [0; 32],
        };
        pack.check()?;
        Ok(pack)
    }

    /// The same pack under these rules; its file is another one then.
    ///
    /// # Errors
    /// [`PackError::Field`] when the rules do not fit the catalogue or each other.
    pub fn with_rules(mut self, rules: BusinessRules) -> Result<Self, PackError> {
        self.rules = rules;
        self.hash = [0; 32];
        self.check()?;
        Ok(self)
    }

    /// The same pack, told in how many sessions since its training each product stands; empty takes
    /// that back. Its file is another one then.
    ///
    /// # Errors
    /// [`PackError::Field`] when there is not one count a product.
    pub fn with_season(mut self, season: Vec<u32>) -> Result<Self, PackError> {
        self.season = season;
        self.hash = [0; 32];
        self.check()?;
        Ok(self)
    }

    /// The same pack with other item vectors; its file is another one then.
    ///
    /// # Errors
    /// [`PackError::Field`] when they do not fit the rest.
    pub fn with_table(mut self, table: ItemTable) -> Result<Self, PackError> {
        self.table = table;
        self.hash = [0; 32];
        self.check()?;
        Ok(self)
    }

    /// First 8 bytes of the file's SHA-256 in hex; zeros for a pack that never was a file.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.hash[..8].iter().map(|b| format!("{b:02x}")).collect()
    }

    fn check(&self) -> Result<(), PackError> {
        let n = self.catalogue.len();
        if n == 0 {
            return Err(PackError::field("catalogue", "has no items"));
        }
        let d = self.table.d;
        if d == 0 || d > 1024 {
            return Err(PackError::field(
                "items.q",
                format!("has rows of {d} numbers, expected 1 to 1024"),
            ));
        }
        let (eh, rh) = (self.encoder.hidden, self.ranker.hidden);
        for (field, found, expected) in [
            ("popularity", self.popularity.len(), n),
            ("recent", self.recent.len(), n),
            ("repeat", self.repeat.len(), n),
            ("items.q", self.table.q.len(), n * d),
            ("items.scale", self.table.scale.len(), n),
            ("items.bias", self.table.bias.len(), n),
            ("pairs.offsets", self.pairs.offsets.len(), n + 1),
            (
                "pairs.counts",
                self.pairs.counts.len(),
                self.pairs.items.len(),
            ),
            (
                "pairs.regression",
                self.pairs.regression.len(),
                self.pairs.items.len(),
            ),
            ("encoder.w", self.encoder.w.len(), d * eh),
            ("encoder.b", self.encoder.b.len(), eh),
            ("encoder.v", self.encoder.v.len(), eh),
            (
                "encoder.kind",
                self.encoder.kind.len(),
                EventKind::ALL.len(),
            ),
            ("adapter.learning_rate", self.adapter.learning_rate.len(), d),
            ("ranker.mean", self.ranker.mean.len(), FEATURES),
            ("ranker.inv_std", self.ranker.inv_std.len(), FEATURES),
            ("ranker.w1", self.ranker.w1.len(), FEATURES * rh),
            ("ranker.b1", self.ranker.b1.len(), rh),
            ("ranker.w2", self.ranker.w2.len(), rh),
        ] {
            if found != expected {
                return Err(PackError::field(
                    field,
                    format!("has {found} numbers, expected {expected}"),
                ));
            }
        }
        if !self.season.is_empty() && self.season.len() != n {
            return Err(PackError::field(
                "season",
                format!("has {} numbers, expected {n} or none", self.season.len()),
            ));
        }
        if self.adapter.gate.is_empty()
            || self.adapter.gate.iter().any(|g| !(0.0..=1.0).contains(g))
        {
            return Err(PackError::field(
                "adapter.gate",
                "must hold numbers from 0 to 1, one at least",
            ));
        }
        if self.table.scale.iter().any(|&s| s < 0.0) {
            return Err(PackError::field("items.scale", "holds a negative number"));
        }
        let rises = self.pairs.offsets.windows(2).all(|w| w[0] <= w[1]);
        if self.pairs.offsets.first() != Some(&0)
            || !rises
            || self.pairs.offsets.last().map(|&e| e as usize) != Some(self.pairs.items.len())
        {
            return Err(PackError::field(
                "pairs.offsets",
                "must rise from 0 to the number of pairs",
            ));
        }
        for (field, rows) in [
            ("pairs.items", &self.pairs.items),
            ("adapter.negatives", &self.adapter.negatives),
        ] {
            if let Some(&bad) = rows.iter().find(|&&row| row as usize >= n) {
                return Err(PackError::field(
                    field,
                    format!("names row {bad}, the catalogue has {n}"),
                ));
            }
        }
        let mut named = vec![false; n];
        if let Some(row) = self
            .adapter
            .negatives
            .iter()
            .find(|&&row| std::mem::replace(&mut named[row as usize], true))
        {
            return Err(PackError::field(
                "adapter.negatives",
                format!("name row {row} twice"),
            ));
        }
        if self
            .pairs
            .counts
            .iter()
            .any(|&c| !(c.is_finite() && c > 0.0))
        {
            return Err(PackError::field(
                "pairs.counts",
                "must hold positive numbers",
            ));
        }
        if self.pairs.regression.iter().any(|w| !w.is_finite()) {
            return Err(PackError::field(
                "pairs.regression",
                "must hold finite numbers",
            ));
        }
        if self.repeat.iter().any(|r| !(0.0..=1.0).contains(r)) {
            return Err(PackError::field("repeat", "must hold numbers from 0 to 1"));
        }
        self.rules
            .check(&self.catalogue)
            .map_err(|problem| PackError::field("rules", problem))?;
        let c = &self.config;
        let finite = [
            c.logit_scale,
            c.adapter_l2,
            c.dismiss_weight,
            c.covisit_alpha,
            c.covisit_shrink,
            c.cosine_shrink,
            c.sessions,
        ];
        if finite.iter().any(|v| !(v.is_finite() && *v >= 0.0)) {
            return Err(PackError::field(
                "config",
                "must hold finite numbers of 0 or more",
            ));
        }
        // Work per click grows with these: a hostile pack must not hang the page.
        let adapter = c
            .adapter_steps
            .saturating_mul(self.adapter.negatives.len())
            .saturating_mul(d);
        let ranker = c.candidates.saturating_mul(rh.max(1));
        if c.candidates == 0
            || c.candidates > 10_000
            || adapter > MAX_ADAPTER_WORK
            || ranker > MAX_RANKER_WORK
        {
            return Err(PackError::field(
                "config",
                "asks for no candidates, or for more work a click than is allowed (candidates x hidden units, or steps x negatives x numbers)",
            ));
        }
        self.check_offers()?;
        self.check_profile()
    }
}

/// Steps times negatives times numbers a vector: fine-tuning without each of 20 shots is then a
/// fifth of a second of multiplications. The defaults come to 41,000.
const MAX_ADAPTER_WORK: usize = 10_000_000;
/// Candidates of a channel times hidden units of the ranker; the defaults come to 7,680.
const MAX_RANKER_WORK: usize = 1_000_000;
