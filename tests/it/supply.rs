//! What comes in from outside: every crate of Cargo.lock from the one registry, with a checksum,
//! under a licence of `deny.toml`.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use toml::Table;

const REGISTRY: &str = "https://github.com/rust-lang/crates.io-index";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ lies in the workspace")
        .to_owned()
}

fn read(file: &str) -> Table {
    std::fs::read_to_string(root().join(file))
        .expect("the file is there")
        .parse()
        .expect("it is TOML")
}

fn texts(value: &toml::Value) -> Vec<&str> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(toml::Value::as_str)
        .collect()
}

#[test]
fn every_crate_comes_from_the_registry_with_its_checksum() {
    let deny = read("deny.toml");
    assert_eq!(texts(&deny["sources"]["allow-registry"]), [REGISTRY]);
    let lock = read("Cargo.lock");
    for package in lock["package"]
        .as_array()
        .expect("Cargo.lock lists packages")
    {
        let name = package["name"].as_str().expect("a package has a name");
        match package.get("source").and_then(toml::Value::as_str) {
            Some(source) => {
                assert_eq!(source, format!("registry+{REGISTRY}"), "{name}");
                assert!(package.get("checksum").is_some(), "{name} has no checksum");
            }
            None => assert!(
                name.starts_with("fewshop") || name == "xtask",
                "{name} comes from a folder"
            ),
        }
    }
}

#[test]
fn every_crate_has_a_licence_that_is_allowed() {
    let deny = read("deny.toml");
    let allowed = texts(&deny["licenses"]["allow"]);
    let clarified = deny["licenses"]["clarify"].as_array().expect("a list");
    let metadata = |network: &str| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args([
                "metadata",
                "--format-version",
                "1",
                network,
                "--all-features",
            ])
            .current_dir(root());
        cargo.output().expect("cargo runs: it runs this test")
    };
    // What only a feature or another system has (the SQL engines of `fewshop count`, Windows) no
    // build has fetched yet.
    let mut output = metadata("--offline");
    if !output.status.success() {
        output = metadata("--locked");
    }
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value =
        serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    let packages = metadata["packages"].as_array().expect("there are packages");
    assert!(packages.len() > 100, "{} packages", packages.len());
    for package in packages {
        let name = package["name"].as_str().expect("a package has a name");
        let by_hand = clarified
            .iter()
            .find(|entry| entry["crate"].as_str() == Some(name));
        let licence = package["license"]
            .as_str()
            .or_else(|| by_hand?["expression"].as_str());
        let licence = licence.unwrap_or_else(|| {
            panic!("{name} names no licence: read it, and clarify it in deny.toml")
        });
        assert!(
            is_allowed(licence, &allowed),
            "{name} comes under {licence}, which deny.toml does not allow"
        );
    }
}

/// Whether an SPDX expression can be met with these licences. Old crates write '/' for OR.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let is_met = any_of(&words, &mut at, allowed);
    assert_eq!(at, words.len(), "'{expression}' is no licence expression");
    is_met
}

fn any_of(words: &[&str], at: &mut usize, allowed: &[&str]) -> bool {
    let mut is_met = all_of(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        is_met |= all_of(words, at, allowed);
    }
    is_met
}

fn all_of(words: &[&str], at: &mut usize, allowed: &[&str]) -> bool {
    let mut is_met = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        is_met &= one(words, at, allowed);
    }
    is_met
}

fn one(words: &[&str], at: &mut usize, allowed: &[&str]) -> bool {
    let word = words.get(*at).copied().unwrap_or_default();
    *at += 1;
    if word == "(" {
        let is_met = any_of(words, at, allowed);
        *at += 1;
        return is_met;
    }
    if let (Some(&"WITH"), Some(exception)) = (words.get(*at), words.get(*at + 1)) {
        *at += 2;
        return allowed.contains(&format!("{word} WITH {exception}").as_str());
    }
    allowed.contains(&word)
}

#[test]
fn licence_expressions_are_read() {
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("MIT/GPL-3.0", true),
        ("(MIT OR GPL-3.0) AND GPL-3.0", false),
        ("GPL-3.0 OR (MIT AND ISC)", true),
        ("ISC WITH LLVM-exception OR GPL-3.0", false),
    ] {
        assert_eq!(
            is_allowed(expression, &["MIT", "ISC"]),
            expected,
            "{expression}"
        );
    }
}
