//! Files that only some pages of the shop fetch: recorded sessions to replay, and the texts of a
//! second language.

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
