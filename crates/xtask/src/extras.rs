//! Files that only some pages of the shop fetch: recorded sessions to replay, the map of products,
//! and the texts of a second language.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use fewshop_core::{Event, EventKind, ItemIx, Session};
use fewshop_model::{Compute, Pack, RankOptions, Recommender};
use fewshop_web::texts::NAMES;
use pollster::block_on;
use serde_json::json;

use crate::recorded::{Sessions, choose};

/// Items of a recorded session that are replayed one after another.
const CONTEXT_ITEMS: usize = 5;
/// Picks per list.
const PICKS: usize = 10;
/// Width and height of the map and its margin, in the map's own units.
const MAP: (f32, f32, f32) = (1000.0, 620.0, 16.0);

/// Six of the held-out sessions with the picks after each step, as JSON.
///
/// A rule chooses the six. For each session it counts how many of the remaining items appear
/// among ten picks after five items, minus how many appear among the ten bestsellers. The sessions
/// are sorted by this difference (ties by order in the file), and [`choose`] takes its places from
/// them. The hits of all sessions together come along, so that nobody takes six for the whole.
pub(crate) fn sessions(pack: &Pack, recorded: &Sessions) -> Result<String> {
    // An item that the pack lacks was bought all the same, but cannot be shown.
    let rows = |ids: &Vec<String>| {
        ids.iter()
            .filter_map(|id| pack.catalogue().ix(&id.as_str().into()))
            .collect()
    };
    let items: Vec<Vec<ItemIx>> = recorded.values().map(rows).collect();
    let mut engine = Recommender::new(pack.clone(), Compute::Kernels);
    let mut rank = |context: &[ItemIx], frozen: bool| -> Result<Vec<u32>> {
        let events = context
            .iter()
            .map(|&item| Event::new(item, EventKind::Cart))
            .collect();
        engine.set_session(Session {
            events,
            ..Session::default()
        })?;
        let ranking = block_on(engine.rank(&RankOptions {
            n: PICKS,
            frozen,
            reasons: false,
            ..RankOptions::default()
        }))?;
        Ok(ranking.picks.iter().map(|pick| pick.item.0).collect())
    };
    let mut popular: Vec<u32> = (0..pack.catalogue().len() as u32).collect();
    popular.sort_by_key(|&row| std::cmp::Reverse(pack.popularity()[row as usize]));
    let popular_but = |context: &[ItemIx]| -> Vec<u32> {
        popular
            .iter()
            .copied()
            .filter(|&row| !context.contains(&ItemIx(row)))
            .take(PICKS)
            .collect()
    };
    let mut rated = Vec::new();
    let mut totals = [0; 3];
    for items in items.iter().filter(|items| items.len() > CONTEXT_ITEMS) {
        let (context, truth) = items.split_at(CONTEXT_ITEMS);
        let hits = |rows: &[u32]| {
            rows.iter()
                .filter(|&&row| truth.contains(&ItemIx(row)))
                .count() as i64
        };
        let all = [
            hits(&rank(context, false)?),
            hits(&rank(context, true)?),
            hits(&popular_but(context)),
        ];
        (totals.iter_mut().zip(all)).for_each(|(total, hits)| *total += hits);
        rated.push((all[2] - all[0], context, truth));
    }
    rated.sort_by_key(|&(behind, ..)| behind);
    let mut sessions = Vec::new();
    for (name, at) in choose(rated.len()) {
        let (_, context, truth) = rated[at];
        let steps = |rank: &mut dyn FnMut(&[ItemIx]) -> Result<Vec<u32>>| {
            (0..=CONTEXT_ITEMS)
                .map(|step| rank(&context[..step]))
                .collect::<Result<Vec<_>>>()
        };
        let rows = |items: &[ItemIx]| items.iter().map(|item| item.0).collect::<Vec<_>>();
        let popular = (0..=CONTEXT_ITEMS).map(|step| popular_but(&context[..step]));
        sessions.push(json!({
            "kind": name,
            "place": at + 1,
            "shots": rows(context),
            "truth": rows(truth),
            "popular": popular.collect::<Vec<_>>(),
            "learned": steps(&mut |context| rank(context, false))?,
            "frozen": steps(&mut |context| rank(context, true))?,
        }));
    }
    Ok(json!({
        "pack": pack.fingerprint(),
        "of": rated.len(),
        "totals": totals,
        "sessions": sessions,
    })
    .to_string())
}

