//! A BERT encoder with mean pooling, on burn.

use anyhow::{Context, Result, bail};
use burn::tensor::activation::gelu;
use burn::tensor::module::{attention, layer_norm, linear};
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Device, Int, Tensor, TensorData};
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;

/// The relevant fields of `config.json`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Config {
    pub(super) model_type: String,
    pub(super) vocab_size: usize,
    pub(super) hidden_size: usize,
    pub(super) num_hidden_layers: usize,
    pub(super) num_attention_heads: usize,
    pub(super) intermediate_size: usize,
    pub(super) max_position_embeddings: usize,
    pub(super) type_vocab_size: usize,
    pub(super) hidden_act: String,
    pub(super) layer_norm_eps: f64,
    #[serde(default = "absolute")]
    pub(super) position_embedding_type: String,
}

fn absolute() -> String {
    "absolute".to_owned()
}

impl Config {
    /// Refuses models that [`Bert`] does not support.
    pub(super) fn check(&self, file: &str) -> Result<()> {
        let texts = [
            ("model_type", &self.model_type, "bert"),
            ("hidden_act", &self.hidden_act, "gelu"),
            (
                "position_embedding_type",
                &self.position_embedding_type,
                "absolute",
            ),
        ];
        for (field, found, expected) in texts {
            if found != expected {
                bail!(
                    "{file}, field '{field}': found '{found}', expected '{expected}': give a model such as all-MiniLM-L6-v2"
                );
            }
        }
        let sizes = [
            ("vocab_size", self.vocab_size, 1 << 20),
            ("hidden_size", self.hidden_size, 4096),
            ("num_hidden_layers", self.num_hidden_layers, 64),
            ("num_attention_heads", self.num_attention_heads, 256),
            ("intermediate_size", self.intermediate_size, 1 << 15),
            (
                "max_position_embeddings",
                self.max_position_embeddings,
                1 << 16,
            ),
            ("type_vocab_size", self.type_vocab_size, 64),
        ];
        for (field, found, max) in sizes {
            if found == 0 || found > max {
                bail!(
                    "{file}, field '{field}': found {found}, expected 1 to {max}: download the model again"
                );
            }
        }
        if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            let (found, heads) = (self.hidden_size, self.num_attention_heads);
            bail!(
                "{file}, field 'hidden_size': found {found}, expected a multiple of num_attention_heads, {heads}: download the model again"
            );
        }
        if !(self.layer_norm_eps > 0.0 && self.layer_norm_eps < 0.1) {
            bail!(
                "{file}, field 'layer_norm_eps': found {}, expected a small number above 0: download the model again",
                self.layer_norm_eps
            );
        }
        Ok(())
    }
}

/// The encoder with its weights.
#[derive(Debug)]
pub(super) struct Bert {
    config: Config,
    device: Device,
    words: Tensor<2>,
    /// Includes the embedding of the first token type, because a title is one sentence.
    positions: Tensor<2>,
    norm: Norm,
    layers: Vec<Layer>,
}

#[derive(Debug)]
struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
    attended: Norm,
    up: Linear,
    down: Linear,
    done: Norm,
}

#[derive(Debug)]
struct Linear {
    /// `[in, out]`
    weight: Tensor<2>,
    bias: Tensor<1>,
}

#[derive(Debug)]
struct Norm {
    scale: Tensor<1>,
    shift: Tensor<1>,
    epsilon: f64,
}

impl Bert {
    /// Reads the weights from `model.safetensors`; `file` is its name in messages.
    pub(super) fn new(file: &str, bytes: &[u8], config: Config) -> Result<Self> {
        let tensors = SafeTensors::deserialize(bytes).with_context(|| {
            format!("{file}: cannot be read as safetensors: download the model again")
        })?;
        let device = Device::flex();
        let reader = Reader {
            file,
            tensors,
            device: &device,
            epsilon: config.layer_norm_eps,
        };
        let d = config.hidden_size;
        let types = reader.table(
            "embeddings.token_type_embeddings.weight",
            [config.type_vocab_size, d],
        )?;
        let positions = reader.table(
            "embeddings.position_embeddings.weight",
            [config.max_position_embeddings, d],
        )?;
        let layers = (0..config.num_hidden_layers).map(|nth| {
            let name = |part: &str| format!("encoder.layer.{nth}.{part}");
            Ok(Layer {
                query: reader.linear(&name("attention.self.query"), d, d)?,
                key: reader.linear(&name("attention.self.key"), d, d)?,
                value: reader.linear(&name("attention.self.value"), d, d)?,
                out: reader.linear(&name("attention.output.dense"), d, d)?,
                attended: reader.norm(&name("attention.output.LayerNorm"), d)?,
                up: reader.linear(&name("intermediate.dense"), d, config.intermediate_size)?,
                down: reader.linear(&name("output.dense"), config.intermediate_size, d)?,
                done: reader.norm(&name("output.LayerNorm"), d)?,
            })
        });
        Ok(Self {
            words: reader.table("embeddings.word_embeddings.weight", [config.vocab_size, d])?,
            positions: positions.add(types.narrow(0, 0, 1)),
            norm: reader.norm("embeddings.LayerNorm", d)?,
            layers: layers.collect::<Result<_>>()?,
            config,
            device: device.clone(),
        })
    }

