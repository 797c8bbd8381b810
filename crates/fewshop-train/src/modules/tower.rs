use burn::module::{Module, Param};
use burn::nn::{
    Embedding, EmbeddingConfig, Initializer, LayerNorm, LayerNormConfig, Linear, LinearConfig,
};
use burn::tensor::activation::softmax;
use burn::tensor::{Device, Distribution, Int, Tensor, TensorData};
use fewshop_core::EventKind;

use super::ranker::values;
use fewshop_model::EncoderWeights;

/// Content of all items: padded lists of token numbers, where token 0 is padding, and text-model
/// vectors, if there is a text model.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ItemContent {
    /// Number of tokens, including padding.
    pub tokens: usize,
    /// Tokens per row.
    pub width: usize,
    /// `[items, width]`, row-major.
    pub rows: Vec<i32>,
    /// Size of a text-model vector; 0 without a text model.
    pub text_width: usize,
    /// `[items, text_width]`, row-major.
    pub text: Vec<f32>,
}

/// The same on a device.
#[derive(Debug, Clone)]
pub struct ItemInput {
    /// `[items, width]`, 0 = padding.
    tokens: Tensor<2, Int>,
    /// `[items, text_width]`.
    text: Option<Tensor<2>>,
    /// `[items]`, the catalogue's rows; all of them in order if there are none.
    rows: Option<Tensor<1, Int>>,
}

impl ItemInput {
    /// The same for some items only.
    ///
    /// # Shapes
    /// - `rows`: `[chosen]` rows of the catalogue
    #[must_use]
    pub fn select(&self, rows: &[i32]) -> Self {
        let device = self.tokens.device();
        let rows =
            Tensor::<1, Int>::from_data(TensorData::new(rows.to_vec(), [rows.len()]), &device);
        Self {
            tokens: self.tokens.clone().select(0, rows.clone()),
            text: self.text.clone().map(|text| text.select(0, rows.clone())),
            rows: Some(rows),
        }
    }
}

impl ItemContent {
    /// Number of items.
    #[must_use]
    pub fn items(&self) -> usize {
        self.rows.len() / self.width.max(1)
    }

    /// Copies it to a device.
    #[must_use]
    pub fn on(&self, device: &Device) -> ItemInput {
        let items = self.items();
        let text = || {
            Tensor::from_data(
                TensorData::new(self.text.clone(), [items, self.text_width]),
                device,
            )
        };
        ItemInput {
            tokens: Tensor::from_data(
                TensorData::new(self.rows.clone(), [items, self.width]),
                device,
            ),
            text: (self.text_width > 0).then(text),
            rows: None,
        }
    }
}

/// Settings of tower and encoder.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoTowerConfig {
    /// Size of an item vector, d.
    pub embedding_size: usize,
    /// Hidden units of the attention.
    pub attention: usize,
    /// Share of items per step whose id residual is dropped, so that content alone must suffice.
    pub id_dropout: f64,
    /// Temperature of the training softmax over cosines.
    pub temperature: f32,
}

impl Default for TwoTowerConfig {
    fn default() -> Self {
        Self {
            embedding_size: 64,
            attention: 16,
            id_dropout: 0.2,
            temperature: 0.1,
        }
    }
}

impl TwoTowerConfig {
    /// Tower and encoder with random weights and the item biases at `log_popularity`.
    ///
    /// # Shapes
    /// - `log_popularity`: `[items]`
    #[must_use]
    pub fn init(&self, content: &ItemContent, log_popularity: &[f32], device: &Device) -> TwoTower {
        let d = self.embedding_size;
        let table = |rows| {
            EmbeddingConfig::new(rows, d)
                .with_initializer(Initializer::Normal {
                    mean: 0.0,
                    std: 0.1,
                })
                .init(device)
        };
        let bias = Tensor::<1>::from_data(
            TensorData::new(log_popularity.to_vec(), [log_popularity.len()]),
            device,
        );
        // The same initial scale as the tokens' sum, about 0.1 per number.
        let text = LinearConfig::new(content.text_width, d)
            .with_bias(false)
            .with_initializer(Initializer::Normal {
                mean: 0.0,
                std: 0.1 / (content.text_width.max(1) as f64).sqrt(),
            });
        TwoTower {
            tokens: table(content.tokens),
            ids: table(content.items()),
            norm: LayerNormConfig::new(d).init(device),
            bias: Param::from_tensor(bias),
            attention: LinearConfig::new(d, self.attention).init(device),
            attention_out: LinearConfig::new(self.attention, 1)
                .with_bias(false)
                .init(device),
            id_dropout: self.id_dropout,
            // Initialised last, and only if needed, so that a text model does not change the random
            // numbers of trainings without one.
            text: (content.text_width > 0).then(|| text.init(device)),
        }
    }
}

