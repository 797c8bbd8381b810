//! `fewshop study words`: quality of the search by words.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::ValueEnum;
use fewshop_eval::clicks::Gain;
use fewshop_eval::words::{
    Bm25, FirstShot, QUERIES, Query, WordFigures, category_queries, figures, first_shot,
    read_queries,
};
use fewshop_model::Model;
use fewshop_train::text::{TextModel, describe};
use fewshop_train::words::read_names;
use fewshop_words::{Texts, WordSearch, Words};

use crate::commands::evaluate::read_eval_set;
use crate::commands::{print, read_pack, write_json};

/// Arguments of `fewshop study words`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Rankings are of titles: products with one title and category are one answer. Grades are 2 (expected) and 1 (acceptable). Settings \
                  may be chosen on the tuning half alone. The rows 'categories' are one query for each innermost category: its name must find its products."
)]
pub struct Args {
    /// The shop's pack
    #[arg(long, value_name = "FILE")]
    pub pack: PathBuf,
    /// What `fewshop words` wrote for it
    #[arg(long, value_name = "FILE")]
    pub words: PathBuf,
    /// Compare with the whole sentence model: a wheel or folder with all-MiniLM-L6-v2
    #[arg(long, value_name = "PATH")]
    pub text_model: Option<PathBuf>,
    /// Queries instead of the committed ones: shop, kind, query, expected, separated by tabs
    #[arg(long, value_name = "FILE")]
    pub queries: Option<PathBuf>,
    /// Which shop's queries: market or gift of the committed ones
    #[arg(long, default_value = "market")]
    pub shop: String,
    /// Which half of the queries
    #[arg(long, value_enum, default_value_t)]
    pub half: Half,
    /// Names of categories in another language: they must find their products, too
    #[arg(long, value_name = "FILE")]
    pub category_names: Option<PathBuf>,
    /// Also ask what a query is worth as the first example: cases of sessions with one known product,
    /// case_id,user_id,k,position,item_id
    #[arg(long, value_name = "FILE", requires = "truth")]
    pub cases: Option<PathBuf>,
    /// Relevant items of those cases: case_id,item_id
    #[arg(long, value_name = "FILE", requires = "cases")]
    pub truth: Option<PathBuf>,
    /// Also print each query with the first titles found
    #[arg(long)]
    pub list: bool,
    /// Also write the figures to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Which queries count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Half {
    /// Those on which settings were chosen
    Tuning,
    /// The others
    #[default]
    Test,
}

type Ranked<'a> = Box<dyn Fn(&Query) -> Vec<usize> + 'a>;

