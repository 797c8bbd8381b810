//! Third-party code: every crate of both lock files comes from the one registry, with a checksum,
//! under a licence that `deny.toml` allows.
//!
//! `deny.toml` is the only list, in the format of `cargo deny check licenses bans sources`, and
//! `spdx` is the library with which cargo-deny reads licence expressions. The tool itself is not
//! part of the tests: its build took 187 s of CPU for the first 127 of its crates (0.20.2, lightly
//! optimised as in `xtask/src/tools.rs`), before its largest ones had started.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use spdx::{Expression, Licensee, ParseMode};
use toml::Table;

const REGISTRY: &str = "https://github.com/rust-lang/crates.io-index";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ is in the workspace")
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

/// The main workspace and the SQL workspace.
const WORKSPACES: [&str; 2] = [".", "extras/sql"];

#[test]
fn every_crate_comes_from_the_registry_with_its_checksum() {
    let deny = read("deny.toml");
    assert_eq!(texts(&deny["sources"]["allow-registry"]), [REGISTRY]);
    for workspace in WORKSPACES {
        let lock = read(&format!("{workspace}/Cargo.lock"));
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
}

/// All packages of a workspace, with every feature and for every system.
fn packages(workspace: &str) -> Vec<Value> {
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
            .current_dir(root().join(workspace));
        cargo.output().expect("cargo runs: it runs this test")
    };
    // Downloads the packages that only a feature (the SQL engines) or another system (Windows)
    // needs, which no build has fetched yet.
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
    packages.clone()
}

#[test]
fn every_crate_has_a_licence_that_is_allowed() {
    let deny = read("deny.toml");
    let allowed = licensees(&texts(&deny["licenses"]["allow"]));
    let clarified = deny["licenses"]["clarify"].as_array().expect("a list");
    for package in WORKSPACES.into_iter().flat_map(packages) {
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

fn licensees(allowed: &[&str]) -> Vec<Licensee> {
    allowed
        .iter()
        .map(|licence| Licensee::parse(licence).expect("deny.toml names SPDX licences"))
        .collect()
}

/// Whether one of these licences, or a combination, satisfies the SPDX expression. Lax, because old
/// crates write '/' for OR.
fn is_allowed(expression: &str, allowed: &[Licensee]) -> bool {
    let expression = Expression::parse_mode(expression, ParseMode::LAX)
        .unwrap_or_else(|error| panic!("'{expression}' is not a licence expression: {error}"));
    expression.evaluate(|required| allowed.iter().any(|licence| licence.satisfies(required)))
}

#[test]
fn licence_expressions_are_read() {
    let allowed = licensees(&["MIT", "ISC"]);
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("MIT/GPL-3.0", true),
        ("(MIT OR GPL-3.0) AND GPL-3.0", false),
        ("GPL-3.0 OR (MIT AND ISC)", true),
        ("ISC WITH LLVM-exception OR GPL-3.0", false),
    ] {
        assert_eq!(is_allowed(expression, &allowed), expected, "{expression}");
    }
}
