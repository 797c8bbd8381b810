//! Recorded sessions for 'Try it as': the committed ones for the committed pack, and for another
//! pack those of its own evaluation cases.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::root::shown;

/// Maximum number of sessions to consider; each is ranked twice.
const MOST: usize = 100;

/// Seed of the session that is drawn: the first that was tried.
const SEED: u64 = 1;

/// The places to replay among `n` sessions in order, best first, and each place's name in `try.json`:
/// the best, the upper quartile, the median, the lower quartile, the worst, and one that a fixed seed
/// draws from the rest. With fewer than six sessions, all of them.
pub(crate) fn choose(n: usize) -> Vec<(&'static str, usize)> {
    let Some(last) = n.checked_sub(1) else {
        return Vec::new();
    };
    let mut chosen: Vec<(&str, usize)> = Vec::new();
    for (name, at) in [
        ("best", 0),
        ("worst", last),
        ("median", n / 2),
        ("upper", n / 4),
        ("lower", 3 * n / 4),
    ] {
        if chosen.iter().all(|&(_, other)| other != at) {
            chosen.push((name, at));
        }
    }
    chosen.sort_by_key(|&(_, at)| at);
    let rest: Vec<usize> = (0..n)
        .filter(|at| chosen.iter().all(|(_, other)| other != at))
        .collect();
    if !rest.is_empty() {
        let draw = SEED.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
        chosen.push(("drawn", rest[draw as usize % rest.len()]));
    }
    chosen
}

/// A session's name and the ids of its products.
pub(crate) type Sessions = BTreeMap<String, Vec<String>>;

/// The sessions in `tests/goldens/validation_sessions.csv`.
pub(crate) fn golden(text: &str) -> Result<Sessions> {
    let mut sessions = Sessions::new();
    for line in text.lines().skip(1) {
        let (session, item) = line
            .split_once(',')
            .context("validation_sessions.csv: expected session_id,item_id")?;
        sessions
            .entry(session.to_owned())
            .or_default()
            .push(item.to_owned());
    }
    Ok(sessions)
}

/// Writes the sessions to a committed file, with numbers for names.
pub(crate) fn commit(sessions: &Sessions, file: &str) -> Result<()> {
    let mut text = String::from("session_id,item_id\n");
    for (nth, items) in sessions.values().enumerate() {
        items
            .iter()
            .for_each(|item| text.push_str(&format!("s{nth:03},{item}\n")));
    }
    let path = crate::root::root().join(file);
    std::fs::write(&path, text).with_context(|| format!("failed to write {}", shown(&path)))
}

/// The sessions of evaluation cases, as `fewshop prepare` and `fewshop example` write them. Of each
/// session the case with the most given items counts: these items, then the rest of the session.
/// Cases with fewer given items are about the same sessions.
pub(crate) fn of_cases(cases: &Path, truth: &Path) -> Result<Sessions> {
    let mut known: BTreeMap<String, (u32, Vec<(u32, String)>)> = BTreeMap::new();
    read(
        cases,
        &["case_id", "k", "position", "item_id"],
        Some("visit"),
        |cells, visit| {
            let number = |at: usize| -> Result<u32> {
                cells[at]
                    .parse()
                    .ok()
                    .with_context(|| format!("'{}' is not a whole number", cells[at]))
            };
            let (k, position) = (number(1)?, number(2)?);
            let case = known.entry(cells[0].to_owned()).or_insert((k, Vec::new()));
            if matches!(visit, "" | "0") {
                case.1.push((position, cells[3].to_owned()));
            }
            Ok(())
        },
    )?;
    let max_given = known.values().map(|(k, _)| *k).max().unwrap_or(0);
    let mut sessions: Sessions = known
        .into_iter()
        .filter(|(_, (k, _))| *k == max_given)
        .take(MOST)
        .map(|(case, (_, mut given))| {
            given.sort();
            (case, given.into_iter().map(|(_, item)| item).collect())
        })
        .collect();
    read(truth, &["case_id", "item_id"], None, |cells, _| {
        if let Some(session) = sessions.get_mut(cells[0]) {
            session.push(cells[1].to_owned());
        }
        Ok(())
    })?;
    ensure!(
        sessions.values().any(|items| items.len() > 1),
        "{}: no case has a product",
        shown(cases)
    );
    Ok(sessions)
}