/// Runs the study.
///
/// # Errors
/// When a file cannot be read, or the words belong to another pack.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let pack = read_pack(&args.pack)?;
    let catalogue = pack.catalogue();
    let (name, text) = match &args.queries {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("{}: cannot be read", path.display()))?;
            (path.display().to_string(), text)
        }
        None => ("the committed queries".to_owned(), QUERIES.to_owned()),
    };
    let mut queries = read_queries(&name, &text)?;
    queries.retain(|query| query.shop == args.shop);
    queries.retain(|query| query.is_for_tuning() == (args.half == Half::Tuning));
    ensure!(
        !queries.is_empty(),
        "{name}: no query is for the shop '{}'",
        args.shop
    );
    queries.extend(category_queries(
        &args.shop,
        catalogue,
        "categories",
        |name| Some(name.to_owned()),
    ));
    if let Some(path) = &args.category_names {
        let named: BTreeMap<String, String> = read_names(path)?.into_iter().collect();
        queries.extend(category_queries(
            &args.shop,
            catalogue,
            "categories zh",
            |name| named.get(name).cloned(),
        ));
    }
    let bytes = std::fs::read(&args.words)
        .with_context(|| format!("{}: cannot be read", args.words.display()))?;
    let texts = Texts::of(catalogue);
    let words =
        Words::from_bytes(&bytes, &texts).with_context(|| args.words.display().to_string())?;
    let search = |words: Words| {
        let popularity = &pack.parts().popularity;
        WordSearch::new(catalogue, Texts::of(catalogue), popularity, words)
    };
    let letters = search(Words::default());
    let names = search(words.clone().without_meanings());
    let meanings = search(words.clone().without_aliases());
    let ours = search(words);
    let bm25 = Bm25::of(catalogue);
    let mut contenders: Vec<(&str, Ranked<'_>)> = vec![
        (
            "letters only",
            Box::new(|query| letters.rank_by_letters(&query.text)),
        ),
        ("BM25", Box::new(|query| bm25.rank(&query.text))),
        (
            "letters and names",
            Box::new(|query| names.texts(&query.text)),
        ),
        (
            "letters and meaning",
            Box::new(|query| meanings.texts(&query.text)),
        ),
        (
            "all three (ships)",
            Box::new(|query| ours.texts(&query.text)),
        ),
    ];
    if let Some(path) = &args.text_model {
        contenders.push((
            "sentence model",
            sentence_model(path, catalogue, &texts, &queries)?,
        ));
    }
    let mut out = String::new();
    let mut all: BTreeMap<&str, BTreeMap<String, WordFigures>> = BTreeMap::new();
    for (contender, rank) in &contenders {
        all.insert(contender, figures(&queries, catalogue, rank));
    }
    let mut kinds: Vec<&String> = all.values().flat_map(BTreeMap::keys).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for kind in kinds.into_iter().filter(|kind| *kind != "all") {
        let count = all
            .values()
            .find_map(|of| of.get(kind))
            .map_or(0, |of| of.queries);
        let _ = writeln!(
            out,
            "\n{kind} ({count} queries): NDCG@10, success@1, no result"
        );
        for (contender, _) in &contenders {
            if let Some(of) = all[contender].get(kind) {
                let _ = writeln!(
                    out,
                    "  {contender:<20} {:.3}  {:.2}  {:.2}",
                    of.ndcg_at_10, of.success_at_1, of.no_result
                );
            }
        }
    }
    if args.list {
        for query in &queries {
            let titles: Vec<&str> = ours
                .texts(&query.text)
                .into_iter()
                .take(4)
                .map(|text| {
                    catalogue.items()[texts.rows(text)[0] as usize]
                        .title
                        .as_str()
                })
                .collect();
            let _ = writeln!(out, "{}: {}", query.text, titles.join(" | "));
        }
    }
    write_json(args.json.as_deref(), &all)?;
    print(&out)?;
    if let (Some(cases), Some(truth)) = (&args.cases, &args.truth) {
        let eval_set = read_eval_set(cases, truth, catalogue)?;
        let rows = first_shot(&Model::new(pack.clone()), &ours, &eval_set)?;
        print(&shots(&rows))?;
    }
    Ok(())
}

fn shots(rows: &[FirstShot]) -> String {
    let mut out = String::from(
        "\nWhat is known of the first product: sessions where it is read, NDCG@10, minus nothing; beyond 50\n",
    );
    for row in rows {
        let cell = |gain: &Gain| {
            let [low, high] = gain.interval;
            format!(
                "{:.4} {:+.4} [{low:+.4}, {high:+.4}]",
                gain.ndcg_at_10, gain.gain
            )
        };
        let (known, read) = (&row.known, 100.0 * row.read);
        let (all, beyond) = (cell(&row.all), cell(&row.beyond));
        let _ = writeln!(out, "  {known:<26} {read:>3.0} %  {all}  {beyond}");
    }
    out
}

/// Rankings by the whole model: cosines of the query's vector with those of all texts.
fn sentence_model<'a>(
    path: &std::path::Path,
    catalogue: &fewshop_core::Catalogue,
    texts: &Texts,
    queries: &[Query],
) -> anyhow::Result<Ranked<'a>> {
    let model = TextModel::open(path)?;
    let width = model.size();
    let described: Vec<String> = (0..texts.len())
        .map(|text| describe(&catalogue.items()[texts.rows(text)[0] as usize]))
        .collect();
    let rows = model.embed(&described);
    let asked: Vec<String> = queries.iter().map(|query| query.text.clone()).collect();
    let vectors = model.embed(&asked);
    let ranked: BTreeMap<String, Vec<usize>> = asked
        .into_iter()
        .zip(vectors.chunks_exact(width))
        .map(|(text, vector)| {
            let cosines: Vec<f32> = rows
                .chunks_exact(width)
                .map(|row| row.iter().zip(vector).map(|(x, y)| x * y).sum())
                .collect();
            let mut order: Vec<usize> = (0..cosines.len()).collect();
            order.sort_by(|&a, &b| cosines[b].total_cmp(&cosines[a]));
            order.truncate(10);
            (text, order)
        })
        .collect();
    Ok(Box::new(move |query| {
        ranked.get(&query.text).cloned().unwrap_or_default()
    }))
}