/// The tower without ids: layer norm of the tokens' sum by the root of their number, plus the
/// projected text-model vector, normalised to unit length.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ContentPath {
    /// Size of a vector.
    pub d: usize,
    /// `[tokens, d]`; row 0 is padding.
    pub tokens: Vec<f32>,
    /// `[d]`.
    pub gamma: Vec<f32>,
    /// `[d]`.
    pub beta: Vec<f32>,
    /// `[text_width, d]`; empty without a text model.
    pub text: Vec<f32>,
}

impl ContentPath {
    /// The vector of one product, `[d]`; its tokens as in [`ItemContent::rows`], without padding.
    ///
    /// # Panics
    /// If a token is not in the tower's vocabulary.
    #[must_use]
    pub fn vector(&self, tokens: &[i32], text: &[f32]) -> Vec<f32> {
        let mut x = vec![0f32; self.d];
        let mut add =
            |weight: f32, row: &[f32]| x.iter_mut().zip(row).for_each(|(x, r)| *x += weight * r);
        let each = 1.0 / (tokens.len().max(1) as f32).sqrt();
        for &token in tokens {
            add(each, &self.tokens[token as usize * self.d..][..self.d]);
        }
        for (&number, row) in text.iter().zip(self.text.chunks_exact(self.d)) {
            add(number, row);
        }
        let n = self.d as f32;
        let mean = x.iter().sum::<f32>() / n;
        let inv_std = 1.0 / (x.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / n + 1e-5).sqrt();
        for ((x, gamma), beta) in x.iter_mut().zip(&self.gamma).zip(&self.beta) {
            *x = (*x - mean) * inv_std * gamma + beta;
        }
        let norm = x.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-6);
        x.into_iter().map(|x| x / norm).collect()
    }
}

/// Item tower (content + id residual, normalised) and session encoder (attention over the context
/// items' vectors).
#[derive(Module, Debug)]
pub struct TwoTower {
    tokens: Embedding,
    ids: Embedding,
    norm: LayerNorm,
    bias: Param<Tensor<1>>,
    attention: Linear,
    attention_out: Linear,
    id_dropout: f64,
    text: Option<Linear>,
}

impl TwoTower {
    /// Unit vectors of all items; with `train`, id residuals are dropped at random.
    ///
    /// # Shapes
    /// - output: `[items, d]`
    #[must_use]
    pub fn items(&self, content: &ItemInput, train: bool) -> Tensor<2> {
        let [items, _] = content.tokens.dims();
        let present = content.tokens.clone().not_equal_elem(0).float();
        let found = present.clone().sum_dim(1);
        let count = found.clone().clamp_min(1.0);
        let vectors = self
            .tokens
            .forward(content.tokens.clone())
            .mul(present.unsqueeze_dim::<3>(2));
        let mut content_sum = vectors.sum_dim(1).squeeze_dim::<2>(1).div(count.sqrt());
        if let (Some(linear), Some(text)) = (&self.text, &content.text) {
            content_sum = content_sum.add(linear.forward(text.clone()));
        }
        let mut ids = self.ids.weight.val();
        if let Some(rows) = &content.rows {
            ids = ids.select(0, rows.clone());
        }
        if train && self.id_dropout > 0.0 {
            let keep = Tensor::<2>::random(
                [items, 1],
                Distribution::Bernoulli(1.0 - self.id_dropout),
                &ids.device(),
            );
            // An item without content has nothing but its id.
            let bare = match content.text {
                None => found.lower_elem(0.5).float(),
                Some(_) => found.zeros_like(),
            };
            ids = ids.mul(keep.max_pair(bare));
        }
        unit(self.norm.forward(content_sum.add(ids)))
    }

    /// User embedding of each session: attention-weighted mean of its context items' vectors.
    ///
    /// # Shapes
    /// - `items`: `[items, d]` from [`Self::items`]
    /// - `context`: `[batch, k]` item rows
    /// - `mask`: `[batch, k]`, 1 for context items, 0 for padding
    /// - output: `[batch, d]`
    #[must_use]
    pub fn user_embeddings(
        &self,
        items: Tensor<2>,
        context: Tensor<2, Int>,
        mask: Tensor<2>,
    ) -> Tensor<2> {
        let [batch, k] = context.dims();
        let d = items.dims()[1];
        let vectors = items
            .select(0, context.reshape([batch * k]))
            .reshape([batch, k, d]);
        let hidden = self.attention.forward(vectors.clone()).tanh();
        let attention = self.attention_out.forward(hidden).squeeze_dim::<2>(2);
        let attention = softmax(attention.add(mask.sub_scalar(1.0).mul_scalar(1e9)), 1);
        attention
            .reshape([batch, 1, k])
            .matmul(vectors)
            .squeeze_dim::<2>(1)
    }

    /// Logits of the input's items for each user embedding.
    ///
    /// # Shapes
    /// - `user_embeddings`: `[batch, d]`; `items`: `[items, d]`, of the same `content`
    /// - output: `[batch, items]`
    #[must_use]
    pub fn logits(
        &self,
        user_embeddings: Tensor<2>,
        items: Tensor<2>,
        content: &ItemInput,
        logit_scale: f32,
    ) -> Tensor<2> {
        let mut bias = self.bias.val();
        if let Some(rows) = &content.rows {
            bias = bias.select(0, rows.clone());
        }
        user_embeddings
            .matmul(items.transpose())
            .mul_scalar(logit_scale)
            .add(bias.unsqueeze_dim::<2>(0))
    }