/// The position of each product on the map: four digits of base 36 per product, two across and two
/// down.
///
/// The axes are the first two principal components of the categories' mean item vectors, by power
/// iteration. Half of each coordinate is the rank, so that no corner is crowded or empty.
pub(crate) fn map(pack: &Pack) -> String {
    let (rows, d) = (pack.item_table().len(), pack.item_table().d);
    let vectors: Vec<Vec<f32>> = (0..rows).map(|row| pack.item_table().row(row)).collect();
    let items = pack.catalogue().items();
    let mut means: BTreeMap<&[String], (Vec<f32>, f32)> = BTreeMap::new();
    for (item, vector) in items.iter().zip(&vectors) {
        let (sum, n) = means
            .entry(item.category.as_slice())
            .or_insert_with(|| (vec![0.0; d], 0.0));
        add(sum, vector, 1.0);
        *n += 1.0;
    }
    for (sum, n) in means.values_mut() {
        sum.iter_mut().for_each(|value| *value /= *n);
    }
    let mut middle = vec![0.0; d];
    means
        .values()
        .for_each(|(mean, _)| add(&mut middle, mean, 1.0 / means.len() as f32));
    let mut spread: Vec<Vec<f32>> = means
        .values()
        .map(|(mean, _)| mean.iter().zip(&middle).map(|(a, b)| a - b).collect())
        .collect();
    let axes: Vec<Vec<f32>> = (0..2)
        .map(|_| {
            let axis = principal(&spread, d);
            for row in &mut spread {
                let along = dot(row, &axis);
                add(row, &axis, -along);
            }
            axis
        })
        .collect();
    // Half-way between the centre of its category and its own position, so that the categories can
    // be told apart.
    let place = |row: usize, axis: &[f32]| {
        let mean = &means[items[row].category.as_slice()].0;
        (dot(mean, axis) + dot(&vectors[row], axis)) / 2.0
    };
    let across = scale((0..rows).map(|row| place(row, &axes[0])).collect(), MAP.0);
    let down = scale((0..rows).map(|row| place(row, &axes[1])).collect(), MAP.1);
    let digit = |value: u32| char::from_digit(value % 36, 36).unwrap_or('0');
    across
        .into_iter()
        .zip(down)
        .flat_map(|(x, y)| [digit(x / 36), digit(x), digit(y / 36), digit(y)])
        .collect()
}

/// The direction in which rows around 0 vary most.
fn principal(rows: &[Vec<f32>], d: usize) -> Vec<f32> {
    // Any start that is not orthogonal to the result will do; this one is always the same.
    let mut axis: Vec<f32> = (0..d).map(|at| 1.0 + (at % 7) as f32 / 7.0).collect();
    for _ in 0..200 {
        let mut next = vec![0.0; d];
        rows.iter()
            .for_each(|row| add(&mut next, row, dot(row, &axis)));
        let length = dot(&next, &next).sqrt().max(f32::MIN_POSITIVE);
        axis = next.into_iter().map(|value| value / length).collect();
    }
    axis
}

/// Converts values to whole units of an axis: half by size within their middle 98 %, half by rank.
fn scale(values: Vec<f32>, length: f32) -> Vec<u32> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let at = |share: f32| {
        order
            .get(((values.len() as f32 - 1.0) * share) as usize)
            .map_or(0.0, |&row| values[row])
    };
    let (low, high) = (at(0.01), at(0.99));
    let mut out = vec![0; values.len()];
    for (rank, row) in order.iter().copied().enumerate() {
        let by_rank = rank as f32 / (values.len().max(2) - 1) as f32;
        let by_size = ((values[row] - low) / (high - low).max(f32::MIN_POSITIVE)).clamp(0.0, 1.0);
        out[row] = (MAP.2 + (by_rank + by_size) / 2.0 * (length - 2.0 * MAP.2)).round() as u32;
    }
    out
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(sum: &mut [f32], row: &[f32], weight: f32) {
    sum.iter_mut()
        .zip(row)
        .for_each(|(sum, value)| *sum += weight * value);
}

/// The texts of a language, one per line in the order that the page expects, from its table of
/// `name = text` lines.
pub(crate) fn words(table: &str) -> Result<String> {
    let mut texts: BTreeMap<&str, &str> = BTreeMap::new();
    for line in table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let (name, text) = line
            .split_once(" = ")
            .with_context(|| format!("zh.txt: expected `name = text`, found '{line}'"))?;
        if texts.insert(name, text).is_some() {
            bail!("zh.txt: {name} occurs twice");
        }
    }
    let mut lines = Vec::with_capacity(NAMES.len());
    for &name in NAMES {
        lines.push(
            texts
                .remove(name)
                .with_context(|| format!("zh.txt: {name} is missing"))?,
        );
    }
    match texts.keys().next() {
        Some(name) => bail!("zh.txt: the page does not use the text {name}"),
        None => Ok(lines.join("\n")),
    }
}

/// The names that the catalogue brings, each with its translation, from their table.
pub(crate) fn names(table: &str) -> Result<String> {
    let mut seen = BTreeSet::new();
    let mut lines = Vec::new();
    for line in table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let (name, _) = line
            .split_once('\t')
            .with_context(|| format!("zh-names.txt: expected `name<tab>name`, found '{line}'"))?;
        if !seen.insert(name) {
            bail!("zh-names.txt: {name} occurs twice");
        }
        lines.push(line);
    }
    Ok(lines.join("\n"))
}

