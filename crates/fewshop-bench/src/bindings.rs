//! The JavaScript classes: one for Fewshop's own kernels, one for plain burn.

use fewshop_model::kernels::{self, AdaptRows};
use fewshop_model::{AdapterWeights, ItemTable, ModelConfig};
use fewshop_table::network::Network;
use fewshop_table::{
    Episode, LabelledRows, MAX_CELLS, Settings, Table, TableError, episode, is_missing,
};
use wasm_bindgen::prelude::*;

use crate::Task;
use crate::tower::{self, D, Tower};

/// The network for tables, on the cells of one table.
#[wasm_bindgen]
#[derive(Debug)]
pub struct TableNetwork {
    bytes: Vec<u8>,
    network: Network,
    episode: Episode,
    rows: Option<LabelledRows>,
}

#[wasm_bindgen]
impl TableNetwork {
    /// Takes a table as text; the rows without a value in `target` are the questions.
    ///
    /// # Errors
    /// When the table cannot be answered.
    #[wasm_bindgen(constructor)]
    pub fn new(text: &str, target: &str) -> Result<Self, String> {
        let made = || {
            let table = Table::parse(text, MAX_CELLS)?;
            let cells = table.column(table.find(target)?).iter().enumerate();
            let questions: Vec<usize> = cells
                .filter(|(_, cell)| is_missing(cell))
                .map(|(row, _)| row)
                .collect();
            episode(&table, target, &questions, &Settings::default())
        };
        Ok(Self {
            bytes: Network::shipped().to_bytes(),
            network: Network::shipped(),
            episode: made().map_err(|error: TableError| error.to_string())?,
            rows: None,
        })
    }

    /// Cells of a row.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn cells(&self) -> usize {
        self.episode.cells
    }

    /// What the network reads of the labelled rows.
    #[must_use]
    pub fn labelled(&self) -> Vec<f32> {
        self.episode.context.clone()
    }

    /// What it reads of the questions.
    #[must_use]
    pub fn questions(&self) -> Vec<f32> {
        self.episode.questions.clone()
    }

    /// Reads the weights again, as a page does once.
    ///
    /// # Errors
    /// Never: they are the shipped ones.
    pub fn load(&mut self) -> Result<(), String> {
        self.network = Network::from_bytes(&self.bytes).map_err(|error| error.to_string())?;
        Ok(())
    }

    /// Reads the labelled rows.
    pub fn read(&mut self) {
        self.rows = Some(self.episode.read(&self.network));
    }

    /// The corrections for these cells; none before the labelled rows are read.
    #[must_use]
    pub fn corrections(&self, questions: &[f32]) -> Vec<f32> {
        let rows = self.rows.iter();
        rows.flat_map(|rows| rows.corrections(questions)).collect()
    }
}

#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// Steps, rate, both decays, epsilon and l2 of a task, in this order.
fn task(positives: &[u32], negatives: &[u32], start: &[f32], numbers: &[f32]) -> Task {
    let &[steps, rate, beta1, beta2, epsilon, l2] = numbers else {
        panic!("a task has six numbers")
    };
    Task {
        positives: positives.to_vec(),
        negatives: negatives.to_vec(),
        start: start.to_vec(),
        steps: steps as usize,
        rate,
        beta1,
        beta2,
        epsilon,
        l2,
    }
}

/// The highest scores: their rows, then their values.
fn best(scores: &[f32], k: usize) -> Vec<f64> {
    let rows = kernels::top_k(scores, k, &|_| true);
    let values: Vec<f64> = rows
        .iter()
        .map(|&row| f64::from(scores[row as usize]))
        .collect();
    rows.into_iter().map(f64::from).chain(values).collect()
}

/// The model's own kernels.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Own {
    table: Vec<f32>,
    bytes: ItemTable,
    tower: Tower,
    user: [f32; D],
    scores: Vec<f32>,
    adapter: AdapterWeights,
    config: ModelConfig,
    rows: AdaptRows,
}

