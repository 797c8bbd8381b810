//! Between a [`Pack`] and the sections of its file.

use std::collections::HashMap;

use fewshop_core::{Catalogue, EventKind, Item, ItemId};
use serde::{Deserialize, Serialize};

use super::codes;
use super::container::{Container, FORMAT_VERSION, PLAIN_VERSION, RULES_VERSION, Writer};
use super::offers;
use super::profile::{self, ProfileMeta};
use super::{
    AdapterWeights, Card, EncoderWeights, ItemTable, ModelConfig, Pack, PackError, PairTable,
    RankerWeights,
};
use crate::business_rules::BusinessRules;
use crate::features::{FEATURE_NAMES, FEATURES};

/// Small facts that are no arrays. Feature names are part of it: weights for other features are no
/// weights for these.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Meta {
    card: Card,
    config: ModelConfig,
    items: usize,
    d: usize,
    encoder_hidden: usize,
    recency: f32,
    ranker_hidden: usize,
    ranker_bias: f32,
    features: Vec<String>,
    pair_count_min: f32,
    pair_count_max: f32,
    pair_regression_max: f32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    profile: Option<ProfileMeta>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    fresh: Vec<u32>,
}

/// No shop has more; it bounds what a hostile header can ask for before the sections are looked at.
const MAX_ITEMS: usize = 5_000_000;
const MAX_HIDDEN: usize = 4_096;
/// How much larger than the file the texts may become that stand in it once and belong to many
/// items. The committed pack's grow by less than a half.
const MAX_EXPANSION: usize = 8;
const SECTIONS: [&str; 33] = [
    "catalogue.ids",
    "catalogue.titles",
    "catalogue.categories",
    "catalogue.category",
    "catalogue.brands",
    "catalogue.brand",
    "catalogue.sizes",
    "catalogue.size",
    "catalogue.pictures",
    "catalogue.picture",
    "catalogue.price",
    "popularity",
    "recent",
    "repeat",
    "items.q",
    "items.scale",
    "items.bias",
    "pairs.lengths",
    "pairs.gaps",
    "pairs.counts",
    "pairs.regression",
    "encoder.w",
    "encoder.b",
    "encoder.v",
    "encoder.kind",
    "adapter.learning_rate",
    "adapter.gate",
    "adapter.negatives",
    "ranker.mean",
    "ranker.inv_std",
    "ranker.w1",
    "ranker.b1",
    "ranker.w2",
];

/// A section that a pack may lack: JSON, for it is small and for people.
const RULES: &str = "rules";
/// Another one: counts of sessions that came after training.
const SEASON: &str = "season";

