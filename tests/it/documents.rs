//! Checks the main documents: their links work, and the README stays short.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The README is an entry point; longer texts belong in `docs/`.
const MAX_README_WORDS: usize = 900;
/// Bytes of one still picture, which everybody who opens the repository loads.
const MAX_STILL_BYTES: u64 = 250_000;
/// Bytes of the moving picture.
const MAX_MOVING_BYTES: u64 = 1_000_000;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ is in the workspace")
        .to_owned()
}

/// Every Markdown file that git tracks.
fn documents() -> Vec<PathBuf> {
    let output = Command::new("git")
        .args(["ls-files", "*.md"])
        .current_dir(root())
        .output()
        .expect("git lists the tracked files");
    let names = String::from_utf8(output.stdout).expect("file names are text");
    let files: Vec<PathBuf> = names.lines().map(|name| root().join(name)).collect();
    // Without a git folder (an unpacked archive) the main documents are still checked.
    if files.is_empty() {
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"]
            .map(|name| root().join(name))
            .to_vec()
    } else {
        files
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
}

/// The text without fenced code, in which brackets are not links.
fn prose(text: &str) -> String {
    let mut fenced = false;
    text.lines()
        .filter(|line| {
            let fence = line.trim_start().starts_with("```");
            fenced ^= fence;
            !fenced && !fence
        })
        .collect::<Vec<_>>()
        .join("\n")
}

/// A heading's anchor, as GitHub and mdbook make it.
fn anchor(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

fn anchors(text: &str) -> BTreeSet<String> {
    prose(text)
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| anchor(line.trim_start_matches('#').trim()))
        .collect()
}

/// Targets of links and pictures, Markdown's and HTML's.
fn targets(text: &str) -> Vec<String> {
    let prose = prose(text);
    ["](", "src=\"", "srcset=\""]
        .iter()
        .flat_map(|opening| prose.split(opening).skip(1))
        .filter_map(|rest| rest.split([')', '"']).next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_link_leads_to_a_file_and_a_heading_that_exist() {
    let mut broken = Vec::new();
    let mut checked = 0;
    for document in documents() {
        let text = read(&document);
        for target in targets(&text) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            checked += 1;
            let (file, fragment) = target.split_once('#').unwrap_or((&target, ""));
            let path = if file.is_empty() {
                document.clone()
            } else {
                document.parent().expect("a file has a folder").join(file)
            };
            let found =
                path.exists() && (fragment.is_empty() || anchors(&read(&path)).contains(fragment));
            if !found {
                broken.push(format!("{}: {target}", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "broken links:\n{}", broken.join("\n"));
    assert!(checked > 40, "only {checked} links found");
}

#[test]
fn the_readme_is_short() {
    let words = read(&root().join("README.md")).split_whitespace().count();
    assert!(words < MAX_README_WORDS, "README.md has {words} words");
}

#[test]
fn the_pictures_of_the_readme_are_small() {
    let text = read(&root().join("README.md"));
    let pictures: Vec<String> = targets(&text)
        .into_iter()
        .filter(|target| target.ends_with(".png") || target.ends_with(".webp"))
        .collect();
    assert!(pictures.len() >= 3, "{pictures:?}");
    for picture in pictures {
        let max = if picture.ends_with(".png") {
            MAX_STILL_BYTES
        } else {
            MAX_MOVING_BYTES
        };
        let bytes = std::fs::metadata(root().join(&picture))
            .unwrap_or_else(|err| panic!("{picture}: {err}"))
            .len();
        assert!(bytes <= max, "{picture} has {bytes} bytes of {max}");
    }
}
