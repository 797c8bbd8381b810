//! A sentence model of two layers and eight numbers, made from a seed, for the tests of this crate and
//! of the command line.

use std::io::Write;
use std::path::Path;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use safetensors::tensor::{Dtype, TensorView, serialize};
use serde_json::{Value, json};

/// Its vocabulary.
pub(crate) const WORDS: [&str; 12] = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "milk", "whole", "rye", "bread", "tea", "##s", ",", "green",
];
/// Size of a text vector.
pub(crate) const D: usize = 8;
const INNER: usize = 16;

/// Files of a model, each of which a test may corrupt.
pub(crate) struct Tiny {
    pub(crate) config: Value,
    pub(crate) pooling: Value,
    pub(crate) vocabulary: String,
    /// Name, shape and values.
    pub(crate) tensors: Vec<(String, Vec<usize>, Vec<f32>)>,
}

impl Tiny {
    pub(crate) fn new() -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let mut tensors = Vec::new();
        let mut add = |name: &str, shape: &[usize]| {
            let values = (0..shape.iter().product())
                .map(|_| rng.random_range(-1.0..1.0))
                .collect();
            tensors.push((name.to_owned(), shape.to_vec(), values));
        };
        add("embeddings.word_embeddings.weight", &[WORDS.len(), D]);
        add("embeddings.position_embeddings.weight", &[16, D]);
        add("embeddings.token_type_embeddings.weight", &[2, D]);
        add("embeddings.LayerNorm.weight", &[D]);
        add("embeddings.LayerNorm.bias", &[D]);
        for layer in 0..2 {
            let dense = [
                ("attention.self.query", D, D),
                ("attention.self.key", D, D),
                ("attention.self.value", D, D),
                ("attention.output.dense", D, D),
                ("intermediate.dense", INNER, D),
                ("output.dense", D, INNER),
            ];
            for (part, to, from) in dense {
                add(&format!("encoder.layer.{layer}.{part}.weight"), &[to, from]);
                add(&format!("encoder.layer.{layer}.{part}.bias"), &[to]);
            }
            for part in ["attention.output.LayerNorm", "output.LayerNorm"] {
                add(&format!("encoder.layer.{layer}.{part}.weight"), &[D]);
                add(&format!("encoder.layer.{layer}.{part}.bias"), &[D]);
            }
        }
        let config = json!({
            "model_type": "bert", "vocab_size": WORDS.len(), "hidden_size": D, "num_hidden_layers": 2, "num_attention_heads": 2,
            "intermediate_size": INNER, "max_position_embeddings": 16, "type_vocab_size": 2, "hidden_act": "gelu",
            "layer_norm_eps": 1e-12, "position_embedding_type": "absolute",
        });
        let pooling = json!({"pooling_mode_mean_tokens": true});
        Self {
            config,
            pooling,
            vocabulary: WORDS.join("\n"),
            tensors,
        }
    }

    fn files(&self) -> Vec<(&'static str, Vec<u8>)> {
        let bytes: Vec<Vec<u8>> = self
            .tensors
            .iter()
            .map(|(.., values)| values.iter().flat_map(|x| x.to_le_bytes()).collect())
            .collect();
        let views = self
            .tensors
            .iter()
            .zip(&bytes)
            .map(|((name, shape, _), bytes)| {
                (
                    name.clone(),
                    TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap(),
                )
            });
        vec![
            ("config.json", self.config.to_string().into_bytes()),
            (
                "1_Pooling/config.json",
                self.pooling.to_string().into_bytes(),
            ),
            ("vocab.txt", self.vocabulary.clone().into_bytes()),
            ("model.safetensors", serialize(views, None).unwrap()),
        ]
    }

    /// A folder with the model in its folder `model`.
    pub(crate) fn folder(&self) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes) in self.files() {
            let path = dir.path().join("model").join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        dir
    }

    /// Writes it as a wheel.
    pub(crate) fn wheel(&self, path: &Path) {
        let mut zip = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
        for (name, bytes) in self.files() {
            zip.start_file(
                format!("tiny/model/{name}"),
                zip::write::SimpleFileOptions::default(),
            )
            .unwrap();
            zip.write_all(&bytes).unwrap();
        }
        zip.finish().unwrap();
    }
}