impl Pack {
    /// The pack as a file.
    ///
    /// # Errors
    /// [`PackError::Field`] when the training card cannot be written as JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, PackError> {
        let mut out = Writer::default();
        let items = self.catalogue.items();
        let lines = |of: &dyn Fn(&Item) -> &str| {
            items
                .iter()
                .map(|item| one_line(of(item)))
                .collect::<Vec<_>>()
                .join("\n")
        };
        out.utf8("catalogue.ids", &lines(&|item| &item.id.0));
        out.utf8("catalogue.titles", &lines(&|item| &item.title));
        let category = |item: &Item| {
            item.category
                .iter()
                .map(|level| one_line(level))
                .collect::<Vec<_>>()
                .join("\t")
        };
        write_dictionary(
            &mut out,
            "catalogue.categories",
            "catalogue.category",
            items.iter().map(category),
        );
        write_dictionary(
            &mut out,
            "catalogue.brands",
            "catalogue.brand",
            items.iter().map(|item| one_line(&item.brand)),
        );
        write_dictionary(
            &mut out,
            "catalogue.sizes",
            "catalogue.size",
            items.iter().map(|item| one_line(&item.size)),
        );
        write_dictionary(
            &mut out,
            "catalogue.pictures",
            "catalogue.picture",
            items.iter().map(|item| one_line(&item.picture)),
        );
        // -1 is no price: NaN may not stand in a pack.
        let prices: Vec<f32> = items
            .iter()
            .map(|item| item.price.unwrap_or(-1.0))
            .collect();
        out.f32("catalogue.price", &[items.len()], &prices);
        out.u32("popularity", &self.popularity);
        out.u32("recent", &self.recent);
        if !self.season.is_empty() {
            out.u32(SEASON, &self.season);
        }
        out.u8(
            "repeat",
            &self
                .repeat
                .iter()
                .map(|r| (r * 255.0).round() as u8)
                .collect::<Vec<_>>(),
        );
        let (n, d) = (items.len(), self.table.d);
        // A number of all items, then the next one: the numbers of a row are of different spread,
        // and 5 % smaller so.
        let coded = codes::write(&self.table, &mut out);
        if !coded {
            out.i8("items.q", &[d, n], &transposed(&self.table.q, n, d));
        }
        out.bf16("items.scale", &[n], &self.table.scale);
        out.bf16("items.bias", &[n], &self.table.bias);
        let [pair_count_min, pair_count_max, pair_regression_max] = self.write_pairs(&mut out);
        let e = &self.encoder;
        out.f32("encoder.w", &[d, e.hidden], &e.w);
        out.f32("encoder.b", &[e.hidden], &e.b);
        out.f32("encoder.v", &[e.hidden], &e.v);
        out.f32("encoder.kind", &[e.kind.len()], &e.kind);
        out.f32("adapter.learning_rate", &[d], &self.adapter.learning_rate);
        out.f32(
            "adapter.gate",
            &[self.adapter.gate.len()],
            &self.adapter.gate,
        );
        out.u32("adapter.negatives", &self.adapter.negatives);
        let r = &self.ranker;
        out.f32("ranker.mean", &[FEATURES], &r.mean);
        out.f32("ranker.inv_std", &[FEATURES], &r.inv_std);
        out.f32("ranker.w1", &[FEATURES, r.hidden], &r.w1);
        out.f32("ranker.b1", &[r.hidden], &r.b1);
        out.f32("ranker.w2", &[r.hidden], &r.w2);
        let profile = self
            .profile
            .as_ref()
            .map(|profile| profile::write(profile, &mut out));
        let meta = Meta {
            card: self.card.clone(),
            config: self.config.clone(),
            items: n,
            d,
            encoder_hidden: e.hidden,
            recency: e.recency,
            ranker_hidden: r.hidden,
            ranker_bias: r.b2,
            features: FEATURE_NAMES.iter().map(ToString::to_string).collect(),
            pair_count_min,
            pair_count_max,
            pair_regression_max,
            profile,
            fresh: self.fresh.clone(),
        };
        if !self.rules.is_empty() {
            out.utf8(
                RULES,
                &serde_json::to_string(&self.rules).map_err(|err| PackError::field(RULES, err))?,
            );
        }
        if let Some(offers) = &self.offers {
            offers::write(offers, &mut out)?;
        }
        // So that every pack of before stays the same file.
        let is_plain = self.rules.is_empty()
            && self.profile.is_none()
            && self.offers.is_none()
            && self.fresh.is_empty()
            && self.season.is_empty();
        let version = match (coded, is_plain) {
            (true, _) => FORMAT_VERSION,
            (false, false) => RULES_VERSION,
            (false, true) => PLAIN_VERSION,
        };
        out.finish(version, &meta)
            .map_err(|err| PackError::field("card", err))
    }

    /// Writes the pairs and returns the ends of the two scales.
    fn write_pairs(&self, out: &mut Writer) -> [f32; 3] {
        let p = &self.pairs;
        // Row lengths instead of offsets: they are small and compress well.
        let lengths: Vec<u16> = p
            .offsets
            .windows(2)
            .map(|w| u16::try_from(w[1] - w[0]).unwrap_or(u16::MAX))
            .collect();
        out.u16("pairs.lengths", &lengths);
        // Partners by row, so that only the gaps between them need to be said: most fit into one
        // byte.
        let mut order: Vec<usize> = Vec::with_capacity(p.items.len());
        let mut gaps = Vec::new();
        for ends in p.offsets.windows(2) {
            let first = order.len();
            order.extend(ends[0] as usize..ends[1] as usize);
            order[first..].sort_by_key(|&at| p.items[at]);
            let mut next = 0;
            for &at in &order[first..] {
                write_varint(&mut gaps, p.items[at] - next);
                next = p.items[at] + 1;
            }
        }
        out.u8("pairs.gaps", &gaps);
        let (min, max) = p
            .counts
            .iter()
            .fold((f32::MAX, f32::MIN_POSITIVE), |(min, max), &c| {
                (min.min(c), max.max(c))
            });
        let min = min.clamp(f32::MIN_POSITIVE, max);
        let q: Vec<u8> = order
            .iter()
            .map(|&at| quantise_count(p.counts[at], min, max))
            .collect();
        out.u8("pairs.counts", &q);
        let most = p.regression.iter().fold(0f32, |m, w| m.max(w.abs()));
        let q: Vec<i8> = order
            .iter()
            .map(|&at| quantise_weight(p.regression[at], most))
            .collect();
        out.i8("pairs.regression", &[q.len()], &q);
        [min, max, most]
    }

    /// Reads a pack that may come from anywhere: nothing in it is believed before it is checked.
    ///
    /// # Errors
    /// [`PackError`] says what is wrong and where.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PackError> {
        let file = Container::parse(bytes)?;
        let newer = |name: &str| {
            name == RULES
                || name == SEASON
                || name == offers::SECTION
                || profile::SECTIONS.contains(&name)
        };
        let coded = |name: &str| codes::SECTIONS.contains(&name) && file.version > RULES_VERSION;
        let known = |name: &str| {
            SECTIONS.contains(&name) || (newer(name) && file.version > PLAIN_VERSION) || coded(name)
        };
        if let Some(name) = file.names().find(|name| !known(name)) {
            return Err(PackError::field(
                name,
                "is no section of this format version",
            ));
        }
        let mut meta: Meta =
            serde_json::from_str(file.meta).map_err(|err| PackError::field("meta", err))?;
        let (n, d) = (meta.items, meta.d);
        if n > MAX_ITEMS
            || d > 1024
            || meta.encoder_hidden > MAX_HIDDEN
            || meta.ranker_hidden > MAX_HIDDEN
        {
            return Err(PackError::field(
                "meta",
                "asks for more items or numbers than is allowed",
            ));
        }
        let scales = [
            meta.recency,
            meta.ranker_bias,
            meta.pair_count_max,
            meta.pair_regression_max,
        ];
        if scales.iter().any(|v| !v.is_finite())
            || !(meta.pair_count_min > 0.0 && meta.pair_count_min <= meta.pair_count_max)
        {
            return Err(PackError::field("meta", "must hold finite numbers"));
        }
        if file.version == PLAIN_VERSION && !meta.fresh.is_empty() {
            return Err(PackError::field(
                "fresh",
                "is no part of this format version",
            ));
        }
        if !meta.features.iter().eq(FEATURE_NAMES.iter()) {
            return Err(PackError::field(
                "features",
                "are not those that this program computes: train the pack again",
            ));
        }
        let (q, spaces) = match codes::read(&file, n, d)? {
            Some(coded) => coded,
            None => (transposed(&file.i8("items.q", &[d, n])?, d, n), 0),
        };
        let pack = Self {
            profile: profile::read(&file, meta.profile.take())?,
            catalogue: read_catalogue(&file, n)?,
            popularity: file.u32("popularity", Some(n))?,
            recent: file.u32("recent", Some(n))?,
            repeat: file
                .u8("repeat", n)?
                .iter()
                .map(|&q| f32::from(q) / 255.0)
                .collect(),
            table: ItemTable {
                d,
                q,
                scale: file.bf16("items.scale", &[n])?,
                bias: file.bf16("items.bias", &[n])?,
                spaces,
            },
            pairs: read_pairs(&file, n, &meta)?,
            encoder: EncoderWeights {
                hidden: meta.encoder_hidden,
                w: file.f32("encoder.w", &[d, meta.encoder_hidden])?,
                b: file.f32("encoder.b", &[meta.encoder_hidden])?,
                v: file.f32("encoder.v", &[meta.encoder_hidden])?,
                kind: file.f32("encoder.kind", &[EventKind::ALL.len()])?,
                recency: meta.recency,
            },
            adapter: AdapterWeights {
                learning_rate: file.f32("adapter.learning_rate", &[d])?,
                gate: read_any_f32(&file, "adapter.gate")?,
                negatives: file.u32("adapter.negatives", None)?,
            },
            ranker: RankerWeights {
                hidden: meta.ranker_hidden,
                mean: file.f32("ranker.mean", &[FEATURES])?,
                inv_std: file.f32("ranker.inv_std", &[FEATURES])?,
                w1: file.f32("ranker.w1", &[FEATURES, meta.ranker_hidden])?,
                b1: file.f32("ranker.b1", &[meta.ranker_hidden])?,
                w2: file.f32("ranker.w2", &[meta.ranker_hidden])?,
                b2: meta.ranker_bias,
            },
            card: meta.card,
            config: meta.config,
            rules: read_rules(&file)?,
            offers: offers::read(&file)?,
            season: if file.names().any(|name| name == SEASON) {
                file.u32(SEASON, Some(n))?
            } else {
                Vec::new()
            },
            fresh: meta.fresh,
            hash: file.hash,
        };
        pack.check()?;
        Ok(pack)
    }
}

