//! `fewshop words`: what words mean in a shop, for its search.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use fewshop_data::files::{check_writable, write_atomically};
use fewshop_train::text::TextModel;
use fewshop_train::words::{TableSize, WordLists, distil, other_names, read_names};
use fewshop_words::{Texts, Words};

use super::{at_least_one, print, read_pack};

/// Arguments of `fewshop words`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Nothing is trained. The file belongs to the titles and categories of this pack: it stays valid when the pack is refreshed or gets \
                  rules, and is refused when titles change. Put it beside the pack as shop.words; the page fetches it when a shopper begins to search."
)]
pub struct Args {
    /// The shop's pack; it is not changed
    #[arg(long, value_name = "FILE")]
    pub pack: PathBuf,
    /// Sentence model: a wheel or folder with all-MiniLM-L6-v2, as for `fewshop train`
    #[arg(long, value_name = "PATH")]
    pub text_model: PathBuf,
    /// More words that shoppers may type, one a line; what follows a slash is ignored, so a
    /// spelling dictionary (.dic) can be given
    #[arg(long, value_name = "FILE")]
    pub vocabulary: Option<PathBuf>,
    /// Names of categories in another language, as in web/texts/zh-names.txt: the shop's name, a
    /// tab, the other name
    #[arg(long, value_name = "FILE")]
    pub category_names: Option<PathBuf>,
    /// More other names: the name, a tab, the shop's words
    #[arg(long, value_name = "FILE")]
    pub names: Option<PathBuf>,
    /// Maximum number of words
    #[arg(long, default_value_t = 8000, value_parser = at_least_one)]
    pub words: usize,
    /// Titles listed for each word
    #[arg(long, default_value_t = 20, value_parser = at_least_one)]
    pub near: usize,
    /// Output file
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Makes the file.
///
/// # Errors
/// When a file cannot be read or written.
pub fn run(args: &Args) -> anyhow::Result<()> {
    check_writable(&args.out)?;
    let pack = read_pack(&args.pack)?;
    let mut lists = WordLists::default();
    if let Some(path) = &args.vocabulary {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("{}: cannot be read", path.display()))?;
        let word = |line: &str| line.split('/').next().unwrap_or_default().trim().to_owned();
        lists.vocabulary = text.lines().map(word).collect();
    }
    if let Some(path) = &args.names {
        lists.names = read_names(path)?;
    }
    lists.names.extend(other_names());
    if let Some(path) = &args.category_names {
        let named = read_names(path)?;
        lists
            .names
            .extend(named.into_iter().map(|(name, other)| (other, name)));
    }
    let model = TextModel::open(&args.text_model)?;
    let size = TableSize {
        words: args.words,
        near: args.near,
    };
    let words = distil(pack.catalogue(), &model, &lists, size)?;
    let bytes = words.to_bytes();
    Words::from_bytes(&bytes, &Texts::of(pack.catalogue()))
        .with_context(|| format!("{}: the new file cannot be read back", args.out.display()))?;
    write_atomically(&args.out, |out| out.write_all(&bytes))?;
    print(&format!(
        "{}: {} words, {} other names, {} bytes\n",
        args.out.display(),
        words.len(),
        words.aliases(),
        bytes.len()
    ))?;
    Ok(())
}
