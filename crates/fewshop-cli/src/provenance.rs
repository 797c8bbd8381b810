//! The command that made a pack or a page, as text that is stored in it.

use std::fmt::{self, Display};
use std::path::Path;

use fewshop_model::Card;

/// Builds a command line option by option. Files are named without their folders, because packs and
/// pages are published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Provenance {
    name: String,
    options: String,
}

impl Provenance {
    /// Starts with the sub-command `name` of `fewshop`.
    pub(crate) fn of(name: &str) -> Self {
        Self {
            name: format!("fewshop {name}"),
            options: String::new(),
        }
    }

    /// Adds a file, if there is one.
    pub(crate) fn file<'a>(self, option: &str, path: impl Into<Option<&'a Path>>) -> Self {
        match path.into() {
            Some(path) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                self.value(option, name)
            }
            None => self,
        }
    }

    /// Adds a value.
    pub(crate) fn value(mut self, option: &str, value: impl Display) -> Self {
        self.options += &format!(" {option} {value}");
        self
    }

    /// Adds an option without a value, if it is set.
    pub(crate) fn flag(mut self, option: &str, on: bool) -> Self {
        if on {
            self.options += &format!(" {option}");
        }
        self
    }

    /// Adds the command to those that made a pack.
    pub(crate) fn append_to(&self, card: &mut Card) {
        card.command = format!("{}; {self}", card.command);
    }

    /// Adds the command to those that made a pack. It takes the place of an earlier command of the
    /// same name, whose effect it replaces.
    pub(crate) fn replace_in(&self, card: &mut Card) {
        let earlier = format!("{} ", self.name);
        let mut steps: Vec<&str> = card
            .command
            .split("; ")
            .filter(|step| !step.starts_with(&earlier))
            .collect();
        let step = self.to_string();
        steps.push(&step);
        card.command = steps.join("; ");
    }
}

impl Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name, self.options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_without_their_folders() {
        let command = Provenance::of("train")
            .file("--items", Path::new("/home/someone/shop/items.csv"))
            .file("--config", None::<&Path>)
            .flag("--ablation", true)
            .flag("--quiet", false)
            .value("--seed", 7);
        assert_eq!(
            command.to_string(),
            "fewshop train --items items.csv --ablation --seed 7"
        );
    }

    #[test]
    fn a_step_that_is_done_again_is_noted_once() {
        let mut card = Card {
            command: "fewshop train --seed 7; fewshop refresh --events a.csv".to_owned(),
            ..Card::default()
        };
        Provenance::of("refresh")
            .file("--events", Path::new("b.csv"))
            .replace_in(&mut card);
        assert_eq!(
            card.command,
            "fewshop train --seed 7; fewshop refresh --events b.csv"
        );
        Provenance::of("add-items").append_to(&mut card);
        Provenance::of("add-items").append_to(&mut card);
        assert!(
            card.command
                .ends_with("; fewshop add-items; fewshop add-items")
        );
    }
}