/// The service worker for the files of one shop in one build. `shop` comes before the version in
/// its cache's name: "" for the shop at the site's root. It does not answer for the folders
/// `others`.
pub(crate) fn service_worker(
    template: &str,
    version: &str,
    files: &[String],
    shop: &str,
    others: &[&str],
) -> String {
    let others: Vec<String> = others.iter().map(|folder| format!("'{folder}'")).collect();
    template
        .replace("{{version}}", version)
        .replace("{{shop}}", shop)
        .replace("{{others}}", &others.join(", "))
        .replace("{{files}}", &files.join("', '"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_keeps_every_product_within_its_frame() {
        let pack = fewshop_model::toy::pack();
        let text = map(&pack);
        assert_eq!(text.len(), 4 * pack.catalogue().len());
        let numbers: Vec<u32> = text
            .as_bytes()
            .chunks(2)
            .map(|two| u32::from_str_radix(std::str::from_utf8(two).unwrap(), 36).unwrap())
            .collect();
        assert!(
            numbers
                .chunks(2)
                .all(|place| (16..=984).contains(&place[0]) && (16..=604).contains(&place[1])),
            "{numbers:?}"
        );
        assert_eq!(text, map(&pack));
    }

    #[test]
    fn the_principal_axis_is_the_longest_one() {
        let rows: Vec<Vec<f32>> = [[3.0, 0.1], [-3.0, 0.0], [0.0, 1.0], [0.0, -1.1]]
            .map(Vec::from)
            .into();
        let axis = principal(&rows, 2);
        assert!(axis[0].abs() > 0.99, "{axis:?}");
    }

    #[test]
    fn sessions_are_replayed_from_nothing_to_the_whole_context_and_the_best_comes_first() {
        let pack = fewshop_model::toy::pack();
        let id = |row: u32| pack.catalogue().items()[row as usize].id.0.clone();
        let mut recorded = Sessions::from([("s9".to_owned(), vec!["no-such-product".to_owned()])]);
        for session in 0..8 {
            recorded.insert(
                format!("s{session}"),
                (0..8).map(|at| id((session * 5 + at) % 30)).collect(),
            );
        }
        let json: serde_json::Value =
            serde_json::from_str(&sessions(&pack, &recorded).unwrap()).unwrap();
        let all = json["sessions"].as_array().unwrap();
        assert_eq!(all.len(), 6);
        for list in ["learned", "frozen", "popular"] {
            assert_eq!(all[0][list].as_array().unwrap().len(), CONTEXT_ITEMS + 1);
        }
        assert_eq!(json["of"], 8);
        let names: Vec<&str> = (all.iter())
            .map(|session| session["kind"].as_str().unwrap())
            .collect();
        assert_eq!(
            names,
            ["best", "upper", "median", "lower", "worst", "drawn"]
        );
        assert_eq!((&all[0]["place"], &all[4]["place"]), (&json!(1), &json!(8)));
        let gain = |session: &serde_json::Value| {
            let truth = session["truth"].as_array().unwrap();
            let hits = |list: &serde_json::Value| {
                list.as_array()
                    .unwrap()
                    .iter()
                    .filter(|row| truth.contains(row))
                    .count() as i64
            };
            hits(&session["learned"][CONTEXT_ITEMS]) - hits(&session["popular"][CONTEXT_ITEMS])
        };
        let gains: Vec<i64> = all[..5].iter().map(gain).collect();
        assert!(gains.is_sorted_by(|a, b| a >= b), "{gains:?}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&sessions(&pack, &Sessions::new()).unwrap())
                .unwrap()["sessions"],
            json!([])
        );
    }

    #[test]
    fn a_table_of_words_is_whole_or_refused() {
        let whole: String = NAMES
            .iter()
            .rev()
            .map(|name| format!("{name} = x\n"))
            .collect();
        assert_eq!(words(&whole).unwrap().lines().count(), NAMES.len());
        let error = |table: &str| words(table).unwrap_err().to_string();
        assert!(error("").contains(NAMES[0]));
        assert!(error(&(whole.clone() + "shop = y\n")).contains("twice"));
        assert!(error(&(whole + "shoe = y\n")).contains("shoe"));
    }

    #[test]
    fn every_category_of_the_committed_packs_has_a_chinese_name() {
        let table = include_str!("../../../web/texts/zh-names.txt");
        let named = names(table).unwrap();
        for file in [crate::root::shop_pack(), crate::root::gift_pack()] {
            let pack = fewshop_model::Pack::from_bytes(&std::fs::read(file).unwrap()).unwrap();
            let items = pack.catalogue().items().iter();
            let missing: BTreeSet<&str> = items
                .flat_map(|item| item.category.iter().map(String::as_str))
                .filter(|name| {
                    !named
                        .lines()
                        .any(|line| line.split('\t').next() == Some(name))
                })
                .collect();
            assert!(missing.is_empty(), "zh-names.txt has no {missing:?}");
        }
        let error = |table: &str| names(table).unwrap_err().to_string();
        assert!(error("Milk = x").contains("Milk = x"));
        assert!(error("Milk\tx\nMilk\ty").contains("twice"));
    }

    #[test]
    fn the_service_worker_names_its_files() {
        let made = service_worker(
            "V='x-{{shop}}{{version}}'; F=['{{files}}']; O=[{{others}}]",
            "1a",
            &["./".into(), "a.js".into()],
            "gift-",
            &["b/"],
        );
        assert_eq!(made, "V='x-gift-1a'; F=['./', 'a.js']; O=['b/']");
    }
}
