//! `cases.csv`, `truth.csv` and `recs.csv`: the queries to a model, the relevant items, and the
//! model's answers.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use fewshop_core::{Catalogue, ItemId, ItemIx};

use super::error::shorten;
use super::table::{Columns, Header, TableRow, read_table};
use super::time::{day_of, format_time, parse_time};
use super::write::{CellValue, ColumnType, write_table};
use super::{FileError, UnknownItems, item_rows};

const CASES: Columns = Columns {
    required: &["case_id", "user_id", "k", "position", "item_id"],
    optional: &["visit", "time"],
    what: "context item of a case",
};
const CASE: usize = 0;
const USER: usize = 1;
const K: usize = 2;
const POSITION: usize = 3;
const ITEM: usize = 4;
const VISIT: usize = 5;
const TIME: usize = 6;
const TRUTH: Columns = Columns {
    required: &["case_id", "item_id"],
    optional: &[],
    what: "relevant item",
};

/// Visits further back than this are refused: a device remembers ten, and memory is allocated for
/// every visit up to the oldest one named.
const OLDEST_VISIT: i32 = -100;

/// One query to a model.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EvalCase {
    /// Its id.
    pub id: String,
    /// The shopper.
    pub user: String,
    /// The group in which it is reported: the number of context items or of earlier visits given.
    pub k: u32,
    /// The context items of the current session, by position.
    pub context: Vec<ItemIx>,
    /// The earlier visits that the device remembers, the latest first, each by position. A visit
    /// without known items is empty.
    pub visits: Vec<Vec<ItemIx>>,
    /// The day on which it happens, in days since 1970; `None` if the file does not say.
    pub day: Option<i32>,
}

/// The queries of one file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cases {
    /// In order of first appearance.
    pub cases: Vec<EvalCase>,
    /// Rows that were left out because the catalogue lacks their item.
    pub unknown: UnknownItems,
}

/// The relevant items of each case: the other items that its shopper took.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Truth {
    /// One list for each case, parallel to [`Cases::cases`], in file order; empty for a case
    /// without rows in the file.
    pub relevant: Vec<Vec<ItemIx>>,
    /// Rows that were left out because the catalogue lacks their item.
    pub unknown: UnknownItems,
}

struct CaseDraft {
    case: EvalCase,
    /// Time by visit, in seconds since 1970; `None` if the rows have none.
    times: BTreeMap<i32, Option<i64>>,
    /// Rows by visit, 0 first and then back in time, each with its position.
    rows: BTreeMap<i32, Vec<(u32, ItemIx)>>,
}