    /// Size of a text vector.
    pub(super) fn size(&self) -> usize {
        self.config.hidden_size
    }

    /// Maximum number of tokens in a text.
    pub(super) fn positions(&self) -> usize {
        self.config.max_position_embeddings
    }

    /// Unit vectors of texts that all have the same number of tokens.
    ///
    /// # Shapes
    /// - `texts`: `[batch][length]`
    /// - output: `[batch, size]`, row-major
    pub(super) fn encode(&self, texts: &[&[i32]]) -> Vec<f32> {
        let (batch, length) = (texts.len(), texts.first().map_or(0, |text| text.len()));
        let d = self.config.hidden_size;
        let tokens = Tensor::<1, Int>::from_data(
            TensorData::new(texts.concat(), [batch * length]),
            &self.device,
        );
        let words = self
            .words
            .clone()
            .select(0, tokens)
            .reshape([batch, length, d]);
        let mut x = self
            .norm
            .forward(words.add(self.positions.clone().narrow(0, 0, length).unsqueeze_dim(0)));
        for layer in &self.layers {
            x = layer.forward(x, self.config.num_attention_heads);
        }
        let mean = x.mean_dim(1).squeeze_dim::<2>(1);
        let norm = mean
            .clone()
            .powi_scalar(2)
            .sum_dim(1)
            .sqrt()
            .clamp_min(1e-12);
        mean.div(norm)
            .into_data()
            .try_to_vec::<f32>()
            .expect("a float tensor holds f32 on this backend")
    }
}

impl Layer {
    /// # Shapes
    /// - `x` and output: `[batch, length, d]`
    fn forward(&self, x: Tensor<3>, heads: usize) -> Tensor<3> {
        let [batch, length, d] = x.dims();
        let split = |x: Tensor<3>| x.reshape([batch, length, heads, d / heads]).swap_dims(1, 2);
        let (query, key, value) = (
            split(self.query.forward(x.clone())),
            split(self.key.forward(x.clone())),
            split(self.value.forward(x.clone())),
        );
        // The default scale is BERT's: 1 / sqrt(d / heads).
        let mixed = attention(
            query,
            key,
            value,
            None,
            None,
            AttentionModuleOptions::default(),
        );
        let mixed = self
            .out
            .forward(mixed.swap_dims(1, 2).reshape([batch, length, d]));
        let x = self.attended.forward(x.add(mixed));
        let hidden = gelu(self.up.forward(x.clone()));
        self.done.forward(x.add(self.down.forward(hidden)))
    }
}

impl Linear {
    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        linear(x, self.weight.clone(), Some(self.bias.clone()))
    }
}

impl Norm {
    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        layer_norm(
            x,
            self.scale.clone(),
            Some(self.shift.clone()),
            self.epsilon,
        )
    }
}

/// Reads checked tensors from a file.
struct Reader<'a> {
    file: &'a str,
    tensors: SafeTensors<'a>,
    device: &'a Device,
    epsilon: f64,
}

impl Reader<'_> {
    fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let file = self.file;
        // Some publishers save the encoder as a part of a larger module.
        let view = self
            .tensors
            .tensor(name)
            .or_else(|_missing| self.tensors.tensor(&format!("bert.{name}")));
        let Ok(view) = view else {
            bail!(
                "{file}: the tensor '{name}' is missing, expected the layers that config.json lists: download the model again"
            );
        };
        if view.shape() != shape {
            bail!(
                "{file}, tensor '{name}': found the shape {:?}, expected {shape:?} as in config.json: download the model again",
                view.shape()
            );
        }
        if view.dtype() != Dtype::F32 {
            bail!(
                "{file}, tensor '{name}': found {:?}, expected F32: give a model with 32-bit weights",
                view.dtype()
            );
        }
        let values: Vec<f32> = view
            .data()
            .as_chunks::<4>()
            .0
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect();
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            bail!(
                "{file}, tensor '{name}': found {} at place {at}, expected finite numbers: download the model again",
                values[at]
            );
        }
        Ok(values)
    }

    fn table(&self, name: &str, shape: [usize; 2]) -> Result<Tensor<2>> {
        Ok(Tensor::from_data(
            TensorData::new(self.values(name, &shape)?, shape),
            self.device,
        ))
    }

    fn list(&self, name: &str, size: usize) -> Result<Tensor<1>> {
        Ok(Tensor::from_data(
            TensorData::new(self.values(name, &[size])?, [size]),
            self.device,
        ))
    }

    fn linear(&self, name: &str, from: usize, to: usize) -> Result<Linear> {
        // The file holds [out, in]. It is transposed once here, so that matrix products read it
        // sequentially.
        let values = self.values(&format!("{name}.weight"), &[to, from])?;
        let turned: Vec<f32> = (0..from)
            .flat_map(|row| values.iter().skip(row).step_by(from).copied())
            .collect();
        let weight = Tensor::from_data(TensorData::new(turned, [from, to]), self.device);
        Ok(Linear {
            weight,
            bias: self.list(&format!("{name}.bias"), to)?,
        })
    }

    fn norm(&self, name: &str, size: usize) -> Result<Norm> {
        let list = |part: &str| self.list(&format!("{name}.{part}"), size);
        Ok(Norm {
            scale: list("weight")?,
            shift: list("bias")?,
            epsilon: self.epsilon,
        })
    }
}
