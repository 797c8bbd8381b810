//! `fewshop compress`: makes a smaller pack that ranks nearly as well.

use std::path::PathBuf;

use fewshop_data::files::{check_writable, write_atomically};
use fewshop_train::compress::{search, table};

use super::evaluate::read_eval_set;
use super::{print, read_pack, write_pack_bytes, write_study};
use crate::provenance::Provenance;
use crate::report::{self, Study};

/// Arguments of `fewshop compress`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The budget is in bytes on the wire: the pack after brotli at quality 11, as a web server sends it. The search tries item vectors as \
                  they are, at fewer bits (8, 6, 5, 4, of those below the pack's own), and by product quantisation (32, 16, 8 codes a product), \
                  each with 100, 75, 60, 50 and 25 % of each product's pairs, then the ranker with 50, 75 and 90 % of its weights at 0, alone and \
                  with the best of these within the budget. Among all packs within the budget it takes the one with the highest NDCG@10 (the mean over k), or the smallest in a tie. The best \
                  of some forty on the same cases is partly luck: look at its interval, and evaluate it on other cases if it matters. A \
                  compressed pack has format version 10."
)]
pub struct Args {
    /// The pack to compress; it is not changed
    #[arg(long, value_name = "FILE")]
    pub pack: PathBuf,
    /// Output file for the smaller pack
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Maximum bytes on the wire (brotli, quality 11), such as 1.2MB, 900kB or 1200000; a kB is
    /// 1,000 bytes
    #[arg(long, value_name = "BYTES", value_parser = size)]
    pub budget: usize,
    /// Cases for choosing: case_id,user_id,k,position,item_id
    #[arg(long, value_name = "FILE")]
    pub valid_cases: PathBuf,
    /// Relevant items of those cases: case_id,item_id
    #[arg(long, value_name = "FILE")]
    pub valid_truth: PathBuf,
    /// Least share of each product's pairs to keep, 0 to 1. NDCG@10 does not notice when half of
    /// them go, but shelves about a product do
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    pub least_pairs: f64,
    /// Random seed of product quantisation
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Also write the figures to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Draw NDCG@10 by bytes to this file, as SVG
    #[arg(long, value_name = "SVG")]
    pub plot: Option<PathBuf>,
}

/// Parses a length such as `1.2MB`.
fn size(text: &str) -> Result<usize, String> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => Some(1.0),
        "k" | "kb" => Some(1e3),
        "m" | "mb" => Some(1e6),
        _ => None,
    };
    let number: Option<f64> = digits.trim().parse().ok();
    let bytes = number
        .zip(unit)
        .map(|(number, unit)| (number * unit).round())
        .filter(|bytes| (1.0..=1e12).contains(bytes));
    bytes
        .map(|bytes| bytes as usize)
        .ok_or_else(|| "expected a length such as 1.2MB, 900kB or 1200000".to_owned())
}

/// Parses a number from 0 to 1.
fn share(text: &str) -> Result<f64, String> {
    let share = text
        .parse()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "expected a share from 0 to 1, such as 0.6".to_owned())
}

/// Compresses.
///
/// # Errors
/// When a file cannot be read or written, or no pack fits the budget.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let pack = read_pack(&args.pack)?;
    for path in [Some(&args.out), args.json.as_ref(), args.plot.as_ref()]
        .into_iter()
        .flatten()
    {
        check_writable(path)?;
    }
    if let (Ok(from), Ok(to)) = (args.pack.canonicalize(), args.out.canonicalize()) {
        anyhow::ensure!(
            from != to,
            "{}: is the input pack: give --out another name",
            args.out.display()
        );
    }
    let mut provenance = Provenance::of("compress").value("--budget", args.budget);
    if args.least_pairs > 0.0 {
        provenance = provenance.value("--least-pairs", args.least_pairs);
    }
    let eval_set = read_eval_set(&args.valid_cases, &args.valid_truth, pack.catalogue())?;
    let smaller = search(
        &pack,
        &eval_set,
        args.budget,
        args.least_pairs,
        args.seed,
        &provenance.to_string(),
    )?;
    let text = |path: &PathBuf, text: String| {
        write_atomically(path, |out| std::io::Write::write_all(out, text.as_bytes()))
    };
    write_study(
        args.json.as_deref(),
        &Study::Compress(smaller.found.clone()),
    )?;
    if let Some(path) = &args.plot {
        text(path, report::compression(&smaller.found))?;
    }
    write_pack_bytes(&args.out, &smaller.bytes)?;
    let taken = &smaller.found.tried[smaller.found.chosen];
    print(&format!(
        "{}{}: {}, {} bytes on the wire of {} allowed, NDCG@10 {:.2} % of the original pack's\n",
        table(&smaller.found),
        args.out.display(),
        taken.name,
        taken.brotli_bytes,
        args.budget,
        100.0 * taken.share_of_full
    ))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_number_from_0_to_1() {
        assert_eq!(share("0.6"), Ok(0.6));
        for text in ["", "65 %", "-0.1", "1.1", "nan"] {
            assert!(share(text).unwrap_err().contains("0.6"), "{text}");
        }
    }

    #[test]
    fn a_budget_has_a_unit_or_none() {
        for (text, bytes) in [
            ("1.2MB", 1_200_000),
            ("900kB", 900_000),
            ("900 kb", 900_000),
            ("77", 77),
            ("3B", 3),
            ("0.5m", 500_000),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in [
            "", "MB", "0", "-1MB", "1.2GB", "nan", "1e99MB", "1.2 M B", "é",
        ] {
            assert!(size(text).unwrap_err().contains("1.2MB"), "{text}");
        }
    }
}
