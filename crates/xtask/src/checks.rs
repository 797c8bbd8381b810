//! `cargo xtask test`: everything that CI runs, part by part, ending in one line of totals.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use serde_json::{Value, json};

use crate::ahead::Ahead;
use crate::counts::Counts;
use crate::files::write_if_changed;
use crate::page::Base;
use crate::root::{cache, dist, root, shown, target};
use crate::run::{cargo, run, say, tee};
use crate::server::Server;
use crate::shop::Which;
use crate::tools::{
    ensure_browser_tools, ensure_chromium, ensure_firefox, ensure_node, ensure_wasm_target,
    other_browsers,
};
use crate::wasm::{
    CPU, GPU, TARGET, build_cpu, build_gpu, build_shell, build_together, wasm_cargo,
};
use crate::{package, site, size};

/// A part of the tests. They run in this order: the quickest to fail comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Part {
    /// rustfmt
    Fmt,
    /// clippy on this machine's target
    Clippy,
    /// clippy on wasm32, for what runs in the browser
    ClippyWasm,
    /// unit, property and integration tests
    Native,
    /// the static site with both engines
    Build,
    /// wasm-pack suite in headless Chromium and Firefox, CPU engine
    Browser,
    /// wasm-pack suite in headless Chromium, WebGPU engine on a software adapter
    BrowserGpu,
    /// the built page in headless Chromium
    E2e,
    /// sizes against their budgets
    Size,
    /// `fewshop count` on DataFusion and on a Ballista cluster; runs only when requested
    Sql,
}

impl Part {
    fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn run(self) -> Result<Counts> {
        match self {
            Self::Fmt => Ok(one(cargo().args(["fmt", "--all", "--check"]))?
                + one(sql_cargo("fmt").arg("--check"))?),
            Self::Clippy => {
                let main = one(cargo().args([
                    "clippy",
                    "--workspace",
                    "--all-targets",
                    "--",
                    "-D",
                    "warnings",
                ]))?;
                // Without features, which takes seconds; the engines are linted by `--only sql`.
                let sql = one(sql_cargo("clippy").args(["--", "-D", "warnings"]))?;
                Ok(main + sql)
            }
            Self::ClippyWasm => {
                ensure_wasm_target()?;
                one(&mut clippy_wasm())
            }
            Self::Native => counted(cargo().args(["test", "--workspace", "--no-fail-fast"])),
            Self::Build => {
                site::build_without_gpu(&Which::default(), &Base::default())?;
                site::add_gpu(&mut build_gpu())?;
                Ok(Counts::one(true))
            }
            Self::Browser => cpu_suites(),
            Self::BrowserGpu => browser_suite(&in_chromium()?, GPU.profile, &["--features", "gpu"]),
            Self::E2e => end_to_end(),
            Self::Size => size::size().map(|()| Counts::one(true)),
            Self::Sql => sql(),
        }
    }

    /// What of [`Part::Build`] can be done beside it.
    fn meanwhile(self) -> Option<Ahead> {
        match self {
            Self::Clippy => Some(Ahead::start(vec![build_gpu()])),
            // Not beside clippy on wasm32, which uses the same profile and would have to wait.
            Self::Native => Some(Ahead::start(vec![
                build_cpu(),
                build_shell(),
                build_together(),
            ])),
            _ => None,
        }
    }

    /// Whether it runs when no part is named. The SQL engines take longer to build than everything
    /// else; see docs/decisions.md.
    fn is_usual(self) -> bool {
        self != Self::Sql
    }
}

fn clippy_wasm() -> Command {
    let mut command = wasm_cargo();
    // In the page's profile, so that macros and build scripts are shared with the page's build.
    command.args(["clippy", "--target", TARGET, "--profile", CPU.profile]);
    for package in [
        "fewshop-core",
        "fewshop-model",
        "fewshop-words",
        "fewshop-wasm",
        "fewshop-table-wasm",
        "fewshop-privacy",
        "fewshop-together",
        "fewshop-together-wasm",
        "fewshop-web",
        "fewshop-bench",
    ] {
        command.args(["--package", package]);
    }
    command.args(["--", "-D", "warnings"]);
    command
}

/// Starts `cargo SUBCOMMAND` in the SQL workspace.
fn sql_cargo(subcommand: &str) -> Command {
    let mut command = cargo();
    command.args([subcommand, "--manifest-path", "extras/sql/Cargo.toml"]);
    if subcommand != "fmt" {
        // The main workspace's target folder: both share the build of fewshop-core, and
        // `fewshop-count` lands beside `fewshop`, where `fewshop count` looks for it.
        command.arg("--target-dir").arg(target());
    }
    command
}

/// Lints and tests of the SQL workspace with all its features, in the release profile, in which its
/// programs are built too.
fn sql() -> Result<Counts> {
    const WITH_ALL: [&str; 3] = ["--release", "--features", "node"];
    let lints =
        one(sql_cargo("clippy")
            .args(WITH_ALL)
            .args(["--all-targets", "--", "-D", "warnings"]))?;
    Ok(lints + counted(sql_cargo("test").args(WITH_ALL))?)
}