/// Reads cases from CSV or Parquet.
///
/// The optional column `visit` is 0 for the current session and -1, -2, … for earlier ones, the
/// latest first. The optional column `time` is when that visit happens.
///
/// # Errors
/// [`FileError`] with file, line and field; also for a case with two users or two values of k, and
/// for a visit with two times.
pub fn read_cases(path: &Path, catalogue: &Catalogue) -> Result<Cases, FileError> {
    let rows = item_rows(catalogue);
    let mut unknown = UnknownItems::default();
    let mut drafts: Vec<CaseDraft> = Vec::new();
    let mut at: HashMap<String, usize> = HashMap::new();
    read_table(path, &CASES, |header, row| {
        let case_id = row.id(CASE)?;
        let user = row.id(USER)?;
        let k: u32 = row.whole(K, "a whole number of 0 or more")?;
        let position: u32 = row.whole(POSITION, "a whole number of 0 or more")?;
        let visit: i32 = if header.has(VISIT) && !row.text(VISIT).is_empty() {
            let expected = "0 for the current session, or -1, -2, … for earlier ones";
            let visit = row.whole(VISIT, expected)?;
            if !(OLDEST_VISIT..=0).contains(&visit) {
                return Err(row.error(
                    VISIT,
                    expected,
                    "number the visits backwards from the current session",
                ));
            }
            visit
        } else {
            0
        };
        let time_s = read_case_time(header, row)?;
        let slot = match at.get(case_id) {
            Some(&slot) => slot,
            None => {
                at.insert(case_id.to_owned(), drafts.len());
                let case = EvalCase {
                    id: case_id.to_owned(),
                    user: user.to_owned(),
                    k,
                    context: Vec::new(),
                    visits: Vec::new(),
                    day: None,
                };
                drafts.push(CaseDraft {
                    case,
                    times: BTreeMap::new(),
                    rows: BTreeMap::new(),
                });
                drafts.len() - 1
            }
        };
        let draft = &mut drafts[slot];
        if draft.case.k != k {
            let expected = format!(
                "{} as in the rows of case '{}' above",
                draft.case.k,
                shorten(case_id)
            );
            return Err(row.error(K, &expected, "give each case its own case_id"));
        }
        if draft.case.user != user {
            let expected = format!(
                "'{}' as in the rows of case '{}' above",
                shorten(&draft.case.user),
                shorten(case_id)
            );
            return Err(row.error(USER, &expected, "give each case its own case_id"));
        }
        let first = *draft.times.entry(-visit).or_insert(time_s);
        if first != time_s {
            let first = first.map_or_else(|| "no time".to_owned(), format_time);
            let expected = format!(
                "{first} as in the rows of this visit of case '{}' above",
                shorten(case_id)
            );
            return Err(row.error(
                TIME,
                &expected,
                "give each visit one time, in all of its rows",
            ));
        }
        let item_id = row.id(ITEM)?;
        match rows.get(item_id) {
            Some(&item) => draft.rows.entry(-visit).or_default().push((position, item)),
            None => unknown.count(item_id),
        }
        Ok(())
    })?;
    let cases = drafts.into_iter().map(finish).collect();
    Ok(Cases { cases, unknown })
}

/// Seconds since 1970; `None` without the column or in an empty cell.
fn read_case_time(header: &Header, row: &TableRow<'_>) -> Result<Option<i64>, FileError> {
    if !header.has(TIME) || row.text(TIME).is_empty() {
        return Ok(None);
    }
    let time_s = parse_time(row.text(TIME)).ok_or_else(|| {
        row.error(
            TIME,
            "a time such as 2017-01-01 11:53:26, or nothing",
            "write it like this, as ISO 8601, or as seconds since 1970",
        )
    })?;
    Ok(Some(time_s))
}

fn finish(draft: CaseDraft) -> EvalCase {
    let CaseDraft {
        mut case,
        times,
        rows,
    } = draft;
    case.day = times.get(&0).copied().flatten().map(day_of);
    for (back, mut items) in rows {
        items.sort_by_key(|&(position, _)| position);
        let items = items.into_iter().map(|(_, item)| item).collect();
        if back == 0 {
            case.context = items;
        } else {
            case.visits.resize(back as usize - 1, Vec::new());
            case.visits.push(items);
        }
    }
    case
}

/// Reads the relevant items of each case.
///
/// # Errors
/// [`FileError`] with file, line and field, also for a case id that `cases` lacks.
pub fn read_truth(path: &Path, catalogue: &Catalogue, cases: &Cases) -> Result<Truth, FileError> {
    let rows = item_rows(catalogue);
    let at: HashMap<&str, usize> = cases
        .cases
        .iter()
        .enumerate()
        .map(|(slot, case)| (case.id.as_str(), slot))
        .collect();
    let mut truth = Truth {
        relevant: vec![Vec::new(); cases.cases.len()],
        unknown: UnknownItems::default(),
    };
    read_table(path, &TRUTH, |_, row| {
        let case_id = row.id(0)?;
        let Some(&slot) = at.get(case_id) else {
            return Err(row.error(
                0,
                "a case_id from the cases file",
                "use the truth file that belongs to the cases file",
            ));
        };
        let item_id = row.id(1)?;
        match rows.get(item_id) {
            Some(&item) => truth.relevant[slot].push(item),
            None => truth.unknown.count(item_id),
        }
        Ok(())
    })?;
    Ok(truth)
}

