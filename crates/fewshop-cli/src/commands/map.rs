//! `fewshop map`: looks at files of a shop and proposes how to read them.

use std::fmt::Write as _;
use std::path::PathBuf;

use fewshop_data::files::import::{Proposal, Role, propose};
use fewshop_data::files::{shorten, write_atomically};

use super::print;

/// Arguments of `fewshop map`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Prints what each file seems to be, and a mapping with examples behind each line. Check it, correct it, and give it to the other \
                  commands with --mapping."
)]
pub struct Args {
    /// The files: products, events, or one of each
    #[arg(value_name = "FILE", required = true, num_args = 1..=2)]
    pub files: Vec<PathBuf>,
    /// Output file for the mapping
    #[arg(long, value_name = "TOML")]
    pub out: Option<PathBuf>,
}

/// Proposes.
///
/// # Errors
/// When a file cannot be read, or the mapping cannot be written.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let (mut mapping, mut said) = (String::new(), String::new());
    let mut argument = String::new();
    for path in &args.files {
        let proposal = propose(path)?;
        let name = path.display();
        let (section, what) = match proposal.role {
            Role::Items => ("items", "products"),
            Role::Events => ("events", "events"),
        };
        let _ = write!(argument, " --{section} {name}");
        for note in &proposal.notes {
            let _ = writeln!(said, "{name}: {note}");
        }
        match proposal.recognised {
            Some(format) => {
                let _ = writeln!(said, "{name}: {format}; it needs no mapping");
            }
            None => {
                let _ = writeln!(said, "{name}: {what}");
            }
        }
        mapping += &lines(section, &proposal);
    }
    if mapping.is_empty() {
        mapping.push_str("# Nothing to say: the files are recognised.\n");
    }
    let mapping = format!(
        "# Which column is which field, proposed by `fewshop map`: compare the examples.\n# A field with \"\" is one that the file lacks.\n{mapping}"
    );
    print(&format!("{said}\n{mapping}"))?;
    match &args.out {
        Some(out) => {
            write_atomically(out, |file| {
                std::io::Write::write_all(file, mapping.as_bytes())
            })?;
            print(&format!(
                "\n{}: written; next: fewshop check{argument} --mapping {}\n",
                out.display(),
                out.display()
            ))?;
        }
        None => print("\nWrite this with --out mapping.toml, and give it with --mapping.\n")?,
    }
    Ok(())
}

/// The part of a mapping for one file.
fn lines(section: &str, proposal: &Proposal) -> String {
    let mut out = String::new();
    if proposal.recognised.is_none() && !proposal.columns.is_empty() {
        let _ = writeln!(out, "\n[{section}]");
        for (field, column, example) in &proposal.columns {
            let line = format!("{field} = {}", toml::Value::from(column.as_str()));
            let _ = writeln!(out, "{line:<32} # {}", shorten(example));
        }
    }
    if !proposal.unknown_events.is_empty() {
        let _ = writeln!(
            out,
            "\n# What the log calls its events, guessed by their names: correct it.\n[event_names]"
        );
        for kind in ["view", "cart", "purchase", "ignore"] {
            let names: Vec<toml::Value> = proposal
                .unknown_events
                .iter()
                .filter(|(_, guessed)| *guessed == kind)
                .map(|(name, _)| name.as_str().into())
                .collect();
            if !names.is_empty() {
                let _ = writeln!(out, "{kind} = {}", toml::Value::from(names));
            }
        }
    }
    out
}
