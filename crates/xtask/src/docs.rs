//! `cargo xtask docs`: the references of both command lines, written by the commands themselves,
//! and the book around them.

use anyhow::Result;
use clap::{Command, CommandFactory};

use crate::Cli;
use crate::files::write_if_changed;
use crate::root::root;
use crate::run::{cargo, command, output, run, say};
use crate::tools::on_path;

/// The book's maker, pinned.
const MDBOOK: &str = "0.5.4";

/// Writes both references; with `book` the book, too.
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
    say!("docs/cli.md and docs/xtask.md are what the commands say");
    if book {
        if on_path("mdbook").is_none() {
            run(cargo().args(["install", "mdbook", "--version", MDBOOK, "--locked"]))?;
        }
        run(command(on_path("mdbook").unwrap_or_else(|| "mdbook".into())).args(["build", "."]))?;
        say!("the book is open at target/book/index.html");
    }
    Ok(())
}

/// The help of each command of the xtask.
fn page() -> String {
    let mut out = "# cargo xtask\n\nWritten by `cargo xtask docs` from what each command says with `--help`.\n".to_owned();
    let mut root = Cli::command();
    root.build();
    add(&mut root, 2, &mut out);
    out
}

fn add(command: &mut Command, level: usize, out: &mut String) {
    let name = command
        .get_bin_name()
        .unwrap_or(command.get_name())
        .to_owned();
    let help = command.render_long_help().to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    *out += &format!(
        "\n{} {name}\n\n```text\n{}\n```\n",
        "#".repeat(level),
        help.join("\n").trim_end()
    );
    for sub in command
        .get_subcommands_mut()
        .filter(|sub| sub.get_name() != "help")
    {
        add(sub, level + 1, out);
    }
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