/// Lines are separated by newlines and category levels by tabs, so neither may stand inside a text.
fn one_line(text: &str) -> String {
    text.replace(|c: char| c.is_control(), " ")
}

/// Steps of a count. Counts span four orders of magnitude and only their ratios matter: a step is
/// 14 %, the error half of it.
const COUNT_STEPS: f32 = 63.0;
/// Steps of a regression weight on either side of 0.
const WEIGHT_STEPS: f32 = 31.0;

fn quantise_count(count: f32, min: f32, max: f32) -> u8 {
    if max <= min {
        0
    } else {
        ((count / min).max(1.0).ln() / (max / min).ln() * COUNT_STEPS).round() as u8
    }
}

fn dequantise_count(q: u8, min: f32, max: f32) -> f32 {
    min * (f32::from(q) / COUNT_STEPS * (max / min).ln()).exp()
}

/// Most weights are small beside the largest: their square root gives them finer steps.
fn quantise_weight(weight: f32, most: f32) -> i8 {
    if most <= 0.0 {
        0
    } else {
        ((weight.abs() / most).sqrt() * WEIGHT_STEPS)
            .round()
            .copysign(weight) as i8
    }
}

fn dequantise_weight(q: i8, most: f32) -> f32 {
    let root = f32::from(q) / WEIGHT_STEPS;
    root * root.abs() * most
}