/// A check that passes or fails as a whole.
fn one(command: &mut Command) -> Result<Counts> {
    let (status, _) = tee(command)?;
    Ok(Counts::one(status.success()))
}

/// A program that reports how many tests passed.
fn counted(command: &mut Command) -> Result<Counts> {
    let (status, text) = tee(command)?;
    Ok(Counts::read(&text).checked(status.success()))
}

/// A browser for the suite in `tests/browser`.
struct SuiteBrowser {
    /// wasm-pack's option for it.
    option: &'static str,
    /// The variable that names its driver.
    variable: &'static str,
    driver: PathBuf,
    /// The capabilities of a session, as JSON.
    capabilities: String,
}

fn in_chromium() -> Result<SuiteBrowser> {
    let (chromium, driver) = ensure_chromium()?;
    let file = root().join("tests/webdriver.json");
    let options = std::fs::read_to_string(&file)
        .with_context(|| format!("failed to read {}", shown(&file)))?;
    Ok(SuiteBrowser {
        option: "--chrome",
        variable: "CHROMEDRIVER",
        driver,
        capabilities: with_browser(&options, &chromium.to_string_lossy())?,
    })
}

/// Firefox, unless it cannot be installed here.
fn in_firefox() -> Option<SuiteBrowser> {
    let (firefox, driver) = ensure_firefox()?;
    let options = json!({ "moz:firefoxOptions": { "binary": firefox.to_string_lossy() } });
    Some(SuiteBrowser {
        option: "--firefox",
        variable: "GECKODRIVER",
        driver,
        capabilities: options.to_string(),
    })
}

/// The suite of the CPU engine in every browser that there is: the second one costs no build.
fn cpu_suites() -> Result<Counts> {
    let chromium = browser_suite(&in_chromium()?, CPU.profile, &[])?;
    match in_firefox() {
        Some(firefox) => Ok(chromium + browser_suite(&firefox, CPU.profile, &[])?),
        None => Ok(chromium),
    }
}

/// `wasm-pack test` in `tests/`, in the profile of the engine under test, so that both share one
/// build of the dependencies.
fn browser_suite(browser: &SuiteBrowser, profile: &str, features: &[&str]) -> Result<Counts> {
    ensure_wasm_target()?;
    let path = ensure_browser_tools()?;
    let webdriver = cache().join("webdriver.json");
    write_if_changed(&webdriver, browser.capabilities.as_bytes())?;
    let mut wasm_pack = crate::run::command("wasm-pack");
    wasm_pack
        .current_dir(root().join("tests"))
        .args([
            "test",
            "--headless",
            browser.option,
            "--mode",
            "no-install",
            "--",
            "--profile",
            profile,
            "--test",
            "browser",
        ])
        .args(features)
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        // The test runner takes the first driver that it is told of.
        .env_remove("CHROMEDRIVER")
        .env_remove("GECKODRIVER")
        .env("PATH", path)
        .env(browser.variable, &browser.driver)
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", webdriver)
        // Seconds. The defaults of 20 and 5 assume a browser with a real GPU on an idle machine.
        .env("WASM_BINDGEN_TEST_TIMEOUT", "300")
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60");
    counted(&mut wasm_pack)
}

/// The suite's options for Chromium, plus the path of the one that was found.
fn with_browser(text: &str, chromium: &str) -> Result<String> {
    let mut options: Value =
        serde_json::from_str(text).context("tests/webdriver.json is not JSON")?;
    options["goog:chromeOptions"]["binary"] = chromium.into();
    Ok(options.to_string())
}

/// Node.js in `tests/e2e` with its packages, a Chromium, and a server for the built site.
fn node_with_site() -> Result<Command> {
    ensure_node()?;
    // These tests drive the browser themselves, without WebDriver or wasm-pack.
    let (chromium, _) = ensure_chromium()?;
    if !dist().join("index.html").is_file() {
        bail!(
            "{} contains no page: run `cargo xtask build` first",
            shown(&dist())
        );
    }
    let folder = root().join("tests/e2e");
    run(crate::run::command("npm").current_dir(&folder).args([
        "ci",
        "--no-audit",
        "--no-fund",
        "--loglevel",
        "error",
    ]))?;
    let server = Server::bind(&dist(), 0)?;
    let url = server.url()?;
    std::thread::spawn(move || server.run());
    let mut node = crate::run::command("node");
    node.current_dir(&folder)
        .env("FEWSHOP_URL", url)
        .env("CHROME", chromium);
    Ok(node)
}

/// Takes screenshots of all pages, light and dark, phone and desktop.
pub(crate) fn screenshots(to: &Path) -> Result<()> {
    let to = std::path::absolute(to).context("cannot resolve the folder for the screenshots")?;
    run(node_with_site()?.arg("screenshots.mjs").arg(&to))?;
    say!("screenshots of all pages are in {}", shown(&to));
    Ok(())
}