/// One row of a cases file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CaseRow<'a> {
    /// The case.
    pub case_id: &'a str,
    /// The shopper.
    pub user_id: &'a str,
    /// The group in which it is reported: the number of context items or of earlier visits given.
    pub k: u32,
    /// 0 for the current session, -1, -2, … for earlier ones, the latest first.
    pub visit: i32,
    /// Position in that visit, from 0.
    pub position: u32,
    /// The product.
    pub item_id: &'a str,
    /// When the visit happens, in seconds since 1970; the same in all of its rows.
    pub time_s: Option<i64>,
}

/// Writes cases of first visits as [`read_cases`] reads them, without the column `visit`. The column
/// `time` is written only if some row has a time.
///
/// # Errors
/// [`FileError::Write`].
pub fn write_cases<'a>(
    path: &Path,
    cases: impl IntoIterator<Item = CaseRow<'a>>,
) -> Result<(), FileError> {
    write_case_rows(path, &cases.into_iter().collect::<Vec<_>>(), false)
}

/// Writes cases of returning shoppers: `case_id,user_id,k,visit,position,item_id`, and `time` if some
/// row has a time.
///
/// # Errors
/// [`FileError::Write`].
pub fn write_return_cases<'a>(
    path: &Path,
    cases: impl IntoIterator<Item = CaseRow<'a>>,
) -> Result<(), FileError> {
    write_case_rows(path, &cases.into_iter().collect::<Vec<_>>(), true)
}

fn write_case_rows(path: &Path, cases: &[CaseRow<'_>], visits: bool) -> Result<(), FileError> {
    let times = cases.iter().any(|case| case.time_s.is_some());
    let mut columns = vec![
        ("case_id", ColumnType::Text),
        ("user_id", ColumnType::Text),
        ("k", ColumnType::Whole),
        ("position", ColumnType::Whole),
        ("item_id", ColumnType::Text),
    ];
    if visits {
        columns.insert(3, ("visit", ColumnType::Whole));
    }
    if times {
        columns.push(("time", ColumnType::Text));
    }
    write_table(path, &columns, |row| {
        let mut time = String::new();
        for case in cases {
            let [k, visit, position] =
                [case.k.into(), case.visit.into(), case.position.into()].map(CellValue::Whole);
            let mut cells = vec![
                CellValue::Text(case.case_id),
                CellValue::Text(case.user_id),
                k,
            ];
            if visits {
                cells.push(visit);
            }
            cells.extend([position, CellValue::Text(case.item_id)]);
            if times {
                time.clear();
                time.extend(case.time_s.map(format_time));
                cells.push(CellValue::Text(&time));
            }
            row(&cells)?;
        }
        Ok(())
    })
}

/// Writes `(case_id, item_id)` rows as [`read_truth`] reads them.
///
/// # Errors
/// [`FileError::Write`].
pub fn write_truth<'a>(
    path: &Path,
    truth: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<(), FileError> {
    write_table(
        path,
        &[("case_id", ColumnType::Text), ("item_id", ColumnType::Text)],
        |row| {
            truth.into_iter().try_for_each(|(case_id, item_id)| {
                row(&[CellValue::Text(case_id), CellValue::Text(item_id)])
            })
        },
    )
}

/// One row of a recommendations file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecRow<'a> {
    /// The case.
    pub case_id: &'a str,
    /// From 1, best first.
    pub rank: u32,
    /// The product.
    pub item_id: &'a ItemId,
    /// Comparable within one case only.
    pub score: f32,
}

/// Writes recommendations: `case_id,rank,item_id,score`.
///
/// # Errors
/// [`FileError::Write`].
pub fn write_recs<'a>(
    path: &Path,
    recs: impl IntoIterator<Item = RecRow<'a>>,
) -> Result<(), FileError> {
    let columns = [
        ("case_id", ColumnType::Text),
        ("rank", ColumnType::Whole),
        ("item_id", ColumnType::Text),
        ("score", ColumnType::Number),
    ];
    write_table(path, &columns, |row| {
        for rec in recs {
            let (rank, score) = (
                CellValue::Whole(rec.rank.into()),
                CellValue::Number(rec.score),
            );
            row(&[
                CellValue::Text(rec.case_id),
                rank,
                CellValue::Text(&rec.item_id.0),
                score,
            ])?;
        }
        Ok(())
    })
}
