//! What every study of the trainer asks for: a shop's files, and the settings to train it with.

use std::path::PathBuf;

use fewshop_core::Catalogue;
use fewshop_data::files::{Log, read_events, read_items};
use fewshop_train::learner::TrainConfig;
use fewshop_train::text::TextVectors;

use super::train::open_text_model;
use super::{read_toml, warn_unknown};

/// A shop's files, and how to train on them.
#[derive(Debug, clap::Args)]
pub struct ShopFiles {
    /// The products: item_id,title,category,brand,size,price
    #[arg(long, value_name = "FILE")]
    pub items: PathBuf,
    /// What shoppers did: user_id,session_id,time,item_id,event,quantity
    #[arg(long, value_name = "FILE")]
    pub events: PathBuf,
    /// Settings that differ from the defaults
    #[arg(long, value_name = "TOML")]
    pub config: Option<PathBuf>,
    /// Sentence model that reads the titles: its wheel, or the folder that holds its
    /// model.safetensors
    #[arg(long, value_name = "FILE_OR_FOLDER")]
    pub text_model: Option<PathBuf>,
}

/// The same, read.
pub(super) struct OpenShop {
    pub(super) config: TrainConfig,
    pub(super) catalogue: Catalogue,
    pub(super) log: Log,
    /// What the sentence model says of the titles, where one was named.
    pub(super) text: Option<TextVectors>,
}

impl ShopFiles {
    /// Reads the files, settings first.
    ///
    /// # Errors
    /// When a file cannot be read or holds something else than it should.
    pub(super) fn open(&self) -> anyhow::Result<OpenShop> {
        let config: TrainConfig = read_toml(self.config.as_deref())?;
        let model = open_text_model(self.text_model.as_deref(), &config)?;
        let catalogue = read_items(&self.items)?.catalogue;
        let log = read_events(&self.events, &catalogue)?;
        warn_unknown(&log.unknown, &self.events);
        let text = model.map(|model| TextVectors::of(&catalogue, &model));
        Ok(OpenShop {
            config,
            catalogue,
            log,
            text,
        })
    }
}
