//! A query as the first example: how well the rest of a session is ranked when only a description of
//! its first product is known, in words as a shopper would type them, against one click on it.

use std::collections::HashSet;

use anyhow::{Result, ensure};
use fewshop_core::{Item, ItemIx, Session, metrics};
use fewshop_model::Model;
use fewshop_words::WordSearch;
use fewshop_words::spelling::words;

use crate::clicks::{Gain, bestsellers};
use crate::ranking::{items, rank};
use crate::{Bootstrap, EvalSet, PICKS};

/// Numbers of products that stand for a query.
const EXAMPLES: [usize; 4] = [1, 2, 3, 5];

/// Quality of the ranking with one thing known.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstShot {
    /// What is known.
    pub known: String,
    /// Share of the sessions with something to learn from; the others are ranked as with nothing.
    pub read: f64,
    /// Minus nothing known.
    pub all: Gain,
    /// The same without the 50 bestsellers, in lists and among the products in question.
    pub beyond: Gain,
}

/// A description by the kind of the product: the name of its innermost category.
fn kind(item: &Item) -> String {
    item.category.last().cloned().unwrap_or_default()
}

/// A description by its title: the last two words before a comma or bracket.
fn title(item: &Item) -> String {
    let head = item.title.split([',', '(']).next().unwrap_or_default();
    let words = words(head);
    words[words.len().saturating_sub(2)..].join(" ")
}

/// Ranks the sessions of which one product is known with nothing, descriptions of it and the product
/// itself. The product is struck from every list and is not in question.
///
/// # Errors
/// When no case has one known product, or a case names a row that the pack does not have.
pub fn first_shot(
    model: &Model,
    search: &WordSearch,
    eval_set: &EvalSet,
) -> Result<Vec<FirstShot>> {
    let cases = eval_set.queries.iter().zip(&eval_set.relevant);
    let cases: Vec<(&str, ItemIx, &Vec<ItemIx>)> = cases
        .filter_map(|(case, relevant)| match case.context.as_slice() {
            &[first] if !relevant.is_empty() => Some((case.user.as_str(), first, relevant)),
            _ => None,
        })
        .collect();
    ensure!(
        !cases.is_empty(),
        "no case has one known product and relevant ones: give cases with k = 1"
    );
    let bestsellers = bestsellers(model);
    let bootstrap = Bootstrap::over(cases.iter().map(|(user, ..)| *user));
    let described = |describe: fn(&Item) -> String, examples: usize| -> Vec<Session> {
        let of = |&(_, first, _): &(&str, ItemIx, &Vec<ItemIx>)| {
            let item = &model.catalogue().items()[first.row()];
            let found = search.search_with(&describe(item), examples);
            Session {
                asked: vec![found.example],
                ..Session::default()
            }
        };
        cases.iter().map(of).collect()
    };
    let clicked: Vec<Session> = (cases.iter())
        .map(|&(_, first, _)| Session::of_items(&[first]))
        .collect();
    let mut known: Vec<(String, Vec<Session>)> = vec![
        ("nothing".to_owned(), vec![Session::default(); cases.len()]),
        ("the product, clicked".to_owned(), clicked),
    ];
    for examples in EXAMPLES {
        known.push((
            format!("its kind in words, {examples}"),
            described(kind, examples),
        ));
    }
    for examples in EXAMPLES {
        known.push((
            format!("its title's end, {examples}"),
            described(title, examples),
        ));
    }
    let mut out = Vec::new();
    let mut nothing: Option<[Vec<f64>; 2]> = None;
    for (known, sessions) in known {
        let n = PICKS + 1 + bestsellers.len();
        let lists = items(rank(model, &sessions, n, false)?);
        let scored = |left_out: &HashSet<ItemIx>| -> Vec<f64> {
            let scores = lists.iter().zip(&cases);
            let score =
                |(list, &(_, first, relevant)): (&Vec<ItemIx>, &(&str, ItemIx, &Vec<ItemIx>))| {
                    let rows = |items: &[ItemIx]| -> Vec<u32> {
                        let counts = |item: &&ItemIx| **item != first && !left_out.contains(item);
                        items.iter().filter(counts).map(|item| item.0).collect()
                    };
                    let relevant = rows(relevant);
                    let list = rows(list);
                    let top = &list[..list.len().min(PICKS)];
                    metrics::score(&metrics::hits(top, &relevant, &[]), relevant.len())
                        .map_or(0.0, |score| score.ndcg_at_10)
                };
            scores.map(score).collect()
        };
        let all = scored(&HashSet::new());
        let beyond = scored(&bestsellers);
        let [none_all, none_beyond] = nothing.get_or_insert_with(|| [all.clone(), beyond.clone()]);
        let gain = |one: &[f64], other: &[f64]| crate::clicks::gain(&bootstrap, one, other);
        let read = sessions
            .iter()
            .filter(|session| !session.context_items().is_empty());
        out.push(FirstShot {
            known,
            read: read.count() as f64 / sessions.len() as f64,
            all: gain(&all, none_all),
            beyond: gain(&beyond, none_beyond),
        });
    }
    Ok(out)
}
