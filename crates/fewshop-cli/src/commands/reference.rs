//! `fewshop reference`: the help of every command as one Markdown page, which `cargo xtask docs`
//! writes to `docs/cli.md`.

use clap::CommandFactory;

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
    fewshop_reference::page("The fewshop command", Cli::command())
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
