//! `fewshop reference`: the help of every command as one Markdown page, which `cargo xtask docs`
//! keeps as `docs/cli.md`.

use clap::{Command, CommandFactory};

use super::{Cli, print};

/// Prints the page.
///
/// # Errors
/// When stdout cannot be written to.
pub fn run() -> anyhow::Result<()> {
    print(&page())?;
    Ok(())
}

/// The page.
#[must_use]
pub fn page() -> String {
    let mut out =
        "# The fewshop command\n\nWritten by `cargo xtask docs` from what each command says with `--help`.\n".to_owned();
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
        .filter(|sub| !sub.is_hide_set() && sub.get_name() != "help")
    {
        add(sub, level + 1, out);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_that_is_committed_is_what_the_commands_say() {
        let committed = include_str!("../../../../docs/cli.md").replace("\r\n", "\n");
        let page = super::page();
        let differs = page
            .lines()
            .zip(committed.lines())
            .find(|(now, then)| now != then);
        assert!(
            page == committed,
            "docs/cli.md is not up to date: run `cargo xtask docs` ({differs:?})"
        );
    }
}
