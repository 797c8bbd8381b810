//! The help of every command of a clap program as one Markdown page: `docs/cli.md` and
//! `docs/xtask.md`.
//!
//! Each command becomes a heading and its `--help`, word for word, in a code block. The crate
//! `clap-markdown` (0.1.5) writes lists instead, but copies help texts without escaping them, so
//! that a `<FILE>` in a sentence is taken for HTML. It runs the lines of an epilogue together and
//! puts the headings of commands and subcommands on one level.
//!
//! ```
//! let command = clap::Command::new("shop").subcommand(clap::Command::new("open"));
//! let page = fewshop_reference::page("The shop", command);
//! assert!(page.starts_with("# The shop\n"));
//! assert!(page.contains("\n### shop open\n\n```text\nUsage: shop open\n"));
//! ```

use clap::Command;

/// The page: a title, then every visible command and subcommand but `help`.
#[must_use]
pub fn page(title: &str, mut root: Command) -> String {
    let mut out = format!(
        "# {title}\n\nWritten by `cargo xtask docs` from what each command says with `--help`.\n"
    );
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
    use super::*;

    #[test]
    fn hidden_commands_and_help_are_left_out() {
        let root = Command::new("shop")
            .subcommand(Command::new("open").about("Opens <at> nine"))
            .subcommand(Command::new("secret").hide(true));
        let page = page("The shop", root);
        let headings: Vec<&str> = page.lines().filter(|line| line.starts_with('#')).collect();
        assert_eq!(headings, ["# The shop", "## shop", "### shop open"]);
        assert!(page.contains("```text\nOpens <at> nine\n"), "{page}");
    }
}