/// Calls `each` with the named columns of each record of a CSV file; `also` is "" if the file has
/// no such column.
fn read(
    path: &Path,
    columns: &[&str],
    also: Option<&str>,
    mut each: impl FnMut(&[&str], &str) -> Result<()>,
) -> Result<()> {
    let bad = || {
        format!(
            "failed to read {}: expected a CSV file with the columns {}",
            shown(path),
            columns.join(", ")
        )
    };
    let mut reader = csv::Reader::from_path(path).with_context(bad)?;
    let header = reader.headers().with_context(bad)?.clone();
    let find = |name: &str| header.iter().position(|column| column.trim() == name);
    let places: Vec<usize> = columns
        .iter()
        .map(|name| find(name))
        .collect::<Option<_>>()
        .with_context(bad)?;
    let also = also.and_then(find);
    for record in reader.records() {
        let record = record.with_context(bad)?;
        let cell = |at: usize| record.get(at).unwrap_or("").trim();
        let cells: Vec<&str> = places.iter().map(|&at| cell(at)).collect();
        let line = record.position().map_or(0, csv::Position::line);
        each(&cells, also.map_or("", cell))
            .with_context(|| format!("{}, line {line}", shown(path)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sessions_of_the_largest_k_are_put_together_again() {
        let dir = tempfile::tempdir().unwrap();
        let (cases, truth) = (dir.path().join("cases.csv"), dir.path().join("truth.csv"));
        let text = "case_id,user_id,k,visit,position,item_id\na-1,u,1,0,0,x\na-2,u,2,0,1,\"y,1\"\na-2,u,2,0,0,x\na-2,u,2,-1,0,old\n";
        std::fs::write(&cases, text).unwrap();
        std::fs::write(&truth, "case_id,item_id\na-1,y\na-2,z\nb,w\n").unwrap();
        let sessions = of_cases(&cases, &truth).unwrap();
        assert_eq!(
            sessions,
            Sessions::from([(
                "a-2".to_owned(),
                ["x", "y,1", "z"].map(str::to_owned).to_vec()
            )])
        );
        std::fs::write(&cases, text.replace(",2,0,1,", ",two,0,1,")).unwrap();
        let error = format!("{:#}", of_cases(&cases, &truth).unwrap_err());
        assert!(
            error.contains("cases.csv, line 3") && error.contains("'two'"),
            "{error}"
        );
        let error = of_cases(&truth, &cases).unwrap_err().to_string();
        assert!(
            error.contains("truth.csv") && error.contains("position"),
            "{error}"
        );
    }

    #[test]
    fn six_sessions_from_the_best_to_the_worst_are_chosen_and_none_twice() {
        let chosen = choose(100);
        let (drawn, five) = chosen.split_last().unwrap();
        assert_eq!(
            five,
            [
                ("best", 0),
                ("upper", 25),
                ("median", 50),
                ("lower", 75),
                ("worst", 99)
            ]
        );
        assert!(drawn.0 == "drawn" && five.iter().all(|(_, at)| *at != drawn.1));
        assert_eq!(choose(100), chosen);
        for n in 0..9 {
            let mut places: Vec<usize> = choose(n).into_iter().map(|(_, at)| at).collect();
            places.sort_unstable();
            places.dedup();
            assert_eq!(places.len(), n.min(6), "{n}");
            assert!(places.iter().all(|&at| at < n));
        }
    }

    #[test]
    fn the_committed_sessions_are_read() {
        let text = std::fs::read_to_string(
            crate::root::root().join("tests/goldens/validation_sessions.csv"),
        )
        .unwrap();
        assert_eq!(golden(&text).unwrap().len(), 100);
        assert!(golden("a\nb").is_err());
    }
}