#[wasm_bindgen]
impl Own {
    /// Takes the catalogue, `[items, 64]`.
    #[wasm_bindgen(constructor)]
    pub fn new(table: Vec<f32>) -> Self {
        let items = table.len() / D;
        Self {
            bytes: ItemTable::quantise(&table, D, vec![0.0; items]),
            table,
            tower: Tower::default(),
            user: [0.0; D],
            scores: vec![0.0; items],
            adapter: AdapterWeights {
                learning_rate: vec![0.05; D],
                gate: vec![1.0],
                negatives: Vec::new(),
            },
            config: ModelConfig {
                logit_scale: 5.0,
                ..ModelConfig::default()
            },
            rows: AdaptRows::default(),
        }
    }

    /// The tower: the user's vector, followed by the losses if requested.
    pub fn finetune(
        &mut self,
        positives: &[u32],
        negatives: &[u32],
        start: &[f32],
        numbers: &[f32],
        losses: bool,
    ) -> Vec<f32> {
        let mut seen = Vec::new();
        let task = task(positives, negatives, start, numbers);
        self.user = self
            .tower
            .finetune(&self.table, &task, losses.then_some(&mut seen));
        self.user.into_iter().chain(seen).collect()
    }

    /// The best items by the f32 table.
    pub fn top(&mut self, k: usize) -> Vec<f64> {
        tower::scan(&self.table, &self.user, &mut self.scores);
        best(&self.scores, k)
    }

    /// The best items by the int8 table, as in the shop.
    #[wasm_bindgen(js_name = "topOfBytes")]
    pub fn top_of_bytes(&self, k: usize) -> Vec<f64> {
        best(&kernels::scan(&self.bytes, &self.user, 1.0), k)
    }

    /// The int8 scan alone.
    #[wasm_bindgen(js_name = "scanBytes")]
    pub fn scan_bytes(&self) -> f32 {
        kernels::scan(&self.bytes, &self.user, 1.0)[0]
    }

    /// The shop's own adaptation: five steps on the context items against the negatives.
    pub fn adapt(&mut self, positives: &[u32], negatives: &[u32], u0: &[f32]) -> Vec<f32> {
        let rows = &mut self.rows;
        for (to, bias, from) in [
            (&mut rows.positives, &mut rows.positive_bias, positives),
            (&mut rows.negatives, &mut rows.negative_bias, negatives),
        ] {
            to.clear();
            bias.clear();
            for &row in from {
                to.extend_from_slice(&self.table[row as usize * D..(row as usize + 1) * D]);
                bias.push(0.0);
            }
        }
        kernels::adapt(u0, rows, &self.adapter, &self.config)
    }
}

/// Plain burn.
#[cfg(feature = "burn")]
#[wasm_bindgen]
#[derive(Debug)]
pub struct Burn {
    plain: crate::plain::Plain,
}

#[cfg(feature = "burn")]
#[wasm_bindgen]
impl Burn {
    /// Starts the device; call once on a page.
    #[wasm_bindgen(js_name = "start")]
    pub async fn start_device() -> Result<(), JsError> {
        #[cfg(feature = "gpu")]
        burn::tensor::Device::wgpu_options()
            .init_async()
            .await
            .map_err(|err| JsError::new(&err.to_string()))?;
        Ok(())
    }

    /// Takes the catalogue, `[items, 64]`.
    #[wasm_bindgen(constructor)]
    pub fn new(table: &[f32]) -> Self {
        #[cfg(feature = "gpu")]
        let device = burn::tensor::Device::wgpu(Default::default());
        #[cfg(not(feature = "gpu"))]
        let device = burn::tensor::Device::flex();
        Self {
            plain: crate::plain::Plain::new(table, device),
        }
    }

    /// See [`Own::finetune`].
    pub async fn finetune(
        &mut self,
        positives: Vec<u32>,
        negatives: Vec<u32>,
        start: Vec<f32>,
        numbers: Vec<f32>,
        losses: bool,
    ) -> Vec<f32> {
        let mut seen = Vec::new();
        let task = task(&positives, &negatives, &start, &numbers);
        let user = self
            .plain
            .finetune(&task, losses.then_some(&mut seen))
            .await;
        user.into_iter().chain(seen).collect()
    }

    /// The best items by the f32 table.
    pub async fn top(&self, k: usize) -> Vec<f64> {
        best(&self.plain.scan().await, k)
    }
}