/// The README's pictures, into docs/.
pub(crate) fn readme_pictures() -> Result<()> {
    if crate::tools::on_path("img2webp").is_none() {
        bail!("img2webp is missing: install it (Debian: apt-get install webp) and run this again");
    }
    run(node_with_site()?.arg("readme.mjs").arg(root().join("docs")))?;
    say!("docs/: the README's pictures");
    Ok(())
}

/// `node --test` over `tests/e2e`.
fn end_to_end() -> Result<Counts> {
    let mut node = node_with_site()?;
    let folder = root().join("tests/e2e");
    let mut tests: Vec<_> = std::fs::read_dir(&folder)
        .with_context(|| format!("failed to list {}", shown(&folder)))?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".test.mjs"))
        .collect();
    tests.sort();
    // A package around the engine of the built site, so nothing has to be built.
    let package = cache().join("package");
    package::make(&package)?;
    node.env("FEWSHOP_PACKAGE", &package);
    // The same page for another shop: only that shop's own files are made, the rest comes from the
    // built site.
    let other = cache().join("other");
    let file = |name: &str| Some(root().join("tests/goldens").join(name));
    let which = Which {
        pack: file("example.pack"),
        cases: file("example_cases.csv"),
        truth: file("example_truth.csv"),
        ..Which::default()
    };
    site::furnish(&which, &other)?;
    node.env("FEWSHOP_OTHER", &other);
    // The aggregators of learning together, and this program, which makes the files of their shop. As a
    // part of the workspace: alone the command would be built with other features of what it uses.
    run(cargo().args(["build", "--workspace", "--bin", "fewshop"]))?;
    node.env("FEWSHOP_COMMAND", target().join("debug/fewshop"))
        .env("FEWSHOP_XTASK", std::env::current_exe()?);
    node.envs(other_browsers());
    // One file at a time: two browsers at once starve each other on a small machine.
    node.args(["--test", "--test-reporter=spec", "--test-concurrency=1"])
        .args(tests);
    counted(&mut node)
}

struct Outcome {
    part: Part,
    counts: Counts,
    took: Duration,
}

/// Runs all chosen parts, even after a failure. Fails if a test failed or none ran.
pub(crate) fn test(only: &[Part]) -> Result<()> {
    let mut outcomes = Vec::new();
    let chosen = |part: Part| only.contains(&part) || only.is_empty() && part.is_usual();
    let mut ahead = Vec::new();
    for &part in Part::value_variants() {
        if !chosen(part) {
            continue;
        }
        if chosen(Part::Build) && ensure_wasm_target().is_ok() {
            ahead.extend(part.meanwhile());
        }
        if part == Part::Build {
            ahead.clear();
        }
        say!("── {} ──", part.name());
        let start = Instant::now();
        let counts = part.run().unwrap_or_else(|error| {
            say!("{}: {error:#}", part.name());
            Counts::one(false)
        });
        outcomes.push(Outcome {
            part,
            counts,
            took: start.elapsed(),
        });
    }
    let total = outcomes
        .iter()
        .fold(Counts::default(), |sum, outcome| sum + outcome.counts);
    std::io::stdout()
        .write_all(summary(&outcomes, total).as_bytes())
        .context("failed to print")?;
    if total.failed > 0 || total.passed == 0 {
        // The totals are the last line; nothing may follow them.
        std::process::exit(1);
    }
    Ok(())
}

fn summary(outcomes: &[Outcome], total: Counts) -> String {
    let mut text = format!(
        "\n{:<12} {:>7} {:>7} {:>8}\n",
        "part", "passed", "failed", "seconds"
    );
    for Outcome { part, counts, took } in outcomes {
        text.push_str(&format!(
            "{:<12} {:>7} {:>7} {:>8.1}\n",
            part.name(),
            counts.passed,
            counts.failed,
            took.as_secs_f64()
        ));
    }
    text.push_str(&format!(
        "\n{} passed, {} failed\n",
        total.passed, total.failed
    ));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_the_figures_alone() {
        let counts = Counts {
            passed: 4,
            failed: 1,
        };
        let outcomes = [Outcome {
            part: Part::BrowserGpu,
            counts,
            took: Duration::from_millis(1500),
        }];
        let text = summary(&outcomes, counts);
        assert!(
            text.contains("browser-gpu        4       1      1.5\n"),
            "{text}"
        );
        assert_eq!(text.lines().last(), Some("4 passed, 1 failed"));
    }

    #[test]
    fn ci_runs_what_the_readme_says() {
        let read = |file: &str| std::fs::read_to_string(root().join(file)).unwrap();
        assert_eq!(
            read(".ci/run").trim_end().lines().last(),
            Some("cargo xtask test")
        );
        assert!(read("README.md").contains("```sh\ncargo xtask test\n```"));
    }

    #[test]
    fn the_browser_joins_the_options_of_the_suite() {
        let text = with_browser(
            r#"{"goog:chromeOptions":{"args":["--headless"]}}"#,
            "/x/chromium",
        )
        .unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["goog:chromeOptions"]["args"][0], "--headless");
        assert_eq!(value["goog:chromeOptions"]["binary"], "/x/chromium");
        assert!(with_browser("{", "x").is_err());
    }
}