    /// The encoder in the pack's format.
    #[must_use]
    pub fn export_encoder(&self) -> EncoderWeights {
        EncoderWeights {
            hidden: self.attention.weight.dims()[1],
            w: values(self.attention.weight.val()),
            b: self
                .attention
                .bias
                .as_ref()
                .map(|b| values(b.val()))
                .unwrap_or_default(),
            v: values(self.attention_out.weight.val()),
            // The training logs contain only purchases, without an order: kinds and ages start out
            // equal.
            kind: vec![0.0; EventKind::ALL.len()],
            recency: 0.0,
        }
    }

    /// The mapping from content to vector as plain numbers, without the id residual, for products
    /// that were not in the training.
    #[must_use]
    pub fn export_content(&self) -> ContentPath {
        ContentPath {
            d: self.norm.gamma.dims()[0],
            tokens: values(self.tokens.weight.val()),
            gamma: values(self.norm.gamma.val()),
            beta: self
                .norm
                .beta
                .as_ref()
                .map(|beta| values(beta.val()))
                .unwrap_or_default(),
            text: self
                .text
                .as_ref()
                .map(|text| values(text.weight.val()))
                .unwrap_or_default(),
        }
    }

    /// Item vectors and biases as plain numbers: `[items, d]` row-major and `[items]`.
    #[must_use]
    pub fn export_items(&self, content: &ItemInput) -> (Vec<f32>, Vec<f32>) {
        (values(self.items(content, false)), values(self.bias.val()))
    }
}

fn unit(x: Tensor<2>) -> Tensor<2> {
    // The small number keeps the root's gradient finite for a vector of zeros.
    let norm = x.clone().powi_scalar(2).sum_dim(1).add_scalar(1e-12).sqrt();
    x.div(norm)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_tower_is_the_tower_without_ids() {
        let device = Device::flex();
        let content = ItemContent {
            tokens: 4,
            width: 2,
            rows: vec![1, 3, 2, 0],
            text_width: 2,
            text: vec![1.0, -0.5, 0.0, 2.0],
        };
        let mut model = TwoTowerConfig {
            embedding_size: 8,
            ..TwoTowerConfig::default()
        }
        .init(&content, &[0.0; 2], &device);
        model.ids.weight = Param::from_tensor(Tensor::zeros([2, 8], &device));
        let (expected, _) = model.export_items(&content.on(&device));
        let path = model.export_content();
        let found = [
            path.vector(&[1, 3], &[1.0, -0.5]),
            path.vector(&[2], &[0.0, 2.0]),
        ]
        .concat();
        assert!(
            found
                .iter()
                .zip(&expected)
                .all(|(a, b)| (a - b).abs() < 1e-5),
            "{found:?} {expected:?}"
        );
    }

    /// A log of ids alone: no token, no text.
    #[test]
    fn items_without_content_keep_their_ids_and_gradients_stay_finite() {
        let device = Device::flex().autodiff();
        let content = ItemContent {
            tokens: 1,
            width: 1,
            rows: vec![0; 20],
            ..ItemContent::default()
        };
        let config = TwoTowerConfig {
            embedding_size: 8,
            id_dropout: 0.9,
            ..TwoTowerConfig::default()
        };
        let model = config.init(&content, &[0.0; 20], &device);
        let input = content.on(&device);
        let vectors = model.items(&input, true);
        let (kept, _) = model.export_items(&input);
        let drawn: Vec<f32> = vectors.clone().into_data().try_to_vec().unwrap();
        assert_eq!(drawn, kept);
        let gradients = vectors.sum().backward();
        let moved = model.ids.weight.val().grad(&gradients).unwrap();
        let moved: Vec<f32> = moved.into_data().try_to_vec().unwrap();
        assert!(moved.iter().all(|x| x.is_finite()), "{moved:?}");
    }

    #[test]
    fn a_text_vector_moves_only_its_own_item() {
        let device = Device::flex();
        let with_text = |text: [f32; 4]| ItemContent {
            tokens: 2,
            width: 1,
            rows: vec![1, 0],
            text_width: 2,
            text: text.to_vec(),
        };
        let content = with_text([1.0, 0.0, 0.0, 1.0]);
        let model = TwoTowerConfig {
            embedding_size: 8,
            ..TwoTowerConfig::default()
        }
        .init(&content, &[0.0; 2], &device);
        let (before, _) = model.export_items(&content.on(&device));
        let (after, _) = model.export_items(&with_text([1.0, 0.0, 3.0, 1.0]).on(&device));
        assert_eq!(before[..8], after[..8]);
        assert_ne!(before[8..], after[8..]);
    }
}
