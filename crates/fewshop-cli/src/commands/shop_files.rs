//! Arguments of every training study: a shop's files, and the training settings.

use std::path::PathBuf;

use fewshop_core::Catalogue;
use fewshop_data::files::Log;
use fewshop_train::learner::TrainConfig;
use fewshop_train::text::TextVectors;

use super::read_toml;
use super::reading::{ReadingArgs, items_of, log_of};
use super::train::open_text_model;

/// A shop's files and training settings.
#[derive(Debug, clap::Args)]
pub struct ShopFiles {
    /// The products: item_id,title,category,brand,size,price
    #[arg(long, value_name = "FILE")]
    pub items: PathBuf,
    /// The events: user_id,session_id,time,item_id,event,quantity
    #[arg(long, value_name = "FILE")]
    pub events: PathBuf,
    /// Settings that differ from the defaults
    #[arg(long, value_name = "TOML")]
    pub config: Option<PathBuf>,
    /// Sentence model that reads the titles: its wheel, or the folder that contains its
    /// model.safetensors
    #[arg(long, value_name = "FILE_OR_FOLDER")]
    pub text_model: Option<PathBuf>,
    /// How to read the files.
    #[command(flatten)]
    pub reading: ReadingArgs,
}

/// The content of the files.
pub(super) struct OpenShop {
    pub(super) config: TrainConfig,
    pub(super) catalogue: Catalogue,
    pub(super) log: Log,
    /// The sentence model's vectors of the titles, if one was given.
    pub(super) text: Option<TextVectors>,
}

impl ShopFiles {
    /// Reads the files, settings first.
    ///
    /// # Errors
    /// When a file cannot be read or is invalid.
    pub(super) fn open(&self) -> anyhow::Result<OpenShop> {
        let config: TrainConfig = read_toml(self.config.as_deref())?;
        let model = open_text_model(self.text_model.as_deref(), &config)?;
        let reading = self.reading.reading()?;
        let catalogue = items_of(&self.items, &reading)?.catalogue;
        let log = log_of(&self.events, &catalogue, &reading)?;
        let text = model.map(|model| TextVectors::of(&catalogue, &model));
        Ok(OpenShop {
            config,
            catalogue,
            log,
            text,
        })
    }
}
