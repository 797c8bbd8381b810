//! `cargo xtask docs`: writes the references of both command lines from their `--help`, and builds
//! the book.

use anyhow::Result;
use clap::CommandFactory;

use crate::Cli;
use crate::files::write_if_changed;
use crate::root::root;
use crate::run::{cargo, command, output, run, say};
use crate::tools::on_path;

/// The pinned version of mdbook.
const MDBOOK: &str = "0.5.4";

/// Writes both references and, with `book`, the book.
pub(crate) fn docs(book: bool) -> Result<()> {
    let fewshop = output(cargo().args([
        "run",
        "--package",
        "fewshop-cli",
        "--bin",
        "fewshop",
        "--",
        "reference",
    ]))?;
    write_if_changed(&root().join("docs/cli.md"), fewshop.as_bytes())?;
    write_if_changed(&root().join("docs/xtask.md"), page().as_bytes())?;
    say!("docs/cli.md and docs/xtask.md are up to date");
    if book {
        if on_path("mdbook").is_none() {
            run(cargo().args(["install", "mdbook", "--version", MDBOOK, "--locked"]))?;
        }
        run(command(on_path("mdbook").unwrap_or_else(|| "mdbook".into())).args(["build", "."]))?;
        say!("the book is in target/book/index.html");
    }
    Ok(())
}

fn page() -> String {
    fewshop_reference::page("cargo xtask", Cli::command())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_that_is_committed_is_what_the_commands_say() {
        let committed = std::fs::read_to_string(root().join("docs/xtask.md"))
            .unwrap()
            .replace("\r\n", "\n");
        assert!(
            page() == committed,
            "docs/xtask.md is not up to date: run `cargo xtask docs`"
        );
    }

    #[test]
    fn the_book_lists_every_page_of_docs_and_no_other() {
        let summary = std::fs::read_to_string(root().join("docs/SUMMARY.md")).unwrap();
        let linked: std::collections::BTreeSet<&str> = summary
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split_once(')'))
            .map(|(file, _)| file)
            .collect();
        for entry in std::fs::read_dir(root().join("docs")).unwrap() {
            let name = entry.unwrap().file_name().to_string_lossy().into_owned();
            assert!(
                !name.ends_with(".md") || name == "SUMMARY.md" || linked.contains(name.as_str()),
                "docs/SUMMARY.md does not list {name}"
            );
        }
        for file in linked {
            assert!(
                root().join("docs").join(file).is_file(),
                "docs/SUMMARY.md lists {file}"
            );
        }
    }
}