/// `[rows, columns]` as `[columns, rows]`.
fn transposed(q: &[i8], rows: usize, columns: usize) -> Vec<i8> {
    (0..columns)
        .flat_map(|column| (0..rows).map(move |row| q[row * columns + column]))
        .collect()
}

/// Seven bits a byte, the lowest first; the upper bit says that more follow.
fn write_varint(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// `None` where the bytes end or the number is no u32.
fn read_varint(bytes: &mut std::slice::Iter<'_, u8>) -> Option<u32> {
    let mut value = 0u32;
    for shift in (0..35).step_by(7) {
        let byte = *bytes.next()?;
        let bits = u32::from(byte & 0x7f);
        if bits.leading_zeros() < shift.min(32) {
            return None;
        }
        value |= bits << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// Rows of the catalogue, at two bytes each where they fit.
fn write_rows(out: &mut Writer, name: &str, rows: &[u32], bound: usize) {
    if bound <= 1 << 16 {
        out.u16(
            name,
            &rows.iter().map(|&row| row as u16).collect::<Vec<_>>(),
        );
    } else {
        out.u32(name, rows);
    }
}

fn read_rows(
    file: &Container<'_>,
    name: &str,
    len: usize,
    bound: usize,
) -> Result<Vec<u32>, PackError> {
    if bound <= 1 << 16 {
        Ok(file.u16(name, len)?.into_iter().map(u32::from).collect())
    } else {
        file.u32(name, Some(len))
    }
}

/// Repeated texts once, in order of first use, and for each item which of them is its own.
fn write_dictionary(
    out: &mut Writer,
    words: &str,
    column: &str,
    values: impl Iterator<Item = String>,
) {
    let mut list: Vec<String> = Vec::new();
    let mut known: HashMap<String, u32> = HashMap::new();
    let rows: Vec<u32> = values
        .map(|value| {
            *known.entry(value).or_insert_with_key(|value| {
                list.push(value.clone());
                list.len() as u32 - 1
            })
        })
        .collect();
    out.utf8(words, &list.join("\n"));
    write_rows(out, column, &rows, list.len());
}

fn read_dictionary<'a>(
    file: &Container<'a>,
    words: &str,
    column: &str,
    n: usize,
) -> Result<Vec<&'a str>, PackError> {
    let list: Vec<&str> = file.utf8(words)?.split('\n').collect();
    let rows = read_rows(file, column, n, list.len())?;
    // A text stands once in the file and once an item in memory: one long line would fill the
    // machine of whoever opens the pack.
    let mut room = MAX_EXPANSION.saturating_mul(file.size());
    rows.into_iter()
        .map(|row| {
            let len = list.len();
            let text =
                *list.get(row as usize).ok_or_else(|| PackError::field(column, format!("names entry {row}, there are {len}")))?;
            let levels = text.bytes().filter(|&b| b == b'\t').count() + 1;
            room = room.checked_sub(text.len() + levels * size_of::<String>()).ok_or_else(|| {
                PackError::field(
                    words,
                    format!("take more than {MAX_EXPANSION} times the room of the whole file once each item has its own"),
                )
            })?;
            Ok(text)
        })
        .collect()
}

fn read_catalogue(file: &Container<'_>, n: usize) -> Result<Catalogue, PackError> {
    let lines = |name: &str| -> Result<Vec<&str>, PackError> {
        let list: Vec<&str> = file.utf8(name)?.split('\n').collect();
        if list.len() == n {
            Ok(list)
        } else {
            Err(PackError::field(
                name,
                format!("has {} lines, expected {n}", list.len()),
            ))
        }
    };
    let (ids, titles) = (lines("catalogue.ids")?, lines("catalogue.titles")?);
    let categories = read_dictionary(file, "catalogue.categories", "catalogue.category", n)?;
    let brands = read_dictionary(file, "catalogue.brands", "catalogue.brand", n)?;
    let sizes = read_dictionary(file, "catalogue.sizes", "catalogue.size", n)?;
    let pictures = read_dictionary(file, "catalogue.pictures", "catalogue.picture", n)?;
    let prices = file.f32("catalogue.price", &[n])?;
    let items = (0..n)
        .map(|row| Item {
            id: ItemId(ids[row].to_owned()),
            title: titles[row].to_owned(),
            category: categories[row]
                .split('\t')
                .filter(|level| !level.is_empty())
                .map(str::to_owned)
                .collect(),
            brand: brands[row].to_owned(),
            size: sizes[row].to_owned(),
            price: (prices[row] != -1.0).then_some(prices[row]),
            picture: pictures[row].to_owned(),
        })
        .collect();
    Catalogue::new(items).map_err(|err| PackError::field("catalogue", err))
}

fn read_pairs(file: &Container<'_>, n: usize, meta: &Meta) -> Result<PairTable, PackError> {
    let mut offsets = vec![0u32];
    let mut at = 0u32;
    for length in file.u16("pairs.lengths", n)? {
        at = at
            .checked_add(u32::from(length))
            .ok_or_else(|| PackError::field("pairs.lengths", "add up to more than 2^32"))?;
        offsets.push(at);
    }
    let gaps = file.u8("pairs.gaps", file.len_of("pairs.gaps")?)?;
    // A gap takes a byte at least, so a hostile length cannot ask for more room than the file has.
    if (at as usize) > gaps.len() {
        return Err(PackError::field(
            "pairs.gaps",
            format!("has {} bytes for {at} pairs", gaps.len()),
        ));
    }
    let mut items = Vec::with_capacity(at as usize);
    let mut gaps = gaps.iter();
    for ends in offsets.windows(2) {
        let mut next = 0u32;
        for _ in ends[0]..ends[1] {
            let item = read_varint(&mut gaps)
                .and_then(|gap| next.checked_add(gap))
                .filter(|&item| (item as usize) < n);
            let item = item.ok_or_else(|| {
                PackError::field("pairs.gaps", format!("lead out of the {n} items"))
            })?;
            items.push(item);
            next = item + 1;
        }
    }
    if !gaps.as_slice().is_empty() {
        return Err(PackError::field("pairs.gaps", "has bytes left over"));
    }
    let counts = file
        .u8("pairs.counts", at as usize)?
        .iter()
        .map(|&q| dequantise_count(q, meta.pair_count_min, meta.pair_count_max));
    let counts = counts.collect();
    let regression = file.i8("pairs.regression", &[at as usize])?;
    let regression = regression
        .iter()
        .map(|&q| dequantise_weight(q, meta.pair_regression_max))
        .collect();
    Ok(PairTable {
        offsets,
        items,
        counts,
        regression,
    })
}

/// A merchant's rules; none where the pack has no such section.
fn read_rules(file: &Container<'_>) -> Result<BusinessRules, PackError> {
    if file.names().all(|name| name != RULES) {
        return Ok(BusinessRules::default());
    }
    serde_json::from_str(file.utf8(RULES)?).map_err(|err| PackError::field(RULES, err))
}

fn read_any_f32(file: &Container<'_>, name: &str) -> Result<Vec<f32>, PackError> {
    let len = file.len_of(name)?;
    file.f32(name, &[len])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_size_come_back_and_nothing_else_does() {
        for value in [0, 1, 127, 128, 16_383, 16_384, u32::MAX] {
            let mut bytes = Vec::new();
            write_varint(&mut bytes, value);
            assert_eq!(read_varint(&mut bytes.iter()), Some(value));
            assert_eq!(read_varint(&mut bytes[..bytes.len() - 1].iter()), None);
        }
        assert_eq!(
            read_varint(&mut [0xff, 0xff, 0xff, 0xff, 0x1f].iter()),
            None
        );
        assert_eq!(read_varint(&mut [0x80; 9].iter()), None);
    }
}
